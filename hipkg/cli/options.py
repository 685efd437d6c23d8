"""Options that several commands share, declared once."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hipkg.errors import UsageError


class Engine(StrEnum):
    """The engines that derive the same entailments."""

    native = "native"
    hermit = "hermit"
    pellet = "pellet"


DEBUG = "--debug"


def debugging() -> bool:
    """Tell whether tracebacks are wanted; the option may stand before or after the command."""
    return DEBUG in sys.argv


def parse_date(text: str | None) -> date | None:
    """Read an ISO date given on the command line.

    Raises `UsageError` if it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise UsageError(f"{text!r} is no date.", place="--as-of", remedy="Write it as YYYY-MM-DD.") from problem


Files = Annotated[list[str], typer.Argument(help="Patient files; - is standard input.", show_default=False)]
File = Annotated[str, typer.Argument(help="Patient file; - is standard input.", show_default=False)]
InputFormat = Annotated[
    str | None, typer.Option("--input-format", help="RDF format of the input, where the extension does not say it.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file instead of standard output.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Date of the plan, YYYY-MM-DD.", show_default="today")]
EngineOption = Annotated[Engine, typer.Option("--engine", help="Reasoner to use.")]
MinStrength = Annotated[
    str,
    typer.Option("--min-strength", metavar="GRADE", help="Only statements of this strength or more, and prohibitions."),
]
MinEvidence = Annotated[
    str,
    typer.Option("--min-evidence", metavar="GRADE", help="Only statements of this evidence or more, and prohibitions."),
]
GradeEverything = Annotated[
    bool,
    typer.Option(
        "--grade-everything", help="Drop prohibitions, gates and precautions without such a grade, too: less safe."
    ),
]
Documents = Annotated[
    list[str] | None, typer.Option("--document", help="Only statements of this document; repeatable.")
]
