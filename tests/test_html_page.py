"""The page of a plan in HTML: whole by itself, readable in light and dark, by keyboard and by ear."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hipkg import plan
from hipkg.base.paths import ROOT
from hipkg.render.html_page import plans_to_html
from hipkg.render.screen import screen

AS_OF = date(2026, 11, 23)
VISITS = Path(__file__).parent / "cases" / "visits"
SOURCES = {one.name[:2]: one for one in sorted((ROOT / "examples").glob("*.ttl"))} | {
    name: VISITS / name / "patient.ttl" for name in ("second-visit", "both-hips", "on-opioids", "knee-alone")
}
VOID = {"meta", "br", "line", "rect"}
LEAST_CONTRAST = 4.5
of_each = pytest.mark.parametrize("name", SOURCES)


@cache
def written(name: str) -> str:
    return plan(SOURCES[name], as_of=AS_OF).to_html()


class Reader(HTMLParser):
    """Read a page, and hold that its elements close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


@of_each
def test_the_page_is_whole_by_itself(name: str) -> None:
    reader = read(written(name))
    assert {tag for tag, _ in reader.seen}.isdisjoint({"script", "link", "img", "iframe"})
    assert not [one for _, attributes in reader.seen for one in attributes if one in {"src", "href", "onclick"}]
    assert "url(" not in written(name)
    assert "@import" not in written(name)


@of_each
def test_every_row_opens_its_reasons_and_their_source(name: str) -> None:
    made = plan(SOURCES[name], as_of=AS_OF)
    items = [one for some in screen(made, made.knowledge).sections.values() for one in some]
    for one in {id_ for item in items for id_ in item.statements}:
        assert f"<blockquote><strong>{one}</strong> " in written(name)


@of_each
def test_the_chart_is_told_in_words_and_inside_its_frame(name: str) -> None:
    for tag, attributes in read(written(name)).seen:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
            width = float((attributes["viewbox"] or "").split()[2])
        if tag == "rect":
            assert (
                0
                <= float(attributes["x"] or 0)
                <= float(attributes["x"] or 0) + float(attributes["width"] or 0)
                <= width
            )


def test_the_pathway_in_time_has_its_lanes_and_dates() -> None:
    text = written("second-visit")
    lanes = re.findall(r'<section class="lane (\w+)"><h2>(.*?)</h2>', text)
    assert lanes == [("done", "Done and running"), ("today", "Today"), ("later", "Waiting"), ("never", "Never")]
    assert text.index("Steroid injection into the hip") > text.index('class="lane today"')
    assert "2027-01-03" in text


def luminance(colour: str) -> float:
    """Work out the relative luminance of a colour (WCAG 2.2, section 1.4.3)."""
    digits = colour if len(colour) > 3 else "".join(2 * one for one in colour)
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_text_has_enough_contrast_in_light_and_dark() -> None:
    schemes = re.findall(r":root\{(?:color-scheme:light dark;)?(--back[^}]*)\}", written("d0"))
    assert len(schemes) == 2
    for one in schemes:
        colours = dict(re.findall(r"--(\w+):\s*#(\w+)", one))
        back = luminance(colours.pop("back"))
        colours.pop("line")  # rules, which tell nothing
        for name, colour in colours.items():
            lighter, darker = sorted((back, luminance(colour)), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= LEAST_CONTRAST, name


def test_several_plans_stand_on_one_page_and_none_on_an_empty_one() -> None:
    made = [plan(SOURCES[name], as_of=AS_OF) for name in ("d0", "d4")]
    assert plans_to_html(made, made[0].knowledge).count("<article") == 2
    read(plans_to_html((), made[0].knowledge))


def test_what_a_record_says_cannot_break_the_page() -> None:
    text = SOURCES["d0"].read_text("utf-8").replace("patient/d0/", "patient/d0%3Cscript%3E&amp;/")
    made = plan(text.encode(), format="turtle", as_of=AS_OF)
    assert "<script" not in plans_to_html((made,), made.knowledge)
