"""Say classes, definitions and recorded facts in English, made of the labels of the ontology and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value, manchester
from hipkg.terms import HIP, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge import Knowledge

_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_UNITS = {"d": "days", "a": "years"}
_PREPOSITION = re.compile(r"^of | (in|of|by|to)$")
_VOWELS = re.compile(r"[aeiou]|[AEIOFHLMNRSX][A-Z]", re.ASCII)
_LONGEST_NAME = 32


def article(noun: str) -> str:
    """Put the indefinite article before a noun."""
    return f"an {noun}" if _VOWELS.match(noun) else f"a {noun}"


def quoted(label: str) -> str:
    """Put a label in quotation marks, so that a long one reads as one name."""
    return f"“{label}”"


def quantity(value: str, unit: str) -> str:
    """Write a number without a fraction of zeros, with its unit."""
    plain = value.rstrip("0").rstrip(".") if "." in value else value
    return f"{plain} {_UNITS.get(unit, unit)}".strip()


def listed(parts: Sequence[str], word: str) -> str:
    """Join parts with commas and a last ``and`` or ``or``."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def short_name(iri: str) -> str:
    """Return the last part of the IRI of a node."""
    parts = [one for one in re.split(r"[/#:?=]+", iri) if one]
    return parts[-1][:_LONGEST_NAME] if parts else iri


class English:
    """Word the knowledge and the record of one patient.

    Parameters: ``triples`` are what is recorded of the patient, with the days and sides that follow from it.
    """

    def __init__(self, knowledge: Knowledge, triples: Iterable[ox.Triple], patient: str) -> None:
        self._knowledge = knowledge
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
        return f"{label} ({short})" if label and label != short else short

    def fact(self, triple: ox.Triple) -> str:
        """Say a triple between nodes, or between a node and a value."""
        subject, prop = triple.subject.value, triple.predicate.value  # type: ignore[union-attr]
        if prop == HIP + "asOf":
            return f"the plan is made as of {triple.object.value}"  # type: ignore[union-attr]
        if isinstance(triple.object, ox.Literal):
            unit = self._knowledge.units.get(prop, "")
            return f"{self.name(subject)} has {self._knowledge.label(prop)} {quantity(triple.object.value, unit)}"
        return f"{self.name(subject)} {self.verb(prop)} {self.name(triple.object.value)}"  # type: ignore[union-attr]

    def type_recorded(self, node: str, cls: str) -> str:
        """Say that a node is recorded as a member of a class, by its short name."""
        who = "the patient" if node == self._patient else short_name(node)
        return f"{who} is recorded as {article(self._knowledge.label(cls))}"

    def membership(self, node: str, cls: str) -> str:
        """Say that a node is a member of a class, which it need not be recorded to be."""
        return f"{self.name(node)} counts as {quoted(self._knowledge.label(cls))}"

    def verb(self, prop: str) -> str:
        """Turn the label of an object property into a verb phrase."""
        label = self._knowledge.label(prop)
        participle = not label.startswith("has ") and _PREPOSITION.search(label)
        return f"is {label}" if participle else label

    def sentence(self, cls: str) -> str:
        """Say in one sentence when something is a member of a defined class; empty if the class has no definition."""
        definition = self._knowledge.definition(cls)
        if definition is None:
            return ""
        kind = self.kind(cls)
        operands = definition.operands if isinstance(definition, And) else (definition,)
        conditions = [self.predicate(one) for one in operands if one != Named(kind)]
        subject = article(self._knowledge.label(kind)) if kind else "something"
        joined = ", and ".join(conditions) if len(conditions) > 1 else "".join(conditions)
        return f"{subject[0].upper()}{subject[1:]} counts as {quoted(self._knowledge.label(cls))} if it {joined}."

    def kind(self, cls: str) -> str:
        """Return the narrowest class without a definition that a class is, or is a kind of; empty if there is none."""
        upper = self._knowledge.superclasses.get(cls, frozenset())
        told = [
            one for one in {cls, *upper} if self._knowledge.definition(one) is None and one in self._knowledge.labels
        ]
        return max(told, key=lambda one: (len(self._knowledge.superclasses.get(one, ())), one), default="")

    def predicate(self, expression: Expression) -> str:
        """Say what an expression asks of its members, as what follows "it"."""
        match expression:
            case Named(iri):
                return self._being(iri)
            case And(operands):
                return listed([self.predicate(one) for one in operands], "and")
            case Or(operands):
                return "either " + " or ".join(self.predicate(one) for one in operands)
            case OneOf(individuals):
                return f"is {self._one_of(individuals)}"
            case Some() | Value():
                return self._relation(expression)
            case Facet():
                return self.limits(expression)

    def _being(self, cls: str) -> str:
        told = self._knowledge.definition(cls) is None
        return f"is {self._noun(cls)}" if told else f"counts as {quoted(self._knowledge.label(cls))}"

    def _one_of(self, individuals: tuple[str, ...]) -> str:
        return listed([self._knowledge.label(one) for one in individuals], "or")

    def _relation(self, expression: Some | Value) -> str:
        match expression:
            case Value(prop, individual):
                return f"{self.verb(prop)} {self._knowledge.label(individual)}"
            case Some(prop, OneOf(individuals)):
                return f"{self.verb(prop)} {self._one_of(individuals)}"
            case Some(prop, filler):
                return f"{self._with_object(prop)} {self._phrase(filler)}"

    def limits(self, facet: Facet) -> str:
        """Say the numeric limits of a facet."""
        unit = self._knowledge.units.get(facet.prop, "")
        limits = [f"{_BOUNDS[symbol]} {quantity(limit, unit)}" for symbol, limit in facet.bounds]
        label = self._knowledge.label(facet.prop)
        return f"has {label} of {listed(limits, 'and')}" if limits else f"has {article(label)}"

    def manchester(self, expression: Expression) -> str:
        """Write an expression in Manchester syntax with labels."""
        return manchester(expression, self._knowledge.labels)

    def _with_object(self, prop: str) -> str:
        """Turn the label of a property into a verb phrase that a noun phrase with an article can follow."""
        verb = self.verb(prop)
        return f"has as {verb.removeprefix('has ')}" if verb.startswith("has ") else verb

    def _phrase(self, expression: Expression) -> str:
        match expression:
            case Named(iri) if self._knowledge.definition(iri) is None:
                return self._noun(iri)
            case Named(iri):
                kind = self.kind(iri)
                return (
                    f"{self._noun(kind) if kind else 'something'} that counts as {quoted(self._knowledge.label(iri))}"
                )
            case And(operands):
                return self._conjunction(operands)
            case Or(operands):
                return " or ".join(self._phrase(one) for one in operands)
            case _:
                return f"something that {self.predicate(expression)}"

    def _conjunction(self, operands: tuple[Expression, ...]) -> str:
        told = [one.iri for one in operands if isinstance(one, Named) and self._knowledge.definition(one.iri) is None]
        defined = [one.iri for one in operands if isinstance(one, Named) and one.iri not in told]
        head = told[0] if told else next(filter(None, map(self.kind, defined)), "")
        rest = [self.predicate(one) for one in operands if one != Named(head)]
        noun = self._noun(head) if head else "something"
        return f"{noun} that {listed(rest, 'and')}" if rest else noun

    def _noun(self, iri: str) -> str:
        """Name a member of a class; an intervention stands for itself and takes no article."""
        label = self._knowledge.label(iri)
        return label if iri in self._knowledge.interventions else article(label)

    def _is_site(self, node: str) -> bool:
        return any(self._knowledge.is_a(one, HIP + "BodySite") for one in self._values.get((node, RDF_TYPE), ()))

    def _site(self, node: str) -> str:
        sides = [self._knowledge.label(one) for one in sorted(self._values.get((node, HIP + "hasSide"), ()))]
        return " ".join([*sides[:1], self._label(node)])

    def _label(self, node: str) -> str:
        """Name the intervention of an activity, or else the narrowest class that a node is recorded to be in."""
        carried_out = sorted(self._values.get((node, HIP + "ofIntervention"), ()))
        types = self._values.get((node, RDF_TYPE), [])
        known = [one for one in types if one in self._knowledge.labels]
        narrowest = sorted(known, key=lambda one: (-len(self._knowledge.superclasses.get(one, ())), one))
        chosen = [one for one in (*carried_out, *narrowest) if one in self._knowledge.labels]
        return self._knowledge.label(chosen[0]) if chosen else ""
