"""The therapy ledger: what was tried, whether it was enough for which statement, and when what waits can open.

It is assembled from the derivation of a plan and measures nothing by itself: limits are compared by
`hipkg.planning.bounds`, and requirements by `hipkg.planning.gaps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.dates import span
from hipkg.base.numbers import Bounds, Limit, Range, read, within
from hipkg.base.vocabulary import HIP, OBJECTING
from hipkg.knowledge.frame.answers import Answer
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.planning.bounds import Check, Comparison, recorded_range
from hipkg.planning.earliest import Earliest, Lengths
from hipkg.planning.gaps import Gap, Measurer, Reached
from hipkg.record.facts import Facts, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, StatementState
    from hipkg.validation.findings import Finding

Basis: TypeAlias = Check | Gap | Reached
"""What a judgement rests on: a limit, a part of a requirement that does not hold, or one that does."""

STATUSES = ("ongoing", "planned", "completed", "stopped", "notDone", "")
VERDICTS = (
    "too-high",
    "too-low",
    "too-long",
    "too-short",
    "other-outcome",
    "unknown",
    "not-yet",
    "uncounted",
    "adequate",
)
_DOSES = (hip.dailyDose, hip.singleDose, hip.doseInterval)
_REVIEWS = {"once", "repeat"}
_TIMES = {"h", "d"}


class Day(NamedTuple):
    """A recorded date with the first and the last day that it can stand for; both are None if it cannot be read."""

    recorded: str
    first: date | None
    last: date | None


class Dose(NamedTuple):
    """A recorded amount, or time between two; ``worked_out`` tells that it follows from others that are recorded."""

    quantity: str
    amount: Decimal
    unit: str
    worked_out: bool


@shown_by("statement", "sites", "verdict")
class Judgement(NamedTuple):
    """How a treatment stands with what one statement asks of it, at the sites for which the statement asks it.

    ``verdict`` is one of `VERDICTS`: ``other-outcome`` marks an outcome that is not the one asked for, ``not-yet`` a
    treatment that still runs and is shorter than asked for, ``uncounted`` one that is long enough while no requirement
    counts it, because its site or its outcome is not recorded or is another; ``basis`` holds the numbers.
    """

    statement: str
    sites: tuple[str, ...]
    verdict: str
    basis: Basis


@shown_by("label", "sites", "status")
class Treatment(NamedTuple):
    """One treatment on record.

    ``sites`` is empty where the record does not say which it is meant for; ``status`` is one of `STATUSES`, empty where
    none is recorded; ``days`` counts to the date of the ledger; ``outcome``, ``adequacy`` and ``stopped_because`` are
    labels, empty where nothing is recorded, and an outcome that is not recorded is unknown, not failed.
    """

    node: str
    intervention: str
    label: str
    sites: tuple[str, ...]
    status: str
    start: Day | None
    end: Day | None
    days: Range | None
    doses: tuple[Dose, ...]
    outcome: str
    adequacy: str
    stopped_because: str
    judgements: tuple[Judgement, ...]

    @property
    def begun(self) -> bool:
        """Tell whether the treatment runs or has run."""
        return self.status in {"ongoing", "completed", "stopped"}


@shown_by("label", "sites", "status")
class Study(NamedTuple):
    """One study on record, with its site, status and dates as those of a treatment."""

    node: str
    intervention: str
    label: str
    sites: tuple[str, ...]
    status: str
    start: Day | None
    end: Day | None


_Activity = TypeVar("_Activity", Treatment, Study)


@shown_by("statement", "sites", "check.verdict")
class Review(NamedTuple):
    """A review of running treatment that a statement asks for, and when it is due or was done."""

    statement: str
    sites: tuple[str, ...]
    check: Check


@shown_by("kind", "day")
class Opening(NamedTuple):
    """When something that waits can open.

    ``day`` is the earliest date, given only where every need has one; ``inexact`` tells that partial dates may bring it
    forward. Otherwise ``unknown`` names what has to be known first, ``unmet`` what has to hold first and has no date,
    and ``either`` holds groups of alternatives, of each of which one has to open.
    """

    day: date | None = None
    inexact: bool = False
    unknown: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    either: tuple[tuple[Opening, ...], ...] = ()

    @property
    def kind(self) -> str:
        """Name what the opening hangs on: ``dated``, ``unknown``, ``unmet``, or ``never`` if nothing is known to do."""
        if self.day:
            return "dated"
        if self.unknown or any(one.kind == "unknown" for group in self.either for one in group):
            return "unknown"
        return "unmet" if self.unmet or self.either else "never"


@shown_by("statement", "opening")
class Need(NamedTuple):
    """What one statement still lacks before it advises an action, or stops holding it back."""

    statement: str
    gaps: tuple[Gap, ...]
    opening: Opening


@shown_by("label", "site", "opening")
class Waiting(NamedTuple):
    """An action that waits: every one of ``gates`` has to be lifted, and one of ``advice``, if any, to be met.

    ``soonest`` is the first day that time alone allows where the opening has no date, if treatment that does not run
    yet begins on the day of the ledger; None where nothing asks for a length, or a start is not known.
    """

    intervention: str
    label: str
    site: str
    place: str
    gates: tuple[Need, ...]
    advice: tuple[Need, ...]
    opening: Opening
    soonest: Earliest | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """The needs of all statements."""
        return (*self.gates, *self.advice)

    @property
    def begun(self) -> bool:
        """Tell whether anything on record leads to the opening."""
        return any(gap.have or gap.earliest for one in self.needs for gap in one.gaps)


@dataclass(frozen=True)
class Ledger:
    """The therapy ledger of one patient."""

    patient: str
    as_of: date
    ontology_version: str
    engine: str
    documents: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    treatments: tuple[Treatment, ...]
    waiting: tuple[Waiting, ...]
    reviews: tuple[Review, ...]
    studies: tuple[Study, ...]


def ledger(planned: Planned) -> Ledger:
    """Make the therapy ledger of a patient."""
    return _Bookkeeper(planned).ledger()


class _Bookkeeper:
    """Assemble the ledger of one patient."""

    def __init__(self, planned: Planned) -> None:
        record, derivation, plan, _, knowledge = planned
        self._graph = derivation.facts
        self._plan = plan
        self._knowledge = knowledge
        self._measurer = Measurer(derivation.facts, knowledge, plan.as_of)
        self._infos = knowledge.by_id
        self._statuses = {knowledge.label(HIP + one) for one in STATUSES if one}
        self._activities = frozenset(derivation.facts.nodes(plan.patient, hip.hasActivity))
        self._recorded = Facts(record.triples)
        self._lengths = Lengths(plan, knowledge)

    def ledger(self) -> Ledger:
        plan = self._plan
        studies = {one for one in self._activities if self._is_study(one)}
        judgements = self._judgements()
        return Ledger(
            patient=plan.patient,
            as_of=plan.as_of,
            ontology_version=plan.ontology_version,
            engine=plan.engine,
            documents=plan.documents,
            valid=plan.valid,
            findings=plan.findings,
            treatments=_sorted(self._treatment(one, judgements.get(one, ())) for one in self._activities - studies),
            waiting=tuple(self._waiting(one) for one in plan.actions if one.status == Status.CONDITIONAL),
            reviews=self._reviews(),
            studies=_sorted(map(self._study, studies)),
        )

    def _is_study(self, node: str) -> bool:
        return self._graph.is_a(node, hip.Study) and not self._graph.is_a(node, hip.TreatmentCourse)

    def _treatment(self, node: str, judgements: tuple[Judgement, ...]) -> Treatment:
        return Treatment(
            **self._study(node)._asdict(),
            days=recorded_range(self._graph, self._knowledge, node, hip.minimumDays),
            doses=tuple(self._doses(node)),
            outcome=self._value(node, hip.hasOutcome),
            adequacy=self._value(node, hip.hasAdequacy),
            stopped_because=self._value(node, hip.stoppedBecause),
            judgements=judgements,
        )

    def _study(self, node: str) -> Study:
        """Tell of any activity what is told of a study."""
        intervention = min(self._graph.nodes(node, hip.ofIntervention), default="")
        status = min(self._graph.nodes(node, hip.hasStatus), default="").removeprefix(HIP)
        return Study(
            node=node,
            intervention=intervention,
            label=self._name(intervention, hip.Intervention),
            sites=tuple(sorted({self._site(one) for one in self._graph.nodes(node, hip.targets)})),
            status=status if status in STATUSES else "",
            start=self._day(node, hip.startDate),
            end=self._day(node, hip.endDate),
        )

    def _name(self, iri: str, root: str) -> str:
        """Name a term, or a node of the patient by the narrowest class below a root that it is in."""
        if iri in self._knowledge.labels:
            return self._knowledge.labels[iri]
        upper = self._knowledge.superclasses
        kinds = [one for one in self._graph.classes(iri) if self._knowledge.is_a(one, root)]
        kind = max(kinds, key=lambda one: (len(upper.get(one, ())), one), default=iri)
        return self._knowledge.label(kind)

    def _site(self, node: str) -> str:
        """Name a site with its side, as plans do."""
        side = max(self._graph.nodes(node, hip.hasSide), default="")
        return f"{self._knowledge.label(side)} {self._name(node, hip.BodySite)}".strip()

    def _value(self, node: str, prop: str) -> str:
        value = min(self._graph.nodes(node, prop), default="")
        return self._knowledge.label(value) if value else ""

    def _day(self, node: str, prop: str) -> Day | None:
        recorded = min(map(text_of, self._graph.values(node, prop)), default="")
        return Day(recorded, *(span(recorded) or (None, None))) if recorded else None

    def _doses(self, node: str) -> Iterator[Dose]:
        for prop in _DOSES:
            span = recorded_range(self._graph, self._knowledge, node, prop)
            if span is not None:
                unit = self._knowledge.units.get(prop, "")
                worked_out = not self._recorded.values(node, prop)
                yield Dose(self._knowledge.label(prop), span.least, unit, worked_out)

    def _judgements(self) -> dict[str, tuple[Judgement, ...]]:
        """Gather by activity how it stands with each statement that measures it."""
        sites: dict[tuple[str, str, str, Basis], list[str]] = {}
        for state in self._plan.statements:
            for node, verdict, basis in self._measured(state):
                sites.setdefault((node, state.id, verdict, basis), []).append(state.site)
        found: dict[str, list[Judgement]] = {}
        for (node, statement, verdict, basis), named in sites.items():
            found.setdefault(node, []).append(Judgement(statement, tuple(dict.fromkeys(named)), verdict, basis))
        return {node: tuple(sorted(some, key=_weight)) for node, some in found.items()}

    def _measured(self, state: StatementState) -> Iterator[tuple[str, str, Basis]]:
        """List the activities that a statement measures, each with the verdict and what it rests on."""
        parts = [one for one in self._asked(state) if one.node in self._activities]
        for part in parts:
            yield part.node, _verdict(part), part
        for check in state.checks:
            for node in check.activities if check.bound.compared_as not in _REVIEWS else ():
                own = [one for one in parts if one.node == node]
                if not any(_same_limit(check, one) for one in own):
                    yield node, "uncounted" if self._is_uncounted(check, state, own) else _verdict(check), check

    def _asked(self, state: StatementState) -> Iterator[Gap | Reached]:
        """List what treatments have and lack of what a statement asks for: its requirements, or what lifts it.

        What an objection requires is no trial to be made, but what brings it about.
        """
        info = self._infos[state.id]
        lifted = info.effect in OBJECTING
        if lifted or state.state != "ruled-out":
            for one in info.except_for if lifted else info.requires:
                yield from self._measurer.reached(one, (*state.subjects, self._plan.patient))
        yield from (gap for gap in (state.lifted_by if lifted else state.unmet) if gap.need not in self._statuses)

    def _is_uncounted(self, check: Check, state: StatementState, parts: Iterable[Gap | Reached]) -> bool:
        """Tell whether a trial is long enough, and yet no requirement of the statement that waits for it counts it."""
        info = self._infos[state.id]
        waits = check.bound.measured_on and (info.requires or info.except_for)
        return bool(waits) and check.verdict == Comparison.WITHIN and not any(isinstance(one, Reached) for one in parts)

    def _waiting(self, action: Action) -> Waiting:
        """Gather what an action waits for: its gates, and what advises it unless something advises it already."""
        gates = [self._gate(one) for one in action.by(ClaimKind.HELD_BACK)]
        advised = action.by(ClaimKind.INDICATED, ClaimKind.FULFILLED)
        later = [] if advised else action.by(ClaimKind.AWAITED)
        advice = [Need(one.id, one.unmet, _together(one.unmet)) for one in later]
        opening = _last([*(it.opening for it in gates), *([_first(it.opening for it in advice)] if advice else [])])
        return Waiting(
            intervention=action.intervention,
            label=action.label,
            site=action.site,
            place=action.place,
            gates=tuple(gates),
            advice=tuple(advice),
            opening=opening,
            soonest=None if opening.day else self._soonest(gates, advice, action.place),
        )

    def _soonest(self, gates: Iterable[Need], advice: Iterable[Need], place: str) -> Earliest | None:
        """Find the first day on which time lets all gates open and a way to advice, if any, when each takes time."""
        held = [gap for one in gates for gap in one.gaps]
        wanted = [one.gaps for one in advice] or [()]
        ways = [self._lengths.earliest((*held, *gaps), place) for gaps in wanted]
        found = [one for one in ways if one]
        return min(found) if found and len(found) == len(ways) else None

    def _gate(self, state: StatementState) -> Need:
        """Tell what lifts a gate; one of several exceptions is enough."""
        several = len(self._infos[state.id].except_for) > 1
        opening = _first(_together((one,)) for one in state.lifted_by) if several else _together(state.lifted_by)
        return Need(state.id, state.lifted_by, opening)

    def _reviews(self) -> tuple[Review, ...]:
        sites: dict[tuple[str, Check], list[str]] = {}
        for state in self._plan.statements:
            for check in state.checks:
                if check.bound.compared_as in _REVIEWS:
                    sites.setdefault((state.id, check), []).append(state.site)
        return tuple(Review(id_, tuple(dict.fromkeys(named)), check) for (id_, check), named in sites.items())


def _sorted(records: Iterable[_Activity]) -> tuple[_Activity, ...]:
    """Sort by status, then by start, what has none last."""
    return tuple(sorted(records, key=_order))


def _order(one: Treatment | Study) -> tuple[object, ...]:
    return (
        STATUSES.index(one.status),
        one.start is None,
        one.start.recorded if one.start else "",
        one.label,
        one.sites,
        one.node,
    )


def _weight(judgement: Judgement) -> tuple[object, ...]:
    return (VERDICTS.index(judgement.verdict), judgement.statement, str(judgement.basis))


def _same_limit(check: Check, part: Gap | Reached) -> bool:
    """Tell whether a part of a requirement asks for the least value of a limit, so that the limit says nothing new."""
    lower = read(check.bound.lower)
    if lower is None or part.unit != check.bound.unit or isinstance(part.need, str):
        return False
    return Limit(">=", lower) in part.need


def _verdict(basis: Basis) -> str:
    match basis:
        case Reached():
            return "adequate"
        case Check(bound, verdict):
            return {
                Comparison.WITHIN: "adequate",
                Comparison.ABOVE: _over(bound.unit),
                Comparison.BELOW: _under(bound.unit),
            }.get(verdict, verdict)
        case Gap(answer=Answer.UNKNOWN):
            return "unknown"
        case Gap(have=Range(least), need=Bounds() as need, earliest=None):
            low = any(limit.symbol in {">=", ">"} and not within(least, Bounds((limit,))) for limit in need)
            return _under(basis.unit) if low else _over(basis.unit)
        case Gap(need=str()):
            return "other-outcome"
        case _:
            return "not-yet"


def _over(unit: str) -> str:
    return "too-long" if unit in _TIMES else "too-high"


def _under(unit: str) -> str:
    return "too-short" if unit in _TIMES else "too-low"


def _together(gaps: Iterable[Gap]) -> Opening:
    """Say when all of some gaps can be closed."""
    return _last([_closing(one) for one in gaps])


def _closing(gap: Gap) -> Opening:
    if gap.earliest:
        return Opening(gap.earliest, inexact=gap.answer == Answer.UNKNOWN)
    return Opening(unknown=(gap.label,)) if gap.answer == Answer.UNKNOWN else Opening(unmet=(gap.label,))


def _last(openings: Sequence[Opening]) -> Opening:
    """Say when all of several can open: on the latest date, or after all that has none."""
    if not openings or any(one.kind == "never" for one in openings):
        return Opening()
    undated = [one for one in openings if not one.day]
    if not undated:
        day = max(one.day for one in openings if one.day)
        return Opening(day, inexact=all(one.inexact for one in openings if one.day == day))
    return reduce(_joined, undated)


def _joined(one: Opening, other: Opening) -> Opening:
    """Put the needs of two openings without a date together, each once."""
    unknown = tuple(dict.fromkeys((*one.unknown, *other.unknown)))
    unmet = tuple(dict.fromkeys((*one.unmet, *other.unmet)))
    told = {*unknown, *unmet}
    groups = [tuple(_without(it, told) for it in group) for group in (*one.either, *other.either)]
    # A group one of whose alternatives needs nothing more is met with the rest.
    either = tuple(dict.fromkeys(group for group in groups if all(it.unknown or it.unmet for it in group)))
    return Opening(unknown=unknown, unmet=unmet, either=either)


def _without(opening: Opening, told: Collection[str]) -> Opening:
    return Opening(
        unknown=tuple(one for one in opening.unknown if one not in told),
        unmet=tuple(one for one in opening.unmet if one not in told),
    )


def _first(alternatives: Iterable[Opening]) -> Opening:
    """Say when one of several can open: on the earliest date if any has one."""
    possible = [one for one in dict.fromkeys(alternatives) if one.kind != "never"]
    dated = [one for one in possible if one.day]
    if dated:
        return min(dated, key=lambda one: (one.day, one.inexact))
    needs = {one: {*one.unknown, *one.unmet} for one in possible}
    # What needs all that another needs, and more, is no way of its own.
    least = [one for one in possible if not any(needs[other] < needs[one] for other in possible)]
    if len(least) < 2:  # noqa: PLR2004 - one way needs no choice
        return least[0] if least else Opening()
    return Opening(either=(tuple(least),))
