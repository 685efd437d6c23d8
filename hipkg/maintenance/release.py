"""Build the released knowledge: classify the ontology, check it, compile it, and write one stamped file.

This is the only place that needs a reasoner for the ontology itself. `build` runs HermiT on the sources without any
patient; everything a run needs afterwards is in the file that `hipkg.knowledge.records` loads.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.groups import reached
from hipkg.base.output import write_output
from hipkg.base.paths import DENIALS, PATIENT_SHAPES, POSSIBLE_CONTEXTS, own_shapes
from hipkg.base.vocabulary import DCTERMS, RDFS, SKOS, XSD, curie, is_term
from hipkg.knowledge.loading import load_base, own_stamp, released, source_stamp
from hipkg.knowledge.records import DocumentInfo, Knowledge, Link, PossibleRange, Tension
from hipkg.maintenance.interventions import InterventionReader
from hipkg.maintenance.sources import read
from hipkg.maintenance.statements import StatementReader
from hipkg.maintenance.told import Told
from hipkg.owl.classification import classify
from hipkg.owl.expression import properties
from hipkg.owl.in_force import in_force
from hipkg.owl.rule_compiler import NativeCompiler
from hipkg.owl.rules import uses, watchers
from hipkg.owl.sources import load_sources
from hipkg.validation.compiler import compile_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyoxigraph as ox

    from hipkg.knowledge.records import InterventionInfo, StatementInfo
    from hipkg.maintenance.sources import Sources
    from hipkg.owl.reasoners import Entailments

    Classify = Callable[[Iterable[ox.Triple]], Entailments]
    """A way to classify, as `hipkg.owl.classification.classify` is."""


def build(files: Iterable[Path] | None = None) -> Knowledge:
    """Classify and compile the ontology.

    Raises `OntologyError` as `read` does, and for an unsatisfiable class or a cycle among prerequisites or companions;
    `InconsistentData` if the ontology contradicts itself.
    """
    sources = read(files)
    return compile_knowledge(sources, classified(sources))


def classified(sources: Sources, asked: Iterable[ox.Triple] = (), classify: Classify = classify) -> Entailments:
    """Classify an ontology, and with it what is asked besides.

    Of one on top of the shipped ontology the classes that the release of that made are not classified anew, which
    takes most of the time: editors name none of them, and their place among the shipped classes is known.
    """
    if sources.own is None:
        return classify([*sources.triples, *asked])
    left = [one for one in sources.paths if one not in {POSSIBLE_CONTEXTS, DENIALS}]
    found = classify([*in_force(load_sources(left)), *asked])
    known = ((one, other) for one, above in load_base().superclasses.items() for other in above)
    return replace(found, subclasses=found.subclasses.union(known))


def compile_knowledge(sources: Sources, entailments: Entailments) -> Knowledge:
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
    path.parent.mkdir(parents=True, exist_ok=True)
    write_output(released(knowledge), str(path))


class _Builder:
    """Collect what the release file holds from the triples, the axioms and the classification."""

    def __init__(self, sources: Sources, result: Entailments) -> None:
        self._sources = sources
        self._told = Told(sources, result)
        self._axioms = self._told.axioms
        self._superclasses = self._told.superclasses
        self._withdrawn = sources.withdrawn

    def knowledge(self) -> Knowledge:
        """Gather what the release holds."""
        statements = StatementReader(self._told).statements()
        interventions = InterventionReader(self._told, statements).interventions()
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
            single_valued=frozenset(self._told.by_subject(hip.singleValued)),
            upper_ends=self._told.by_subject(hip.upperEnd),
            individual_types=self._told.individual_types(),
            labels=self._told.by_subject(RDFS + "label"),
            briefs=self._told.by_subject(hip.brief),
            synonyms=self._synonyms(),
            questions=self._told.by_subject(hip.question),
            judged=frozenset(self._told.by_subject(hip.needsJudgement)),
            presupposed=self._told.by_subject(hip.presupposes),
            expected_on_record=frozenset(self._told.by_subject(hip.expectedOnRecord)),
            not_expected_of=self._told.by_subject(hip.notExpectedOf),
            result_of=self._told.by_subject(hip.resultOf),
            units={iri: unit for iri, unit in self._told.by_subject(hip.unit).items() if iri in axioms.properties},
            possible_ranges=self._possible_ranges(),
            opposites=self._told.by_subject(hip.mirrors),
            value_kinds=self._value_kinds(),
            links=self._links(),
            verb_phrases=self._told.by_subject(hip.verbPhrase),
            attribute_phrases=self._told.by_subject(hip.attributePhrase),
            terms=frozenset(subject for subject, _ in self._told.texts if is_term(subject)),
            groups=groups,
            watchers=watchers(groups, uses(groups)),
            statements={one.iri: one for one in statements},
            interventions={one.iri: one for one in interventions},
            documents={one.iri: one for one in self._documents()},
            withdrawn={one.iri: one for one in self._withdrawn},
            tensions=tuple(self._tensions()),
            refuters=self._refuters(statements),
            holding=self._told.by_subject(hip.stateWhenHolding),
            named=self._named(statements),
            wholes=self._wholes(),
            possible=self._possible(),
            excluded_by=self._told.by_subject(hip.excludedBy),
            defeated_by=self._told.by_subject(hip.defeatedBy),
            denied_by={denied: denial for denial, denied in sorted(self._told.by_subject(hip.denies).items())},
            qualified=self._told.by_subject(hip.qualifies),
            when_past=self._told.by_subject(hip.whenPast),
            lasting=frozenset(self._told.by_subject(hip.countsWhenPast)),
            danger_ranks={iri: int(rank) for iri, rank in self._told.by_subject(hip.dangerRank).items()},
            settled_for_years=self._settled_for_years(interventions),
            concerning_patient=self._with_kinds(hip.concernsWholePatient, interventions),
            whole_body=self._with_kinds(hip.actsOnWholeBody, interventions),
            sided=frozenset(self._told.by_subject(hip.sided)),
            side_words=self._side_words(),
            words=self._words(),
            visit_gaps=self._told.by_subject(hip.visitGap),
            unfavourable=frozenset(self._told.by_subject(hip.unfavourable)),
            found_by=self._told.by_subject(hip.foundBy),
            value_properties=self._value_properties(),
            told_superclasses={iri: told for iri, told in axioms.superclasses.items() if told},
            class_values={iri: pairs for iri, pairs in axioms.values.items() if pairs},
            properties=axioms.properties,
            shapes=tuple(
                one for path in (PATIENT_SHAPES, *(own_shapes() if own else ())) for one in compile_shapes(path)
            ),
        )

    def _possible_ranges(self) -> dict[str, PossibleRange]:
        most = self._told.by_subject(hip.possibleUpTo)
        return {
            iri: PossibleRange(
                Decimal(least), Decimal(most[iri]), self._told.text(iri, RDFS + "range") == XSD + "integer"
            )
            for iri, least in self._told.by_subject(hip.possibleFrom).items()
        }

    def _synonyms(self) -> dict[str, tuple[str, ...]]:
        return {
            iri: tuple(sorted(words)) for (iri, prop), words in self._told.texts.items() if prop == SKOS + "altLabel"
        }

    def _side_words(self) -> dict[str, frozenset[str]]:
        sides = [
            (word.casefold(), iri)
            for (iri, prop), words in self._told.texts.items()
            if prop == hip.sideWord
            for word in words
        ]
        return {word: frozenset(iri for one, iri in sides if one == word) for word in sorted({one for one, _ in sides})}

    def _words(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for iri, kinds in sorted(self._axioms.individual_types.items()):
            for kind in kinds:
                if hip.RecordWord in self._superclasses.get(kind, ()):
                    told = dict.fromkeys(
                        map(str.casefold, self._told.values(iri, hip.word)), self._told.text(iri, hip.wordValue)
                    )
                    found.setdefault(kind, {}).update(told)
        return {kind: dict(sorted(words.items())) for kind, words in sorted(found.items())}

    def _settled_for_years(self, interventions: Iterable[InterventionInfo]) -> dict[str, int]:
        """Map the interventions that need no repetition, and the kinds of them, to the fewest years that are told."""
        told = self._told.by_subject(hip.settledForYears)
        years = {one.iri: [int(told[it]) for it in (one.iri, *one.superclasses) if it in told] for one in interventions}
        return {iri: min(found) for iri, found in sorted(years.items()) if found}

    def _with_kinds(self, prop: str, interventions: Iterable[InterventionInfo]) -> frozenset[str]:
        """Collect the interventions that have an annotation, and the kinds of them."""
        told = self._told.by_subject(prop).keys()
        return frozenset(one.iri for one in interventions if not told.isdisjoint({one.iri, *one.superclasses}))

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
            for iri, kinds in self._told.individual_types().items()
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

    def _possible(self) -> dict[str, tuple[str, str]]:
        """Map each class of possible contexts to the context and to what it lacks for it."""
        context = self._told.by_subject(hip.possibleContext)
        return {iri: (context[iri], lacks) for iri, lacks in sorted(self._told.by_subject(hip.lacksFact).items())}

    def _wholes(self) -> dict[str, frozenset[str]]:
        return {
            subject: frozenset(values)
            for (subject, prop), values in self._told.texts.items()
            if prop == hip.anatomicalPartOf
        }

    def _documents(self) -> list[DocumentInfo]:
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if hip.Document in kinds)
        return [
            DocumentInfo(
                iri=iri,
                id=self._told.text(iri, SKOS + "notation"),
                title=self._told.text(iri, DCTERMS + "title"),
                publisher=self._told.text(iri, hip.publisher),
                issued=self._told.text(iri, DCTERMS + "issued"),
                advice_requires=self._told.values(iri, hip.adviceRequires),
                safety=bool(self._told.text(iri, hip.safetyModule)),
            )
            for iri in found
        ]

    def _tensions(self) -> list[Tension]:
        label = RDFS + "label"
        found = sorted(iri for iri, kinds in self._axioms.individual_types.items() if hip.Tension in kinds)
        return [
            Tension(
                iri=iri,
                id=self._told.text(iri, SKOS + "notation"),
                label=self._told.text(iri, label),
                kinds=tuple(self._told.text(one, label) for one in self._told.values(iri, hip.tensionKind)),
                statements=tuple(
                    self._told.text(one, SKOS + "notation") for one in self._told.values(iri, hip.betweenStatement)
                ),
                text=self._told.text(iri, SKOS + "definition"),
                resolution=self._told.text(self._told.text(iri, hip.resolution), label),
                note=self._told.text(iri, SKOS + "scopeNote"),
            )
            for iri in found
        ]

    def _named(self, statements: list[StatementInfo]) -> dict[str, frozenset[str]]:
        """Map each intervention to those that statements name and that it is, or is a kind of."""
        named = {one for statement in statements for one in (statement.intervention, *statement.accompanies)}
        every = (iri for iri in self._axioms.classes if self._told.is_a(iri, hip.Intervention))
        return {iri: frozenset(upper for upper in named if self._told.is_a(iri, upper)) for iri in every}

    def _refuters(self, statements: list[StatementInfo]) -> dict[str, frozenset[str]]:
        """Map each class that can be refuted to those that refute it, as far as statements require or except it."""
        slots = {iri for one in statements for iri in (*one.requires, *one.except_for)}
        return {iri: others for iri in slots if (others := self._opposites(iri))}
