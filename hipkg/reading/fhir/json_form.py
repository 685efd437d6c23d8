"""Read JSON that may come from anyone: with one copy of each short text, and marks on names that are given twice."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import orjson

from hipkg.reading.fhir.lenient import objects_within

TWICE = "\0twice"
"""The name under which an object holds the names that it was given twice; no name in JSON that is read is such."""
_SHORT = 80
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 17
"""Of what an integer consists that 64 bits may not hold, if each digit is written 0."""


class Loader:
    """Read JSON, keep one copy of each short text, for records repeat names and codes, and mark what is given twice.

    ``twice`` tells that something was.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.twice = False
        self._load = partial(json.loads, object_pairs_hook=self._object)

    def __call__(self, content: str) -> Any:  # noqa: ANN401 - any JSON
        """Read a text; the errors are those of `json.loads`."""
        plain = _plainly(content)
        return self._load(content) if plain is None else plain

    def _kept(self, value: object) -> object:
        return self._known.setdefault(value, value) if isinstance(value, str) and len(value) < _SHORT else value

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = {self._known.setdefault(name, name): self._kept(value) for name, value in pairs}
        if len(made) < len(pairs):
            self.twice = True
            names = [name for name, _ in pairs]
            made[TWICE] = sorted({name for name in names if names.count(name) > 1})
        return made


def _plainly(content: str) -> Any:  # noqa: ANN401 - any JSON
    """Read JSON at once; None where it needs a closer look: names given twice, long numbers, escaped letters, errors.

    A name given twice is one name less when it is written again.
    """
    written = content.encode(errors="surrogatepass")
    if b"\\u" in written or _LONG in written.translate(_DIGITS):
        return None
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return None
    return value if written.count(b'":') == orjson.dumps(value).count(b'":') else None


def given_twice(content: object) -> list[str]:
    """List the names that are given twice in an object or in what is in it."""
    return sorted({name for one in objects_within(content) for name in one.get(TWICE, ())})
