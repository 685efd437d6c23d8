"""The command `hipkg watch`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Documents, File, InputFormat, Output, parse_date


class WatchFormat(StrEnum):
    """The formats that a watch list can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"


def watch(
    file: File,
    format: Annotated[WatchFormat, typer.Option("--format", "-f", help="Format.")] = WatchFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Watch in spite of violations.")] = False,
    input_format: InputFormat = None,
) -> None:
    """List for each indicated action the single facts that would speak against it or end its indication.

    Example: hipkg watch examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.base.output import write_output
    from hipkg.defence.watching import watch as watch_source
    from hipkg.render.watching import render_watch_lists

    found = watch_source(
        file,
        format=input_format,
        as_of=parse_date(as_of),
        documents=document or (),
        allow_invalid=allow_invalid,
    )
    text = render_watch_lists(found, format.value, to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
    if any(not one.plan.valid for one in found):
        raise typer.Exit(1)
