"""The command `hipkg explain`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Documents, Engine, EngineOption, File, InputFormat, Output, parse_date


class ExplanationFormat(StrEnum):
    """The formats that an explanation can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"


def explain(
    file: File,
    target: Annotated[
        str,
        typer.Argument(metavar="ACTION|STATEMENT", help="Words of an action, or a statement's id.", show_default=False),
    ],
    format: Annotated[ExplanationFormat, typer.Option("--format", "-f", help="Format.")] = ExplanationFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = Engine.native,
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Explain in spite of violations.")] = False,
    input_format: InputFormat = None,
) -> None:
    """Explain why an action or a statement stands as it does: from status to statements, axioms and recorded facts.

    Example: hipkg explain examples/d0-painful-degenerative-hip.ttl "hyaluronic acid"
    """
    from hipkg.explanation import explain as explain_source
    from hipkg.render.explanation import render_explanations
    from hipkg.write import write_output

    found = explain_source(
        file,
        target,
        format=input_format,
        as_of=parse_date(as_of),
        engine=engine.value,
        documents=document or (),
        allow_invalid=allow_invalid,
    )
    text = render_explanations(found, format.value, to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
