"""Tell problems, and what is set aside, on standard error; and write what a command has to say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import typer

from hipkg.base.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hipkg.base.batch import Batch
    from hipkg.base.errors import HipkgError

Made = TypeVar("Made")


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


def deliver(text: str | bytes, output: Path | None, *, failed: object = False) -> None:
    """Write what a command has to say, and end it with 1 if it failed or set anything aside."""
    from hipkg.base.output import write_output

    write_output(text, str(output) if output else None)
    if failed:
        raise typer.Exit(1)
