"""A plan with what is looked up in it all the time while it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.frame.speaking import FIRMNESS
from hipkg.knowledge.selection import URGENT
from hipkg.planning.by_place import ByPlace
from hipkg.planning.page import page
from hipkg.planning.prominence import Outline
from hipkg.planning.records import InteractionKind
from hipkg.render.words import join_sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.records import Action, Plan, StatementState

REFUSED = {Status.CONTRAINDICATED, Status.AVOID}


class View:
    """Look up what a plan and its ontology say of statements, interventions and places."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self.plan = plan
        self.knowledge = knowledge
        self.infos = knowledge.by_id
        self.everywhere = join_sites([one.site for one in plan.actions], knowledge)
        self._several = len({one.site for one in plan.actions if one.site}) > 1
        self.actions_at = ByPlace(plan.actions)
        self.states_at = ByPlace(plan.statements)
        self.page = page(plan, knowledge)
        self.outline = Outline(plan.leading, knowledge)
        self.told = [plan.actions[one] for one in sorted(self.page.told)]
        self.bearing = [one for one in plan.interactions if one.kind != InteractionKind.REPETITION]
        self._states: dict[tuple[str, str], StatementState] = {(one.id, one.place): one for one in plan.statements}

    def where(self, intervention: str, site: str) -> str:
        """Name the site that a row is told of; of several, what acts on the whole body is told of none."""
        return "" if self._several and intervention in self.knowledge.whole_body else site

    def classes(self, intervention: str) -> frozenset[str]:
        """List the classes that an intervention is in."""
        return self.knowledge.interventions[intervention].superclasses

    def state(self, action: Action, statement: str) -> StatementState | None:
        """Find the state of a statement where an action is."""
        return self._states.get((statement, action.place))

    def guards(self, state: StatementState) -> bool:
        """Tell whether a statement asks for a check before something."""
        return self.infos[state.id].effect == hip.safeguardsWith

    def is_own(self, action: Action, state: StatementState) -> bool:
        """Tell whether a statement is about an action or a class of it."""
        return self.infos[state.id].intervention in {action.intervention, *self.classes(action.intervention)}

    def intervention(self, state: StatementState) -> str:
        """Name what a statement is about."""
        return self.knowledge.label(self.infos[state.id].intervention)

    def calls(self, info: StatementInfo) -> bool:
        """Tell whether a statement calls for urgent action."""
        return info.kind in URGENT

    def firmest(self, infos: Iterable[StatementInfo], effect: str) -> list[str]:
        """List once what statements with an effect are about, what is urgent and firm first."""
        found = [one for one in infos if one.effect == effect and not one.accompanies]
        found.sort(key=lambda one: (not self.calls(one), FIRMNESS[one.modality], -(one.strength_rank or 0), one.id))
        return [*dict.fromkeys(one.intervention for one in found)]

    def widest(self, interventions: Iterable[str]) -> list[str]:
        """Leave out interventions that are kinds of others among them."""
        found = [*interventions]
        return [one for one in found if self.classes(one).isdisjoint(found)]


class Part:
    """Something that tells of a plan, with what it looks up all the time."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._plan = view.plan
        self._knowledge = view.knowledge
        self._infos = view.infos
