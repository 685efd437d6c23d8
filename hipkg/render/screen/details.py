"""What the first screen says of an action in its row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind, Fulfilment, Status
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.page import Section, is_confronted_with_danger, section_of
from hipkg.render.screen.waiting import ADVISED_OR_AWAITED, WAITING_SECTIONS
from hipkg.render.screen.wording import DAYS, in_short
from hipkg.render.sheet.recorded import running, tried
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import REFUSED, Part
from hipkg.render.words import amount, clean, describe_check, describe_parameter, grade, lowered, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Action
    from hipkg.render.screen.safety import Safety
    from hipkg.render.screen.waiting import Waiting
    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.telling import Telling

CONTENTS_SHOWN = 6
_DOUBTED, _FULFILLED = "look whether it includes:", "should include:"
_DOUBTED, _FULFILLED = "look whether it includes:", "should include:"
_UNREAD = "results not recorded, read them first:"
_SAID = {Status.CONDITIONAL, Status.CAUTION, Status.AVOID}
"""The statuses whose conditions are told before the action, or not in brief."""
_DUE = {Comparison.DUE, Comparison.OVERDUE}


class Details(Part):
    """Say of an action what its statements say in brief, how it is carried out, and what is on record of it."""

    def __init__(self, wording: BriefWording, telling: Telling, waiting: Waiting, safety: Safety) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling
        self._waiting = waiting
        self._safety = safety

    def lines(self, action: Action) -> Iterator[Line]:
        """Say of an action what its statements say in brief, how it is carried out, and what is on record of it."""
        because = "because of" if section_of(action) in WAITING_SECTIONS else ""
        yield from (replace(one, lead=because) for one in self._telling.dangers.endangered(action))
        if is_confronted_with_danger(action):
            yield from (*running(action), *_ordered(action), *self._held_too(action))
            yield from (*tried(action), *self.unchecked(action))
        else:
            yield from self._undisturbed(action)

    def unchecked(self, action: Action) -> tuple[Line, ...]:
        """Name the dangers that are not excluded; a single one is told by its question, which names the action."""
        return self._telling.dangers.unchecked(action) if len(action.open_checks) > 1 else ()

    def _held_too(self, action: Action) -> Iterator[Line]:
        """Say what besides its dangers speaks against what is there of an action."""
        if not (action.current or action.planned):
            return
        dangers = {one.statement for one in action.dangers}
        # The title of what is held back tells all of its gates.
        for one in action.by(ClaimKind.HELD_BACK) if action.status != Status.CONDITIONAL else ():
            if one.id not in dangers and (lifting := self._wording.lifting(one)):
                yield Line("only if", (clean(listed([*lifting], "and")),), (one.id,))
        others = [one.id for one in action.by(ClaimKind.REFUSED, ClaimKind.DISCOURAGED) if one.id not in dangers]
        if others:
            yield Line("", ("advised against",), tuple(sorted({*others})))

    def _undisturbed(self, action: Action) -> Iterator[Line]:
        """Say of an action that no safety module refuses or holds back what there is to say of it."""
        if action.status not in _SAID:
            yield from self._telling.conditions.lines(action)
        if action.status == Status.AVOID and action.realised:
            yield Line("on record:", (clean(action.realised),))
        yield from (replace(one, lead=one.lead.replace("tried", "")) for one in tried(action))
        if action.status == Status.INDICATED and not action.dangers and self._safety.is_urgent(action):
            contexts = (clean(self._wording.term(it)) for one in action.shown for it in self._infos[one].applies_to)
            yield Line("on record", tuple(dict.fromkeys([*self._wording.signs_of(action.shown)] or contexts)), ())
        yield from self._ordered_before(action)
        if due := self.due(action):
            yield Line("", (describe_check(min(due, key=lambda one: str(one.latest))._replace(note="")),))
        yield from self._compared(action)
        yield from self._graded_otherwise(action)
        yield from self._briefs(action)
        if not (self._wording.tight and section_of(action) in {Section.ALREADY, Section.TRIED}):
            yield from self.contents(action)
        yield from self._telling.interactions.lines(action)
        waiting, _, _ = self._waiting.condition([action])
        for one in self._telling.contents.latent(action):
            lead = one.lead.removesuffix(":")
            yield replace(one, lead="" if lead in {"then", f"if {waiting}"} else f"{lead}:")
        yield from map(self._cautioned, self._telling.contents.self_guarding(action))
        yield from self._waiting.objected(action)
        for one in self._telling.contents.left_open(action):
            yield Line("", tuple(filter(None, map(self._wording.brief, one.statements))) or one.parts, one.statements)
        yield from self._telling.checks.trials(action)
        yield from self._waiting.unfeasible(action)
        yield from self._safety.barred(action)
        yield from self.unchecked(action)
        if section_of(action) not in WAITING_SECTIONS:
            unread = {"checked": _UNREAD}
            yield from (
                replace(one, lead=unread.get(one.lead, one.lead)) for one in self._telling.recorded.checked(action)
            )
        yield from self.disputes(action)

    def disputes(self, action: Action) -> tuple[Line, ...]:
        """Name the statements that differ about how an action is carried out, and that nothing decides between."""
        parts = tuple(
            f"{listed(numbered(line.statements), 'and')} differ" for line in self._telling.grades.disputes(action)
        )
        return (Line("", parts),) if parts else ()

    def _ordered_before(self, action: Action) -> Iterator[Line]:
        """Say that an action is ordered before its checks, or before what it is itself a check."""
        if action.status == Status.CAUTION and section_of(action) == Section.CHECK:
            yield from _ordered(action)
        yield from self._guarded(action)

    def _guarded(self, action: Action) -> Iterator[Line]:
        """Name what is ordered before which, and what runs beside which, a check is to be made."""
        guarding = action.by(ClaimKind.GUARDING)
        asked = {it for one in guarding for it in self._infos[one.id].accompanies}
        there = (one for one in self._view.actions_at.reaching(action.place) if one.status not in REFUSED)
        kinds = [
            one
            for one in there
            if one.intervention != action.intervention
            if not asked.isdisjoint({one.intervention, *self._view.classes(one.intervention)})
        ]
        before = dict.fromkeys(name for one in kinds for name in map(clean, one.planned))
        beside = dict.fromkeys(name for one in kinds for name in map(clean, one.current) if name not in before)
        if guarding and not (before or beside):
            held = [one for one in kinds if one.status == Status.CAUTION and one.by(ClaimKind.INDICATED)]
            wholes = self._knowledge.composed.keys()
            before = dict.fromkeys(clean(self._wording.name(one)) for one in held if one.intervention not in wholes)
        yield from (Line(lead, tuple(named)) for lead, named in (("before", before), ("beside", beside)) if named)

    def due(self, action: Action) -> list[Check]:
        """List the reviews of an action that are due, or overdue; where an outcome is on record there was one."""
        states = [state for one in action.shown if (state := self._view.state(action, one)) is not None]
        return [one for state in states for one in state.checks if one.verdict in _DUE and not one.outcome]

    def _compared(self, action: Action) -> Iterator[Line]:
        """Tell what came of the courses of another kind with which what is to be done is compared."""
        if action.status == Status.INDICATED and not action.past and not action.running:
            shown = [one for one in action.parameters if self._telling.contents.shows(action, one)]
            lasting = [one for it in shown for one in it.checks if one.outcome and one.bound.unit == DAYS]
            parts = dict.fromkeys(f"{one.label} {amount(one.have, DAYS)}, {one.outcome}" for one in lasting)
            if parts:
                yield Line("on record:", tuple(map(clean, parts)))

    def _graded_otherwise(self, action: Action) -> Iterator[Line]:
        """Give the grades of the statements that only ask to consider what others advise now, or that wait."""
        if action.status == Status.CONDITIONAL:
            silent, advising = self._waiting.silent(action), {one.id for one in action.by(*ADVISED_OR_AWAITED)}
            for one, words in self._telling.grades.stated(action).items():
                if one in advising - silent:
                    yield Line("", (f"{one}: {words}",))
        if action.status == Status.INDICATED:
            for one, words in self._telling.grades.stated(action).items():
                if self._telling.grades.only_considers(one, action):
                    yield Line("", (f"{one}: consider, {words}",))

    def _briefs(self, action: Action) -> Iterator[Line]:
        found: dict[str, list[str]] = {}
        for one in action.shown:
            info = self._infos[one]
            brief = self._wording.brief(one)
            with_exception = info.effect == hip.contraindicates and info.except_for
            if (
                brief
                and info.effect != hip.specifies
                and info.intervention == action.intervention
                and not with_exception
            ):
                found.setdefault(brief, []).append(one)
        yield from (Line("", (brief,), tuple(ids)) for brief, ids in found.items())

    def apart(self, action: Action) -> set[str]:
        """List the statements that are named at their own brief words, where those of others differ."""
        told = list(self._briefs(action))
        return {id_ for line in told for id_ in line.statements} if len(told) > 1 else set()

    def contents(self, action: Action) -> Iterator[Line]:
        """Name how an action is carried out, what belongs to the outline of a leading document if anything does."""
        kinds = {action.intervention, *self._view.classes(action.intervention)}
        beside = self._telling.interactions.told_beside(action)
        shown = [
            one
            for one in action.parameters
            if not one.side and one.statement not in beside and self._telling.contents.shows(action, one)
        ]
        told_already = any(map(self._wording.brief, action.shown))
        prominent = [one for one in shown if self._view.outline.shows([one.statement])]
        found: dict[str, set[str]] = {}
        for one in prominent or ([] if told_already else shown):
            info = self._infos[one.statement]
            checks = info.effect == hip.safeguardsWith
            own = one.intervention in kinds and not one.bounds
            words = self._wording.brief(one.statement) or (
                clean(one.text) if own else "; ".join(describe_parameter(one, kinds))
            )
            lead = "first " if checks and one.intervention not in kinds else ""
            found.setdefault(lead + words, set()).add(one.statement)
        for words in [*found]:
            # The same limit is told once, though others say more beside it.
            if wider := next((one for one in found if one != words and words in one.split(", ")), ""):
                found[wider] |= found.pop(words)
        told = list(found)[:CONTENTS_SHOWN] if not prominent else list(found)
        if told and (prominent or action.status != Status.INDICATED or len(shown) <= CONTENTS_SHOWN):
            included = _DOUBTED if self.is_doubted(action) else _FULFILLED
            has_parts = any(one.intervention not in kinds for one in prominent or shown)
            lead = included if action.status == Status.SATISFIED and has_parts else ""
            guarding = [one for one in told if self._safety.is_of_safety(found[one])]
            for some in (guarding, [one for one in told if one not in guarding]):
                if some:
                    yield Line(lead, tuple(some), tuple(sorted(set().union(*(found[one] for one in some)))))

    def _cautioned(self, line: Line) -> Line:
        """Tell a precaution with the grade that its own statements give it."""
        infos = [self._infos[one] for one in line.statements]
        grades = dict.fromkeys(in_short(grade(one.strength, one.quality)) for one in infos)
        return replace(line, lead="", parts=(*line.parts, *filter(None, grades)))

    def informing(self, action: Action) -> Iterator[Line]:
        """Tell what is prominent to know of an action that waits, runs or was tried."""
        section = section_of(action)
        if section not in {*WAITING_SECTIONS, Section.ALREADY, Section.TRIED}:
            return
        told = {State.KNOWLEDGE, State.LATER} if section in WAITING_SECTIONS else {State.KNOWLEDGE}
        kinds = {action.intervention, *self._view.classes(action.intervention)}
        for one in self._view.states_at.reaching(action.place):
            info = self._infos[one.id]
            if info.effect != hip.informsOn or one.state not in told:
                continue
            beside = self._knowledge.interventions[info.intervention].told_with
            about = info.intervention == action.intervention or not kinds.isdisjoint(beside)
            if about and self._view.outline.shows([one.id]) and (brief := self._wording.brief(one.id)):
                yield Line("", (brief,), (one.id,))

    def of_others(self, members: Iterable[Action]) -> Iterator[Line]:
        """Say beside what the other members of a choice are not given."""
        for one in members:
            yield from (
                replace(line, lead=f"{lowered(clean(self._wording.name(one)))}:")
                for line in self._telling.interactions.not_beside(one)
            )

    @staticmethod
    def is_doubted(action: Action) -> bool:
        """Tell whether an action runs without the wanted outcome."""
        return any(one.unfavourable for one in action.ongoing)

    def is_settled(self, action: Action) -> bool:
        """Tell whether an action was done, without a result, as only documents advise that do not lead."""
        done = action.status == Status.SATISFIED and action.fulfilment == Fulfilment.DONE
        return (
            done
            and not any(one.result for one in action.done)
            and not any(map(self._view.outline.belongs, action.shown))
        )


def _ordered(action: Action) -> tuple[Line, ...]:
    """Name what is ordered of an intervention."""
    return (Line("", (f"{clean(listed(action.planned, 'and'))} ordered",)),) if action.planned else ()
