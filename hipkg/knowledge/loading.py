"""Load the released knowledge that belongs to the ontology beside it.

`load` reads ``ontology/release/hipkg.json``, which `hipkg.maintenance.release` builds from the Turtle sources and
stamps with their hash. A release that does not belong to the sources beside it is refused.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hipkg.base.errors import StaleRelease
from hipkg.base.paths import PATIENT_SHAPES, RELEASE, ontology_files
from hipkg.knowledge.records import Bound, DocumentInfo, InterventionInfo, Knowledge, Link, StatementInfo, _tuples
from hipkg.owl.axioms import PropertyAxioms
from hipkg.owl.rules import groups_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RELEASE_FILE = RELEASE / "hipkg.json"
FORMAT = 11


def source_stamp(files: Iterable[Path] | None = None) -> str:
    """Hash the Turtle sources of the ontology and the shapes of patients."""
    digest = sha256(str(FORMAT).encode())
    for path in (*(files or ontology_files()), PATIENT_SHAPES):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def load() -> Knowledge:
    """Load the released knowledge that belongs to the ontology beside it.

    Raises `StaleRelease` if it is missing, unreadable or was built from other sources.
    """
    remedy = "Build it with: hipkg ontology release (needs Java: pip install 'hipkg[java]')."
    place = str(RELEASE_FILE)
    try:
        data = json.loads(RELEASE_FILE.read_bytes())
        stamp = data["stamp"]
    except FileNotFoundError as missing:
        raise StaleRelease("The classified release is missing.", place=place, remedy=remedy) from missing
    except (ValueError, TypeError, KeyError) as broken:
        raise StaleRelease("The classified release cannot be read.", place=place, remedy=remedy) from broken
    if stamp != source_stamp():
        raise StaleRelease("The classified release was built from other sources.", place=place, remedy=remedy)
    try:
        return knowledge_from_json(data)
    except (TypeError, KeyError) as broken:
        raise StaleRelease("The classified release cannot be read.", place=place, remedy=remedy) from broken


def knowledge_from_json(data: dict[str, Any]) -> Knowledge:
    """Turn the parsed release file into records."""
    return Knowledge(
        stamp=data["stamp"],
        version=data["version"],
        superclasses=_sets(data["superclasses"]),
        disjoint=tuple((one, other) for one, other in data["disjoint"]),
        raw_definitions=data["definitions"],
        functional=frozenset(data["functional"]),
        single_valued=frozenset(data["singleValued"]),
        upper_ends=data["upperEnds"],
        individual_types=data["individualTypes"],
        labels=data["labels"],
        questions=data["questions"],
        units=data["units"],
        opposites=data["opposites"],
        value_kinds=data["valueKinds"],
        links={iri: tuple(Link(**one) for one in links) for iri, links in data["links"].items()},
        verb_phrases=data["verbPhrases"],
        attribute_phrases=data["attributePhrases"],
        terms=frozenset(data["terms"]),
        groups=groups_from_json(data["groups"]),
        statements={one["iri"]: _statement(one) for one in data["statements"]},
        interventions={
            one["iri"]: InterventionInfo(**{**_tuples(one), "superclasses": frozenset(one["superclasses"])})
            for one in data["interventions"]
        },
        documents={one["iri"]: DocumentInfo(**one) for one in data["documents"]},
        raw_tensions=data["tensions"],
        refuters=_sets(data["refuters"]),
        holding=data["holding"],
        named=_sets(data["named"]),
        wholes=_sets(data["wholes"]),
        lasting=frozenset(data["countsWhenPast"]),
        settled_for_years=data["settledForYears"],
        concerning_patient=frozenset(data["concernsWholePatient"]),
        sided=frozenset(data["sided"]),
        visit_gaps=data["visitGaps"],
        value_properties=data["valueProperties"],
        told_superclasses=_sets(data["toldSuperclasses"]),
        class_values={iri: frozenset(map(tuple, pairs)) for iri, pairs in data["classValues"].items()},
        properties={one["iri"]: _property(one) for one in data["properties"]},
        raw_shapes=data["shapes"],
    )


def _property(data: dict[str, Any]) -> PropertyAxioms:
    sets = {name: frozenset(data[name]) for name in ("superproperties", "inverses", "domains", "ranges")}
    return PropertyAxioms(**{**data, **sets, "chains": tuple(map(tuple, data["chains"]))})


def _sets(data: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in data.items()}


def _statement(data: dict[str, Any]) -> StatementInfo:
    bounds = tuple(Bound(**_tuples(one)) for one in data["bounds"])
    return StatementInfo(**{**_tuples(data), "bounds": bounds})
