"""Read whether what an Observation is about is there: from its value, its interpretations and parts that ask that.

What denies a finding makes it absent; what leaves open whether it is there, or says both, never asserts it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.knowledge.terminology import NO, NOT_CLEAR, PRESENCE, YES
from hipkg.knowledge.words import pattern
from hipkg.reading.fhir.elements import flag, part, parts, text, texts_of
from hipkg.reading.fhir.records import Unused
from hipkg.reading.fhir.unread import named
from hipkg.record.patient import EntryKind, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw

_INTERPRETATIONS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_OF_INTERPRETATION = re.compile("ObservationInterpretation|observation-interpretation|v2[-/]0078|^$")
_OF_ABSENT_DATA = {
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
}
LONGEST_RESULT = 200
"""How much is quoted of a result in words."""
_UNCLEAR = "not clear whether it is there"
_LONGEST_WORDS = 60
VALUES = (
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
    "valueAttachment",
    "valueReference",
)
"""The elements that can be the value of an Observation or of a component."""
_ABSENT_DATA = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


class Answer(NamedTuple):
    """An Observation or one of its components: what it says, the suffix of its facts, and where its elements stand.

    ``presence`` are the parts that say whether its finding is there; ``whole`` is the Observation of a component that
    says nothing of that itself.
    """

    raw: Raw
    suffix: str = ""
    path: str = ""
    presence: tuple[Raw, ...] = ()
    whole: tuple[Raw, ...] = ()


def says_itself(component: Raw) -> bool:
    """Tell whether a component has a value or an interpretation of its own."""
    return is_withheld(component) or any(name in component for name in (*VALUES, "interpretation"))


def is_withheld(raw: Raw) -> bool:
    """Tell whether an Observation or a component says itself that it has no result."""
    if "dataAbsentReason" in raw or _says_absent(part(raw, "valueCodeableConcept")):
        return True
    named = [name for name in raw if name.startswith(("value", "_value"))]
    return any(_is_left_out(raw, name) for name in named)


def _says_absent(value: Raw) -> bool:
    """Tell whether a coded value says no more than that there is none."""
    codings = parts(value, "coding")
    return bool(codings) and all(text(one, "system") in _OF_ABSENT_DATA for one in codings)


def _is_left_out(raw: Raw, name: str) -> bool:
    """Tell whether an element is only there to say by an extension why it has no value."""
    value = raw[name]
    if not isinstance(value, dict) or (name.startswith("_") and name[1:] in raw):
        return False
    return name.startswith("_") or any(text(one, "url") == _ABSENT_DATA for one in parts(value, "extension"))


def asks_presence(component: Raw, whole: Raw, context: Context) -> bool:
    """Tell whether a component or a member says whether what an Observation is about is present."""
    codes, asked = context.codes, part(component, "code")
    if codes.answer(asked) == PRESENCE:
        return True
    terms = codes.meaning([asked], "problem").terms
    about = (part(whole, name) for name in ("code", "valueCodeableConcept"))
    return bool(terms) and any(codes.meaning([each], "problem").terms == terms for each in about)


def is_denied(answer: Answer, context: Context, *, by_value: bool) -> bool:
    """Tell whether a finding is said to be absent; ``by_value`` tells that the value says so, and names no finding.

    Raises `Unused` where it is said to be there as well, or where it is not clear what is said.
    """
    said = [*_interpreted(answer.raw, context), *(said_in(each, context) for each in answer.presence)]
    if by_value:
        said.append(valued(answer.raw, context))
    if NO in said and YES in said:
        raise Unused("set aside", "it says both that the finding is there and that it is not")
    if NO in said:
        return True
    if NOT_CLEAR in said:
        told = "it does not follow from what it says whether the finding is present"
        raise Unused("ignored", told, in_its_words(answer, context, _UNCLEAR))
    if any({NO, NOT_CLEAR} & {*_interpreted(whole, context)} for whole in answer.whole):
        told = "what it is a part of is interpreted as negative or not clear, so the finding is not asserted"
        raise Unused("ignored", told, in_its_words(answer, context, _UNCLEAR))
    return False


def refuse_denied(concepts: Iterable[Raw], knowledge: Knowledge) -> None:
    """Raise `Unused` for a finding whose own words deny or doubt what its codes assert."""
    for words in texts_of(concepts):
        if words.lstrip().startswith("?") or _denying(knowledge).match(words.lstrip()):
            told = " ".join(words.split())[:_LONGEST_WORDS]
            raise Unused("set aside", f"its words do not say what its codes say ({told!r})")


def past_words(concepts: Iterable[Raw], knowledge: Knowledge) -> str:
    """Return the words of a finding that begin or end with what says that it is over; empty if there are none."""
    found = (words for words in texts_of(concepts) if any(one.search(words) for one in _past(knowledge)))
    return " ".join(next(found, "").split())[:_LONGEST_WORDS]


@kept
def _past(knowledge: Knowledge) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Write patterns of how words begin, and how they end, that speak of what is over."""
    said = pattern(hip.PastWord, knowledge)
    return re.compile(rf"^\W*{said}(?![\w-])", re.IGNORECASE), re.compile(
        rf"(?:[^\w\s-]| -)\s*{said}\W*$", re.IGNORECASE
    )


@kept
def _denying(knowledge: Knowledge) -> re.Pattern[str]:
    """Write a pattern of how words begin that deny or doubt what follows them, or say it of somebody else."""
    return re.compile(rf"{pattern(hip.DenialWord, knowledge)}(?![\w-])", re.IGNORECASE)


def valued(raw: Raw, context: Context) -> str:
    """Say what a value says of whether a finding is there: yes, no, not clear, or nothing where there is none."""
    given = flag(raw, "valueBoolean")
    if given is not None:
        return YES if given else NO
    if not any(name in raw for name in VALUES):
        return ""
    answer = context.codes.answer(part(raw, "valueCodeableConcept"))
    return answer if answer in {YES, NO} else NOT_CLEAR


def said_in(component: Raw, context: Context) -> str:
    """Say what a component or a member that asks whether a finding is there answers."""
    if is_withheld(component):
        return NOT_CLEAR
    said = {*_interpreted(component, context), valued(component, context)} - {""}
    if len(said) > 1:
        return NOT_CLEAR
    unsaid = NOT_CLEAR if context.codes.answer(part(component, "code")) == PRESENCE else ""
    return said.pop() if said else unsaid


def _interpreted(raw: Raw, context: Context) -> list[str]:
    """Say what each interpretation says of whether a finding is there."""
    return [_interpretation(each, context) for each in parts(raw, "interpretation")]


def _interpretation(concept: Raw, context: Context) -> str:
    answer = context.codes.answer(concept)
    if answer in {YES, NO}:
        return answer
    codings = parts(concept, "coding")
    own = {text(one, "code") for one in codings if _OF_INTERPRETATION.search(text(one, "system"))}
    meant = [context.codes.meanings({"coding": [{"system": _INTERPRETATIONS, "code": code}]}) for code in own]
    said = {each.answer for found in meant for each in found}
    without = "" if meant and all(meant) else NOT_CLEAR
    return next((each for each in (NOT_CLEAR, NO, YES) if each in said), without)


def in_its_words(answer: Answer, context: Context, otherwise: str) -> tuple[Unread, ...]:
    """Name what an answer is about together with what is said of it, or with other words where nothing is."""
    raw, codes = answer.raw, context.codes
    concepts = [part(raw, "valueCodeableConcept"), *parts(raw, "interpretation")]
    words = ", ".join(filter(None, (*map(codes.called, concepts), text(raw, "valueString"))))
    name = named([part(raw, "code")], context)
    return (Unread(EntryKind.RESULT, f"{name}: {words[:LONGEST_RESULT] or otherwise}"),)
