"""Write the first screen of plans as text for a terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from hipkg.planning.page import Section
from hipkg.render.screen import pared, screen
from hipkg.render.sheet import HEADINGS
from hipkg.render.text import STYLES, Layout, beside, joined, marked, page_to_text
from hipkg.render.words import ASSUMED, DISCLAIMER, capital, lowered, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.screen import Item, Screen
    from hipkg.render.sheet import Ask, Line

LONGEST = 60
"""How many lines a screen has at most; one that would have more is shortened."""
_TOGETHER = 4
"""How many short rows of several categories flow on in one."""
_FEW = 2
"""How many short rows of a site name it each, where no category is told."""
_GUTTER = 9
_QUESTION_INDENT = _GUTTER + 5
_ARROW_WIDTH = 5
_DECISIONS_NAMED = 2
_GRADES = "Strength / evidence."


def plans_to_text(
    plans: Sequence[Plan],
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
    width: int | None = None,
    ascii: bool | None = None,  # noqa: A002 - names the character set
) -> str:
    """Write the first screens of plans, one after another; the parameters are those of `sheets_to_text`."""
    layout = Layout.of(width, ascii, to_terminal=to_terminal)

    def written(made: Screen) -> str:
        return page_to_text(_Writer(made, layout).parts(), layout, to_terminal=to_terminal)

    def fitting(plan: Plan) -> str:
        text = ""
        for text in map(written, _screens(plan, knowledge)):
            if len(text.splitlines()) <= LONGEST:
                break
        return text

    return joined(map(fitting, plans))


def _screens(plan: Plan, knowledge: Knowledge) -> Iterator[Screen]:
    """Make the first screen of a plan, and then ones that are shorter and shorter."""
    yield screen(plan, knowledge)
    tight = screen(plan, knowledge, tight=True)
    yield tight
    yield from pared(tight)


class _Writer:
    """Lay out one first screen."""

    def __init__(self, made: Screen, layout: Layout) -> None:
        self._made = made
        self._layout = layout
        self._dot = layout.dot
        self._everywhere = made.everywhere

    def parts(self) -> Iterable[RenderableType]:
        """Lay the screen out, part by part."""
        made = self._made
        yield Text(f"Plan {self._dot.join(made.title)}", style="bold")
        yield Text(f"{DISCLAIMER} {_GRADES}" if self._is_graded() else DISCLAIMER, style="dim")
        for alarm in made.alarms:
            yield marked("!!", Text(alarm, style="bold white on red"), "bold red")
        for warning in made.warnings:
            yield marked("!", Text(f"Warning: {warning}"), "yellow")
        if made.notice:
            yield Text(made.notice, style="bold")
        for key in HEADINGS:
            rows = self._questions() if key == Section.ASK else self._rows(key, made.sections.get(key, ()))
            if body := [*rows]:
                yield self._headed(HEADINGS[key], body, STYLES[key][2])
        yield self._headed("Also", [Text(self._also(), style="dim")], "dim")

    def _is_graded(self) -> bool:
        return any(one.grade and one.listed for some in self._made.sections.values() for one in some)

    def _headed(self, heading: str, body: list[RenderableType], style: str) -> RenderableType:
        title = Text(heading.upper(), style=style)
        return Group(title, *body) if self._layout.stacked else beside(title, Group(*body), _GUTTER)

    def _also(self) -> str:
        """Say what is left out, which option shows it, and what the marks mean."""
        items = [one for some in self._made.sections.values() for one in some]
        notes = [ASSUMED] if any(one.assumed and one.listed for one in items) else []
        left = ", ".join(self._made.left_out)
        return self._dot.join([f"--all: {left}" if left else "--all: the details", *notes])

    def _rows(self, key: Section, items: Sequence[Item]) -> Iterator[RenderableType]:
        symbol, style = self._layout.symbol(key), STYLES[key][2]
        listed = [one for one in items if one.listed]
        grouped = key == Section.TODAY and sum(not (one.out or one.condition) for one in listed) > _TOGETHER
        here = Counter(one.site for one in listed if not (one.out or one.condition))
        flowing: dict[tuple[str, str], list[Item]] = {}
        for item in _by_condition(listed):
            if item[0].out or item[0].condition:
                doubted = key == Section.ALREADY and item[0].doubted
                yield marked(self._layout.symbol(Section.TRIED) if doubted else symbol, self._row(item, style), style)
            else:
                of = item[0].category if grouped else ""
                site = (
                    item[0].site if (of or here[item[0].site] > _FEW) and item[0].site not in self._everywhere else ""
                )
                flowing.setdefault((of, site), []).append(item[0])
        titles = {lowered(one.title) for one in listed}
        single = [one for some in flowing.values() if len(some) == 1 for one in some]
        together = [(of, some) for of, some in flowing.items() if len(some) > 1]
        for (category, site), some in [(("", ""), single), *together] if single else together:
            for line in _unmixed(some):
                # A heading that reads like a row would say that all of this belongs to that one.
                heading = "" if lowered(category) in titles or len(flowing) == 1 else category
                yield marked(symbol, self._flow(heading, site, line, style), style)

    def _row(self, items: Sequence[Item], style: str) -> Text:
        """Lay out what waits for the same, or a single row."""
        first = items[0]
        text = Text()
        if first.condition:
            since = f"from {first.earliest}{'*' if first.assumed else ''}, " if first.earliest else ""
            text.append(f"{since}if {first.condition}: ")
        detailed = any(one.details and not _in_title(one) for one in items)
        for number, one in enumerate(items):
            text.append(("; " if detailed else self._dot) if number else "")
            begins = not (first.condition or number)
            text.append_text(self._named(one, capital(one.title) if begins else lowered(one.title), style))
        return text

    def _flow(self, category: str, site: str, items: Sequence[Item], style: str) -> Text:
        """Name what has little but a name beside each other, and first what it is, and where, that is the same of all.

        Parameters: ``site`` is empty where each is to name its own.
        """
        lead = f"{category} ({site})" if category and site and len(items) > 1 else category
        lead = lead or (site if len(items) > 1 else "")
        text = Text()
        text.append(f"{capital(lead)}: " if lead else "", style="italic")
        for number, one in enumerate(items):
            told = replace(one, site="") if site and len(items) > 1 else one
            text.append(self._dot if number else "")
            text.append_text(self._named(told, lowered(one.title) if number or lead else capital(one.title), style))
        return text

    def _named(self, item: Item, title: str, style: str) -> Text:
        """Name an item, with its site, its grade and its statements, and then what there is to know of it."""
        text = Text()
        text.append(title, style=style)
        text.append(f" ({item.site})" if item.site and item.site not in self._everywhere else "")
        text.append(f"{self._dot}{item.grade}" if item.grade else "")
        text.append(f" {' '.join(numbered(item.owners))}" if item.owners else "", style="dim")
        brief = _in_title(item)
        if brief:
            text.append(f": {self._words(item.details[0])}")
        if item.statements:
            named = [one for one in item.named or item.statements if one not in item.owners]
            unnamed = len({*item.statements} - {*named, *item.owners})
            further = f"+{unnamed}" if unnamed else ""
            text.append(f"  {' '.join(filter(None, (*numbered(named), further)))}", style="dim")
        for line in () if brief else item.details:
            text.append(f"{self._dot}{self._words(line)}")
            beside = [one for one in line.statements if one not in item.statements]
            text.append(f" {' '.join(numbered(beside))}" if beside else "", style="dim")
        return text

    def _words(self, line: Line) -> str:
        return f"{line.lead} {self._dot.join(line.parts)}".strip()

    def _questions(self) -> Iterator[RenderableType]:
        for number, ask in enumerate(self._made.questions, start=1):
            yield marked(f"{number}.", self._question(ask), "bold")

    def _question(self, ask: Ask) -> Text:
        """Ask, and name the first that the answer decides, and perhaps the second, if it stands on the same line."""
        text = Text(ask.text + (f" ({ask.site})" if ask.site not in self._everywhere else ""))
        if not ask.statements:
            return text.append("  missing from the record", style="dim")
        room = self._layout.width - _QUESTION_INDENT - _ARROW_WIDTH - len(text)
        named = (", ".join(ask.decides[:count]) for count in range(min(len(ask.decides), _DECISIONS_NAMED), 0, -1))
        told = next((one for one in named if len(one) <= room), "")
        return text.append(f"  -> {told}", style="dim") if told else text


def _in_title(item: Item) -> bool:
    """Tell whether all that there is to know of an item stands before its statements."""
    return len(item.details) == 1 and {*item.details[0].statements} <= {*item.statements}


def _unmixed(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Begin a new line after what is followed by details, so that no other act reads like one of them."""
    line: list[Item] = []
    for one in items:
        line.append(one)
        if one.details and not _in_title(one):
            yield line
            line = []
    if line:
        yield line


def _by_condition(items: Iterable[Item]) -> Iterable[list[Item]]:
    """Gather what waits for the same, and what says the same of itself."""
    found: dict[object, list[Item]] = {}
    for one in items:
        found.setdefault(_joint(one), []).append(one)
    return map(_saying_once, found.values())


def _joint(item: Item) -> object:
    """Name what items share that are told in one row."""
    if item.condition:
        return item.condition, item.earliest, item.site
    if item.out and not item.grade and _in_title(item) and item.details[0].lead:
        return item.details[0].lead, item.details[0].parts, item.site
    return id(item)


def _saying_once(items: list[Item]) -> list[Item]:
    """Leave what all items say of themselves, and where, to the last of them."""
    *others, last = items
    if last.condition or not others:
        return items
    line = last.details[0]
    said = replace(last, details=(replace(line, lead=f"each {line.lead}"),))
    return [*(replace(one, site="", details=()) for one in others), said]
