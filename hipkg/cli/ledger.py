"""The command `hipkg ledger`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Documents, Engine, EngineOption, File, InputFormat, Output, parse_date


class LedgerFormat(StrEnum):
    """The formats that a ledger can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"


def ledger(
    file: File,
    format: Annotated[LedgerFormat, typer.Option("--format", "-f", help="Format of the ledger.")] = LedgerFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = Engine.native,
    document: Documents = None,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="List in spite of violations, and say so.")
    ] = False,
    input_format: InputFormat = None,
) -> None:
    """List what was tried, whether it was enough for which statement, and when what waits can open.

    Example: hipkg ledger examples/d2-hip-pain-not-improving.ttl
    """
    from hipkg.base.output import write_output
    from hipkg.defence.ledger import ledgers
    from hipkg.knowledge.loading import load
    from hipkg.render.ledger import render_ledgers

    made = ledgers(
        file,
        format=input_format,
        as_of=parse_date(as_of),
        engine=engine.value,
        documents=document or (),
        allow_invalid=allow_invalid,
    )
    text = render_ledgers(made, format.value, load(), to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in made):
        raise typer.Exit(1)
