"""Read class expressions that are written in Manchester syntax.

What can be read is what the ontology may use: named classes, ``and``, ``or``, ``some``, ``value``, enumerations and
numeric facets (OWL 2 Manchester Syntax, section 2.4). A name is a CURIE, a local name, an IRI in angle brackets, or a
label in quotation marks of either kind.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.base.numbers import Bounds, Limit
from hipkg.base.vocabulary import XSD
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[+-]?\d+(?:\.\d+)?)(?![\w:])
  | (?P<sign><=|>=|<(?![^\s<>]*>)|>)
  | (?P<name><[^<>\s]+>|"[^"]+"|'[^']+'|[A-Za-z_][\w-]*(?::[\w-]+)?)
  | (?P<mark>[(){}\[\],])
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "some", "value"})


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse_manchester(text: str, resolve: Callable[[str], str]) -> Expression:
    """Read a class expression.

    Parameters: ``resolve`` finds the IRI that a name means, and raises `UsageError` for a name that means none.

    Raises `UsageError` with the column where the text is no expression.
    """
    return _Parser(text, resolve).whole()


class _Parser:
    """Descend through an expression: disjunctions of conjunctions of restrictions and names."""

    def __init__(self, text: str, resolve: Callable[[str], str]) -> None:
        self._text = text
        self._resolve = resolve
        self._tokens = self._cut(text)
        self._at = 0

    def whole(self) -> Expression:
        found = self._disjunction()
        if self._now.kind != "end":
            raise self._wrong("'and', 'or' or the end is wanted")
        return found

    def _cut(self, text: str) -> list[_Token]:
        found, at = [], 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._refused(text[at:].split(maxsplit=1)[0], at, "a name is wanted")
            kind = str(match.lastgroup)
            found.append(_Token(kind, match[kind], match.start(kind)))
            at = match.end()
        return [*found, _Token("end", "the end", len(text))]

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _takes(self, text: str) -> bool:
        if self._now.text != text or self._now.kind == "end":
            return False
        self._at += 1
        return True

    def _needs(self, text: str) -> None:
        if not self._takes(text):
            raise self._wrong(f"{text!r} is wanted")

    def _disjunction(self) -> Expression:
        operands = [self._conjunction()]
        while self._takes("or"):
            operands.append(self._conjunction())
        return Or(tuple(operands)) if len(operands) > 1 else operands[0]

    def _conjunction(self) -> Expression:
        operands = [self._restriction()]
        while self._takes("and"):
            operands.append(self._restriction())
        return And(tuple(operands)) if len(operands) > 1 else operands[0]

    def _restriction(self) -> Expression:
        if self._takes("("):
            found = self._disjunction()
            self._needs(")")
            return found
        if self._takes("{"):
            members = [self._name()]
            while self._takes(","):
                members.append(self._name())
            self._needs("}")
            return OneOf(tuple(members))
        name = self._name()
        if self._takes("value"):
            return Value(name, self._name())
        if not self._takes("some"):
            return Named(name)
        if self._now.kind == "name" and self._now.text.startswith("xsd:"):
            return self._facet(name)
        return Some(name, self._restriction())

    def _facet(self, prop: str) -> Expression:
        datatype = XSD + self._tokens[self._at].text.removeprefix("xsd:")
        self._at += 1
        bounds = []
        if self._takes("["):
            bounds.append(self._bound())
            while self._takes(","):
                bounds.append(self._bound())
            self._needs("]")
        return Facet(prop, datatype, Bounds(bounds))

    def _bound(self) -> Limit:
        sign, number = self._now, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if sign.kind != "sign" or number.kind != "number":
            raise self._wrong("a limit such as >= 42 is wanted")
        self._at += 2
        return Limit(sign.text, Decimal(number.text))

    def _name(self) -> str:
        token = self._now
        if token.kind != "name" or token.text in _WORDS:
            raise self._wrong("a name is wanted")
        self._at += 1
        return self._resolve(token.text.strip("\"'<>"))

    def _wrong(self, why: str) -> UsageError:
        return self._refused(self._now.text, self._now.place, why)

    def _refused(self, token: str, place: int, why: str) -> UsageError:
        return UsageError(
            f"{token!r} cannot stand there: {why}.",
            place=f"{self._text!r}, column {place + 1}",
            remedy="Write Manchester syntax, and labels of several words in quotes: 'hip pain' and locatedIn some hip.",
        )
