"""What holds of the plan of every patient: properties of the whole pipeline, tried on random patients."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from hypothesis import assume, given
from hypothesis import strategies as st

from hipkg.api.plan import plans
from hipkg.base.errors import InconsistentData
from hipkg.base.vocabulary import HIP
from hipkg.knowledge.frame.claims import ClaimKind, Fulfilment
from hipkg.knowledge.loading import load
from hipkg.render import render
from hipkg.render.sheet import sheet
from support.doors import reason_over
from support.random_patients import BASE, PATIENT, hip_patients, patient_triples, some_patients, triple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hipkg.planning.records import Plan

AS_OF = date(2026, 11, 23)
PROSE = {"text", "message", "fix"}
FORMATS = {
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "n-quads": ox.RdfFormat.N_QUADS,
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "rdf/xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}


def written(triples: Iterable[ox.Triple], format: str = "n-triples") -> bytes:  # noqa: A002 - as in hipkg.plans
    return ox.serialize(triples, format=FORMATS[format]) or b""


def made(triples: Iterable[ox.Triple], format: str = "n-triples") -> tuple[Plan, ...] | None:  # noqa: A002
    """Make the plans of a graph as from a file, without its account; None if it contradicts the ontology."""
    try:
        found = plans(written(triples, format), format=format, as_of=AS_OF, allow_invalid=True)
    except InconsistentData:
        return None
    return tuple(
        replace(one, findings=tuple(it for it in one.findings if not it.shape.startswith("hip:F"))) for one in found
    )


def plan_of(triples: Iterable[ox.Triple]) -> Plan:
    """Make the plan of the patient under test, and pass over patients who contradict the ontology."""
    found = made(triples)
    assume(found is not None)
    return next(one for one in found if one.patient == PATIENT)


SETTLING = (ClaimKind.FULFILLED, ClaimKind.GUARDED, ClaimKind.CHOSEN_OTHERWISE, ClaimKind.SPECIFIED)
"""The claims by which something is settled that is neither there nor ordered."""


def plain(value: Any, rewrite: Callable[[str], str]) -> Any:
    """Turn a record into plain data whose order does not matter, rewriting every text but the prose of statements."""
    compared = [one.name for one in fields(value) if one.compare] if is_dataclass(value) else []
    names = getattr(value, "_fields", None) or compared
    if names:
        return {one: plain(getattr(value, one), str if one in PROSE else rewrite) for one in names}
    if isinstance(value, dict):
        return {key: plain(one, rewrite) for key, one in value.items()}
    if isinstance(value, tuple):
        return sorted((plain(one, rewrite) for one in value), key=repr)
    return rewrite(value) if isinstance(value, str) else value


def renamed(triples: Iterable[ox.Triple], rewrite: Callable[[str], str]) -> list[ox.Triple]:
    """Give other names to the nodes of a graph."""

    def name(term: Any) -> Any:
        return ox.NamedNode(rewrite(term.value)) if isinstance(term, ox.NamedNode) else term

    return [ox.Triple(name(one.subject), name(one.predicate), name(one.object)) for one in triples]


def mirrored(text: str) -> str:
    """Swap left and right in the names of nodes, as the two sides of the ontology, and as words."""
    if text.startswith(HIP):
        sides = {HIP + "left": HIP + "right", HIP + "right": HIP + "left"}
        return sides.get(text, text)
    word = r"(left|right)(?=Hip)" if text.startswith(BASE) else r"\b(left|right)\b"
    return re.sub(word, lambda found: {"left": "right", "right": "left"}[found[1]], text)


def shuffled_name(text: str) -> str:
    """Name a node otherwise, so that the new names sort in another order than the old ones."""
    if not text.startswith(BASE + "p/"):
        return text
    local = text.removeprefix(BASE + "p/")
    return f"urn:renamed:{local[::-1]}:{local}"


def unshuffled_name(text: str) -> str:
    return re.sub(r"urn:renamed:[^:]*:", BASE + "p/", text)


def leaves(value: Any, path: str = "") -> set[str]:
    """Write plain data as lines of path and value, so that two of them can be compared line by line."""
    if isinstance(value, dict):
        return {line for key, one in value.items() for line in leaves(one, f"{path}.{key}")}
    if isinstance(value, list):
        return {line for one in value for line in leaves(one, f"{path}[{name_of(one)}]")} | {f"{path} has {len(value)}"}
    return {f"{path} = {value}"}


def name_of(value: Any) -> str:
    keys = ("patient", "id", "intervention", "requirement", "statement", "shape", "place", "node", "site")
    return " ".join(str(value[key]) for key in keys if key in value) if isinstance(value, dict) else str(value)


def assert_same(one: Any, other: Any) -> None:
    """Compare plain data and show only the lines that differ."""
    if one != other:
        assert sorted(leaves(one) ^ leaves(other)) == []


@some_patients
@given(triples=hip_patients())
def test_mirroring_a_patient_mirrors_the_plan(triples: frozenset[ox.Triple]) -> None:
    before, after = made(triples), made(renamed(triples, mirrored))
    assert_same(plain(after, str), plain(before, mirrored))


@some_patients
@given(triples=patient_triples())
def test_mirroring_twice_changes_nothing(triples: frozenset[ox.Triple]) -> None:
    assert set(renamed(renamed(triples, mirrored), mirrored)) == triples


@some_patients
@given(triples=hip_patients())
def test_renaming_nodes_changes_only_names(triples: frozenset[ox.Triple]) -> None:
    before, after = made(triples), made(renamed(triples, shuffled_name))
    assert_same(plain(after, unshuffled_name), plain(before, str))


def verdicts(plan: Plan, places: set[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """List the states of statements and the statuses of actions at some places."""
    states = {(one.id, one.place, one.state) for one in plan.statements if one.place in places}
    statuses = {(one.intervention, one.place, one.status) for one in plan.actions if one.place in places}
    return states, statuses


KNEE = (
    triple(PATIENT, "hasProblem", BASE + "p/kneeProblem"),
    triple(BASE + "p/kneeProblem", "a", HIP + "KneeOsteoarthritis"),
    triple(BASE + "p/kneeProblem", "hasSite", BASE + "p/knee"),
    triple(BASE + "p/knee", "a", HIP + "KneeJoint"),
    triple(BASE + "p/knee", "hasSide", HIP + "left"),
)


@some_patients
@given(triples=hip_patients())
def test_a_knee_changes_nothing_for_the_hips(triples: frozenset[ox.Triple]) -> None:
    before, after = plan_of(triples), plan_of([*triples, *KNEE])
    places = {one.place for one in (*before.statements, *before.actions)}
    assert verdicts(after, places) == verdicts(before, places)


@some_patients
@given(triples=hip_patients(), other=patient_triples(name="other"))
def test_another_patient_in_the_file_changes_nothing(
    triples: frozenset[ox.Triple], other: frozenset[ox.Triple]
) -> None:
    assume(made(other) is not None)
    assert plan_of([*triples, *other]) == plan_of(triples)


@some_patients
@given(triples=hip_patients())
def test_facts_of_another_vocabulary_change_nothing(triples: frozenset[ox.Triple]) -> None:
    note, kind = ox.NamedNode("https://example.com/note"), ox.NamedNode("https://example.com/Thing")
    nodes = {one.subject for one in triples}
    foreign = [ox.Triple(node, note, ox.Literal("seen")) for node in nodes]
    foreign += [ox.Triple(node, note, kind) for node in nodes]
    assert plan_of([*triples, *foreign]) == plan_of(triples)


@some_patients
@given(triples=hip_patients(), format=st.sampled_from(sorted(FORMATS)), random=st.randoms(use_true_random=False))
def test_neither_order_nor_format_changes_a_byte(triples: frozenset[ox.Triple], format: str, random: Any) -> None:  # noqa: A002
    ordered = sorted(triples, key=str)
    mixed = list(ordered)
    random.shuffle(mixed)
    texts = [
        found if found is None else render(found, "json", load())
        for found in (made(ordered), made(mixed, format), made([*mixed, *mixed]))
    ]
    assert texts[0] == texts[1] == texts[2]


@some_patients
@given(triples=hip_patients(), data=st.data())
def test_more_facts_never_entail_less(triples: frozenset[ox.Triple], data: st.DataObject) -> None:
    fewer = data.draw(st.sets(st.sampled_from(sorted(triples, key=str)), max_size=len(triples)))
    more = set(reason_over(triples))
    assert set(reason_over(fewer)) <= more
    assert set(reason_over(more)) == more


@some_patients
@given(triples=hip_patients())
def test_what_is_refused_for_a_class_is_refused_for_every_kind_of_it(triples: frozenset[ox.Triple]) -> None:
    plan = plan_of(triples)
    kinds = {iri: info.superclasses for iri, info in load().interventions.items()}
    refused = {(one.intervention, one.place) for one in plan.actions if one.status == "contraindicated"}
    escaped = [
        (one.label, one.site, one.status)
        for one in plan.actions
        if one.status != "contraindicated" and any((kind, one.place) in refused for kind in kinds[one.intervention])
    ]
    assert escaped == []


@some_patients
@given(triples=hip_patients())
def test_every_status_rests_on_a_statement_in_the_right_state(triples: frozenset[ox.Triple]) -> None:
    plan = plan_of(triples)
    effects = {info.id: info.effect.removeprefix(HIP) for info in load().statements.values()}
    needed = {
        "indicated": ("now", {"indicates"}),
        "contraindicated": ("must-not", {"contraindicates"}),
        "avoid": ("must-not", {"discourages"}),
    }
    listed = {(one.id, one.state) for one in plan.statements}
    baseless = [
        (one.label, one.status)
        for one in plan.actions
        if (need := needed.get(one.status))
        and not any((name, need[0]) in listed and effects[name] in need[1] for name in one.statements)
    ]
    assert baseless == []
    assert {name for one in plan.actions for name in one.statements} <= {name for name, _ in listed}


@some_patients
@given(triples=hip_patients())
def test_what_a_plan_calls_done_running_or_ordered_is_on_record(triples: frozenset[ox.Triple]) -> None:
    for one in plan_of(triples).actions:
        assert bool(one.fulfilment) == (one.status == "satisfied")
        on_record = {
            Fulfilment.NONE: True,
            Fulfilment.RUNNING: bool(one.current),
            Fulfilment.DONE: any(it.counts for it in one.done),
            Fulfilment.ORDERED: bool(one.planned) and not one.current and not any(it.counts for it in one.done),
            Fulfilment.NOT_NEEDED: not one.current and not one.planned and bool(one.by(*SETTLING)),
        }
        assert on_record[one.fulfilment], (one.label, one.fulfilment)


@some_patients
@given(triples=hip_patients())
def test_what_runs_or_is_planned_though_refused_or_held_back_is_a_check(triples: frozenset[ox.Triple]) -> None:
    plan = plan_of(triples)
    checks = [row.title for one in sheet(plan, load()).sections if one.key == "check" for row in one.rows]
    for one in plan.actions:
        refused = one.status in {"contraindicated", "avoid"} and not one.realised
        held = one.status == "conditional" and bool(one.by(ClaimKind.HELD_BACK, ClaimKind.ORDER_UNGUARDED))
        for label in (*one.current, *one.planned) if refused or held else ():
            assert any(label.casefold() in title.casefold() for title in checks), (one.label, label)


@some_patients
@given(triples=hip_patients())
def test_a_shown_grade_is_that_of_a_statement_that_speaks_for_the_action(triples: frozenset[ox.Triple]) -> None:
    infos = load().by_id
    for one in plan_of(triples).actions:
        speaking = [infos[state.id] for some in one.claimed.values() for state in some]
        graded = [info for info in speaking if info.modality == one.modality]
        assert one.strength in {"not stated", *(info.strength for info in graded)}
        assert one.evidence in {"not stated", *(info.quality for info in graded)}
