"""What is derived again after a change is what would be derived afresh, whatever is changed."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from hipkg.base.errors import HipkgError
from hipkg.defence.asking import interview
from hipkg.defence.bench import Bench
from hipkg.derivation.again import Again
from hipkg.derivation.native import derive_natively, world_of
from hipkg.knowledge.loading import load
from hipkg.reasoning.native import entailed_further, entailed_graph
from hipkg.record.normalise import normalised
from support.cases import CASES, EACH_EXAMPLE, EXAMPLES, all_unlike, in_batches
from support.doors import planned, read
from support.random_patients import hip_patients, some_patients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyoxigraph as ox

    from hipkg.derivation.records import Derivation, Outlook
    from hipkg.record.change import Change
    from hipkg.record.facts import Facts

DAY = date(2026, 11, 23)
PATIENTS = all_unlike(CASES.rglob("*.ttl"))[::6]
CHANGES = 6
"""How many changes of one patient are tried."""


def told(found: Derivation | Outlook) -> tuple[dict[str, str], dict[str, str]]:
    return {one.iri: one.state for one in found.evaluations}, {one.iri: one.status for one in found.actions}


def indexed(facts: Facts) -> tuple[object, ...]:
    """Leave out what was only looked up."""
    links = ({prop: {**some} for prop, some in each.items() if some} for each in (facts.objects, facts.subjects))
    return {cls: members for cls, members in facts.members.items() if members}, *links


def less(triples: Iterable[ox.Triple]) -> Iterator[tuple[ox.Triple, ...]]:
    """Leave out one triple, some, or all of a node."""
    whole = sorted(triples, key=str)
    chance = random.Random(len(whole))  # noqa: S311 - a choice of cases
    for number in range(CHANGES):
        node = chance.choice(whole).subject
        few = chance.sample(whole, min(len(whole), 1 + number))
        out = [one for one in whole if node in {one.subject, one.object}] if number % 3 == 2 else few
        yield normalised(one for one in whole if one not in out)


def check(triples: tuple[ox.Triple, ...]) -> None:
    """Go from a record to a smaller one, and back, and find what is derived of each alone."""
    try:
        whole = entailed_graph(normalised(triples), load())
        smaller = [(some, entailed_graph(some, load())) for some in less(triples)]
    except HipkgError:
        return  # what contradicts the ontology has no derivation
    before, again = told(derive_natively(whole, load())), Again(world_of(whole, load()))
    for some, facts in smaller:
        afresh = told(derive_natively(facts, load()))
        assert told(again.outlook(facts)) == afresh
        further = entailed_further(facts, {*normalised(triples)} - {*some}, load())
        assert indexed(further) == indexed(whole)
        assert told(Again(world_of(facts, load())).outlook(further)) == before
        assert told(derive_natively(facts, load())) == afresh  # nothing was added to them


@in_batches(PATIENTS, 50)
def test_a_case_that_changes_is_derived_again(path: Path) -> None:
    try:
        records = read(path, as_of=DAY)
    except HipkgError:
        return
    for record in records:
        check(record.triples)


@some_patients
@given(triples=hip_patients())
def test_a_random_patient_who_changes_is_derived_again(triples: frozenset[ox.Triple]) -> None:
    check(tuple(triples))


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_every_answer_is_derived_as_if_afresh(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = read(EXAMPLES[example], as_of=DAY)
    tried: list[Change] = []
    quickly = Bench.outlook

    def both(bench: Bench, change: Change) -> Outlook | None:
        tried.append(change)
        found, afresh = quickly(bench, change), bench.derive(change)
        assert (found and told(found)) == (afresh and told(afresh)), change
        return found

    monkeypatch.setattr(Bench, "outlook", both)
    interview(planned(record))
    assert tried
