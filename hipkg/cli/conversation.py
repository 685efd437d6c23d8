"""Ask the questions about one patient one after the other, as forms, and follow the plan."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import typer

from hipkg.base import hip
from hipkg.base.characters import harmless
from hipkg.base.ending import interruptible
from hipkg.base.errors import HipkgError, InvalidPatient, UsageError, printable
from hipkg.cli.report import say
from hipkg.defence.asking import Asker, effects
from hipkg.defence.filling import Filled, Filler, asked_of, check_course, course, is_unknown, steady
from hipkg.defence.forms import Option, where
from hipkg.defence.what_if import changed_by
from hipkg.defence.wording import Describer
from hipkg.knowledge.wording import listed
from hipkg.pipeline.process import plan_patient, validated
from hipkg.record.change import NO_CHANGE
from hipkg.render.asking import asked_text, denied_text, effects_text, prompt_text

if TYPE_CHECKING:
    from hipkg.defence.asking import RankedQuestion
    from hipkg.defence.forms import Field, Form
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.record.change import Change
    from hipkg.record.facts import Node
    from hipkg.record.patient import Record

_STOP = {"q", "quit"}
_TRIES = 3
"""How often a field is asked before it is taken as not known."""
_WHAT_AND_WHERE = {hip.ofIntervention, hip.targets}


class _Stopped(Exception):
    """The user, or the input, has come to an end; the user may have done so by an interrupt."""

    def __init__(self, *, interrupted: bool = False) -> None:
        super().__init__()
        self.interrupted = interrupted


class Conversation:
    """Ask each question once, and take what is said into the record."""

    def __init__(self, record: Record, request: Request, knowledge: Knowledge) -> None:
        self._record = record
        self._request = request
        self._knowledge = knowledge
        self._asker = Asker(plan_patient(record, request, knowledge))
        self._asked: set[tuple[str, str]] = set()  # the wordings and the requirements, with what each is about
        self._number = 0
        self.interrupted = False
        self._offered: set[object] = set()  # what has been answered by yes, by no, or as not known

    def hold(self) -> Record:
        """Ask what is open, what matters most first, until nothing is left or the user stops; return the record."""
        try:
            while question := self._next():
                self._asked.update((one, question.about) for one in (question.text, *question.requirements))
                self._number += 1
                say(asked_text(question, self._number, self._asker.plan, to_terminal=sys.stdout.isatty()))
                if question.form.repeats:
                    self._ask_courses(question)
                else:
                    self._ask_fields(question)
            say("There is nothing more to ask.")
        except _Stopped as stopped:
            self.interrupted = stopped.interrupted
            say()
        return self._record

    def _next(self) -> RankedQuestion | None:
        """Return the next question that was not asked, and of which something was not asked with another one."""
        asker = self._asker
        left = (one for one in asker.open if not self._was_asked(*one))
        questions = (asker.question(*one) for one in left)
        return next((one for one in questions if self._is_new(one.form)), None)

    def _was_asked(self, text: str, site: str) -> bool:
        """Tell whether a question was asked, be it in other words."""
        about, asked = self._asker.about(text, site), self._asked
        return (text, about) in asked or all((it, about) in asked for it in self._asker.requirements(text, site))

    def _is_new(self, form: Form) -> bool:
        return not form.fields or not all(map(self._is_offered, form.fields))

    def _is_offered(self, field: Field) -> bool:
        """Tell whether all that a field offers has been offered by others before."""
        told = [self._outline(one.change) for one in field.options]
        return bool(told) and field.prop != hip.ofIntervention and self._offered.issuperset(told)

    def _outline(self, change: Change) -> object:
        """Say what a change records without the names of what is new; of something done it is what and where."""
        new = {node for node, _, _ in change.added} - self._record.subjects
        told = {prop for _, prop, _ in change.added}
        done = hip.ofIntervention in told and hip.hasProblem not in told
        return frozenset(
            ("" if node in new else node, prop, "" if value in new else value)
            for node, prop, value in change.added
            if not done or prop in _WHAT_AND_WHERE
        )

    def _form_of(self, question: RankedQuestion) -> Form | None:
        """Return the form of a question as it is by now; none if the question is answered."""
        asker, asked = self._asker, {*question.requirements}
        open_ = [one for one in asker.open if asker.about(*one) == question.about]
        same = next((one for one in open_ if one[0] == question.text), None)
        same = same or next((one for one in open_ if asked.issuperset(asker.requirements(*one))), None)
        return asker.question(*same).form if same else None

    def _field_of(self, question: RankedQuestion, name: str) -> Field | None:
        """Return a field of a question as it is by now; none if it is not asked any more."""
        form = self._form_of(question)
        return next((one for one in form.fields if one.name == name), None) if form else None

    def _ask_fields(self, question: RankedQuestion) -> None:
        """Ask each field once, as long as the question is open."""
        asked, tries = set[str](), Counter[str]()
        while form := self._form_of(question):
            field = next((one for one in form.fields if one.name not in asked and not self._is_offered(one)), None)
            if field is None:
                return
            filled = self._filled(field, question)
            tries[field.name] += 1
            if filled is None or self._takes(filled) or tries[field.name] == _TRIES:
                asked.add(field.name)
                self._offered.update(self._outline(one.change) for one in field.options)

    def _ask_courses(self, question: RankedQuestion) -> None:
        """Ask for one course after the other, until no more are known or the question is answered."""
        again, offered, given = False, tuple[Option, ...](), set[str]()
        while form := self._form_of(question):
            first = steady(form.fields[0], offered, given)
            offered = first.options
            filled = self._filled(first, question, again=again)
            if filled is None:
                return
            said = denied_text(form.fields[0]) if filled.change == form.fields[0].denial else ""
            if not filled.options and self._takes(filled, said):
                return
            for one in filled.options:
                self._ask_course(one, form, question)
                given.add(one.node)
            again = True

    def _ask_course(self, option: Option, form: Form, question: RankedQuestion) -> None:
        """Ask for the facts of one course, and again where they cannot be."""
        for _ in range(_TRIES):
            say(printable(": ".join(filter(None, (option.label, option.known))) + ("" if option.known else ":")))
            values: dict[str, Node] = {}
            places = self._places(option, question)
            for field in asked_of(option, form):
                filled = self._filled(field, question)
                if filled is not None and filled.value is not None:
                    prop, value = filled.value
                    values[prop] = value
            try:
                check_course(values, self._knowledge)
            except UsageError as problem:
                say(printable(str(problem)), aside=True)
                continue
            change = course(option, values, places)
            if change == NO_CHANGE or self._takes(Filled(change=change)):
                return

    def _places(self, option: Option, question: RankedQuestion) -> tuple[str, ...]:
        """Ask at which body sites a course is, where that matters and is not told."""
        field = where(option, self._asker.places, self._knowledge)
        filled = self._filled(field, question) if field else None
        return tuple(one.value for one in filled.options) if filled else ()

    def _filled(self, field: Field, question: RankedQuestion, *, again: bool = False) -> Filled | None:
        """Ask for a field until the reply is understood; none if it is not known, or is not understood again and again.

        What is said beside the question is taken into the record at once.
        """
        tries = 0
        while tries < _TRIES:
            text = _reply(prompt_text(field, again=again))
            if not text or is_unknown(text, field):
                return None
            try:
                filled = Filler(self._record, self._knowledge, question.about).read(text, field)
            except HipkgError as problem:
                say(printable(str(problem)), aside=True)
                tries += 1
                continue
            if not filled.beside:
                return filled
            if not self._takes(filled):
                tries += 1
            else:
                current = self._field_of(question, field.name)
                if current is None:
                    return None
                field = current
        say("It is taken as not known.", aside=True)
        return None

    def _said(self, change: Change) -> str:
        facts = Describer(self._record, self._knowledge, spoken=True).facts(change)
        return printable(listed(facts, "and"))

    def _violation(self, record: Record) -> str:
        """Say in words what is wrong with a record, without the code of the shape and how to mend a file."""
        (checked,) = validated([record], self._knowledge)
        messages = (one.message.partition(": ")[2] for one in checked.findings if one.severity == "violation")
        return next((one.partition(". ")[0].removesuffix(".") + "." for one in messages), "")

    def _takes(self, filled: Filled, said: str = "") -> bool:
        """Take a change into the record, say it, and tell what it does to the plan; say so where it cannot be.

        Parameters: ``said`` says it where not each of its facts is worth a word.
        """
        change: Change = filled.change or NO_CHANGE
        answered = changed_by(self._record, change)
        try:
            after = Asker(plan_patient(answered, self._request, self._knowledge))
        except InvalidPatient as problem:
            say(f"That cannot be: {printable(self._violation(answered) or str(problem))}", aside=True)
            return False
        except HipkgError as problem:
            say(f"That cannot be: {printable(str(problem))}", aside=True)
            return False
        changed = effects(self._asker.plan, after.plan, self._knowledge)
        if said or change != NO_CHANGE:
            say(f"  recorded: {said or self._said(change)}")
        say("\n".join(f"  {line}" for line in effects_text(changed)) + "\n")
        self._record, self._asker = answered, after
        return True


def _reply(prompt: str) -> str:
    """Take one line; raises `_Stopped` where the user, or the input, has come to an end."""
    with interruptible() as met:
        try:
            reply: str = typer.prompt(harmless(prompt), default="", show_default=False)
        except typer.Abort:
            raise _Stopped(interrupted=bool(met)) from None
    if reply.strip().casefold() in _STOP:
        raise _Stopped
    return reply.strip()
