"""Tell who is who among the Patients of a source: `Patient.link` says which records are about one person.

A record that another one replaces goes into that one, with all that is recorded of it
(https://hl7.org/fhir/R4/patient.html#links); records that only refer to each other, or that have an identifier in
common, stay apart, and are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.reading.fhir.elements import Malformed, parts, text
from hipkg.reading.fhir.lenient import identifiers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.reading.fhir.index import Index
    from hipkg.reading.fhir.records import Resource


MOST_OWNERS = 4
"""The most records with one identifier that may be about one person; what more have stands for none."""


class Identity(NamedTuple):
    """One person: the Patient that counts, those that it replaces, and what is doubtful about who it is."""

    patient: Resource
    replaced: tuple[Resource, ...]
    doubts: tuple[str, ...]


def identities_of(patients: Iterable[Resource], index: Index) -> tuple[Identity, ...]:
    """Follow the links between Patients; one that nothing, or more than one, stands for stays by itself."""
    given = {one.key: one for one in patients}
    doubts: dict[str, list[str]] = {key: [] for key in given}
    replacing: dict[str, set[str]] = {}
    for one in given.values():
        try:
            for link in _links(one, index):
                if link.replaced in given and link.by in given:
                    replacing.setdefault(link.replaced, set()).add(link.by)
                elif link.told:
                    doubts[one.key].append(link.told)
        except Malformed as problem:
            doubts[one.key].append(str(problem))
    kept: dict[str, list[Resource]] = {}
    ends: dict[str, tuple[str, str]] = {}
    for key, one in given.items():
        last, doubt = _last(key, replacing, ends)
        kept.setdefault(last, []).append(one)
        doubts[key] += [doubt] if doubt else []
        if last == key and one.raw.get("active") is False:
            doubts[key].append("it is a record that is not in use any more")
    for key, told in _sharing(kept):
        doubts[key].append(told)
    return tuple(
        Identity(given[key], tuple(one for one in some if one.key != key), tuple(dict.fromkeys(doubts[key])))
        for key, some in sorted(kept.items())
    )


class _Link(NamedTuple):
    """One Patient that is ``replaced`` by another, or what is ``told`` of a link that cannot be followed."""

    replaced: str
    by: str
    told: str


def _links(one: Resource, index: Index) -> Iterator[_Link]:
    for link in parts(one.raw, "link"):
        for other in parts(link, "other"):
            reference = text(other, "reference")
            key, name = index.key_of(reference, one), reference or "another record"
            match text(link, "type"):
                case "replaced-by":
                    yield _Link(one.key, key, f"it was replaced by {name}, which is not in the source")
                case "replaces":
                    yield _Link(key, one.key, "")
                case _:
                    yield _Link("", "", f"{name} is about the same person, and is not read with it")


def _sharing(kept: Mapping[str, Iterable[Resource]]) -> Iterator[tuple[str, str]]:
    """Tell of persons whose records have an identifier in common, which should be that of one person."""
    owners: dict[tuple[str, str], set[str]] = {}
    for key, some in kept.items():
        for one in some:
            for system, value in identifiers_of(one.raw):
                if system:
                    owners.setdefault((system, value), set()).add(key)
    for (system, value), keys in sorted(owners.items()):
        for key in sorted(keys) if 1 < len(keys) <= MOST_OWNERS else ():
            others = ", ".join(sorted(keys - {key}))
            yield key, f"{others} has the same identifier ({system} {value}), and is not read with it"


def _last(key: str, replacing: Mapping[str, set[str]], ends: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Follow what replaced a Patient to the end; or stay there, and tell why that cannot be followed.

    Parameters: ``ends`` are those found so far, for every Patient on the way, with why one cannot be followed.
    """
    passed = {key: None}
    last = key
    while last not in ends:
        following = replacing.get(last, set())
        if len(following) > 1:
            ends[last] = "", f"{last} was replaced by several: {', '.join(sorted(following))}"
        elif not following:
            ends[last] = last, ""
        elif following & passed.keys():
            ends[last] = "", "it is replaced by records that replace each other"
        else:
            (last,) = following
            passed[last] = None
    ends.update(dict.fromkeys(passed, ends[last]))
    end, doubt = ends[key]
    return end or key, doubt
