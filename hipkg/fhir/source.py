"""Find the resources of a source: a Bundle with Bundles in it, lines of NDJSON, a folder of files, or one resource."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.errors import UnreadableInput
from hipkg.fhir.elements import Malformed, parts, text
from hipkg.fhir.records import Resource, ResourceUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hipkg.fhir.elements import Raw

EXTENSIONS = (".json", ".ndjson", ".jsonl", ".ndjson.gz")
_DEEPEST = 20


class Found(NamedTuple):
    """The resources of a source with the URLs that name them, and what could not be taken for a resource."""

    resources: tuple[Resource, ...]
    urls: dict[str, str]
    troubles: tuple[ResourceUse, ...]


class _Entry(NamedTuple):
    raw: object
    url: str
    place: str


def resources_of(data: bytes, name: str, *, lines: bool) -> Found:
    """Find the resources in a text.

    Parameters: ``lines`` says that the text is NDJSON.

    Raises `UnreadableInput` with line and column if it is not JSON.
    """
    return _collected(_entries(data, name, lines=lines))


def resources_in(folder: Path, max_bytes: int) -> Found:
    """Find the resources in the files of a folder; the errors are those of `resources_of`, and one for its size."""
    left = max_bytes
    found: list[_Entry] = []
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.is_file() and path.name.lower().endswith(EXTENSIONS):
            data = _content(path, left)
            left -= len(data)
            if left < 0:
                raise UnreadableInput(
                    f"The folder holds more than {max_bytes / 2**20:g} MB.",
                    place=str(folder),
                    remedy="Split it into folders of fewer patients.",
                )
            given = _entries(data, path.name, lines=path.suffix.lower() != ".json")
            found += (one for one in given if not _is_foreign(one))
    if not found:
        raise UnreadableInput(
            "The folder holds no FHIR resources.", place=str(folder), remedy="Name a file, or the folder of an export."
        )
    return _collected(found)


def _is_foreign(entry: _Entry) -> bool:
    """Tell whether JSON in a folder, such as the manifest of an export, is not meant to be a resource."""
    return isinstance(entry.raw, dict) and "resourceType" not in entry.raw


def _content(path: Path, most: int) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    import gzip
    import zlib

    try:
        with gzip.open(path) as file:
            return file.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise UnreadableInput("The file is not compressed as its name says.", place=str(path)) from None


def _entries(data: bytes, name: str, *, lines: bool) -> list[_Entry]:
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableInput(
            "The text is not valid UTF-8.", place=f"{name}:{line}", remedy="Save it as UTF-8."
        ) from None
    if lines:
        return _lines(content, name)
    try:
        return list(_unfolded(json.loads(content), "", name))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            return _lines(content, name)
        raise _not_json(error, f"{name}:{error.lineno}:{error.colno}") from None
    except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
        raise _too_deep(name) from None


def _lines(content: str, name: str) -> list[_Entry]:
    """Take each line for a resource; one that is no JSON is set aside if another is."""
    found: list[_Entry] = []
    broken: list[tuple[int, json.JSONDecodeError]] = []
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                found += _unfolded(json.loads(line), "", f"{name}:{number}")
            except json.JSONDecodeError as problem:
                broken.append((number, problem))
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
    for number, entry in enumerate(entries):
        resource = entry.get("resource")
        full_url = entry.get("fullUrl")
        if resource is not None:
            where = f"{place} entry[{number}]"
            yield from _unfolded(resource, full_url if isinstance(full_url, str) else "", where, depth + 1)


def _collected(entries: Iterable[_Entry]) -> Found:
    """Name each resource and keep one of each name: the last version, whatever the order."""
    versions: dict[str, list[Resource]] = {}
    urls: dict[str, str] = {}
    troubles: list[ResourceUse] = []
    for entry in entries:
        try:
            one = _resource(entry)
        except Malformed as problem:
            troubles.append(ResourceUse(entry.place, "malformed", str(problem)))
            continue
        versions.setdefault(one.key, []).append(one)
        bare = entry.url.removeprefix("urn:uuid:")
        urls |= dict.fromkeys((entry.url, f"urn:uuid:{bare}"), one.key) if entry.url else {}
        urls.setdefault(f"urn:uuid:{one.key.partition('/')[2]}", one.key)
    kept = []
    for key, written in versions.items():
        last, older = _last(written)
        kept.append(last)
        troubles += [ResourceUse(key, "ignored", "a later version of the same resource counts")] * older
    return Found(tuple(sorted(kept, key=lambda one: one.key)), urls, tuple(sorted(troubles)))


def _last(written: list[Resource]) -> tuple[Resource, int]:
    """Pick the last of the versions of a resource, and count the others that differ from it."""
    if len(written) == 1:
        return written[0], 0
    contents = {_canonical(one.raw): one for one in written}
    last = max(contents, key=lambda content: (_stamp(contents[content].raw), content))
    return contents[last], len(contents) - 1


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


def _stamp(raw: Raw) -> tuple[str, str]:
    meta = raw.get("meta")
    if not isinstance(meta, dict):
        return "", ""
    updated, version = meta.get("lastUpdated"), meta.get("versionId")
    return (updated if isinstance(updated, str) else ""), (version.zfill(12) if isinstance(version, str) else "")


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
