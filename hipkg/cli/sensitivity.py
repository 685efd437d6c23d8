"""The command `hipkg sensitivity`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Documents, File, GradeEverything, InputFormat, Output, parse_date


class SensitivityFormat(StrEnum):
    """The formats that a sensitivity can be written in."""

    text = "text"
    markdown = "markdown"
    json = "json"


class By(StrEnum):
    """The scales of grades."""

    strength = "strength"
    evidence = "evidence"


def sensitivity(
    file: File,
    by: Annotated[By, typer.Option("--by", help="Scale of the grades.")] = By.strength,
    format: Annotated[SensitivityFormat, typer.Option("--format", "-f", help="Format.")] = SensitivityFormat.text,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    document: Documents = None,
    grade_everything: GradeEverything = False,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="Go on in spite of violations, and say so.")
    ] = False,
    input_format: InputFormat = None,
) -> None:
    """Show how the plan changes as statements of weaker grades, and those without any, are dropped.

    What speaks against an action, or guards it, is kept whatever its grade, unless --grade-everything.

    Example: hipkg sensitivity examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.base.output import write_output
    from hipkg.defence.sensitivity import sensitivity as sensitivity_of
    from hipkg.knowledge.loading import load
    from hipkg.render.sensitivity import render_sensitivities

    found = sensitivity_of(
        file,
        by=by.value,
        format=input_format,
        as_of=parse_date(as_of),
        documents=document or (),
        grade_objections=grade_everything,
        allow_invalid=allow_invalid,
    )
    text = render_sensitivities(found, format.value, load(), to_terminal=output is None and sys.stdout.isatty())
    write_output(text, str(output) if output else None)
    if any(not one.valid for one in found):
        raise typer.Exit(1)
