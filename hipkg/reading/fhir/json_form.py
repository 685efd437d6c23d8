"""Read JSON that may come from anyone: with one copy of each short text, and marks on names that are given twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from typing import Any

import orjson

from hipkg.base.limits import DEPTH
from hipkg.reading.fhir.lenient import objects_within

TWICE = "\0twice"
"""The name under which an object holds the names that it was given twice; no name in JSON that is read is such."""
_SHORT = 80
_ENDING_ESCAPED = re.compile(rb"\\u00(?:22|3[aA]|00)")
"""The escapes of quotes and colons, and of what the name of the mark begins with."""
_LONG = re.compile(rb"[0-9]{17,}")
"""Of what an integer consists that 64 bits may not hold; so may fractions and texts."""
_BEFORE = 64
_BETWEEN = b" \t\r\n-"


class Loader:
    """Read JSON, keep one copy of each short text, for records repeat names and codes, and mark what is given twice.

    ``twice`` tells that something was.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.twice = False
        self._load = partial(json.loads, object_pairs_hook=self._object, parse_int=_integer)

    def __call__(self, content: bytes) -> Any:  # noqa: ANN401 - any JSON
        """Read a text in UTF-8.

        The errors are those of `json.loads`, `UnicodeDecodeError`, and `RecursionError` for what is nested too deep.
        """
        value = self._read(content)
        if content.count(b"{") + content.count(b"[") > DEPTH.most:
            _refuse_depth(value)
        return value

    def _read(self, content: bytes) -> Any:  # noqa: ANN401 - any JSON
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            return self._load(content.decode())
        return value if _told_once(value, content) else self._load(content.decode())

    def _kept(self, value: object) -> object:
        return self._known.setdefault(value, value) if isinstance(value, str) and len(value) < _SHORT else value

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = {self._known.setdefault(name, name): self._kept(value) for name, value in pairs}
        if len(made) < len(pairs):
            self.twice = True
            made[TWICE] = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return made


def _told_once(value: object, content: bytes) -> bool:
    """Tell whether JSON needs no closer look, as it does for names given twice and long integers.

    A name given twice is one name less when what was read is written again, unless what ends names is escaped; and most
    is written as it stood there.
    """
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # nested deeper than it writes
        return False
    if written == content:
        return True
    if _ENDING_ESCAPED.search(content) or _has_long_integer(content):
        return False
    return content.count(b'":') == written.count(b'":')


def _has_long_integer(content: bytes) -> bool:
    """Tell whether JSON may hold an integer of so many digits: some that stand after a name, or in a list."""
    for digits in _LONG.finditer(content):
        before = content[max(0, digits.start() - _BEFORE) : digits.start()].rstrip(_BETWEEN)
        if before.endswith((b"[", b",")) or not before:
            return True
        if before.endswith(b":") and before[:-1].rstrip(_BETWEEN).endswith(b'"'):
            return True
    return False


def _integer(digits: str) -> int | str:
    """Read an integer; one of more digits than Python reads is no number, and stays a text."""
    try:
        return int(digits)
    except ValueError:
        return digits


def _refuse_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH.most):
        level = [
            one
            for outer in level
            for one in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(one, dict | list)
        ]
        if not level:
            return
    raise RecursionError


def given_twice(content: object) -> list[str]:
    """List the names that are given twice in an object or in what is in it."""
    return sorted({name for one in objects_within(content) for name in one.get(TWICE, ())})
