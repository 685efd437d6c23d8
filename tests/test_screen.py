"""The first screen of a plan: short, in the words of clinicians, with what each document puts first, and nothing lost.

A folder of ``cases/screens`` holds what the screen of a patient looks like at 80 and at 120 columns, and what it has to
say; ``make goldens`` writes the pictures anew, and every difference is to be read.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg import plan
from hipkg.base import hip
from hipkg.base.paths import ROOT
from hipkg.knowledge.frame.claims import Fulfilment
from hipkg.knowledge.loading import load
from hipkg.planning.page import Section, page
from hipkg.planning.prominence import Outline
from hipkg.render.html import plan_to_html
from hipkg.render.markdown import plan_to_markdown
from hipkg.render.screen import Screen, pared, screen
from hipkg.render.screen_text import plans_to_text
from hipkg.render.sheet import HEADINGS, sheet

if TYPE_CHECKING:
    from hipkg.api.plan import Plan

AS_OF = date(2026, 11, 23)
FOLDER = Path(__file__).parent / "cases" / "screens"
EXAMPLES = {file.name[:2]: file for file in sorted((ROOT / "examples").glob("*.ttl"))}
VISITS = {one.name: one / "patient.ttl" for one in sorted((FOLDER.parent / "visits").iterdir())}
PICTURED = (
    "second-visit",
    "both-hips",
    "checks-done",
    "hyaluronic-acid-ordered",
    "knee-alone",
    "on-opioids",
    "osteonecrosis-night-pain",
    "osteonecrosis-not-called-chronic",
    "relieved-by-therapy",
    "trial-due",
)
OUTLINES = tomllib.loads((FOLDER / "outlines.toml").read_text("utf-8"))
SAID = tomllib.loads((FOLDER / "said.toml").read_text("utf-8"))
MOST_LINES = {"examples": 45, "visits": 60}
FIRST = 30
GUTTER = 10
DOUBLED = re.compile(r"\b([a-z]+) \1\b", re.IGNORECASE)
ODD = re.compile(r"\bwhen when\b|\(\s*\)|: :|\(no \w+\)|  ·|· ·|\bNone\b|https?:")
of_each = pytest.mark.parametrize("name", [*EXAMPLES, *VISITS])


@cache
def made(name: str) -> Plan:
    return plan({**EXAMPLES, **VISITS}[name], as_of=AS_OF)


@cache
def shown(name: str) -> Screen:
    return screen(made(name), load())


@cache
def text(name: str, width: int = 80) -> str:
    return plans_to_text((made(name),), load(), width=width)


def running(written: str) -> str:
    """Join the lines of a screen, without the headings beside them."""
    return " ".join(" ".join(line[GUTTER:] for line in written.splitlines()).split()).lower()


@pytest.mark.parametrize("name", OUTLINES)
def test_what_a_document_puts_first_stands_first(name: str) -> None:
    lines = text(name).splitlines()
    first, whole = running("\n".join(lines[:FIRST])), running("\n".join(lines))
    alone = OUTLINES[name].get("alone", [])  # on the first screen as long as no source asks for dangers
    assert [one for one in [*OUTLINES[name]["first"], *alone] if one.lower() not in first] == []
    assert [one for one in OUTLINES[name]["page"] if one.lower() not in whole] == []


@pytest.mark.parametrize("name", SAID)
def test_what_a_screen_says_and_does_not(name: str) -> None:
    told = running(text(name))
    assert [one for one in SAID[name]["says"] if one.lower() not in told] == []
    assert [one for one in SAID[name].get("never", ()) if one.lower() in told] == []


@of_each
def test_the_screen_is_short(name: str) -> None:
    kind = "examples" if name in EXAMPLES else "visits"
    assert len(text(name).splitlines()) <= MOST_LINES[kind]


@pytest.mark.every_source
@of_each
def test_the_screen_is_as_short_and_says_as_much_with_every_source(name: str) -> None:
    kind = "examples" if name in EXAMPLES else "visits"
    planned = plan({**EXAMPLES, **VISITS}[name], as_of=AS_OF)
    lines = plans_to_text((planned,), load(), width=80).splitlines()
    assert len(lines) <= MOST_LINES[kind]
    outline = OUTLINES.get(name, {"first": [], "page": []})
    first, whole = running("\n".join(lines[:FIRST])), running("\n".join(lines))
    assert [one for one in outline["first"] if one.lower() not in first] == []
    assert [one for one in outline["page"] if one.lower() not in whole] == []


@of_each
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    assert max(map(len, text(name, width).splitlines())) <= width


@of_each
def test_the_words_are_not_those_of_a_machine(name: str) -> None:
    told = running(text(name, 200))
    assert DOUBLED.findall(told) == []
    assert ODD.findall(told) == []


@of_each
def test_a_question_never_leads_to_what_is_banned(name: str) -> None:
    refused = {one.intervention for one in made(name).actions if one.status == "contraindicated"}
    words = {it for one in refused for it in (load().label(one), load().briefs.get(one, ""))}
    for made_of in (sheet(made(name), load()), screen(made(name), load())):
        for ask in made_of.questions:
            assert words.isdisjoint(ask.decides)
            banned = [one.endswith(" ban") for one in ask.decides]
            assert banned == sorted(banned)


def test_what_a_context_would_bring_says_never_of_each_and_of_the_widest_alone() -> None:
    (row,) = (
        one
        for part in sheet(made("coded-arthritis-alone"), load()).sections
        if part.key == Section.MAY
        for one in part.rows
        if "hip pain" in one.title
    )
    never = [part for line in row.lines for part in line.parts if part.startswith("never ")]
    assert never == ["never intra-articular hyaluronic acid injection", "never opioid"]


@of_each
def test_signs_that_call_for_the_same_are_asked_in_one(name: str) -> None:
    asked = screen(made(name), load()).questions
    urgent = [
        one for one in asked if all(load().by_id[it].kind == "escalation" for it in one.statements) and one.statements
    ]
    assert len({one.decides for one in urgent}) == len(urgent)


def test_the_warning_signs_of_a_page_leave_room_for_other_questions() -> None:
    texts = [one.text for one in screen(made("d3"), load()).questions]
    assert texts[:4] == [
        "Night pain, limp or functional limitation?",
        "Sudden worsening of pain, new instability or restricted walking?",
        "Which side is it?",
        "Does this hip hurt?",
    ]


@of_each
def test_no_row_stands_twice(name: str) -> None:
    rows = [(key, one.title, one.site, one.condition) for key, some in shown(name).sections.items() for one in some]
    assert len(rows) == len({*rows})


@of_each
def test_nothing_is_lost(name: str) -> None:
    """What the screen leaves out is counted, and the whole plan has all statements of the screen and of every row."""
    whole = sheet(made(name), load())
    items = [one for some in shown(name).sections.values() for one in some]
    left_out = sum(not one.listed for one in items)
    assert (f"{left_out} more row" in " ".join(shown(name).left_out)) == bool(left_out)
    named = {id_ for one in items for id_ in one.statements}
    named |= {id_ for one in items for line in one.details for id_ in line.statements}
    assert named - {*whole.statements} == set()


@of_each
def test_what_is_left_out_of_a_long_screen_is_counted_and_never_what_is_to_be_checked(name: str) -> None:
    whole = shown(name)
    for shorter in pared(whole):
        assert shorter.sections.get(Section.CHECK) == whole.sections.get(Section.CHECK)
        assert shorter.questions == whole.questions
        left_out = sum(not one.listed for some in shorter.sections.values() for one in some)
        assert (f"{left_out} more row" in " ".join(shorter.left_out)) == bool(left_out)
    kept = {key for key, some in shorter.sections.items() if any(one.listed for one in some)}
    assert kept <= {Section.CHECK, Section.ALREADY}


@of_each
def test_every_action_has_one_place_on_the_page(name: str) -> None:
    """A row tells it, or another row does, unless all that gates it is told at one of its kinds."""
    numbers = [
        one
        for part in page(made(name), load()).parts
        for row in part.rows
        if not row.document
        for one in (*row.actions, *row.riders)
    ]
    assert len(numbers) == len({*numbers})
    assert [*HEADINGS] == [*Section]


@of_each
def test_what_is_refused_ordered_or_urgent_is_never_left_out(name: str) -> None:
    sections = shown(name).sections
    assert all(one.listed for one in sections.get(Section.CHECK, ()))
    leading = Outline(made(name).leading, load())
    done = {one.statements for one in made(name).actions if one.fulfilment == Fulfilment.DONE}
    for one in (one for one in sections.get(Section.ALREADY, ()) if not one.listed):
        assert one.statements in done, one.title
        assert not any(map(leading.belongs, one.statements)), one.title
    for key in (Section.TODAY, Section.NOT):
        assert [one.title for one in sections.get(key, ()) if not one.listed and leading.shows(one.statements)] == []


@pytest.mark.parametrize(
    ("name", "title", "earliest", "assumed"),
    [
        # Nothing runs: all of it has to start today.
        ("d0", "Steroid injection into the hip", date(2026, 12, 21), True),
        # Both run since the same day.
        ("trial-due", "consider hip MRI", date(2027, 1, 18), False),
        # The NSAID runs, the therapy has to start: its four weeks decide.
        ("nsaid-with-protection", "Steroid injection into the hip", date(2026, 12, 21), True),
        # A programme runs, since when is not recorded.
        ("d2", "Surgical consultation", None, False),
    ],
)
def test_a_date_counts_what_runs_and_is_not_promised_where_that_is_not_known(
    name: str, title: str, earliest: date | None, assumed: bool
) -> None:
    (item,) = (one for items in shown(name).sections.values() for one in items if one.title == title)
    assert (item.earliest, item.assumed) == (earliest, assumed)


@pytest.mark.parametrize("name", [*EXAMPLES, *PICTURED])
def test_pictures(name: str) -> None:
    """Each was read line by line; HIPKG_UPDATE_GOLDEN=1 writes it anew."""
    pictures = {
        **{f"{name}-{width}.txt": text(name, width) for width in (80, 120)},
        f"{name}.md": plan_to_markdown(made(name), load()),
        f"{name}.html": plan_to_html(made(name), load()),
    }
    for file, drawn in pictures.items():
        picture = re.sub(r"hipkg \S+ ontology \S+", "hipkg", drawn)
        if os.environ.get("HIPKG_UPDATE_GOLDEN"):
            (FOLDER / file).write_text(picture, encoding="utf-8")
        assert picture == (FOLDER / file).read_text("utf-8"), file


@of_each
def test_the_graph_dates_what_the_screen_dates(name: str) -> None:
    dated = {one.earliest for items in screen(made(name), load()).sections.values() for one in items if one.earliest}
    told = (
        made(name)
        .to_graph()
        .query("SELECT ?day { ?action a hip:Action ; hip:earliest ?day }", initNs={"hip": hip.NAMESPACE})
    )
    assert dated <= {one.day.toPython() for one in told}


def test_the_day_on_which_the_injection_can_be_open_is_in_the_graph() -> None:
    told = (
        made("d0")
        .to_graph()
        .query(
            "SELECT ?day ?begun { ?action hip:ofIntervention hip:IaCorticosteroidInjection ; hip:status 'conditional' ;"
            " hip:earliest ?day ; hip:assumesStart ?begun }",
            initNs={"hip": hip.NAMESPACE},
        )
    )
    assert [(one.day.toPython(), one.begun.toPython()) for one in told] == [(date(2026, 12, 21), True)]
