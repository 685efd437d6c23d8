"""Put questions in order: the plan asks them so, and their answers are tried in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.selection import URGENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Question


class _Rank(NamedTuple):
    """How soon a question is asked, at whatever sites; the least comes first.

    What can call for urgent help is asked before all else, then what the record of a place lacks, such as its side,
    then what opens a context that is only possible; then what most statements ask, and of equals what most actions
    wait for.
    """

    is_calm: bool
    is_asked_by_statements: bool
    opens_nothing: bool
    fewer_statements: int
    fewer_actions: int


def in_order(questions: Iterable[Question], knowledge: Knowledge) -> tuple[Question, ...]:
    """Sort questions by rank; the same question about several sites stays together."""
    gathered: dict[str, list[Question]] = {}
    for one in questions:
        gathered.setdefault(one.text, []).append(one)
    ranked = sorted(gathered, key=lambda text: (_rank(gathered[text], knowledge), text))
    return tuple(
        one for text in ranked for one in sorted(gathered[text], key=lambda one: (one.site, one.requirement, one.node))
    )


def _rank(same: Sequence[Question], knowledge: Knowledge) -> _Rank:
    """Rank one question, asked about some sites."""
    ids = {id_ for one in same for id_ in one.statements}
    return _Rank(
        is_calm=not is_urgent(ids, knowledge),
        is_asked_by_statements=bool(ids),
        opens_nothing=not any(opens_context(one, knowledge) for one in same),
        fewer_statements=-len(ids),
        fewer_actions=-len({label for one in same for label in one.actions}),
    )


def is_urgent(statements: Iterable[str], knowledge: Knowledge) -> bool:
    """Tell whether any of some statements, named by their ids, calls for urgent help."""
    return any(knowledge.by_id[one].kind in URGENT for one in statements)


def opens_context(question: Question, knowledge: Knowledge) -> bool:
    """Tell whether a question is about a context that is only possible."""
    return any(question.requirement in knowledge.by_id[one].applies_to for one in question.statements)
