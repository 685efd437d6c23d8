"""Check orders: what statements, and the other treatments of a patient, say for and against each.

An order is checked as if it were on record: the plan confronts what is planned, and what it then claims is read here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import OBJECTING, expand
from hipkg.defence.what_if import changed_by
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import REACHING, ClaimKind
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed
from hipkg.owl.expression import leaves
from hipkg.pipeline.process import plan_patient
from hipkg.planning.bounds import Check  # noqa: TC001 - a record, whose fields are read to describe it in the schema
from hipkg.planning.dangers import Dangers
from hipkg.planning.gaps import Gap  # noqa: TC001 - as above
from hipkg.planning.interactions import given, kinds_given, repeats
from hipkg.planning.records import Done, Found, OpenCheck, Plan, Standing
from hipkg.reading.assertions import read_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, StatementState


class Aspect(StrEnum):
    """What a reason makes of an order, the gravest first.

    What is open, and what goes along with what is ordered, speaks neither for nor against it.
    """

    CONTRAINDICATED = "contraindicated"
    INTERACTION = "interaction"
    DUPLICATE = "duplicate"
    CAUTION = "caution"
    INDICATED = "indicated"
    CONSIDERED = "considered"
    WAITING = "waiting"
    ALONG = "along-with"
    OPEN = "open"
    UNSUPPORTED = "unsupported"


AGAINST = frozenset({Aspect.CONTRAINDICATED, Aspect.INTERACTION, Aspect.DUPLICATE, Aspect.CAUTION})
"""The aspects that speak against an order."""

_ASPECTS = {
    ClaimKind.REFUSED: Aspect.CONTRAINDICATED,
    ClaimKind.DISCOURAGED: Aspect.CAUTION,
    ClaimKind.HELD_BACK: Aspect.CAUTION,
    ClaimKind.ORDER_UNGUARDED: Aspect.CAUTION,
    ClaimKind.UNGUARDED: Aspect.CAUTION,
    ClaimKind.CHOSEN_OTHERWISE: Aspect.DUPLICATE,
    ClaimKind.INDICATED: Aspect.INDICATED,
    ClaimKind.FULFILLED: Aspect.INDICATED,
    ClaimKind.GUARDING: Aspect.INDICATED,
    ClaimKind.GUARDED: Aspect.INDICATED,
    ClaimKind.AWAITED: Aspect.WAITING,
    ClaimKind.GUARD_AWAITED: Aspect.OPEN,
    ClaimKind.GATE_AWAITED: Aspect.OPEN,
    ClaimKind.REFUSAL_AWAITED: Aspect.OPEN,
    ClaimKind.DISCOURAGEMENT_AWAITED: Aspect.OPEN,
}
_NEUTRAL = {Aspect.ALONG, Aspect.OPEN}
_ALONG = {hip.indicates, hip.safeguardsWith, hip.specifies}
_UNDECIDED = {State.LATER, State.MAY_APPLY}
_RANKS = {one: rank for rank, one in enumerate(Aspect)}


@shown_by("aspect", "statement", "site")
class Reason(NamedTuple):
    """One thing that speaks for or against an order.

    ``statement`` is empty where no statement says it, as of a repetition. ``found`` is what is on record of the danger
    that a statement speaks of, ``with_drugs`` those of the other treatments among it, ``lacks`` what a statement waits
    for, or what would lift it; ``check`` is a limit that is broken, and ``beside`` and ``done`` what is repeated. Of a
    statement that would speak because of what the plan advises as well, ``beside`` names that.
    """

    aspect: Aspect
    statement: str = ""
    site: str = ""
    text: str = ""
    document: str = ""
    source: str = ""
    strength: str = ""
    evidence: str = ""
    found: tuple[Found, ...] = ()
    with_drugs: tuple[str, ...] = ()
    lacks: tuple[Gap, ...] = ()
    check: Check | None = None
    beside: str = ""
    done: Done | None = None


@shown_by("label", "site", "verdict")
class CheckedOrder(NamedTuple):
    """An order with its verdict, the gravest of what its reasons make of it, and the dangers that are not excluded."""

    node: str
    intervention: str
    label: str
    site: str
    verdict: Aspect
    reasons: tuple[Reason, ...]
    open_checks: tuple[OpenCheck, ...]
    instead: tuple[str, ...]

    @property
    def opposed(self) -> bool:
        """Tell whether anything speaks against the order."""
        return self.verdict in AGAINST


@dataclass(frozen=True)
class OrderCheck:
    """The orders of a patient as they were checked, in the plan that has them on record."""

    plan: Plan
    orders: tuple[CheckedOrder, ...]

    @property
    def opposed(self) -> bool:
        """Tell whether anything speaks against any of the orders."""
        return any(one.opposed for one in self.orders)


def check_order(planned: Planned, orders: Sequence[str] = ()) -> OrderCheck:
    """Check orders beside each other as if they were on record, or without any those that are on record.

    Parameters: ``orders`` name an intervention by its label, another name, its term or a code, and may add a site and
    a daily dose. Raises `UsageError` for what is not understood, and what `plan_patient` raises.
    """
    if not orders:
        return _Checker(planned).check(_planned_nodes(planned))
    knowledge, record = planned.knowledge, planned.record
    nodes = []
    for text in orders:
        change, node = read_order(_by_label(text, knowledge), record, knowledge)
        record = changed_by(record, change)
        nodes.append(node)
    ordered = plan_patient(replace(record, source=f"{record.source}, with the orders"), planned.request, knowledge)
    return _Checker(ordered).check(nodes)


def _planned_nodes(planned: Planned) -> list[str]:
    return sorted(planned.derivation.facts.members.get(hip.PlannedActivity, ()))


def _by_label(text: str, knowledge: Knowledge) -> str:
    """Write an order that begins with a term or a code with the label of that, and leave any other as it is."""
    first, _, rest = text.strip().partition(" ")
    if (term := expand(first)) in knowledge.interventions:
        return f"{knowledge.label(term)} {rest}"
    if not any(one.isdigit() for one in first):
        return text
    system, bar, code = first.rpartition("|")
    systems = [system] if bar else [one.system for one in knowledge.terminology.systems]
    found = [one for name in systems for one in knowledge.terminology.of_code(name, code) if one.asserts]
    meant = {expand(one.term): one for one in found if expand(one.term) in knowledge.interventions}
    if len(meant) != 1:
        named = "; ".join(sorted(map(knowledge.label, meant)))
        remedy = f"It can mean: {named}." if named else "Look it up with `hipkg codes`, or write the label."
        raise UsageError(f"The code {first!r} names no one treatment.", place="--order", remedy=remedy)
    ((iri, mapping),) = meant.items()
    place = " ".join(map(knowledge.label, (*mapping.sides, *filter(None, [mapping.site and expand(mapping.site)]))))
    where = f"at {place} " if len(mapping.sides) == 1 and mapping.site and " at " not in f" {rest}" else ""
    return f"{knowledge.label(iri)} {where}{rest}"


class _Checker:
    """Read from a plan what it says of orders on record."""

    def __init__(self, planned: Planned) -> None:
        self._plan = planned.plan
        self._facts = planned.derivation.facts
        self._knowledge = planned.knowledge
        self._dangers = Dangers(planned.derivation, planned.knowledge, planned.record.iri, planned.request.selection)
        self._there = given(self._facts, self._knowledge)

    def check(self, nodes: Iterable[str]) -> OrderCheck:
        return OrderCheck(
            self._plan,
            tuple(self._checked(one, kind) for one in nodes for kind in kinds_given(one, self._facts, self._knowledge)),
        )

    def _checked(self, node: str, kind: str) -> CheckedOrder:
        places = self._places(node)
        actions = [one for one in self._plan.actions if self._is_about(one, kind) and self._at(one, places)]
        reasons = [
            *(reason for one in actions for reason in self._said(one, kind)),
            *self._objections(kind, places),
            *self._along(kind, places),
            *self._breaches(node),
            *self._repeated(node, kind, places),
            *self._beside_advised(node),
            *self._done(actions),
        ]
        kept: dict[object, Reason] = {}
        for one in sorted(reasons, key=lambda it: (_RANKS[it.aspect], it.statement, it.site, it.beside)):
            kept.setdefault((one.statement, one.site) if one.statement and not one.check else one, one)
        verdict = min(
            (one.aspect for one in kept.values() if one.aspect not in _NEUTRAL), key=_RANKS.__getitem__, default=None
        )
        own = [one for one in actions if kind == one.intervention or one.planned]
        names = {one.place: one.site for one in self._plan.actions}
        return CheckedOrder(
            node,
            kind,
            self._knowledge.label(kind),
            " and ".join(sorted({names[one] for one in self._targets(node) if names.get(one)})),
            verdict or Aspect.UNSUPPORTED,
            tuple(kept.values()),
            self._dangers.unexcluded_of(kind, self._subjects(places)),
            tuple(dict.fromkeys(label for one in own for label in one.instead)),
        )

    def _subjects(self, places: set[str]) -> set[str]:
        """Collect the patient and the problems of whom statements speak at some places, or at any."""
        states = (one for one in self._plan.statements if not places or one.place in {"", *places})
        return {self._plan.patient, *(node for one in states for node in one.subjects)}

    def _targets(self, node: str) -> list[str]:
        return sorted(self._facts.nodes(node, hip.targets))

    def _places(self, node: str) -> set[str]:
        return self._facts.reach(self._targets(node), hip.partOf)

    def _at(self, action: Action, places: set[str]) -> bool:
        return not places or action.place in {"", *places}

    def _is_about(self, action: Action, kind: str) -> bool:
        """Tell whether an action is of what is ordered, of a class of it, or of a practice that it carries out."""
        if self._knowledge.is_a(kind, action.intervention):
            return True
        realised_by = self._knowledge.interventions[action.intervention].realised_by
        parts = leaves(realised_by, self._knowledge.definitions) if action.realised else frozenset()
        return any(one in self._knowledge.interventions and self._knowledge.is_a(kind, one) for one in parts)

    def _said(self, action: Action, kind: str) -> Iterator[Reason]:
        """Read what the plan claims for an action; of a practice only what speaks against it."""
        practice = not self._knowledge.is_a(kind, action.intervention)
        for claim, states in action.claimed.items():
            aspect = _ASPECTS.get(claim)
            if aspect is not None and (aspect in AGAINST or not practice):
                yield from (self._reason(aspect, one, kind) for one in states if not self._overruled(one))

    def _objections(self, kind: str, places: set[str]) -> Iterator[Reason]:
        """Read what speaks against an order, or may, where the plan has no action of it because nothing advises it."""
        is_a = self._knowledge.is_a
        for state in self._plan.statements:
            info = self._knowledge.by_id[state.id]
            reach = REACHING.get(info.effect)
            if reach is None or (places and state.place not in {"", *places}) or self._overruled(state):
                continue
            if any(is_a(kind, one) for one in (info.accompanies if reach.companions else (info.intervention,))):
                if state.state == reach.state:
                    yield self._reason(_ASPECTS[reach.kind], state, kind)
                elif state.state in _UNDECIDED and info.effect in OBJECTING:
                    yield self._reason(Aspect.OPEN, state, kind)

    def _overruled(self, state: StatementState) -> bool:
        """Tell whether advice outweighs what a statement has against something."""
        return any(
            one.opposed_by == state.id and one.site == state.site and one.decided_for == one.advised_by
            for one in self._plan.conflicts
        )

    def _reason(self, aspect: Aspect, state: StatementState, kind: str) -> Reason:
        info = self._knowledge.by_id[state.id]
        found = self._dangers.behind(info) if aspect in AGAINST else ()
        drugs = self._treatments(kind)
        others = tuple(one.label for one in found if one.label in drugs)
        if not self._knowledge.documents[info.document].safety:
            found = tuple(one for one in found if one.label in drugs)
        if aspect == Aspect.CAUTION and others:
            aspect = Aspect.INTERACTION
        if aspect == Aspect.INDICATED and info.modality == Modality.CONSIDER:
            aspect = Aspect.CONSIDERED
        return Reason(
            aspect,
            state.id,
            state.site,
            info.text,
            info.document,
            self._knowledge.documents[info.document].title,
            info.strength,
            info.quality,
            found,
            others,
            state.lifted_by if aspect in AGAINST else (*state.context_lacks, *state.unmet),
        )

    def _treatments(self, kind: str) -> frozenset[str]:
        """Name what else the patient has now or has planned."""
        is_a = self._knowledge.is_a
        kinds = {one.intervention for one in self._there}
        return frozenset(self._knowledge.label(one) for one in kinds if not (is_a(one, kind) or is_a(kind, one)))

    def _along(self, kind: str, places: set[str]) -> Iterator[Reason]:
        """Find what statements want done along with what is ordered, and how, or do not want it to go along with."""
        for state in self._plan.statements:
            info = self._knowledge.by_id[state.id]
            if places and state.place not in {"", *places}:
                continue
            if any(self._knowledge.is_a(kind, one) for one in info.accompanies):
                if state.state == State.NOW and info.effect in _ALONG:
                    yield self._reason(Aspect.INTERACTION if self._weakens(info) else Aspect.ALONG, state, kind)
                elif state.state == State.MUST_NOT and info.effect == hip.discourages:
                    yield self._reason(Aspect.CAUTION, state, kind)

    def _weakens(self, info: StatementInfo) -> bool:
        """Tell whether a statement says that something is weakened that the patient has now or has planned."""
        is_a = self._knowledge.is_a
        return any(is_a(one.intervention, it) for one in self._there for it in info.counteracts)

    def _breaches(self, node: str) -> Iterator[Reason]:
        for state in self._plan.statements:
            for check in state.checks:
                if check.alarm and node in check.activities:
                    yield self._reason(Aspect.CAUTION, state, "")._replace(check=check, found=(), with_drugs=())

    def _repeated(self, node: str, kind: str, places: set[str]) -> Iterator[Reason]:
        """Find what else runs or is ordered of the same, or of a class of drugs of which one is enough."""
        label = self._knowledge.label
        for other in self._there:
            elsewhere = other.places
            if other.node == node or (places and elsewhere and places.isdisjoint(elsewhere)):
                continue
            if shared := repeats(kind, other.intervention, self._knowledge):
                of = "" if shared in {kind, other.intervention} else f", another {label(shared)}"
                yield Reason(Aspect.DUPLICATE, beside=f"{label(other.intervention)} {other.standing}{of}")

    def _beside_advised(self, node: str) -> Iterator[Reason]:
        """Find what statements would say of an order if what the plan advises beside it were given as well."""
        for one in self._plan.interactions:
            advised = tuple(it.label for it in one.beside if it.standing == Standing.ADVISED)
            if advised and any(node in it.activities for it in one.treatments):
                for id_ in one.statements:
                    info = self._knowledge.by_id[id_]
                    yield Reason(
                        Aspect.CAUTION if info.effect in OBJECTING else Aspect.ALONG,
                        id_,
                        one.site,
                        info.text,
                        info.document,
                        self._knowledge.documents[info.document].title,
                        info.strength,
                        info.quality,
                        with_drugs=advised,
                        beside=f"{listed(advised, 'and')} {Standing.ADVISED}",
                    )

    def _done(self, actions: Iterable[Action]) -> Iterator[Reason]:
        """Find by what an order was carried out already and needs no repetition yet."""
        for action in actions:
            for one in action.done:
                if one.counts and action.planned:
                    yield Reason(Aspect.DUPLICATE, site=action.site, done=one)
