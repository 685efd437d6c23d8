"""Which classes mean something else in another ontology, and whether that is more or less than before.

A class means something else if its definition differs, or that of a class which its definition names. Its old meaning
is put beside the new ontology under another name, so that one classification tells which of the two is the narrower.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import EngineUnavailable
from hipkg.base.groups import reached
from hipkg.base.vocabulary import HIP, OWL, PREFIXES, curie
from hipkg.maintenance.modules import turtle
from hipkg.owl.expression import And, Expression, Named, Or, Some, named_classes
from hipkg.owl.reasoners import close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.reasoners import Entailments

    Ask = Callable[[tuple[ox.Triple, ...], frozenset[str]], Entailments]
    """Ask a reasoner, beside the new ontology, about what some triples say of some classes."""

_OLD = "urn:hipkg:old:"


class Relation(StrEnum):
    """How what is meant now stands to what was meant before."""

    SAME = "same"
    WIDER = "wider"
    NARROWER = "narrower"
    OTHER = "other"
    NOT_ASKED = "not asked"


def relation(*, old_in_new: bool, new_in_old: bool) -> Relation:
    """Tell how a new meaning stands to an old one from which holds which."""
    if old_in_new:
        return Relation.SAME if new_in_old else Relation.WIDER
    return Relation.NARROWER if new_in_old else Relation.OTHER


class Meaning:
    """What classes mean in two ontologies, compared.

    ``changed`` are the classes of both that mean something else now; ``asked`` tells that a reasoner has told how, as
    far as there was anything to ask.

    Parameters: ``compared`` are the classes of the new ontology that may have to be compared with such; ``ask`` puts a
    question to a reasoner, None where that cannot be: then it is known that a meaning differs, but not how.
    """

    def __init__(self, old: Knowledge, new: Knowledge, compared: Set[str], ask: Ask | None) -> None:
        self._old = old
        self._new = new
        self.changed = _changed(old, new)
        copied = {iri for iri in old.definitions if iri in self.changed or iri not in new.terms}
        self.asked = ask is not None or not copied
        self._above: Mapping[str, Set[str]] = {}
        if ask is not None and copied:
            classes = frozenset({*map(_copy, copied), *self.changed, *compared})
            try:
                self._above = close(ask(tuple(_copies(old.definitions, copied)), classes).subclasses)
            except EngineUnavailable:
                self.asked = False

    def implied_now(self, old: str, new: str) -> bool:
        """Tell whether who was in a class before is in another one now."""
        if self._differs(old):
            return new in self._above.get(_copy(old), ())
        return self._new.is_a(old, new) if old in self._new.terms else self._old.is_a(old, new)

    def implied_before(self, new: str, old: str) -> bool:
        """Tell whether who is in a class now was in another one before."""
        if self._differs(old):
            return _copy(old) in self._above.get(new, ())
        return self._new.is_a(new, old) if old in self._new.terms else self._old.is_a(new, old)

    def of(self, cls: str) -> Relation:
        """Tell how what a class means now stands to what it meant before."""
        if cls not in self.changed:
            return Relation.SAME
        if not self.asked:
            return Relation.NOT_ASKED
        return relation(old_in_new=self.implied_now(cls, cls), new_in_old=self.implied_before(cls, cls))

    def knows(self, classes: Iterable[str]) -> bool:
        """Tell whether some classes of the old ontology can be compared."""
        return self.asked or not any(map(self._differs, classes))

    def _differs(self, old: str) -> bool:
        return old in self.changed or (old in self._old.definitions and old not in self._new.terms)


def _changed(old: Knowledge, new: Knowledge) -> frozenset[str]:
    """Find the classes of both ontologies whose definitions differ, and those that are defined by such."""
    one, other = old.definitions, new.definitions
    found = {iri for iri in one.keys() | other.keys() if one.get(iri) != other.get(iri)}
    used: dict[str, set[str]] = {}
    for definitions in (one, other):
        for iri, definition in definitions.items():
            for name in named_classes(definition):
                used.setdefault(name, set()).add(iri)
    return frozenset(reached(found, lambda iri: used.get(iri, ())) & old.terms & new.terms)


def _copy(iri: str) -> str:
    return _OLD + iri.removeprefix(HIP)


def _copies(definitions: Mapping[str, Expression], copied: Iterable[str]) -> Iterable[ox.Triple]:
    """Write old definitions under names of their own."""
    names = {iri: _copy(iri) for iri in copied}
    prefixes = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    told = (
        f"{curie(copy)} a <{OWL}Class> ; <{OWL}equivalentClass> {turtle(_renamed(definitions[iri], names))} ."
        for iri, copy in sorted(names.items())
    )
    return (one.triple for one in ox.parse(prefixes + "\n".join(told), format=ox.RdfFormat.TURTLE))


def _renamed(expression: Expression, names: Mapping[str, str]) -> Expression:
    match expression:
        case Named(iri):
            return Named(names.get(iri, iri))
        case And(operands):
            return And(tuple(_renamed(one, names) for one in operands))
        case Or(operands):
            return Or(tuple(_renamed(one, names) for one in operands))
        case Some(prop, filler):
            return Some(prop, _renamed(filler, names))
        case _:
            return expression
