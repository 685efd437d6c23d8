"""Say classes, definitions and recorded facts in English, made of the labels of the ontology and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.numbers import UNITS, plain
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value, manchester

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from hipkg.knowledge.records import Knowledge

LIMITS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_PREPOSITION = re.compile(r"^of | (in|of|by|to)$")
_VOWELS = re.compile(r"[aeiou]|[AEIOFHLMNRSX][A-Z]", re.ASCII)
_VALUE = "{value}"
_COUNTED = {hip.Problem, hip.Condition, hip.Finding}
_LONGEST_NAME = 32


def article(noun: str) -> str:
    """Put the indefinite article before a noun."""
    return f"an {noun}" if _VOWELS.match(noun) else f"a {noun}"


def quoted(label: str) -> str:
    """Put a label in quotation marks, so that a long one reads as one name."""
    return f"“{label}”"


def quantity(value: Decimal | str, unit: str) -> str:
    """Write a number without a fraction of zeros, with its unit in words."""
    return f"{plain(value)} {UNITS.get(unit) or _annotated(unit)}".strip()


def _annotated(unit: str) -> str:
    """Write the annotations of a unit of UCUM, which stand in braces, as words."""
    return re.sub(r"\{(.*?)\}", lambda found: found[1].replace("_", " "), unit)


def listed(parts: Sequence[str], word: str, *, comma: bool = False) -> str:
    """Join parts with commas and a last ``and`` or ``or``, which ``comma`` sets off as well."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])}{',' if comma else ''} {word} {parts[-1]}"


def short_name(iri: str) -> str:
    """Return the last part of the IRI of a node."""
    parts = [one for one in re.split(r"[/#:?=]+", iri) if one]
    return parts[-1][:_LONGEST_NAME] if parts else iri


class Wording:
    """Word classes and their definitions.

    Parameters: ``mention`` writes the name of a class that has a definition of its own, by default in quotation marks.
    """

    def __init__(self, knowledge: Knowledge, mention: Callable[[str], str] | None = None) -> None:
        self._knowledge = knowledge
        self._mention = mention or (lambda iri: quoted(knowledge.label(iri)))

    def sentence(self, cls: str) -> str:
        """Say in one sentence what a defined class means; empty if the class has no definition."""
        meaning = self.meaning(cls)
        return f"{quoted(self._knowledge.label(cls))} means {meaning}." if meaning else ""

    def meaning(self, cls: str) -> str:
        """Say as a noun phrase what a defined class means; empty if the class has no definition."""
        definition = self._knowledge.definition(cls)
        match definition:
            case None:
                return ""
            case Or(operands):
                return f"either {listed([self.phrase(one) for one in operands], 'or', comma=True)}"
            case And():
                return self._conjunction(definition, comma=True)
            case _:
                return self._conjunction(And((Named(self.kind(cls)), definition)))

    def kind(self, cls: str) -> str:
        """Return the narrowest class without a definition that a class is, or is a kind of; empty if there is none."""
        upper = self._knowledge.superclasses.get(cls, frozenset())
        told = [
            one for one in {cls, *upper} if self._knowledge.definition(one) is None and one in self._knowledge.labels
        ]
        return max(told, key=lambda one: (len(self._knowledge.superclasses.get(one, ())), one), default="")

    def noun(self, iri: str) -> str:
        """Name a member of a class that has no definition.

        An intervention stands for itself, and what a patient has is not counted: both take no article.
        """
        label = self._knowledge.label(iri)
        uncounted = iri in self._knowledge.interventions or (
            iri not in _COUNTED and self._knowledge.is_a(iri, hip.Problem)
        )
        return label if uncounted else article(label)

    def phrase(self, expression: Expression) -> str:
        """Say what a member of an expression is, as a noun phrase."""
        match expression:
            case Named(iri) if self._knowledge.definition(iri) is None:
                return self.noun(iri)
            case Named(iri):
                return self._defined(iri)
            case And():
                return self._conjunction(expression)
            case Or(operands):
                return listed([self.phrase(one) for one in operands], "or")
            case OneOf(individuals):
                return listed([self._knowledge.label(one) for one in individuals], "or")
            case _:
                return self._conjunction(And((expression,)))

    def predicate(self, expression: Expression) -> str:
        """Say what an expression asks of its members, as what follows "it"."""
        match expression:
            case Named(iri):
                counts = self._knowledge.definition(iri) is not None and not self._tells_its_kind(iri)
                return f"counts as {self._mention(iri)}" if counts else f"is {self.phrase(expression)}"
            case And(operands):
                return listed([self.predicate(one) for one in operands], "and")
            case Or(operands):
                return f"either {listed([self.predicate(one) for one in operands], 'or')}"
            case OneOf():
                return f"is {self.phrase(expression)}"
            case _:
                return self.verb(expression.prop, self._value(expression))

    def verb(self, prop: str, value: str) -> str:
        """Say that something has a value of a property: in the phrase of the ontology, or by the label."""
        given = self._knowledge.verb_phrases.get(prop)
        if given:
            return given.replace(_VALUE, value)
        label = self._knowledge.label(prop)
        participle = not label.startswith("has ") and _PREPOSITION.search(label)
        return f"is {label} {value}" if participle else f"{label} {value}"

    def manchester(self, expression: Expression) -> str:
        """Write an expression in Manchester syntax with labels."""
        return manchester(expression, self._knowledge.labels)

    def limits(self, facet: Facet) -> str:
        """Say the numeric limits of a facet."""
        unit = self._knowledge.units.get(facet.prop, "")
        limits = [f"{LIMITS[symbol]} {quantity(limit, unit)}" for symbol, limit in facet.bounds]
        return listed(limits, "and") if limits else "any value"

    def _value(self, expression: Some | Value | Facet) -> str:
        match expression:
            case Some(prop, filler):
                bare = isinstance(filler, Some | Value | Facet) and prop in self._knowledge.value_kinds
                return self.phrase(And((Named(self._knowledge.value_kinds[prop]), filler)) if bare else filler)
            case Value(_, individual):
                return self._knowledge.label(individual)
            case Facet():
                return self.limits(expression)

    def _attribute(self, expression: Expression) -> str:
        """Describe something by what an expression asks, after its name; empty if that takes a clause."""
        match expression:
            case Some(prop) | Value(prop) | Facet(prop) if prop in self._knowledge.attribute_phrases:
                return self._knowledge.attribute_phrases[prop].replace(_VALUE, self._value(expression))
            case Or(operands):
                parts = [self._attribute(one) for one in operands]
                return f"either {listed(parts, 'or')}" if all(parts) else ""
            case _:
                return ""

    def _conjunction(self, expression: And, *, comma: bool = False) -> str:
        """Name the class that all members belong to, and describe it by the rest.

        Attributes follow the name directly; if one of the rest has none, all of it becomes a clause.
        """
        operands = _flattened(expression)
        named = [one.iri for one in operands if isinstance(one, Named)]
        told = [one for one in named if self._knowledge.definition(one) is None]
        head = next(iter([*told, *filter(self._tells_its_kind, named)]), "")
        kind = head or next(filter(None, map(self.kind, named)), "")
        rest = sorted((one for one in operands if one != Named(head)), key=lambda one: not isinstance(one, Named))
        name = self.phrase(Named(kind)) if kind else "something"
        attributes = [self._attribute(one) for one in rest]
        if all(attributes):
            return " ".join([name, listed(attributes, "and", comma=comma)]).strip()
        return f"{name} {self._that(kind)} {listed([self.predicate(one) for one in rest], 'and', comma=comma)}"

    def _defined(self, iri: str) -> str:
        """Name a member of a defined class, with its kind unless the label tells that or it is an activity."""
        kind = self.kind(iri)
        if self._tells_its_kind(iri):
            label = self._knowledge.label(iri)
            counted = self.noun(kind) != self._knowledge.label(kind)
            return f"{article(label).removesuffix(label)}{self._mention(iri)}" if counted else self._mention(iri)
        if self._knowledge.is_a(iri, hip.Activity):
            return self._mention(iri)
        return f"{self.noun(kind) if kind else 'something'} {self._that(kind)} counts as {self._mention(iri)}"

    def _tells_its_kind(self, iri: str) -> bool:
        kind = self.kind(iri)
        return bool(kind) and self._knowledge.label(kind) in self._knowledge.label(iri)

    def _that(self, kind: str) -> str:
        return "who" if kind and self._knowledge.is_a(kind, hip.Patient) else "that"


class English(Wording):
    """Word the knowledge and the record of one patient.

    Parameters: ``triples`` are what is recorded of the patient, with the days and sides that follow from it.
    """

    def __init__(self, knowledge: Knowledge, triples: Iterable[ox.Triple], patient: str) -> None:
        super().__init__(knowledge)
        self._patient = patient
        self._values: dict[tuple[str, str], list[str]] = {}
        for one in triples:
            if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode):
                self._values.setdefault((one.subject.value, one.predicate.value), []).append(one.object.value)
        sites = {node for node, prop in self._values if prop == RDF_TYPE and self._is_site(node)}
        self._site_words = {node: self._site(node) for node in sorted(sites)}

    def name(self, node: str) -> str:
        """Name a node of the patient by what it is and its short name, a site by its side, a term by its label."""
        if node == self._patient:
            return "the patient"
        if node in self._knowledge.terms:
            return self._knowledge.label(node)
        words = self._site_words.get(node)
        if words and list(self._site_words.values()).count(words) == 1:
            return words
        label = words or self._label(node)
        short = short_name(node)
        told = short.casefold() == label.casefold().replace(" ", "-")
        return label if told else f"{label} ({short})" if label else short

    def fact(self, triple: ox.Triple) -> str:
        """Say a triple between nodes, or between a node and a value."""
        subject, prop = triple.subject.value, triple.predicate.value  # type: ignore[union-attr]
        if prop == hip.asOf:
            return f"the plan is made as of {triple.object.value}"  # type: ignore[union-attr]
        if isinstance(triple.object, ox.Literal):
            value = quantity(triple.object.value, self._knowledge.units.get(prop, ""))
        else:
            value = self.name(triple.object.value)  # type: ignore[union-attr]
        return f"{self.name(subject)} {self.verb(prop, value)}"

    def type_recorded(self, node: str, cls: str) -> str:
        """Say that a node is recorded as a member of a class, by its short name."""
        who = "the patient" if node == self._patient else short_name(node)
        return f"{who} is recorded as {self.noun(cls)}"

    def membership(self, node: str, cls: str) -> str:
        """Say that a node is a member of a class, which it need not be recorded to be."""
        return f"{self.name(node)} counts as {quoted(self._knowledge.label(cls))}"

    def _is_site(self, node: str) -> bool:
        return any(self._knowledge.is_a(one, hip.BodySite) for one in self._values.get((node, RDF_TYPE), ()))

    def _site(self, node: str) -> str:
        sides = [self._knowledge.label(one) for one in sorted(self._values.get((node, hip.hasSide), ()))]
        return " ".join([*sides[:1], self._label(node)])

    def _label(self, node: str) -> str:
        """Name the intervention of an activity, or else the narrowest class that a node is recorded to be in."""
        carried_out = sorted(self._values.get((node, hip.ofIntervention), ()))
        types = self._values.get((node, RDF_TYPE), [])
        known = [one for one in types if one in self._knowledge.labels]
        narrowest = sorted(known, key=lambda one: (-len(self._knowledge.superclasses.get(one, ())), one))
        chosen = [one for one in (*carried_out, *narrowest) if one in self._knowledge.labels]
        return self._knowledge.label(chosen[0]) if chosen else ""


def _flattened(expression: And) -> list[Expression]:
    """List the operands of an intersection, and those of intersections inside it."""
    found: list[Expression] = []
    for one in expression.operands:
        found += _flattened(one) if isinstance(one, And) else [one]
    return found
