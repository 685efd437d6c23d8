"""Find the resources of a source: lines of NDJSON, a folder of files, one resource, or what holds others.

Bundles, Parameters and requests of CDS Hooks hold others, also within each other.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hipkg.base.errors import UnreadableInput
from hipkg.reading.fhir.context import part_of
from hipkg.reading.fhir.elements import Malformed, parts, text
from hipkg.reading.fhir.records import Resource, ResourceUse
from hipkg.reading.fhir.versions import as_r4
from hipkg.reading.fhir.xml_form import from_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Outcome

_PLAIN = (".json", ".ndjson", ".jsonl", ".xml")
EXTENSIONS = (*_PLAIN, *(f"{one}.gz" for one in _PLAIN))
_TWICE = "\0twice"
"""The name under which an object holds the names that it was given twice; no name in JSON that is read is such."""
_DEEPEST = 20
_DATED = ("authoredOn", "issued", "identifiedDateTime", "dateAsserted")
"""The elements, one for each type that has any, that date what a version says."""
_BESIDE = {"meta", "text"}
"""The elements that are never read."""
_SHORT = 80
_MOST_FILES = 100_000
_SMALL = 2**26
_GRAVE = {"fatal", "error"}
_LACKING = {
    "exception", "forbidden", "incomplete", "not-found", "security", "suppressed", "throttled", "timeout", "too-costly",
    "transient",
}  # fmt: skip
"""The codes of what a warning must be about to tell that something is missing."""
_TOLD = 120
_IN_PART = re.compile(r"[?&]_(?:elements=|summary=(?!false))")
_HOLDING = {None, "Bundle", "OperationOutcome", "Parameters"}
"""The types of what is no resource to be read by itself, and none where it may be a request."""
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 17
"""Of what an integer consists that 64 bits may not hold, if each digit is written 0."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class Found(NamedTuple):
    """The resources of a source with the URLs that name them, and what could not be taken for a resource.

    ``several`` tells that these are only a part of a source that has more patients.
    """

    resources: tuple[Resource, ...]
    urls: dict[str, str]
    troubles: tuple[ResourceUse, ...]
    several: bool = False


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
    for name, trouble in names_in(folder):
        place = os.fsencode(name).decode(errors="replace")
        if trouble:
            found.append(_Entry(None, "", place, trouble))
            continue
        try:
            data = _content(folder / name, place, left)
            left -= len(data)
            if left >= 0:
                lines = not name.lower().removesuffix(".gz").endswith((".json", ".xml"))
                found += map(_in_folder, _entries(data, place, lines=lines))
        except UnreadableInput as problem:
            broken.append(problem)
        if left < 0:
            raise _too_large(folder, max_bytes)
    if all(one.trouble for one in found):
        raise next(iter(broken), _nothing_in(folder, found))
    return _collected([*found, *(_Entry(None, "", one.place, ("malformed", one.message)) for one in broken)])


def names_in(folder: Path) -> list[tuple[str, tuple[Outcome, str] | None]]:
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
    if not isinstance(entry.raw, dict) or "resourceType" in entry.raw:
        return entry
    failed = entry.raw.get("error")
    if isinstance(failed, list) and failed:
        return entry._replace(trouble=("set aside", f"the export tells of errors, in files: {len(failed)}"))
    return entry._replace(trouble=("ignored", "it is no resource"))


def beside(path: Path, name: str) -> tuple[ResourceUse, ...]:
    """Tell of a file in an export that holds no resources what it is, such as the manifest."""
    try:
        entries = map(_in_folder, _entries(_content(path, name, _SMALL), name, lines=False))
        return tuple(ResourceUse(one.place, *one.trouble) for one in entries if one.trouble)
    except UnreadableInput as problem:
        return (ResourceUse(name, "malformed", problem.message),)


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
    if content.lstrip().startswith("<"):
        return list(_unfolded(from_xml(content, name), "", name))
    if lines:
        return _lines(content, name)
    load = _Loader()
    try:
        return load.checked(_unfolded(load(content), "", name))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            return _lines(content, name)
        raise _not_json(error, f"{name}:{error.lineno}:{error.colno}") from None
    except UnreadableInput:  # a ValueError itself, which says what is wrong
        raise
    except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
        raise _too_deep(name) from None


class _Loader:
    """Read JSON, keep one copy of each short text, for records repeat names and codes, and mark what is given twice."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.twice = False
        self._load = partial(json.loads, object_pairs_hook=self._object)

    def __call__(self, content: str) -> Any:  # noqa: ANN401 - any JSON
        plain = _plainly(content)
        return self._load(content) if plain is None else plain

    def checked(self, entries: Iterable[_Entry]) -> list[_Entry]:
        """Refuse the resources in which a name is given twice, if there are any."""
        found = list(entries)
        return [each for one in found for each in _once(one)] if self.twice else found

    def _kept(self, value: object) -> object:
        return self._known.setdefault(value, value) if isinstance(value, str) and len(value) < _SHORT else value

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = {self._known.setdefault(name, name): self._kept(value) for name, value in pairs}
        if len(made) < len(pairs):
            self.twice = True
            names = [name for name, _ in pairs]
            made[_TWICE] = sorted({name for name in names if names.count(name) > 1})
        return made


def _plainly(content: str) -> Any:  # noqa: ANN401 - any JSON
    """Read JSON at once; None where it needs a closer look: names given twice, long numbers, escaped letters, errors.

    A name given twice is one name less when it is written again.
    """
    written = content.encode(errors="surrogatepass")
    if b"\\u" in written or _LONG in written.translate(_DIGITS):
        return None
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return None
    return value if written.count(b'":') == orjson.dumps(value).count(b'":') else None


def _once(entry: _Entry) -> list[_Entry]:
    """Refuse a resource in which a name is given twice; of a Patient, who is needed, what does so is left out."""
    raw = entry.raw
    names = _given_twice(raw)
    if not isinstance(raw, dict) or not names:
        return [entry]
    told = f"{_named(raw)} has {', '.join(names)} twice, and which of them counts is not known"
    refused = _Entry(None, "", entry.place, ("malformed", told))
    if raw.get("resourceType") != "Patient" or {"id", "resourceType"} & {*raw.get(_TWICE, ())}:
        return [refused]
    torn = {name for name, value in raw.items() if name in raw.get(_TWICE, ()) or _given_twice(value)}
    kept = {name: value for name, value in raw.items() if name not in torn and name != _TWICE}
    unreadable: Raw = {name: [] for name in torn if name.startswith("deceased")}
    return [entry._replace(raw={**kept, **unreadable}), refused]


def _named(raw: Raw) -> str:
    return "/".join(filter(None, (_text(raw, "resourceType"), _text(raw, "id")))) or "it"


def _given_twice(content: object) -> list[str]:
    """List the names that are given twice in an object or in what is in it."""
    found: list[str] = []
    agenda = [content]
    while agenda:
        one = agenda.pop()
        if isinstance(one, list):
            agenda += one
        elif isinstance(one, dict):
            found += one.get(_TWICE, ())
            agenda += (value for name, value in one.items() if name != _TWICE)
    return sorted({*found})


def resources_of_lines(lines: Iterable[tuple[str, str]], troubles: Iterable[ResourceUse] = ()) -> Found:
    """Find the resources in lines of NDJSON, each with its place.

    Parameters: ``troubles`` are known of the source already.

    Raises `UnreadableInput` for a line that no reader can bear.
    """
    found, broken = _of_lines(lines)
    unread = (_Entry(None, "", f"{place}:{one.colno}") for place, one in broken)
    made = _collected([*found, *unread])
    return made._replace(troubles=tuple(sorted([*made.troubles, *troubles])))


def _lines(content: str, name: str) -> list[_Entry]:
    """Take each line for a resource; one that is no JSON is set aside if another is."""
    found, broken = _of_lines((f"{name}:{number}", line) for number, line in enumerate(content.split("\n"), 1))
    if broken and not found:
        place, first = broken[0]
        raise _not_json(first, f"{place}:{first.colno}")
    return [*found, *(_Entry(None, "", f"{place}:{one.colno}") for place, one in broken)]


def _of_lines(lines: Iterable[tuple[str, str]]) -> tuple[list[_Entry], list[tuple[str, json.JSONDecodeError]]]:
    found: list[_Entry] = []
    broken: list[tuple[str, json.JSONDecodeError]] = []
    load = _Loader()
    for place, line in lines:
        if line.strip():
            try:
                content = load(line)
                if isinstance(content, dict) and content.get("resourceType") not in _HOLDING and not load.twice:
                    found.append(_Entry(content, "", place))
                else:
                    found += load.checked(_unfolded(content, "", place))
            except json.JSONDecodeError as problem:
                broken.append((place, problem))
            except UnreadableInput:
                raise
            except (RecursionError, ValueError):
                raise _too_deep(place) from None
    return found, broken


def _unfolded(content: object, url: str, place: str, depth: int = 0) -> Iterator[_Entry]:
    """Unfold Bundles and what else holds resources, also nested ones, into their resources."""
    if depth > _DEEPEST:
        raise _too_deep(place)
    if isinstance(content, list):
        for number, one in enumerate(content):
            yield from _unfolded(one, "", f"{place}[{number}]", depth)
        return
    kind = content.get("resourceType") if isinstance(content, dict) else None
    if not isinstance(content, dict):
        yield _Entry(content, url, place)
    elif kind == "Bundle":
        yield from _of_bundle(content, place, depth)
    elif kind == "Parameters":
        yield from _of_parameters(content, "parameter", place, depth)
    elif kind == "OperationOutcome":
        yield _outcome(content, place)
    elif kind is None and isinstance(content.get("hook"), str):
        yield from _of_request(content, place, depth)
    else:
        yield _Entry(content, url, place)


def _of_request(request: Raw, place: str, depth: int) -> Iterator[_Entry]:
    """Unfold what a request of CDS Hooks has fetched before, and the resources of its context; nothing is fetched."""
    fetched, context = request.get("prefetch"), request.get("context")
    names = [*request.get(_TWICE, ()), *(fetched.get(_TWICE, ()) if isinstance(fetched, dict) else ())]
    if names:
        yield _Entry(None, "", place, ("malformed", f"the request has {', '.join(names)} twice"))
    if not fetched:
        yield _Entry(None, "", place, ("set aside", "the request has fetched nothing before, and nothing is fetched"))
    for name, given in (("prefetch", fetched), ("context", context)):
        for key, value in given.items() if isinstance(given, dict) else ():
            if isinstance(value, dict) and "resourceType" in value:
                yield from _unfolded(value, "", f"{place} {name}.{key}", depth + 1)


def _of_parameters(content: Raw, name: str, place: str, depth: int) -> Iterator[_Entry]:
    """Unfold the resources among parameters and their parts."""
    given = content.get(name)
    for number, one in enumerate(given if isinstance(given, list) else ()):
        where = f"{place} {name}[{number}]"
        if isinstance(one, dict):
            if one.get("resource") is not None:
                yield from _unfolded(one["resource"], "", where, depth + 1)
            if depth > _DEEPEST:
                raise _too_deep(place)
            yield from _of_parameters(one, "part", where, depth + 1)


def _outcome(content: Raw, place: str) -> _Entry:
    """Tell of what a server could not give."""
    issues = content.get("issue")
    listed = [one for one in issues if isinstance(one, dict)] if isinstance(issues, list) else []
    grave = [one for one in listed if _is_grave(_text(one, "severity"), _text(one, "code"))]
    words = [_text(one, "diagnostics") or _said(one, "details", "text") or _text(one, "code") for one in grave]
    told = "; ".join(filter(None, words))[:_TOLD]
    if grave:
        return _Entry(
            None, "", place, ("set aside", f"the source could not give all of it: {told or 'it does not say why'}")
        )
    return _Entry(None, "", place, ("ignored", "it tells of how the source was made"))


def _is_grave(severity: str, code: str) -> bool:
    return severity in _GRAVE or (severity == "warning" and code in _LACKING)


def _of_bundle(content: Raw, place: str, depth: int) -> Iterator[_Entry]:
    """Unfold a Bundle, and tell of what it leaves out."""
    if names := content.get(_TWICE):
        raise UnreadableInput(
            f"The Bundle has {', '.join(names)} twice.", place=place, remedy="Write it again with its tool."
        )
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
        if names := entry.get(_TWICE):
            yield _Entry(None, url, where, ("malformed", f"the entry has {', '.join(names)} twice"))
        elif status[:1] in {"4", "5"}:
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
    named = [one for one in links if isinstance(one, dict)] if isinstance(links, list) else []
    following = [one for one in named if one.get("relation") == "next"]
    if following:
        yield _Entry(None, "", place, ("set aside", "it is one page of several, and the next may not be here"))
    if part_of(bundle):
        yield _Entry(None, "", place, ("set aside", "it is only a part of what is recorded (SUBSETTED)"))
    found, total = _matches(bundle), bundle.get("total")
    if not following and isinstance(total, int) and total > found:
        yield _Entry(
            None, "", place, ("set aside", f"it tells of {total} resources that were found, and holds {found}")
        )
    asked = [_text(one, "url") for one in named if one.get("relation") == "self"]
    if any(map(_IN_PART.search, asked)):
        yield _Entry(None, "", place, ("set aside", "it was asked for in part, so what is not there may be recorded"))


def _matches(bundle: Raw) -> int:
    """Count what a search has found, without what it has added or tells."""
    entries = bundle.get("entry")
    listed = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return sum(_said(one, "search", "mode") not in {"include", "outcome"} for one in listed)


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
    key = f"{kind}/{_identity(entry.raw, entry.url, kind)}"
    made = as_r4(kind, entry.raw)
    return Resource(key, made.type, made.raw, entry.place, made.told)


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
