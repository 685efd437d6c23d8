"""Write what speaks against actions as DetectedIssues (FHIR R4, section 12.10).

No severity is given: it would grade the harm, and the documents do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.render.fhir.build import resource
from hipkg.render.fhir.requests import title_of
from hipkg.render.words import capital, clean, describe_check, describe_interaction, describe_ongoing, if_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Conflict, Interaction, StatementState
    from hipkg.render.fhir.build import Export, Raw
    from hipkg.render.fhir.requests import Request


class Issue(NamedTuple):
    """What speaks against some requests, by the statements that say so."""

    id: str
    resource: Raw
    requests: tuple[str, ...]
    statements: tuple[str, ...]
    place: str


class _Told(NamedTuple):
    """What an issue says: the parts of its identity, a term as its code, words, and the statements that say so.

    ``given`` are the treatments that it is about, where these are its evidence too.
    """

    key: tuple[str, ...]
    code: str
    title: str
    detail: str
    statements: tuple[str, ...]
    place: str
    given: tuple[str, ...] = ()


def issues_of(requests: Sequence[Request], export: Export) -> tuple[Issue, ...]:
    """Find the contraindicated actions, the conflicts, the interactions, and the bounds that treatment breaks."""
    return (
        *(_contraindication(one, export) for one in requests if one.action.status == Status.CONTRAINDICATED),
        *(_conflict(one, requests, export) for one in export.plan.conflicts),
        *(_interaction(one, requests, export) for one in export.plan.interactions),
        *(_breach(check, state, requests, export) for check, state in _breaches(export)),
    )


def _contraindication(request: Request, export: Export) -> Issue:
    action = request.action
    refusing = [one.id for one in action.by(ClaimKind.REFUSED)]
    running = [f"Running now: {'; '.join(map(describe_ongoing, action.ongoing))}."] if action.ongoing else []
    lifted = [f"{capital(one.text)}." for one in request.stance.conditions]
    told = _Told(
        ("contraindicated", action.intervention, action.place),
        hip.contraindicates,
        f"Contraindicated: {title_of(action)}",
        " ".join([*_said(refusing, export), *running, *lifted]),
        tuple(refusing),
        action.place,
    )
    grades = export.grades(action.strength, action.evidence)
    return _issue(
        told, [request], export, export.identifier(action.place, contraindication=action.intervention), grades
    )


def _conflict(conflict: Conflict, requests: Sequence[Request], export: Export) -> Issue:
    sides = (conflict.advised_by, conflict.opposed_by)
    disputed = {conflict.intervention, *(export.infos[one].intervention for one in sides)}
    touched = [one for one in requests if one.action.site == conflict.site and one.action.intervention in disputed]
    place = export.place_of(conflict.site)
    decided = f"{conflict.decided_for} stands, by the rule {conflict.rule}." if conflict.decided_for else "Undecided."
    name = ", ".join(filter(None, (conflict.label, conflict.site)))
    told = _Told(
        ("conflict", conflict.intervention, place, *sides),
        hip.Conflict,
        clean(f"Conflict: {name}"),
        " ".join((*_said(sides, export), decided)),
        sides,
        place,
    )
    parts = {"action": conflict.intervention, "for": conflict.advised_by, "against": conflict.opposed_by}
    return _issue(told, touched, export, export.identifier(place, **parts))


def _interaction(interaction: Interaction, requests: Sequence[Request], export: Export) -> Issue:
    involved = {interaction.intervention, *(one.intervention for one in (*interaction.treatments, *interaction.beside))}
    touched = [
        one for one in requests if one.action.intervention in involved and interaction.place in {"", one.action.place}
    ]
    told = _Told(
        ("interaction", interaction.kind, interaction.place, *sorted(involved)),
        hip.Interaction,
        capital(clean(f"{interaction.kind}: {describe_interaction(interaction)}")),
        " ".join([f"{capital(describe_interaction(interaction))}.", *_said(interaction.statements, export)]),
        interaction.statements,
        interaction.place,
        tuple(dict.fromkeys(one.intervention for one in (*interaction.treatments, *interaction.beside))),
    )
    return _issue(told, touched, export)


def _breaches(export: Export) -> Iterator[tuple[Check, StatementState]]:
    return ((check, state) for state in export.plan.statements for check in state.checks if check.alarm)


def _breach(check: Check, state: StatementState, requests: Sequence[Request], export: Export) -> Issue:
    specifies = [one for one in requests if state.id in {it.statement for it in one.action.parameters}]
    touched = [one for one in requests if state.id in one.action.statements or one in specifies]
    told = _Told(
        ("check", state.id, state.place, check.bound.quantity, check.label, str(check.have or ""), *check.activities),
        hip.Check,
        capital(f"{describe_check(check)}{if_any(state.context_lacks)}"),
        " ".join(_said([state.id], export)),
        (state.id,),
        state.place,
    )
    return _issue(told, [one for one in touched if one.action.place == state.place], export)


def _said(statements: Iterable[str], export: Export) -> list[str]:
    return [f"{one}: {clean(export.infos[one].text)}" for one in dict.fromkeys(statements)]


def _issue(
    told: _Told,
    touched: Sequence[Request],
    export: Export,
    identifier: Sequence[Raw] = (),
    grades: Sequence[Raw] = (),
) -> Issue:
    id_ = export.identity("DetectedIssue", *told.key)
    infos = [export.infos[one] for one in dict.fromkeys(told.statements)]
    made = resource(
        "DetectedIssue",
        id_,
        [told.title, told.detail],
        meta=export.version,
        extension=list(grades),
        identifier=list(identifier),
        status="final",
        code=export.coder.concept(told.code),
        patient=export.patient,
        identifiedDateTime=export.day,
        author=export.device,
        implicated=[one.reference for one in touched],
        evidence=[
            *({"code": [export.coder.statement(one.iri, one.text)]} for one in infos),
            *({"code": [export.coder.concept(one)]} for one in told.given),
        ],
        detail=told.detail,
        reference=infos[0].iri if infos else "",
    )
    return Issue(id_, made, tuple(one.id for one in touched), told.statements, told.place)
