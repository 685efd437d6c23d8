"""What the slots of a statement answer for a patient, and the state that follows from the answers."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.knowledge.records import StatementInfo


class Slot(StrEnum):
    """The slots of a statement that name classes and are judged in the closed world, by their properties."""

    REQUIRES = "requires"
    EXCEPT_FOR = "exceptFor"
    ENDED_BY = "endedBy"
    SATISFIED_BY = "satisfiedBy"


class Answer(StrEnum):
    """The answers to whether a class that a slot names holds.

    Recorded facts show that an unmet one does not hold yet, and that a refuted one cannot; of an unknown one nothing,
    or nothing exact enough, is recorded.
    """

    HOLDS = "holds"
    REFUTED = "refuted"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class State(StrEnum):
    """The states of a statement for a patient."""

    NOW = "now"
    MUST_NOT = "must-not"
    LATER = "later-if"
    RULED_OUT = "ruled-out"
    SATISFIED = "satisfied"
    KNOWLEDGE = "knowledge"
    MAY_APPLY = "may-apply"


class Answers(NamedTuple):
    """What the slots of one statement answer together.

    ``refuted``: a requirement is refuted; ``excepted``: an exception holds; ``satisfied``: what fulfils it holds;
    ``awaiting``: a requirement is unmet or unknown; ``lacking``: a companion is not in the plan.
    """

    refuted: bool
    excepted: bool
    satisfied: bool
    awaiting: bool
    lacking: bool


class Reading(NamedTuple):
    """How a slot is read: what it answers where a class of it holds, where one is refuted, and where neither.

    ``pending`` is the property that links an evaluation to a class of the slot that neither holds nor is refuted.
    """

    held: str
    refuted: str
    open: str
    pending: str


SLOTS: Mapping[Slot, Reading] = {
    Slot.REQUIRES: Reading(held="", refuted="refuted", open="awaiting", pending="awaits"),
    Slot.EXCEPT_FOR: Reading(held="excepted", refuted="", open="", pending="mayBeLiftedBy"),
    Slot.ENDED_BY: Reading(held="excepted", refuted="", open="", pending=""),
    Slot.SATISFIED_BY: Reading(held="satisfied", refuted="", open="", pending=""),
}

LIFTING = tuple(slot for slot, reading in SLOTS.items() if reading.held)
"""The slots of which one class that holds is enough to keep a statement from holding."""

STATES: tuple[tuple[str, State], ...] = (
    ("refuted", State.RULED_OUT),
    ("excepted", State.RULED_OUT),
    ("satisfied", State.SATISFIED),
    ("awaiting", State.LATER),
    ("lacking", State.LATER),
)
"""The state by the first of these answers that is true; where none is, the statement holds, as its effect says."""


def _first(answers: Answers) -> State | None:
    return next((state for answer, state in STATES if getattr(answers, answer)), None)


STATE_OF: Mapping[tuple[bool, ...], State | None] = {
    answers: _first(answers)
    for answers in (Answers(*row) for row in product((False, True), repeat=len(Answers._fields)))
}
"""The state for all that slots can answer, None where the statement holds."""


def classes_of(info: StatementInfo, slot: Slot) -> tuple[str, ...]:
    """Return the classes that a slot of a statement names."""
    match slot:
        case Slot.REQUIRES:
            return info.requires
        case Slot.EXCEPT_FOR:
            return info.except_for
        case Slot.ENDED_BY:
            return info.ended_by
        case Slot.SATISFIED_BY:
            return info.satisfied_by
