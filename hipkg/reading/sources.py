"""Read patients from a source, whatever it is: the first step of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.batch import Batch
from hipkg.base.dates import today
from hipkg.base.errors import DeceasedPatient, NoPatient, UnreadableInput, UsageError
from hipkg.reading.opening import MAX_FOLDER_BYTES, Source, opened
from hipkg.reading.patients import patients_in
from hipkg.reading.rdf import parse_rdf

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import date

    from pyoxigraph import Triple

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.records import Import
    from hipkg.reading.fhir.source import Found
    from hipkg.reading.fhir.unknown import Usage
    from hipkg.record.patient import Record


def read(
    source: str | os.PathLike[str] | bytes,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Batch[Record]:
    """Read every patient of a source, sorted by IRI.

    ``source`` is a file name, ``-`` for standard input, the content itself as bytes, or a folder of FHIR resources.
    ``load`` gives the knowledge that FHIR is read with, which RDF does without.
    ``format`` is ``fhir``, or a name or media type of an RDF format; without it the extension of the file decides, for
    JSON the content, and standard input and bytes are refused. ``as_of`` overrides a ``hip:asOf`` in the source;
    without either it is today. ``max_bytes`` bounds what is read, by default :data:`MAX_BYTES`, or
    :data:`MAX_FOLDER_BYTES` of a folder. Named graphs are merged. A patient is a node typed ``hip:Patient``; to it
    belongs what it links to, step by step, short of other patients and of the ontology's own terms, and what points at
    it with a ``hip:`` property. Of FHIR, patients who have died and malformed resources are set aside.

    Raises :class:`UsageError` for an argument that cannot be used, :class:`NoPatient` where no patient is described,
    :class:`DeceasedPatient` where all have died, and :class:`UnreadableInput` for everything else.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is None:
        return _living(_imported(given, load, as_of, max_bytes))
    return Batch(patients_in(parse_rdf(given.data, given.rdf_format, given.name), given.name, as_of))


def read_import(
    source: str | os.PathLike[str] | bytes,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Import:
    """Read the patients of a FHIR source with the account of every resource; the parameters are those of :func:`read`.

    Raises :class:`UsageError` for a source that is not FHIR, and what :func:`read` raises for one that cannot be read.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is not None:
        raise UsageError(
            "Only FHIR is imported.", place=given.name, remedy="RDF is read as it stands: leave the report out."
        )
    return _imported(given, load, as_of, max_bytes)


def read_usage(
    source: str | os.PathLike[str] | bytes,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
) -> Usage:
    """Count the codes that a FHIR source uses, and those that are not known; parameters and errors as `read_import`."""
    from hipkg.reading.fhir.unknown import usage_of

    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is not None:
        raise UsageError("Only codes of FHIR are counted.", place=given.name, remedy="Name FHIR, or a folder of it.")
    return usage_of(_found(given, max_bytes).resources, given.name, load())


def _found(given: Source, max_bytes: int | None) -> Found:
    from hipkg.reading.fhir.source import resources_in, resources_of

    if given.folder is not None:
        return resources_in(given.folder, MAX_FOLDER_BYTES if max_bytes is None else max_bytes)
    return resources_of(given.data, given.name, lines=given.lines)


def _imported(given: Source, load: Callable[[], Knowledge], as_of: date | None, max_bytes: int | None) -> Import:
    from hipkg.reading.fhir.patients import imported

    found = _found(given, max_bytes)
    made = imported(found, given.name, as_of or today(), load())
    if not made.patients:
        raise NoPatient(
            f"None of the {len(found.resources)} resources is a Patient.",
            place=given.name,
            remedy="Export the Patient with its resources.",
        )
    return made


def _living(made: Import) -> Batch[Record]:
    """Keep the records of the patients who have not died, and set the others and malformed resources aside."""
    records = tuple(sorted((one.graph for one in made.patients if one.graph), key=lambda record: record.iri))
    died = [
        DeceasedPatient(
            f"The patient {one.deceased}, so no plan is made.", place=f"{made.source}: {one.patient}", remedy=""
        )
        for one in made.patients
        if one.graph is None
    ]
    if not records:
        raise died[0]
    broken = [use for part in (made.strays, *(one.uses for one in made.patients)) for use in part]
    malformed = [
        UnreadableInput(f"A resource is malformed: {use.detail}.", place=f"{made.source}: {use.resource}")
        for use in dict.fromkeys(broken)
        if use.outcome == "malformed"
    ]
    return Batch(records, (*died, *malformed))


def read_triples(
    source: str | os.PathLike[str] | bytes,
    load: Callable[[], Knowledge],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Batch[Triple]:
    """Read all triples of an RDF source as they stand, with the same care and the same errors as :func:`read`.

    Of a FHIR source they are those of its patients on the day ``as_of``.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is None:
        return _living(_imported(given, load, as_of, max_bytes)).gathered(lambda record: record.triples)
    return Batch(tuple(parse_rdf(given.data, given.rdf_format, given.name)))
