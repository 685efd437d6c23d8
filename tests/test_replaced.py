"""A replaced joint no longer has the problems of a native one, whatever is still listed; what else hurts goes on.

That both engines find so is told in test_engines.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from hipkg.api.explain import explain
from hipkg.api.plan import plan
from support.cases import CASES

if TYPE_CHECKING:
    from hipkg.api.plan import Plan

FOLDER = CASES / "shapes" / "P74-problem-of-a-replaced-joint"
REPLACED, OTHER = (FOLDER / f"{name}.ttl" for name in ("invalid", "valid"))
"""The joint with osteonecrosis and a torn labrum has been replaced, or the other one."""
LEFT = "left hip"
COMPLETED, PLANNED = "hip:hasStatus hip:completed", "hip:hasStatus hip:planned"


@cache
def replaced() -> Plan:
    return plan(REPLACED)


def states(made: Plan, statement: str) -> dict[str, str]:
    return {one.site: one.state for one in made.statements if one.id == statement}


def test_nothing_is_done_for_a_disease_of_a_joint_that_is_gone() -> None:
    ended = [one for one in replaced().statements if one.id.startswith("D3")]
    assert ended
    assert {(one.state, one.site, one.ruled_out_by) for one in ended} == {("ruled-out", LEFT, ("hip replaced",))}
    assert not [id_ for one in replaced().actions for id_ in one.statements if id_.startswith(("D3", "D4"))]


def test_what_requires_a_part_of_the_native_joint_is_ruled_out_as_well() -> None:
    assert {*map(tuple, (states(replaced(), one).items() for one in ("D2-53", "D2-66", "D4-19")))} == {
        ((LEFT, "ruled-out"),)
    }


@pytest.mark.parametrize(
    ("statement", "state"),
    [("D2-44", "must-not"), ("D2-10", "must-not"), ("D2-43", "later-if"), ("D0-54", "later-if"), ("D1-16", "must-not")],
)
def test_pain_opioids_and_ectopic_bone_of_that_side_go_on(statement: str, state: str) -> None:
    assert states(replaced(), statement) == {LEFT: state}


def test_a_native_joint_beside_a_replaced_one_keeps_its_disease() -> None:
    other = plan(OTHER)
    assert states(other, "D3-001") == {LEFT: "now"}
    assert states(other, "D2-44") == {"right hip": "must-not"}


def test_an_operation_that_is_only_planned_ends_nothing() -> None:
    planned = plan(REPLACED.read_bytes().replace(COMPLETED.encode(), PLANNED.encode()), format="turtle")
    assert states(planned, "D3-001") == {LEFT: "now"}


def test_it_is_not_asked_for_each_statement_whether_the_joint_has_been_replaced() -> None:
    other = plan(OTHER)
    asking = [one for one in other.questions if one.text == "Has this hip been replaced?"]
    assert not [id_ for one in asking for id_ in one.statements if id_.startswith("D3")]
    assert not [one for one in other.statements if one.id == "D3-008" and one.lifted_by]


def test_it_is_explained_what_ended_a_statement() -> None:
    (found,) = explain(REPLACED, "D3-001")
    (statement,) = found.statements
    (slot,) = (one for one in statement.slots if one.slot == "exception")
    assert (slot.label, slot.answer) == ("hip replaced", "holds")
