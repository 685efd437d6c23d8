"""What is known of a patient while the resources are read, and what readers of all kinds of resources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.dates import begins_after, certainly_before, day_of, span
from hipkg.base.numbers import plain
from hipkg.base.vocabulary import HIP
from hipkg.reading.fhir.codes import concept_of
from hipkg.reading.fhir.elements import Malformed, modified_by, part, parts, references, text
from hipkg.reading.fhir.quantities import UnusableValue, length_of, positive
from hipkg.reading.fhir.records import IN_ERROR, Unused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.codes import Codes
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.index import Index
    from hipkg.reading.fhir.records import Resource

DURATION = hip.duration
ALTERED = {"MASKED", "REDACTED", "SUBSETTED"}
"""The codes of tags and security labels that tell that something is left out, of HL7's ObservationValue."""
_SYSTEMS_OF_FHIR = ("http://terminology.hl7.org/CodeSystem/", "http://hl7.org/fhir/")


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader needs beside the resource: codes, other resources, the dates of the plan and of birth, the age."""

    codes: Codes
    index: Index
    as_of: date
    birth: str
    age: int | None = None

    @property
    def knowledge(self) -> Knowledge:
        """The released ontology."""
        return self.codes.knowledge


def refuse_modified(raw: Raw, what: str = "it") -> None:
    """Raise `Unused` for an element with an extension that can change what it means."""
    if url := modified_by(raw):
        raise Unused("set aside", f"{what} has an extension that may change its meaning and is not known ({url[:120]})")


def part_of(raw: Raw) -> tuple[str, ...]:
    """Tell of a resource that says of itself that it is only a part of what is recorded."""
    try:
        if "meta" not in raw:
            return ()
        meta = part(raw, "meta")
        found = {text(one, "code") for name in ("tag", "security") for one in parts(meta, name)} & ALTERED
        told = "it is only a part of what is recorded ({}), so what it does not say is not known"
        return (told.format(", ".join(sorted(found))),) if found else ()
    except Malformed:  # what is said of the resource, and nothing in it
        return ()


def refuse_withdrawn(raw: Raw, what: str) -> None:
    """Raise `Unused` for something that a resource refers to and that says nothing: entered in error, or modified."""
    refuse_modified(raw, what)
    if text(raw, "status") in IN_ERROR:
        raise Unused("set aside", f"{what} was entered in error")


class Dated(NamedTuple):
    """A date as far as it can be used, cut to the day, with what is doubtful about it."""

    day: str
    flags: tuple[str, ...] = ()


def dated(written: str, name: str, context: Context) -> Dated:
    """Read a date of a resource; one that no calendar has, or before the birth, is not used."""
    if not written:
        return Dated("")
    day = day_of(written)
    if not day:
        return Dated("", (f"{name} is no date of the calendar, so it is not used",))
    if context.birth and certainly_before(day, context.birth):
        return Dated("", (f"{name} ({day}) is before the birth ({context.birth}), so it is not used",))
    return Dated(day)


def effective(raw: Raw, context: Context) -> Dated:
    """Read the day of an Observation or a report; of a period, the end if there is one."""
    during = part(raw, "effectivePeriod")
    written = text(raw, "effectiveDateTime") or text(raw, "effectiveInstant")
    return dated(written or text(during, "end") or text(during, "start"), "its date", context)


def period(start: Dated, end: Dated) -> tuple[str, str, tuple[str, ...]]:
    """Join the ends of a period; if it ends before it starts, neither is used."""
    flags = (*start.flags, *end.flags)
    if start.day and end.day and certainly_before(end.day, start.day):
        return "", "", (*flags, f"it ends ({end.day}) before it starts ({start.day}), so no date is used")
    return start.day, end.day, flags


def in_future(day: str, context: Context) -> bool:
    """Tell whether a date lies after the date of the plan, whatever day of it is meant."""
    return bool(day) and begins_after(day, context.as_of)


def in_past(day: str, context: Context) -> bool:
    """Tell whether a date lies before the date of the plan, whatever day of it is meant."""
    return bool(day) and certainly_before(day, context.as_of.isoformat())


def may_be_in_future(day: str, context: Context) -> bool:
    """Tell whether a date may lie after the date of the plan; one that is only partial may."""
    found = span(day)
    return found is not None and found.last > context.as_of


class Extras(NamedTuple):
    """What the extensions of a resource add: coded values, amounts, a duration and links to other resources."""

    values: tuple[tuple[str, str], ...]
    amounts: tuple[tuple[str, str], ...]
    duration: str
    links: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    flags: tuple[str, ...]


def extras(one: Resource, known: Collection[str], context: Context) -> Extras:
    """Read the extensions in the import's own namespace, each named after the property that it states.

    Parameters: ``known`` are the properties that resources of this kind can state.
    """
    values, amounts, links, sources, flags = [], [], [], [], []
    duration = ""
    for name, extension in context.codes.extensions(one.raw):
        prop = HIP + name
        try:
            if prop not in known:
                raise UnusableValue("it is none that such a resource can have")
            if prop == DURATION:
                duration = length_of(part(extension, "valueDuration") or part(extension, "valueQuantity"))
            elif prop in context.knowledge.functional:
                exact = positive(part(extension, "valueQuantity"), context.knowledge.units[prop])
                amounts.append((prop, plain(exact)))
            elif target := references(extension, "valueReference"):
                links.append((prop, context.index.key_of(target[0], one)))
            elif value := context.codes.value(concept_of(extension), prop):
                values.append((prop, value))
            else:
                raise UnusableValue("it says nothing that is known")
        except UnusableValue as problem:
            flags.append(f"the extension {name} is not used: {problem}")
        else:
            sources.append(f"extension({name})")
    return Extras(tuple(values), tuple(amounts), duration, tuple(links), tuple(sources), tuple(flags))


def settled(pairs: Iterable[tuple[str, str]], context: Context) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Keep one value of each property; of values that differ, none is kept, and it is told."""
    found: dict[str, set[str]] = {}
    for prop, value in pairs:
        found.setdefault(prop, set()).add(value)
    kept = tuple(sorted((prop, min(values)) for prop, values in found.items() if len(values) == 1))
    label = context.knowledge.label
    flags = tuple(
        f"it gives different values ({', '.join(sorted(map(label, values)))}), so none is used"
        for _, values in sorted(found.items())
        if len(values) > 1
    )
    return kept, flags


def referred_keys(one: Resource, context: Context, *names: str) -> tuple[str, ...]:
    """List the keys of the resources that elements refer to."""
    keys = (context.index.key_of(reference, one) for reference in references(one.raw, *names))
    return tuple(dict.fromkeys(key for key in keys if key))


def value_of(concept: Raw, name: str, prop: str, context: Context) -> tuple[str, tuple[str, ...]]:
    """Read the coded value of a property from a concept, empty where there is none; what is not understood is told.

    Parameters: ``name`` is that of the element that is the concept.
    """
    value = context.codes.value(concept, prop)
    if value or not concept or context.codes.meanings(concept):
        return value, ()
    said = context.codes.describe([concept]) or "words alone"
    return "", (f"its {name} ({said}) is not understood",)


def lost(one: Resource, context: Context, *names: str) -> tuple[str, ...]:
    """Tell of the references of elements that lead nowhere in the source."""
    given = [(name, each) for name in names for each in parts(one.raw, name)]
    gone = {
        f"{name} ({reference or 'without an address'})"
        for name, each in given
        if context.index.target(reference := text(each, "reference"), one) is None
    }
    return (f"what it names is not in the source: {', '.join(sorted(gone))[:120]}",) if gone else ()


class Coded(NamedTuple):
    """The code of a status, empty if there is none; ``unread`` tells that it says something that is not understood."""

    code: str
    unread: bool = False


def coded(raw: Raw, name: str, known: Sequence[str], decisive: Collection[str] = ()) -> Coded:
    """Read a status that stands in a concept, where FHIR has the codes, whatever the version of its code system.

    Parameters: of several codes, the first of ``known`` counts, those of FHIR's own systems before others; but one that
    is ``decisive`` does wherever it stands.
    """
    concept = part(raw, name)
    codings = [(text(one, "system"), text(one, "code")) for one in parts(concept, "coding")]
    every = [code for _, code in codings if code]
    own = [code for system, code in codings if system.startswith(_SYSTEMS_OF_FHIR)]
    for codes, counting in ((every, decisive), (own, known), (every, known)):
        found = next((one for one in counting if one in codes), "")
        if found:
            return Coded(found)
    return Coded("", bool(every or text(concept, "text")))


def not_final(status: str, known: Collection[str], so: str) -> Unused:
    """Tell what follows from a status that is not final, or that FHIR does not have.

    Parameters: ``known`` are those that such a resource can have beside the final ones.
    """
    if status in known:
        return Unused("ignored", f"its status is {status}, so {so}")
    shown = f"{status!r}, which FHIR does not have" if status else "not recorded"
    return Unused("set aside", f"its status is {shown}, so {so}")


def refuse_unread(**statuses: Coded) -> None:
    """Raise `Unused` if a status says something that is not understood."""
    for name, status in statuses.items():
        if status.unread:
            raise Unused("set aside", f"its {name} status is not understood")
