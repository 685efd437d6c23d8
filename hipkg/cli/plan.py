"""The command `hipkg plan`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import (
    AsOf,
    Documents,
    Engine,
    EngineOption,
    Files,
    GradeEverything,
    InputFormat,
    MinEvidence,
    MinStrength,
    Output,
    parse_date,
)


class PlanFormat(StrEnum):
    """The formats that a plan can be written in."""

    text = "text"
    json = "json"
    markdown = "markdown"
    turtle = "turtle"
    jsonld = "jsonld"
    mermaid = "mermaid"


def plan(
    files: Files,
    format: Annotated[PlanFormat, typer.Option("--format", "-f", help="Format of the plan.")] = PlanFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = Engine.native,
    document: Documents = None,
    min_strength: MinStrength = "",
    min_evidence: MinEvidence = "",
    grade_everything: GradeEverything = False,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="Plan in spite of violations, and say so.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List all that waits and is known, where text keeps to the weightiest.")
    ] = False,
    input_format: InputFormat = None,
) -> None:
    """Derive the plan of each patient in the files.

    Example: hipkg plan examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.knowledge import load
    from hipkg.pipeline import plans
    from hipkg.render import render
    from hipkg.write import write_output

    made = [
        one
        for file in files
        for one in plans(
            file,
            format=input_format,
            as_of=parse_date(as_of),
            engine=engine.value,
            documents=document or (),
            min_strength=min_strength,
            min_evidence=min_evidence,
            grade_objections=grade_everything,
            allow_invalid=allow_invalid,
        )
    ]
    text = render(made, format.value, load(), to_terminal=output is None and sys.stdout.isatty(), everything=everything)
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in made):
        raise typer.Exit(1)
