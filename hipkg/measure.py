"""Say how far a patient is from a requirement: what is recorded, what is needed, and when it can be met.

A requirement that is a conjunction of named classes is taken apart until the parts that fail are found. For such a
part the definition is relaxed, its numeric limits and its single-valued properties left open, and asked of the graph:
what comes back is what is there instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from hipkg.compile.sparql import PROLOGUE, Variables, pattern, term
from hipkg.expression import And, Expression, Facet, Named, Or, Some, Value
from hipkg.terms import HIP, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge import Knowledge

_TYPE = ox.NamedNode(RDF_TYPE)
_RUNNING = ox.NamedNode(HIP + "CurrentActivity")
_PROBLEM_OF = HIP + "problemOf"
_DAYS = "d"


@dataclass(frozen=True, slots=True)
class Gap:
    """One part of a requirement that does not hold yet.

    ``answer`` is ``unmet`` where recorded facts show it and ``unknown`` where nothing, or nothing exact enough, is
    recorded. ``have`` and ``need`` are in ``unit``; ``earliest`` is the first date on which a running activity can meet
    the need; ``node`` is the record that comes nearest.
    """

    requirement: str
    label: str
    answer: str
    have: str = ""
    need: str = ""
    unit: str = ""
    earliest: date | None = None
    boundary: bool = False
    node: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class _Probe:
    """A place in a relaxed definition where a recorded value is compared with the wanted one."""

    node: str
    prop: str
    value: str
    upper: str
    bounds: tuple[tuple[str, str], ...]
    wanted: str


@dataclass(frozen=True, slots=True)
class _Relaxed:
    """A relaxed definition as a graph pattern of ``?x``, with its probes and the properties that it needs."""

    pattern: str
    probes: tuple[_Probe, ...]
    properties: frozenset[str]


class Measurer:
    """Measure the gaps of one patient.

    Parameters: ``store`` holds the entailed graph in its default graph; ``as_of`` is the date of the plan.
    """

    def __init__(self, store: ox.Store, knowledge: Knowledge, as_of: date) -> None:
        self._store = store
        self._knowledge = knowledge
        self._as_of = as_of
        self._known: dict[tuple[str, tuple[str, ...]], tuple[Gap, ...]] = {}
        self._occurring: dict[str, bool] = {}

    def gaps(self, requirement: str, nodes: Sequence[str]) -> tuple[Gap, ...]:
        """List the parts of a requirement that none of the nodes (a subject and its patient) fulfils."""
        key = (requirement, tuple(nodes))
        if key not in self._known:
            self._known[key] = tuple(self._open_parts(requirement, nodes, set()))
        return self._known[key]

    def boundary(self, requirement: str, nodes: Sequence[str]) -> bool:
        """Tell whether a fulfilled requirement rests on exactly the number of days that it asks for."""
        definition = self._knowledge.definition(requirement)
        if definition is None or not _counts_days(definition, self._knowledge):
            return False
        return any(self._on_boundary(probe, row) for probe, row in self._rows(requirement, nodes))

    def _open_parts(self, requirement: str, nodes: Sequence[str], seen: set[str]) -> Iterable[Gap]:
        if requirement in seen or any(self._is_a(node, requirement) for node in nodes):
            return
        seen.add(requirement)
        ways = _ways(requirement, self._knowledge)
        if not ways:
            yield self._leaf(requirement, nodes)
            return
        taken = [[gap for part in way for gap in self._open_parts(part, nodes, set(seen))] for way in ways]
        # The way on which most is recorded is the nearest; where nothing is, the one that is told in most detail.
        yield from max(taken, key=lambda gaps: (sum(bool(gap.have) for gap in gaps), len(gaps)))

    def _is_a(self, node: str, cls: str) -> bool:
        quad = ox.Quad(ox.NamedNode(node), _TYPE, ox.NamedNode(cls))
        return quad in self._store

    def _leaf(self, requirement: str, nodes: Sequence[str]) -> Gap:
        label = self._knowledge.label(requirement)
        question = self._knowledge.questions.get(requirement, "")
        definition = self._knowledge.definition(requirement)
        candidates = [self._judge(probe, row) for probe, row in self._rows(requirement, nodes)]
        near = [one for one in candidates if one is not None]
        if not near:
            need, unit = self._need(definition)
            return Gap(requirement, label, "unknown", need=need, unit=unit, question=question)
        best = min(near, key=lambda gap: (gap.answer != "unknown", -_number(gap.have), gap.node))
        return Gap(
            requirement,
            label,
            best.answer,
            best.have,
            best.need,
            best.unit,
            best.earliest,
            best.boundary,
            best.node,
            question,
        )

    def _need(self, definition: Expression | None) -> tuple[str, str]:
        for facet in _facets(definition) if definition else ():
            return " and ".join(f"{symbol} {limit}" for symbol, limit in facet.bounds), self._knowledge.units.get(
                facet.prop, ""
            )
        return "", ""

    def _rows(self, requirement: str, nodes: Sequence[str]) -> list[tuple[_Probe, ox.QuerySolution]]:
        """Ask the relaxed definition of the nodes; each answer comes once for each place where it can fall short."""
        relaxed = _relax(self._knowledge, requirement)
        if not relaxed.probes or not all(self._occurs(prop) for prop in relaxed.properties):
            return []
        values = " ".join(term(node) for node in nodes)
        query = f"{PROLOGUE}SELECT * WHERE {{\n  VALUES ?x {{ {values} }}\n{relaxed.pattern}\n}}"
        solutions = cast("ox.QuerySolutions", self._store.query(query))
        return [(probe, row) for row in solutions for probe in relaxed.probes]

    def _occurs(self, prop: str) -> bool:
        """Tell whether any triple has a property, so that a query that cannot answer is not asked."""
        if prop not in self._occurring:
            found = self._store.quads_for_pattern(None, ox.NamedNode(prop), None, ox.DefaultGraph())
            self._occurring[prop] = next(found, None) is not None
        return self._occurring[prop]

    def _judge(self, probe: _Probe, row: ox.QuerySolution) -> Gap | None:
        """Compare a recorded value with the wanted one; None if this is not where the record falls short."""
        value = row[probe.value]
        node = row[probe.node].value
        if probe.wanted:
            if value.value == probe.wanted:
                return None
            have, need = self._knowledge.label(value.value), self._knowledge.label(probe.wanted)
            return Gap("", "", "unmet", have, need, node=node)
        unit = self._knowledge.units.get(probe.prop, "")
        least = Decimal(value.value)
        upper = row[probe.upper] if probe.upper else None
        most = Decimal(upper.value) if upper is not None else least
        if _within(least, probe.bounds):
            return None
        answer = "unknown" if most != least and _within(most, probe.bounds) else "unmet"
        have = str(least) if most == least else f"{least} to {most}"
        need = " and ".join(f"{symbol} {limit}" for symbol, limit in probe.bounds)
        return Gap(
            "", "", answer, have, need, unit, self._earliest(probe, row, least), self._on_boundary(probe, row), node
        )

    def _earliest(self, probe: _Probe, row: ox.QuerySolution, least: Decimal) -> date | None:
        running = ox.Quad(row[probe.node], _TYPE, _RUNNING) in self._store
        floors = [Decimal(limit) for symbol, limit in probe.bounds if symbol == ">="]
        if not running or not floors or self._knowledge.units.get(probe.prop) != _DAYS:
            return None
        return self._as_of + timedelta(days=int(max(floors) - least))

    def _on_boundary(self, probe: _Probe, row: ox.QuerySolution) -> bool:
        """Tell whether counting the first day as well, or the time of day, could turn the verdict."""
        if self._knowledge.units.get(probe.prop) != _DAYS:
            return False
        days = Decimal(row[probe.value].value)
        return any(symbol == ">=" and Decimal(limit) - days in {0, 1} for symbol, limit in probe.bounds)


@cache
def _ways(requirement: str, knowledge: Knowledge) -> tuple[tuple[str, ...], ...]:
    """Take a definition apart into ways to fulfil it, each a set of named classes of the subject or of its patient.

    Empty if it consists of anything else; a definition that is no union has one way.
    """
    definition = knowledge.definition(requirement)
    ways = tuple(
        _parts(way, knowledge) for way in (definition.operands if isinstance(definition, Or) else (definition,))
    )
    return ways if all(ways) else ()


def _parts(expression: Expression | None, knowledge: Knowledge) -> tuple[str, ...]:
    parts: list[str] = []
    for operand in expression.operands if isinstance(expression, And) else (expression,):
        match operand:
            case Named(iri) if knowledge.definition(iri) is None:
                continue
            case Named(iri):
                parts.append(iri)
            case Some(prop, Named(iri)) if prop == _PROBLEM_OF:
                parts.append(iri)
            case _:
                return ()
    return tuple(parts)


@cache
def _relax(knowledge: Knowledge, requirement: str) -> _Relaxed:
    definition = knowledge.definition(requirement)
    if definition is None:
        return _Relaxed("", (), frozenset())
    relaxer = _Relaxer(knowledge)
    lines = relaxer.lines(definition, "?x")
    return _Relaxed("\n".join(lines), tuple(relaxer.probes), frozenset(relaxer.properties))


class _Relaxer:
    """Rewrite a definition with its limits left open, noting where they were."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._variables = Variables()
        self.probes: list[_Probe] = []
        self.properties: set[str] = set()

    def lines(self, expression: Expression, subject: str) -> list[str]:
        """Write the lines of the relaxed pattern and collect the probes."""
        match expression:
            case Named(iri):
                definition = self._knowledge.definition(iri)
                return self.lines(definition, subject) if definition else pattern(expression, subject, self._variables)
            case And(operands):
                return [line for operand in operands for line in self.lines(operand, subject)]
            case Some(prop, filler):
                target = self._variables.fresh()
                self.properties.add(prop)
                return [f"  {subject} {term(prop)} {target} .", *self.lines(filler, target)]
            case Facet(prop, _, bounds) if bounds:
                return self._open_facet(subject, prop, bounds)
            case Value(prop, individual) if prop in self._knowledge.single_valued:
                value = self._variables.fresh()
                self.properties.add(prop)
                self.probes.append(_Probe(subject[1:], prop, value[1:], "", (), individual))
                return [f"  {subject} {term(prop)} {value} ."]
            case _:
                return pattern(expression, subject, self._variables)

    def _open_facet(self, subject: str, prop: str, bounds: tuple[tuple[str, str], ...]) -> list[str]:
        value = self._variables.fresh()
        self.properties.add(prop)
        upper_end = self._knowledge.upper_ends.get(prop)
        upper = self._variables.fresh() if upper_end else ""
        self.probes.append(_Probe(subject[1:], prop, value[1:], upper[1:], bounds, ""))
        optional = [f"  OPTIONAL {{ {subject} {term(upper_end)} {upper} }}"] if upper_end else []
        return [f"  {subject} {term(prop)} {value} .", *optional]


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


def _counts_days(expression: Expression, knowledge: Knowledge) -> bool:
    return any(knowledge.units.get(facet.prop) == _DAYS for facet in _facets(expression))


def _within(value: Decimal, bounds: tuple[tuple[str, str], ...]) -> bool:
    tests = {">=": value.__ge__, "<=": value.__le__, ">": value.__gt__, "<": value.__lt__}
    return all(tests[symbol](Decimal(limit)) for symbol, limit in bounds)


def _number(text: str) -> Decimal:
    head = text.split(" ", maxsplit=1)[0]
    return Decimal(head) if head.replace(".", "", 1).isdigit() else Decimal(0)
