"""Classify one of two ontologies by what is known of the other, so that a reasoner is asked about what differs alone.

What a class is under follows from the axioms that bear on a member of it (`hipkg.owl.module`). A class on which, in
either ontology, no axiom bears that the other lacks is under the same classes in both. Of all others a reasoner is
asked together, by the axioms that bear on members of them; and whether the whole is free of contradiction.

Where no reasoner answers, a class is under those that are written, and under those of the other ontology if no axiom is
gone that bears on its members there: what follows from axioms still does if others come. A definition of a class that
no axiom names decides only what is under this class, and what this class is under. So nothing is told that does not
follow, and what only a reasoner finds of the new axioms is missing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import EngineUnavailable
from hipkg.base.vocabulary import OWL, RDF, RDF_TYPE, RDFS, XSD
from hipkg.maintenance.as_written import told
from hipkg.maintenance.release import classified
from hipkg.owl.classification import classify
from hipkg.owl.idle import without_idle
from hipkg.owl.module import Modules
from hipkg.owl.reasoners import Entailments, close
from hipkg.owl.sources import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.base.errors import HipkgError
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.reasoner import Reasoner
    from hipkg.maintenance.diff.sides import Side
    from hipkg.maintenance.sources import Sources

_LOGICAL = (OWL, RDF, XSD)
_OF_SCHEMA = frozenset(RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range"))
_RELATIONS = frozenset({OWL + "ObjectProperty", OWL + "DatatypeProperty"})
_NO_LOGIC = frozenset({HEADER.value, *(OWL + one for one in ("imports", "versionIRI", "versionInfo", "deprecated"))})
_NOTHING: frozenset[str] = frozenset()
_MOST_AFFECTED = 0.7
"""Where more of the classes than this are affected, the whole is classified instead."""


class Logic:
    """The axioms of an ontology that decide which class is under which, so that two ontologies can be compared by them.

    Annotations are left out, and what idle properties tell (`hipkg.owl.idle`).
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = without_idle(_logical(tuple(triples)))
        self._inner: dict[object, list[ox.Triple]] = {}
        for one in self.triples:
            if isinstance(one.subject, ox.BlankNode):
                self._inner.setdefault(one.subject, []).append(one)
        self._texts: dict[object, str] = {}

    @cached_property
    def modules(self) -> Modules:
        """Prepare to find what bears on names."""
        return Modules(self.triples)

    @cached_property
    def classes(self) -> frozenset[str]:
        """List the named classes."""
        return frozenset(
            one.subject.value
            for one in self.triples
            if one.predicate.value == RDF_TYPE
            and one.object == ox.NamedNode(OWL + "Class")
            and isinstance(one.subject, ox.NamedNode)
        )

    @cached_property
    def axioms(self) -> dict[str, ox.Triple]:
        """Map each axiom about a name, in words that do not depend on the names of blank nodes, to its triple."""
        return {self.text(one): one for one in self.triples if isinstance(one.subject, ox.NamedNode)}

    def text(self, axiom: ox.Triple) -> str:
        """Write an axiom with all that is nested in it."""
        return f"{axiom.subject} {axiom.predicate} {self._node(axiom.object)}"

    def _node(self, node: object) -> str:
        if not isinstance(node, ox.BlankNode):
            return str(node)
        if node not in self._texts:
            parts = sorted(f"{one.predicate} {self._node(one.object)}" for one in self._inner.get(node, ()))
            self._texts[node] = f"[{' ; '.join(parts)}]"
        return self._texts[node]

    def affected(self, other: Logic) -> frozenset[str]:
        """List the classes on whose members an axiom bears that another ontology does not have."""
        return self._reached(self._lacking(other))

    def only_defined(self, other: Logic) -> frozenset[str]:
        """List the classes that are nothing but defined, and of which another ontology does not have the definition.

        No other axiom names them, and they are told to be under nothing but what their definition asks for.
        """
        named = {one.object for one in self.triples}
        lacking = [one for one in self._lacking(other) if one.predicate.value == OWL + "equivalentClass"]
        asked = {one.subject: self._operands(one.object) for one in lacking if one.subject not in named}
        more = {
            one.subject
            for one in self.triples
            if one.subject in asked and one not in lacking and one.predicate.value != RDF_TYPE
            if one.predicate.value != RDFS + "subClassOf" or one.object not in asked[one.subject]
        }
        return frozenset(one.value for one in asked.keys() - more)  # type: ignore[union-attr]

    def _operands(self, node: object) -> set[object]:
        """Collect what the intersection at a node is of."""
        lists = [one.object for one in self._inner.get(node, ()) if one.predicate.value == OWL + "intersectionOf"]
        found: set[object] = set()
        for cell in lists:
            for one in self._inner.get(cell, ()):
                if one.predicate.value == RDF + "first":
                    found.add(one.object)
                elif one.predicate.value == RDF + "rest":
                    lists.append(one.object)
        return found

    def losing(self, other: Logic) -> frozenset[str]:
        """List the classes that may be under fewer of those that are not `only_defined` in another ontology."""
        alone = self.only_defined(other)
        rest = {one for one in self._lacking(other) if one.subject.value not in alone}  # type: ignore[union-attr]
        return self._reached(rest) | alone

    def _lacking(self, other: Logic) -> set[ox.Triple]:
        return {self.axioms[one] for one in self.axioms.keys() - other.axioms.keys()}

    def _reached(self, axioms: set[ox.Triple]) -> frozenset[str]:
        return frozenset(self.modules.reaching(self.classes, axioms)) if axioms else _NOTHING


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _logical(triples: tuple[ox.Triple, ...]) -> Iterator[ox.Triple]:
    """Leave out what no reasoner makes anything of."""
    relations = {one.subject for one in triples if one.object in {*map(_node, _RELATIONS)}}
    for one in triples:
        predicate = one.predicate.value
        known = predicate.startswith(_LOGICAL) or predicate in _OF_SCHEMA or one.predicate in relations
        target = one.object.value if isinstance(one.object, ox.NamedNode) else ""
        if known and predicate not in _NO_LOGIC and target not in _NO_LOGIC:
            yield one


class Classifier:
    """Find what two ontologies hold, and ask a reasoner as little as possible.

    ``unclassified`` are then the classes, as IRIs, that it has said nothing of, and ``problem`` tells why.
    """

    def __init__(self, old: Side, new: Side, reasoner: Reasoner) -> None:
        self._old = old
        self._new = new
        self._reasoner = reasoner
        self.unclassified: frozenset[str] = _NOTHING
        self.problem: HipkgError | None = None

    def knowledge(self) -> tuple[Knowledge, Knowledge]:
        """Return what both hold, classified as far as their releases do not say it already and a reasoner answers.

        Raises what `hipkg.maintenance.release.build` does, but `EngineUnavailable` only where the other side is a
        release file, of which no axioms are known.
        """
        if self._old.folder and self._new.folder and self._old.content == self._new.content:
            known = self._new.shipped or self._old.shipped or self._new.knowledge(self._whole)
            return known, known
        if self._new.shipped is None and self._old.shipped is None:
            new = self._new.knowledge(self._whole)
            return self._old.knowledge(lambda sources: self._by(new, self._new, sources)), new
        if self._new.shipped is None:
            old = self._old.knowledge(self._whole)
            return old, self._new.knowledge(lambda sources: self._by(old, self._old, sources))
        new = self._new.shipped
        return self._old.knowledge(lambda sources: self._by(new, self._new, sources)), new

    def ask(self, triples: tuple[ox.Triple, ...], classes: frozenset[str]) -> Entailments:
        """Ask a reasoner, beside the new ontology, about what some triples say of some classes."""
        whole = Logic((*self._new.triples, *triples))
        try:
            return self._reasoner.classify(whole.modules.around(map(_node, classes)))
        except EngineUnavailable as problem:
            if self._reasoner.late:
                self.problem = problem
            raise

    def _classify(self, triples: Iterable[ox.Triple]) -> Entailments:
        return classify(triples, self._reasoner)

    def _whole(self, sources: Sources) -> Entailments:
        try:
            return classified(sources, classify=self._classify)
        except EngineUnavailable as problem:
            self._note(problem, sources.axioms.classes)
            return classified(sources, classify=lambda _: _entailing(told(sources.axioms)))

    def _note(self, problem: HipkgError, classes: Iterable[str]) -> None:
        self.unclassified = self.unclassified.union(classes)
        self.problem = problem

    def _by(self, known: Knowledge, side: Side, sources: Sources) -> Entailments:
        """Classify an ontology by what is known of another one, if that has sources to compare."""
        if not side.folder:
            return classified(sources, classify=self._classify)
        before, after = Logic(side.triples), Logic(sources.triples)
        affected = before.affected(after) | after.affected(before) | (after.classes - before.classes)
        affected &= after.classes

        def kept(classes: frozenset[str]) -> set[tuple[str, str]]:
            return {(iri, upper) for iri in classes & known.superclasses.keys() for upper in known.superclasses[iri]}

        if before.axioms.keys() == after.axioms.keys():
            return _entailing(kept(after.classes - affected))
        try:
            if len(affected) > _MOST_AFFECTED * len(after.classes):
                return classified(sources, classify=self._classify)
            self._reasoner.check_consistency(after.triples)
            if not affected:
                return _entailing(kept(after.classes))
            found = self._reasoner.classify(after.modules.around(map(_node, affected)))
        except EngineUnavailable as problem:
            self._note(problem, affected)
            alone = before.only_defined(after)
            still = {one for one in kept(after.classes - before.losing(after)) if one[1] not in alone}
            return _entailing(still.union(told(sources.axioms)))
        asked = {(iri, upper) for iri, above in close(found.subclasses).items() for upper in above if iri in affected}
        return _entailing(asked | kept(after.classes - affected), found.unsatisfiable)


def _entailing(pairs: Iterable[tuple[str, str]], unsatisfiable: frozenset[str] = _NOTHING) -> Entailments:
    return Entailments(frozenset(pairs), frozenset(), frozenset(), unsatisfiable)
