"""The text of a query as words, names and values, and what of it is refused before any engine sees it.

A query only reads, and only what is given to it.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.base.limits import QUERY_DEPTH
from hipkg.base.vocabulary import QUERY_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARAMETER = "--param"
"""The place of what a parameter gives."""
_SERVICE = "SERVICE"
_DATASET = ("FROM", "NAMED")
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})


class Kind(Enum):
    """What a part of a query is; a name is one with a prefix, and a mark all that is neither name, word nor value."""

    IRI = "iri"
    COMMENT = "comment"
    STRING = "string"
    VARIABLE = "variable"
    TAG = "tag"
    NAME = "name"
    NUMBER = "number"
    WORD = "word"
    MARK = "mark"


class Token(NamedTuple):
    """A part of a query, and where it begins."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where what follows begins."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """The word in capitals, empty for what is none."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def prefix(self) -> str:
        """The prefix of a name."""
        return self.text.partition(":")[0]


_TOKEN = re.compile(
    r"""
    (?P<iri> <[^<>"{}|^`\\\s]*> )
  | (?P<comment> \#[^\n\r]* )
  | (?P<string> '''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\" | '(?:[^'\\\n\r]|\\.)*' | "(?:[^"\\\n\r]|\\.)*" )
  | (?P<variable> [?$]\w+ )
  | (?P<tag> @[A-Za-z]+(?:-\w+)* )
  | (?P<name> (?:[A-Za-z][\w.-]*)?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)* )
  | (?P<number> [0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)? )
  | (?P<word> [A-Za-z]\w* )
  | (?P<mark> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)")


class QueryText:
    """The text of a query that is read from some place, a file by its name."""

    def __init__(self, text: str, place: str) -> None:
        self.text = text
        self.place = place

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The parts of the query without its comments."""
        found = (Token(Kind(one.lastgroup), one[0], one.start()) for one in _TOKEN.finditer(self.text))
        return tuple(one for one in found if one.kind is not Kind.COMMENT)

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """The namespaces by their prefixes: those that need no declaration, and those that the query declares."""
        return {**QUERY_PREFIXES, **{name.prefix: iri.text[1:-1] for name, iri in self.declared()}}

    def named(self) -> Iterator[tuple[Token, str]]:
        """List what the query names, with its IRI; prefixes are declared and name nothing."""
        declared = {part.start for pair in self.declared() for part in pair}
        for one in self.tokens:
            if one.start not in declared and (iri := self.iri(one)) is not None:
                yield one, iri

    def graphs(self) -> Iterator[tuple[Token, str]]:
        """List the graphs that the query names: what follows FROM, FROM NAMED or GRAPH."""
        words = {"FROM", "NAMED", "GRAPH"}
        for before, one in zip(self.tokens, self.tokens[1:], strict=False):
            if before.word in words and (iri := self.iri(one)) is not None:
                yield one, iri

    def dataset(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """Tell which graphs FROM names, and which FROM NAMED; None where the query says nothing of it."""
        pairs = [(before.word, self.iri(one)) for before, one in zip(self.tokens, self.tokens[1:], strict=False)]
        default, named = (frozenset(iri for word, iri in pairs if word == wanted and iri) for wanted in _DATASET)
        return (default, named) if default or named else None

    def iri(self, token: Token) -> str | None:
        """Tell the IRI that is written in full or with a prefix that is known."""
        if token.kind is Kind.IRI:
            return token.text[1:-1]
        if token.kind is Kind.NAME and token.prefix in self.prefixes:
            return self.prefixes[token.prefix] + _ESCAPED.sub(r"\1", token.text.partition(":")[2])
        return None

    def where(self, start: int) -> str:
        """Name the place of a part: file, line and column."""
        line = self.text.count("\n", 0, start) + 1
        return f"{self.place}:{line}:{start - self.text.rfind(chr(10), 0, start)}"

    def where_named(self, iri: str) -> str:
        """Name the place where an IRI is named first; one that is not comes from a parameter."""
        token = next((token for token, named in self.named() if named == iri), None)
        return self.where(token.start) if token else PARAMETER

    def where_written(self, value: str, *kinds: Kind) -> str:
        """Name the place where a token of some kinds has a value in it; one that is not written is of a parameter."""
        token = next((one for one in self.tokens if one.kind in kinds and value in one.text), None)
        return self.where(token.start) if token else PARAMETER

    def check(self) -> None:
        """Refuse what changes data or reaches out, and what is nested too deep.

        Parsers want no space around a keyword: ``trueSERVICE<x>`` reaches out too, so any word that holds it is
        refused, and so is a prefix that nobody declared. One that is declared is put in full by `plain`.
        """
        depth = 0
        for one in self.tokens:
            if one.kind is Kind.MARK:
                depth += (one.text in "([{") - (one.text in ")]}")
                if depth > QUERY_DEPTH.most:
                    raise QUERY_DEPTH.exceeded(self.place)
            undeclared = one.prefix if one.kind is Kind.NAME and one.prefix not in self.prefixes else ""
            if _SERVICE in one.word or _SERVICE in undeclared.upper():
                message = "The query asks another service, and nothing is fetched."
                raise UsageError(message, place=self.where(one.start), remedy="Load that data from a file.")
            if one.word in _UPDATES:
                message = f"{one.text} changes data, and a query only reads."
                remedy = "Use SELECT, ASK, CONSTRUCT or DESCRIBE."
                raise UsageError(message, place=self.where(one.start), remedy=remedy)

    def plain(self) -> QueryText:
        """Write in full the names with a prefix that could be read as a keyword."""
        declared = {name.start for name, _ in self.declared()}
        changes = {
            one: f"<{self.iri(one)}>" if one.start not in declared else f"in-full-{number}:"
            for number, one in enumerate(self.tokens)
            if one.kind is Kind.NAME and _SERVICE in one.prefix.upper()
        }
        return self.replaced(changes)

    def replaced(self, changes: Mapping[Token, str]) -> QueryText:
        """Put other texts in the place of some parts."""
        if not changes:
            return self
        parts, end = [], 0
        for one, text in sorted(changes.items(), key=lambda change: change[0].start):
            parts += [self.text[end : one.start], text]
            end = one.end
        return QueryText("".join([*parts, self.text[end:]]), self.place)

    def declared(self) -> Iterator[tuple[Token, Token]]:
        """List the prefixes that are declared, each with its namespace."""
        for before, name, iri in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False):
            if before.word == "PREFIX" and name.kind is Kind.NAME and iri.kind is Kind.IRI:
                yield name, iri
