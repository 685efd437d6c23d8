"""What a defined class means, in one line: a pattern of `ontology/patterns.tsv`, or Manchester syntax."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.base.paths import PATTERNS
from hipkg.owl.manchester import parse_manchester

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.owl.expression import Expression

_PLACE = re.compile(r"\{(\w+)\}")
_NUMBER = "number"


class Pattern(NamedTuple):
    """A line with places for terms and numbers in braces, what it means in Manchester syntax, and an example."""

    line: str
    logic: str
    example: str

    def places(self, text: str) -> dict[str, str]:
        """Find what stands at the places, if the text is of the pattern."""
        parts = _PLACE.split(self.line)
        form = "".join(
            (rf"(?P<{part}>\d+)" if part == _NUMBER else rf"(?P<{part}>.+)") if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        found = re.fullmatch(form, text.strip(), re.IGNORECASE)
        return found.groupdict() if found else {}


@cache
def patterns() -> tuple[Pattern, ...]:
    """Read the patterns."""
    with PATTERNS.open(encoding="utf-8", newline="") as file:
        return tuple(Pattern(*row) for row in list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:])


def expression_of(text: str, resolve: Callable[[str], str]) -> Expression:
    """Read what a class means.

    Parameters: ``resolve`` finds the term that a name or a label means, and raises `UsageError` for what means none.

    Raises `UsageError` for a text that is of no pattern and no Manchester syntax.
    """
    unknown: list[UsageError] = []
    for pattern in patterns():
        places = pattern.places(text)
        try:
            terms = {name: found if name == _NUMBER else f"<{resolve(found)}>" for name, found in places.items()}
        except UsageError as problem:
            unknown.append(problem)
            continue
        if places:
            return parse_manchester(pattern.logic.format(**terms), resolve)
    try:
        return parse_manchester(text, resolve)
    except UsageError as problem:
        raise (unknown[0] if unknown else problem) from None
