"""Hold what a query asks to the kinds of the terms, so that a term in a wrong place is never answered by nothing.

A class stands where things are said to be in it, a property between two things; what a property leads to, and the type
of its values, is declared by its range.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.groups import reached
from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import OWL, RDF, RDF_TYPE, RDFS, XSD, curie, is_plain_term
from hipkg.querying.comparisons import How
from hipkg.querying.declared import LOOKED_AT, Declared
from hipkg.querying.names import LENIENT, asking
from hipkg.querying.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.comparisons import Comparison, Meaning
    from hipkg.querying.text import QueryText

_PROPERTIES = {OWL + one for one in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
_CLASSES = {OWL + "Class", RDFS + "Class"}
_NUMBERS = ("integer", "decimal", "double", "float", "int", "long", "short", "nonNegativeInteger", "positiveInteger")
_TEXT, _NUMBER, _TRUTH, _TAGGED = "text", "number", "truth value", "text with a language"
_FAMILIES: Mapping[str, str] = {
    **dict.fromkeys((XSD + one for one in _NUMBERS), _NUMBER),
    XSD + "date": "date",
    XSD + "dateTime": "date with a time",
    XSD + "boolean": _TRUTH,
    XSD + "string": _TEXT,
    RDF + "langString": _TAGGED,
}
"""The types of values of which one is never equal to one of another family, nor before or after it."""
_BY_VALUE = {How.SAME, How.EQUAL, How.ORDER}
_MEANT = 3
_AT_A_GLANCE = 12


def misplaced(meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """Find the terms of the ontology that are used as what they are not, and the values of which a property has none.

    What the dataset has after all is none of it.
    """
    terms = _Terms(store, knowledge)
    found, text, known = meaning.uses, meaning.query.written, knowledge.terms
    return [
        *(_no_property(one, text, terms) for one in found.properties if one in known and not terms.links(one)),
        *(_no_class(one, text, terms) for one in found.classes if one in known and not terms.holds(one)),
        *(problem for one in dict.fromkeys(found.comparisons) for problem in _compared(one, text, terms)),
    ]


class _Terms(Declared):
    """What the dataset and the ontology declare of terms."""

    def __init__(self, store: ox.Store, knowledge: Knowledge) -> None:
        super().__init__(store)
        self.knowledge = knowledge

    def links(self, iri: str) -> bool:
        """Tell whether a term is a property."""
        return not self.values(iri, RDF_TYPE).isdisjoint(_PROPERTIES) or self.has(None, iri, None)

    def holds(self, iri: str) -> bool:
        """Tell whether a term is a class."""
        return not self.values(iri, RDF_TYPE).isdisjoint(_CLASSES) or self.has(None, RDF_TYPE, ox.NamedNode(iri))

    def ranges(self, prop: str) -> set[str]:
        """List the ranges of a property."""
        return self.values(prop, RDFS + "range")

    def types(self, prop: str) -> set[str]:
        """List the types that values of a property are declared to have, or else those that they have."""
        if declared := self.ranges(prop):
            return declared
        values = (one.object for one in islice(self.quads(None, prop, None), LOOKED_AT))
        return {one.datatype.value if isinstance(one, ox.Literal) else "" for one in values}

    def within(self, iri: str) -> set[str]:
        """Collect what a term is, and is a kind of."""
        return reached([iri], lambda one: self.values(one, RDF_TYPE) | self.values(one, RDFS + "subClassOf"))

    def leads_to_nodes(self, prop: str) -> bool:
        """Tell whether a property has values, and no class among them."""
        values = [one.object for one in islice(self.quads(None, prop, None), LOOKED_AT)]
        return bool(values) and not any(isinstance(one, ox.NamedNode) and self.holds(one.value) for one in values)


def _no_property(iri: str, text: QueryText, terms: _Terms) -> UsageError:
    kind, remedy = "no property", ""
    if terms.holds(iri):
        kind, remedy = "a class, and no property", f"Write `a {curie(iri)}` of what is in it. "
    return UsageError(f"{curie(iri)} is {kind}.", place=text.where_named(iri), remedy=remedy + LENIENT)


def _no_class(iri: str, text: QueryText, terms: _Terms) -> UsageError:
    kind = "a property, and no class" if terms.links(iri) else "no class"
    near = asking(nearest(iri, terms.knowledge.superclasses.keys() - {iri}, _MEANT))
    return UsageError(f"{curie(iri)} is {kind}.", place=text.where_named(iri), remedy=f"{near} {LENIENT}".strip())


def _compared(one: Comparison, text: QueryText, terms: _Terms) -> Iterator[UsageError]:
    props, term = sorted(one.properties), one.term
    if "" in props or not props or any(terms.has(None, prop, term) for prop in props):
        return
    if isinstance(term, ox.Literal):
        if one.how in _BY_VALUE:
            yield from _valued(props, term, one.how, text, terms)
    elif one.how in {How.SAME, How.EQUAL} and all(map(is_plain_term, (*props, term.value))):
        yield from _led_to(props, term.value, text, terms)


def _led_to(props: list[str], iri: str, text: QueryText, terms: _Terms) -> Iterator[UsageError]:
    """Tell that properties never lead to a term, or only to what is in it."""
    names, place = " or ".join(map(curie, props)), text.where_named(iri)
    ranges = set().union(*map(terms.ranges, props))
    within = terms.within(iri)
    if within == {iri} or not all(terms.ranges(prop) and all(map(is_plain_term, terms.ranges(prop))) for prop in props):
        return
    if ranges.isdisjoint(within):
        yield UsageError(
            f"{names} never leads to {curie(iri)}.", place=place, remedy=f"{_led_instead(iri, ranges, terms)}{LENIENT}"
        )
    elif terms.holds(iri) and all(map(terms.leads_to_nodes, props)):
        remedy = f"Write {names} [ a {curie(iri)} ]. {LENIENT}"
        yield UsageError(f"{names} leads to what is in {curie(iri)}, not to the class.", place=place, remedy=remedy)


def _led_instead(iri: str, ranges: set[str], terms: _Terms) -> str:
    """Name what there is in some ranges: all if that is little, else what is written much like a term."""
    knowledge = terms.knowledge
    values = [one for one, kinds in knowledge.individual_types.items() if not ranges.isdisjoint(kinds)]
    kinds = [one for one, above in knowledge.superclasses.items() if not ranges.isdisjoint(above)]
    if values and len(values) <= _AT_A_GLANCE:
        return f"It leads to {', '.join(map(curie, sorted(values)))}. "
    if near := nearest(iri, {*values, *kinds} - {iri}, _MEANT):
        return f"{asking(near)} "
    return f"It leads to {' or '.join(map(curie, sorted(ranges)))}. "


def _valued(props: list[str], term: ox.Literal, how: How, text: QueryText, terms: _Terms) -> Iterator[UsageError]:
    """Tell that properties have no values of the type of a literal, or that none is written like it."""
    names = " or ".join(map(curie, props))
    ranges = set().union(*map(terms.types, props))
    families = {_FAMILIES.get(one, "") for one in ranges}
    family = _FAMILIES.get(term.datatype.value, "")
    if not all(map(terms.types, props)) or "" in {family, *families}:
        return
    types, place = " or ".join(map(curie, sorted(ranges))), text.where_written(term.value, Kind.STRING, Kind.NUMBER)
    if family not in families:
        message = f"{names} has values of {types}, and none is equal to, before or after a {family}."
        yield UsageError(message, place=place, remedy=f"{_rewritten(term, ranges)} {LENIENT}")
    elif family == _NUMBER and how is How.SAME and term.datatype.value not in ranges:
        message = f"{names} has values of {types}, and a pattern finds only a number that is written alike."
        remedy = f"Compare the values: FILTER(?number = {term.value}). {LENIENT}"
        yield UsageError(message, place=place, remedy=remedy)


def _rewritten(term: ox.Literal, ranges: set[str]) -> str:
    """Say how a value of a range is written."""
    wanted = min(ranges)
    match _FAMILIES[wanted]:
        case "number":
            return "Write a number without quotes."
        case "truth value":
            return "Write true or false without quotes."
        case "text":
            return f'Write "{term.value}".'
        case "text with a language":
            return f'Leave the language out: FILTER(STR(?text) = "{term.value}").'
        case _:
            return f'Write it like "{term.value[:10]}"^^{curie(wanted)}.'
