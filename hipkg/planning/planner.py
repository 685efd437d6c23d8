"""Assemble the plan of a patient: ordered actions with their statements, gaps, parameters, conflicts and questions."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import DERIVED_FROM
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.choices import shared_choices
from hipkg.knowledge.frame.claims import ADVISING, OBJECTIONS, ClaimKind, Status
from hipkg.knowledge.frame.speaking import FIRMNESS, speaking
from hipkg.knowledge.records import UNGRADED
from hipkg.planning.alongside import Beside
from hipkg.planning.by_place import ByPlace
from hipkg.planning.conflicts import Conflicts
from hipkg.planning.courses import Courses
from hipkg.planning.dangers import Dangers
from hipkg.planning.gaps import Gap
from hipkg.planning.interactions import Interactions
from hipkg.planning.page import is_confronted_with_danger
from hipkg.planning.parameters import Parameters
from hipkg.planning.places import SiteNames
from hipkg.planning.prominence import Outline
from hipkg.planning.questions import Questions
from hipkg.planning.ranking import Importance, in_order
from hipkg.planning.records import Action, Plan
from hipkg.planning.states import States
from hipkg.planning.unused import UnusedFacts
from hipkg.record.facts import text_of
from hipkg.validation.findings import conforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Grade, InterventionInfo, Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
    from hipkg.planning.records import StatementState
    from hipkg.record.patient import Unread
    from hipkg.validation.findings import Finding

_RANKS = {status: rank for rank, status in enumerate(Status)}
# Members of enumerations are looked up once: that costs more than comparing them.
_LATER = State.LATER
_CONDITIONAL, _CONTRAINDICATED, _CONFLICT = Status.CONDITIONAL, Status.CONTRAINDICATED, Status.CONFLICT
_HELD_BACK, _REFUSED_BY, _SPECIFIED, _ORDER_UNGUARDED = (
    ClaimKind.HELD_BACK,
    ClaimKind.REFUSED,
    ClaimKind.SPECIFIED,
    ClaimKind.ORDER_UNGUARDED,
)
_REFUSED = {Status.CONTRAINDICATED, Status.AVOID}
_UNSETTLED = {Status.CONDITIONAL, Status.CAUTION}


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
        self._knowledge = knowledge
        self._patient = patient
        self._as_of = as_of
        self._selection = selection
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._sites = SiteNames(derivation, knowledge)
        self._dangers = Dangers(derivation, knowledge, patient, selection)
        self._courses = Courses(derivation, knowledge, patient, as_of)
        self._parameters = Parameters(derivation, knowledge, self._sites)
        self._states = States(derivation, knowledge, patient, self._sites, self._courses, as_of=as_of)
        self._questions = Questions(derivation, knowledge, patient, self._sites, self._states.measurer, unread=unread)
        occurring = {knowledge.interventions[one.intervention].phase for one in derivation.actions}
        self._phases = {phase: number for number, phase in enumerate(sorted(occurring), start=1)}

    def plan(self, engine: str, findings: Sequence[Finding]) -> Plan:
        """Assemble the plan."""
        selection = self._selection
        states = {one.iri: self._states.of(one) for one in self._derivation.evaluations}
        weighed = self._ordered(self._action(one, states) for one in self._derivation.actions)
        actions = tuple(self._with_alternatives(weighed))
        outline = Outline.of(states.values(), self._knowledge)
        unused = tuple(UnusedFacts(self._derivation, self._knowledge, self._patient).find(states.values()))
        beside = Beside(
            self._derivation,
            self._knowledge,
            self._patient,
            self._courses,
            parameters=self._parameters,
            dangers=self._dangers,
        )
        alongside = tuple(beside.find(actions, states, {one.node for one in unused}))
        questions = (
            *self._questions.of_statements(states, actions),
            *self._questions.of_dangers(actions, alongside),
            *self._questions.of_findings(findings),
        )
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
            conflicts=Conflicts(
                self._derivation, self._knowledge, self._sites, self._parameters, self._evaluations
            ).find(),
            questions=in_order(
                questions,
                Importance(
                    states.values(),
                    actions,
                    outline,
                    self._knowledge,
                    asked=questions,
                    premature=self._questions.premature(questions),
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

    def _sources(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """List what the nodes of the record say that they were derived from."""
        recorded = self._derivation.facts.objects.get(DERIVED_FROM, {})
        return tuple(
            (node, tuple(sorted(text_of(one) for one in sources))) for node, sources in sorted(recorded.items())
        )

    def _action(self, derived: DerivedAction, states: dict[str, StatementState]) -> Action:
        info = self._knowledge.interventions[derived.intervention]
        evaluations = self._gathered(derived)
        deciding = self._deciding(derived, evaluations)
        parameters = self._parameters.of_action(derived, states)
        told_by = self._speaking(derived)
        advising = [self._knowledge.statements[self._evaluations[one].statement] for one in derived.among(ADVISING)]
        strength, evidence = self._grades([one.id for one in told_by])
        settled = derived.status not in _UNSETTLED
        holding = [one for one in evaluations if not settled or one.state != _LATER] or evaluations
        ids = sorted([self._knowledge.statements[one.statement].id for one in holding])
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
            self._courses.named_there(derived.intervention, derived.site, self._derivation.running),
            self._courses.named_there(derived.intervention, derived.site, self._derivation.planned),
            self._courses.all_done(derived),
            tuple([self._courses.course(one) for one in self._courses.past(derived, info)]),
            tuple([self._courses.course(one) for one in self._courses.ongoing(derived, info)]),
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
        return [
            one for one in gathered if self._knowledge.statements[one.statement].effect != hip.specifies
        ] or gathered

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
        contexts = [context for one in evaluations for context in self._knowledge.statements[one.statement].applies_to]
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
        found = (it for node in sorted(nodes) for it in self._states.measurer.activities(info.realised_by, node))
        kinds = (self._knowledge.label(kind) for one in found for kind in facts.nodes(one, hip.ofIntervention))
        names = [one for one in dict.fromkeys(kinds) if one not in label]
        return f"{label} ({', '.join(names)})" if names else label

    def _check_to_make(self, evaluation: str) -> Gap:
        check = self._knowledge.statements[self._evaluations[evaluation].statement].intervention
        return Gap(check, self._knowledge.label(check), Answer.UNMET)

    def _speaking(self, derived: DerivedAction) -> list[StatementInfo]:
        """List the statements that give an action its modality, and so its grade."""
        kinds = speaking(derived.claimed, derived.decisive)
        infos = [
            self._knowledge.statements[self._evaluations[iri].statement]
            for kind in kinds
            for iri in derived.claimed[kind]
        ]
        return [one for one in infos if one.modality == derived.modality]

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
