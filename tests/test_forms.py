"""Forms: what was tried is one of them, each field takes what people say, and an interview fills them and ends."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from io import StringIO
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipkg.base import hip
from hipkg.base.dates import length_in_words
from hipkg.base.errors import UsageError
from hipkg.base.numbers import Bounds, Limit
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD
from hipkg.cli import conversation, main
from hipkg.defence.asking import Interview, RankedQuestion, effects
from hipkg.defence.filling import Filler, asked_of, course, is_unknown, union
from hipkg.defence.forms import FieldKind, Option, new_course, where
from hipkg.defence.what_if import changed_by
from hipkg.knowledge.loading import load
from hipkg.knowledge.trials import treatments, trials
from hipkg.owl.expression import And, Expression, Facet, Named, Or, Some, Value
from hipkg.pipeline.process import plan_patient
from hipkg.pipeline.request import Request
from hipkg.planning.page import page
from hipkg.reading.assertions import read_addition
from hipkg.reading.lengths import read_length
from hipkg.record.facts import Facts
from hipkg.render.asking import effects_text, render_interviews
from hipkg.render.sheet import sheet
from support.cases import EACH_EXAMPLE, EXAMPLES
from support.doors import interview, plan_record, read, request

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Action, Plan
    from hipkg.record.patient import Record

WORSE = load().questions[HIP + "WorseOfTwoHips"]
DAY = date(2026, 11, 23)
AS_OF = ("--as-of", "2026-11-23")
TRIED = load().questions[hip.TreatmentCourse]
VISITS = sorted((Path(__file__).parent / "cases" / "visits").glob("*/patient.ttl"))
of_every_visit = pytest.mark.parametrize("path", VISITS, ids=lambda one: one.parent.name)
of_every_example = pytest.mark.parametrize("example", EACH_EXAMPLE)


@cache
def record_of(path: Path) -> Record:
    (found,) = read(path, as_of=DAY)
    return found


@cache
def interview_of(path: Path) -> Interview:
    return interview(record_of(path))


def asked(example: str) -> Interview:
    return interview_of(EXAMPLES[example])


def question(example: str, text: str) -> RankedQuestion:
    return next(one for one in asked(example).questions if one.text.startswith(text))


def hip_(name: str) -> str:
    return HIP + name


# One question for what was tried


@of_every_example
def test_what_was_tried_is_asked_once_of_each_hip(example: str) -> None:
    sites = [one.site for one in asked(example).questions if one.form.repeats]
    assert len(sites) == len({*sites})
    assert {one.text for one in asked(example).questions if one.form.repeats} <= {TRIED}
    assert not any(
        trials(it, load()) for one in asked(example).questions if one.text != TRIED for it in one.requirements
    )


def test_what_the_patient_takes_is_asked_with_the_only_hip_and_else_once() -> None:
    (single,) = (one for one in asked("d0").questions if one.form.repeats)
    assert {hip_(one) for one in ("NsaidTrial28Days", "PhysicalTherapyTrial28Days")} <= {*single.requirements}
    of_both = {one.site: {*one.requirements} for one in asked("d1").questions if one.form.repeats}
    assert sorted(of_both) == ["", "left hip", "right hip"]
    assert hip_("NsaidTrial28Days") in of_both[""]
    assert not of_both[""] & (of_both["left hip"] | of_both["right hip"])


@pytest.mark.parametrize(
    "name", ["GastrointestinalRiskPatient", "BreakthroughPainOnNsaid", "ReplacedHip", "PatientTakingPpi", "HipWithMri"]
)
def test_what_is_more_than_a_trial_is_a_question_of_its_own(name: str) -> None:
    assert not trials(hip_(name), load())


def test_without_a_question_for_all_each_is_worded_by_itself() -> None:
    questions = {cls: text for cls, text in load().questions.items() if cls != hip.TreatmentCourse}
    knowledge = replace(load(), questions=questions)
    plan = plan_patient(record_of(EXAMPLES["d0"]), request(), knowledge).plan
    texts = {one.text for one in plan.questions}
    assert "For how long has an NSAID been taken?" in texts
    assert TRIED not in texts


# Toes, which no guideline of the release is about.

WARMED, COLD = Named(hip_("ToeWarming")), Named(hip_("ColdToe"))
A_WEEK = Facet(hip.minimumDays, XSD + "integer", Bounds([Limit(">=", Decimal(7))]))
IN_VAIN = Value(hip.hasOutcome, hip_("inadequateRelief"))
RUNS = Value(hip.hasStatus, hip.ongoing)


def toe(*asked: Expression) -> Expression:
    """Ask for a course of warming at the place of a problem."""
    course = And((Some(hip.ofIntervention, WARMED), *asked))
    return And((Named(hip.Problem), Some(hip.locatedIn, Some(hip.targetedBy, course))))


@pytest.mark.parametrize(
    ("others", "asked", "lengths", "properties"),
    [
        ((), toe(A_WEEK), [7], []),
        ((), toe(A_WEEK, IN_VAIN, RUNS), [7], [hip.hasOutcome, hip.hasStatus]),
        ((toe(A_WEEK),), toe(RUNS), [], [hip.hasStatus]),
        ((), Or((toe(A_WEEK), toe(IN_VAIN))), [7], [hip.hasOutcome]),
    ],
)
def test_what_lasted_or_ended_in_some_way_was_tried(
    others: tuple[Expression, ...], asked: Expression, lengths: list[int], properties: list[str]
) -> None:
    found = trials(hip_("Asked"), with_toes(asked, *others))
    assert {iri for one in found for iri in one.interventions} == {WARMED.iri}
    assert [int(it) for one in found for it in one.lengths] == lengths
    assert sorted(prop for one in found for prop, _ in one.values) == properties


@pytest.mark.parametrize(
    "asked",
    [
        toe(RUNS),  # nobody asks how long, or with what outcome
        And((COLD, toe(A_WEEK))),
        And((toe(A_WEEK), Some(hip.hasSite, Named(hip_("Toe"))))),
        Some(hip.hasCourse, And((A_WEEK, IN_VAIN))),
        Facet(hip.age, XSD + "integer", Bounds([Limit(">", Decimal(65))])),
    ],
)
def test_anything_else_was_not_tried(asked: Expression) -> None:
    assert trials(hip_("Asked"), with_toes(asked)) == ()


def with_toes(asked: Expression, *others: Expression) -> Knowledge:
    definitions = {hip_("Asked"): asked, **{hip_(f"Other{number}"): one for number, one in enumerate(others)}}
    return replace(load(), definitions=definitions, questions=dict.fromkeys(definitions, "Was it warmed?"))


def test_lengths_are_said_as_the_documents_say_them() -> None:
    told = {
        length_in_words(int(length)) in load().label(cls)
        for cls in load().questions
        for one in trials(cls, load())
        for length in one.lengths
        if "at least" in load().label(cls)
    }
    assert told == {True}


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (10, "10 days"), (28, "4 weeks"), (90, "3 months"), (365, "1 year"), (0, "0 days")],
)
def test_a_length_has_words(days: int, words: str) -> None:
    assert length_in_words(days) == words


def test_the_form_has_a_field_for_each_fact_of_a_course() -> None:
    form = question("d0", TRIED).form
    fields = {one.name: one for one in form.fields}
    assert [*fields] == ["treatment", "how long", "outcome", "status"]
    assert {"physical therapy", "oral NSAID", "lifestyle modification"} <= {
        it.label for it in fields["treatment"].options
    }
    assert [one.words for one in fields["how long"].limits] == ["4 weeks", "6 weeks", "12 weeks", "3 months"]
    assert [one.label for one in fields["outcome"].options] == ["adequate relief", "inadequate relief"]


@of_every_example
def test_parts_and_kinds_are_offered_in_place_of_what_sums_them_up(example: str) -> None:
    infos = load().interventions
    for one in asked(example).questions:
        offered = [it.value for it in one.form.fields[0].options if one.form.repeats and not it.lacks]
        assert load().composed.keys().isdisjoint(offered)
        assert not any(it in infos[other].superclasses for it in offered for other in offered)


def test_a_course_on_record_is_asked_for_what_it_lacks_alone() -> None:
    form = question("d2", TRIED).form
    recorded = [one for one in form.fields[0].options if one.lacks]
    assert [one.label for one in recorded] == ["structured exercise programme (exercise)"]
    assert [one.name for one in asked_of(recorded[0], form)] == ["how long"]


def test_other_questions_have_fields_of_their_kind() -> None:
    risk, weight = question("d0", "Over 65").form, question("d0", "What is the body-mass").form
    assert [(one.name, one.kind) for one in risk.fields] == [
        ("age", FieldKind.NUMBER),
        ("any of these", FieldKind.CHOICE),
    ]
    assert [one.label for one in risk.fields[1].options] == ["peptic ulcer disease", "anticoagulant"]
    assert [one.words for one in weight.fields[0].limits] == ["at least 25 kg/m2"]
    (side,) = question("d2", "Which side").form.fields
    assert [one.label for one in side.options] == ["left", "right"]


@of_every_visit
def test_every_question_that_has_answers_has_fields(path: Path) -> None:
    for one in interview_of(path).questions:
        assert bool(one.form.fields) >= bool(one.answers), one.text
        assert len({it.name for it in one.form.fields}) == len(one.form.fields)


def test_options_say_what_is_asked_of_what_is_on_record() -> None:
    chronic = question("d2", "Is the pain of this hip chronic")
    (field,) = chronic.form.fields
    assert (field.kind, [one.label for one in field.options]) == (
        FieldKind.YES_NO,
        ["hip pain (pain) is chronic hip pain"],
    )
    assert {value for _, prop, value in (field.denial or union(())).added if prop == hip.isWithout} == {
        hip_("ChronicHipPain")
    }
    assert {len(one.change.added) for one in chronic.answers} == {1}


def test_a_kind_is_offered_once_whether_it_is_new_or_on_record() -> None:
    (field,) = question("d1", "Does the back pain").form.fields
    assert [one.label for one in field.options] == ["persistent back pain", "worsening back pain"]


def test_where_a_course_on_record_acts_is_no_answer_to_what_was_done() -> None:
    record = record_of(EXAMPLES["d1"])
    for text in ("ibuprofen", "advice on regular physical activity"):
        record = changed_by(record, read_addition(text, record, load()))
    treated = next(one for one in interview(record).questions if one.text == TRIED and "D1-30" in one.asked_by)
    options = [it for field in treated.form.fields for it in field.options]
    assert options
    assert not any("is meant for" in one.label or "advice" in one.label for one in options)


# What is open of a question


def texts_with(example: str, *added: str) -> list[str]:
    """List the questions of an example with more on record, in their order."""
    record = record_of(EXAMPLES[example])
    for one in added:
        record = changed_by(record, read_addition(one, record, load()))
    return [*dict.fromkeys(one.text for one in plan_record(record).questions)]


@pytest.mark.parametrize(
    ("added", "text"),
    [
        ([], "Over 65, ever a peptic ulcer, or on an anticoagulant?"),
        (["age 60"], "On an anticoagulant, or ever a peptic ulcer?"),
        (["age 60", "no peptic ulcer disease"], "On an anticoagulant?"),
        (["no anticoagulant"], "Ever a peptic ulcer, or over 65?"),
    ],
)
def test_a_question_is_asked_with_the_parts_that_are_open(added: list[str], text: str) -> None:
    assert texts_with("d0", *added)[0] == text


def test_what_is_asked_in_other_words_by_now_is_no_new_question(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["60", "no", "q"], "d0")
    told = capsys.readouterr().out
    assert "Ever a peptic ulcer" not in told
    assert "recorded: no anticoagulant and no peptic ulcer disease" in told


# The order


def test_what_presupposes_what_is_not_there_is_asked_late() -> None:
    breaks = load().questions[hip_("BreakthroughPainOnNsaid")]
    later, sooner = texts_with("d0"), texts_with("d0", "naproxen ongoing")
    assert sooner.index(breaks) < sooner.index("What is the body-mass index?")
    assert later.index(breaks) > later.index("Is an opioid taken already?")


@of_every_visit
def test_what_a_record_would_have_is_not_asked_first(path: Path) -> None:
    late = {load().questions[one] for one in load().expected_on_record}
    assert late.isdisjoint([*dict.fromkeys(one.text for one in interview_of(path).plan.questions)][:5])


def test_what_is_asked_with_others_is_asked_alone_later() -> None:
    texts = [*dict.fromkeys(one.text for one in asked("d2").plan.questions)]
    whole, part = (load().questions[hip_(one)] for one in ("ImpingementLabralTearOrDysplasia", "HipWithDysplasia"))
    assert texts.index(whole) < texts.index("Is an opioid taken already?") < texts.index(part)


def test_a_warning_sign_that_would_call_for_what_is_called_for_is_not_asked_first() -> None:
    night = next(one for one in VISITS if one.parent.name == "osteonecrosis-night-pain")
    texts = [*dict.fromkeys(one.text for one in interview_of(night).plan.questions)]
    assert "Does the patient limp?" in texts[5:]


@of_every_visit
def test_plan_and_ask_agree_on_the_order(path: Path) -> None:
    found = interview_of(path)
    texts = [*dict.fromkeys(one.text for one in found.questions)]
    assert [one.text for one in sheet(found.plan, load()).questions] == texts
    assert [*dict.fromkeys(one.text for one in found.plan.questions)] == texts


@pytest.mark.parametrize("path", [*EXAMPLES.values(), *VISITS], ids=lambda one: f"{one.parent.name}/{one.stem}")
def test_what_only_an_expert_can_judge_comes_last(path: Path) -> None:
    judged = [not one.urgent and load().judged.issuperset(one.requirements) for one in interview_of(path).questions]
    assert judged == sorted(judged)


def test_every_class_that_takes_judgement_has_a_question() -> None:
    assert load().judged
    assert load().judged <= load().questions.keys()


# What is put into a field


@pytest.mark.parametrize(
    ("text", "prop", "value"),
    [
        ("6 weeks", hip.duration, "P6W"),
        ("for 1 week", hip.duration, "P1W"),
        ("10 days", hip.duration, "P10D"),
        ("3 months", hip.duration, "P90D"),
        ("1 year", hip.duration, "P365D"),
        ("P6W", hip.duration, "P6W"),
        ("p2m", hip.duration, "P60D"),
        ("7w", hip.duration, "P7W"),
        ("6 wks", hip.duration, "P6W"),
        ("six weeks", hip.duration, "P6W"),
        ("three months", hip.duration, "P90D"),
        ("since 2026-05", hip.startDate, "2026-05"),
        ("2026-05-01", hip.startDate, "2026-05-01"),
    ],
)
def test_a_length_is_read_in_plain_words(text: str, prop: str, value: str) -> None:
    found, literal = read_length(text, DAY)
    assert (found, literal.value) == (prop, value)


@pytest.mark.parametrize(
    "text",
    ["", "0 weeks", "P0W", "long", "6", "dozen weeks", "since May", "since 2027-01", "P1Y2M", "2026-13", "-3 days"],
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_length(text, DAY)


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("age", "age", "number"),
        ("no", "age", "A number is asked for"),
        ("z", "any of these", "not understood"),
        (", ,", "any of these", "not understood"),
        ("perhaps", "any of these", "not understood"),
    ],
)
def test_what_does_not_fit_a_field_is_refused(text: str, field: str, words: str) -> None:
    (asking,) = (one for one in question("d0", "Over 65").form.fields if one.name == field)
    with pytest.raises(UsageError, match=words):
        Filler(record_of(EXAMPLES["d0"]), load()).read(text, asking)


@pytest.mark.parametrize(("text", "value"), [("yes", "adequateRelief"), ("no", "inadequateRelief")])
def test_whether_it_helped_is_answered_by_yes_or_no(text: str, value: str) -> None:
    fields = {one.prop: one for one in question("d0", TRIED).form.fields}
    filled = Filler(record_of(EXAMPLES["d0"]), load()).read(text, fields[hip.hasOutcome])
    assert filled.value == (hip.hasOutcome, hip_(value))


def test_yes_is_what_goes_by_the_name_of_what_is_asked() -> None:
    (persists,) = question("d4", "Does the pain of this hip persist").form.fields
    filler = Filler(record_of(EXAMPLES["d4"]), load())
    assert filler.read("yes", persists).change == filler.read("persistent pain", persists).change
    risks = question("d0", "Over 65").form.fields[1]
    with pytest.raises(UsageError, match="several things"):
        filler.read("yes", risks)


@pytest.mark.parametrize("text", ["l", "left", "a"])
def test_the_first_letter_of_a_name_is_enough_where_no_option_has_it(text: str) -> None:
    (side,) = question("d2", "Which side").form.fields
    assert [one.label for one in Filler(record_of(EXAMPLES["d2"]), load()).read(text, side).options] == ["left"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("paracetamol", "acetaminophen"),
        ("Tylenol", "acetaminophen"),
        ("physio", "physical therapy"),
        ("PT", "physical therapy"),
        ("cortisone injection", "intra-articular corticosteroid injection"),
        ("weight loss", "weight reduction"),
        ("walking stick", "cane"),
        ("ibuprofen 600 mg", "ibuprofen"),
        ("PT for six weeks", "physical therapy"),
    ],
)
def test_a_treatment_goes_by_the_words_of_every_day(text: str, label: str) -> None:
    asking = question("d0", TRIED)
    filled = Filler(record_of(EXAMPLES["d0"]), load(), asking.about).read(text, asking.form.fields[0])
    assert [one.label for one in filled.options] == [label]


def test_another_word_means_one_thing_and_is_no_label() -> None:
    knowledge = load()
    words = [one.casefold() for some in knowledge.synonyms.values() for one in some]
    assert len(words) == len({*words})
    assert {one.casefold() for one in knowledge.labels.values()}.isdisjoint(words)


@pytest.mark.parametrize("word", ["no", "none", "nothing", "None"])
def test_nothing_means_no(word: str) -> None:
    filled = Filler(record_of(EXAMPLES["d0"]), load()).read(word, question("d0", TRIED).form.fields[0])
    assert hip.isWithout in {prop for _, prop, _ in (filled.change or union(())).added}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("naproxen for 6 weeks", ["outcome", "status"]),
        ("naproxen stopped because not tolerated until 2026-10", ["how long", "outcome"]),
    ],
)
def test_what_is_told_with_a_treatment_is_not_asked_again(text: str, left: list[str]) -> None:
    record, asking = record_of(EXAMPLES["d0"]), question("d0", TRIED)
    (option,) = Filler(record, load(), asking.about).read(text, asking.form.fields[0]).options
    assert [one.name for one in asked_of(option, asking.form)] == left
    assert plan_record(changed_by(record, course(option, {}))).valid


@pytest.mark.parametrize("text", ["b", "anticoagulant", "ANTICOAG", "a, b"])
def test_options_are_chosen_by_letter_and_by_name(text: str) -> None:
    record = record_of(EXAMPLES["d0"])
    filled = Filler(record, load()).read(text, question("d0", "Over 65").form.fields[1])
    assert "anticoagulant" in {one.label for one in filled.options}
    after = plan_record(changed_by(record, filled.change or union(())))
    assert "gastroprotection" in {one.label for one in after.actions if one.status == "indicated"}


@pytest.mark.parametrize("treatment", ["a", "physical therapy", "naproxen"])
def test_any_treatment_can_be_named(treatment: str) -> None:
    record, asking = record_of(EXAMPLES["d0"]), question("d0", TRIED)
    (option,) = Filler(record, load(), asking.about).read(treatment, asking.form.fields[0]).options
    change = course(option, {hip.hasOutcome: hip_("inadequateRelief")})
    after = plan_record(changed_by(record, change))
    assert after.valid
    assert hip_("HipUnimprovedByTherapy") not in {one.requirement for one in after.questions}


@pytest.mark.parametrize(("example", "text"), [("d0", "NSAID"), ("d4", "nsaid"), ("d0", "strengthening")])
def test_part_of_several_names_is_not_guessed(example: str, text: str) -> None:
    asking = question(example, TRIED)
    with pytest.raises(UsageError, match=r"could be .* or "):
        Filler(record_of(EXAMPLES[example]), load(), asking.about).read(text, asking.form.fields[0])


@pytest.mark.parametrize(("text", "label"), [("physical", "physical therapy"), ("lifestyle", "lifestyle modification")])
def test_part_of_one_name_is_enough(text: str, label: str) -> None:
    asking = question("d0", TRIED)
    filled = Filler(record_of(EXAMPLES["d0"]), load(), asking.about).read(text, asking.form.fields[0])
    assert [one.label for one in filled.options] == [label]


def test_what_comprises_several_treatments_is_meant_only_by_its_whole_name() -> None:
    (whole, parts) = next((one, it) for one, it in load().composed.items() if all(trials_of(part) for part in it))
    label, record = load().label(whole), record_of(EXAMPLES["d0"])
    asking = question("d0", TRIED)
    filler, first = Filler(record, load(), asking.about), asking.form.fields[0]
    assert [one.value for one in filler.read(label, first).options] == [whole]
    assert whole not in treatments(load())
    assert parts <= treatments(load())


def trials_of(intervention: str) -> bool:
    return any(intervention in one.interventions for cls in load().questions for one in trials(cls, load()))


def test_the_name_of_what_is_on_record_means_that() -> None:
    asking = question("d2", TRIED)
    (recorded,) = (one for one in asking.form.fields[0].options if one.lacks)
    filler = Filler(record_of(EXAMPLES["d2"]), load(), asking.about)
    assert filler.read(load().label(recorded.of), asking.form.fields[0]).options == (recorded,)


@pytest.mark.parametrize("text", ["physical therapy", "naproxen", "naproxen for 6 weeks", "physical therapy stopped"])
@pytest.mark.parametrize(("start", "name"), [("What is the body-mass", "body-mass index"), ("Over 65", "any of these")])
def test_a_treatment_is_refused_where_something_else_is_asked(text: str, start: str, name: str) -> None:
    (asking,) = (one for one in question("d0", start).form.fields if one.name == name)
    with pytest.raises(UsageError, match="is a treatment"):
        Filler(record_of(EXAMPLES["d0"]), load()).read(text, asking)


def test_what_is_said_beside_the_question_is_said_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["peptic ulcer disease", "q"], "d0")
    assert "recorded: peptic ulcer disease" in capsys.readouterr().out


@pytest.mark.parametrize(("reply", "sites"), [("both", {"leftHip", "rightHip"}), ("right", {"rightHip"}), ("", set())])
def test_where_a_treatment_of_a_hip_is_is_asked(
    reply: str, sites: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = tmp_path / "answered.ttl"
    # What comes before the question on what was tried is not known.
    earlier = {one.text: one for one in takewhile(lambda one: one.text != TRIED, asked("d1").questions)}
    before = [""] * sum(len(one.form.fields) for one in earlier.values())
    converse(monkeypatch, [*before, "physical therapy", reply, "7w", "no", "", "q"], "d1", "--save", str(target))
    (after,) = read(target, as_of=DAY)
    facts = Facts(after.triples)
    (course_,) = (one for one in facts.objects[hip.hasOutcome] if "physical-therapy" in one)
    assert {one.rsplit("/", 1)[1] for one in facts.nodes(course_, hip.targets)} == sites
    later = [it for it in interview(after).questions if it.text == TRIED and it.site]
    offered = {
        one.value for it in later if not sites or it.about.endswith((*sites,)) for one in it.form.fields[0].options
    }
    assert hip_("PhysicalTherapy") not in offered


def test_where_is_not_asked_of_what_the_patient_takes() -> None:
    record, sites = record_of(EXAMPLES["d1"]), {"urn:left": "left hip"}
    assert where(new_course(hip_("Naproxen"), "", record, load()), sites, load()) is None
    assert where(new_course(hip_("PhysicalTherapy"), "", record, load()), sites, load())
    assert where(new_course(hip_("PhysicalTherapy"), "urn:left", record, load()), sites, load()) is None


def test_what_runs_at_no_site_is_not_recorded_as_absent_at_one() -> None:
    added = ":p hip:hasCourse :new . :new a hip:TreatmentCourse ; hip:hasStatus hip:ongoing ; hip:ofIntervention hip:{}"
    record = record_of(EXAMPLES["d1"])
    text = added.replace(":p ", f"<{record.iri}> ").format("PhysicalTherapy")
    after = changed_by(record, read_addition(text, record, load()))
    for one in interview(after).questions:
        denied = {fact for field in one.form.fields if field.denial for fact in field.denial.added}
        assert not {hip_("PhysicalTherapy"), hip_("ConservativeTreatment")} & {value for _, _, value in denied}


@pytest.mark.parametrize(("text", "age"), [("66", "66"), ("66 years", "66"), ("70 years old", "70")])
def test_a_number_is_read_with_its_unit(text: str, age: str) -> None:
    (asking,) = (one for one in question("d0", "Over 65").form.fields if one.name == "age")
    filled = Filler(record_of(EXAMPLES["d0"]), load()).read(text, asking)
    assert [str(value.value) for _, _, value in (filled.change or union(())).added] == [age]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["not known", "Unknown", "?", "none"])
def test_not_known_can_be_said(text: str) -> None:
    (asking,) = (one for one in question("d0", "Over 65").form.fields if one.name == "age")
    assert is_unknown(text, asking)
    assert not is_unknown("none", question("d0", TRIED).form.fields[0])


def test_what_is_planned_has_no_length_and_no_outcome(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["71", "physical therapy", "6 weeks", "", "planned", "", "", "planned", "q"], "d0")
    told = capsys.readouterr()
    assert "What is planned has no length and no outcome" in told.err
    assert told.out.count("recorded: physical therapy") == 1


@of_every_visit
def test_no_can_be_said_to_one_kind_of_problem(path: Path) -> None:
    for one in interview_of(path).questions:
        for field in one.form.fields:
            made = [kind for option in field.options for _, prop, kind in option.change.added if prop == RDF_TYPE]
            if field.kind == FieldKind.YES_NO and len(made) == 1 and not load().definition(str(made[0])):
                assert field.deniable == load().is_a(str(made[0]), hip.Problem) or field.deniable, one.text


@of_every_visit
def test_no_answer_lets_what_has_ended_run_again(path: Path) -> None:
    for one in interview_of(path).questions:
        words = [word for answer in one.answers for word in answer.words]
        assert not any("has status" in it or "not not" in it for it in words)
        assert len({(it.yes, it.words) for it in one.answers}) == len(one.answers)
        assert all(len({*it.words}) == len(it.words) for it in one.answers)


@pytest.mark.parametrize("path", [*EXAMPLES.values(), *VISITS], ids=lambda one: f"{one.parent.name}/{one.stem}")
def test_nothing_else_tried_records_nothing_but_absence_of_what_is_not_there(path: Path) -> None:
    facts = Facts(record_of(path).normalised)

    def kinds_at(where: str) -> set[str]:
        """Collect what courses are of that are at a place, or at none that is told."""
        courses = {it: facts.nodes(it, hip.targets) for it in facts.members[hip.TreatmentCourse]}
        there = [
            it for it, sites in courses.items() if not sites or where in sites or where in facts.members[hip.Patient]
        ]
        of = {kind for it in there for kind in facts.nodes(it, hip.ofIntervention)}
        return {wider for it in of for wider in (it, *load().interventions[it].superclasses)}

    for one in interview_of(path).questions:
        if one.form.repeats:
            denied = (one.form.fields[0].denial or union(())).added
            assert {prop for _, prop, _ in denied} <= {hip.isWithout}
            assert [(where, kind) for where, _, kind in denied if kind in kinds_at(where)] == []
            assert [it.change.added for it in one.answers if not it.yes] == ([denied] if denied else [])


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("ibuprofen", ["OralNsaid", "ConservativeManagement"]),
        ("morphine", ["OralOpioid"]),
        ("conservative management", ["OralNsaid", "PhysicalTherapy", "LifestyleModification"]),
        ("physical therapy, oral NSAID", ["NsaidWithPhysicalTherapy"]),
    ],
)
def test_what_may_be_of_a_kind_or_part_of_it_is_not_denied_by_nothing_else(text: str, possible: list[str]) -> None:
    record = record_of(EXAMPLES["d0"])
    for one in text.split(", "):
        record = changed_by(record, read_addition(f"{one} stopped", record, load()))
    (tried,) = (one for one in interview(record).questions if one.form.repeats)
    denied = {kind for _, _, kind in (tried.form.fields[0].denial or union(())).added}
    assert denied.isdisjoint(map(hip_, possible))
    assert denied


def test_a_study_is_no_treatment_but_is_taken_as_what_it_is() -> None:
    filled = Filler(record_of(EXAMPLES["d0"]), load()).read("hip radiograph", question("d0", TRIED).form.fields[0])
    assert filled.beside
    assert hip.hasStudy in {prop for _, prop, _ in (filled.change or union(())).added}


# The interview


def converse(monkeypatch: pytest.MonkeyPatch, replies: list[str], example: str, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["hipkg", "ask", str(EXAMPLES[example]), "--interactive", *AS_OF, *arguments])
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{one}\n" for one in replies)))
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


SESSIONS = {
    "a free combination": (
        ["71", "physical therapy", "5 weeks", "inadequate relief", "ongoing", "q"],
        ["PhysicalTherapy", '"P5W"', "inadequateRelief", "hip:age 71"],
    ),
    "two treatments at once": (
        ["", "", "oral NSAID, physical therapy", "3 months", "b", "c", "since 2026-06", "a", "", "", "q"],
        ["OralNsaid", '"P90D"', "stopped", "PhysicalTherapy", "2026-06", "adequateRelief"],
    ),
    "another one, and nothing else": (
        ["71", "physical therapy", "5 weeks", "b", "", "naproxen", "", "b", "completed", "no", "q"],
        ["PhysicalTherapy", "Naproxen", "hip:completed", "isWithout", "LifestyleModification"],
    ),
    "nothing was tried": (["71", "no", "q"], ["isWithout", "ConservativeTreatment", "OralNsaid"]),
    "what is refused is asked again": (
        ["171", "71", "physical therapy", "six", "since 2027-05", "6 weeks", "x", "b", "", "q"],
        ["hip:age 71", '"P6W"', "inadequateRelief"],
    ),
    "something else is said": (["peptic ulcer disease", "no", "q"], ["PepticUlcerDisease", "ConservativeTreatment"]),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_records_what_was_said(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    replies, recorded = SESSIONS[name]
    target = tmp_path / "answered.ttl"
    assert converse(monkeypatch, replies, "d0", "--save", str(target)) == 0
    saved = target.read_text(encoding="utf-8")
    assert [one for one in recorded if one not in saved] == []
    (after,) = read(target, as_of=DAY)
    assert plan_record(after).valid


def test_a_session_tells_the_change_that_what_if_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "answered.ttl"
    converse(monkeypatch, ["", "", "physical therapy", "5 weeks", "b", "", "q"], "d0", "--save", str(target))
    told = capsys.readouterr().out
    (after,) = read(target, as_of=DAY)
    changed = effects(asked("d0").plan, plan_record(after), load())
    assert changed
    for line in effects_text(changed):
        assert f"  {line}\n" in told


def test_effects_come_in_the_order_of_the_page_and_tell_advice_from_what_may_be_considered() -> None:
    record = record_of(EXAMPLES["d0"])
    told = "physical therapy at left hip for 12 weeks inadequate relief"
    after = plan_record(changed_by(record, read_addition(told, record, load())))
    changed = effects(asked("d0").plan, after, load())
    rows = [(it.label, it.site) for it in told_on_page(after)]
    shown = [rows.index((one.label, one.site)) for one in changed if (one.label, one.site) in rows and one.after]
    assert len(shown) > 3
    assert shown == sorted(shown)
    actions = {(one.label, one.site): one for one in after.actions}
    for one in changed:
        action = actions.get((one.label, one.site))
        considered = action is not None and (action.status, action.modality) == ("indicated", "consider")
        assert one.considered == considered


def told_on_page(plan: Plan) -> list[Action]:
    rows = [row for part in page(plan, load()).parts for row in part.rows]
    return [plan.actions[number] for row in rows for number in (*row.actions, *row.riders)]


def test_answers_tell_what_is_chosen_and_what_is_only_to_be_considered() -> None:
    written = " ".join(render_interviews((asked("d0"),), "text").split())
    assert "indicated: proton pump inhibitor or gastroprotection; to consider: selective COX-2 inhibitor" in written


def test_answers_agree_with_the_plan_on_what_is_to_be_considered() -> None:
    record = record_of(EXAMPLES["d0"])
    for answer in question("d0", "Over 65").answers:
        after = plan_record(changed_by(record, answer.change))
        told = {(one.label, one.site, one.after, one.considered) for one in effects(asked("d0").plan, after, load())}
        assert {(one.label, one.site, one.after, one.considered) for one in answer.effects} == told


def test_refusals_are_plain_and_the_field_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["171", "", "", "a", "since 2027-05", "", "", "", "q"], "d0")
    told = capsys.readouterr()
    assert "That cannot be" in told.err
    assert "after the day of the plan" in told.err
    assert told.out.count("age [") == 2
    assert told.out.count("how long [") == 2


def test_nonsense_is_taken_as_not_known_after_three_tries(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert converse(monkeypatch, ["x y z"] * 5, "d0") == 0
    told = capsys.readouterr()
    assert told.out.count("age [") == 3
    assert "taken as not known" in told.err


def test_what_cannot_be_is_said_in_words_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["200"] * 3, "d0")
    told = capsys.readouterr()
    assert told.out.count("age [") == 3
    refused = told.err.splitlines()[0]
    assert refused.startswith("That cannot be: The age is not one whole number of years from 0 to ")
    assert not any(one in told.err for one in ("://", "--allow-invalid", "P02"))


def test_what_was_tried_is_not_asked_again_of_the_patient(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["", "", "physical therapy", "5 weeks", "b", "", "", "", "", "q"], "d0")
    told = capsys.readouterr().out
    assert told.count(TRIED) == 1
    assert "another treatment [" in told


def test_a_question_is_the_same_when_its_hip_gets_a_side(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["", "", ":hip hip:hasSide hip:left", *[""] * 60], "d2")
    told = capsys.readouterr().out
    assert "· left hip" in told
    assert told.count(TRIED) == 1
    assert told.count("Does this hip have cam morphology?") == 1


def test_letters_stay_and_what_was_given_is_not_offered_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["", "b", "", "", "", "q"], "d2")
    first, _, again = (
        capsys.readouterr().out.partition("treatment [")[2].partition("oral NSAID")[2].rpartition("status [")
    )
    assert first
    assert "  c) acetaminophen" in again
    assert "  b) " not in again.partition("  c) ")[0].rpartition("a) ")[2]
    assert "oral NSAID" not in again.partition("another treatment [")[0].rpartition("a) ")[2]


def test_what_is_on_record_of_a_course_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, ["", "a", "6 weeks", "q"], "d2")
    assert "structured exercise programme (exercise): outcome on record inadequate relief" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        (["71", "no", "q"], "no treatment tried"),
        (["71", "ibuprofen", "10 days", "b", "", "no", "q"], "no other treatment tried"),
    ],
)
def test_that_nothing_else_was_tried_is_said_in_one_word(
    replies: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse(monkeypatch, replies, "d0")
    assert f"  recorded: {said}\n" in capsys.readouterr().out


def test_a_title_stands_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    converse(monkeypatch, [""] * 4, "d4")
    assert capsys.readouterr().out.count("Ask · patient d4") == 1


class Ended(Exception):
    """An interview has asked more often than it may."""


MOST_REPLIES = 120


def held(example: str, reply: dict[FieldKind, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hold an interview in which each field gets the reply for its kind, and list the questions that were asked."""
    questions: list[str] = []
    asked_before: list[str] = []

    def prompted(field: object, *, again: bool = False) -> str:
        return "" if again else reply[field.kind]  # type: ignore[attr-defined]

    def answered(prompt: str) -> str:
        asked_before.append(prompt)
        if len(asked_before) > MOST_REPLIES:
            raise Ended
        # What was refused once is then not known.
        return "" if asked_before[-2:] == [prompt, prompt] else prompt

    def told(question: RankedQuestion, *_: object, **__: object) -> str:
        questions.append(f"{question.text} {question.about}")
        return ""

    with monkeypatch.context() as patched:
        patched.setattr(conversation, "prompt_text", prompted)
        patched.setattr(conversation, "_reply", answered)
        patched.setattr(conversation, "asked_text", told)
        knowledge = load()
        conversation.Conversation(record_of(EXAMPLES[example]), Request(as_of=DAY), knowledge).hold()
    return questions


REPLIES = st.fixed_dictionaries(
    {
        FieldKind.CHOICE: st.sampled_from(["", "no", "a", "b"]),
        FieldKind.YES_NO: st.sampled_from(["", "no", "yes"]),
        FieldKind.NUMBER: st.sampled_from(["", "no", "20", "70"]),
        FieldKind.DURATION: st.sampled_from(["", "6 weeks", "3 months", "since 2026-05"]),
    }
)


@settings(max_examples=16, deadline=None, derandomize=True)
@given(example=st.sampled_from(["d0", "d2", "d3", "d4"]), reply=REPLIES)
def test_an_interview_ends_and_asks_nothing_twice(example: str, reply: dict[FieldKind, str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        questions = held(example, reply, monkeypatch)
    assert questions
    assert len(questions) == len({*questions})
    assert len([one for one in questions if one.startswith(TRIED)]) <= 1  # these patients have one hip


@pytest.mark.parametrize("example", ["d0", "d1", "d2"])
def test_an_interview_in_which_nothing_is_known_asks_all_there_is(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = held(example, dict.fromkeys(FieldKind, ""), monkeypatch)
    there_is = {f"{one.text} {one.about}": one.form for one in asked(example).questions}
    assert questions == [one for one in there_is if one in questions]
    # What others have offered already is not asked again.
    offered = {label_of(it) for one in questions for field in there_is[one].fields for it in field.options}
    for form in (form for one, form in there_is.items() if one not in questions):
        assert {label_of(it) for field in form.fields for it in field.options} <= offered


def label_of(option: Option) -> str:
    return option.label.partition(" at the ")[0]


def test_the_same_is_not_asked_of_both_hips() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        questions = held("d1", dict.fromkeys(FieldKind, ""), monkeypatch)
    assert len([one for one in questions if one.startswith(WORSE)]) == 1
    assert len([one for one in questions if one.startswith("Does this hip cause disability")]) == 2


def test_the_side_of_what_is_ordered_today_is_asked_early() -> None:
    assert WORSE in [one.text for one in asked("d1").questions][:3]


def test_imaging_is_not_asked_for_again_and_again() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        questions = held("d2", dict.fromkeys(FieldKind, ""), monkeypatch)
    assert not any(one.startswith("Is the film of this hip negative") for one in questions)
    assert not any(one.startswith("Does this hip have a dysplastic") for one in questions)


# Output


def test_text_is_short_and_keeps_turtle_for_those_who_ask() -> None:
    found = asked("d0")
    written, full = (render_interviews((found,), "text", facts=one) for one in (False, True))
    assert "record:" not in written
    assert "record: :patient hip:age 66 ." in full
    assert "90 days" not in written
    assert "how long: such as 6 weeks or since 2026-05" in written
    assert "age more than 65 years, or peptic ulcer disease, or anticoagulant →" in " ".join(written.split())


def test_json_tells_the_fields() -> None:
    data = json.loads(render_interviews((asked("d0"),), "json"))
    (tried,) = (one for one in data["questions"] if one["form"]["repeats"])
    treatment, length, *_ = tried["form"]["fields"]
    assert treatment["several"]
    assert treatment["deniable"]
    assert {"value": "hip:PhysicalTherapy", "label": "physical therapy"} in treatment["options"]
    assert length["limits"][0] == {"symbol": ">=", "number": 28, "words": "4 weeks"}
    assert (length["kind"], length["property"], length["unit"]) == ("duration", "hip:duration", "d")


def test_the_option_for_facts_writes_turtle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "ask", str(EXAMPLES["d4"]), "--facts", *AS_OF])
    with suppress(SystemExit):
        main()
    assert "record: :hip hip:hasSide hip:left ." in capsys.readouterr().out


def test_whether_anything_was_tried_at_a_hip_is_asked_with_what_was_tried(tmp_path: Path) -> None:
    """It is the same question where any treatment will do, and none where the record says that nothing was tried."""
    back = """
        PREFIX : <https://example.org/case/>
        PREFIX hip: <https://w3id.org/hipkg/>
        :patient a hip:Patient ; hip:hasProblem :pain , :back . :left a hip:HipJoint ; hip:hasSide hip:left .
        :pain a hip:HipPain ; hip:hasSite :left . :back a hip:PersistentBackPain .
    """

    def asking(more: str) -> list[str]:
        file = tmp_path / "patient.ttl"
        file.write_text(back + more, encoding="utf-8")
        (record,) = read(file, as_of=DAY)
        return [one.text for one in plan_record(record).questions if "D1-30" in one.statements]

    assert asking("") == [TRIED]
    assert asking(":left hip:isWithout hip:PhysicalTherapy .") == []
    assert asking(":patient hip:isWithout hip:Anticoagulant .") == [TRIED]
