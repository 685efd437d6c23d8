"""Cases of the import: small sources with what they must give, as files that a reader can check."""

from __future__ import annotations

import warnings
from datetime import date
from typing import TYPE_CHECKING

from pyoxigraph import Literal

from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import DERIVED_FROM, IMPORTED, RDF_TYPE, curie
from hipkg.render.account import import_report
from support.doors import read_import

if TYPE_CHECKING:
    from pathlib import Path

    from pyoxigraph import Triple

    from hipkg.reading.account import Import, ResourceUse

CASES = ROOT / "tests" / "cases" / "fhir"
AS_OF = date(2026, 1, 15)


def source_of(case: Path) -> Path:
    """Find the input of a case: a Bundle, or lines of NDJSON."""
    return next(case / name for name in ("bundle.json", "resources.ndjson") if (case / name).exists())


def imported(case: Path) -> Import:
    """Import the input of a case for the date of all cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_import(source_of(case), as_of=AS_OF)


def told(made: Import) -> str:
    """Write the account of an import and its graphs in few words, without the name of the file and the provenance."""
    report = import_report([_moved(made)], "text").replace("<source>: ", "").replace(IMPORTED, "")
    facts = [line for one in made.patients if one.graph for line in _facts(one.patient, one.graph.triples)]
    return report + "\n" + "\n".join(facts) + "\n"


def _moved(made: Import) -> Import:
    """Give the source a name that does not depend on where it is."""

    def renamed(uses: tuple[ResourceUse, ...]) -> tuple[ResourceUse, ...]:
        return tuple(one._replace(resource=one.resource.replace(made.source, "<source>")) for one in uses)

    patients = tuple(one._replace(uses=renamed(one.uses)) for one in made.patients)
    return made._replace(source="<source>", patients=patients, strays=renamed(made.strays))


def _facts(patient: str, triples: tuple[Triple, ...]) -> list[str]:
    kept = [one for one in triples if one.predicate.value not in {DERIVED_FROM, curie("asOf")}]
    return sorted(_fact(one, patient) for one in kept if not one.predicate.value.endswith("/asOf"))


def _fact(triple: Triple, patient: str) -> str:
    predicate = "a" if triple.predicate.value == RDF_TYPE else curie(triple.predicate.value)
    return f"{_short(triple.subject, patient)} {predicate} {_short(triple.object, patient)}"


def _short(term: object, patient: str) -> str:
    if isinstance(term, Literal):
        return term.value
    iri: str = term.value  # type: ignore[attr-defined]
    return iri.removeprefix(patient + "/") if iri.startswith(patient + "/") else curie(iri).replace(f"<{IMPORTED}", "<")
