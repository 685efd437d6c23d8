"""Say how far a patient is from a requirement: what is recorded, what is needed, and when it can be met.

A requirement that is a conjunction of named classes is taken apart until the parts that fail are found. For such a
part the definition is relaxed, its numeric limits and its single-valued properties left open, and asked of the graph:
what comes back is what is there instead.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, product
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.dates import days_after
from hipkg.base.groups import reached
from hipkg.base.numbers import Bounds, Range, fits, read, within
from hipkg.knowledge.absence import denied, is_absent
from hipkg.knowledge.frame.answers import Answer
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import (
    And,
    Expression,
    Facet,
    Named,
    OneOf,
    Or,
    Some,
    Value,
    conjuncts,
    disjuncts,
    intersection,
    walk,
)
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.record.facts import Facts

_DAYS = "d"


@shown_by("label", "answer", "have", "need", "unit")
class Gap(NamedTuple):
    """One part of a requirement that does not hold yet.

    ``answer`` is ``unmet`` where recorded facts show it and ``unknown`` where nothing, or nothing exact enough, is
    recorded. ``have`` and ``need`` are numbers in ``unit`` or the labels of coded values, or else empty; ``earliest``
    is the first date on which a running activity can meet the need; ``node`` is the record that comes nearest.
    """

    requirement: str
    label: str
    answer: Answer
    have: Range | str = ""
    need: Bounds | str = ""
    unit: str = ""
    earliest: date | None = None
    boundary: bool = False
    node: str = ""
    question: str = ""


@shown_by("label", "have", "need", "unit")
class Reached(NamedTuple):
    """One part of a requirement that asks for a number and has it.

    ``have`` and ``need`` are in ``unit``; ``node`` is the record that has the number; ``boundary`` tells that it rests
    on the exact day.
    """

    requirement: str
    label: str
    have: Range
    need: Bounds
    unit: str
    node: str
    boundary: bool = False


class _Probe(NamedTuple):
    """A place in a relaxed expression where a recorded value is compared with the wanted one.

    What is ``wanted`` is an individual, or a number within bounds.
    """

    prop: str
    wanted: Bounds | str


class _Onward(NamedTuple):
    """A property of a relaxed expression that leads on to others."""

    prop: str
    filler: _Relaxed


class _Relaxed(NamedTuple):
    """An expression with its limits and its single-valued properties left open: what stays as it is, and the rest."""

    closed: tuple[Expression, ...] = ()
    opened: tuple[_Probe | _Onward, ...] = ()

    def properties(self) -> Iterator[str]:
        """List the properties on the way to what is left open."""
        for one in self.opened:
            yield one.prop
            if isinstance(one, _Onward):
                yield from one.filler.properties()


class _Reading(NamedTuple):
    """What is recorded at the place of a probe: the node with a number, or with an individual."""

    probe: _Probe
    node: str
    value: Range | str


class _Way(NamedTuple):
    """One of several ways to fulfil a requirement: what it still lacks, and how many of its parts are ``met``."""

    gaps: tuple[Gap, ...]
    met: int


class Measurer:
    """Measure the gaps of one patient.

    Parameters: ``facts`` holds what is recorded and entailed; ``as_of`` is the date of the plan.
    """

    def __init__(self, facts: Facts, knowledge: Knowledge, as_of: date) -> None:
        self._graph = facts
        self._knowledge = knowledge
        self._as_of = as_of
        self._known: dict[tuple[str, tuple[str, ...]], tuple[Gap, ...]] = {}
        self._read_before: dict[tuple[str, str], list[_Reading]] = {}

    def gaps(self, requirement: str, nodes: Sequence[str]) -> tuple[Gap, ...]:
        """List the parts of a requirement that none of the nodes (a subject and its patient) fulfils."""
        if self._knowledge.is_a(requirement, hip.Patient):
            nodes = [one for one in nodes if self._graph.is_a(one, hip.Patient)]
        key = (requirement, tuple(nodes))
        known = self._known.get(key)
        if known is None:
            if other := self.defeater(requirement, nodes):
                label = self._knowledge.label
                known = (Gap(requirement, label(requirement), Answer.UNMET, have=label(other), node=nodes[0]),)
            else:
                known = tuple(self._open_parts(requirement, nodes, frozenset()))
            self._known[key] = known
        return known

    def defeater(self, requirement: str, nodes: Sequence[str]) -> str:
        """Return the class that defeats a requirement which would hold, empty if none does."""
        other = self._knowledge.defeated_by.get(requirement, "")
        holds = other and self._graph.any_is_a(nodes, requirement) and self._graph.any_is_a(nodes, other)
        return other if holds else ""

    def _would_be_defeated(self, requirement: str, nodes: Sequence[str]) -> bool:
        """Tell whether a requirement would not hold whatever fulfilled it: what defeats it holds."""
        other = self._knowledge.defeated_by.get(requirement, "")
        return bool(other) and self._graph.any_is_a(nodes, other)

    def activities(self, cls: str, node: str) -> tuple[str, ...]:
        """List the recorded nodes, one step away, by which a node is in a class."""
        definition = self._knowledge.definition(cls)
        steps = [one for one in conjuncts(definition) if isinstance(one, Some)] if definition else []
        return tuple(
            sorted({it for one in steps for it in self._graph.nodes(node, one.prop) if self._fits(it, one.filler)})
        )

    def boundary(self, requirement: str, nodes: Sequence[str]) -> bool:
        """Tell whether a fulfilled requirement rests on exactly the number of days that it asks for."""
        if not _counts_days(requirement, self._knowledge):
            return False
        return any(self._on_boundary(one) for one in self._readings(requirement, nodes))

    def reached(self, requirement: str, nodes: Sequence[str]) -> tuple[Reached, ...]:
        """List the parts of a requirement that ask for a number and hold for a node, whether or not the whole does."""
        return tuple(dict.fromkeys(self._reached_parts(requirement, nodes, frozenset())))

    def _reached_parts(self, requirement: str, nodes: Sequence[str], seen: frozenset[str]) -> Iterator[Reached]:
        if requirement in seen:
            return
        ways = _ways(requirement, self._knowledge)
        for part in (one for way in ways for one in way):
            yield from self._reached_parts(part, nodes, seen | {requirement})
        holding = [] if ways else [node for node in nodes if self._graph.is_a(node, requirement)]
        relaxed = _relaxation(requirement, self._knowledge)
        for readings in (way for node in holding for way in self._relaxed(node, relaxed)):
            if all(self._judge(one) is None for one in readings):
                yield from self._reached(requirement, readings)

    def _reached(self, requirement: str, readings: Iterable[_Reading]) -> Iterator[Reached]:
        label = self._knowledge.label(requirement)
        for one in readings:
            have, need, unit = one.value, one.probe.wanted, self._knowledge.units.get(one.probe.prop, "")
            if isinstance(have, Range) and isinstance(need, Bounds):
                yield Reached(
                    requirement=requirement,
                    label=label,
                    have=have,
                    need=need,
                    unit=unit,
                    node=one.node,
                    boundary=self._on_boundary(one),
                )

    def _open_parts(self, requirement: str, nodes: Sequence[str], seen: frozenset[str]) -> Iterable[Gap]:
        if requirement in seen or self._graph.any_is_a(nodes, requirement):
            return ()
        ways = _ways(requirement, self._knowledge)
        if not ways:
            return (self._leaf(requirement, nodes),)
        seen |= {requirement}
        nearest = max((self._way(one, nodes, seen) for one in ways), key=_nearness)
        # What is there may be another value than each way wants, and brings none of them nearer than the others.
        found = [one.have for one in nearest.gaps if one.have]
        otherwise = found and len(ways) > 1 and not nearest.met and all(isinstance(one, str) for one in found)
        return (_unrecorded(requirement, self._knowledge),) if otherwise else nearest.gaps

    def _way(self, parts: tuple[str, ...], nodes: Sequence[str], seen: frozenset[str]) -> _Way:
        """Measure one way to fulfil a requirement: the gaps of its parts, and how many have none."""
        opened = [tuple(self._open_parts(one, nodes, seen)) for one in parts]
        return _Way(tuple(chain.from_iterable(opened)), sum(not one for one in opened))

    def _leaf(self, requirement: str, nodes: Sequence[str]) -> Gap:
        bare = _unrecorded(requirement, self._knowledge)
        readings = self._readings(requirement, nodes)
        near = [gap for one in readings if (gap := self._judge(one)) is not None] if readings else ()
        if not near:
            answered = self._is_absent(requirement, nodes) or self._would_be_defeated(requirement, nodes)
            return bare._replace(answer=Answer.UNMET) if answered else bare
        best = min(near, key=_distance)
        return best._replace(requirement=requirement, label=bare.label, question=bare.question)

    def question(self, requirement: str, nodes: Sequence[str]) -> str:
        """Word the question about a requirement, by the alternatives that are open where the record rules some out."""
        whole, alternatives = (
            self._knowledge.questions.get(requirement, ""),
            _alternatives(requirement, self._knowledge),
        )
        open_ = [words for one, words in alternatives if not any(self._is_ruled_out(it, one) for it in nodes)]
        if not whole or len(open_) in {0, len(alternatives)}:
            return whole
        *others, last = open_
        words = f"{', '.join(others)}, or {last}" if others else last
        return f"{words[:1].upper()}{words[1:]}?"

    def _is_ruled_out(self, node: str, expression: Expression) -> bool:
        """Tell whether what is recorded of a node, or is absent, keeps it out of a class expression."""
        for one in conjuncts(expression):
            if isinstance(one, Facet) and (values := self._graph.values(node, one.prop)):
                return not any(fits(it, one.bounds) for it in values)
        denial = denied(expression, self._knowledge)
        return denial is not None and self._fits(node, denial)

    def _is_absent(self, requirement: str, nodes: Iterable[str]) -> bool:
        """Tell whether what is recorded as absent, or excludes it, answers that a requirement is not met."""
        if not self._graph.has(hip.isWithout) and requirement not in self._knowledge.excluded_by:
            return False
        denial = is_absent(requirement, self._knowledge)
        return denial is not None and any(self._fits(one, denial) for one in nodes)

    def _readings(self, requirement: str, nodes: Sequence[str]) -> list[_Reading]:
        """List what the relaxed definition of a requirement reads of the nodes that fit it."""
        needed = _needed(requirement, self._knowledge)
        if not needed or not all(map(self._graph.has, needed)):
            return []
        return [one for node in nodes for one in self._readings_of(node, requirement)]

    def _readings_of(self, node: str, requirement: str) -> list[_Reading]:
        key = (node, requirement)
        if key not in self._read_before:
            relaxed = _relaxation(requirement, self._knowledge)
            self._read_before[key] = [one for way in self._relaxed(node, relaxed) for one in way]
        return self._read_before[key]

    def _relaxed(self, node: str, relaxed: _Relaxed) -> list[tuple[_Reading, ...]]:
        """List the ways in which a node fits a relaxed expression, each with what it reads."""
        if not all(self._fits(node, one) for one in relaxed.closed):
            return []
        ways: list[tuple[_Reading, ...]] = [()]
        for step in relaxed.opened:
            more = list(self._step(node, step))
            ways = [(*one, *other) for one, other in product(ways, more)]
            if not ways:
                break
        return ways

    def _step(self, node: str, step: _Probe | _Onward) -> Iterator[tuple[_Reading, ...]]:
        if isinstance(step, _Probe):
            yield from ((one,) for one in self._read(node, step))
        else:
            for other in self._graph.nodes(node, step.prop):
                yield from self._relaxed(other, step.filler)

    def _read(self, node: str, probe: _Probe) -> Iterator[_Reading]:
        """Read each value at a probe, a number with its upper end where the ontology names the property that holds it.

        What is no number where one is wanted, which validation refuses, is passed over.
        """
        values = self._graph.values(node, probe.prop)
        if isinstance(probe.wanted, str):
            yield from (_Reading(probe, node, text_of(one)) for one in values)
            return
        uppers = self._graph.values(node, self._knowledge.upper_ends.get(probe.prop, "")) or ("",)
        for least, most in product(map(read, values), map(read, uppers)):
            if least is not None:
                yield _Reading(probe, node, Range(least, least if most is None else most))

    def _fits(self, node: str, expression: Expression) -> bool:
        """Tell whether a node is in a class expression."""
        match expression:
            case Named(iri):
                return self._graph.is_a(node, iri)
            case And(operands):
                return all(self._fits(node, one) for one in operands)
            case Or(operands):
                return any(self._fits(node, one) for one in operands)
            case OneOf(individuals):
                return node in individuals
            case Value(prop, individual):
                return individual in self._graph.values(node, prop)
            case Some(prop, filler):
                return any(self._fits(one, filler) for one in self._graph.nodes(node, prop))
            case Facet(prop, _, bounds):
                return any(fits(one, bounds) for one in self._graph.values(node, prop))

    def _judge(self, reading: _Reading) -> Gap | None:
        """Compare a recorded value with the wanted one; None if this is not where the record falls short."""
        wanted, value = reading.probe.wanted, reading.value
        if isinstance(wanted, str) or isinstance(value, str):
            if value == wanted:
                return None
            have, need = self._knowledge.label(str(value)), self._knowledge.label(str(wanted))
            return Gap(requirement="", label="", answer=Answer.UNMET, have=have, need=need, node=reading.node)
        if within(value.least, wanted):
            return None
        return Gap(
            requirement="",
            label="",
            answer=Answer.UNKNOWN if value.most is not None and within(value.most, wanted) else Answer.UNMET,
            have=value,
            need=wanted,
            unit=self._knowledge.units.get(reading.probe.prop, ""),
            earliest=self._earliest(reading),
            boundary=self._on_boundary(reading),
            node=reading.node,
        )

    def _earliest(self, reading: _Reading) -> date | None:
        """Say when a running activity has lasted as long as is wanted, if the calendar goes that far."""
        left = self._days_left(reading)
        return (
            days_after(self._as_of, max(left)) if left and self._graph.is_a(reading.node, hip.CurrentActivity) else None
        )

    def _on_boundary(self, reading: _Reading) -> bool:
        """Tell whether counting the first day as well, or the time of day, could turn the verdict."""
        return any(left in {0, 1} for left in self._days_left(reading))

    def _days_left(self, reading: _Reading) -> list[Decimal]:
        """Count the days to each least number of days that is wanted."""
        wanted, value = reading.probe.wanted, reading.value
        if isinstance(wanted, str) or isinstance(value, str) or self._knowledge.units.get(reading.probe.prop) != _DAYS:
            return []
        return [limit - value.least for symbol, limit in wanted if symbol == ">="]


@kept
def _ways(requirement: str, knowledge: Knowledge) -> tuple[tuple[str, ...], ...]:
    """Take a definition apart into ways to fulfil it, each a set of named classes of the subject or of its patient.

    Empty if it consists of anything else; a definition that is no union has one way.
    """
    definition = knowledge.definition(requirement)
    ways = tuple(_parts(way, knowledge) for way in disjuncts(definition)) if definition else ()
    return ways if all(ways) else ()


@kept
def _alternatives(requirement: str, knowledge: Knowledge) -> tuple[tuple[Expression, str], ...]:
    """List the alternatives that a definition names, each in the short words of the class that is just that.

    None where there is no such class, or no words, for one of them.
    """
    found, named = disjuncts_of(requirement, knowledge), _in_brief(knowledge)
    told = [(one, named[one]) for one in found if one in named]
    return tuple(told) if len(told) == len(found) else ()


@kept
@kept
def disjuncts_of(requirement: str, knowledge: Knowledge) -> tuple[Expression, ...]:
    """List the alternatives that a definition asks for, each as if it were a definition of its own."""
    definition = knowledge.definition(requirement)
    if definition is None or not any(isinstance(one, Or) for one in walk(definition)):
        return ()
    found = (*_spread(definition),)
    return found if len(found) > 1 else ()


def _spread(expression: Expression) -> Iterator[Expression]:
    """Take an expression apart into those that ask for one of several things where it asks for any."""
    match expression:
        case Or(operands):
            yield from chain.from_iterable(map(_spread, operands))
        case And(operands):
            yield from map(intersection, product(*map(_spread, operands)))
        case Some(prop, filler):
            yield from (Some(prop, one) for one in _spread(filler))
        case _:
            yield expression


@kept
def _in_brief(knowledge: Knowledge) -> dict[Expression, str]:
    """Map what classes that have short words ask for to these words."""
    briefed = sorted(knowledge.definitions.keys() & knowledge.briefs.keys())
    return {knowledge.definitions[one]: knowledge.briefs[one] for one in briefed}


@kept
def all_parts(requirement: str, knowledge: Knowledge) -> frozenset[str]:
    """List the classes that a requirement is taken apart into, step by step, with itself."""
    return frozenset(reached([requirement], lambda one: {part for way in _ways(one, knowledge) for part in way}))


def _parts(expression: Expression, knowledge: Knowledge) -> tuple[str, ...]:
    parts: list[str] = []
    for operand in conjuncts(expression):
        match operand:
            case Named(iri) if knowledge.definition(iri) is None:
                continue
            case Named(iri):
                parts.append(iri)
            case Some(prop, Named(iri)) if prop == hip.problemOf:
                parts.append(iri)
            case _:
                return ()
    return tuple(parts)


@kept
def _relaxation(requirement: str, knowledge: Knowledge) -> _Relaxed:
    """Relax the definition of a class; nothing is open where there is none, or where it has no limit."""
    return _loosened(Named(requirement), knowledge)


@kept
def _needed(requirement: str, knowledge: Knowledge) -> frozenset[str]:
    """Collect the properties without which nothing fits the relaxed definition of a class; none if it opens nothing."""
    return frozenset(_relaxation(requirement, knowledge).properties())


def _loosened(expression: Expression, knowledge: Knowledge) -> _Relaxed:
    match expression:
        case Named(iri) if (definition := knowledge.definition(iri)) is not None:
            relaxed = _loosened(definition, knowledge)
        case And(operands):
            parts = [_loosened(one, knowledge) for one in operands]
            closed = tuple(one for part in parts for one in part.closed)
            relaxed = _Relaxed(closed, tuple(one for part in parts for one in part.opened))
        case Some(prop, filler) if (onward := _loosened(filler, knowledge)).opened:
            relaxed = _Relaxed(opened=(_Onward(prop, onward),))
        case Facet(prop, _, bounds) if bounds:
            relaxed = _Relaxed(opened=(_Probe(prop, bounds),))
        case Value(prop, individual) if prop in knowledge.single_valued:
            relaxed = _Relaxed(opened=(_Probe(prop, individual),))
        case _:
            relaxed = _Relaxed()
    return relaxed if relaxed.opened else _Relaxed((expression,))


def _facets(expression: Expression) -> Iterable[Facet]:
    match expression:
        case Facet() if expression.bounds:
            yield expression
        case And(operands):
            for operand in operands:
                yield from _facets(operand)
        case Some(_, filler):
            yield from _facets(filler)
        case _:
            return


@kept
def _counts_days(requirement: str, knowledge: Knowledge) -> bool:
    definition = knowledge.definition(requirement)
    return definition is not None and any(knowledge.units.get(one.prop) == _DAYS for one in _facets(definition))


@kept
def _unrecorded(requirement: str, knowledge: Knowledge) -> Gap:
    """Make the gap of a requirement of which nothing is recorded, with the first limit that its definition sets."""
    definition = knowledge.definition(requirement)
    facet = next(iter(_facets(definition)), None) if definition else None
    need = facet.bounds if facet else ""
    unit = knowledge.units.get(facet.prop, "") if facet else ""
    question = knowledge.questions.get(requirement, "")
    return Gap(requirement, knowledge.label(requirement), Answer.UNKNOWN, need=need, unit=unit, question=question)


def _nearness(way: _Way) -> tuple[int, int]:
    """Order ways by how much of them is there, and where nothing is by how much detail they are told in."""
    return sum(bool(one.have) for one in way.gaps) + way.met, len(way.gaps)


def _distance(gap: Gap) -> tuple[object, ...]:
    """Order gaps, the nearest first: what may be met already, then what has most of what is wanted."""
    least = gap.have.least if isinstance(gap.have, Range) else Decimal(0)
    return (gap.answer != Answer.UNKNOWN, -least, gap.node, str(gap.need), str(gap.have))
