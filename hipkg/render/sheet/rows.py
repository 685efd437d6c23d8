"""Rows about actions: one for each, for all members of a choice, or for what a document would advise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import OBJECTIONS, WAITING, ClaimKind, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed
from hipkg.planning.page import Section, is_spoken_against, section_of
from hipkg.render.sheet.recorded import tried
from hipkg.render.sheet.records import OPTIONAL, Line, Row, first_few
from hipkg.render.sheet.view import Part
from hipkg.render.words import capital, clean, grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action
    from hipkg.render.sheet.telling import Telling
    from hipkg.render.sheet.wording import Wording

FOLDED_SHOWN = 8
_MIXED = {Section.TRIED, Section.ALREADY, Section.IF, Section.LATER}
"""The sections in which what is to be done stands beside what is only to be considered."""
_OPEN = {Status.INDICATED, Status.CONDITIONAL}
_FORBIDDING = {
    "avoid": {ClaimKind.DISCOURAGED, ClaimKind.DISCOURAGEMENT_AWAITED},
    "never": {*OBJECTIONS, *WAITING} - {ClaimKind.AWAITED, ClaimKind.GUARD_AWAITED},
}
"""The word for an action that no statement advises, by all the claims that it can have."""


class Rows(Part):
    """Arrange actions as rows."""

    def __init__(self, wording: Wording, telling: Telling) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling

    def row_of(self, entry: Entry) -> Row:
        """Arrange an action, or all members of a choice, as one row with what is told in it."""
        actions = [self._plan.actions[one] for one in entry.actions]
        if entry.document:
            return self._folded(entry.document, actions)
        section = section_of(actions[0])
        riders = tuple(self._ridden(actions[0], some, section) for some in self.riding(entry))
        waits = section in {Section.IF, Section.LATER}
        return replace(self._choice_of(actions), riders=riders, lead=_forbidding(actions[0]) if waits else "")

    def _ridden(self, host: Action, riders: Sequence[Action], section: Section) -> Row:
        """Arrange what is told in the row of an action; of the same at another site that is told."""
        row, first = self._choice_of(riders), riders[0]
        if first.intervention == host.intervention:
            lead = "though" if is_spoken_against(host) and not is_spoken_against(first) else "also"
            return replace(row, lead=lead, site=first.site)
        return replace(row, lead=(_forbidding(first) if section != Section.NOT else "") or "with", site="")

    def elsewhere(self, entry: Entry) -> list[Action]:
        """List what is told in the row of the same action at another site."""
        told = self._plan.actions[entry.actions[0]].intervention
        riders = (self._plan.actions[number] for number in entry.riders)
        return [one for one in riders if one.intervention == told]

    def riding(self, entry: Entry) -> Iterable[list[Action]]:
        """Gather what is told in the row of another action; members of a choice that stand open belong together."""
        riders: dict[object, list[Action]] = {}
        for one in (self._plan.actions[number] for number in entry.riders):
            together = one.choice and one.status in _OPEN
            riders.setdefault((one.choice, one.status) if together else (one.intervention, one.shown), []).append(one)
        return riders.values()

    def titled(self, actions: Sequence[Action]) -> Row:
        """Name an action, or the members of a choice beside each other, in a row without lines."""
        rows = [self._title_of(one) for one in actions]
        first = rows[0]
        if len({one.intervention for one in actions}) == 1:
            return first
        choice = capital(clean(self._knowledge.label(actions[0].choice)))
        firmest = actions[0].modality
        narrow = self._knowledge.narrowest(one.intervention for one in actions)
        titles = dict.fromkeys(
            f"{'consider ' if one.modality != firmest else ''}{clean(self._wording.name(one))}"
            for one in actions
            if one.intervention in narrow
        )
        return replace(
            first,
            title=f"{choice}: {', or '.join(titles)}",
            grade=first.grade if len({row.grade for row in rows}) == 1 else "",
            statements=tuple(sorted({one for row in rows for one in row.statements})),
        )

    def _title_of(self, action: Action) -> Row:
        """Name an action, in a row without lines."""
        sided = [one for one in action.parameters if one.side]
        title = " ".join([self._wording.name(action), *dict.fromkeys(one.side for one in sided)])
        if action.modality == Modality.CONSIDER and section_of(action) in _MIXED:
            title += OPTIONAL
        # What only specifies an action is named where its contents are told.
        named = {one for one in action.shown if self._infos[one].effect != hip.specifies}
        ids = sorted(named | {one.statement for one in sided})
        graded = grade(action.strength, action.evidence)
        return Row(capital(clean(title)), "", graded, tuple(ids), category=clean(action.category))

    def _choice_of(self, actions: Sequence[Action]) -> Row:
        """Arrange an action, or the members of a choice beside each other, with all that there is to say of them."""
        rows = [replace(self._title_of(one), lines=self._row(one)) for one in actions]
        lines = rows[0].lines if len(rows) == 1 else _shared_first(rows)
        return replace(self.titled(actions), lines=(*lines, *self.options(actions)))

    def options(self, actions: Sequence[Action]) -> Iterator[Line]:
        """Name the other options of a choice that is open: what is advised, held back or refused on its own account."""
        first = actions[0]
        if not first.choice or first.status not in _OPEN:
            return
        told: dict[str, list[str]] = {}
        for other in self._view.actions_at.only(first.place):
            advising = other.by(ClaimKind.AWAITED, ClaimKind.INDICATED)
            ids = [one.id for one in advising if first.choice in self._infos[one.id].choices]
            if ids and other not in actions and other.status != Status.SATISFIED:
                held = other.by(ClaimKind.REFUSED) or other.by(ClaimKind.HELD_BACK)
                lifting = [*dict.fromkeys(part for one in held for part in self._wording.lifting(one))]
                if other.status == Status.CONTRAINDICATED and not lifting:
                    continue
                words = clean(self._wording.name(other))
                told[f"{words} only if {listed(lifting, 'and')}" if lifting else words] = ids
        if told:
            yield Line("or", (", or ".join(told),), tuple(sorted({one for ids in told.values() for one in ids})))

    def _folded(self, document: str, actions: Sequence[Action]) -> Row:
        """Tell in one row what a document would advise if the patient were one of those it is about."""
        states = [state for one in actions for state in one.by(ClaimKind.AWAITED)]
        scopes = {it.label: None for one in states for it in one.context if it.document == document}
        named = ", ".join(first_few(list(dict.fromkeys(clean(one.label) for one in actions)), FOLDED_SHOWN))
        ids = tuple(sorted({one.id for one in states if any(it.document == document for it in one.context)}))
        title = f"If {clean(' and '.join(scopes))} (document {clean(document)})"
        return Row(title, "", "", (), (Line("", (named,), ids),))

    def _row(self, action: Action) -> tuple[Line, ...]:
        """Say all that there is to say of an action."""
        return (
            *self._telling.dangers.endangered(action),
            *self._telling.conditions.lines(action),
            *tried(action),
            *self._telling.contents.lines(action),
            *self._telling.interactions.lines(action),
            *self._telling.contents.left_open(action),
            *self._telling.checks.trials(action),
            *self._telling.recorded.checked(action),
            *self._telling.checks.lines(action),
            *self._telling.dangers.unchecked(action),
            *self._telling.contents.latent(action),
            *self._telling.contents.foreseen(action),
            *self._telling.grades.lines(action),
            *self._telling.grades.evidence(action),
            *self._telling.grades.disputes(action),
            *self._telling.checks.boundaries(action),
        )


def _saying(row: Row, parts: tuple[str, ...]) -> tuple[str, ...]:
    """List the statements of the lines of a row that say something, or those of the row where a line names none."""
    return tuple(id_ for line in row.lines if line.parts == parts for id_ in line.statements or row.statements)


def _forbidding(action: Action) -> str:
    """Give the word for an action that statements only refuse, discourage or hold back; empty for any other."""
    return next((word for word, kinds in _FORBIDDING.items() if {*action.claimed} <= kinds), "")


def _shared_first(rows: Sequence[Row]) -> tuple[Line, ...]:
    """Give the lines of several rows: first what all of them say, then what each says alone, under its title."""
    shared = [
        replace(line, statements=tuple(sorted({id_ for it in rows for id_ in _saying(it, line.parts)})))
        for line in rows[0].lines
        if all(_saying(row, line.parts) for row in rows)
    ]
    told = {line.parts for line in shared}
    alike = len({row.title for row in rows}) == 1
    own = dict.fromkeys(
        line if alike else replace(line, lead=f"{row.title}: {line.lead}".rstrip())
        for row in rows
        for line in row.lines
        if line.parts not in told
    )
    return (*shared, *own)
