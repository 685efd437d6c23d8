"""Build the released knowledge: classify the ontology, check it, compile it, and write one stamped file.

This is the only place that needs a reasoner for the ontology itself. `build` runs HermiT on the sources without any
patient; everything a run needs afterwards is in the file that `hipkg.knowledge.records` loads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING, TypeVar

import networkx as nx
import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.groups import reached
from hipkg.base.paths import (
    DENIALS,
    PATIENT_SHAPES,
    POSSIBLE_CONTEXTS,
    edited_files,
    files_about_ontology,
    ontology_files,
    own_shapes,
)
from hipkg.base.vocabulary import DCTERMS, OWL, RDFS, SKOS, XSD, curie, is_term
from hipkg.knowledge.frame.scope import waits_for_scope
from hipkg.knowledge.frame.strata import decides, keeps_out
from hipkg.knowledge.loading import load_base, own_stamp, released, source_stamp
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import Prominence
from hipkg.knowledge.records import (
    Bound,
    DocumentInfo,
    InterventionInfo,
    Knowledge,
    Link,
    PossibleRange,
    StatementInfo,
    Tension,
    Withdrawal,
)
from hipkg.owl import reasoners as java
from hipkg.owl.axioms import Axioms, read_axioms
from hipkg.owl.expression import And, Expression, Named, Or, Some, disjuncts, leaves, properties
from hipkg.owl.in_force import REPLACED_BY, deprecated, in_force, withdrawn_statements
from hipkg.owl.names import undeclared
from hipkg.owl.own import OwnOntology, own_ontology
from hipkg.owl.rule_compiler import NativeCompiler
from hipkg.owl.rules import uses, watchers
from hipkg.owl.sources import load_sources
from hipkg.validation.compiler import compile_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    Entail = Callable[[str, Iterable[ox.Triple]], java.Entailments]
    """A reasoner, as `hipkg.owl.reasoners.entail` is."""

Member = TypeVar("Member", Modality, Prominence)
_VERSION = ox.NamedNode(OWL + "versionInfo")
_SHIPPED = ox.NamedNode(hip.ontology)


@dataclass(frozen=True)
class Sources:
    """The ontology as it is written: the files, the triples of what is in force, the axioms in them, and the rest.

    ``own`` is an ontology of one's own that is among them.
    """

    paths: tuple[Path, ...]
    triples: list[ox.Triple]
    axioms: Axioms
    withdrawn: tuple[Withdrawal, ...]
    own: OwnOntology | None = None

    @property
    def version(self) -> str:
        """Tell the version of the shipped ontology, or of what is read in its place."""
        version = (
            one.object for one in self.triples if one.predicate.value == OWL + "versionInfo" and one.subject == _SHIPPED
        )
        return next((one.value for one in version if isinstance(one, ox.Literal)), "")


def read(files: Iterable[Path] | None = None, *, edited: bool = False) -> Sources:
    """Read the sources of the ontology, by default all, with those of an ontology of one's own that is used.

    Parameters: ``edited`` leaves those out that the release writes.

    Raises `OntologyError` for a module that cannot be parsed, a name that nobody declares, or an axiom outside the
    fragment.
    """
    own = own_ontology() if files is None else None
    paths = tuple(files) if files is not None else edited_files() if edited else ontology_files()
    unknown = next(undeclared(paths, files_about_ontology() if files is None else ()), None)
    if unknown:
        raise OntologyError(
            f"{curie(unknown.iri)} {unknown.message}",
            place=unknown.place,
            remedy="`hipkg ontology check --no-reasoner` lists all such names.",
        )
    return sources_of(paths, load_sources(paths), own)


def sources_of(paths: tuple[Path, ...], written: Sequence[ox.Triple], own: OwnOntology | None = None) -> Sources:
    """Part what is in force of the triples of some files from what was withdrawn.

    Parameters: ``own`` is an ontology of one's own that is among them.

    Raises `OntologyError` for an axiom outside the fragment.
    """
    triples = in_force(written)
    return Sources(paths, triples, read_axioms(triples), withdrawals(written), own)


def withdrawals(written: Sequence[ox.Triple]) -> tuple[Withdrawal, ...]:
    """List the deprecated statements and terms, with what the ontology says of why and of what takes their place."""
    names = deprecated(written)
    if not names:
        return ()
    statements = withdrawn_statements(written)
    texts: dict[tuple[str, str], list[str]] = {}
    for one in written:
        if isinstance(one.subject, ox.NamedNode) and one.subject.value in names and hasattr(one.object, "value"):
            texts.setdefault((one.subject.value, one.predicate.value), []).append(one.object.value)

    def said(iri: str, prop: str) -> str:
        return min(texts.get((iri, prop), ("",)))

    return tuple(
        Withdrawal(
            iri=iri,
            name=said(iri, SKOS + "notation") or curie(iri),
            label=said(iri, RDFS + "label"),
            text=said(iri, SKOS + "definition"),
            document=said(iri, hip.fromDocument),
            replaced_by=tuple(sorted(texts.get((iri, REPLACED_BY), ()))),
            reason=said(iri, hip.withdrawnBecause),
            day=said(iri, hip.withdrawnOn),
            is_statement=iri in statements,
        )
        for iri in sorted(names)
    )


def build(files: Iterable[Path] | None = None) -> Knowledge:
    """Classify and compile the ontology.

    Raises `OntologyError` as `read` does, and for an unsatisfiable class or a cycle among prerequisites or companions;
    `InconsistentData` if the ontology contradicts itself.
    """
    sources = read(files)
    return compile_knowledge(sources, classified(sources))


def classified(sources: Sources, asked: Iterable[ox.Triple] = (), entail: Entail = java.entail) -> java.Entailments:
    """Classify an ontology with HermiT, and with it what is asked besides.

    Of one on top of the shipped ontology the classes that the release of that made are not classified anew, which
    takes most of the time: editors name none of them, and their place among the shipped classes is known.
    """
    if sources.own is None:
        return entail("hermit", [*sources.triples, *asked])
    left = [one for one in sources.paths if one not in {POSSIBLE_CONTEXTS, DENIALS}]
    found = entail("hermit", [*in_force(load_sources(left)), *asked])
    known = ((one, other) for one, above in load_base().superclasses.items() for other in above)
    return replace(found, subclasses=found.subclasses.union(known))


def compile_knowledge(sources: Sources, entailments: java.Entailments) -> Knowledge:
    """Compile a classified ontology; the errors are those of `build`.

    Classes of other namespaces, which may have been added to the sources to ask the reasoner something, leave no trace.
    """
    unsatisfiable = sorted(iri for iri in entailments.unsatisfiable if is_term(iri))
    if unsatisfiable:
        names = ", ".join(map(curie, unsatisfiable))
        raise OntologyError(
            f"No individual can be a member of: {names}.",
            place=curie(unsatisfiable[0]),
            remedy="Look for disjoint classes in the definition.",
        )
    return _Builder(sources, entailments).knowledge()


def write(knowledge: Knowledge, path: Path) -> None:
    """Write the release file with stable order, replacing it in one step."""
    from hipkg.base.output import write_output

    path.parent.mkdir(parents=True, exist_ok=True)
    write_output(released(knowledge), str(path))


class _Builder:
    """Collect what the release file holds from the triples, the axioms and the classification."""

    def __init__(self, sources: Sources, result: java.Entailments) -> None:
        triples, axioms = sources.triples, sources.axioms
        self._sources = sources
        self._axioms = axioms
        self._withdrawn = sources.withdrawn
        self._superclasses = {
            iri: frozenset(one for one in closed if is_term(one) and one != iri)
            for iri, closed in java.close(result.subclasses).items()
            if is_term(iri)
        }
        self._texts: dict[tuple[str, str], list[str]] = {}
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(triple.object, ox.BlankNode):
                self._texts.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object.value)  # type: ignore[union-attr]
        self._bounds = self._read_bounds(triples)

    def knowledge(self) -> Knowledge:
        """Gather what the release holds."""
        statements = self._statements()
        interventions = self._interventions(statements)
        axioms = self._axioms
        groups = NativeCompiler(axioms, self._superclasses).groups()
        own, version = self._sources.own, self._sources.version
        base = source_stamp(None if own else self._sources.paths)
        return Knowledge(
            stamp=own_stamp(base) if own else base,
            base=base if own else "",
            namespaces={own.prefix: own.namespace} if own else {},
            version=f"{version}+{own.prefix}-{own.version}" if own else version,
            classifier=f"HermiT of owlready2 {package_version('owlready2')}",
            superclasses=self._superclasses,
            disjoint=tuple(sorted(pair for pair in axioms.disjoint if pair[0] < pair[1])),
            definitions=axioms.definitions,
            functional=frozenset(prop.iri for prop in axioms.properties.values() if prop.functional),
            single_valued=frozenset(self._map(hip.singleValued)),
            upper_ends=self._map(hip.upperEnd),
            individual_types=self._individual_types(),
            labels=self._map(RDFS + "label"),
            briefs=self._map(hip.brief),
            synonyms=self._synonyms(),
            questions=self._map(hip.question),
            judged=frozenset(self._map(hip.needsJudgement)),
            presupposed=self._map(hip.presupposes),
            expected_on_record=frozenset(self._map(hip.expectedOnRecord)),
            result_of=self._map(hip.resultOf),
            units={iri: unit for iri, unit in self._map(hip.unit).items() if iri in axioms.properties},
            possible_ranges=self._possible_ranges(),
            opposites=self._map(hip.mirrors),
            value_kinds=self._value_kinds(),
            links=self._links(),
            verb_phrases=self._map(hip.verbPhrase),
            attribute_phrases=self._map(hip.attributePhrase),
            terms=frozenset(subject for subject, _ in self._texts if is_term(subject)),
            groups=groups,
            watchers=watchers(groups, uses(groups)),
            statements={one.iri: one for one in statements},
            interventions={one.iri: one for one in interventions},
            documents={one.iri: one for one in self._documents()},
            withdrawn={one.iri: one for one in self._withdrawn},
            tensions=tuple(self._tensions()),
            refuters=self._refuters(statements),
            holding=self._map(hip.stateWhenHolding),
            named=self._named(statements),
            wholes=self._wholes(),
            possible=self._possible(),
            excluded_by=self._map(hip.excludedBy),
            defeated_by=self._map(hip.defeatedBy),
            denied_by={denied: denial for denial, denied in sorted(self._map(hip.denies).items())},
            qualified=self._map(hip.qualifies),
            when_past=self._map(hip.whenPast),
            lasting=frozenset(self._map(hip.countsWhenPast)),
            danger_ranks={iri: int(rank) for iri, rank in self._map(hip.dangerRank).items()},
            settled_for_years=self._settled_for_years(interventions),
            concerning_patient=self._with_kinds(hip.concernsWholePatient, interventions),
            sided=frozenset(self._map(hip.sided)),
            side_words=self._side_words(),
            words=self._words(),
            visit_gaps=self._map(hip.visitGap),
            unfavourable=frozenset(self._map(hip.unfavourable)),
            found_by=self._map(hip.foundBy),
            value_properties=self._value_properties(),
            told_superclasses={iri: told for iri, told in axioms.superclasses.items() if told},
            class_values={iri: pairs for iri, pairs in axioms.values.items() if pairs},
            properties=axioms.properties,
            shapes=tuple(
                one for path in (PATIENT_SHAPES, *(own_shapes() if own else ())) for one in compile_shapes(path)
            ),
        )

    def _text(self, subject: str, prop: str) -> str:
        return next(iter(sorted(self._texts.get((subject, prop), []))), "")

    def _all(self, subject: str, prop: str) -> tuple[str, ...]:
        return tuple(sorted(self._texts.get((subject, prop), [])))

    def _map(self, prop: str) -> dict[str, str]:
        return {subject: values[0] for (subject, one), values in self._texts.items() if one == prop}

    def _possible_ranges(self) -> dict[str, PossibleRange]:
        most = self._map(hip.possibleUpTo)
        return {
            iri: PossibleRange(Decimal(least), Decimal(most[iri]), self._text(iri, RDFS + "range") == XSD + "integer")
            for iri, least in self._map(hip.possibleFrom).items()
        }

    def _synonyms(self) -> dict[str, tuple[str, ...]]:
        return {iri: tuple(sorted(words)) for (iri, prop), words in self._texts.items() if prop == SKOS + "altLabel"}

    def _side_words(self) -> dict[str, frozenset[str]]:
        sides = [
            (word.casefold(), iri)
            for (iri, prop), words in self._texts.items()
            if prop == hip.sideWord
            for word in words
        ]
        return {word: frozenset(iri for one, iri in sides if one == word) for word in sorted({one for one, _ in sides})}

    def _words(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for iri, kinds in sorted(self._axioms.individual_types.items()):
            for kind in kinds:
                if hip.RecordWord in self._superclasses.get(kind, ()):
                    told = dict.fromkeys(map(str.casefold, self._all(iri, hip.word)), self._text(iri, hip.wordValue))
                    found.setdefault(kind, {}).update(told)
        return {kind: dict(sorted(words.items())) for kind, words in sorted(found.items())}

    def _settled_for_years(self, interventions: Iterable[InterventionInfo]) -> dict[str, int]:
        """Map the interventions that need no repetition, and the kinds of them, to the fewest years that are told."""
        told = self._map(hip.settledForYears)
        years = {one.iri: [int(told[it]) for it in (one.iri, *one.superclasses) if it in told] for one in interventions}
        return {iri: min(found) for iri, found in sorted(years.items()) if found}

    def _with_kinds(self, prop: str, interventions: Iterable[InterventionInfo]) -> frozenset[str]:
        """Collect the interventions that have an annotation, and the kinds of them."""
        told = self._map(prop).keys()
        return frozenset(one.iri for one in interventions if not told.isdisjoint({one.iri, *one.superclasses}))

    def _is_a(self, iri: str, other: str) -> bool:
        return iri == other or other in self._superclasses.get(iri, ())

    def _opposites(self, iri: str) -> frozenset[str]:
        """Collect the classes whose members cannot be in a class, among those of the same world.

        A patient is no problem, but that says nothing on whether a requirement on problems is met; so only opposites
        below a common superclass count.
        """
        upper = {iri, *self._superclasses.get(iri, ())}
        return frozenset(
            other
            for one, other in self._axioms.disjoint
            if one in upper and self._superclasses.get(one, frozenset()) & self._superclasses.get(other, frozenset())
        )

    def _individual_types(self) -> dict[str, frozenset[str]]:
        return {
            iri: frozenset(one for kind in kinds for one in {kind, *self._superclasses.get(kind, ())})
            for iri, kinds in self._axioms.individual_types.items()
        }

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
            compared_as=self._text(measured_by, hip.comparedAs),
            measured_on=tuple(sorted(values.get(hip.measuredOn, ()))),
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
        value = hip.Value
        return {
            iri: of_kind[kind]
            for iri, kinds in self._individual_types().items()
            if value in kinds
            for kind in kinds
            if kind in of_kind
        }

    def _links(self) -> dict[str, tuple[Link, ...]]:
        """Find for each object property how it is recorded: by a property without a narrower one, or by its reverse."""
        properties = self._axioms.properties
        derived = {one.iri for one in properties.values() if one.inverses}
        wider = {upper for one in properties.values() for upper in one.superproperties}
        leaves = {iri: self._upward(iri) for iri in sorted(properties) if iri not in derived | wider}
        kinds = self._value_kinds()
        found: dict[str, tuple[Link, ...]] = {}
        for iri in kinds:
            found[iri] = (
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
            )
        return found

    def _upward(self, prop: str) -> set[str]:
        """Collect a property with all wider ones."""
        return reached([prop], lambda one: self._axioms.properties[one].superproperties)

    def _rank(self, iri: str) -> int | None:
        rank = self._text(iri, hip.rank)
        return int(rank) if rank else None

    def _statements(self) -> list[StatementInfo]:
        types = self._individual_types()
        found = sorted(iri for iri, kinds in types.items() if hip.Statement in kinds)
        drafts = [self._statement(iri, 0) for iri in found]
        strata = self._strata(drafts)
        return [self._statement(iri, strata[iri]) for iri in found]

    def _statement(self, iri: str, stratum: int) -> StatementInfo:
        effect, intervention = self._effect(iri)
        kinds = self._axioms.individual_types[iri]
        strength, quality = self._text(iri, hip.hasStrength), self._text(iri, hip.hasQuality)
        label = RDFS + "label"
        return StatementInfo(
            iri=iri,
            id=self._text(iri, SKOS + "notation"),
            kind=self._text(next(iter(sorted(kinds))), label),
            effect=effect,
            intervention=intervention,
            text=self._text(iri, SKOS + "definition"),
            document=self._text(iri, hip.fromDocument),
            section=self._text(iri, hip.section),
            applies_to=self._all(iri, hip.appliesTo),
            requires=self._requires(iri, effect),
            except_for=self._all(iri, hip.exceptFor),
            satisfied_by=self._all(iri, hip.satisfiedBy),
            accompanies=self._all(iri, hip.accompanies),
            choices=self._all(iri, hip.inChoice),
            modality=self._modality(iri, effect),
            strength=self._text(strength, label),
            strength_rank=self._rank(strength),
            quality=self._text(quality, label),
            quality_rank=self._rank(quality),
            strength_wording=self._text(iri, hip.strengthWording),
            evidence_wording=self._text(iri, hip.evidenceWording),
            timing=self._text(iri, hip.timing),
            references=tuple(self._text(ref, label) for ref in self._all(iri, hip.cites)),
            bounds=self._bounds.get(iri, ()),
            inferred=self._text(iri, hip.inferred) == "true",
            stratum=stratum,
            ended_by=self._ended_by(iri),
            vigilant=self._is_marked(iri, hip.vigilant),
            prominence=self._prominence(iri),
            counteracts=self._all(iri, hip.counteracts),
        )

    def _is_marked(self, iri: str, prop: str) -> bool:
        """Tell whether a statement, or a kind of statements that it is one of, has an annotation."""
        return any(self._text(one, prop) for one in (iri, *self._axioms.individual_types[iri]))

    def _requires(self, iri: str, effect: str) -> tuple[str, ...]:
        """List what a statement requires itself, and what the advice of its document requires unless that follows."""
        own = self._all(iri, hip.requires)
        if self._is_marked(iri, hip.holdsBeyondScope) or not waits_for_scope(effect, self._bounds.get(iri, ())):
            return own
        scope = self._all(self._text(iri, hip.fromDocument), hip.adviceRequires)
        return tuple(sorted({*own, *(one for one in scope if not any(self._gives(it, one) for it in own))}))

    def _gives(self, own: str, scope: str) -> bool:
        """Tell whether a requirement of its own makes the scope of a document hold: nothing else may defeat that."""
        defeaters, known = self._all(scope, hip.defeatedBy), self._all(own, hip.defeatedBy)
        return self._implies(own, scope) and {*defeaters} <= {*known}

    def _ended_by(self, iri: str) -> tuple[str, ...]:
        """List the classes whose members no longer have what a statement is about, or what it requires."""
        about = (*self._all(iri, hip.appliesTo), *self._all(iri, hip.requires))
        found = {ended for one in about for ended in self._endings(Named(one))}
        return tuple(sorted(found - {*about, *self._all(iri, hip.exceptFor)}))

    def _endings(self, expression: Expression) -> frozenset[str]:
        """Collect what ends each problem that a member of a class has to have, or be, at its place.

        Of a union each part has to be ended. What holds of the patient is at no place.
        """
        match expression:
            case Named(iri):
                told = {
                    ended for one in (iri, *self._superclasses.get(iri, ())) for ended in self._all(one, hip.endedBy)
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
        return self._is_a(iri, other) or any(
            self._is_a(iri, patient.iri)
            for way in ways
            if isinstance(way, And)
            for part in way.operands
            if isinstance(part, Some) and isinstance(patient := part.filler, Named)
            if part.prop == hip.problemOf and {*way.operands} == {Named(hip.Problem), part}
        )

    @cached_property
    def _effects(self) -> list[str]:
        """List the properties that link statements to interventions."""
        return sorted(subject for subject, prop in self._texts if prop == hip.statusWhenHolding)

    def _effect(self, iri: str) -> tuple[str, str]:
        found = [(prop, target) for prop in self._effects for target in self._texts.get((iri, prop), [])]
        if len(found) != 1:
            raise OntologyError(
                f"concerns {len(found)} interventions.",
                place=curie(iri),
                remedy="Link it to exactly one, by one property.",
            )
        return found[0]

    def _modality(self, iri: str, effect: str) -> Modality:
        """Read how firmly a statement asks, or what the property that links it to its intervention always means."""
        told = self._text(iri, hip.hasModality) or self._text(effect, hip.hasModality)
        return self._member(iri, told, Modality)

    def _prominence(self, iri: str) -> Prominence:
        """Read how prominent a statement is in its document."""
        return self._member(iri, self._text(iri, hip.hasProminence), Prominence)

    def _member(self, iri: str, told: str, kind: type[Member]) -> Member:
        """Read what is told of a statement as a member of an enumeration, by its label."""
        label = self._text(told, RDFS + "label")
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
                    other.iri for other in statements if other != statement and decides(other, companion, self._is_a)
                )
                graph.add_edges_from((other, statement.iri) for other in deciders)
            refused = (other.iri for other in statements if keeps_out(statement, other, self._is_a))
            graph.add_edges_from((statement.iri, other) for other in refused)
        if not nx.is_directed_acyclic_graph(graph):
            names = " → ".join(curie(one) for one, _ in nx.find_cycle(graph))
            raise OntologyError(f"Companions form a cycle: {names}.", remedy="Remove one of the accompanies links.")
        return {
            iri: number for number, generation in enumerate(nx.topological_generations(graph)) for iri in generation
        }

    def _interventions(self, statements: list[StatementInfo]) -> list[InterventionInfo]:
        found = sorted(iri for iri in self._axioms.classes if self._is_a(iri, hip.Intervention))
        phases = self._phases(statements, found)
        categories, requests = self._map(hip.category), self._map(hip.requestedAs)
        routes, served = self._map(hip.impliesRoute), self._map(hip.serves)
        forms = self._map(hip.otherFormOf)
        excluding = self._map(hip.excludedBefore)
        dangers = [(it, danger) for danger in excluding for it in self._all(danger, hip.excludedBefore)]
        wishes = [(it, wish) for wish in self._map(hip.wishAgainst) for it in self._all(wish, hip.wishAgainst)]
        pairs = [(one, other) for one in found for other in self._all(one, hip.incompatibleWith)]
        pairs += [(other, one) for one, other in pairs]
        return [
            InterventionInfo(
                iri=iri,
                label=self._text(iri, RDFS + "label"),
                category=self._nearest(iri, categories),
                superclasses=frozenset(one for one in self._superclasses.get(iri, ()) if one in set(found)),
                phase=phases[iri],
                side_rule=self._text(iri, hip.sideRule),
                side_phrase=self._text(iri, hip.sidePhrase),
                incompatible=tuple(
                    other
                    for other in found
                    if any(self._is_a(iri, one) and self._is_a(other, another) for one, another in pairs)
                ),
                requested_as=self._nearest(iri, requests),
                route=self._nearest(iri, routes),
                realised_by=self._text(iri, hip.realisedBy),
                realised_unless=self._text(iri, hip.realisedUnless),
                comprises=self._all(iri, hip.comprises),
                programme_of=self._all(iri, hip.programmeOf),
                told_with=self._all(iri, hip.toldWith),
                exclude_first=self._all_told(iri, dangers),
                serves=self._nearest(iri, served),
                other_form_of=self._nearest(iri, forms),
                unwanted_for=self._all_told(iri, wishes),
            )
            for iri in found
        ]

    def _nearest(self, iri: str, told: Mapping[str, str]) -> str:
        """Take what is told of the nearest class, such as its category."""
        candidates = told.keys() & {iri, *self._superclasses.get(iri, ())}
        nearest = sorted(candidates, key=lambda one: (-len(self._superclasses.get(one, ())), one))
        return told[nearest[0]] if nearest else ""

    def _all_told(self, iri: str, told: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """List what is told of a class and of all those above it, of the nearest ones first."""
        above = {iri, *self._superclasses.get(iri, ())}
        found = sorted((-len(self._superclasses.get(cls, ())), cls, one) for cls, one in told if cls in above)
        return tuple(dict.fromkeys(one for *_, one in found))

    def _phases(self, statements: list[StatementInfo], interventions: list[str]) -> dict[str, int]:
        """Order interventions by the treatments that their statements wait for.

        That a document waits with all its advice orders nothing, nor does what a safety module holds back until its
        danger is weighed.

        Raises `OntologyError` when an intervention waits, in the end, for itself.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(interventions)
        known = set(interventions)
        for statement in statements:
            safety = self._text(statement.document, hip.safetyModule)
            if safety or statement.effect not in {hip.indicates, hip.holdsBack}:
                continue
            waited = self._all(statement.iri, hip.requires if statement.effect == hip.indicates else hip.exceptFor)
            needed = {one for iri in waited for one in leaves(iri, self._axioms.definitions)}
            graph.add_edges_from(
                (one, statement.intervention) for one in needed & known if one != statement.intervention
            )
        graph.add_edges_from((earlier, iri) for iri in interventions for earlier in self._all(iri, hip.follows))
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

    def _possible(self) -> dict[str, tuple[str, str]]:
        """Map each class of possible contexts to the context and to what it lacks for it."""
        context = self._map(hip.possibleContext)
        return {iri: (context[iri], lacks) for iri, lacks in sorted(self._map(hip.lacksFact).items())}

    def _wholes(self) -> dict[str, frozenset[str]]:
        return {
            subject: frozenset(values)
            for (subject, prop), values in self._texts.items()
            if prop == hip.anatomicalPartOf
        }

    def _documents(self) -> list[DocumentInfo]:
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if hip.Document in kinds)
        return [
            DocumentInfo(
                iri=iri,
                id=self._text(iri, SKOS + "notation"),
                title=self._text(iri, DCTERMS + "title"),
                publisher=self._text(iri, hip.publisher),
                issued=self._text(iri, DCTERMS + "issued"),
                advice_requires=self._all(iri, hip.adviceRequires),
                safety=bool(self._text(iri, hip.safetyModule)),
            )
            for iri in found
        ]

    def _tensions(self) -> list[Tension]:
        label = RDFS + "label"
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if hip.Tension in kinds)
        return [
            Tension(
                iri=iri,
                id=self._text(iri, SKOS + "notation"),
                label=self._text(iri, label),
                kinds=tuple(self._text(one, label) for one in self._all(iri, hip.tensionKind)),
                statements=tuple(self._text(one, SKOS + "notation") for one in self._all(iri, hip.betweenStatement)),
                text=self._text(iri, SKOS + "definition"),
                resolution=self._text(self._text(iri, hip.resolution), label),
                note=self._text(iri, SKOS + "scopeNote"),
            )
            for iri in found
        ]

    def _named(self, statements: list[StatementInfo]) -> dict[str, frozenset[str]]:
        """Map each intervention to those that statements name and that it is, or is a kind of."""
        named = {one for statement in statements for one in (statement.intervention, *statement.accompanies)}
        every = (iri for iri in self._axioms.classes if self._is_a(iri, hip.Intervention))
        return {iri: frozenset(upper for upper in named if self._is_a(iri, upper)) for iri in every}

    def _refuters(self, statements: list[StatementInfo]) -> dict[str, frozenset[str]]:
        """Map each class that can be refuted to those that refute it, as far as statements require or except it."""
        slots = {iri for one in statements for iri in (*one.requires, *one.except_for)}
        return {iri: others for iri in slots if (others := self._opposites(iri))}
