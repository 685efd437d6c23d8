"""Write the facts of one patient as triples, each node with the elements that it was derived from.

The IRI of a node names its patient and its resource: ``urn:hipkg:fhir/Patient/p1/Condition/c1``. A tilde, which no id
has, precedes what tells several nodes of one resource apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from hipkg.base import hip
from hipkg.base.dates import DATATYPES
from hipkg.base.vocabulary import DERIVED_FROM, IMPORTED, RDF_TYPE, XSD, local_name
from hipkg.reading.fhir.places import is_sided, names_site, wholes_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.records import Absence, Activity, Measure, Place, Problem


_SAFE = "-._~"


class PatientFacts(NamedTuple):
    """All that is written of a patient.

    ``key`` is that of the Patient; ``age`` is None where it is not known, ``gender`` empty; ``merged`` maps a
    resource to the one that its fact went into.
    """

    key: str
    age: int | None
    problems: tuple[Problem, ...]
    activities: tuple[Activity, ...]
    measures: tuple[Measure, ...]
    absences: tuple[Absence, ...]
    merged: dict[str, str]
    as_of: date
    gender: str = ""


class Written(NamedTuple):
    """The triples of a patient, with the nodes that each resource gave."""

    iri: str
    triples: tuple[Triple, ...]
    nodes: dict[str, tuple[str, ...]]


def patient_iri(key: str) -> str:
    """Name the node of a patient."""
    return IMPORTED + _quoted(key)


def written(patient: PatientFacts, knowledge: Knowledge) -> Written:
    """Write the graph of a patient."""
    return _Writer(patient, knowledge).write()


def _quoted(key: str) -> str:
    return "/".join(quote(one, safe=_SAFE) for one in key.split("/"))


class _Writer:
    def __init__(self, patient: PatientFacts, knowledge: Knowledge) -> None:
        self._patient = patient
        self._iri = patient_iri(patient.key)
        self._knowledge = knowledge
        self._triples: set[tuple[str, str, str | Literal]] = set()
        self._nodes: dict[str, set[str]] = {}

    def write(self) -> Written:
        patient = self._patient
        self._add(self._iri, RDF_TYPE, hip.Patient)
        self._source(self._iri, f"{patient.key}#id")
        self._add(self._iri, hip.asOf, _literal(patient.as_of.isoformat(), "date"))
        if patient.age is not None:
            self._add(self._iri, hip.age, _literal(str(patient.age), "integer"))
            self._source(self._iri, f"{patient.key}#birthDate")
        if patient.gender:
            self._add(self._iri, hip.administrativeGender, patient.gender)
            self._source(self._iri, f"{patient.key}#gender")
        for measure in patient.measures:
            datatype = "integer" if measure.prop == hip.age else "decimal"
            self._add(self._iri, measure.prop, _literal(measure.value, datatype))
            self._sources(self._iri, measure.resource, measure.sources)
        self._problems(self._activities())
        for absence in patient.absences:
            self._absence(absence)
        self._nodes[patient.key] = {self._iri}
        triples = sorted((_triple(*one) for one in self._triples), key=str)
        return Written(self._iri, tuple(triples), {key: tuple(sorted(found)) for key, found in self._nodes.items()})

    def _activities(self) -> dict[str, str]:
        """Write the activities, and return the node of each study by the resource that tells of it."""
        studies: dict[str, str] = {}
        for one in self._patient.activities:
            node = self._node(one.key)
            kind, link = (hip.Study, hip.hasStudy) if one.study else (hip.TreatmentCourse, hip.hasCourse)
            self._add(self._iri, link, node)
            self._add(node, RDF_TYPE, kind)
            self._add(node, hip.ofIntervention, one.intervention)
            if one.status:
                self._add(node, hip.hasStatus, one.status)
            for prop, day in ((hip.startDate, one.start), (hip.endDate, one.end), (hip.requestedOn, one.requested)):
                if day:
                    self._add(node, prop, _literal(day, DATATYPES[len(day)]))
            if one.duration and not (one.start and (one.end or one.status == hip.ongoing)):
                self._add(node, hip.duration, _literal(one.duration, "duration"))
            self._qualify(node, one)
            for place in one.places:
                self._add(node, hip.targets, self._site(place, one.sources))
            self._sources(node, one.resource, one.sources)
            if one.study:
                studies[one.resource] = node
        return studies

    def _qualify(self, node: str, one: Activity) -> None:
        """Write the coded values, the numbers and the texts of an activity."""
        for prop, value in one.values:
            self._add(node, prop, value)
        for prop, number in one.amounts:
            self._add(node, prop, _literal(number, "decimal"))
        for prop, words in one.texts:
            self._add(node, prop, Literal(words))

    def _problems(self, studies: dict[str, str]) -> None:
        named: dict[str, list[tuple[Problem, str]]] = {}
        for group in self._by_key():
            for one in group:
                node = self._node(one.key) + _suffix(one, group)
                named.setdefault(one.resource, []).append((one, node))
                self._problem(one, node, studies)
        for one, node in (pair for found in named.values() for pair in found):
            for cause in {*self._causes(one, named)} - {node}:
                self._add(node, hip.attributedTo, cause)

    def _by_key(self) -> Iterable[list[Problem]]:
        groups: dict[str, list[Problem]] = {}
        for one in self._patient.problems:
            groups.setdefault(one.key, []).append(one)
        return groups.values()

    def _problem(self, one: Problem, node: str, studies: dict[str, str]) -> None:
        self._add(self._iri, hip.hasProblem, node)
        self._add(node, RDF_TYPE, one.term)
        for prop, value in one.values:
            self._add(node, prop, value)
        if one.place:
            self._add(node, hip.hasSite, self._site(one.place, one.sources))
        for key in one.shown_by:
            if study := studies.get(self._now(key)):
                self._add(node, hip.shownBy, study)
        self._sources(node, one.resource, one.sources)

    def _absence(self, one: Absence) -> None:
        node = self._site(one.place, one.sources) if one.place else self._iri
        if one.place:
            self._add(self._iri, hip.hasBodySite, node)
        self._add(node, hip.isWithout, one.kind)
        self._sources(node, one.resource, one.sources)

    def _causes(self, one: Problem, named: dict[str, list[tuple[Problem, str]]]) -> Iterable[str]:
        """List the nodes of what causes a problem: of a cause on both sides, the one on its own side."""
        side = one.place.side if one.place else ""
        for key in one.caused_by:
            found = named.get(self._now(key), [])
            near = [node for other, node in found if other.place and other.place.side == side]
            yield from [node for _, node in found] if len(found) == 1 else near

    def _now(self, key: str) -> str:
        """Follow a resource to the one that its fact went into."""
        seen = set()
        while key in self._patient.merged and key not in seen:
            seen.add(key)
            key = self._patient.merged[key]
        return key

    def _site(self, place: Place, sources: Iterable[str]) -> str:
        """Write a body site with what it is part of, and return its node."""
        name = f"{local_name(place.side)}-{local_name(place.kind)}" if place.side else local_name(place.kind)
        anchor = place.anchor.replace("/", "~").replace("#", "~")
        node = f"{self._iri}/site/{name}{f'~{_quoted(anchor)}' if anchor else ''}"
        self._add(node, RDF_TYPE, place.kind)
        if place.side:
            self._add(node, hip.hasSide, place.side)
        for source in sources:
            if names_site(source):
                self._source(node, source)
        for whole in wholes_of(place.kind, self._knowledge):
            sided = is_sided(whole, self._knowledge)
            larger = type(place)(whole, place.side if sided else "", place.anchor if sided else "")
            self._add(node, hip.partOf, self._site(larger, sources))
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
        self._add(node, DERIVED_FROM, f"{IMPORTED}{_quoted(resource)}#{quote(element, safe=_SAFE + '()')}")

    def _add(self, subject: str, prop: str, value: str | Literal) -> None:
        self._triples.add((subject, prop, value))


def _suffix(one: Problem, group: list[Problem]) -> str:
    """Tell the problems of one resource apart, by term and side as far as these differ."""
    term = f"~{local_name(one.term)}" if len({other.term for other in group}) > 1 else ""
    place = one.place
    where = f"~{local_name(place.side or place.kind)}" if place and len({other.place for other in group}) > 1 else ""
    return term + where


def _literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def _triple(subject: str, prop: str, value: str | Literal) -> Triple:
    target = value if isinstance(value, Literal) else NamedNode(value)
    return Triple(NamedNode(subject), NamedNode(prop), target)
