"""Say a change of a patient's record in words, and write it as Turtle to paste into the record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import length_in_words, whole_day
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD, namespace_of
from hipkg.knowledge.wording import English, quantity
from hipkg.reading.blank_nodes import NAMELESS
from hipkg.record.facts import as_resource, as_term, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge
    from hipkg.record.change import Change, Fact
    from hipkg.record.facts import Node
    from hipkg.record.patient import Record

_LASTING = "lasting"
_LENGTHS = {"D": "d", "W": "wk"}
_NAMELESS = f"# Name the blank nodes of the record first: here they are <{NAMELESS}…>."
OWNS = {hip.hasProblem, hip.hasStudy, hip.hasCourse, hip.hasActivity}
_SITES = {hip.hasSite, hip.targets}
_OF_ABSENCE = {hip.isWithout, hip.hasBodySite}


class Describer:
    """Describe changes of the record of one patient.

    Parameters: ``spoken`` says lengths in weeks and months rather than in days.
    """

    def __init__(self, record: Record, knowledge: Knowledge, *, spoken: bool = False) -> None:
        self._graph = record
        self._spoken = spoken
        self._knowledge = knowledge
        self._given = record.normalised
        self._plain = self._english = English(knowledge, self._given, record.iri)
        self._known = record.subjects

    def facts(self, change: Change) -> tuple[str, ...]:
        """Say each node that changes in one phrase."""
        self._english = self._wording(change)
        added = self._by_node(change.added)
        gone = {subject for subject, prop, _ in change.removed if prop == RDF_TYPE} - added.keys()
        removed = self._by_node(one for one in change.removed if one[2] not in gone or one[1] in OWNS)
        nodes = sorted({*added, *removed}, key=lambda node: (node in self._known, node))
        said = (self._node(node, added.get(node, []), removed.get(node, [])) for node in nodes)
        absent = (self._absent(place, text_of(kind)) for place, kind in _absences(change.added))
        returned = (f"without: {self._absent(place, text_of(kind))}" for place, kind in _absences(change.removed))
        return tuple(one for one in (*said, *absent, *returned) if one)

    def name(self, node: str) -> str:
        """Name a node of the record."""
        return self._plain.name(node)

    def _absent(self, place: str, kind: str) -> str:
        """Say that there is none of a kind, at a body site or at all."""
        where = "" if place == self._graph.iri else f" at the {self._english.name(place)}"
        return f"no {self._knowledge.label(kind)}{where}"

    def snippet(self, change: Change) -> str:
        """Write what is added as Turtle, and what is taken out as comments."""
        stem = namespace_of(self._graph.iri)
        prefixes = {"hip": HIP, "xsd": XSD} | ({"": stem} if stem else {})
        text = _turtle(change.added, prefixes) if change.added else ""
        taken = [f"# without: {line}" for line in _turtle(change.removed, prefixes).splitlines() if self._is_data(line)]
        nameless = [_NAMELESS] if NAMELESS in f"{text}{taken}" else []
        return "\n".join([*nameless, *taken, text.strip()]).strip() + "\n"

    @staticmethod
    def _is_data(line: str) -> bool:
        return bool(line.strip()) and not line.startswith("@prefix")

    def _wording(self, change: Change) -> English:
        """Word the record, with what is added where one new node speaks of another."""
        new = {subject for subject, _, _ in change.added} - self._known
        if not any(value in new for _, prop, value in change.added if prop not in OWNS):
            return self._plain
        added = (ox.Triple(as_resource(one), ox.NamedNode(prop), as_term(value)) for one, prop, value in change.added)
        return English(self._knowledge, (*self._given, *added), self._graph.iri)

    def _by_node(self, facts: Iterable[Fact]) -> dict[str, list[Fact]]:
        """Group facts by what they are about: what is done to a patient or found in one is not about the patient."""
        found: dict[str, list[Fact]] = {}
        for subject, prop, value in sorted(facts, key=str):
            if prop in _OF_ABSENCE:
                continue
            about = text_of(value) if prop in OWNS else subject
            found.setdefault(about, []).append((subject, prop, value))
        return found

    def _node(self, node: str, added: list[Fact], removed: list[Fact]) -> str:
        if node == self._graph.iri:
            return self._patient(added, removed)
        if node not in self._known:
            return self._new([one for one in added if one[1] not in OWNS])
        if any(prop == RDF_TYPE or prop in OWNS for _, prop, _ in removed) and not added:
            return f"without {self._english.name(node)}"
        started = self._day(removed)
        said = [self._said(prop, value, started) for _, prop, value in added if prop != RDF_TYPE and prop not in OWNS]
        said += [f"is {self._knowledge.label(text_of(value))}" for _, prop, value in added if prop == RDF_TYPE]
        began = any(one.endswith(f"(it began {started})") for one in said)
        instead = [self._value(prop, value) for _, prop, value in removed if not (began and prop == hip.startDate)]
        if said:
            said.sort(key=lambda one: one.startswith(_LASTING))
            words = f"{self._english.name(node)} {' and '.join(said)}".replace(f" and {_LASTING}", f", {_LASTING}")
            return f"{words} (not {', '.join(instead)})" if instead else words
        lost = [f"{self._knowledge.label(prop)} {self._value(prop, value)}" for _, prop, value in removed]
        return f"{self._english.name(node)} without {' and '.join(lost)}" if lost else ""

    def _patient(self, added: list[Fact], removed: list[Fact]) -> str:
        """Say what is recorded of the patient, and what no longer is."""
        new = {prop for _, prop, _ in added}
        said = [
            f"{self._knowledge.label(prop)} {self._value(prop, value)}{self._instead(prop, removed)}"
            for _, prop, value in added
        ]
        lost = [
            f"without {self._knowledge.label(p)} {self._value(p, value)}" for _, p, value in removed if p not in new
        ]
        return ", ".join([*said, *lost])

    def _instead(self, prop: str, removed: list[Fact]) -> str:
        old = [self._value(prop, value) for _, one, value in removed if one == prop]
        return f" (not {', '.join(old)})" if old else ""

    def _said(self, prop: str, value: Node, started: str) -> str:
        """Say one new fact; an earlier start of a course is that it lasts longer than it has so far."""
        day = whole_day(text_of(value)) if prop == hip.startDate else None
        if started and day:
            days = self._days((self._graph.as_of - day).days)
            return f"{_LASTING} {days} (it began {started})"
        words = self._value(prop, value)
        return f"{_LASTING} {words}" if prop == hip.duration else self._english.verb(prop, words)

    def _days(self, number: int) -> str:
        return length_in_words(number) if self._spoken else quantity(Decimal(number), "d")

    @staticmethod
    def _day(removed: list[Fact]) -> str:
        """Return the recorded day on which a course began, if that is what is taken out."""
        days = (text_of(value) for _, prop, value in removed if prop == hip.startDate)
        return next((day for day in days if whole_day(day)), "")

    def _new(self, facts: list[Fact]) -> str:
        """Say a new node: what it is, where, and the rest of what is recorded of it."""
        if any(prop == hip.hasSide for _, prop, _ in facts):
            return ""  # a new site is named where something is said to be there
        of = [text_of(value) for _, prop, value in facts if prop == hip.ofIntervention]
        kinds = [text_of(value) for _, prop, value in facts if prop == RDF_TYPE]
        head = " and ".join(self._knowledge.label(one) for one in of or kinds)
        sites = [self._english.name(text_of(value)) for _, prop, value in facts if prop in _SITES]
        told = {hip.ofIntervention, RDF_TYPE, *_SITES}
        rest = [self._detail(prop, self._value(prop, value)) for _, prop, value in facts if prop not in told]
        where = f" at the {' and the '.join(sites)}" if sites else ""
        return ", ".join([f"{head}{where}", *rest])

    def _detail(self, prop: str, value: str) -> str:
        phrase = self._knowledge.attribute_phrases.get(prop)
        if prop == hip.duration:
            return f"for {value}"
        if phrase:
            return phrase.replace("{value}", value)
        return value if prop in self._knowledge.single_valued else f"{self._knowledge.label(prop)} {value}"

    def _value(self, prop: str, value: object) -> str:
        if isinstance(value, ox.Literal):
            if prop == hip.duration and value.value[-1:] in _LENGTHS:
                number, unit = value.value[1:-1], _LENGTHS[value.value[-1:]]
                return self._days(int(number)) if unit == "d" else quantity(number, unit)
            return quantity(value.value, self._knowledge.units.get(prop, ""))
        return self._english.name(str(value))


def _absences(facts: Iterable[Fact]) -> list[tuple[str, Node]]:
    return sorted(((subject, value) for subject, prop, value in facts if prop == hip.isWithout), key=str)


def _turtle(facts: Iterable[Fact], prefixes: dict[str, str]) -> str:
    triples = [
        ox.Triple(as_resource(subject), ox.NamedNode(prop), as_term(value))
        for subject, prop, value in sorted(facts, key=str)
    ]
    used = {prefix: iri for prefix, iri in prefixes.items() if any(f"<{iri}" in str(one) for one in triples)}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b"").decode()
