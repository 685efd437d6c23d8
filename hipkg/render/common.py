"""Arrange a plan for reading: what text, Markdown and HTML say, and in which order, without any layout.

Rows that differ only in their site are joined, rows of a class whose statements are told under one of its kinds are
left out, and everything is named by its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hipkg.planning import NOT_STATED
from hipkg.terms import HIP
from hipkg.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hipkg.knowledge import Knowledge, StatementInfo
    from hipkg.measure import Gap
    from hipkg.planning import Action, Conflict, Parameter, Plan, Question, StatementState

DISCLAIMER = "Decision support for professionals, not medical advice."
GRADES_NOTE = "Grades: strength of recommendation / quality of evidence; - is not stated."
NOTHING_APPLIES = "No statement applies to this patient."
NOTHING_FOLLOWS = "No action follows for this patient."
QUESTIONS_SHOWN = 7
DECISIONS_SHOWN = 3
HEADINGS = {
    "now": "Do now",
    "waiting": "Waiting",
    "not": "Do not",
    "avoid": "Avoid",
    "caution": "Caution",
    "disagree": "Disagree",
    "follow": "Follow",
    "learn": "Learn",
    "already": "Already",
}
_SECTION_OF_STATUS = {
    "indicated": "now",
    "conditional": "waiting",
    "contraindicated": "not",
    "avoid": "avoid",
    "caution": "caution",
    "satisfied": "already",
}
_SECTION_OF_CATEGORY = {"follow-up": "follow", "education": "learn"}
_ADVISING = {HIP + "indicates", HIP + "safeguardsWith"}
_REFUSES, _DISCOURAGES, _HOLDS_BACK = HIP + "contraindicates", HIP + "discourages", HIP + "holdsBack"
_RULES = {
    "contraindication": "a contraindication outweighs any advice",
    "gate": "a gate keeps it waiting",
    "specificity": "the narrower context decides",
    "strength": "the stronger recommendation decides",
    "quality": "the better evidence decides",
    "recency": "the later document decides",
}
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_FLOOR = re.compile(r">= ([0-9.]+)")
_IRI = re.compile(r"<?\b[a-z][a-z0-9+.-]*://[^\s>]*>?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line below an action: a lead word such as "needs", its parts and the statements that say so."""

    lead: str
    parts: tuple[str, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One action, or several that differ only in their site."""

    title: str
    site: str
    grade: str
    statements: tuple[str, ...]
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The rows under one heading; ``key`` is stable, ``heading`` is for reading."""

    key: str
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with the actions, and the statements, that its answer decides."""

    text: str
    site: str
    decides: tuple[str, ...]
    statements: tuple[str, ...]

    def brief(self) -> str:
        """Name the first few actions that the answer decides and count the rest."""
        shown = list(self.decides[:DECISIONS_SHOWN])
        rest = len(self.decides) - len(shown)
        return ", ".join([*shown, *([f"{rest} more"] if rest else [])])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plan arranged for reading."""

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
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
    def statements(self) -> tuple[str, ...]:
        """The ids of all statements that the sections name."""
        rows = [row for section in self.sections for row in section.rows]
        named = {one for row in rows for one in row.statements}
        named |= {one for row in rows for line in row.lines for one in line.statements}
        return tuple(sorted(named))


def sheet(plan: Plan, knowledge: Knowledge) -> Sheet:
    """Arrange a plan for reading."""
    return _Arranger(plan, knowledge).sheet()


def shown_statements(plan: Plan, knowledge: Knowledge) -> dict[tuple[str, str], tuple[str, ...]]:
    """List, by intervention and place, the statements of each action whose states give it its status."""
    return _Arranger(plan, knowledge).shown


def clean(text: str) -> str:
    """Make a text safe to print on one line: no control characters, and an IRI by its last part only."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(_IRI.sub(lambda match: local_name(match.group()), printable).split())


def local_name(iri: str) -> str:
    """Return the last part of an IRI, or the one before it where the last only says that it is a patient."""
    parts = [one for one in re.split(r"[/#:<>]+", iri) if one]
    if len(parts) > 1 and parts[-1].lower() == "patient":
        parts.pop()
    return parts[-1] if parts else iri


def capital(text: str) -> str:
    """Begin a text with a capital letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def grade(strength: str, evidence: str) -> str:
    """Write strength and evidence side by side, with a dash for what is not stated."""
    return " / ".join("-" if one == NOT_STATED else clean(one) for one in (strength, evidence))


def number(text: str) -> str:
    """Write a decimal without a fraction of zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def join_sites(sites: Iterable[str], knowledge: Knowledge) -> str:
    """Name sites together: the same site on opposite sides becomes "both ...s"."""
    names = sorted({clean(one) for one in sites if one})
    opposite = {knowledge.label(one): knowledge.label(other) for one, other in knowledge.opposites.items()}
    joined: list[str] = []
    for name in names:
        side, _, rest = name.partition(" ")
        paired = bool(rest) and side in opposite and f"{opposite[side]} {rest}" in names
        words = f"both {rest}s" if paired else name
        if words not in joined:
            joined.append(words)
    return " and ".join([", ".join(joined[:-1]), joined[-1]]) if len(joined) > 1 else "".join(joined)


def describe_gap(gap: Gap) -> str:
    """Say what is needed and what is there instead."""
    have = clean(_have(gap))
    details = [have] if have else []
    if gap.earliest:
        details.append(f"earliest {gap.earliest.isoformat()}")
    if gap.boundary:
        details.append("rests on the exact day")
    return f"{clean(gap.label)} ({', '.join(details)})" if details else clean(gap.label)


def _have(gap: Gap) -> str:
    unit = f" {gap.unit}" if gap.unit else ""
    if not gap.have:
        if gap.answer != "unknown":
            return "not yet"
        return "none on record" if gap.need else "unknown"
    have = " to ".join(number(one) for one in gap.have.split(" to "))
    floor = _FLOOR.fullmatch(gap.need)
    if floor:
        return f"{have} of {number(floor[1])}{unit}{' by what is recorded' if gap.answer == 'unknown' else ''}"
    if not gap.need:
        return f"{have}{unit}"
    return f"{have}{unit}, needs {_bounds_in_words(gap.need)}{unit}"


def _bounds_in_words(need: str) -> str:
    parts = [one.split(" ", 1) for one in need.split(" and ")]
    if not all(len(one) == 2 and one[0] in _BOUNDS for one in parts):  # noqa: PLR2004 - a symbol and a limit
        return need
    return " and ".join(f"{_BOUNDS[symbol]} {number(limit)}" for symbol, limit in parts)


def describe_parameter(parameter: Parameter) -> str:
    """Name what accompanies an action, with its numeric bounds."""
    ends = (("at least", parameter.lower), ("at most", parameter.upper))
    bounds = " and ".join(f"{words} {number(limit)}" for words, limit in ends if limit)
    if not bounds:
        return clean(parameter.label)
    return clean(f"{parameter.label} ({parameter.quantity} {bounds} {parameter.unit}".strip() + ")")


def software() -> str:
    """Name this software with its version."""
    return f"hipkg {software_version()}"


class _Arranger:
    """Arrange one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self._plan = plan
        self._knowledge = knowledge
        self._infos: Mapping[str, StatementInfo] = {info.id: info for info in knowledge.statements.values()}
        self._everywhere = join_sites([one.site for one in plan.actions], knowledge)
        self._states: dict[tuple[str, str], StatementState] = {(one.id, one.place): one for one in plan.statements}
        self.shown = {(one.intervention, one.place): self._pick(one) for one in plan.actions}
        self._told = [one for one in plan.actions if not self._told_by_a_kind(one)]

    def sheet(self) -> Sheet:
        violations = self._findings("violation")
        alarm = [f"NOT VALID: the record of this patient has {len(violations)} violation(s); do not rely on this plan."]
        nothing = NOTHING_FOLLOWS if self._plan.statements else NOTHING_APPLIES
        return Sheet(
            self._title(),
            () if self._plan.valid else (*alarm, *violations),
            self._findings("warning"),
            self._sections(),
            self._questions(),
            "" if self._plan.actions else nothing,
        )

    def _title(self) -> tuple[str, ...]:
        plan = self._plan
        everything = {info.id for info in self._knowledge.documents.values()}
        documents = "" if set(plan.documents) == everything else f"only documents {', '.join(plan.documents)}"
        parts = [
            f"patient {clean(local_name(plan.patient))}",
            self._everywhere,
            f"as of {plan.as_of.isoformat()}",
            f"{software()} ontology {plan.ontology_version}",
            plan.engine,
            documents,
        ]
        return tuple(clean(one) for one in parts if one)

    def _findings(self, severity: str) -> tuple[str, ...]:
        found = [one for one in self._plan.findings if one.severity == severity]
        about = [f" ({local_name(one.node)})" if one.node != self._plan.patient else "" for one in found]
        return tuple(dict.fromkeys(clean(f"{one.message}{node}") for one, node in zip(found, about, strict=True)))

    def _sections(self) -> tuple[Section, ...]:
        rows: dict[str, list[Row]] = {key: [] for key in HEADINGS}
        for group in self._groups():
            rows[self._section(group[0])].append(self._row(group))
        rows["disagree"] = self._disagreements()
        return tuple(Section(key, HEADINGS[key], tuple(found)) for key, found in rows.items() if found)

    def _section(self, action: Action) -> str:
        if action.status == "indicated":
            return _SECTION_OF_CATEGORY.get(action.category, "now")
        if action.status == "conditional" and not self._by_effect(action, _ADVISING):
            return "caution"
        return _SECTION_OF_STATUS[action.status]

    def _groups(self) -> list[list[Action]]:
        """Gather the actions that differ only in their site, in the order of the plan."""
        groups: dict[object, list[Action]] = {}
        for action in self._told:
            if action.status not in _SECTION_OF_STATUS:
                continue
            row = replace(self._row([action]), site="")
            groups.setdefault((action.intervention, action.status, action.category, row), []).append(action)
        return list(groups.values())

    def _told_by_a_kind(self, action: Action) -> bool:
        """Tell whether an action has only gates, all of which show at a kind of it in the same place."""
        gates = self._by_effect(action, {_HOLDS_BACK})
        if action.status != "conditional" or len(gates) != len(action.statements):
            return False
        kinds = [
            one
            for one in self._plan.actions
            if one.place == action.place and action.intervention in self._classes(one.intervention)
        ]
        return {*action.statements} <= {shown for one in kinds for shown in self._shown_at(one)}

    def _classes(self, intervention: str) -> frozenset[str]:
        return self._knowledge.interventions[intervention].superclasses

    def _state(self, action: Action, statement: str) -> StatementState | None:
        return self._states.get((statement, action.place))

    def _by_effect(self, action: Action, effects: set[str], states: tuple[str, ...] = ()) -> list[StatementState]:
        found = [self._state(action, one) for one in action.statements if self._infos[one].effect in effects]
        return [one for one in found if one is not None and (not states or one.state in states)]

    def _shown_at(self, action: Action) -> tuple[str, ...]:
        return self.shown[action.intervention, action.place]

    def _pick(self, action: Action) -> tuple[str, ...]:
        """Pick the statements of an action whose states give it its status."""
        picks: dict[str, Callable[[], list[StatementState]]] = {
            "indicated": lambda: self._by_effect(action, _ADVISING, ("now",)),
            "satisfied": lambda: self._by_effect(action, _ADVISING, ("now", "satisfied")),
            "contraindicated": lambda: self._by_effect(action, {_REFUSES}, ("must-not",)),
            "avoid": lambda: self._by_effect(action, {_DISCOURAGES}, ("must-not",)),
            "conditional": lambda: [
                *self._by_effect(action, _ADVISING, ("now", "later-if")),
                *self._by_effect(action, {_HOLDS_BACK}, ("must-not",)),
            ],
            "caution": lambda: self._by_effect(action, _ADVISING, ("now",)),
            "conflict": lambda: self._by_effect(action, {*_ADVISING, _DISCOURAGES}, ("now", "must-not")),
        }
        found = {one.id for one in picks[action.status]()} or set(action.statements)
        return tuple(sorted(found))

    def _row(self, group: Sequence[Action]) -> Row:
        action = group[0]
        shown = self._shown_at(action)
        sided = [one for one in action.parameters if one.side]
        title = " ".join([action.label, *dict.fromkeys(one.side for one in sided)])
        ids = sorted({*shown, *(one.statement for one in sided)})
        return Row(
            capital(clean(title)),
            join_sites([one.site for one in group], self._knowledge),
            grade(action.strength, action.evidence),
            tuple(ids),
            (*self._conditions(action), *self._details(action), *self._boundaries(action, shown)),
        )

    def _conditions(self, action: Action) -> tuple[Line, ...]:
        match action.status:
            case "conditional":
                return self._waits(action)
            case "contraindicated":
                return self._lifts(self._by_effect(action, {_REFUSES}, ("must-not",)))
            case "avoid":
                return self._lifts(self._by_effect(action, {_DISCOURAGES}, ("must-not",)))
            case "caution":
                return self._cautions(action)
            case "satisfied":
                return (Line("", ("running",) if action.running else ("done",)),)
            case _:
                return (Line("", ("running",)),) if action.running else ()

    def _cautions(self, action: Action) -> tuple[Line, ...]:
        """Say in which case a caution that does not hold yet would."""
        if self._by_effect(action, _ADVISING, ("now",)):
            return ()
        held = self._by_effect(action, {_HOLDS_BACK}, ("must-not",))
        if held:
            return _lines("not before", "and", _merged((self._lifting(one), (one.id,)) for one in held))
        return _lines("if", "or if", _alternatives(self._by_effect(action, {*_ADVISING, _HOLDS_BACK}, ("later-if",))))

    def _waits(self, action: Action) -> tuple[Line, ...]:
        """Say what an action waits for: every gate, and beyond that what one statement that advises it requires."""
        gates = _merged(
            (self._lifting(one), (one.id,)) for one in self._by_effect(action, {_HOLDS_BACK}, ("must-not",))
        )
        told = {part for parts, _ in gates for part in parts}
        advised = self._by_effect(action, _ADVISING, ("now",))
        waiting = [] if advised else self._by_effect(action, _ADVISING, ("later-if",))
        further = [(tuple(part for part in parts if part not in told), ids) for parts, ids in _alternatives(waiting)]
        if not all(parts for parts, _ in further):
            further = []
        lead = "needs" if not gates else "and" if len(further) == 1 else "and either"
        return (*_lines("needs", "and", gates), *_lines(lead, "or", _merged(further)))

    def _lifts(self, refusing: list[StatementState]) -> tuple[Line, ...]:
        """Say what would lift every refusal; if one of them stands whatever happens, nothing would."""
        lifting = [(self._lifting(one), (one.id,)) for one in refusing]
        return _lines("unless", "and unless", _merged(lifting)) if all(parts for parts, _ in lifting) else ()

    def _lifting(self, state: StatementState) -> tuple[str, ...]:
        """Describe what lifts a statement; one of several exceptions is enough."""
        parts = tuple(dict.fromkeys(describe_gap(one) for one in state.lifted_by))
        return (" or ".join(parts),) if len(self._infos[state.id].except_for) > 1 and parts else parts

    def _details(self, action: Action) -> tuple[Line, ...]:
        """Say how an action is carried out: what goes with it, and instructions about itself in their own words."""
        kinds = {action.intervention, *self._classes(action.intervention)}
        plain = [one for one in action.parameters if not one.side]
        timings = tuple(dict.fromkeys(clean(self._infos[one].timing) for one in self._shown_at(action)))
        follow_up = self._section(action) == "follow"
        when = tuple(one for one in timings if one) if follow_up else ()
        own = [one for one in plain if one.intervention in kinds and not (one.lower or one.upper)]
        parts = [one for one in plain if one not in own]
        contents = tuple(dict.fromkeys(describe_parameter(one) for one in parts))
        lines = [Line("", when)] if when else []
        lines += [Line("with", contents, _ids(parts))] if parts else []
        return (*lines, *(Line("", (clean(one.text),), (one.statement,)) for one in own))

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
        for one in self._plan.conflicts:
            disputes.setdefault((one.intervention, one.site), []).append(one)
        merged: dict[tuple[str, tuple[Line, ...]], list[str]] = {}
        for (_, site), conflicts in disputes.items():
            merged.setdefault((capital(clean(conflicts[0].label)), self._sides(conflicts)), []).append(site)
        return [
            Row(title, join_sites(sites, self._knowledge), "", (), lines) for (title, lines), sites in merged.items()
        ]

    def _sides(self, conflicts: Sequence[Conflict]) -> tuple[Line, ...]:
        sides = [("for", one.advised_by) for one in conflicts] + [("against", one.opposed_by) for one in conflicts]
        told = [Line(lead, (self._side(one),), (one,)) for lead, one in dict.fromkeys(sides)]
        return (*told, *dict.fromkeys(self._verdict(one) for one in conflicts))

    def _side(self, statement: str) -> str:
        info = self._infos[statement]
        document = self._knowledge.documents.get(info.document)
        source = f"document {document.id}, " if document else ""
        return f"{clean(info.text)} ({source}{grade(info.strength, info.quality)})"

    @staticmethod
    def _verdict(conflict: Conflict) -> Line:
        if not conflict.decided_for:
            return Line("open", ("nothing decides",), ())
        return Line("so", (f"{_RULES.get(conflict.rule, conflict.rule)}: {conflict.decided_for} stands",), ())

    def _questions(self) -> tuple[Ask, ...]:
        """Ask each question once, with the sites that it concerns; those that decide most come first."""
        gathered: dict[str, list[Question]] = {}
        for one in self._plan.questions:
            gathered.setdefault(one.text, []).append(one)
        asks = [self._ask(text, questions) for text, questions in gathered.items()]
        return tuple(sorted(asks, key=lambda one: -len(one.decides)))

    def _ask(self, text: str, questions: Sequence[Question]) -> Ask:
        site = join_sites([one.site for one in questions], self._knowledge)
        return Ask(
            clean(text),
            "" if site == self._everywhere else site,
            tuple(dict.fromkeys(clean(label) for one in questions for label in self._decided(one))),
            tuple(sorted({id_ for one in questions for id_ in one.statements})),
        )

    def _decided(self, question: Question) -> tuple[str, ...]:
        """Name the actions whose status an answer can change."""
        asking = {*question.statements}
        return tuple(
            one.label for one in self._told if one.site == question.site and not asking.isdisjoint(self._shown_at(one))
        )


def _ids(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    return tuple(sorted({one.statement for one in parameters}))


def _alternatives(waiting: Iterable[StatementState]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return _merged((tuple(dict.fromkeys(describe_gap(gap) for gap in one.unmet)), (one.id,)) for one in waiting)


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
