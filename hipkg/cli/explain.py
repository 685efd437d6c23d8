"""The command `hipkg explain`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hipkg.cli.options import AsOf, Documents, Engine, EngineOption, File, InputFormat, Output, parse_date

if TYPE_CHECKING:
    from datetime import date

    from hipkg.reasoning.engines import EngineName


class ExplanationFormat(StrEnum):
    """The formats that an explanation can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"
    turtle = "turtle"


class Options(NamedTuple):
    """What an explanation and a comparison are made with."""

    format: str | None
    as_of: date | None
    engine: EngineName
    documents: tuple[str, ...]
    allow_invalid: bool


def explain(
    file: File,
    target: Annotated[
        str,
        typer.Argument(metavar="ACTION|STATEMENT", help="Words of an action, or a statement's id.", show_default=False),
    ],
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", metavar="ACTION", help="Tell where the derivation parts from that of another."),
    ] = None,
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
    from hipkg.base.output import write_output
    from hipkg.defence.contrast import contrast
    from hipkg.defence.explainer import explain as explain_source
    from hipkg.render.contrast import render_contrasts
    from hipkg.render.explanation import render_explanations

    options = Options(input_format, parse_date(as_of), engine.value, tuple(document or ()), allow_invalid)
    to_terminal = output is None and sys.stdout.isatty()
    if instead_of is None:
        found = explain_source(file, target, **options._asdict())
        text = render_explanations(found, format.value, to_terminal=to_terminal)
        valid = all(one.valid for one in found)
    else:
        compared = contrast(file, target, instead_of, **options._asdict())
        text = render_contrasts(compared, format.value, to_terminal=to_terminal)
        valid = all(one.action.valid for one in compared)
    write_output(text, str(output) if output else None)
    if not valid:
        raise typer.Exit(1)
