"""The folder of an ontology as the checks see it: its modules, their triples, and what of it cannot be read."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import HipkgError, OntologyError
from hipkg.base.groups import reached
from hipkg.base.paths import ONTOLOGY, module_files, ontology_files, ontology_folder
from hipkg.base.vocabulary import OWL, RDFS
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.axioms import Axioms, read_within
from hipkg.owl.own import OwnOntology, own_ontology
from hipkg.owl.positions import Positions
from hipkg.owl.sources import headers, parser_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Module(NamedTuple):
    """A module: its file, its text and its triples."""

    path: Path
    text: str
    triples: tuple[ox.Triple, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """List the IRIs of the ontologies that the module says it is."""
        return tuple(sorted(one.value for one in headers(self.triples) if isinstance(one, ox.NamedNode)))


@dataclass(frozen=True)
class Workspace:
    """The modules of an ontology that can be read, and the issues of those that cannot.

    ``layered`` tells that modules of the shipped ontology are among them, on which those of the folder rest; only what
    is wrong with the latter is looked for. ``own`` is what the header of that ontology says.
    """

    folder: Path
    modules: tuple[Module, ...]
    broken: tuple[Issue, ...]
    layered: bool = False
    own: OwnOntology | None = None

    @property
    def main(self) -> str:
        """Name the ontology that imports all modules."""
        return self.own.iri if self.own else hip.ontology

    @cached_property
    def checked(self) -> tuple[Module, ...]:
        """List the modules that are checked: those of the folder, and not those that they rest on."""
        return tuple(one for one in self.modules if not self.layered or one.path.is_relative_to(self.folder))

    @property
    def versions(self) -> frozenset[str]:
        """Collect the versions that the headers of the modules that are checked tell."""
        told = (one for module in self.checked for one in module.triples if one.predicate.value == OWL + "versionInfo")
        return frozenset(one.object.value for one in told if isinstance(one.object, ox.Literal))

    @cached_property
    def triples(self) -> tuple[ox.Triple, ...]:
        """List the triples of all modules."""
        return tuple(one for module in self.modules for one in module.triples)

    @cached_property
    def store(self) -> ox.Store:
        """Put the triples into a store."""
        store = ox.Store()
        store.extend(ox.Quad(*one) for one in self.triples)
        return store

    @cached_property
    def links(self) -> Mapping[str, Mapping[str, tuple[ox.NamedNode | ox.BlankNode | ox.Literal, ...]]]:
        """Map each property and each named subject to its values."""
        found: dict[str, dict[str, tuple[ox.NamedNode | ox.BlankNode | ox.Literal, ...]]] = {}
        for one in self.triples:
            if isinstance(one.subject, ox.NamedNode) and not isinstance(one.object, ox.Triple):
                values = found.setdefault(one.predicate.value, {})
                values[one.subject.value] = (*values.get(one.subject.value, ()), one.object)
        return found

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """Map each blank node to the named subject in whose block it stands."""
        inside = {one.object.value: one.subject for one in self.triples if isinstance(one.object, ox.BlankNode)}

        def owner(node: str) -> str:
            seen = set()
            while node in inside and node not in seen:
                seen.add(node)
                above = inside[node]
                if isinstance(above, ox.NamedNode):
                    return above.value
                node = above.value  # type: ignore[union-attr]
            return ""

        return {node: owner(node) for node in inside}

    def owner(self, node: object) -> str:
        """Name the subject itself, or the one in whose block a blank node stands."""
        if isinstance(node, ox.BlankNode):
            return self.owners.get(node.value, "")
        return node.value if isinstance(node, ox.NamedNode) else ""

    @cached_property
    def told_superclasses(self) -> Mapping[str, frozenset[str]]:
        """Map each class to all the classes that it is told to be under, itself included."""
        told = {iri: self.named(iri, RDFS + "subClassOf") for iri in self.links.get(RDFS + "subClassOf", {})}
        return {iri: frozenset(reached([iri], lambda one: told.get(one, ()))) for iri in told}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Map each term to its label."""
        return {iri: values[0].value for iri, values in self.links.get(RDFS + "label", {}).items()}

    @cached_property
    def generated(self) -> frozenset[str]:
        """Collect the classes that the release adds: possible contexts, and denials."""
        return frozenset({*self.links.get(hip.denies, {}), *self.links.get(hip.possibleContext, {})})

    def named(self, subject: str, prop: str) -> tuple[str, ...]:
        """List the named values of a property of a subject."""
        values = self.links.get(prop, {}).get(subject, ())
        return tuple(one.value for one in values if isinstance(one, ox.NamedNode))

    @cached_property
    def axioms(self) -> Axioms | None:
        """Read the axioms that are in the fragment; ``None`` if no axioms can be read."""
        return self._reading[0]

    @cached_property
    def outside(self) -> tuple[HipkgError, ...]:
        """List what is wrong with the axioms that are outside the fragment."""
        return self._reading[1]

    @cached_property
    def _reading(self) -> tuple[Axioms | None, tuple[HipkgError, ...]]:
        try:
            return read_within(self.triples)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as surprise:
            # What the reader of axioms takes for granted; other checks name it.
            return None, (OntologyError(f"The axioms cannot be read: {surprise}."),)

    def name(self, path: Path) -> str:
        """Name a file from the current folder, or in full where that is shorter."""
        try:
            return min(Path(os.path.relpath(path)).as_posix(), path.as_posix(), key=len)
        except ValueError:  # a file on another drive
            return path.as_posix()

    @cached_property
    def positions(self) -> Mapping[str, Positions]:
        """Map each module to where its terms stand."""
        return {self.name(one.path): Positions(one.text) for one in self.modules}

    def locate(self, subject: str, prop: str, values: Iterable[str]) -> tuple[str, int]:
        """Find the file and the line of one of some values of a property of a subject, or of the nearest to it."""
        found = [(*one.line(subject, prop, it), name) for it in values for name, one in self.positions.items()]
        line, rank, name = max(found, key=lambda one: one[1], default=(0, 0, ""))
        return (name, line) if rank else ("", 0)


def workspace(folder: Path = ONTOLOGY) -> Workspace:
    """Read the modules of a folder; what is no UTF-8 or no Turtle becomes an issue with its line and column."""
    return of_texts(folder, {path: path.read_bytes() for path in module_files(folder)})


def own_workspace() -> Workspace:
    """Read the modules of the ontology of one's own that is used, and those of the shipped one, which it rests on.

    Raises `OntologyError` as `hipkg.owl.own.own_ontology` does.
    """
    folder = ontology_folder()
    read = of_texts(folder, {path: path.read_bytes() for path in ontology_files()})
    layered = replace(read, layered=True)
    try:
        return replace(layered, own=own_ontology(one for module in layered.checked for one in module.triples))
    except OntologyError:
        if not read.broken:
            raise
        return layered


def of_texts(folder: Path, contents: Mapping[Path, bytes]) -> Workspace:
    """Read modules from what their files hold."""
    modules: list[Module] = []
    broken: list[Issue] = []
    for path, content in contents.items():
        try:
            text = content.decode("utf-8")
            modules.append(Module(path, text, tuple(_parsed(content))))
        except UnicodeDecodeError as problem:
            line = content.count(b"\n", 0, problem.start) + 1
            broken.append(Issue("syntax", f"{path.name}:{line}", "", "is not UTF-8"))
        except SyntaxError as problem:
            place = f"{path.name}:{problem.lineno}"
            broken.append(Issue("syntax", place, "", f"column {problem.offset}: {parser_message(problem)}"))
    return Workspace(folder, tuple(modules), tuple(broken))


def _parsed(content: bytes) -> Iterator[ox.Triple]:
    return (quad.triple for quad in ox.parse(content, format=ox.RdfFormat.TURTLE))
