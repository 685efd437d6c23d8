"""The engines give the same entailments, and find the same contradictions, on every patient."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from hipkg.api.explain import explain
from hipkg.api.ledger import ledger
from hipkg.api.plan import plan
from hipkg.api.what_if import what_if
from hipkg.base.errors import InconsistentData, UsageError
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.defence.remedies import Remedies
from hipkg.owl import reasoners as java
from hipkg.owl.axioms import read_axioms
from hipkg.owl.sources import load_sources
from hipkg.pipeline import process
from hipkg.reasoning.engines import completed
from support.cases import CASES, EXAMPLES, NEAR_MISS, all_unlike, name_of
from support.doors import derivation_of, planned, read, reason_over
from support.engines import STRIDE, TOGETHER, WHOLE_DEFINITIONS, entailed_alone, in_form, reason_together
from support.equality import consistent, differences, own_entailments, unlike_hermit
from support.random_patients import number, random_patients, triple
from support.whole_vocabulary import drawn_patients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hipkg.reasoning.engines import EngineName

DAY = date(2026, 11, 23)
DRAWN = 12
"""How many drawn patients are compared; `make engines` compares as many as an hour allows."""
of_examples = pytest.mark.xdist_group("HermiT")


@cache
def examples() -> dict[str, tuple[ox.Triple, ...]]:
    return {name: in_form(path) for name, path in EXAMPLES.items()}


@of_examples
@pytest.mark.java
def test_examples_agree_with_hermit() -> None:
    assert differences(examples(), by_hermit()) == {}


@pytest.mark.xdist_group("Pellet")
@pytest.mark.java
def test_examples_and_a_random_patient_agree_with_pellet() -> None:
    patients = [*(examples()[name] for name in WHOLE_DEFINITIONS["pellet"]), *random_patients(1, 1).values()]
    given_ = tuple(one for some in patients for one in some)
    found = completed(given_, entailed_alone("pellet"), read_axioms(load_sources()).properties)
    assert own_entailments(found) == own_entailments(one for some in patients for one in reason_over(some))


@pytest.mark.java
def test_axioms_of_a_patient_and_words_of_others_reach_no_engine() -> None:
    """Such a patient is invalid; whoever asks in spite of that gets one answer."""
    given = in_form(CASES / "shapes" / "P80-facts-only" / "invalid.ttl")
    pain = next(one.subject for one in given if one.object == ox.NamedNode(HIP + "HipPain"))
    odd = ox.Literal("P1Y", datatype=ox.NamedNode("urn:of-others"))
    given = (*given, ox.Triple(pain, ox.NamedNode("https://example.org/note"), odd))
    assert own_entailments(reason_over(given, "hermit")) == own_entailments(reason_over(given))


@of_examples
@pytest.mark.java
def test_definitions_entail_no_more_than_their_sufficient_half() -> None:
    entailed = entailed_alone("hermit")
    closed = java.close(entailed.subclasses)
    types = {(node, upper) for node, cls in entailed.types for upper in closed.get(cls, frozenset()) | {cls}}
    for name in WHOLE_DEFINITIONS["hermit"]:
        nodes = {one.subject.value for one in examples()[name] if isinstance(one.subject, ox.NamedNode)}
        half = {
            (one.subject.value, one.object.value)
            for one in by_hermit()[name]
            if one.predicate.value == RDF_TYPE and one.subject.value in nodes
        }
        assert {(node, cls) for node, cls in types if node in nodes and cls.startswith(HIP)} == half


def batches() -> list[list[Path]]:
    """Choose cases, and part them into what an engine is given in one run."""
    cases = all_unlike(CASES.glob("statements/*/*.ttl"))
    chosen = [path for number_, path in enumerate(cases) if number_ // 4 % STRIDE == 0]
    return [chosen[start : start + TOGETHER] for start in range(0, len(chosen), TOGETHER)]


@pytest.mark.java
@pytest.mark.parametrize("paths", batches(), ids=lambda paths: f"{paths[0].parent.name}-to-{paths[-1].parent.name}")
def test_statement_cases_agree_with_hermit(paths: list[Path]) -> None:
    patients = {name_of(path): in_form(path) for path in paths}
    assert differences(patients, reason_together(patients, "hermit")) == {}


@pytest.mark.java
def test_drawn_patients_agree_with_hermit() -> None:
    drawn = dict(islice(consistent(drawn_patients(1, sys.maxsize)), DRAWN))
    assert len(drawn) == DRAWN
    assert unlike_hermit(drawn) == {}


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


# What is told of a patient does not depend on the engine


def explained(engine: EngineName) -> Any:
    return [replace(one, engine="") for one in explain(EXAMPLES["d0"], "D0-41", as_of=DAY, engine=engine)]


def recorded(engine: EngineName) -> Any:
    (found,) = ledger(CASES / "ledger" / "completed-adequate" / "patient.ttl", as_of=DAY, engine=engine)
    return replace(found, engine="")


def supposed(engine: EngineName) -> Any:
    return [one.difference for one in what_if(EXAMPLES["d0"], add=["age 71"], as_of=DAY, engine=engine)]


def mended(engine: EngineName) -> Any:
    """Derive a patient for whom a statement nearly fires, with what is proposed so that it does."""
    (record,) = read(CASES / "statements" / "D0-33-outcomes" / NEAR_MISS, as_of=DAY)
    made = planned(record, allow_invalid=True)
    waiting = next(one for one in made.derivation.evaluations if one.statement == HIP + "D0-33")
    remedy, *_ = Remedies(made).of_statement(waiting).remedies
    after = derivation_of(replace(record, triples=remedy.change.apply(record.triples)), engine=engine)
    assert remedy.outcome == next(one.state for one in after.evaluations if one.iri == waiting.iri)
    return after.evaluations, after.actions


def replaced(engine: EngineName) -> Any:
    """Plan for an osteonecrosis of a hip that was replaced, whose statements the operation ends."""
    found = plan(CASES / "shapes" / "P74-problem-of-a-replaced-joint" / "invalid.ttl", as_of=DAY, engine=engine)
    return found.statements, found.actions


TELLERS: tuple[Callable[[EngineName], Any], ...] = (explained, recorded, supposed, mended, replaced)


@cache
def asked() -> frozenset[frozenset[ox.Triple]]:
    """Learn of which patients they ask another engine."""
    found: set[frozenset[ox.Triple]] = set()

    def learn(triples: Iterable[ox.Triple], load: Any, engine: EngineName) -> tuple[ox.Triple, ...]:
        assert engine == "hermit"
        found.add(frozenset(triples))
        return reason_over(triples)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process, "reason_over", learn)
        for one in TELLERS:
            one("hermit")
    return frozenset(found)


@cache
def by_hermit() -> dict[str | frozenset[ox.Triple], frozenset[ox.Triple]]:
    """Reason over the examples, and over whom is asked about besides."""
    return reason_together({**examples(), **{one: one for one in asked()}}, "hermit")


@of_examples
@pytest.mark.java
def test_what_is_told_does_not_depend_on_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(triples: Iterable[ox.Triple], load: Any, engine: EngineName) -> tuple[ox.Triple, ...]:
        return tuple(sorted(by_hermit()[frozenset(triples)], key=str))

    assert len(asked()) == 5  # two tell of the same example, and one of these of it as changed
    monkeypatch.setattr(process, "reason_over", answer)
    for one in TELLERS:
        assert one("native") == one("hermit")
