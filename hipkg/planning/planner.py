"""Assemble the plan of a patient: ordered actions with their statements, gaps, parameters, conflicts and questions."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hipkg.base import hip
from hipkg.base.numbers import read
from hipkg.base.vocabulary import DERIVED_FROM, OBJECTING, expand
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.choices import shared_choices
from hipkg.knowledge.frame.claims import ADVISING, OBJECTIONS, PURSUED, ClaimKind, Status
from hipkg.knowledge.frame.speaking import FIRMNESS, speaking
from hipkg.knowledge.memo import kept
from hipkg.knowledge.records import UNGRADED
from hipkg.knowledge.trials import trials
from hipkg.owl.expression import leaves
from hipkg.planning.bounds import Check, Checker
from hipkg.planning.by_place import ByPlace
from hipkg.planning.clashes import clashing_actions, clashing_bounds
from hipkg.planning.dangers import Dangers
from hipkg.planning.gaps import Gap, Measurer
from hipkg.planning.interactions import Interactions, kinds_given
from hipkg.planning.page import is_confronted_with_danger
from hipkg.planning.prominence import Outline
from hipkg.planning.ranking import Importance, in_order
from hipkg.planning.records import (
    Action,
    Alongside,
    Conflict,
    Course,
    Done,
    OpenCheck,
    Parameter,
    Place,
    Plan,
    Question,
    Result,
    Scope,
    StatementState,
)
from hipkg.planning.unused import UnusedFacts
from hipkg.record.facts import NOTHING, text_of
from hipkg.record.patient import EntryKind
from hipkg.validation.findings import conforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
    from datetime import date

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation, Outlook
    from hipkg.knowledge.records import Grade, InterventionInfo, Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
    from hipkg.planning.clashes import Clash
    from hipkg.record.patient import Unread
    from hipkg.validation.findings import Finding

_RANKS = {status: rank for rank, status in enumerate(Status)}
# Members of enumerations are looked up once: that costs more than comparing them.
_NOW, _LATER, _MUST_NOT, _RULED_OUT, _SATISFIED = (
    State.NOW,
    State.LATER,
    State.MUST_NOT,
    State.RULED_OUT,
    State.SATISFIED,
)
_LIFTABLE = {_MUST_NOT, _RULED_OUT}
_CONDITIONAL, _CONTRAINDICATED, _CONFLICT = Status.CONDITIONAL, Status.CONTRAINDICATED, Status.CONFLICT
_HELD_BACK, _REFUSED_BY, _SPECIFIED, _ORDER_UNGUARDED = (
    ClaimKind.HELD_BACK,
    ClaimKind.REFUSED,
    ClaimKind.SPECIFIED,
    ClaimKind.ORDER_UNGUARDED,
)
_REFUSED = {Status.CONTRAINDICATED, Status.AVOID}
_WAITING = {State.LATER, State.MAY_APPLY}
_UNSETTLED = {Status.CONDITIONAL, Status.CAUTION}
_TREATING = {hip.indicates, hip.contraindicates, hip.discourages, hip.holdsBack}
_DETAILING = {hip.specifies, hip.safeguardsWith}
_Asked: TypeAlias = dict[tuple[str, str, str], set[tuple[str, str]]]
"""The statements that ask, with their sites, by the requirement, the wording and the site of a question."""


class _Endangering(NamedTuple):
    """What is given, with the interventions that it is a kind of and the dangers that are not excluded."""

    label: str
    site: str
    kinds: frozenset[str]
    open_checks: tuple[OpenCheck, ...]


class Planner:
    """Turn the derivation of one patient into a plan; the selection is that of the derivation."""

    def __init__(
        self,
        derivation: Derivation,
        knowledge: Knowledge,
        patient: str,
        as_of: date,
        selection: Selection,
        *,
        unread: Sequence[Unread] = (),
    ) -> None:
        self._derivation = derivation
        self._unread = [one for one in unread if one.current and not one.known]
        self._knowledge = knowledge
        self._patient = patient
        self._as_of = as_of
        self._measurer = Measurer(derivation.facts, knowledge, as_of)
        self._checker = Checker(derivation.facts, knowledge, as_of)
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._sites = SiteNames(derivation, knowledge)
        self._selection = selection
        self._dangers = Dangers(derivation, knowledge, patient, selection)
        occurring = {knowledge.interventions[one.intervention].phase for one in derivation.actions}
        self._phases = {phase: number for number, phase in enumerate(sorted(occurring), start=1)}
        self._specifying: dict[str, list[tuple[Evaluation, StatementInfo]]] = {}
        for one in derivation.evaluations:
            info = self._info(one)
            if one.state == _NOW and info.effect in _DETAILING:
                for intervention in {info.intervention, *info.accompanies}:
                    self._specifying.setdefault(intervention, []).append((one, info))

    def plan(self, engine: str, findings: Sequence[Finding]) -> Plan:
        """Assemble the plan."""
        selection = self._selection
        states = {one.iri: self._state(one) for one in self._derivation.evaluations}
        weighed = self._ordered(self._action(one, states) for one in self._derivation.actions)
        actions = tuple(self._with_alternatives(weighed))
        outline = Outline.of(states.values(), self._knowledge)
        unused = tuple(UnusedFacts(self._derivation, self._knowledge, self._patient).find(states.values()))
        alongside = tuple(self._alongside(actions, states, {one.node for one in unused}))
        questions = (*self._questions(states, actions), *self._unexcluded(actions, alongside), *self._missing(findings))
        told = {one.node for one in alongside}
        return Plan(
            patient=self._patient,
            as_of=self._as_of,
            ontology_version=self._knowledge.version,
            engine=engine,
            documents=selection.documents or tuple(sorted(info.id for info in self._knowledge.documents.values())),
            valid=conforms(findings),
            findings=tuple(findings),
            statements=tuple(sorted(states.values(), key=attrgetter("id", "site", "place"))),
            actions=actions,
            conflicts=self._conflicts(),
            questions=in_order(
                questions,
                Importance(
                    states.values(),
                    actions,
                    outline,
                    self._knowledge,
                    asked=questions,
                    premature=self._premature(questions),
                ),
            ),
            interactions=Interactions(self._derivation, self._knowledge, self._patient, selection).find(
                states.values(), actions
            ),
            min_strength=selection.min_strength,
            min_evidence=selection.min_evidence,
            grade_objections=selection.grade_objections,
            sources=self._sources(),
            places=self._sites.places,
            leading=outline.documents,
            unused=tuple(one for one in unused if one.node not in told),
            alongside=alongside,
        )

    def _alongside(
        self, actions: Sequence[Action], states: Mapping[str, StatementState], unused: Set[str]
    ) -> Iterator[Alongside]:
        """List what runs or is ordered, and is told neither by an action nor as a danger of one.

        What nothing uses is none of it, unless it is ordered and has dangers that are not excluded.
        """
        facts = self._derivation.facts
        told = {name for one in states.values() for name in (*one.current, *one.planned)}
        for one in actions:
            told.update(one.current, (it.label for danger in one.dangers for it in danger.found))
            if one.status != _CONDITIONAL or one.by(_HELD_BACK, _ORDER_UNGUARDED):
                told.update(one.planned)
        there = {*facts.nodes(self._patient, hip.hasActivity)}
        for cls, ordered in ((hip.CurrentActivity, False), (hip.PlannedActivity, True)):
            for node in sorted(facts.members.get(cls, NOTHING).intersection(there)):
                if not any(facts.nodes(node, hip.ofIntervention)):
                    continue  # It is of nothing, which validation tells.
                kinds = kinds_given(node, facts, self._knowledge)
                label, treats = self._named(node), facts.is_a(node, hip.TreatmentCourse)
                if told.isdisjoint((label, *map(self._knowledge.label, kinds))):
                    around = self._around(node)
                    found = (it for kind in kinds for it in self._dangers.unexcluded_of(kind, around))
                    checks = tuple(dict.fromkeys(found)) if ordered and treats else ()
                    if node in unused and not checks:
                        continue
                    day = self._first(node, hip.startDate, hip.requestedOn)
                    brought = self._dangers.brought_in_by(kinds)
                    places = set(facts.nodes(node, hip.targets))
                    specified = self._specified(kinds, places, states)
                    parameters = tuple(one for one in specified if ordered or not self._is_check(one))
                    yield Alongside(node, kinds, label, ordered, treats, day, brought, checks, parameters)

    def _is_check(self, parameter: Parameter) -> bool:
        """Tell whether a parameter asks for something before an intervention begins."""
        return self._knowledge.by_id[parameter.statement].effect == hip.safeguardsWith

    def _around(self, activity: str) -> set[str]:
        """Collect the patient and the problems at the sites that an activity is meant for, or all without one."""
        facts = self._derivation.facts
        sites = facts.reach(facts.nodes(activity, hip.targets), hip.partOf)
        problems = [*facts.nodes(self._patient, hip.hasProblem)]
        there = (one for one in problems if not sites or not sites.isdisjoint(facts.nodes(one, hip.locatedIn)))
        return {self._patient, *there}

    def _sources(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """List what the nodes of the record say that they were derived from."""
        recorded = self._derivation.facts.objects.get(DERIVED_FROM, {})
        return tuple(
            (node, tuple(sorted(text_of(one) for one in sources))) for node, sources in sorted(recorded.items())
        )

    def _info(self, evaluation: Evaluation) -> StatementInfo:
        return self._knowledge.statements[evaluation.statement]

    def _state(self, evaluation: Evaluation) -> StatementState:
        info, state = self._info(evaluation), evaluation.state
        # In the order of the record: naming the fields of hundreds of states takes a fiftieth of a plan's time.
        return StatementState(
            info.id,
            state,
            evaluation.subjects,
            self._sites.name(evaluation.site),
            evaluation.site,
            self._waits_for(evaluation) if state in _WAITING else (),
            self._lifted_by(evaluation, info) if state in _LIFTABLE else (),
            self._ruled_out_by(evaluation, info) if state == _RULED_OUT else (),
            self._labels(info.satisfied_by, evaluation) if state == _SATISFIED else (),
            self._on_boundary(evaluation, info) if evaluation.meets else (),
            self._context_lacks(evaluation, info) if evaluation.lacks_fact else (),
            self._checker.checks(evaluation) if evaluation.compares else (),
            self._context(evaluation, info) if state == _LATER else (),
            *(self._spoken_against(evaluation, info) if evaluation.lacks_fact else ()),
        )

    def _spoken_against(self, evaluation: Evaluation, info: StatementInfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name what runs and what is planned of an act that a statement would refuse or hold back if it applied."""
        if not evaluation.would_keep_out(info):
            return (), ()
        named = partial(self._named_there, info.intervention, evaluation.site)
        return named(self._derivation.running), named(self._derivation.planned)

    def _context(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Scope, ...]:
        """List what the document of a waiting statement is about and is not known to hold."""
        document, is_a = self._knowledge.documents[info.document], self._knowledge.is_a
        if not document.advice_requires:
            return ()
        scope = [
            one
            for one in document.advice_requires
            if not self._derivation.facts.any_is_a(self._nodes(evaluation), one)
            and any(is_a(awaited, one) for awaited in evaluation.awaits)
        ]
        only = (
            bool(scope)
            and not evaluation.lacks
            and all(any(is_a(awaited, one) for one in scope) for awaited in evaluation.awaits)
        )
        return tuple(
            Scope(document.id, one, self._knowledge.label(one), only, self._parts(one, evaluation)) for one in scope
        )

    def _parts(self, requirement: str, evaluation: Evaluation) -> tuple[str, ...]:
        return tuple(gap.requirement for gap in self._gaps((requirement,), evaluation))

    def _nodes(self, evaluation: Evaluation) -> tuple[str, ...]:
        return (*evaluation.subjects, self._patient)

    def _waits_for(self, evaluation: Evaluation) -> tuple[Gap, ...]:
        unmet = self._gaps(evaluation.awaits, evaluation)
        if not evaluation.lacks:
            return unmet
        lacking = (Gap(one, f"{self._knowledge.label(one)} in the plan", Answer.UNMET) for one in evaluation.lacks)
        return (*unmet, *lacking)

    def _context_lacks(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Gap, ...]:
        """Say what the context of a statement lacks; what is asked fulfils the context itself."""
        knowledge, (context,) = self._knowledge, info.applies_to
        return tuple(
            Gap(context, knowledge.label(one), Answer.UNKNOWN, question=knowledge.questions.get(one, ""))
            for one in evaluation.lacks_fact
        )

    def _gaps(self, classes: tuple[str, ...], evaluation: Evaluation) -> tuple[Gap, ...]:
        """Measure what is missing for some classes to hold."""
        nodes = self._nodes(evaluation)
        measured = [self._measurer.gaps(one, nodes) for one in classes]
        return measured[0] if len(measured) == 1 else tuple(chain.from_iterable(measured))

    def _lifted_by(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Gap, ...]:
        """Say what would lift a statement that objects, or would defeat the exception that rules one out."""
        if evaluation.state == _MUST_NOT:
            return self._gaps(evaluation.may_be_lifted_by, evaluation) if info.effect in OBJECTING else ()
        defeating = (self._knowledge.defeated_by.get(one, "") for one in info.except_for if one in evaluation.meets)
        return self._gaps(tuple(one for one in defeating if one in self._knowledge.questions), evaluation)

    def _ruled_out_by(self, evaluation: Evaluation, info: StatementInfo) -> tuple[str, ...]:
        return (
            *map(self._knowledge.label, evaluation.refutes),
            *self._labels(info.except_for + info.ended_by, evaluation),
        )

    def _on_boundary(self, evaluation: Evaluation, info: StatementInfo) -> tuple[str, ...]:
        nodes = self._nodes(evaluation)
        met = [one for one in (*info.requires, *info.except_for) if one in evaluation.meets]
        return tuple(self._knowledge.label(one) for one in met if self._measurer.boundary(one, nodes))

    def _labels(self, classes: Iterable[str], evaluation: Evaluation) -> tuple[str, ...]:
        """Name those of some classes that hold."""
        return tuple(self._knowledge.label(one) for one in classes if one in evaluation.meets)

    def _action(self, derived: DerivedAction, states: dict[str, StatementState]) -> Action:
        info = self._knowledge.interventions[derived.intervention]
        evaluations = self._gathered(derived)
        deciding = self._deciding(derived, evaluations)
        parameters = self._parameters(derived, states)
        told_by = self._speaking(derived)
        advising = [self._info(self._evaluations[one]) for one in derived.among(ADVISING)]
        strength, evidence = self._grades([one.id for one in told_by])
        settled = derived.status not in _UNSETTLED
        holding = [one for one in evaluations if not settled or one.state != _LATER] or evaluations
        ids = sorted([self._info(one).id for one in holding])
        return Action(
            derived.intervention,
            info.label,
            info.category,
            derived.status,
            derived.modality,
            derived.fulfilment,
            min(shared_choices(advising), default=""),
            self._realised(info, evaluations) if info.realised_by else "",
            self._sites.name(derived.site),
            derived.site,
            self._problem(deciding or evaluations),
            tuple(ids),
            strength.label,
            evidence.label,
            self._unmet(derived, states),
            parameters,
            self._phases[info.phase],
            self._named_there(derived.intervention, derived.site, self._derivation.running),
            self._named_there(derived.intervention, derived.site, self._derivation.planned),
            self._all_done(derived),
            tuple([self._course(one) for one in self._past(derived, info)]),
            tuple([self._course(one) for one in self._ongoing(derived, info)]),
            {kind: tuple([states[iri] for iri in some]) for kind, some in derived.claimed.items()},
            self._dangers.of(derived),
            self._dangers.unexcluded(derived, evaluations),
            wishes=self._wishes(info),
        )

    def _with_alternatives(self, actions: Sequence[Action]) -> Iterator[Action]:
        """Name for what a safety module refuses or holds back what else is advised now for what it serves."""
        interventions = self._knowledge.interventions
        indicated = ByPlace(one for one in actions if one.status == Status.INDICATED)
        for one in actions:
            serves = interventions[one.intervention].serves if is_confronted_with_danger(one) else ""
            others = indicated.reaching(one.place) if serves else ()
            instead = dict.fromkeys(it.label for it in others if self._knowledge.is_a(it.intervention, serves))
            yield one._replace(instead=tuple(instead)) if instead else one

    def _gathered(self, derived: DerivedAction) -> list[Evaluation]:
        """List what is said of an action; what only specifies it is told as its parameters, unless that is all."""
        claimed, iris = derived.claimed, derived.based_on
        if not OBJECTIONS.isdisjoint(claimed):
            iris = tuple(sorted({*iris, *derived.among(OBJECTIONS)}))
        gathered = [self._evaluations[one] for one in iris]
        if _SPECIFIED not in claimed:
            return gathered
        return [one for one in gathered if self._info(one).effect != hip.specifies] or gathered

    def _deciding(self, derived: DerivedAction, evaluations: list[Evaluation]) -> list[Evaluation]:
        """Pick the evaluations that give an action its status."""
        if derived.status in _REFUSED:
            chosen: Collection[str] = derived.claimed[derived.decisive]
        elif derived.status == _CONFLICT:
            chosen = (*derived.by(ClaimKind.DISCOURAGED), *derived.based_on)
        else:
            chosen = derived.among(ADVISING) or derived.claimed.get(_HELD_BACK, ())
        return evaluations if len(chosen) == len(evaluations) else [one for one in evaluations if one.iri in chosen]

    def _grades(self, ids: Iterable[str]) -> tuple[Grade, Grade]:
        """Return the best strength and the best quality that any of some statements has."""
        strength = quality = UNGRADED
        for one in ids:
            its_strength, its_quality = self._knowledge.grades[one]
            strength, quality = max(strength, its_strength), max(quality, its_quality)
        return strength, quality

    def _problem(self, evaluations: list[Evaluation]) -> str:
        """Name the context that an action is for, by the class that most of its statements apply to."""
        contexts = [context for one in evaluations for context in self._info(one).applies_to]
        if len(contexts) < 2:  # noqa: PLR2004 - one context needs no choice
            return self._knowledge.label(contexts[0]) if contexts else ""
        return self._knowledge.label(min(set(contexts), key=lambda one: (-contexts.count(one), one)))

    def _unmet(self, derived: DerivedAction, states: dict[str, StatementState]) -> tuple[Gap, ...]:
        if derived.status == _CONDITIONAL:
            gaps = [gap for one in derived.based_on for gap in states[one].unmet]
            gaps += [gap for one in derived.claimed.get(_HELD_BACK, ()) for gap in states[one].lifted_by]
            gaps += [self._check_to_make(one) for one in derived.claimed.get(_ORDER_UNGUARDED, ())]
        elif derived.status == _CONTRAINDICATED:
            gaps = [gap for one in derived.claimed.get(_REFUSED_BY, ()) for gap in states[one].lifted_by]
        else:
            return ()
        return tuple(dict.fromkeys(gaps))

    def _wishes(self, info: InterventionInfo) -> tuple[str, ...]:
        """Name the wishes of the patient that speak against an intervention."""
        members = self._derivation.facts.members
        return tuple([self._knowledge.label(one) for one in info.unwanted_for if members.get(one)])

    def _realised(self, info: InterventionInfo, evaluations: Iterable[Evaluation]) -> str:
        """Say by which class of patients, and by what they take, something is carried out; empty if it is not."""
        nodes = {self._patient, *(node for one in evaluations for node in one.subjects)}
        is_a = self._derivation.facts.any_is_a
        carried_out = is_a(nodes, info.realised_by) and not (info.realised_unless and is_a(nodes, info.realised_unless))
        if not carried_out:
            return ""
        label, facts = self._knowledge.label(info.realised_by), self._derivation.facts
        found = (it for node in sorted(nodes) for it in self._measurer.activities(info.realised_by, node))
        kinds = (self._knowledge.label(kind) for one in found for kind in facts.nodes(one, hip.ofIntervention))
        names = [one for one in dict.fromkeys(kinds) if one not in label]
        return f"{label} ({', '.join(names)})" if names else label

    def _past(self, derived: DerivedAction, info: InterventionInfo) -> tuple[str, ...]:
        """List the courses that are over of an intervention, and of its parts if each of them was begun."""
        if not info.comprises:
            return derived.past
        there = [one for one in self._derivation.actions if one.site == derived.site]
        parts = [one for one in there if one.intervention in info.comprises]
        begun = {
            one.intervention
            for one in parts
            if one.past or self._named_there(one.intervention, one.site, self._derivation.running)
        }
        if not begun.issuperset(info.comprises):
            return derived.past
        return tuple(sorted({*derived.past, *chain.from_iterable(one.past for one in parts)}))

    def _ongoing(self, derived: DerivedAction, info: InterventionInfo) -> Iterator[str]:
        """List the courses that run of an intervention, or of those that it comprises, at its place."""
        facts, wanted = self._derivation.facts, {derived.intervention, *info.comprises}
        for one in sorted(facts.members.get(hip.CurrentActivity, ())):
            kinds = facts.nodes(one, hip.ofIntervention)
            targets = [*facts.nodes(one, hip.targets)]
            there = not targets or derived.site in facts.reach(targets, hip.partOf)
            if there and any(self._knowledge.is_a(kind, it) for kind in kinds for it in wanted):
                yield one

    def _check_to_make(self, evaluation: str) -> Gap:
        check = self._info(self._evaluations[evaluation]).intervention
        return Gap(check, self._knowledge.label(check), Answer.UNMET)

    def _speaking(self, derived: DerivedAction) -> list[StatementInfo]:
        """List the statements that give an action its modality, and so its grade."""
        kinds = speaking(derived.claimed, derived.decisive)
        infos = [self._info(self._evaluations[iri]) for kind in kinds for iri in derived.claimed[kind]]
        return [one for one in infos if one.modality == derived.modality]

    def _named_there(self, itself: str, site: str, there: Mapping[str, Set[str]]) -> tuple[str, ...]:
        """Name what a patient has, or has planned, of an intervention at a place, as narrowly as it is recorded."""
        known = there.get(site or self._patient, NOTHING)
        if itself not in known:
            return ()
        is_a, composed = self._knowledge.is_a, self._knowledge.composed
        kinds = [one for one in known if is_a(one, itself) and (one == itself or one not in composed)]
        return tuple(sorted(map(self._knowledge.label, self._knowledge.narrowest(kinds))))

    def _all_done(self, derived: DerivedAction) -> tuple[Done, ...]:
        """Tell what was carried out of an action, that which counts before the rest."""
        if not (derived.done_by or derived.fulfilled_by or derived.done_before):
            return ()
        counting = tuple(dict.fromkeys((*derived.done_by, *derived.fulfilled_by)))
        before = (one for one in derived.done_before if one not in counting)
        return tuple([self._done(one, counts=one in counting) for one in (*counting, *before)])

    def _done(self, activity: str, *, counts: bool) -> Done:
        day = self._first(activity, hip.endDate, hip.startDate)
        old_after = self._old_after(activity, day)
        return Done(
            node=activity,
            label=self._named(activity),
            day=day,
            counts=counts and not old_after,
            requested="" if day else self._first(activity, hip.requestedOn),
            result=self._result(activity),
            old_after=old_after,
        )

    def _result(self, activity: str) -> Result | None:
        """Tell what an activity found, if that is recorded."""
        value, text = read(self._first(activity, hip.resultValue)), self._first(activity, hip.resultText)
        found = value is not None or text
        return Result(value, self._first(activity, hip.resultUnit), text) if found else None

    def _old_after(self, activity: str, day: str) -> int:
        """Give the years for which an activity settles what it is of, where they are over on any day it can be of."""
        of = min(self._derivation.facts.nodes(activity, hip.ofIntervention))
        years = self._knowledge.settled_for_years.get(of, 0)
        today = self._as_of.isoformat()
        earliest = f"{int(today[:4]) - years}{today[4:]}"
        return years if years and day and day + "-12-31"[len(day) - 4 :] < earliest else 0

    def _course(self, activity: str) -> Course:
        ended = [self._first(activity, prop) for prop in (hip.hasStatus, hip.hasOutcome, hip.stoppedBecause)]
        status, outcome, reason = (self._knowledge.label(one) if one else "" for one in ended)
        return Course(
            node=activity,
            label=self._named(activity),
            start=self._first(activity, hip.startDate),
            end=self._first(activity, hip.endDate),
            status=status,
            outcome=outcome,
            reason=reason,
            unfavourable=not self._knowledge.unfavourable.isdisjoint(ended),
        )

    def _named(self, activity: str) -> str:
        """Name an activity by what it is of."""
        return self._knowledge.label(min(self._derivation.facts.nodes(activity, hip.ofIntervention)))

    def _first(self, node: str, *props: str) -> str:
        """Return the first value that a node has of any of some properties, or an empty string."""
        values = self._derivation.facts.values
        return next((text for prop in props for text in sorted(map(text_of, values(node, prop)))), "")

    def _parameters(self, derived: DerivedAction, states: dict[str, StatementState]) -> tuple[Parameter, ...]:
        """Collect what holding statements specify about an action or what goes with it, safety checks included.

        An action that is refused is not carried out, so nothing specifies it.
        """
        if derived.status in _REFUSED:
            return ()
        return self._specified((derived.intervention,), {derived.site} - {""}, states)

    def _specified(
        self, interventions: Iterable[str], places: Set[str], states: Mapping[str, StatementState]
    ) -> tuple[Parameter, ...]:
        """Collect what holding statements specify about interventions at some places, or at any if there are none."""
        kinds = {(kind, one) for one in interventions for kind in self._specifying.keys() & self._knowledge.named[one]}
        found = {
            evaluation.iri: self._parameter(info, evaluation, states[evaluation.iri].checks)
            for kind, intervention in kinds
            for evaluation, info in self._specifying[kind]
            if (not evaluation.site or not places or evaluation.site in places)
            and not (info.effect == hip.safeguardsWith and info.intervention == intervention)
        }
        return tuple(found[iri] for iri in sorted(found, key=lambda iri: (found[iri].statement, iri)))

    def _parameter(self, info: StatementInfo, evaluation: Evaluation, checks: tuple[Check, ...]) -> Parameter:
        intervention = self._knowledge.interventions[info.intervention]
        side = self._sites.opposite(evaluation.site) if intervention.side_rule == "contralateral" else ""
        phrase = intervention.side_phrase.replace("{side}", side) if side else ""
        return Parameter(
            statement=info.id,
            intervention=info.intervention,
            label=intervention.label,
            text=info.text,
            bounds=info.bounds,
            checks=checks,
            side=phrase,
        )

    def _ordered(self, actions: Iterable[Action]) -> tuple[Action, ...]:
        """Sort actions by status, phase and grades, and those that stand alike in the order of the documents."""
        return tuple(sorted(actions, key=self._order))

    def _order(self, action: Action) -> tuple[object, ...]:
        strength, quality = self._grades(action.statements)
        return (
            _RANKS[action.status],
            FIRMNESS[action.modality],
            action.phase,
            -strength.rank,
            -quality.rank,
            min(action.shown or action.statements, default=""),
            action.label,
            action.site,
            action.place,
        )

    def _conflicts(self) -> tuple[Conflict, ...]:
        actions = {one.iri: one for one in self._derivation.actions}
        found = []
        for one in self._derivation.conflicts:
            action = actions[one.action]
            advice, objection = (self._info(self._evaluations[iri]).id for iri in (one.advice, one.objection))
            winner = self._info(self._evaluations[one.winner]).id if one.winner else ""
            label = self._knowledge.label(action.intervention)
            found.append(
                Conflict(
                    intervention=action.intervention,
                    label=label,
                    site=self._sites.name(action.site),
                    advised_by=advice,
                    opposed_by=objection,
                    rule=one.rule,
                    decided_for=winner,
                )
            )
        found += [self._clash(one) for one in self._clashes()]
        return tuple(sorted(found, key=lambda one: (one.label, one.site, one.advised_by, one.opposed_by)))

    def _clashes(self) -> Iterator[Clash]:
        """Find what the plan asks for and that does not go together."""
        specifying = {one.iri: one for some in self._specifying.values() for one, _ in some}
        yield from clashing_bounds([specifying[iri] for iri in sorted(specifying)], self._knowledge)
        pursued = [one for one in self._derivation.actions if one.status in PURSUED]
        advice = {one.iri: reason for one in pursued if (reason := self._advice(one))}
        yield from clashing_actions(pursued, advice, self._knowledge)

    def _advice(self, action: DerivedAction) -> Evaluation | None:
        """Pick the first evaluation that advises an action."""
        return next((self._evaluations[one] for one in action.by(ClaimKind.INDICATED)), None)

    def _clash(self, clash: Clash) -> Conflict:
        label, site = self._knowledge.label(clash.intervention), self._sites.name(clash.site)
        one, other = sorted((self._info(clash.one).id, self._info(clash.other).id))
        return Conflict(
            intervention=clash.intervention,
            label=label,
            site=site,
            advised_by=one,
            opposed_by=other,
            rule=clash.kind,
            decided_for="",
        )

    def _questions(self, states: dict[str, StatementState], actions: tuple[Action, ...]) -> list[Question]:
        """Gather the unknown parts by question."""
        asked: _Asked = {}
        for state in states.values():
            # What is unknown besides an unknown context is asked for once that is known.
            for gap in state.context_lacks or (*state.unmet, *state.lifted_by):
                if gap.question and gap.answer == Answer.UNKNOWN:
                    # A fact about the patient is asked once, whatever sites its statements are about.
                    site = "" if self._knowledge.is_a(gap.requirement, hip.Patient) else state.site
                    key = gap.requirement, self._wording(gap), site
                    asked.setdefault(key, set()).add((state.id, state.site))
        asked = self._together(asked)
        touching: dict[str, set[str]] = {}
        for id_, site in set().union(*asked.values()):
            touching.setdefault(site, set()).add(id_)
        labels: dict[tuple[str, str], set[str]] = {}
        for action in actions:
            for one in touching.get(action.site, NOTHING).intersection(action.statements):
                labels.setdefault((one, action.site), set()).add(action.label)
        for state in states.values():
            info = self._knowledge.by_id[state.id]
            if (state.context_lacks and info.effect in _TREATING) or (state.state == _RULED_OUT and state.lifted_by):
                labels.setdefault((state.id, state.site), set()).add(self._knowledge.label(info.intervention))
        return [self._question(one, text, site, asking, labels) for (one, text, site), asking in asked.items()]

    def _unexcluded(self, actions: Iterable[Action], alongside: Iterable[Alongside]) -> Iterator[Question]:
        """Ask for the dangers of what is given or to be given, once for all that have the same ones."""
        given = [_Endangering(one.label, one.site, self._kinds_there(one), one.open_checks) for one in actions]
        for other in alongside:
            of = kinds_given(other.node, self._derivation.facts, self._knowledge)
            kinds = frozenset(kind for it in of for kind in self._kinds(it))
            given.append(_Endangering(other.label, "", kinds, other.open_checks))
        asking: dict[tuple[str, str], list[_Endangering]] = {}
        for one in given:
            for asked in dict.fromkeys(it.asked for it in one.open_checks):
                site = "" if self._knowledge.is_a(asked, hip.Patient) else one.site
                asking.setdefault((asked, site), []).append(one)
        all_open = {
            key: {it.requirement for one in some for it in one.open_checks if it.asked == key[0]}
            for key, some in asking.items()
        }
        for (asked, site), some in asking.items():
            open_ = all_open[asked, site]
            if any(open_ < other for (_, place), other in all_open.items() if place in {"", site}):
                continue  # Another question asks for all of it.
            kinds = frozenset(kind for one in some for kind in one.kinds)
            ids = {id_ for it in open_ for id_ in self._speaking_of(it, kinds)}
            labels = sorted({one.label for one in some})
            text = self._knowledge.questions.get(asked) or self._knowledge.label(asked)
            yield Question(asked, text, site, tuple(sorted(ids)), tuple(labels), unread=self._could_be(asked))

    def _speaking_of(self, danger: str, kinds: Collection[str]) -> list[str]:
        """List the statements about some interventions whose context is a danger, or else is a part of it."""
        infos = [*self._knowledge.of_context.get(danger, ())] or [
            info
            for context, some in self._knowledge.of_context.items()
            if self._knowledge.is_a(context, danger)
            for info in some
        ]
        return [info.id for info in infos if info.intervention in kinds]

    def _kinds_there(self, action: Action) -> frozenset[str]:
        """List what an action is a kind of, with the kinds of it that are taken or ordered."""
        if not (action.current or action.planned):
            return self._kinds(action.intervention)
        below = (one for one in self._there if self._knowledge.is_a(one, action.intervention))
        return self._kinds(action.intervention).union(below)

    @cached_property
    def _there(self) -> frozenset[str]:
        """What the patient has or has planned of all interventions, wherever that is."""
        return frozenset().union(*self._derivation.running.values(), *self._derivation.planned.values())

    def _kinds(self, intervention: str) -> frozenset[str]:
        return self._knowledge.interventions[intervention].superclasses | {intervention}

    def _premature(self, questions: Iterable[Question]) -> frozenset[tuple[str, str]]:
        """List the requirements, with their sites, whose questions presuppose what the record does not have."""
        return frozenset(
            (one.requirement, one.site)
            for one in questions
            if (needed := self._knowledge.presupposed.get(one.requirement))
            and not self._derivation.facts.any_is_a(self._asked_of(one), needed)
        )

    def _asked_of(self, question: Question) -> Iterator[str]:
        """List the nodes that a question is about: the patient, and the subjects of the statements that ask."""
        yield self._patient
        asking = {self._knowledge.by_id[one].iri for one in question.statements}
        for one in self._derivation.evaluations:
            if one.statement in asking and question.site in {"", self._sites.name(one.site)}:
                yield from one.subjects

    def _wording(self, gap: Gap) -> str:
        """Word the question that asks for a gap: all that is unknown of what was tried is asked for in one."""
        gathering = self._knowledge.questions.get(hip.TreatmentCourse, "")
        if gathering and trials(gap.requirement, self._knowledge):
            return gathering
        of_patient = self._knowledge.is_a(gap.requirement, hip.Patient)
        return self._measurer.question(gap.requirement, [self._patient]) if of_patient else gap.question

    def _together(self, asked: _Asked) -> _Asked:
        """Ask what the patient tried together with what was tried for a site, where all who ask are about that one."""
        gathering = self._knowledge.questions.get(hip.TreatmentCourse, "")
        same = {key: asking for key, asking in asked.items() if key[1] == gathering}
        sites = {site for asking in same.values() for _, site in asking} - {""}
        if len(sites) != 1:
            return asked
        (place,) = sites
        return {(one, text, place if text == gathering else site): it for (one, text, site), it in asked.items()}

    def _missing(self, findings: Iterable[Finding]) -> Iterator[Question]:
        """Ask for what validation misses and the plan should ask, once for each node."""
        asked = {(expand(one.asks_for), one.value or one.node, one.asks) for one in findings if one.asks}
        for prop, node, text in sorted(asked):
            yield Question(
                requirement=prop, text=text, site=self._sites.named(node), statements=(), actions=(), node=node
            )

    def _question(
        self,
        requirement: str,
        text: str,
        site: str,
        asking: set[tuple[str, str]],
        labels: dict[tuple[str, str], set[str]],
    ) -> Question:
        touched: set[str] = set().union(*[labels.get(one, NOTHING) for one in asking])
        return Question(
            requirement=requirement,
            text=text,
            site=site,
            statements=tuple(sorted({id_ for id_, _ in asking})),
            actions=tuple(sorted(touched)),
            unread=self._could_be(requirement),
        )

    def _could_be(self, requirement: str) -> tuple[str, ...]:
        """Name what of the record was not understood and could be what a question asks: a drug, a disease."""
        kinds = _kinds_asked(requirement, self._knowledge) if self._unread else NOTHING
        return tuple(one.name for one in self._unread if one.kind in kinds)


@kept
def _kinds_asked(requirement: str, knowledge: Knowledge) -> frozenset[EntryKind]:
    """List the kinds of entries that can meet a requirement: drugs, and of one on the patient, diseases.

    Requirements on a place ask for what its pain and its films show, which other entries tell.
    """
    needed = leaves(requirement, knowledge.definitions)
    drugs = any(knowledge.interventions[one].is_drug for one in needed if one in knowledge.interventions)
    of_patient = knowledge.is_a(requirement, hip.Patient)
    diseases = of_patient and any(knowledge.is_a(one, hip.Condition) for one in needed)
    return frozenset([EntryKind.DRUG] * drugs + [EntryKind.CONDITION] * diseases)


class SiteNames:
    """Name the body sites of a patient, such as "left hip"."""

    def __init__(self, derivation: Derivation | Outlook, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        graph = derivation.facts
        recorded = graph.objects.get(hip.hasSide, {}).keys() - knowledge.terms
        self._sides = {site: max(graph.nodes(site, hip.hasSide), default="") for site in recorded}
        self._graph = graph
        self._names = {"": ""}
        self.places: tuple[Place, ...] = ()
        for site in sorted({one.site for one in derivation.evaluations if one.site} - knowledge.terms):
            self._names[site] = self.named(site)
            self.places += (Place(site, self._kind(site), self._sides.get(site, "")),)

    def name(self, site: str) -> str:
        """Name a site with its side, or return an empty string for none."""
        return self._names.get(site) or self._knowledge.label(site)

    def named(self, node: str) -> str:
        """Name any node by its side and its narrowest class."""
        side = self._knowledge.label(self._sides[node]) + " " if node in self._sides else ""
        return side + self._knowledge.label(self._kind(node))

    def _kind(self, node: str) -> str:
        above = self._knowledge.superclasses
        return max(self._graph.classes(node), key=lambda one: (len(above.get(one, ())), one), default="")

    def opposite(self, site: str) -> str:
        """Name the side opposite to that of a site, or return an empty string if it has none."""
        side = self._sides.get(site)
        return self._knowledge.label(self._knowledge.opposites[side]) if side else ""
