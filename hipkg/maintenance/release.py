"""Build the released knowledge: classify the ontology, check it, compile it, and write one stamped file.

This is the only place that needs a reasoner for the ontology itself. `build` runs HermiT on the sources without any
patient; everything a run needs afterwards is in the file that `hipkg.knowledge.records` loads.
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING, Any, TypeVar

import networkx as nx
import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.paths import PATIENT_SHAPES, ontology_files
from hipkg.base.vocabulary import HIP, HOLDS_BACK, INDICATES, OWL, RDFS, SKOS, curie
from hipkg.knowledge.frame.strata import decides
from hipkg.knowledge.loading import FORMAT, source_stamp
from hipkg.knowledge.records import Bound, DocumentInfo, InterventionInfo, Link, StatementInfo, Tension
from hipkg.owl import reasoners as java
from hipkg.owl.axioms import Axioms, read_axioms
from hipkg.owl.expression import named_classes, properties, to_json
from hipkg.owl.rule_compiler import NativeCompiler
from hipkg.owl.rules import groups_to_json
from hipkg.owl.sources import load_sources
from hipkg.validation.compiler import compile_shapes
from hipkg.validation.compiler import to_json as to_json_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hipkg.owl.axioms import PropertyAxioms

Item = TypeVar("Item", str, tuple[str, str])
_DCTERMS = "http://purl.org/dc/terms/"


@dataclass(frozen=True)
class Sources:
    """The ontology as it is written: the files, their triples and the axioms in them."""

    paths: tuple[Path, ...]
    triples: list[ox.Triple]
    axioms: Axioms


def read(files: Iterable[Path] | None = None) -> Sources:
    """Read the sources of the ontology, by default all.

    Raises `OntologyError` for an axiom outside the fragment.
    """
    paths = tuple(files) if files is not None else ontology_files()
    triples = load_sources(paths)
    return Sources(paths, triples, read_axioms(triples))


def build(files: Iterable[Path] | None = None) -> dict[str, Any]:
    """Classify and compile the ontology.

    Returns the content of the release file. Raises `OntologyError` for an unsatisfiable class, an axiom outside the
    fragment, or a cycle among prerequisites or companions; `InconsistentData` if the ontology contradicts itself.
    """
    sources = read(files)
    return content(sources, java.entail("hermit", sources.triples))


def content(sources: Sources, entailments: java.Entailments) -> dict[str, Any]:
    """Compile a classified ontology; the errors are those of `build`.

    Classes of other namespaces, which may have been added to the sources to ask the reasoner something, leave no trace.
    """
    unsatisfiable = sorted(iri for iri in entailments.unsatisfiable if iri.startswith(HIP))
    if unsatisfiable:
        names = ", ".join(map(curie, unsatisfiable))
        raise OntologyError(
            f"No individual can be a member of: {names}.", remedy="Look for disjoint classes in the definition."
        )
    return _Builder(sources.triples, sources.axioms, entailments).content(source_stamp(sources.paths))


def write(content: dict[str, Any], path: Path) -> None:
    """Write the release file with stable order, replacing it in one step."""
    from hipkg.base.output import write_output

    path.parent.mkdir(parents=True, exist_ok=True)
    write_output(json.dumps(content, ensure_ascii=False, sort_keys=True, indent=0) + "\n", str(path))


class _Builder:
    """Collect what the release file holds from the triples, the axioms and the classification."""

    def __init__(self, triples: list[ox.Triple], axioms: Axioms, result: java.Entailments) -> None:
        self._axioms = axioms
        self._superclasses = {
            iri: frozenset(one for one in closed if one.startswith(HIP) and one != iri)
            for iri, closed in java.close(result.subclasses).items()
            if iri.startswith(HIP)
        }
        self._texts: dict[tuple[str, str], list[str]] = {}
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(triple.object, ox.BlankNode):
                self._texts.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object.value)  # type: ignore[union-attr]
        self._bounds = self._read_bounds(triples)

    def content(self, stamp: str) -> dict[str, Any]:
        labels = {subject: values[0] for (subject, prop), values in self._texts.items() if prop == RDFS + "label"}
        statements = self._statements()
        interventions = self._interventions(statements)
        compiler = NativeCompiler(self._axioms, self._superclasses)
        return {
            "format": FORMAT,
            "stamp": stamp,
            "version": self._text(HIP + "ontology", OWL + "versionInfo"),
            "classifier": f"HermiT of owlready2 {package_version('owlready2')}",
            "superclasses": _lists(self._superclasses),
            "disjoint": sorted(pair for pair in self._axioms.disjoint if pair[0] < pair[1]),
            "definitions": {iri: to_json(expression) for iri, expression in self._axioms.definitions.items()},
            "functional": sorted(prop.iri for prop in self._axioms.properties.values() if prop.functional),
            "singleValued": sorted(subject for subject, prop in self._texts if prop == HIP + "singleValued"),
            "upperEnds": self._map("upperEnd"),
            "individualTypes": _lists(self._individual_types()),
            "labels": labels,
            "questions": self._map("question"),
            "units": {iri: unit for iri, unit in self._map("unit").items() if iri in self._axioms.properties},
            "opposites": self._map("mirrors"),
            "valueKinds": self._value_kinds(),
            "links": {iri: [asdict(one) for one in links] for iri, links in self._links().items()},
            "verbPhrases": self._map("verbPhrase"),
            "attributePhrases": self._map("attributePhrase"),
            "terms": sorted({subject for subject, _ in self._texts if subject.startswith(HIP)}),
            "groups": groups_to_json(compiler.groups()),
            "statements": [asdict(statement) for statement in statements],
            "interventions": [{**asdict(one), "superclasses": sorted(one.superclasses)} for one in interventions],
            "documents": [asdict(document) for document in self._documents()],
            "tensions": [asdict(tension) for tension in self._tensions()],
            "refuters": _lists(self._refuters(statements)),
            "holding": self._map("stateWhenHolding"),
            "named": _lists(self._named(statements)),
            "wholes": _lists(self._wholes()),
            "countsWhenPast": sorted(self._map("countsWhenPast")),
            "settledForYears": self._settled_for_years(interventions),
            "concernsWholePatient": self._with_kinds("concernsWholePatient", interventions),
            "sided": sorted(self._map("sided")),
            "visitGaps": self._map("visitGap"),
            "valueProperties": self._value_properties(),
            "toldSuperclasses": _lists({iri: told for iri, told in self._axioms.superclasses.items() if told}),
            "classValues": _lists({iri: pairs for iri, pairs in self._axioms.values.items() if pairs}),
            "properties": [_property(one) for _, one in sorted(self._axioms.properties.items())],
            "shapes": to_json_shapes(compile_shapes(PATIENT_SHAPES)),
        }

    def _text(self, subject: str, prop: str) -> str:
        return next(iter(sorted(self._texts.get((subject, prop), []))), "")

    def _all(self, subject: str, name: str) -> tuple[str, ...]:
        return tuple(sorted(self._texts.get((subject, HIP + name), [])))

    def _map(self, name: str) -> dict[str, str]:
        return {subject: values[0] for (subject, prop), values in self._texts.items() if prop == HIP + name}

    def _settled_for_years(self, interventions: Iterable[InterventionInfo]) -> dict[str, int]:
        """Map the interventions that need no repetition, and the kinds of them, to the fewest years that are told."""
        told = self._map("settledForYears")
        years = {one.iri: [int(told[it]) for it in (one.iri, *one.superclasses) if it in told] for one in interventions}
        return {iri: min(found) for iri, found in sorted(years.items()) if found}

    def _with_kinds(self, name: str, interventions: Iterable[InterventionInfo]) -> list[str]:
        """List the interventions that have an annotation, and the kinds of them."""
        told = self._map(name).keys()
        return sorted(one.iri for one in interventions if not told.isdisjoint({one.iri, *one.superclasses}))

    def _is_a(self, iri: str, other: str) -> bool:
        return iri == other or other in self._superclasses.get(iri, ())

    def _opposites(self, iri: str) -> set[str]:
        """Collect the classes whose members cannot be in a class, among those of the same world.

        A patient is no problem, but that says nothing on whether a requirement on problems is met; so only opposites
        below a common superclass count.
        """
        upper = {iri, *self._superclasses.get(iri, ())}
        return {
            other
            for one, other in self._axioms.disjoint
            if one in upper and self._superclasses.get(one, frozenset()) & self._superclasses.get(other, frozenset())
        }

    def _individual_types(self) -> dict[str, set[str]]:
        return {
            iri: {one for kind in kinds for one in {kind, *self._superclasses.get(kind, ())}}
            for iri, kinds in self._axioms.individual_types.items()
        }

    def _read_bounds(self, triples: list[ox.Triple]) -> dict[str, tuple[Bound, ...]]:
        """Read the bounds of each statement, which are nodes of their own, in the order of what they limit."""
        links = [(one.subject.value, one.object) for one in triples if one.predicate.value == HIP + "hasBound"]  # type: ignore[union-attr]
        told: dict[object, dict[str, list[str]]] = {node: {} for _, node in links}
        for one in triples:
            if one.subject in told:
                told[one.subject].setdefault(one.predicate.value, []).append(one.object.value)  # type: ignore[union-attr]
        found: dict[str, list[Bound]] = {}
        for iri, node in links:
            found.setdefault(iri, []).append(self._bound(told[node]))
        return {iri: tuple(sorted(bounds, key=astuple)) for iri, bounds in found.items()}

    def _bound(self, values: Mapping[str, list[str]]) -> Bound:
        def one(name: str) -> str:
            return min(values.get(HIP + name, ("",)))

        measured_by = one("measuredBy")
        return Bound(
            quantity=one("quantity"),
            unit=one("unit"),
            lower=one("lowerBound"),
            upper=one("upperBound"),
            measured_by=measured_by,
            compared_as=self._text(measured_by, HIP + "comparedAs"),
            measured_on=tuple(sorted(values.get(HIP + "measuredOn", ()))),
        )

    def _value_kinds(self) -> dict[str, str]:
        """Map each property of a definition to the class of its values: its range, or the domain of its inverse."""
        found: dict[str, set[str]] = {}
        for prop in self._axioms.properties.values():
            found.setdefault(prop.iri, set()).update(prop.ranges)
            for other in prop.inverses:
                found[prop.iri] |= self._axioms.properties[other].domains
                found.setdefault(other, set()).update(prop.domains)
        used = set().union(*map(properties, self._axioms.definitions.values()))
        return {iri: min(kinds) for iri, kinds in found.items() if kinds and iri in used}

    def _value_properties(self) -> dict[str, str]:
        """Map each coded value of patient data to the property whose range it is in."""
        of_kind = {kind: prop.iri for prop in self._axioms.properties.values() for kind in prop.ranges}
        value = HIP + "Value"
        return {
            iri: of_kind[kind]
            for iri, kinds in self._individual_types().items()
            if value in kinds
            for kind in kinds
            if kind in of_kind
        }

    def _links(self) -> dict[str, list[Link]]:
        """Find for each object property how it is recorded: by a property without a narrower one, or by its reverse."""
        properties = self._axioms.properties
        derived = {one.iri for one in properties.values() if one.inverses}
        wider = {upper for one in properties.values() for upper in one.superproperties}
        leaves = {iri: self._upward(iri) for iri in sorted(properties) if iri not in derived | wider}
        kinds = self._value_kinds()
        found: dict[str, list[Link]] = {}
        for iri in kinds:
            found[iri] = [
                *(
                    Link(leaf, False, min(properties[leaf].ranges, default=kinds[iri]))
                    for leaf in leaves
                    if iri in leaves[leaf]
                ),
                *(
                    Link(leaf, True, kinds[iri])
                    for other in sorted(properties[iri].inverses)
                    for leaf in leaves
                    if other in leaves[leaf]
                ),
            ]
        return found

    def _upward(self, prop: str) -> set[str]:
        """Collect a property with all wider ones."""
        found, agenda = set(), [prop]
        while agenda:
            one = agenda.pop()
            if one not in found:
                found.add(one)
                agenda += self._axioms.properties[one].superproperties
        return found

    def _rank(self, iri: str) -> int | None:
        rank = self._text(iri, HIP + "rank")
        return int(rank) if rank else None

    def _statements(self) -> list[StatementInfo]:
        types = self._individual_types()
        found = sorted(iri for iri, kinds in types.items() if HIP + "Statement" in kinds)
        drafts = [self._statement(iri, 0) for iri in found]
        strata = self._strata(drafts)
        return [self._statement(iri, strata[iri]) for iri in found]

    def _statement(self, iri: str, stratum: int) -> StatementInfo:
        effect, intervention = self._effect(iri)
        kinds = self._axioms.individual_types[iri]
        strength, quality = self._text(iri, HIP + "hasStrength"), self._text(iri, HIP + "hasQuality")
        label = RDFS + "label"
        return StatementInfo(
            iri=iri,
            id=self._text(iri, SKOS + "notation"),
            kind=self._text(next(iter(sorted(kinds))), label),
            effect=effect,
            intervention=intervention,
            text=self._text(iri, SKOS + "definition"),
            document=self._text(iri, HIP + "fromDocument"),
            section=self._text(iri, HIP + "section"),
            applies_to=self._all(iri, "appliesTo"),
            requires=self._all(iri, "requires"),
            except_for=self._all(iri, "exceptFor"),
            satisfied_by=self._all(iri, "satisfiedBy"),
            accompanies=self._all(iri, "accompanies"),
            strength=self._text(strength, label),
            strength_rank=self._rank(strength),
            quality=self._text(quality, label),
            quality_rank=self._rank(quality),
            strength_wording=self._text(iri, HIP + "strengthWording"),
            evidence_wording=self._text(iri, HIP + "evidenceWording"),
            timing=self._text(iri, HIP + "timing"),
            references=tuple(self._text(ref, label) for ref in self._all(iri, "cites")),
            bounds=self._bounds.get(iri, ()),
            inferred=self._text(iri, HIP + "inferred") == "true",
            stratum=stratum,
        )

    def _effects(self) -> list[str]:
        return sorted(subject for subject, prop in self._texts if prop == HIP + "statusWhenHolding")

    def _effect(self, iri: str) -> tuple[str, str]:
        found = [(prop, target) for prop in self._effects() for target in self._texts.get((iri, prop), [])]
        if len(found) != 1:
            raise OntologyError(
                f"concerns {len(found)} interventions.",
                place=curie(iri),
                remedy="Link it to exactly one, by one property.",
            )
        return found[0]

    def _strata(self, statements: list[StatementInfo]) -> dict[str, int]:
        """Put each statement after those that decide whether its companion is in the plan, and number the layers."""
        graph = nx.DiGraph()
        graph.add_nodes_from(statement.iri for statement in statements)
        for statement in statements:
            for companion in statement.accompanies:
                deciders = (
                    other.iri for other in statements if other != statement and decides(other, companion, self._is_a)
                )
                graph.add_edges_from((other, statement.iri) for other in deciders)
        if not nx.is_directed_acyclic_graph(graph):
            names = " → ".join(curie(one) for one, _ in nx.find_cycle(graph))
            raise OntologyError(f"Companions form a cycle: {names}.", remedy="Remove one of the accompanies links.")
        return {
            iri: number for number, generation in enumerate(nx.topological_generations(graph)) for iri in generation
        }

    def _interventions(self, statements: list[StatementInfo]) -> list[InterventionInfo]:
        found = sorted(iri for iri in self._axioms.classes if self._is_a(iri, HIP + "Intervention"))
        phases = self._phases(statements, found)
        pairs = [(one, other) for one in found for other in self._all(one, "incompatibleWith")]
        pairs += [(other, one) for one, other in pairs]
        return [
            InterventionInfo(
                iri=iri,
                label=self._text(iri, RDFS + "label"),
                category=self._nearest(iri, "category"),
                superclasses=frozenset(one for one in self._superclasses.get(iri, ()) if one in set(found)),
                phase=phases[iri],
                side_rule=self._text(iri, HIP + "sideRule"),
                side_phrase=self._text(iri, HIP + "sidePhrase"),
                incompatible=tuple(
                    other
                    for other in found
                    if any(self._is_a(iri, one) and self._is_a(other, another) for one, another in pairs)
                ),
                requested_as=self._nearest(iri, "requestedAs"),
                route=self._nearest(iri, "impliesRoute"),
            )
            for iri in found
        ]

    def _nearest(self, iri: str, name: str) -> str:
        """Take what the nearest class says by an annotation, such as its category."""
        candidates = [one for one in {iri, *self._superclasses.get(iri, ())} if self._text(one, HIP + name)]
        nearest = sorted(candidates, key=lambda one: (-len(self._superclasses.get(one, ())), one))
        return self._text(nearest[0], HIP + name) if nearest else ""

    def _phases(self, statements: list[StatementInfo], interventions: list[str]) -> dict[str, int]:
        """Order interventions by the treatments that their statements wait for.

        Raises `OntologyError` when an intervention waits, in the end, for itself.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(interventions)
        known = set(interventions)
        for statement in statements:
            if statement.effect not in {INDICATES, HOLDS_BACK}:
                continue
            waited = statement.requires if statement.effect == INDICATES else statement.except_for
            needed = set().union(*(self._mentioned(iri, set()) for iri in waited)) if waited else set()
            graph.add_edges_from(
                (one, statement.intervention) for one in needed & known if one != statement.intervention
            )
        graph.add_edges_from((earlier, iri) for iri in interventions for earlier in self._all(iri, "follows"))
        for iri in interventions:
            graph.add_edges_from((parent, iri) for parent in self._superclasses.get(iri, ()) if graph.in_degree(parent))
        if not nx.is_directed_acyclic_graph(graph):
            names = " → ".join(curie(one) for one, _ in nx.find_cycle(graph))
            raise OntologyError(
                f"Prerequisites form a cycle: {names}.", remedy="Look at what the requirements mention."
            )
        return {
            iri: number for number, generation in enumerate(nx.topological_generations(graph)) for iri in generation
        }

    def _mentioned(self, iri: str, seen: set[str]) -> set[str]:
        """Collect the classes that a definition mentions, through the definitions it names."""
        if iri in seen:
            return set()
        seen.add(iri)
        definition = self._axioms.definitions.get(iri)
        if definition is None:
            return {iri}
        return set().union(*(self._mentioned(one, seen) for one in named_classes(definition)))

    def _wholes(self) -> dict[str, list[str]]:
        return {subject: values for (subject, prop), values in self._texts.items() if prop == HIP + "anatomicalPartOf"}

    def _documents(self) -> list[DocumentInfo]:
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if HIP + "Document" in kinds)
        return [
            DocumentInfo(
                iri=iri,
                id=self._text(iri, SKOS + "notation"),
                title=self._text(iri, _DCTERMS + "title"),
                publisher=self._text(iri, HIP + "publisher"),
                issued=self._text(iri, _DCTERMS + "issued"),
            )
            for iri in found
        ]

    def _tensions(self) -> list[Tension]:
        label = RDFS + "label"
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if HIP + "Tension" in kinds)
        return [
            Tension(
                iri=iri,
                id=self._text(iri, SKOS + "notation"),
                label=self._text(iri, label),
                kinds=tuple(self._text(one, label) for one in self._all(iri, "tensionKind")),
                statements=tuple(self._text(one, SKOS + "notation") for one in self._all(iri, "betweenStatement")),
                text=self._text(iri, SKOS + "definition"),
                resolution=self._text(self._text(iri, HIP + "resolution"), label),
                note=self._text(iri, SKOS + "scopeNote"),
            )
            for iri in found
        ]

    def _named(self, statements: list[StatementInfo]) -> dict[str, list[str]]:
        """Map each intervention to those that statements name and that it is, or is a kind of."""
        named = {one for statement in statements for one in (statement.intervention, *statement.accompanies)}
        every = (iri for iri in self._axioms.classes if self._is_a(iri, HIP + "Intervention"))
        return {iri: [upper for upper in named if self._is_a(iri, upper)] for iri in every}

    def _refuters(self, statements: list[StatementInfo]) -> dict[str, set[str]]:
        """Map each class that can be refuted to those that refute it, as far as statements require or except it."""
        slots = {iri for one in statements for iri in (*one.requires, *one.except_for)}
        return {iri: others for iri in slots if (others := self._opposites(iri))}


def _property(axioms: PropertyAxioms) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(axioms).items()}


def _lists(sets: Mapping[str, Iterable[Item]]) -> dict[str, list[Item]]:
    return {key: sorted(values) for key, values in sorted(sets.items())}
