"""Shorten a first screen where it is too long: what can wait is left to the whole plan, and counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.planning.page import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.render.screen.records import Item, Screen


def pared(screen: Screen) -> Iterator[Screen]:
    """Shorten a screen step by step, from the last row of what matters least; what is to be checked always stays.

    Rows that only inform, or come again, go first, then what is told in the rows of what waits or is settled, then rows
    of what asks for nothing now, then what is told in the rows of today, and at the end those rows themselves.
    """
    for sections, drop in _STEPS:
        for section in sections:
            for number in reversed(range(len(screen.sections.get(section, ())))):
                items = [*screen.sections[section]]
                if (shorter := drop(items[number])) != items[number]:
                    items[number] = shorter
                    screen = replace(screen, sections={**screen.sections, section: tuple(items)})
                    yield screen


def _unlisted(item: Item) -> Item:
    return replace(item, listed=False)


def _bare(item: Item) -> Item:
    """Leave out what is told in a row; of what runs without the wanted outcome that is the point of it."""
    return replace(item, details=()) if item.listed and not item.doubted else item


def _first_told(item: Item) -> Item:
    """Leave out what is told in a row after the first, which may be what the row is for."""
    return replace(item, details=item.details[:1]) if item.listed else item


def _undoubted(item: Item) -> Item:
    """Leave out a row but for what runs without the wanted outcome."""
    return item if item.doubted else _unlisted(item)


_STEPS = (
    ((Section.KNOW, Section.AGAIN), _unlisted),
    ((Section.LATER, Section.IF, Section.ALREADY), _bare),
    ((Section.UNUSED, Section.MAY, Section.DISAGREE), _unlisted),
    ((Section.ALREADY,), _undoubted),
    ((Section.TODAY,), _first_told),
    (
        (Section.CONSIDER, Section.IF, Section.LATER, Section.ALREADY, Section.TRIED, Section.TODAY, Section.NOT),
        _unlisted,
    ),
)
