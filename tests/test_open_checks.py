"""Open checks: whatever safety modules forbid of what is advised, it is asked for before that is given.

Which dangers those are is read from the ontology. What need not be asked for stands in ``cases/open-checks.toml``, with
the reason.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hipkg
from hipkg.base import hip
from hipkg.base.vocabulary import expand
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.loading import load
from hipkg.planning.dangers import dangers_of, kinds_of, refusing_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.records import Plan

CASES = Path(__file__).parent / "cases"
EXCEPTIONS = tomllib.loads((CASES / "open-checks.toml").read_text("utf-8"))["exception"]
DAY = date(2026, 11, 23)
pytestmark = pytest.mark.every_source


def forbidding() -> list[StatementInfo]:
    """List what safety modules forbid without asking for anything more."""
    knowledge = load()
    return [
        one
        for one in knowledge.statements.values()
        if knowledge.documents[one.document].safety and one.effect == hip.contraindicates and not one.requires
    ]


def concerned(info: StatementInfo) -> Iterator[str]:
    """List what a statement forbids, and what the guideline documents advise that is of it, has it, or may be it."""
    knowledge = load()
    yield info.intervention
    for one in knowledge.statements.values():
        if one.effect == hip.indicates and not knowledge.documents[one.document].safety:
            parts = (one.intervention, *knowledge.interventions[one.intervention].comprises)
            is_a = knowledge.is_a
            if any(is_a(it, info.intervention) or is_a(info.intervention, it) for it in parts):
                yield one.intervention


def unasked() -> set[tuple[str, str]]:
    """Pair the statements with the interventions before which nobody asks whether they hold."""
    knowledge, found = load(), set()
    for info in forbidding():
        for intervention in concerned(info):
            asked = knowledge.interventions[intervention].exclude_first
            dangers = [it for one in asked for it in dangers_of(one, knowledge)]
            for context in info.applies_to:
                if not any(knowledge.is_a(context, it) or knowledge.is_a(it, context) for it in dangers):
                    found.add((info.id, intervention))
    return found


def test_what_is_forbidden_is_asked_for_before_it_is_given() -> None:
    assert unasked() == {(one["statement"], expand(one["before"])) for one in EXCEPTIONS}
    assert all(one["reason"].endswith(".") for one in EXCEPTIONS)


def test_each_danger_can_be_told_asked_and_excluded_and_is_one_of_which_a_statement_speaks() -> None:
    knowledge = load()
    infos = knowledge.interventions.items()
    for asked in knowledge.dangers:
        assert asked in knowledge.questions
        kinds = [iri for iri, info in infos if asked in info.exclude_first]
        for one in dangers_of(asked, knowledge):
            assert knowledge.brief(one) != knowledge.label(one)
            assert one in knowledge.denied_by, knowledge.label(one)
            assert any(refusing_in(one, it, knowledge) for it in kinds)


def given(*facts: str) -> Plan:
    """Plan for a patient for whom everything is ordered before which anything is asked for."""
    asking = [iri for iri, info in load().interventions.items() if info.exclude_first]
    course = ":o{} a hip:TreatmentCourse ; hip:ofIntervention <{}> ; hip:hasStatus hip:planned ; hip:targets :hip ."
    orders = [course.format(number, iri) for number, iri in enumerate(asking)]
    courses = ", ".join(f":o{number}" for number, _ in enumerate(asking))
    text = f"""PREFIX : <https://example.org/case/> PREFIX hip: <https://w3id.org/hipkg/>
        :patient a hip:Patient ; hip:hasProblem :pain ; hip:hasCourse {courses} .
        :pain a hip:HipPain ; hip:hasSite :hip . :hip a hip:HipJoint ; hip:hasSide hip:left .
        {" ".join(orders)} {" ".join(facts)}"""
    return hipkg.plan(text.encode(), as_of=DAY, format="turtle")


def opened(plan: Plan) -> set[str]:
    return {check.requirement for row in (*plan.actions, *plan.alongside) for check in row.open_checks}


def test_what_is_on_record_closes_a_check_and_nothing_else_does() -> None:
    """An absence closes the checks that no number decides, and a number those that one does."""
    knowledge = load()
    refused = {one.intervention for one in given().actions if one.status == Status.CONTRAINDICATED}
    allowed = [
        info for iri, info in knowledge.interventions.items() if not any(knowledge.is_a(iri, it) for it in refused)
    ]
    dangers = {it for info in allowed for one in info.exclude_first for it in dangers_of(one, knowledge)}
    kinds = sorted({it for one in dangers for it in kinds_of(one, knowledge)})
    absent = [f":patient hip:isWithout <{one}> ." for one in kinds]
    assert opened(given()) == dangers
    counted = {expand(f"hip:{one}") for one in ("PatientWithSevereKidneyDisease", "PatientWithLowCreatinineClearance")}
    assert opened(given(*absent)) == counted
    numbers = ":patient hip:glomerularFiltrationRate {}.0 ; hip:creatinineClearance {}.0 ."
    assert not opened(given(*absent, numbers.format(30, 35)))


@pytest.mark.parametrize("fact", ["hip:isWithout hip:Pregnancy", "hip:gestationalAge 29", "hip:age 66"])
def test_a_pregnancy_that_cannot_be_late_is_not_asked_for(fact: str) -> None:
    assert expand("hip:PatientLateInPregnancy") not in opened(given(f":patient {fact} ."))


def test_an_order_of_a_kind_of_ones_own_is_told_once_with_what_is_not_checked() -> None:
    text = b"""PREFIX : <https://example.org/case/> PREFIX hip: <https://w3id.org/hipkg/>
        :patient a hip:Patient ; hip:hasProblem :pain ; hip:hasCourse :waves .
        :pain a hip:HipPain ; hip:hasSite :hip . :hip a hip:HipJoint ; hip:hasSide hip:left .
        :ours a hip:ExtracorporealShockWaveTherapy .
        :waves a hip:TreatmentCourse ; hip:ofIntervention :ours ; hip:hasStatus hip:planned ; hip:targets :hip ."""
    plan = hipkg.plan(text, as_of=DAY, format="turtle")
    (one,) = plan.alongside
    assert [check.label for check in one.open_checks] == ["tumour at the hip", "pregnancy", "infection"]
    (asked,) = (it for it in plan.questions if it.requirement == one.open_checks[0].asked)
    assert one.label in asked.actions
    assert one.node not in {it.node for it in plan.unused}
