"""Find the resources of a source: lines of NDJSON, a folder of files, one resource, or what holds others."""

from __future__ import annotations

import codecs
import json
import os
import re
from typing import TYPE_CHECKING

from hipkg.base.errors import UnreadableInput
from hipkg.base.limits import FOLDER, INPUT, refuse_many_values
from hipkg.reading.account import ResourceUse
from hipkg.reading.fhir.folders import holds_lines, names_in, unpacked
from hipkg.reading.fhir.gathering import collected
from hipkg.reading.fhir.json_form import TWICE, Loader, given_twice
from hipkg.reading.fhir.lenient import text_in
from hipkg.reading.fhir.unfolding import HOLDING, Entry, too_deep, unfolded
from hipkg.reading.fhir.xml_form import from_xml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.gathering import Found

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def resources_of(data: bytes, name: str, *, lines: bool) -> Found:
    """Find the resources in a text.

    Parameters: ``lines`` says that the text is NDJSON.

    Raises `UnreadableInput` with line and column if it is not JSON.
    """
    return collected(_entries(data, name, lines=lines))


def resources_in(folder: Path, max_bytes: int) -> Found:
    """Find the resources in the files of a folder and the folders in it.

    The errors are those of `resources_of`, and one for the size of it all.
    """
    left, values = max_bytes, 0
    found: list[Entry] = []
    broken: list[UnreadableInput] = []
    for name, trouble in names_in(folder):
        place = os.fsencode(name).decode(errors="replace")
        if trouble:
            found.append(Entry(None, "", place, trouble))
            continue
        try:
            data = _content(folder / name, place, left)
        except UnreadableInput as problem:
            broken.append(problem)
            continue
        left -= len(data)
        if left < 0:
            raise FOLDER.exceeded(str(folder), max_bytes)
        values = refuse_many_values(data, str(folder), values)
        try:
            found += map(_in_folder, _entries(data, place, lines=holds_lines(name)))
        except UnreadableInput as problem:
            broken.append(problem)
    if all(one.trouble for one in found):
        raise next(iter(broken), _nothing_in(folder, found))
    return collected([*found, *(Entry(None, "", one.place, ("malformed", one.message)) for one in broken)])


def _nothing_in(folder: Path, found: Iterable[Entry]) -> UnreadableInput:
    reasons = [f" Of {one.place}: {one.trouble[1]}." for one in found if one.trouble and one.trouble[0] == "set aside"]
    return UnreadableInput(
        f"The folder holds no FHIR resources.{''.join(reasons[:1])}",
        place=str(folder),
        remedy="Name a file, or the folder of an export.",
    )


def _in_folder(entry: Entry) -> Entry:
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
        entries = map(_in_folder, _entries(_content(path, name, INPUT.most), name, lines=False))
        return tuple(ResourceUse(one.place, *one.trouble) for one in entries if one.trouble)
    except UnreadableInput as problem:
        return (ResourceUse(name, "malformed", problem.message),)


def _content(path: Path, name: str, most: int) -> bytes:
    """Read a file up to one byte more than is allowed."""
    with unpacked(path, name) as file:
        return file.read(most + 1)


def _entries(data: bytes, name: str, *, lines: bool) -> list[Entry]:
    refuse_many_values(data, name)
    content = data.removeprefix(codecs.BOM_UTF8)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _not_utf8(f"{name}:{line}") from None
    found = _parsed(content, name, lines=lines)
    return list(map(_whole, found)) if _HALF.search(content) else found


def _not_utf8(place: str) -> UnreadableInput:
    return UnreadableInput("The text is not valid UTF-8.", place=place, remedy="Save it as UTF-8.")


def _whole(entry: Entry) -> Entry:
    """Refuse a resource with half a character, which no text can be written with."""
    try:
        f"{json.dumps(entry.raw, ensure_ascii=False)}{entry.url}".encode()
    except UnicodeEncodeError:
        return Entry(None, "", entry.place, ("malformed", "it holds half a character (a lone surrogate)"))
    return entry


def _parsed(content: bytes, name: str, *, lines: bool) -> list[Entry]:
    if content.lstrip().startswith(b"<"):
        return list(unfolded(from_xml(content.decode(), name), "", name))
    if lines:
        return _lines(content, name)
    load = Loader()
    try:
        return _checked(load, unfolded(load(content), "", name))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            return _lines(content, name)
        raise _not_json(error, f"{name}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise too_deep(name) from None


def _checked(load: Loader, entries: Iterable[Entry]) -> list[Entry]:
    """Refuse the resources in which a name is given twice, if there are any."""
    found = list(entries)
    return [each for one in found for each in _once(one)] if load.twice else found


def _once(entry: Entry) -> list[Entry]:
    """Refuse a resource in which a name is given twice; of a Patient, who is needed, what does so is left out."""
    raw = entry.raw
    names = given_twice(raw)
    if not isinstance(raw, dict) or not names:
        return [entry]
    told = f"{_named(raw)} has {', '.join(names)} twice, and which of them counts is not known"
    refused = Entry(None, "", entry.place, ("malformed", told))
    if raw.get("resourceType") != "Patient" or {"id", "resourceType"} & {*raw.get(TWICE, ())}:
        return [refused]
    torn = {name for name, value in raw.items() if name in raw.get(TWICE, ()) or given_twice(value)}
    kept = {name: value for name, value in raw.items() if name not in torn and name != TWICE}
    unreadable: Raw = {name: [] for name in torn if name.startswith("deceased")}
    return [entry._replace(raw={**kept, **unreadable}), refused]


def _named(raw: Raw) -> str:
    return "/".join(filter(None, (text_in(raw, "resourceType"), text_in(raw, "id")))) or "it"


def resources_of_lines(lines: Iterable[tuple[str, bytes]], troubles: Iterable[ResourceUse] = ()) -> Found:
    """Find the resources in lines of NDJSON, each with its place.

    Parameters: ``troubles`` are known of the source already.

    Raises `UnreadableInput` for a line that no reader can bear.
    """
    found, broken = _of_lines(lines)
    made = collected([*found, *map(_without_json, broken)])
    return made._replace(troubles=tuple(sorted([*made.troubles, *troubles])))


def _lines(content: bytes, name: str) -> list[Entry]:
    """Take each line for a resource; one that is no JSON is set aside if another is."""
    found, broken = _of_lines((f"{name}:{number}", line) for number, line in enumerate(content.split(b"\n"), 1))
    if broken and not found:
        place, first = broken[0]
        raise _not_json(first, f"{place}:{first.colno}")
    return [*found, *map(_without_json, broken)]


def _without_json(broken: tuple[str, json.JSONDecodeError]) -> Entry:
    place, problem = broken
    return Entry(None, "", f"{place}:{problem.colno}")


def _of_lines(lines: Iterable[tuple[str, bytes]]) -> tuple[list[Entry], list[tuple[str, json.JSONDecodeError]]]:
    found: list[Entry] = []
    broken: list[tuple[str, json.JSONDecodeError]] = []
    load = Loader()
    for place, line in lines:
        if line and not line.isspace():
            try:
                content = load(line)
                if isinstance(content, dict) and text_in(content, "resourceType") not in HOLDING and not load.twice:
                    found.append(Entry(content, "", place))
                else:
                    found += _checked(load, unfolded(content, "", place))
            except json.JSONDecodeError as problem:
                if not line.decode().isspace():
                    broken.append((place, problem))
            except UnicodeDecodeError:
                raise _not_utf8(place) from None
            except RecursionError:
                raise too_deep(place) from None
    return found, broken


def _not_json(error: json.JSONDecodeError, place: str) -> UnreadableInput:
    return UnreadableInput(
        f"The input is not valid JSON: {error.msg}.", place=place, remedy="Mend the file there, or export it again."
    )
