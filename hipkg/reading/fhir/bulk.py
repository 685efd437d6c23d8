"""Part an export into shares of a few patients each, so that memory does not grow with their number.

A bulk export (https://hl7.org/fhir/uv/bulkdata/) is lines of NDJSON in which the resources of a patient lie far apart.
Each line goes to the share of the patient whom it is about, in a temporary file; what several patients may refer to is
read with every share. A share is then read as if it were a source of its own.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import orjson

from hipkg.base.ending import temporary_folder
from hipkg.base.errors import UsageError
from hipkg.base.groups import Groups
from hipkg.base.limits import INPUT, refuse_many_values
from hipkg.reading.account import ResourceUse
from hipkg.reading.fhir.folders import holds_lines, is_compressed, names_in, unpacked
from hipkg.reading.fhir.gathering import last_part
from hipkg.reading.fhir.identity import MOST_OWNERS
from hipkg.reading.fhir.lenient import identifiers_of, objects_within, text_in
from hipkg.reading.fhir.person import death
from hipkg.reading.fhir.records import HELPERS
from hipkg.reading.fhir.source import beside, resources_of_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.gathering import Found

_OWNER = re.compile(rb'"(?:subject|patient)"\s*:\s*\{\s*"reference"\s*:\s*"([^"\\]*)"')
_REFERENCE = re.compile(rb'"reference":"([^"\\]*)"')
_PATIENT = b'"Patient"'
_HOLDS_PATIENTS = re.compile(rb'"resourceType"\s*:\s*"Patient"')
_SHARED = {"BodySite", *HELPERS}
"""The types, by their names in any version, that resources of several patients may refer to."""
BUCKET_BYTES, SMALL_BUCKET_BYTES = 2**18, 2**16
"""About how much the lines hold of patients who cannot be told apart by the file that they are parted into."""
SMALL_BUCKETS = 2**13
"""How many small buckets there are at most: patients of whom little is recorded are many in a large one."""
SHARE_BYTES, SHARE_PATIENTS = 6 * 2**20, 200
"""How much a share holds, and how many patients, about."""
_LONG = 2**20
"""From how many bytes on the values of a line are counted; a shorter one cannot hold too many."""
_MARK = b"\xef\xbb\xbf"
_BUFFERED = 32 * 2**20
_REMEMBERED = 2**14
_PATIENTS = b"*"
_EVERY = -1
_FIRST = 0


class _Line(NamedTuple):
    """A line of a share: its place in the export, whom it is told to be about, and a resource.

    ``about`` is a reference, or `_PATIENTS` for what holds Patients, and empty where that is not plain.
    """

    place: bytes
    about: bytes
    content: bytes


class Share(NamedTuple):
    """Files of lines that hold a few patients with all that is theirs.

    ``several`` tells that the export has more than one patient, whatever the share has.
    """

    name: str
    files: tuple[Path, ...]
    troubles: tuple[ResourceUse, ...]
    several: bool

    def resources(self) -> Found:
        """Read the resources of the share, but for those of patients who have died, of whom no plan is made.

        The errors are those of `hipkg.reading.fhir.source.resources_of`.
        """
        lines = [*self._lines()]
        about = {one.about for one in lines} - {b"", _PATIENTS}
        ids = _ids_of_the_dead(lines) if self.several else set()
        dead = {one for one in about if _id_in(one) in ids}
        read = ((one.place.decode(), one.content) for one in lines if one.about not in dead)
        return resources_of_lines(read, self.troubles)._replace(several=self.several)

    def _lines(self) -> Iterator[_Line]:
        for file in self.files:
            if not file.exists():
                continue
            with file.open("rb") as lines:
                yield from (_Line(*line.removesuffix(b"\n").split(b"\t", 2)) for line in lines)


def _ids_of_the_dead(lines: Iterable[_Line]) -> set[str]:
    """List the ids of patients who have died; none where Patients of a share are linked, or are told of in some way."""
    told: dict[str, list[bool]] = {}
    for one in lines:
        if one.about == _PATIENTS:
            try:
                raw = orjson.loads(one.content)
            except orjson.JSONDecodeError:
                return set()
            if not isinstance(raw, dict) or raw.get("resourceType") != "Patient" or "link" in raw:
                return set()
            told.setdefault(text_in(raw, "id"), []).append(bool(death(raw)))
    return {name for name, died in told.items() if name and died == [True]}


def is_bulk(source: str) -> bool:
    """Tell whether a source is lines of NDJSON, or a folder that holds nothing else that can be a resource."""
    path = Path(source)
    if path.is_file():
        return holds_lines(path.name)
    if not path.is_dir():
        return False
    readable = [name for name, trouble in names_in(path) if trouble is None]
    others = [name for name in readable if not holds_lines(name)]
    return len(others) < len(readable) and not any(_holds_resources(path / name, name) for name in others)


def _holds_resources(path: Path, name: str) -> bool:
    """Tell whether a file beside those of lines is more than the manifest of an export."""
    with unpacked(path, name) as file:
        return b'"resourceType"' in file.read(INPUT.most)


@contextmanager
def shares_of(source: str) -> Iterator[tuple[Share, ...]]:
    """Part a bulk export into shares, whose files are gone afterwards.

    Raises `UnreadableInput` for what cannot be read.
    """
    with temporary_folder() as folder:
        path = Path(source)
        names = [path.name] if path.is_file() else []
        troubles: list[ResourceUse] = []
        for name, trouble in () if names else names_in(path):
            if trouble is None and holds_lines(name):
                names.append(name)
            elif trouble is not None:
                troubles.append(ResourceUse(name, *trouble))
            else:
                troubles += beside(path / name, name)
        base = path.parent if path.is_file() else path
        parting = _Parting(folder, _count(base / name for name in names))
        for name in names:
            parting.take(base / name, name if path.is_dir() else source)
        yield tuple(parting.shares(source, tuple(troubles)))


def _count(files: Iterable[Path]) -> int:
    """Choose how many buckets there are; what is compressed takes about ten times as much."""
    size = sum(one.stat().st_size * (10 if is_compressed(one) else 1) for one in files)
    return max(size // BUCKET_BYTES, min(size // SMALL_BUCKET_BYTES, SMALL_BUCKETS)) + 1


def _bounded(lines: BinaryIO, name: str) -> Iterator[bytes]:
    """Give the lines of a file, none of which may be more than an input may be."""
    number = 0
    while line := lines.readline(INPUT.most + 1):
        number += 1
        place = f"{name}:{number}"
        if len(line) > INPUT.most:
            raise INPUT.exceeded(place)
        if len(line) > _LONG:
            refuse_many_values(line, place)
        yield line


@dataclass
class _Parting:
    """Write each line to the file of its bucket: of ``count`` the one that the id of the patient falls into."""

    folder: Path
    count: int
    groups: Groups[int] = field(default_factory=Groups)
    waiting: defaultdict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0
    patients: Counter[int] = field(default_factory=Counter)
    identifiers: dict[int, list[int]] = field(default_factory=dict)

    def take(self, path: Path, name: str) -> None:
        """Give the lines of a file to the buckets."""
        place = name.encode(errors="replace")
        with unpacked(path, name) as lines:
            for number, line in enumerate(_bounded(lines, name), 1):
                content = line.removesuffix(b"\n") if number > 1 else line.removesuffix(b"\n").removeprefix(_MARK)
                if not content or content.isspace():
                    continue
                bucket, about = self._bucket_of(content)
                self.waiting[bucket].append(b"%s:%d\t%s\t%s\n" % (place, number, about, content))
                self.size += len(content)
                if self.size > _BUFFERED:
                    self._write()

    def _write(self) -> None:
        try:
            for bucket, lines in self.waiting.items():
                with self._file(bucket).open("ab") as file:
                    file.writelines(lines)
        except OSError as error:
            raise UsageError(
                f"The parts of the export cannot be written: {error.strerror}.",
                place=str(self.folder),
                remedy="Make room there, or name another folder for temporary files by TMPDIR.",
            ) from None
        self.waiting.clear()
        self.size = 0

    def _file(self, bucket: int) -> Path:
        return self.folder / f"{bucket:09d}"

    def _bucket_of(self, line: bytes) -> tuple[int, bytes]:
        """Find the bucket of a line, and whom it is about.

        The bucket is that of the patient whom it is about, or who it is; or that of every share.
        """
        holds_patients = _PATIENT in line and _HOLDS_PATIENTS.search(line)
        if not holds_patients and line.count(b'"subject"') + line.count(b'"patient"') == 1:
            owner = _OWNER.search(line)
            if owner:
                return _numbered(owner[1], self.count), owner[1]
        about = _PATIENTS if holds_patients else b""
        try:
            raw = orjson.loads(line)
        except orjson.JSONDecodeError:
            return _FIRST, about
        if holds_patients:
            return self._bucket_of_patients(raw, {*_OWNER.findall(line)}), about
        return self._bucket_of_parsed(raw) if isinstance(raw, dict) else _FIRST, about

    def _bucket_of_patients(self, raw: object, owners: set[bytes]) -> int:
        """Find the bucket of a Patient, or of what holds some, and tie it to those of all patients who are named."""
        patients = [one for one in objects_within(raw) if one.get("resourceType") == "Patient"]
        ids = [str(one.get("id", "")).encode() for one in patients]
        linked = [each for one in patients for each in _REFERENCE.findall(orjson.dumps(one.get("link")))]
        first, *others = (_numbered(one, self.count) for one in [*ids, *linked, *owners] or [b""])
        self.groups.tie_all(first, (*others, *self._alike(patients, first)))
        self.patients[first] += len(patients)
        return first

    def _alike(self, patients: Iterable[dict[str, object]], bucket: int) -> Iterator[int]:
        """List the buckets of patients with the same identifiers; one that more than a few have is that of nobody."""
        for one in patients:
            for system, value in identifiers_of(one):
                if system:
                    name = zlib.crc32(f"{system} {value}".encode(errors="replace"))
                    owners = self.identifiers.setdefault(name, [])
                    if len(owners) <= MOST_OWNERS:
                        owners.append(bucket)
                        yield owners[0]

    def _bucket_of_parsed(self, raw: dict[str, object]) -> int:
        for name in ("subject", "patient"):
            about = raw.get(name)
            if isinstance(about, dict):
                reference = about.get("reference")
                named = isinstance(reference, str) and reference and "?" not in reference
                return _numbered(str(reference).encode(), self.count) if named else _EVERY
        return _EVERY if text_in(raw, "resourceType") in _SHARED else _FIRST

    def shares(self, name: str, troubles: tuple[ResourceUse, ...]) -> Iterator[Share]:
        """Put buckets together: those of patients who are linked, all of a single patient, and then as many as fit."""
        self._write()
        if self.patients.total() == 1:
            self.groups.tie_all(_FIRST, range(self.count))
        joined: dict[int, list[int]] = {}
        for number in range(self.count):
            if self._file(number).exists():
                joined.setdefault(self.groups.find(number), []).append(number)
        every, several = self._file(_EVERY), self.patients.total() > 1
        for number, buckets in enumerate(self._fitting(joined.values())):
            files = (*map(self._file, buckets), every)
            yield Share(name, files, () if number else troubles, several)

    def _fitting(self, groups: Iterable[list[int]]) -> Iterator[list[int]]:
        found: list[int] = []
        size = people = 0
        for group in groups:
            more = sum(self._file(one).stat().st_size for one in group)
            if found and (size + more > SHARE_BYTES or people >= SHARE_PATIENTS):
                yield found
                found, size, people = [], 0, 0
            found, size, people = [*found, *group], size + more, people + sum(self.patients[one] for one in group)
        if found:
            yield found


@lru_cache(_REMEMBERED)
def _numbered(reference: bytes, count: int) -> int:
    """Choose one of so many buckets for a patient by the id that ends a reference."""
    return zlib.crc32(_id_in(reference).encode(errors="surrogateescape")) % count


def _id_in(reference: bytes) -> str:
    return last_part(reference.decode(errors="surrogateescape"))
