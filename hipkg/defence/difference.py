"""Compare two plans of one patient: their actions, with the statements that make the difference, and interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.brief import shown_by
from hipkg.planning.records import Interaction  # noqa: TC001 - a record, whose fields are read to describe it

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class InteractionChange(NamedTuple):
    """Treatments that bear on each other in one plan and not in the other, or that stand otherwise in both."""

    before: Interaction | None
    after: Interaction | None


@shown_by("actions")
class Difference(NamedTuple):
    """What changes from one plan to another."""

    actions: tuple[ActionChange, ...]
    statements: tuple[StatementChange, ...]
    interactions: tuple[InteractionChange, ...]


def difference(before: Plan, after: Plan) -> Difference:
    """Compare two plans of the same patient."""
    statements = _statements(before, after)
    old, new = ({(one.place, one.intervention): one for one in plan.actions} for plan in (before, after))
    changed = [
        _action(old.get(key), new.get(key), (new if key in new else old)[key], statements)
        for key in sorted(old.keys() | new.keys())
        if _status(old.get(key)) != _status(new.get(key))
    ]
    ordered = tuple(sorted(changed, key=lambda one: (one.label, one.site, one.place)))
    return Difference(ordered, statements, interaction_changes(before.interactions, after.interactions))


def interaction_changes(before: Sequence[Interaction], after: Sequence[Interaction]) -> tuple[InteractionChange, ...]:
    """Compare the interactions of two plans of the same patient: those of the later one first, then what is gone."""
    old, new = ({_treated(one): one for one in some} for some in (before, after))
    pairs = [InteractionChange(old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old))]
    return tuple(one for one in pairs if _standing(one.before) != _standing(one.after))


def _treated(one: Interaction) -> tuple[object, ...]:
    """Tell what an interaction is of, however its treatments are given."""
    involved = (tuple(sorted(it.intervention for it in some)) for some in (one.treatments, one.beside))
    return (one.kind, one.intervention, one.place, *involved)


def _standing(one: Interaction | None) -> tuple[object, ...]:
    """Tell how the treatments of an interaction are given, who speaks of them, and whether that is settled."""
    if one is None:
        return ()
    given = sorted((it.intervention, it.standing) for it in (*one.treatments, *one.beside))
    return (*given, one.statements, one.settled)


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
