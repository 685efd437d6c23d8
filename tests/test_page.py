"""The page of a plan, on the ontology of gardens: what leads, what is told in the row of something else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from hipkg.knowledge.prominence import Prominence
from hipkg.knowledge.selection import select
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request
from hipkg.planning.page import Section, page
from hipkg.planning.prominence import Outline
from hipkg.render.screen_text import plans_to_text
from support.garden import garden

if TYPE_CHECKING:
    from hipkg.planning.records import Plan

HEAD = "PREFIX : <https://example.org/garden/>\nPREFIX hip: <https://w3id.org/hipkg/>\n"
SOIL = (
    ":soil a hip:Patient ; hip:hasProblem [ a hip:Mole ; hip:hasSite :plot ] , [ a hip:Pigeon ; hip:hasSite :plot ] .\n"
    ":plot a hip:Plot .\n"
)


def planned(facts: str) -> Plan:
    knowledge = garden()
    request = Request(as_of=date(2026, 11, 23), selection=select(knowledge), format="turtle", allow_invalid=True)
    (made,) = plan_patients((HEAD + facts).encode(), request, knowledge).results
    return made.plan


def told(plan: Plan) -> dict[Section, list[tuple[str, ...]]]:
    """Name the actions of each row, those that are told in it after the first."""
    return {
        part.section: [
            tuple(plan.actions[one].intervention.rsplit("/", 1)[-1] for one in (*row.actions, *row.riders))
            for row in part.rows
        ]
        for part in page(plan, garden()).parts
    }


def test_what_leads_stands_first_and_what_is_told_with_another_in_its_row() -> None:
    found = told(planned(SOIL))
    assert found[Section.TODAY] == [("Scaring",), ("Trapping", "Sieving"), ("Watching",)]
    assert found[Section.NOT] == [("Poisoning",)]


def test_what_is_told_with_another_has_a_row_where_the_other_is_missing() -> None:
    plan = planned(SOIL)
    without = plan.__class__(
        **{**vars(plan), "actions": tuple(one for one in plan.actions if not one.intervention.endswith("Trapping"))}
    )
    assert told(without)[Section.TODAY] == [("Scaring",), ("Sieving",), ("Watching",)]


def test_brief_words_stand_beside_the_name() -> None:
    assert "with a kite" in plans_to_text((planned(SOIL),), garden())


@pytest.mark.parametrize(
    ("statement", "prominence"),
    [("V-04", Prominence.LEAD), ("V-01", Prominence.OUTLINE), ("V-05", Prominence.NONE)],
)
def test_the_prominence_of_a_statement_is_that_in_its_document(statement: str, prominence: Prominence) -> None:
    assert Outline(planned(SOIL).leading, garden()).prominence(statement) == prominence


def test_a_document_that_hardly_speaks_of_a_patient_leads_only_where_none_does() -> None:
    outline = Outline(planned(SOIL).leading, garden())
    assert outline.documents == ("X",)
    assert outline.belongs("V-01")
    assert not outline.belongs("Y-01")


@pytest.mark.parametrize(
    ("problem", "section"), [("Frost", Section.NOT), ("Smoke", Section.NOT), ("Aphids", Section.TODAY)]
)
def test_of_what_acts_on_the_whole_body_one_thing_is_said(problem: str, section: Section) -> None:
    plan = planned(
        ":g a hip:Patient ; hip:hasProblem [ a hip:Aphids ; hip:hasSite :one ] , "
        f"[ a hip:{problem} ; hip:hasSite :other ] .\n:one a hip:Plot . :other a hip:Plot .\n"
    )
    rows = {part: [row for row in some if "Spraying" in row] for part, some in told(plan).items()}
    alike = problem == "Aphids"  # what is alike at two places is joined by those who tell it
    assert {part: some for part, some in rows.items() if some} == {
        section: [("Spraying",), ("Spraying",)] if alike else [("Spraying", "Spraying")]
    }
    assert ("though advised for the" in " ".join(plans_to_text((plan,), garden()).split())) != alike


@pytest.mark.every_source
@pytest.mark.parametrize("registered", ["", "female", "male"])
def test_what_is_not_expected_of_a_patient_is_asked_last_and_on_no_page(registered: str) -> None:
    gender = f"hip:administrativeGender hip:{registered} ; " if registered else ""
    plan = planned(
        f":g a hip:Patient ; {gender}hip:hasProblem [ a hip:Weevils ; hip:hasSite :one ] .\n:one a hip:Plot .\n"
    )
    text = " ".join(plans_to_text((plan,), garden()).split())
    (fumigating,) = (one for one in plan.actions if one.intervention.endswith("Fumigating"))
    assert {one.requirement.rsplit("/", 1)[-1] for one in fumigating.open_checks} == {"GardenWithHens", "NearDitch"}
    asked = [one.requirement.rsplit("/", 1)[-1] for one in plan.questions]
    if registered == "male":
        assert asked == ["NearDitch", "GardenWithHens"]
        assert [one.unexpected for one in plan.questions] == [False, True]
        assert "hens" not in text
    else:
        assert asked == ["DangerByFumigating"]
        assert "Is there a ditch, or are there hens?" in text
