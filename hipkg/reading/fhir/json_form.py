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
_ENDING_ESCAPED = re.compile(rb"\\u00(?:22|3[aA]|00)")
"""The escapes of quotes and colons, and of what the name of the mark begins with."""
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 17
"""Of what an integer consists that 64 bits may not hold, if each digit is written 0; so may fractions and texts."""
_BEFORE = 64
_BETWEEN = b" \t\r\n-"


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
    """Read JSON at once; None where it needs a closer look: names given twice, long numbers, errors.

    A name given twice is one name less when it is written again, unless what ends names is escaped.
    """
    written = content.encode(errors="surrogatepass")
    if _ENDING_ESCAPED.search(written) or _has_long_integer(written):
        return None
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return None
    return value if written.count(b'":') == orjson.dumps(value).count(b'":') else None


def _has_long_integer(written: bytes) -> bool:
    """Tell whether JSON may hold an integer of so many digits: some that stand after a name, or in a list."""
    digits = written.translate(_DIGITS)
    at = digits.find(_LONG)
    while at >= 0:
        before = written[max(0, at - _BEFORE) : at].rstrip(_BETWEEN)
        if before.endswith((b"[", b",")) or not before:
            return True
        if before.endswith(b":") and before[:-1].rstrip(_BETWEEN).endswith(b'"'):
            return True
        at = digits.find(_LONG, at + len(_LONG))
    return False


def given_twice(content: object) -> list[str]:
    """List the names that are given twice in an object or in what is in it."""
    return sorted({name for one in objects_within(content) for name in one.get(TWICE, ())})
