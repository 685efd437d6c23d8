"""Find the smallest changes of a patient's record after which a node would be in a class.

The definition of the class is followed the way a reasoner would, but where a part of it does not hold, what is missing
is added: a value to a node, another value where the ontology allows one only, or a new problem, course or study, at a
site of the patient or at one that the record does not name yet. Only what can come true is added. A diagnosis is never
made up, unless a caller asks what to watch for.

What is found is a proposal: whoever uses it derives the changed record again and keeps what comes true.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property
from itertools import combinations, islice, product
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import days_after
from hipkg.base.numbers import Limit, fits
from hipkg.base.vocabulary import RDF_TYPE, XSD, namespace_of
from hipkg.knowledge.absence import to_record
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value, disjuncts
from hipkg.record.facts import BLANK, NOTHING, Facts, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set
    from datetime import date

    from hipkg.knowledge.records import Knowledge, Link
    from hipkg.record.facts import Node
from hipkg.record.change import NO_CHANGE, Change, Fact

WIDTH = 8
"""How many ways to a goal are followed further, the smallest first."""
_DEPTH = 100
_ABSTRACT = {hip.Problem, hip.Activity}
_MADE = (*_ABSTRACT, hip.BodySite)
_UNIT_OF_DAYS = "d"
_ONE_VALUE = {hip.startDate, hip.duration, hip.hasSite, hip.targets}
_NEW = "new:"
_WORD = re.compile(r"[^a-z0-9]+")


class Abducer:
    """Find changes of the record of one patient.

    Parameters: ``facts`` holds what is recorded and entailed, ``record`` what is recorded alone; ``offered`` are the
    interventions that a new course is taken to be of where none is asked for by name, the likeliest first;
    ``diagnoses`` allows new conditions.
    """

    def __init__(
        self,
        facts: Facts,
        record: Iterable[ox.Triple],
        knowledge: Knowledge,
        patient: str,
        as_of: date,
        *,
        offered: Sequence[str] = (),
        diagnoses: bool = False,
    ) -> None:
        self._graph = facts
        self._record = Facts(record)
        self._knowledge = knowledge
        self._patient = patient
        self._as_of = as_of
        self._offered = offered
        self._diagnoses = diagnoses
        self._made = 0
        self._known: dict[tuple[str, Expression], tuple[Change, ...]] = {}
        self._place = ("", "")  # a new node and the recorded site that it is taken to be at
        self._taken = {
            text for prop in (RDF_TYPE, *self._record.objects) for text in self._record.objects.get(prop, ())
        }
        self._taken |= {node for members in self._record.members.values() for node in members}

    def ways(self, classes: Sequence[str], nodes: Sequence[str]) -> tuple[Change, ...]:
        """List the smallest changes after which each of some classes would hold of one of the nodes, smallest first."""
        each = [self._of_any(cls, nodes) for cls in classes]
        return tuple(map(self._named, self._smallest(self._together(each))))

    def denials(self, cls: str, nodes: Sequence[str]) -> tuple[Change, ...]:
        """List the smallest records of absence after which a class would not hold of one of the nodes.

        What is asked of a site is recorded as absent there, and of the patient only where there is no site.
        """
        about_patient = self._knowledge.is_a(cls, hip.Patient)
        fitting = [one for one in nodes if self._graph.is_a(one, hip.Patient) == about_patient]
        for anywhere in (False, True):
            denial = to_record(cls, anywhere, self._knowledge)
            goals = disjuncts(denial) if denial else ()
            found = self._smallest(way for goal in goals for node in fitting for way in self._afresh(node, goal))
            if found:
                return tuple(map(self._named, found))
        return ()

    def anew(self, cls: str, sites: Sequence[str]) -> tuple[Change, ...]:
        """List the smallest new problems that would be in a class, at one of some sites or at any that it asks for."""
        if not self._knowledge.is_a(cls, hip.Problem):
            return ()
        found = (way for site in sites or [""] for way in self._placed_anew(cls, site))
        return tuple(map(self._named, self._smallest(found)))

    def _placed_anew(self, cls: str, site: str) -> Iterator[Change]:
        """List the new problems in a class that are at a site, so that what is known of the site counts for them."""
        new = self._new()
        self._place = (new, site)
        for way in self._ways(new, Named(cls), 0):
            sited = not site or any(subject == new and prop == hip.hasSite for subject, prop, _ in way.added)
            where = frozenset() if sited else frozenset({(new, hip.hasSite, site)})
            yield Change(way.added | {(self._patient, hip.hasProblem, new)} | where, way.removed)

    def companion(self, intervention: str, place: str) -> Change:
        """Plan an intervention for a place."""
        node = self._new()
        added: set[Fact] = {
            (self._patient, hip.hasCourse, node),
            (node, RDF_TYPE, hip.TreatmentCourse),
            (node, hip.ofIntervention, intervention),
            (node, hip.hasStatus, hip.planned),
        }
        if place in self._taken:
            added.add((node, hip.targets, place))
        return self._named(Change(frozenset(added)))

    def merge(self, changes: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
        """Combine one of each of several lists of changes, the smallest combinations first."""
        return tuple(self._smallest(self._together(changes)))

    def _of_any(self, cls: str, nodes: Sequence[str]) -> tuple[Change, ...]:
        """List the ways for the nodes that a class can be about: the patient, or the problems among the nodes."""
        if any(self._graph.is_a(node, cls) for node in nodes):
            return (NO_CHANGE,)
        about_patient = self._knowledge.is_a(cls, hip.Patient)
        fitting = [one for one in nodes if self._graph.is_a(one, hip.Patient) == about_patient]
        return self._smallest(way for node in fitting for goal in self._goals(cls) for way in self._afresh(node, goal))

    def _goals(self, cls: str) -> tuple[Expression, ...]:
        """Take a class that is a union apart."""
        definition = self._knowledge.definition(cls)
        return definition.operands if isinstance(definition, Or) else (Named(cls),)

    def _afresh(self, node: str, goal: Expression) -> tuple[Change, ...]:
        """Look for the ways to a goal without what was found on the way to another, where cycles may have been cut."""
        self._known.clear()
        return self._ways(node, goal, 0)

    def _ways(self, node: str, expression: Expression, depth: int) -> tuple[Change, ...]:
        if depth > _DEPTH:
            return ()
        if node.startswith(_NEW):
            return self._smallest(self._made_ways(node, expression, depth))
        key = (node, expression)
        if key not in self._known:
            self._known[key] = ()  # on the way to itself nothing leads to a goal
            self._known[key] = self._smallest(self._made_ways(node, expression, depth))
        return self._known[key]

    def _made_ways(self, node: str, expression: Expression, depth: int) -> Iterator[Change]:
        match expression:
            case Named(iri):
                yield from self._into_class(node, iri, depth)
            case And(operands):
                yield from self._together([self._ways(node, one, depth + 1) for one in operands])
            case Or(operands):
                for one in operands:
                    yield from self._ways(node, one, depth + 1)
            case OneOf(individuals):
                if node in individuals:
                    yield NO_CHANGE
            case Some(prop, filler):
                yield from self._some(node, prop, filler, depth)
            case Value(prop, individual):
                yield from self._value(node, prop, individual)
            case Facet():
                yield from self._number(node, expression)

    def _into_class(self, node: str, cls: str, depth: int) -> Iterator[Change]:
        if self._graph.is_a(node, cls) or (node in self._knowledge.terms and self._is_term(node, cls)):
            yield NO_CHANGE
            return
        definition = self._knowledge.definition(cls)
        if definition is not None:
            yield from self._ways(node, definition, depth + 1)
            return
        if self._may_be(node, cls):
            yield Change(frozenset({(node, RDF_TYPE, cls)}))
        for lower in () if node.startswith(_NEW) else _narrower(self._knowledge).get(cls, ()):
            yield from self._ways(node, Named(lower), depth + 1)

    def _is_term(self, term: str, cls: str) -> bool:
        return term == cls or cls in self._knowledge.individual_types.get(term, ())

    def _may_be(self, node: str, cls: str) -> bool:
        """Tell whether a node may be recorded as a member of a class; an old one only if that narrows what it is."""
        sort = next((one for one in _MADE if self._knowledge.is_a(cls, one)), "")
        recorded = self._record.classes(node)
        is_diagnosis = self._knowledge.is_a(cls, hip.Condition) and self._knowledge.qualified.get(cls) not in recorded
        if not sort or (is_diagnosis and not self._diagnoses):
            return False
        return node.startswith(_NEW) or any(self._knowledge.is_a(cls, one) for one in recorded)

    def _some(self, node: str, prop: str, filler: Expression, depth: int) -> Iterator[Change]:
        found = [way for target in self._targets(node, prop) for way in self._ways(target, filler, depth + 1)]
        yield from found
        if NO_CHANGE in found:
            return
        if isinstance(filler, OneOf):
            for one in sorted(filler.individuals, key=lambda value: value != hip.ongoing):  # what has ended is past
                yield from self._value(node, prop, one)
            return
        for link in self._knowledge.links.get(prop, ()):
            if link.prop == hip.ofIntervention:
                if not self._graph.values(node, prop):
                    yield from (Change(frozenset({(node, prop, one)})) for one in self._interventions(filler))
            elif self._creatable(link):
                yield from self._linked(node, link, filler, depth)
            elif link.kind == hip.BodySite and not self._record.values(node, link.prop):
                yield from self._sited(node, link.prop, filler, depth)

    def _targets(self, node: str, prop: str) -> list[str]:
        """List where a property leads; what is new belongs to the patient."""
        if node.startswith(_NEW) and any(one.kind == hip.Patient for one in self._knowledge.links.get(prop, ())):
            return [self._patient]
        if node == self._place[0]:
            return self._around(prop, self._place[1])
        return sorted(self._graph.nodes(node, prop))

    def _around(self, prop: str, site: str) -> list[str]:
        """List where a property leads from whatever is at a site: to the site, or to what that is part of as well."""
        here = [one for one, sites in self._graph.objects.get(hip.hasSite, {}).items() if site in sites]
        found = [{*self._graph.nodes(one, prop)} for one in here]
        return sorted(set.intersection(*found)) if found and site in set.intersection(*found) else []

    def _creatable(self, link: Link) -> bool:
        return any(self._knowledge.is_a(link.kind, one) for one in (hip.Problem, hip.Activity))

    def _linked(self, node: str, link: Link, filler: Expression, depth: int) -> Iterator[Change]:
        """Make a new node at the end of a link, and give it to the patient."""
        new = self._new()
        ends = (new, link.prop, node) if link.backward else (node, link.prop, new)
        for way in self._ways(new, filler, depth + 1):
            kinds = {target for subject, prop, target in way.added if subject == new and prop == RDF_TYPE}
            if not (kinds - _ABSTRACT) and not self._knowledge.is_a(link.kind, hip.Activity):
                continue  # a problem that is of no kind says nothing
            plain = way.added - {(new, RDF_TYPE, one) for one in _ABSTRACT}
            owned = self._ownership(new, kinds, link)
            for named in self._intervention(new, plain, owned):
                yield Change(plain | {ends} | owned | named, way.removed)

    def _intervention(self, new: str, said: Set[Fact], owned: Set[Fact]) -> Iterator[frozenset[Fact]]:
        """Say what a new course is of, where nothing else does: any of what is offered."""
        told = any(one == new and prop == hip.ofIntervention for one, prop, _ in said)
        if told or (self._patient, hip.hasCourse, new) not in owned:
            yield frozenset()
        else:
            yield from (frozenset({(new, hip.ofIntervention, one)}) for one in self._offered)

    def _sited(self, node: str, prop: str, filler: Expression, depth: int) -> Iterator[Change]:
        """Put what is at no site yet to one of the patient, or to one that the record does not name yet."""
        if node == self._place[0] and self._place[1]:
            return  # it is taken to be at another one
        for site in self._sites:
            for way in self._ways(site, filler, depth + 1):
                yield Change(way.added | {(node, prop, site)}, way.removed)
        new = self._new()
        for way in self._ways(new, filler, depth + 1):
            kinds = [text_of(kind) for one, told, kind in way.added if one == new and told == RDF_TYPE]
            if kinds and (side := self._side(new, kinds, way)) is not None:
                yield Change(way.added | {(node, prop, new)} | side, way.removed)

    @cached_property
    def _sites(self) -> list[str]:
        """List the sites that are recorded of the patient."""
        return sorted(self._graph.members.get(hip.BodySite, NOTHING) - self._knowledge.terms)

    def _side(self, new: str, kinds: Sequence[str], way: Change) -> frozenset[Fact] | None:
        """Give a new site of some kinds a side on which none like it is recorded; None where there is no such side."""
        alike = [one for one in self._sites if any(self._graph.is_a(one, kind) for kind in kinds)]
        if not any(self._knowledge.is_a(kind, one) for kind in kinds for one in self._knowledge.sided):
            return None if alike else frozenset()
        taken = [self._graph.nodes(one, hip.hasSide) for one in alike]
        free = sorted(self._knowledge.opposites.keys() - set().union(*taken)) if all(taken) else []
        asked = [text_of(side) for one, prop, side in way.added if one == new and prop == hip.hasSide]
        if asked:
            return frozenset() if asked[0] in free else None
        return frozenset({(new, hip.hasSide, free[0])}) if free else None

    def _ownership(self, new: str, kinds: set[Node], link: Link) -> set[Fact]:
        if self._knowledge.is_a(link.kind, hip.Problem):
            return {(self._patient, hip.hasProblem, new)}
        if hip.Study in kinds or self._knowledge.is_a(link.kind, hip.Study):
            return {(self._patient, hip.hasStudy, new), (new, RDF_TYPE, hip.Study)}
        return {(self._patient, hip.hasCourse, new), (new, RDF_TYPE, hip.TreatmentCourse)}

    def _interventions(self, filler: Expression) -> Iterator[str]:
        """List the interventions that are in an expression, as narrow as it names them."""
        match filler:
            case Named(iri) if iri in self._knowledge.interventions:
                yield iri
            case Named(iri):
                definition = self._knowledge.definition(iri)
                if definition is not None:
                    yield from self._interventions(definition)
            case OneOf(individuals):
                yield from individuals
            case And(operands):
                yield from islice((one for part in operands for one in self._interventions(part)), 1)
            case Or(operands):
                for part in operands:
                    yield from self._interventions(part)

    def _value(self, node: str, prop: str, individual: str) -> Iterator[Change]:
        """Give a node a value; where it can have one only, in place of the one that it has."""
        values = self._graph.values(node, prop)
        if individual in values:
            yield NO_CHANGE
            return
        added: Fact = (node, prop, individual)
        if not values or prop == hip.isWithout:
            yield Change(frozenset({added}))
        elif prop in self._knowledge.single_valued:
            recorded = {(node, prop, one) for one in self._record.values(node, prop)}
            if recorded:
                yield Change(frozenset({added}), frozenset(recorded))

    def _number(self, node: str, facet: Facet) -> Iterator[Change]:
        """Give a node a number within bounds; of what is recorded already only a course can get another."""
        values = self._graph.values(node, facet.prop)
        if any(fits(one, facet.bounds) for one in values):
            yield NO_CHANGE
            return
        number = _nearest(facet)
        if self._knowledge.units.get(facet.prop) == _UNIT_OF_DAYS:
            yield from self._days(node, facet, number)
        elif not values:
            yield Change(frozenset({(node, facet.prop, _literal(number, facet.datatype))}))
        elif self._graph.is_a(node, hip.Activity):
            recorded = frozenset((node, facet.prop, one) for one in self._record.values(node, facet.prop))
            yield Change(frozenset({(node, facet.prop, _literal(number, facet.datatype))}), recorded)

    def _days(self, node: str, facet: Facet, number: Decimal) -> Iterator[Change]:
        """Let a course be as long as is asked: begun earlier, or with its length recorded."""
        if facet.prop != hip.minimumDays:
            return
        starts = {(node, hip.startDate, one) for one in self._record.values(node, hip.startDate)}
        lengths = {
            (node, prop, one)
            for prop in (
                hip.minimumDays,
                self._knowledge.upper_ends.get(hip.minimumDays, hip.minimumDays),
                hip.duration,
            )
            for one in self._record.values(node, prop)
        }
        if starts and not lengths:
            start = days_after(self._as_of, -number)
            if start is not None:
                began = _literal(start.isoformat(), XSD + "date")
                yield Change(frozenset({(node, hip.startDate, began)}), frozenset(starts))
        else:
            length = _literal(f"P{int(number)}D", XSD + "duration")
            yield Change(frozenset({(node, hip.duration, length)}), frozenset(lengths))

    def _together(self, each: Sequence[Sequence[Change]]) -> Iterator[Change]:
        """Combine one change for each of several goals, where they do not contradict each other."""
        ways: list[Change] = [NO_CHANGE]
        for some in each:
            merged = (self._unified(one | other) for one, other in product(ways, some))
            ways = list(self._smallest(one for one in merged if self._is_sound(one)))
            if not ways:
                return
        yield from ways

    def _unified(self, change: Change) -> Change:
        """Let one new node serve several goals, where it is the same thing and nothing said of it contradicts."""
        new = sorted({subject for subject, _, _ in change.added if subject.startswith(_NEW)})
        if len(new) < 2:  # noqa: PLR2004 - one node cannot be like another
            return change
        sorts = {node: self._sort(node, change) for node in new}
        for one, other in combinations(new, 2):
            if sorts[one] == sorts[other]:
                merged = change.renamed({other: one})
                if self._is_sound(merged):
                    return self._unified(merged)
        return change

    @staticmethod
    def _sort(node: str, change: Change) -> frozenset[Node]:
        return frozenset(
            value for subject, prop, value in change.added if subject == node and prop in {RDF_TYPE, hip.ofIntervention}
        )

    def _is_sound(self, change: Change) -> bool:
        """Tell whether no property that has one value gets two."""
        single = self._knowledge.single_valued | self._knowledge.functional | _ONE_VALUE
        seen = [(subject, prop) for subject, prop, _ in change.added if prop in single]
        return len(seen) == len(set(seen))

    @staticmethod
    def _smallest(ways: Iterable[Change]) -> tuple[Change, ...]:
        distinct = dict.fromkeys(ways)
        return tuple(sorted(distinct, key=lambda one: one.size)[:WIDTH])

    def _new(self) -> str:
        self._made += 1
        return f"{_NEW}{self._made}"

    def _named(self, change: Change) -> Change:
        """Give new nodes a name after what they are, beside the names of the patient's own nodes."""
        names: dict[str, str] = {}
        for node in sorted(
            {one for fact in change.added for one in fact if isinstance(one, str) and one.startswith(_NEW)}
        ):
            stem = f"{self._stem()}{self._slug(node, change)}"
            number = 1
            while (name := stem if number == 1 else f"{stem}-{number}") in self._taken | {*names.values()}:
                number += 1
            names[node] = name
        return change.renamed(names)

    def _stem(self) -> str:
        return "urn:hipkg:new/" if self._patient.startswith(BLANK) else namespace_of(self._patient)

    def _slug(self, node: str, change: Change) -> str:
        told = sorted(
            text_of(target)
            for one, prop, target in change.added
            if one == node and prop in {hip.ofIntervention, RDF_TYPE}
        )
        about = [one for one in told if one in self._knowledge.interventions] or told
        return _WORD.sub("-", self._knowledge.label(about[0]).lower()).strip("-") if about else "new"


def _literal(value: Decimal | str, datatype: str) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(datatype))


def _nearest(facet: Facet) -> Decimal:
    """Choose the number within the bounds that lies nearest to the first of them."""
    symbol, limit = facet.bounds[0] if facet.bounds else Limit(">=", Decimal(0))
    step = Decimal(1) if facet.datatype == XSD + "integer" else Decimal("0.1")
    return limit + {">": step, "<": -step}.get(symbol, Decimal(0))


@kept
def _narrower(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Map each class to the defined classes below it, which entail it."""
    found: dict[str, list[str]] = {}
    for lower in sorted(knowledge.definitions.keys() - knowledge.auxiliary):
        for upper in knowledge.superclasses.get(lower, ()):
            found.setdefault(upper, []).append(lower)
    return {iri: tuple(lower) for iri, lower in found.items()}
