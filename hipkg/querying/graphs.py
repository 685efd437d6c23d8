"""Hold what a query asks of named graphs to what they have, so that it is not answered by nothing for another one.

FROM says what the default graph is made of, and FROM NAMED which graphs GRAPH reaches.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import GRAPHS, RDF_TYPE, curie, is_plain_term, query_name
from hipkg.querying.declared import LOOKED_AT
from hipkg.querying.names import LENIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.comparisons import Clause, Meaning, Pattern

_OF_RECORDS = frozenset({GRAPHS + "record", GRAPHS + "entailed"})
_FROM = "FROM"


def elsewhere(meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """Find what is asked of graphs that do not have it, and that others have."""
    checker = _Graphs(meaning, knowledge, store)
    found = (problem for clause in meaning.uses.clauses for problem in checker.problems(clause))
    return [*{problem.message: problem for problem in found}.values()]


class _Graphs:
    """Check the graphs of one query."""

    def __init__(self, meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> None:
        self._text = meaning.query.written
        self._knowledge = knowledge
        self._store = store
        self._all = frozenset(one.value for one in store.named_graphs() if isinstance(one, ox.NamedNode))
        self._dataset = self._text.dataset()

    def problems(self, clause: Clause) -> Iterator[UsageError]:
        """Tell what a clause asks in vain of its graphs."""
        if not clause.graph and self._dataset is None:
            return
        asked = self._asked(clause.graph)
        if not asked:
            yield self._nowhere(clause.graph)
            return
        worlds = [one | _OF_RECORDS if one & _OF_RECORDS else one for one in asked]
        missing = [self._missing(one, asked) for one in clause.patterns if self._is_missing(one, worlds)]
        yield from missing
        if not missing:
            yield from self._apart(clause.patterns, worlds, asked)

    def _asked(self, graph: str) -> list[frozenset[str]]:
        """List what triples are asked of: graphs that are one, or one graph after the other."""
        default, named = self._dataset or (self._all, self._all)
        if not graph:
            return [default] if default else []
        if graph.startswith("?"):
            return [frozenset({one}) for one in sorted(named)]
        return [frozenset({graph})] if self._dataset is None or graph in named else []

    def _nowhere(self, graph: str) -> UsageError:
        """Tell that there is nothing that triples are asked of."""
        if graph:
            message = "GRAPH reaches only the graphs that FROM NAMED names, once there is FROM or FROM NAMED."
            remedy = "Write FROM NAMED for what GRAPH is to reach, or leave FROM out."
        else:
            message = "Outside GRAPH only the graphs are asked that FROM names, and there is FROM NAMED alone."
            remedy = "Write FROM, leave FROM NAMED out, or put the pattern into GRAPH."
        token = next(one for one in self._text.tokens if one.word == _FROM)
        return UsageError(message, place=self._text.where(token.start), remedy=f"{remedy} {LENIENT}")

    def _is_missing(self, pattern: Pattern, worlds: Sequence[frozenset[str]]) -> bool:
        """Tell whether only other graphs have a property or something in a class; what patients lack is no mistake."""
        own = pattern.named() in self._knowledge.terms and is_plain_term(pattern.named())
        if not own and (pattern.property == RDF_TYPE or any(one & _OF_RECORDS for one in worlds)):
            return False
        graphs = self._graphs(pattern)
        return bool(graphs) and not any(one & graphs for one in worlds)

    def _missing(self, pattern: Pattern, asked: Sequence[frozenset[str]]) -> UsageError:
        there = " and ".join(map(query_name, sorted(self._graphs(pattern))))
        message = f"{_names(asked)} has no {curie(pattern.named())}, which is in {there}."
        return UsageError(message, place=self._text.where_named(pattern.named()), remedy=LENIENT)

    def _graphs(self, pattern: Pattern) -> set[str]:
        """List the named graphs that have a property, or something in a class."""
        target = ox.NamedNode(pattern.target) if pattern.property == RDF_TYPE and pattern.target[:1] != "?" else None
        prop = ox.NamedNode(pattern.property)
        return {one for one in self._all if self._has(prop, target, one)}

    def _apart(
        self, patterns: Sequence[Pattern], worlds: Sequence[frozenset[str]], asked: Sequence[frozenset[str]]
    ) -> Iterator[UsageError]:
        """Tell of two patterns that fit each other in no graph that is asked, and in all graphs together."""
        for number, one in enumerate(patterns):
            for other in patterns[:number]:
                for name in {one.subject, one.target} & {other.subject, other.target}:
                    if not name.startswith("?") or any(self._meet(one, other, name, world) for world in worlds):
                        continue
                    if self._meet(one, other, name, self._all):
                        both = f"{curie(other.named())} and {curie(one.named())}"
                        where = f"In {_names(asked)}" if len(asked) == 1 else "In no graph by itself"
                        fits = "nothing fits both" if len(asked) == 1 else "something fits both"
                        message = f"{where} {fits} {both}, as in all graphs together."
                        remedy = f"Ask each of its own graph, or leave GRAPH and FROM out. {LENIENT}"
                        yield UsageError(message, place=self._text.where_named(one.named()), remedy=remedy)

    def _meet(self, one: Pattern, other: Pattern, name: str, world: frozenset[str]) -> bool:
        """Tell whether something, of so much as is looked at, is in the same place of two patterns."""
        nodes = [*islice(self._nodes(one, name, world), LOOKED_AT)]
        found = (True for node in nodes if any(True for _ in self._quads(other, name, node, world)))
        return next(found, len(nodes) == LOOKED_AT)

    def _nodes(self, pattern: Pattern, name: str, world: frozenset[str]) -> Iterator[ox.NamedNode | ox.BlankNode]:
        for one in self._quads(pattern, name, None, world):
            node = one.subject if pattern.subject == name else one.object
            if isinstance(node, ox.NamedNode | ox.BlankNode):
                yield node

    def _quads(
        self, pattern: Pattern, name: str, node: ox.NamedNode | ox.BlankNode | None, world: frozenset[str]
    ) -> Iterator[ox.Quad]:
        subject, target = (
            node if one == name else ox.NamedNode(one) if one and one[0] != "?" else None
            for one in (pattern.subject, pattern.target)
        )
        for graph in world:
            yield from self._store.quads_for_pattern(
                subject, ox.NamedNode(pattern.property), target, ox.NamedNode(graph)
            )

    def _has(self, prop: ox.NamedNode, target: ox.NamedNode | None, graph: str) -> bool:
        found = self._store.quads_for_pattern(None, prop, target, ox.NamedNode(graph))
        return next(iter(found), None) is not None


def _names(asked: Sequence[frozenset[str]]) -> str:
    return " and ".join(map(query_name, sorted(frozenset().union(*asked))))
