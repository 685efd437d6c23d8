"""Put questions in order: the plan asks them so, and their answers are tried in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.selection import URGENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Question


def in_order(questions: Iterable[Question], knowledge: Knowledge) -> tuple[Question, ...]:
    """Sort questions by rank; the same question about several sites stays together."""
    gathered: dict[str, list[Question]] = {}
    for one in questions:
        gathered.setdefault(one.text, []).append(one)
    asked = {text: min(one.requirement for one in same) for text, same in gathered.items()}
    ranked = sorted(gathered, key=lambda text: (_rank(gathered[text], knowledge), asked[text], text))
    return tuple(
        one for text in ranked for one in sorted(gathered[text], key=lambda one: (one.site, one.requirement, one.node))
    )


def _rank(same: Sequence[Question], knowledge: Knowledge) -> tuple[bool, bool, bool, int, int]:
    """Rank one question, asked about some sites; the least comes first.

    What can call for urgent help is asked before all else, then what the record of a place lacks, such as its side,
    which no statement asks; then what opens a context that is only possible, then what most statements ask, and of
    equals what most actions wait for.
    """
    ids = {id_ for one in same for id_ in one.statements}
    opens = any(opens_context(one, knowledge) for one in same)
    actions = {label for one in same for label in one.actions}
    return not is_urgent(ids, knowledge), bool(ids), not opens, -len(ids), -len(actions)


def is_urgent(statements: Iterable[str], knowledge: Knowledge) -> bool:
    """Tell whether any of some statements, named by their ids, calls for urgent help."""
    return any(knowledge.by_id[one].kind in URGENT for one in statements)


def opens_context(question: Question, knowledge: Knowledge) -> bool:
    """Tell whether a question is about a context that is only possible."""
    return any(question.requirement in knowledge.by_id[one].applies_to for one in question.statements)
