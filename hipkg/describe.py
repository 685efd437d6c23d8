"""Say a change of a patient's record in words, and write it as Turtle to paste into the record."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.english import English, quantity
from hipkg.graph import as_resource, as_term, text_of
from hipkg.pipeline import normalised
from hipkg.terms import HIP, RDF_TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.abduction import Change, Fact
    from hipkg.knowledge import Knowledge
    from hipkg.read import PatientGraph

_LENGTHS = {"D": "d", "W": "wk"}
_HAS_SIDE = HIP + "hasSide"
_OWNS = {HIP + one for one in ("hasProblem", "hasStudy", "hasCourse", "hasActivity")}
_SITES = {HIP + "hasSite", HIP + "targets"}
_OF_INTERVENTION, _DURATION, _START = HIP + "ofIntervention", HIP + "duration", HIP + "startDate"


class Describer:
    """Describe changes of the record of one patient."""

    def __init__(self, graph: PatientGraph, knowledge: Knowledge) -> None:
        self._graph = graph
        self._knowledge = knowledge
        self._given = normalised(graph)
        self._plain = self._english = English(knowledge, self._given, graph.iri)
        self._known = {one.subject.value for one in graph.triples if isinstance(one.subject, ox.NamedNode)}

    def facts(self, change: Change) -> tuple[str, ...]:
        """Say each node that changes in one phrase."""
        self._english = self._wording(change)
        added = self._by_node(change.added)
        removed = self._by_node(change.removed)
        nodes = sorted({*added, *removed}, key=lambda node: (node in self._known, node))
        said = (self._node(node, added.get(node, []), removed.get(node, [])) for node in nodes)
        return tuple(one for one in said if one)

    def snippet(self, change: Change) -> str:
        """Write what is added as Turtle, and what is taken out as comments."""
        stem = self._stem()
        prefixes = {"hip": HIP, "xsd": XSD} | ({"": stem} if stem else {})
        text = _turtle(change.added, prefixes) if change.added else ""
        taken = [f"# without: {line}" for line in _turtle(change.removed, prefixes).splitlines() if self._is_data(line)]
        return "\n".join([*taken, text.strip()]).strip() + "\n"

    @staticmethod
    def _is_data(line: str) -> bool:
        return bool(line.strip()) and not line.startswith("@prefix")

    def _wording(self, change: Change) -> English:
        """Word the record, with what is added where one new node speaks of another."""
        new = {subject for subject, _, _ in change.added} - self._known
        if not any(value in new for _, prop, value in change.added if prop not in _OWNS):
            return self._plain
        added = (ox.Triple(as_resource(one), ox.NamedNode(prop), as_term(value)) for one, prop, value in change.added)
        return English(self._knowledge, (*self._given, *added), self._graph.iri)

    def _by_node(self, facts: Iterable[Fact]) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for one in sorted(facts, key=str):
            if one[1] not in _OWNS:
                found.setdefault(one[0], []).append(one)
        return found

    def _node(self, node: str, added: list[Fact], removed: list[Fact]) -> str:
        if node == self._graph.iri:
            return ", ".join(f"{self._knowledge.label(prop)} {self._value(prop, value)}" for _, prop, value in added)
        if node not in self._known:
            return self._new(added)
        began = [text_of(value) for _, prop, value in added if prop == _START]
        if began and removed:
            return self._longer(node, began[0], [text_of(value) for _, prop, value in removed if prop == _START])
        said = [self._verb(prop, self._value(prop, value)) for _, prop, value in added if prop != RDF_TYPE]
        said += [f"is {self._knowledge.label(text_of(value))}" for _, prop, value in added if prop == RDF_TYPE]
        instead = [self._value(prop, value) for _, prop, value in removed]
        words = f"{self._english.name(node)} {' and '.join(said)}" if said else f"without {self._english.name(node)}"
        return f"{words} (not {', '.join(instead)})" if said and instead else words

    def _verb(self, prop: str, value: str) -> str:
        return f"lasting {value}" if prop == _DURATION else self._english.verb(prop, value)

    def _longer(self, node: str, began: str, recorded: list[str]) -> str:
        """Say that a course lasts longer than it has so far."""
        days = quantity(str((self._graph.as_of - date.fromisoformat(began)).days), "d")
        begun = f" (it began {', '.join(recorded)})" if recorded else ""
        return f"{self._english.name(node)} lasting {days}{begun}"

    def _new(self, facts: list[Fact]) -> str:
        """Say a new node: what it is, where, and the rest of what is recorded of it."""
        if any(prop == _HAS_SIDE for _, prop, _ in facts):
            return ""  # a new site is named where something is said to be there
        of = [text_of(value) for _, prop, value in facts if prop == _OF_INTERVENTION]
        kinds = [text_of(value) for _, prop, value in facts if prop == RDF_TYPE]
        head = " and ".join(self._knowledge.label(one) for one in of or kinds)
        sites = [self._english.name(text_of(value)) for _, prop, value in facts if prop in _SITES]
        told = {_OF_INTERVENTION, RDF_TYPE, *_SITES}
        rest = [self._detail(prop, self._value(prop, value)) for _, prop, value in facts if prop not in told]
        return ", ".join([" at ".join([head, *(f"the {one}" for one in sites)]), *rest])

    def _detail(self, prop: str, value: str) -> str:
        phrase = self._knowledge.attribute_phrases.get(prop)
        if prop == _DURATION:
            return f"for {value}"
        if phrase:
            return phrase.replace("{value}", value)
        return value if prop in self._knowledge.single_valued else f"{self._knowledge.label(prop)} {value}"

    def _value(self, prop: str, value: object) -> str:
        if isinstance(value, ox.Literal):
            if prop == _DURATION and value.value[-1:] in _LENGTHS:
                return quantity(value.value[1:-1], _LENGTHS[value.value[-1:]])
            return quantity(value.value, self._knowledge.units.get(prop, ""))
        return self._english.name(str(value))

    def _stem(self) -> str:
        cut = max(self._graph.iri.rfind("/"), self._graph.iri.rfind("#"))
        return self._graph.iri[: cut + 1]


def _turtle(facts: Iterable[Fact], prefixes: dict[str, str]) -> str:
    triples = [
        ox.Triple(as_resource(subject), ox.NamedNode(prop), as_term(value))
        for subject, prop, value in sorted(facts, key=str)
    ]
    used = {prefix: iri for prefix, iri in prefixes.items() if any(f"<{iri}" in str(one) for one in triples)}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b"").decode()
