"""Write ranked questions as text, Markdown and JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hipkg.defence.asking import LETTERS, Answer, Effect, Interview, RankedQuestion
from hipkg.render.encoder import Writer, term
from hipkg.render.outline import INVALID, Outline, Row, outlines_to_text, render_outlines, title
from hipkg.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.planning.records import Plan

SHOWN = 7
"""How many questions text tells unless all are asked for."""
_EFFECTS_SHOWN = 4
_GONE = "not in the plan"
_ANSWERS: dict[type, str] = {
    Answer: "yes facts turtle=snippet actions=effects statements",
    Effect: "label site before after",
}
_JSON = Writer(
    {
        **_ANSWERS,
        Interview: "plan.patient plan.as_of plan.ontology_version plan.valid questions",
        RankedQuestion: "text site urgent asked_by actions answers",
    }
)


def render_interviews(
    interviews: Sequence[Interview],
    format: str,  # noqa: A002 - as everywhere
    *,
    top: int = SHOWN,
    to_terminal: bool = False,
) -> str:
    """Write interviews as `hipkg.render.outline.render_outlines` does, for reading the ``top`` questions of each."""
    return render_outlines(
        interviews, format, outline=partial(_outline, top=top), writer=_JSON, to_terminal=to_terminal
    )


def asked_text(question: RankedQuestion, number: int, plan: Plan, *, to_terminal: bool = False) -> str:
    """Write one question for somebody who answers it."""
    outline = Outline(title("Ask", plan), tuple(_question(question, number, snippets=False)))
    return outlines_to_text([outline], to_terminal=to_terminal)


def effects_text(effects: Iterable[Effect]) -> list[str]:
    """Write what an answer changes, a line for each action."""
    return [_effect(one) for one in effects] or ["no action changes"]


def _outline(interview: Interview, top: int) -> Outline:
    rows = [] if interview.plan.valid else [INVALID]
    rows += [
        row for number, one in enumerate(interview.questions[:top], 1) for row in _question(one, number, snippets=True)
    ]
    left = len(interview.questions) - top
    if not interview.questions:
        rows.append(Row(0, "The statements of these documents ask nothing that is unknown."))
    elif left > 0:
        rows.append(Row(0, f"and {left} more: --top {len(interview.questions)} asks them all", style="dim"))
    return Outline(title("Ask", interview.plan), tuple(rows))


def _question(question: RankedQuestion, number: int, *, snippets: bool) -> Iterator[Row]:
    site = f" · {clean(question.site)}" if question.site else ""
    urgent = " · urgent" if question.urgent else ""
    yield Row(0, f"{number}. {clean(question.text)}{site}{urgent}", style="heading")
    yield Row(1, f"asked by {' '.join(question.asked_by) or 'the validation of the record'}", style="dim")
    for letter, answer in zip(LETTERS, question.answers, strict=False):
        yield from _answer(letter, answer, snippets=snippets)
    if not question.answers:
        yield Row(1, "No answer that can be recorded was found; see the statements.")


def _answer(letter: str, answer: Answer, *, snippets: bool) -> Iterator[Row]:
    lead = "" if answer.yes else "no: "
    yield Row(1, f"{letter}) {lead}{clean('; '.join(answer.facts))}")
    shown = [_effect(one) for one in answer.effects[:_EFFECTS_SHOWN]]
    more = len(answer.effects) - len(shown)
    told = [*shown, *([f"and {more} more"] if more else [])] or ["no action changes"]
    yield Row(2, "; ".join(told), "holds" if answer.effects else "none")
    if snippets:
        lines = [line.strip() for line in answer.snippet.splitlines() if not line.startswith("@prefix")]
        yield Row(2, "record: " + " ".join(line for line in lines if line), style="dim")


def _effect(effect: Effect) -> str:
    site = f" ({clean(effect.site)})" if effect.site else ""
    return f"{clean(effect.label)}{site} {effect.before or _GONE} → {effect.after or _GONE}"


class QuestionWriter(Writer):
    """Write questions with their answers as the JSON of a plan has them."""

    def requirement(self, question: RankedQuestion) -> str:
        """Give the first of the classes that a question asks about."""
        return question.requirements[0]

    def requirements(self, question: RankedQuestion) -> list[str]:
        """Give all the classes that a question asks about."""
        return list(map(term, question.requirements))

    def actions(self, question: RankedQuestion) -> list[str]:
        """Name the actions that an answer changes."""
        return sorted({effect.label for answer in question.answers for effect in answer.effects})


SHAPES: dict[type, str] = {
    **_ANSWERS,
    RankedQuestion: "@requirement() requirements() text site urgent statements=asked_by actions() answers",
}
_IN_PLAN = QuestionWriter(SHAPES)


def questions_to_json(interview: Interview) -> list[dict[str, Any]]:
    """Turn questions into what the JSON of a plan has for them, with their answers."""
    data: list[dict[str, Any]] = _IN_PLAN.data(interview.questions)
    return data
