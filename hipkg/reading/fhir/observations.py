"""Read Observation: a finding that is there or absent, a number, or a study that was made.

A finding is read from an Observation that asserts one: by its code, without a value or with the value true or yes, or
by a coded value where the code says that the value is what is asserted or is a study. What is answered by false or no,
or whose interpretation is negative, is recorded as absent. Any other question that an Observation answers, such as one
on the family, is never taken for a finding of the patient. An Observation that is a study, such as a film, tells that
it was made, and its value, components and members what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.numbers import plain, unit_in_words
from hipkg.base.vocabulary import local_name
from hipkg.knowledge.intervals import stand_in
from hipkg.knowledge.studies import is_study
from hipkg.knowledge.terminology import NO
from hipkg.reading.fhir.absences import absent
from hipkg.reading.fhir.activities import COMPLETED, Draft, Status, activities
from hipkg.reading.fhir.context import Dated, effective, in_future, lost, not_final, referred_keys
from hipkg.reading.fhir.elements import flag, number, part, parts, references, text, written
from hipkg.reading.fhir.findings import finding
from hipkg.reading.fhir.presence import (
    LONGEST_RESULT,
    VALUES,
    Answer,
    asks_presence,
    in_its_words,
    is_denied,
    is_withheld,
    says_itself,
)
from hipkg.reading.fhir.quantities import UCUM, UnusableValue
from hipkg.reading.fhir.records import Activity, Fact, Measure, Refused, Resource, Shows, Stated, Unused
from hipkg.reading.fhir.uncertain import aged, interval_of
from hipkg.reading.fhir.unread import not_understood

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.index import Target
    from hipkg.record.patient import Unread

_FINAL = {"final", "amended", "corrected"}
_NO_RESULT = {
    "registered", "specimen-in-process", "preliminary", "appended", "cancelled", "entered-in-error", "unknown",
}  # fmt: skip
_ASSERTION = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION")
_TELLING = {"contained", "dataAbsentReason", "effectivePeriod", "hasMember", "valueCodeableConcept"}
"""The elements that can say something of a finding beside the code and a day, and components."""
_DAY = 10
_LONGEST_WORDS = 60


class _Result(NamedTuple):
    """What was found, and the element that says it: a number with its unit, or a text; each is empty where not said."""

    element: str
    value: str = ""
    unit: str = ""
    text: str = ""


def read_observation(one: Resource, context: Context) -> Stated | Refused:
    """Read an Observation, with its components."""
    day = _day_of_result(one, context)
    if isinstance(day, Refused):
        return day
    found: list[Fact] = []
    flags: list[str] = [*day.flags]
    reasons: list[Refused] = []
    of_whole: Refused | None = None
    study = _study_of(one, context)
    for answer in _answers(one, context):
        try:
            reading = _answer(one, answer, day.day, study, context)
            found += reading.facts
            flags += reading.flags
        except Unused as unused:
            reasons.append(unused.refused)
            if not answer.suffix and not any(name in answer.raw for name in VALUES):
                of_whole = unused.refused
    if not found:
        panel = of_whole is not None and len(reasons) == 1 and bool(_members(one, context))
        by_code = all(one.by_code for one in reasons)
        return reasons[0]._replace(unread=() if panel else _unread_of(reasons), by_code=by_code)
    reasons = [one for one in reasons if one.unread and one is not of_whole]
    if derived := referred_keys(one, context, "derivedFrom"):
        found += [Shows(source, (one.key,), ()) for source in derived]
    flags += lost(one, context, "derivedFrom")
    if study and any(isinstance(each, Activity) for each in found):
        found.append(Shows(one.key, (one.key, *referred_keys(one, context, "hasMember")), ()))
    notes = tuple(dict.fromkeys(f"not used of it: {one.reason}" for one in reasons))
    return Stated(tuple(found), tuple(flags), notes, _unread_of(reasons))


def _day_of_result(one: Resource, context: Context) -> Dated | Refused:
    """Find the day of an Observation, or why it cannot be of use; raises `Unused` for one that is no final result."""
    status = text(one.raw, "status")
    if status not in _FINAL:
        raise not_final(status, _NO_RESULT, "it is no final result")
    if "focus" in one.raw and parts(one.raw, "focus"):
        raise Unused("ignored", "it is about something else than the patient")
    told = _of_no_use(one, context)
    if told and "" < text(one.raw, "effectiveDateTime")[:_DAY] <= context.as_of.isoformat():
        return told
    day = effective(one.raw, context)
    if in_future(day.day, context):
        raise Unused("set aside", f"it is dated ({day.day}) after the date of the plan")
    return told or day


def _of_no_use(one: Resource, context: Context) -> Refused | None:
    """Say why an Observation with no more than values is of no use, where its codes tell; these are tried once."""
    codes = [part(one.raw, "code")]
    if not _TELLING.isdisjoint(one.raw):
        return None
    if "component" in one.raw:
        components = parts(one.raw, "component")
        if not all(map(_TELLING.isdisjoint, components)):
            return None
        codes += (part(each, "code") for each in components)
    key = tuple(map(written, codes))
    known = context.codes.useless
    if key not in known:
        known[key] = None if any(_can_be_of_use(each, context) for each in codes) else _refused(one, codes, context)
    return known[key]


def _refused(one: Resource, codes: Iterable[Raw], context: Context) -> Refused | None:
    """Say why an Observation with codes that are of no use is refused; None where it is named by more than them."""
    reasons = [not_understood(one, [each], "finding", context) for each in codes]
    unread = _unread_of(reasons)
    return None if any(each.name == one.key for each in unread) else reasons[0]._replace(unread=unread)


def _can_be_of_use(code: Raw, context: Context) -> bool:
    if _asserts(code) or not parts(code, "coding") or context.codes.answer(code):
        return True
    return any(context.codes.meaning([code], kind).terms for kind in ("number", "problem", "intervention"))


def _asserts(code: Raw) -> bool:
    """Tell whether a code says that the value is what is asserted."""
    return any((text(each, "system"), text(each, "code")) == _ASSERTION for each in parts(code, "coding"))


def _unread_of(reasons: Iterable[Refused]) -> tuple[Unread, ...]:
    return tuple(dict.fromkeys(each for one in reasons for each in one.unread))


def _answers(one: Resource, context: Context) -> list[Answer]:
    """List the Observation and its components; those that say whether its finding is there belong to what it says."""
    presence = [each.raw for each in _members(one, context) if asks_presence(each.raw, one.raw, context)]
    inner = []
    for index, each in enumerate(parts(one.raw, "component")):
        if asks_presence(each, one.raw, context):
            presence.append(each)
        else:
            whole = () if says_itself(each) else (one.raw,)
            inner.append(Answer(each, f"~component-{index}", f"component[{index}].", whole=whole))
    for name, member in _contained(one, context):
        if not asks_presence(member, one.raw, context):
            inner.append(Answer(member, f"~member-{name}", f"contained({name})."))
    return [Answer(one.raw, presence=tuple(presence)), *inner]


def _contained(one: Resource, context: Context) -> Iterator[tuple[str, Raw]]:
    """List the members that an Observation contains itself, with their names; the others are read by themselves."""
    for target in _members(one, context):
        if target.key == one.key and (name := text(target.raw, "id")):
            yield name, target.raw


def _members(one: Resource, context: Context) -> list[Target]:
    """List the final Observations that are members of one."""
    found = (context.index.target(each, one) for each in references(one.raw, "hasMember"))
    return [each for each in found if each and text(each.raw, "status") in _FINAL]


def _study_of(one: Resource, context: Context) -> Meaning | None:
    """Find the study that an Observation is, if it is one."""
    code = part(one.raw, "code")
    if not context.codes.meanings(code):
        return None
    meaning = context.codes.meaning([code], "intervention")
    is_one = meaning.terms and all(is_study(term, context.knowledge) for term in meaning.terms)
    return meaning if is_one else None


def _answer(one: Resource, answer: Answer, day: str, study: Meaning | None, context: Context) -> Stated:
    raw, codes = answer.raw, context.codes
    code = part(raw, "code")
    if is_withheld(raw):
        raise Unused("ignored", "it has no result, as it says itself")
    asserts = _asserts(code)
    if not (asserts or codes.meanings(code)):
        raise Unused(*not_understood(one, [code], "finding", context))
    if numbers := codes.meaning([code], "number").terms:
        return _measured(one, answer, numbers[0], day, context)
    if codes.meaning([code], "problem").terms:
        if is_denied(answer, context, by_value=True):
            return _absent(one, answer, "code", study, context)
        return finding(one, answer, "code", study, context)
    value = part(raw, "valueCodeableConcept")
    finds = bool(codes.meaning([value], "problem").terms)
    if codes.meaning([code], "intervention").terms:
        return _studied(one, answer, day, study if finds else None, context)
    if asserts and finds:
        return _found(one, answer, study, context)
    raise Unused(*not_understood(one, [value if asserts and value else code], "finding", context))


def _studied(one: Resource, answer: Answer, day: str, study: Meaning | None, context: Context) -> Stated:
    """Read a study or a score, with the finding that its value is."""
    if not _has_result(one, answer, context):
        raise Unused("ignored", "it has no result", _told_of_study(one, answer, "no result", context))
    if (
        flag(answer.raw, "valueBoolean") is False
        or context.codes.answer(part(answer.raw, "valueCodeableConcept")) == NO
    ):
        raise Unused("ignored", "its value denies it", _told_of_study(one, answer, "denied", context))
    if study is None:
        return _measurement(one, answer, day, context)
    said = _found(one, answer._replace(suffix=answer.suffix or "~value"), study, context)
    if answer.suffix:
        return said
    made = _measurement(one, answer._replace(raw={"code": answer.raw["code"]}), day, context)
    return Stated((*made.facts, *said.facts), tuple(dict.fromkeys((*made.flags, *said.flags))), made.notes)


def _told_of_study(one: Resource, answer: Answer, otherwise: str, context: Context) -> tuple[Unread, ...]:
    """Name a study of which it is not clear that it was made, for it would not be asked for again."""
    return in_its_words(answer, context, otherwise) if not answer.suffix and _study_of(one, context) else ()


def _found(one: Resource, answer: Answer, study: Meaning | None, context: Context) -> Stated:
    """Read a finding that a coded value names."""
    read = _absent if is_denied(answer, context, by_value=False) else finding
    return read(one, answer, "valueCodeableConcept", study, context)


def _has_result(one: Resource, answer: Answer, context: Context) -> bool:
    """Tell whether something was found: a value, or in a component, a member or what is derived of an Observation."""
    if any(name in answer.raw for name in VALUES):
        return True
    if answer.suffix:
        return False
    if one.key in context.index.shown:
        return True
    inner = [*parts(one.raw, "component"), *(each.raw for each in _members(one, context))]
    return not all(map(is_withheld, inner)) or bool(parts(one.raw, "interpretation"))


def _measurement(one: Resource, answer: Answer, day: str, context: Context) -> Stated:
    """Read that something was measured; what is measured on one day without a side is measured at one site."""
    moment, code = Dated(day), part(answer.raw, "code")
    found = _result(answer.raw, context)
    told = ((hip.resultUnit, found.unit), (hip.resultText, found.text))
    draft = Draft(
        (code,),
        f"{answer.path}code",
        Status(COMPLETED),
        moment,
        moment,
        tuple(parts(one.raw, "bodySite")),
        amounts=((hip.resultValue, found.value),) if found.value else (),
        texts=tuple((prop, words) for prop, words in told if words),
        study=True,
        suffix=answer.suffix,
        sources=("status", *([f"{answer.path}{found.element}"] if found.element else [])),
    )
    made = activities(one, draft, context)
    facts = tuple(_of_that_day(each) if isinstance(each, Activity) and day else each for each in made.facts)
    return Stated(facts, made.flags)


def _result(raw: Raw, context: Context) -> _Result:
    """Read what was found: a number with its unit, or words where the value is only a limit or no number."""
    if quantity := part(raw, "valueQuantity"):
        unit = text(quantity, "code") if text(quantity, "system") == UCUM else ""
        unit = unit or text(quantity, "unit") or text(quantity, "code")
        found = number(quantity, "value")
        if found is not None:
            exact, limit = plain(found), text(quantity, "comparator")
            if limit:
                return _Result("valueQuantity", text=" ".join(filter(None, (limit, exact, unit))))
            return _Result("valueQuantity", exact, unit)
    whole = number(raw, "valueInteger")
    if whole is not None:
        return _Result("valueInteger", plain(whole))
    if words := text(raw, "valueString"):
        return _Result("valueString", text=" ".join(words.split())[:LONGEST_RESULT])
    for name in ("valueCodeableConcept", "interpretation"):
        if words := ", ".join(map(context.codes.called, parts(raw, name))):
            return _Result(name, text=words)
    return _Result("")


def _of_that_day(one: Activity) -> Activity:
    name = f"{local_name(one.intervention)}~{one.start}"
    return one._replace(
        places=tuple(each._replace(anchor=name) if each.anchor == one.resource else each for each in one.places)
    )


def _absent(one: Resource, answer: Answer, element: str, study: Meaning | None, context: Context) -> Stated:
    named = f"{answer.path}{element}"
    return absent(one, part(answer.raw, element), context, suffix=answer.suffix, element=named, study=study)


def _measured(one: Resource, answer: Answer, prop: str, day: str, context: Context) -> Stated:
    """Read a number of the patient, and where its code names what finds it, that this was done as well."""
    if not context.codes.meaning([part(answer.raw, "code")], "intervention").terms:
        return _measure(one, answer, prop, day, context)
    made = _studied(one, answer, day, None, context)
    try:
        said = _measure(one, answer, prop, day, context)
    except Unused as unused:
        return Stated(made.facts, (*made.flags, unused.refused.reason), made.notes)
    return Stated((*made.facts, *said.facts), tuple(dict.fromkeys((*made.flags, *said.flags))), made.notes)


def _measure(one: Resource, answer: Answer, prop: str, day: str, context: Context) -> Stated:
    if prop == hip.age and context.age is not None:
        raise Unused("ignored", "the age follows from the birth date")
    element = next((name for name in ("valueQuantity", "valueRange") if part(answer.raw, name)), "")
    if not element:
        words = text(answer.raw, "valueString")
        said = f", and words are not read ({' '.join(words.split())[:_LONGEST_WORDS]})" if words else ""
        raise Unused("set aside", f"its {context.knowledge.label(prop)} has no quantity{said}")
    if not day:
        raise Unused("set aside", "it has no date that can be used, so it may not be the last of its kind")
    try:
        value, flags = _number(answer.raw, prop, day, context)
    except UnusableValue as problem:
        raise Unused("set aside", f"its {context.knowledge.label(prop)} is not used: {problem}") from None
    source = f"{one.key}#{answer.path}{element}"
    moment = text(one.raw, "effectiveDateTime") or text(one.raw, "effectiveInstant") or day
    measure = Measure(one.key + answer.suffix, one.key, prop, plain(value), day, moment, (source,))
    return Stated((measure,), flags)


def _number(raw: Raw, prop: str, day: str, context: Context) -> tuple[Decimal, tuple[str, ...]]:
    """Read a number; of one that is known only within limits, the one that stands for all of them, and tell so."""
    knowledge = context.knowledge
    found = interval_of(raw, knowledge.units[prop])
    if found and prop == hip.age:
        found = aged(found, day, context.as_of)
    exact = found is not None and found.least == found.most
    value = None if found is None else found.least if exact else stand_in(found, prop, knowledge)
    possible = knowledge.possible_ranges.get(prop)
    if possible and value is not None and not possible.holds(value):
        ends = f"{possible} {unit_in_words(knowledge.units[prop])}"
        raise UnusableValue(f"it is not within what is possible, {ends}, so look at its unit")
    if value is None:
        raise UnusableValue(f"it is only known to be {found}, and definitions tell such numbers apart")
    told = f"{plain(value)} stands for a number that is only known to be {found}, which nothing tells apart"
    return value, () if exact else (told,)
