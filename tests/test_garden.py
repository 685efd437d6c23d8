"""The statement frame by itself: every rule of it, both ways, on an ontology of gardens and both derivations.

A folder of ``cases/frame`` holds gardens and what is expected of each: all states, statuses with the statements that
decide them, objections and conflicts, in the lines of `support.garden.Told`. What settles a conflict by grades is told
in the table ``gathering.csv``.
"""

from __future__ import annotations

import csv
import json
import tomllib
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox
import pytest

from hipkg.derivation.native import derive_natively
from hipkg.derivation.queries import derive
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.frame.gathering import Rule
from hipkg.planning.gaps import Measurer
from hipkg.reading.sources import read
from hipkg.reasoning.native import entail, entailed_graph
from hipkg.record.normalise import normalised
from support.derivations import assert_same
from support.garden import CASES, CLASSIFICATION, NAMESPACE, NOBODY, Told, classification, garden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hipkg.derivation.records import Derivation

Triples: TypeAlias = frozenset[ox.Triple]

AS_OF = date(2026, 3, 15)
WAYS: dict[str, Callable[[Iterable[ox.Triple]], Derivation]] = {
    "natively": lambda triples: derive_natively(entailed_graph(triples, garden()), garden()),
    "by queries": lambda triples: derive(entail(triples, garden()), garden()),
}
EXPECTED = {
    f"{path.parent.name}/{name}": wanted
    for path in sorted(CASES.glob("*/expected.toml"))
    for name, wanted in tomllib.loads(path.read_text("utf-8")).items()
}
VERDICTS = {
    (row["advice"], objection): verdict
    for row in csv.DictReader((CASES / "gathering.csv").read_text("utf-8").splitlines())
    for objection, verdict in row.items()
    if objection != "advice"
}
PAIR = """
PREFIX : <https://example.org/garden/>
PREFIX hip: <https://w3id.org/hipkg/>
:pair a hip:Patient ;
  hip:hasProblem [ a hip:SignOf-{} ; hip:hasSite :pair-plot ] , [ a hip:SignOf-{} ; hip:hasSite :pair-plot ] .
:pair-plot a hip:Plot .
"""


@cache
def gardens() -> dict[str, Triples]:
    """Read the gardens of all cases, each under the name of its case and its own."""
    return {
        f"{path.parent.name}/{record.iri.removeprefix(NAMESPACE)}": frozenset(normalised(record.triples))
        for path in sorted(CASES.glob("*/gardens.ttl"))
        for record in read(path, as_of=AS_OF)
    }


def lines(text: str) -> list[str]:
    return sorted(filter(None, text.splitlines()))


def told(name: str, derivation: Derivation) -> list[str]:
    return sorted(set(Told(name, derivation).lines()))


def test_each_garden_has_its_expectation() -> None:
    assert gardens().keys() == EXPECTED.keys()
    assert all(one["shows"].endswith(".") for one in EXPECTED.values())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", EXPECTED)
def test_states_statuses_and_conflicts(name: str, way: str) -> None:
    derivation = WAYS[way](gardens()[name])
    assert told(name.partition("/")[2], derivation) == lines(EXPECTED[name]["facts"])


@pytest.mark.parametrize("name", EXPECTED)
def test_both_ways_derive_the_same(name: str) -> None:
    assert_same(gardens()[name], knowledge=garden())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("advice", "objection"), VERDICTS)
def test_gathering(advice: str, objection: str, way: str) -> None:
    rule, _, side = VERDICTS[advice, objection].partition(" ")
    status, winner = {
        "for": (f"indicated: {advice}", advice),
        "against": (f"avoid: {objection}", objection),
        "": (f"conflict: {', '.join(sorted((advice, objection)))}", NOBODY),
    }[side]
    (record,) = read(PAIR.format(advice, objection).encode(), format="turtle", as_of=AS_OF)
    assert told("pair", WAYS[way](record.triples)) == lines(
        f"plot {advice} now\n"
        f"plot {objection} must-not\n"
        f"plot Watering {status}\n"
        f"plot Watering discouraged by {objection}\n"
        f"plot Watering {advice} against {objection}: {rule}, {winner}"
    )


@pytest.mark.parametrize("name", [name for name, wanted in EXPECTED.items() if "gaps" in wanted])
def test_what_is_waited_for_is_unmet_or_unknown(name: str) -> None:
    derivation = WAYS["natively"](gardens()[name])
    measurer = Measurer(derivation.facts, garden(), AS_OF)
    patient = NAMESPACE + name.partition("/")[2]
    found = [
        f"{garden().statements[one.statement].id} {gap.requirement.rpartition('/')[2]} {gap.answer}"
        for one in derivation.evaluations
        for awaited in one.awaits
        for gap in measurer.gaps(awaited, (*one.subjects, patient))
    ]
    assert sorted(found) == lines(EXPECTED[name]["gaps"])


def test_every_rule_decides_and_every_claim_is_decisive_somewhere() -> None:
    derived = [WAYS["natively"](triples) for triples in gardens().values()]
    assert {conflict.rule for one in derived for conflict in one.conflicts} == {*Rule}
    claims = [claim for one in derived for action in one.actions for claim in action.claims]
    assert {claim.kind for claim in claims if claim.decisive} == {*ClaimKind}


@pytest.mark.java
def test_the_kept_classification_is_what_hermit_finds() -> None:
    assert json.loads(CLASSIFICATION.read_text("utf-8")) == classification()
