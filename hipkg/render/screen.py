"""Arrange a plan for someone with the patient in front of them: the first screen.

It has the sections and the order of the whole plan. Its rows say what is to be done and on what condition, in the short
words of the statements where they have some; what adds detail is left to the whole plan, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.numbers import Range
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import WAITING, ClaimKind, Fulfilment, Status
from hipkg.knowledge.prominence import Prominence
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.earliest import Lengths
from hipkg.planning.page import Section, is_due_beside, section_of
from hipkg.render.sheet import HEADINGS, OPTIONAL, UNGROUPED, Arranger, Line, tried
from hipkg.render.words import (
    UNGRADED,
    amount,
    capital,
    clean,
    counted,
    describe_check,
    describe_gap,
    describe_parameter,
    describe_result,
    join_sites,
    local_name,
    lowered,
    only_documents,
    selected_grades,
    stated_grade,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.bounds import Check
    from hipkg.planning.gaps import Gap
    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action, Plan, StatementState
    from hipkg.render.sheet import Ask, Row, Sheet

QUESTIONS_SHOWN = 5
CONTENTS_SHOWN = 6
READINGS_SHOWN = 4
STATEMENTS_SHOWN = 2
POSSIBLE_SHOWN = 2
_LENGTH = re.compile(r"(?P<name>.+?) (?P<length>(?:for at least \d+ |gave )\w+.*)")
_PLANNED = re.compile(r" in the plan$")
_DAYS = "d"
_MOST = {Section.AGAIN: 3}
"""How many rows a section has at most for all of them to be listed."""
_SAID = {Status.CONDITIONAL, Status.CAUTION, Status.AVOID}
"""The statuses whose conditions are told before the action, or not in brief."""
_WAITING = {Section.IF, Section.LATER}
_DUE = {Comparison.DUE, Comparison.OVERDUE}


@dataclass(frozen=True, slots=True)
class Item:
    """A row: what it is about, its site, grade and statements, what there is to know of it, and what it waits for.

    ``earliest`` is the first day on which its condition can be met, ``assumed`` tells that treatment has to start today
    for that. An item that stands ``out`` has a line of its own; ``named`` are the statements to name first, if not all.
    """

    title: str
    site: str = ""
    grade: str = ""
    statements: tuple[str, ...] = ()
    details: tuple[Line, ...] = ()
    condition: str = ""
    earliest: date | None = None
    assumed: bool = False
    out: bool = False
    category: str = ""
    listed: bool = True
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """The first screen of a plan; ``left_out`` says what the whole plan has beside it."""

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: Mapping[Section, tuple[Item, ...]]
    questions: tuple[Ask, ...]
    notice: str
    left_out: tuple[str, ...] = field(default=())


def _graded(row: Row) -> str:
    """Give the grade of a row, in one word if strength and evidence are the same, or nothing if it has none."""
    strength, _, evidence = row.grade.partition(" / ")
    return "" if row.grade == UNGRADED else strength if strength == evidence else row.grade


def _adds(item: Item) -> bool:
    """Tell whether the details of an item name several statements beside its own."""
    return len({id_ for line in item.details for id_ in line.statements} - {*item.statements}) > 1


def screen(plan: Plan, knowledge: Knowledge, *, tight: bool = False) -> Screen:
    """Arrange the first screen of a plan; a ``tight`` one keeps to what is to be done, and not to be done, now."""
    return _Screener(plan, knowledge, tight=tight).screen()


class _Screener(Arranger):
    """Arrange the first screen of one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge, *, tight: bool) -> None:
        super().__init__(plan, knowledge)
        self._tight = tight
        self._lengths = Lengths(plan, knowledge)

    def screen(self) -> Screen:
        """Arrange the first screen."""
        whole = self.sheet()
        parts = {part.section: part.rows for part in self._page.parts}
        sections: dict[Section, tuple[Item, ...]] = {}
        for key in HEADINGS:
            items = [*self._told_of(key, whole), *self._items(key, parts.get(key, ()))]
            if items:
                sections[key] = tuple(items)
        if gates := tuple(self._gates(sections.values())):
            sections[Section.NOT] = (*sections.get(Section.NOT, ()), *gates)
        asked = self._joined_signs(whole.questions)
        return Screen(
            self._title(),
            whole.alarms,
            whole.warnings,
            sections,
            tuple(map(self._asked_in_one, asked[:QUESTIONS_SHOWN])),
            whole.notice,
            tuple(self._left_out_words(sum(map(len, asked[QUESTIONS_SHOWN:])), sections)),
        )

    def _joined_signs(self, questions: Sequence[Ask]) -> list[list[Ask]]:
        """Gather the questions about signs that call for the same urgent help; any other stands alone."""
        found: dict[object, list[Ask]] = {}
        for number, one in enumerate(questions):
            urgent = one.statements and all(self._calls(self._infos[it]) for it in one.statements)
            found.setdefault(one.decides if urgent else number, []).append(one)
        return [*found.values()]

    def _asked_in_one(self, asks: Sequence[Ask]) -> Ask:
        """Ask for several signs in their short words."""
        first, *others = asks
        if not others:
            return first
        ids = tuple(sorted({it for one in asks for it in one.statements}))
        words = listed([*dict.fromkeys(self._signs_of(ids))], "or")
        site = first.site if all(one.site == first.site for one in others) else ""
        return replace(first, text=f"{capital(words)}?", site=site, statements=ids)

    def _gates(self, told: Iterable[Sequence[Item]]) -> Iterator[Item]:
        """Tell what must not be done before its time, where no listed row of something that it holds back says so."""
        named = {id_ for items in told for one in items if one.listed for id_ in one.statements}
        refused = {one.intervention for one in self._plan.actions if one.status == Status.CONTRAINDICATED}
        found: dict[tuple[str, str], list[str]] = {}
        for one in self._plan.statements:
            if self._infos[one.id].intervention in refused:
                continue
            holds = one.state == State.MUST_NOT and self._infos[one.id].effect == hip.holdsBack
            if holds and one.id not in named and self._outline.shows([one.id]):
                words = listed(self._gaps(self._narrowest(one.lifted_by)), "and")
                found.setdefault((one.id, words), []).append(one.site)
        for (id_, words), sites in found.items():
            iri = self._infos[id_].intervention
            name = self._term(iri)
            title = clean(f"{name} before {words}" if words else f"{name} yet")
            yield Item(title, join_sites(sites, self._knowledge), statements=(id_,))

    def _title(self) -> tuple[str, ...]:
        plan = self._plan
        limits = (only_documents(plan.documents, self._knowledge), selected_grades(plan))
        where = ": ".join(one for one in (self._everywhere, self._reading_of()) if one)
        parts = (local_name(plan.patient), where, plan.as_of.isoformat(), *limits)
        return tuple(clean(one) for one in parts if one)

    def _reading_of(self) -> str:
        """Name the context in which most statements of the leading document hold."""
        leading = self._outline.documents[:1]
        infos = [
            info
            for one in self._plan.statements
            if not one.outside and one.state not in {State.RULED_OUT, State.MAY_APPLY}
            if self._knowledge.documents[(info := self._infos[one.id]).document].id in leading
        ]
        contexts = Counter(context for info in infos for context in info.applies_to)
        return self._knowledge.label(contexts.most_common(1)[0][0]) if contexts else ""

    def _told_of(self, key: Section, whole: Sheet) -> Iterator[Item]:
        """Tell the rows of a section that are about no action of their own."""
        rows = {one.key: one.rows for one in whole.sections}.get(key, ())
        match key:
            case Section.CHECK:
                alarms = [*self._breaches(), *self._confronted(), *self._signs()]
                for one in alarms:
                    lines = tuple(replace(it, lead=it.lead.replace("needs", "only if")) for it in one.lines)
                    yield Item(one.title, one.site, "", one.statements, lines, out=True)
            case Section.MAY:
                for number, one in enumerate(rows):
                    advises = any(line.lead == "then" for line in one.lines)
                    yield Item(
                        one.title, one.site, details=one.lines, out=True, listed=advises and number < POSSIBLE_SHOWN
                    )
            case Section.KNOW:
                prominent = [one for one in rows if self._outline.shows(one.statements)]
                for row in rows:
                    info = self._infos[row.statements[0]]
                    shown = row in prominent[:READINGS_SHOWN] if prominent else row in rows[:READINGS_SHOWN]
                    named = _graded(row)
                    words = clean(self._knowledge.briefs.get(info.iri, info.text)).removesuffix(".")
                    yield Item(words, row.site, named, row.statements, listed=shown and not self._tight)
            case Section.DISAGREE:
                yield from self._disputed()
            case Section.UNUSED:
                yield from (Item(one.title, one.site) for one in rows)

    def _first_named(self, statements: Sequence[str]) -> tuple[str, ...]:
        """Choose the statements to name: those that own the grade, then the prominent ones, in their order."""

        def rank(one: str) -> tuple[bool, bool]:
            info = self._infos[one]
            return not stated_grade(info.strength, info.quality), not self._outline.shows([one])

        return tuple(sorted(sorted(statements, key=rank)[:STATEMENTS_SHOWN]))

    def _disputed(self) -> Iterator[Item]:
        """Name each disputed action once, with what stands on either side and what decides."""
        for row in self._disagreements():
            sides = {one.statements[0]: None for one in row.lines if one.statements}
            verdict = [
                one.parts[0].partition(": ")[2] or one.parts[0] for one in row.lines if one.lead in {"so", "open"}
            ]
            known = [part.split(",")[0] for one in row.lines if one.lead == "known as" for part in one.parts]
            words = ", ".join(dict.fromkeys([*verdict, *known]))
            yield Item(f"{row.title}: {listed([*sides], 'and')} differ, {words}", row.site, out=True)

    def _items(self, key: Section, entries: Iterable[Entry]) -> Iterator[Item]:
        """Arrange the rows of a section, and join those that differ only in their site and in what goes along."""
        entries = self._without_undecided([*entries])
        many = len({self._plan.actions[one.actions[0]].intervention for one in entries}) > _MOST.get(key, UNGROUPED)
        joined: dict[Item, list[Entry]] = {}
        for entry in entries:
            joined.setdefault(self._item(key, entry, many=many), []).append(entry)
        for item, same in joined.items():
            sites = [self._plan.actions[number].site for one in same for number in one.actions]
            along = [(self._plan.actions[one.actions[0]].site, tuple(self._ridden(one))) for one in same]
            told = {
                line: [site for site, lines in along if line in lines]
                for line in dict.fromkeys(chain(*(it for _, it in along)))
            }
            riding = [
                line
                if len(where) == len(same)
                else replace(line, lead=f"{join_sites(where, self._knowledge)}: {line.lead}".rstrip())
                for line, where in told.items()
            ]
            yield replace(
                item,
                site=join_sites(sites, self._knowledge),
                details=(*item.details, *riding),
                out=item.out or bool(riding) or len(item.details) > 1 or (key == Section.TODAY and _adds(item)),
            )

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
        row = self._choice_of(actions)
        first = actions[0]
        named = _graded(row)
        condition, earliest, assumed = self._condition(actions, every=key == Section.CHECK)
        # What is to be done now and is in the outline of any document that leads does not stand behind a number.
        outlined = key == Section.TODAY and any(map(self._outline.belongs, row.statements))
        prominent = entry.prominence != Prominence.NONE or outlined
        return Item(
            self._warned(first, row.title),
            "",
            named,
            row.statements,
            () if self._tight and key in _WAITING else tuple(self._own_details(first)),
            condition,
            earliest,
            assumed,
            out=bool(named or key == Section.CHECK or entry.prominence == Prominence.LEAD)
            or is_due_beside(first, self._plan, self._knowledge),
            category=row.category,
            named=self._first_named(row.statements),
            listed=prominent or bool(self._due(first)) or not (many or key in _WAITING or first.status == Status.AVOID),
        )

    def _scoped(self, document: str, actions: Sequence[Action]) -> Item:
        """Tell what a document would advise if the patient were one of those it is about, by its number."""
        states = [state for one in actions for state in one.by(ClaimKind.AWAITED)]
        parts = [it for one in states for it in one.context if it.document == document]
        scopes = dict.fromkeys(self._term(one.requirement) for one in parts)
        title = f"what {document} advises, {counted(len(actions), 'action')}"
        return Item(clean(title), condition=clean(listed([*scopes], "and")))

    def _warned(self, action: Action, title: str) -> str:
        """Word what is only to be considered, and what is not advised but would be refused on a condition."""
        words = lowered(title)
        if action.status == Status.CAUTION and action.by(ClaimKind.REFUSAL_AWAITED):
            return f"no {words}"
        if action.status == Status.CAUTION and action.by(ClaimKind.DISCOURAGEMENT_AWAITED):
            return f"avoid {words}"
        settled = action.fulfilment == Fulfilment.NOT_NEEDED or section_of(action) == Section.NOT
        if not title.endswith(OPTIONAL) or settled:
            return title.removesuffix(OPTIONAL)
        return f"consider {words.removesuffix(OPTIONAL)}"

    def _ridden(self, entry: Entry) -> Iterator[Line]:
        """Say what goes along with an action, in one line for each condition."""
        host = self._plan.actions[entry.actions[0]]
        own = {*host.shown}
        told, _, _ = self._condition([self._plan.actions[one] for one in entry.actions])
        made_of = self._knowledge.interventions[host.intervention].comprises
        found: dict[tuple[str, str], list[tuple[str, set[str]]]] = {}
        for actions in sorted(self._riding(entry), key=lambda some: some[0].status in {Status.CAUTION, Status.AVOID}):
            first, row = actions[0], self._choice_of(actions)
            if first.status == Status.SATISFIED and (first.label in host.current or first.intervention in made_of):
                continue
            waits = section_of(first) in _WAITING
            if waits and not any(map(self._outline.belongs, row.statements)):
                continue
            condition, _, _ = self._condition(actions, f"{host.label} in the plan", every=True)
            graded = _graded(row)
            lead = f"if {condition}:" if condition not in {"", told} else ""
            how = [] if waits else [*self._contents(first)]
            words = ": ".join([self._ridden_words(first, row), *(", ".join(one.parts) for one in how)])
            saying = [one for one in row.statements if self._outline.belongs(one)] if waits else row.statements
            ids = {*(saying or row.statements), *(id_ for one in how for id_ in one.statements)}
            found.setdefault((lead, graded), []).append((words, ids - own))
        for (lead, graded), some in found.items():
            names = [lowered(name) for name, _ in some]
            if host.status == Status.CONTRAINDICATED:
                # A kind whose name only adds a word to what is refused goes without saying.
                others = [name for name in names if not name.endswith(f" {host.label}")]
                names = [f"{listed(others or names, 'and')} too"]
            yield Line(
                lead,
                tuple([*names, graded] if graded else names),
                tuple(sorted(set().union(*(ids for _, ids in some)))),
            )

    def _ridden_words(self, action: Action, row: Row) -> str:
        """Take the brief words of a statement about what goes along, or its name, and say if that is settled."""
        if action.status == Status.SATISFIED:
            settled = ", ".join(["running"] if action.running else self._fulfilled(action))
            lead = "not needed: " if action.fulfilment == Fulfilment.NOT_NEEDED else ""
            return f"{row.title}: {lead}{settled}"
        briefs = [self._brief(one) for one in action.shown if self._brief(one) and not action.choice]
        waits = action.status == Status.CONDITIONAL
        title = row.title.partition(": ")[2] if waits and action.choice and ": " in row.title else row.title
        return clean(briefs[0]) if briefs else self._warned(action, title)

    def _brief(self, statement: str) -> str:
        return clean(self._knowledge.briefs.get(self._infos[statement].iri, ""))

    def _name(self, action: Action) -> str:
        return self._knowledge.briefs.get(action.intervention, action.label)

    def _condition(
        self, actions: Sequence[Action], given: str = "", *, every: bool = False
    ) -> tuple[str, date | None, bool]:
        """Say what an action that waits still needs, the first day on which it can be met, and what that assumes.

        Of several ways the foremost is told and the others are counted, unless ``every`` is.
        """
        action = actions[0]
        if action.status not in {Status.CONDITIONAL, Status.CAUTION}:
            return "", None, False
        known = {given, f"{action.label} in the plan"}
        gates = [gap for one in action.by(ClaimKind.HELD_BACK) for gap in one.lifted_by]
        advised = action.by(ClaimKind.AWAITED) or action.by(*WAITING)
        waiting = [] if action.by(ClaimKind.INDICATED) else advised
        against = action.by(ClaimKind.REFUSAL_AWAITED) or action.by(ClaimKind.DISCOURAGEMENT_AWAITED)
        waiting = against if action.status == Status.CAUTION and against else waiting
        waiting = [one for one in waiting if self._outline.belongs(one.id)] or waiting
        ways = {one.id: [gap for gap in one.unmet if gap.label not in known] for one in waiting}
        if every and ways and not gates:
            return clean(listed([*dict.fromkeys(chain(*map(self._gaps, ways.values())))], "or")), None, False
        gaps = self._narrowest([*gates, *(ways[min(ways, key=self._precedence)] if ways else [])])
        prominent = [one for one in ways if self._outline.shows([one])] or [*ways]
        others = len({tuple(gap.requirement for gap in ways[one]) for one in prominent}) - 1
        told = [*self._gaps(gaps), *(["its checks are made"] if action.by(ClaimKind.ORDER_UNGUARDED) else [])]
        if not told and action.by(ClaimKind.GUARD_AWAITED) and not action.by(ClaimKind.AWAITED):
            told = ["planned"]
        words = listed(told, "and") + (f", or {counted(others, 'other way')}" if others > 0 else "")
        soonest = self._lengths.earliest(gaps, action.place)
        return clean(words), soonest.day if soonest else None, bool(soonest and soonest.assumed)

    def _precedence(self, statement: str) -> tuple[bool, int, str]:
        return not self._outline.shows([statement]), self._outline.rank(statement), statement

    def _narrowest(self, gaps: Iterable[Gap]) -> list[Gap]:
        """Leave out what another of several requirements implies."""
        found = list(dict.fromkeys(gaps))
        superclasses = self._knowledge.superclasses
        return [
            one
            for one in found
            if not any(one.requirement in superclasses.get(it.requirement, ()) for it in found if it != one)
        ]

    def _gaps(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Say what is missing, with what is there instead; what has to last equally long is told together."""
        found: dict[str, list[str]] = {}
        for gap in gaps:
            label = self._knowledge.label(gap.requirement)
            named = self._knowledge.briefs.get(gap.requirement, label)
            told = gap._replace(label=gap.label.replace(label, named))
            words = _PLANNED.sub(" planned", clean(told.label))
            if isinstance(gap.have, Range):
                words = describe_gap(told._replace(earliest=None))
            match = _LENGTH.fullmatch(words)
            name, length = (match["name"], match["length"]) if match and not gap.have else (words, "")
            some = found.setdefault(length or words, [])
            if name not in some:
                some.append(name)
        return tuple(words if some == [words] else f"{listed(some, 'and')} {words}" for words, some in found.items())

    def _own_details(self, action: Action) -> Iterator[Line]:
        """Say of an action what its statements say in brief, how it is carried out, and what is on record of it."""
        if action.status not in _SAID:
            yield from self._conditions(action)
        if action.status == Status.AVOID and action.realised:
            yield Line("on record:", (clean(action.realised),))
        yield from (replace(one, lead="") for one in tried(action))
        if action.status == Status.INDICATED and any(map(self._calls, map(self._infos.__getitem__, action.shown))):
            yield Line("on record", tuple(dict.fromkeys(self._signs_of(action.shown))), ())
        if before := self._guarded(action):
            yield Line("before", before)
        if due := self._due(action):
            yield Line("", (describe_check(min(due, key=lambda one: str(one.latest))._replace(note="")),))
        yield from self._compared(action)
        yield from self._graded_otherwise(action)
        yield from self._briefs(action)
        yield from self._contents(action)
        yield from (replace(one, lead="") if one.lead == "then" else one for one in self._latent(action))
        yield from (replace(one, lead="") for one in self._self_guarding(action))
        for one in self._left_open(action):
            yield Line("", tuple(filter(None, map(self._brief, one.statements))) or one.parts, one.statements)
        yield from self._trials(action)
        if section_of(action) not in _WAITING:
            yield from self._checked(action)
        yield from self._disputes(action)

    def _term(self, iri: str) -> str:
        return self._knowledge.briefs.get(iri, super()._term(iri))

    def _made(self, check: Action) -> str:
        found = [describe_result(one.result) for one in check.done if one.result]
        return " ".join([clean(self._name(check)), *found])

    def _words(self, state: StatementState) -> str:
        return self._brief(state.id) or super()._words(state)

    def _foretells(self, info: StatementInfo) -> bool:
        limits = any(one.upper for one in info.bounds) and self._outline.belongs(info.id)
        return super()._foretells(info) and (limits or self._outline.shows([info.id]))

    def _latent_words(self, action: Action, info: StatementInfo) -> tuple[str, ...]:
        brief = self._brief(info.id)
        return (brief,) if brief else super()._latent_words(action, info)

    def _guarded(self, action: Action) -> tuple[str, ...]:
        """Name what is ordered or runs before which, or beside which, a check is to be made."""
        asked = {it for one in action.by(ClaimKind.GUARDING) for it in self._infos[one.id].accompanies}
        there = (one for one in self._plan.actions if one.place in {"", action.place})
        kinds = (one for one in there if not asked.isdisjoint({one.intervention, *self._classes(one.intervention)}))
        return tuple(dict.fromkeys(name for one in kinds for name in map(clean, one.planned or one.current)))

    def _due(self, action: Action) -> list[Check]:
        """List the reviews of an action that are due, or overdue."""
        states = [state for one in action.shown if (state := self._state(action, one)) is not None]
        return [one for state in states for one in state.checks if one.verdict in _DUE]

    def _compared(self, action: Action) -> Iterator[Line]:
        """Tell what came of the courses of another kind with which what is to be done is compared."""
        if action.status == Status.INDICATED and not action.past and not action.running:
            shown = [one for one in action.parameters if self._shows(action, one)]
            lasting = [one for it in shown for one in it.checks if one.outcome and one.bound.unit == _DAYS]
            parts = dict.fromkeys(f"{one.label} {amount(one.have, _DAYS)}, {one.outcome}" for one in lasting)
            if parts:
                yield Line("on record:", tuple(map(clean, parts)))

    def _graded_otherwise(self, action: Action) -> Iterator[Line]:
        """Give the grades of the statements that only ask to consider what others advise now."""
        if action.status == Status.INDICATED:
            for one, words in self._stated(action).items():
                if self._only_considers(one, action):
                    yield Line("", (f"{one}: consider, {words}",))

    def _briefs(self, action: Action) -> Iterator[Line]:
        found: dict[str, list[str]] = {}
        for one in action.shown:
            info = self._infos[one]
            brief = self._brief(one)
            if brief and info.effect != hip.specifies and info.intervention == action.intervention:
                found.setdefault(brief, []).append(one)
        yield from (Line("", (brief,), tuple(ids)) for brief, ids in found.items())

    def _contents(self, action: Action) -> Iterator[Line]:
        """Name how an action is carried out, what belongs to the outline of a leading document if anything does."""
        kinds = {action.intervention, *self._classes(action.intervention)}
        shown = [one for one in action.parameters if not one.side and self._shows(action, one)]
        told_already = any(map(self._brief, action.shown))
        prominent = [one for one in shown if self._outline.shows([one.statement])]
        found: dict[str, set[str]] = {}
        for one in prominent or ([] if told_already else shown):
            info = self._infos[one.statement]
            checks = info.effect == hip.safeguardsWith
            own = one.intervention in kinds and not one.bounds
            words = self._brief(one.statement) or (
                clean(one.text) if own else "; ".join(describe_parameter(one, kinds))
            )
            lead = "first " if checks and one.intervention not in kinds else ""
            found.setdefault(lead + words, set()).add(one.statement)
        told = list(found)[:CONTENTS_SHOWN] if not prominent else list(found)
        if told and (prominent or action.status != Status.INDICATED or len(shown) <= CONTENTS_SHOWN):
            lead = "should include:" if action.status == Status.SATISFIED else ""
            yield Line(lead, tuple(told), tuple(sorted(set().union(*(found[one] for one in told)))))

    def _left_out_words(self, unasked: int, sections: Mapping[Section, tuple[Item, ...]]) -> Iterator[str]:
        """Say what the whole plan has beside the first screen."""
        if rows := sum(not one.listed for items in sections.values() for one in items):
            yield counted(rows, "more row")
        if unasked:
            yield counted(unasked, "more question")
