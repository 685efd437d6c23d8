"""Read patients from a source, whatever it is: the first step of the pipeline."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from hipkg.base import hip
from hipkg.base.batch import Batch
from hipkg.base.dates import today
from hipkg.base.errors import DeceasedPatient, NoPatient, UnreadableInput, UsageError
from hipkg.base.limits import RESOURCES
from hipkg.reading.account import few
from hipkg.reading.budget import refuse_repeats, refuse_too_much
from hipkg.reading.graph_account import account_of, accounted
from hipkg.reading.joint import Joint, parsed
from hipkg.reading.patients import patients_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Set
    from datetime import date

    from pyoxigraph import Triple

    from hipkg.base.errors import HipkgError
    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.account import Import
    from hipkg.reading.fhir.gathering import Found
    from hipkg.reading.fhir.usage import Usage
    from hipkg.reading.joint import AnySource
    from hipkg.reading.patients import Patients
    from hipkg.record.patient import Record


def read(
    source: AnySource,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
    deceased: bool = False,
) -> Batch[Record]:
    """Read every patient of a source, sorted by IRI.

    ``source`` is a file name, ``-`` for standard input, the content itself as bytes, a folder of FHIR resources, or a
    list of these, which are read as one. ``load`` gives the knowledge that FHIR is read with, and by which terms of the
    ontology are told from other words. ``format`` is ``fhir``, or a name or media type of an RDF format; without it the
    extension of the file decides, for JSON the content, and standard input and bytes are refused. ``as_of`` overrides
    a ``hip:asOf`` in the source; without either it is today. ``max_bytes`` bounds what is read, by default
    :data:`MAX_BYTES`, or :data:`MAX_FOLDER_BYTES` of a folder. Named graphs are merged. A patient is a node typed
    ``hip:Patient``; to it belongs what it links to, step by step, short of other patients and of the ontology's own
    terms, and what points at it with a ``hip:`` property; what of RDF belongs to nobody, or is said in other words, is
    told by the notices of the records. Of FHIR, malformed resources are set aside, and patients who have died unless
    ``deceased`` are wanted as well.

    Raises :class:`UsageError` for an argument that cannot be used, :class:`NoPatient` where no patient is described,
    :class:`DeceasedPatient` where all have died, and :class:`UnreadableInput` for everything else.
    """
    given = _joint(source, format, max_bytes)
    resources = given.resources
    if resources is None:
        triples = _triples(given, load)
        refuse_repeats(triples, refuse_too_much(triples, given.name), given.name)
        return Batch(accounted(patients_in(triples, given.name, as_of), load, lost=given.lost))
    made = _living(_imported(resources, given.name, load, as_of, deceased=deceased), deceased=deceased)
    if any(one.found is None for one in given.parts):
        made = made._replace(results=_completed(made.results, given, as_of, load))
    if given.at_once:
        refuse_too_much((triple for one in made.results for triple in one.triples), given.name)
    return made


def _joint(source: AnySource, form: str | None, max_bytes: int | None) -> Joint:
    if isinstance(source, Joint):
        return source
    named = [source] if isinstance(source, str | bytes | os.PathLike) else source
    return Joint(tuple(parsed(one, format=form, max_bytes=max_bytes) for one in named))


def _triples(given: Joint, load: Callable[[], Knowledge]) -> list[Triple]:
    """Gather the triples of the parts that are RDF; the ontology tells what contradicts between several of them."""
    return given.triples(load().functional if len(given.parts) > 1 else ())


def _completed(
    imported: Iterable[Record], given: Joint, as_of: date | None, load: Callable[[], Knowledge]
) -> tuple[Record, ...]:
    """Complete imported records by what RDF says of the same patients; what it says of others stands beside them."""
    before = {one.iri: one for one in imported}
    found, facts = _with_rdf(before.values(), given, as_of, load)
    return tuple(
        replace(one, notices=(*was.notices, *one.notices), unread=(*was.unread, *one.unread))
        if (was := before.get(one.iri))
        else one
        for one in accounted(found, load, facts, given.lost)
    )


def read_import(
    source: AnySource,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Import:
    """Read the patients of a source with the account of every resource or node; the parameters are those of `read`.

    Raises what `read` raises for a source that cannot be read.
    """
    given = _joint(source, format, max_bytes)
    resources = given.resources
    if resources is None:
        found = patients_in(_triples(given, load), given.name, as_of)
        return account_of(found, given.name, load(), lost=given.lost)
    made = _imported(resources, given.name, load, as_of)
    if all(one.found is not None for one in given.parts):
        return made
    found, facts = _with_rdf(_living(made, deceased=True).results, given, as_of, load)
    return made.joined(account_of(found, given.name, load(), facts, given.lost))


def _with_rdf(
    imported: Iterable[Record], given: Joint, as_of: date | None, load: Callable[[], Knowledge]
) -> tuple[Patients, Set[Triple]]:
    """Read the RDF of a source with what its FHIR gave; return these triples, but for the date of a plan, as well.

    That date RDF may record.
    """
    day = NamedNode(hip.asOf)
    facts = dict.fromkeys(triple for one in imported for triple in one.triples if triple.predicate != day)
    found = patients_in(list(facts | dict.fromkeys(_triples(given, load))), given.name, as_of)
    return found, facts.keys()


def read_usage(
    source: AnySource,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
) -> Usage:
    """Count the codes that a FHIR source uses, and those that are not known; parameters and errors as `read_import`."""
    from hipkg.reading.fhir.usage import usage_of

    given = _joint(source, format, max_bytes)
    found = [one.found.resources for one in given.parts if one.found is not None]
    if len(found) < len(given.parts):
        raise UsageError("Only codes of FHIR are counted.", place=given.name, remedy="Name FHIR, or a folder of it.")
    return usage_of((resource for part in found for resource in part), given.name, load())


def _imported(
    found: Found, name: str, load: Callable[[], Knowledge], as_of: date | None, *, deceased: bool = False
) -> Import:
    from hipkg.reading.fhir.patients import imported

    if len(found.resources) > RESOURCES.most:
        raise RESOURCES.exceeded(name)
    made = imported(found, name, as_of or today(), load(), deceased=deceased)
    if not made.patients:
        raise NoPatient(
            f"None of the {len(found.resources)} resources is a Patient.",
            place=name,
            remedy="Export the Patient with its resources.",
        )
    return made


def _living(made: Import, *, deceased: bool) -> Batch[Record]:
    """Keep the records of the living, and of the others if they are wanted; set malformed resources aside."""
    records = tuple(sorted((one.graph for one in made.patients if one.graph), key=lambda record: record.iri))
    died = [
        DeceasedPatient(
            f"The patient {one.deceased}, so no plan is made.", place=f"{made.source}: {one.patient}", remedy=""
        )
        for one in made.patients
        if one.deceased and not deceased
    ]
    if not records:
        raise died[0]
    broken = [use for part in (made.strays, *(one.uses for one in made.patients)) for use in part]
    malformed = [
        UnreadableInput(f"A resource is malformed: {use.detail}.", place=f"{made.source}: {use.resource}")
        for use in dict.fromkeys(broken)
        if use.outcome == "malformed"
    ]
    return Batch(records, (*died, *malformed, *_of_nobody(made)))


def _of_nobody(made: Import) -> Iterator[HipkgError]:
    """Tell of the resources that may be of any of several patients, and that no plan of theirs tells of."""
    reasons: dict[str, list[str]] = {}
    for use in made.strays:
        if use.outcome == "set aside":
            reasons.setdefault(use.detail, []).append(use.resource)
    for reason, keys in reasons.items():
        yield UnreadableInput(
            f"No patient of the source has {few(keys)}: {reason}.",
            place=made.source,
            remedy="Export whom they are about as well, or correct the reference.",
        )


def read_triples(
    source: AnySource,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Batch[Triple]:
    """Read all triples of an RDF source as they stand, with the same care and the same errors as :func:`read`.

    Of a FHIR source they are those of its patients on the day ``as_of``.
    """
    given = _joint(source, format, max_bytes)
    resources = given.resources
    recorded = _triples(given, load) if any(one.found is None for one in given.parts) else []
    if resources is None:
        return Batch(tuple(recorded))
    made = _living(_imported(resources, given.name, load, as_of, deceased=True), deceased=True).gathered(
        lambda record: record.triples
    )
    return made._replace(results=tuple(dict.fromkeys((*made.results, *recorded))))
