"""Find resources by the references that others make to them."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from hipkg.reading.fhir.elements import Malformed, codes_in, part, parts, references, text
from hipkg.reading.fhir.lenient import identifiers_of, text_in
from hipkg.reading.fhir.records import IN_ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

_TAIL = re.compile(r"([A-Z][A-Za-z]+)/([^/?#]+)(?:/_history/[^/]*)?$")
_VOID = {*IN_ERROR, "cancelled"}
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


class Target(NamedTuple):
    """What a reference leads to: a key and a resource; one that is contained has the key of its owner."""

    key: str
    raw: Raw


class Index:
    """The resources of a source by key, by full URL and by identifier."""

    def __init__(self, resources: Iterable[Resource], urls: dict[str, str]) -> None:
        self._by_key = {one.key: one for one in resources}
        self._urls = urls
        self._servers = _servers_of(urls)
        self._identifiers: dict[tuple[str, str, str], str] = {}
        self._identified = False
        self._found: dict[str, str] = {}

    def get(self, key: str) -> Resource | None:
        """Return the resource with a key."""
        return self._by_key.get(key)

    def key_of(self, reference: str, owner: Resource) -> str:
        """Find the key that a literal reference of a resource leads to; empty if it leads nowhere in the source.

        A relative one means a resource on the server of its owner.
        """
        key = self._found.get(reference)
        if key is None:
            key = self._found[reference] = self._anywhere(reference)
        if not self._servers:
            return key
        servers = self._servers.get(owner.key)
        if not servers or _parted(reference) != ("", key):
            return key
        return key if any(self._may_be_on(one, key) for one in servers) else ""

    def _anywhere(self, reference: str) -> str:
        """Find the key that a literal reference leads to, whatever resource it stands in."""
        if not reference or reference.startswith("#"):
            return ""
        found = self._urls.get(reference)
        if found:
            return found
        kind, question, query = reference.partition("?")
        if question:
            return self._conditional(kind.rsplit("/", 1)[-1], query)
        server, key = _parted(reference)
        return key if key in self._by_key and self._may_be_on(server, key) else ""

    def _may_be_on(self, server: str, key: str) -> bool:
        """Tell whether a server, empty for one that is not named, may be that of a resource; its full URL tells."""
        known = self._servers.get(key, set())
        return not (server and known) or server in known

    def target(self, reference: str, owner: Resource) -> Target | None:
        """Find what a reference of a resource leads to, also inside that resource."""
        if reference.startswith("#"):
            for one in parts(owner.raw, "contained"):
                if text(one, "id") == reference[1:]:
                    return Target(owner.key, one)
            return None
        found = self._by_key.get(self.key_of(reference, owner))
        return Target(found.key, found.raw) if found else None

    def referred(self, owner: Resource, name: str) -> Target | None:
        """Find what the reference in an element of a resource leads to."""
        return self.target(text(part(owner.raw, name), "reference"), owner)

    def subject(self, owned: Resource) -> str:
        """Find the key of what a resource is about, by reference or by identifier; empty if it is not in the source."""
        for name in ("subject", "patient"):
            if name not in owned.raw:
                continue
            for one in parts(owned.raw, name):
                if found := self.key_of(text(one, "reference"), owned):
                    return found
                identifier = one.get("identifier")
                if isinstance(identifier, dict) and (found := self._named_by(identifier)):
                    return found
        return ""

    def _named_by(self, identifier: Raw) -> str:
        return self._identified_as("Patient", text(identifier, "system"), text(identifier, "value"))

    @cached_property
    def devices_in_use(self) -> frozenset[str]:
        """The keys of the devices of whose use there is a record."""
        return frozenset(self._targets_of("DeviceUseStatement", "device"))

    @cached_property
    def drug_codes(self) -> frozenset[str]:
        """The codes of the drugs of which there is a record, whatever their code systems."""
        found: set[str] = set()
        for one in self._by_key.values():
            name = "code" if one.type == "Medication" else "medicationCodeableConcept"
            if one.type.startswith("Medication") and name in one.raw:
                with suppress(Malformed):
                    found |= codes_in(part(one.raw, name))
        return frozenset(found)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The keys of what Observations are derived from."""
        return frozenset(self._targets_of("Observation", "derivedFrom"))

    def _targets_of(self, kind: str, name: str) -> Iterator[str]:
        """List the keys to which an element of the resources of a type leads, but for those that are void."""
        for one in self._by_key.values():
            if one.type == kind and name in one.raw and text_in(one.raw, "status") not in _VOID:
                with suppress(Malformed):
                    yield from {self.key_of(each, one) for each in references(one.raw, name)} - {one.key}

    def _conditional(self, kind: str, query: str) -> str:
        wanted = [value for name, value in parse_qsl(query) if name == "identifier"]
        if len(wanted) != 1:
            return ""
        system, bar, value = wanted[0].partition("|")
        return self._identified_as(kind, system if bar else "", value if bar else system)

    def _identified_as(self, kind: str, system: str, value: str) -> str:
        """Find the one resource with an identifier; empty also where several have it."""
        if not self._identified:
            self._read_identifiers()
        return self._identifiers.get((kind, system, value), "") if value else ""

    def _read_identifiers(self) -> None:
        self._identified = True
        for one in self._by_key.values():
            for system, value in {*identifiers_of(one.raw)}:
                for name in {(one.type, system, value), (one.type, "", value)}:
                    self._identifiers[name] = "" if name in self._identifiers else one.key


def _servers_of(urls: dict[str, str]) -> dict[str, set[str]]:
    """List the servers that the full URLs of resources name, by key."""
    found: dict[str, set[str]] = {}
    for url, key in urls.items():
        server, named = ("", "") if url.startswith("urn:") else _parted(url)
        if server and named == key:
            found.setdefault(key, set()).add(server)
    return found


def _parted(reference: str) -> tuple[str, str]:
    """Part a reference into the server that it names, if it is absolute, and a key; both empty where it has no key.

    A server is the same by http and by https.
    """
    tail = _TAIL.search(reference)
    if not tail:
        return "", ""
    scheme = _SCHEME.match(reference)
    server = reference[scheme.end() : tail.start()].rstrip("/").lower() if scheme else ""
    return server, f"{tail[1]}/{tail[2]}"
