"""Explain a plan: from an action or a statement down to what is recorded of the patient, or to what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import OBJECTING
from hipkg.defence.explanations import PARAMETER, Explanation, Nearest
from hipkg.defence.grounds import grounds
from hipkg.defence.remedies import NOT_IN_PLAN, Remedies, diagnoses_in
from hipkg.defence.ruling import Ruler, going_on
from hipkg.defence.statements import StatementExplainer
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ADVISING, OBJECTIONS, PURSUED, ClaimKind, Status
from hipkg.knowledge.wording import listed
from hipkg.record.facts import text_of_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hipkg.defence.explanations import StatementExplanation
    from hipkg.defence.prover import Proof
    from hipkg.defence.remedies import Search
    from hipkg.derivation.records import DerivedAction, Evaluation
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, Interaction

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
        self._places: dict[str, str] = {one.place: one.site for one in plan.statements}
        self._places |= {one.place: one.site for one in plan.actions}
        self._statements = StatementExplainer(planned, thorough=thorough)

    def explain(self, iri: str) -> tuple[Explanation, ...]:
        """Explain the statement or the intervention with an IRI."""
        return self.statement(iri) if iri in self._knowledge.statements else self.action(iri)

    def statement(self, iri: str) -> tuple[Explanation, ...]:
        """Explain a statement at each place where its context holds, or once if it holds nowhere."""
        info = self._knowledge.statements[iri]
        evaluations = [one for one in self._derivation.evaluations if one.statement == iri]
        if not evaluations:
            one = self._statements.unevaluated(info)
            found = self._explanation("statement", iri, (one,), status=one.state, rule="", place="")
            return (self._with_remedies(found, lambda remedies: remedies.of_context(info)),)
        return tuple(map(self._statement_at, evaluations))

    def _statement_at(self, evaluation: Evaluation) -> Explanation:
        one = self._statements.evaluated(evaluation)
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
        own = [
            one
            for one in evaluations
            if one.site == place and self._knowledge.statements[one.statement].intervention == iri
        ]
        if (iri, place) in actions:
            action = actions[iri, place]
            advised = not ADVISING.isdisjoint(action.claimed)
            return self._action(iri, action, () if advised else self._advising(self._kin(iri, place, actions)))
        upper = self._knowledge.interventions[iri].superclasses
        wider = [actions[one, place] for one in sorted(upper) if (one, place) in actions]
        if not wider:
            exempt = self._exempt(iri, place)
            if exempt and not own:
                own = [
                    one
                    for one in evaluations
                    if one.site == place and self._knowledge.statements[one.statement].intervention in upper
                ]
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

    def _described(self, iri: str, place: str, evaluations: Iterable[Evaluation], exempt: Sequence[str]) -> Explanation:
        """Explain an intervention that is no action of the plan, though statements about it apply.

        Parameters: ``exempt`` are the statements that speak against beginning it, but not where it runs already.
        """
        order = sorted(evaluations, key=lambda one: (one.state != State.NOW, one.statement))
        status = order[0].state if order[0].state != State.NOW else PARAMETER
        statements = tuple(self._statements.evaluated(one) for one in order)
        rule = going_on(exempt) if exempt else _RULES_OF_STATES[status]
        found = self._explanation("action", iri, statements, status=status, rule=rule, place=place)
        return replace(found, going_on=bool(exempt))

    def _action(self, iri: str, derived: DerivedAction, beside: Iterable[Evaluation]) -> Explanation:
        """Explain an action of the plan, with what is said beside it of the intervention that was asked for."""
        evaluations = {one.iri: one for one in self._derivation.evaluations}
        ruled_out = {one.iri for one in self._derivation.evaluations if self._is_ruled_out(one, derived)}
        chosen = [evaluations[one] for one in {*derived.based_on, *derived.among(OBJECTIONS), *ruled_out}]
        ranked = sorted(chosen, key=lambda one: self._weight(one, derived))
        statements = [self._statements.evaluated(one) for one in dict.fromkeys((*ranked, *beside))]
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
        info = self._knowledge.statements[evaluation.statement]
        objects = info.effect in OBJECTING and self._knowledge.is_a(derived.intervention, info.intervention)
        return info.intervention == derived.intervention or objects

    def _weight(self, evaluation: Evaluation, derived: DerivedAction) -> tuple[int, bool, int, int, str, str]:
        """Put first what decides the status of an action, of that the best graded, and what only specifies it last."""
        claimed = next((kind for kind in sorted(OBJECTIONS) if evaluation.iri in derived.claimed.get(kind, ())), None)
        if claimed is not None and derived.status in _REFUSING:
            rank = int(claimed)
        else:
            rank = _LAST + (claimed is not None or evaluation.state not in _HOLDING)
        info = self._knowledge.statements[evaluation.statement]
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
        asked = {
            one for iri in guarding for one in self._knowledge.statements[evaluations[iri].statement].accompanies
        } - {derived.intervention}
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
            if (info := self._knowledge.statements[one.statement]).effect in OBJECTING and is_a(iri, info.intervention)
            for cls in info.except_for
            if cls in one.meets and not running.isdisjoint(self._cited(cls, one))
        }
        return sorted(found)

    def _cited(self, cls: str, evaluation: Evaluation) -> set[str]:
        """List the nodes that the record speaks of to prove a class of what a statement is judged of."""
        proof = self._statements.shortest([cls], (*evaluation.subjects, self._graph.iri))[1]
        return {text_of_term(one.subject) for one in proof.facts()} if proof else set()

    @cached_property
    def _ruler(self) -> Ruler:
        return Ruler(self._planned)

    def _absent(self, iri: str) -> Explanation:
        """Explain why the plan says nothing of an intervention, by the statements that could have."""
        kinds = {iri, *self._knowledge.interventions[iri].superclasses}
        infos = [one for one in self._knowledge.statements.values() if one.intervention in kinds and self._counts(one)]
        statements = tuple(self._statements.unevaluated(one) for one in sorted(infos, key=lambda one: one.id))
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
