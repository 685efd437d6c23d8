"""Write the questions of a plan as what a GuidanceResponse wants to know (FHIR R4, sections 14.8 and 2.26.0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import HIP
from hipkg.owl.expression import And, Expression, Facet, Named, Or, leaves
from hipkg.render.fhir.build import extension, filled, reference, resource
from hipkg.render.words import clean, told_unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.planning.records import Question
    from hipkg.render.fhir.build import Export, Raw

_ONTOLOGY = HIP + "ontology/"
_ANY = "Resource"


def guidance_response(outcome_id: str, export: Export) -> Raw:
    """Write what was asked and is not known; ``outcome_id`` is the OperationOutcome on the record, if there is one."""
    questions = export.plan.questions
    return resource(
        "GuidanceResponse",
        export.dated("GuidanceResponse"),
        [
            "Asked and not known:" if questions else "Nothing is asked.",
            *dict.fromkeys(_asked(one) for one in questions),
        ],
        identifier=export.identifier(part="questions"),
        moduleUri=_ONTOLOGY + export.plan.ontology_version,
        status="data-required" if questions else "success",
        subject=export.patient,
        occurrenceDateTime=export.day,
        performer=export.device,
        evaluationMessage=[reference(outcome_id)] if outcome_id else [],
        result=reference(export.dated("CarePlan")),
        dataRequirement=[one for question in questions for one in requirements_of(question, export)],
    )


def requirements_of(question: Question, export: Export) -> list[Raw]:
    """Write a question as one data requirement for each type of resource that can hold the answer."""
    wanted: dict[str, set[str]] = {}
    for kind, term in _wanted(question.requirement, export):
        wanted.setdefault(kind, set()).add(term)
    return [_requirement(question, kind, terms - {""}, export) for kind, terms in sorted(wanted.items())]


def _requirement(question: Question, kind: str, terms: set[str], export: Export) -> Raw:
    site = export.site(export.place_of(question.site), question.site) if question.site else None
    codes = [coding for term in sorted(terms) for coding in export.coder.codings(term)]
    return filled(
        {
            "extension": [
                extension("question", valueString=clean(question.text) + told_unread(question.unread)),
                extension("requirement", valueUri=question.requirement),
                *([extension("body-site", valueCodeableConcept=site)] if site else []),
                *(extension("asked-by", valueUri=export.infos[one].iri) for one in question.statements),
            ],
            "type": kind,
            "codeFilter": [{"searchParam": "code", "code": codes}] if codes else [],
        }
    )


def _wanted(requirement: str, export: Export) -> Iterator[tuple[str, str]]:
    """Name the types of resource, each with a term, that can hold what a class is defined by."""
    held = [(kind, one) for one in leaves(requirement, export.knowledge.definitions) if (kind := _holder(one, export))]
    numbers = [_measured(one, export) for one in _own_properties(requirement, export)]
    yield from [*held, *numbers] or [(_ANY, "")]


def _measured(prop: str, export: Export) -> tuple[str, str]:
    """Name what records a number of the patient: an observation where it has a code, the Patient where it has none."""
    return ("Observation", prop) if len(export.coder.codings(prop)) > 1 else ("Patient", "")


def _holder(term: str, export: Export) -> str:
    """Name the type of resource that records a class of problems or activities."""
    knowledge = export.knowledge
    if (intervention := knowledge.interventions.get(term)) is not None:
        return "MedicationStatement" if intervention.is_drug else "Procedure"
    if term in {hip.Problem, hip.Condition, hip.Finding} or not knowledge.is_a(term, hip.Problem):
        return ""
    return "Condition" if knowledge.is_a(term, hip.Condition) else "Observation"


def _own_properties(requirement: str, export: Export) -> set[str]:
    """Collect the numbers of the subject itself that a class asks for."""
    definition = export.knowledge.definition(requirement)
    return set(_numbers(definition, export, {requirement})) if definition else set()


def _numbers(expression: Expression, export: Export, seen: set[str]) -> Iterator[str]:
    match expression:
        case Facet(prop, _, _):
            yield prop
        case And(operands) | Or(operands):
            for one in operands:
                yield from _numbers(one, export, seen)
        case Named(iri) if iri not in seen and (definition := export.knowledge.definition(iri)):
            seen.add(iri)
            yield from _numbers(definition, export, seen)


def _asked(question: Question) -> str:
    told = f"{question.text}{told_unread(question.unread)}"
    return f"{told} ({question.site})" if question.site else told
