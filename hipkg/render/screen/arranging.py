"""Arrange a plan for someone with the patient in front of them: the first screen.

It has the sections and the order of the whole plan. Its rows say what is to be done and on what condition, in the short
words of the statements where they have some; what adds detail is left to the whole plan, and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.prominence import RANKS, Prominence
from hipkg.knowledge.wording import listed
from hipkg.planning.page import Section, is_confronted_with_danger, is_due_beside
from hipkg.render.screen.alarms import BriefAlarms
from hipkg.render.screen.details import Details
from hipkg.render.screen.disputes import BriefDisputes
from hipkg.render.screen.records import QUESTIONS_SHOWN, Item, Screen
from hipkg.render.screen.riders import Riders
from hipkg.render.screen.safety import Safety
from hipkg.render.screen.waiting import ADVISED_OR_AWAITED, WAITING_SECTIONS, Waiting
from hipkg.render.screen.wording import BriefWording, in_short
from hipkg.render.sheet.alarms import opposed
from hipkg.render.sheet.arranging import notice, violated
from hipkg.render.sheet.disputes import Disputes
from hipkg.render.sheet.questions import Questions
from hipkg.render.sheet.records import HEADINGS, OPTIONAL, UNGROUPED
from hipkg.render.sheet.remarks import Remarks
from hipkg.render.sheet.rows import Rows
from hipkg.render.sheet.telling import Telling
from hipkg.render.sheet.view import Part, View
from hipkg.render.words import (
    capital,
    clean,
    counted,
    join_sites,
    local_name,
    lowered,
    messages,
    only_documents,
    selected_grades,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action, Plan, StatementState
    from hipkg.render.sheet.records import Ask, Line, Row

READINGS_SHOWN = 4
POSSIBLE_SHOWN = 2
_WARNING = {Section.CHECK, Section.NOT}
_MOST = {Section.AGAIN: 3}
"""How many rows a section has at most for all of them to be listed."""


def screen(plan: Plan, knowledge: Knowledge, *, tight: bool = False) -> Screen:
    """Arrange the first screen of a plan; a ``tight`` one keeps to what is to be done, and not to be done, now."""
    return Screener(plan, knowledge, tight=tight).screen()


class Screener(Part):
    """Arrange the first screen of one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge, *, tight: bool) -> None:
        view = View(plan, knowledge)
        super().__init__(view)
        wording = BriefWording(view, tight=tight)
        telling = Telling(view, wording)
        disputes = Disputes(view)
        self._wording = wording
        self._telling = telling
        self._rows = Rows(wording, telling)
        self._remarks = Remarks(wording, telling)
        self._questions = Questions(view, wording)
        self._disputes = BriefDisputes(view, wording, disputes)
        self._safety = Safety(wording, telling)
        self._alarms = BriefAlarms(wording, telling, self._safety)
        self._waiting = Waiting(wording, telling, disputes)
        self._details = Details(wording, telling, self._waiting, self._safety)
        self._riders = Riders(wording, telling, self._rows, self._waiting, self._details, safety=self._safety)
        self._ridden_readings = set[str]()

    def screen(self) -> Screen:
        """Arrange the first screen."""
        parts = {part.section: part.rows for part in self._view.page.parts}
        sections: dict[Section, tuple[Item, ...]] = {}
        later = [*self._items(Section.LATER, parts.get(Section.LATER, ()))]
        disputed = [self._disputes.with_what_waits(*one, later) for one in self._disputes.items()]
        for key in HEADINGS:
            entries = parts.get(key, ())
            calls = [one for one in entries if key == Section.CHECK and self._is_call(one)]
            items = [*self._items(key, calls), *self._told_of(key)]
            rest = [
                one
                for one in entries
                if one not in calls
                and not (key == Section.CHECK and self._alarms.is_told_there(one))
                and not one.beside
            ]
            items += later if key == Section.LATER else self._items(key, rest)
            items += [item for section, item in disputed if section == key]
            if items:
                sections[key] = tuple(items)
        if gates := tuple(self._gates(sections.values())):
            sections[Section.NOT] = (*sections.get(Section.NOT, ()), *gates)
        questions = self._questions.rows()
        asked = self._joined_signs([one for one in questions if not one.unexpected])[:QUESTIONS_SHOWN]
        return Screen(
            self._title(),
            violated(self._plan),
            messages(self._plan, "warning"),
            sections,
            tuple(map(self._asked_in_one, asked)),
            notice(self._plan),
            "" if self._readings_of_sides else self._view.everywhere,
            len(questions) - sum(map(len, asked)),
        )

    def _gates(self, told: Iterable[Sequence[Item]]) -> Iterator[Item]:
        """Tell what must not be done before its time, where no listed row of something that it holds back says so."""
        listed_ = [one for items in told for one in items if one.listed]
        named = {id_ for one in listed_ for id_ in one.statements}
        named |= {id_ for one in listed_ for line in one.details for id_ in line.statements}
        held: dict[tuple[str, str], list[StatementState]] = {}
        for one in self._waiting.gates_in_force:
            if one.id not in named:
                held.setdefault((self._infos[one.id].intervention, one.site), []).append(one)
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (intervention, site), gates in held.items():
            title = self._wording.before_its_time(self._wording.term(intervention), gates)
            found.setdefault((title, tuple(one.id for one in gates)), []).append(site)
        for (title, ids), sites in found.items():
            yield Item(title, join_sites(sites, self._knowledge), statements=ids)

    def _joined_signs(self, questions: Sequence[Ask]) -> list[list[Ask]]:
        """Gather the questions about signs that call for the same urgent help; any other stands alone."""
        found: dict[object, list[Ask]] = {}
        for number, one in enumerate(questions):
            urgent = one.statements and all(self._view.calls(self._infos[it]) for it in one.statements)
            found.setdefault(one.decides if urgent else number, []).append(one)
        return [*found.values()]

    def _asked_in_one(self, asks: Sequence[Ask]) -> Ask:
        """Ask for several signs in their short words."""
        first, *others = asks
        if not others:
            return first
        ids = tuple(sorted({it for one in asks for it in one.statements}))
        words = listed([*dict.fromkeys(self._wording.signs_of(ids))], "or")
        site = first.site if all(one.site == first.site for one in others) else ""
        return replace(first, text=f"{capital(words)}?", site=site, statements=ids)

    def _title(self) -> tuple[str, ...]:
        plan = self._plan
        limits = (only_documents(plan.documents, self._knowledge), selected_grades(plan))
        read = self._readings_of_sides or {self._reading_of(""): self._view.everywhere}
        where = "; ".join(one if site in one.split() else f"{site}: {one}".strip(": ") for one, site in read.items())
        parts = (local_name(plan.patient), where, plan.as_of.isoformat(), *limits)
        return tuple(clean(one) for one in parts if one)

    @cached_property
    def _readings_of_sides(self) -> dict[str, str]:
        """Map what is read to the sites that it is read of; empty unless it differs between two sides."""
        found: dict[str, list[str]] = {}
        for site in dict.fromkeys(one.site for one in self._plan.actions if one.site):
            found.setdefault(self._reading_of(site), []).append(site)
        joined = {reading: join_sites(sites, self._knowledge) for reading, sites in found.items()}
        return {} if all(one in self._view.everywhere for one in joined.values()) else joined

    def _reading_of(self, site: str) -> str:
        """Name the context in which most statements of a document hold: the leading one, or of a site the narrowest."""
        contexts: dict[str, Counter[str]] = {}
        for one in self._plan.statements:
            if one.outside or one.state in {State.RULED_OUT, State.MAY_APPLY} or site not in {"", one.site}:
                continue
            info = self._infos[one.id]
            document = self._knowledge.documents[info.document]
            if document.id in self._view.outline.documents[:1] or (site and not document.safety):
                contexts.setdefault(document.id, Counter()).update(info.applies_to)
        read = [some.most_common(1)[0][0] for _, some in sorted(contexts.items())]
        superclasses = self._knowledge.superclasses
        return self._knowledge.label(max(read, key=lambda one: len(superclasses.get(one, ())))) if read else ""

    def _told_of(self, key: Section) -> Iterator[Item]:
        """Tell the rows of a section that are about no action of their own."""
        match key:
            case Section.CHECK:
                yield from self._alarms.items()
            case Section.MAY:
                for number, one in enumerate(self._remarks.possible()):
                    advises = any(line.lead == "then" for line in one.lines)
                    yield Item(
                        one.title, one.site, details=one.lines, out=True, listed=advises and number < POSSIBLE_SHOWN
                    )
            case Section.KNOW:
                yield from self._interpreted(self._remarks.readings())
            case Section.ALREADY:
                for one in self._remarks.beside():
                    yield Item(
                        one.title, details=tuple(map(self._wording.briefly, one.lines)), statements=one.statements
                    )
            case Section.UNUSED:
                yield from (Item(one.title, one.site) for one in self._remarks.unused())

    def _is_call(self, entry: Entry) -> bool:
        """Tell whether a row calls for urgent help, which comes before all else."""
        first = self._plan.actions[entry.actions[0]]
        return first.status == Status.INDICATED and self._safety.is_urgent(first)

    def _interpreted(self, rows: Sequence[Row]) -> Iterator[Item]:
        """Tell how to read findings; the prominent ones are listed."""
        telling = [one for one in rows if not self._safety.is_moot(one.statements[0])]
        prominent = [
            one
            for one in telling
            if self._view.outline.shows(one.statements) and one.statements[0] not in self._ridden_readings
        ]
        for row in rows:
            info = self._infos[row.statements[0]]
            shown = row in (prominent or telling)[:READINGS_SHOWN]
            words = clean(self._knowledge.briefs.get(info.iri, info.text)).removesuffix(".")
            shown &= not self._wording.tight and row.statements[0] not in self._ridden_readings
            yield Item(words, row.site, in_short(row.grade), row.statements, listed=shown)

    def _items(self, key: Section, entries: Iterable[Entry]) -> Iterator[Item]:
        """Arrange the rows of a section, and join those that differ only in their site and in what goes along."""
        entries = self._without_undecided([*entries])
        if key == Section.NOT:
            remote = [one for one in entries if self._safety.is_remote(self._plan.actions[one.actions[0]])]
            entries = [one for one in entries if one not in remote]
            yield from self._safety.items(remote)
        many = len({self._plan.actions[one.actions[0]].intervention for one in entries}) > _MOST.get(key, UNGROUPED)
        joined: dict[Item, list[tuple[str, tuple[Line, ...]]]] = {}
        for entry in entries:
            item, along = self._item(key, entry, many=many), (*self._riders.lines(entry),)
            if is_confronted_with_danger(self._plan.actions[entry.actions[0]]):
                # The same danger is told once, with what is said beside it of one site alone.
                item, along = replace(item, details=()), (*item.details, *along)
            told_of = [self._plan.actions[number] for number in entry.actions]
            # What waits because of one site alone waits for what is found there.
            own = key in WAITING_SECTIONS and self._is_of_one_site(told_of[0].intervention)
            sites = [one.site if own else self._view.where(one.intervention, one.site) for one in told_of]
            joined.setdefault(item, []).extend((site, along) for site in sites)
        for item, told in joined.items():
            riding = [
                self._of_sites([site for site, along in told if line in along], len(told), line)
                for line in dict.fromkeys(chain(*(along for _, along in told)))
            ]
            yield replace(
                item,
                site=join_sites([site for site, _ in told], self._knowledge),
                details=(*item.details, *riding),
                out=item.out or bool(riding) or len(item.details) > 1 or (key == Section.TODAY and _adds(item)),
            )

    def _is_of_one_site(self, intervention: str) -> bool:
        """Tell whether the actions of an intervention are all at one site."""
        return len({one.site for one in self._plan.actions if one.intervention == intervention}) == 1

    def _of_sites(self, sites: Sequence[str], all_sites: int, line: Line) -> Line:
        """Say of which sites a line is told, unless it is of all of them."""
        if len(sites) == all_sites:
            return line
        return replace(line, lead=f"{join_sites(sites, self._knowledge)}: {line.lead}".rstrip())

    def _without_undecided(self, entries: list[Entry]) -> list[Entry]:
        """Leave out a row that leaves open what another row about the same intervention decides, by its side."""

        def of(entry: Entry) -> Action:
            return self._plan.actions[entry.actions[0]]

        sided = [one for one in entries if any(it.side for it in of(one).parameters)]
        decided = {of(one).intervention for one in sided}
        return [one for one in entries if one in sided or of(one).intervention not in decided]

    def _item(self, key: Section, entry: Entry, *, many: bool) -> Item:
        actions = [self._plan.actions[one] for one in entry.actions]
        if entry.document:
            return self._scoped(entry.document, actions)
        row = self._rows.titled(actions)
        first = actions[0]
        named = in_short(row.grade)
        condition, earliest, assumed = self._waiting.condition(actions, every=key == Section.CHECK)
        title = self._waiting.warned(first, row.title)
        if key in WAITING_SECTIONS and title == row.title and self._waiting.only_considered(first):
            title = f"consider {lowered(title)}"
        if key == Section.NOT and first.status == Status.CONDITIONAL:
            title, condition, earliest = (
                self._wording.before_its_time(row.title, first.by(ClaimKind.HELD_BACK)),
                "",
                None,
            )
        if is_confronted_with_danger(first):
            held = first.by(ClaimKind.HELD_BACK) if first.status == Status.CONDITIONAL else []
            name = f"no {lowered(row.title).removesuffix(OPTIONAL)}"
            title = capital(self._wording.before_its_time(name, held) if held else name)
            condition, earliest, named = "", None, ""
        # What is to be done now and is in the outline of any document that leads does not stand behind a number.
        outlined = key == Section.TODAY and any(map(self._view.outline.belongs, row.statements))
        prominent = entry.prominence != Prominence.NONE or outlined
        objecting = {id_ for line in self._waiting.objected(first) for id_ in line.statements}
        own = {
            *row.statements,
            *self._riders.unnamed_kinds(first, entry),
            *self._riders.of_wholes(first, entry),
            *self._riders.said_alike(first, entry),
        }
        statements = tuple(sorted(own - objecting - self._waiting.silent(first) - self._details.apart(first)))
        if key in WAITING_SECTIONS:
            apart = {gate.id for gate in self._waiting.gates_apart}
            statements = tuple(one for one in statements if one not in apart)
        if is_confronted_with_danger(first):
            holding = first.by(ClaimKind.HELD_BACK) if first.status == Status.CONDITIONAL else []
            statements = tuple(dict.fromkeys([*(it.statement for it in first.dangers), *(it.id for it in holding)]))
        gated = not {*first.claimed} - {ClaimKind.HELD_BACK, ClaimKind.GATE_AWAITED}
        listed = (
            (prominent and not (key in WAITING_SECTIONS and (gated or any(opposed(first)))))
            or bool(self._details.due(first))
            or any(self._riders.advised_elsewhere(first, entry))
            or not (
                many
                or key in WAITING_SECTIONS
                or first.status == Status.AVOID
                or gated
                or self._details.is_settled(first)
            )
        )
        readings = [*self._details.informing(first)] if listed else []
        self._ridden_readings.update(one for line in readings for one in line.statements)
        return Item(
            title,
            "",
            named,
            statements,
            ()
            if self._wording.tight and key in WAITING_SECTIONS
            else (
                *self._details.lines(first),
                *self._details.of_others(actions[1:]),
                *self._rows.options(actions),
                *(self._safety.cautioned(first.by(ClaimKind.HELD_BACK), first.place) if key in _WARNING else ()),
                *readings,
            ),
            condition,
            earliest,
            assumed,
            out=bool(named or key == Section.CHECK or entry.prominence == Prominence.LEAD)
            or is_due_beside(first, self._view.actions_at.only(first.place), self._knowledge),
            category=row.category,
            named=self._wording.first_named(statements),
            owners=self._wording.owners(statements, named),
            listed=listed and not self._safety.is_remote(first),
            doubted=self._details.is_doubted(first),
        )

    def _scoped(self, document: str, actions: Sequence[Action]) -> Item:
        """Tell what a document would advise if the patient were one of those it is about, by its number."""
        states = [state for one in actions for state in one.by(ClaimKind.AWAITED)]
        parts = [it for one in states for it in one.context if it.document == document]
        scopes = dict.fromkeys(self._wording.term(one.requirement) for one in parts)
        foremost = min(
            actions, key=lambda one: min(RANKS[self._infos[it.id].prominence] for it in one.by(*ADVISED_OR_AWAITED))
        )
        foremost = next((one for one in actions if self._riders.is_part(foremost, one)), foremost)
        rest = f", +{counted(len(actions) - 1, 'action')}" if len(actions) > 1 else ""
        dangers = (
            line
            for one in actions
            for line in self._telling.contents.latent(one)
            if self._safety.is_of_safety(line.statements)
        )
        warned = tuple(dict.fromkeys(replace(one, lead="") for one in dangers))
        title = f"{self._waiting.warned(foremost, self._wording.name(foremost))}{rest} ({document})"
        return Item(clean(title), details=warned, condition=clean(listed([*scopes], "and")))


def _adds(item: Item) -> bool:
    """Tell whether the details of an item name several statements beside its own."""
    return len({id_ for line in item.details for id_ in line.statements} - {*item.statements}) > 1
