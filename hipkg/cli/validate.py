"""The command `hipkg validate`."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import typer

from hipkg.cli.options import AsOf, CodeTables, Files, InputFormat, Output, released, requested
from hipkg.cli.report import deliver, each_file, on_terminal

FindingFormat = Literal["table", "json", "turtle"]

FailOn = Literal["violation", "warning", "info", "none"]


def validate(
    files: Files,
    format: Annotated[FindingFormat, typer.Option("--format", "-f", help="Format of the report.")] = "table",  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 from this severity on.")] = "violation",
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Check patient files against the shapes and say how to mend what is wrong.

    Example: hipkg validate examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.pipeline.process import read_checked
    from hipkg.reading.joint import together
    from hipkg.render.findings import report

    knowledge = released(codes)
    request = requested(knowledge, as_of=as_of, input_format=input_format, allow_invalid=True)
    sources = together(files, format=input_format)
    found, exit_code = each_file(
        sources, lambda file: read_checked(file, request, knowledge).gathered(lambda one: one.findings)
    )
    deliver(report(found, format, to_terminal=on_terminal(output)), output, format)
    severities = get_args(FailOn)
    reached = severities[: severities.index(fail_on) + 1] if fail_on != "none" else []
    if exit_code or any(one.severity in reached for one in found):
        raise typer.Exit(exit_code or 1)
