"""What has changed in a plan since an earlier record or date, and by which facts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hipkg
from hipkg.base.errors import UsageError
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load
from hipkg.planning.page import Section, page, section_of
from hipkg.render.since import render_since

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run

FIRST = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
SECOND = Path(__file__).parent / "cases" / "visits" / "second-visit" / "patient.ttl"
DUE = SECOND.parent.parent / "trial-due" / "patient.ttl"
OTHER = ROOT / "examples" / "d3-chronic-hip-osteonecrosis.ttl"
FROM, AS_OF = date(2026, 10, 1), date(2026, 11, 23)


def compared(old: Path = FIRST, new: Path = SECOND, **dates: date) -> hipkg.Since:
    (found,) = hipkg.since(old, new, **({"before": FROM, "as_of": AS_OF} | dates))
    return found


def test_the_second_visit_says_what_was_tried_and_that_the_injection_is_due() -> None:
    found = compared()
    moved = {one.label: (one.before, one.after) for one in found.moved}
    assert moved["intra-articular corticosteroid injection"] == (Section.LATER, Section.TODAY)
    assert moved["oral NSAID"] == (Section.TODAY, Section.ALREADY)
    assert moved["naproxen"] == ("", Section.ALREADY)
    assert moved["delaying conservative management"] == (Section.NOT, "")
    (injection,) = (one for one in found.moved if one.label.endswith("corticosteroid injection"))
    assert {"D0-33", "D0-47"} <= {one.id for one in injection.statements}
    assert any(fact.startswith("naproxen, with the outcome inadequate relief") for fact in found.facts)
    assert "uncontrolled pain at the left hip" in found.facts
    assert found.days == 53


def test_every_action_that_stands_elsewhere_is_told_and_no_other() -> None:
    found = compared()
    for one in found.moved:
        for plan, section, fulfilled in (
            (found.before, one.before, one.fulfilled_before),
            (found.after, one.after, one.fulfilled_after),
        ):
            there = [it for it in plan.actions if (it.intervention, it.site) == (one.intervention, one.site)]
            assert [(section_of(it), it.fulfilment) for it in there if section] == [(section, fulfilled)] * bool(
                section
            )


def test_nothing_changes_from_a_record_to_itself() -> None:
    found = compared(FIRST, FIRST, before=AS_OF)
    assert (found.facts, found.turned, found.moved, found.days) == ((), (), (), 0)
    text = render_since((found,), "text")
    assert "Nothing is new on record" in text
    assert "The plan is the same" in text


def test_what_is_taken_back_is_told_as_such() -> None:
    found = compared(SECOND, FIRST, before=AS_OF)
    assert found.recorded == ()
    assert any(fact.startswith("without naproxen") for fact in found.gone)
    text = render_since((found,), "text")
    assert "without" not in text
    assert text.index("No longer on record") < text.index("naproxen (nsaid)") < text.index("age 58 years")
    assert {one.label: (one.before, one.after) for one in found.moved}["oral NSAID"] == (Section.ALREADY, Section.TODAY)


def test_time_alone_makes_trials_long_enough_and_reviews_overdue() -> None:
    (found,) = hipkg.since(SECOND, before=date(2026, 10, 15), as_of=AS_OF)
    assert found.facts == ()
    verdicts = {(one.statement, str(one.check.verdict)) for one in found.turned}
    assert ("D1-31", "overdue") in verdicts
    assert ("D0-33", "within") in verdicts
    assert {one.label: one.after for one in found.moved}["intra-articular corticosteroid injection"] == Section.TODAY


def test_a_trial_that_was_to_be_judged_by_now_is_missed() -> None:
    (found,) = hipkg.since(DUE, before=date(2026, 11, 29), as_of=date(2027, 1, 20))
    missed = {(it.statement, it.check.label, str(it.check.latest)) for it in found.turned if it.missed}
    assert missed == {("D0-33", "naproxen", "2026-12-01"), ("D0-33", "physical therapy", "2026-12-01")}
    text = " ".join(render_since((found,), "text").split())
    assert "naproxen 92 days, was to be judged by 2026-12-01 D0-33" in text
    assert text.index("Missed") < text.index("Nothing is new on record")
    assert "The plan is the same" not in text


def test_what_was_missed_before_is_no_news() -> None:
    (found,) = hipkg.since(DUE, before=date(2026, 12, 10), as_of=date(2026, 12, 20))
    assert not [it for it in found.turned if it.missed]
    (found,) = hipkg.since(DUE, before=date(2026, 11, 29), as_of=date(2026, 12, 1))
    assert not [it for it in found.turned if it.missed]  # the last day is a day


def test_a_review_that_has_become_overdue_is_missed() -> None:
    (found,) = hipkg.since(SECOND, before=date(2026, 10, 15), as_of=AS_OF)
    overdue = [it for it in found.turned if it.check.verdict == "overdue"]
    assert overdue
    assert all(it.missed for it in overdue)


def test_what_moved_stands_as_on_the_page() -> None:
    found = compared()
    after = found.after
    rows = [row for part in page(after, load()).parts for row in part.rows]
    order = [
        (it.intervention, it.site) for row in rows for it in (after.actions[one] for one in (*row.actions, *row.riders))
    ]
    today = [(it.intervention, it.site) for it in found.moved if it.after == Section.TODAY]
    assert today == sorted(today, key=order.index)
    text = render_since((found,), "text")
    assert text.partition("Do today\n")[2].lstrip().startswith("• steroid injection into the hip")
    assert "Long enough now • naproxen: 49 days on record, inadequate relief D0-33" in " ".join(text.split())
    assert "before: if)" in text


def test_what_was_to_be_done_first_and_is_still_not_on_record_is_told() -> None:
    (found,) = hipkg.since(FIRST, before=date(2026, 11, 23), as_of=date(2027, 1, 4))
    assert [one.brief for one in found.unbegun] == ["oral NSAID", "physical therapy"]
    text = " ".join(render_since((found,), "text").split())
    assert "Still not on record, to be done since 2026-11-23 • oral NSAID · left hip D0-02" in text
    assert "The plan is the same" not in text
    assert not compared(FIRST, FIRST, before=AS_OF).unbegun  # on one day nothing is late


def test_a_course_that_runs_on_is_not_told_as_ended(tmp_path: Path) -> None:
    """The advice on it has gone with the problem, and the course has not."""
    alone = tmp_path / "second.ttl"
    text = SECOND.read_text(encoding="utf-8")
    for problem in ("HipPain", "JointSpaceNarrowing", "UncontrolledPain"):
        text = text.replace(f"hip:{problem}", "hip:DegenerativeChange")
    alone.write_text(text, encoding="utf-8")
    (found,) = hipkg.since(SECOND, alone, before=AS_OF, as_of=AS_OF, allow_invalid=True)
    gone = {one.label: one.runs_on for one in found.moved if not one.after}
    assert gone["naproxen"]
    assert "naproxen · left hip, which runs on (before: running)" in " ".join(render_since((found,), "text").split())


def test_records_of_different_patients_are_refused() -> None:
    with pytest.raises(UsageError, match="Only the earlier record"):
        hipkg.since(FIRST, OTHER, as_of=AS_OF)


def test_the_command_compares_two_records_or_two_dates(hipkg: Callable[..., Run]) -> None:
    run = hipkg("since", FIRST, SECOND, "--from", str(FROM), "--as-of", str(AS_OF))
    assert run.code == 0
    assert "steroid injection into the hip · left hip (before: if not enough) D0-33" in " ".join(run.out.split())
    data = json.loads(hipkg("since", SECOND, "--from", "2026-10-15", "--as-of", str(AS_OF), "--format", "json").out)
    assert (data["since"], data["asOf"], data["days"], data["facts"]) == ("2026-10-15", "2026-11-23", 39, [])
    assert {one["after"] for one in data["moved"]} <= {*Section, ""}


@pytest.mark.parametrize("given", [(FIRST,), (FIRST, SECOND, OTHER)])
def test_one_record_and_one_date_are_not_compared(given: tuple[Path, ...], hipkg: Callable[..., Run]) -> None:
    run = hipkg("since", *given)
    assert run.code == 2
    assert "Name OLD and NEW" in run.err


def test_a_file_that_is_not_there_is_named(hipkg: Callable[..., Run]) -> None:
    run = hipkg("since", FIRST, "missing.ttl")
    assert run.code == 2
    assert "missing.ttl" in run.err


def test_another_engine_can_be_asked_and_one_that_does_not_exist_is_named() -> None:
    (found,) = hipkg.since(SECOND, before=date(2026, 10, 15), as_of=AS_OF, engine="native")
    assert found.after.engine == "native"
    with pytest.raises(UsageError, match="warp"):
        hipkg.since(SECOND, before=date(2026, 10, 15), as_of=AS_OF, engine="warp")  # type: ignore[arg-type]
