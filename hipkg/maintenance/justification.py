"""Why something follows from what modules assert: a smallest set of axioms that it follows from, found with HermiT.

What is asked for follows from axioms where no world satisfies these together with its opposite. The axioms that can
bear on it (`hipkg.owl.module`) are ordered by how short a derivation they can belong to, as many of them are taken as
are needed, and those are left out that are not (Junker, QuickXplain, AAAI 2004, finds such sets likewise). Further such
sets are found where axioms of those that are known are taken away, by Reiter's tree of hitting sets (Artificial
Intelligence 32, 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import pyoxigraph as ox

from hipkg.base.errors import InconsistentData, UsageError
from hipkg.base.groups import reached
from hipkg.base.paths import ontology_files
from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, curie, expand, is_term, with_local_name
from hipkg.maintenance.diff.axioms import Assertion, Kind, Told
from hipkg.owl.expression import And, AxiomReader, Expression, Facet, Named, OneOf, Or, Some, Value, walk
from hipkg.owl.module import Modules
from hipkg.owl.own import own_ontology
from hipkg.owl.reasoners import check_consistency
from hipkg.owl.sources import HEADER, parsed
from hipkg.reading.blank_nodes import NAMELESS
from hipkg.reading.opening import opened
from hipkg.reading.rdf import parse_rdf
from hipkg.reasoning.engines import facts_among, sufficient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from hipkg.record.patient import Term

One = TypeVar("One")
NOTHING = OWL + "Nothing"
"""The class without members, under which a class is that can have none."""
_PROBE = ox.NamedNode("urn:hipkg:probe")
"""Whom the opposite of what is asked for is said of."""
_TYPE, _NOT = ox.NamedNode(RDF_TYPE), ox.BlankNode("not")
_CLASS, _FUNCTIONAL = ox.NamedNode(OWL + "Class"), OWL + "FunctionalProperty"
_ENTITIES = {_CLASS, *(ox.NamedNode(OWL + one) for one in ("ObjectProperty", "DatatypeProperty", "NamedIndividual"))}
_FIRST, _MORE = 8, 8
"""How many axioms are tried at first, and how many times as many each time that it does not follow from them."""
_MANY = 200
"""From so many axioms on, only those halves of definitions are asked about from which anything can follow."""
_SUGGESTIONS = 3


class Question(StrEnum):
    """What is asked to be explained."""

    SUBCLASS = "subclass"
    UNSATISFIABLE = "unsatisfiable"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True, slots=True)
class Justification:
    """Why something follows, if it does: axioms that it follows from together, and not without any of them.

    ``term`` is a class, or the file of a record; ``superclass`` is empty but for the question of a subclass. The axioms
    stand in the order of a derivation. ``others`` are further sets from which it follows likewise, as many as were
    asked for; ``complete`` tells that there are no more.
    """

    question: Question
    term: str
    superclass: str
    follows: bool
    axioms: tuple[Assertion, ...]
    others: tuple[tuple[Assertion, ...], ...] = ()
    complete: bool = False


def why_under(
    term: str, superclass: str | None = None, modules: Sequence[Path] = (), *, limit: int | None = 1
) -> Justification:
    """Explain why a class is under another, or, without another, why it can have no member.

    Parameters: classes are named by IRI, by CURIE or by local name; ``modules`` are by default those of the ontology;
    ``limit`` is how many sets of axioms are found at most, None for all that there are.

    Raises `UsageError` for what is no class, `OntologyError` for a module that cannot be read, `EngineUnavailable` if
    HermiT cannot run.
    """
    ontology = _Ontology(_modules(modules))
    lower = ontology.named_class(term)
    upper = NOTHING if superclass in {None, NOTHING, "owl:Nothing"} else ontology.named_class(str(superclass))
    assumed = [ox.Triple(_PROBE, _TYPE, ox.NamedNode(lower))]
    if upper != NOTHING:
        assumed += [
            ox.Triple(_PROBE, _TYPE, _NOT),
            ox.Triple(_NOT, _TYPE, _CLASS),
            ox.Triple(_NOT, ox.NamedNode(OWL + "complementOf"), ox.NamedNode(upper)),
        ]
    question = Question.UNSATISFIABLE if upper == NOTHING else Question.SUBCLASS
    found = ontology.justifications([lower], upper, assumed, limit)
    return ontology.told(question, lower, "" if upper == NOTHING else upper, found)


def _modules(paths: Sequence[Path]) -> list[tuple[Path, Sequence[ox.Triple]]]:
    """Read modules, or else those of the ontology, whose own namespace is known from then on."""
    if not paths:
        own_ontology()
    return [(path, _triples(path)) for path in paths or ontology_files()]


def why_inconsistent(record: Path, modules: Sequence[Path] = (), *, limit: int | None = 1) -> Justification:
    """Explain why a record in Turtle contradicts the ontology, by the facts and the axioms that do so together.

    Raises `UnreadableInput` for what cannot be read, and what `why_under` raises.
    """
    facts = _facts(record)
    ontology = _Ontology([*_modules(modules), (record, facts)])
    ends = {one.object for one in facts if one.predicate != _TYPE} | {one.subject for one in facts}
    names = sorted(one.value for one in ends if isinstance(one, ox.NamedNode))
    return ontology.told(Question.INCONSISTENT, record.name, "", ontology.justifications(names, NOTHING, [], limit))


def _facts(record: Path) -> list[ox.Triple]:
    """Read what a record says in terms of the ontology, with names for what has none, in the order of the file."""
    named: dict[object, ox.NamedNode] = {}

    def name(term: Term) -> Any:  # noqa: ANN401 - a term of the same place in a triple
        if isinstance(term, ox.BlankNode):
            return named.setdefault(term, ox.NamedNode(f"{NAMELESS}{len(named) + 1}"))
        return term

    facts = facts_among(parse_rdf(opened(record, format="turtle").data, ox.RdfFormat.TURTLE, record.name))
    return [ox.Triple(name(one.subject), one.predicate, name(one.object)) for one in facts]


def _triples(path: Path) -> list[ox.Triple]:
    return [quad.triple for quad in parsed(path)]


class _Unit(NamedTuple):
    """An axiom, by the triple that is no part of an expression.

    ``makes`` are the names that may have members by it if what it ``needs`` has; ``necessary`` those that may have
    members by a definition if its class has.
    """

    axiom: ox.Triple
    makes: frozenset[str]
    needs: Expression
    necessary: frozenset[str]


class _Ontology:
    """The axioms of modules, with what they bear on."""

    def __init__(self, modules: Sequence[tuple[Path, Sequence[ox.Triple]]]) -> None:
        self._triples = [one for _, some in modules for one in some]
        self._told = Told(modules)
        self._reader = AxiomReader(self._triples)
        self._modules = Modules(self._triples)
        self._inner: dict[object, list[ox.Triple]] = {}
        self._declared: dict[object, list[ox.Triple]] = {}
        for one in self._triples:
            if isinstance(one.subject, ox.BlankNode):
                self._inner.setdefault(one.subject, []).append(one)
            elif one.predicate == _TYPE and one.object in _ENTITIES:
                self._declared.setdefault(one.subject, []).append(one)

    def named_class(self, name: str) -> str:
        """Find the class that a name means; raises `UsageError` with the names that are written most like it."""
        given = [expand(name)] if ":" in name else with_local_name(name)
        declared = [one for one in given if ox.NamedNode(one) in self._declared]
        classes = [one.value for one, some in self._declared.items() if any(it.object == _CLASS for it in some)]  # type: ignore[attr-defined]
        for one in declared:
            if one in classes:
                return one
        what = "is a name of the ontology, but of no class." if declared else "is declared nowhere."
        near = " or ".join(map(curie, nearest(given[0], classes, _SUGGESTIONS)))
        remedy = f"Did you mean {near}?" if near else "hipkg terms searches."
        raise UsageError(what, place=curie((*declared, *given)[0]), remedy=remedy)

    def told(self, question: Question, term: str, superclass: str, found: Found[_Unit]) -> Justification:
        """Tell justifications in the words of their axioms."""
        sets = [self._told.assertions([self._told.asserted(one.axiom) for one in some]) for some in found.sets]
        first, others = (sets[0], tuple(sets[1:])) if sets else ((), ())
        return Justification(question, term, superclass, bool(sets), first, others, bool(sets) and found.complete)

    def justifications(
        self, names: Sequence[str], goal: str, assumed: Sequence[ox.Triple], limit: int | None
    ) -> Found[_Unit]:
        """Find sets of axioms that contradict what is assumed of members of some names."""
        units = [*self._bearing(names)]
        opened = _opened(units, names)
        forward = _levels(units, names, opened)
        backward = _distances(units, goal)

        def starting(unit: _Unit) -> tuple[float, float]:
            subject = unit.axiom.subject.value  # type: ignore[union-attr]
            return _level(unit.needs, forward), forward.get(subject, inf) if subject in opened else inf

        def ending(some: Iterable[str]) -> float:
            return min((backward.get(one, inf) for one in some), default=inf)

        def length(unit: _Unit) -> float:
            forth, back = starting(unit)
            return min(forth + ending(unit.makes), back + ending(unit.necessary))

        def contradict(some: Sequence[_Unit]) -> bool:
            asked = [*self._complete(one.axiom for one in some), *assumed, *self._declarations(assumed)]
            if len(some) < _MANY:
                return _contradictory(asked)
            return _contradictory(one if one.subject.value in opened else sufficient(one) for one in asked)  # type: ignore[union-attr]

        likely = _derivation(units, goal, forward, opened)
        ordered = sorted(units, key=lambda one: (one not in likely, length(one)))
        found = every_smallest(ordered, contradict, len(likely) or _FIRST, limit)
        return found._replace(sets=tuple(sorted(some, key=lambda one: min(starting(one))) for some in found.sets))

    def _bearing(self, names: Iterable[str]) -> Iterator[_Unit]:
        """List the axioms that bear on names."""
        axioms = [
            one
            for one in self._modules.bearing_on(map(ox.NamedNode, names))
            if isinstance(one.subject, ox.NamedNode)
            and one not in self._declared.get(one.subject, ())
            and self._told.asserted(one).kind == Kind.AXIOM
            and one.object != HEADER
        ]
        yield from map(self._unit, axioms)

    def _unit(self, axiom: ox.Triple) -> _Unit:
        subject, predicate, target = axiom.subject.value, axiom.predicate.value, axiom.object  # type: ignore[union-attr]
        value = target.value if isinstance(target, ox.NamedNode) else ""
        needs: Expression = Named(subject)
        makes, necessary = {value}, set[str]()
        if predicate == OWL + "equivalentClass":
            needs = self._reader.expression(target, subject)  # type: ignore[arg-type]
            makes, necessary = {subject}, _names(needs)
        elif predicate == RDFS + "subClassOf":
            makes = _names(self._reader.expression(target, subject))  # type: ignore[arg-type]
        elif predicate == OWL + "disjointWith":
            needs, makes = And((needs, Named(value))), {NOTHING}
        elif predicate == RDF_TYPE and value == _FUNCTIONAL:
            makes = {NOTHING}
        elif predicate == RDF_TYPE and value.startswith(OWL):
            makes = {subject}
        elif predicate == OWL + "inverseOf":
            needs, makes = Or((needs, Named(value))), {subject, value}
        elif predicate == OWL + "propertyChainAxiom":
            needs, makes = And(tuple(map(Named, self._reader.property_chain(target)))), {subject}
        elif is_term(predicate):
            makes = {predicate, value}
        return _Unit(axiom, frozenset(makes), needs, frozenset(necessary))

    def _complete(self, axioms: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """List the triples of axioms, with what is nested in them and the declarations of what they name."""
        heads = [*axioms]
        nested = reached((one.object for one in heads), lambda node: (one.object for one in self._inner.get(node, ())))
        inner = [one for node in nested for one in self._inner.get(node, ())]
        yield from heads
        yield from inner
        yield from self._declarations([*heads, *inner])

    def _declarations(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        names = {term for one in triples for term in one}
        return (one for name in names for one in self._declared.get(name, ()))


def smallest(
    units: Sequence[One], contradict: Callable[[Sequence[One]], bool], first: int = _FIRST
) -> Sequence[One] | None:
    """Find units that contradict together and not without any of them, preferring those that come first.

    The unit with which the shortest contradictory beginning of the row ends is needed beside those before it; the next
    such unit is looked for among these, until those found suffice. That beginning is looked for from the end, in steps
    that grow, since most of a short row is needed. Returns none if all together do not contradict.

    Parameters: ``first`` is how many are tried at first.
    """
    most = first
    while not contradict(units[:most]):
        if most >= len(units):
            return None
        most *= _MORE
    needed: list[One] = []
    row = units[:most]
    while row:
        enough, step = len(row), 1
        fewest = enough - step
        while contradict([*needed, *row[:fewest]]):
            enough, step = fewest, 2 * step
            if not enough:
                return needed
            fewest = max(enough - step, 0)
        while enough - fewest > 1:
            middle = (fewest + enough) // 2
            if contradict([*needed, *row[:middle]]):
                enough = middle
            else:
                fewest = middle
        needed.append(row[enough - 1])
        row = row[: enough - 1]
    return needed


class Found(NamedTuple, Generic[One]):
    """Smallest sets of units that contradict together, and whether they are all that there are."""

    sets: tuple[Sequence[One], ...]
    complete: bool


def every_smallest(
    units: Sequence[One], contradict: Callable[[Sequence[One]], bool], first: int = _FIRST, limit: int | None = 1
) -> Found[One]:
    """Find several sets as `smallest` does, each other than those before it.

    Another set lacks a unit of each that is known. So of each one after the other is taken away, and from what is left
    a further one is found, as long as there is any; what holds none without some units holds none without more.

    Parameters: ``limit`` is how many are found at most, None for all.
    """
    found: list[Sequence[One]] = []
    agenda, seen = [frozenset[One]()], {frozenset[One]()}
    fruitless: list[frozenset[One]] = []
    while agenda and (limit is None or len(found) < limit):
        without = agenda.pop(0)
        if any(one <= without for one in fruitless):
            continue
        known = next((one for one in found if without.isdisjoint(one)), None)
        if known is None:
            known = smallest([one for one in units if one not in without], contradict, first)
            if known is None:
                fruitless.append(without)
                continue
            found.append(known)
        further = [without | {one} for one in known]
        agenda += [one for one in further if one not in seen]
        seen.update(further)
    return Found(tuple(found), not agenda)


def _contradictory(triples: Iterable[ox.Triple]) -> bool:
    try:
        check_consistency(triples)
    except InconsistentData:
        return True
    return False


def _names(expression: Expression) -> set[str]:
    """Collect the classes, properties and individuals that an expression names."""
    found: set[str] = set()
    for one in walk(expression):
        match one:
            case Named(iri):
                found.add(iri)
            case OneOf(individuals):
                found.update(individuals)
            case Value(prop, individual):
                found |= {prop, individual}
            case Some(prop, _) | Facet(prop):
                found.add(prop)
            case _:
                pass
    return found


def _level(expression: Expression, levels: Mapping[str, float]) -> float:
    """Tell after how many steps an expression may have a member, if names have members after as many as is told."""
    match expression:
        case Named(iri):
            return levels.get(iri, inf)
        case And(operands):
            return max(_level(one, levels) for one in operands)
        case Or(operands):
            return min(_level(one, levels) for one in operands)
        case OneOf(individuals):
            return min(levels.get(one, inf) for one in individuals)
        case Value(prop, individual):
            return max(levels.get(prop, inf), levels.get(individual, inf))
        case Some(prop, filler):
            return max(levels.get(prop, inf), _level(filler, levels))
        case Facet(prop):
            return levels.get(prop, inf)


def _opened(units: Sequence[_Unit], starts: Iterable[str]) -> set[str]:
    """Collect the names of whose definitions the conditions follow: of those told, and named by such a definition.

    The class of any other definition is told of nobody (`hipkg.owl.axioms` sees to it), and so has only members that
    meet the conditions.
    """
    necessary = {one.axiom.subject.value: one.necessary for one in units if one.necessary}  # type: ignore[union-attr]
    told = (name for one in units if one.axiom.predicate == _TYPE for name in one.makes)
    return reached([*starts, *told], lambda name: necessary.get(name, ()))


def _levels(units: Sequence[_Unit], starts: Iterable[str], opened: Set[str]) -> dict[str, float]:
    """Tell after how many axioms names may have members, if some have them from the start.

    Parameters: ``opened`` are the names of whose definitions the conditions follow.
    """
    levels: dict[str, float] = dict.fromkeys(starts, 0)
    changed = True
    while changed:
        changed = False
        for unit in units:
            subject = unit.axiom.subject.value  # type: ignore[union-attr]
            made = [(one, _level(unit.needs, levels) + 1) for one in unit.makes]
            if unit.necessary and subject in opened:
                made += [(one, levels.get(subject, inf) + 1) for one in unit.necessary]
            for name, level in made:
                if level < levels.get(name, inf):
                    levels[name] = level
                    changed = True
    return levels


def _derivation(units: Sequence[_Unit], goal: str, levels: Mapping[str, float], opened: Set[str]) -> set[_Unit]:
    """Collect the axioms of a shortest way to the goal, which is none if the members of names are not the same."""
    best: dict[str, tuple[float, _Unit, set[str]]] = {}
    for unit in units:
        subject = unit.axiom.subject.value  # type: ignore[union-attr]
        ways = [(unit.makes, _level(unit.needs, levels), unit.needs)]
        if subject in opened:
            ways.append((unit.necessary, levels.get(subject, inf), Named(subject)))
        for made, level, needs in ways:
            for name in made:
                if level < levels.get(name, inf) and level < best.get(name, (inf,))[0]:
                    best[name] = level, unit, _resting(needs, levels)
    names = reached([goal], lambda name: best[name][2] if name in best else ())
    return {best[name][1] for name in names if name in best}


def _resting(expression: Expression, levels: Mapping[str, float]) -> set[str]:
    """Collect the names on whose members an expression rests that has one, of alternatives those of the nearest."""
    match expression:
        case And(operands):
            return {name for one in operands for name in _resting(one, levels)}
        case Or(operands):
            return _resting(min(operands, key=lambda one: _level(one, levels)), levels)
        case Some(prop, filler):
            return {prop, *_resting(filler, levels)}
        case _:
            return _names(expression)


def _distances(units: Sequence[_Unit], goal: str) -> dict[str, float]:
    """Tell how many axioms lie between names and the goal, going back from it over all that each axiom needs."""
    makers: dict[str, list[frozenset[str]]] = {}
    for unit in units:
        for name in unit.makes:
            makers.setdefault(name, []).append(frozenset(_names(unit.needs)))
        for name in unit.necessary:
            makers.setdefault(name, []).append(unit.makes)
    found: dict[str, float] = {goal: 0}
    edge = {goal}
    while edge:
        distance = found[next(iter(edge))] + 1
        edge = {one for name in edge for needed in makers.get(name, ()) for one in needed} - found.keys()
        found.update(dict.fromkeys(edge, distance))
    return found
