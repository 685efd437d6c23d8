"""Write the order of a plan's requests as a RequestGroup (FHIR R4, section 12.14)."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

from hipkg.knowledge.modality import Modality
from hipkg.planning.page import Section, section_of
from hipkg.render.fhir.build import filled, reference, resource
from hipkg.render.fhir.requests import PROPOSAL, title_of
from hipkg.render.sheet import HEADINGS
from hipkg.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.render.fhir.build import Export, Raw
    from hipkg.render.fhir.conditions import Condition
    from hipkg.render.fhir.requests import Request

MANCHESTER = "text/owl-manchester"
"""The media type of OWL 2 Manchester syntax (OWL 2 Manchester Syntax, section 5)."""

_REQUIRED: Mapping[Modality, str] = {Modality.DO: "must-unless-documented", Modality.CONSIDER: "could"}
"""How firmly an action is asked for, in the codes of action-required-behavior; what is refused has none."""


def request_group(requests: Sequence[Request], export: Export) -> Raw:
    """Group the requests by the sections of the page, each with its conditions and with what it comes after."""
    writer = _Writer(requests, export)
    return resource(
        "RequestGroup",
        export.dated("RequestGroup"),
        ["Order of the proposals, as the page of the plan tells them."],
        identifier=export.identifier(part="order"),
        basedOn=[reference(export.dated("CarePlan"))],
        status="draft",
        intent=PROPOSAL,
        subject=export.patient,
        authoredOn=export.day,
        author=export.device,
        action=[writer.section(key, some) for key, some in by_section(requests, export)],
    )


def by_section(requests: Sequence[Request], export: Export) -> Iterator[tuple[Section, list[Request]]]:
    """Give the sections of the page with their requests, in the order of reading; what no row tells comes last."""
    told: dict[Section, list[int]] = {one: [] for one in Section}
    for part in export.page.parts:
        told[part.section] += part.told
    on_page = export.page.told
    for number, action in enumerate(export.plan.actions):
        if number not in on_page:
            told[section_of(action)].append(number)
    by_action = {(one.action.intervention, one.action.place): one for one in requests}
    for key, numbers in told.items():
        actions = [export.plan.actions[one] for one in numbers]
        if found := [by_action[it] for one in actions if (it := (one.intervention, one.place)) in by_action]:
            yield key, found


class _Writer:
    """Write the actions of the group."""

    def __init__(self, requests: Sequence[Request], export: Export) -> None:
        self._export = export
        self._at: dict[str, list[tuple[int, Request]]] = defaultdict(list)
        for number, one in enumerate(requests):
            self._at[one.action.place].append((number, one))

    def section(self, key: Section, requests: Sequence[Request]) -> Raw:
        """Write a section with its requests."""
        return {
            "id": key.value,
            "title": HEADINGS[key],
            "groupingBehavior": "logical-group",
            "action": [self._action(one) for one in requests],
        }

    def _action(self, request: Request) -> Raw:
        action = request.action
        when = dict.fromkeys(clean(self._export.infos[one].timing) for one in request.action.shown)
        return filled(
            {
                "id": request.id,
                "title": title_of(action),
                "documentation": [self._justification(one) for one in action.statements],
                "condition": [_condition(one) for one in request.stance.conditions],
                "relatedAction": list(self._related(request)),
                "requiredBehavior": _REQUIRED.get(action.modality, ""),
                "timingTiming": {"code": {"text": "; ".join(filter(None, when))}} if any(when) else {},
                "resource": reference(request.id),
            }
        )

    def _justification(self, statement: str) -> Raw:
        info = self._export.infos[statement]
        return {"type": "justification", "label": statement, "display": clean(info.text), "url": info.iri}

    def _related(self, request: Request) -> Iterator[Raw]:
        """Name the requests after whose begin, or beside which, this one comes."""
        conditions = request.stance.conditions if not request.stance.refused else ()
        after = sorted({term for one in conditions for term in one.after})
        beside = sorted({term for one in conditions for term in one.beside})
        found = [
            *((one.id, "after-start") for term in after for one in self._near(request, term)),
            *(
                (one.id, "concurrent")
                for term in beside
                for one in self._near(request, term) or self._kind(request, term)
            ),
        ]
        yield from ({"actionId": id_, "relationship": kind} for id_, kind in dict.fromkeys(found))

    def _near(self, request: Request, term: str) -> list[Request]:
        """Find the requests for an intervention at the same place or for the patient as a whole."""
        return [one for one in self._around(request) if one.action.intervention == term]

    def _kind(self, request: Request, term: str) -> list[Request]:
        """Find the request for a kind of an intervention, if there is only one."""
        kinds = [one for one in self._around(request) if self._export.knowledge.is_a(one.action.intervention, term)]
        return kinds if len(kinds) == 1 else []

    def _around(self, request: Request) -> list[Request]:
        there = sorted(
            (numbered for place in {"", request.action.place} for numbered in self._at.get(place, ())),
            key=itemgetter(0),
        )
        return [one for _, one in there if one.id != request.id and not one.stance.refused]


def _condition(condition: Condition) -> Raw:
    expression = {"description": condition.text, "language": MANCHESTER, "expression": condition.expression}
    return {"kind": "applicability", "expression": filled(expression)}
