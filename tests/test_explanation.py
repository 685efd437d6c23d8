"""Explanations: what they cite is enough, what they miss is missing, and they read well alone."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from hipkg.api.explain import explain
from hipkg.base.errors import UsageError
from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import HIP, OWL, PREFIXES, RDF_TYPE, RDFS, SKOS, XSD
from hipkg.cli.app import app
from hipkg.defence.explainer import NOT_IN_PLAN, Explainer
from hipkg.defence.explanations import NOT_APPLICABLE, PARAMETER, Explanation, SlotExplanation
from hipkg.defence.targets import find_target
from hipkg.knowledge.loading import load
from hipkg.owl import reasoners as java
from hipkg.owl.sources import load_sources
from hipkg.record.normalise import normalised
from hipkg.render.explanation import render_explanations
from hipkg.render.words import DISCLAIMER
from support.cases import CASES, EACH_EXAMPLE, EXAMPLES, NEAR_MISS, Patient, hold_all, of_every_patient
from support.doors import explain_record, plan_record, planned, read, reason_over
from support.engines import reason_together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hipkg.defence.prover import Proof
    from hipkg.planning.records import Plan
    from hipkg.record.patient import Record

EXPECTED = sorted((CASES / "explain").glob("*/expected.txt"))
KNOWLEDGE = load()
STATEMENTS = sorted(info.id for info in KNOWLEDGE.statements.values())
KINDS = {"recorded", "computed", "ontology", "definition", "hierarchy", "domain", "range", "wider", "inverse", "chain"}


@cache
def graph(path: Path, as_of: str = "2026-11-23") -> Record:
    (found,) = read(path, as_of=date.fromisoformat(as_of))
    return found


@cache
def plan(name: str) -> Plan:
    return plan_record(graph(EXAMPLES[name]))


@cache
def everything(path: Path) -> dict[str, tuple[Explanation, ...]]:
    """Explain every statement and intervention for a patient whose plan is derived once."""
    explainer = Explainer(planned(graph(path)), thorough=False)
    found = {iri: explainer.statement(iri) for iri in KNOWLEDGE.statements}
    return found | {iri: explainer.action(iri) for iri in KNOWLEDGE.interventions}


@cache
def explained(path: Path, target: str, as_of: str = "2026-11-23") -> tuple[Explanation, ...]:
    iri = find_target(target, KNOWLEDGE)
    return everything(path)[iri] if path in EXAMPLES.values() else explainer(path, as_of).explain(iri)


@cache
def explainer(path: Path, as_of: str) -> Explainer:
    return Explainer(planned(graph(path, as_of), allow_invalid=True))


def slots(explanations: tuple[Explanation, ...]) -> Iterator[SlotExplanation]:
    for one in explanations:
        for statement in one.statements:
            yield from statement.slots


def steps(proof: Proof) -> Iterator[Proof]:
    yield proof
    for one in proof.because:
        yield from steps(one)


def entails(proof: Proof, left_out: object = None) -> bool:
    """Tell whether what a proof cites gives its claim, with nothing else on record."""
    return proof.triple in entailed(proof.facts() - {left_out})


@lru_cache(maxsize=4096)
def entailed(facts: frozenset[ox.Triple]) -> frozenset[ox.Triple]:
    return frozenset(reason_over(normalised(sorted(facts, key=str))))


def proofs(path: Path, target: str, as_of: str = "2026-11-23") -> list[Proof]:
    return [one.proof for one in slots(explained(path, target, as_of)) if one.proof]


@pytest.mark.parametrize("name", EACH_EXAMPLE)
def test_what_a_proof_cites_entails_its_claim(name: str) -> None:
    path = EXAMPLES[name]
    listed = {one.id for one in plan(name).statements}
    shown = {proof.triple: proof for one in listed for proof in proofs(path, one) if proof.holds}
    assert len(listed) <= sum(one.slot == "context" for each in listed for one in slots(explained(path, each)))
    assert not [one.claim for one in shown.values() if not entails(one)]


@pytest.mark.every_source
@of_every_patient
def test_cases_are_proved_from_what_they_cite_and_from_no_less(patient: Patient) -> None:
    path, statement, as_of = patient.path, patient.case.statement, patient.case.expected["asOf"]
    for proof in (one for one in proofs(path, statement, as_of) if one.holds):
        assert entails(proof), proof.claim
        # The class of a node may follow from its links as well, so only links and values are never too many.
        links = [one for one in proof.facts() if one.predicate.value != RDF_TYPE]
        assert not [one for one in links if entails(proof, one)], proof.claim


@pytest.mark.every_source
@of_every_patient
def test_what_does_not_hold_points_at_what_is_missing(patient: Patient) -> None:
    path, statement, as_of = patient.path, patient.case.statement, patient.case.expected["asOf"]
    known = entailed(frozenset(graph(path, as_of).triples))
    for slot in slots(explained(path, statement, as_of)):
        assert slot.answer in {"holds", "refuted", "unmet", "unknown"}
        if slot.proof is None:
            assert slot.slot == "companion"
        elif slot.answer in {"unmet", "unknown"} and slot.proof.holds:
            assert slot.note
            assert slot.iri in load().defeated_by  # the note says what defeats it
        elif slot.answer in {"unmet", "unknown"}:
            missing = [one for one in steps(slot.proof) if not one.holds]
            assert not slot.proof.holds
            assert not [one for one in missing if one.triple in known]
            assert [one for one in missing if all(part.holds for part in one.because)], slot.label
        else:
            assert all(one.kind in KINDS for one in steps(slot.proof))


@pytest.mark.parametrize("name", EACH_EXAMPLE)
def test_cited_facts_are_recorded(name: str) -> None:
    path = EXAMPLES[name]
    recorded, computed = set(graph(path).triples), set(normalised(graph(path).triples))
    for statement in STATEMENTS:
        for proof in proofs(path, statement):
            assert proof.facts() <= recorded
            assert {one.triple for one in steps(proof) if one.kind == "computed"} <= computed


@pytest.mark.parametrize("name", EACH_EXAMPLE)
def test_every_statement_reads_well_alone(name: str) -> None:
    states = {NOT_APPLICABLE, *(one.state for one in plan(name).statements)}

    def law(statement: str) -> None:
        found = explained(EXAMPLES[name], statement)
        text = render_explanations(found, "text", proof=True)
        assert max(map(len, text.splitlines())) <= 80
        assert "://" not in text
        assert re.search(r"hip:\w", text) is None
        info = KNOWLEDGE.statement(statement)
        assert info is not None
        whole = " ".join(text.split())
        assert info.text in whole
        assert KNOWLEDGE.documents[info.document].title in whole
        assert {one.status for one in found} <= states

    hold_all(law, STATEMENTS)


@pytest.mark.parametrize("name", EACH_EXAMPLE)
def test_every_action_is_explained_with_its_status_and_statements(name: str) -> None:
    for action in plan(name).actions:
        found = explained(EXAMPLES[name], "hip:" + action.intervention.removeprefix(HIP))
        (one,) = [each for each in found if each.place == action.place]
        assert (one.status, one.site, one.via) == (action.status, action.site, "")
        assert set(action.statements) <= {each.id for each in one.statements}
        assert one.rule


def test_every_intervention_can_be_asked_for() -> None:
    for iri in KNOWLEDGE.interventions:
        for one in everything(EXAMPLES["d0"])[iri]:
            assert one.rule
            assert one.statements or one.status == NOT_IN_PLAN
            assert render_explanations([one], "markdown").startswith("## Why: ")


def test_an_intervention_below_one_of_the_plan_is_explained_by_it() -> None:
    (found,) = explained(EXAMPLES["d0"], "ibuprofen")
    assert (found.label, found.via, found.status) == ("ibuprofen", "oral NSAID", "indicated")
    assert "of which this is a kind" in render_explanations([found], "text")


def test_a_part_of_another_action_says_so() -> None:
    (found,) = explained(EXAMPLES["d0"], "hip strengthening")
    assert found.status == PARAMETER
    assert "physical therapy" in {one.label for one in slots((found,)) if one.slot == "companion"}


def test_disagreement_is_told_with_what_decides() -> None:
    (found,) = explained(EXAMPLES["d0"], "acetaminophen")
    assert "D0-16 speaks against D1-09: a gate keeps it waiting, so D0-16 stands." in render_explanations(
        [found], "text"
    )


def test_a_gap_is_measured_and_shown_at_its_record() -> None:
    path = CASES / "statements" / "D0-33" / NEAR_MISS
    text = " ".join(render_explanations(explained(path, "D0-33"), "text", proof=True).split())
    assert "(27 of 28 d, earliest" in text
    assert "nearest record: therapy" in text
    assert "wanted: physical therapy (therapy) has lasted at least 28 days" in text
    assert "physical therapy (therapy) has lasted 27 days" in text


def test_a_context_that_fails_names_the_part_that_fails() -> None:
    (found,) = explained(EXAMPLES["d0"], "D1-42")
    text = " ".join(render_explanations([found], "text", proof=True).split())
    assert found.status == NOT_APPLICABLE
    assert "wanted: left hip is on the right side" in text
    assert "left hip is on the left side (recorded)" in text


@pytest.mark.java
def test_hermit_entails_the_context_from_what_is_cited_alone() -> None:
    shown = {proof.claim: proof for target in ("D0-41", "D0-01") for proof in proofs(EXAMPLES["d0"], target)}
    found = reason_together({claim: normalised(proof.facts()) for claim, proof in shown.items()}, "hermit")
    assert [claim for claim, proof in shown.items() if proof.triple not in found[claim]] == []


def stated(facts: frozenset[ox.Triple], axioms: frozenset[tuple[str, ...]]) -> set[ox.Triple]:
    """Add to facts what states some axioms in the sources, with the kinds of properties and interventions in them."""
    sources = load_sources()
    by_subject: dict[object, list[ox.Triple]] = {}
    for one in sources:
        by_subject.setdefault(one.subject, []).append(one)
    found = {*facts}
    for kind, *terms in axioms:
        found |= {triple for one in _stating(kind, terms, sources) for triple in _with_blank_nodes(one, by_subject)}
    named = {term for one in found for term in one}
    kinds = {OWL + "ObjectProperty", OWL + "DatatypeProperty"}
    declared = {one for one in sources if getattr(one.object, "value", "") in kinds or one.subject == one.object}
    return found | {one for one in declared if one.subject in named}


def _stating(kind: str, terms: list[str], sources: tuple[ox.Triple, ...]) -> set[ox.Triple]:
    first, last = ox.NamedNode(terms[0]), ox.NamedNode(terms[-1])
    named = {
        "hierarchy": [(first, RDFS + "subClassOf", last)],
        "domain": [(first, RDFS + "domain", last)],
        "range": [(first, RDFS + "range", last)],
        "wider": [(first, RDFS + "subPropertyOf", last)],
        "inverse": [(first, OWL + "inverseOf", last), (last, OWL + "inverseOf", first)],
        "ontology": [(first, RDF_TYPE, last)],
    }
    if kind in named:
        return {ox.Triple(subject, ox.NamedNode(prop), target) for subject, prop, target in named[kind]}
    prop = {"definition": "equivalentClass", "chain": "propertyChainAxiom"}[kind]
    return {one for one in sources if one.subject == first and one.predicate.value == OWL + prop}


def _with_blank_nodes(one: ox.Triple, by_subject: dict[object, list[ox.Triple]]) -> Iterator[ox.Triple]:
    yield one
    if isinstance(one.object, ox.BlankNode):
        for further in by_subject[one.object]:
            yield from _with_blank_nodes(further, by_subject)


def hermit_entails(proof: Proof, given: list[tuple[frozenset[ox.Triple], frozenset[tuple[str, ...]]]]) -> list[bool]:
    """Tell of each set of facts and axioms whether they give the claim; copies with names of their own never meet."""
    copies = [copied(triple, number) for number, some in enumerate(given) for triple in stated(*some)]
    found = java.entail("hermit", copies)
    superclasses = java.close(found.subclasses)
    claims = [copied(proof.triple, number) for number, _ in enumerate(given)]
    return [
        any(
            claim.object.value in {cls, *superclasses.get(cls, ())}
            for node, cls in found.types
            if node == claim.subject.value
        )
        for claim in claims
    ]


def copied(triple: ox.Triple, number: int) -> ox.Triple:
    def name(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return ox.BlankNode(f"{term.value}x{number}")
        own = isinstance(term, ox.NamedNode) and not term.value.startswith((OWL, RDFS, XSD, PREFIXES["rdf"]))
        return ox.NamedNode(f"{term.value}/{number}") if own else term

    return ox.Triple(*map(name, triple))


@pytest.mark.java
@pytest.mark.parametrize("target", ["D0-41"])
def test_hermit_needs_every_fact_and_every_axiom_of_a_reason_and_no_other(target: str) -> None:
    proof = max(proofs(EXAMPLES["d0"], target), key=lambda one: len(one.axioms()))
    facts, axioms = proof.facts(), proof.axioms()
    assert facts
    assert axioms
    fewer = [*((facts - {one}, axioms) for one in facts), *((facts, axioms - {one}) for one in axioms)]
    assert hermit_entails(proof, [(facts, axioms), *fewer]) == [True, *(False for _ in fewer)]


@pytest.mark.parametrize("target", ["D0-41", "hyaluronic acid", "D2-66"])
def test_provenance_leads_from_the_answer_to_recorded_triples(target: str) -> None:
    found = explain(EXAMPLES["d0"], target, as_of=date(2026, 11, 23))
    written = render_explanations(found, "turtle")
    triples = {one.triple for one in ox.parse(written, format=ox.RdfFormat.TURTLE)}
    derived = {}
    for one in triples:
        if one.predicate.value == PREFIXES["prov"] + "wasDerivedFrom":
            derived.setdefault(one.subject, set()).add(one.object)
    (root,) = {subject for subject in derived if not any(subject in premises for premises in derived.values())}
    assert reached(root, derived) >= {ox.NamedNode(one.iri) for one in found[0].statements}
    notes = {one.subject: one.object.value for one in triples if one.predicate.value == SKOS + "note"}
    record = set(graph(EXAMPLES["d0"]).triples)
    for node in reached(root, derived):
        if notes.get(node) == "recorded":
            parts = {one.predicate.value.rpartition("#")[2]: one.object for one in triples if one.subject == node}
            assert ox.Triple(parts["subject"], parts["predicate"], parts["object"]) in record
    labels = {one.object.value for one in triples if one.predicate.value == RDFS + "label"}
    assert {step.claim for one in slots(found) if one.proof for step in steps(one.proof)} <= labels


def reached(start: object, links: dict[object, set[object]]) -> set[object]:
    found, agenda = set(), [start]
    while agenda:
        one = agenda.pop()
        if one not in found:
            found.add(one)
            agenda += links.get(one, ())
    return found


def test_several_independent_reasons_are_all_told() -> None:
    path = ROOT / "tests" / "cases" / "tensions" / "01-place-of-acetaminophen" / "breakthrough.ttl"
    (found,) = explain(path, "D0-02", as_of=date(2026, 11, 23))
    (slot,) = (one for one in found.statements[0].slots if one.also)
    reasons = [slot.proof, *slot.also]
    for one in reasons:
        assert entails(one)
        assert not any(entails(one, left_out=fact) for fact in one.facts())
        assert not any(other.facts() <= one.facts() for other in reasons if other is not one)
    text = render_explanations((found,), "text", proof=True)
    assert text.count("and for another reason, which is enough by itself:") == len(slot.also)


@pytest.mark.parametrize("file", EXPECTED, ids=lambda one: one.parent.name)
def test_expected_texts(file: Path) -> None:
    """Each was read line by line; HIPKG_UPDATE_GOLDEN=1 writes it anew by the command in its first line."""
    command, _, wanted = file.read_text(encoding="utf-8").partition("\n")
    path, target = command.removeprefix("# hipkg explain ").split(" ", 1)
    found = explain_record(graph(ROOT / path), find_target(target.strip('"'), KNOWLEDGE))
    text = render_explanations(found, "text", proof=True)
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        file.write_text(f"{command}\n{text}", encoding="utf-8")
        return
    assert text.partition(DISCLAIMER)[2] == wanted.partition(DISCLAIMER)[2]


@pytest.mark.parametrize(
    ("target", "label"),
    [
        ("D0-41", "D0-41"),
        ("d0-41", "D0-41"),
        ("hip:D0-41", "D0-41"),
        ("OralNsaid", "oral NSAID"),
        ("hip:OralNsaid", "oral NSAID"),
        ("Oral  NSAID", "oral NSAID"),
        ("hyaluronic acid", "intra-articular hyaluronic acid injection"),
        ("steroid", "intra-articular corticosteroid injection"),
        ("ibupro", "ibuprofen"),
        ("total hip replacement", "total hip arthroplasty"),
        ("hip replacement", "total hip arthroplasty"),
        ("THA", "total hip arthroplasty"),
        ("steroid injection into the hip", "intra-articular corticosteroid injection"),
        ("Stay active", "advice on regular physical activity"),
        ("hip film", "hip radiograph"),
        ("cane in the right hand", "cane"),
        ("outcome score", "patient-reported outcome measure"),
        ("paracetamol", "acetaminophen"),
        ("PPI", "proton pump inhibitor"),
        ("physio", "physical therapy"),
    ],
)
def test_targets_go_by_many_names(target: str, label: str) -> None:
    iri = find_target(target, KNOWLEDGE)
    info = KNOWLEDGE.statements.get(iri)
    assert (info.id if info else KNOWLEDGE.label(iri)) == label


@pytest.mark.parametrize(
    ("target", "message", "remedy"),
    [
        ("opoid", "no statement or action", "opioid"),
        ("D0-441", "no statement or action", "D0-41"),
        ("nsaid", "fits", "oral NSAID"),
        ("", "no statement or action", "Give a statement id"),
        ("???", "no statement or action", "Give a statement id"),
    ],
)
def test_unclear_targets_get_suggestions(target: str, message: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        find_target(target, KNOWLEDGE)
    assert remedy in refused.value.remedy


def test_json_holds_the_whole_tree() -> None:
    found = json.loads(render_explanations(explained(EXAMPLES["d0"], "D0-41"), "json"))
    (statement,) = found["statements"]
    (context,) = statement["slots"]
    assert (found["target"], found["status"], context["answer"]) == ("hip:D0-41", "must-not", "holds")
    leaves = [context["proof"]]
    while any("because" in one for one in leaves):
        leaves = [part for one in leaves for part in one.get("because", [one])]
    assert {one["kind"] for one in leaves} == {"recorded"}
    assert all(len(one["triple"]) == 3 for one in leaves)


@pytest.mark.parametrize("name", ["second-visit", "on-opioids"])
def test_json_holds_what_runs_and_what_is_over(name: str) -> None:
    found = [one for some in everything(CASES / "visits" / name / "patient.ttl").values() for one in some]
    written = [json.loads(render_explanations([one], "json")) for one in found]
    kept = [[len(one.get(key, ())) for key in ("past", "ongoing")] for one in written]
    assert kept == [[len(one.past), len(one.ongoing)] for one in found]
    assert any(map(any, kept))


@pytest.mark.parametrize("format_", ["text", "markdown", "json"])
def test_the_command_writes_each_format(format_: str, tmp_path: Path) -> None:
    target = tmp_path / "why"
    path = str(EXAMPLES["d1"])
    result = CliRunner().invoke(
        app, ["explain", path, "D0-41", "-f", format_, "--as-of", "2026-11-23", "-o", str(target)]
    )
    assert result.exit_code == 0, result.output
    found = explain(EXAMPLES["d1"], "D0-41", as_of=date(2026, 11, 23))
    assert target.read_text(encoding="utf-8") == render_explanations(found, format_)


def test_documents_left_out_have_no_say() -> None:
    (found,) = explain(EXAMPLES["d0"], "hyaluronic acid", documents=("D1",), as_of=date(2026, 11, 23))
    assert {one.document for one in found.statements} == {"D1"}


@pytest.mark.parametrize("name", EACH_EXAMPLE)
def test_an_answer_is_short_and_says_first_what_would_change_it(name: str) -> None:
    found = plan(name)
    for intervention in sorted({one.intervention for one in found.actions}):
        for one in explained(EXAMPLES[name], intervention):
            text = render_explanations((one,), "text")
            lines = text.splitlines()
            assert len(lines) <= 25, one.label
            assert max(map(len, lines)) <= 80
            told = set(re.findall(r"\bD\d-\d{2,3}\b", text))
            assert {it.id for it in one.statements} <= told
            if one.remedies:
                assert text.index("What would change this") < text.index("What the statements say")
            assert "--proof" in text


VISITS = CASES / "visits"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("physical therapy", "Tried 2026-06-25 to 2026-10-20 for 117 days: inadequate relief."),
        ("steroid", "Tried 2026-09-10: inadequate relief."),
        ("oral NSAID", "Running for 162 days, naproxen since 2026-06-20, inadequate relief."),
    ],
)
def test_what_was_tried_is_told_before_the_rule(target: str, told: str) -> None:
    iri = find_target(target, KNOWLEDGE)
    (found,) = explain_record(graph(VISITS / "severe-and-failing" / "patient.ttl", "2026-11-29"), iri)
    text = " ".join(render_explanations((found,), "text").split())
    assert told in text
    assert text.index(told) < text.index(found.rule.split(":", maxsplit=1)[0])


@pytest.mark.parametrize("name", ["severe-and-failing", "second-visit", "relieved-by-therapy", "on-opioids"])
def test_every_course_of_an_action_is_told_with_it(name: str) -> None:
    record = graph(VISITS / name / "patient.ttl")
    explainer = Explainer(planned(record), thorough=False)
    for action in plan_record(record).actions:
        (found,) = (one for one in explainer.action(action.intervention) if one.place == action.place)
        assert {*found.past} == {*action.past}
        assert found.ongoing == action.ongoing
        failed = [one.unfavourable for one in found.past]
        assert failed == sorted(failed, reverse=True)


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ("physical therapy", "structured exercise programme"),  # a sibling, which runs
        ("ibuprofen", "switch to another NSAID"),  # another kind of the narrowest class
        ("cane", None),  # what shares nothing but the class of all interventions is not near
        ("bisphosphonate", None),  # nor what shares nothing but that it is a drug
    ],
)
def test_what_is_not_in_the_plan_leads_to_what_is(target: str, nearest: str | None) -> None:
    (found,) = explained(EXAMPLES["d2"], find_target(target, KNOWLEDGE))
    assert found.status == NOT_IN_PLAN
    assert (found.nearest and found.nearest.label) == nearest
    text = " ".join(render_explanations((found,), "text").split())
    assert (f"The nearest in this plan: {nearest}" in text) == bool(nearest)


def test_the_numbers_that_decide_are_on_record() -> None:
    iri = find_target("D2-72", KNOWLEDGE)
    (found,) = explain_record(graph(VISITS / "second-visit" / "patient.ttl", "2026-11-29"), iri)
    text = " ".join(render_explanations((found,), "text").split())
    assert "On record: physical therapy has the outcome inadequate relief and has lasted 55 days;" in text


def test_a_check_is_to_be_done_before_what_it_guards() -> None:
    iri = find_target("check of kidney function", KNOWLEDGE)
    for path, drug in (
        (VISITS / "osteonecrosis-nsaid-ordered" / "patient.ttl", "oral NSAID"),
        (EXAMPLES["d3"], "medication"),
    ):
        (found,) = explain_record(graph(path), iri)
        assert (found.status, found.before) == ("caution", (drug,))
        assert f"check of kidney function: to be done before {drug}" in render_explanations((found,), "text")


def told(path: Path, target: str) -> str:
    """Tell an answer about each place in one line."""
    found = explain_record(graph(path, "2026-11-29"), find_target(target, KNOWLEDGE))
    return " ".join(render_explanations(found, "text").split())


@pytest.mark.parametrize(
    ("path", "target", "words", "absent"),
    [
        # How an action must not be carried out is told with it, and what it would take if that is not known.
        (
            VISITS / "anticoagulant" / "patient.ttl",
            "oral NSAID",
            "But never unprotected, unless taking or prescribed a selective COX-2 inhibitor or",
            "speaks against it",
        ),
        (EXAMPLES["d0"], "oral NSAID", "But if gastrointestinal risk: never unprotected", "against it"),
        (VISITS / "anticoagulant" / "patient.ttl", "oral NSAID", "Goes with it:", "speaks against it"),
        # What is to be considered is not told as advised.
        (EXAMPLES["d0"], "shoe insoles", "shoe insoles: to consider (left hip)", "indicated"),
        (EXAMPLES["d0"], "total hip arthroplasty", "then to consider", "then indicated"),
        # What is done already and would be advised on a condition is not told as advised.
        (EXAMPLES["d0"], "hip radiograph", "Done, date not recorded. It would be advised if therapy tried", "Before"),
        (EXAMPLES["d0"], "hip radiograph", "D2-02 advises, if therapy tried without improvement", "advises, applies"),
        # A kind of several wider actions is explained by the one that it was done for, or by all that wait.
        (
            VISITS / "impingement-after-rehabilitation" / "patient.ttl",
            "MR arthrography",
            "MR arthrography: done already (left hip)",
            "D2-04",
        ),
        (EXAMPLES["d0"], "MR arthrography", "D2-16 advises advanced imaging of the hip, waits for", "hip MRI without"),
        (EXAMPLES["d2"], "hip MRI", "D2-03 advises hip MRI without contrast", "indicated"),
        (EXAMPLES["d4"], "ibuprofen", "D4-05 specifies ibuprofen, if it is chosen: Ibuprofen is the", "waits for the"),
        # Every condition is told, and whether all or one of them is asked for.
        (
            EXAMPLES["d0"],
            "D0-37",
            "NSAID for at least 12 weeks, disability from the hip and refractory pain of the hip",
            "and 1 more",
        ),
        (EXAMPLES["d0"], "D0-47", "weeks, lifestyle modification for at least 4 weeks and NSAID", "until"),
        # What refuses stands before what holds back, and the best graded first.
        (
            EXAMPLES["d0"],
            "hyaluronic acid",
            "What the statements say \u2713 D1-25 forbids, applies, strong",
            "not before",
        ),
        (EXAMPLES["d0"], "excision", "What the statements say \u2713 D1-22 forbids, applies", "every statement"),
        # What forbids a beginning alone says so.
        (EXAMPLES["d2"], "opioid", "D2-44 forbids starting it, whatever else is recorded.", "No addition"),
        # What reads the same of both hips is told once, and where the hand is open, what decides it.
        (EXAMPLES["d1"], "oral NSAID", "Why: oral NSAID \u00b7 both hips", "Why: oral NSAID \u00b7 left hip"),
        (EXAMPLES["d1"], "oral NSAID", "and for the right hip D1-17", "right hip (right hip)"),
        (EXAMPLES["d1"], "acetaminophen", "breakthrough pain at both hips", "the left hip"),
        (EXAMPLES["d1"], "D0-37", "Source: D0 Care of a painful left hip with modest", "Why: D0-37 \u00b7 left hip"),
        (EXAMPLES["d1"], "cane", "Left open: cane in the opposite hand; Which hip hurts more? D0-30", "hand D0-30 D"),
        (EXAMPLES["d0"], "cane", "In the right hand D0-30", "Left open"),
        # The facts that count are told once each, all that would be enough, and what is inferred from them.
        (
            EXAMPLES["d0"],
            "oral NSAID",
            "On record: hip pain; joint space narrowing; hence hip osteoarthritis.",
            "a hip;",
        ),
        (
            VISITS / "celecoxib-taken" / "patient.ttl",
            "lumbar",
            "physical therapy; persistent back pain.",
            "; back pain",
        ),
        (
            VISITS / "celecoxib-taken" / "patient.ttl",
            "PPI",
            "since taking or prescribed a selective COX-2",
            "what is on",
        ),
        (VISITS / "anticoagulant" / "patient.ttl", "PPI", "aged 83 years; peptic ulcer disease; apixaban;", "hence"),
        (VISITS / "second-visit" / "patient.ttl", "steroid", "activity modification has lasted 55 days", "\u2026"),
        # What is ordered without its checks says so, and what only specifies stands after what advises.
        (
            VISITS / "osteonecrosis-nsaid-ordered" / "patient.ttl",
            "oral NSAID",
            "It is ordered, and what D3-073, D3-074 and D3-075 ask for first is not on record.",
            "Every statement",
        ),
        (
            VISITS / "relieved-by-therapy" / "patient.ttl",
            "physio",
            "say \u2713 D0-04 advises, applies",
            "say \u2713 D0-21",
        ),
        (EXAMPLES["d3"], "check of kidney function", "to be done before medication (hip)", "medication,"),
        # What no statement advises and one would speak against says on what condition.
        (
            EXAMPLES["d0"],
            "non-selective NSAID without gastroprotection",
            "No statement advises it; D0-14 would advise against it if gastrointestinal risk.",
            "goes with it",
        ),
        # What is advised and waits for its checks is told as advised.
        (
            CASES / "tensions" / "18-nsaid-at-once-or-checked" / "both-diseases.ttl",
            "oral NSAID",
            "It is advised, once what D3-073, D3-074 and D3-075 ask for is done.",
            "No statement advises",
        ),
        # What was not begun was not tried, and what was stopped is dated.
        (VISITS / "both-hips" / "patient.ttl", "oral NSAID", "Ibuprofen not done: refused.", "Tried"),
        (VISITS / "both-hips" / "patient.ttl", "tramadol", "Stopped 2026-03-01: not tolerated.", "Tried"),
    ],
)
def test_an_answer_says_how_things_stand(path: Path, target: str, words: str, absent: str) -> None:
    text = told(path, target)
    assert words in text
    assert absent not in text


RUNNING = b"""PREFIX hip: <https://w3id.org/hipkg/> PREFIX : <https://e.org/>
:p a hip:Patient ; hip:hasProblem :pain ; hip:hasCourse :course . :pain a hip:HipPain ; hip:hasSite :hip .
:hip a hip:HipJoint ; hip:hasSide hip:left .
:course a hip:TreatmentCourse ; hip:ofIntervention hip:Morphine ; hip:hasStatus hip:ongoing ."""


@pytest.mark.parametrize("target", ["opioid", "morphine"])
def test_what_runs_without_advice_is_told_with_what_forbids_to_begin_it(target: str) -> None:
    found = explain(RUNNING, target, format="turtle", as_of=date(2026, 11, 23))
    text = " ".join(render_explanations(found, "text").split())
    assert f"{target}: running already (left hip)" in text
    assert "D2-44 forbids starting it and does not address going on." in text
    assert "advised" not in text


@pytest.mark.parametrize("path", [*EXAMPLES.values(), *sorted(VISITS.glob("*/patient.ttl"))[::3]], ids=str)
def test_every_action_is_found_by_the_words_of_its_page(path: Path) -> None:
    labels = {info.label for info in KNOWLEDGE.interventions.values()}
    for action in plan_record(graph(path)).actions:
        sides = "".join(f" {one}" for one in dict.fromkeys(it.side for it in action.parameters if it.side))
        brief = KNOWLEDGE.briefs.get(action.intervention, action.label)
        for name in (action.label, action.label if brief in labels else brief):  # a label goes before other words
            assert find_target(f"{name}{sides}", KNOWLEDGE) == action.intervention
