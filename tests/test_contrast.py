"""Contrasts: each side tells its statements with what decides about them, and what both share."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.api.plan import plan
from hipkg.base.errors import UsageError
from hipkg.cli import main
from hipkg.render.contrast import render_contrasts
from support.doors import contrast

if TYPE_CHECKING:
    from hipkg.defence.contrast import Contrast

ROOT = Path(__file__).parent.parent
D0 = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
D1 = ROOT / "examples" / "d1-bilateral-hip-osteoarthritis.ttl"
DAY = date(2026, 11, 23)


def of_d0(one: str, other: str, *documents: str) -> Contrast:
    (found,) = contrast(D0, one, other, as_of=DAY, documents=documents)
    return found


def test_an_indicated_action_beside_a_waiting_one() -> None:
    found = of_d0("oral NSAID", "intra-articular corticosteroid injection")
    assert (found.action.status, found.other.status) == ("indicated", "conditional")
    assert found.shared == ("symptomatic hip osteoarthritis",)
    assert "D1-07 (strong, high) advises: applies" in found.grounds
    (gate,) = (one for one in found.other_grounds if one.startswith("D0-47"))
    assert gate.startswith("D0-47 not before: applies, unless “NSAID, physical therapy and lifestyle modification")
    (waiting,) = (one for one in found.other_grounds if one.startswith("D0-33"))
    assert "waits for “NSAID for at least 4 weeks” (unknown)" in waiting
    assert found.other.remedies


def test_a_refused_action_names_each_refusal() -> None:
    found = of_d0("oral NSAID", "intra-articular hyaluronic acid injection")
    refusing = {one.partition(" ")[0] for one in found.other_grounds if " forbids: applies" in one}
    assert refusing == {"D0-41", "D1-25", "D2-50"}
    assert found.other.remedies == ()


def test_a_decided_disagreement_is_told() -> None:
    found = of_d0("acetaminophen", "oral NSAID")
    assert "D0-16 speaks against D1-09, and D0-16 stands (gate)" in found.grounds


def test_an_action_that_is_not_in_the_plan_names_the_context_that_fails() -> None:
    found = of_d0("oral NSAID", "aquatic therapy")
    assert found.other.status == "not in the plan"
    assert any("does not apply, since “chronic hip osteonecrosis”" in one for one in found.other_grounds)


def test_the_grounds_name_the_statements_of_the_plan() -> None:
    made = plan(D0, as_of=DAY)
    statements = {one.label: set(one.statements) for one in made.actions}
    found = of_d0("oral NSAID", "intra-articular corticosteroid injection")
    for side, grounds in ((found.action, found.grounds), (found.other, found.other_grounds)):
        assert {one.partition(" ")[0] for one in grounds} >= statements[side.label]


def test_one_contrast_for_each_hip() -> None:
    found = contrast(D1, "oral NSAID", "hip MRI", as_of=DAY)
    assert sorted(one.action.site for one in found) == ["left hip", "right hip"]
    assert all(one.action.place == one.other.place for one in found)


@pytest.mark.parametrize(
    ("one", "other"), [("oral NSAID", "oral NSAID"), ("D0-41", "oral NSAID"), ("oral NSAID", "D0-41")]
)
def test_only_two_actions_are_compared(one: str, other: str) -> None:
    with pytest.raises(UsageError):
        of_d0(one, other)


@pytest.mark.parametrize("other", ["morphine", "sodium hyaluronate injection"])
def test_a_kind_of_a_refused_action_is_not_said_to_need_nothing(other: str) -> None:
    written = " ".join(render_contrasts((of_d0("oral NSAID", other),), "text").split())
    assert "of which this is a kind" in written
    assert "needs nothing more" not in written


def test_an_action_that_is_for_another_hip_is_not_compared() -> None:
    found = contrast(D1, "oral NSAID", "hip MRI", as_of=DAY)
    assert {one.other.site for one in found} == {"left hip", "right hip"}
    source = (
        b"PREFIX hip: <https://w3id.org/hipkg/> PREFIX : <https://e.org/> :p a hip:Patient ; hip:hasProblem :l, :r ."
        b":l a hip:HipPain, hip:HipOsteoarthritis ; hip:hasSite :lh . :lh a hip:HipJoint ; hip:hasSide hip:left ."
        b":r a hip:ChronicHipOsteonecrosis ; hip:hasSite :rh . :rh a hip:HipJoint ; hip:hasSide hip:right ."
    )
    sites = {one.other.site for one in contrast(source, "cane", "medical review", format="turtle", as_of=DAY)}
    assert sites == {"right hip"}
    with pytest.raises(UsageError, match="different places"):
        contrast(source, "hip MRI", "medical review", format="turtle", as_of=DAY)


def test_how_an_action_must_not_be_done_is_told_at_its_side() -> None:
    written = " ".join(render_contrasts((of_d0("oral NSAID", "hip MRI"),), "text").split())
    assert "But if gastrointestinal risk: never unprotected" in written


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_text_tells_both_sides(format_: str) -> None:
    written = " ".join(render_contrasts((of_d0("oral NSAID", "hip MRI"),), format_).split())
    for told in (
        "Why oral NSAID instead of hip MRI",
        "Both rest on",
        "What would let hip MRI be pursued",
        "D1-32 advises",
    ):
        assert told in written
    assert "Decision support for professionals, not medical advice." in written


def test_json_holds_both_explanations() -> None:
    data = json.loads(render_contrasts((of_d0("oral NSAID", "hip MRI"),), "json"))
    assert (data["action"]["status"], data["insteadOf"]["status"]) == ("indicated", "conditional")
    assert data["grounds"]


@pytest.mark.parametrize(("other", "code"), [("hip MRI", 0), ("D0-41", 2), ("nonsense", 2)])
def test_the_command(other: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "explain", str(D0), "oral NSAID", "--instead-of", other])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code or 0) == code
