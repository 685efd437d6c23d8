"""The cases of statements, and laws that are tried on all of them, a batch of cases at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Tried = TypeVar("Tried")

CASES = ROOT / "tests" / "cases"
EXAMPLES = {path.stem[:2]: path for path in sorted((ROOT / "examples").glob("*.ttl"))}
EACH_EXAMPLE = [pytest.param(name, marks=pytest.mark.xdist_group(f"example {name}"), id=name) for name in EXAMPLES]
"""The names of the examples as parameters; what is made of an example is kept by one process."""
FIRES, NEAR_MISS = "fires.ttl", "near-miss.ttl"
BATCH = 24


@dataclass(frozen=True, eq=False)
class Case:
    """A case of a statement: a patient for whom it fires, one for whom it nearly does, and what is expected of them."""

    folder: Path
    statement: str
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return self.folder.name

    @property
    def as_of(self) -> date:
        """The date of the plans."""
        return date.fromisoformat(self.expected["asOf"])


@dataclass(frozen=True, eq=False)
class Patient:
    """One of the two patients of a case."""

    case: Case
    file: str

    def __str__(self) -> str:
        return f"{self.case}/{self.file}"

    @property
    def path(self) -> Path:
        """The first file with the same content, so that what is derived of equal patients is derived once."""
        return _FIRST_ALIKE[(self.case.folder / self.file).read_bytes()]


def all_unlike(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Sort files, and keep of those with the same content the first."""
    return tuple({path.read_bytes(): path for path in sorted(paths, reverse=True)}.values())[::-1]


def _case(folder: Path) -> Case:
    statement = next(one for one in _IDS if f"{folder.name}-".startswith(one + "-"))
    return Case(folder, statement, json.loads((folder / "expected.json").read_text(encoding="utf-8")))


def patients_of(cases: Sequence[Case]) -> tuple[Patient, ...]:
    """List both patients of some cases."""
    return tuple(Patient(case, file) for case in cases for file in (FIRES, NEAR_MISS))


_IDS = sorted(info.id for info in load().statements.values())
_FOLDERS = sorted((CASES / "statements").iterdir())
_FIRST_ALIKE = {path.read_bytes(): path for path in all_unlike(CASES.glob("statements/*/*.ttl"))}
STATEMENT_CASES = tuple(map(_case, _FOLDERS))


def hold_all(law: Callable[[Tried], object], tried: Sequence[Tried]) -> None:
    """Try a law on each of some cases, and fail with all that break it, each by its name.

    Raises `ExceptionGroup` with what the law raised of each.
    """
    broken: dict[str, Exception] = {}
    for case in tried:
        try:
            law(case)
        except Exception as problem:  # noqa: BLE001 - whatever breaks is told after the others were tried
            problem.add_note(f"This is of {name_of(case)}.")
            broken[name_of(case)] = problem
    if broken:
        raise ExceptionGroup(f"{len(broken)} of {len(tried)} break the law: {', '.join(broken)}", [*broken.values()])


def name_of(tried: object) -> str:
    """Name what is tried: a file by its place in the project."""
    return tried.relative_to(ROOT).as_posix() if isinstance(tried, Path) else str(tried)


def in_batches(
    tried: Sequence[Tried], size: int = BATCH, group: str = ""
) -> Callable[[Callable[[Tried], object]], Callable[[Sequence[Tried]], None]]:
    """Make of a law a test that tries it on all of these, so many in each item.

    What is derived of a patient is kept by the process that derived it, so batches that begin with the same case go to
    one process, or all batches of a ``group``.
    """
    batches = [tried[start : start + size] for start in range(0, len(tried), size)]
    marked = [
        pytest.param(
            some,
            marks=pytest.mark.xdist_group(group or name_of(some[0]).removesuffix(f"/{FIRES}")),
            id=f"{name_of(some[0])} to {name_of(some[-1])}",
        )
        for some in batches
    ]

    def test_of(law: Callable[[Tried], object]) -> Callable[[Sequence[Tried]], None]:
        @pytest.mark.parametrize("batch", marked)
        def test(batch: Sequence[Tried]) -> None:
            hold_all(law, batch)

        test.__doc__ = law.__doc__
        return test

    return test_of


of_every_case = in_batches(STATEMENT_CASES)
of_every_patient = in_batches(patients_of(STATEMENT_CASES), 2 * BATCH)
