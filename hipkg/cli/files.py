"""Go through the files of a command: one without an answer takes away none of the others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import typer

from hipkg.base.errors import DeceasedPatient, InconsistentData, InvalidPatient, NoPatient
from hipkg.cli.report import report, told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hipkg.base.batch import Batch

Made = TypeVar("Made")
_OF_ONE_FILE = (DeceasedPatient, NoPatient, InvalidPatient, InconsistentData)


def each_file(files: Sequence[str], make: Callable[[str], Batch[Made]]) -> tuple[list[Made], int]:
    """Gather what is made of each file, with the exit code of the first of several that fails, 0 if none does.

    What is set aside is told, be it a part of a file or a file that fails for reasons of its patients; the exit code is
    then at least 1. Raises `typer.Exit` if all fail, and what ``make`` raises for the only file or for other reasons.
    """
    made: list[Made] = []
    codes: list[int] = []
    partly = False
    for file in files:
        try:
            batch = make(file)
        except _OF_ONE_FILE as problem:
            if len(files) == 1:
                raise
            report((*problem.set_aside, problem))
            codes.append(problem.exit_code)
        else:
            made += told(batch)
            partly = partly or bool(batch.set_aside)
    if len(codes) == len(files):
        raise typer.Exit(codes[0])
    return made, codes[0] if codes else int(partly)
