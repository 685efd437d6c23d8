"""Bring a patient graph into one form: dates and durations as days, the side of parts."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from hipkg.base.paths import normalising_queries
from hipkg.base.vocabulary import expand
from hipkg.record.lasting import days_lasted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pyoxigraph import QueryTriples, Triple


_WORKED_OUT: dict[str, Callable[[Store], list[Quad]]] = {"01-dates.rq": days_lasted}
"""What gives the same as a query and takes less time."""


class _Step(NamedTuple):
    construct: Callable[[Store], list[Quad]]
    needs: tuple[NamedNode, ...]


def normalise(store: Store) -> None:
    """Add to a store of patient graphs what the queries of ``queries/normalise/`` construct, in order.

    The patients are in the default graph, and so are the additions. What is recorded stays as it is, and normalising
    twice adds nothing. A query is skipped where no triple has a property that its header says it ``needs``, and the
    longest is not asked at all: `days_lasted` gives the same.
    """
    for step in _steps():
        if all(_uses(store, needed) for needed in step.needs):
            store.extend(step.construct(store))


def constructed(store: Store, query: str) -> list[Quad]:
    """List what a query constructs."""
    return [Quad(*triple) for triple in cast("QueryTriples", store.query(query))]


def normalised(triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Add to the graph of a patient the days and sides that follow from what is recorded."""
    store = Store()
    store.extend([Quad(*one) for one in triples])
    normalise(store)
    return tuple(quad.triple for quad in store)


def _uses(store: Store, predicate: NamedNode) -> bool:
    return next(store.quads_for_pattern(None, predicate, None, DefaultGraph()), None) is not None


@cache
def _steps() -> tuple[_Step, ...]:
    return tuple(map(_step, normalising_queries()))


def _step(file: Path) -> _Step:
    text = file.read_text("utf-8")
    needs = re.search(r"^#\+ needs: (.+)$", text, re.MULTILINE)
    return _Step(
        _WORKED_OUT.get(file.name) or partial(constructed, query=text),
        tuple(NamedNode(expand(name)) for name in re.split(r",\s*", needs[1])) if needs else (),
    )
