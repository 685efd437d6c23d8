"""Gaps: how far a patient is from a requirement, with intervals, earliest dates and day boundaries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from hipkg.api.plan import plan

if TYPE_CHECKING:
    from hipkg.planning.records import Plan, StatementState

AS_OF = date(2026, 11, 23)
HEAD = """
PREFIX : <https://example.org/gap/>
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:patient a hip:Patient ; hip:hasProblem :pain , :oa , :uncontrolled .
:hip a hip:HipJoint ; hip:hasSide hip:left .
:other a hip:HipJoint ; hip:hasSide hip:right .
:pain a hip:HipPain ; hip:hasSite :hip .
:oa a hip:HipOsteoarthritis ; hip:hasSite :hip .
:uncontrolled a hip:UncontrolledPain ; hip:hasSite :hip .
"""
THERAPY = ":patient hip:hasCourse :pt . :pt a hip:TreatmentCourse ; hip:ofIntervention hip:PhysicalTherapy ; "
NSAID = ":patient hip:hasCourse :drug . :drug a hip:TreatmentCourse ; hip:ofIntervention hip:Naproxen ; "
LONG = 'hip:hasStatus hip:ongoing ; hip:startDate "2026-01-01"^^xsd:date .'


def planned(*facts: str) -> Plan:
    return plan((HEAD + "\n".join(facts)).encode(), format="turtle", as_of=AS_OF)


def statement(made: Plan, statement_id: str) -> StatementState:
    (found,) = [one for one in made.statements if one.id == statement_id and one.site == "left hip"]
    return found


def gap(state: StatementState, start: str):
    (found,) = [one for one in state.unmet if one.label.startswith(start)]
    return found


def test_days_of_a_running_course_are_unmet_with_the_earliest_date() -> None:
    made = planned(NSAID + 'hip:hasStatus hip:ongoing ; hip:startDate "2026-11-09"^^xsd:date .')
    found = gap(statement(made, "D0-33"), "NSAID for at least 4 weeks")
    assert (found.answer, str(found.have), str(found.need), found.unit) == ("unmet", "14", ">= 28", "d")
    assert found.earliest == date(2026, 12, 7)


def test_a_course_that_has_ended_has_no_earliest_date() -> None:
    ended = 'hip:hasStatus hip:stopped ; hip:startDate "2026-10-01"^^xsd:date ; hip:endDate "2026-10-15"^^xsd:date .'
    found = gap(statement(planned(NSAID + ended), "D0-33"), "NSAID for at least 4 weeks")
    assert (found.answer, str(found.have), found.earliest) == ("unmet", "14", None)


def test_a_threshold_inside_the_interval_of_a_partial_date_is_unknown() -> None:
    made = planned(NSAID + 'hip:hasStatus hip:ongoing ; hip:startDate "2026-10"^^xsd:gYearMonth .')
    found = gap(statement(made, "D0-33"), "NSAID for at least 4 weeks")
    assert (found.answer, str(found.have)) == ("unknown", "23 to 53")


def test_a_partial_date_that_is_early_enough_is_met() -> None:
    made = planned(NSAID + 'hip:hasStatus hip:ongoing ; hip:startDate "2026"^^xsd:gYear .')
    assert gap(statement(made, "D0-33"), "NSAID for at least 4 weeks").answer == "unknown"
    earlier = planned(NSAID + 'hip:hasStatus hip:ongoing ; hip:startDate "2025"^^xsd:gYear .')
    assert not [one for one in statement(earlier, "D0-33").unmet if one.label.startswith("NSAID")]


@pytest.mark.parametrize(("start", "days", "state"), [("2026-10-26", 28, "now"), ("2026-10-27", 27, "later-if")])
def test_a_verdict_on_the_day_boundary_says_so(start: str, days: int, state: str) -> None:
    course = f'hip:hasStatus hip:ongoing ; hip:startDate "{start}"^^xsd:date .'
    made = planned(NSAID + course, THERAPY + "hip:targets :hip ; " + LONG)
    found = statement(made, "D0-33")
    assert found.state == state
    if state == "now":
        assert found.on_boundary == ("NSAID for at least 4 weeks",)
    else:
        assert gap(found, "NSAID").boundary
        assert str(gap(found, "NSAID").have) == str(days)


def test_a_course_well_past_its_threshold_is_not_on_the_boundary() -> None:
    made = planned(NSAID + LONG, THERAPY + "hip:targets :hip ; " + LONG)
    assert statement(made, "D0-33").on_boundary == ()


def test_therapy_of_the_other_hip_does_not_count() -> None:
    found = gap(statement(planned(THERAPY + "hip:targets :other ; " + LONG), "D0-33"), "physical therapy")
    assert (found.answer, found.have) == ("unknown", "")


def test_a_recorded_outcome_other_than_the_wanted_one_is_unmet() -> None:
    made = planned(NSAID + "hip:hasOutcome hip:adequateRelief ; " + LONG)
    found = gap(statement(made, "D1-23"), "NSAID gave inadequate relief")
    assert (found.answer, found.have, found.need) == ("unmet", "adequate relief", "inadequate relief")


def test_a_missing_outcome_is_unknown() -> None:
    found = gap(statement(planned(NSAID + LONG), "D1-23"), "NSAID gave inadequate relief")
    assert (found.answer, found.have) == ("unknown", "")


def test_a_planned_course_is_no_trial() -> None:
    made = planned(NSAID + "hip:hasStatus hip:planned .")
    assert gap(statement(made, "D0-33"), "NSAID for at least 4 weeks").have == ""


@pytest.mark.parametrize(("index", "state"), [("22.0", "ruled-out"), ("25.0", "now"), (None, "later-if")])
def test_a_stable_opposite_refutes_and_silence_does_not(index: str | None, state: str) -> None:
    facts = [f":patient hip:bodyMassIndex {index} ."] if index else []
    assert statement(planned(*facts), "D0-27").state == state


def test_a_unit_of_weeks_is_counted_in_days() -> None:
    made = planned(NSAID + 'hip:hasStatus hip:completed ; hip:duration "P3W" .')
    assert str(gap(statement(made, "D0-33"), "NSAID for at least 4 weeks").have) == "21"
