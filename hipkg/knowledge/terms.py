"""Tell of each term of the ontology what it is, and whether and how records of patients use it; find terms by words."""

from __future__ import annotations

import re
from collections import defaultdict
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, SKOS, curie, expand, is_term, local_name
from hipkg.knowledge.memo import kept
from hipkg.knowledge.recorded import recorded_classes, recorded_properties
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.knowledge.records import Knowledge, Withdrawal
    from hipkg.knowledge.terminology import Mapping as CodeMapping


class Kind(StrEnum):
    """What a term is."""

    CLASS = "class"
    INTERVENTION = "intervention"
    PROPERTY = "property"
    VALUE = "value"
    STATEMENT = "statement"
    DOCUMENT = "document"
    OTHER = "term"


class Recording(StrEnum):
    """How the record of a patient uses a term, if it does."""

    TYPE = "type of a node"
    ACTIVITY = "what a course or a study is of"
    PROPERTY = "property of a node"
    VALUE = "value of a property"
    ENTAILED = "never recorded: it follows from its definition"
    NO = "not of records"


RECORDABLE = frozenset({Recording.TYPE, Recording.ACTIVITY, Recording.PROPERTY, Recording.VALUE})


@shown_by("name", "label", "recording")
class Term(NamedTuple):
    """A term of the ontology.

    ``name`` is its CURIE; ``of`` names the kinds of nodes whose type or property it is, or the properties whose value;
    ``synonyms`` are other words for it, ``parents`` the terms right above it as its editor wrote them; ``codes`` are
    those of clinical code systems that stand for it, best first; ``unit`` is that of a number, in UCUM; ``withdrawal``
    tells of what is in force no more since when, why, and what takes its place.
    """

    iri: str
    name: str
    label: str
    kind: Kind
    recording: Recording
    of: tuple[str, ...]
    definition: str
    note: str
    synonyms: tuple[str, ...]
    parents: tuple[str, ...]
    unit: str
    codes: tuple[CodeMapping, ...]
    withdrawal: Withdrawal | None = None

    @property
    def recordable(self) -> bool:
        """Tell whether records of patients use it."""
        return self.recording in RECORDABLE


NODES = (hip.Patient, hip.Problem, hip.Activity, hip.BodySite)
"""The kinds of nodes that the record of a patient has."""
_DEFINED, _NOTED, _LABEL, _RANGE = SKOS + "definition", SKOS + "scopeNote", RDFS + "label", RDFS + "range"
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])|\w+")
_SHORT = 2
"""Up to how many letters a word is short."""
_WHOLE = 3
"""The last rank of what is found by all words."""
_PROPERTIES = frozenset(OWL + one for one in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty"))


@kept
def all_terms(knowledge: Knowledge) -> Mapping[str, Term]:
    """Describe every term of the ontology's namespace, by its IRI, in order."""
    texts = _texts(knowledge)
    return MappingProxyType({iri: _term(iri, texts[iri], knowledge) for iri in sorted(texts) if is_term(iri)})


def find_terms(text: str, knowledge: Knowledge) -> tuple[Term, ...]:
    """Find the terms that a text names, best first: by IRI, CURIE, local name or id, or by words of their names.

    A term has the words if each of them begins one of its label, its other names or its local name, or of the name that
    a code system gives it. What names a term whole goes before what begins its name, and what records use before the
    rest. An IRI or a CURIE finds its term alone. Where nothing has all words, those that have most of them are found,
    two thirds at least.
    """
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return ()
    known = all_terms(knowledge)
    if exact := known.get(expand(text.strip().strip("<>"))):
        return (exact,)
    words = frozenset(re.findall(r"\w+", wanted))
    coded = {one.term for one in knowledge.terminology.search(text)}
    ranked = []
    for term in known.values():
        names = _names(term)
        held = _held(names, term, words)
        if wanted in names:
            rank = 0
        elif any(one.startswith(wanted) for one in names):
            rank = 1
        elif words and held == len(words):
            rank = 2
        elif term.iri in coded:
            rank = 3
        elif held > 1 and 3 * held >= 2 * len(words):
            rank = 4 + len(words) - held
        else:
            continue
        ranked.append((rank, not term.recordable, len(term.label), term.iri, term))
    ranked.sort()
    most = max(ranked[0][0], _WHOLE) if ranked else 0
    return tuple(one[-1] for one in ranked if one[0] <= most)


def near_terms(text: str, knowledge: Knowledge, count: int = 3) -> tuple[str, ...]:
    """Name the terms that are written most like a text, as CURIEs and by their labels."""
    from difflib import get_close_matches

    labels = {name: term.name for term in all_terms(knowledge).values() for name in _names(term)}
    found = [labels[one] for one in get_close_matches(text.casefold(), labels, n=count)]
    local = "".join(text.split())
    return tuple(dict.fromkeys((*found, *map(curie, nearest(local, all_terms(knowledge), count)))))[:count]


def _names(term: Term) -> tuple[str, ...]:
    return tuple(one.casefold() for one in (term.label, *term.synonyms, local_name(term.iri)))


def _held(names: Iterable[str], term: Term, words: Iterable[str]) -> int:
    """Count the words that each begin a word of the names of a term; a short one has to be one of them."""
    parts = {part for name in names for part in re.findall(r"\w+", name)}
    parts |= {one.casefold() for one in _WORD.findall(local_name(term.iri))}
    return sum(word in parts or (len(word) > _SHORT and any(one.startswith(word) for one in parts)) for word in words)


@kept
def _texts(knowledge: Knowledge) -> Mapping[str, Mapping[str, tuple[str, ...]]]:  # noqa: ARG001 - with which it is kept
    """Read what the sources say of each term that they declare, by property."""
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for one in load_sources():
        prop, value = one.predicate.value, getattr(one.object, "value", "")
        if prop in {RDF_TYPE, _DEFINED, _NOTED, _LABEL, _RANGE} and hasattr(one.subject, "value"):
            said = found[one.subject.value]
            said[prop] = (*said.get(prop, ()), value)
    return {iri: said for iri, said in found.items() if RDF_TYPE in said}


def _term(iri: str, said: Mapping[str, tuple[str, ...]], knowledge: Knowledge) -> Term:
    kind = _kind(iri, said, knowledge)
    recording = _recording(iri, kind, knowledge)
    statement = knowledge.statements.get(iri)
    document = knowledge.documents.get(iri)
    withdrawal = knowledge.withdrawn.get(iri)
    gone = withdrawal is not None and withdrawal.is_statement
    number = statement.id if statement else withdrawal.name if withdrawal and gone else ""
    label = f"statement {number}" if number else document.title if document else ""
    above = knowledge.told_superclasses.get(iri) or knowledge.individual_types.get(iri) or frozenset()
    return Term(
        iri=iri,
        name=curie(iri),
        label=knowledge.labels.get(iri) or label or next(iter(said.get(_LABEL, ())), local_name(iri)),
        kind=kind,
        recording=recording,
        of=_of(iri, recording, knowledge),
        definition=statement.text if statement else " ".join(said.get(_DEFINED, ())),
        note=" ".join(said.get(_NOTED, ())),
        synonyms=tuple(dict.fromkeys(knowledge.other_names(iri))),
        parents=tuple(sorted(one for one in above if is_term(one))),
        unit=knowledge.units.get(iri, ""),
        codes=knowledge.terminology.of_term(iri),
        withdrawal=withdrawal,
    )


def _kind(iri: str, said: Mapping[str, tuple[str, ...]], knowledge: Knowledge) -> Kind:
    types = {*said[RDF_TYPE]}
    withdrawal = knowledge.withdrawn.get(iri)
    if iri in knowledge.statements or (withdrawal is not None and withdrawal.is_statement):
        return Kind.STATEMENT
    if iri in knowledge.documents:
        return Kind.DOCUMENT
    if iri in knowledge.interventions or knowledge.is_a(iri, hip.Intervention):
        return Kind.INTERVENTION
    if types & _PROPERTIES:
        return Kind.PROPERTY
    if OWL + "Class" in types:
        return Kind.CLASS
    return Kind.VALUE if iri in knowledge.individual_types else Kind.OTHER


def _recording(iri: str, kind: Kind, knowledge: Knowledge) -> Recording:
    if kind is Kind.PROPERTY:
        return Recording.PROPERTY if iri in recorded_properties(knowledge) else Recording.NO
    if iri in knowledge.definitions:
        return Recording.ENTAILED
    if kind is Kind.INTERVENTION:
        return Recording.ACTIVITY
    if iri in recorded_classes(knowledge):
        return Recording.TYPE
    return Recording.VALUE if value_properties(iri, knowledge) else Recording.NO


def value_properties(iri: str, knowledge: Knowledge) -> tuple[str, ...]:
    """List the recorded properties of which a term can be the value."""
    kinds = knowledge.individual_types.get(iri, frozenset())
    properties = (one for one, axioms in knowledge.properties.items() if not axioms.ranges.isdisjoint(kinds))
    return tuple(sorted(one for one in properties if one in recorded_properties(knowledge)))


def _of(iri: str, recording: Recording, knowledge: Knowledge) -> tuple[str, ...]:
    match recording:
        case Recording.TYPE:
            return tuple(one for one in NODES if knowledge.is_a(iri, one))
        case Recording.VALUE:
            return value_properties(iri, knowledge)
        case Recording.ACTIVITY:
            return (hip.ofIntervention,)
        case Recording.PROPERTY if iri in knowledge.properties:
            return tuple(sorted(one for one in knowledge.properties[iri].domains if one in NODES))
        case _:
            return ()
