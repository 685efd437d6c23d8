"""Find the patients among triples, with what belongs to each of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from hipkg.base import hip
from hipkg.base.dates import today, whole_day
from hipkg.base.errors import NoPatient, UnreadableInput
from hipkg.base.vocabulary import OWL, RDF_TYPE, XSD, is_plain_term, is_term
from hipkg.owl.sources import headers
from hipkg.reading.blank_nodes import without_blank_nodes
from hipkg.record.patient import Record, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from datetime import date

_TYPE = NamedNode(RDF_TYPE)
_PATIENT = NamedNode(hip.Patient)
_HAS_PROBLEM = NamedNode(hip.hasProblem)
_AS_OF = NamedNode(hip.asOf)
_ABOUT_AXIOMS = {NamedNode(f"{OWL}annotatedSource"), NamedNode(f"{OWL}annotatedTarget")}
"""What leads from a note on an axiom to what that speaks of."""
_DATE = NamedNode(f"{XSD}date")


def linked(patient: str, triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Keep the triples that are found from a patient by following links, which are those that belong to the patient."""
    given = tuple(triples)
    node = NamedNode(patient)
    found = _reachable(node, _links(given, {node}), {node})
    return tuple(one for one in given if one in found)


class Patients(NamedTuple):
    """The records of patients, and the triples that belong to none of them."""

    records: tuple[Record, ...]
    strays: tuple[Triple, ...]


def patients_in(triples: Sequence[Triple], name: str, as_of: date | None) -> Patients:
    """Part triples into the record of each patient and the rest; without ``as_of`` and a recorded date it is for today.

    Raises `NoPatient` where no patient is described, and `UnreadableInput` for one with dates that contradict.
    """
    patients: set[Term] = {
        triple.subject for triple in triples if triple.object == _PATIENT and triple.predicate == _TYPE
    }
    if not patients:
        raise _no_patient(triples, name)
    links = _links(triples, patients)
    parts = {patient: _reachable(patient, links, patients) for patient in patients}
    owned = set().union(*parts.values())
    strays = _strays(triples, owned) if len(owned) < len(triples) else ()
    copies: Counter[str] = Counter()
    records = []
    for patient, part in parts.items():
        iri, named = without_blank_nodes(patient, part, copies, name)
        recorded = _recorded_date(iri, named, name)
        day = as_of or recorded or today()
        records.append(Record(iri.value, _dated(iri, named, day), name, day, len(strays), recorded is not None))
    return Patients(tuple(sorted(records, key=lambda record: record.iri)), strays)


def _strays(triples: Sequence[Triple], owned: Set[Triple]) -> tuple[Triple, ...]:
    """List what belongs to no patient, but for the header of a file, which says something of the file."""
    about_files = headers(triples)
    return tuple(one for one in triples if one not in owned and one.subject not in about_files)


def _no_patient(triples: Sequence[Triple], name: str) -> NoPatient:
    if not triples:
        remedy = "In JSON-LD, give names an @context or write full IRIs; examples/ shows a patient."
        return NoPatient("The input holds no triples.", place=name, remedy=remedy)
    untyped = sorted({str(triple.subject) for triple in triples if triple.predicate == _HAS_PROBLEM})
    others = sorted({str(triple.object) for triple in triples if triple.predicate == _TYPE})
    foreign = [kind for kind in others if re.search(r"[/#:]Patient>$", kind)]
    if untyped:
        return NoPatient(
            f"{untyped[0]} has problems but is not typed as a patient.",
            place=name,
            remedy=f"Add the triple {untyped[0]} a {_PATIENT} .",
        )
    if foreign:
        return NoPatient(
            f"Patients are typed {foreign[0]}, which is not this vocabulary.",
            place=name,
            remedy=f"Type them {_PATIENT}.",
        )
    return NoPatient(
        f"None of the {len(triples)} triples describes a patient.",
        place=name,
        remedy=f"Type the patient {_PATIENT}; examples/ shows how.",
    )


def _links(triples: Iterable[Triple], patients: set[Term]) -> dict[Term, list[Triple]]:
    """Index triples by the node they are found from: the subject, and the patient whom they point at.

    An axiom is found from both of its ends: it is refused, whichever of the nodes that it speaks of is the patient's.
    """
    links: dict[Term, list[Triple]] = defaultdict(list)
    for triple in triples:
        subject, predicate, target = triple
        links[subject].append(triple)
        if target in patients:
            if is_term(predicate.value) and subject not in patients:
                links[target].append(triple)
        elif predicate.value.startswith(OWL) and predicate not in _ABOUT_AXIOMS:
            links[target].append(triple)
    return links


def _reachable(patient: Term, links: Mapping[Term, list[Triple]], patients: set[Term]) -> set[Triple]:
    seen: set[Term] = {patient}
    waiting: list[Term] = [patient]
    found: set[Triple] = set()
    while waiting:
        node = waiting.pop()
        for triple in links.get(node, ()):
            found.add(triple)
            other = triple.object if triple.subject == node else triple.subject
            if other not in seen and other not in patients and not _is_term(other):
                seen.add(other)
                waiting.append(other)
    return found


def _is_term(node: Term) -> bool:
    """Tell whether a node is a term of the ontology rather than something of a patient."""
    return isinstance(node, NamedNode) and is_plain_term(node.value)


def _recorded_date(patient: NamedNode, triples: Iterable[Triple], name: str) -> date | None:
    recorded = {
        triple.object.value if isinstance(triple.object, Literal) else str(triple.object)
        for triple in triples
        if triple.predicate == _AS_OF and triple.subject == patient
    }
    if len(recorded) > 1:
        raise UnreadableInput(
            f"The patient has several dates of plan: {', '.join(sorted(recorded))}.",
            place=f"{name}: {patient}",
            remedy="Keep one hip:asOf, or give the date when you ask for the plan.",
        )
    return next((_date(text, f"{name}: {patient}") for text in recorded), None)


def _date(text: str, place: str) -> date:
    day = whole_day(text)
    if day is None:
        raise UnreadableInput(
            f"The date of the plan, {text[:40]!r}, is not a date.", place=place, remedy="Write hip:asOf as YYYY-MM-DD."
        )
    return day


def _dated(patient: NamedNode, triples: Iterable[Triple], day: date) -> tuple[Triple, ...]:
    kept = [triple for triple in triples if not (triple.predicate == _AS_OF and triple.subject == patient)]
    return tuple(sorted([*kept, Triple(patient, _AS_OF, Literal(day.isoformat(), datatype=_DATE))], key=str))
