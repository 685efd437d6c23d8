"""The command `hipkg what-if`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Documents, Engine, EngineOption, File, InputFormat, Output, parse_date


class WhatIfFormat(StrEnum):
    """The formats that a comparison can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"


def what_if(
    file: File,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", help="What is to be added: words, Turtle, or @FILE; repeatable.", show_default=False),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", help="What is to be taken out: words, Turtle, or @FILE; repeatable."),
    ] = None,
    format: Annotated[WhatIfFormat, typer.Option("--format", "-f", help="Format.")] = WhatIfFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = Engine.native,
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Compare in spite of violations.")] = False,
    input_format: InputFormat = None,
) -> None:
    """Tell how the plan would change if the record were another; the file itself is only read.

    Example: hipkg what-if examples/d0-painful-degenerative-hip.ttl --add "age 71"
    """
    from hipkg.base.output import write_output
    from hipkg.defence.what_if import what_if as compare
    from hipkg.render.what_if import render_what_if

    found = compare(
        file,
        add=add or (),
        remove=remove or (),
        format=input_format,
        as_of=parse_date(as_of),
        engine=engine.value,
        documents=document or (),
        allow_invalid=allow_invalid,
    )
    text = render_what_if(found, format.value, to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in found):
        raise typer.Exit(1)
