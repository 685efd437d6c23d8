"""Write what a command has to say, and tell problems and what is set aside on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import typer

from hipkg.base.errors import DeceasedPatient, InconsistentData, InvalidPatient, NoPatient, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hipkg.base.batch import Batch
    from hipkg.base.errors import HipkgError
    from hipkg.reading.joint import Joint

Made = TypeVar("Made")
_OF_ONE_FILE = (DeceasedPatient, NoPatient, InvalidPatient, InconsistentData)


def report(problems: Iterable[HipkgError]) -> None:
    """Report problems with their places, codes and remedies."""
    for one in problems:
        where = f"{printable(one.place)}: " if one.place else ""
        sys.stderr.write(f"hipkg: {where}{printable(one.message)} [{one.code}]\n")
        if one.remedy:
            sys.stderr.write(f"  {printable(one.remedy)}\n")


def told(batch: Batch[Made]) -> tuple[Made, ...]:
    """Return the results of a batch, and report what was set aside."""
    report(batch.set_aside)
    return batch.results


def deliver(text: str | bytes | Iterable[str], output: Path | None, *, failed: object = False) -> None:
    """Write what a command has to say, and end it with 1 if it failed or set anything aside."""
    from hipkg.base.output import write_output

    write_output(text, str(output) if output else None)
    if failed:
        raise typer.Exit(1)


def on_terminal(output: Path | None) -> bool:
    """Tell whether output that goes to such a file, or else to standard output, is read on a terminal."""
    return output is None and sys.stdout.isatty()


def each_file(files: Sequence[Joint], make: Callable[[Joint], Batch[Made]]) -> tuple[list[Made], int]:
    """Gather what is made of each file, or of those that are read as one, and the exit code.

    The code is that of the first of several that fails, 0 if none does.

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
