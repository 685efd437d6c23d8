"""Tell who is who among the Patients of a source: `Patient.link` says which records are about one person.

A record that another one replaces goes into that one, with all that is recorded of it
(https://hl7.org/fhir/R4/patient.html#links); records that only refer to each other stay apart, and are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.reading.fhir.elements import Malformed, parts, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.reading.fhir.index import Index
    from hipkg.reading.fhir.records import Resource


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
    for key, one in given.items():
        last, doubt = _last(key, replacing)
        kept.setdefault(last, []).append(one)
        doubts[key] += [doubt] if doubt else []
        if last == key and one.raw.get("active") is False:
            doubts[key].append("it is a record that is not in use any more")
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


def _last(key: str, replacing: Mapping[str, set[str]]) -> tuple[str, str]:
    """Follow what replaced a Patient to the end; or stay there, and tell why that cannot be followed."""
    passed = [key]
    while following := replacing.get(passed[-1]):
        if len(following) > 1:
            return key, f"{passed[-1]} was replaced by several: {', '.join(sorted(following))}"
        (one,) = following
        if one in passed:
            return key, "it is replaced by records that replace each other"
        passed.append(one)
    return passed[-1], ""
