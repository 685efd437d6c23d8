"""The axioms and annotations that modules assert, as lines of Manchester syntax with their places, and which differ."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, curie, is_term, local_name
from hipkg.owl.expression import AxiomReader, Value, manchester
from hipkg.owl.positions import Positions
from hipkg.owl.sources import HEADER, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    Node = ox.NamedNode | ox.BlankNode | ox.Literal

_CLASSES = {RDFS + "subClassOf": "SubClassOf", OWL + "equivalentClass": "EquivalentTo"}
_NAMES = {
    OWL + "disjointWith": "DisjointWith",
    OWL + "inverseOf": "InverseOf",
    RDFS + "subPropertyOf": "SubPropertyOf",
    RDFS + "domain": "Domain",
    RDFS + "range": "Range",
}
_CHARACTERISTICS = {OWL + f"{one}Property": one for one in ("Transitive", "Symmetric", "Functional")}
_FRAMES = {
    OWL + "Class": "Class",
    OWL + "ObjectProperty": "ObjectProperty",
    OWL + "DatatypeProperty": "DataProperty",
    OWL + "AnnotationProperty": "AnnotationProperty",
    OWL + "NamedIndividual": "Individual",
    HEADER.value: "Ontology",
}


class Kind(StrEnum):
    """What an assertion is: an axiom, which reasoners read, or an annotation, which they do not."""

    AXIOM = "axiom"
    ANNOTATION = "annotation"


class Asserted(NamedTuple):
    """What a module asserts of a term: the frame that it is told in, a keyword or a property, and what is said."""

    subject: str
    frame: str
    keyword: str
    text: str
    kind: Kind
    property: str


class Assertion(NamedTuple):
    """An assertion with the module and the line where it stands; the line is 0 where it cannot be told."""

    asserted: Asserted
    module: str
    line: int


class AxiomChange(NamedTuple):
    """What is asserted of a term otherwise: no longer in the old modules' words, and now in the new ones'."""

    subject: str
    frame: str
    label: str
    removed: tuple[Assertion, ...]
    added: tuple[Assertion, ...]

    def of(self, kind: Kind) -> AxiomChange:
        """Keep the assertions of a kind."""
        removed, added = (
            tuple(one for one in some if one.asserted.kind == kind) for some in (self.removed, self.added)
        )
        return self._replace(removed=removed, added=added)


def axiom_changes(old: Sequence[Path], new: Sequence[Path]) -> tuple[AxiomChange, ...]:
    """Compare what modules assert, term by term; raises `OntologyError` for what is no Turtle, or beyond the fragment.

    An assertion that only stands elsewhere, or in another order of triples, is none that differs.
    """
    if [(one.name, one.read_bytes()) for one in old] == [(one.name, one.read_bytes()) for one in new]:
        return ()
    before, after = (Told([(path, [quad.triple for quad in parsed(path)]) for path in paths]) for paths in (old, new))
    gone, come = before.beyond(after), after.beyond(before)
    subjects = sorted({one.subject for one in (*gone, *come)})
    return tuple(
        AxiomChange(
            subject,
            after.frames.get(subject) or before.frames.get(subject, ""),
            after.labels.get(subject) or before.labels.get(subject, ""),
            before.assertions([one for one in gone if one.subject == subject]),
            after.assertions([one for one in come if one.subject == subject]),
        )
        for subject in subjects
    )


class Told:
    """What some modules assert, given with their triples, and in which of them it stands."""

    def __init__(self, modules: Sequence[tuple[Path, Sequence[ox.Triple]]]) -> None:
        triples = [one for _, some in modules for one in some]
        self.labels = {
            one.subject.value: one.object.value  # type: ignore[union-attr]
            for one in triples
            if one.predicate.value == RDFS + "label"
        }
        self.frames = dict(_frames(triples))
        self._properties = {iri for iri, frame in self.frames.items() if frame in {"ObjectProperty", "DataProperty"}}
        self._reader = AxiomReader(triples)
        self._found: Counter[Asserted] = Counter()
        self._where: dict[Asserted, tuple[Path, str]] = {}
        for path, some in modules:
            for one in some:
                if isinstance(one.subject, ox.NamedNode):
                    asserted, value = self._asserted(one)
                    self._found[asserted] += 1
                    self._where[asserted] = path, value
        self._positions: dict[Path, Positions] = {}

    def beyond(self, other: Told) -> list[Asserted]:
        """List what is asserted here and not there."""
        return sorted(self._found.keys() - other._found.keys())

    def assertions(self, some: Iterable[Asserted]) -> tuple[Assertion, ...]:
        """Find where assertions stand."""
        return tuple(Assertion(one, self._where[one][0].name, self._line(one)) for one in some)

    def asserted(self, one: ox.Triple) -> Asserted:
        """Tell a triple of a named subject in the words of its frame."""
        return self._asserted(one)[0]

    def _line(self, one: Asserted) -> int:
        path, value = self._where[one]
        if path not in self._positions:
            self._positions[path] = Positions(path.read_text(encoding="utf-8"))
        return self._positions[path].line(one.subject, one.property, value)[0]

    def _asserted(self, one: ox.Triple) -> tuple[Asserted, str]:
        """Tell a triple of a named subject in the words of its frame, and the value that it is found by in a text."""
        subject, prop, target = one.subject.value, one.predicate.value, one.object  # type: ignore[union-attr]
        kind, keyword = Kind.AXIOM, ""
        value = target.value if isinstance(target, ox.NamedNode | ox.Literal) else ""
        if prop in _CLASSES:
            expression = self._reader.expression(target, subject)  # type: ignore[arg-type]
            keyword, text = _CLASSES[prop], manchester(expression)
            value = expression.individual if isinstance(expression, Value) else value
        elif prop == OWL + "propertyChainAxiom":
            keyword, text = "SubPropertyChain", " o ".join(map(_name, self._reader.property_chain(target)))
        elif prop == RDF_TYPE and value in _CHARACTERISTICS:
            keyword, text = "Characteristics", _CHARACTERISTICS[value]
        elif prop == RDF_TYPE:
            keyword, text = ("Declaration", _FRAMES[value]) if value in _FRAMES else ("Types", _name(value))
        elif prop in _NAMES:
            keyword, text = _NAMES[prop], _name(value)
        elif prop in self._properties:
            keyword, text = "Facts", f"{_name(prop)} {value if isinstance(target, ox.Literal) else _name(value)}"
        else:
            kind, keyword, text = Kind.ANNOTATION, _name(prop), self._text(target)  # type: ignore[arg-type]
        return Asserted(subject, self.frames.get(subject, "Individual"), keyword, text, kind, prop), value

    def _text(self, target: Node) -> str:
        if isinstance(target, ox.NamedNode):
            return _name(target.value)
        if isinstance(target, ox.Literal):
            return f'"{target.value}"'
        told = sorted(
            f"{_name(prop)} {self._text(one)}"
            for prop, values in self._reader.values(target).items()
            if prop != RDF_TYPE
            for one in values
        )
        return f"[{'; '.join(told)}]"


def _frames(triples: Iterable[ox.Triple]) -> Iterator[tuple[str, str]]:
    """Tell of each term the frame that it is told in: of one that is a class and an individual, that of the class."""
    order = [*_FRAMES]
    found: dict[str, str] = {}
    for one in triples:
        if one.predicate.value == RDF_TYPE and isinstance(one.object, ox.NamedNode) and one.object.value in _FRAMES:
            subject = one.subject.value  # type: ignore[union-attr]
            found[subject] = min(found.get(subject, one.object.value), one.object.value, key=order.index)
    return ((subject, _FRAMES[kind]) for subject, kind in found.items())


def _name(iri: str) -> str:
    return local_name(iri) if is_term(iri) else curie(iri)
