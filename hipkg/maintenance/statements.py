"""Read statements from a classified ontology: what each says, requires and excepts, and when it is judged."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import networkx as nx

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.vocabulary import RDFS, SKOS, curie
from hipkg.knowledge.frame.scope import waits_for_scope
from hipkg.knowledge.frame.strata import decides, keeps_out
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import Prominence
from hipkg.knowledge.records import Bound, StatementInfo
from hipkg.owl.expression import And, Named, Or, Some, disjuncts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyoxigraph as ox

    from hipkg.maintenance.told import Told
    from hipkg.owl.expression import Expression

Member = TypeVar("Member", Modality, Prominence)


class StatementReader:
    """Read the statements of an ontology."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._axioms = told.axioms
        self._superclasses = told.superclasses
        self._bounds = self._read_bounds(told.triples)

    def statements(self) -> list[StatementInfo]:
        """Read all statements, each with the layer in which it is judged."""
        types = self._told.individual_types()
        found = sorted(iri for iri, kinds in types.items() if hip.Statement in kinds)
        drafts = [self._statement(iri, 0) for iri in found]
        strata = self._strata(drafts)
        return [self._statement(iri, strata[iri]) for iri in found]

    def _statement(self, iri: str, stratum: int) -> StatementInfo:
        effect, intervention = self._effect(iri)
        kinds = self._axioms.individual_types[iri]
        strength, quality = self._told.text(iri, hip.hasStrength), self._told.text(iri, hip.hasQuality)
        label = RDFS + "label"
        return StatementInfo(
            iri=iri,
            id=self._told.text(iri, SKOS + "notation"),
            kind=self._told.text(next(iter(sorted(kinds))), label),
            effect=effect,
            intervention=intervention,
            text=self._told.text(iri, SKOS + "definition"),
            document=self._told.text(iri, hip.fromDocument),
            section=self._told.text(iri, hip.section),
            applies_to=self._told.values(iri, hip.appliesTo),
            requires=self._requires(iri, effect),
            except_for=self._told.values(iri, hip.exceptFor),
            satisfied_by=self._told.values(iri, hip.satisfiedBy),
            accompanies=self._told.values(iri, hip.accompanies),
            choices=self._told.values(iri, hip.inChoice),
            modality=self._modality(iri, effect),
            strength=self._told.text(strength, label),
            strength_rank=self._rank(strength),
            quality=self._told.text(quality, label),
            quality_rank=self._rank(quality),
            strength_wording=self._told.text(iri, hip.strengthWording),
            evidence_wording=self._told.text(iri, hip.evidenceWording),
            timing=self._told.text(iri, hip.timing),
            references=tuple(self._told.text(ref, label) for ref in self._told.values(iri, hip.cites)),
            bounds=self._bounds.get(iri, ()),
            inferred=self._told.text(iri, hip.inferred) == "true",
            stratum=stratum,
            ended_by=self._ended_by(iri),
            vigilant=self._is_marked(iri, hip.vigilant),
            prominence=self._prominence(iri),
            counteracts=self._told.values(iri, hip.counteracts),
        )

    def _rank(self, iri: str) -> int | None:
        rank = self._told.text(iri, hip.rank)
        return int(rank) if rank else None

    def _read_bounds(self, triples: list[ox.Triple]) -> dict[str, tuple[Bound, ...]]:
        """Read the bounds of each statement, which are nodes of their own, in the order of what they limit."""
        links = [(one.subject.value, one.object) for one in triples if one.predicate.value == hip.hasBound]  # type: ignore[union-attr]
        told: dict[object, dict[str, list[str]]] = {node: {} for _, node in links}
        for one in triples:
            if one.subject in told:
                told[one.subject].setdefault(one.predicate.value, []).append(one.object.value)  # type: ignore[union-attr]
        found: dict[str, list[Bound]] = {}
        for iri, node in links:
            found.setdefault(iri, []).append(self._bound(told[node]))
        return {iri: tuple(sorted(bounds)) for iri, bounds in found.items()}

    def _bound(self, values: Mapping[str, list[str]]) -> Bound:
        def one(prop: str) -> str:
            return min(values.get(prop, ("",)))

        measured_by = one(hip.measuredBy)
        return Bound(
            quantity=one(hip.quantity),
            unit=one(hip.unit),
            lower=one(hip.lowerBound),
            upper=one(hip.upperBound),
            measured_by=measured_by,
            compared_as=self._told.text(measured_by, hip.comparedAs),
            measured_on=tuple(sorted(values.get(hip.measuredOn, ()))),
        )

    def _is_marked(self, iri: str, prop: str) -> bool:
        """Tell whether a statement, or a kind of statements that it is one of, has an annotation."""
        return any(self._told.text(one, prop) for one in (iri, *self._axioms.individual_types[iri]))

    def _requires(self, iri: str, effect: str) -> tuple[str, ...]:
        """List what a statement requires itself, and what the advice of its document requires unless that follows."""
        own = self._told.values(iri, hip.requires)
        if self._is_marked(iri, hip.holdsBeyondScope) or not waits_for_scope(effect, self._bounds.get(iri, ())):
            return own
        scope = self._told.values(self._told.text(iri, hip.fromDocument), hip.adviceRequires)
        return tuple(sorted({*own, *(one for one in scope if not any(self._gives(it, one) for it in own))}))

    def _gives(self, own: str, scope: str) -> bool:
        """Tell whether a requirement of its own makes the scope of a document hold: nothing else may defeat that."""
        defeaters, known = self._told.values(scope, hip.defeatedBy), self._told.values(own, hip.defeatedBy)
        return self._implies(own, scope) and {*defeaters} <= {*known}

    def _ended_by(self, iri: str) -> tuple[str, ...]:
        """List the classes whose members no longer have what a statement is about, or what it requires."""
        about = (*self._told.values(iri, hip.appliesTo), *self._told.values(iri, hip.requires))
        found = {ended for one in about for ended in self._endings(Named(one))}
        return tuple(sorted(found - {*about, *self._told.values(iri, hip.exceptFor)}))

    def _endings(self, expression: Expression) -> frozenset[str]:
        """Collect what ends each problem that a member of a class has to have, or be, at its place.

        Of a union each part has to be ended. What holds of the patient is at no place.
        """
        match expression:
            case Named(iri):
                told = {
                    ended
                    for one in (iri, *self._superclasses.get(iri, ()))
                    for ended in self._told.values(one, hip.endedBy)
                }
                definition = self._axioms.definitions.get(iri)
                return frozenset(told) | (self._endings(definition) if definition is not None else frozenset())
            case And(operands):
                return frozenset().union(*map(self._endings, operands))
            case Or(operands):
                first, *rest = map(self._endings, operands)
                return first.intersection(*rest)
            case Some(prop, filler) if prop != hip.problemOf:
                return self._endings(filler)
            case _:
                return frozenset()

    def _implies(self, iri: str, other: str) -> bool:
        """Tell whether a subject in one class, or whose patient is in it, is in another."""
        definition = self._axioms.definitions.get(other)
        ways = disjuncts(definition) if definition else ()
        return self._told.is_a(iri, other) or any(
            self._told.is_a(iri, patient.iri)
            for way in ways
            if isinstance(way, And)
            for part in way.operands
            if isinstance(part, Some) and isinstance(patient := part.filler, Named)
            if part.prop == hip.problemOf and {*way.operands} == {Named(hip.Problem), part}
        )

    @cached_property
    def _effects(self) -> list[str]:
        """List the properties that link statements to interventions."""
        return sorted(subject for subject, prop in self._told.texts if prop == hip.statusWhenHolding)

    def _effect(self, iri: str) -> tuple[str, str]:
        found = [(prop, target) for prop in self._effects for target in self._told.texts.get((iri, prop), [])]
        if len(found) != 1:
            raise OntologyError(
                f"concerns {len(found)} interventions.",
                place=curie(iri),
                remedy="Link it to exactly one, by one property.",
            )
        return found[0]

    def _modality(self, iri: str, effect: str) -> Modality:
        """Read how firmly a statement asks, or what the property that links it to its intervention always means."""
        told = self._told.text(iri, hip.hasModality) or self._told.text(effect, hip.hasModality)
        return self._member(iri, told, Modality)

    def _prominence(self, iri: str) -> Prominence:
        """Read how prominent a statement is in its document."""
        return self._member(iri, self._told.text(iri, hip.hasProminence), Prominence)

    def _member(self, iri: str, told: str, kind: type[Member]) -> Member:
        """Read what is told of a statement as a member of an enumeration, by its label."""
        label = self._told.text(told, RDFS + "label")
        if told and label not in list(kind):
            raise OntologyError(
                f"has the {kind.__name__.lower()} {label or told}.",
                place=curie(iri),
                remedy=f"Take one of {', '.join(filter(None, kind))}.",
            )
        return kind(label)

    def _strata(self, statements: list[StatementInfo]) -> dict[str, int]:
        """Put each statement after those that decide whether its companion is in the plan, and number the layers.

        What keeps an intervention out comes before what puts it in; where it has no companion itself it comes first.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(statement.iri for statement in statements)
        dependent = [statement for statement in statements if statement.accompanies]
        for statement in dependent:
            for companion in statement.accompanies:
                deciders = (
                    other.iri
                    for other in statements
                    if other != statement and decides(other, companion, self._told.is_a)
                )
                graph.add_edges_from((other, statement.iri) for other in deciders)
            refused = (other.iri for other in statements if keeps_out(statement, other, self._told.is_a))
            graph.add_edges_from((statement.iri, other) for other in refused)
        if not nx.is_directed_acyclic_graph(graph):
            names = " → ".join(curie(one) for one, _ in nx.find_cycle(graph))
            raise OntologyError(f"Companions form a cycle: {names}.", remedy="Remove one of the accompanies links.")
        return {
            iri: number for number, generation in enumerate(nx.topological_generations(graph)) for iri in generation
        }
