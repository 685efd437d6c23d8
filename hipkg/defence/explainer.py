"""Explain a plan: from an action or a statement down to what is recorded of the patient, or to what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.vocabulary import OBJECTING, local_name
from hipkg.defence.alternatives import Reasons
from hipkg.defence.grounds import NO_GROUNDS, Grounds, grounds
from hipkg.defence.prover import Proof, Prover
from hipkg.defence.remedies import NOT_IN_PLAN, Remedies, Remedy, Search, diagnoses_in
from hipkg.defence.ruling import Along, Manner, Reservation, Ruler, going_on
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.claims import ADVISING, OBJECTIONS, PURSUED, ClaimKind, Status
from hipkg.knowledge.wording import English, listed, quoted
from hipkg.planning.gaps import Gap, Measurer
from hipkg.record.facts import text_of_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from hipkg.derivation.records import DerivedAction, Evaluation
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Action, Conflict, Course, Interaction

Slot = Literal["context", "requirement", "exception", "fulfilment", "companion"]
NOT_APPLICABLE = "not-applicable"
PARAMETER = "parameter"
_EFFECT_TO_ROLE = {
    "indicates": "advises",
    "contraindicates": "forbids",
    "discourages": "advises against",
    "holdsBack": "not before",
    "safeguardsWith": "asks for the precaution",
    "specifies": "specifies",
    "informsOn": "informs on",
}
_NOT_TOLD = "No statement that applies to this patient is about it."
_UNTOLD = "No statement of the documents is about it."
_RULES_OF_STATES = {
    PARAMETER: "It is no action of its own: a statement says by it how another is carried out.",
    State.KNOWLEDGE: "It is no action: a statement helps by it to read the situation.",
    State.LATER: "Every statement about it waits for something.",
    State.RULED_OUT: "No statement about it applies here: a requirement is refuted, or an exception holds.",
    State.SATISFIED: "What a statement asks for is done already.",
    State.MAY_APPLY: "What statements about it are for lacks one fact, which is asked for.",
    State.MUST_NOT: "A statement of these documents speaks against it.",
}
_DECIDING = {State.NOW, State.MUST_NOT, State.SATISFIED, State.KNOWLEDGE}
_GROUNDING = 5
"""Of how many statements that decide the grounds are gathered."""
_MANY = 30
"""How many kinds a class has at most whose members are near each other."""
_HOLDING = {State.NOW, State.SATISFIED}
_SETTLED = {*_HOLDING, State.KNOWLEDGE, State.RULED_OUT}
_REFUSING = {Status.CONTRAINDICATED, Status.AVOID, Status.CONDITIONAL, Status.CONFLICT}
_LAST = max(ClaimKind)
_GUARDS = {ClaimKind.GUARDING, ClaimKind.GUARD_AWAITED}


@shown_by("slot", "label", "answer")
@dataclass(frozen=True, slots=True)
class SlotExplanation:
    """One class, or companion, that a statement names, and how it stands.

    ``proof`` shows why the class holds or is refuted,
    or what the nearest way to it lacks; ``also`` are further reasons, each of which is enough; ``gaps`` measure what is
    lacking; ``note`` says how a companion is given.
    """

    slot: Slot
    iri: str
    label: str
    answer: Answer
    proof: Proof | None = None
    gaps: tuple[Gap, ...] = ()
    note: str = ""
    also: tuple[Proof, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether what the slot names is so."""
        return self.answer == Answer.HOLDS


@shown_by("id", "state", "site")
@dataclass(frozen=True, slots=True)
class StatementExplanation:
    """One statement at one place: what it says, where it comes from, and how each of its slots stands.

    ``role`` is what it does about ``intervention``, and ``effect`` the property that says so; ``state`` is its state in
    the plan or `NOT_APPLICABLE`; ``strength`` and ``evidence`` are empty where nothing is stated; ``subjects`` name
    what is in its context;
    ``checks`` compare its bounds with what is recorded.
    """

    id: str
    iri: str
    kind: str
    role: str
    intervention: str
    state: str
    site: str
    text: str
    document: str
    document_title: str
    section: str
    strength: str
    strength_wording: str
    evidence: str
    evidence_wording: str
    references: tuple[str, ...]
    timing: str
    inferred: bool
    subjects: tuple[str, ...]
    slots: tuple[SlotExplanation, ...]
    effect: str
    checks: tuple[Check, ...] = ()

    @property
    def applies(self) -> bool:
        """Tell whether the context of the statement holds."""
        return self.state != NOT_APPLICABLE


@shown_by("label", "site", "status")
class Nearest(NamedTuple):
    """The action of a plan that comes nearest to an intervention which is not in it, with its courses that run."""

    intervention: str
    label: str
    site: str
    status: str
    ongoing: tuple[Course, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Why an action or a statement stands as it does at one place of one patient.

    ``kind`` is ``action`` or ``statement``; ``status`` is the status of the action or the state of the statement;
    ``rule`` says how the status follows from the statements; ``via`` names the wider intervention that the plan speaks
    of, if it is not the one asked for; ``remedies`` are the smallest changes of the record after which it would hold,
    each derived again, and ``beyond`` says why there is none, or what else it would take. ``past`` are the courses of
    the action that are over, those that failed first, and ``ongoing`` those that run; ``wishes`` are those of the
    patient against it; ``before`` names what a check is to be done before, and ``nearest`` what a plan has that lacks
    the action. ``action`` is what the plan has of it; ``reservations`` say how it must not be carried out, ``along``
    what is advised with it, and ``manner`` on which side it is to be done; ``going_on`` tells that it runs, and that
    statements speak only against its beginning. ``paired`` is what its site is called without its side, if it has one;
    ``grounds`` are the facts that count; ``interactions`` are those that it takes part in, or that a statement about it
    speaks of.
    """

    kind: str
    iri: str
    label: str
    patient: str
    site: str
    place: str
    status: str
    rule: str
    via: str
    statements: tuple[StatementExplanation, ...]
    conflicts: tuple[Conflict, ...]
    as_of: date
    ontology_version: str
    engine: str
    remedies: tuple[Remedy, ...] = ()
    beyond: str = ""
    valid: bool = True
    past: tuple[Course, ...] = ()
    wishes: tuple[str, ...] = ()
    ongoing: tuple[Course, ...] = ()
    before: tuple[str, ...] = ()
    nearest: Nearest | None = None
    action: Action | None = None
    reservations: tuple[Reservation, ...] = ()
    along: tuple[Along, ...] = ()
    manner: tuple[Manner, ...] = ()
    going_on: bool = False
    paired: str = ""
    grounds: Grounds = NO_GROUNDS
    interactions: tuple[Interaction, ...] = ()

    @property
    def modality(self) -> str:
        """How firmly the action is asked for, empty where the plan has none."""
        return self.action.modality if self.action else ""

    @property
    def fulfilment(self) -> str:
        """Why the action asks for nothing more, empty where it does."""
        return self.action.fulfilment if self.action else ""


class Explainer:
    """Explain the plan of one patient.

    Parameters: ``thorough`` says whether to look for further reasons, and for what would change an answer.
    """

    def __init__(self, planned: Planned, *, thorough: bool = True) -> None:
        record, derivation, plan, _, knowledge = planned
        self._planned = planned
        self._graph = record
        self._thorough = thorough
        self._derivation = derivation
        self._plan = plan
        self._knowledge = knowledge
        self._english = English(knowledge, record.normalised, record.iri)
        self._prover = Prover(record.triples, derivation.facts.triples(knowledge.terms), knowledge, self._english)
        self._measurer = Measurer(derivation.facts, knowledge, record.as_of)
        self._places: dict[str, str] = {one.place: one.site for one in plan.statements}
        self._places |= {one.place: one.site for one in plan.actions}
        self._told_minimal: dict[tuple[str, str], Proof] = {}
        self._told_further: dict[tuple[str, tuple[str, ...]], tuple[Proof, ...]] = {}
        self._checks = {(one.id, one.subjects): one.checks for one in plan.statements}

    def explain(self, iri: str) -> tuple[Explanation, ...]:
        """Explain the statement or the intervention with an IRI."""
        return self.statement(iri) if iri in self._knowledge.statements else self.action(iri)

    def statement(self, iri: str) -> tuple[Explanation, ...]:
        """Explain a statement at each place where its context holds, or once if it holds nowhere."""
        info = self._knowledge.statements[iri]
        evaluations = [one for one in self._derivation.evaluations if one.statement == iri]
        if not evaluations:
            one = self._unevaluated(info)
            found = self._explanation("statement", iri, (one,), status=one.state, rule="", place="")
            return (self._with_remedies(found, lambda remedies: remedies.of_context(info)),)
        return tuple(map(self._statement_at, evaluations))

    def _statement_at(self, evaluation: Evaluation) -> Explanation:
        one = self._evaluated(evaluation)
        found = self._explanation(
            "statement", evaluation.statement, (one,), status=one.state, rule="", place=evaluation.site
        )
        if evaluation.state in _SETTLED or (evaluation.state == State.MUST_NOT and not evaluation.may_be_lifted_by):
            return found
        return self._with_remedies(found, lambda remedies: remedies.of_statement(evaluation))

    def _with_remedies(self, found: Explanation, ask: Callable[[Remedies], Search]) -> Explanation:
        """Say what would change the answer, and if nothing but a diagnosis would, which one."""
        if not self._thorough:
            return found
        search = ask(self._remedies)
        if search.remedies or search.final or search.exempt:
            return replace(found, remedies=search.remedies, beyond=_final(search.final) or _exempt(search.exempt))
        further = ask(self._with_diagnoses)
        named = sorted({one for remedy in further.remedies for one in diagnoses_in(remedy.change, self._knowledge)})
        beyond = (
            f"Nothing but a diagnosis of {listed(named, 'or')} would change this."
            if named
            else _fruitless(search.goal, search.tried + further.tried)
        )
        return replace(found, beyond=beyond)

    @cached_property
    def _remedies(self) -> Remedies:
        return Remedies(self._planned)

    @cached_property
    def _with_diagnoses(self) -> Remedies:
        return Remedies(self._planned, diagnoses=True)

    def action(self, iri: str) -> tuple[Explanation, ...]:
        """Explain an intervention at each place where the plan, or a statement, speaks of it or of a wider one."""
        actions = {(one.intervention, one.site): one for one in self._derivation.actions}
        places = {one.site for one in self._derivation.evaluations} | {place for _, place in actions}
        found = [self._at_place(iri, place, actions) for place in sorted(places)]
        return tuple(one for one in found if one is not None) or (self._absent(iri),)

    def _at_place(self, iri: str, place: str, actions: dict[tuple[str, str], DerivedAction]) -> Explanation | None:
        """Explain the action of an intervention, or the weightiest wider action, or what else is said of it."""
        evaluations = self._derivation.evaluations
        own = [one for one in evaluations if one.site == place and self._info(one).intervention == iri]
        if (iri, place) in actions:
            action = actions[iri, place]
            advised = not ADVISING.isdisjoint(action.claimed)
            return self._action(iri, action, () if advised else self._advising(self._kin(iri, place, actions)))
        upper = self._knowledge.interventions[iri].superclasses
        wider = [actions[one, place] for one in sorted(upper) if (one, place) in actions]
        if not wider:
            exempt = self._exempt(iri, place)
            if exempt and not own:
                own = [one for one in evaluations if one.site == place and self._info(one).intervention in upper]
            return self._described(iri, place, own, exempt) if own else None
        first = min(wider, key=lambda one: self._bearing(iri, one))
        alike = [one for one in self._kin(iri, place, actions) if one.status == first.status and one in wider]
        return self._action(iri, first, (*own, *self._advising(alike)))

    def _bearing(self, iri: str, wider: DerivedAction) -> tuple[bool, bool, int, int, str]:
        """Put first the wider action that forbids an intervention, then one that is done by it, then by status."""
        done = {one.label for one in self._in_plan[wider.intervention, wider.site].done}
        return (
            wider.status != Status.CONTRAINDICATED,
            self._knowledge.label(iri) not in done,
            [*Status].index(wider.status),
            -len(self._knowledge.interventions[wider.intervention].superclasses),
            wider.intervention,
        )

    def _kin(self, iri: str, place: str, actions: dict[tuple[str, str], DerivedAction]) -> list[DerivedAction]:
        """List the actions at a place of kinds of an intervention, then of what it is a kind of, in its category."""
        is_a, infos = self._knowledge.is_a, self._knowledge.interventions
        there = [
            one
            for (other, where), one in sorted(actions.items())
            if where == place and other != iri and infos[other].category == infos[iri].category
        ]
        kinds = [one for one in there if is_a(one.intervention, iri)]
        return [*kinds, *(one for one in there if is_a(iri, one.intervention))]

    def _advising(self, actions: Iterable[DerivedAction]) -> list[Evaluation]:
        """List what advises some actions."""
        evaluations = {one.iri: one for one in self._derivation.evaluations}
        return [evaluations[one] for action in actions for one in action.among(ADVISING)]

    def _info(self, evaluation: Evaluation) -> StatementInfo:
        return self._knowledge.statements[evaluation.statement]

    def _described(self, iri: str, place: str, evaluations: Iterable[Evaluation], exempt: Sequence[str]) -> Explanation:
        """Explain an intervention that is no action of the plan, though statements about it apply.

        Parameters: ``exempt`` are the statements that speak against beginning it, but not where it runs already.
        """
        order = sorted(evaluations, key=lambda one: (one.state != State.NOW, one.statement))
        status = order[0].state if order[0].state != State.NOW else PARAMETER
        statements = tuple(self._evaluated(one) for one in order)
        rule = going_on(exempt) if exempt else _RULES_OF_STATES[status]
        found = self._explanation("action", iri, statements, status=status, rule=rule, place=place)
        return replace(found, going_on=bool(exempt))

    def _action(self, iri: str, derived: DerivedAction, beside: Iterable[Evaluation]) -> Explanation:
        """Explain an action of the plan, with what is said beside it of the intervention that was asked for."""
        evaluations = {one.iri: one for one in self._derivation.evaluations}
        ruled_out = {one.iri for one in self._derivation.evaluations if self._is_ruled_out(one, derived)}
        chosen = [evaluations[one] for one in {*derived.based_on, *derived.among(OBJECTIONS), *ruled_out}]
        ranked = sorted(chosen, key=lambda one: self._weight(one, derived))
        statements = [self._evaluated(one) for one in dict.fromkeys((*ranked, *beside))]
        site = self._places.get(derived.site, "")
        conflicts = [
            one for one in self._plan.conflicts if (one.intervention, one.site) == (derived.intervention, site)
        ]
        via = "" if derived.intervention == iri else self._knowledge.label(derived.intervention)
        before = self._before(derived)
        planned = self._in_plan[derived.intervention, derived.site]
        found = self._explanation(
            "action",
            iri,
            tuple(statements),
            status=derived.status,
            rule=self._ruler.rule(derived, planned, checked=bool(before), exempt=self._exempt(iri, derived.site)),
            place=derived.site,
        )
        found = replace(
            found,
            via=via,
            conflicts=tuple(conflicts),
            before=before,
            wishes=planned.wishes,
            past=tuple(sorted(planned.past, key=lambda one: (not one.unfavourable, one.start, one.node))),
            ongoing=planned.ongoing,
            action=planned,
            reservations=self._ruler.reservations(planned),
            along=self._ruler.along(planned),
            manner=self._ruler.manner(planned),
        )
        if via or derived.status in PURSUED or derived.decisive == ClaimKind.ORDER_UNGUARDED:
            return found
        return self._with_remedies(found, lambda remedies: remedies.of_action(derived))

    def _is_ruled_out(self, evaluation: Evaluation, derived: DerivedAction) -> bool:
        """Tell whether a statement is ruled out that would be about an action, or would speak against its kind."""
        if evaluation.state != State.RULED_OUT or evaluation.site not in {"", derived.site}:
            return False
        info = self._info(evaluation)
        objects = info.effect in OBJECTING and self._knowledge.is_a(derived.intervention, info.intervention)
        return info.intervention == derived.intervention or objects

    def _weight(self, evaluation: Evaluation, derived: DerivedAction) -> tuple[int, bool, int, int, str, str]:
        """Put first what decides the status of an action, of that the best graded, and what only specifies it last."""
        claimed = next((kind for kind in sorted(OBJECTIONS) if evaluation.iri in derived.claimed.get(kind, ())), None)
        if claimed is not None and derived.status in _REFUSING:
            rank = int(claimed)
        else:
            rank = _LAST + (claimed is not None or evaluation.state not in _HOLDING)
        info = self._info(evaluation)
        specifies = info.effect == hip.specifies
        return rank, specifies, -(info.strength_rank or 0), -(info.quality_rank or 0), info.id, evaluation.iri

    @cached_property
    def _in_plan(self) -> dict[tuple[str, str], Action]:
        return {(one.intervention, one.place): one for one in self._plan.actions}

    def _before(self, derived: DerivedAction) -> tuple[str, ...]:
        """Name what a check is to be done before: what is ordered without it, or all that it is asked for before."""
        evaluations = {one.iri: one for one in self._derivation.evaluations}
        guarding = [] if {*derived.claimed} - _GUARDS else derived.by(*_GUARDS)
        guarded = {
            one.intervention
            for one in self._derivation.actions
            if not {*guarding}.isdisjoint(one.by(ClaimKind.ORDER_UNGUARDED))
        }
        asked = {one for iri in guarding for one in self._info(evaluations[iri]).accompanies} - {derived.intervention}
        return tuple(sorted(map(self._knowledge.label, guarded or asked)))

    def _exempt(self, iri: str, place: str) -> list[str]:
        """Name the statements that speak against beginning an intervention, but not where it runs already."""
        facts, is_a = self._derivation.facts, self._knowledge.is_a
        running = {
            one
            for one in facts.members.get(hip.CurrentActivity, ())
            if any(is_a(kind, iri) for kind in facts.nodes(one, hip.ofIntervention))
        }
        found = {
            info.id
            for one in self._derivation.evaluations
            if one.state == State.RULED_OUT and one.site in {"", place}
            if (info := self._info(one)).effect in OBJECTING and is_a(iri, info.intervention)
            for cls in info.except_for
            if cls in one.meets and not running.isdisjoint(self._cited(cls, one))
        }
        return sorted(found)

    def _cited(self, cls: str, evaluation: Evaluation) -> set[str]:
        """List the nodes that the record speaks of to prove a class of what a statement is judged of."""
        proof = self._shortest([cls], (*evaluation.subjects, self._graph.iri))[1]
        return {text_of_term(one.subject) for one in proof.facts()} if proof else set()

    @cached_property
    def _ruler(self) -> Ruler:
        return Ruler(self._planned)

    def _absent(self, iri: str) -> Explanation:
        """Explain why the plan says nothing of an intervention, by the statements that could have."""
        kinds = {iri, *self._knowledge.interventions[iri].superclasses}
        infos = [one for one in self._knowledge.statements.values() if one.intervention in kinds and self._counts(one)]
        statements = tuple(self._unevaluated(one) for one in sorted(infos, key=lambda one: one.id))
        rule = _NOT_TOLD if statements else _UNTOLD
        found = self._explanation("action", iri, statements, status=NOT_IN_PLAN, rule=rule, place="")
        return replace(found, nearest=self._nearest(iri))

    def _nearest(self, iri: str) -> Nearest | None:
        """Find what the plan has instead of an intervention: a kind of it, or what shares its narrowest class.

        Of several the one that runs is told, or the one that stands first. What shares nothing but a class of
        very many interventions, or is of another category, is not near.
        """
        infos = self._knowledge.interventions
        wanted = infos[iri]
        kinds = Counter(cls for one in infos.values() for cls in one.superclasses)
        found: list[tuple[int, Action]] = []
        for one in self._plan.actions:
            info = infos[one.intervention]
            common = {cls for cls in info.superclasses & wanted.superclasses if kinds[cls] <= _MANY}
            if iri in info.superclasses:
                found.append((len(wanted.superclasses) + 1, one))
            elif common and info.category == wanted.category:
                found.append((max(len(self._knowledge.superclasses.get(it, ())) for it in common), one))
        _, near = max(found, key=lambda one: (one[0], one[1].running), default=(0, None))
        if near is None:
            return None
        return Nearest(near.intervention, near.label, near.site, near.status, near.ongoing, near.shown)

    def _counts(self, info: StatementInfo) -> bool:
        return self._knowledge.documents[info.document].id in self._plan.documents

    def _explanation(
        self, kind: str, iri: str, statements: tuple[StatementExplanation, ...], *, status: str, rule: str, place: str
    ) -> Explanation:
        info = self._knowledge.statements.get(iri)
        return Explanation(
            kind=kind,
            iri=iri,
            label=info.id if info else self._knowledge.label(iri),
            patient=self._graph.iri,
            site=self._places.get(place, ""),
            place=place,
            status=status,
            rule=rule,
            via="",
            statements=statements,
            conflicts=(),
            as_of=self._graph.as_of,
            ontology_version=self._knowledge.version,
            engine=self._plan.engine,
            valid=self._plan.valid,
            paired=self._paired.get(place, ""),
            grounds=grounds([*_deciding(statements)], self._knowledge),
            interactions=tuple(one for one in self._plan.interactions if self._takes_part(iri, place, one)),
        )

    def _takes_part(self, iri: str, place: str, interaction: Interaction) -> bool:
        """Tell whether what is explained is a treatment of an interaction, or a statement that speaks of it."""
        if place and interaction.place not in {"", place}:
            return False
        by_id, is_a = self._knowledge.by_id, self._knowledge.is_a
        saying = {by_id[one].iri: by_id[one].intervention for one in interaction.statements}
        involved = (one.intervention for one in (*interaction.treatments, *interaction.beside))
        return iri in saying or iri in saying.values() or any(is_a(one, iri) for one in involved)

    @cached_property
    def _paired(self) -> dict[str, str]:
        return {one.iri: self._knowledge.label(one.kind) for one in self._plan.places if one.side}

    def _evaluated(self, evaluation: Evaluation) -> StatementExplanation:
        """Explain a statement whose context holds."""
        info = self._info(evaluation)
        nodes = (*evaluation.subjects, self._graph.iri)
        slots = (
            self._context(info, evaluation),
            *(self._requirement(one, evaluation, nodes) for one in info.requires),
            *(self._other("exception", one, evaluation, nodes) for one in info.except_for),
            *(self._other("exception", one, evaluation, nodes) for one in info.ended_by if one in evaluation.meets),
            *(self._other("fulfilment", one, evaluation, nodes) for one in info.satisfied_by),
            *(self._companion(one, evaluation) for one in info.accompanies),
        )
        subjects = tuple(self._english.name(one) for one in evaluation.subjects)
        found = self._statement(info, evaluation.state, self._places.get(evaluation.site, ""), subjects, slots)
        return replace(found, checks=self._checks.get((info.id, evaluation.subjects), ()))

    def _unevaluated(self, info: StatementInfo) -> StatementExplanation:
        """Explain a statement whose context does not hold: what of it fails, for the problem that comes nearest."""
        slots = tuple(self._failed_context(one, self._world(one)) for one in info.applies_to)
        return self._statement(info, NOT_APPLICABLE, "", (), slots)

    def _statement(
        self, info: StatementInfo, state: str, site: str, subjects: tuple[str, ...], slots: tuple[SlotExplanation, ...]
    ) -> StatementExplanation:
        document = self._knowledge.documents[info.document]
        return StatementExplanation(
            id=info.id,
            iri=info.iri,
            kind=info.kind,
            role=_EFFECT_TO_ROLE.get(local_name(info.effect), self._knowledge.label(info.effect)),
            intervention=self._knowledge.label(info.intervention),
            state=state,
            site=site,
            text=info.text,
            document=document.id,
            document_title=document.title,
            section=info.section,
            strength=info.strength if info.strength_rank else "",
            strength_wording=info.strength_wording,
            evidence=info.quality if info.quality_rank else "",
            evidence_wording=info.evidence_wording,
            references=info.references,
            timing=info.timing,
            inferred=info.inferred,
            subjects=subjects,
            slots=slots,
            effect=info.effect,
        )

    def _context(self, info: StatementInfo, evaluation: Evaluation) -> SlotExplanation:
        """Prove the context of a statement for the subject that needs the fewest steps."""
        if evaluation.lacks_fact:
            (failed,) = (self._failed_context(one, evaluation.subjects) for one in info.applies_to)
            return replace(failed, note=f"lacks {' and '.join(map(self._knowledge.label, evaluation.lacks_fact))}")
        cls, proof = self._shortest(info.applies_to, evaluation.subjects)
        also = self._further(proof, cls, evaluation.subjects)
        return SlotExplanation(
            slot="context", iri=cls, label=self._knowledge.label(cls), answer=Answer.HOLDS, proof=proof, also=also
        )

    def _further(self, proof: Proof | None, cls: str, nodes: Sequence[str]) -> tuple[Proof, ...]:
        """List further reasons for what was proved, once for each claim."""
        if proof is None or not self._thorough:
            return ()
        key = (cls, tuple(nodes))
        if key not in self._told_further:
            self._told_further[key] = self._reasons.further(proof, cls, nodes)
        return self._told_further[key]

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self._graph, self._knowledge)

    def _shortest(self, classes: Iterable[str], nodes: Sequence[str]) -> tuple[str, Proof | None]:
        found = [(cls, node, self._prover.prove(node, cls)) for cls in classes for node in nodes]
        proven = [one for one in found if one[2] is not None]
        cls, node, proof = min(
            proven, key=lambda one: (self._prover.size(one[1], one[0]), one[0], one[1]), default=("", "", None)
        )
        return cls, self._minimal(cls, node, proof)

    def _minimal(self, cls: str, node: str, proof: Proof | None) -> Proof | None:
        """Leave needless facts out of a proof."""
        if proof is None or not self._thorough:
            return proof
        if (cls, node) not in self._told_minimal:
            self._told_minimal[cls, node] = self._reasons.minimal(proof, cls)
        return self._told_minimal[cls, node]

    def _failed_context(self, cls: str, nodes: Sequence[str]) -> SlotExplanation:
        proof = self._prover.nearest(cls, nodes)
        return SlotExplanation(
            slot="context", iri=cls, label=self._knowledge.label(cls), answer=Answer.UNKNOWN, proof=proof
        )

    def _world(self, cls: str, nodes: Sequence[str] = ()) -> tuple[str, ...]:
        """List the nodes that a class can be about: the patient, or problems, of the given ones if there are any."""
        if self._knowledge.is_a(cls, hip.Patient):
            return (self._graph.iri,)
        problems = self._prover.members(hip.Problem)
        return tuple(one for one in nodes if one in problems) or problems

    def _requirement(self, cls: str, evaluation: Evaluation, nodes: Sequence[str]) -> SlotExplanation:
        if cls not in evaluation.refutes:
            return self._other("requirement", cls, evaluation, nodes)
        by, proof = self._shortest(self._opposites(cls), nodes)
        denied = by == self._knowledge.denied_by.get(cls) and self._derivation.facts.has(hip.isWithout)
        note = "it is recorded as absent" if denied else "the two exclude each other"
        return SlotExplanation(
            slot="requirement",
            iri=cls,
            label=self._knowledge.label(cls),
            answer=Answer.REFUTED,
            proof=proof,
            gaps=(),
            note=note,
        )

    def _opposites(self, cls: str) -> list[str]:
        return sorted(self._knowledge.refuting(cls))

    def _other(self, slot: Slot, cls: str, evaluation: Evaluation, nodes: Sequence[str]) -> SlotExplanation:
        """Prove a class that a slot names, or show how far the nearest of the nodes is from it."""
        label = self._knowledge.label(cls)
        if cls in evaluation.meets:
            proof = self._shortest([cls], nodes)[1]
            return SlotExplanation(
                slot=slot, iri=cls, label=label, answer=Answer.HOLDS, proof=proof, also=self._further(proof, cls, nodes)
            )
        gaps = self._measurer.gaps(cls, nodes)
        answer = Answer.UNMET if any(gap.answer == Answer.UNMET for gap in gaps) else Answer.UNKNOWN
        return SlotExplanation(
            slot=slot,
            iri=cls,
            label=label,
            answer=answer,
            proof=self._prover.nearest(cls, self._world(cls, nodes)),
            gaps=gaps,
            note=self._defeat(cls, nodes),
        )

    def _defeat(self, cls: str, nodes: Sequence[str]) -> str:
        """Say what keeps a class from counting that something is entailed to be in."""
        other = self._measurer.defeater(cls, nodes)
        return f"what is recorded would do, but for {quoted(self._knowledge.label(other))}" if other else ""

    def _companion(self, intervention: str, evaluation: Evaluation) -> SlotExplanation:
        label = self._knowledge.label(intervention)
        if intervention in evaluation.lacks:
            return SlotExplanation(
                "companion", intervention, label, Answer.UNMET, note="neither running nor in this plan"
            )
        return SlotExplanation(
            "companion", intervention, label, Answer.HOLDS, note=self._given(intervention, evaluation)
        )

    def _given(self, intervention: str, evaluation: Evaluation) -> str:
        """Say how a patient has an intervention, or which statements put it into the plan."""
        running = self._derivation.running
        if any(intervention in running.get(one, ()) for one in (evaluation.site, self._graph.iri)):
            return "running or planned"
        ids = [
            info.id
            for other in self._derivation.evaluations
            for info in (self._info(other),)
            if other.state == State.NOW and other.site in {"", evaluation.site} and info.effect == hip.indicates
            and self._knowledge.is_a(info.intervention, intervention)
        ]  # fmt: skip
        return f"in this plan by {', '.join(sorted(set(ids)))}" if ids else "in this plan"


def _final(ids: Sequence[str]) -> str:
    """Say that some statements name nothing that would lift them."""
    return f"{listed(ids, 'and')} {'speak' if ids[1:] else 'speaks'} against it without exception." if ids else ""


def _exempt(ids: Sequence[str]) -> str:
    """Say that some statements only leave out what runs already."""
    if not ids:
        return ""
    return f"{listed(ids, 'and')} {'forbid' if ids[1:] else 'forbids'} starting it, whatever else is recorded."


def _fruitless(goal: str, tried: int) -> str:
    """Say how much was tried; that nothing at all would help is more than a search can tell."""
    if not tried:
        return f"No addition to the record was found to try that could {goal}."
    if tried == 1:
        return f"The one addition to the record that was tried would not {goal}."
    return f"None of the {tried} additions to the record that were tried would {goal}."


def _deciding(statements: Sequence[StatementExplanation]) -> Iterator[Proof]:
    """List the proofs of what decides: what is required, then what lifts an objection, then what a statement is for."""
    deciding = ([one for one in statements if one.state in _DECIDING] or [*statements])[:_GROUNDING]
    lifted = [one for one in statements if one.state == State.RULED_OUT and one.effect in OBJECTING]
    for kind, some in (("requirement", deciding), ("exception", lifted), ("context", deciding)):
        for slot in (slot for one in some for slot in one.slots):
            if slot.slot == kind and slot.holds and slot.proof:
                yield slot.proof
                yield from slot.also
