"""Make the problems of a resource, and read those that an Observation or a report finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.reading.fhir.absences import seen_by
from hipkg.reading.fhir.context import extras, settled
from hipkg.reading.fhir.elements import part, parts
from hipkg.reading.fhir.places import whereabouts
from hipkg.reading.fhir.presence import past_words, refuse_denied
from hipkg.reading.fhir.records import Problem, Resource, Stated, Unused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context, Extras
    from hipkg.reading.fhir.places import Whereabouts
    from hipkg.reading.fhir.presence import Answer

SAID_BY_EXTENSION = frozenset({hip.hasSeverity, hip.hasSymptomStatus, hip.hasEtiology, hip.attributedTo, hip.shownBy})
"""The properties of a problem that extensions state."""


def problems(
    one: Resource,
    terms: Iterable[str],
    where: Whereabouts,
    elements: Iterable[str],
    *,
    values: Iterable[tuple[str, str]] = (),
    shown_by: Iterable[str] = (),
    caused_by: Iterable[str] = (),
    since: str = "",
    suffix: str = "",
) -> tuple[Problem, ...]:
    """Make a problem of each term at each place.

    Parameters: ``elements`` are those that it was read from; ``suffix`` tells several findings of a resource apart;
    the others are those of `Problem`.
    """
    sources = tuple(f"{one.key}#{name}" for name in elements)
    return tuple(
        Problem(
            key=one.key + suffix,
            resource=one.key,
            term=term,
            place=place,
            values=tuple(values),
            shown_by=tuple(shown_by),
            caused_by=tuple(caused_by),
            since=since,
            sources=sources,
        )
        for term in terms
        for place in (where.places or (None,))
    )


def linked(more: Extras, prop: str) -> tuple[str, ...]:
    """List the keys of the resources that extensions link by a property."""
    return tuple(key for name, key in more.links if name == prop and key)


def finding(one: Resource, answer: Answer, element: str, study: Meaning | None, context: Context) -> Stated:
    """Read the problem that an element of an Observation, a component or a report asserts.

    Parameters: ``study`` is the one that shows it.
    """
    concepts = [part(answer.raw, element), *([part(one.raw, "code")] if study else [])]
    refuse_denied(concepts[:1], context.knowledge)
    if words := past_words(concepts[:1], context.knowledge):
        raise Unused("set aside", f"its words are of the past: {words!r}")
    meaning = seen_by(study, context.codes.meaning(concepts[:1], "problem"))
    sites = parts(answer.raw, "bodySite") or parts(one.raw, "bodySite")
    where = whereabouts(one, concepts, meaning, sites, context)
    more = extras(Resource(one.key, one.type, answer.raw, one.place), SAID_BY_EXTENSION, context)
    values, torn = settled([*meaning.qualifiers, *more.values], context)
    facts = problems(
        one,
        meaning.terms,
        where,
        (f"{answer.path}{element}", *where.sources, *more.sources),
        values=values,
        shown_by=linked(more, hip.shownBy),
        caused_by=linked(more, hip.attributedTo),
        suffix=answer.suffix,
    )
    return Stated(facts, (*where.flags, *more.flags, *torn))
