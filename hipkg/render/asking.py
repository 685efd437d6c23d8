"""Write ranked questions with their forms as text, Markdown and JSON."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from hipkg.base import hip
from hipkg.base.numbers import unit_in_words
from hipkg.defence.asking import Answer, Effect, Interview, RankedQuestion, Turn
from hipkg.defence.filling import LETTERS
from hipkg.defence.forms import Field, FieldKind, Form, Option, Threshold
from hipkg.knowledge.wording import listed
from hipkg.render.encoder import Writer, term
from hipkg.render.outline import INVALID, Outline, Row, outlines_to_text, render_outlines, title
from hipkg.render.words import clean, told_unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.planning.records import Plan

SHOWN = 7
"""How many questions text tells unless all are asked for."""
_STATEMENTS_SHOWN = 4
_EFFECTS_SHOWN = 4
_LINES_SHOWN = 12
_GONE, _LEAVES = "not in the plan", "no longer in the plan"
_TURNS = {
    Turn.CONSIDERED: "to consider",
    Turn.RUNNING: "running",
    Turn.UNJUDGED: "running, neither advised nor forbidden",
    Turn.DONE: "done",
    Turn.ORDERED: "ordered",
    Turn.NOT_NEEDED: "not needed",
    Turn.PERMITTED: "neither advised nor forbidden",
    Turn.UNOPPOSED: "no longer warned against",
    Turn.NOT_YET: "not yet",
}
_EXAMPLE = "such as 6 weeks or since 2026-05"
_HINTS = {
    FieldKind.CHOICE: "a letter or a name",
    FieldKind.DURATION: _EXAMPLE,
    FieldKind.NUMBER: "a number",
    FieldKind.YES_NO: "yes or no",
}
_UNKNOWN = {hip.hasStatus: "it runs"}
"""What is taken to be where nothing is said, for fields where that is something."""


class QuestionWriter(Writer):
    """Write questions with their forms and answers."""

    def requirement(self, question: RankedQuestion) -> str:
        """Give the first of the classes that a question asks about."""
        return question.requirements[0]

    def requirements(self, question: RankedQuestion) -> list[str]:
        """Give all the classes that a question asks about."""
        return list(map(term, question.requirements))

    def actions(self, question: RankedQuestion) -> list[str]:
        """Name the actions that an answer changes."""
        return sorted({effect.label for answer in question.answers for effect in answer.effects})


_PARTS: dict[type, str] = {
    Answer: "yes words facts turtle=snippet actions=effects statements",
    Effect: "label site before after",
    Form: "repeats fields",
    Field: "name kind @property=prop? options? unit? limits? several? deniable?",
    Option: "@value label",
    Threshold: "symbol number words",
}
_JSON = Writer(
    {
        **_PARTS,
        Interview: "plan.patient plan.as_of plan.ontology_version plan.valid questions",
        RankedQuestion: "text site urgent asked_by actions answers form unread?",
    }
)
SHAPES: dict[type, str] = {
    **_PARTS,
    RankedQuestion: "@requirement() requirements() text site urgent statements=asked_by actions() answers form unread?",
}
_IN_PLAN = QuestionWriter(SHAPES)


def render_interviews(
    interviews: Sequence[Interview],
    format: str,  # noqa: A002 - as everywhere
    *,
    top: int = SHOWN,
    facts: bool = False,
    to_terminal: bool = False,
) -> str:
    """Write interviews as `hipkg.render.outline.render_outlines` does, for reading the ``top`` questions of each.

    Parameters: ``facts`` adds the Turtle that records each answer.
    """
    outline = partial(_outline, top=top, facts=facts)
    return render_outlines(interviews, format, outline=outline, writer=_JSON, to_terminal=to_terminal)


def questions_to_json(interview: Interview) -> list[dict[str, Any]]:
    """Turn questions into what the JSON of a plan has for them, with their answers."""
    data: list[dict[str, Any]] = _IN_PLAN.data(interview.questions)
    return data


def asked_text(question: RankedQuestion, number: int, plan: Plan, *, to_terminal: bool = False) -> str:
    """Write one question, and what its answers change, for somebody who answers it; the first has a title."""
    rows = (_heading(question, number), *_answers(question, facts=False))
    return outlines_to_text([Outline(title("Ask", plan) if number == 1 else (), rows)], to_terminal=to_terminal)


def effects_text(effects: Sequence[Effect]) -> list[str]:
    """Write what an answer changes, a line for each action, and count those that are too many to read."""
    rows: dict[object, list[Effect]] = {}
    for number, one in enumerate(effects):
        rows.setdefault((one.choice, one.site, one.before, _then(one)) if one.choice else number, []).append(one)
    lines = [_effect(one) for one in islice(rows.values(), _LINES_SHOWN)]
    more = len(rows) - len(lines)
    return [*lines, *([f"and {more} more"] if more else [])] or ["no action changes"]


def prompt_text(field: Field, *, again: bool = False) -> str:
    """Write what is asked of one field, for somebody who fills it, perhaps ``again``, for another course."""
    letters = zip(LETTERS, field.options, strict=False)
    named = [f"  {letter}) {clean(one.label)}\n" for letter, one in letters if one.label]
    offered = "".join(named) if len(field.options) > 1 else ""
    hints = ["yes"] if field.kind == FieldKind.YES_NO and not field.deniable else [_HINTS[field.kind]]
    hints += ["several with commas"] if field.several else []
    none = "nothing else tried" if again else _none(field)
    hints += [f"no: {none}"] if field.deniable and field.kind == FieldKind.CHOICE else []
    hints += [f"Enter: {_UNKNOWN.get(field.prop, 'not known')}", "q: stop"]
    return f"{offered}{'another ' if again else ''}{clean(field.name)} [{'; '.join(hints)}]"


def _outline(interview: Interview, top: int, *, facts: bool) -> Outline:
    rows = [] if interview.plan.valid else [INVALID]
    for number, one in enumerate(interview.questions[:top], 1):
        rows += [_heading(one, number), _asking(one), *_fields(one.form), *_answers(one, facts=facts)]
    left = len(interview.questions) - top
    if not interview.questions:
        rows.append(Row(0, "The statements of these documents ask nothing that is unknown."))
    elif left > 0:
        rows.append(Row(0, f"and {left} more: --top {len(interview.questions)} asks them all", style="dim"))
    return Outline(title("Ask", interview.plan), tuple(rows))


def _heading(question: RankedQuestion, number: int) -> Row:
    site = f" · {clean(question.site)}" if question.site else ""
    urgent = " · urgent" if question.urgent else ""
    return Row(0, f"{number}. {clean(question.text)}{told_unread(question.unread)}{site}{urgent}", style="heading")


def _asking(question: RankedQuestion) -> Row:
    shown = question.asked_by[:_STATEMENTS_SHOWN]
    more = len(question.asked_by) - len(shown)
    told = [*shown, *([f"+{more}"] if more else [])] or ["the validation of the record"]
    return Row(1, f"asked by {' '.join(told)}", style="dim")


def _fields(form: Form) -> Iterator[Row]:
    alone = len(form.fields) == 1
    for one in form.fields:
        yield Row(1, _field(one, named=not alone or one.kind == FieldKind.NUMBER))


def _field(field: Field, *, named: bool) -> str:
    lead = f"{clean(field.name)}: " if named else ""
    match field.kind:
        case FieldKind.CHOICE:
            notes = ["several possible"] if field.several else []
            notes += [f"no: {_none(field)}"] if field.deniable else []
            told = " | ".join(clean(one.label) for one in field.options)
            return f"{lead}{told} ({', '.join(notes)})" if notes else f"{lead}{told}"
        case FieldKind.YES_NO:
            return f"{lead}{'yes | no' if field.deniable else 'yes'}"
        case FieldKind.DURATION:
            return f"{lead}{_EXAMPLE}{_turning(field)}"
        case FieldKind.NUMBER:
            unit = f" of {unit_in_words(field.unit)}" if field.unit else ""
            return f"{lead}a number{unit}{_turning(field)}"


def denied_text(field: Field) -> str:
    """Write what is recorded where "no" is said to a field that asks what was tried."""
    return "no other treatment tried" if field.other else "no treatment tried"


def _none(field: Field) -> str:
    """Say what "no" means: where a course is on record, that there was no other."""
    if field.prop != hip.ofIntervention:
        return "none of them"
    return "nothing else tried" if field.other else "nothing tried"


def _turning(field: Field) -> str:
    """Say on which numbers an answer turns."""
    limits = [one.words for one in field.limits]
    return f"; what counts: {', '.join(limits)}" if limits else ""


def _answers(question: RankedQuestion, *, facts: bool) -> Iterator[Row]:
    """Tell what answers change, those that change the same together."""
    told: dict[tuple[bool, tuple[Effect, ...]], list[Answer]] = {}
    for one in question.answers:
        told.setdefault((one.yes, one.effects), []).append(one)
    if question.answers and not any(one.effects for one in question.answers) and not facts:
        yield Row(1, "no answer changes an action by itself")
        return
    for (yes, effects), alike in told.items():
        yield Row(1, f"{_said(question, alike, yes=yes)} → {_changes(effects)}", "holds" if effects else "none")
        for one in alike if facts else ():
            lines = [line.strip() for line in one.snippet.splitlines() if not line.startswith("@prefix")]
            yield Row(2, "record: " + " ".join(line for line in lines if line), style="dim")
    if not question.answers:
        yield Row(1, "No answer that can be recorded was found; see the statements.")


def _said(question: RankedQuestion, alike: Sequence[Answer], *, yes: bool) -> str:
    """Say answers that change the same, without those that say more than another."""
    (first, *others) = question.form.fields or (None,)
    if first and not others and first.kind == FieldKind.YES_NO:
        plain = {first.options[0].change: "yes", first.denial: "no"}
        if len(alike) == 1 and alike[0].change in plain:
            return plain[alike[0].change]
    if question.form.repeats and not yes:
        return _none(question.form.fields[0])
    words = [one.words for one in alike]
    least = [one for one in words if not any({*other} < {*one} for other in words)]
    return clean(", or ".join(listed(one, "and") for one in least))


def _changes(effects: Sequence[Effect]) -> str:
    """Sum up what changes, by what then becomes of the actions."""
    if not effects:
        return "no action changes"
    gathered: dict[str, dict[str, list[str]]] = {}
    for one in effects[:_EFFECTS_SHOWN]:
        rows = gathered.setdefault(_then(one) or _LEAVES, {})
        rows.setdefault(one.choice or one.label, []).append(clean(one.label))
    told = "; ".join(
        f"{after}: {', '.join(listed([*dict.fromkeys(row)], 'or') for row in rows.values())}"
        for after, rows in gathered.items()
    )
    more = len({one.label for one in effects} - {one.label for one in effects[:_EFFECTS_SHOWN]})
    return f"{told}; and {more} more" if more else told


def _effect(alike: Sequence[Effect]) -> str:
    """Tell what becomes of an action, or of the members of a choice of which the same becomes."""
    first = alike[0]
    site = f" ({clean(first.site)})" if first.site else ""
    labels = listed([clean(one.label) for one in alike], "or")
    return f"{labels}{site} {first.before or _GONE} → {_then(first) or _GONE}"


def _then(effect: Effect) -> str:
    """Say what becomes of an action; nothing where the plan has it no longer, and no more is to be said."""
    return _TURNS.get(effect.turn, effect.after)
