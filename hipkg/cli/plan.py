"""The command `hipkg plan`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypedDict

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

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hipkg.asking import Interview
    from hipkg.therapy import Ledger


class _Options(TypedDict):
    """How the files are read, whatever is made from them."""

    format: str | None
    as_of: date | None
    documents: Sequence[str]
    allow_invalid: bool


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
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Add the therapy ledger, in text, Markdown and JSON.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Try the answers to each question and rank by them, in JSON.")
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

    if ledger or answers:
        option = "--answers" if answers else "--ledger"
        _refuse_details(files, format, option, graded=bool(min_strength or min_evidence))
    if answers and (format is not PlanFormat.json or engine is not Engine.native):
        raise UsageError(
            "Answers are tried with the native engine and told in JSON.",
            place="--answers",
            remedy="Use `hipkg ask` to read them.",
        )
    options: _Options = {
        "format": input_format,
        "as_of": parse_date(as_of),
        "documents": document or (),
        "allow_invalid": allow_invalid,
    }
    made = [
        one
        for file in files
        for one in plans(
            file,
            engine=engine.value,
            min_strength=min_strength,
            min_evidence=min_evidence,
            grade_objections=grade_everything,
            **options,
        )
    ]
    terminal = output is None and sys.stdout.isatty()
    ledgers = _ledgers(files, engine, options) if ledger else []
    if format is PlanFormat.json and (ledger or answers):
        from hipkg.render.jsonplan import plans_to_json

        text = plans_to_json(made, load(), _interviews(files, options) if answers else [], ledgers)
    else:
        text = render(made, format.value, load(), to_terminal=terminal, everything=everything)
    if ledgers and format is not PlanFormat.json:
        from hipkg.render.ledger import render_ledgers

        text += "\n" + render_ledgers(ledgers, format.value, load(), to_terminal=terminal)
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in made):
        raise typer.Exit(1)


def _ledgers(files: list[str], engine: Engine, options: _Options) -> list[Ledger]:
    from hipkg.therapy import ledger

    return [one for file in files for one in ledger(file, engine=engine.value, **options)]


def _interviews(files: list[str], options: _Options) -> list[Interview]:
    from hipkg.asking import ask

    return [one for file in files for one in ask(file, **options)]


def _refuse_details(files: list[str], form: PlanFormat, option: str, *, graded: bool) -> None:
    """Refuse details where a format has no place for them, where a grade selects, and where input is read once."""
    if form not in {PlanFormat.text, PlanFormat.markdown, PlanFormat.json}:
        raise UsageError(f"That is not part of {form.value}.", place=option, remedy="Use text, Markdown or JSON.")
    if graded:
        raise UsageError("That is not selected by grade.", place=option, remedy="Leave the grades out.")
    if "-" in files:
        raise UsageError("Standard input is read once.", place=option, remedy="Name a file.")
