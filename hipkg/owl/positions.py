"""Where things stand in the text of a Turtle module, in whatever form it is written.

No parser tells that. A text is read by its tokens: each is told with the subject and the property, at the outermost
level, under which it stands, so that a triple of a named subject leads to a line, and what is nested in it as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from hipkg.base.vocabulary import RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<string>"{3}(?:[^"\\]|\\.|"(?!""))*"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    (?:@[\w-]+|\^\^(?:<[^>]*>|[\w-]*:[\w-]+))?
  | @?(?i:prefix)\s+(?P<prefix>[^\s:]*):\s*<(?P<namespace>[^>]*)>
  | @?(?i:base)\s+<(?P<base>[^>]*)>
  | <(?P<iri>[^>]*)>
  | (?P<blank>_:[\w.-]*\w)
  | (?P<qualifier>[^\W\d_](?:[\w.-]*[\w-])?)?:(?P<local>(?:[\w:-]|\\.|%[\da-fA-F]{2}|\.(?=[\w:\\%-]))*)
  | (?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z]+)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)")


class Token(NamedTuple):
    """A term in a text: its line, what it says, and the subject and the property that it stands under."""

    line: int
    value: str
    subject: str
    property: str


class Positions:
    """The lines of a text, by what stands there."""

    def __init__(self, text: str) -> None:
        self._tokens: dict[str, list[Token]] = {}
        for one in tokens(text):
            self._tokens.setdefault(one.subject, []).append(one)

    def line(self, subject: str, prop: str = "", value: str = "") -> tuple[int, int]:
        """Find the line of a value of a property of a subject, as IRIs and texts, or of the nearest that stands there.

        It comes with how much of what is looked for stands there: 3 for the value, 2 for the property, 1 for the
        subject; with 0 it is in no line.
        """
        found = self._tokens.get(subject, [])
        under = [one for one in found if one.property == prop] if prop else found
        inside = under or found
        for rank, wanted, where in ((3, value, inside), (2, prop, found)):
            if wanted and (hit := next((one for one in where if one.value == wanted), None)):
                return hit.line, rank
        return (found[0].line, 1) if found else (0, 0)


def tokens(text: str) -> Iterator[Token]:
    """List the terms of a text, with a subject for those that stand in the block of one."""
    subject = prop = ""
    depth = 0
    for line, value, mark in _terms(text):
        if mark:
            depth += (mark in "[(") - (mark in "])")
            if mark == "." and depth <= 0:
                subject, prop, depth = "", "", 0
            elif mark == ";" and depth == 0:
                prop = ""
        elif not subject:
            subject = value if depth == 0 else ""
            yield Token(line, value, subject, "")
        else:
            if not prop and depth == 0:
                prop = value
            yield Token(line, value, subject, prop)


def _terms(text: str) -> Iterable[tuple[int, str, str]]:
    """List the terms and marks of a text, with their lines."""
    prefixes: dict[str, str] = {}
    base, line, start = "", 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        if match["namespace"] is not None:
            prefixes[match["prefix"]] = urljoin(base, match["namespace"])
        elif match["base"] is not None:
            base = urljoin(base, match["base"])
        elif match["iri"] is not None:
            yield line, urljoin(base, match["iri"]), ""
        elif match["local"] is not None:
            yield line, prefixes.get(match["qualifier"] or "", "") + _ESCAPE.sub(r"\1", match["local"]), ""
        elif match["string"] is not None:
            quote = 3 if match["string"][:3] in {'"""', "'''"} else 1
            yield line, _ESCAPE.sub(r"\1", match["string"][quote:-quote]), ""
        elif match["word"] is not None:
            yield line, RDF_TYPE if match["word"] == "a" else match["word"], ""
        elif match["number"] is not None or match["blank"] is not None:
            yield line, match[0], ""
        elif match["mark"] is not None:
            yield line, "", match["mark"]
