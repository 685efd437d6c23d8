"""How the first screen names things and says what is missing, in brief."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.dates import length_in_words, span_in_words
from hipkg.base.numbers import Range
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.wording import listed
from hipkg.planning.gaps import Gap
from hipkg.render.sheet.records import OPTIONAL, Line
from hipkg.render.sheet.wording import Wording
from hipkg.render.words import UNGRADED, clean, describe_gap, describe_result, grade, numbered, stated_grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.records import Action, Done, StatementState
    from hipkg.render.sheet.view import View

CHECKS_SHOWN = 2
STATEMENTS_SHOWN = 2
_LENGTH = re.compile(r"(?P<name>.+?) (?P<length>(?:for at least \d+ |for \d+ to \d+ |gave )\w+.*)")
_COMPOSED = re.compile(r"[,()]|\b(?:and|or)\b")
"""What a phrase has that names several things, or tells a number of its own."""
_PLANNED = re.compile(r" in the plan$")
DAYS = "d"
_SEVERAL = 2
_UNSTATED, _EVIDENCE = "-", " evidence"
_UNSTATED, _EVIDENCE = "-", " evidence"


def in_short(graded: str) -> str:
    """Give a grade in one word if strength and evidence are the same, without what is not stated."""
    strength, _, evidence = graded.partition(" / ")
    if graded == UNGRADED:
        return ""
    if strength == evidence:
        return strength
    return graded if strength != _UNSTATED else f"{evidence.removesuffix(_EVIDENCE)}{_EVIDENCE}"


def ended_alike(phrases: Iterable[str], word: str) -> list[str]:
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


def _least(gap: Gap) -> Decimal | None:
    """Return the least number of days that is missing, if that is all that is asked."""
    match gap.need:
        case [(">=", least)] if gap.unit == DAYS:
            return least
        case _:
            return None


def _is_limited(gap: Gap) -> bool:
    """Tell whether a number on record is above all that is asked for."""
    return bool(gap.have) and not isinstance(gap.need, str) and all(symbol in {"<", "<="} for symbol, _ in gap.need)


class BriefWording(Wording):
    """Name what a plan tells in the short words of terms and statements, where they have some.

    A ``tight`` screen enumerates less.
    """

    def __init__(self, view: View, *, tight: bool) -> None:
        super().__init__(view)
        self._said: dict[tuple[Gap, ...], tuple[str, ...]] = {}
        self.tight = tight

    def term(self, iri: str) -> str:
        """Name a term in short."""
        return self._knowledge.brief(iri)

    def name(self, action: Action) -> str:
        """Name what an action does in short."""
        return self._knowledge.brief(action.intervention)

    def sentence(self, state: StatementState) -> str:
        """Give the short words of a statement, or what it says."""
        return self.brief(state.id) or super().sentence(state)

    def enumerated(self, names: Sequence[str]) -> str:
        """Write the first of a long list of names."""
        shown = names[: 1 if self.tight else CHECKS_SHOWN]
        return ", ".join(names) if len(names) <= len(shown) + 1 else f"{', '.join(shown)} and more"

    def gaps(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Say what is missing, with what is there instead; what has to last equally long is told together."""
        key = tuple(gaps)
        if key not in self._said:
            self._said[key] = self._said_gaps(key)
        return self._said[key]

    def _said_gaps(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
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
        return tuple(ended_alike(parts, "and"))

    @cached_property
    def _windows(self) -> Mapping[str, tuple[int, int]]:
        """Map what asks for a length to the least and the greatest one that all statements which ask for it name."""
        found: dict[str, set[tuple[int, int] | None]] = {}
        for state in self._plan.statements:
            bounds = (one for one in self._infos[state.id].bounds if one.measured_on and one.unit == DAYS)
            spans = {one.lower: one.upper for one in bounds if one.lower and one.upper}
            for gap in (*state.unmet, *state.lifted_by):
                least = _least(gap)
                most = next((upper for lower, upper in spans.items() if Decimal(lower) == least), "")
                window = (int(Decimal(least)), int(Decimal(most))) if least and most else None
                found.setdefault(gap.requirement, set()).add(window)
        alike = {one: next(iter(windows)) for one, windows in found.items() if len(windows) == 1}
        return {one: window for one, window in alike.items() if window}

    def opening(self, gate: StatementState) -> tuple[Gap, ...]:
        """List what would lift a gate: of several exceptions one is enough, and one that a number rules out is none."""
        if len(self._infos[gate.id].except_for) < _SEVERAL or len(gate.lifted_by) < _SEVERAL:
            return gate.lifted_by
        first, *others = [one for one in gate.lifted_by if not _is_limited(one)] or gate.lifted_by
        if not others:
            return (first,)
        words = listed(self.gaps([first, *others]), "or")
        return (Gap(" ".join(one.requirement for one in (first, *others)), words, first.answer),)

    def _lacking(self, gate: StatementState) -> tuple[Gap, ...]:
        """List what would lift a gate: its exception as a whole where that has brief words of its own."""
        exceptions = self._infos[gate.id].except_for
        if len(exceptions) == 1 and gate.lifted_by and (brief := self._knowledge.briefs.get(exceptions[0])):
            return (gate.lifted_by[0]._replace(requirement=exceptions[0], label=brief, have="", need="", unit=""),)
        return self.opening(gate)

    def lifting(self, state: StatementState) -> tuple[str, ...]:
        """Describe what lifts a statement, in brief."""
        return super().lifting(state._replace(lifted_by=self._lacking(state)))

    def lifts(self, refusing: list[StatementState]) -> tuple[Line, ...]:
        """Say what would lift every refusal, in the brief words of those that have some."""
        briefs = {one.id: self.brief(one.id) for one in refusing if self._infos[one.id].effect == hip.contraindicates}
        return tuple(
            replace(line, lead="", parts=tuple(dict.fromkeys(briefs[one] for one in line.statements)))
            if all(map(briefs.get, line.statements))
            else line
            for line in super().lifts(refusing)
        )

    def needs(self, action: Action) -> tuple[Line, ...]:
        """Say what an action lacks, with all that its gates and the statements that advise it ask for."""
        gates = tuple(
            Line("and only if" if number else "only if", (clean(listed([*parts], "and")),), ids)
            for number, (parts, ids) in enumerate(self.gates_of(action))
        )
        asked = [gap for one in action.by(ClaimKind.HELD_BACK) for gap in self._lacking(one)]
        waiting = [] if action.by(ClaimKind.INDICATED) else action.by(ClaimKind.AWAITED)
        ways = [self.narrowest(gap for gap in one.unmet if not self.asks(asked, gap)) for one in waiting]
        if not ways or not all(ways):
            return gates
        words = clean(listed(self.ways_in_words(ways), "and"))
        return (*gates, Line("and only if" if gates else "only if", (words,), tuple(one.id for one in waiting)))

    def ways_in_words(self, ways: Iterable[Sequence[Gap]]) -> tuple[str, ...]:
        """Say what all of several ways lack, and then in one part what they differ in."""
        told = list(dict.fromkeys(map(self.gaps, self._least_asking(ways))))
        shared = [one for one in told[0] if all(one in other for other in told)]
        rests = [tuple(one for one in words if one not in shared) for words in told]
        if not all(rests):
            return tuple(shared)
        found: dict[tuple[str, ...], list[str]] = {}
        for words in rests:
            alike = [one for one in found if len(one) == len(words) - 1 and {*one} < {*words}]
            key = alike[0] if alike else _recurring(words, rests)
            found.setdefault(key, []).append(listed([one for one in words if one not in key], "and"))
        alternatives = [listed([listed(ended_alike(some, "or"), "or"), *key], "and") for key, some in found.items()]
        return (*shared, "; or ".join(alternatives))

    def _least_asking(self, ways: Iterable[Sequence[Gap]]) -> list[Sequence[Gap]]:
        """Leave out each of several ways that asks for what another one asks for, and for more than that."""
        found = list(ways)

        def is_wider(other: Sequence[Gap], way: Sequence[Gap]) -> bool:
            return all(self.asks(way, gap) for gap in other) and not all(self.asks(other, gap) for gap in way)

        return [one for one in found if not any(is_wider(other, one) for other in found)]

    def asks(self, way: Sequence[Gap], gap: Gap) -> bool:
        """Tell whether a way asks for what is missing, or for something that implies it."""
        words = self.gaps([gap])
        return any(
            one.requirement == gap.requirement
            or gap.requirement in self._knowledge.superclasses.get(one.requirement, ())
            or self.gaps([one]) == words
            for one in way
        )

    def narrowest(self, gaps: Iterable[Gap]) -> list[Gap]:
        """Leave out what another of several requirements implies."""
        found = list(dict.fromkeys(gaps))
        superclasses = self._knowledge.superclasses
        return [
            one
            for one in found
            if not any(one.requirement in superclasses.get(it.requirement, ()) for it in found if it != one)
        ]

    def before_its_time(self, name: str, gates: Iterable[StatementState]) -> str:
        """Name what must not be done before what lifts its gates, or not yet."""
        lifting = self.gaps(self.narrowest(gap for one in gates for gap in self._lacking(one)))
        return clean(f"{name.removesuffix(OPTIONAL)} before {listed(lifting, 'and')}" if lifting else f"{name} yet")

    def foretells(self, info: StatementInfo) -> bool:
        """Tell whether what a waiting statement would specify is told: limits, and what is prominent."""
        limits = any(one.upper for one in info.bounds) and self._view.outline.belongs(info.id)
        return super().foretells(info) and (limits or self._view.outline.shows([info.id]))

    def latent_words(self, action: Action, info: StatementInfo) -> tuple[str, ...]:
        """Say in short what a waiting statement would specify of an action."""
        brief = self.brief(info.id)
        return (brief,) if brief else super().latent_words(action, info)

    def _named_done(self, one: Done, action: Action) -> Done:
        """Name in short what was carried out of an action."""
        return one if one.label == action.label else one._replace(label=self._spoken.get(one.label, one.label))

    @cached_property
    def _spoken(self) -> Mapping[str, str]:
        """Map the names of interventions to their short words."""
        return {one.label: self._knowledge.brief(iri) for iri, one in self._knowledge.interventions.items()}

    def made(self, check: Action) -> str:
        """Say of a check what it found."""
        found = [describe_result(one.result) for one in check.done if one.result]
        return " ".join([clean(self.name(check)), *found])

    def brief(self, statement: str) -> str:
        """Give the short words of a statement; empty if it has none."""
        return clean(self._knowledge.briefs.get(self._infos[statement].iri, ""))

    def briefly(self, line: Line) -> Line:
        """Say what a line tells of one statement in the short words for that, where there are any."""
        brief = self.brief(line.statements[0]) if len(line.statements) == 1 else ""
        return replace(line, parts=(brief,)) if brief else line

    def first_named(self, statements: Sequence[str]) -> tuple[str, ...]:
        """Choose the statements to name: those that own the grade, then the prominent ones, in their order.

        All are named where no more than one word is left over.
        """

        def rank(one: str) -> tuple[bool, bool]:
            info = self._infos[one]
            return not stated_grade(info.strength, info.quality), not self._view.outline.shows([one])

        if len(numbered(statements)) <= STATEMENTS_SHOWN + 1:
            return tuple(statements)
        return tuple(sorted(sorted(statements, key=rank)[:STATEMENTS_SHOWN]))

    def owners(self, statements: Sequence[str], graded: str) -> tuple[str, ...]:
        """List the statements that state the grade that is shown, unless all of them do."""
        grades = {one: in_short(grade(self._infos[one].strength, self._infos[one].quality)) for one in statements}
        owners = tuple(one for one in statements if graded and grades[one] == graded)
        return owners if len(owners) < len(statements) else ()


def _recurring(words: tuple[str, ...], others: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Choose the parts of a way that another one has as well, but for a single part; all but the first if none does."""
    for other in others:
        shared = tuple(one for one in words if one in other)
        if len(other) == len(words) == len(shared) + 1:
            return shared
    return words[1:]
