"""Account for the nodes of RDF: what each is used as, and what belongs to no patient or is said in other words."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.vocabulary import OWL, PREFIXES, RDF_TYPE, RDFS, curie, is_plain_term, is_term
from hipkg.knowledge.recorded import recorded_classes, recorded_properties
from hipkg.knowledge.studies import is_study
from hipkg.knowledge.wording import quantity, short_name
from hipkg.reading.account import (
    KEYS_WITHOUT_MEANING,
    LIST_THEM,
    Counts,
    Import,
    Imported,
    ResourceUse,
    few,
    told_unused,
    unheeded,
    unread_of,
    worded,
)
from hipkg.reading.blank_nodes import NAMELESS
from hipkg.reading.near_names import meant
from hipkg.record.facts import text_of_term
from hipkg.record.patient import EntryKind, Notice, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set

    from pyoxigraph import Triple

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.patients import Patients
    from hipkg.record.patient import Record, Term

_OWNING = frozenset({hip.hasProblem, hip.hasActivity, hip.hasCourse, hip.hasStudy})
_OWNED = frozenset({hip.problemOf, hip.activityOf})
_NOTES = tuple(PREFIXES[one] for one in ("rdfs", "skos", "dcterms", "prov"))
"""The vocabularies in which people say about a node what is no fact of a patient."""
_OF_ANYTHING = frozenset({f"{OWL}Thing", f"{OWL}NamedIndividual", f"{RDFS}Resource"})
_MATCH = re.compile(rf"{re.escape(PREFIXES['skos'])}[a-z]+Match")
_GENERAL = frozenset({hip.Problem, hip.Condition, hip.Finding})
_NOTHING_SAID = "nothing is said of it in terms of the ontology"
_IS_AXIOM = "axioms of OWL or RDFS are not read"
_NAMED = 10
"""How many names are looked up that are not understood; the others are counted."""
_BLANK = "blank node"
_IN_THE_HEAD = frozenset({hip.ofIntervention, hip.asOf})
_WRITE_TERMS = "Write terms of the ontology."
UNLINKED, NEAR_NAME, SET_ASIDE = "hip:F06-unlinked", "hip:F07-near-name", "hip:F03-import-set-aside"
KEYS = "hip:F08-keys-without-meaning"
AXIOMS = "hip:F09-axioms"
_NO_AXIOMS = frozenset((
    *(RDFS + one for one in ("label", "comment", "seeAlso", "isDefinedBy", "Class", "Datatype")),
    *(OWL + one for one in (
        "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "Ontology", "imports", "versionIRI",
        "versionInfo", "priorVersion", "backwardCompatibleWith", "incompatibleWith", "deprecated",
    )),
    *_OF_ANYTHING,
))  # fmt: skip
"""The names of OWL and RDFS that declare or annotate, and so change nothing that a guideline means."""
_LINK_IT = "Link each to its patient with hip:hasProblem, hip:hasCourse or hip:hasStudy, or take it out."


def accounted(
    found: Patients,
    load: Callable[[], Knowledge],
    imported: Set[Triple] = frozenset(),
    lost: Collection[str] = (),
) -> tuple[Record, ...]:
    """Note in each record what the graph tells that is not read.

    Parameters: ``load`` gives the knowledge of the terms; ``imported`` are triples that FHIR gave, which count there;
    ``lost`` are keys of JSON-LD that say nothing.
    """
    if not found.records:
        return ()
    knowledge = load()
    beside = _Beside(found.strays, knowledge) if found.strays else None
    noted = (_Own(one, knowledge, imported).noted(beside) for one in found.records)
    return tuple(replace(one, notices=(*one.notices, *_of_keys(lost, one.iri))) if lost else one for one in noted)


def _of_keys(lost: Collection[str], patient: str) -> Iterator[Notice]:
    message = f"F08: {KEYS_WITHOUT_MEANING}: {few([*lost], _NAMED)}."
    yield Notice("warning", KEYS, patient, message, "Give them a meaning, as ontology/context.jsonld does.")


def doubts_of(record: Record, knowledge: Knowledge) -> tuple[Notice, ...]:
    """Tell what of the triples of a record is not read."""
    return tuple(_Own(record, knowledge).doubts())


def account_of(
    found: Patients,
    name: str,
    knowledge: Knowledge,
    imported: Set[Triple] = frozenset(),
    lost: tuple[str, ...] = (),
) -> Import:
    """Account for each node of a graph.

    Parameters: ``name`` is that of the source; ``imported`` are triples that FHIR gave, which are accounted for there;
    ``lost`` are keys of JSON-LD that say nothing.
    What belongs to none of several patients stands beside them.
    """
    beside = _Beside(found.strays, knowledge)
    single = len(found.records) == 1
    patients = tuple(_Own(one, knowledge, imported).imported(beside if single else None) for one in found.records)
    return Import(name, patients, () if single else beside.uses, lost)


class _Terms:
    """What a graph says in terms of the ontology, and in names that no record of a patient is written in.

    ``loose`` are the problems and activities that are no patient's, ``general`` the problems of which little more is
    said than that they are problems.
    """

    def __init__(self, triples: Iterable[Triple], knowledge: Knowledge) -> None:
        self.triples = tuple(triples)
        self._knowledge = knowledge
        typed: list[tuple[Term, Term]] = []
        owned: set[Term] = set()
        predicates: set[str] = set()
        for subject, predicate, target in self.triples:
            name = predicate.value
            predicates.add(name)
            if name == RDF_TYPE:
                typed.append((subject, target))
            elif name in _OWNING:
                owned.add(target)
            elif name in _OWNED:
                owned.add(subject)
        names = {of.value for _, of in typed if isinstance(of, NamedNode | Literal)}
        owned_kinds = {one for one in names if knowledge.is_a(one, hip.Problem) or knowledge.is_a(one, hip.Activity)}
        self.loose = {
            one for one, of in typed if one not in owned and isinstance(of, NamedNode) and of.value in owned_kinds
        }
        self.general = not names.isdisjoint(_GENERAL)
        self._predicates = {
            one for one in predicates - recorded_properties(knowledge) - {RDF_TYPE} if not one.startswith(_NOTES)
        }
        self._types = names - recorded_classes(knowledge) - _OF_ANYTHING

    @property
    def all_read(self) -> bool:
        """Whether all is said in terms that are read, of nodes that are a patient's."""
        return not (self._predicates or self._types or self.loose or self.general)

    def is_read(self, triple: Triple) -> bool:
        """Tell whether what a triple turns on is read, or is a note for people."""
        return _name_of(triple) not in (self._types if triple.predicate.value == RDF_TYPE else self._predicates)

    @cached_property
    def meant(self) -> Mapping[str, str]:
        """The terms that names mean which are none, empty where that is not known."""
        found: dict[str, str] = {}
        for one in sorted((self._predicates | self._types) - self._knowledge.terms):
            term = meant(one, self._knowledge, guess=len(found) < _NAMED)
            if term is not None:
                found[one] = term
        return found

    def term_of(self, triple: Triple) -> str:
        """Return the term that a triple turns on, or that the name which it turns on means; else an empty text."""
        return _name_of(triple) if self.is_read(triple) else self.meant.get(_name_of(triple), "")

    @cached_property
    def nodes(self) -> Mapping[Term, list[Triple]]:
        """The triples of each node."""
        found: dict[Term, list[Triple]] = defaultdict(list)
        for one in self.triples:
            found[one.subject].append(one)
        return found

    def near_names(self, patient: str, names: Collection[str]) -> Iterator[Notice]:
        """Tell of names that are no terms and mean some."""
        for name in sorted(names)[:_NAMED]:
            at = min(_short(one.subject) for one in self.triples if _name_of(one) == name)
            term = self.meant[name]
            known = f"; {curie(term)} is one" if term else ""
            message = f"F07: {curie(name)}, at {at}, is no term of the ontology, so what it says is not read{known}."
            yield Notice("warning", NEAR_NAME, patient, message, f"Write {curie(term)}." if term else _WRITE_TERMS)
        if len(names) > _NAMED:
            message = f"F07: {len(names) - _NAMED} more names are no terms of the ontology, and are not read."
            yield Notice("warning", NEAR_NAME, patient, message, _WRITE_TERMS)


class _Beside(_Terms):
    """What belongs to no patient."""

    def __init__(self, triples: Iterable[Triple], knowledge: Knowledge) -> None:
        super().__init__(triples, knowledge)
        describer = _Describer(self, knowledge)
        self._axioms = [one for one in self.triples if _is_axiom(one, knowledge)]
        having = {one.subject for one in self._axioms}
        nodes = (node for node in self.nodes if node in having or not _is_term(node, knowledge))
        self.uses = tuple(_numbered(sorted(describer.stray(node, axiom=node in having) for node in nodes)))

    def doubts(self, patient: str) -> Iterator[Notice]:
        """Tell what of it is not read."""
        yield from self.near_names(patient, self.meant.keys())
        if axioms := sorted({f"{curie(_name_of(one))} at {_short(one.subject)}" for one in self._axioms}):
            told = f"F09: Axioms of OWL or RDFS beside the facts of patients are not read: {few(axioms, _NAMED)}."
            yield Notice("warning", AXIOMS, patient, told, "Record facts, or put axioms into an ontology of your own.")


class _Own(_Terms):
    """What a record says."""

    def __init__(self, record: Record, knowledge: Knowledge, imported: Set[Triple] = frozenset()) -> None:
        super().__init__(record.triples, knowledge)
        self._record = record
        self._imported = imported

    def noted(self, beside: _Beside | None) -> Record:
        """Add to the record what of it, and beside it, is not read."""
        if beside is None and self.all_read:
            return self._record
        others = beside.uses if beside else ()
        near = beside.doubts(self._record.iri) if beside else ()
        notices = dict.fromkeys((*self._record.notices, *self._counted(beside), *self.doubts(others), *near))
        unread = unread_of((*self._lost, *others))
        return replace(self._record, notices=tuple(notices), unread=(*self._record.unread, *unread))

    def doubts(self, others: Sequence[ResourceUse] = ()) -> Iterator[Notice]:
        """Tell what of the record, and of others beside it, is not read."""
        yield from _notices((*self._lost, *others), self._record.iri)
        # Unknown names right in the namespace are for validation to find.
        yield from self.near_names(self._record.iri, [one for one in self.meant if not is_plain_term(one)])
        said = {_name_of(one) for one in self.triples if one.subject in self.linked}
        for name in sorted(self._predicates & self._knowledge.terms & said)[:_NAMED]:
            message = f"F07: {curie(name)} is a term of the ontology that no record is written in, so it is not read."
            yield Notice("warning", NEAR_NAME, self._record.iri, message, "Record it as examples/ do.")

    def imported(self, beside: _Beside | None) -> Imported:
        """Account for the nodes of the record, and for those beside it."""
        own = {one.subject for one in self._given}
        described = (one for node, one in self._described.items() if node in own)
        uses = sorted((*described, *(beside.uses if beside else ())))
        return Imported(self._record.iri, self._record, tuple(uses), triples=self._counts(beside))

    @cached_property
    def linked(self) -> frozenset[Term]:
        """The nodes that what records are written in leads to from the patient."""
        patient: Term = NamedNode(self._record.iri)
        onward: dict[Term, list[Term]] = defaultdict(list)
        for one in self.triples:
            if one.predicate.value not in self._predicates:
                onward[one.subject].append(one.object)
                if one.object == patient:
                    onward[patient].append(one.subject)
        return frozenset(reached({patient}, lambda node: onward.get(node, ())))

    @cached_property
    def _described(self) -> Mapping[Term, ResourceUse]:
        describer = _Describer(self, self._knowledge, self._record.iri)
        return {node: describer.own(node, linked=node in self.linked) for node in self.nodes}

    @cached_property
    def _lost(self) -> tuple[ResourceUse, ...]:
        """The nodes of the record of which something is not read that a plan would need."""
        return tuple(sorted(one for one in self._described.values() if one.outcome != "used" or one.unread))

    @cached_property
    def _given(self) -> list[Triple]:
        """The triples that the source has."""
        dated = self._record.dated
        recorded = (one for one in self.triples if dated or one.predicate.value != hip.asOf)
        return [one for one in recorded if one not in self._imported]

    def _counts(self, beside: _Beside | None) -> Counts:
        """Count the triples of the source that are the patient's, and those that are nobody's."""
        lost = {one.resource for one in self._lost if one.outcome != "used"}
        used = sum(self.is_read(one) and _resource(one.subject) not in lost for one in self._given)
        read = len(self._given) + (len(beside.triples) if beside else 0)
        return Counts(read, used, read - used)

    def _counted(self, beside: _Beside | None) -> Iterator[Notice]:
        return told_unused(self._counts(beside), "triples", self._record.iri)


class _Describer:
    """Say of the nodes of a graph what they are used as, or why they are not.

    Parameters: ``patient`` is the IRI of the patient whose graph it is, if it is of one.
    """

    def __init__(self, terms: _Terms, knowledge: Knowledge, patient: str = "") -> None:
        self._terms = terms
        self._knowledge = knowledge
        self._patient = patient

    def own(self, node: Term, *, linked: bool) -> ResourceUse:
        """Describe a node of a patient; ``linked`` tells that terms of the ontology lead to it."""
        told, name = self._told(node), _resource(node)
        if node in self._terms.loose:
            detail = f"{told}, and nothing records it as the patient's"
        elif linked:
            unread = (*self._not_understood(node), *self._mentioned(node))
            return ResourceUse(name, "used", told, self._flags(node), unread=unread)
        elif self._says_nothing(node):
            return ResourceUse(name, "ignored", _NOTHING_SAID, unread=tuple(self._mentioned(node)))
        else:
            detail = f"{told}, and no term of the ontology links it to the patient"
        return ResourceUse(name, "set aside", detail, self._flags(node), unread=self._lost(node))

    def stray(self, node: Term, *, axiom: bool = False) -> ResourceUse:
        """Describe a node of nobody; ``axiom`` tells that it has one."""
        if axiom and (self._says_nothing(node) or _is_term(node, self._knowledge)):
            return ResourceUse(_resource(node), "ignored", _IS_AXIOM)
        if self._says_nothing(node):
            return ResourceUse(_resource(node), "ignored", _NOTHING_SAID, unread=tuple(self._mentioned(node)))
        detail = f"{self._told(node)}, and belongs to no patient"
        return ResourceUse(_resource(node), "set aside", detail, self._flags(node), unread=self._lost(node))

    def _flags(self, node: Term) -> tuple[str, ...]:
        """Tell the names that are not read of a node, with the terms that they mean."""
        meant = {name: self._terms.meant.get(name) for name in map(_name_of, self._unread(node))}
        return tuple(f"{curie(one)} is not read{f'; {curie(it)} would be' if it else ''}" for one, it in meant.items())

    def _about(self, node: Term) -> Sequence[Triple]:
        return self._terms.nodes.get(node, ())

    def _classes(self, node: Term) -> list[str]:
        """List the classes that a node is typed as, or that its types mean."""
        types = (self._terms.term_of(one) for one in self._about(node) if one.predicate.value == RDF_TYPE)
        return [one for one in types if one and one not in _OF_ANYTHING]

    def _values(self, node: Term, prop: str) -> list[Term]:
        return sorted((one.object for one in self._about(node) if self._terms.term_of(one) == prop), key=str)

    def _coded(self, node: Term, prop: str) -> list[str]:
        return [one.value for one in self._values(node, prop) if isinstance(one, NamedNode)]

    def _says_nothing(self, node: Term) -> bool:
        return not any(is_term(self._terms.term_of(one)) for one in self._about(node))

    def _unread(self, node: Term) -> list[Triple]:
        return [one for one in self._about(node) if not self._terms.is_read(one)]

    def _intervention(self, node: Term) -> str:
        """Find the intervention of an activity, also of one that is typed as the intervention itself."""
        typed = (one for one in self._classes(node) if self._knowledge.is_a(one, hip.Intervention))
        named = (one for one in self._coded(node, hip.ofIntervention) if one in self._knowledge.terms)
        return next(iter((*named, *typed)), "")

    def _head(self, node: Term) -> str:
        """Name what a node is: the intervention of an activity, or else its narrowest class."""
        above = self._knowledge.superclasses
        narrowest = max(self._classes(node), key=lambda one: (len(above.get(one, ())), one), default="")
        found = self._intervention(node) or narrowest
        return self._knowledge.label(found) if found else "of no class of the ontology"

    def _told(self, node: Term) -> str:
        """Say what is recorded of a node in terms of the ontology."""
        words = [self._head(node)] if text_of_term(node) != self._patient else []
        for one in sorted(self._about(node), key=str):
            prop = self._terms.term_of(one)
            if is_term(prop) and prop not in _IN_THE_HEAD and one.predicate.value != RDF_TYPE:
                words += self._value(prop, one.object)
        return ", ".join(dict.fromkeys(words)) or "nothing but its problems and activities"

    def _value(self, prop: str, target: Term) -> Iterator[str]:
        """Say a value: a coded one by its label, a site by its side and name, a number after its property."""
        knowledge = self._knowledge
        if isinstance(target, Literal):
            yield f"{knowledge.label(prop)} {quantity(target.value, knowledge.units.get(prop, ''))}"
        elif isinstance(target, NamedNode) and target.value in knowledge.terms:
            yield f"{'no ' if prop == hip.isWithout else ''}{knowledge.label(target.value)}"
        elif any(knowledge.is_a(one, hip.BodySite) for one in self._classes(target)) and prop != hip.hasBodySite:
            yield " ".join((*map(knowledge.label, self._coded(target, hip.hasSide)), self._head(target)))

    def _lost(self, node: Term) -> tuple[Unread, ...]:
        """Name a problem or an activity that is nobody's, as an entry of a record."""
        found = [*self._mentioned(node)]
        intervention = self._intervention(node)
        if intervention or any(self._knowledge.is_a(one, hip.Problem) for one in self._classes(node)):
            kind = self._kind(intervention) if intervention else EntryKind.CONDITION
            past = not {hip.completed, hip.stopped, hip.notDone}.isdisjoint(self._coded(node, hip.hasStatus))
            found.append(Unread(kind, f"{self._head(node)} ({_short(node)})", not past))
        return tuple(found)

    def _kind(self, intervention: str) -> EntryKind:
        info = self._knowledge.interventions.get(intervention)
        if info is not None and info.is_drug:
            return EntryKind.DRUG
        return EntryKind.RESULT if is_study(intervention, self._knowledge) else EntryKind.PROCEDURE

    def _mentioned(self, node: Term) -> Iterator[Unread]:
        """Name the problems and interventions that a node has by names which are no properties."""
        for one in self._unread(node):
            if one.predicate.value in {RDF_TYPE, *self._knowledge.properties}:
                continue
            named = (text_of_term(it) for it in (one.predicate, one.object) if isinstance(it, NamedNode))
            for kind in named:
                if self._knowledge.is_a(kind, hip.Problem):
                    yield Unread(EntryKind.CONDITION, f"{self._knowledge.label(kind)} ({_short(node)})")
                elif self._knowledge.is_a(kind, hip.Intervention):
                    yield Unread(self._kind(kind), f"{self._knowledge.label(kind)} ({_short(node)})")

    def _not_understood(self, node: Term) -> Iterator[Unread]:
        """Name a problem of which the ontology's terms only say that it is one, by what else it is called."""
        if not self._classes(node) or not {*self._classes(node)} <= _GENERAL:
            return
        others = [one for one in self._about(node) if not is_term(self._terms.term_of(one))]
        labels = [one.object.value for one in others if isinstance(one.object, Literal)]
        types = [_name_of(one) for one in others if one.predicate.value == RDF_TYPE]
        alike = [curie(text_of_term(one.object)) for one in others if _MATCH.fullmatch(one.predicate.value)]
        words = ", ".join(dict.fromkeys((*sorted(labels), *sorted((*types, *alike)))))
        yield Unread(EntryKind.CONDITION, f"{words or self._head(node)} ({_short(node)})")


def _notices(uses: Sequence[ResourceUse], patient: str) -> Iterator[Notice]:
    """Gather what validation shall tell: what is lost of problems and activities, what is not understood, the rest."""
    lost = unread_of(one for one in uses if one.outcome != "used")
    if lost:
        message = f"F06: Recorded for no patient, so no statement takes it into account: look yourself. {worded(lost)}"
        yield Notice("warning", UNLINKED, patient, message, _LINK_IT)
    if unread := unread_of(one for one in uses if one.outcome == "used"):
        yield unheeded(unread, patient)
    aside: dict[str, list[str]] = defaultdict(list)
    for one in uses:
        if one.outcome == "set aside" and not one.unread:
            aside[one.detail].append(short_name(one.resource))
    for detail, names in sorted(aside.items())[:_NAMED]:
        message = f"F03: {few(sorted(names))}: set aside, for it is {detail}."
        yield Notice("warning", SET_ASIDE, patient, message, "Link it to its patient, or take it out.")
    if len(aside) > _NAMED:
        message = f"F03: {len(aside) - _NAMED} more kinds of nodes are set aside."
        yield Notice("warning", SET_ASIDE, patient, message, LIST_THEM)


def _name_of(triple: Triple) -> str:
    """Return the name that decides whether a triple is read: the class of a type, or else the property."""
    if triple.predicate.value != RDF_TYPE:
        return triple.predicate.value
    return triple.object.value if isinstance(triple.object, NamedNode | Literal) else ""


def _is_axiom(triple: Triple, knowledge: Knowledge) -> bool:
    """Tell whether something would follow from a triple that the ontology does not say itself."""
    name = _name_of(triple)
    if not name.startswith((OWL, RDFS)) or name in _NO_AXIOMS:
        return False
    return name != f"{RDFS}subClassOf" or not knowledge.is_a(text_of_term(triple.subject), text_of_term(triple.object))


def _is_term(node: Term, knowledge: Knowledge) -> bool:
    """Tell whether a node is a term of the ontology itself, of which a file may tell beside its patients."""
    return isinstance(node, NamedNode) and is_term(node.value) and node.value in knowledge.terms


def _resource(node: Term) -> str:
    return _BLANK if isinstance(node, BlankNode) else text_of_term(node)


def _short(node: Term) -> str:
    """Name a node by the last part of its IRI."""
    text = text_of_term(node)
    return _BLANK if isinstance(node, BlankNode) or text.startswith(NAMELESS) else short_name(text)


def _numbered(uses: Iterable[ResourceUse]) -> Iterator[ResourceUse]:
    """Give blank nodes numbers, in the order of what they say."""
    count = 0
    for one in uses:
        count += one.resource == _BLANK
        yield one._replace(resource=f"{_BLANK} {count}") if one.resource == _BLANK else one
