"""The command `hipkg sensitivity`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    File,
    Further,
    GradeEverything,
    InputFormat,
    Output,
    ReportFormat,
    released,
    requested,
    with_further,
)
from hipkg.cli.report import deliver, on_terminal, told


def sensitivity(
    file: File,
    by: Annotated[Literal["strength", "evidence"], typer.Option("--by", help="Scale of the grades.")] = "strength",
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    document: Documents = None,
    grade_everything: GradeEverything = False,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="Go on in spite of violations, and say so.")
    ] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Show how the plan changes as statements of weaker grades, and those without any, are dropped.

    What speaks against an action, or guards it, is kept whatever its grade, unless --grade-everything.

    Example: hipkg sensitivity examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.defence.sensitivity import selections
    from hipkg.defence.sensitivity import sensitivity as sensitivity_of
    from hipkg.pipeline.process import each_alone, read_checked
    from hipkg.render.sensitivity import render_sensitivities

    knowledge = released(codes)
    steps = selections(knowledge, by, document or (), grade_objections=grade_everything)
    request = requested(knowledge, as_of=as_of, input_format=input_format, allow_invalid=allow_invalid)
    checked = read_checked(with_further(file, further), request, knowledge)
    batch = each_alone(checked, lambda one: sensitivity_of(one, by, steps, knowledge))
    found = told(batch)
    text = render_sensitivities(found, format, knowledge, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or any(not one.valid for one in found))
