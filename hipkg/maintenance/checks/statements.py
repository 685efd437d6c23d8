"""Ask a reasoner what it makes of the statements: which are dead, which slots idle, which add nothing to another.

For each statement some classes are added to the ontology, the *probes*; one classification answers all of them. The
probes follow the derivation queries: a requirement on patients is judged for the patient of a problem, and where
several problems at the same site are in the context, each requirement may be met by another of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import HIP, OBJECTING, PREFIXES, curie
from hipkg.knowledge.frame.answers import LIFTING, Slot
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import And, Expression, Named, Or, Some, manchester
from hipkg.owl.reasoners import close

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.owl.axioms import Axioms
    from hipkg.owl.reasoners import Entailments

_PROBE = "urn:hipkg:probe:"


@dataclass(frozen=True, slots=True)
class Rule:
    """The logic of a statement as expressions, all for members of the world of its context.

    ``context`` is to be in any of the ``contexts``; ``holding`` is context and requirements together; ``entries`` maps
    the closed slots to their classes, which are put in terms of the context's world.
    """

    statement: str
    contexts: tuple[str, ...]
    context: Expression
    holding: Expression
    entries: Mapping[Slot, tuple[Expression, ...]]


def read_rules(triples: Iterable[ox.Triple], axioms: Axioms) -> tuple[Rule, ...]:
    """Read the logic of all statements that have a context."""
    slots: dict[str, dict[str, list[str]]] = {}
    names = {HIP + name: name for name in ("appliesTo", *Slot)}
    for one in triples:
        if one.predicate.value in names and isinstance(one.subject, ox.NamedNode):
            entries = slots.setdefault(one.subject.value, {})
            entries.setdefault(names[one.predicate.value], []).append(one.object.value)  # type: ignore[union-attr]
    return tuple(_rule(iri, entries, axioms) for iri, entries in sorted(slots.items()) if "appliesTo" in entries)


def _rule(iri: str, slots: Mapping[str, list[str]], axioms: Axioms) -> Rule:
    contexts = tuple(sorted(slots["appliesTo"]))
    of_patients = _is_of_patients(contexts[0], axioms)
    context = _any([Named(one) for one in contexts])

    def judged(cls: str) -> Expression:
        """Say of a subject that it, or its patient, is in a class."""
        return Named(cls) if of_patients or not _is_of_patients(cls, axioms) else Some(hip.problemOf, Named(cls))

    entries = {slot: tuple(judged(one) for one in sorted(slots.get(slot, ()))) for slot in Slot}
    return Rule(iri, contexts, context, _all([context, *_jointly(context, entries[Slot.REQUIRES])]), entries)


def _is_of_patients(iri: str, axioms: Axioms) -> bool:
    above = axioms.superclasses.get(iri, frozenset())
    return iri == hip.Patient or any(_is_of_patients(one, axioms) for one in above)


def _jointly(context: Expression, requirements: tuple[Expression, ...]) -> Iterator[Expression]:
    """Say that requirements are met together: by one patient, and by problems in the context at one site."""
    of_patient = [one.filler for one in requirements if isinstance(one, Some)]
    of_subject = [one for one in requirements if not isinstance(one, Some)]
    yield from of_subject[:1]
    for one in of_subject[1:]:
        beside = Some(hip.locatedIn, Some(hip.locationOf, And((context, one))))
        yield Or((one, beside))
    if of_patient:
        yield Some(hip.problemOf, _all(of_patient))


def _all(operands: list[Expression]) -> Expression:
    return And(tuple(operands)) if len(operands) > 1 else operands[0]


def _any(operands: list[Expression]) -> Expression:
    return Or(tuple(operands)) if len(operands) > 1 else operands[0]


# Probes


def probes(rules: Iterable[Rule]) -> list[ox.Triple]:
    """Define the classes that ask the reasoner about rules."""
    asked = {expression for rule in rules for expression in _asked(rule) if not isinstance(expression, Named)}
    prefixes = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("owl", "hip"))
    turtle = "\n".join(f"<{_name(one)}> a owl:Class ; owl:equivalentClass {_turtle(one)} ." for one in asked)
    return [quad.triple for quad in ox.parse((prefixes + turtle).encode(), format=ox.RdfFormat.TURTLE)]


def _asked(rule: Rule) -> Iterator[Expression]:
    yield rule.holding
    yield from rule.entries[Slot.REQUIRES]
    for slot in LIFTING:
        if rule.entries[slot]:
            yield _any(list(rule.entries[slot]))
            yield from (And((rule.context, one)) for one in rule.entries[slot])


@cache
def _name(expression: Expression) -> str:
    """Name the class that stands for an expression: itself, or a probe."""
    if isinstance(expression, Named):
        return expression.iri
    return _PROBE + quote(manchester(expression), safe="")


def _turtle(expression: Expression) -> str:
    match expression:
        case Named(iri):
            return f"<{iri}>"
        case Some(prop, filler):
            return f"[ a owl:Restriction ; owl:onProperty <{prop}> ; owl:someValuesFrom {_turtle(filler)} ]"
        case And(operands) | Or(operands):
            kind = "intersectionOf" if isinstance(expression, And) else "unionOf"
            return f"[ a owl:Class ; owl:{kind} ( {' '.join(map(_turtle, operands))} ) ]"
        case _:
            raise TypeError(f"no probe asks for {manchester(expression)}")


# Answers


class Answers:
    """What the reasoner says of the probes and of the classes of the ontology."""

    def __init__(self, entailments: Entailments) -> None:
        self._superclasses = close(entailments.subclasses)
        self._unsatisfiable = entailments.unsatisfiable

    def impossible(self, expression: Expression) -> bool:
        """Tell whether nothing can be in a class."""
        return _name(expression) in self._unsatisfiable

    def below(self, one: Expression, other: Expression) -> bool:
        """Tell whether every member of a class is one of another."""
        name, wider = _name(one), _name(other)
        return name == wider or wider in self._superclasses.get(name, frozenset()) or self.impossible(one)


def check_statements(rules: Iterable[Rule], answers: Answers) -> Iterator[Issue]:
    """Find statements that can never hold, and slot entries that make no difference."""
    for rule in rules:
        dead = list(_dead(rule, answers))
        yield from dead or _idle(rule, answers)


def _dead(rule: Rule, answers: Answers) -> Iterator[Issue]:
    held = manchester(rule.holding)
    if answers.impossible(rule.holding):
        yield _of_statement("dead-statement", rule, Slot.REQUIRES, f"no patient can meet this: {held}")
        return
    reasons = {
        Slot.EXCEPT_FOR: "an exception holds whenever it would hold",
        Slot.SATISFIED_BY: "it is done whenever it would hold",
    }
    for slot, reason in reasons.items():
        either = _any(list(rule.entries[slot])) if rule.entries[slot] else None
        if either is not None and answers.below(rule.holding, either):
            text = f"{reason}: {manchester(rule.holding, nested=True)} SubClassOf {manchester(either)}"
            yield _of_statement("dead-statement", rule, slot, text)


def _idle(rule: Rule, answers: Answers) -> Iterator[Issue]:
    context = manchester(rule.context, nested=True)
    for one in rule.entries[Slot.REQUIRES]:
        if answers.below(rule.context, one):
            text = f"follows from the context: {context} SubClassOf {manchester(one)}"
            yield _of_statement("idle-slot", rule, Slot.REQUIRES, text)
    for slot in LIFTING:
        for one in rule.entries[slot]:
            both = And((rule.context, one))
            if answers.impossible(both):
                text = f"cannot be met in the context: {manchester(both)}"
                yield _of_statement("idle-slot", rule, slot, text)


def _of_statement(check: str, rule: Rule, slot: str, text: str) -> Issue:
    return Issue(check, curie(rule.statement), curie(HIP + slot), text)


# Statements that add nothing to another


def subsumed_statements(rules: Iterable[Rule], answers: Answers, knowledge: Knowledge) -> Iterator[Issue]:
    """Note statements that add nothing to another one of the same document, which holds wherever they do.

    Across documents that is agreement, as each can be used alone. Interpretations are left out: what they say is their
    text.
    """
    comparison = _Comparison(rules, answers, knowledge)
    for info in comparison.statements:
        wider = [other for other in comparison.statements if comparison.adds_nothing(info, other)]
        if wider:
            text = f"adds nothing to what holds wherever it does: {' '.join(curie(one.iri) for one in wider)}"
            yield Issue("subsumed-statement", curie(info.iri), curie(info.effect), text, note=True)


class _Comparison:
    """Compare statements that can hold and do something."""

    def __init__(self, rules: Iterable[Rule], answers: Answers, knowledge: Knowledge) -> None:
        self._answers = answers
        self._knowledge = knowledge
        self._holding = {rule.statement: rule.holding for rule in rules if not answers.impossible(rule.holding)}
        infos = [knowledge.statements[iri] for iri in self._holding]
        self.statements = [info for info in infos if info.effect != hip.informsOn]

    def adds_nothing(self, info: StatementInfo, other: StatementInfo) -> bool:
        """Tell whether a statement is redundant beside another; of two that are so to each other, the later is."""
        return (
            info != other
            and self._is_covered(info, other)
            and (info.id > other.id or not self._is_covered(other, info))
        )

    def _is_covered(self, info: StatementInfo, other: StatementInfo) -> bool:
        alike = (info.effect, info.document) == (other.effect, other.document)
        return alike and self._does_no_more(info, other) and self._holds_wherever(other, info)

    def _does_no_more(self, info: StatementInfo, other: StatementInfo) -> bool:
        """Tell whether a statement is about the same, or a kind of what the other refuses, and is no better graded."""
        reaches_kinds = info.effect in OBJECTING and self._knowledge.is_a(info.intervention, other.intervention)
        ranks = ((info.strength_rank, other.strength_rank), (info.quality_rank, other.quality_rank))
        return (
            (info.intervention == other.intervention or reaches_kinds)
            and all(one is None or (two is not None and one <= two) for one, two in ranks)
            and info.timing in {"", other.timing}
            and set(info.bounds) <= set(other.bounds)
        )

    def _holds_wherever(self, other: StatementInfo, info: StatementInfo) -> bool:
        """Tell whether a statement holds wherever another one does."""
        slots = ("except_for", "satisfied_by", "accompanies")
        fewer = all(set(getattr(other, slot)) <= set(getattr(info, slot)) for slot in slots)
        return fewer and self._answers.below(self._holding[info.iri], self._holding[other.iri])
