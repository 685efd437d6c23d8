"""What safety modules say on the first screen, each danger once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.wording import listed
from hipkg.owl.expression import leaves
from hipkg.planning.by_place import ByPlace
from hipkg.planning.page import Section, is_confronted_with_danger, section_of
from hipkg.render.screen.records import Item
from hipkg.render.screen.waiting import ADVISED_OR_AWAITED
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import capital, clean, join_sites, lowered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.planning.gaps import Gap
    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action, Danger, StatementState
    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.telling import Telling


_HOLDING = {State.NOW, State.LATER}


class Safety(Part):
    """Tell what only safety modules speak of, and what the rows of dangers tell already."""

    def __init__(self, wording: BriefWording, telling: Telling) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling
        self._endangered_at = ByPlace(one for one in telling.view.plan.actions if one.dangers)

    def items(self, entries: Iterable[Entry]) -> Iterator[Item]:
        """Name together what safety modules refuse, or hold back, for the same danger, though nothing advises it."""
        found: dict[tuple[str, tuple[tuple[str, ...], ...]], list[Action]] = {}
        for one in (self._plan.actions[entry.actions[0]] for entry in entries):
            held = one.by(ClaimKind.HELD_BACK) if one.status == Status.CONDITIONAL else []
            if self._is_told(one) or self._waits_for_assessment(held):
                continue
            condition = self._wording.before_its_time("", held).strip() if held else ""
            reasons = tuple(line.parts for line in self._telling.dangers.endangered(one))
            found.setdefault((condition, reasons), []).append(one)
        for (condition, reasons), actions in found.items():
            names = dict.fromkeys(lowered(clean(self._wording.name(one))) for one in actions)
            ids = tuple(sorted({it.statement for one in actions for it in one.dangers}))
            why = (Line("", tuple(dict.fromkeys(it for some in reasons for it in some)), ids),)
            sites = [self._view.where(one.intervention, one.site) for one in actions]
            title = capital(f"{listed([*names], 'and')} {condition}".strip())
            yield Item(title, join_sites(sites, self._knowledge), statements=ids, details=why, named=ids)

    def _waits_for_assessment(self, gates: Sequence[StatementState]) -> bool:
        """Tell whether the gates of safety modules only wait for what the plan calls for urgently."""
        gates = [one for one in gates if self._are_safety([one.id])]
        return bool(gates) and all(self._assessed.issuperset(self._infos[one.id].except_for) for one in gates)

    @cached_property
    def _assessed(self) -> set[str]:
        """Gather what the statements that call urgently for something assess."""
        calling = [self._infos[one] for one in {it.id for it in self._plan.statements if it.state == State.NOW}]
        return {it for one in calling if self._view.calls(one) for it in one.except_for}

    def _is_told(self, action: Action) -> bool:
        """Tell whether the row of the same, or of a kind of it, tells that the same danger speaks against it."""
        return any(
            dangers >= {*action.dangers}
            for iri, told in self._dangers_told.items()
            if iri == action.intervention or action.intervention in self._view.classes(iri)
            for dangers in told
        )

    @cached_property
    def _dangers_told(self) -> Mapping[str, list[frozenset[Danger]]]:
        """Map what is refused or held back in a row of its own to the dangers that speak against it, at each place.

        What is told in the row of something of which nobody else speaks is named with that at most.
        """
        parts = (one for one in self._view.page.parts if one.section in {Section.CHECK, Section.NOT})
        rows = ([self._plan.actions[it] for it in row.told] for part in parts for row in part.rows)
        found: dict[str, list[frozenset[Danger]]] = {}
        for one in (it for row in rows if not self.is_remote(row[0]) for it in row):
            if one.dangers and not self.is_remote(one) and section_of(one) in {Section.CHECK, Section.NOT}:
                dangers = frozenset(one.dangers)
                if dangers not in (told := found.setdefault(one.intervention, [])):
                    told.append(dangers)
        return found

    def is_urgent(self, action: Action) -> bool:
        """Tell whether a statement calls urgently for an action."""
        return any(self._view.calls(self._infos[one]) for one in action.shown)

    def is_remote(self, action: Action) -> bool:
        """Tell whether only safety modules speak of an action: one that nobody advises, or signs that are asked for."""
        if action.status == Status.CONDITIONAL and self.is_urgent(action):
            return self._are_safety(action.shown)
        objecting = {*action.claimed} <= {ClaimKind.REFUSED, ClaimKind.HELD_BACK}
        objecting &= self._are_safety(one.id for one in action.by(ClaimKind.REFUSED))
        return bool(action.dangers) and objecting and not (action.current or action.planned)

    def _are_safety(self, statements: Iterable[str]) -> bool:
        """Tell whether all of some statements are of safety modules."""
        return all(self._knowledge.documents[self._infos[one].document].safety for one in statements)

    def is_of_safety(self, statements: Iterable[str]) -> bool:
        """Tell whether all of some statements are prominent ones of safety modules."""
        ids = [*statements]
        return self._are_safety(ids) and all(self._view.outline.shows([one]) for one in ids)

    def is_moot(self, statement: str) -> bool:
        """Tell whether a safety module only says which kind to prefer of what is refused wherever it says so."""
        info = self._infos[statement]
        if not self._are_safety([statement]):
            return False
        kinds = {info.intervention, *self._view.classes(info.intervention)}
        refused = {
            one.place
            for one in self._plan.actions
            if one.status == Status.CONTRAINDICATED and one.intervention in kinds
        }
        return all(not refused.isdisjoint({"", one.place}) for one in self._plan.statements if one.id == statement)

    def barred(self, action: Action) -> Iterator[Line]:
        """Name the kinds of what is advised, or would be, that safety modules refuse or hold back."""
        if not action.by(*ADVISED_OR_AWAITED):
            return
        for one in self._endangered_at.reaching(action.place):
            kind = action.intervention in self._view.classes(one.intervention)
            if kind and self.is_remote(one):
                yield Line(
                    "", (f"no {lowered(clean(self._wording.name(one)))}",), tuple(it.statement for it in one.dangers)
                )

    def cautioned(self, gates: Sequence[StatementState], place: str) -> Iterator[Line]:
        """Tell what safety modules say of how something is done that some gates ask to be done first."""
        needed = {it for one in gates for gap in one.lifted_by for it in self._needed(gap)}
        if not needed:
            return
        kinds = needed.union(*map(self._view.classes, needed))
        for one in self._view.states_at.reaching(place):
            info = self._infos[one.id]
            if info.effect != hip.specifies or one.state not in _HOLDING or not self.is_of_safety([one.id]):
                continue
            alone = {gap.requirement for gap in one.unmet} <= {*info.accompanies}
            if alone and not kinds.isdisjoint(info.accompanies) and (words := self._wording.brief(one.id)):
                yield Line("", (words,), (one.id,))

    def _needed(self, gap: Gap) -> Iterator[str]:
        """List the interventions that a gap asks for."""
        interventions = self._knowledge.interventions
        return (one for one in leaves(gap.requirement, self._knowledge.definitions) if one in interventions)

    def confronting(self) -> Iterator[Action]:
        """Leave out what the row of a danger tells: what the patient has, or has planned, and all that opposes it."""
        rows: dict[str, list[list[Action]]] = {}
        for entry in (one for part in self._view.page.parts if part.section == Section.CHECK for one in part.rows):
            row = [self._plan.actions[one] for one in entry.told]
            if is_confronted_with_danger(row[0]):
                rows.setdefault(row[0].place, []).append(row)
        for one in self._view.told:
            there, speaking = {*one.current, *one.planned}, {*one.objecting}
            told = (
                (one in others or there <= {*first.current, *first.planned})
                and speaking <= {id_ for it in (first, *others) for id_ in it.objecting}
                for place in ({one.place, ""} if self._view.where(one.intervention, one.place) else rows)
                for first, *others in rows.get(place, ())
            )
            if not any(told):
                yield one
