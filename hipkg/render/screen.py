"""Arrange a plan for someone with the patient in front of them: the first screen.

It has the sections and the order of the whole plan. Its rows say what is to be done and on what condition, in the short
words of the statements where they have some; what adds detail is left to the whole plan, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.dates import length_in_words, span_in_words
from hipkg.base.numbers import Range
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import WAITING, ClaimKind, Fulfilment, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import RANKS, Prominence
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.by_place import ByPlace
from hipkg.planning.dangers import kinds_of
from hipkg.planning.earliest import Lengths
from hipkg.planning.gaps import Gap
from hipkg.planning.page import Section, is_confronted_with_danger, is_due_beside, section_of, section_of_advice
from hipkg.render.sheet import BESIDE, HEADINGS, OPTIONAL, UNGROUPED, Arranger, Line, Row, running, tried
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
    grade,
    join_sites,
    local_name,
    lowered,
    messages,
    numbered,
    only_documents,
    selected_grades,
    stated_grade,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
    from datetime import date

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.bounds import Check
    from hipkg.planning.page import Entry
    from hipkg.planning.records import Action, Danger, Done, Plan, StatementState
    from hipkg.render.sheet import Ask

QUESTIONS_SHOWN = 5
CONTENTS_SHOWN = 6
READINGS_SHOWN = 4
CHECKS_SHOWN = 2
STATEMENTS_SHOWN = 2
POSSIBLE_SHOWN = 2
_LENGTH = re.compile(r"(?P<name>.+?) (?P<length>(?:for at least \d+ |for \d+ to \d+ |gave )\w+.*)")
_COMPOSED = re.compile(r"[,()]|\b(?:and|or)\b")
"""What a phrase has that names several things, or tells a number of its own."""
_PLANNED = re.compile(r" in the plan$")
_DOUBTED, _FULFILLED = "look whether it includes:", "should include:"
_UNREAD = "results not recorded, read them first:"
_DAYS = "d"
_SEVERAL = 2
_UNSTATED, _EVIDENCE = "-", " evidence"
_MOST = {Section.AGAIN: 3}
"""How many rows a section has at most for all of them to be listed."""
_SAID = {Status.CONDITIONAL, Status.CAUTION, Status.AVOID}
"""The statuses whose conditions are told before the action, or not in brief."""
_AGAINST = {ClaimKind.REFUSAL_AWAITED: ("no", "never"), ClaimKind.DISCOURAGEMENT_AWAITED: ("avoid", "to be avoided")}
"""What speaks against an action on a condition: the word before its name, and the one that stands alone."""
_ADVISED = (ClaimKind.AWAITED, ClaimKind.INDICATED)
_WAITING = {Section.IF, Section.LATER}
_REFUSED = {Status.CONTRAINDICATED, Status.AVOID}
_DUE = {Comparison.DUE, Comparison.OVERDUE}


@dataclass(frozen=True, slots=True)
class Item:
    """A row: what it is about, its site, grade and statements, what there is to know of it, and what it waits for.

    ``earliest`` is the first day on which its condition can be met, ``assumed`` tells that treatment has to start today
    for that. An item that stands ``out`` has a line of its own, and one that is ``doubted`` runs without the wanted
    outcome; ``named`` are the statements to name first, if not all,
    and ``owners`` those that state the grade, if not all.
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
    owners: tuple[str, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """The first screen of a plan; ``left_out`` says what the whole plan has beside it.

    ``everywhere`` names the sites of which the title says the same, so that no row need name them.
    """

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: Mapping[Section, tuple[Item, ...]]
    questions: tuple[Ask, ...]
    notice: str
    everywhere: str = ""
    left_out: tuple[str, ...] = field(default=())


def _in_short(graded: str) -> str:
    """Give a grade in one word if strength and evidence are the same, without what is not stated."""
    strength, _, evidence = graded.partition(" / ")
    if graded == UNGRADED:
        return ""
    if strength == evidence:
        return strength
    return graded if strength != _UNSTATED else f"{evidence.removesuffix(_EVIDENCE)}{_EVIDENCE}"


def _ended_alike(phrases: Iterable[str], word: str) -> list[str]:
    """Say once how phrases end that end alike: the film of the hip and of the knee done."""
    found: dict[str, list[list[str]]] = {}
    for one in dict.fromkeys(phrases):
        found.setdefault(one if _COMPOSED.search(one) else one.split()[-1], []).append(one.split())
    return [_with_one_end(some, word) for some in found.values()]


def _with_one_end(phrases: Sequence[Sequence[str]], word: str) -> str:
    """Join phrases that have at least their last word in common."""
    if len(phrases) == 1:
        return " ".join(phrases[0])
    alike = takewhile(lambda some: len({*some}) == 1, zip(*map(reversed, phrases), strict=False))
    length = min(len([*alike]), *(len(one) - 1 for one in phrases))
    starts = listed([" ".join(one[:-length]) for one in phrases], word) if length else ""
    return " ".join([starts, *phrases[0][-length:]]) if length else listed([" ".join(one) for one in phrases], word)


def _recurring(words: tuple[str, ...], others: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Choose the parts of a way that another one has as well, but for a single part; all but the first if none does."""
    for other in others:
        shared = tuple(one for one in words if one in other)
        if len(other) == len(words) == len(shared) + 1:
            return shared
    return words[1:]


def _least(gap: Gap) -> Decimal | None:
    """Return the least number of days that is missing, if that is all that is asked."""
    match gap.need:
        case [(">=", least)] if gap.unit == _DAYS:
            return least
        case _:
            return None


def _is_limited(gap: Gap) -> bool:
    """Tell whether a number on record is above all that is asked for."""
    return bool(gap.have) and not isinstance(gap.need, str) and all(symbol in {"<", "<="} for symbol, _ in gap.need)


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
        self._endangered_at = ByPlace(one for one in plan.actions if one.dangers)
        self._ridden_readings = set[str]()

    def screen(self) -> Screen:
        """Arrange the first screen."""
        parts = {part.section: part.rows for part in self._page.parts}
        sections: dict[Section, tuple[Item, ...]] = {}
        later = [*self._items(Section.LATER, parts.get(Section.LATER, ()))]
        disputed = [self._with_what_waits(*one, later) for one in self._disputed()]
        for key in HEADINGS:
            entries = parts.get(key, ())
            calls = [one for one in entries if key == Section.CHECK and self._is_call(one)]
            items = [*self._items(key, calls), *self._told_of(key)]
            rest = [
                one for one in entries if one not in calls and not (key == Section.CHECK and self._is_told_there(one))
            ]
            items += later if key == Section.LATER else self._items(key, rest)
            items += [item for section, item in disputed if section == key]
            if items:
                sections[key] = tuple(items)
        if gates := tuple(self._gates(sections.values())):
            sections[Section.NOT] = (*sections.get(Section.NOT, ()), *gates)
        asked = self._joined_signs(self._questions())
        return Screen(
            self._title(),
            self._violated(),
            messages(self._plan, "warning"),
            sections,
            tuple(map(self._asked_in_one, asked[:QUESTIONS_SHOWN])),
            self._notice(),
            "" if self._readings_of_sides else self._everywhere,
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
        listed_ = [one for items in told for one in items if one.listed]
        named = {id_ for one in listed_ for id_ in one.statements}
        named |= {id_ for one in listed_ for line in one.details for id_ in line.statements}
        held: dict[tuple[str, str], list[StatementState]] = {}
        for one in self._gates_in_force:
            if one.id not in named:
                held.setdefault((self._infos[one.id].intervention, one.site), []).append(one)
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (intervention, site), gates in held.items():
            title = self._before_its_time(self._term(intervention), gates)
            found.setdefault((title, tuple(one.id for one in gates)), []).append(site)
        for (title, ids), sites in found.items():
            yield Item(title, join_sites(sites, self._knowledge), statements=ids)

    @cached_property
    def _gates_in_force(self) -> list[StatementState]:
        """List the prominent gates that hold back what nothing refuses."""
        refused = {one.intervention for one in self._plan.actions if one.status == Status.CONTRAINDICATED}
        return [
            one
            for one in self._plan.statements
            if one.state == State.MUST_NOT and (info := self._infos[one.id]).effect == hip.holdsBack
            if not self._knowledge.documents[info.document].safety
            if info.intervention not in refused and self._outline.shows([one.id])
        ]

    @cached_property
    def _gates_apart(self) -> list[StatementState]:
        """List the gates that have a row of their own, as what advises something asks for none of what they do."""
        found: list[StatementState] = []
        for action in self._plan.actions:
            ways = [one.unmet for one in action.by(ClaimKind.AWAITED) if one in self._waiting(action)]
            asked = [gap for way in ways for gap in way]
            gates = (one for one in action.by(ClaimKind.HELD_BACK) if one in self._gates_in_force)
            found += (one for one in gates if ways and not any(self._asks(asked, gap) for gap in one.lifted_by))
        return found

    def _before_its_time(self, name: str, gates: Iterable[StatementState]) -> str:
        """Name what must not be done before what lifts its gates, or not yet."""
        lifting = self._gaps(self._narrowest(gap for one in gates for gap in self._lacking(one)))
        return clean(f"{name.removesuffix(OPTIONAL)} before {listed(lifting, 'and')}" if lifting else f"{name} yet")

    def _opening(self, gate: StatementState) -> tuple[Gap, ...]:
        """List what would lift a gate: of several exceptions one is enough, and one that a number rules out is none."""
        if len(self._infos[gate.id].except_for) < _SEVERAL or len(gate.lifted_by) < _SEVERAL:
            return gate.lifted_by
        first, *others = [one for one in gate.lifted_by if not _is_limited(one)] or gate.lifted_by
        if not others:
            return (first,)
        words = listed(self._gaps([first, *others]), "or")
        return (Gap(" ".join(one.requirement for one in (first, *others)), words, first.answer),)

    def _lacking(self, gate: StatementState) -> tuple[Gap, ...]:
        """List what would lift a gate: its exception as a whole where that has brief words of its own."""
        exceptions = self._infos[gate.id].except_for
        if len(exceptions) == 1 and gate.lifted_by and (brief := self._knowledge.briefs.get(exceptions[0])):
            return (gate.lifted_by[0]._replace(requirement=exceptions[0], label=brief, have="", need="", unit=""),)
        return self._opening(gate)

    def _lifting(self, state: StatementState) -> tuple[str, ...]:
        """Describe what lifts a statement, in brief."""
        return super()._lifting(state._replace(lifted_by=self._lacking(state)))

    def _title(self) -> tuple[str, ...]:
        plan = self._plan
        limits = (only_documents(plan.documents, self._knowledge), selected_grades(plan))
        read = self._readings_of_sides or {self._reading_of(""): self._everywhere}
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
        return {} if all(one in self._everywhere for one in joined.values()) else joined

    def _reading_of(self, site: str) -> str:
        """Name the context in which most statements of a document hold: the leading one, or of a site the narrowest."""
        contexts: dict[str, Counter[str]] = {}
        for one in self._plan.statements:
            if one.outside or one.state in {State.RULED_OUT, State.MAY_APPLY} or site not in {"", one.site}:
                continue
            info = self._infos[one.id]
            document = self._knowledge.documents[info.document]
            if document.id in self._outline.documents[:1] or (site and not document.safety):
                contexts.setdefault(document.id, Counter()).update(info.applies_to)
        read = [some.most_common(1)[0][0] for _, some in sorted(contexts.items())]
        superclasses = self._knowledge.superclasses
        return self._knowledge.label(max(read, key=lambda one: len(superclasses.get(one, ())))) if read else ""

    def _told_of(self, key: Section) -> Iterator[Item]:
        """Tell the rows of a section that are about no action of their own."""
        match key:
            case Section.CHECK:
                yield from self._alarming()
            case Section.MAY:
                for number, one in enumerate(self._possible()):
                    advises = any(line.lead == "then" for line in one.lines)
                    yield Item(
                        one.title, one.site, details=one.lines, out=True, listed=advises and number < POSSIBLE_SHOWN
                    )
            case Section.KNOW:
                yield from self._interpreted(self._readings())
            case Section.ALREADY:
                for one in self._beside():
                    yield Item(one.title, details=tuple(map(self._briefly, one.lines)), statements=one.statements)
            case Section.UNUSED:
                yield from (Item(one.title, one.site) for one in self._unused())

    def _alarming(self) -> Iterator[Item]:
        """Tell what is there though it must not be, and what calls for a look at once."""
        for one in self._repeated():
            first = self._first_named(one.statements)[:1]
            yield Item(one.title, one.site, statements=one.statements, out=True, named=first)
        alarms: list[list[Row]] = []
        for one in self._alarms():
            alike = next((some for some in alarms if _adds_to(one, some[0])), None)
            if alike is None:
                alarms.append([one])
            else:
                alike.append(one)
        for alarm, *others in alarms:
            lines = [*alarm.lines]
            for one in others:
                words = (one.title.partition(", ")[2], *(_in_line(it) for it in one.lines))
                lines.append(Line("", (", ".join(words),), one.statements))
            lines += [Line("not", (lowered(one.title),), one.statements) for one in self._carried_out_by(alarm)]
            yield Item(alarm.title, alarm.site, "", alarm.statements, tuple(lines), out=True)

    def _carried_out_by(self, alarm: Row) -> Iterator[Row]:
        """List what is discouraged and carried out by nothing but the treatment that an alarm is about."""
        found: dict[Row, list[str]] = {}
        for entry in self._realised:
            one = self._plan.actions[entry.actions[0]]
            kinds = kinds_of(self._knowledge.interventions[one.intervention].realised_by, self._knowledge)
            if kinds == (alarm.about,):
                row = Row(clean(self._name(one)), "", "", one.shown)
                found.setdefault(row, []).append(one.site)
        return (row for row, sites in found.items() if join_sites(sites, self._knowledge) == alarm.site)

    @cached_property
    def _realised(self) -> list[Entry]:
        """List the rows of what is discouraged and carried out by what is on record."""
        rows = (one for part in self._page.parts if part.section == Section.CHECK for one in part.rows)
        return [one for one in rows if self._plan.actions[one.actions[0]].realised]

    def _is_told_there(self, entry: Entry) -> bool:
        """Tell whether the row of an alarm tells of what is discouraged."""
        if entry not in self._realised:
            return False
        shown = self._plan.actions[entry.actions[0]].shown
        return any(one.statements == shown for alarm in self._alarms() for one in self._carried_out_by(alarm))

    def _needs(self, action: Action) -> tuple[Line, ...]:
        """Say what an action lacks, with all that its gates and the statements that advise it ask for."""
        gates = tuple(
            Line("and only if" if number else "only if", (clean(listed([*parts], "and")),), ids)
            for number, (parts, ids) in enumerate(self._gates_of(action))
        )
        asked = [gap for one in action.by(ClaimKind.HELD_BACK) for gap in self._lacking(one)]
        waiting = [] if action.by(ClaimKind.INDICATED) else action.by(ClaimKind.AWAITED)
        ways = [self._narrowest(gap for gap in one.unmet if not self._asks(asked, gap)) for one in waiting]
        if not ways or not all(ways):
            return gates
        words = clean(listed(self._ways_in_words(ways), "and"))
        return (*gates, Line("and only if" if gates else "only if", (words,), tuple(one.id for one in waiting)))

    def _is_call(self, entry: Entry) -> bool:
        """Tell whether a row calls for urgent help, which comes before all else."""
        first = self._plan.actions[entry.actions[0]]
        return first.status == Status.INDICATED and self._is_urgent(first)

    def _confronting(self) -> Iterator[Action]:
        """Leave out what the row of a danger tells: what the patient has, or has planned, and all that opposes it."""
        rows: dict[str, list[list[Action]]] = {}
        for entry in (one for part in self._page.parts if part.section == Section.CHECK for one in part.rows):
            row = [self._plan.actions[one] for one in entry.told]
            if is_confronted_with_danger(row[0]):
                rows.setdefault(row[0].place, []).append(row)
        for one in super()._confronting():
            there, speaking = {*one.current, *one.planned}, {*one.objecting}
            told = (
                (one in others or there <= {*first.current, *first.planned})
                and speaking <= {id_ for it in (first, *others) for id_ in it.objecting}
                for place in ({one.place, ""} if one.place else rows)
                for first, *others in rows.get(place, ())
            )
            if not any(told):
                yield one

    def _interpreted(self, rows: Sequence[Row]) -> Iterator[Item]:
        """Tell how to read findings; the prominent ones are listed."""
        telling = [one for one in rows if not self._is_moot(one.statements[0])]
        prominent = [
            one
            for one in telling
            if self._outline.shows(one.statements) and one.statements[0] not in self._ridden_readings
        ]
        for row in rows:
            info = self._infos[row.statements[0]]
            shown = row in (prominent or telling)[:READINGS_SHOWN]
            words = clean(self._knowledge.briefs.get(info.iri, info.text)).removesuffix(".")
            shown &= not self._tight and row.statements[0] not in self._ridden_readings
            yield Item(words, row.site, _in_short(row.grade), row.statements, listed=shown)

    def _in_brief(self, names: Sequence[str]) -> str:
        """Write the first of a long list of names."""
        shown = names[: 1 if self._tight else CHECKS_SHOWN]
        return ", ".join(names) if len(names) <= len(shown) + 1 else f"{', '.join(shown)} and more"

    def _is_of_safety(self, statements: Iterable[str]) -> bool:
        """Tell whether all of some statements are prominent ones of safety modules."""
        ids = [*statements]
        return self._are_safety(ids) and all(self._outline.shows([one]) for one in ids)

    def _is_moot(self, statement: str) -> bool:
        """Tell whether a safety module only says which kind to prefer of what is refused wherever it says so."""
        info = self._infos[statement]
        if not self._are_safety([statement]):
            return False
        kinds = {info.intervention, *self._classes(info.intervention)}
        refused = {
            one.place
            for one in self._plan.actions
            if one.status == Status.CONTRAINDICATED and one.intervention in kinds
        }
        return all(not refused.isdisjoint({"", one.place}) for one in self._plan.statements if one.id == statement)

    def _first_named(self, statements: Sequence[str]) -> tuple[str, ...]:
        """Choose the statements to name: those that own the grade, then the prominent ones, in their order.

        All are named where no more than one word is left over.
        """

        def rank(one: str) -> tuple[bool, bool]:
            info = self._infos[one]
            return not stated_grade(info.strength, info.quality), not self._outline.shows([one])

        if len(numbered(statements)) <= STATEMENTS_SHOWN + 1:
            return tuple(statements)
        return tuple(sorted(sorted(statements, key=rank)[:STATEMENTS_SHOWN]))

    def _owners(self, statements: Sequence[str], graded: str) -> tuple[str, ...]:
        """List the statements that state the grade that is shown, unless all of them do."""
        grades = {one: _in_short(grade(self._infos[one].strength, self._infos[one].quality)) for one in statements}
        owners = tuple(one for one in statements if graded and grades[one] == graded)
        return owners if len(owners) < len(statements) else ()

    @staticmethod
    def _with_what_waits(section: Section, item: Item, sides: Set[str], later: list[Item]) -> tuple[Section, Item]:
        """Tell with a dispute that stands among the advice what the row says that waits for the same."""
        waiting = [one for one in later if not sides.isdisjoint(one.statements) and one.site == item.site]
        if section == Section.DISAGREE or len(waiting) != 1:
            return section, item
        (one,) = waiting
        later.remove(one)
        others = tuple(it for it in one.statements if it not in sides)
        return section, replace(item, statements=others, details=one.details)

    def _disputed(self) -> Iterator[tuple[Section, Item, Set[str]]]:
        """Name each disputed action once, with what each side says and which of them stands.

        What the document that leads advises is told where its advice would stand.
        """
        decided = {one.decided_for for one in self._plan.conflicts}
        names = {capital(clean(one.label)): capital(self._term(one.intervention)) for one in self._plan.conflicts}
        moot = self._disputed_in_vain()
        for row in self._disagreements():
            if row.title in moot:
                continue
            sides: dict[str, list[str]] = {}
            for line in row.lines:
                for one in line.statements:
                    stands = " (stands)" if one in decided else ""
                    words = "differ" if line.lead in BESIDE else self._position(one)
                    sides.setdefault(words + stands, []).append(one)
            told = [f"{' '.join(ids)} {words}" for words, ids in sides.items()]
            undecided = ["nothing decides"] if any(one.lead == "open" for one in row.lines) else []
            words = f"{names[row.title]}: {', '.join([*told, *undecided])}"
            advising = [one for line in row.lines if line.lead not in BESIDE for one in line.statements]
            section = self._where_disputed(advising)
            item = Item(words, row.site, out=True, listed=section != Section.DISAGREE or not self._tight)
            yield section, item, {one for ids in sides.values() for one in ids}

    def _disputed_in_vain(self) -> set[str]:
        """Name what is disputed and refused for a danger wherever it is."""
        refused = {
            (one.intervention, one.site)
            for one in self._plan.actions
            if one.dangers and one.status == Status.CONTRAINDICATED
        }
        open_ = {one.label for one in self._plan.conflicts if (one.intervention, one.site) not in refused}
        return {capital(clean(one.label)) for one in self._plan.conflicts if one.label not in open_}

    def _where_disputed(self, statements: Iterable[str]) -> Section:
        """Choose the section of a dispute: that of the advice, if it is of the document that leads, else its own."""
        infos = (self._infos[one] for one in statements if self._outline.shows([one]) and not self._outline.rank(one))
        advising = next((one for one in infos if one.effect == hip.indicates), None)
        if advising is None:
            return Section.DISAGREE
        return section_of_advice(advising.modality, self._knowledge.interventions[advising.intervention].category)

    def _position(self, statement: str) -> str:
        """Say in a word or two where a statement stands on an action on which it does not agree with another."""
        effect = self._infos[statement].effect
        if effect == hip.holdsBack:
            holding = (one for one in self._plan.statements if one.id == statement and one.lifted_by)
            lifting = next((self._lifting(one) for one in holding), ())
            return f"only if {listed(lifting, 'and')}" if lifting else "not yet"
        advised = "may" if self._infos[statement].modality == Modality.CONSIDER else "now"
        return {hip.contraindicates: "never", hip.discourages: "rather not"}.get(effect, advised)

    def _items(self, key: Section, entries: Iterable[Entry]) -> Iterator[Item]:
        """Arrange the rows of a section, and join those that differ only in their site and in what goes along."""
        entries = self._without_undecided([*entries])
        if key == Section.NOT:
            remote = [one for one in entries if self._is_remote(self._plan.actions[one.actions[0]])]
            entries = [one for one in entries if one not in remote]
            yield from self._remote(remote)
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
        named = _in_short(row.grade)
        condition, earliest, assumed = self._condition(actions, every=key == Section.CHECK)
        title = self._warned(first, row.title)
        if key in _WAITING and title == row.title and self._only_considered(first):
            title = f"consider {lowered(title)}"
        if key == Section.NOT and first.status == Status.CONDITIONAL:
            title, condition, earliest = self._before_its_time(row.title, first.by(ClaimKind.HELD_BACK)), "", None
        if is_confronted_with_danger(first):
            held = first.by(ClaimKind.HELD_BACK) if first.status == Status.CONDITIONAL else []
            name = f"no {lowered(row.title).removesuffix(OPTIONAL)}"
            title = capital(self._before_its_time(name, held) if held else name)
            condition, earliest, named = "", None, ""
        # What is to be done now and is in the outline of any document that leads does not stand behind a number.
        outlined = key == Section.TODAY and any(map(self._outline.belongs, row.statements))
        prominent = entry.prominence != Prominence.NONE or outlined
        objecting = {id_ for line in self._objected(first) for id_ in line.statements}
        own = {*row.statements, *self._unnamed_kinds(first, entry), *self._of_wholes(first, entry)}
        statements = tuple(sorted(own - objecting - self._silent(first) - self._apart(first)))
        if key in _WAITING:
            apart = {gate.id for gate in self._gates_apart}
            statements = tuple(one for one in statements if one not in apart)
        if is_confronted_with_danger(first):
            holding = first.by(ClaimKind.HELD_BACK) if first.status == Status.CONDITIONAL else []
            statements = tuple(dict.fromkeys([*(it.statement for it in first.dangers), *(it.id for it in holding)]))
        gated = not {*first.claimed} - {ClaimKind.HELD_BACK, ClaimKind.GATE_AWAITED}
        listed = (
            (prominent and not (key in _WAITING and (gated or self._is_confronted(first))))
            or bool(self._due(first))
            or not (many or key in _WAITING or first.status == Status.AVOID or gated or self._is_settled(first))
        )
        readings = [*self._informing(first)] if listed else []
        self._ridden_readings.update(one for line in readings for one in line.statements)
        return Item(
            title,
            "",
            named,
            statements,
            ()
            if self._tight and key in _WAITING
            else (*self._own_details(first), *self._of_others(actions[1:]), *self._options(actions), *readings),
            condition,
            earliest,
            assumed,
            out=bool(named or key == Section.CHECK or entry.prominence == Prominence.LEAD)
            or is_due_beside(first, self._actions_at.only(first.place), self._knowledge),
            category=row.category,
            named=self._first_named(statements),
            owners=self._owners(statements, named),
            listed=listed and not self._is_remote(first),
            doubted=self._is_doubted(first),
        )

    def _of_others(self, members: Iterable[Action]) -> Iterator[Line]:
        """Say beside what the other members of a choice are not given."""
        for one in members:
            yield from (replace(line, lead=f"{lowered(clean(self._name(one)))}:") for line in self._not_beside(one))

    def _remote(self, entries: Iterable[Entry]) -> Iterator[Item]:
        """Name together what safety modules refuse, or hold back, for the same danger, though nothing advises it."""
        found: dict[tuple[str, tuple[tuple[str, ...], ...]], list[Action]] = {}
        for one in (self._plan.actions[entry.actions[0]] for entry in entries):
            held = one.by(ClaimKind.HELD_BACK) if one.status == Status.CONDITIONAL else []
            if self._is_told(one) or self._waits_for_assessment(held):
                continue
            condition = self._before_its_time("", held).strip() if held else ""
            reasons = tuple(line.parts for line in self._endangered(one))
            found.setdefault((condition, reasons), []).append(one)
        for (condition, reasons), actions in found.items():
            names = dict.fromkeys(lowered(clean(self._name(one))) for one in actions)
            ids = tuple(sorted({it.statement for one in actions for it in one.dangers}))
            why = (Line("", tuple(dict.fromkeys(it for some in reasons for it in some)), ids),)
            sites = [one.site for one in actions]
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
        return {it for one in calling if self._calls(one) for it in one.except_for}

    def _is_told(self, action: Action) -> bool:
        """Tell whether the row of the same, or of a kind of it, tells that the same danger speaks against it."""
        return any(
            dangers >= {*action.dangers}
            for iri, told in self._dangers_told.items()
            if iri == action.intervention or action.intervention in self._classes(iri)
            for dangers in told
        )

    @cached_property
    def _dangers_told(self) -> Mapping[str, list[frozenset[Danger]]]:
        """Map what is refused or held back in a row of its own to the dangers that speak against it, at each place."""
        found: dict[str, list[frozenset[Danger]]] = {}
        for one in self._plan.actions:
            if one.dangers and not self._is_remote(one) and section_of(one) in {Section.CHECK, Section.NOT}:
                dangers = frozenset(one.dangers)
                if dangers not in (told := found.setdefault(one.intervention, [])):
                    told.append(dangers)
        return found

    def _is_urgent(self, action: Action) -> bool:
        """Tell whether a statement calls urgently for an action."""
        return any(self._calls(self._infos[one]) for one in action.shown)

    def _is_remote(self, action: Action) -> bool:
        """Tell whether only safety modules speak of an action: one that nobody advises, or signs that are asked for."""
        if action.status == Status.CONDITIONAL and self._is_urgent(action):
            return self._are_safety(action.shown)
        objecting = {*action.claimed} <= {ClaimKind.REFUSED, ClaimKind.HELD_BACK}
        objecting &= self._are_safety(one.id for one in action.by(ClaimKind.REFUSED))
        return bool(action.dangers) and objecting and not (action.current or action.planned)

    def _are_safety(self, statements: Iterable[str]) -> bool:
        """Tell whether all of some statements are of safety modules."""
        return all(self._knowledge.documents[self._infos[one].document].safety for one in statements)

    @staticmethod
    def _is_doubted(action: Action) -> bool:
        """Tell whether an action runs without the wanted outcome."""
        return any(one.unfavourable for one in action.ongoing)

    def _is_settled(self, action: Action) -> bool:
        """Tell whether an action was done, without a result, as only documents advise that do not lead."""
        done = action.status == Status.SATISFIED and action.fulfilment == Fulfilment.DONE
        return done and not any(one.result for one in action.done) and not any(map(self._outline.belongs, action.shown))

    def _informing(self, action: Action) -> Iterator[Line]:
        """Tell what is prominent to know of an action that waits, runs or was tried."""
        section = section_of(action)
        if section not in {*_WAITING, Section.ALREADY, Section.TRIED}:
            return
        told = {State.KNOWLEDGE, State.LATER} if section in _WAITING else {State.KNOWLEDGE}
        kinds = {action.intervention, *self._classes(action.intervention)}
        for one in self._states_at.reaching(action.place):
            info = self._infos[one.id]
            if info.effect != hip.informsOn or one.state not in told:
                continue
            beside = self._knowledge.interventions[info.intervention].told_with
            about = info.intervention == action.intervention or not kinds.isdisjoint(beside)
            if about and self._outline.shows([one.id]) and (brief := self._brief(one.id)):
                yield Line("", (brief,), (one.id,))

    def _advised_by(self, action: Action) -> list[Modality]:
        """List the modalities of the statements that advise an action, and that its row tells."""
        return [self._infos[one.id].modality for one in action.by(*_ADVISED) if one.id not in self._silent(action)]

    def _only_considered(self, action: Action) -> bool:
        """Tell whether all statements that advise an action, and that its row tells, only ask to consider it."""
        return {*self._advised_by(action)} == {Modality.CONSIDER}

    def _silent(self, action: Action) -> set[str]:
        """List the statements of what waits that its row does not tell: they wait for other things or are overruled."""
        return self._overruled(action) | self._untold(action) if action.status == Status.CONDITIONAL else set()

    def _overruled(self, action: Action) -> set[str]:
        """List the statements that advise what waits, against another one that stands: their dispute is told apart."""
        return {
            one.advised_by
            for one in self._plan.conflicts
            if one.intervention == action.intervention
            if one.site == action.site and one.decided_for == one.opposed_by and self._disagree(one)
        }

    def _apart(self, action: Action) -> set[str]:
        """List the statements that are named at their own brief words, where those of others differ."""
        told = list(self._briefs(action))
        return {id_ for line in told for id_ in line.statements} if len(told) > 1 else set()

    def _of_wholes(self, action: Action, entry: Entry) -> Iterator[str]:
        """List the statements about a whole of which an action is the part that is still to be done."""
        for one in (self._plan.actions[number] for number in entry.riders):
            if self._is_part(action, one):
                yield from one.shown

    def _is_part(self, action: Action, whole: Action) -> bool:
        """Tell whether an action is part of a whole of which there is no more to say."""
        composed = self._knowledge.composed.get(whole.intervention, ())
        return action.intervention in composed and not any(map(self._brief, whole.shown))

    def _scoped(self, document: str, actions: Sequence[Action]) -> Item:
        """Tell what a document would advise if the patient were one of those it is about, by its number."""
        states = [state for one in actions for state in one.by(ClaimKind.AWAITED)]
        parts = [it for one in states for it in one.context if it.document == document]
        scopes = dict.fromkeys(self._term(one.requirement) for one in parts)
        foremost = min(actions, key=lambda one: min(RANKS[self._infos[it.id].prominence] for it in one.by(*_ADVISED)))
        foremost = next((one for one in actions if self._is_part(foremost, one)), foremost)
        rest = f", +{counted(len(actions) - 1, 'action')}" if len(actions) > 1 else ""
        dangers = (line for one in actions for line in self._latent(one) if self._is_of_safety(line.statements))
        warned = tuple(dict.fromkeys(replace(one, lead="") for one in dangers))
        title = f"{self._warned(foremost, self._name(foremost))}{rest} ({document})"
        return Item(clean(title), details=warned, condition=clean(listed([*scopes], "and")))

    @staticmethod
    def _against(action: Action) -> ClaimKind | None:
        """Choose what speaks against an action on a condition, where nothing else is to be told of it."""
        found = [kind for kind in _AGAINST if kind in action.claimed]
        only = {*action.claimed} <= {*_AGAINST, ClaimKind.GATE_AWAITED}
        return found[0] if action.status == Status.CAUTION and found and only else None

    def _objected(self, action: Action) -> Iterator[Line]:
        """Say on which condition what is told of an action is refused, or discouraged."""
        if action.status in {Status.CAUTION, Status.CONDITIONAL} and not self._against(action):
            for kind, (_, word) in _AGAINST.items():
                for parts, ids in self._alternatives(action.by(kind)):
                    yield Line(clean(f"if {listed(parts, 'and')}:"), (word,), ids)

    def _warned(self, action: Action, title: str) -> str:
        """Word what is only to be considered, and what is not advised but would be refused on a condition."""
        words = lowered(title)
        if against := self._against(action):
            return f"{_AGAINST[against][0]} {words}"
        settled = action.status == Status.SATISFIED or section_of(action) == Section.NOT
        settled |= action.status == Status.CONDITIONAL and Modality.DO in self._advised_by(action)
        if not title.endswith(OPTIONAL) or settled:
            return title.removesuffix(OPTIONAL)
        return f"consider {words.removesuffix(OPTIONAL)}"

    def _ridden(self, entry: Entry) -> Iterator[Line]:
        """Say what goes along with an action, in one line for each condition."""
        host = self._plan.actions[entry.actions[0]]
        if host.status == Status.CONTRAINDICATED:
            yield from self._refused_kinds(host, entry)
            return
        own = {*host.shown}
        if is_confronted_with_danger(host):
            yield from self._held_kinds(entry, own)
            return
        told, _, _ = self._condition([self._plan.actions[one] for one in entry.actions])
        made_of = self._knowledge.interventions[host.intervention].comprises
        found: dict[tuple[str, str], list[tuple[str, set[str]]]] = {}
        told_beside = self._told_beside(host)
        for actions in sorted(self._riding(entry), key=lambda some: some[0].status in {Status.CAUTION, Status.AVOID}):
            first, row = actions[0], self._choice_of(actions)
            if first.status == Status.SATISFIED and (first.label in host.current or first.intervention in made_of):
                continue
            if self._is_part(host, first) or told_beside.issuperset(row.statements):
                continue
            waits = section_of(first) in _WAITING
            if waits and not any(map(self._outline.belongs, row.statements)):
                continue
            condition, _, _ = self._condition(actions, f"{host.label} in the plan", every=True)
            graded = _in_short(row.grade)
            lead = f"if {condition}:" if condition not in {"", told} else ""
            how = [] if waits or first.status == Status.SATISFIED else [*self._contents(first)]
            words = ": ".join([self._ridden_words(first, row), *(", ".join(one.parts) for one in how)])
            saying = [one for one in row.statements if self._outline.belongs(one)] if waits else row.statements
            ids = {*(saying or row.statements), *(id_ for one in how for id_ in one.statements)}
            found.setdefault((lead, graded), []).append((words, ids - own - told_beside))
        for (lead, graded), some in found.items():
            names = [lowered(name) for name, _ in some]
            yield Line(
                lead,
                tuple([*names, graded] if graded else names),
                tuple(sorted(set().union(*(ids for _, ids in some)))),
            )

    def _held_kinds(self, entry: Entry, own: set[str]) -> Iterator[Line]:
        """Name what is held back with something else; that of a kind of it the same holds goes without saying."""
        host = self._plan.actions[entry.actions[0]]
        for one in (some[0] for some in self._riding(entry) if some[0].dangers):
            kinds = {one.intervention, *self._classes(one.intervention)}
            if host.intervention in kinds and {*one.dangers} <= {*host.dangers}:
                continue
            told = tuple(sorted({*one.shown} - own - {it.statement for it in one.dangers}))
            yield Line("nor", (lowered(clean(self._name(one))),), told)
        along = [some for some in self._riding(entry) if not some[0].dangers and section_of(some[0]) == Section.TODAY]
        if along:
            rows = [self._choice_of(some) for some in along]
            names = tuple(lowered(self._ridden_words(some[0], row)) for some, row in zip(along, rows, strict=True))
            yield Line("with it:", names, tuple(sorted({id_ for row in rows for id_ in row.statements})))

    def _refused_kinds(self, host: Action, entry: Entry) -> Iterator[Line]:
        """Name the kinds of what is refused that statements name, and the grades that these give."""
        kinds: dict[str, list[str]] = {}
        grades: dict[str, list[str]] = {}
        for one in self._refusing_kinds(host, entry):
            info = self._infos[one]
            name = clean(self._term(info.intervention))
            if not self._goes_without_saying(name, host):
                kinds.setdefault(lowered(name), []).append(one)
            if graded := _in_short(grade(info.strength, info.quality)):
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

    def _unnamed_kinds(self, host: Action, entry: Entry) -> Iterator[str]:
        """List the statements that refuse a kind which goes without saying, and give no grade."""
        for one in self._refusing_kinds(host, entry) if host.status == Status.CONTRAINDICATED else ():
            info = self._infos[one]
            named = self._goes_without_saying(clean(self._term(info.intervention)), host)
            if named and not stated_grade(info.strength, info.quality):
                yield one

    def _goes_without_saying(self, name: str, host: Action) -> bool:
        """Tell whether the name of a kind only adds a word to that of what is refused whatever happens."""
        return name.endswith(f" {host.label}") and not self._lifts(host.by(ClaimKind.REFUSED))

    def _ridden_words(self, action: Action, row: Row) -> str:
        """Take the brief words of a statement about what goes along, or its name, and say if that is settled."""
        if action.status == Status.SATISFIED:
            settled = ", ".join(["running"] if action.running else self._fulfilled(action))
            lead = "not needed: " if action.fulfilment == Fulfilment.NOT_NEEDED else ""
            return f"{row.title.removesuffix(OPTIONAL)}: {lead}{settled}"
        briefs = [self._brief(one) for one in action.shown if self._brief(one) and not action.choice]
        waits = action.status == Status.CONDITIONAL
        title = row.title.partition(": ")[2] if waits and action.choice and ": " in row.title else row.title
        return clean(briefs[0]) if briefs else self._warned(action, title)

    def _brief(self, statement: str) -> str:
        return clean(self._knowledge.briefs.get(self._infos[statement].iri, ""))

    def _briefly(self, line: Line) -> Line:
        """Say what a line tells of one statement in the short words for that, where there are any."""
        brief = self._brief(line.statements[0]) if len(line.statements) == 1 else ""
        return replace(line, parts=(brief,)) if brief else line

    def _name(self, action: Action) -> str:
        return self._knowledge.brief(action.intervention)

    def _condition(
        self, actions: Sequence[Action], given: str = "", *, every: bool = False
    ) -> tuple[str, date | None, bool]:
        """Say what an action that waits still needs, the first day on which it can be met, and what that assumes.

        Of several ways those of prominent statements are told, or all where ``every`` is asked for.
        """
        action = actions[0]
        if action.status not in {Status.CONDITIONAL, Status.CAUTION}:
            return "", None, False
        known = {given, f"{action.label} in the plan"}
        holding = action.by(ClaimKind.HELD_BACK)
        gates = [gap for one in holding for gap in self._opening(one)]
        told_gates = [gap for one in holding if every or one not in self._gates_apart for gap in self._opening(one)]
        waiting = sorted(self._waiting(action, every=every), key=lambda one: self._precedence(one.id))
        own = [[gap for gap in one.unmet if gap.label not in known] for one in waiting]
        ways = [self._narrowest([*gates, *some]) for some in own]
        words = self._ways_in_words([self._narrowest([*told_gates, *some]) for some in own] or [self._narrowest(gates)])
        told = [*words, *(["its checks are made"] if action.by(ClaimKind.ORDER_UNGUARDED) else [])]
        if not told and action.by(ClaimKind.UNGUARDED) and action.by(ClaimKind.INDICATED):
            told = ["its checks are made and allow it"]
        if not told and action.by(ClaimKind.GUARD_AWAITED) and not action.by(ClaimKind.AWAITED):
            told = ["planned"]
        soonest = self._lengths.soonest(ways or [gates], action.place)
        if soonest is None:
            return clean(listed(told, "and")), None, False
        return clean(listed(told, "and")), soonest.day, soonest.assumed

    def _waiting(self, action: Action, *, every: bool = False) -> list[StatementState]:
        """List the statements whose conditions are told of an action: the prominent ones, or ``every`` one."""
        against = self._against(action)
        overruled = self._overruled(action) if action.status == Status.CONDITIONAL else set()
        if not against and not overruled.issuperset(one.id for one in action.by(ClaimKind.INDICATED)):
            return []
        found = action.by(against) if against else action.by(ClaimKind.AWAITED) or action.by(*WAITING - {*_AGAINST})
        found = [one for one in found if self._outline.belongs(one.id)] or found
        return (not every and [one for one in found if self._outline.shows([one.id])]) or found

    def _untold(self, action: Action) -> set[str]:
        """List the statements that wait for something else than what is told of an action."""
        told = self._waiting(action)
        words = {self._gaps(one.unmet) for one in told}
        return {one.id for one in action.by(ClaimKind.AWAITED) if told and self._gaps(one.unmet) not in words}

    def _ways_in_words(self, ways: Iterable[Sequence[Gap]]) -> tuple[str, ...]:
        """Say what all of several ways lack, and then in one part what they differ in."""
        told = list(dict.fromkeys(map(self._gaps, self._least_asking(ways))))
        shared = [one for one in told[0] if all(one in other for other in told)]
        rests = [tuple(one for one in words if one not in shared) for words in told]
        if not all(rests):
            return tuple(shared)
        found: dict[tuple[str, ...], list[str]] = {}
        for words in rests:
            alike = [one for one in found if len(one) == len(words) - 1 and {*one} < {*words}]
            key = alike[0] if alike else _recurring(words, rests)
            found.setdefault(key, []).append(listed([one for one in words if one not in key], "and"))
        alternatives = [listed([listed(_ended_alike(some, "or"), "or"), *key], "and") for key, some in found.items()]
        return (*shared, "; or ".join(alternatives))

    def _least_asking(self, ways: Iterable[Sequence[Gap]]) -> list[Sequence[Gap]]:
        """Leave out each of several ways that asks for what another one asks for, and for more than that."""
        found = list(ways)

        def is_wider(other: Sequence[Gap], way: Sequence[Gap]) -> bool:
            return all(self._asks(way, gap) for gap in other) and not all(self._asks(other, gap) for gap in way)

        return [one for one in found if not any(is_wider(other, one) for other in found)]

    def _asks(self, way: Sequence[Gap], gap: Gap) -> bool:
        """Tell whether a way asks for what is missing, or for something that implies it."""
        words = self._gaps([gap])
        return any(
            one.requirement == gap.requirement
            or gap.requirement in self._knowledge.superclasses.get(one.requirement, ())
            or self._gaps([one]) == words
            for one in way
        )

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
            if window := self._windows.get(gap.requirement):
                words = words.replace(f"at least {length_in_words(window[0])}", span_in_words(*window))
            match = _LENGTH.fullmatch(words)
            name, length = (match["name"], match["length"]) if match and not gap.have else (words, "")
            some = found.setdefault(length or words, [])
            if name not in some:
                some.append(name)
        parts = (words if some == [words] else f"{listed(some, 'and')} {words}" for words, some in found.items())
        return tuple(_ended_alike(parts, "and"))

    @cached_property
    def _windows(self) -> Mapping[str, tuple[int, int]]:
        """Map what asks for a length to the least and the greatest one that all statements which ask for it name."""
        found: dict[str, set[tuple[int, int] | None]] = {}
        for state in self._plan.statements:
            bounds = (one for one in self._infos[state.id].bounds if one.measured_on and one.unit == _DAYS)
            spans = {one.lower: one.upper for one in bounds if one.lower and one.upper}
            for gap in (*state.unmet, *state.lifted_by):
                least = _least(gap)
                most = next((upper for lower, upper in spans.items() if Decimal(lower) == least), "")
                window = (int(Decimal(least)), int(Decimal(most))) if least and most else None
                found.setdefault(gap.requirement, set()).add(window)
        alike = {one: next(iter(windows)) for one, windows in found.items() if len(windows) == 1}
        return {one: window for one, window in alike.items() if window}

    def _own_details(self, action: Action) -> Iterator[Line]:
        """Say of an action what its statements say in brief, how it is carried out, and what is on record of it."""
        because = "because of" if section_of(action) in _WAITING else ""
        yield from (replace(one, lead=because) for one in self._endangered(action))
        if is_confronted_with_danger(action):
            yield from (*running(action), *_ordered(action), *self._held_too(action))
            yield from (*tried(action), *self._unchecked(action))
        else:
            yield from self._undisturbed(action)

    def _held_too(self, action: Action) -> Iterator[Line]:
        """Say what besides its dangers speaks against what is there of an action."""
        if not (action.current or action.planned):
            return
        dangers = {one.statement for one in action.dangers}
        # The title of what is held back tells all of its gates.
        for one in action.by(ClaimKind.HELD_BACK) if action.status != Status.CONDITIONAL else ():
            if one.id not in dangers and (lifting := self._lifting(one)):
                yield Line("only if", (clean(listed([*lifting], "and")),), (one.id,))
        others = [one.id for one in action.by(ClaimKind.REFUSED, ClaimKind.DISCOURAGED) if one.id not in dangers]
        if others:
            yield Line("", ("advised against",), tuple(sorted({*others})))

    def _unchecked(self, action: Action) -> tuple[Line, ...]:
        """Name the dangers that are not excluded; a single one is told by its question, which names the action."""
        return super()._unchecked(action) if len(action.open_checks) > 1 else ()

    def _undisturbed(self, action: Action) -> Iterator[Line]:
        """Say of an action that no safety module refuses or holds back what there is to say of it."""
        if action.status not in _SAID:
            yield from self._conditions(action)
        if action.status == Status.AVOID and action.realised:
            yield Line("on record:", (clean(action.realised),))
        yield from (replace(one, lead=one.lead.replace("tried", "")) for one in tried(action))
        if action.status == Status.INDICATED and not action.dangers and self._is_urgent(action):
            contexts = (clean(self._term(it)) for one in action.shown for it in self._infos[one].applies_to)
            yield Line("on record", tuple(dict.fromkeys([*self._signs_of(action.shown)] or contexts)), ())
        yield from self._ordered_before(action)
        if due := self._due(action):
            yield Line("", (describe_check(min(due, key=lambda one: str(one.latest))._replace(note="")),))
        yield from self._compared(action)
        yield from self._graded_otherwise(action)
        yield from self._briefs(action)
        if not (self._tight and section_of(action) in {Section.ALREADY, Section.TRIED}):
            yield from self._contents(action)
        yield from self._interacting(action)
        waiting, _, _ = self._condition([action])
        for one in self._latent(action):
            lead = one.lead.removesuffix(":")
            yield replace(one, lead="" if lead in {"then", f"if {waiting}"} else f"{lead}:")
        yield from map(self._cautioned, self._self_guarding(action))
        yield from self._objected(action)
        for one in self._left_open(action):
            yield Line("", tuple(filter(None, map(self._brief, one.statements))) or one.parts, one.statements)
        yield from self._trials(action)
        yield from self._unfeasible(action)
        yield from self._barred(action)
        yield from self._unchecked(action)
        if section_of(action) not in _WAITING:
            unread = {"checked": _UNREAD}
            yield from (replace(one, lead=unread.get(one.lead, one.lead)) for one in self._checked(action))
        yield from self._disputes(action)

    def _disputes(self, action: Action) -> tuple[Line, ...]:
        """Name the statements that differ about how an action is carried out, and that nothing decides between."""
        parts = tuple(f"{listed(numbered(line.statements), 'and')} differ" for line in super()._disputes(action))
        return (Line("", parts),) if parts else ()

    def _barred(self, action: Action) -> Iterator[Line]:
        """Name the kinds of what is advised, or would be, that safety modules refuse or hold back."""
        if not action.by(*_ADVISED):
            return
        for one in self._endangered_at.reaching(action.place):
            kind = action.intervention in self._classes(one.intervention)
            if kind and self._is_remote(one):
                yield Line("", (f"no {lowered(clean(self._name(one)))}",), tuple(it.statement for it in one.dangers))

    def _unfeasible(self, action: Action) -> Iterator[Line]:
        """Name what an action waits for a trial of, and what must not be given."""
        if action.status == Status.CONDITIONAL:
            gaps = [
                gap
                for one in (*self._waiting(action), *action.by(ClaimKind.HELD_BACK))
                for gap in (*one.unmet, *one.lifted_by)
            ]
            withheld = dict.fromkeys(map(self._name, self._lengths.withheld(gaps, action.place)))
            if withheld:
                yield Line("", (clean(f"as things stand no {listed([*withheld], 'and no')}"),))

    def _term(self, iri: str) -> str:
        return self._knowledge.brief(iri)

    def _named_done(self, one: Done, action: Action) -> Done:
        return one if one.label == action.label else one._replace(label=self._spoken.get(one.label, one.label))

    @cached_property
    def _spoken(self) -> Mapping[str, str]:
        """Map the names of interventions to their short words."""
        return {one.label: self._knowledge.brief(iri) for iri, one in self._knowledge.interventions.items()}

    def _made(self, check: Action) -> str:
        found = [describe_result(one.result) for one in check.done if one.result]
        return " ".join([clean(self._name(check)), *found])

    def _words(self, state: StatementState) -> str:
        return self._brief(state.id) or super()._words(state)

    def _lifts(self, refusing: list[StatementState]) -> tuple[Line, ...]:
        """Say what would lift every refusal, in the brief words of those that have some."""
        briefs = {one.id: self._brief(one.id) for one in refusing if self._infos[one.id].effect == hip.contraindicates}
        return tuple(
            replace(line, lead="", parts=tuple(dict.fromkeys(briefs[one] for one in line.statements)))
            if all(map(briefs.get, line.statements))
            else line
            for line in super()._lifts(refusing)
        )

    def _foretells(self, info: StatementInfo) -> bool:
        limits = any(one.upper for one in info.bounds) and self._outline.belongs(info.id)
        return super()._foretells(info) and (limits or self._outline.shows([info.id]))

    def _latent_words(self, action: Action, info: StatementInfo) -> tuple[str, ...]:
        brief = self._brief(info.id)
        return (brief,) if brief else super()._latent_words(action, info)

    def _ordered_before(self, action: Action) -> Iterator[Line]:
        """Say that an action is ordered before its checks, or before what it is itself a check."""
        if action.status == Status.CAUTION and section_of(action) == Section.CHECK:
            yield from _ordered(action)
        if before := self._guarded(action):
            yield Line("before", before)

    def _guarded(self, action: Action) -> tuple[str, ...]:
        """Name what is ordered or runs before which, or beside which, a check is to be made."""
        guarding = action.by(ClaimKind.GUARDING)
        asked = {it for one in guarding for it in self._infos[one.id].accompanies}
        there = (one for one in self._actions_at.reaching(action.place) if one.status not in _REFUSED)
        kinds = [
            one
            for one in there
            if one.intervention != action.intervention
            if not asked.isdisjoint({one.intervention, *self._classes(one.intervention)})
        ]
        named = dict.fromkeys(name for one in kinds for name in map(clean, one.planned or one.current))
        if guarding and not named:
            held = [one for one in kinds if one.status == Status.CAUTION and one.by(ClaimKind.INDICATED)]
            wholes = self._knowledge.composed.keys()
            named = dict.fromkeys(clean(self._name(one)) for one in held if one.intervention not in wholes)
        return tuple(named)

    def _due(self, action: Action) -> list[Check]:
        """List the reviews of an action that are due, or overdue; where an outcome is on record there was one."""
        states = [state for one in action.shown if (state := self._state(action, one)) is not None]
        return [one for state in states for one in state.checks if one.verdict in _DUE and not one.outcome]

    def _compared(self, action: Action) -> Iterator[Line]:
        """Tell what came of the courses of another kind with which what is to be done is compared."""
        if action.status == Status.INDICATED and not action.past and not action.running:
            shown = [one for one in action.parameters if self._shows(action, one)]
            lasting = [one for it in shown for one in it.checks if one.outcome and one.bound.unit == _DAYS]
            parts = dict.fromkeys(f"{one.label} {amount(one.have, _DAYS)}, {one.outcome}" for one in lasting)
            if parts:
                yield Line("on record:", tuple(map(clean, parts)))

    def _graded_otherwise(self, action: Action) -> Iterator[Line]:
        """Give the grades of the statements that only ask to consider what others advise now, or that wait."""
        if action.status == Status.CONDITIONAL:
            silent, advising = self._silent(action), {one.id for one in action.by(*_ADVISED)}
            for one, words in self._stated(action).items():
                if one in advising - silent:
                    yield Line("", (f"{one}: {words}",))
        if action.status == Status.INDICATED:
            for one, words in self._stated(action).items():
                if self._only_considers(one, action):
                    yield Line("", (f"{one}: consider, {words}",))

    def _briefs(self, action: Action) -> Iterator[Line]:
        found: dict[str, list[str]] = {}
        for one in action.shown:
            info = self._infos[one]
            brief = self._brief(one)
            with_exception = info.effect == hip.contraindicates and info.except_for
            if (
                brief
                and info.effect != hip.specifies
                and info.intervention == action.intervention
                and not with_exception
            ):
                found.setdefault(brief, []).append(one)
        yield from (Line("", (brief,), tuple(ids)) for brief, ids in found.items())

    def _contents(self, action: Action) -> Iterator[Line]:
        """Name how an action is carried out, what belongs to the outline of a leading document if anything does."""
        kinds = {action.intervention, *self._classes(action.intervention)}
        beside = self._told_beside(action)
        shown = [
            one
            for one in action.parameters
            if not one.side and one.statement not in beside and self._shows(action, one)
        ]
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
            included = _DOUBTED if self._is_doubted(action) else _FULFILLED
            has_parts = any(one.intervention not in kinds for one in prominent or shown)
            lead = included if action.status == Status.SATISFIED and has_parts else ""
            yield Line(lead, tuple(told), tuple(sorted(set().union(*(found[one] for one in told)))))

    def _cautioned(self, line: Line) -> Line:
        """Tell a precaution with the grade that its own statements give it."""
        infos = [self._infos[one] for one in line.statements]
        grades = dict.fromkeys(_in_short(grade(one.strength, one.quality)) for one in infos)
        return replace(line, lead="", parts=(*line.parts, *filter(None, grades)))

    def _left_out_words(self, unasked: int, sections: Mapping[Section, tuple[Item, ...]]) -> Iterator[str]:
        """Say what the whole plan has beside the first screen."""
        if rows := sum(not one.listed for items in sections.values() for one in items):
            yield counted(rows, "more row")
        if unasked:
            yield counted(unasked, "more question")


def _adds_to(alarm: Row, first: Row) -> bool:
    """Tell whether an alarm only says more of the same treatment than a first one, which names it."""
    named, _, objection = alarm.title.partition(", ")
    same = alarm.about == first.about != "" and alarm.site == first.site
    return same and bool(objection) and first.title.startswith(named.rpartition(" ")[0])


def _in_line(line: Line) -> str:
    return f"{line.lead} {', '.join(line.parts)}".strip()


def _ordered(action: Action) -> tuple[Line, ...]:
    """Name what is ordered of an intervention."""
    return (Line("", (f"{clean(listed(action.planned, 'and'))} ordered",)),) if action.planned else ()
