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
from hipkg.errors import UsageError


class PlanFormat(StrEnum):
    """The formats that a plan can be written in."""

    text = "text"
    json = "json"
    markdown = "markdown"
    turtle = "turtle"
    jsonld = "jsonld"
    mermaid = "mermaid"
    fhir = "fhir"


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
    ledger: Annotated[bool, typer.Option("--ledger", help="Append the therapy ledger, in text and Markdown.")] = False,
    input_format: InputFormat = None,
) -> None:
    """Derive the plan of each patient in the files.

    Example: hipkg plan examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.knowledge import load
    from hipkg.pipeline import plans
    from hipkg.render import render
    from hipkg.write import write_output

    if ledger:
        _refuse_ledger(files, format, graded=bool(min_strength or min_evidence))
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
    if ledger:
        from hipkg.render.ledger import render_ledgers
        from hipkg.therapy import ledger as ledgers

        kept = [
            one
            for file in files
            for one in ledgers(
                file,
                format=input_format,
                as_of=parse_date(as_of),
                engine=engine.value,
                documents=document or (),
                allow_invalid=allow_invalid,
            )
        ]
        text += "\n" + render_ledgers(kept, format.value, load(), to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in made):
        raise typer.Exit(1)


def _refuse_ledger(files: list[str], format: PlanFormat, *, graded: bool) -> None:  # noqa: A002 - the option's name
    """Refuse a ledger where the plan is data, where a grade selects statements, and where the input is read once."""
    if format not in {PlanFormat.text, PlanFormat.markdown}:
        raise UsageError(
            f"A ledger is not part of {format.value}.", place="--ledger", remedy="Use `hipkg ledger` beside the plan."
        )
    if graded:
        raise UsageError("A ledger is not selected by grade.", place="--ledger", remedy="Leave the grades out.")
    if "-" in files:
        raise UsageError("Standard input is read once.", place="--ledger", remedy="Name a file.")
