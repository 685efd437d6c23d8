"""Assemble the plan of a patient: ordered actions with their statements, gaps, parameters, conflicts and questions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from hipkg.knowledge import load
from hipkg.measure import Gap, Measurer
from hipkg.terms import HIP, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import rdflib

    from hipkg.derive import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge import Knowledge, StatementInfo
    from hipkg.validation import Finding

NOT_STATED = "not stated"
STATUSES = ("indicated", "caution", "conditional", "conflict", "contraindicated", "avoid", "satisfied")
_LIFTING = {HIP + "contraindicates", HIP + "holdsBack", HIP + "discourages"}


@dataclass(frozen=True, slots=True)
class StatementState:
    """The state of one statement at one place of a patient.

    ``site`` is a label such as "left hip", empty for the patient as a whole; ``unmet`` says what a waiting statement
    lacks, ``lifted_by`` what would lift one that refuses or holds back; ``on_boundary`` names the requirements that are
    fulfilled on exactly the day that they ask for.
    """

    id: str
    state: str
    subjects: tuple[str, ...]
    site: str
    place: str
    unmet: tuple[Gap, ...]
    lifted_by: tuple[Gap, ...]
    ruled_out_by: tuple[str, ...]
    on_boundary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """How an action is to be carried out, as one statement says; bounds are in ``unit`` and empty where not numeric."""

    statement: str
    intervention: str
    label: str
    text: str
    quantity: str
    lower: str
    upper: str
    unit: str
    side: str


@dataclass(frozen=True, slots=True)
class Action:
    """One intervention at one place, with the status that its statements give it.

    ``strength`` and ``evidence`` are the best that a statement for this status states; ``phase`` counts from 1 and
    orders actions by the treatments that they wait for.
    """

    intervention: str
    label: str
    category: str
    status: str
    site: str
    place: str
    problem: str
    statements: tuple[str, ...]
    strength: str
    evidence: str
    unmet: tuple[Gap, ...]
    parameters: tuple[Parameter, ...]
    phase: int
    running: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements that pull an action in opposite directions, and what decides between them."""

    intervention: str
    label: str
    site: str
    advised_by: str
    opposed_by: str
    rule: str
    decided_for: str


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that is not known and on which statements wait."""

    requirement: str
    text: str
    site: str
    statements: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The plan of one patient."""

    patient: str
    as_of: date
    ontology_version: str
    engine: str
    documents: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    statements: tuple[StatementState, ...]
    actions: tuple[Action, ...]
    conflicts: tuple[Conflict, ...]
    questions: tuple[Question, ...]

    def states(self, statement_id: str) -> tuple[str, ...]:
        """List the states of a statement, one for each place it concerns."""
        return tuple(one.state for one in self.statements if one.id == statement_id)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, as ``hipkg/schemas/plan.schema.json`` describes it."""
        from hipkg.render.jsonplan import plan_to_json

        return plan_to_json(self, load())

    def to_json(self) -> str:
        """Write the plan as JSON."""
        from hipkg.render.jsonplan import plans_to_json

        return plans_to_json((self,), load())

    def to_graph(self) -> rdflib.Graph:
        """Return the plan as an rdflib graph that conforms to ``shapes/plan.ttl``."""
        from hipkg.render.rdf import plan_rdflib_graph

        return plan_rdflib_graph(self, load())

    def to_turtle(self) -> str:
        """Write the plan as Turtle."""
        from hipkg.render.rdf import plans_to_turtle

        return plans_to_turtle((self,), load())

    def to_markdown(self) -> str:
        """Write the plan as Markdown that stands alone in a note."""
        from hipkg.render.markdown import plan_to_markdown

        return plan_to_markdown(self, load())

    def to_text(self, width: int | None = None) -> str:
        """Write the plan as plain text of a width in columns."""
        from hipkg.render.text import plans_to_text

        return plans_to_text((self,), load(), width=width)

    def _repr_html_(self) -> str:
        from hipkg.render.html import plan_to_html

        return plan_to_html(self, load())


class Planner:
    """Turn the derivation of one patient into a plan."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge, patient: str, as_of: date) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._patient = patient
        self._as_of = as_of
        self._measurer = Measurer(derivation.store, knowledge, as_of)
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._sites = SiteNames(derivation, knowledge)
        self._by_id = {info.id: info for info in knowledge.statements.values()}
        self._specifying = [
            (one, self._info(one))
            for one in derivation.evaluations
            if one.state == "now" and self._info(one).effect == HIP + "specifies"
        ]

    def plan(self, engine: str, findings: Sequence[Finding], documents: Sequence[str]) -> Plan:
        """Assemble the plan."""
        states = {one.iri: self._state(one) for one in self._derivation.evaluations}
        actions = self._ordered(self._action(one, states) for one in self._derivation.actions)
        return Plan(
            self._patient,
            self._as_of,
            self._knowledge.version,
            engine,
            tuple(documents) or tuple(sorted(info.id for info in self._knowledge.documents.values())),
            not any(one.severity == "violation" for one in findings),
            tuple(findings),
            tuple(sorted(states.values(), key=lambda one: (one.id, one.site, one.place))),
            actions,
            self._conflicts(),
            self._questions(states, actions),
        )

    def _info(self, evaluation: Evaluation) -> StatementInfo:
        return self._knowledge.statements[evaluation.statement]

    def _state(self, evaluation: Evaluation) -> StatementState:
        info = self._info(evaluation)
        nodes = (*evaluation.subjects, self._patient)
        waiting = evaluation.state == "later-if"
        unmet = [gap for one in evaluation.awaits for gap in self._measurer.gaps(one, nodes)] if waiting else []
        if waiting:
            unmet += [Gap(one, f"{self._knowledge.label(one)} in the plan", "unmet") for one in evaluation.lacks]
        refusing = evaluation.state == "must-not" and info.effect in _LIFTING
        lifting = (
            [gap for one in evaluation.may_be_lifted_by for gap in self._measurer.gaps(one, nodes)] if refusing else []
        )
        ruled = [*evaluation.refutes, *(one for one in info.except_for if one in evaluation.meets)]
        checked = [one for one in (*info.requires, *info.except_for) if one in evaluation.meets]
        return StatementState(
            info.id,
            evaluation.state,
            evaluation.subjects,
            self._sites.name(evaluation.site),
            evaluation.site,
            tuple(unmet),
            tuple(lifting),
            tuple(self._knowledge.label(one) for one in ruled) if evaluation.state == "ruled-out" else (),
            tuple(self._knowledge.label(one) for one in checked if self._measurer.boundary(one, nodes)),
        )

    def _action(self, derived: DerivedAction, states: dict[str, StatementState]) -> Action:
        info = self._knowledge.interventions[derived.intervention]
        objections = {*derived.refused_by, *derived.held_back_by, *derived.discouraged_by}
        evaluations = [self._evaluations[one] for one in sorted({*derived.based_on, *objections})]
        deciding = self._deciding(derived, evaluations)
        parameters = self._parameters(derived)
        specifying = [self._by_id[one.statement] for one in parameters]
        strength, evidence = self._grades([*map(self._info, deciding), *specifying])
        settled = derived.status not in {"conditional", "caution"}
        ids = sorted(self._info(one).id for one in evaluations if not (settled and one.state == "later-if"))
        return Action(
            derived.intervention,
            info.label,
            info.category,
            derived.status,
            self._sites.name(derived.site),
            derived.site,
            self._problem(deciding or evaluations),
            tuple(ids),
            strength,
            evidence,
            self._unmet(derived, states),
            parameters,
            info.phase,
            self._running(derived),
        )

    def _deciding(self, derived: DerivedAction, evaluations: list[Evaluation]) -> list[Evaluation]:
        """Pick the evaluations that give an action its status."""
        by_status = {
            "contraindicated": set(derived.refused_by),
            "avoid": set(derived.discouraged_by),
            "conflict": {*derived.discouraged_by, *derived.based_on},
        }
        chosen = by_status.get(derived.status)
        if chosen is None:
            advising = {HIP + "indicates", HIP + "safeguardsWith"}
            chosen = {one.iri for one in evaluations if self._info(one).effect in advising} or set(derived.held_back_by)
        return [one for one in evaluations if one.iri in chosen]

    @staticmethod
    def _grades(infos: list[StatementInfo]) -> tuple[str, str]:
        strongest = max(infos, key=lambda one: (one.strength_rank or 0, one.id), default=None)
        best = max(infos, key=lambda one: (one.quality_rank or 0, one.id), default=None)
        strength = strongest.strength if strongest and strongest.strength_rank else NOT_STATED
        return strength, best.quality if best and best.quality_rank else NOT_STATED

    def _problem(self, evaluations: list[Evaluation]) -> str:
        """Name the context that an action is for, by the first class its statements apply to."""
        contexts = sorted({one for evaluation in evaluations for one in self._info(evaluation).applies_to})
        common = sorted(contexts, key=lambda one: (sum(one in self._info(e).applies_to for e in evaluations) * -1, one))
        return self._knowledge.label(common[0]) if common else ""

    def _unmet(self, derived: DerivedAction, states: dict[str, StatementState]) -> tuple[Gap, ...]:
        if derived.status == "conditional":
            gaps = [gap for one in derived.based_on for gap in states[one].unmet]
            gaps += [gap for one in derived.held_back_by for gap in states[one].lifted_by]
        elif derived.status == "contraindicated":
            gaps = [gap for one in derived.refused_by for gap in states[one].lifted_by]
        else:
            gaps = []
        return tuple(dict.fromkeys(gaps))

    def _running(self, derived: DerivedAction) -> bool:
        place = ox.NamedNode(derived.site or self._patient)
        return (
            ox.Quad(place, ox.NamedNode(HIP + "hasNow"), ox.NamedNode(derived.intervention)) in self._derivation.store
        )

    def _parameters(self, derived: DerivedAction) -> tuple[Parameter, ...]:
        """Collect what holding statements specify about an action, or about what accompanies it."""
        kinds = self._knowledge.interventions[derived.intervention].superclasses | {derived.intervention}
        found = []
        for evaluation, info in self._specifying:
            same_place = not evaluation.site or not derived.site or evaluation.site == derived.site
            if same_place and ({info.intervention, *info.accompanies} & kinds):
                found.append(self._parameter(info, evaluation))
        return tuple(sorted(found, key=lambda one: one.statement))

    def _parameter(self, info: StatementInfo, evaluation: Evaluation) -> Parameter:
        intervention = self._knowledge.interventions[info.intervention]
        side = self._sites.opposite(evaluation.site) if intervention.side_rule == "contralateral" else ""
        phrase = intervention.side_phrase.replace("{side}", side) if side else ""
        return Parameter(
            info.id,
            info.intervention,
            intervention.label,
            info.text,
            info.quantity,
            info.lower,
            info.upper,
            info.unit,
            phrase,
        )

    def _ordered(self, actions: Iterable[Action]) -> tuple[Action, ...]:
        """Sort actions by status, phase and weight of their statements, and number the phases that occur from 1."""
        found = list(actions)
        numbers = {phase: number for number, phase in enumerate(sorted({one.phase for one in found}), start=1)}
        renumbered = [replace(one, phase=numbers[one.phase]) for one in found]
        return tuple(sorted(renumbered, key=self._order))

    def _order(self, action: Action) -> tuple[object, ...]:
        infos = [self._by_id[one] for one in action.statements]
        strength = max((one.strength_rank or 0 for one in infos), default=0)
        quality = max((one.quality_rank or 0 for one in infos), default=0)
        weight = (-strength, -quality, -len(infos))
        return (STATUSES.index(action.status), action.phase, *weight, action.label, action.site, action.place)

    def _conflicts(self) -> tuple[Conflict, ...]:
        actions = {one.iri: one for one in self._derivation.actions}
        found = []
        for one in self._derivation.conflicts:
            action = actions[one.action]
            advice, objection = (self._info(self._evaluations[iri]).id for iri in (one.advice, one.objection))
            winner = self._info(self._evaluations[one.winner]).id if one.winner else ""
            label = self._knowledge.label(action.intervention)
            found.append(
                Conflict(action.intervention, label, self._sites.name(action.site), advice, objection, one.rule, winner)
            )
        return tuple(sorted(found, key=lambda one: (one.label, one.site, one.advised_by, one.opposed_by)))

    def _questions(self, states: dict[str, StatementState], actions: tuple[Action, ...]) -> tuple[Question, ...]:
        """Gather the unknown parts by question, those on which most depends first."""
        asked: dict[tuple[str, str], set[str]] = {}
        for state in states.values():
            for gap in (*state.unmet, *state.lifted_by):
                if gap.question and gap.answer == "unknown":
                    asked.setdefault((gap.requirement, state.site), set()).add(state.id)
        labels: dict[tuple[str, str], set[str]] = {}
        for action in actions:
            for one in action.statements:
                labels.setdefault((one, action.site), set()).add(action.label)
        questions = [self._question(requirement, site, ids, labels) for (requirement, site), ids in asked.items()]
        return tuple(
            sorted(questions, key=lambda one: (-len(one.actions), -len(one.statements), one.requirement, one.site))
        )

    def _question(
        self, requirement: str, site: str, ids: set[str], labels: dict[tuple[str, str], set[str]]
    ) -> Question:
        touched = {label for one in ids for label in labels.get((one, site), ())}
        text = self._knowledge.questions[requirement]
        return Question(requirement, text, site, tuple(sorted(ids)), tuple(sorted(touched)))


class SiteNames:
    """Name the body sites of a patient, such as "left hip"."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        store = derivation.store
        sides = store.quads_for_pattern(None, ox.NamedNode(HIP + "hasSide"), None, ox.DefaultGraph())
        self._sides = {_iri(quad.subject): _iri(quad.object) for quad in sides}
        self._kinds: dict[str, str] = {}
        for site in {one.site for one in derivation.evaluations if one.site}:
            typed = store.quads_for_pattern(ox.NamedNode(site), ox.NamedNode(RDF_TYPE), None, ox.DefaultGraph())
            types = {_iri(quad.object) for quad in typed}
            self._kinds[site] = max(types, key=lambda one: (len(knowledge.superclasses.get(one, ())), one), default="")

    def name(self, site: str) -> str:
        """Name a site with its side, or return an empty string for none."""
        if not site:
            return ""
        side = self._knowledge.label(self._sides[site]) + " " if site in self._sides else ""
        return side + self._knowledge.label(self._kinds.get(site, site))

    def opposite(self, site: str) -> str:
        """Name the side opposite to that of a site, or return an empty string if it has none."""
        side = self._sides.get(site)
        return self._knowledge.label(self._knowledge.opposites[side]) if side else ""


def _iri(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
