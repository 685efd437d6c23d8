"""The native engine: the compiled rules of the ontology, run over the indexed graph of one patient.

A run holds one patient only. A rule is looked at when the rarest of its terms occurs in the graph, so the cost follows
the patient and not the ontology.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import InconsistentData
from hipkg.base.numbers import fits, read
from hipkg.base.vocabulary import curie
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.owl.rules import ANYTHING, ClassRule, Group, uses, watchers
from hipkg.record.facts import BLANK, NOTHING, Facts, node_of, text_of_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
    from decimal import Decimal

    import pyoxigraph as ox

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.rules import PropertyRule, Rule
    from hipkg.record.facts import Node


def entailed_graph(triples: Iterable[ox.Triple], knowledge: Knowledge, goals: frozenset[str] | None = None) -> Facts:
    """Index the triples of one patient with all that the ontology entails, also for its own individuals.

    Parameters: ``goals`` restricts what is entailed to these classes and properties, the links to these individuals,
    and whatever leads to them; contradictions elsewhere are then not seen.

    Raises `InconsistentData` naming the node that is in two disjoint classes, or has two values of a property that can
    have one.
    """
    graph = _Facts(knowledge)
    graph.record(triples)
    program = _program(goals, knowledge)
    queued: set[int] = set()
    due: list[int] = []
    while graph.fresh or due:
        for number in {one for term in graph.fresh for one in program.watchers.get(term, ())} - queued:
            queued.add(number)
            heappush(due, number)
        graph.fresh.clear()
        if due:
            _run(graph, program.groups[heappop(due)])
    _check(graph, knowledge)
    return graph


def entailed_further(facts: Facts, triples: Iterable[ox.Triple], knowledge: Knowledge) -> Facts:
    """Add triples to what `entailed_graph` made of others, with all that the ontology entails of both together.

    The facts stay as they are. Raises `InconsistentData` as `entailed_graph` does.
    """
    graph = _Facts(knowledge)
    graph.take(facts)
    graph.record(triples)
    users, changed, fresh = _users(knowledge), set(graph.changed), set(graph.changed)
    queued: set[int] = set()
    due: list[int] = []
    while fresh or due:
        ready = {number for term in fresh for number, needs in users.get(term, ()) if needs <= graph.present}
        for number in ready - queued:
            queued.add(number)
            heappush(due, number)
        fresh.clear()
        if due:
            fresh = _run(graph, knowledge.groups[heappop(due)], changed) - changed
            changed |= fresh
    _check(graph, knowledge)
    return graph


def entail(triples: Iterable[ox.Triple], knowledge: Knowledge) -> tuple[ox.Triple, ...]:
    """Add to the triples of one patient all that the ontology entails, without what it says of its own individuals.

    Raises `InconsistentData` as `entailed_graph` does.
    """
    return tuple(entailed_graph(triples, knowledge).triples(knowledge.terms))


class _Program(NamedTuple):
    """The groups of rules to run, in their order, and for each term those to look at when it occurs."""

    groups: Sequence[Group]
    watchers: Mapping[str, Sequence[int]]


@partial(kept, most=1024)
def _program(goals: frozenset[str] | None, knowledge: Knowledge) -> _Program:
    if goals is None:
        return _Program(knowledge.groups, knowledge.watchers)
    groups = tuple(_leading(knowledge, goals))
    return _Program(groups, watchers(groups, _uses(knowledge)))


@kept
def _users(knowledge: Knowledge) -> Mapping[str, list[tuple[int, frozenset[str]]]]:
    """Map a term to the rules that need it: the numbers of their groups, and all that they need."""
    users: dict[str, list[tuple[int, frozenset[str]]]] = defaultdict(list)
    for number, group in enumerate(knowledge.groups):
        for rule in group.rules:
            for term in rule.needs:
                users[term].append((number, rule.needs))
    return users


@kept
def _uses(knowledge: Knowledge) -> Mapping[str, int]:
    return uses(knowledge.groups)


def _leading(knowledge: Knowledge, goals: frozenset[str]) -> Iterator[Group]:
    """Keep of the groups the rules that lead to some goals."""
    makers, wanted, agenda = _makers(knowledge), set(goals), list(goals)
    kept: dict[int, list[Rule]] = defaultdict(list)
    seen: set[Rule] = set()
    while agenda:
        for number, rule in makers.get(agenda.pop(), ()):
            if rule not in seen:
                seen.add(rule)
                kept[number].append(rule)
                agenda += rule.uses - wanted
                wanted |= rule.uses
    return (Group(tuple(kept[number]), knowledge.groups[number].recursive) for number in sorted(kept))


@kept
def _makers(knowledge: Knowledge) -> Mapping[str, list[tuple[int, Rule]]]:
    """Map a term, or an individual, to the rules that may add it, each with the number of its group."""
    makers: dict[str, list[tuple[int, Rule]]] = defaultdict(list)
    for number, group in enumerate(knowledge.groups):
        for rule in group.rules:
            for term in rule.makes | rule.links_to:
                makers[term].append((number, rule))
    return makers


def _run(graph: _Facts, group: Group, since: Set[str] | None = None) -> set[str]:
    """Run the rules of a group; in a recursive group, again those that use what the last pass added.

    Parameters: ``since`` restricts this to the rules that need one of some terms. Returns the terms with new members.
    """
    due = [rule for rule in group.rules if rule.needs <= graph.present and (since is None or rule.needs & since)]
    changed: set[str] = set()
    while due:
        graph.changed.clear()
        for rule in due:
            graph.apply(rule)
        added = set(graph.changed)
        changed |= added
        again = group.recursive and added
        due = [rule for rule in group.rules if rule.needs <= graph.present and rule.needs & added] if again else []
    return changed


class _Facts(Facts):
    """The graph of a patient while rules are applied to it.

    ``present`` holds the classes, properties and objects that occur, ``fresh`` those of them that are new since it was
    cleared, and ``changed`` the classes and properties with new members.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.present: set[str] = set()
        self.fresh = [ANYTHING]
        self.changed: set[str] = set()
        self._types = knowledge.individual_types
        super().__init__()

    def take(self, facts: Facts) -> None:
        """Copy what follows from other triples."""
        super().take(facts)
        ends = (one for links in facts.subjects.values() for one in links if isinstance(one, str))
        kinds = (cls for cls, members in facts.members.items() if members)
        self.present = {*kinds, *filter(facts.has, facts.objects), *ends}

    def record(self, triples: Iterable[ox.Triple]) -> None:
        """Add triples, with the classes of the individuals of the ontology in them."""
        named: set[str] = set()
        for subject, predicate, target in triples:
            node = node_of(target)
            self.add(text_of_term(subject), predicate.value, node)
            named.add(predicate.value)
            if isinstance(node, str):
                named.add(node)
        for iri in named & self._types.keys():
            for cls in self._types[iri]:
                self.add_type(iri, cls)

    def apply(self, rule: Rule) -> None:
        """Add what follows from a rule."""
        if isinstance(rule, ClassRule):
            self._apply_to_members(rule)
        else:
            self._apply_to_ends(rule)

    def add_type(self, node: str, cls: str) -> bool:
        """Put a node into a class, and note the class if that is new."""
        members = self.members[cls]
        if node in members:
            return False
        members.add(node)
        if cls not in self.changed:
            self._note(cls)
        return True

    def add_link(self, subject: str, prop: str, target: Node) -> bool:
        """Give a node a value of a property, and note both if that is new."""
        if not super().add_link(subject, prop, target):
            return False
        if prop not in self.changed:
            self._note(prop)
        if isinstance(target, str) and target not in self.present:
            self._see(target)
        return True

    def _apply_to_members(self, rule: ClassRule) -> None:
        for node in tuple(self._members_of(rule.expression)):
            for cls in rule.classes:
                self.add_type(node, cls)
            for prop, individual in rule.values:
                self.add_link(node, prop, individual)

    def _apply_to_ends(self, rule: PropertyRule) -> None:
        for start, end in self._ends(rule.path):
            for prop in rule.wider:
                self.add_link(start, prop, end)
            for cls in rule.domains:
                self.add_type(start, cls)
            if isinstance(end, str):
                for prop in rule.inverse:
                    self.add_link(end, prop, start)
                for cls in rule.ranges:
                    self.add_type(end, cls)

    def _ends(self, path: tuple[str, ...]) -> list[tuple[str, Node]]:
        """Pair the start and the end of each way along a path of properties."""
        first, *others = path
        pairs = [(start, end) for start, ends in self.objects[first].items() for end in ends]
        for prop in others:
            onward = self.objects[prop]
            pairs = [
                (start, end) for start, middle in pairs if isinstance(middle, str) for end in onward.get(middle, ())
            ]
        return pairs

    def _members_of(self, expression: Expression) -> Set[str]:
        """Find the members of a class expression."""
        match expression:
            case Named(iri):
                return self.members[iri]
            case And(operands):
                first, *others = operands
                found = self._members_of(first)
                for operand in others:
                    found = found & self._members_of(operand) if found else found
                return found
            case Or(operands):
                return {node for operand in operands for node in self._members_of(operand)}
            case OneOf(individuals):
                return set(individuals)
            case Value(prop, individual):
                return self.subjects[prop].get(individual, NOTHING)
            case Some(prop, filler):
                back = self.subjects[prop]
                return {node for target in self._members_of(filler) for node in back.get(target, ())}
            case Facet(prop, _, bounds):
                pairs = self.objects[prop].items()
                return {node for node, values in pairs if any(fits(value, bounds) for value in values)}

    def _note(self, term: str) -> None:
        self.changed.add(term)
        if term not in self.present:
            self._see(term)

    def _see(self, term: str) -> None:
        self.present.add(term)
        self.fresh.append(term)


def _check(graph: _Facts, knowledge: Knowledge) -> None:
    """Look for members of disjoint classes and for second values of functional properties."""
    for one, other in knowledge.disjoint:
        if one not in graph.members or other not in graph.members:
            continue
        for node in sorted(graph.members[one] & graph.members[other]):
            raise InconsistentData(
                f"is both {knowledge.label(one)} ({curie(one)}) and {knowledge.label(other)} ({curie(other)}), "
                "which exclude each other.",
                place=_name(node),
                remedy="Correct the record that leads to one of them.",
            )
    for prop in sorted(knowledge.functional & graph.objects.keys()):
        for node, values in sorted(graph.objects[prop].items()):
            if len({_told(value) for value in values}) > 1:
                raise InconsistentData(
                    f"has two values of {knowledge.label(prop)}.",
                    place=_name(node),
                    remedy="Keep the one that holds.",
                )


def _told(value: Node) -> Decimal | str:
    """Read a number, so that its notation does not count, or write what is none as text."""
    number = read(value)
    return str(value) if number is None else number


def _name(node: str) -> str:
    return node if node.startswith(BLANK) else curie(node)
