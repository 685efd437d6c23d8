"""The engines give the same entailments, and find the same contradictions, on every patient."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hipkg.base.errors import InconsistentData, UsageError
from hipkg.base.paths import patient_modules
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.owl import reasoners as java
from hipkg.owl.sources import load_sources
from hipkg.record.normalise import normalised
from support.doors import read, reason_over
from support.random_patients import number, patient_triples, triple

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
STATEMENTS = sorted((Path(__file__).parent / "cases" / "statements").glob("*/*.ttl"))
CASES = list({path.read_bytes(): path for path in reversed(STATEMENTS)}.values())[::-1]
BATCH = 4
# Of the cases every sixteenth batch is compared, and all of them by `make engines`.
STRIDE = int(os.environ.get("HIPKG_ENGINE_STRIDE", "16"))
ROUNDS = int(os.environ.get("HIPKG_RANDOM_ROUNDS", "6"))
REFERENCE = ("hermit", "pellet")
# Two arthritic hips keep Pellet busy for most of a minute.
TOO_SLOW = {("pellet", "d1")}


def own_entailments(triples: tuple[ox.Triple, ...]) -> set[str]:
    """Keep what is said of the patient's own nodes by terms of the ontology."""
    return {
        str(one)
        for one in triples
        if isinstance(one.subject, ox.NamedNode)
        and not one.subject.value.startswith(HIP)
        and not isinstance(one.object, ox.Literal)
    }


def of_files(paths: list[Path]) -> tuple[ox.Triple, ...]:
    """Read patients and keep those of different files apart by a name of their own."""
    found: list[ox.Triple] = []
    for number_, path in enumerate(paths):
        for graph in read(path):
            found += [renamed(one, f"https://example.org/case{number_}/") for one in normalised(graph.triples)]
    return tuple(found)


def renamed(one: ox.Triple, base: str) -> ox.Triple:
    def name(term: object) -> object:
        if isinstance(term, ox.NamedNode) and term.value.startswith("https://example.org/"):
            return ox.NamedNode(base + term.value.removeprefix("https://example.org/"))
        return term

    return ox.Triple(name(one.subject), one.predicate, name(one.object))


def native_per_patient(triples: tuple[ox.Triple, ...]) -> set[str]:
    return own_entailments(reason_over(triples, "native"))


@pytest.mark.java
@pytest.mark.parametrize(
    ("engine", "path"),
    [(engine, path) for engine in REFERENCE for path in EXAMPLES if (engine, path.stem[:2]) not in TOO_SLOW],
    ids=lambda one: one if isinstance(one, str) else one.stem,
)
def test_examples_agree(path: Path, engine: str) -> None:
    triples = of_files([path])
    assert native_per_patient(triples) == own_entailments(reason_over(triples, engine))


@pytest.mark.java
@pytest.mark.parametrize("name", ["d3-chronic-hip-osteonecrosis", "d4-labral-calcification"])
def test_definitions_entail_no_more_than_their_sufficient_half(name: str) -> None:
    triples = of_files([ROOT / "examples" / f"{name}.ttl"])
    sources = load_sources(patient_modules())
    entailed = java.entail("hermit", [*sources, *triples])
    closed = java.close(entailed.subclasses)
    types = {(node, upper) for node, cls in entailed.types for upper in closed.get(cls, frozenset()) | {cls}}
    nodes = {one.subject.value for one in triples if isinstance(one.subject, ox.NamedNode)}
    half = {
        (one.subject.value, one.object.value)
        for one in reason_over(triples, "hermit")
        if one.predicate.value == RDF_TYPE and one.subject.value in nodes
    }
    assert {(node, cls) for node, cls in types if node in nodes and cls.startswith(HIP)} == half


def batches() -> list[list[Path]]:
    return [CASES[start : start + BATCH] for start in range(0, len(CASES), BATCH * STRIDE)]


@pytest.mark.java
@pytest.mark.parametrize("paths", batches(), ids=lambda paths: f"{paths[0].parent.name}-to-{paths[-1].parent.name}")
def test_statement_cases_agree_with_hermit(paths: list[Path]) -> None:
    triples = of_files(paths)
    assert native_per_patient(triples) == own_entailments(reason_over(triples, "hermit"))


@dataclass(frozen=True, repr=False)
class Batch:
    """Several patients that a reasoner sees in one run; shown by its size only, since a patient is long."""

    patients: tuple[frozenset[ox.Triple], ...]

    def __repr__(self) -> str:
        return f"Batch of {len(self.patients)}"


def batch_of(size: int) -> st.SearchStrategy[Batch]:
    return st.tuples(*(patient_triples(name=f"n{number_}") for number_ in range(size))).map(Batch)


def randomly(rounds: int) -> settings:
    health = list(HealthCheck)
    return settings(
        max_examples=rounds, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=health
    )


def agrees(batch: Batch, engine: str) -> bool:
    consistent = [one for one in batch.patients if is_consistent(one)]
    triples = tuple(one for patient in consistent for one in patient)
    return native_per_patient(triples) == own_entailments(reason_over(triples, engine))


@pytest.mark.java
@randomly(ROUNDS)
@given(batch=batch_of(2))
def test_random_patients_agree_with_hermit(batch: Batch) -> None:
    assert agrees(batch, "hermit")


@pytest.mark.java
@randomly(max(1, ROUNDS // 6))
@given(batch=batch_of(1))
def test_random_patients_agree_with_pellet(batch: Batch) -> None:
    assert agrees(batch, "pellet")


def is_consistent(triples: frozenset[ox.Triple]) -> bool:
    try:
        reason_over(triples, "native")
    except InconsistentData:
        return False
    return True


BASE = "https://example.org/contradiction/"
CONTRADICTIONS = {
    "disjoint-conditions": [
        triple(BASE + "p", "hasProblem", BASE + "oa"),
        triple(BASE + "oa", "a", HIP + "HipOsteoarthritis"),
        triple(BASE + "oa", "a", HIP + "KneeOsteoarthritis"),
    ],
    "entailed-against-asserted": [
        triple(BASE + "p", "hasProblem", BASE + "oa"),
        triple(BASE + "oa", "a", HIP + "KneeOsteoarthritis"),
        triple(BASE + "oa", "hasSite", BASE + "hip"),
        triple(BASE + "hip", "a", HIP + "HipJoint"),
    ],
    "weight-against-diagnosis": [
        triple(BASE + "p", "bodyMassIndex", number("22.0", "decimal")),
        triple(BASE + "p", "hasProblem", BASE + "obesity"),
        triple(BASE + "obesity", "a", HIP + "Obesity"),
    ],
    "two-ages": [
        triple(BASE + "p", "age", number(60, "integer")),
        triple(BASE + "p", "age", number(70, "integer")),
    ],
    "patient-as-problem": [
        triple(BASE + "p", "hasProblem", BASE + "p"),
    ],
}


@pytest.mark.java
@pytest.mark.parametrize("engine", ["native", "hermit", "pellet"])
@pytest.mark.parametrize("name", sorted(CONTRADICTIONS))
def test_contradictions_are_found(name: str, engine: str) -> None:
    with pytest.raises(InconsistentData):
        reason_over(CONTRADICTIONS[name], engine)


def test_native_says_where_the_contradiction_is() -> None:
    with pytest.raises(InconsistentData) as raised:
        reason_over(CONTRADICTIONS["disjoint-conditions"], "native")
    assert "oa" in raised.value.place
    assert "hip osteoarthritis" in raised.value.message
    assert "knee osteoarthritis" in raised.value.message


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UsageError):
        reason_over([], "guess")
