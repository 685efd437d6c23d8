"""Prove why a patient, a problem or an activity is in a class: from what is recorded, by axioms, without detours.

A goal is met by a step: it is recorded, or an axiom gives it from other goals. The steps that lead to a goal form a
graph; the proof is the smallest tree in it. Because each goal costs more than all that it rests on, no proof runs in a
circle. Where a goal is not met, the same tree is built for the nearest way to it, with what is missing marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.groups import reached
from hipkg.base.numbers import fits
from hipkg.base.vocabulary import DERIVED_FROM, RDF_TYPE
from hipkg.knowledge.memo import kept
from hipkg.knowledge.wording import quoted
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.record.facts import NOTHING, Facts, as_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.wording import English
    from hipkg.record.facts import Node

MISSING = "missing"
# A subsumption that only a reasoner sees is true but shows little: what an editor of the ontology wrote comes first.
_COST_OF_CLASSIFICATION = 100
_TYPE = ox.NamedNode(RDF_TYPE)
_DATED = (hip.startDate, hip.endDate, hip.duration, hip.hasStatus)


@shown_by("kind", "claim")
@dataclass(frozen=True, slots=True)
class Proof:
    """One claim with what it rests on.

    ``kind`` is ``recorded`` for a triple of the patient's record, ``computed`` for days and sides worked out from it,
    ``ontology`` for a fact of the ontology, ``definition``, ``hierarchy``, ``domain``, ``range``, ``wider``,
    ``inverse``, ``chain`` or ``value`` for the axiom that gives it, ``entailed`` where an engine found what no single
    axiom shows, and ``missing`` for what is not shown. ``axiom`` is in Manchester syntax, ``sentence`` says it in
    English, ``source`` names it by the IRIs of its terms; ``triple`` is the claim in RDF; ``derived_from`` are the IRIs
    that a recorded node says it was derived from.
    """

    claim: str
    kind: str
    because: tuple[Proof, ...] = ()
    axiom: str = ""
    sentence: str = ""
    triple: ox.Triple | None = None
    source: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Hash by the claim alone: proofs share parts, and going down each time would visit them over and over."""
        return hash((self.claim, self.kind))

    @property
    def holds(self) -> bool:
        """Tell whether the claim is shown."""
        return self.kind != MISSING

    def facts(self) -> frozenset[ox.Triple]:
        """Collect the recorded triples that the proof rests on."""
        own = frozenset({self.triple} if self.kind == "recorded" and self.triple else ())
        return own.union(*(one.facts() for one in self.because))

    def axioms(self) -> frozenset[tuple[str, ...]]:
        """Collect the axioms that the proof rests on: the kind of each and the IRIs of its terms."""
        own = frozenset({(self.kind, *self.source)} if self.source else ())
        return own.union(*(one.axioms() for one in self.because))


@dataclass(frozen=True, slots=True)
class Member:
    """The goal that a node is a member of an expression."""

    node: str
    expression: Expression

    def __hash__(self) -> int:
        """Hash by the head of the expression only: going down a whole definition each time costs more than it saves."""
        one = self.expression
        match one:
            case Named(iri):
                return hash((self.node, iri))
            case Some() | Value() | Facet():
                return hash((self.node, one.prop))
            case _:
                return hash((self.node, type(one)))


Goal = Member | ox.Triple


@dataclass(frozen=True, slots=True)
class Step:
    """One way to a goal: the kind of axiom, its wording and the goals that it needs."""

    kind: str
    axiom: str = ""
    sentence: str = ""
    premises: tuple[Goal, ...] = ()
    cost: int = 1
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nearest:
    """How near a node comes to a class, between 0 and 1, and the tree that shows what is there and what is missing.

    A node is ``alien`` if it is another kind of thing than the class asks for, whatever else it has in common with it;
    it is ``short`` if a record of the right kind is there and falls short.
    """

    score: float
    proofs: tuple[Proof, ...]
    alien: bool = False
    short: bool = False

    @property
    def rank(self) -> tuple[bool, float]:
        """Order the nearest: a record that falls short says more than none."""
        return (self.short, self.score)


def _derivations(recorded: Iterable[ox.Triple]) -> dict[object, list[str]]:
    """List by node what the record says that it was derived from."""
    found: dict[object, list[str]] = {}
    for one in recorded:
        if one.predicate.value == DERIVED_FROM:
            found.setdefault(one.subject, []).append(one.object.value)  # type: ignore[union-attr]
    return {node: sorted(sources) for node, sources in found.items()}


class Prover:
    """Prove claims about one patient.

    Parameters: ``recorded`` are the triples of the record; ``entailed`` is the same graph, normalised, with all that an
    engine derived; ``english`` words the claims.
    """

    def __init__(
        self, recorded: Iterable[ox.Triple], entailed: Iterable[ox.Triple], knowledge: Knowledge, english: English
    ) -> None:
        self._recorded = frozenset(recorded)
        self._derived_from = _derivations(self._recorded)
        self._knowledge = knowledge
        self._english = english
        # A number is written anew when it is normalised, so what is recorded is not all among what is entailed.
        self._facts = Facts([*entailed, *self._recorded])
        self._properties = knowledge.properties
        self._steps: dict[Goal, tuple[Step, ...]] = {}
        self._used_by: dict[Goal, list[Goal]] = {}
        self._best: dict[Goal, tuple[int, Step]] = {}
        self._proofs: dict[Goal, Proof] = {}
        self._narrower = _narrower(knowledge)
        self._nearest: dict[Member, Nearest] = {}

    def is_a(self, node: str, cls: str) -> bool:
        """Tell whether a node is entailed, or known from the ontology, to be in a class."""
        if node in self._knowledge.terms:
            return cls in self._knowledge.individual_types.get(node, ())
        return self._facts.is_a(node, cls)

    def members(self, cls: str) -> tuple[str, ...]:
        """List the nodes of the patient that are in a class."""
        return tuple(sorted(self._facts.members.get(cls, NOTHING) - self._knowledge.terms))

    def prove(self, node: str, cls: str) -> Proof | None:
        """Prove that a node is in a class with the fewest steps; None if the class is not entailed for it."""
        if not self.is_a(node, cls):
            return None
        goal = Member(node, Named(cls))
        self._settle(self._expand(goal))
        return self._build(goal)

    def size(self, node: str, cls: str) -> int:
        """Count the steps of the proof that a node is in a class."""
        found = self._best.get(Member(node, Named(cls)))
        return found[0] if found else 0

    def relation(self, triple: ox.Triple) -> Proof:
        """Prove a triple of the entailed graph between two nodes, or a node and a value."""
        self._settle(self._expand(triple))
        return self._build(triple)

    def nearest(self, cls: str, nodes: Iterable[str]) -> Proof:
        """Show for the node that comes nearest to a class what it lacks, or that it lacks nothing."""
        found = [(self._approach(Member(node, Named(cls)), ()), node) for node in nodes]
        near = [one for one in found if not one[0].alien]
        if not near:
            claim = f"nothing on record that could count as {quoted(self._knowledge.label(cls))}"
            return Proof(claim, MISSING, (), *self._wording(cls))
        best, _ = min(near, key=lambda one: (not one[0].short, -one[0].score, one[1]))
        return best.proofs[0]

    def _wording(self, cls: str) -> tuple[str, str]:
        """Word the definition of a class in Manchester syntax and in English, if it has one."""
        definition = self._knowledge.definition(cls)
        if definition is None:
            return "", ""
        axiom = f"{self._knowledge.label(cls)} EquivalentTo {self._english.manchester(definition)}"
        return axiom, self._english.sentence(cls)

    def _expand(self, goal: Goal) -> list[Goal]:
        """Collect the steps to a goal and to all that they need, and list the goals that are new."""
        new: list[Goal] = []
        agenda = [goal]
        while agenda:
            one = agenda.pop()
            if one in self._steps:
                continue
            self._steps[one] = self._worthwhile(tuple(self._ways(one)))
            new.append(one)
            for premise in dict.fromkeys(premise for step in self._steps[one] for premise in step.premises):
                self._used_by.setdefault(premise, []).append(one)
                agenda.append(premise)
        return new

    def _worthwhile(self, ways: tuple[Step, ...]) -> tuple[Step, ...]:
        """Keep only the first step that rests on nothing, or else on one record alone: no other can be shorter."""
        for wanted in (0, 1):
            for step in ways:
                if step.cost == 1 and len(step.premises) == wanted and all(map(self._is_recorded, step.premises)):
                    return (step,)
        return ways

    def _is_recorded(self, goal: Goal) -> bool:
        triple = goal if isinstance(goal, ox.Triple) else _named(goal)
        return triple in self._recorded

    def _settle(self, goals: list[Goal]) -> None:
        """Find the cheapest step to each goal, and look again at what uses a goal that got cheaper."""
        agenda = list(goals)
        while agenda:
            goal = agenda.pop()
            costs = [(self._cost(step), step) for step in self._steps[goal]]
            best = min(((cost, step) for cost, step in costs if cost is not None), key=itemgetter(0), default=None)
            if best is None:
                continue
            if goal not in self._best or best[0] < self._best[goal][0]:
                agenda += self._used_by.get(goal, ())
            self._best[goal] = best

    def _cost(self, step: Step) -> int | None:
        total = step.cost
        for premise in step.premises:
            if premise not in self._best:
                return None
            total += self._best[premise][0]
        return total

    def _build(self, goal: Goal) -> Proof:
        if goal not in self._proofs:
            self._proofs[goal] = self._made(goal)
        return self._proofs[goal]

    def _made(self, goal: Goal) -> Proof:
        triple = goal if isinstance(goal, ox.Triple) else _named(goal)
        if goal not in self._best:
            return Proof(self._claim(goal, "entailed"), "entailed", triple=triple)
        step = self._best[goal][1]
        because = tuple(dict.fromkeys(part for premise in step.premises for part in self._parts(premise)))
        claim = self._claim(goal, step.kind)
        sources = self._derived_from.get(triple.subject, ()) if triple and step.kind == "recorded" else ()
        return Proof(claim, step.kind, because, step.axiom, step.sentence, triple, step.source, tuple(sources))

    def _parts(self, goal: Goal) -> Iterator[Proof]:
        """Give the proof of a goal, or for an expression without a name the proofs of its parts."""
        if isinstance(goal, ox.Triple):
            yield self._build(goal)
        elif isinstance(goal.expression, Named):
            if goal.expression.iri != goal.node:  # an intervention stands for its own class: nothing to show
                yield self._build(goal)
        else:
            for premise in self._best[goal][1].premises:
                yield from self._parts(premise)

    def _claim(self, goal: Goal, kind: str) -> str:
        if isinstance(goal, ox.Triple):
            return self._english.fact(goal)
        if not isinstance(goal.expression, Named):
            return f"{self._english.name(goal.node)} {self._english.predicate(goal.expression)}"
        if kind == "recorded":
            return self._english.type_recorded(goal.node, goal.expression.iri)
        if kind == "ontology":
            return f"{self._english.name(goal.node)} is a kind of {self._knowledge.label(goal.expression.iri)}"
        return self._english.membership(goal.node, goal.expression.iri)

    def _ways(self, goal: Goal) -> Iterator[Step]:
        """List the steps to a goal, in a fixed order that settles ties."""
        if isinstance(goal, ox.Triple):
            yield from self._ways_to_relation(goal)
            return
        match goal.expression:
            case Named(iri):
                yield from self._ways_to_class(goal.node, iri)
            case And(operands):
                yield Step("and", premises=tuple(Member(goal.node, one) for one in operands))
            case Or(operands):
                yield from (Step("or", premises=(Member(goal.node, one),)) for one in operands)
            case OneOf(individuals):
                yield from (Step("oneOf") for one in individuals if one == goal.node)
            case _:
                yield from self._ways_by_restriction(goal.node, goal.expression)

    def _ways_by_restriction(self, node: str, expression: Some | Value | Facet) -> Iterator[Step]:
        for one in self._facts.in_order(node, expression.prop):
            triple = _relation(node, expression.prop, one)
            if isinstance(expression, Some):
                if isinstance(one, str):
                    yield Step("some", premises=(triple, Member(one, expression.filler)))
            elif _fits(one, expression):
                yield Step("value", premises=(triple,))

    def _targets(self, node: str, prop: str) -> list[str]:
        return [one for one in self._facts.in_order(node, prop) if isinstance(one, str)]

    def _ways_to_class(self, node: str, cls: str) -> Iterator[Step]:
        if not self.is_a(node, cls):
            return
        if node in self._knowledge.terms:
            yield Step("ontology", source=(node, cls))
            return
        if _type(node, cls) in self._recorded:
            yield Step("recorded")
        definition = self._knowledge.definition(cls)
        if definition is not None:
            yield Step("definition", *self._wording(cls), (Member(node, definition),), source=(cls,))
        for lower in self._targets(node, RDF_TYPE):
            if lower not in self._knowledge.auxiliary and cls in self._knowledge.superclasses.get(lower, ()):
                yield self._hierarchy_step(lower, cls, Member(node, Named(lower)))
        yield from self._ways_by_property(node, cls)

    def _hierarchy_step(self, lower: str, upper: str, premise: Goal) -> Step:
        names = [self._knowledge.label(one) for one in (lower, upper)]
        told = self._knowledge.told_superclasses
        cost = 1 if upper in reached([lower], lambda one: told.get(one, ())) else _COST_OF_CLASSIFICATION
        sentence = f"Every “{names[0]}” is a kind of “{names[1]}”."
        return Step("hierarchy", f"{names[0]} SubClassOf {names[1]}", sentence, (premise,), cost, (lower, upper))

    def _ways_by_property(self, node: str, cls: str) -> Iterator[Step]:
        """List the properties of which a member of the class is the only possible subject or object."""
        label = self._knowledge.label(cls)
        for prop in self._outgoing(node):
            if cls in self._properties[prop].domains:
                name = self._knowledge.label(prop)
                sentence = f"Anything that has a value of “{name}” is a “{label}”."
                for one in self._facts.in_order(node, prop):
                    premise = _relation(node, prop, one)
                    yield Step("domain", f"{name} Domain {label}", sentence, (premise,), source=(prop, cls))
        for prop, subject in self._facts.incoming(node):
            if prop in self._properties and cls in self._properties[prop].ranges:
                name = self._knowledge.label(prop)
                sentence = f"Any value of “{name}” is a “{label}”."
                premise = _relation(subject, prop, node)
                yield Step("range", f"{name} Range {label}", sentence, (premise,), source=(prop, cls))

    def _outgoing(self, node: str) -> list[str]:
        """List the properties of the ontology that a node has values of."""
        return [one for one in self._facts.outgoing(node) if one in self._properties]

    def _ways_to_relation(self, triple: ox.Triple) -> Iterator[Step]:
        if triple in self._recorded:
            yield Step("recorded")
            return
        subject, prop = triple.subject.value, triple.predicate.value  # type: ignore[union-attr]
        if not isinstance(triple.object, ox.NamedNode):
            yield self._computed_days(subject)
            return
        axioms, target = self._properties.get(prop), triple.object.value
        if axioms is None:
            return
        yield from self._ways_by_other_property(subject, prop, target)
        for chain in [*axioms.chains, *([(prop, prop)] if axioms.transitive else [])]:
            yield from self._ways_by_chain(subject, prop, target, chain)
        yield from self._ways_by_class_value(subject, prop, target)
        if prop == hip.hasSide:
            yield from self._computed_side(subject, target)

    def _ways_by_other_property(self, subject: str, prop: str, target: str) -> Iterator[Step]:
        label = self._knowledge.label
        for other in self._outgoing(subject):
            if prop in self._properties[other].superproperties and target in self._facts.values(subject, other):
                axiom = f"{label(other)} SubPropertyOf {label(prop)}"
                sentence = f"“{label(other)}” implies “{label(prop)}”."
                yield Step("wider", axiom, sentence, (_relation(subject, other, target),), source=(other, prop))
        for other in self._outgoing(target):
            if self._are_inverse(prop, other) and subject in self._facts.values(target, other):
                axiom = f"{label(prop)} InverseOf {label(other)}"
                sentence = f"“{label(prop)}” is the reverse of “{label(other)}”."
                yield Step("inverse", axiom, sentence, (_relation(target, other, subject),), source=(prop, other))

    def _are_inverse(self, prop: str, other: str) -> bool:
        one, two = self._properties.get(prop), self._properties.get(other)
        if one is None or two is None:
            return False
        return other in one.inverses or prop in two.inverses or (prop == other and one.symmetric)

    def _ways_by_chain(self, subject: str, prop: str, target: str, chain: tuple[str, ...]) -> Iterator[Step]:
        names = [self._knowledge.label(one) for one in chain]
        name = self._knowledge.label(prop)
        axiom = f"{' o '.join(names)} SubPropertyOf {name}"
        followed = " followed by ".join(f"“{one}”" for one in names)
        for path in self._paths(subject, chain, target):
            yield Step("chain", axiom, f"{followed} gives “{name}”.", path, source=(prop, *chain))

    def _paths(self, start: str, chain: tuple[str, ...], end: str) -> Iterator[tuple[ox.Triple, ...]]:
        first, *rest = chain
        if not rest:
            if end in self._targets(start, first):
                yield (_relation(start, first, end),)
            return
        for middle in self._targets(start, first):
            for path in self._paths(middle, tuple(rest), end):
                yield (_relation(start, first, middle), *path)

    def _ways_by_class_value(self, subject: str, prop: str, target: str) -> Iterator[Step]:
        for cls in self._targets(subject, RDF_TYPE):
            if (prop, target) in self._knowledge.class_values.get(cls, ()):
                labels = [self._knowledge.label(one) for one in (cls, prop, target)]
                axiom = f"{labels[0]} SubClassOf {labels[1]} value {labels[2]}"
                sentence = f"Every “{labels[0]}” has as {labels[1]} {labels[2]}."
                yield Step("value", axiom, sentence, (Member(subject, Named(cls)),), source=(cls, prop, target))

    def _computed_days(self, activity: str) -> Step:
        """Name the triples that days are worked out from, with the link by which the date of the plan counts."""
        own = [one for one in self._recorded if one.subject == ox.NamedNode(activity) and one.predicate.value in _DATED]
        links = [one for one in self._recorded if self._links(one, activity)][:1]
        dates = [one for one in self._recorded if one.predicate.value == hip.asOf]
        return Step("computed", "", "Worked out from what is recorded.", tuple(sorted({*own, *links, *dates}, key=str)))

    def _links(self, triple: ox.Triple, activity: str) -> bool:
        node, ends = ox.NamedNode(activity), {triple.subject, triple.object}
        prop = self._properties.get(triple.predicate.value)
        if node not in ends or prop is None:
            return False
        reached = {prop.iri, *prop.superproperties, *prop.inverses}
        return hip.hasActivity in reached

    def _computed_side(self, part: str, side: str) -> Iterator[Step]:
        for whole in self._targets(part, hip.partOf):
            if side in self._targets(whole, hip.hasSide):
                premises = (_relation(part, hip.partOf, whole), _relation(whole, hip.hasSide, side))
                yield Step("computed", "", "A part is on the side of the whole.", premises)

    def _approach(self, goal: Member, seen: tuple[Member, ...]) -> Nearest:
        """Say how near a goal is; ``seen`` are the goals on the way to it."""
        if goal in self._nearest:
            return self._nearest[goal]
        if goal in seen:
            return Nearest(0, ())
        found = self._approached(goal, (*seen, goal))
        self._nearest[goal] = found
        return found

    def _approached(self, goal: Member, seen: tuple[Member, ...]) -> Nearest:
        match goal.expression:
            case Named(iri):
                return self._approach_class(goal.node, iri, seen)
            case And(operands):
                parts = [self._approach(Member(goal.node, one), seen) for one in operands]
                proofs = tuple(dict.fromkeys(proof for part in parts for proof in part.proofs))
                score = sum(part.score for part in parts) / len(parts)
                return Nearest(score, proofs, any(one.alien for one in parts), any(one.short for one in parts))
            case Or(operands):
                return self._approach_one([self._approach(Member(goal.node, one), seen) for one in operands])
            case Some(prop, filler):
                return self._approach_filler(goal, prop, filler, seen)
            case OneOf(individuals):
                return Nearest(1, ()) if goal.node in individuals else self._nothing(goal)
            case _:
                return self._approach_value(goal, goal.expression.prop)

    def _approach_class(self, node: str, cls: str, seen: tuple[Member, ...]) -> Nearest:
        if node == cls:
            return Nearest(1, ())
        proof = self.prove(node, cls)
        if proof is not None:
            return Nearest(1, (proof,))
        name, label = self._english.name(node), quoted(self._knowledge.label(cls))
        definition = self._knowledge.definition(cls)
        triple = _type(node, cls)
        if definition is None:
            way = self._approach_narrower(node, cls, seen)
            missing = Proof(f"{name} is not recorded as {label}", MISSING, way.proofs, triple=triple)
            return Nearest(way.score / 2, (missing,), way.alien, way.short)
        inner = self._approach(Member(node, definition), seen)
        missing = Proof(f"{name} is not shown to count as {label}", MISSING, inner.proofs, *self._wording(cls), triple)
        return Nearest(inner.score, (missing,), inner.alien, inner.short)

    def _approach_narrower(self, node: str, cls: str, seen: tuple[Member, ...]) -> Nearest:
        """Follow the defined class that would entail a class and that a node comes nearest to."""
        found = [self._approach(Member(node, Named(one)), seen) for one in self._narrower.get(cls, ())]
        near = [one for one in found if one.score and not one.alien]
        return max(near, key=lambda one: one.rank, default=Nearest(0, (), alien=True))

    @staticmethod
    def _approach_one(ways: list[Nearest]) -> Nearest:
        """Follow the nearest of several ways, or name all of them where nothing is recorded for any."""
        near = [one for one in ways if not one.alien] or ways
        best = max(near, key=lambda one: one.rank)
        if best.short or best.alien or best.score == 1:
            return best
        wanted = tuple(dict.fromkeys(part for one in near for part in one.proofs if not part.holds))
        proofs = (Proof("one of these is wanted", MISSING, wanted),) if len(near) > 1 else best.proofs
        return Nearest(best.score, proofs)

    def _approach_filler(self, goal: Member, prop: str, filler: Expression, seen: tuple[Member, ...]) -> Nearest:
        targets = self._targets(goal.node, prop)
        found = [(self._approach(Member(one, filler), seen), one) for one in targets]
        near = [one for one in found if not one[0].alien and one[0].score]
        if not near:
            # What an activity is, its link to a term tells: one that carries out something else is no near miss.
            terms = any(one in self._knowledge.terms for one in targets)
            return replace(self._nothing(goal), alien=terms and prop not in self._knowledge.single_valued)
        best, target = max(near, key=lambda one: one[0].rank)
        relation = self.relation(_relation(goal.node, prop, target))
        return Nearest(best.score, (relation, *best.proofs), short=best.short)

    def _approach_value(self, goal: Member, prop: str) -> Nearest:
        """Compare the recorded values of a property with the wanted one."""
        values = self._facts.in_order(goal.node, prop)
        met = [one for one in values if _fits(one, goal.expression)]
        relations = tuple(self.relation(_relation(goal.node, prop, one)) for one in met[:1] or values)
        if met:
            return Nearest(1, relations)
        if not values:
            return self._nothing(goal)
        claim = f"wanted: {self._english.name(goal.node)} {self._english.predicate(goal.expression)}"
        return Nearest(0.5, (Proof(claim, MISSING, relations),), short=True)

    def _nothing(self, goal: Member) -> Nearest:
        claim = f"{self._english.name(goal.node)} {self._english.predicate(goal.expression)}"
        return Nearest(0, (Proof(f"nothing on record: {claim}", MISSING),))


@kept
def _narrower(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Map each class to the defined classes right below it; what the release adds explains nothing."""
    found: dict[str, set[str]] = {}
    for lower in knowledge.definitions.keys() - knowledge.auxiliary:
        upper = knowledge.superclasses.get(lower, frozenset()) - knowledge.auxiliary
        further = {
            two
            for one in upper
            for two in knowledge.superclasses.get(one, ())
            if one not in knowledge.superclasses.get(two, ())
        }
        for one in upper - further:
            found.setdefault(one, set()).add(lower)
    return {iri: tuple(sorted(lower)) for iri, lower in found.items()}


def _fits(value: Node, wanted: Expression) -> bool:
    if isinstance(wanted, Value):
        return value == wanted.individual
    return isinstance(wanted, Facet) and isinstance(value, ox.Literal) and fits(value, wanted.bounds)


def _named(goal: Member) -> ox.Triple | None:
    return _type(goal.node, goal.expression.iri) if isinstance(goal.expression, Named) else None


def _type(node: str, cls: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(node), _TYPE, ox.NamedNode(cls))


def _relation(subject: str, prop: str, target: Node) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), as_term(target))
