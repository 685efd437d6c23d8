"""What statements claim for an action, and the status that the strongest claim gives it."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """The statuses of an action, in the order in which a plan lists them."""

    INDICATED = "indicated"
    CAUTION = "caution"
    CONDITIONAL = "conditional"
    CONFLICT = "conflict"
    CONTRAINDICATED = "contraindicated"
    AVOID = "avoid"
    SATISFIED = "satisfied"


PURSUED = frozenset({Status.INDICATED, Status.SATISFIED, Status.CAUTION})
"""The statuses of what is carried out, or would be as things stand."""


class Fulfilment(StrEnum):
    """Why a satisfied action asks for nothing more; any other action has none."""

    RUNNING = "running"
    DONE = "done"
    ORDERED = "ordered"
    NOT_NEEDED = "not-needed"
    NONE = ""


class ClaimKind(IntEnum):
    """What an evaluation of a statement claims for an action; the least number is the strongest claim."""

    REFUSED = 1
    DISPUTED = 2
    DISCOURAGED = 3
    HELD_BACK = 4
    CARRIED_OUT = 5
    ORDER_UNGUARDED = 6
    ORDERED = 7
    CHOSEN_OTHERWISE = 8
    UNGUARDED = 9
    INDICATED = 10
    FULFILLED = 11
    GUARDED = 12
    SPECIFIED = 13
    GUARDING = 14
    AWAITED = 15
    GUARD_AWAITED = 16
    GATE_AWAITED = 17
    REFUSAL_AWAITED = 18
    DISCOURAGEMENT_AWAITED = 19


class Reach(NamedTuple):
    """The claim that a statement in a state makes for the kinds of its intervention, or of its ``companions``."""

    state: State
    kind: ClaimKind
    companions: bool = False


RELATIONS: Mapping[ClaimKind, str] = {
    ClaimKind.REFUSED: "refusedBy",
    ClaimKind.DISPUTED: "disputedBy",
    ClaimKind.DISCOURAGED: "discouragedBy",
    ClaimKind.HELD_BACK: "heldBackBy",
    ClaimKind.CARRIED_OUT: "carriedOutFor",
    ClaimKind.ORDER_UNGUARDED: "orderUnguardedBy",
    ClaimKind.ORDERED: "orderedFor",
    ClaimKind.CHOSEN_OTHERWISE: "chosenOtherwiseFor",
    ClaimKind.UNGUARDED: "safeguardedBy",
    ClaimKind.INDICATED: "indicatedBy",
    ClaimKind.FULFILLED: "fulfilledFor",
    ClaimKind.GUARDED: "guardedFor",
    ClaimKind.SPECIFIED: "detailedBy",
    ClaimKind.GUARDING: "guardFor",
    ClaimKind.AWAITED: "awaitedBy",
    ClaimKind.GUARD_AWAITED: "guardAwaitedBy",
    ClaimKind.GATE_AWAITED: "gateAwaitedBy",
    ClaimKind.REFUSAL_AWAITED: "refusalAwaitedBy",
    ClaimKind.DISCOURAGEMENT_AWAITED: "discouragementAwaitedBy",
}
"""The property that links an action to an evaluation that makes a claim."""

STATUS_OF: Mapping[ClaimKind, Status] = {
    ClaimKind.REFUSED: Status.CONTRAINDICATED,
    ClaimKind.DISPUTED: Status.CONFLICT,
    ClaimKind.DISCOURAGED: Status.AVOID,
    ClaimKind.HELD_BACK: Status.CONDITIONAL,
    ClaimKind.CARRIED_OUT: Status.SATISFIED,
    ClaimKind.ORDER_UNGUARDED: Status.CONDITIONAL,
    ClaimKind.ORDERED: Status.SATISFIED,
    ClaimKind.CHOSEN_OTHERWISE: Status.SATISFIED,
    ClaimKind.UNGUARDED: Status.CAUTION,
    ClaimKind.INDICATED: Status.INDICATED,
    ClaimKind.FULFILLED: Status.SATISFIED,
    ClaimKind.GUARDED: Status.SATISFIED,
    ClaimKind.SPECIFIED: Status.SATISFIED,
    ClaimKind.GUARDING: Status.CAUTION,
    ClaimKind.AWAITED: Status.CONDITIONAL,
    ClaimKind.GUARD_AWAITED: Status.CAUTION,
    ClaimKind.GATE_AWAITED: Status.CAUTION,
    ClaimKind.REFUSAL_AWAITED: Status.CAUTION,
    ClaimKind.DISCOURAGEMENT_AWAITED: Status.CAUTION,
}
"""The status that a claim gives to an action if no stronger one is made."""

CLAIMS: Mapping[str, Mapping[State, ClaimKind]] = {
    hip.indicates: {
        State.NOW: ClaimKind.INDICATED,
        State.SATISFIED: ClaimKind.FULFILLED,
        State.LATER: ClaimKind.AWAITED,
    },
    hip.safeguardsWith: {
        State.NOW: ClaimKind.GUARDING,
        State.SATISFIED: ClaimKind.GUARDED,
        State.LATER: ClaimKind.GUARD_AWAITED,
    },
    hip.contraindicates: {State.LATER: ClaimKind.REFUSAL_AWAITED},
    hip.discourages: {State.LATER: ClaimKind.DISCOURAGEMENT_AWAITED},
    hip.holdsBack: {State.LATER: ClaimKind.GATE_AWAITED},
}
"""What a statement claims for the action of its own intervention, by its effect and its state."""

REACHING: Mapping[str, Reach] = {
    hip.contraindicates: Reach(State.MUST_NOT, ClaimKind.REFUSED),
    hip.holdsBack: Reach(State.MUST_NOT, ClaimKind.HELD_BACK),
    hip.discourages: Reach(State.MUST_NOT, ClaimKind.DISCOURAGED),
    hip.safeguardsWith: Reach(State.NOW, ClaimKind.UNGUARDED, companions=True),
}
"""What a statement claims for the actions of every kind of an intervention, by its effect."""

RUNNING: Mapping[str, ClaimKind] = {hip.specifies: ClaimKind.SPECIFIED}
"""What a statement that holds claims for the running treatments that it accompanies."""

OBJECTIONS = frozenset({ClaimKind.REFUSED, ClaimKind.HELD_BACK, ClaimKind.DISCOURAGED})
"""The claims that speak against an action, unless advice overrules them."""

ADVISING = frozenset({*CLAIMS[hip.indicates].values(), *CLAIMS[hip.safeguardsWith].values()})
"""The claims of statements that ask for an action, whether they hold, wait, or are fulfilled."""

WAITING = frozenset(
    {
        ClaimKind.AWAITED,
        ClaimKind.GUARD_AWAITED,
        ClaimKind.GATE_AWAITED,
        ClaimKind.REFUSAL_AWAITED,
        ClaimKind.DISCOURAGEMENT_AWAITED,
    }
)
"""The claims of statements that wait for something."""

SHOWN: Mapping[Status, frozenset[ClaimKind]] = {
    Status.INDICATED: frozenset({ClaimKind.INDICATED, ClaimKind.GUARDING}),
    Status.CAUTION: frozenset({ClaimKind.INDICATED, ClaimKind.GUARDING}),
    Status.CONDITIONAL: frozenset({ClaimKind.INDICATED, ClaimKind.AWAITED, ClaimKind.HELD_BACK}),
    Status.CONFLICT: frozenset({ClaimKind.INDICATED, ClaimKind.GUARDING, ClaimKind.DISCOURAGED}),
    Status.CONTRAINDICATED: frozenset({ClaimKind.REFUSED}),
    Status.AVOID: frozenset({ClaimKind.DISCOURAGED}),
    Status.SATISFIED: frozenset({ClaimKind.INDICATED, ClaimKind.GUARDING, ClaimKind.FULFILLED, ClaimKind.GUARDED}),
}
"""The claims whose statements stand for the status of an action where a plan is read."""

NEEDS: Mapping[ClaimKind, ClaimKind] = {ClaimKind.UNGUARDED: ClaimKind.INDICATED}
"""The claims that count only beside another one."""

TAKEN = (ClaimKind.CARRIED_OUT, ClaimKind.ORDERED)
"""The claims that take a member of a choice, so that the others are not needed."""

FULFILLING = (ClaimKind.FULFILLED, ClaimKind.GUARDED)
"""The claims of statements that something on record fulfils, be it an act of their own intervention or of another."""
