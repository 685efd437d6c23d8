"""Arrange a plan for reading: what text, Markdown and HTML say, and in which order, without any layout.

Rows that differ only in their site are joined, rows of a class whose statements are told under one of its kinds are
left out, and everything is named by its label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import OBJECTING
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.claims import ADVISING, CLAIMS, OBJECTIONS, TAKEN, WAITING, ClaimKind, Fulfilment, Status
from hipkg.knowledge.frame.speaking import FIRMNESS
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.selection import URGENT
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.by_place import ByPlace
from hipkg.planning.dangers import dangers_of
from hipkg.planning.page import Section, is_confronted_with_danger, page, section_of
from hipkg.planning.prominence import Outline
from hipkg.planning.ranking import opens_context
from hipkg.planning.records import InteractionKind, Standing
from hipkg.render.words import (
    DECISIONS,
    capital,
    clean,
    counted,
    describe_bound,
    describe_breach,
    describe_check,
    describe_course,
    describe_done,
    describe_found,
    describe_gap,
    describe_ongoing,
    describe_parameter,
    describe_record,
    describe_treatments,
    describe_trial,
    describe_unused,
    grade,
    if_any,
    join_sites,
    messages,
    numbered,
    only_documents,
    origin,
    selected_grades,
    stated_grade,
    told_unread,
    without_repeated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.bounds import Check
    from hipkg.planning.gaps import Gap
    from hipkg.planning.page import Entry
    from hipkg.planning.records import (
        Action,
        Alongside,
        Conflict,
        Done,
        Found,
        Interaction,
        OpenCheck,
        Parameter,
        Plan,
        Question,
        StatementState,
    )

NOTHING_APPLIES = "No statement applies to this patient."
NOTHING_FOLLOWS = "No action follows for this patient."
QUESTIONS_SHOWN = 5
DECISIONS_SHOWN = 3
WOULD_SHOWN = 12
FOLDED_SHOWN = 8
UNGROUPED = 12
OPTIONAL = " (to consider)"
_GROUPED = {Section.TODAY, Section.AGAIN}
HEADINGS = {
    Section.CHECK: "Check",
    Section.ASK: "Ask first",
    Section.MAY: "May apply",
    Section.TODAY: "Do today",
    Section.CONSIDER: "Consider",
    Section.TRIED: "Tried",
    Section.NOT: "Do not",
    Section.ALREADY: "Already",
    Section.IF: "If",
    Section.LATER: "If not enough",
    Section.AGAIN: "Look again",
    Section.KNOW: "Know",
    Section.DISAGREE: "Disagree",
    Section.UNUSED: "Not used",
}
_TIMED = {Section.CHECK, Section.TODAY, Section.CONSIDER, Section.AGAIN}
_MIXED = {Section.TRIED, Section.ALREADY, Section.IF, Section.LATER}
"""The sections in which what is to be done stands beside what is only to be considered."""
_OPEN = {Status.INDICATED, Status.CONDITIONAL}
_REFUSED = {Status.CONTRAINDICATED, Status.AVOID}
_OBJECTIONS = {
    Status.CONTRAINDICATED: ", which {who} advise{s} against",
    Status.AVOID: ", which {who} discourage{s}",
}
_HELD_BACK = ", which {who} hold{s} back"
_UNWANTED = ", against a wish of the patient"
_UNADVISED = "ordered, which nothing here advises as things stand"
_FORBIDDING = {
    "avoid": {ClaimKind.DISCOURAGED, ClaimKind.DISCOURAGEMENT_AWAITED},
    "never": {*OBJECTIONS, *WAITING} - {ClaimKind.AWAITED, ClaimKind.GUARD_AWAITED},
}
"""The word for an action that no statement advises, by all the claims that it can have."""
TWICE = 2
_STATUS_RANK = {Status.SATISFIED: 2, Status.INDICATED: 1, Status.CAUTION: 1}
BESIDE = ("either", "or")
"""How two statements are led in that do not go together, though neither speaks against the other."""
_LEADS = dict.fromkeys(("bounds", "incompatible"), BESIDE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line below an action: a lead word such as "needs", its parts and the statements that say so."""

    lead: str
    parts: tuple[str, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One action, or several that differ only in their site, with the rows of what is told in its own.

    ``lead`` is the word before the title, empty where the heading says all: how something goes along, or that it must
    not be done. An alarm is ``about`` the intervention of its statements, if that is one.
    """

    title: str
    site: str
    grade: str
    statements: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    category: str = ""
    riders: tuple[Row, ...] = ()
    lead: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class SheetSection:
    """The rows under one heading; ``key`` is stable, ``heading`` is for reading."""

    key: str
    heading: str
    rows: tuple[Row, ...]

    @property
    def groups(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """The rows by category, or all of them under no name where they are few."""
        if self.key not in _GROUPED or len(self.rows) <= UNGROUPED:
            return (("", self.rows),)
        gathered: dict[str, list[Row]] = {}
        for row in self.rows:
            gathered.setdefault(row.category, []).append(row)
        return tuple((name, tuple(rows)) for name, rows in gathered.items())


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with what its answer decides, in words, and the statements; it may open a context of statements."""

    text: str
    site: str
    decides: tuple[str, ...]
    statements: tuple[str, ...]
    opens: bool = False

    def brief(self) -> str:
        """Name the first few actions that the answer decides and count the rest."""
        return ", ".join(_first(self.decides, DECISIONS_SHOWN))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plan arranged for reading."""

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[SheetSection, ...]
    questions: tuple[Ask, ...]
    notice: str

    @property
    def asked(self) -> tuple[Ask, ...]:
        """The questions on which most depends."""
        return self.questions[:QUESTIONS_SHOWN]

    @property
    def unasked(self) -> int:
        """How many questions are left over."""
        return len(self.questions) - len(self.asked)

    @property
    def before_questions(self) -> tuple[SheetSection, ...]:
        """The sections that are read before the questions: what calls for action at once."""
        return tuple(one for one in self.sections if one.key == Section.CHECK)

    @property
    def after_questions(self) -> tuple[SheetSection, ...]:
        """The sections that are read after the questions."""
        return tuple(one for one in self.sections if one.key != Section.CHECK)

    @property
    def statements(self) -> tuple[str, ...]:
        """The ids of all statements that the sections name."""
        top = [row for section in self.sections for row in section.rows]
        rows = [*top, *(rider for row in top for rider in row.riders)]
        named = {one for row in rows for one in row.statements}
        named |= {one for row in rows for line in row.lines for one in line.statements}
        return tuple(sorted(named))


def sheet(plan: Plan, knowledge: Knowledge) -> Sheet:
    """Arrange a plan for reading."""
    return Arranger(plan, knowledge).sheet()


class Arranger:
    """Arrange one plan, with all that there is to say of it."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self._plan = plan
        self._knowledge = knowledge
        self._infos = knowledge.by_id
        self._everywhere = join_sites([one.site for one in plan.actions], knowledge)
        self._states: dict[tuple[str, str], StatementState] = {(one.id, one.place): one for one in plan.statements}
        self._actions_at = ByPlace(plan.actions)
        self._states_at = ByPlace(plan.statements)
        self._page = page(plan, knowledge)
        self._outline = Outline(plan.leading, knowledge)
        self._told = [plan.actions[one] for one in sorted(self._page.told)]
        self._carriers = self._carry()
        self._left_out = self._specifying()
        self._bearing = [one for one in plan.interactions if one.kind != InteractionKind.REPETITION]

    def sheet(self) -> Sheet:
        """Arrange the whole plan."""
        plan = self._plan
        limits = (only_documents(plan.documents, self._knowledge), selected_grades(plan))
        return Sheet(
            (*origin(plan, self._everywhere, engine=plan.engine), *(clean(one) for one in limits if one)),
            self._violated(),
            messages(plan, "warning"),
            self._sections(),
            self._questions(),
            self._notice(),
        )

    def _violated(self) -> tuple[str, ...]:
        """Tell that the record is not valid, and why."""
        if self._plan.valid:
            return ()
        violations = messages(self._plan, "violation")
        alarm = f"NOT VALID: the record of this patient has {len(violations)} violation(s); do not rely on this plan."
        return (alarm, *violations)

    def _notice(self) -> str:
        """Tell that there is nothing to do, if so."""
        if self._plan.actions:
            return ""
        return NOTHING_FOLLOWS if self._plan.statements else NOTHING_APPLIES

    def _sections(self) -> tuple[SheetSection, ...]:
        rows: dict[Section, list[Row]] = {key: [] for key in HEADINGS}
        for part in self._page.parts:
            rows[part.section] += self._rows(part.rows)
        rows[Section.CHECK] = [*self._repeated(), *self._alarms(), *rows[Section.CHECK]]
        rows[Section.ALREADY] += self._beside()
        rows[Section.MAY] = self._possible()
        rows[Section.DISAGREE] = self._disagreements()
        rows[Section.KNOW] = self._readings()
        rows[Section.UNUSED] = self._unused()
        return tuple(SheetSection(key, HEADINGS[key], tuple(found)) for key, found in rows.items() if found)

    def _rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """Arrange the rows of a section, and join those that differ only in their site."""
        joined: dict[Row, list[str]] = {}
        for entry in entries:
            joined.setdefault(self._row_of(entry), []).append(self._plan.actions[entry.actions[0]].site)
        for row, sites in joined.items():
            yield replace(row, site=join_sites(sites, self._knowledge))

    def _alarms(self) -> list[Row]:
        """Tell what breaks a limit, what speaks against what is there, orders that nothing advises, and signs."""
        return [*self._breaches(), *self._confronted(), *self._unadvised(), *self._signs()]

    def _unadvised(self) -> Iterator[Row]:
        """Tell the ordered treatments that nothing advises, with the dangers that are not excluded."""
        for one in self._plan.alongside:
            if one.ordered and one.treats:
                lines = self._unexcluded(one.open_checks)
                yield Row(capital(clean(f"{one.label} {_UNADVISED}")), "", "", one.statements, lines)

    def _beside(self) -> Iterator[Row]:
        """Tell what runs, or is ordered to look at, that no row of the plan tells."""
        told = {node for one in self._bearing for drug in one.beside for node in drug.activities}
        for one in self._plan.alongside:
            if one.node not in told and not (one.ordered and one.treats):
                words = f"ordered {one.day}" if one.ordered else f"running since {one.day}" if one.day else "running"
                there = Line("", (words.strip(),), one.statements)
                yield Row(capital(clean(one.label)), "", "", one.statements, (there, *self._specified_of(one)))

    def _specified_of(self, given: Alongside) -> Iterator[Line]:
        """Tell what is specified about a treatment or a study that no action tells of."""
        kinds = {kind for one in given.interventions for kind in (one, *self._classes(one))}
        return self._specified(given.parameters, kinds)

    def _breaches(self) -> list[Row]:
        """Tell each limit that treatment breaks once, with the sites and the statements that it concerns.

        One of statements that only may apply is told with what decides on that, if it is not one of others as well.
        """
        found: dict[Check, list[StatementState]] = {}
        for state in self._plan.statements:
            for check in state.checks:
                if check.alarm:
                    found.setdefault(check, []).append(state)
        firm = {check: [one for one in states if not one.context_lacks] for check, states in found.items()}
        told = {_limit_of(check) for check, states in firm.items() if states}
        return [
            self._breach(check, firm[check] or states)
            for check, states in found.items()
            if firm[check] or _limit_of(check) not in told
        ]

    def _confronted(self) -> list[Row]:
        """Tell once what the patient has now, or has planned, against what statements say of it or of a class of it."""
        found: dict[tuple[str, str, str, str], list[Action]] = {}
        for one in self._confronting():
            for names, there, objection in _against(one):
                found.setdefault((names, there, objection, one.site), []).append(one)
        merged: dict[Row, list[str]] = {}
        for (names, there, objection, site), actions in found.items():
            ids = tuple(sorted({id_ for one in actions for id_ in one.objecting}))
            documents = sorted({self._knowledge.documents[self._infos[one].document].id for one in ids})
            words = objection.format(who=listed(documents, "and"), s="" if len(documents) > 1 else "s")
            missing = self._missing(actions[0]) if actions[0].status == Status.CONDITIONAL else ()
            lines = (*(wished(actions[0]) if there == "ordered" and objection != _UNWANTED else ()), *missing)
            row = Row(capital(clean(f"{names} {there}{words}")), "", "", ids, lines, about=_only(actions))
            merged.setdefault(row, []).append(site)
        firm = {(names, there, site) for names, there, _, site in found}
        for (names, there, words, site), perhaps in self._confronted_perhaps().items():
            if (names, there, site) not in firm:
                row = Row(capital(clean(f"{names} {there}{words}")), "", "", tuple(perhaps))
                merged.setdefault(row, []).append(site)
        return [replace(row, site=join_sites(sites, self._knowledge)) for row, sites in merged.items()]

    def _confronting(self) -> Iterable[Action]:
        """List the actions of which it is told by itself what opposes what the patient has, or has planned."""
        return self._told

    def _repeated(self) -> Iterator[Row]:
        """Tell the drugs that are taken or ordered, and of which one would be enough."""
        for one in self._plan.interactions:
            if one.kind == InteractionKind.REPETITION and all(it.standing != Standing.ADVISED for it in one.treatments):
                times = sum(len(it.activities) for it in one.treatments)
                often = "twice" if times == TWICE else f"{times} times"
                given = one.treatments
                alike = all(it.intervention == one.intervention for it in given)
                words = listed([it.standing for it in given], "and") if alike else describe_treatments(given)
                title = f"{one.label} {often}: {words}"
                lines = (Line("", ("one is advised",), one.statements),) if one.statements else ()
                yield Row(capital(clean(title)), one.site, "", one.statements, lines)

    def _confronted_perhaps(self) -> dict[tuple[str, str, str, str], list[str]]:
        """Gather what the patient has now, or has planned, against statements that only may apply."""
        found: dict[tuple[str, str, str, str], list[StatementInfo]] = {}
        for one in self._plan.statements:
            for there, labels in (("running", one.current), ("ordered", one.planned)):
                if labels:
                    key = (" and ".join(labels), there, if_any(one.context_lacks), one.site)
                    found.setdefault(key, []).append(self._infos[one.id])
        told: dict[tuple[str, str, str, str], list[str]] = {}
        for (names, there, lacking, site), infos in found.items():
            documents = sorted({self._knowledge.documents[one.document].id for one in infos})
            held = all(one.effect == hip.holdsBack for one in infos)
            objection = _HELD_BACK if held else _OBJECTIONS[Status.CONTRAINDICATED]
            words = objection.format(who=listed(documents, "and"), s="" if len(documents) > 1 else "s")
            told[names, there, f"{words}{lacking}", site] = sorted({one.id for one in infos})
        return told

    @staticmethod
    def _is_confronted(action: Action) -> bool:
        """Tell whether the patient has now, or has planned, what is told of an action among what is to be checked."""
        return any(_against(action))

    def _signs(self) -> Iterator[Row]:
        """Tell the urgent calls of statements that only may apply, where what they watch for is on record."""
        found: dict[tuple[str, str], list[StatementState]] = {}
        for one in self._plan.statements:
            if one.context_lacks and not one.unmet and self._calls(self._infos[one.id]):
                lacking = listed([clean(gap.label) for gap in one.context_lacks], "and")
                found.setdefault((self._intervention(one), lacking), []).append(one)
        for (name, lacking), states in found.items():
            ids = tuple(sorted({one.id for one in states}))
            signs = dict.fromkeys(self._signs_of(ids))
            site = join_sites([one.site for one in states], self._knowledge)
            yield Row(capital(clean(f"{name}, if {lacking}")), site, "", ids, (Line("on record", tuple(signs), ids),))

    def _signs_of(self, statements: Iterable[str]) -> Iterator[str]:
        """Name what statements watch for."""
        return (clean(self._term(it)) for one in statements for it in self._infos[one].requires)

    def _term(self, iri: str) -> str:
        return self._knowledge.label(iri)

    def _missing(self, action: Action) -> tuple[Line, ...]:
        """Say for each statement that holds an act back, or waits before it advises it, what is missing."""
        unguarded = action.by(ClaimKind.ORDER_UNGUARDED)
        checks = [((clean(self._intervention(one)),), (one.id,)) for one in unguarded if not self._is_own(action, one)]
        cautions = tuple(
            Line("caution", (self._words(one),), (one.id,)) for one in unguarded if self._is_own(action, one)
        )
        return (*self._needs(action), *_lines("first", "and", _merged(checks)), *cautions)

    def _intervention(self, state: StatementState) -> str:
        return self._knowledge.label(self._infos[state.id].intervention)

    def _breach(self, check: Check, states: Sequence[StatementState]) -> Row:
        site = join_sites([one.site for one in states], self._knowledge)
        ids = tuple(sorted({one.id for one in states}))
        title = capital(f"{describe_breach(check)}{if_any(gap for one in states for gap in one.context_lacks)}")
        about = _only(self._infos[one] for one in ids)
        return Row(title, site, "", ids, (Line("", (describe_record(check),), ids),), about=about)

    def _possible(self) -> list[Row]:
        """Tell once what would follow from each fact that contexts lack."""
        found: dict[str, list[StatementState]] = {}
        for state in self._plan.statements:
            for gap in state.context_lacks:
                found.setdefault(gap.label, []).append(state)
        ranked = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
        return [self._would_follow(label, states) for label, states in ranked]

    def _would_follow(self, lacking: str, states: Sequence[StatementState]) -> Row:
        """Name what would be advised, and what refused, as far as nothing else is waited for."""
        lines = []
        infos = [self._infos[one.id] for one in states if not one.unmet]
        if advised := [clean(self._term(one)) for one in self._firmest(infos, hip.indicates)]:
            lines.append(Line("then", _first(advised, WOULD_SHOWN)))
        if refused := self._widest(self._firmest(infos, hip.contraindicates)):
            lines.append(Line("", _first([f"never {clean(self._term(one))}" for one in refused], WOULD_SHOWN)))
        ids = {one.id for one in states}
        documents = sorted({self._knowledge.documents[self._infos[one].document].id for one in ids})
        lines.append(Line("", (f"{counted(len(ids), 'statement')} of {', '.join(documents)}",)))
        site = join_sites([one.site for one in states], self._knowledge)
        return Row(capital(clean(f"if {lacking}")), site, "", (), tuple(lines))

    def _readings(self) -> list[Row]:
        """Tell what the documents say of the patient's condition and care without advising anything."""
        found: dict[str, list[str]] = {one: [] for one in self._page.readings}
        for state in self._plan.statements:
            if state.state == State.KNOWLEDGE:
                found[state.id].append(state.site)
        return [self._reading(self._infos[id_], sites) for id_, sites in found.items()]

    def _unused(self) -> list[Row]:
        """Tell once what is recorded and used by no statement, with the sites where it is."""
        found: dict[str, list[str]] = {}
        for one in self._plan.unused:
            found.setdefault(describe_unused(one), []).append(one.site)
        return [Row(words, join_sites(sites, self._knowledge), "", ()) for words, sites in found.items()]

    def _reading(self, info: StatementInfo, sites: Iterable[str]) -> Row:
        named = grade(info.strength, info.quality)
        return Row(clean(info.text), join_sites(sites, self._knowledge), named, (info.id,))

    def _row_of(self, entry: Entry) -> Row:
        """Arrange an action, or all members of a choice, as one row with what is told in it."""
        actions = [self._plan.actions[one] for one in entry.actions]
        if entry.document:
            return self._folded(entry.document, actions)
        section = section_of(actions[0])
        riders = tuple(
            replace(self._choice_of(some), lead=(_forbidding(some[0]) if section != Section.NOT else "") or "with")
            for some in self._riding(entry)
        )
        waits = section in {Section.IF, Section.LATER}
        return replace(self._choice_of(actions), riders=riders, lead=_forbidding(actions[0]) if waits else "")

    def _riding(self, entry: Entry) -> Iterable[list[Action]]:
        """Gather what is told in the row of another action; members of a choice that stand open belong together."""
        riders: dict[object, list[Action]] = {}
        for one in (self._plan.actions[number] for number in entry.riders):
            together = one.choice and one.status in _OPEN
            riders.setdefault((one.choice, one.status) if together else one.intervention, []).append(one)
        return riders.values()

    def _choice_of(self, actions: Sequence[Action]) -> Row:
        """Arrange an action, or the members of a choice beside each other."""
        rows = [self._row(one) for one in actions]
        first = rows[0]
        if len(rows) == 1:
            return replace(first, lines=(*first.lines, *self._options(actions)))
        choice = capital(clean(self._knowledge.label(actions[0].choice)))
        firmest = actions[0].modality
        narrow = self._knowledge.narrowest(one.intervention for one in actions)
        titles = [
            f"{'consider ' if one.modality != firmest else ''}{clean(self._name(one))}"
            for one in actions
            if one.intervention in narrow
        ]
        shared = [
            replace(line, statements=tuple(sorted({id_ for it in rows for id_ in _saying(it, line.parts)})))
            for line in first.lines
            if all(_saying(row, line.parts) for row in rows)
        ]
        told = {line.parts for line in shared}
        own = [
            replace(line, lead=f"{row.title}: {line.lead}".rstrip())
            for row in rows
            for line in row.lines
            if line.parts not in told
        ]
        return replace(
            first,
            title=f"{choice}: {', or '.join(titles)}",
            grade=first.grade if len({row.grade for row in rows}) == 1 else "",
            statements=tuple(sorted({one for row in rows for one in row.statements})),
            lines=(*shared, *own, *self._options(actions)),
        )

    def _options(self, actions: Sequence[Action]) -> Iterator[Line]:
        """Name the other options of a choice that is open: what is advised, held back or refused on its own account."""
        first = actions[0]
        if not first.choice or first.status not in _OPEN:
            return
        told: dict[str, list[str]] = {}
        for other in self._actions_at.only(first.place):
            advising = other.by(ClaimKind.AWAITED, ClaimKind.INDICATED)
            ids = [one.id for one in advising if first.choice in self._infos[one.id].choices]
            if ids and other not in actions and other.status != Status.SATISFIED:
                held = other.by(ClaimKind.REFUSED) or other.by(ClaimKind.HELD_BACK)
                lifting = [*dict.fromkeys(part for one in held for part in self._lifting(one))]
                if other.status == Status.CONTRAINDICATED and not lifting:
                    continue
                words = clean(self._name(other))
                told[f"{words} only if {listed(lifting, 'and')}" if lifting else words] = ids
        if told:
            yield Line("or", (", or ".join(told),), tuple(sorted({one for ids in told.values() for one in ids})))

    def _foreseen(self, action: Action) -> Iterator[Line]:
        """Tell what there will be to know of an action once what it waits for is there."""
        if action.status == Status.CONDITIONAL:
            for one in self._states_at.reaching(action.place):
                info = self._infos[one.id]
                informs = info.effect == hip.informsOn and info.intervention == action.intervention
                if informs and one.state == State.LATER:
                    yield Line("then", (self._words(one),), (one.id,))

    def _folded(self, document: str, actions: Sequence[Action]) -> Row:
        """Tell in one row what a document would advise if the patient were one of those it is about."""
        states = [state for one in actions for state in one.by(ClaimKind.AWAITED)]
        scopes = {it.label: None for one in states for it in one.context if it.document == document}
        named = ", ".join(_first(list(dict.fromkeys(clean(one.label) for one in actions)), FOLDED_SHOWN))
        ids = tuple(sorted({one.id for one in states if any(it.document == document for it in one.context)}))
        title = f"If {clean(' and '.join(scopes))} (document {clean(document)})"
        return Row(title, "", "", (), (Line("", (named,), ids),))

    def _carry(self) -> dict[tuple[str, str], str]:
        """Choose, for what is specified of a class of interventions, the one action of a place that shows it.

        It is one that is done or to be done rather than one that waits, and the one with most statements among those,
        so that a plan does not repeat itself.
        """
        carriers: dict[tuple[str, str], Action] = {}
        for action in self._told:
            for one in action.parameters:
                key = (one.statement, action.place)
                if key not in carriers or self._carries_better(action, carriers[key]):
                    carriers[key] = action
        return {key: action.intervention for key, action in carriers.items()}

    def _specifying(self) -> dict[tuple[str, str], list[StatementState]]:
        """Gather the statements that would specify an intervention at a place, but are ruled out."""
        found: dict[tuple[str, str], list[StatementState]] = {}
        for state in self._plan.statements:
            info = self._infos[state.id]
            if state.state == State.RULED_OUT and info.effect == hip.specifies:
                for one in info.accompanies:
                    found.setdefault((one, state.place), []).append(state)
        return found

    @staticmethod
    def _carries_better(one: Action, other: Action) -> bool:
        ranks = ((_STATUS_RANK.get(it.status, 0), len(it.statements)) for it in (one, other))
        return next(ranks) > next(ranks)

    def _shows(self, action: Action, parameter: Parameter) -> bool:
        """Tell whether a parameter is shown at an action: at its own, and of a class at one of its kinds.

        A precaution is shown wherever it has to be taken.
        """
        info = self._infos[parameter.statement]
        own = action.intervention in {info.intervention, *info.accompanies} or info.effect == hip.safeguardsWith
        return own or self._carriers[parameter.statement, action.place] == action.intervention

    def _classes(self, intervention: str) -> frozenset[str]:
        return self._knowledge.interventions[intervention].superclasses

    def _state(self, action: Action, statement: str) -> StatementState | None:
        return self._states.get((statement, action.place))

    def _name(self, action: Action) -> str:
        return action.label

    def _row(self, action: Action) -> Row:
        shown = action.shown
        sided = [one for one in action.parameters if one.side]
        title = " ".join([self._name(action), *dict.fromkeys(one.side for one in sided)])
        if action.modality == Modality.CONSIDER and section_of(action) in _MIXED:
            title += OPTIONAL
        # What only specifies an action is named where its contents are told.
        named = {one for one in shown if self._infos[one].effect != hip.specifies}
        ids = sorted(named | {one.statement for one in sided})
        return Row(
            capital(clean(title)),
            "",
            grade(action.strength, action.evidence),
            tuple(ids),
            (
                *self._endangered(action),
                *self._conditions(action),
                *tried(action),
                *self._details(action),
                *self._interacting(action),
                *self._left_open(action),
                *self._trials(action),
                *self._checked(action),
                *self._checks(action),
                *self._unchecked(action),
                *self._latent(action),
                *self._foreseen(action),
                *self._grades(action),
                *self._evidence(action),
                *self._disputes(action),
                *self._boundaries(action, shown),
            ),
            clean(action.category),
        )

    def _conditions(self, action: Action) -> tuple[Line, ...]:
        match action.status:
            case Status.CONDITIONAL:
                return (*self._done_before(action), *self._waits(action))
            case Status.CONTRAINDICATED:
                return (*running(action), *self._lifts(action.by(ClaimKind.REFUSED)))
            case Status.AVOID if action.realised:
                on_record = Line("on record", (clean(action.realised),))
                return (on_record, *self._lifts(action.by(ClaimKind.DISCOURAGED)))
            case Status.AVOID:
                return (*running(action), *self._lifts(action.by(ClaimKind.DISCOURAGED)))
            case Status.CAUTION:
                return self._cautions(action)
            case Status.SATISFIED if action.fulfilment == Fulfilment.NOT_NEEDED:
                return (Line("not needed:", self._fulfilled(action)),)
            case Status.SATISFIED if not action.running:
                return (Line("", self._fulfilled(action)), *self._judged(action))
            case _:
                return (*running(action), *self._done_before(action))

    def _endangered(self, action: Action) -> tuple[Line, ...]:
        """Say for what a safety module refuses or holds back why, what asks for it, and what else is advised."""
        found: dict[tuple[str, ...], list[str]] = {}
        for one in dict.fromkeys(action.dangers):
            found.setdefault(tuple(map(self._found_in_words, one.found)), []).append(one.statement)
        reasons = tuple(Line("", tuple(map(clean, words)), tuple(ids)) for words, ids in found.items())
        if not is_confronted_with_danger(action):
            return reasons
        advising = tuple(one.id for one in action.by(ClaimKind.INDICATED))
        verb = "advise" if len(advising) > 1 else "advises"
        advised = (Line("", (f"though {listed(numbered(advising), 'and')} {verb} it",)),) if advising else ()
        return (*reasons, *advised, *self._instead(action))

    def _found_in_words(self, found: Found) -> str:
        """Say what is on record of a danger; of a treatment that makes one by being to come, that it is ordered."""
        words = describe_found(found)
        return f"{words} ordered" if found.label in self._ordered_names else words

    @cached_property
    def _ordered_names(self) -> set[str]:
        """Name what is ordered."""
        return {name for one in self._plan.actions for name in one.planned}

    def _unchecked(self, action: Action) -> tuple[Line, ...]:
        """Name the dangers of an action that nothing on record shows or excludes, all of them in the fewest words."""
        return self._unexcluded(action.open_checks)

    def _unexcluded(self, checks: Sequence[OpenCheck]) -> tuple[Line, ...]:
        found: list[str] = []
        for asked in dict.fromkeys(one.asked for one in checks):
            open_ = [one.label for one in checks if one.asked == asked]
            whole = len(open_) == len(dangers_of(asked, self._knowledge)) > 1
            found += [self._term(asked)] if whole else open_
        return (Line("not checked:", (clean(self._in_brief(found)),)),) if found else ()

    def _in_brief(self, names: Sequence[str]) -> str:
        """Write a list of names."""
        return ", ".join(names)

    def _interacting(self, action: Action) -> Iterator[Line]:
        """Say beside what else an action is given, and what statements ask for because of that."""
        if action.status == Status.CONTRAINDICATED:
            return
        yield from self._not_beside(action)
        for one in self._borne(action):
            words = dict.fromkeys(word for it in self._untold_of(one, action) for word in self._asked_for(it, action))
            if words:
                yield Line(self._with_what(one), tuple(words), tuple(self._untold_of(one, action)))
        yield from self._not_with_what_is_advised(action)
        yield from self._asked_because(action)

    def _not_with_what_is_advised(self, action: Action) -> Iterator[Line]:
        """Name what a statement would refuse or hold back because of an action, if that were carried out."""
        for one in self._bearing:
            advised = {it.intervention for it in one.beside if it.standing == Standing.ADVISED}
            if action.intervention in advised and self._is_refused(one) and one.place in {"", action.place}:
                yield Line("", (f"not together with {clean(self._term(one.intervention))}",), one.statements)

    def _is_refused(self, interaction: Interaction) -> bool:
        """Tell whether statements refuse what is given, or hold it back, because of what else is."""
        return all(self._infos[one].effect in OBJECTING for one in interaction.statements)

    def _asked_because(self, action: Action) -> Iterator[Line]:
        """Name the treatments because of which a statement asks for an action."""
        found: dict[str, None] = {}
        for one in self._bearing:
            asking = [it for it in one.statements if it in action.shown and self._asks_apart(it, action, one)]
            if asking and one.place in {"", action.place}:
                guards = all(self._infos[it].effect == hip.safeguardsWith for it in asking)
                of = "" if guards else f"for {clean(self._term(one.intervention))} "
                found[f"{of}{self._with_what(one)}".removesuffix(":")] = None
        yield from (Line("", (words,)) for words in found)

    def _asks_apart(self, statement: str, action: Action, interaction: Interaction) -> bool:
        """Tell whether a statement asks for an action that is not the treatment that it speaks of."""
        info = self._infos[statement]
        return info.intervention == action.intervention and interaction.intervention in info.accompanies

    def _not_beside(self, action: Action) -> Iterator[Line]:
        """Name what is given of the class of a drug that is advised, and of which one is enough."""
        for one in self._plan.interactions:
            advised = [it.intervention for it in one.treatments if it.standing == Standing.ADVISED]
            if one.kind == InteractionKind.REPETITION and action.intervention in advised and one.place == action.place:
                given = [it for it in one.treatments if it.standing != Standing.ADVISED]
                others = [clean(it.label) for it in given or one.treatments if it.intervention != action.intervention]
                yield Line("", (f"not beside {listed(others, 'and')}",))

    def _borne(self, action: Action) -> Iterator[Interaction]:
        """List the interactions that the row of an action tells."""
        for one in self._bearing:
            given = {one.intervention, *(it.intervention for it in one.treatments)}
            if action.intervention in given and one.place in {"", action.place}:
                yield one

    def _untold_of(self, interaction: Interaction, action: Action) -> list[str]:
        """List the statements of an interaction that are not told as dangers of an action."""
        told = {one.statement for one in action.dangers}
        return [one for one in interaction.statements if one not in told]

    def _asked_for(self, statement: str, action: Action) -> tuple[str, ...]:
        """Say what a statement asks for because of an interaction."""
        info = self._infos[statement]
        own = info.intervention in {action.intervention, *self._classes(action.intervention)}
        words = self._knowledge.briefs.get(info.iri) or (info.text if own else self._term(info.intervention))
        lead = "first " if info.effect == hip.safeguardsWith and not own else ""
        lead = "consider " if info.modality == Modality.CONSIDER else lead
        return (clean(f"{lead}{words}"),)

    def _with_what(self, interaction: Interaction) -> str:
        narrow = self._knowledge.narrowest(one.intervention for one in interaction.beside)
        named = (one.intervention for one in interaction.beside if one.intervention in narrow)
        others = listed([*dict.fromkeys(clean(self._term(one)) for one in named)], "and")
        if interaction.kind == InteractionKind.UNDOING:
            return f"weakens {others}:"
        if all(one.standing != Standing.ADVISED for one in interaction.beside):
            return f"beside {others}:"
        return f"not together with {others}:" if self._is_refused(interaction) else f"together with {others}:"

    def _told_beside(self, action: Action) -> frozenset[str]:
        """List the statements that are told with what an action is given beside."""
        return frozenset(it for one in self._borne(action) for it in self._untold_of(one, action))

    def _instead(self, action: Action) -> tuple[Line, ...]:
        """Name what else is advised for what a refused action serves, or say that nothing is."""
        serves = self._knowledge.interventions[action.intervention].serves
        if action.instead:
            return (Line("instead", tuple(map(clean, action.instead))),)
        return (Line("", (f"no other {clean(self._knowledge.label(serves))} is advised",)),) if serves else ()

    def _fulfilled(self, action: Action) -> tuple[str, ...]:
        """Say what an advised action is fulfilled by: acts on record, an order, or what is there in its place."""
        if action.fulfilment == Fulfilment.ORDERED:
            kinds = [clean(one) for one in action.planned if one != action.label]
            return (f"ordered: {', '.join(kinds)}" if kinds else "ordered",)
        done = self._done_in_words(action)
        if done and action.fulfilment == Fulfilment.DONE:
            return tuple(dict.fromkeys(done))
        if chosen := tuple(dict.fromkeys(self._chosen(action))):
            return chosen
        states = action.by(ClaimKind.FULFILLED, ClaimKind.GUARDED)
        return tuple(dict.fromkeys(clean(label) for one in states for label in one.satisfied_by))

    def _done_before(self, action: Action) -> tuple[Line, ...]:
        """Say when what a plan still speaks of was done before."""
        done = self._done_in_words(action)
        return (Line("", tuple(done)),) if done else ()

    def _done_in_words(self, action: Action) -> list[str]:
        """Say what was carried out of an action that needs no repetition, and when; what counts stands first."""
        return [describe_done(self._named_done(one, action), action) for one in action.done]

    def _named_done(self, one: Done, action: Action) -> Done:  # noqa: ARG002 - what overrides this needs the action
        """Name what was carried out of an action."""
        return one

    def _chosen(self, action: Action) -> Iterator[str]:
        """Name what is taken of a choice in place of an action."""
        if action.choice and action.fulfilment == Fulfilment.NOT_NEEDED:
            names = {one.label: self._name(one) for one in self._plan.actions}
            for one in self._actions_at.only(action.place):
                if one.by(*TAKEN) and self._is_in(one, action.choice):
                    taken = one.current or one.planned or (one.label,)
                    yield f"{clean(', '.join(names.get(it, it) for it in taken))} in its place"

    def _is_in(self, action: Action, choice: str) -> bool:
        return any(choice in self._infos[one.id].choices for one in action.by(*TAKEN))

    def _judged(self, action: Action) -> tuple[Line, ...]:
        """Say for what the result of a check is to be judged: a check that was made allows nothing by itself."""
        guards = [one.id for one in action.by(ClaimKind.FULFILLED, ClaimKind.GUARDED) if self._guards(one)]
        allowed = {clean(self._knowledge.label(it)) for one in guards for it in self._infos[one].accompanies}
        if not allowed or not any(one.result for one in action.done):
            return ()
        return (Line("judge", (f"whether it allows {' or '.join(sorted(allowed))}",), tuple(guards)),)

    def _guards(self, state: StatementState) -> bool:
        return self._infos[state.id].effect == hip.safeguardsWith

    def _checked(self, action: Action) -> tuple[Line, ...]:
        """Tell the checks before an action that were made: they are no open precaution, and still to be judged."""
        if action.status in _REFUSED or (action.status == Status.SATISFIED and not action.running):
            return ()
        kinds = {action.intervention, *self._classes(action.intervention)}
        told: dict[str, str] = {}
        found = False
        for check in self._actions_at.reaching(action.place):
            made = [one.id for one in check.by(ClaimKind.FULFILLED, ClaimKind.GUARDED) if self._guards(one)]
            before = [one for one in made if not kinds.isdisjoint(self._infos[one].accompanies)]
            if before and check.done and check.intervention not in kinds:
                told.update(dict.fromkeys(before, self._made(check)))
                found |= any(one.result for one in check.done)
        lead = "judge" if found else "checked"
        return (Line(lead, tuple(dict.fromkeys(told.values())), tuple(sorted(told))),) if told else ()

    def _made(self, check: Action) -> str:
        """Say of a check that it was made, and what it found."""
        return f"{clean(check.label)} {', '.join(self._done_in_words(check))}"

    def _cautions(self, action: Action) -> tuple[Line, ...]:
        """Say in which case a caution that does not hold yet would, and what it is about."""
        if action.by(ClaimKind.INDICATED):
            return running(action)
        held = action.by(ClaimKind.HELD_BACK)
        if held:
            return _lines("not before", "and", _merged((self._lifting(one), (one.id,)) for one in held))
        waiting = action.by(ClaimKind.AWAITED, ClaimKind.GUARD_AWAITED)
        refusing = action.by(ClaimKind.REFUSAL_AWAITED)
        discouraging = action.by(ClaimKind.DISCOURAGEMENT_AWAITED)
        return (
            *_lines("if", "or if", self._alternatives(waiting)),
            *_lines("held back if", "or if", self._alternatives(action.by(ClaimKind.GATE_AWAITED))),
            *_lines("refused if", "or if", self._alternatives(refusing)),
            *_lines("discouraged if", "or if", self._alternatives(discouraging)),
            *(
                Line("", (clean(self._infos[one.id].text),), (one.id,))
                for one in action.by(*CLAIMS[hip.safeguardsWith].values())
            ),
        )

    def _waits(self, action: Action) -> tuple[Line, ...]:
        """Say what an action waits for, or before what it is not to be done."""
        if section_of(action) == Section.NOT:
            return _lines("not before", "and", self._gates_of(action))
        return self._needs(action)

    def _needs(self, action: Action) -> tuple[Line, ...]:
        """Say what an action lacks: every gate, and beyond that what one statement that advises it requires."""
        gates = self._gates_of(action)
        told = {part for parts, _ in gates for part in parts}
        waiting = [] if action.by(ClaimKind.INDICATED) else action.by(ClaimKind.AWAITED)
        further = [
            (tuple(part for part in parts if part not in told), ids) for parts, ids in self._alternatives(waiting)
        ]
        if not all(parts for parts, _ in further):
            further = []
        lead = "needs" if not gates else "and" if len(further) == 1 else "and either"
        return (*_lines("needs", "and", gates), *_lines(lead, "or", _merged(further)))

    def _gates_of(self, action: Action) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Say what lifts the gates of an action, each with those that ask for nothing more."""
        gates = action.by(ClaimKind.HELD_BACK)
        nested = {one.id: [other for other in gates if self._is_nested(one, other)] for one in gates}
        return _merged(
            (self._lifting(gate), (gate.id, *(one.id for one in gates if gate in nested[one.id])))
            for gate in gates
            if not nested[gate.id]
        )

    def _is_nested(self, gate: StatementState, other: StatementState) -> bool:
        """Tell whether what lifts another gate lifts a gate as well, but not the other way round."""
        lifting, beyond = (self._infos[one.id].except_for for one in (gate, other))
        return len(lifting) == len(beyond) == 1 and lifting[0] in self._knowledge.superclasses.get(beyond[0], ())

    def _lifts(self, refusing: list[StatementState]) -> tuple[Line, ...]:
        """Say what would lift every refusal; if one of them stands whatever happens, nothing would."""
        lifting = [(self._lifting(one), (one.id,)) for one in refusing]
        return _lines("unless", "and unless", _merged(lifting)) if all(parts for parts, _ in lifting) else ()

    def _alternatives(self, waiting: Iterable[StatementState]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        return _merged((self._gaps(one.unmet), (one.id,)) for one in waiting)

    def _gaps(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Say what is missing, each part once."""
        return tuple(dict.fromkeys(map(describe_gap, gaps)))

    def _lifting(self, state: StatementState) -> tuple[str, ...]:
        """Describe what lifts a statement; one of several exceptions is enough."""
        parts = self._gaps(state.lifted_by)
        return (" or ".join(parts),) if len(self._infos[state.id].except_for) > 1 and parts else parts

    def _details(self, action: Action) -> tuple[Line, ...]:
        """Say how an action is carried out: what goes with it, and instructions about itself in their own words."""
        kinds = {action.intervention, *self._classes(action.intervention)}
        beside = self._told_beside(action)
        plain = [
            one
            for one in action.parameters
            if not one.side and one.statement not in beside and self._shows(action, one)
        ]
        return (*self._timing(action), *self._specified(plain, kinds), *self._self_guarding(action))

    def _specified(self, parameters: Sequence[Parameter], kinds: Set[str]) -> Iterator[Line]:
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

    def _self_guarding(self, action: Action) -> Iterator[Line]:
        """Tell the precautions that are about an action itself, while it waits for something else."""
        if action.status == Status.CONDITIONAL:
            for one in action.by(*CLAIMS[hip.safeguardsWith].values(), ClaimKind.UNGUARDED, ClaimKind.ORDER_UNGUARDED):
                if self._is_own(action, one) and self._guards(one):
                    yield Line("caution", (self._words(one),), (one.id,))

    def _is_own(self, action: Action, state: StatementState) -> bool:
        """Tell whether a statement is about an action or a class of it."""
        return self._infos[state.id].intervention in {action.intervention, *self._classes(action.intervention)}

    def _words(self, state: StatementState) -> str:
        """Give what a statement says."""
        return clean(self._infos[state.id].text)

    def _left_open(self, action: Action) -> tuple[Line, ...]:
        """Name what a statement would specify of an action, with what rules it out here and what would decide it."""
        if action.status != Status.INDICATED:
            return ()
        lines = []
        for one in self._left_out.get((action.intervention, action.place), ()):
            what = clean(f"{self._intervention(one)}, for {listed(one.ruled_out_by, 'and')}")
            asked = dict.fromkeys(
                clean(gap.question) for gap in one.lifted_by if gap.question and gap.answer == Answer.UNKNOWN
            )
            if not asked:
                continue
            lines.append(Line("left open", (what, *asked), (one.id,)))
        return tuple(lines)

    def _trials(self, action: Action) -> tuple[Line, ...]:
        """Name the trials that are long enough for what an action waits for, where a document sets them an end."""
        if action.status != Status.CONDITIONAL:
            return ()
        told: dict[str, set[str]] = {}
        for state in action.by(ClaimKind.AWAITED, ClaimKind.HELD_BACK):
            for one in state.checks:
                judged = one.verdict != Comparison.WITHIN or one.outcome
                if one.bound.measured_on and one.latest and not judged:
                    told.setdefault(describe_trial(one, self._plan.as_of), set()).add(state.id)
        return (Line("trial", tuple(told), tuple(sorted(set().union(*told.values())))),) if told else ()

    def _timing(self, action: Action) -> tuple[Line, ...]:
        """Say when an action is due, in the words of the statements that advise it."""
        if section_of(action) not in _TIMED:
            return ()
        words = tuple(dict.fromkeys(filter(None, (clean(self._infos[one].timing) for one in action.shown))))
        return (Line("", words),) if words else ()

    def _latent(self, action: Action) -> tuple[Line, ...]:
        """Say what statements would specify of an action, or of a kind of it, once what they wait for is there."""
        if action.status in _REFUSED or (action.status == Status.SATISFIED and not action.running):
            return ()
        found: dict[tuple[str, tuple[str, ...]], list[StatementState]] = {}
        for state in self._states_at.reaching(action.place):
            info = self._infos[state.id]
            waits = state.state == State.LATER and not state.context
            if waits and self._foretells(info):
                lead = self._awaited(action, info, state)
                if lead is not None:
                    found.setdefault(lead, []).append(state)
        return tuple(self._waiting_detail(action, *lead, states) for lead, states in found.items())

    def _foretells(self, info: StatementInfo) -> bool:
        """Tell whether what a waiting statement would specify is told."""
        return info.effect == hip.specifies

    def _awaited(
        self, action: Action, info: StatementInfo, state: StatementState
    ) -> tuple[str, tuple[str, ...]] | None:
        """Tell what has to be there before a statement specifies an action; None if it is about another action."""
        companions = info.accompanies or (info.intervention,)
        own = {action.intervention, *self._classes(action.intervention)}
        narrower = [one for one in companions if action.intervention in self._classes(one)]
        if not own.isdisjoint(companions):
            lead = "then"
        elif narrower and not self._has_action_of(narrower, state.place):
            lead = f"if {self._knowledge.label(narrower[0])}"
        else:
            return None
        lacking = {f"{self._knowledge.label(one)} in the plan" for one in companions}
        return lead, self._gaps([gap for gap in state.unmet if gap.label not in lacking])

    def _has_action_of(self, interventions: Iterable[str], place: str) -> bool:
        return any(one.intervention in interventions and one.place == place for one in self._told)

    def _waiting_detail(
        self, action: Action, lead: str, needs: tuple[str, ...], states: Sequence[StatementState]
    ) -> Line:
        words = chain.from_iterable(self._latent_words(action, self._infos[one.id]) for one in states)
        if needs:
            lead = f"if {needs[0]}:" if lead == "then" and len(needs) == 1 else f"{lead}, needs {' · '.join(needs)}:"
        parts = without_repeated(map(clean, words))
        return Line(clean(lead), tuple(parts), tuple(sorted({one.id for one in states})))

    def _latent_words(self, action: Action, info: StatementInfo) -> tuple[str, ...]:
        bounds = tuple(map(describe_bound, info.bounds))
        if info.intervention in {action.intervention, *self._classes(action.intervention), *info.accompanies}:
            return bounds or (info.text,)
        label = self._knowledge.label(info.intervention)
        return (f"{label} ({', '.join(bounds)})" if bounds else label,)

    def _grades(self, action: Action) -> tuple[Line, ...]:
        """List the grades of the statements where one is not that of the action, with a modality that is not either."""
        stated = self._stated(action)
        if {*stated.values()} <= {grade(action.strength, action.evidence)}:
            return ()
        parts = (
            f"{one} {words}{OPTIONAL if self._only_considers(one, action) else ''}" for one, words in stated.items()
        )
        return (Line("grades", tuple(parts), tuple(stated)),)

    def _stated(self, action: Action) -> dict[str, str]:
        """Give the grades that the statements of an action state."""
        infos = [self._infos[one] for one in action.shown]
        return {one.id: words for one in infos if (words := stated_grade(one.strength, one.quality))}

    def _only_considers(self, statement: str, action: Action) -> bool:
        """Tell whether a statement only asks to consider what others advise."""
        return action.modality != Modality.CONSIDER and self._infos[statement].modality == Modality.CONSIDER

    def _evidence(self, action: Action) -> tuple[Line, ...]:
        """Tell how documents word the evidence for the contents of an action."""
        shown = dict.fromkeys(one.statement for one in action.parameters if self._shows(action, one))
        worded = {one: clean(self._infos[one].evidence_wording) for one in shown}
        return tuple(Line("worded:", (words,), (one,)) for one, words in worded.items() if words)

    def _disputes(self, action: Action) -> tuple[Line, ...]:
        """Point from an action to the disagreement about it that nothing decides."""
        open_ = [one for one in self._plan.conflicts if not one.decided_for and one.site == action.site]
        ids = {one for conflict in open_ for one in (conflict.advised_by, conflict.opposed_by)}
        told = {*action.shown, *(one.statement for one in action.parameters if self._shows(action, one))}
        disputed = tuple(sorted(ids & told))
        return (Line("disputed", ("see Disagree",), disputed),) if disputed else ()

    def _checks(self, action: Action) -> tuple[Line, ...]:
        """Compare what is on record with the bounds of an action, those that are broken first."""
        states = [self._state(action, one) for one in action.shown]
        own = [(one.id, check) for one in states if one is not None for check in one.checks]
        shown = [one for one in action.parameters if self._shows(action, one)]
        specified = [(one.statement, check) for one in shown for check in one.checks]
        told: dict[tuple[bool, str], set[str]] = {}
        for statement, check in (*own, *specified):
            if not check.bound.measured_on:
                told.setdefault((not check.alarm, describe_check(check)), set()).add(statement)
        return tuple(
            Line("" if quiet else "check", (words,), tuple(sorted(ids)))
            for (quiet, words), ids in sorted(told.items(), key=lambda one: one[0][0])
        )

    def _boundaries(self, action: Action, shown: Sequence[str]) -> tuple[Line, ...]:
        states = [self._state(action, one) for one in shown]
        return tuple(
            Line(
                "note", (f"rests on the exact day: {', '.join(clean(label) for label in one.on_boundary)}",), (one.id,)
            )
            for one in states
            if one is not None and one.on_boundary
        )

    def _disagreements(self) -> list[Row]:
        """Show each disputed action once, with both sides in the words of their statements and what decides."""
        disputes: dict[tuple[str, str], list[Conflict]] = {}
        for one in filter(self._disagree, self._plan.conflicts):
            disputes.setdefault((one.intervention, one.site), []).append(one)
        merged: dict[tuple[str, tuple[Line, ...]], list[str]] = {}
        for (_, site), conflicts in disputes.items():
            merged.setdefault((capital(clean(conflicts[0].label)), self._sides(conflicts)), []).append(site)
        return [
            Row(title, join_sites(sites, self._knowledge), "", (), lines) for (title, lines), sites in merged.items()
        ]

    def _disagree(self, conflict: Conflict) -> bool:
        """Tell whether a conflict is a disagreement.

        A gate on what its own document advises is an order of steps, and what a safety module says is told as a danger.
        """
        advice, objection = (self._infos[one].document for one in (conflict.advised_by, conflict.opposed_by))
        if self._knowledge.documents[objection].safety:
            return False
        return conflict.rule != "gate" or advice != objection

    def _sides(self, conflicts: Sequence[Conflict]) -> tuple[Line, ...]:
        leads = [_LEADS.get(one.rule, ("for", "against")) for one in conflicts]
        sides = [(lead, one.advised_by) for (lead, _), one in zip(leads, conflicts, strict=True)]
        sides += [(lead, one.opposed_by) for (_, lead), one in zip(leads, conflicts, strict=True)]
        told = [Line(lead, (self._side(one),), (one,)) for lead, one in dict.fromkeys(sides)]
        verdicts = dict.fromkeys(self._verdict(one) for one in conflicts)
        return (*told, *verdicts, *dict.fromkeys(line for one in conflicts for line in self._known(one)))

    def _known(self, conflict: Conflict) -> tuple[Line, ...]:
        """Name the topics on which the two statements are known to disagree."""
        tensions = self._knowledge.tensions_of(conflict.advised_by, conflict.opposed_by)
        return tuple(Line("known as", (f"{one.id}, {clean(one.label)}",)) for one in tensions)

    def _side(self, statement: str) -> str:
        info = self._infos[statement]
        document = self._knowledge.documents.get(info.document)
        source = f"document {document.id}, " if document else ""
        return f"{clean(info.text)} ({source}{grade(info.strength, info.quality)})"

    @staticmethod
    def _verdict(conflict: Conflict) -> Line:
        if not conflict.decided_for:
            return Line("open", ("nothing decides",), ())
        return Line("so", (f"{DECISIONS.get(conflict.rule, conflict.rule)}: {conflict.decided_for} stands",), ())

    def _questions(self) -> tuple[Ask, ...]:
        """Ask each question once, with the sites that it concerns, in the order of the plan."""
        gathered: dict[str, list[Question]] = {}
        for one in self._plan.questions:
            gathered.setdefault(one.text, []).append(one)
        return tuple(self._ask(text, questions) for text, questions in gathered.items())

    def _calls(self, info: StatementInfo) -> bool:
        """Tell whether a statement calls for urgent action."""
        return info.kind in URGENT

    def _ask(self, text: str, questions: Sequence[Question]) -> Ask:
        site = join_sites([one.site for one in questions], self._knowledge)
        return Ask(
            clean(text) + told_unread(name for one in questions for name in one.unread),
            "" if site == self._everywhere else site,
            tuple(dict.fromkeys(map(clean, self._decided(questions)))),
            tuple(sorted({id_ for one in questions for id_ in one.statements})),
            any(opens_context(one, self._knowledge) for one in questions),
        )

    def _decided(self, questions: Sequence[Question]) -> list[str]:
        """Name what an answer can change: what is advised, the prominent first, and last what is banned."""
        asking: dict[str, set[str]] = {}
        for question in questions:
            for one in question.statements:
                asking.setdefault(one, set()).add(question.site)
        wanted = {one.requirement for one in questions}
        opening = {one for it in questions if opens_context(it, self._knowledge) for one in it.statements}
        infos = [self._infos[one] for one in sorted(opening)]
        touched = [it for it in self._told if any(asking.get(one, set()) & {"", it.site} for one in it.shown)]
        touched.sort(key=lambda it: not self._outline.shows(asking.keys() & {*it.shown}))
        advised = [
            self._name(it) for it in self._told if len(it.open_checks) == 1 and it.open_checks[0].asked in wanted
        ]
        advised += [self._term(one) for one in self._firmest(infos, hip.indicates)]
        open_ = (it for it in touched if it.status not in _REFUSED)
        advised += [self._name(it) for it in open_ if not ADVISING.isdisjoint(it.claimed)]
        refused = self._firmest(infos, hip.contraindicates)
        refused += [it.intervention for it in touched if it.status == Status.CONTRAINDICATED]
        return [*advised, *(f"{self._term(one)} ban" for one in self._widest(refused))]

    def _firmest(self, infos: Iterable[StatementInfo], effect: str) -> list[str]:
        """List once what statements with an effect are about, what is urgent and firm first."""
        found = [one for one in infos if one.effect == effect and not one.accompanies]
        found.sort(key=lambda one: (not self._calls(one), FIRMNESS[one.modality], -(one.strength_rank or 0), one.id))
        return [*dict.fromkeys(one.intervention for one in found)]

    def _widest(self, interventions: Iterable[str]) -> list[str]:
        """Leave out interventions that are kinds of others among them."""
        found = [*interventions]
        return [one for one in found if self._classes(one).isdisjoint(found)]


def _limit_of(check: Check) -> tuple[object, ...]:
    """Name what of which activities a check compares, whatever statement sets the limit."""
    return check.bound.measured_by, check.activities


def _saying(row: Row, parts: tuple[str, ...]) -> tuple[str, ...]:
    """List the statements of the lines of a row that say something, or those of the row where a line names none."""
    return tuple(id_ for line in row.lines if line.parts == parts for id_ in line.statements or row.statements)


def _against(action: Action) -> Iterator[tuple[str, str, str]]:
    """Name what is running or ordered of an action that statements or the patient do not want, and how they say so."""
    objection = _OBJECTIONS.get(action.status, "")
    if action.by(ClaimKind.HELD_BACK) and action.status == Status.CONDITIONAL:
        objection = _HELD_BACK
    for names, there in ((action.current, "running"), (action.planned, "ordered")):
        ordered = there == "ordered"
        unchecked = ordered and action.by(ClaimKind.ORDER_UNGUARDED) and action.status == Status.CONDITIONAL
        unwanted = _UNWANTED if ordered and action.wishes else ""
        words = objection or (" before its checks" if unchecked else unwanted)
        if names and words:
            yield " and ".join(names), there, words


def _forbidding(action: Action) -> str:
    """Give the word for an action that statements only refuse, discourage or hold back; empty for any other."""
    return next((word for word, kinds in _FORBIDDING.items() if {*action.claimed} <= kinds), "")


def tried(action: Action) -> tuple[Line, ...]:
    """Say which courses of an action failed, were not tolerated, were refused or helped, and what the patient wants."""
    if action.status in _REFUSED or action.status == Status.SATISFIED:
        return ()
    parts = tuple(dict.fromkeys(describe_course(one, action.label) for one in action.tried))
    helped = (one for one in action.past if one.outcome and not one.unfavourable)
    before = tuple(dict.fromkeys(describe_course(one, action.label) for one in helped))
    found = (Line("tried", parts), Line("earlier", before))
    return (*(one for one in found if one.parts), *wished(action))


def wished(action: Action) -> tuple[Line, ...]:
    """Say which wishes of the patient speak against an action."""
    return (Line("", tuple(map(clean, action.wishes))),) if action.wishes else ()


def _only(told: Iterable[Action | StatementInfo]) -> str:
    """Give the intervention that actions or statements are about, if it is the same of all."""
    found = {one.intervention for one in told}
    return found.pop() if len(found) == 1 else ""


def _first(labels: Sequence[str], count: int) -> tuple[str, ...]:
    """Take the first few, and count the rest."""
    rest = len(labels) - count
    return (*labels[:count], *([f"{rest} more"] if rest > 0 else []))


def running(action: Action) -> tuple[Line, ...]:
    """Say that an intervention is running, of which kind it is, since when, and what came of it so far."""
    if not action.running:
        return ()
    courses = tuple(dict.fromkeys(filter(None, (describe_ongoing(one, action.label) for one in action.ongoing))))
    named = any(one.start or one.label != action.label for one in action.ongoing)
    return (Line("running" if named else "", courses if named else ("running", *courses)),)


def _ids(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    return tuple(sorted({one.statement for one in parameters}))


def _merged(
    found: Iterable[tuple[tuple[str, ...], tuple[str, ...]]],
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Join the statements that ask for the same, and drop those that ask for nothing more."""
    merged: dict[tuple[str, ...], tuple[str, ...]] = {}
    for parts, ids in found:
        if parts:
            merged[parts] = (*merged.get(parts, ()), *ids)
    return list(merged.items())


def _lines(first: str, next_: str, found: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> tuple[Line, ...]:
    return tuple(Line(next_ if index else first, parts, ids) for index, (parts, ids) in enumerate(found))
