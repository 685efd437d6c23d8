"""Read what somebody puts into the fields of a form, and make of it what is to be recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import HipkgError, UsageError
from hipkg.base.numbers import unit_in_words
from hipkg.defence.forms import BEGINNINGS, Field, FieldKind, Form, Option, new_course
from hipkg.defence.what_if import changes
from hipkg.knowledge.studies import is_study
from hipkg.knowledge.trials import started, told_of_courses, treatments
from hipkg.knowledge.wording import listed
from hipkg.reading.assertions import intervention_named, read_addition
from hipkg.reading.lengths import read_length
from hipkg.record.change import NO_CHANGE, Change
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.record.change import Fact
    from hipkg.record.facts import Node
    from hipkg.record.patient import Record

LETTERS = "abcdefghijklmoprstuvwxz"
"""The letters that name the options of a field, in order, without those that mean no, stop and yes."""
_NO, _YES = {"n", "no", "none", "nothing"}, {"y", "yes"}
_NAMED = 6
"""How many names that a part of a name fits are told."""
_STRENGTH = re.compile(r" [0-9]+(?:\.[0-9]+)? ?(?:m|mc)?g$")
_ALL = {"both", "all"}
_NUMBER = re.compile(r"[+-]?[0-9]")
_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_OLD = re.compile(r" old$")
_UNKNOWN = {"?", "not known", "unknown", "do not know", "don't know", "not sure", "n/a"}


class Filled(NamedTuple):
    """What was put into a field: options of it, or a property with its value, or at once what is to be recorded.

    ``beside`` tells that it does not answer the field.
    """

    options: tuple[Option, ...] = ()
    value: tuple[str, Node] | None = None
    change: Change | None = None
    beside: bool = False


def is_unknown(text: str, field: Field) -> bool:
    """Tell whether a reply says that what a field asks for is not known."""
    said = " ".join(text.casefold().split())
    return said in _UNKNOWN or (said == "none" and field.kind in {FieldKind.NUMBER, FieldKind.DURATION})


class Filler:
    """Read replies about one patient.

    Parameters: ``place`` is the body site that the question is about, or empty.
    """

    def __init__(self, record: Record, knowledge: Knowledge, place: str = "") -> None:
        self._record = record
        self._knowledge = knowledge
        self._place = place

    def read(self, text: str, field: Field) -> Filled:
        """Read a reply: an answer to the field, or else an assertion such as "age 71".

        Raises `UsageError` for what is neither, and for a treatment where another kind of thing is asked for.
        """
        said = " ".join(text.casefold().split())
        if said in _NO | _YES and (judged := self._judged(field, yes=said in _YES)):
            return Filled((judged,), value=(field.prop, judged.value))
        if said in _NO:
            return self._denied(field)
        try:
            return self._answer(said, field)
        except UsageError as problem:
            try:
                change = changes(self._record, [text], [], self._knowledge)
            except HipkgError:
                raise problem from None
            # A treatment that is only named would be taken to run, which nobody said.
            if field.prop != hip.ofIntervention and any(prop == hip.hasCourse for _, prop, _ in change.added):
                raise UsageError(
                    f"{text!r} is a treatment, and here {field.name!r} is asked for.",
                    remedy="Name treatments where it is asked what was tried.",
                ) from None
            return Filled(change=change, beside=True)

    def _judged(self, field: Field, *, yes: bool) -> Option | None:
        """Find the one value that is favourable, or that is not, where a field offers values of both kinds."""
        against = self._knowledge.unfavourable
        if field.several or all(one.value not in against for one in field.options):
            return None
        meant = [one for one in field.options if (one.value not in against) == yes]
        return meant[0] if len(meant) == 1 else None

    def _denied(self, field: Field) -> Filled:
        if field.kind == FieldKind.NUMBER:
            raise UsageError("A number is asked for.", remedy="Press Enter if it is not known.")
        if field.denial is None:
            raise UsageError("No answer was found that records a no here.", remedy="Press Enter if it is not known.")
        return Filled(change=field.denial)

    def _answer(self, said: str, field: Field) -> Filled:
        match field.kind:
            case FieldKind.NUMBER:
                if not _NUMBER.match(said):
                    raise UsageError(f"{said!r} is not understood: a number is asked for.")
                # People write 31,5 and 70 years old.
                number = _OLD.sub("", _COMMA.sub(".", said)).removesuffix(unit_in_words(field.unit)).strip()
                return Filled(change=changes(self._record, [f"{field.name} {number}"], [], self._knowledge))
            case FieldKind.DURATION:
                return Filled(value=read_length(said, self._record.as_of))
            case FieldKind.YES_NO:
                if said not in _YES | {LETTERS[0]}:
                    raise UsageError(f"{said!r} is not understood.", remedy="Answer yes or no.")
                return Filled(field.options, change=field.options[0].change)
            case FieldKind.CHOICE if said in _YES:
                if field.assent is None:
                    raise UsageError("Yes can mean several things here.", remedy="Write letters, or names.")
                return Filled(change=field.assent)
            case FieldKind.CHOICE:
                return self._chosen(said, field)

    def _chosen(self, said: str, field: Field) -> Filled:
        if field.several and said in _ALL:
            return Filled(field.options, change=union(one.change for one in field.options))
        parts = [one.strip() for one in said.split(",")] if field.several else [said]
        chosen = tuple(dict.fromkeys(self._option(one, field) for one in parts if one))
        if not chosen:
            raise UsageError(f"{said!r} is not understood.", remedy="Write a letter, or one of the names.")
        if field.prop and not any(one.change.added for one in chosen):
            return Filled(chosen, value=(field.prop, chosen[0].value))
        return Filled(chosen, change=union(one.change for one in chosen))

    def _option(self, said: str, field: Field) -> Option:
        """Find an option by its letter, by its name, or by part of one that fits no other."""
        number = LETTERS.find(said) if len(said) == 1 else -1
        if 0 <= number < len(field.options) and field.options[number].label:
            return field.options[number]
        if named := next((one for one in field.options if one.label.casefold() == said), None):
            return named
        if field.prop == hip.ofIntervention:
            return self._treatment(said, field)
        if len(said) == 1:
            return _only(said, {one.label: one for one in field.options if one.label.casefold().startswith(said)})
        return _only(said, {one.label: one for one in field.options if _is_part(said, one.label)})

    def _treatment(self, said: str, field: Field) -> Option:
        """Find any treatment by its name, by its name with more that is told of it, or by part of a name."""
        # The strength of one tablet says nothing on the dose of a day.
        named = intervention_named(_STRENGTH.sub("", said), self._knowledge)
        if named and not is_study(named, self._knowledge):
            return self._course(named, field)
        if told := self._told(said):
            return told
        label = self._knowledge.label
        fitting = [one for one in field.options if _is_part(said, one.label)]
        fitting += [
            self._course(one, field)
            for one in sorted(treatments(self._knowledge), key=label)
            if _is_part(said, label(one))
        ]
        # What is done by doing several things is meant only where all of its name is written.
        return _only(said, {one.label: one for one in fitting if one.value not in self._knowledge.composed})

    def _told(self, said: str) -> Option | None:
        """Read a course of which more is told than its name, such as how long it lasted."""
        try:
            change = read_addition(said, self._record, self._knowledge, runs=False)
        except HipkgError:
            return None
        courses = [text_of(node) for _, prop, node in change.added if prop == hip.hasCourse]
        of = [text_of(kind) for _, prop, kind in change.added if prop == hip.ofIntervention]
        if len(courses) != 1 or len(of) != 1:
            return None
        if self._place and not any(prop == hip.targets for _, prop, _ in change.added):
            change |= Change(frozenset({(courses[0], hip.targets, self._place)}))
        return Option(of[0], self._knowledge.label(of[0]), change, courses[0])

    def _course(self, intervention: str, field: Field) -> Option:
        """Take the course of an intervention that a field offers, or else a new one."""
        offered = (one for one in field.options if intervention in {one.value, one.of})
        return next(offered, None) or new_course(intervention, self._place, self._record, self._knowledge)


def steady(field: Field, before: Iterable[Option], given: Iterable[str]) -> Field:
    """Let the options of a field keep the letters that they had before, without courses that were given already.

    The letter of an option that is gone stays free: an option without a label holds its place.
    """
    left = {one.value: one for one in field.options if one.node not in given}
    kept = [left.pop(one.value, one._replace(label="")) for one in before]
    return field._replace(options=(*kept, *left.values()))


def check_course(values: Mapping[str, Node], knowledge: Knowledge) -> None:
    """Refuse that a course which was not begun has lasted some time or had an outcome; raises `UsageError`."""
    status = values.get(hip.hasStatus)
    if status is not None and status not in started(knowledge) and not told_of_courses(knowledge).isdisjoint(values):
        raise UsageError(
            f"What is {knowledge.label(text_of(status))} has no length and no outcome.", remedy="Leave them out."
        )


def asked_of(option: Option, form: Form) -> tuple[Field, ...]:
    """List the fields that are still to be filled of a course."""
    given = {prop for node, prop, _ in option.change.added if node == option.node}
    if not given.isdisjoint(BEGINNINGS):
        given |= {*BEGINNINGS}
    left = [one for one in form.fields[1:] if one.prop not in given]
    return tuple(one for one in left if not option.node or not option.lacks or one.prop in option.lacks)


def course(option: Option, values: Mapping[str, Node], places: Iterable[str] = ()) -> Change:
    """Record a course with the values of its properties, at some body sites.

    One that is new is taken to run unless it is said otherwise.
    """
    told = dict(values)
    if option.change != NO_CHANGE and not any(prop == hip.hasStatus for _, prop, _ in option.change.added):
        told.setdefault(hip.hasStatus, hip.completed if _is_over(option.change) else hip.ongoing)
    added: set[Fact] = {(option.node, prop, value) for prop, value in told.items()}
    added |= {(option.node, hip.targets, place) for place in places}
    return Change(option.change.added | added, option.change.removed)


def _only(said: str, fitting: Mapping[str, Option]) -> Option:
    """Take the one option that fits; raises `UsageError` for several, of which none is guessed, and for none."""
    # A name that is part of a longer one is the simpler one of the two.
    simple = [one for one in fitting if not any(_is_part(other.casefold(), one) for other in fitting.keys() - {one})]
    if len(simple) > 1:
        raise UsageError(f"{said!r} could be {listed(simple[:_NAMED], 'or')}.", remedy="Write the whole name.")
    if not simple:
        raise UsageError(f"{said!r} is not understood.", remedy="Write a letter, or one of the names.")
    return fitting[simple[0]]


def _is_part(said: str, label: str) -> bool:
    """Tell whether words stand in a label, the last of them perhaps cut short; one letter is no word."""
    return len(said) > 1 and f" {said}" in f" {label.casefold()}"


def _is_over(change: Change) -> bool:
    return any(prop == hip.endDate for _, prop, _ in change.added)


def union(changes: Iterable[Change]) -> Change:
    """Make several changes."""
    made = NO_CHANGE
    for one in changes:
        made |= one
    return made
