"""Gather the resources of a source by their names, and keep the last version of each, whatever the order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.errors import UnreadableInput
from hipkg.reading.account import ResourceUse, few
from hipkg.reading.fhir.elements import Malformed, text
from hipkg.reading.fhir.lenient import identifiers_of, objects, text_in
from hipkg.reading.fhir.records import Resource
from hipkg.reading.fhir.versions import as_r4

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.unfolding import Entry

_DATED = ("authoredOn", "issued", "identifiedDateTime", "dateAsserted")
"""The elements, one for each type that has any, that date what a version says."""
_BESIDE = {"meta", "text"}
"""The elements that are never read."""


class Found(NamedTuple):
    """The resources of a source with the URLs that name them, and what could not be taken for a resource.

    ``several`` tells that these are only a part of a source that has more patients.
    """

    resources: tuple[Resource, ...]
    urls: dict[str, str]
    troubles: tuple[ResourceUse, ...]
    several: bool = False


def collected(entries: Iterable[Entry]) -> Found:
    """Name each resource and keep one of each name: the last version, whatever the order.

    Raises `UnreadableInput` where one name stands for different resources, which no reference could tell apart.
    """
    gathered = _Gathered()
    for entry in entries:
        gathered.add(entry)
    gathered.name_by_ids()
    gathered.delete()
    return gathered.found()


def united(parts: Iterable[Found]) -> Found:
    """Put the resources of several sources together, and keep one of each name as within one source.

    Raises `UnreadableInput` where one name stands for different resources, and names the sources.
    """
    gathered = _Gathered(united=True)
    for part in parts:
        bases = {key: base for url, key in part.urls.items() if (base := _base(url))}
        for one in part.resources:
            gathered.keep(one._replace(base=bases.get(one.key, "")))
        gathered.urls |= part.urls
        gathered.troubles += part.troubles
    return gathered.found()


def patients_of(found: Found) -> tuple[set[str], set[str]]:
    """List the keys of the Patients of a source, and with them those of all whom its resources are about or replace."""
    patients = [one for one in found.resources if one.type == "Patient"]
    about = {reference for one in found.resources if (reference := _subject_of(one.raw))}
    about |= {reference for one in patients for reference in _replacing(one.raw)}
    own = {one.key for one in patients}
    return own, {*own, *(found.urls.get(one) or f"Patient/{last_part(one)}" for one in about)}


def _replacing(raw: Raw) -> Iterator[str]:
    """List the references of a Patient to those that it replaces or is replaced by."""
    for link in objects(raw.get("link")):
        if link.get("type") in {"replaced-by", "replaces"} and (reference := text_in(link, "other", "reference")):
            yield reference


def identified(found: Found) -> Iterator[tuple[str, str]]:
    """Pair the identifiers of Patients with their keys, and those by which resources name theirs with an empty text.

    Only identifiers of a system count.
    """
    for one in found.resources:
        own = one.type == "Patient"
        named = (about for name in ("subject", "patient") for about in objects(one.raw.get(name)))
        for holder in [one.raw] if own else named:
            for system, value in identifiers_of(holder):
                if system:
                    yield f"{system} {value}", one.key if own else ""


@dataclass
class _Gathered:
    """Each resource by its key, with its further versions, the URLs of them all, and what is taken for no resource.

    ``united`` tells that they are of several sources.
    """

    first: dict[str, Resource] = field(default_factory=dict)
    further: dict[str, list[Resource]] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    troubles: list[ResourceUse] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    united: bool = False

    def add(self, entry: Entry) -> None:
        """Take an entry for a resource, or note what it is instead."""
        if entry.trouble:
            self.troubles.append(ResourceUse(entry.place, *entry.trouble))
            self.gone += [entry.gone] if entry.gone else []
            return
        try:
            one = _resource(entry)
        except Malformed as problem:
            self.troubles.append(ResourceUse(entry.place, "malformed", str(problem)))
            return
        self.keep(one)
        if entry.url:
            bare = entry.url.removeprefix("urn:uuid:")
            self.urls |= dict.fromkeys((entry.url, f"urn:uuid:{bare}"), one.key)

    def keep(self, one: Resource) -> None:
        """Keep a resource, beside others of the same name."""
        if self.first.setdefault(one.key, one) is not one:
            self.further.setdefault(one.key, []).append(one)

    def name_by_ids(self) -> None:
        """Name each resource by its id, but for the URLs that name another."""
        self.urls = {f"urn:uuid:{key.partition('/')[2]}": key for key in reversed(self.first)} | self.urls

    def delete(self) -> None:
        """Leave out the resources of which an entry says that they were deleted."""
        deleted = {self.urls.get(one) or "/".join(one.rsplit("/", 2)[-2:]) for one in self.gone}
        for key in deleted & self.first.keys():
            self.troubles.append(ResourceUse(key, "ignored", "it was deleted"))
            del self.first[key]
            self.further.pop(key, None)

    def found(self) -> Found:
        """Put together the last version of each resource, and what could not be taken for one."""
        kept = self.first | self._last_versions()
        resources = tuple(one for key in sorted(kept) if (one := kept[key]))
        return Found(resources, self.urls, tuple(sorted(self.troubles)))

    def _last_versions(self) -> dict[str, Resource | None]:
        """Find the last version of each resource that has several, None if that is not clear; tell of the others."""
        kept = {}
        for key, others in self.further.items():
            last, differing = _last([self.first[key], *others])
            kept[key] = last
            why = "a later version of the same resource counts"
            if last is None:
                places = few(list(dict.fromkeys(one.place for one in (self.first[key], *others))), between=" and ")
                why = f"its versions{f' in {places}' if self.united else ''} differ, and none is the last"
            self.troubles += [ResourceUse(key, "ignored" if last else "set aside", why)] * differing
        return kept


def _base(url: str) -> str:
    return url.rsplit("/", 2)[0] if url.startswith(("http://", "https://")) else ""


def _last(written: list[Resource]) -> tuple[Resource | None, int]:
    """Pick the last of the versions of a resource, and count the others that differ from it.

    Nothing is picked where the last ones say different things and nothing tells which is later.
    """
    contents = {_canonical(one.raw): one for one in written}
    if len(contents) == 1:
        return written[0], 0
    _refuse_strangers(written)
    stamps = {content: _stamp(one.raw) for content, one in contents.items()}
    latest = max(stamps.values())
    last = [content for content, stamp in stamps.items() if stamp == latest]
    if len({_canonical(_read_of(contents[one].raw)) for one in last}) == 1:
        return contents[min(last)], len(contents) - 1
    if written[0].type == "Patient":
        raise _ambiguous(written, "says different things of one patient")
    return None, 1


def _refuse_strangers(written: list[Resource]) -> None:
    """Refuse resources of one name that are of different servers or patients."""
    owners = {_owner(one.raw) for one in written}
    if len({one.base for one in written if one.base}) > 1 or len(owners) > 1:
        raise _ambiguous(written, "names different resources")


def _owner(raw: Raw) -> str:
    return last_part(_subject_of(raw))


def _subject_of(raw: Raw) -> str:
    """Give the reference to whom a resource is about, as it stands there."""
    return next(filter(None, (text_in(raw, name, "reference") for name in ("subject", "patient"))), "")


def last_part(reference: str) -> str:
    """Take the last part of a reference or a URL, which is an id, whatever the server and the version."""
    return reference.partition("/_history/")[0].rsplit("/", 1)[-1].removeprefix("urn:uuid:")


def _ambiguous(written: list[Resource], what: str) -> UnreadableInput:
    return UnreadableInput(
        f"{written[0].key} {what}.",
        place=" and ".join(dict.fromkeys(one.place for one in written)),
        remedy="Ids are unique on one server only: read the sources one by one.",
    )


def _resource(entry: Entry) -> Resource:
    if not isinstance(entry.raw, dict):
        raise Malformed("resource", "an object" if entry.raw is not None else "JSON")
    kind = text(entry.raw, "resourceType")
    if not kind.isalpha():
        raise Malformed("resourceType", "the name of a type")
    key = f"{kind}/{_identity(entry.raw, entry.url, kind)}"
    made = as_r4(kind, entry.raw)
    return Resource(key, made.type, made.raw, entry.place, made.told, _base(entry.url))


def _identity(raw: Raw, url: str, kind: str) -> str:
    """Take the id of a resource, or what its URL says, or else a digest of what it says."""
    if name := text(raw, "id"):
        return name
    from_url = url.removeprefix("urn:uuid:").removeprefix("urn:oid:").rsplit("/", 1)[-1]
    return from_url or f"{kind.lower()}-{_digest(_canonical(raw))}"


def _stamp(raw: Raw) -> tuple[float, str, float]:
    """Say when a version was made: the moment, the number of the version, and the date of what it says.

    Of the moment and the date, one that is not told is taken to be the other.
    """
    version = text_in(raw, "meta", "versionId")
    updated = _moment(text_in(raw, "meta", "lastUpdated"))
    written = max(_moment(text_in(raw, name)) for name in _DATED)
    return updated or written, version.zfill(12) if version else "", written or updated


def _read_of(raw: Raw) -> Raw:
    return {name: value for name, value in raw.items() if name not in _BESIDE}


def _moment(instant: str) -> float:
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _canonical(raw: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(raw, sort_keys=True, separators=(",", ":"))


def _digest(content: str) -> str:
    from hashlib import blake2b

    return blake2b(content.encode(), digest_size=6).hexdigest()
