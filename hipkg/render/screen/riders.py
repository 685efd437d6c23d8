"""What the first screen tells in the row of another action."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import ClaimKind, Fulfilment, Status
from hipkg.knowledge.wording import listed
from hipkg.planning.page import Section, is_confronted_with_danger, is_spoken_against, section_of
from hipkg.render.screen.waiting import WAITING_SECTIONS
from hipkg.render.screen.wording import in_short
from hipkg.render.sheet.records import OPTIONAL, Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, grade, lowered, stated_grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action
    from hipkg.render.screen.details import Details
    from hipkg.render.screen.safety import Safety
    from hipkg.render.screen.waiting import Waiting
    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.records import Row
    from hipkg.render.sheet.rows import Rows
    from hipkg.render.sheet.telling import Telling


class Riders(Part):
    """Say what goes along with an action."""

    def __init__(
        self,
        wording: BriefWording,
        telling: Telling,
        rows: Rows,
        waiting: Waiting,
        details: Details,
        *,
        safety: Safety,
    ) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling
        self._rows = rows
        self._waiting = waiting
        self._details = details
        self._safety = safety

    def lines(self, entry: Entry) -> Iterator[Line]:
        """Say what goes along with an action, in one line for each condition."""
        host = self._plan.actions[entry.actions[0]]
        yield from self.advised_elsewhere(host, entry)
        if host.status == Status.CONTRAINDICATED:
            yield from self._refused_kinds(host, entry)
            return
        own = {*host.shown}
        if is_confronted_with_danger(host):
            yield from self._held_kinds(entry, own)
            return
        told, _, _ = self._waiting.condition([self._plan.actions[one] for one in entry.actions])
        made_of = self._knowledge.interventions[host.intervention].comprises
        found: dict[tuple[str, str], list[tuple[str, set[str]]]] = {}
        told_beside = self._telling.interactions.told_beside(host)
        for actions in sorted(
            self._rows.riding(entry), key=lambda some: some[0].status in {Status.CAUTION, Status.AVOID}
        ):
            first, row = actions[0], self._rows.titled(actions)
            if first.intervention == host.intervention and first.status != Status.CAUTION:
                continue
            if first.status == Status.SATISFIED and (first.label in host.current or first.intervention in made_of):
                continue
            if first.fulfilment == Fulfilment.NOT_NEEDED and self._is_given_elsewhere(first):
                continue
            if self.is_part(host, first) or told_beside.issuperset(row.statements):
                continue
            waits = section_of(first) in WAITING_SECTIONS
            if waits and not any(map(self._view.outline.belongs, row.statements)):
                continue
            condition, _, _ = self._waiting.condition(actions, f"{host.label} in the plan", every=True)
            graded = in_short(row.grade)
            lead = f"if {condition}:" if condition not in {"", told} else ""
            how = [] if waits or first.status == Status.SATISFIED else [*self._contents_beside(host, first)]
            cautions = [one for one in how if self._safety.is_of_safety(one.statements)]
            yield from cautions
            how = [one for one in how if one not in cautions]
            words = ": ".join([self._ridden_words(first, row), *(", ".join(one.parts) for one in how)])
            saying = [one for one in row.statements if self._view.outline.belongs(one)] if waits else row.statements
            ids = {*(saying or row.statements), *(id_ for one in how for id_ in one.statements)}
            found.setdefault((lead, graded), []).append((words, ids - own - told_beside))
        for (lead, graded), some in found.items():
            names = [lowered(name) for name, _ in some]
            yield Line(
                lead,
                tuple([*names, graded] if graded else names),
                tuple(sorted(set().union(*(ids for _, ids in some)))),
            )

    def _is_given_elsewhere(self, action: Action) -> bool:
        """Tell whether what is not needed for one site is advised for another, of what acts on the whole body."""
        kinds = {action.intervention, *self._view.classes(action.intervention)} & self._knowledge.whole_body
        return any(one.intervention in kinds and one.status == Status.INDICATED for one in self._plan.actions)

    def advised_elsewhere(self, host: Action, entry: Entry) -> Iterator[Line]:
        """Say which statements advise for another site what is withheld because of one."""
        found: dict[str, set[str]] = {}
        for one in self._rows.elsewhere(entry) if is_spoken_against(host) else ():
            if not is_spoken_against(one) and (advising := one.by(ClaimKind.INDICATED, ClaimKind.FULFILLED)):
                found.setdefault(one.site, set()).update(it.id for it in advising)
        for site, ids in found.items():
            yield Line("", (f"though advised for the {site}",), tuple(sorted(ids)))

    def said_alike(self, host: Action, entry: Entry) -> Iterator[str]:
        """List the statements that say of an action at another site what its row says."""
        for one in self._rows.elsewhere(entry):
            if one.status == host.status or {one.status, host.status} == {Status.INDICATED, Status.SATISFIED}:
                yield from one.shown

    def _contents_beside(self, host: Action, action: Action) -> Iterator[Line]:
        """Name how what goes along is carried out, without what the action that it goes with says of itself."""
        said = {part for line in self._details.contents(host) for part in line.parts}
        for line in self._details.contents(action):
            if parts := tuple(one for one in line.parts if one not in said):
                yield replace(line, parts=parts)

    def _held_kinds(self, entry: Entry, own: set[str]) -> Iterator[Line]:
        """Name what is held back with something else; that of a kind of it the same holds goes without saying."""
        host = self._plan.actions[entry.actions[0]]
        for one in (some[0] for some in self._rows.riding(entry) if some[0].dangers):
            kinds = {one.intervention, *self._view.classes(one.intervention)}
            if host.intervention in kinds and {*one.dangers} <= {*host.dangers}:
                continue
            told = tuple(sorted({*one.shown} - own - {it.statement for it in one.dangers}))
            yield Line("nor", (lowered(clean(self._wording.name(one))),), told)
        along = [
            some for some in self._rows.riding(entry) if not some[0].dangers and section_of(some[0]) == Section.TODAY
        ]
        if along:
            rows = [self._rows.titled(some) for some in along]
            names = tuple(lowered(self._ridden_words(some[0], row)) for some, row in zip(along, rows, strict=True))
            yield Line("with it:", names, tuple(sorted({id_ for row in rows for id_ in row.statements})))

    def _refused_kinds(self, host: Action, entry: Entry) -> Iterator[Line]:
        """Name the kinds of what is refused that statements name, and the grades that these give."""
        kinds: dict[str, list[str]] = {}
        grades: dict[str, list[str]] = {}
        for one in self._refusing_kinds(host, entry):
            info = self._infos[one]
            name = clean(self._wording.term(info.intervention))
            if not self._goes_without_saying(name, host):
                kinds.setdefault(lowered(name), []).append(one)
            if graded := in_short(grade(info.strength, info.quality)):
                grades.setdefault(graded, []).append(one)
        if kinds:
            yield Line("", (f"{listed([*kinds], 'and')} too",), tuple(chain(*kinds.values())))
        yield from (Line("", (graded,), tuple(ids)) for graded, ids in grades.items())

    def _refusing_kinds(self, host: Action, entry: Entry) -> list[str]:
        """List the statements that refuse a kind of what is refused, and not all of it.

        What only goes along with what is refused, such as its protection, is not refused itself.
        """
        riding = [one for one in map(self._plan.actions.__getitem__, entry.riders) if one.by(ClaimKind.REFUSED)]
        return sorted({id_ for one in riding for id_ in one.shown} - {*host.shown})

    def unnamed_kinds(self, host: Action, entry: Entry) -> Iterator[str]:
        """List the statements that refuse a kind which goes without saying, and give no grade."""
        for one in self._refusing_kinds(host, entry) if host.status == Status.CONTRAINDICATED else ():
            info = self._infos[one]
            named = self._goes_without_saying(clean(self._wording.term(info.intervention)), host)
            if named and not stated_grade(info.strength, info.quality):
                yield one

    def _goes_without_saying(self, name: str, host: Action) -> bool:
        """Tell whether the name of a kind only adds a word to that of what is refused whatever happens."""
        return name.endswith(f" {host.label}") and not self._wording.lifts(host.by(ClaimKind.REFUSED))

    def _ridden_words(self, action: Action, row: Row) -> str:
        """Take the brief words of a statement about what goes along, or its name, and say if that is settled."""
        if action.status == Status.SATISFIED:
            settled = ", ".join(["running"] if action.running else self._telling.recorded.fulfilled(action))
            lead = "not needed: " if action.fulfilment == Fulfilment.NOT_NEEDED else ""
            return f"{row.title.removesuffix(OPTIONAL)}: {lead}{settled}"
        briefs = [self._wording.brief(one) for one in action.shown if self._wording.brief(one) and not action.choice]
        waits = action.status == Status.CONDITIONAL
        title = row.title.partition(": ")[2] if waits and action.choice and ": " in row.title else row.title
        return clean(briefs[0]) if briefs else self._waiting.warned(action, title)

    def of_wholes(self, action: Action, entry: Entry) -> Iterator[str]:
        """List the statements about a whole of which an action is the part that is still to be done."""
        for one in (self._plan.actions[number] for number in entry.riders):
            if self.is_part(action, one):
                yield from one.shown

    def is_part(self, action: Action, whole: Action) -> bool:
        """Tell whether an action is part of a whole of which there is no more to say."""
        composed = self._knowledge.composed.get(whole.intervention, ())
        return action.intervention in composed and not any(map(self._wording.brief, whole.shown))
