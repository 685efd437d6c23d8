"""Compile what takes the place of withdrawn terms to a SPARQL update, which rewrites records of patients in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import HIP
from hipkg.compilation.sparql import term
from hipkg.knowledge.withdrawn import called, successor, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge, Withdrawal

_TRIPLES = ("?node ?property ?{} .", "?node ?{} ?value .")


def migration(knowledge: Knowledge) -> str:
    """Compile the withdrawn terms that one term takes the place of, for the default graph and for named ones.

    The others are named in comments: what is recorded by them needs somebody's judgement.
    """
    return "\n".join(_lines(knowledge)) + "\n"


def _lines(knowledge: Knowledge) -> Iterator[str]:
    yield f"# Rewrites records of patients in the terms of the ontology, version {knowledge.version}."
    simple: list[Withdrawal] = []
    others: list[Withdrawal] = []
    for one in knowledge.withdrawn.values():
        if not one.is_statement:
            (simple if len(one.replaced_by) == 1 else others).append(one)
    yield from (f"# By hand: {told(one, knowledge)}." for one in others)
    yield from (f"# {one.name} becomes {called(one.replaced_by[0], knowledge)}." for one in simple)
    pairs = " ".join(f"({term(one.iri)} {term(one.replaced_by[0])})" for one in simple)
    if not pairs:
        yield "# There is nothing to rewrite."
        return
    yield from ("", f"PREFIX hip: <{HIP}>")
    for opening, closing in (("", ""), ("GRAPH ?graph { ", " }")):
        for pattern in _TRIPLES:
            old, new = (f"{opening}{pattern.format(one)}{closing}" for one in ("old", "new"))
            yield f"DELETE {{ {old} }}"
            yield f"INSERT {{ {new} }}"
            yield f"WHERE {{ VALUES (?old ?new) {{ {pairs} }} {old} }} ;"


def migrated(triples: Iterable[ox.Triple], knowledge: Knowledge) -> tuple[list[ox.Triple], tuple[Withdrawal, ...]]:
    """Rewrite the triples of records as `migration` does.

    Returns them with the withdrawn terms that are still there, since no term or several take their place.
    """
    store = ox.Store()
    store.extend(ox.Quad(*one) for one in triples)
    store.update(migration(knowledge))
    found = [one.triple for one in store]
    names = {it.value for one in found for it in (one.predicate, one.object) if isinstance(it, ox.NamedNode)}
    return found, tuple(one for iri, one in sorted(knowledge.withdrawn.items()) if iri in names)


def left_as_it_is(one: Withdrawal, knowledge: Knowledge) -> UsageError:
    """Say of a withdrawn term that records keep it, and what can be done."""
    return UsageError(f"left as it is: {told(one, knowledge)}.", remedy=successor(one, knowledge))
