"""Write the facts of one patient as triples, each node with the elements that it was derived from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from hipkg.fhir.places import is_sided, wholes_of
from hipkg.terms import HIP, PREFIXES, RDF_TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hipkg.fhir.records import Activity, Measure, Place, Problem
    from hipkg.knowledge import Knowledge

BASE = "urn:hipkg:fhir/"
"""What the IRIs of elements begin with: ``urn:hipkg:fhir/Condition/c1#code``; those of nodes add their patient."""

DERIVED_FROM = PREFIXES["prov"] + "wasDerivedFrom"
_SAFE = "-._~"
_DATATYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


class Written(NamedTuple):
    """The triples of a patient, with the nodes that each resource gave."""

    iri: str
    triples: tuple[Triple, ...]
    nodes: dict[str, tuple[str, ...]]


def patient_iri(key: str) -> str:
    """Name the node of a patient."""
    return BASE + _quoted(key)


def written(
    key: str,
    age: int | None,
    problems: Iterable[Problem],
    activities: Iterable[Activity],
    measures: Iterable[Measure],
    merged: dict[str, str],
    as_of: date,
    knowledge: Knowledge,
) -> Written:
    """Write the graph of a patient.

    Parameters: ``key`` is that of the Patient; ``merged`` maps a resource to the one that its fact went into.
    """
    return _Writer(key, merged, knowledge).write(age, [*problems], [*activities], [*measures], as_of)


def _quoted(key: str) -> str:
    return "/".join(quote(one, safe=_SAFE) for one in key.split("/"))


class _Writer:
    def __init__(self, key: str, merged: dict[str, str], knowledge: Knowledge) -> None:
        self._iri = patient_iri(key)
        self._key = key
        self._merged = merged
        self._knowledge = knowledge
        self._triples: set[tuple[str, str, str | Literal]] = set()
        self._nodes: dict[str, set[str]] = {}

    def write(
        self,
        age: int | None,
        problems: list[Problem],
        activities: list[Activity],
        measures: list[Measure],
        as_of: date,
    ) -> Written:
        self._add(self._iri, RDF_TYPE, HIP + "Patient")
        self._source(self._iri, f"{self._key}#id")
        self._add(self._iri, HIP + "asOf", _literal(as_of.isoformat(), "date"))
        if age is not None:
            self._add(self._iri, HIP + "age", _literal(str(age), "integer"))
            self._source(self._iri, f"{self._key}#birthDate")
        for measure in measures:
            self._add(self._iri, measure.prop, _literal(measure.value, "decimal"))
            self._sources(self._iri, measure.resource, measure.sources)
        studies = self._activities(activities)
        self._problems(problems, studies)
        triples = sorted((_triple(*one) for one in self._triples), key=str)
        return Written(self._iri, tuple(triples), {key: tuple(sorted(found)) for key, found in self._nodes.items()})

    def _activities(self, activities: list[Activity]) -> dict[str, str]:
        """Write the activities, and return the node of each study by the resource that tells of it."""
        studies: dict[str, str] = {}
        for one in activities:
            node = self._node(one.key)
            kind, link = ("Study", "hasStudy") if one.study else ("TreatmentCourse", "hasCourse")
            self._add(self._iri, HIP + link, node)
            self._add(node, RDF_TYPE, HIP + kind)
            self._add(node, HIP + "ofIntervention", one.intervention)
            if one.status:
                self._add(node, HIP + "hasStatus", one.status)
            for name, day in (("startDate", one.start), ("endDate", one.end)):
                if day:
                    self._add(node, HIP + name, _literal(day, _DATATYPES[len(day)]))
            if one.duration and not (one.start and (one.end or one.status == HIP + "ongoing")):
                self._add(node, HIP + "duration", _literal(one.duration, "duration"))
            for prop, value in one.values:
                self._add(node, prop, value)
            for prop, number in one.amounts:
                self._add(node, prop, _literal(number, "decimal"))
            for place in one.places:
                self._add(node, HIP + "targets", self._site(place, one.sources))
            self._sources(node, one.resource, one.sources)
            if one.study:
                studies[one.resource] = node
        return studies

    def _problems(self, problems: list[Problem], studies: dict[str, str]) -> None:
        named: dict[str, list[tuple[Problem, str]]] = {}
        several = (
            {one.key for one in problems if sum(other.key == one.key for other in problems) > 1} if problems else set()
        )
        for one in problems:
            node = self._node(one.key) + (self._suffix(one, problems) if one.key in several else "")
            named.setdefault(one.resource, []).append((one, node))
            self._add(self._iri, HIP + "hasProblem", node)
            self._add(node, RDF_TYPE, one.term)
            for prop, value in one.values:
                self._add(node, prop, value)
            if one.place:
                self._add(node, HIP + "hasSite", self._site(one.place, one.sources))
            for key in one.shown_by:
                study = studies.get(self._merged.get(key, key))
                if study:
                    self._add(node, HIP + "shownBy", study)
            self._sources(node, one.resource, one.sources)
        for found in named.values():
            for one, node in found:
                for cause in self._causes(one, named):
                    self._add(node, HIP + "attributedTo", cause)

    def _causes(self, one: Problem, named: dict[str, list[tuple[Problem, str]]]) -> Iterable[str]:
        """List the nodes of what causes a problem: of a cause on both sides, the one on its own side."""
        for key in one.caused_by:
            found = named.get(self._merged.get(key, key), [])
            side = one.place.side if one.place else ""
            near = [node for other, node in found if other.place and other.place.side == side]
            nodes = [node for _, node in found] if len(found) == 1 else near
            yield from nodes

    def _suffix(self, one: Problem, problems: list[Problem]) -> str:
        """Tell the problems of one resource apart, by term and side as far as these differ."""
        same = [other for other in problems if other.key == one.key]
        term = f"/{_local(one.term)}" if len({other.term for other in same}) > 1 else ""
        place = one.place
        where = f"/{_local(place.side or place.kind)}" if place and len({other.place for other in same}) > 1 else ""
        return term + where

    def _site(self, place: Place, sources: Iterable[str]) -> str:
        """Write a body site with what it is part of, and return its node."""
        node = f"{self._iri}/site/{_local(place.kind)}"
        if place.side:
            node += f"/{_local(place.side)}"
        elif place.anchor:
            node += f"/{_quoted(place.anchor.replace('#', '/'))}"
        self._add(node, RDF_TYPE, place.kind)
        if place.side:
            self._add(node, HIP + "hasSide", place.side)
        for source in sources:
            if source.rpartition("#")[2].rpartition(".")[2] in {"code", "bodySite", "procedureCode"}:
                self._source(node, source)
        for whole in wholes_of(place.kind, self._knowledge):
            sided = is_sided(whole, self._knowledge)
            larger = type(place)(whole, place.side if sided else "", place.anchor if sided else "")
            self._add(node, HIP + "partOf", self._site(larger, ()))
        return node

    def _node(self, key: str) -> str:
        return f"{self._iri}/{_quoted(key)}"

    def _sources(self, node: str, resource: str, sources: Iterable[str]) -> None:
        for source in sources:
            self._source(node, source)
            self._nodes.setdefault(source.partition("#")[0], set()).add(node)
        self._nodes.setdefault(resource, set()).add(node)

    def _source(self, node: str, source: str) -> None:
        resource, _, element = source.partition("#")
        self._add(node, DERIVED_FROM, f"{BASE}{_quoted(resource)}#{quote(element, safe=_SAFE + '()')}")

    def _add(self, subject: str, prop: str, value: str | Literal) -> None:
        self._triples.add((subject, prop, value))


def _local(iri: str) -> str:
    return iri.removeprefix(HIP)


def _literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def _triple(subject: str, prop: str, value: str | Literal) -> Triple:
    target = value if isinstance(value, Literal) else NamedNode(value)
    return Triple(NamedNode(subject), NamedNode(prop), target)
