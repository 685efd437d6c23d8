"""How statements that pull an action in opposite directions are weighed against each other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hipkg.knowledge.frame.claims import ClaimKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hipkg.knowledge.records import Knowledge, StatementInfo

Rank = TypeVar("Rank", int, str)


class Rule(StrEnum):
    """What decides a conflict."""

    CONTRAINDICATION = "contraindication"
    GATE = "gate"
    SPECIFICITY = "specificity"
    STRENGTH = "strength"
    QUALITY = "quality"
    RECENCY = "recency"
    UNDECIDED = "undecided"


class Verdict(NamedTuple):
    """The rule that decides a conflict, and whether it decides for the advice: None if nothing decides."""

    rule: Rule
    for_advice: bool | None


SETTLED_BY: Mapping[ClaimKind, Verdict] = {
    ClaimKind.REFUSED: Verdict(Rule.CONTRAINDICATION, False),
    ClaimKind.HELD_BACK: Verdict(Rule.GATE, False),
}
"""What settles a conflict at once, by how the other side objects; the gathering order decides any other."""


def _specificity(advice: StatementInfo, objection: StatementInfo, knowledge: Knowledge) -> bool | None:
    """Prefer the statement whose context is entailed to be narrower; of equivalent contexts neither is."""
    above, (context,), (against,) = knowledge.superclasses, advice.applies_to, objection.applies_to
    below, wider = against in above.get(context, ()), context in above.get(against, ())
    return None if below == wider else below


def _strength(advice: StatementInfo, objection: StatementInfo, _: Knowledge) -> bool | None:
    """Prefer the stronger recommendation."""
    return _greater(advice.strength_rank, objection.strength_rank)


def _quality(advice: StatementInfo, objection: StatementInfo, _: Knowledge) -> bool | None:
    """Prefer the better evidence."""
    return _greater(advice.quality_rank, objection.quality_rank)


def _recency(advice: StatementInfo, objection: StatementInfo, knowledge: Knowledge) -> bool | None:
    """Prefer the later document."""
    ours, theirs = (knowledge.documents[info.document].issued or None for info in (advice, objection))
    return _greater(ours, theirs)


def _greater(ours: Rank | None, theirs: Rank | None) -> bool | None:
    """Compare what both state; what is not stated never outranks."""
    return None if ours is None or theirs is None or ours == theirs else ours > theirs


ORDER: tuple[tuple[Rule, Callable[[StatementInfo, StatementInfo, Knowledge], bool | None]], ...] = (
    (Rule.SPECIFICITY, _specificity),
    (Rule.STRENGTH, _strength),
    (Rule.QUALITY, _quality),
    (Rule.RECENCY, _recency),
)
"""The gathering rules in order: the first that prefers either side decides."""


def weigh(advice: StatementInfo, objection: StatementInfo, knowledge: Knowledge) -> Verdict:
    """Decide between a statement that advises an intervention and one that discourages it."""
    for rule, prefers in ORDER:
        preferred = prefers(advice, objection, knowledge)
        if preferred is not None:
            return Verdict(rule, preferred)
    return Verdict(Rule.UNDECIDED, None)
