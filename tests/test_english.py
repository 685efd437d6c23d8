"""Definitions in English: noun phrases made of labels and of the phrases that the ontology gives for its properties."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hipkg.base.numbers import Bounds, Limit
from hipkg.base.vocabulary import HIP, XSD
from hipkg.knowledge.loading import load
from hipkg.knowledge.wording import Wording, listed, quantity
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value

PATIENT, PROBLEM, ACTIVITY = (Named(HIP + name) for name in ("Patient", "Problem", "Activity"))
LABELS = {
    "Patient": "patient",
    "Problem": "problem",
    "Activity": "activity",
    "Itch": "itch",
    "Ear": "ear",
    "Sneezing": "sneezing when touched",
    "BegunActivity": "begun activity",
    "Rest": "rest",
    "left": "left",
    "right": "right",
    "hasProblem": "has problem",
    "problemOf": "problem of",
    "locatedIn": "located in",
    "hasSide": "has side",
    "hasMood": "has mood",
    "soothedBy": "soothed by",
    "weeks": "weeks",
}
SUPERCLASSES = {
    "Itch": {"Problem"},
    "Sneezing": {"Patient"},
    "BegunActivity": {"Activity"},
}
VERBS = {"hasProblem": "has {value}", "locatedIn": "is located in {value}", "hasSide": "is on the {value} side"}
ATTRIBUTES = {"hasProblem": "with {value}", "locatedIn": "in {value}", "problemOf": "of {value}"}


def iri(name: str) -> Named:
    return Named(HIP + name)


def some(prop: str, filler: Expression) -> Some:
    return Some(HIP + prop, filler)


def left() -> Value:
    return Value(HIP + "hasSide", HIP + "left")


def at_least(number: str) -> Facet:
    return Facet(HIP + "weeks", XSD + "integer", Bounds((Limit(">=", Decimal(number)),)))


ITCHING_EAR = And((iri("Ear"), some("hasProblem", iri("Itch"))))


def wording(definition: Expression | None = None, **options: Any) -> Wording:
    definitions = {HIP + "Sneezing": And((PATIENT,)), HIP + "BegunActivity": And((ACTIVITY,))}
    if definition is not None:
        definitions[HIP + "Defined"] = definition
    knowledge = replace(
        load(),
        labels={HIP + name: label for name, label in {**LABELS, "Defined": "what is defined"}.items()},
        superclasses={HIP + name: frozenset(HIP + one for one in upper) for name, upper in SUPERCLASSES.items()},
        definitions=definitions,
        interventions={HIP + "Rest": None},
        verb_phrases={HIP + name: phrase for name, phrase in VERBS.items()},
        attribute_phrases={HIP + name: phrase for name, phrase in ATTRIBUTES.items()},
        value_kinds={HIP + "problemOf": PATIENT.iri},
        units={HIP + "weeks": "wk"},
    )
    return Wording(knowledge, **options)


@pytest.mark.parametrize(
    ("definition", "meaning"),
    [
        (And((iri("Itch"), some("locatedIn", iri("Ear")))), "itch in an ear"),
        (And((PROBLEM, some("locatedIn", ITCHING_EAR))), "a problem in an ear with itch"),
        (And((PATIENT, left())), "a patient who is on the left side"),
        (And((iri("Itch"), And((left(), some("locatedIn", iri("Ear")))))),
         "itch that is on the left side, and is located in an ear"),
        (And((iri("Itch"), some("problemOf", iri("Sneezing")))),
         "itch of a patient who counts as “sneezing when touched”"),
        (And((iri("Itch"), some("problemOf", some("hasProblem", iri("Itch"))))), "itch of a patient with itch"),
        (And((iri("BegunActivity"), some("soothedBy", iri("Rest")))), "a “begun activity” that is soothed by rest"),
        (And((PATIENT, some("hasProblem", iri("Itch")), iri("Sneezing"))),
         "a patient who counts as “sneezing when touched”, and has itch"),
        (And((PATIENT, Or((some("hasProblem", iri("Itch")), some("locatedIn", iri("Ear")))))),
         "a patient either with itch or in an ear"),
        (Or((iri("Itch"), And((PROBLEM, some("problemOf", PATIENT))))), "either itch, or a problem of a patient"),
        (And((ACTIVITY, at_least("3"))), "an activity that weeks at least 3 weeks"),
        (And((ACTIVITY, Value(HIP + "hasMood", HIP + "left"))), "an activity that has mood left"),
        (And((PATIENT, some("hasSide", OneOf((HIP + "left", HIP + "right"))))),
         "a patient who is on the left or right side"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_a_definition_reads_as_a_noun_phrase(definition: Expression, meaning: str) -> None:
    assert wording(definition).meaning(HIP + "Defined") == meaning
    assert wording(definition).sentence(HIP + "Defined") == f"“what is defined” means {meaning}."


def test_a_class_without_a_definition_has_no_meaning() -> None:
    assert wording().meaning(HIP + "Itch") == ""
    assert wording().sentence(HIP + "Itch") == ""


def test_a_defined_class_is_mentioned_as_asked() -> None:
    linked = wording(And((PATIENT, iri("Sneezing"))), mention=lambda one: f"[{one.removeprefix(HIP)}]")
    assert linked.meaning(HIP + "Defined") == "a patient who counts as [Sneezing]"


def test_lists_and_quantities() -> None:
    assert [listed(["a", "b", "c"][:count], "or") for count in range(4)] == ["", "a", "a or b", "a, b or c"]
    assert listed(["a", "b"], "and", comma=True) == "a, and b"
    assert quantity("84.0", "d") == "84 days"
    assert quantity("0.5", "furlong") == "0.5 furlong"
    assert quantity("12", "mL/min/{1.73_m2}") == "12 mL/min/1.73 m2"


def test_every_definition_of_the_ontology_has_a_meaning_without_names_of_terms() -> None:
    words = Wording(load())
    for one in load().definitions.keys() - load().auxiliary:
        assert "{" not in words.meaning(one)
        assert "hip:" not in words.sentence(one)
        assert "something" not in words.sentence(one), one
