"""Read what somebody puts into the fields of a form, and make of it what is to be recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import HipkgError, UsageError
from hipkg.defence.forms import Field, FieldKind, Form, Option, new_course
from hipkg.defence.what_if import changes
from hipkg.knowledge.studies import is_study
from hipkg.knowledge.trials import treatments
from hipkg.knowledge.wording import listed
from hipkg.reading.assertions import intervention_named
from hipkg.reading.lengths import read_length
from hipkg.record.change import NO_CHANGE, Change

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
_NUMBER = re.compile(r"[+-]?[0-9]")


class Filled(NamedTuple):
    """What was put into a field: options of it, or a property with its value, or at once what is to be recorded.

    ``beside`` tells that it does not answer the field.
    """

    options: tuple[Option, ...] = ()
    value: tuple[str, Node] | None = None
    change: Change | None = None
    beside: bool = False


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

    def _denied(self, field: Field) -> Filled:
        if field.denial is None:
            raise UsageError("No answer was found that records a no here.", remedy="Press Enter if it is not known.")
        return Filled(change=field.denial)

    def _answer(self, said: str, field: Field) -> Filled:
        match field.kind:
            case FieldKind.NUMBER:
                if not _NUMBER.match(said):
                    raise UsageError(f"{said!r} is not understood: a number is asked for.")
                return Filled(change=changes(self._record, [f"{field.name} {said}"], [], self._knowledge))
            case FieldKind.DURATION:
                return Filled(value=read_length(said, self._record.as_of))
            case FieldKind.YES_NO:
                if said not in _YES | {LETTERS[0]}:
                    raise UsageError(f"{said!r} is not understood.", remedy="Answer yes or no.")
                return Filled(field.options, change=field.options[0].change)
            case FieldKind.CHOICE:
                return self._chosen(said, field)

    def _chosen(self, said: str, field: Field) -> Filled:
        parts = [one.strip() for one in said.split(",")] if field.several else [said]
        chosen = tuple(dict.fromkeys(self._option(one, field) for one in parts if one))
        if not chosen:
            raise UsageError(f"{said!r} is not understood.", remedy="Write a letter, or one of the names.")
        if field.prop and not any(one.change.added for one in chosen):
            return Filled(chosen, value=(field.prop, chosen[0].value))
        return Filled(chosen, change=union(one.change for one in chosen))

    def _option(self, said: str, field: Field) -> Option:
        """Find an option by its letter or name, or take any treatment by its name; part of a name does if it fits one.

        Raises `UsageError` for part of several names: none of them is guessed.
        """
        number = LETTERS.find(said) if len(said) == 1 else -1
        if 0 <= number < len(field.options):
            return field.options[number]
        if named := next((one for one in field.options if one.label.casefold() == said), None):
            return named
        treated = field.prop == hip.ofIntervention
        other = intervention_named(said, self._knowledge) if treated else ""
        if other and not is_study(other, self._knowledge):
            return self._course(other, field)
        fitting = {one.label: one for one in field.options if len(said) > 1 and _is_part(said, one.label)}
        # What is done by doing several things is meant only where all of its name is written.
        fitting = {label: one for label, one in fitting.items() if one.value not in self._knowledge.composed}
        if treated and len(said) > 1:
            for iri in sorted(treatments(self._knowledge), key=self._knowledge.label):
                label = self._knowledge.label(iri)
                if _is_part(said, label):
                    option = self._course(iri, field)
                    fitting[option.label] = option
        # A name that is part of a longer one is the simpler one of the two.
        fitting = {
            one: it for one, it in fitting.items() if not any(_is_part(other, one) for other in fitting if other != one)
        }
        if len(fitting) > 1:
            some = [*fitting][:_NAMED]
            raise UsageError(f"{said!r} could be {listed(some, 'or')}.", remedy="Write the whole name.")
        if fitting:
            return next(iter(fitting.values()))
        raise UsageError(f"{said!r} is not understood.", remedy="Write a letter, or one of the names.")

    def _course(self, intervention: str, field: Field) -> Option:
        """Take the course of an intervention that a field offers, or else a new one."""
        offered = (one for one in field.options if intervention in {one.value, one.of})
        return next(offered, None) or new_course(intervention, self._place, self._record, self._knowledge)


def asked_of(option: Option, form: Form) -> tuple[Field, ...]:
    """List the fields that are still to be filled of a course."""
    return tuple(one for one in form.fields[1:] if not option.node or not option.lacks or one.prop in option.lacks)


def course(option: Option, values: Mapping[str, Node]) -> Change:
    """Record a course with the values of its properties; one that is new is taken to run unless they say otherwise."""
    told = dict(values)
    if option.change != NO_CHANGE:
        told.setdefault(hip.hasStatus, hip.ongoing)
    added: set[Fact] = {(option.node, prop, value) for prop, value in told.items()}
    return Change(option.change.added | added, option.change.removed)


def _is_part(said: str, label: str) -> bool:
    """Tell whether words stand in a label, the last of them perhaps cut short."""
    return f" {said}" in f" {label.casefold()}"


def union(changes: Iterable[Change]) -> Change:
    """Make several changes."""
    made = NO_CHANGE
    for one in changes:
        made |= one
    return made
