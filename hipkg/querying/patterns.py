"""Hold the patterns of a query to what can be, so that what can be nowhere is never answered by nothing.

A variable is bound where it is used; nothing is at once what one property is told of and what another one is; what is
in no class itself is not looked for in it.
"""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import RDF_TYPE, RDFS, curie, is_plain_term, local_name
from hipkg.querying.declared import LOOKED_AT, TOLD_OF, Declared
from hipkg.querying.names import LENIENT
from hipkg.querying.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.comparisons import Clause, Meaning, Pattern
    from hipkg.querying.text import QueryText

_RANGE = RDFS + "range"
_TOLD = 5


class _Why(Enum):
    """Why a variable has to be in a class: it is said to be, or what it has is told of that, or leads to it."""

    TYPE = "type"
    DOMAIN = "domain"
    RANGE = "range"


class _Demand(NamedTuple):
    """What a pattern demands of a variable: that it is in one of some classes, by itself or because of a property."""

    classes: frozenset[str]
    why: _Why
    pattern: Pattern

    def holds(self, node: ox.NamedNode | ox.BlankNode, store: ox.Store) -> bool:
        """Tell whether a node has what the pattern asks for."""
        return next(self._found(store, node), None) is not None

    def nodes(self, store: ox.Store) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """List the nodes that have it."""
        found = self._found(store, None)
        subject = self.why is not _Why.RANGE
        return (one.subject if subject else one.object for one in found)  # type: ignore[misc]

    def _found(self, store: ox.Store, node: ox.NamedNode | ox.BlankNode | None) -> Iterator[ox.Quad]:
        prop = ox.NamedNode(self.pattern.property)
        match self.why:
            case _Why.TYPE:
                return store.quads_for_pattern(node, prop, ox.NamedNode(self.pattern.target))
            case _Why.DOMAIN:
                return store.quads_for_pattern(node, prop, None)
            case _Why.RANGE:
                return store.quads_for_pattern(None, prop, node)

    def words(self) -> str:
        """Say what is demanded."""
        classes = " or ".join(map(curie, sorted(self.classes)))
        match self.why:
            case _Why.TYPE:
                return f"it is in {classes}"
            case _Why.DOMAIN:
                return f"{curie(self.pattern.property)} is told of {classes}"
            case _Why.RANGE:
                return f"{curie(self.pattern.property)} leads to {classes}"


def impossible(meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """Find variables that nothing binds, and patterns that nothing in any such dataset can fulfil.

    What the dataset has after all is none of it.
    """
    text = meaning.query.written
    found = meaning.uses
    checker = _Patterns(text, knowledge, store)
    return [
        *(checker.unbound(one, found.bound) for one in found.unbound),
        *(problem for one in found.classes for problem in checker.in_no_class(one)),
        *(checker.astray(one) for one in found.astray),
        *(problem for clause in found.clauses for problem in checker.of_no_patient(clause)),
        *(problem for clause in found.clauses for problem in checker.contradictory(clause)),
    ]


class _Patterns:
    """Check the patterns of one query."""

    def __init__(self, text: QueryText, knowledge: Knowledge, store: ox.Store) -> None:
        self._text = text
        self._knowledge = knowledge
        self._terms = Declared(store)

    def unbound(self, name: str, bound: Iterable[str]) -> UsageError:
        """Tell that nothing in the query binds a variable."""
        near = get_close_matches(name, sorted(bound), n=1)
        hint = f"Did you mean ?{near[0]}? " if near else "Use it in a pattern. "
        return UsageError(f"Nothing in the query binds ?{name}.", place=self._first(name), remedy=hint + LENIENT)

    def astray(self, name: str) -> UsageError:
        """Tell that a variable is asked for in a group that does not have it."""
        message = f"?{name} is asked for in a group that does not bind it: what is around a group gives it no values."
        remedy = f"Move the expression out to where ?{name} is bound, or select ?{name} in the subquery. {LENIENT}"
        return UsageError(message, place=self._first(name), remedy=remedy)

    def _first(self, name: str) -> str:
        """Name the place of the first use of a variable."""
        token = next((one for one in self._text.tokens if one.kind is Kind.VARIABLE and one.text[1:] == name), None)
        return self._text.where(token.start) if token else self._text.place

    def in_no_class(self, cls: str) -> Iterator[UsageError]:
        """Tell that the kinds of an intervention stand below it, and are not in it."""
        within = (one.subject for one in self._terms.quads(None, RDF_TYPE, ox.NamedNode(cls)))
        kinds = (one for one, above in self._knowledge.superclasses.items() if cls in above)
        is_intervention = self._knowledge.is_a(cls, hip.Intervention) and any(kinds)
        if is_intervention and {*within} <= {ox.NamedNode(cls)}:
            remedy = f"Write ?kind rdfs:subClassOf* {curie(cls)}. {LENIENT}"
            yield UsageError(
                f"The kinds of {curie(cls)} are below it, not in it.", place=self._text.where_named(cls), remedy=remedy
            )

    def of_no_patient(self, clause: Clause) -> Iterator[UsageError]:
        """Tell what only patients have, and there is none."""
        if self._terms.has(None, RDF_TYPE, ox.NamedNode(hip.Patient)):
            return
        for one in clause.patterns:
            name = one.named()
            if name not in self._knowledge.terms or not is_plain_term(name) or self._is_told(one):
                continue
            if self._is_of_patients(one):
                message = f"There is no patient, and only patients and their plans have {curie(name)}."
                remedy = f"Name files after the query. {LENIENT}"
                yield UsageError(message, place=self._text.where_named(name), remedy=remedy)

    def contradictory(self, clause: Clause) -> Iterator[UsageError]:
        """Tell that patterns demand of a variable what nothing can be at once."""
        own = [*self._demands(clause.patterns)]
        beside = [*self._demands(clause.beside)]
        told: set[str] = set()
        for number, (name, one) in enumerate(own):
            for other_name, other in (*own[:number], *beside):
                if name == other_name and name not in told and self._excludes(one, other):
                    told.add(name)
                    what = "in the middle of the path" if "/" in name else name
                    message = f"Nothing can be {what}: {other.words()}, and {one.words()}."
                    yield UsageError(message, place=self._place_of(one), remedy=f"{self._told_of(one, other)}{LENIENT}")

    def _demands(self, patterns: Iterable[Pattern]) -> Iterator[tuple[str, _Demand]]:
        for one in patterns:
            if one.property == RDF_TYPE:
                if one.subject.startswith("?") and is_plain_term(one.target):
                    yield one.subject, _Demand(frozenset({one.target}), _Why.TYPE, one)
            elif is_plain_term(one.property):
                kinds, ranges = self._terms.kinds(one.property), self._terms.values(one.property, _RANGE)
                for end, declared, why in ((one.subject, kinds, _Why.DOMAIN), (one.target, ranges, _Why.RANGE)):
                    if end.startswith("?") and declared and all(map(is_plain_term, declared)):
                        yield end, _Demand(frozenset(declared), why, one)

    def _excludes(self, one: _Demand, other: _Demand) -> bool:
        """Tell whether nothing that is demanded by one can be what is demanded by another."""
        if any(self._are_related(it, that) for it in one.classes for that in other.classes):
            return False
        store = self._terms.store
        return not any(other.holds(node, store) for node in islice(one.nodes(store), LOOKED_AT))

    def _are_related(self, one: str, other: str) -> bool:
        """Tell whether one of two classes is below the other, or something is below both."""
        above, beyond = self._terms.above(one), self._terms.above(other)
        if one in beyond or other in above:
            return True
        return any(one in some and other in some for some in self._knowledge.superclasses.values())

    def _told_of(self, one: _Demand, other: _Demand) -> str:
        """Name what is told of a class instead of a property, what is written most like it first."""
        if one.why is not _Why.DOMAIN:
            return ""
        wanted = local_name(one.pattern.property)
        above = {it for cls in other.classes for it in self._terms.above(cls)}
        named = ((it.subject, it.object) for said in TOLD_OF for it in self._terms.quads(None, said, None))
        found = {
            prop.value
            for prop, cls in named
            if isinstance(prop, ox.NamedNode) and isinstance(cls, ox.NamedNode) and cls.value in above
        }

        def unlike(prop: str) -> tuple[float, str]:
            return -SequenceMatcher(None, wanted, local_name(prop)).ratio(), prop

        near = sorted(found, key=unlike)[:_TOLD]
        kinds = " or ".join(map(curie, sorted(other.classes)))
        return f"Of {kinds} are told {', '.join(map(curie, near))}. " if near else ""

    def _is_of_patients(self, pattern: Pattern) -> bool:
        """Tell whether a pattern asks for what no guideline has."""
        if pattern.property == RDF_TYPE:
            return pattern.target == hip.Patient
        domains = self._terms.kinds(pattern.property)
        return bool(domains) and not any(self._terms.has(None, RDF_TYPE, ox.NamedNode(one)) for one in domains)

    def _is_told(self, pattern: Pattern) -> bool:
        """Tell whether the dataset has a property, or something in a class."""
        target = ox.NamedNode(pattern.target) if pattern.property == RDF_TYPE else None
        return self._terms.has(None, pattern.property, target)

    def _place_of(self, demand: _Demand) -> str:
        return self._text.where_named(demand.pattern.target if demand.why is _Why.TYPE else demand.pattern.property)
