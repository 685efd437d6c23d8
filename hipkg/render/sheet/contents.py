"""How an action is carried out: what is specified of it, now or once what that waits for is there."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.claims import CLAIMS, ClaimKind, Status
from hipkg.knowledge.wording import listed
from hipkg.planning.page import Section, section_of
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import REFUSED, Part
from hipkg.render.words import clean, describe_parameter, without_repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.records import Action, Parameter, StatementState
    from hipkg.render.sheet.interactions import Interactions
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording

_STATUS_RANK = {Status.SATISFIED: 2, Status.INDICATED: 1, Status.CAUTION: 1}
_TIMED = {Section.CHECK, Section.TODAY, Section.CONSIDER, Section.AGAIN}


class Contents(Part):
    """Tell what statements specify of an action."""

    def __init__(self, view: View, wording: Wording, interactions: Interactions) -> None:
        super().__init__(view)
        self._wording = wording
        self._interactions = interactions
        self._carriers = self._carry()
        self._left_out = self._specifying()

    def _carry(self) -> dict[tuple[str, str], str]:
        """Choose, for what is specified of a class of interventions, the one action of a place that shows it.

        It is one that is done or to be done rather than one that waits, and the one with most statements among those,
        so that a plan does not repeat itself.
        """
        carriers: dict[tuple[str, str], Action] = {}
        for action in self._view.told:
            for one in action.parameters:
                key = (one.statement, action.place)
                if key not in carriers or self._carries_better(action, carriers[key]):
                    carriers[key] = action
        return {key: action.intervention for key, action in carriers.items()}

    @staticmethod
    def _carries_better(one: Action, other: Action) -> bool:
        ranks = ((_STATUS_RANK.get(it.status, 0), len(it.statements)) for it in (one, other))
        return next(ranks) > next(ranks)

    def _specifying(self) -> dict[tuple[str, str], list[StatementState]]:
        """Gather the statements that would specify an intervention at a place, but are ruled out."""
        found: dict[tuple[str, str], list[StatementState]] = {}
        for state in self._plan.statements:
            info = self._infos[state.id]
            if state.state == State.RULED_OUT and info.effect == hip.specifies:
                for one in info.accompanies:
                    found.setdefault((one, state.place), []).append(state)
        return found

    def shows(self, action: Action, parameter: Parameter) -> bool:
        """Tell whether a parameter is shown at an action: at its own, and of a class at one of its kinds.

        A precaution is shown wherever it has to be taken.
        """
        info = self._infos[parameter.statement]
        own = action.intervention in {info.intervention, *info.accompanies} or info.effect == hip.safeguardsWith
        return own or self._carriers[parameter.statement, action.place] == action.intervention

    def lines(self, action: Action) -> tuple[Line, ...]:
        """Say how an action is carried out: what goes with it, and instructions about itself in their own words."""
        kinds = {action.intervention, *self._view.classes(action.intervention)}
        beside = self._interactions.told_beside(action)
        plain = [
            one for one in action.parameters if not one.side and one.statement not in beside and self.shows(action, one)
        ]
        return (*self._timing(action), *self.specified(plain, kinds), *self.self_guarding(action))

    def specified(self, parameters: Sequence[Parameter], kinds: Set[str]) -> Iterator[Line]:
        """Tell what is specified about an intervention of such ``kinds``, and about what goes with it."""
        checks = [one for one in parameters if self._infos[one.statement].effect == hip.safeguardsWith]
        first = [one for one in checks if one.intervention not in kinds]
        own = [one for one in parameters if one.intervention in kinds and not one.bounds]
        parts = [one for one in parameters if one not in own and one not in checks]
        contents = tuple(dict.fromkeys(words for one in parts for words in describe_parameter(one, kinds)))
        if first:
            yield Line("first", tuple(dict.fromkeys(clean(one.label) for one in first)), _ids(first))
        if parts:
            yield Line("with", contents, _ids(parts))
        for one in own:
            yield Line("caution" if one in checks else "", (clean(one.text),), (one.statement,))

    def self_guarding(self, action: Action) -> Iterator[Line]:
        """Tell the precautions that are about an action itself, while it waits for something else."""
        if action.status == Status.CONDITIONAL:
            for one in action.by(*CLAIMS[hip.safeguardsWith].values(), ClaimKind.UNGUARDED, ClaimKind.ORDER_UNGUARDED):
                if self._view.is_own(action, one) and self._view.guards(one):
                    yield Line("caution", (self._wording.sentence(one),), (one.id,))

    def left_open(self, action: Action) -> tuple[Line, ...]:
        """Name what a statement would specify of an action, with what rules it out here and what would decide it."""
        if action.status != Status.INDICATED:
            return ()
        lines = []
        for one in self._left_out.get((action.intervention, action.place), ()):
            what = clean(f"{self._view.intervention(one)}, for {listed(one.ruled_out_by, 'and')}")
            asked = dict.fromkeys(
                clean(gap.question) for gap in one.lifted_by if gap.question and gap.answer == Answer.UNKNOWN
            )
            if not asked:
                continue
            lines.append(Line("left open", (what, *asked), (one.id,)))
        return tuple(lines)

    def _timing(self, action: Action) -> tuple[Line, ...]:
        """Say when an action is due, in the words of the statements that advise it."""
        if section_of(action) not in _TIMED:
            return ()
        words = tuple(dict.fromkeys(filter(None, (clean(self._infos[one].timing) for one in action.shown))))
        return (Line("", words),) if words else ()

    def latent(self, action: Action) -> tuple[Line, ...]:
        """Say what statements would specify of an action, or of a kind of it, once what they wait for is there."""
        if action.status in REFUSED or (action.status == Status.SATISFIED and not action.running):
            return ()
        found: dict[tuple[str, tuple[str, ...]], list[StatementState]] = {}
        for state in self._view.states_at.reaching(action.place):
            info = self._infos[state.id]
            waits = state.state == State.LATER and not state.context
            if waits and self._wording.foretells(info):
                lead = self._awaited(action, info, state)
                if lead is not None:
                    found.setdefault(lead, []).append(state)
        return tuple(self._waiting_detail(action, *lead, states) for lead, states in found.items())

    def _awaited(
        self, action: Action, info: StatementInfo, state: StatementState
    ) -> tuple[str, tuple[str, ...]] | None:
        """Tell what has to be there before a statement specifies an action; None if it is about another action."""
        companions = info.accompanies or (info.intervention,)
        own = {action.intervention, *self._view.classes(action.intervention)}
        narrower = [one for one in companions if action.intervention in self._view.classes(one)]
        if not own.isdisjoint(companions):
            lead = "then"
        elif narrower and not self._has_action_of(narrower, state.place):
            lead = f"if {self._knowledge.label(narrower[0])}"
        else:
            return None
        lacking = {f"{self._knowledge.label(one)} in the plan" for one in companions}
        return lead, self._wording.gaps([gap for gap in state.unmet if gap.label not in lacking])

    def _has_action_of(self, interventions: Iterable[str], place: str) -> bool:
        return any(one.intervention in interventions and one.place == place for one in self._view.told)

    def _waiting_detail(
        self, action: Action, lead: str, needs: tuple[str, ...], states: Sequence[StatementState]
    ) -> Line:
        words = chain.from_iterable(self._wording.latent_words(action, self._infos[one.id]) for one in states)
        if needs:
            lead = f"if {needs[0]}:" if lead == "then" and len(needs) == 1 else f"{lead}, needs {' · '.join(needs)}:"
        parts = without_repeated(map(clean, words))
        return Line(clean(lead), tuple(parts), tuple(sorted({one.id for one in states})))

    def foreseen(self, action: Action) -> Iterator[Line]:
        """Tell what there will be to know of an action once what it waits for is there."""
        if action.status == Status.CONDITIONAL:
            for one in self._view.states_at.reaching(action.place):
                info = self._infos[one.id]
                informs = info.effect == hip.informsOn and info.intervention == action.intervention
                if informs and one.state == State.LATER:
                    yield Line("then", (self._wording.sentence(one),), (one.id,))


def _ids(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    return tuple(sorted({one.statement for one in parameters}))
