"""Write what a command has to say, and tell problems and what is set aside on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import typer

from hipkg.base.characters import harmless, harmless_in_colour
from hipkg.base.errors import DeceasedPatient, InconsistentData, InvalidPatient, NoPatient, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hipkg.base.batch import Batch
    from hipkg.base.errors import HipkgError
    from hipkg.reading.joint import Joint

Made = TypeVar("Made")
_FOR_PEOPLE = {"text", "table"}
"""The formats that are in colour on a terminal."""
_OF_ONE_FILE = (DeceasedPatient, NoPatient, InvalidPatient, InconsistentData)


def report(problems: Iterable[HipkgError]) -> None:
    """Report problems with their places, codes and remedies."""
    for one in problems:
        where = f"{printable(one.place)}: " if one.place else ""
        say(_indented(f"hipkg: {where}{printable(one.message)} [{one.code}]"), aside=True)
        if one.remedy:
            say(_indented(f"  {printable(one.remedy)}"), aside=True)


def report_surprise(surprise: BaseException) -> None:
    """Report a mistake of the program: its kind and where it arose, for what it says may hold values of a patient."""
    import traceback
    from pathlib import Path

    *_, last = traceback.extract_tb(surprise.__traceback__)
    where = f"{Path(last.filename).name}:{last.lineno}"
    say(f"hipkg: internal error: {type(surprise).__name__} at {where} [internal]", aside=True)
    say("  Run it with --debug to see more, and report it.", aside=True)


def _indented(text: str) -> str:
    """Let no further line of a message look like a message of its own."""
    return text.replace("\n", "\n    ")


def say(text: str = "", *, aside: bool = False) -> None:
    """Write lines to standard output, or ``aside`` to standard error."""
    stream = sys.stderr if aside else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def told(batch: Batch[Made]) -> tuple[Made, ...]:
    """Return the results of a batch, and report what was set aside."""
    report(batch.set_aside)
    return batch.results


def deliver(text: str | Iterable[str], output: Path | None, format: str, *, failed: object = False) -> None:  # noqa: A002 - the option's name
    """Write what a command has to say, harmless for who reads it, and end it with 1 if it failed or set anything aside.

    Parameters: ``format`` is that of the text.
    """
    from hipkg.base.output import write_output

    parts = [text] if isinstance(text, str) else text
    coloured = format in _FOR_PEOPLE and on_terminal(output)
    write_output(
        (harmless_in_colour(one) if coloured else harmless(one, format) for one in parts),
        str(output) if output else None,
    )
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
