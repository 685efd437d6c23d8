"""Read several sources as one where they speak of the same patients: who is who, before anything is derived.

A patient is the same wherever the name is, whatever the file, the folder or the format: an IRI in RDF, and the id of a
Patient in FHIR. Sources that share no patient are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple

from hipkg.base import hip
from hipkg.base.errors import UnreadableInput
from hipkg.base.groups import Groups
from hipkg.base.vocabulary import RDF_TYPE, curie, is_term
from hipkg.reading.opening import MAX_FOLDER_BYTES, opened
from hipkg.reading.rdf import keys_without_meaning, parse_rdf, with_published_context

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Sequence
    from typing import TypeAlias

    from hipkg.reading.fhir.gathering import Found

    Named: TypeAlias = "str | os.PathLike[str] | bytes"
    AnySource: TypeAlias = "Named | Sequence[Named] | Joint"

_PATIENT = NamedNode(hip.Patient)


class Part(NamedTuple):
    """A source that has been opened and parsed: triples, or the FHIR resources that were ``found``.

    ``lost`` are the keys of JSON-LD that say nothing.
    """

    name: str
    triples: tuple[Triple, ...] = ()
    found: Found | None = None
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Joint:
    """Sources that are read as one: they speak of the same patients, or whoever names them says so.

    ``at_once`` says that this is all that is read, and no share of an export, which may have any size.
    """

    parts: tuple[Part, ...]
    at_once: bool = True

    @property
    def name(self) -> str:
        """The names of the sources, as errors and records give them."""
        return " and ".join(dict.fromkeys(one.name for one in self.parts))

    @property
    def lost(self) -> tuple[str, ...]:
        """The keys of JSON-LD that say nothing, of all parts."""
        return tuple(dict.fromkeys(key for one in self.parts for key in one.lost))

    @property
    def resources(self) -> Found | None:
        """The resources of all parts that are FHIR, the last version of each; None if no part is FHIR.

        Raises `UnreadableInput` where parts say different things of one Patient, and names them.
        """
        found = [one.found for one in self.parts if one.found is not None]
        if len(found) < 2:  # noqa: PLR2004 - nothing to put together
            return next(iter(found), None)
        from hipkg.reading.fhir.gathering import united

        return united(found)

    def triples(self, functional: Collection[str]) -> list[Triple]:
        """Gather the triples of the parts that are RDF; blank nodes of one name in two parts are two.

        Parameters: ``functional`` are the properties of which a node has one value at most.

        Raises `UnreadableInput` where two parts give a node different values of such a property.
        """
        given = [one for one in self.parts if one.found is None]
        if len(given) == 1:
            return list(given[0].triples)
        _refuse_contradictions(given, functional)
        return list(dict.fromkeys(_apart(triple, number) for number, one in enumerate(given) for triple in one.triples))


def parsed(
    source: Named,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
    name: str = "",
) -> Part:
    """Open and parse a source, or a content of some name; see `hipkg.reading.sources.read`, also for errors."""
    given = opened(source, format=format, max_bytes=max_bytes, name=name)
    if given.rdf_format is not None:
        linked = given.rdf_format == RdfFormat.JSON_LD
        data = with_published_context(given.data) if linked else given.data
        triples = tuple(parse_rdf(data, given.rdf_format, given.name))
        return Part(given.name, triples, lost=keys_without_meaning(data) if linked else ())
    from hipkg.reading.fhir.source import resources_in, resources_of

    if given.folder is not None:
        return Part(given.name, found=resources_in(given.folder, MAX_FOLDER_BYTES if max_bytes is None else max_bytes))
    return Part(given.name, found=resources_of(given.data, given.name, lines=given.lines))


def together(
    sources: Iterable[Named],
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
) -> tuple[Joint, ...]:
    """Parse sources and put those together that speak of the same patients, in the order in which they are given.

    The parameters and errors are those of `hipkg.reading.sources.read`.
    """
    parts = [parsed(one, format=format, max_bytes=max_bytes) for one in sources]
    if len(parts) == 1:
        return (Joint((parts[0],)),)
    from hipkg.reading.fhir.identity import MOST_OWNERS

    names = list(map(_named, parts))
    owners: dict[str, set[str]] = {}
    for identifier, owner in (pair for one in names for pair in one.identifiers):
        owners.setdefault(identifier, set()).add(owner)
    shared = {node for one in names for node in one.patients or one.nodes}
    shared |= {one for one, of in owners.items() if len(of - {""}) <= MOST_OWNERS}
    groups: Groups[int] = Groups()
    naming: dict[str, list[int]] = {}
    for number, one in enumerate(names):
        for node in (one.nodes | dict(one.identifiers).keys()) & shared:
            naming.setdefault(node, []).append(number)
    for numbers in naming.values():
        groups.tie_all(numbers[0], numbers)
    found: dict[int, list[Part]] = {}
    for number, part in enumerate(parts):
        found.setdefault(groups.find(number), []).append(part)
    return tuple(Joint(tuple(one)) for one in found.values())


class _Names(NamedTuple):
    """What a source names: its own patients, all nodes that can be those of another source, and their identifiers.

    ``identifiers`` are those of patients, with whose they are, or with an empty text where others name them so.
    """

    patients: frozenset[str]
    nodes: frozenset[str]
    identifiers: frozenset[tuple[str, str]] = frozenset()


def _named(part: Part) -> _Names:
    if part.found is not None:
        from hipkg.reading.fhir.gathering import identified, patients_of
        from hipkg.reading.fhir.graph import patient_iri

        own, named = patients_of(part.found)
        theirs, others = (frozenset(map(patient_iri, keys)) for keys in (own, named))
        return _Names(theirs, others, frozenset(identified(part.found)))
    nodes: set[str] = set()
    patients: set[str] = set()
    for one in part.triples:
        typing = one.predicate.value == RDF_TYPE
        nodes |= {it.value for it in (one.subject, None if typing else one.object) if isinstance(it, NamedNode)}
        if typing and one.object == _PATIENT and isinstance(one.subject, NamedNode):
            patients.add(one.subject.value)
    return _Names(frozenset(patients), frozenset(one for one in nodes if not is_term(one)))


def _apart(triple: Triple, number: int) -> Triple:
    """Tell the blank nodes of a part from those of others."""
    subject, value = triple.subject, triple.object
    if isinstance(subject, BlankNode):
        subject = BlankNode(f"part{number}x{subject.value}")
    if isinstance(value, BlankNode):
        value = BlankNode(f"part{number}x{value.value}")
    return Triple(subject, triple.predicate, value)


def _refuse_contradictions(parts: Iterable[Part], functional: Collection[str]) -> None:
    """Refuse two values, in two parts, of what has one value at most."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for part in parts:
        for one in part.triples:
            if one.predicate.value not in functional or not isinstance(one.subject, NamedNode):
                continue
            key = (one.subject.value, one.predicate.value)
            value = one.object.value if isinstance(one.object, Literal) else str(one.object)
            before, name = first.setdefault(key, (value, part.name))
            if before != value and name != part.name:
                raise UnreadableInput(
                    f"{curie(key[0])} has one {curie(key[1])} in one and another in the other.",
                    place=f"{name} and {part.name}",
                    remedy="Correct one of them, or read the files one by one if they are about two patients.",
                )
