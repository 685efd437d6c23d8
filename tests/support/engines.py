"""Reason over several patients in one run of a reference engine, which takes little longer than over one.

A reasoner spends its time on what of the ontology bears on the patients: HermiT takes half as long again for six of
them as for three, and for twelve nearly three times as long as for six.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import pyoxigraph as ox

from hipkg.base.vocabulary import PREFIXES
from hipkg.owl import reasoners
from hipkg.owl.idle import without_idle_values
from hipkg.owl.module import module
from hipkg.owl.sources import load_sources
from hipkg.record.normalise import normalised
from support.cases import EXAMPLES
from support.doors import read, reason_over
from support.random_patients import random_patients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from hipkg.reasoning.engines import EngineName

TOGETHER, TOGETHER_OF_MANY_FACTS = 6, 2
STRIDE = int(os.environ.get("HIPKG_ENGINE_STRIDE", "16"))
"""Of the cases four are compared of each of so many times four, and all of them by `make engines`."""
WHOLE_DEFINITIONS = {"hermit": ("d3", "d4"), "pellet": ("d0", "d2", "d3", "d4") if STRIDE == 1 else ("d3",)}
"""The examples that a reasoner reasons over with whole definitions, which takes it too long for the others.

Pellet compares all classes that can have a member, which takes minutes where treatment is on record.
"""
TWO_JOINTS = b"""
PREFIX hip: <https://w3id.org/hipkg/>
<urn:p> a hip:Patient ; hip:hasProblem <urn:hip-pain> , <urn:hip-arthritis> , <urn:knee-arthritis> .
<urn:hip> a hip:HipJoint . <urn:knee> a hip:KneeJoint .
<urn:hip-pain> a hip:HipPain ; hip:hasSite <urn:hip> .
<urn:hip-arthritis> a hip:Osteoarthritis ; hip:hasSite <urn:hip> .
<urn:knee-arthritis> a hip:Osteoarthritis ; hip:hasSite <urn:knee> .
"""
Name = TypeVar("Name")
_VOCABULARY = tuple(PREFIXES.values())


def in_form(path: Path) -> tuple[ox.Triple, ...]:
    """Read a patient in the form in which patients are reasoned over."""
    (record,) = read(path, as_of=date(2026, 11, 23))
    return normalised(record.triples)


@cache
def entailed_alone(engine: str) -> reasoners.Entailments:
    """Let a reasoner answer of data and of what can bear on them: `TWO_JOINTS`, some examples, and a random patient.

    The random patient is for Pellet alone.
    """
    patients = [quad.triple for quad in ox.parse(TWO_JOINTS, format=ox.RdfFormat.TURTLE)]
    patients += [one for name in WHOLE_DEFINITIONS[engine] for one in in_form(EXAMPLES[name])]
    if engine == "pellet":
        patients += [one for some in random_patients(1, 1).values() for one in some]
    return reasoners.entail(engine, [*module([*without_idle_values(load_sources())], patients), *patients])


def reason_together(
    patients: Mapping[Name, Iterable[ox.Triple]], engine: EngineName, size: int = TOGETHER
) -> dict[Name, frozenset[ox.Triple]]:
    """Return for each patient, by name, the triples with all that the ontology entails, as if each had been alone.

    Parameters: ``size`` is how many are reasoned over in one run.
    """
    names = list(patients)
    parts = (names[start : start + size] for start in range(0, len(names), size))
    return {
        name: found
        for part in parts
        for name, found in _in_one_run({one: patients[one] for one in part}, engine).items()
    }


def _in_one_run(patients: Mapping[Name, Iterable[ox.Triple]], engine: EngineName) -> dict[Name, frozenset[ox.Triple]]:
    apart = {name: f"urn:apart:{number}:" for number, name in enumerate(patients)}
    joined = [_renamed(one, lambda iri, base=apart[name]: base + iri) for name in patients for one in patients[name]]
    found = reason_over(joined, engine)
    return {
        name: frozenset(
            _renamed(one, lambda iri, base=base: iri.removeprefix(base))
            for one in found
            if one.subject.value.startswith(base)
        )
        for name, base in apart.items()
    }


def _renamed(triple: ox.Triple, rename: Callable[[str], str]) -> ox.Triple:
    """Give other names to the nodes of a patient, which are all that no vocabulary has named."""

    def name(term: object) -> object:
        if isinstance(term, ox.NamedNode) and not term.value.startswith(_VOCABULARY):
            return ox.NamedNode(rename(term.value))
        return term

    return ox.Triple(name(triple.subject), triple.predicate, name(triple.object))
