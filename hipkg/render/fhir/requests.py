"""Write each action as a proposal: a ServiceRequest, or a MedicationRequest where the ontology says so."""

from __future__ import annotations

from itertools import count, takewhile
from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.frame.claims import ClaimKind, Fulfilment, Status
from hipkg.knowledge.modality import Modality
from hipkg.render.fhir.build import extension, filled, original, reference, resource
from hipkg.render.fhir.conditions import Stance, stance_of
from hipkg.render.words import capital, clean, describe_bound, describe_course, describe_ongoing

if TYPE_CHECKING:
    from hipkg.planning.records import Action, Parameter
    from hipkg.render.fhir.build import Export, Raw

PROPOSAL = "proposal"
_REASONS = {"Condition", "Observation"}
"""The types that both kinds of request may name as their reasons."""
_ACTIVITY_STATUS = {
    Fulfilment.RUNNING: "in-progress",
    Fulfilment.DONE: "completed",
    Fulfilment.ORDERED: "scheduled",
    Fulfilment.NOT_NEEDED: "cancelled",
}
"""What a settled action is as an activity of a care plan; what is not needed any more is cancelled."""
_SERVICE, _MEDICATION = "ServiceRequest", "MedicationRequest"


class Request(NamedTuple):
    """An action with how it is proposed; ``id`` is that of its resource and does not change with the date."""

    id: str
    action: Action
    stance: Stance

    @property
    def reference(self) -> Raw:
        """The reference to the request, with its name."""
        return {**reference(self.id), "display": title_of(self.action)}


def requests_of(export: Export) -> tuple[Request, ...]:
    """Propose every action of a plan, except those that are settled."""
    return tuple(
        Request(request_id(one, export), one, stance_of(one, export))
        for one in export.plan.actions
        if not is_settled(one, export)
    )


def is_settled(action: Action, export: Export) -> bool:
    """Tell whether an action needs no request, since it runs or something on record fulfils it.

    One that is only planned, or that a proposal on record fulfils, keeps its proposal, so that the latest plan tells
    what the earlier ones did.
    """
    if action.status != Status.SATISFIED:
        return False
    if action.fulfilment in {Fulfilment.RUNNING, Fulfilment.DONE} or action.by(ClaimKind.CHOSEN_OTHERWISE):
        return True
    return _is_fulfilled(action, export) and _nth_id(action, 0, export) not in export.recorded


def _is_fulfilled(action: Action, export: Export) -> bool:
    return any(export.states[key].satisfied_by for one in action.statements if (key := (one, action.place)))


def request_id(action: Action, export: Export) -> str:
    """Make the id of the request of an action.

    Where the record holds that request already and the action is not satisfied, somebody has decided on it, so that the
    new one is another; of several on record, the last is the one that still counts.
    """
    ids = (_nth_id(action, number, export) for number in count())
    recorded = [*takewhile(export.recorded.__contains__, ids)]
    if recorded and action.status == Status.SATISFIED:
        return recorded[-1]
    return _nth_id(action, len(recorded), export)


def _nth_id(action: Action, number: int, export: Export) -> str:
    more = (str(number),) if number else ()
    return export.identity("Request", action.intervention, action.place, *more)


def title_of(action: Action) -> str:
    """Name an action with its site and, where the plan tells one, the side of its own."""
    sides = dict.fromkeys(one.side for one in action.parameters if one.side)
    name = " ".join([action.label, *sides])
    return capital(clean(f"{name}, {action.site}" if action.site else name))


def request_resource(request: Request, issues: list[Raw], export: Export) -> Raw:
    """Write a request (FHIR R4, sections 12.15 and 11.1); ``issues`` refer to what speaks against it."""
    action, stance = request.action, request.stance
    kind = requested_as(action, export)
    site = export.site(action.place, action.site)
    grades = export.grades(action.strength, action.evidence)
    if kind == _MEDICATION:
        # A MedicationRequest has no element for the site of what the drug is for.
        extensions = [*grades, *([extension("body-site", valueCodeableConcept=site)] if site else [])]
        told_what = {"medicationCodeableConcept": export.coder.concept(action.intervention, action.label)}
        told_besides = {"detectedIssue": issues}
    else:
        extensions = grades
        place = export.places.get(action.place)
        told_what = {"code": export.coder.concept(action.intervention, action.label, place)}
        told_besides = {"bodySite": [site] if site else []}
    return resource(
        kind,
        request.id,
        [_asked(request) + title_of(action), *_words(stance)],
        meta=export.version,
        extension=extensions,
        identifier=export.identifier(action.place, action=action.intervention),
        instantiatesUri=[export.infos[one].iri for one in action.statements],
        status="active" if stance.ready and export.plan.valid else "draft",
        intent=PROPOSAL,
        category=[{"text": clean(action.category)}] if action.category else [],
        doNotPerform=stance.refused or None,
        **told_what,
        subject=export.patient,
        authoredOn=export.day,
        requester=export.device,
        reasonCode=[{"text": clean(action.problem)}] if action.problem else [],
        reasonReference=_reasons(action, export),
        note=notes_of(action),
        **told_besides,
    )


def _asked(request: Request) -> str:
    """Say before the title of a request what it is not: an order to do something."""
    if request.stance.refused:
        return "Do not: "
    return "Consider: " if request.action.modality == Modality.CONSIDER else ""


def requested_as(action: Action, export: Export) -> str:
    """Name the resource type that requests an action."""
    return export.knowledge.interventions[action.intervention].requested_as or _SERVICE


def settled_detail(action: Action, export: Export) -> Raw:
    """Write a settled action as an activity of the care plan that needs no request (FHIR R4, section 9.5)."""
    site = export.site(action.place, action.site)
    grades = export.grades(action.strength, action.evidence)
    return filled(
        {
            "extension": [*grades, *([extension("body-site", valueCodeableConcept=site)] if site else [])],
            "kind": requested_as(action, export),
            "instantiatesUri": [export.infos[one].iri for one in action.statements],
            "code": export.coder.concept(action.intervention, action.label, export.places.get(action.place)),
            "reasonCode": [{"text": clean(action.problem)}] if action.problem else [],
            "status": _ACTIVITY_STATUS[action.fulfilment],
            "description": title_of(action),
        }
    )


def notes_of(action: Action) -> list[Raw]:
    """Tell what statements specify about an action, with the bounds that they set, what runs, and what was tried."""
    # That it is ordered is not told: a plan of the same day that reads this one has to propose the same.
    tried = [describe_course(one, action.label) for one in action.tried]
    running = [describe_ongoing(one) for one in action.ongoing]
    found = (("Running now", running), ("Tried", tried), ("The patient's own", [*map(clean, action.wishes)]))
    told = [f"{what}: {'; '.join(named)}." for what, named in found if named]
    return [{"text": text} for text in (*told, *dict.fromkeys(map(_specified, action.parameters)))]


def _reasons(action: Action, export: Export) -> list[Raw]:
    """Refer to the resources from which the problems were imported that the statements are about."""
    states = (export.states.get((one, action.place)) for one in action.statements)
    subjects = {node for one in states if one is not None for node in one.subjects}
    resources = {original(source) for node in subjects for source in export.sources.get(node, ())}
    return [{"reference": one} for one in sorted(resources) if one.partition("/")[0] in _REASONS]


def _specified(parameter: Parameter) -> str:
    bounds = ", ".join(map(describe_bound, parameter.bounds))
    text = clean(parameter.text)
    return f"{parameter.statement}: {text} ({bounds})" if bounds else f"{parameter.statement}: {text}"


def _words(stance: Stance) -> list[str]:
    return [f"{'Applies' if stance.refused else 'Needs'}: {one.text}" for one in stance.conditions]
