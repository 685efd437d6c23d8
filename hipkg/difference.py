"""Compare two plans of one patient, action by action, with the statements that make the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hipkg.planning import Action, Plan, StatementState

ABSENT = ""
"""The status or the state of what a plan does not have."""


class StatementChange(NamedTuple):
    """A statement that has another state at a place; a state is empty where its context does not hold."""

    id: str
    site: str
    place: str
    before: str
    after: str


class ActionChange(NamedTuple):
    """An action that has another status at a place, with the statements whose change of state concerns it."""

    intervention: str
    label: str
    site: str
    place: str
    before: str
    after: str
    statements: tuple[StatementChange, ...]


class Difference(NamedTuple):
    """What changes from one plan to another."""

    actions: tuple[ActionChange, ...]
    statements: tuple[StatementChange, ...]


def difference(before: Plan, after: Plan) -> Difference:
    """Compare two plans of the same patient."""
    statements = _statements(before, after)
    old, new = ({(one.place, one.intervention): one for one in plan.actions} for plan in (before, after))
    changed = []
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if (one.status if one else ABSENT) != (other.status if other else ABSENT):
            changed.append(_action(one, other, statements))
    return Difference(tuple(sorted(changed, key=lambda one: (one.label, one.site, one.place))), statements)


def _statements(before: Plan, after: Plan) -> tuple[StatementChange, ...]:
    old, new = ({(one.id, one.place): one for one in plan.statements} for plan in (before, after))
    pairs = ((old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    return tuple(
        _statement(one, other)
        for one, other in pairs
        if (one.state if one else ABSENT) != (other.state if other else ABSENT)
    )


def _statement(one: StatementState | None, other: StatementState | None) -> StatementChange:
    named = other or one
    assert named is not None  # a key comes from one of the two
    return StatementChange(
        named.id, named.site, named.place, one.state if one else ABSENT, other.state if other else ABSENT
    )


def _action(one: Action | None, other: Action | None, statements: tuple[StatementChange, ...]) -> ActionChange:
    named = other or one
    assert named is not None  # a key comes from one of the two
    concerned = {id_ for action in (one, other) if action for id_ in action.statements}
    concerned |= {parameter.statement for action in (one, other) if action for parameter in action.parameters}
    responsible = [it for it in statements if it.id in concerned and it.place in {"", named.place}]
    return ActionChange(
        named.intervention,
        named.label,
        named.site,
        named.place,
        one.status if one else ABSENT,
        other.status if other else ABSENT,
        tuple(responsible),
    )
