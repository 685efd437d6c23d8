"""Write plans as JSON, in the form that ``hipkg/schemas/plan.schema.json`` describes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hipkg.render.data import filled, one_or_all, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge.records import Bound, Knowledge
    from hipkg.planning.bounds import Check
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Conflict, Parameter, Plan, Question, StatementState
    from hipkg.validation.findings import Finding

SCHEMA = Path(__file__).parent.parent / "schemas" / "plan.schema.json"


def plan_to_json(plan: Plan, knowledge: Knowledge) -> dict[str, Any]:
    """Turn a plan into what `json` can write; terms are CURIEs, nodes of the patient's graph are IRIs."""
    return {
        "patient": plan.patient,
        "asOf": plan.as_of.isoformat(),
        "ontologyVersion": plan.ontology_version,
        "engine": plan.engine,
        "documents": list(plan.documents),
        **filled(
            {
                "minStrength": plan.min_strength,
                "minEvidence": plan.min_evidence,
                "gradeObjections": plan.grade_objections,
            }
        ),
        "valid": plan.valid,
        "findings": [finding_to_json(one) for one in plan.findings],
        "statements": _statements(plan, knowledge),
        "actions": [_action(one) for one in plan.actions],
        "conflicts": [_conflict(one, knowledge) for one in plan.conflicts],
        "questions": [_question(one) for one in plan.questions],
        **filled({"sources": {node: list(sources) for node, sources in plan.sources}}),
    }


def plans_to_json(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write one plan as an object and several as an array of objects."""
    return one_or_all([plan_to_json(one, knowledge) for one in plans])


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Turn a finding into what `json` can write."""
    return filled(asdict(finding))


def _statements(plan: Plan, knowledge: Knowledge) -> dict[str, Any]:
    """Gather the states by statement; one that concerns several places gets a list."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    for one in plan.statements:
        gathered.setdefault(one.id, []).append(_state(one, plan, knowledge))
    return {id_: states[0] if len(states) == 1 else states for id_, states in sorted(gathered.items())}


def _state(state: StatementState, plan: Plan, knowledge: Knowledge) -> dict[str, Any]:
    info = knowledge.statement(state.id)
    told = {"effect": short(info.effect), "intervention": short(info.intervention)} if info else {}
    return {
        "state": state.state,
        "subject": state.subjects[0] if state.subjects else plan.patient,
        **told,
        **filled(
            {
                "subjects": list(state.subjects) if len(state.subjects) > 1 else [],
                "site": state.site,
                "place": state.place,
                "unmet": [gap_to_json(one) for one in state.unmet],
                "liftedBy": [gap_to_json(one) for one in state.lifted_by],
                "ruledOutBy": list(state.ruled_out_by),
                "satisfiedBy": list(state.satisfied_by),
                "onBoundary": list(state.on_boundary),
                "checks": [check_to_json(one) for one in state.checks],
            }
        ),
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "intervention": short(action.intervention),
        "label": action.label,
        "category": action.category,
        "status": action.status,
        "site": action.site,
        "problem": action.problem,
        "statements": list(action.statements),
        "strength": action.strength,
        "evidence": action.evidence,
        "unmet": [gap_to_json(one) for one in action.unmet],
        "parameters": [entry for one in action.parameters for entry in _parameters(one)],
        "phase": action.phase,
        **filled(
            {
                "place": action.place,
                "running": action.running,
                "current": list(action.current),
                "done": [{"day": one.day, **filled(one._asdict()), "counts": one.counts} for one in action.done],
            }
        ),
    }


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """Turn a gap into what `json` can write."""
    return {
        "requirement": short(gap.requirement),
        "label": gap.label,
        "answer": gap.answer,
        **filled(
            {
                "have": gap.have,
                "need": gap.need,
                "unit": gap.unit,
                "earliest": gap.earliest.isoformat() if gap.earliest else "",
                "boundary": gap.boundary,
                "node": gap.node,
                "question": gap.question,
            }
        ),
    }


def _parameters(parameter: Parameter) -> list[dict[str, Any]]:
    """Tell a parameter once for each bound that it sets, or once if it sets none."""
    told = {
        "statement": parameter.statement,
        "intervention": short(parameter.intervention),
        "label": parameter.label,
        "text": parameter.text,
    }
    side = filled({"side": parameter.side})
    entries = [{**told, **_bound(bound), **side, **_checks(parameter, bound)} for bound in parameter.bounds]
    return entries or [{**told, **side}]


def _checks(parameter: Parameter, bound: Bound) -> dict[str, Any]:
    return filled({"checks": [check_to_json(one) for one in parameter.checks if one.bound == bound]})


def _bound(bound: Bound) -> dict[str, Any]:
    limits = {name: number_to_json(limit) for name, limit in (("lower", bound.lower), ("upper", bound.upper)) if limit}
    return {**limits, **filled({"quantity": bound.quantity, "unit": bound.unit})}


def check_to_json(check: Check) -> dict[str, Any]:
    """Turn a check into what `json` can write, with the bound that it is about."""
    dates = {"earliest": check.earliest, "latest": check.latest}
    return {
        **_bound(check.bound),
        "verdict": check.verdict,
        "label": check.label,
        **filled(
            {
                "have": check.have,
                **{name: day.isoformat() for name, day in dates.items() if day},
                "activities": list(check.activities),
                "record": short(check.record),
                "note": check.note,
                "alarm": check.alarm,
            }
        ),
    }


def _conflict(conflict: Conflict, knowledge: Knowledge) -> dict[str, Any]:
    tensions = knowledge.tensions_of(conflict.advised_by, conflict.opposed_by)
    return {
        "intervention": short(conflict.intervention),
        "label": conflict.label,
        "site": conflict.site,
        "advisedBy": conflict.advised_by,
        "opposedBy": conflict.opposed_by,
        "rule": conflict.rule,
        **filled({"decidedFor": conflict.decided_for, "tensions": [one.id for one in tensions]}),
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "requirement": short(question.requirement),
        "text": question.text,
        "site": question.site,
        "statements": list(question.statements),
        "actions": list(question.actions),
        **filled({"node": question.node}),
    }


def number_to_json(text: str) -> int | float:
    """Turn a decimal into the number that `json` writes shortest."""
    value = float(text)
    return int(value) if value.is_integer() else value
