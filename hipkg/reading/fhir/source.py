"""Find the resources of a source: a Bundle with Bundles in it, lines of NDJSON, a folder of files, or one resource."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.errors import UnreadableInput
from hipkg.reading.fhir.elements import Malformed, parts, text
from hipkg.reading.fhir.records import Resource, ResourceUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Outcome

EXTENSIONS = (".json", ".ndjson", ".jsonl", ".ndjson.gz")
_DEEPEST = 20
_DATED = ("authoredOn", "issued", "identifiedDateTime", "dateAsserted")
"""The elements, one for each type that has any, that date what a version says."""
_BESIDE = {"meta", "text"}
"""The elements that are never read."""
_SHORT = 80
_MOST_FILES = 100_000
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class Found(NamedTuple):
    """The resources of a source with the URLs that name them, and what could not be taken for a resource."""

    resources: tuple[Resource, ...]
    urls: dict[str, str]
    troubles: tuple[ResourceUse, ...]


class _Entry(NamedTuple):
    """A resource as it stands in a source, or with ``trouble`` what stands there instead of one.

    ``url`` is its full URL; ``gone`` that of a resource which an entry says was deleted.
    """

    raw: object
    url: str
    place: str
    trouble: tuple[Outcome, str] | None = None
    gone: str = ""


def resources_of(data: bytes, name: str, *, lines: bool) -> Found:
    """Find the resources in a text.

    Parameters: ``lines`` says that the text is NDJSON.

    Raises `UnreadableInput` with line and column if it is not JSON.
    """
    return _collected(_entries(data, name, lines=lines))


def resources_in(folder: Path, max_bytes: int) -> Found:
    """Find the resources in the files of a folder and the folders in it.

    The errors are those of `resources_of`, and one for the size of it all.
    """
    left = max_bytes
    found: list[_Entry] = []
    broken: list[UnreadableInput] = []
    for name, trouble in _names_in(folder):
        place = os.fsencode(name).decode(errors="replace")
        if trouble:
            found.append(_Entry(None, "", place, trouble))
            continue
        try:
            data = _content(folder / name, place, left)
            left -= len(data)
            if left >= 0:
                found += map(_in_folder, _entries(data, place, lines=not name.lower().endswith(".json")))
        except UnreadableInput as problem:
            broken.append(problem)
        if left < 0:
            raise _too_large(folder, max_bytes)
    if all(one.trouble for one in found):
        raise next(iter(broken), _nothing_in(folder, found))
    return _collected([*found, *(_Entry(None, "", one.place, ("malformed", one.message)) for one in broken)])


def _names_in(folder: Path) -> list[tuple[str, tuple[Outcome, str] | None]]:
    """List what is in a folder and the folders in it, sorted, with the reason where that is not read.

    No link is followed: it may lead out of the folder, or in circles.
    """
    found: list[tuple[str, tuple[Outcome, str] | None]] = []
    agenda = [""]
    while agenda:
        inner = agenda.pop()
        try:
            inside = [(f"{inner}{one.name}", one) for one in os.scandir(folder / inner)]
        except OSError as error:
            found.append((inner or "./", ("set aside", f"the folder cannot be read: {error.strerror}")))
            continue
        agenda += [f"{name}/" for name, one in inside if one.is_dir(follow_symlinks=False)]
        found += [(name, _why_not_read(one)) for name, one in inside if not one.is_dir(follow_symlinks=False)]
        if len(found) > _MOST_FILES:
            raise UnreadableInput(
                f"The folder holds more than {_MOST_FILES} files.",
                place=str(folder),
                remedy="Name the folder of the export itself.",
            )
    return sorted(found, key=lambda one: one[0].split("/"))


def _why_not_read(one: os.DirEntry[str]) -> tuple[Outcome, str] | None:
    if one.is_symlink():
        return "set aside", "it is a link, and links are not followed"
    readable = one.is_file(follow_symlinks=False) and one.name.lower().endswith(EXTENSIONS)
    return None if readable else ("ignored", "it is no file of resources")


def _too_large(folder: Path, max_bytes: int) -> UnreadableInput:
    return UnreadableInput(
        f"The folder holds more than {max_bytes / 2**20:g} MB.",
        place=str(folder),
        remedy="Split it into folders of fewer patients, or allow a larger max_bytes from Python.",
    )


def _nothing_in(folder: Path, found: Iterable[_Entry]) -> UnreadableInput:
    reasons = [f" Of {one.place}: {one.trouble[1]}." for one in found if one.trouble and one.trouble[0] == "set aside"]
    return UnreadableInput(
        f"The folder holds no FHIR resources.{''.join(reasons[:1])}",
        place=str(folder),
        remedy="Name a file, or the folder of an export.",
    )


def _in_folder(entry: _Entry) -> _Entry:
    """Take JSON in a folder that is not meant to be a resource, such as the manifest of an export, for what it is."""
    if isinstance(entry.raw, dict) and "resourceType" not in entry.raw:
        return entry._replace(trouble=("ignored", "it is no resource"))
    return entry


def _content(path: Path, name: str, most: int) -> bytes:
    """Read a file, compressed or plain, up to one byte more than is allowed."""
    import gzip
    import zlib

    compressed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path) if compressed else path.open("rb") as file:
            return file.read(most + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnreadableInput("The file is not compressed as its name says.", place=name) from None
    except OSError as error:
        raise UnreadableInput(
            f"The file cannot be read: {error.strerror}.", place=name, remedy="Allow reading it, or take it out."
        ) from None


def _entries(data: bytes, name: str, *, lines: bool) -> list[_Entry]:
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableInput(
            "The text is not valid UTF-8.", place=f"{name}:{line}", remedy="Save it as UTF-8."
        ) from None
    found = _parsed(content, name, lines=lines)
    return list(map(_whole, found)) if _HALF.search(content) else found


def _whole(entry: _Entry) -> _Entry:
    """Refuse a resource with half a character, which no text can be written with."""
    try:
        f"{json.dumps(entry.raw, ensure_ascii=False)}{entry.url}".encode()
    except UnicodeEncodeError:
        return _Entry(None, "", entry.place, ("malformed", "it holds half a character (a lone surrogate)"))
    return entry


def _parsed(content: str, name: str, *, lines: bool) -> list[_Entry]:
    if lines:
        return _lines(content, name)
    try:
        return list(_unfolded(_loader()(content), "", name))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            return _lines(content, name)
        raise _not_json(error, f"{name}:{error.lineno}:{error.colno}") from None
    except UnreadableInput:  # a ValueError itself, which says what is wrong
        raise
    except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
        raise _too_deep(name) from None


def _loader() -> Callable[[str], Any]:
    """Make a reader of JSON that keeps one copy of each short text, for records repeat names and codes at length."""
    known: dict[str, str] = {}

    def kept(value: object) -> object:
        return known.setdefault(value, value) if isinstance(value, str) and len(value) < _SHORT else value

    def read(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return {known.setdefault(name, name): kept(value) for name, value in pairs}

    return partial(json.loads, object_pairs_hook=read)


def _lines(content: str, name: str) -> list[_Entry]:
    """Take each line for a resource; one that is no JSON is set aside if another is."""
    found: list[_Entry] = []
    broken: list[tuple[int, json.JSONDecodeError]] = []
    load = _loader()
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                found += _unfolded(load(line), "", f"{name}:{number}")
            except json.JSONDecodeError as problem:
                broken.append((number, problem))
            except UnreadableInput:
                raise
            except (RecursionError, ValueError):
                raise _too_deep(f"{name}:{number}") from None
    if broken and not found:
        number, first = broken[0]
        raise _not_json(first, f"{name}:{number}:{first.colno}")
    return [*found, *(_Entry(None, "", f"{name}:{number}:{one.colno}") for number, one in broken)]


def _unfolded(content: object, url: str, place: str, depth: int = 0) -> Iterator[_Entry]:
    """Unfold Bundles, also nested ones, into their resources."""
    if isinstance(content, list):
        for number, one in enumerate(content):
            yield from _unfolded(one, "", f"{place}[{number}]", depth)
        return
    if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        yield _Entry(content, url, place)
        return
    if depth > _DEEPEST:
        raise _too_deep(place)
    try:
        entries = parts(content, "entry")
    except Malformed:
        raise UnreadableInput(
            "The entries of the Bundle are no list of objects.", place=place, remedy="Write it again with its tool."
        ) from None
    yield from _missing_pages(content, place)
    for number, entry in enumerate(entries):
        resource, full_url = entry.get("resource"), entry.get("fullUrl")
        where, url = f"{place} entry[{number}]", full_url if isinstance(full_url, str) else ""
        status = _said(entry, "response", "status")
        if status[:1] in {"4", "5"}:
            yield _Entry(None, url, where, ("set aside", f"the server answered {status[:40]} instead"))
        elif _said(entry, "request", "method") == "DELETE":
            yield _Entry(None, url, where, ("ignored", "it was deleted"), url or _said(entry, "request", "url"))
        elif resource is not None:
            yield from _unfolded(resource, url, where, depth + 1)


def _said(entry: Raw, name: str, inner: str) -> str:
    part = entry.get(name)
    return _text(part, inner) if isinstance(part, dict) else ""


def _text(raw: Raw, name: str) -> str:
    said = raw.get(name)
    return said if isinstance(said, str) else ""


def _missing_pages(bundle: Raw, place: str) -> Iterator[_Entry]:
    """Tell of a Bundle that is one page of several; it may lack what speaks against a plan."""
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            yield _Entry(None, "", place, ("set aside", "it is one page of several, and the next may not be here"))


def _collected(entries: Iterable[_Entry]) -> Found:
    """Name each resource and keep one of each name: the last version, whatever the order.

    Raises `UnreadableInput` where one name stands for different resources, which no reference could tell apart.
    """
    gathered = _Gathered()
    for entry in entries:
        gathered.add(entry)
    gathered.delete()
    kept = gathered.last_versions()
    return Found(tuple(sorted(kept, key=lambda one: one.key)), gathered.urls, tuple(sorted(gathered.troubles)))


def together(parts: Iterable[Found]) -> Found:
    """Put the resources of several sources together, and keep one of each name as within one source.

    Raises `UnreadableInput` where one name stands for different resources, and names the sources.
    """
    gathered = _Gathered()
    for part in parts:
        bases = {key: base for url, key in part.urls.items() if (base := _base(url))}
        for one in part.resources:
            gathered.versions.setdefault(one.key, []).append(_Named(one, bases.get(one.key, "")))
        gathered.urls |= part.urls
        gathered.troubles += part.troubles
    kept = gathered.last_versions()
    return Found(tuple(sorted(kept, key=lambda one: one.key)), gathered.urls, tuple(sorted(gathered.troubles)))


def patients_of(found: Found) -> tuple[set[str], set[str]]:
    """List the keys of the Patients of a source, and with them those of all whom its resources are about."""
    patients = {one.key for one in found.resources if one.type == "Patient"}
    about = {reference for one in found.resources if (reference := _subject_of(one.raw))}
    return patients, {*patients, *(found.urls.get(one) or f"Patient/{_last_part(one)}" for one in about)}


@dataclass
class _Gathered:
    """The versions of each resource by its key, the URLs of them all, and what could not be taken for a resource."""

    versions: dict[str, list[_Named]] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    troubles: list[ResourceUse] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def add(self, entry: _Entry) -> None:
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
        self.versions.setdefault(one.key, []).append(_Named(one, _base(entry.url)))
        self._name(one.key, entry.url)

    def _name(self, key: str, url: str) -> None:
        bare = url.removeprefix("urn:uuid:")
        self.urls |= dict.fromkeys((url, f"urn:uuid:{bare}"), key) if url else {}
        self.urls.setdefault(f"urn:uuid:{key.partition('/')[2]}", key)

    def delete(self) -> None:
        """Leave out the resources of which an entry says that they were deleted."""
        deleted = {self.urls.get(one) or "/".join(one.rsplit("/", 2)[-2:]) for one in self.gone}
        for key in deleted & self.versions.keys():
            self.troubles.append(ResourceUse(key, "ignored", "it was deleted"))
            del self.versions[key]

    def last_versions(self) -> list[Resource]:
        """Keep the last version of each resource, and tell of the others."""
        kept = []
        for key, written in self.versions.items():
            last, others = _last(written)
            kept += [last] if last else []
            why = "a later version of the same resource counts" if last else "its versions differ, and none is the last"
            self.troubles += [ResourceUse(key, "ignored" if last else "set aside", why)] * others
        return kept


class _Named(NamedTuple):
    """A resource with the server that its full URL names, if it names one."""

    resource: Resource
    base: str


def _base(url: str) -> str:
    return url.rsplit("/", 2)[0] if url.startswith(("http://", "https://")) else ""


def _last(written: list[_Named]) -> tuple[Resource | None, int]:
    """Pick the last of the versions of a resource, and count the others that differ from it.

    Nothing is picked where the last ones say different things and nothing tells which is later.
    """
    if len(written) == 1:
        return written[0].resource, 0
    contents = {_canonical(one.resource.raw): one.resource for one in written}
    if len(contents) == 1:
        return written[0].resource, 0
    _refuse_strangers(written)
    stamps = {content: _stamp(one.raw) for content, one in contents.items()}
    latest = max(stamps.values())
    last = [content for content, stamp in stamps.items() if stamp == latest]
    if len({_canonical(_read_of(contents[one].raw)) for one in last}) == 1:
        return contents[min(last)], len(contents) - 1
    if written[0].resource.type == "Patient":
        raise _ambiguous(written, "says different things of one patient")
    return None, 1


def _refuse_strangers(written: list[_Named]) -> None:
    """Refuse resources of one name that are of different servers or patients."""
    owners = {_owner(one.resource.raw) for one in written}
    if len({one.base for one in written if one.base}) > 1 or len(owners) > 1:
        raise _ambiguous(written, "names different resources")


def _owner(raw: Raw) -> str:
    return _last_part(_subject_of(raw))


def _subject_of(raw: Raw) -> str:
    """Give the reference to whom a resource is about, as it stands there."""
    return next(filter(None, (_said(raw, name, "reference") for name in ("subject", "patient"))), "")


def _last_part(reference: str) -> str:
    return reference.partition("/_history/")[0].rsplit("/", 1)[-1].removeprefix("urn:uuid:")


def _ambiguous(written: list[_Named], what: str) -> UnreadableInput:
    return UnreadableInput(
        f"{written[0].resource.key} {what}.",
        place=" and ".join(dict.fromkeys(one.resource.place for one in written)),
        remedy="Ids are unique on one server only: read the sources one by one.",
    )


def _resource(entry: _Entry) -> Resource:
    if not isinstance(entry.raw, dict):
        raise Malformed("resource", "an object" if entry.raw is not None else "JSON")
    kind = text(entry.raw, "resourceType")
    if not kind.isalpha():
        raise Malformed("resourceType", "the name of a type")
    return Resource(f"{kind}/{_identity(entry.raw, entry.url, kind)}", kind, entry.raw, entry.place)


def _identity(raw: Raw, url: str, kind: str) -> str:
    """Take the id of a resource, or what its URL says, or else a digest of what it says."""
    from_url = url.removeprefix("urn:uuid:").removeprefix("urn:oid:").rsplit("/", 1)[-1]
    return text(raw, "id") or from_url or f"{kind.lower()}-{_digest(_canonical(raw))}"


def _stamp(raw: Raw) -> tuple[float, str, float]:
    """Say when a version was made: the moment, the number of the version, and the date of what it says.

    Of the moment and the date, one that is not told is taken to be the other.
    """
    version = _said(raw, "meta", "versionId")
    updated = _moment(_said(raw, "meta", "lastUpdated"))
    written = max(_moment(_text(raw, name)) for name in _DATED)
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


def _not_json(error: json.JSONDecodeError, place: str) -> UnreadableInput:
    return UnreadableInput(
        f"The input is not valid JSON: {error.msg}.", place=place, remedy="Mend the file there, or export it again."
    )


def _too_deep(place: str) -> UnreadableInput:
    return UnreadableInput(
        "The input is nested too deep, or has a number of too many digits.",
        place=place,
        remedy="Export the resources one by one.",
    )
