"""Go through the files of a command: one without an answer takes away none of the others'."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeVar

import typer

from hipkg.base.errors import DeceasedPatient, InconsistentData, InvalidPatient, NoPatient, SetAside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Made = TypeVar("Made")
_OF_ONE_FILE = (DeceasedPatient, NoPatient, InvalidPatient, InconsistentData)


def each_file(files: Sequence[str], make: Callable[[str], Iterable[Made]]) -> tuple[list[Made], int]:
    """Gather what is made of each file, with the exit code of the first of several that fails, 0 if none does.

    What fails for reasons of its patients is told and set aside. Raises `typer.Exit` if all fail, and what ``make``
    raises for the only file or for any other reason.
    """
    made: list[Made] = []
    codes: list[int] = []
    for file in files:
        try:
            made += make(file)
        except _OF_ONE_FILE as problem:
            if len(files) == 1:
                raise
            warnings.warn(SetAside(problem), stacklevel=2)
            codes.append(problem.exit_code)
    if len(codes) == len(files):
        raise typer.Exit(codes[0])
    return made, codes[0] if codes else 0
