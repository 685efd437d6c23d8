"""The tables of the statement frame, and the queries that say the same in SPARQL."""

from __future__ import annotations

import re
from itertools import product

import pytest

from hipkg.base import hip
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP, curie
from hipkg.knowledge.frame.answers import LIFTING, SLOTS, STATE_OF, STATES, Answers, Slot, State
from hipkg.knowledge.frame.claims import (
    ADVISING,
    CLAIMS,
    FULFILLING,
    NEEDS,
    OBJECTIONS,
    REACHING,
    RELATIONS,
    RUNNING,
    SHOWN,
    STATUS_OF,
    TAKEN,
    WAITING,
    ClaimKind,
    Fulfilment,
    Status,
)
from hipkg.knowledge.frame.gathering import ORDER, SETTLED_BY, Rule
from hipkg.knowledge.frame.scope import waits_for_scope
from hipkg.knowledge.frame.speaking import FIRMNESS, OUTSPOKEN, STANDING
from hipkg.knowledge.frame.strata import KEEPING_OUT, OFFERING
from hipkg.knowledge.loading import load
from hipkg.knowledge.records import Bound

Row = tuple[str, ...]


def text_of(name: str) -> str:
    return (QUERIES / "derive" / f"{name}.rq").read_text("utf-8")


def tables(name: str) -> list[tuple[Row, set[Row]]]:
    """Read the VALUES blocks of a query, each as its variables and its rows."""
    found = re.findall(r"VALUES (\?\w+|\([^)]*\)) \{(.*?)\n?\s*\}", text_of(name), re.DOTALL)
    tuples = ((tuple(re.findall(r"\w+", head)), body) for head, body in found)
    return [(head, {row(one) for one in rows_of(body, len(head))}) for head, body in tuples]


def rows_of(body: str, width: int) -> list[str]:
    return re.findall(r"\(([^)]*)\)", body) if width > 1 else body.split()


def row(text: str) -> Row:
    return tuple(cell.strip('"').removeprefix("hip:") for cell in text.split())


def relation(kind: ClaimKind | None) -> str:
    return RELATIONS[kind] if kind else "UNDEF"


def local(iri: str) -> str:
    return curie(iri).removeprefix("hip:")


def test_the_state_is_that_of_the_first_answer_in_the_table() -> None:
    for given in product((False, True), repeat=len(Answers._fields)):
        answers = Answers(*given)
        true = [state for answer, state in STATES if getattr(answers, answer)]
        assert STATE_OF[answers] == (true[0] if true else None)
    assert {answer for answer, _ in STATES} == {*Answers._fields}


def test_what_rules_out_outweighs_what_fulfils_and_that_outweighs_what_waits() -> None:
    def state(*answers: str) -> State | None:
        return STATE_OF[Answers(*(field in answers for field in Answers._fields))]

    assert state("refuted", "satisfied", "awaiting") == State.RULED_OUT
    assert state("excepted", "satisfied", "lacking") == State.RULED_OUT
    assert state("satisfied", "awaiting", "lacking") == State.SATISFIED
    assert state("awaiting") == state("lacking") == State.LATER
    assert state() is None


def test_pending_classes_are_linked_as_the_query_links_them() -> None:
    (table,) = tables("40-pending")
    pending = {(slot.value, reading.pending) for slot, reading in SLOTS.items() if reading.pending}
    assert table == (("slot", "relation"), pending)


def test_evaluations_are_settled_as_the_query_settles_them() -> None:
    (table,) = tables("50-settled")
    settled = {(slot.value, dict(STATES)[SLOTS[slot].held].value) for slot in LIFTING}
    assert table == (("slot", "state"), settled)
    assert f'BIND("{dict(STATES)[SLOTS[Slot.REQUIRES].refuted]}" AS ?state)' in text_of("50-settled")


@pytest.mark.parametrize("name", ["58-states", "60-companions"])
def test_what_waits_has_the_state_that_the_queries_give(name: str) -> None:
    assert {dict(STATES)["awaiting"], dict(STATES)["lacking"]} == {State.LATER}
    assert f'"{State.LATER}", ?holding) AS ?state)' in text_of(name)


def test_a_statement_that_holds_has_a_state_of_the_frame() -> None:
    assert {*load().holding.values()} == {State.NOW, State.MUST_NOT, State.KNOWLEDGE}
    assert {*CLAIMS, *RUNNING, *REACHING} <= load().holding.keys()


def test_claims_are_made_as_the_query_makes_them() -> None:
    claims, running = tables("70-actions")
    states = (State.NOW, State.SATISFIED, State.LATER)
    assert claims == (
        ("effect", "now", "satisfied", "later"),
        {(local(effect), *(relation(made.get(state)) for state in states)) for effect, made in CLAIMS.items()},
    )
    assert running == (("effect", "now"), {(local(effect), relation(kind)) for effect, kind in RUNNING.items()})


def test_claims_reach_kinds_as_the_query_lets_them() -> None:
    (table,) = tables("75-objections")
    rows = {
        (local(effect), reach.state.value, relation(reach.kind), "accompanies" if reach.companions else "UNDEF")
        for effect, reach in REACHING.items()
    }
    assert table == (("effect", "state", "claim", "reaches"), rows)


def test_conflicts_are_settled_as_the_query_settles_them() -> None:
    (table,) = tables("80-conflicts")
    rows = {(relation(kind), verdict.rule.value, "UNDEF") for kind, verdict in SETTLED_BY.items()}
    rows |= {(relation(kind), "UNDEF", "true") for kind in OBJECTIONS - SETTLED_BY.keys()}
    assert table == (("relation", "rule", "open"), rows)
    assert {verdict.for_advice for verdict in SETTLED_BY.values()} == {False}


def test_the_gathering_rules_stand_in_the_order_of_the_query() -> None:
    told = re.findall(r'"(\w+) (for|against|neither)"', text_of("85-decisions"))
    order = [(rule.value, side) for rule, _ in ORDER for side in ("against", "for")]
    assert told == [*order, (Rule.UNDECIDED.value, "neither")]


def test_what_follows_from_claims_is_claimed_as_by_the_queries() -> None:
    told = set(re.findall(r"BIND\(hip:(\w+) AS \?claim\)", text_of("88-claims")))
    claims = (ClaimKind.CARRIED_OUT, ClaimKind.DISPUTED, ClaimKind.ORDERED, ClaimKind.ORDER_UNGUARDED)
    assert told == {*map(relation, claims)}
    asking = (ClaimKind.INDICATED, ClaimKind.FULFILLED, ClaimKind.AWAITED)
    settled = asking[:2]
    for told_by, table in zip((asking, settled), tables("88-claims"), strict=True):
        assert table == (("advising",), {(relation(kind),) for kind in told_by})
    assert f"?action hip:{relation(ClaimKind.CHOSEN_OTHERWISE)} ?evaluation" in text_of("89-choices")
    assert "|".join(f"hip:{relation(kind)}" for kind in TAKEN) in text_of("89-choices")


def test_what_fulfils_is_looked_for_where_the_query_looks() -> None:
    assert tables("74-fulfilled") == [(("claim",), {(relation(kind),) for kind in FULFILLING})]
    words = re.findall(r'"([\w-]+)"', text_of("95-fulfilment"))
    assert words == [STATUS_OF[ClaimKind.CARRIED_OUT].value, *filter(None, Fulfilment)]


def test_modalities_rank_as_the_query_ranks_them() -> None:
    standing, firmness, again = tables("92-modalities")
    rows = {(relation(kind), str(number), "UNDEF") for kind, number in STANDING.items()}
    rows |= {(relation(kind), "0", STATUS_OF[kind].value) for kind in OUTSPOKEN}
    assert standing == (("claim", "standing", "only"), rows)
    ranks = {(modality.value, str(number)) for modality, number in FIRMNESS.items() if modality}
    assert firmness == (("said", "firmness"), ranks)
    assert again == (("modality", "place"), ranks)
    follows = {ClaimKind.DISPUTED, ClaimKind.UNGUARDED, ClaimKind.ORDER_UNGUARDED, ClaimKind.CHOSEN_OTHERWISE, *TAKEN}
    assert STANDING.keys() == {*ClaimKind} - follows


def test_claims_give_statuses_as_the_query_gives_them() -> None:
    ranks, statuses = tables("90-statuses")
    rows = {(relation(kind), str(kind.value), relation(NEEDS.get(kind))) for kind in ClaimKind}
    assert ranks == (("claim", "rank", "needed"), rows)
    rows = {(str(kind.value), relation(kind), STATUS_OF[kind].value) for kind in ClaimKind}
    assert statuses == (("first", "claim", "status"), rows)


def test_what_decides_on_companions_is_what_the_queries_name() -> None:
    about = re.search(r"#\+ about: (.+)", text_of("62-kept-out"))
    assert about is not None
    assert {*about[1].split()} == {curie(effect) for effect in KEEPING_OUT}
    ((_, rows),) = tables("62-kept-out")
    assert rows == {(local(effect),) for effect in KEEPING_OUT}
    assert re.findall(r"#\+ about: (.+)", text_of("65-offered")) == [curie(effect) for effect in OFFERING]


def test_every_claim_has_a_relation_of_its_own_that_the_ontology_declares() -> None:
    assert len({*RELATIONS.values()}) == len(ClaimKind) == len(RELATIONS) == len(STATUS_OF)
    assert {HIP + name for name in RELATIONS.values()} <= load().terms


def test_every_status_is_given_by_a_claim_and_shown_by_claims_that_can_give_it() -> None:
    assert {*STATUS_OF.values()} == {*Status} == SHOWN.keys()
    for status, kinds in SHOWN.items():
        giving = {kind for kind in ClaimKind if STATUS_OF[kind] == status}
        assert kinds & giving or (status, giving) == (Status.CONFLICT, {ClaimKind.DISPUTED})


def test_a_claim_advises_objects_or_follows() -> None:
    waiting = {made[State.LATER] for made in CLAIMS.values()}
    assert waiting == WAITING
    follows = {ClaimKind.DISPUTED, *TAKEN, ClaimKind.ORDER_UNGUARDED, ClaimKind.CHOSEN_OTHERWISE, ClaimKind.UNGUARDED}
    follows |= {*RUNNING.values()}
    assert ADVISING | OBJECTIONS | WAITING | follows == {*ClaimKind}
    assert not ADVISING & OBJECTIONS


UPPER, LOWER = (Bound("dose", "mg", lower, upper) for lower, upper in (("", "4"), ("2", "")))


@pytest.mark.parametrize(
    ("effect", "bounds", "waits"),
    [
        (hip.indicates, (), True),
        (hip.indicates, (UPPER,), True),
        (hip.specifies, (), True),
        (hip.specifies, (LOWER,), True),
        (hip.specifies, (UPPER,), False),
        (hip.specifies, (LOWER, UPPER), False),
        (hip.contraindicates, (), False),
        (hip.contraindicates, (UPPER,), False),
        (hip.safeguardsWith, (), False),
        (hip.informsOn, (LOWER,), False),
    ],
)
def test_advice_waits_for_what_its_document_is_about_and_limits_do_not(
    effect: str, bounds: tuple[Bound, ...], waits: bool
) -> None:
    assert waits_for_scope(effect, bounds) == waits
