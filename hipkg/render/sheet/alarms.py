"""Rows about what is there though it should not be, and about signs that call for help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.wording import listed
from hipkg.planning.records import InteractionKind, Standing
from hipkg.render.sheet.recorded import wished
from hipkg.render.sheet.records import Line, Row
from hipkg.render.sheet.view import Part
from hipkg.render.words import capital, clean, describe_breach, describe_record, describe_treatments, if_any, join_sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Action, StatementState
    from hipkg.render.sheet.telling import Telling
    from hipkg.render.sheet.wording import Wording

_OBJECTIONS = {
    Status.CONTRAINDICATED: ", which {who} advise{s} against",
    Status.AVOID: ", which {who} discourage{s}",
}
_HELD_BACK = ", which {who} hold{s} back"
_UNWANTED = ", against a wish of the patient"
_UNADVISED = "ordered, which nothing here advises as things stand"
TWICE = 2


class Opposition(NamedTuple):
    """Treatments that run or are ordered, by their names, what is said against them, and where that is."""

    names: tuple[str, ...]
    there: str
    objection: str
    site: str = ""

    def title(self, words: str) -> str:
        """Say it in one line, by what is said against them in words."""
        return capital(clean(f"{' and '.join(self.names)} {self.there}{words}"))

    def tells(self, other: Opposition) -> bool:
        """Tell whether all of another one is said here of more treatments."""
        alike = (self.there, self.objection) == (other.there, other.objection) and self.site in {"", other.site}
        return alike and {*self.names} > {*other.names}


class Alarms(Part):
    """Tell what is to be checked before anything is done."""

    def __init__(self, wording: Wording, telling: Telling) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling

    def rows(self, confronting: Iterable[Action]) -> list[Row]:
        """Tell what breaks a limit, what speaks against what is there, orders that nothing advises, and signs.

        ``confronting`` are the actions of which it is told here what opposes what the patient has, or has planned.
        """
        return [*self._breaches(), *self._confronted(confronting), *self._unadvised(), *self._signs()]

    def _unadvised(self) -> Iterator[Row]:
        """Tell the ordered treatments that nothing advises, with the dangers that are not excluded."""
        along: dict[str, list[Action]] = {}
        for entry in (it for part in self._view.page.parts for it in part.rows if it.beside):
            along.setdefault(entry.beside, []).extend(self._plan.actions[one] for one in entry.actions)
        for one in self._plan.alongside:
            if one.ordered and one.treats:
                beside = along.get(one.node, [])
                names = tuple(dict.fromkeys(clean(self._wording.name(it)) for it in beside))
                ids = tuple(sorted({id_ for it in beside for id_ in it.shown}))
                lines = (
                    *self._telling.dangers.unexcluded(one.open_checks),
                    *((Line("with it:", names, ids),) if names else ()),
                )
                yield Row(capital(clean(f"{one.label} {_UNADVISED}")), "", "", one.statements, lines)

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

    def _breach(self, check: Check, states: Sequence[StatementState]) -> Row:
        sites = [self._view.where(self._infos[one.id].intervention, one.site) for one in states]
        site = join_sites(sites, self._knowledge)
        ids = tuple(sorted({one.id for one in states}))
        title = capital(f"{describe_breach(check)}{if_any(gap for one in states for gap in one.context_lacks)}")
        about = _only(self._infos[one] for one in ids)
        return Row(title, site, "", ids, (Line("", (describe_record(check),), ids),), about=about)

    def _confronted(self, confronting: Iterable[Action]) -> list[Row]:
        """Tell once what the patient has now, or has planned, against what statements say of it or of a class of it."""
        told = [*confronting]
        everywhere = {
            alarm for one in told if not self._view.where(one.intervention, one.site) for alarm in opposed(one)
        }
        found: dict[Opposition, list[Action]] = {}
        for one in told:
            for alarm in opposed(one):
                # What is told of the whole patient is told of each site.
                found.setdefault(alarm if alarm in everywhere else alarm._replace(site=one.site), []).append(one)
        objecting = {alarm: {id_ for one in actions for id_ in one.objecting} for alarm, actions in found.items()}
        merged: dict[Row, list[str]] = {}
        for alarm, actions in found.items():
            if any(other.tells(alarm) and objecting[alarm] <= ids for other, ids in objecting.items()):
                continue
            ids = tuple(sorted(objecting[alarm]))
            documents = sorted({self._knowledge.documents[self._infos[one].document].id for one in ids})
            words = alarm.objection.format(who=listed(documents, "and"), s="" if len(documents) > 1 else "s")
            missing = self._telling.conditions.missing(actions[0]) if actions[0].status == Status.CONDITIONAL else ()
            unsaid = alarm.there == "ordered" and alarm.objection != _UNWANTED
            lines = (*(wished(actions[0]) if unsaid else ()), *missing)
            row = Row(alarm.title(words), "", "", ids, lines, about=_only(actions))
            merged.setdefault(row, []).append(alarm.site)
        firm = {(one.names, one.there, one.site) for one in found}
        for perhaps, of in self._confronted_perhaps().items():
            if (perhaps.names, perhaps.there, perhaps.site) not in firm:
                row = Row(perhaps.title(perhaps.objection), "", "", tuple(of))
                merged.setdefault(row, []).append(perhaps.site)
        return [replace(row, site=join_sites(sites, self._knowledge)) for row, sites in merged.items()]

    def _confronted_perhaps(self) -> dict[Opposition, list[str]]:
        """Gather what the patient has now, or has planned, against statements that only may apply."""
        found: dict[Opposition, list[StatementInfo]] = {}
        for one in self._plan.statements:
            for there, labels in (("running", one.current), ("ordered", one.planned)):
                if labels:
                    info = self._infos[one.id]
                    where = self._view.where(info.intervention, one.site)
                    found.setdefault(Opposition(labels, there, if_any(one.context_lacks), where), []).append(info)
        told: dict[Opposition, list[str]] = {}
        for perhaps, infos in found.items():
            documents = sorted({self._knowledge.documents[one.document].id for one in infos})
            held = all(one.effect == hip.holdsBack for one in infos)
            objection = _HELD_BACK if held else _OBJECTIONS[Status.CONTRAINDICATED]
            words = objection.format(who=listed(documents, "and"), s="" if len(documents) > 1 else "s")
            told[perhaps._replace(objection=f"{words}{perhaps.objection}")] = sorted({one.id for one in infos})
        return told

    def repeated(self) -> Iterator[Row]:
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

    def _signs(self) -> Iterator[Row]:
        """Tell the urgent calls of statements that only may apply, where what they watch for is on record."""
        found: dict[tuple[str, str], list[StatementState]] = {}
        for one in self._plan.statements:
            if one.context_lacks and not one.unmet and self._view.calls(self._infos[one.id]):
                lacking = listed([clean(gap.label) for gap in one.context_lacks], "and")
                found.setdefault((self._view.intervention(one), lacking), []).append(one)
        for (name, lacking), states in found.items():
            ids = tuple(sorted({one.id for one in states}))
            signs = dict.fromkeys(self._wording.signs_of(ids))
            site = join_sites([one.site for one in states], self._knowledge)
            yield Row(capital(clean(f"{name}, if {lacking}")), site, "", ids, (Line("on record", tuple(signs), ids),))


def _limit_of(check: Check) -> tuple[object, ...]:
    """Name what of which activities a check compares, whatever statement sets the limit."""
    return check.bound.measured_by, check.activities


def opposed(action: Action) -> Iterator[Opposition]:
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
            yield Opposition(names, there, words)


def _only(told: Iterable[Action | StatementInfo]) -> str:
    """Give the intervention that actions or statements are about, if it is the same of all."""
    found = {one.intervention for one in told}
    return found.pop() if len(found) == 1 else ""
