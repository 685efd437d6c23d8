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
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph as ox
import pytest

from hipkg.base.vocabulary import HIP
from hipkg.derivation.native import derive_natively, evaluation_of, goals_of, world_of
from hipkg.derivation.queries import derive
from hipkg.knowledge.frame import gathering
from hipkg.knowledge.frame.answers import Slot, classes_of
from hipkg.knowledge.frame.claims import OBJECTIONS, ClaimKind
from hipkg.knowledge.frame.gathering import ORDER, Rule
from hipkg.knowledge.frame.strata import decides
from hipkg.knowledge.selection import select
from hipkg.planning.gaps import Measurer
from hipkg.planning.planner import Planner
from hipkg.reasoning.native import entail, entailed_graph
from hipkg.record.normalise import normalised
from support.derivations import assert_same
from support.doors import read
from support.garden import CASES, CLASSIFICATION, NAMESPACE, NOBODY, Told, classification, garden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hipkg.derivation.records import Derivation
    from hipkg.record.patient import Record

Triples: TypeAlias = frozenset[ox.Triple]

AS_OF = date(2026, 3, 15)
WAYS: dict[str, Callable[..., Derivation]] = {
    "natively": lambda triples, *selection: derive_natively(entailed_graph(triples, garden()), garden(), *selection),
    "by queries": lambda triples, *selection: derive(entail(triples, garden()), garden(), *selection),
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
TURTLE = "PREFIX : <https://example.org/garden/> PREFIX hip: <https://w3id.org/hipkg/> "
PAIR = """
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
        for record in dated(path)
    }


def dated(path: Path) -> list[Record]:
    """Read gardens for the date that they record, or for that of all tests."""
    pairs = zip(read(path, garden), read(path, garden, as_of=AS_OF), strict=True)
    return [recorded if recorded.dated else given for recorded, given in pairs]


def parsed(text: str) -> Triples:
    return frozenset(quad.triple for quad in ox.parse((TURTLE + text).encode(), format=ox.RdfFormat.TURTLE))


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
def test_statements_of_other_documents_do_not_count(way: str) -> None:
    derivation = WAYS[way](gardens()["specificity/clay"], select(garden(), ["X"]))
    assert told("clay", derivation) == lines("""
plot X-12 must-not
plot Digging avoid: X-12
plot Digging discouraged by X-12
plot X-15 now
plot Edging indicated: X-15
plot X-16 now
plot X-17 must-not
plot Raking indicated: X-16
plot Raking discouraged by X-17
plot Raking X-16 against X-17: strength, X-16
""")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_statement_without_companions_can_be_judged_alone(name: str) -> None:
    for one in WAYS["natively"](gardens()[name]).evaluations:
        only = frozenset({one.statement})
        if not garden().statements[one.statement].accompanies:
            facts = entailed_graph(gardens()[name], garden(), goals_of(only, garden()))
            found = derive_natively(facts, garden(), only=only).evaluations
            assert one in found
            assert {other.statement for other in found} == only


@pytest.mark.parametrize("name", EXPECTED)
def test_an_evaluation_is_reopened_as_its_slots_were_answered(name: str) -> None:
    for one in world_of(entailed_graph(gardens()[name], garden()), garden()).evaluations:
        again = one.reopened()
        assert (again.lacks, again.compares, again.lacking_facts, again.state) == (*[frozenset()] * 3, None)
        again.lacks, again.compares, again.lacking_facts = one.lacks, one.compares, one.lacking_facts
        again.state = one.state
        assert evaluation_of(again) == evaluation_of(one)


@pytest.mark.parametrize("name", EXPECTED)
def test_only_the_interventions_that_are_asked_for_are_weighed(name: str) -> None:
    world = world_of(entailed_graph(gardens()[name], garden()), garden())
    for wanted in {one.intervention for one in world.actions}:
        world.weigh({wanted})
        assert {one.intervention for one in world.actions} == {wanted}


@pytest.mark.parametrize("name", EXPECTED)
def test_claims_are_listed_from_the_strongest(name: str) -> None:
    for action in WAYS["natively"](gardens()[name]).actions:
        kinds = [claim.kind for claim in action.claims]
        assert kinds == sorted(kinds)
        assert action.among(OBJECTIONS) == [claim.evaluation for claim in action.claims if claim.kind in OBJECTIONS]


def test_a_statement_tells_the_classes_of_its_slots() -> None:
    info = garden().by_id["X-31"]
    slots = {slot: [iri.removeprefix(HIP) for iri in classes_of(info, slot)] for slot in Slot}
    assert slots == {
        Slot.REQUIRES: ["OnAcidSoil", "WetGarden"],
        Slot.EXCEPT_FOR: ["GardenInDrought"],
        Slot.ENDED_BY: [],
        Slot.SATISFIED_BY: ["LimedGarden"],
    }


@pytest.mark.parametrize(
    ("statement", "requires"),
    [
        ("W-01", {"Overgrown"}),
        ("W-02", {"Overgrown"}),
        ("W-03", set()),
        ("W-04", set()),
        ("W-07", set()),
        ("W-09", set()),
        ("W-10", set()),
        ("W-11", {"Overrun"}),
        ("W-12", {"GardenUnderComplaint"}),
        ("W-13", {"Overgrown", "WetGarden"}),
    ],
)
def test_advice_requires_what_its_document_is_about_unless_it_requires_more(statement, requires) -> None:
    info = garden().by_id[statement]
    assert {iri.removeprefix(HIP) for iri in info.requires} == requires
    assert garden().documents[info.document].advice_requires == (HIP + "Overgrown",)


def test_a_plan_tells_what_waits_for_the_scope_of_a_document_and_for_nothing_else() -> None:
    name = "scope/beyond"
    derivation = WAYS["natively"](gardens()[name])
    made = Planner(derivation, garden(), NAMESPACE + "beyond", AS_OF, select(garden())).plan("native", ())
    told = {one.id: [(it.document, it.requirement, it.only) for it in one.context] for one in made.statements}
    waiting, beside = [("W", HIP + "Overgrown", True)], [("W", HIP + "Overgrown", False)]
    assert {id_: context for id_, context in told.items() if context} == {
        "W-01": waiting,
        "W-02": beside,
        "W-11": waiting,
        "W-13": waiting,
    }


@pytest.mark.every_source
@pytest.mark.parametrize("name", [name for name, wanted in EXPECTED.items() if "plan" in wanted])
def test_a_plan_tells_dangers_what_is_not_known_of_them_and_what_goes_ill_together(name: str) -> None:
    own = name.partition("/")[2]
    derivation = WAYS["natively"](gardens()[name])
    made = Planner(derivation, garden(), NAMESPACE + own, AS_OF, select(garden())).plan("native", ())
    found = []
    for action in made.actions:
        about = f"{Told(own, derivation).place(action.place) or 'garden'} {action.label}"
        found += [f"{about} in danger by {it.label}: {one.statement}" for one in action.dangers for it in one.found]
        found += [f"{about} not checked: {one.label}" for one in action.open_checks]
    for one in made.interactions:
        given, beside = ([f"{it.label} {it.standing}" for it in some] for some in (one.treatments, one.beside))
        found.append(" ".join([f"{one.kind}: {', '.join(given)}", *(f"beside {it}" for it in beside), *one.statements]))
    found += [f"{one.text} {' '.join(one.statements)}" for one in made.questions]
    assert sorted(set(found)) == lines(EXPECTED[name]["plan"])


@pytest.mark.parametrize("statement", ["V-01", "V-02", "V-03", "V-06"])
def test_what_ends_a_problem_ends_the_statements_that_need_it(statement: str) -> None:
    assert garden().by_id[statement].ended_by == (HIP + "Paved",)


@pytest.mark.parametrize("statement", ["V-04", "V-05", "X-21"])
def test_what_ends_one_of_several_problems_or_one_of_elsewhere_ends_no_statement(statement: str) -> None:
    assert garden().by_id[statement].ended_by == ()


def test_nothing_follows_from_nothing() -> None:
    assert told("", assert_same((), knowledge=garden())) == []


def test_what_nobody_does_counts_nowhere() -> None:
    triples = gardens()["companions/unadvised"]
    stray = parsed(":stray a hip:Activity ; hip:hasStatus hip:ongoing ; hip:ofIntervention hip:Trellis .")
    derivation = assert_same(triples | stray, knowledge=garden())
    assert told("unadvised", derivation) == lines(EXPECTED["companions/unadvised"]["facts"])


def test_what_was_done_does_not_count_where_the_day_of_the_plan_is_not_known() -> None:
    triples = frozenset(one for one in gardens()["done/today"] if one.predicate.value != HIP + "asOf")
    derivation = assert_same(triples, knowledge=garden())
    assert {
        "plot SoilTest indicated: Y-31",
        "plot SoilTest done before by test",
    } <= set(told("today", derivation))


def test_companions_are_judged_after_what_decides_on_them() -> None:
    """What refuses a trellis where there is spraying comes first, then what advises one, and the chain after that."""
    anew = garden.__wrapped__()
    later = {one.id: one.stratum for one in anew.statements.values() if one.stratum}
    chain = {"Z-11": 2, "Z-17": 2, "Z-12": 3, "Z-13": 4, "Z-19": 4, "Z-14": 5, "Z-20": 5}
    assert later == {**dict.fromkeys(("W-02", "W-03", "W-08", "Y-21", "Y-22", "Y-24", "Z-21"), 1), **chain}


@pytest.mark.parametrize(
    ("statement", "companion", "wanted"),
    [
        ("Z-11", "Trellis", True),
        ("Z-11", "WireTrellis", False),
        ("Z-17", "Trellis", True),
        ("Z-15", "Trellis", True),
        ("Z-15", "WireTrellis", True),
        ("Z-18", "Trellis", True),
        ("Z-16", "Trellis", False),
        ("Z-16", "Tying", True),
        ("Z-14", "Trimming", False),
    ],
)
def test_a_statement_decides_on_a_companion_that_it_offers_or_keeps_out(statement, companion, wanted) -> None:
    assert decides(garden().by_id[statement], HIP + companion, garden().is_a) == wanted


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("advice", "objection"), VERDICTS)
def test_gathering(advice: str, objection: str, way: str) -> None:
    rule, _, side = VERDICTS[advice, objection].partition(" ")
    status, winner = {
        "for": (f"indicated: {advice}", advice),
        "against": (f"avoid: {objection}", objection),
        "": (f"conflict: {', '.join(sorted((advice, objection)))}", NOBODY),
    }[side]
    assert told("pair", WAYS[way](parsed(PAIR.format(advice, objection)))) == lines(
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


@pytest.mark.parametrize("number", range(len(ORDER)), ids=[rule for rule, _ in ORDER])
def test_a_gathering_rule_that_is_turned_round_is_noticed(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, prefers = ORDER[number]

    def turned(*given: Any) -> bool | None:
        preferred = prefers(*given)
        return None if preferred is None else not preferred

    monkeypatch.setattr(gathering, "ORDER", (*ORDER[:number], (rule, turned), *ORDER[number + 1 :]))
    derivations = {name: WAYS["natively"](triples) for name, triples in gardens().items()}
    assert [
        name
        for name, derivation in derivations.items()
        if told(name.partition("/")[2], derivation) != lines(EXPECTED[name]["facts"])
    ]


def test_every_rule_decides_and_every_claim_is_decisive_somewhere() -> None:
    derived = [WAYS["natively"](triples) for triples in gardens().values()]
    assert {conflict.rule for one in derived for conflict in one.conflicts} == {*Rule}
    claims = [claim for one in derived for action in one.actions for claim in action.claims]
    assert {claim.kind for claim in claims if claim.decisive} == {*ClaimKind}


@pytest.mark.java
def test_the_kept_classification_is_what_hermit_finds() -> None:
    assert json.loads(CLASSIFICATION.read_text("utf-8")) == classification()
