"""Compare two plans of one patient, action by action, with the statements that make the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.brief import shown_by

if TYPE_CHECKING:
    from hipkg.planning.records import Action, Plan

ABSENT = ""
"""The status or the state of what a plan does not have."""


@shown_by("id", "site", "before", "after")
class StatementChange(NamedTuple):
    """A statement that has another state at a place; a state is empty where its context does not hold."""

    id: str
    site: str
    place: str
    before: str
    after: str


@shown_by("label", "site", "before", "after")
class ActionChange(NamedTuple):
    """An action that has another status at a place, with the statements whose change of state concerns it."""

    intervention: str
    label: str
    site: str
    place: str
    before: str
    after: str
    statements: tuple[StatementChange, ...]


@shown_by("actions")
class Difference(NamedTuple):
    """What changes from one plan to another."""

    actions: tuple[ActionChange, ...]
    statements: tuple[StatementChange, ...]


def difference(before: Plan, after: Plan) -> Difference:
    """Compare two plans of the same patient."""
    statements = _statements(before, after)
    old, new = ({(one.place, one.intervention): one for one in plan.actions} for plan in (before, after))
    changed = [
        _action(old.get(key), new.get(key), (new if key in new else old)[key], statements)
        for key in sorted(old.keys() | new.keys())
        if _status(old.get(key)) != _status(new.get(key))
    ]
    return Difference(tuple(sorted(changed, key=lambda one: (one.label, one.site, one.place))), statements)


def _statements(before: Plan, after: Plan) -> tuple[StatementChange, ...]:
    old, new = ({(one.id, one.place): one for one in plan.statements} for plan in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        named = (new if key in new else old)[key]
        states = [it[key].state if key in it else ABSENT for it in (old, new)]
        if states[0] != states[1]:
            found.append(StatementChange(named.id, named.site, named.place, *states))
    return tuple(found)


def _status(action: Action | None) -> str:
    return action.status if action else ABSENT


def _action(
    one: Action | None, other: Action | None, named: Action, statements: tuple[StatementChange, ...]
) -> ActionChange:
    concerned = {id_ for action in (one, other) if action for id_ in action.statements}
    concerned |= {parameter.statement for action in (one, other) if action for parameter in action.parameters}
    responsible = [it for it in statements if it.id in concerned and it.place in {"", named.place}]
    return ActionChange(
        intervention=named.intervention,
        label=named.label,
        site=named.site,
        place=named.place,
        before=_status(one),
        after=_status(other),
        statements=tuple(responsible),
    )
