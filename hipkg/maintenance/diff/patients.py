"""The patients for whom plans of two ontologies are compared: examples, cases, and those of a folder of the user."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.base.paths import ONTOLOGY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_RDF = frozenset({".ttl", ".trig", ".nt", ".nq", ".rdf", ".owl", ".jsonld"})
_FHIR = frozenset({".json", ".xml", ".ndjson"})
_EXPECTED = {"expected.json": json.loads, "expected.toml": tomllib.loads}
_DATE = b"asOf"
_PATIENT, _MODULES = b"Patient", (b"owl:Class", b"owl#Class")
"""What a file of patients names in any format, and what modules of an ontology do, which are none."""


PATIENTS = ("examples", "tests/cases")
"""Where patients lie beside an ontology."""


def with_patients(around: Path, names: Iterable[str] = PATIENTS) -> tuple[tuple[Path, Path], ...]:
    """List the folders with patients that lie in a folder, each with that, from which their files are named."""
    return tuple((around, around / one) for one in names if (around / one).is_dir())


class PatientFile(NamedTuple):
    """A file of patients, the names of all that hold the same, and the date of their plans, None if it records one."""

    path: Path
    names: tuple[str, ...]
    as_of: date | None

    @property
    def is_rdf(self) -> bool:
        """Tell whether it is read the same whatever codes an ontology knows."""
        return self.path.suffix in _RDF


def patient_files(
    lying: Iterable[tuple[Path, Path]], folder: Path | None, as_of: date | None, default: str
) -> list[PatientFile]:
    """Gather the files of patients, each content once for a date.

    Parameters: ``lying`` are the folders that `with_patients` finds; ``folder`` is one of the user's. The date of a
    plan is ``as_of``, or that of the case or the record, or else the ``default``.

    Raises `UsageError` for a folder without such files, and where there is no date.
    """
    found: dict[tuple[bytes, date | None], PatientFile] = {}
    places = [*lying]
    if folder is not None:
        if not any(_files(folder)):
            raise UsageError("The folder has no files of patients.", place=str(folder), remedy="Name another one.")
        places.append((folder.parent, folder))
    for above, place in places:
        for path in _files(place):
            content = path.read_bytes()
            if _PATIENT not in content or any(one in content for one in _MODULES):
                continue
            day = as_of or _expected_date(path) or (None if _DATE in content else _date(default))
            name = path.relative_to(above).as_posix() if above else path.as_posix()
            known = found.get((content, day), PatientFile(path, (), day))
            found[content, day] = known._replace(names=(*known.names, name))
    return list(found.values())


def _files(folder: Path) -> Iterator[Path]:
    """List the files of a folder that patients can be in, but for those of folders with an ontology of their own."""
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        if one.is_dir() and not (one / ONTOLOGY.name).is_dir():
            yield from _files(one)
        elif one.suffix in _RDF | _FHIR and one.name not in _EXPECTED:
            yield one


def _expected_date(path: Path) -> date | None:
    """Read the date of the plans of a case from what is expected of it."""
    for name, loads in _EXPECTED.items():
        beside = path.parent / name
        if beside.is_file():
            try:
                return date.fromisoformat(str(loads(beside.read_text(encoding="utf-8"))["asOf"]))
            except (ValueError, TypeError, KeyError):
                return None
    return None


def _date(default: str) -> date:
    """Read the version of an ontology as a date; of one on top of the shipped one that of the latter."""
    try:
        return date.fromisoformat(default.partition("+")[0])
    except ValueError as problem:
        raise UsageError(
            "The version of the ontology is no date, so there is none for the plans.",
            place=default or "owl:versionInfo",
            remedy="Give one: --as-of YYYY-MM-DD.",
        ) from problem
