"""Find what is recorded of a patient and used by no statement of the plan.

A recorded problem or activity is used if

* statements were judged for it, which makes it the subject of an evaluation;
* a class rests on it that decides an evaluation: a context, a requirement or an exception that holds, a part of one
  that does not hold as a whole, or what refutes one. A class rests on a node if some way to entail it passes through
  that node;
* a bound of a statement is compared with it, a gap tells it as what comes nearest, or an action is done by it, or
  has it in its past;
* it is running or planned, and the plan has an action for what it is of or a class of that, or judges a statement
  about what accompanies it, unless that only may apply, or one that would refuse it or hold it back if it applied;
* it is a study that shows a problem which is used;
* it would be in a possible context, which what is absent denies, or lifts a statement of one;
* it is the only problem at a body site at which an activity is used, or one of no known site is done: without it,
  that site would not be one of the patient's.

A recorded property of the patient is used if a class that an evaluated statement names asks for it, or one of those in
danger by what the plan has an action for, as the administrative gender is, which decides what is asked late, and a
recorded absence if it can answer a class that such a statement names,
keeps a context from being possible, or excludes a danger of what the plan has an action for.

So a plan without what is not used would decide the same. More than one record can serve the same purpose; then each of
them is used, though either could be left out.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.numbers import fits
from hipkg.knowledge.absence import is_absent
from hipkg.knowledge.frame.answers import State
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
    properties,
    walk,
)
from hipkg.planning.dangers import dangers_of
from hipkg.planning.gaps import all_parts
from hipkg.planning.records import Unused
from hipkg.record.facts import NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.records import StatementState

_RUNNING = (hip.CurrentActivity, hip.PlannedActivity)
_NO_NODES: Mapping[str, set[str]] = {}
_DAYS = (hip.endDate, hip.startDate, hip.requestedOn)


class _Step(NamedTuple):
    """What a membership rests on: another membership or, with no class, the record of a node itself."""

    node: str
    cls: str = ""


class _Way(NamedTuple):
    """One way into some classes: an expression, the classes that it names and its parts that lead to other nodes."""

    expression: Expression
    into: frozenset[str]
    names: frozenset[str]
    onward: tuple[Some, ...]


class UnusedFacts:
    """Find what no statement used of one patient's record."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge, patient: str) -> None:
        self._derivation = derivation
        self._facts = derivation.facts
        self._knowledge = knowledge
        self._patient = patient
        self._known: dict[_Step, list[_Step]] = {}
        self._found: dict[tuple[str, int], list[_Step] | None] = {}

    def find(self, states: Iterable[StatementState]) -> Iterator[Unused]:
        """List the problems, then the activities, then the properties of the patient that were not used."""
        problems = {*self._facts.nodes(self._patient, hip.hasProblem)}
        activities = {*self._facts.nodes(self._patient, hip.hasActivity)}
        left = self._not_named(problems | activities)
        if left:
            left -= {gap.node for one in states for gap in (*one.unmet, *one.lifted_by)}
            left -= self._running(left & activities)
            left -= self._wishes()
            left -= self._denied_contexts()
            left -= self._rested_on(left)
            left -= self._showing(problems - left)
            left -= self._placing(left & problems, activities - left)
        yield from (self._problem(one) for one in sorted(left & problems))
        yield from (self._activity(one) for one in sorted(left - problems))
        yield from self._properties()
        yield from self._absences()

    def _wishes(self) -> set[str]:
        """List the wishes of the patient that an action of the plan is told to be against."""
        of = (self._knowledge.interventions[one.intervention].unwanted_for for one in self._derivation.actions)
        return {node for wish in {it for some in of for it in some} for node in self._facts.members.get(wish, ())}

    def _not_named(self, nodes: set[str]) -> set[str]:
        """Leave out of some nodes those that an evaluation or an action names."""
        left = nodes.copy()
        for one in self._derivation.evaluations:
            left.difference_update(one.subjects)
            if one.compares:
                left.difference_update(one.compares)
        for action in self._derivation.actions:
            if action.done_by or action.done_before or action.past:
                left.difference_update(action.done_by, action.done_before, action.past)
        return left

    def _running(self, activities: Set[str]) -> set[str]:
        """Pick the running and planned activities that the plan has an action for, or something that goes with it."""
        current = {one for cls in _RUNNING for one in self._facts.members.get(cls, NOTHING) & activities}
        if not current:
            return set()
        spoken = {(one.intervention, one.site) for one in self._derivation.actions}
        for one in self._derivation.evaluations:
            info = self._knowledge.statements[one.statement]
            if one.state != State.MAY_APPLY:
                spoken.update((companion, one.site) for companion in info.accompanies)
            elif one.would_keep_out(info):
                spoken.add((info.intervention, one.site))
        sites = {site for _, site in spoken}
        everywhere = self._everywhere()
        found = set()
        for activity in current:
            places = self._reached(activity) or everywhere
            there = (places & sites) | ({""} if places & everywhere else NOTHING)
            if any((kind, site) in spoken for kind in self._kinds(activity) for site in there):
                found.add(activity)
        return found

    def _showing(self, problems: Iterable[str]) -> set[str]:
        """Pick the studies that show some problems: these are used by what the studies found."""
        return {study for one in problems for study in self._facts.nodes(one, hip.shownBy)}

    def _denied_contexts(self) -> set[str]:
        """Pick the problems that would be in a possible context, did not what is absent deny it."""
        members = self._facts.members
        return {node for cls, denial in self._near().items() for node in members[cls] & members.get(denial, NOTHING)}

    def _near(self) -> Mapping[str, str]:
        """Map the possible contexts that something is in, were it not for what is absent, to what denies them."""
        if hip.isWithout not in self._facts.objects:
            return {}
        denied_by = self._knowledge.denied_by
        near = self._knowledge.possible.keys() & self._facts.members.keys() & denied_by.keys()
        return {one: denied_by[one] for one in near}

    def _kinds(self, activity: str) -> set[str]:
        kinds: set[str] = set()
        for intervention in self._facts.nodes(activity, hip.ofIntervention):
            kinds.update(self._knowledge.individual_types.get(intervention, ()) or self._facts.classes(intervention))
        return kinds

    def _reached(self, activity: str) -> set[str]:
        """Collect the sites that an activity is meant for."""
        return self._facts.reach(self._facts.nodes(activity, hip.targets), hip.partOf)

    def _everywhere(self) -> set[str]:
        problems = self._facts.nodes(self._patient, hip.hasProblem)
        return {self._patient, *(site for one in problems for site in self._sites(one))}

    def _sites(self, problem: str) -> list[str]:
        """List the whole body sites that a problem lies in."""
        located = self._facts.nodes(problem, hip.locatedIn)
        return [one for one in located if not self._facts.values(one, hip.partOf)]

    def _decisive(self) -> Mapping[str, Set[str]]:
        """Map a node to the classes whose membership decides an evaluation of it."""
        deciding: dict[tuple[str, ...], set[str]] = {}
        lacking: dict[tuple[str, ...], set[str]] = {}
        statements, presupposed = self._knowledge.statements, self._knowledge.presupposed
        for one in self._derivation.evaluations:
            classes = deciding.setdefault(one.subjects, set())
            classes.update(statements[one.statement].applies_to, one.meets)
            if one.lacks_fact:
                classes.update(
                    *(self._knowledge.possible_as[context] for context in statements[one.statement].applies_to)
                )
            for cls in one.refutes:
                classes |= self._knowledge.refuting(cls)
            if one.awaits or one.may_be_lifted_by:
                lacking.setdefault(one.subjects, set()).update(one.awaits, one.may_be_lifted_by)
                # What a question presupposes decides when it is asked.
                classes.update(presupposed[cls] for cls in presupposed.keys() & {*one.awaits})
        found: dict[str, set[str]] = {}
        for subjects, classes in deciding.items():
            classes.update(*(all_parts(cls, self._knowledge) for cls in lacking.get(subjects, ())))
            for node in (*subjects, self._patient):
                found.setdefault(node, set()).update(classes)
        for node, info in self._possibly_about():
            # What would lift a statement keeps it from being one that only may apply.
            found.setdefault(node, set()).update(info.except_for, info.ended_by)
        return found

    def _possibly_about(self) -> Iterator[tuple[str, StatementInfo]]:
        """List the statements of the contexts that something is possibly in, with it."""
        knowledge, members = self._knowledge, self._facts.members
        for cls in knowledge.possible.keys() & members.keys():
            context, _ = knowledge.possible[cls]
            for node in members[cls]:
                yield from ((node, info) for info in knowledge.of_context[context])

    def _rested_on(self, nodes: Set[str]) -> set[str]:
        """Pick the nodes on which a membership rests that decides something."""
        asking: dict[str, set[str]] = {}
        ends = {prop: nodes & there.keys() for prop, there in self._facts.subjects.items()}
        for way in self._open:
            for part in way.onward:
                for node in ends.get(part.prop, ()):
                    if self._steps_by(node, part.filler) is not None:
                        asking.setdefault(node, set()).update(way.into)
        decisive = self._decisive() if asking else {}
        first = {cls for some in decisive.values() for cls in some}
        agendas = ((_Step(node), sorted(classes, key=first.__contains__)) for node, classes in asking.items())
        return {step.node for step, classes in agendas if self._leads_to(decisive, step, classes)}

    @cached_property
    def _open(self) -> list[_Way]:
        """The ways that can have put a node of the record into a class: those of the classes with members."""
        defined = self._facts.members.keys() & self._knowledge.definitions.keys()
        return [way for cls in defined for way in _ways_of(cls, self._knowledge)]

    @cached_property
    def _ways(self) -> Mapping[str, list[_Way]]:
        """The open ways by the classes that they put a node into."""
        found: dict[str, list[_Way]] = {}
        for way in self._open:
            for cls in way.into:
                found.setdefault(cls, []).append(way)
        return found

    @cached_property
    def _naming(self) -> Mapping[str, set[str]]:
        """The classes that open ways put a node into, by each class that these name."""
        found: dict[str, set[str]] = {}
        for way in self._open:
            for name in way.names:
                found.setdefault(name, set()).update(way.into)
        return found

    def _leads_to(self, decisive: Mapping[str, Set[str]], step: _Step, classes: Iterable[str]) -> bool:
        """Tell whether a membership that decides something rests on a step, perhaps by way of some classes.

        The last of these are looked at first.
        """
        members, naming = self._facts.members, self._naming
        agenda = [(step, cls) for cls in classes]
        seen: set[_Step] = set()
        while agenda:
            step, cls = agenda.pop()
            for one in members.get(cls, ()):
                found = _Step(one, cls)
                if found not in seen and step in self._steps(found):
                    if cls in decisive.get(one, ()):
                        return True
                    seen.add(found)
                    agenda += [(found, wider) for wider in naming.get(cls, ())]
        return False

    def _steps(self, membership: _Step) -> list[_Step]:
        """List what a membership rests on, in each way that gives it."""
        if membership not in self._known:
            ways = self._ways.get(membership.cls, ())
            found = (self._steps_once(membership.node, way.expression) for way in ways)
            self._known[membership] = [step for steps in found if steps for step in steps]
        return self._known[membership]

    def _steps_once(self, node: str, expression: Expression) -> list[_Step] | None:
        """List what it rests on that a node is in a class expression that several classes share."""
        key = (node, id(expression))  # an expression is hashed anew, with all that it holds, each time it is asked for
        if key not in self._found:
            self._found[key] = self._steps_to(node, expression)
        return self._found[key]

    def _steps_to(self, node: str, expression: Expression) -> list[_Step] | None:
        """List what it rests on that a node is in a class expression; None if it is not."""
        match expression:
            case Named(iri):
                return [_Step(node, iri)] if self._facts.is_a(node, iri) else None
            case And(operands):
                steps: list[_Step] = []
                for one in operands:
                    more = self._steps_to(node, one)
                    if more is None:
                        return None
                    steps += more
                return steps
            case Or(operands):
                ways = [self._steps_to(node, one) for one in operands]
            case Some(prop, filler):
                ways = [self._steps_by(one, filler) for one in self._facts.nodes(node, prop)]
            case Value(prop, individual):
                return [] if individual in self._facts.values(node, prop) else None
            case Facet(prop, _, bounds):
                return [] if any(fits(one, bounds) for one in self._facts.values(node, prop)) else None
            case OneOf(individuals):
                return [] if node in individuals else None
        holding = [one for one in ways if one is not None]
        return [step for one in holding for step in one] if holding else None

    def _steps_by(self, node: str, filler: Expression) -> list[_Step] | None:
        """List what it rests on that a node can stand at the end of a property, itself included."""
        steps = self._steps_once(node, filler)
        return None if steps is None else [_Step(node), *steps]

    def _placing(self, problems: Set[str], used: Set[str]) -> set[str]:
        """Pick the problems without which the patient has no problem at the site of an activity that is used."""
        if not problems:
            return set()
        at: dict[str, set[str]] = {}
        for problem in self._facts.nodes(self._patient, hip.hasProblem):
            for site in self._sites(problem):
                at.setdefault(site, set()).add(problem)
        placed = {one: self._reached(one) for one in used}
        nowhere = any(not sites and self._facts.is_a(one, hip.PerformedActivity) for one, sites in placed.items())
        touched = {site for sites in placed.values() for site in sites}
        return {
            one
            for site, there in at.items()
            for one in there & problems
            if (nowhere or site in touched) and there <= problems
        }

    def _problem(self, node: str) -> Unused:
        site = min(self._facts.nodes(node, hip.hasSite), default="")
        return Unused(node, self._name(node), self._side_and_name(site) if site else "", "")

    def _activity(self, node: str) -> Unused:
        of = min(self._facts.nodes(node, hip.ofIntervention), default="")
        site = min(self._facts.nodes(node, hip.targets), default="")
        days = (text_of(one) for prop in _DAYS for one in sorted(self._facts.values(node, prop), key=text_of))
        label = self._knowledge.label(of) if of else self._name(node)
        return Unused(node, label, self._side_and_name(site) if site else "", next(days, ""))

    def _properties(self) -> Iterator[Unused]:
        """List the values of the patient's own properties that no evaluated statement asks for."""
        evaluated = {one.statement for one in self._derivation.evaluations}
        acts = {one.intervention for one in self._derivation.actions}
        for prop in sorted((_own(self._knowledge) & self._facts.objects.keys()) - {hip.administrativeGender}):
            values = self._facts.values(self._patient, prop)
            asked = (
                *(_asked_by(one, self._knowledge) for one in evaluated),
                *(_asked_before(one, self._knowledge) for one in acts),
            )
            if values and not any(prop in one for one in asked):
                for value in sorted(map(text_of, values)):
                    label = self._knowledge.label(prop)
                    unit = self._knowledge.units.get(prop, "")
                    yield Unused(self._patient, label, "", "", prop, self._knowledge.labels.get(value, value), unit)

    def _absences(self) -> Iterator[Unused]:
        """List what is recorded as absent and answers nothing that an evaluated statement asks."""
        absent = self._facts.objects.get(hip.isWithout)
        if not absent:
            return
        answering = {kind for one in self._derivation.evaluations for kind in _denying(one.statement, self._knowledge)}
        for denial in self._near().values():
            answering |= _kinds_absent(self._knowledge.definition(denial))
        for one in {action.intervention for action in self._derivation.actions}:
            answering |= _kinds_excluded(one, self._knowledge)
        for place, kinds in sorted(absent.items()):
            for kind in sorted(map(text_of, kinds)):
                if kind not in answering:
                    site = "" if place == self._patient else self._side_and_name(place)
                    yield Unused(place, "no", site, "", hip.isWithout, self._knowledge.label(kind))

    def _side_and_name(self, site: str) -> str:
        sides = sorted(self._facts.nodes(site, hip.hasSide))
        return " ".join([*map(self._knowledge.label, sides), self._name(site)])

    def _name(self, node: str) -> str:
        """Name a node by the narrowest class that was recorded of it, rather than by what follows from others."""
        above, definitions = self._knowledge.superclasses, self._knowledge.definitions
        kinds = self._facts.classes(node)
        told = [one for one in kinds if one not in definitions] or kinds
        return self._knowledge.label(max(told, key=lambda one: (len(above.get(one, ())), one), default=""))


@kept
def _denying(statement: str, knowledge: Knowledge) -> frozenset[str]:
    """List the kinds of which a record of absence answers something that a statement asks."""
    classes = {part for cls in knowledge.statements[statement].slots for part in all_parts(cls, knowledge)}
    return frozenset().union(*(_kinds_absent(is_absent(cls, knowledge)) for cls in classes))


@kept
def _kinds_excluded(intervention: str, knowledge: Knowledge) -> frozenset[str]:
    """List the kinds of which a record of absence excludes a danger of an intervention."""
    asked = knowledge.interventions[intervention].exclude_first
    classes = {part for cls in asked for one in dangers_of(cls, knowledge) for part in all_parts(one, knowledge)}
    return frozenset().union(*(_kinds_absent(is_absent(cls, knowledge)) for cls in classes))


def _kinds_absent(denial: Expression | None) -> frozenset[str]:
    """List the kinds of which an expression says that they are absent."""
    found: set[str] = set()
    for one in walk(denial) if denial else ():
        match one:
            case Value(hip.isWithout, kind):
                found.add(kind)
            case Some(hip.isWithout, OneOf(kinds)):
                found.update(kinds)
    return frozenset(found)


@kept
def _ways_of(cls: str, knowledge: Knowledge) -> tuple[_Way, ...]:
    """Take the definition of a class, if it has one, apart into the ways that put a node into it and wider classes."""
    definition = knowledge.definition(cls)
    upper = knowledge.superclasses.get(cls, NOTHING)
    return tuple(_way(one, cls, upper, knowledge) for one in disjuncts(definition)) if definition else ()


def _way(expression: Expression, cls: str, upper: Set[str], knowledge: Knowledge) -> _Way:
    """Say into which classes an expression puts a node that defines a class, and what it asks for.

    It does not count for a wider class where it asks for that class, or a kind of it, among the rest: a node that is in
    it was in the class before.
    """
    told = {one.iri for one in conjuncts(expression) if isinstance(one, Named)}
    known = told.union(*(knowledge.superclasses.get(one, NOTHING) for one in told))
    parts = tuple(walk(expression))
    names = frozenset([one.iri for one in parts if isinstance(one, Named)])
    return _Way(
        expression, frozenset({cls, *(upper - known)}), names, tuple(one for one in parts if isinstance(one, Some))
    )


@kept
def _ways_into(cls: str, knowledge: Knowledge) -> tuple[_Way, ...]:
    """List the ways that put a node into a class: those of its own definition, and those of its kinds."""
    kinds = (cls, *_defined_below(knowledge).get(cls, ()))
    return tuple(way for kind in kinds for way in _ways_of(kind, knowledge) if cls in way.into)


@kept
def _defined_below(knowledge: Knowledge) -> Mapping[str, list[str]]:
    """Map a class to its kinds that have a definition."""
    found: dict[str, list[str]] = {}
    for cls in knowledge.definitions:
        for upper in knowledge.superclasses.get(cls, NOTHING):
            found.setdefault(upper, []).append(cls)
    return found


@kept
def _own(knowledge: Knowledge) -> frozenset[str]:
    """List the properties of a patient whose values are no nodes of the record."""
    return frozenset(
        prop
        for prop, axioms in knowledge.properties.items()
        if hip.Patient in axioms.domains and prop not in {*knowledge.links, hip.hasBodySite}
    )


@kept
def _asked_by(statement: str, knowledge: Knowledge) -> frozenset[str]:
    """List the properties that the classes which the slots of a statement name, or what refutes them, ask for."""
    info = knowledge.statements[statement]
    refuting = (one for cls in info.requires for one in knowledge.refuting(cls))
    return _properties_of({*info.applies_to, *info.slots, *refuting}, knowledge)


@kept
def _asked_before(intervention: str, knowledge: Knowledge) -> frozenset[str]:
    """List the properties that tell whether an intervention is a danger."""
    asked = knowledge.interventions[intervention].exclude_first
    dangers = {part for cls in asked for part in dangers_of(cls, knowledge)}
    return _properties_of(dangers.union(*map(knowledge.refuting, dangers)), knowledge)


def _properties_of(classes: Iterable[str], knowledge: Knowledge) -> frozenset[str]:
    """List the properties that classes, and those that they are made of, ask for."""
    found = reached(classes, lambda cls: [name for way in _ways_into(cls, knowledge) for name in way.names])
    return frozenset(prop for cls in found for way in _ways_into(cls, knowledge) for prop in properties(way.expression))
