"""The released knowledge as plain records: what the classified ontology says, ready to use without a reasoner."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.brief import shown_by
from hipkg.base.numbers import plain
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import Prominence
from hipkg.knowledge.shapes import CompiledShape
from hipkg.owl.expression import Expression
from hipkg.owl.properties import PropertyAxioms
from hipkg.owl.rules import Group

if TYPE_CHECKING:
    from hipkg.knowledge.terminology import Terminology

NOT_STATED = "not stated"
_NONE: frozenset[str] = frozenset()


@shown_by("quantity", "lower", "upper", "unit")
class Bound(NamedTuple):
    """The limits that a statement sets to one quantity, in ``unit``; an end that it leaves open is empty.

    ``measured_by`` is the property of activities that holds the quantity, empty if none does; ``compared_as`` says how
    its values are compared. ``measured_on`` are the interventions whose courses are measured, where they are not the
    one of the statement.
    """

    quantity: str
    unit: str
    lower: str
    upper: str
    measured_by: str = ""
    compared_as: str = ""
    measured_on: tuple[str, ...] = ()


class StatementInfo(NamedTuple):
    """One statement of a document, with all that a plan says about it.

    ``effect`` is the property that links it to ``intervention``, ``modality`` says how firmly, and ``choices`` name the
    choices of which it offers a member; ``strength`` and ``quality`` are labels, their ranks None where nothing is
    stated. ``ended_by`` are classes whose members no longer have what the statement is about, so that it does not hold
    for them; a ``vigilant`` one goes on waiting for what is recorded as absent. ``counteracts`` are the treatments
    whose effect is weakened by what it is about.
    """

    iri: str
    id: str
    kind: str
    effect: str
    intervention: str
    text: str
    document: str
    section: str
    applies_to: tuple[str, ...]
    requires: tuple[str, ...]
    except_for: tuple[str, ...]
    satisfied_by: tuple[str, ...]
    accompanies: tuple[str, ...]
    choices: tuple[str, ...]
    modality: Modality
    strength: str
    strength_rank: int | None
    quality: str
    quality_rank: int | None
    strength_wording: str
    evidence_wording: str
    timing: str
    references: tuple[str, ...]
    bounds: tuple[Bound, ...]
    inferred: bool
    stratum: int
    ended_by: tuple[str, ...] = ()
    vigilant: bool = False
    prominence: Prominence = Prominence.NONE
    counteracts: tuple[str, ...] = ()

    @property
    def slots(self) -> frozenset[str]:
        """Return the classes that decide the state of the statement where its context holds."""
        return frozenset((*self.requires, *self.except_for, *self.satisfied_by, *self.ended_by))

    @property
    def measured(self) -> frozenset[str]:
        """Return the interventions whose activities the bounds measure, or count from."""
        bounds = [one for one in self.bounds if one.measured_by]
        named = {iri for one in bounds for iri in one.measured_on}
        return frozenset(named | {self.intervention, *self.accompanies} if bounds else named)


class Grade(NamedTuple):
    """The strength or the quality of a statement, named by its id; the greater the rank, the better."""

    rank: int
    statement: str
    label: str


UNGRADED = Grade(0, "", NOT_STATED)


class InterventionInfo(NamedTuple):
    """An intervention with its place in the hierarchy and in the order of care.

    ``requested_as`` is the FHIR resource type that requests it, empty for the usual one; ``route`` is the IRI of the
    route that a drug of this kind is given by, empty where that is not said. ``realised_by`` is the class of patients
    whose record carries out a practice, unless they are in ``realised_unless`` too; ``comprises`` are the interventions
    that are carried out together as this one, ``programme_of`` the kinds of which any can be part of this one,
    ``told_with`` those in whose row a page tells it, ``exclude_first`` are the classes of those in danger by it,
    ``serves`` the class among which another one is looked for where it is refused, ``other_form_of`` the class of drugs
    of which it is another form, and ``unwanted_for`` are the wishes by which a patient does not want it.
    """

    iri: str
    label: str
    category: str
    superclasses: frozenset[str]
    phase: int
    side_rule: str
    side_phrase: str
    incompatible: tuple[str, ...]
    requested_as: str
    route: str
    realised_by: str
    realised_unless: str
    comprises: tuple[str, ...]
    programme_of: tuple[str, ...] = ()
    told_with: tuple[str, ...] = ()
    exclude_first: tuple[str, ...] = ()
    serves: str = ""
    other_form_of: str = ""
    unwanted_for: tuple[str, ...] = ()

    @property
    def is_drug(self) -> bool:
        """Tell whether it is requested as drugs are."""
        return self.requested_as == "MedicationRequest"


class DocumentInfo(NamedTuple):
    """A source document; ``issued`` is an ISO date or empty.

    ``advice_requires`` are the classes of patients or problems that the document is about: what it advises waits for
    them, so that the statements that advise have them among their requirements, where those do not imply them.
    ``safety`` marks one that holds rules of safety and is none of the guideline documents.
    """

    iri: str
    id: str
    title: str
    publisher: str
    issued: str
    advice_requires: tuple[str, ...] = ()
    safety: bool = False


class Withdrawal(NamedTuple):
    """A statement or a term that is in force no more, which nothing is derived from any longer, or nobody should use.

    ``name`` is the id of a statement or the CURIE of a term, ``document`` the IRI of the one that a statement is from;
    ``replaced_by`` are the IRIs of what takes its place; ``day`` is an ISO date.
    """

    iri: str
    name: str
    label: str
    text: str
    document: str
    replaced_by: tuple[str, ...]
    reason: str
    day: str
    is_statement: bool


class Tension(NamedTuple):
    """A topic on which statements, named by their ids, do not agree.

    ``text`` tells the positions, ``resolution`` how plans treat them, ``note`` what that means.
    """

    iri: str
    id: str
    label: str
    kinds: tuple[str, ...]
    statements: tuple[str, ...]
    text: str
    resolution: str
    note: str


class Link(NamedTuple):
    """How a property is recorded: by ``prop``, from its value if ``backward``; the node at its end is of a ``kind``."""

    prop: str
    backward: bool
    kind: str


class PossibleRange(NamedTuple):
    """The numbers that a property of patients can have in its unit: ``least`` to ``most``, maybe ``whole`` ones."""

    least: Decimal
    most: Decimal
    whole: bool

    def __str__(self) -> str:
        """Write both ends."""
        return f"{plain(self.least)} to {plain(self.most)}"

    def holds(self, number: Decimal) -> bool:
        """Tell whether a number is possible."""
        return self.least <= number <= self.most


@dataclass(frozen=True, eq=False, repr=False)
class Knowledge:
    """The classified ontology as plain records.

    ``refuters`` maps a class that a slot names to the classes whose members cannot be in it, ``holding`` a property
    that links statements to interventions to the state of such a statement when it holds, ``named`` an intervention to
    those that statements name and that it is, or is a kind of; ``groups`` are the rules of the native engine, and
    ``watchers`` maps a term to the numbers of the groups to look at when it occurs; ``possible`` maps a class to
    the context that its members would be in but for the class of what they lack, ``denied_by`` a class that slots name,
    or a possible one, to the class of those whom recorded absence keeps out of it, ``excluded_by`` a class to the one
    whose members are taken not to be in it, ``defeated_by`` a class that slots
    name to the class whose members are not taken to be in it, ``qualified`` a kind of problem to
    the class that it only adds a qualifier to; ``lasting`` are the classes of problems that count when past,
    ``when_past`` maps one to that as which it is recorded when it is over,
    ``danger_ranks`` maps a class of those in danger to its place among them, the lowest of which is told first,
    ``settled_for_years`` maps the interventions that need no repetition to the years for which they do not,
    ``concerning_patient`` are those of no body site, ``whole_body`` those that act on the whole body whatever site they
    are meant for, ``sided`` the classes of sites that have a side,
    ``side_words`` maps the words by which records name a side to the sides that each names, ``words`` each kind of
    other words that are looked for in texts of records to its words, with what each stands for, empty where nothing,
    ``found_by`` maps a property of patients to the intervention that finds its numbers,
    ``visit_gaps`` the most days between visits of a course, ``unfavourable`` the outcomes and reasons to stop that
    speak against a repetition; ``value_properties`` maps a coded value to the property that records it.
    ``briefs`` are the short words of terms and of statements for the first screen, ``synonyms`` other words that people
    use for terms; ``questions`` map classes to what
    is asked about them, ``judged`` are those whose question only an expert's judgement answers, ``presupposed`` maps a
    class to the one without which its question cannot be answered yet, and ``expected_on_record`` are those that ask
    for what a record would hardly leave out; ``not_expected_of`` maps a class to the administrative gender of those of
    whom it is not asked on a page; ``result_of`` maps a kind of finding to the study that yields it.
    ``withdrawn`` are the statements that are in force no more, and the terms that nobody should write any more.
    ``superclasses`` are all that a class is classified under, ``told_superclasses`` those that its editor wrote;
    ``class_values`` maps a class to the property values that each member has.
    """

    stamp: str
    base: str
    namespaces: Mapping[str, str]
    version: str
    classifier: str
    superclasses: Mapping[str, frozenset[str]]
    disjoint: tuple[tuple[str, str], ...]
    definitions: Mapping[str, Expression]
    functional: frozenset[str]
    single_valued: frozenset[str]
    upper_ends: Mapping[str, str]
    individual_types: Mapping[str, frozenset[str]]
    labels: Mapping[str, str]
    briefs: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, str]
    judged: frozenset[str]
    presupposed: Mapping[str, str]
    expected_on_record: frozenset[str]
    not_expected_of: Mapping[str, str]
    result_of: Mapping[str, str]
    units: Mapping[str, str]
    possible_ranges: Mapping[str, PossibleRange]
    opposites: Mapping[str, str]
    value_kinds: Mapping[str, str]
    links: Mapping[str, tuple[Link, ...]]
    verb_phrases: Mapping[str, str]
    attribute_phrases: Mapping[str, str]
    terms: frozenset[str]
    groups: Sequence[Group]
    watchers: Mapping[str, tuple[int, ...]]
    statements: Mapping[str, StatementInfo]
    interventions: Mapping[str, InterventionInfo]
    documents: Mapping[str, DocumentInfo]
    withdrawn: Mapping[str, Withdrawal]
    tensions: tuple[Tension, ...]
    refuters: Mapping[str, frozenset[str]]
    holding: Mapping[str, str]
    named: Mapping[str, frozenset[str]]
    wholes: Mapping[str, frozenset[str]]
    possible: Mapping[str, tuple[str, str]]
    denied_by: Mapping[str, str]
    excluded_by: Mapping[str, str]
    defeated_by: Mapping[str, str]
    qualified: Mapping[str, str]
    lasting: frozenset[str]
    when_past: Mapping[str, str]
    danger_ranks: Mapping[str, int]
    settled_for_years: Mapping[str, int]
    concerning_patient: frozenset[str]
    whole_body: frozenset[str]
    sided: frozenset[str]
    side_words: Mapping[str, frozenset[str]]
    words: Mapping[str, Mapping[str, str]]
    visit_gaps: Mapping[str, str]
    unfavourable: frozenset[str]
    found_by: Mapping[str, str]
    value_properties: Mapping[str, str]
    told_superclasses: Mapping[str, frozenset[str]]
    class_values: Mapping[str, frozenset[tuple[str, str]]]
    properties: Mapping[str, PropertyAxioms]
    shapes: tuple[CompiledShape, ...]

    @cached_property
    def memo(self) -> dict[object, Callable[..., Any]]:
        """What functions have worked out of this knowledge, for `hipkg.knowledge.memo`."""
        return {}

    @cached_property
    def terminology(self) -> "Terminology":
        """The codes of clinical code systems that stand for terms, read when they are first asked for."""
        from hipkg.knowledge.terminology import read

        return read()

    @cached_property
    def grades(self) -> Mapping[str, tuple[Grade, Grade]]:
        """The strength and the quality of each statement by its id."""
        return {
            info.id: (
                Grade(info.strength_rank, info.id, info.strength) if info.strength_rank else UNGRADED,
                Grade(info.quality_rank, info.id, info.quality) if info.quality_rank else UNGRADED,
            )
            for info in self.statements.values()
        }

    def tensions_of(self, *statement_ids: str) -> tuple[Tension, ...]:
        """List the tensions in which all of the statements take part."""
        return tuple(one for one in self.tensions if set(statement_ids) <= set(one.statements))

    def label(self, iri: str) -> str:
        """Name a term in words, or by its IRI where the ontology does not define it."""
        return self.labels.get(iri, iri)

    def brief(self, iri: str) -> str:
        """Name a term in its short words, or by its label where it has none."""
        return self.briefs.get(iri) or self.label(iri)

    def other_names(self, iri: str) -> tuple[str, ...]:
        """List the words that people and pages use for a term beside its label."""
        brief = self.briefs.get(iri)
        return (*self.synonyms.get(iri, ()), *([brief] if brief else []))

    def definition(self, iri: str) -> Expression | None:
        """Return the definition of a class, or None for a class that is recorded or told."""
        return self.definitions.get(iri)

    def is_a(self, iri: str, other: str) -> bool:
        """Tell whether a class is another class or entailed to be a kind of it."""
        return iri == other or other in self.superclasses.get(iri, ())

    def narrowest(self, terms: Iterable[str]) -> tuple[str, ...]:
        """Keep the classes that are no wider ones of others, sorted."""
        given = {*terms}
        return tuple(sorted(one for one in given if not any(other != one and self.is_a(other, one) for other in given)))

    def statement(self, statement_id: str) -> StatementInfo | None:
        """Find a statement by its id, such as ``D0-41``."""
        return self.by_id.get(statement_id)

    @cached_property
    def of_context(self) -> Mapping[str, list[StatementInfo]]:
        """The statements of each context."""
        found: dict[str, list[StatementInfo]] = {}
        for info in self.statements.values():
            for context in info.applies_to:
                found.setdefault(context, []).append(info)
        return found

    @cached_property
    def possible_as(self) -> Mapping[str, list[str]]:
        """The classes whose members would be in a context but for one fact, by the context."""
        found: dict[str, list[str]] = {}
        for cls, (context, _) in self.possible.items():
            found.setdefault(context, []).append(cls)
        return found

    @cached_property
    def composed(self) -> Mapping[str, frozenset[str]]:
        """The interventions that are carried out by carrying out several others, with these."""
        return {iri: frozenset(info.comprises) for iri, info in self.interventions.items() if info.comprises}

    @cached_property
    def dangers(self) -> frozenset[str]:
        """The classes of those in danger by an intervention, which are asked for before it is given."""
        return frozenset(one for info in self.interventions.values() for one in info.exclude_first)

    @cached_property
    def auxiliary(self) -> frozenset[str]:
        """The classes that the release adds to those of editors, which explain nothing by themselves."""
        return frozenset((*self.possible, *self.denied_by.values()))

    def refuting(self, cls: str) -> frozenset[str]:
        """List the classes whose members cannot be in a class that a slot names."""
        denial = self.denied_by.get(cls)
        return self.refuters.get(cls, _NONE) | ({denial} if denial else _NONE)

    @cached_property
    def by_id(self) -> Mapping[str, StatementInfo]:
        """The statements by their ids."""
        return {info.id: info for info in self.statements.values()}
