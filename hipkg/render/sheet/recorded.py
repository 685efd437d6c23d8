"""What is on record of an action: what runs, was done, was tried or was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import TAKEN, ClaimKind, Fulfilment, Status
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import REFUSED, Part
from hipkg.render.words import clean, describe_course, describe_ongoing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.planning.records import Action
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


def tried(action: Action) -> tuple[Line, ...]:
    """Say which courses of an action failed, were not tolerated, were refused or helped, and what the patient wants."""
    if action.status == Status.CONTRAINDICATED and action.dangers:
        # When it was given tells whether the danger concerns what was given already.
        given = tuple(dict.fromkeys(describe_course(one, action.label) for one in action.past if one.start or one.end))
        return (Line("earlier", given),) if given else ()
    if action.status in REFUSED or action.status == Status.SATISFIED:
        return ()
    parts = tuple(dict.fromkeys(describe_course(one, action.label) for one in action.tried))
    helped = (one for one in action.past if one.outcome and not one.unfavourable)
    before = tuple(dict.fromkeys(describe_course(one, action.label) for one in helped))
    found = (Line("tried", parts), Line("earlier", before))
    return (*(one for one in found if one.parts), *wished(action))


def wished(action: Action) -> tuple[Line, ...]:
    """Say which wishes of the patient speak against an action."""
    return (Line("", tuple(map(clean, action.wishes))),) if action.wishes else ()


def running(action: Action) -> tuple[Line, ...]:
    """Say that an intervention is running, of which kind it is, since when, and what came of it so far."""
    if not action.running:
        return ()
    courses = tuple(dict.fromkeys(filter(None, (describe_ongoing(one, action.label) for one in action.ongoing))))
    named = any(one.start or one.label != action.label for one in action.ongoing)
    return (Line("running" if named else "", courses if named else ("running", *courses)),)


class Recorded(Part):
    """Tell by what an action is fulfilled, and what was checked before it."""

    def __init__(self, view: View, wording: Wording) -> None:
        super().__init__(view)
        self._wording = wording

    def fulfilled(self, action: Action) -> tuple[str, ...]:
        """Say what an advised action is fulfilled by: acts on record, an order, or what is there in its place."""
        if action.fulfilment == Fulfilment.ORDERED:
            kinds = [clean(one) for one in action.planned if one != action.label]
            return (f"ordered: {', '.join(kinds)}" if kinds else "ordered",)
        done = self._wording.done_in_words(action)
        if done and action.fulfilment == Fulfilment.DONE:
            return tuple(dict.fromkeys(done))
        if chosen := tuple(dict.fromkeys(self._chosen(action))):
            return chosen
        states = action.by(ClaimKind.FULFILLED, ClaimKind.GUARDED)
        return tuple(dict.fromkeys(clean(label) for one in states for label in one.satisfied_by))

    def done_before(self, action: Action) -> tuple[Line, ...]:
        """Say when what a plan still speaks of was done before."""
        done = self._wording.done_in_words(action)
        return (Line("", tuple(done)),) if done else ()

    def _chosen(self, action: Action) -> Iterator[str]:
        """Name what is taken of a choice in place of an action."""
        if action.choice and action.fulfilment == Fulfilment.NOT_NEEDED:
            names = {one.label: self._wording.name(one) for one in self._plan.actions}
            for one in self._view.actions_at.only(action.place):
                if one.by(*TAKEN) and self._is_in(one, action.choice):
                    taken = one.current or one.planned or (one.label,)
                    yield f"{clean(', '.join(names.get(it, it) for it in taken))} in its place"

    def _is_in(self, action: Action, choice: str) -> bool:
        return any(choice in self._infos[one.id].choices for one in action.by(*TAKEN))

    def is_measured(self, action: Action) -> bool:
        """Tell whether a check is not needed because a number that it finds is on record, without the check itself."""
        finding = self._knowledge.found_by.values()
        return action.fulfilment == Fulfilment.NOT_NEEDED and not action.done and action.intervention in finding

    def judged(self, action: Action) -> tuple[Line, ...]:
        """Say for what the result of a check is to be judged: a check that was made allows nothing by itself."""
        guards = [one.id for one in action.by(ClaimKind.FULFILLED, ClaimKind.GUARDED) if self._view.guards(one)]
        allowed = {clean(self._knowledge.label(it)) for one in guards for it in self._infos[one].accompanies}
        if not allowed or not (self.is_measured(action) or any(one.result for one in action.done)):
            return ()
        return (Line("judge", (f"whether it allows {' or '.join(sorted(allowed))}",), tuple(guards)),)

    def checked(self, action: Action) -> tuple[Line, ...]:
        """Tell the checks before an action that were made: they are no open precaution, and still to be judged."""
        if action.status in REFUSED or (action.status == Status.SATISFIED and not action.running):
            return ()
        kinds = {action.intervention, *self._view.classes(action.intervention)}
        told: dict[str, str] = {}
        found = False
        for check in self._view.actions_at.reaching(action.place):
            made = [one.id for one in check.by(ClaimKind.FULFILLED, ClaimKind.GUARDED) if self._view.guards(one)]
            before = [one for one in made if not kinds.isdisjoint(self._infos[one].accompanies)]
            measured = self.is_measured(check)
            if before and (check.done or measured) and check.intervention not in kinds:
                words = ", ".join(self.fulfilled(check)) if measured else self._wording.made(check)
                told.update(dict.fromkeys(before, words))
                found |= measured or any(one.result for one in check.done)
        lead = "judge" if found else "checked"
        return (Line(lead, tuple(dict.fromkeys(told.values())), tuple(sorted(told))),) if told else ()
