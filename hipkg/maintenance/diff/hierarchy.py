"""How the classified hierarchies of two ontologies differ, and which statements apply to a class otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.vocabulary import curie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from hipkg.knowledge.records import Knowledge


class ClassChange(NamedTuple):
    """A class of both ontologies that is under other classes now, or to whose members other statements apply.

    ``under`` and ``no_longer_under`` name the nearest of the classes that it is newly under, and of those that it no
    longer is under; ``applies`` and ``applies_no_more`` are the ids of statements of both ontologies. What follows from
    a change of a wider class is told of that one alone.
    """

    iri: str
    label: str
    under: tuple[str, ...]
    no_longer_under: tuple[str, ...]
    applies: tuple[str, ...]
    applies_no_more: tuple[str, ...]


class Hierarchy(NamedTuple):
    """How the hierarchy differs: classes that come and go, and those of both ontologies that stand otherwise."""

    new: tuple[str, ...]
    withdrawn: tuple[str, ...]
    changed: tuple[ClassChange, ...]


def hierarchy_changes(old: Knowledge, new: Knowledge, unclassified: Set[str] = frozenset()) -> Hierarchy:
    """Compare two classified hierarchies; the classes that the release adds to those of editors are left out.

    Parameters: of ``unclassified`` classes it is not told what they are under no longer, for that is not known.
    """
    before, after = _classes(old), _classes(new)
    both = sorted(before & after)
    above = {iri: (_above(old, iri, before), _above(new, iri, after)) for iri in both}
    applying = {iri: (_applying(old, iri, new), _applying(new, iri, old)) for iri in both}
    gains = {iri: _nearest(new, later - earlier) for iri, (earlier, later) in above.items()}
    losses = {iri: _nearest(old, earlier - later) for iri, (earlier, later) in above.items()}
    come = {iri: later - earlier for iri, (earlier, later) in applying.items()}
    gone = {iri: earlier - later for iri, (earlier, later) in applying.items()}
    for iri in unclassified & gone.keys():
        losses[iri] = gone[iri] = frozenset()
    found = [
        ClassChange(
            iri,
            new.labels.get(iri, ""),
            _named(_own(gains, iri, new)),
            _named(_own(losses, iri, old)),
            _own(come, iri, new),
            _own(gone, iri, old),
        )
        for iri in both
    ]
    changed = tuple(one for one in found if any(one[2:]))
    return Hierarchy(_named(after - before), _named(before - after), changed)


def _named(classes: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(curie, sorted(classes)))


def _classes(knowledge: Knowledge) -> frozenset[str]:
    return frozenset(knowledge.superclasses.keys() - knowledge.auxiliary)


def _above(knowledge: Knowledge, iri: str, known: frozenset[str]) -> frozenset[str]:
    return knowledge.superclasses[iri] & known


def _applying(knowledge: Knowledge, iri: str, other: Knowledge) -> frozenset[str]:
    """List the statements that apply to the members of a class, among those that the other ontology has as well."""
    values = (value for one in (iri, *knowledge.superclasses[iri]) for _, value in knowledge.class_values.get(one, ()))
    statements = (knowledge.statements[one] for one in values if one in knowledge.statements)
    return frozenset(one.id for one in statements if one.id in other.by_id)


def _nearest(knowledge: Knowledge, found: Iterable[str]) -> frozenset[str]:
    return frozenset(knowledge.narrowest(found))


def _own(found: dict[str, frozenset[str]], iri: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Keep what a class does not share with a wider one of it."""

    def inherited() -> Iterator[str]:
        for upper in knowledge.superclasses[iri]:
            if upper != iri and not knowledge.is_a(upper, iri):
                yield from found.get(upper, ())

    return tuple(sorted(found[iri] - {*inherited()}))
