"""Read JSON that may come from anyone: with one copy of each short text, and marks on names that are given twice."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import orjson

from hipkg.reading.fhir.lenient import objects_within

TWICE = "\0twice"
"""The name under which an object holds the names that it was given twice; no name in JSON that is read is such."""
_SHORT = 80
_LONG = re.compile(rb"[0-9]{17}")
"""Of what an integer consists that 64 bits may not hold."""


class Loader:
    """Read JSON, keep one copy of each short text, for records repeat names and codes, and mark what is given twice.

    ``twice`` tells that something was.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.twice = False
        self._load = partial(json.loads, object_pairs_hook=self._object)

    def __call__(self, content: bytes) -> Any:  # noqa: ANN401 - any JSON
        """Read a text in UTF-8; the errors are those of `json.loads`, and `UnicodeDecodeError`."""
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
            names = [name for name, _ in pairs]
            made[TWICE] = sorted({name for name in names if names.count(name) > 1})
        return made


def _told_once(value: object, content: bytes) -> bool:
    """Tell whether JSON needs no closer look, as it does for names given twice, long numbers and escaped letters.

    A name given twice is one name less when what was read is written again, and most is written as it stood there.
    """
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # nested deeper than it writes
        return False
    if written == content:
        return True
    if b"\\u" in content or _LONG.search(content):
        return False
    return content.count(b'":') == written.count(b'":')


def given_twice(content: object) -> list[str]:
    """List the names that are given twice in an object or in what is in it."""
    return sorted({name for one in objects_within(content) for name in one.get(TWICE, ())})
