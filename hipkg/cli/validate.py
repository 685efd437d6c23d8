"""The command `hipkg validate`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.files import each_file
from hipkg.cli.options import AsOf, Files, InputFormat, Output, requested
from hipkg.cli.report import deliver


class ReportFormat(StrEnum):
    """The formats of a validation report."""

    table = "table"
    json = "json"
    turtle = "turtle"


class FailOn(StrEnum):
    """The least severity that makes the command fail."""

    violation = "violation"
    warning = "warning"
    info = "info"
    none = "none"


def validate(
    files: Files,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format of the report.")] = ReportFormat.table,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 from this severity on.")] = FailOn.violation,
    input_format: InputFormat = None,
) -> None:
    """Check patient files against the shapes and say how to mend what is wrong.

    Example: hipkg validate examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.knowledge.loading import load
    from hipkg.pipeline.process import read_checked
    from hipkg.render.findings import report

    knowledge = load()
    request = requested(knowledge, as_of=as_of, input_format=input_format, allow_invalid=True)
    found, exit_code = each_file(
        files, lambda file: read_checked(file, request, knowledge).gathered(lambda one: one.findings)
    )
    deliver(report(found, format.value, to_terminal=output is None and sys.stdout.isatty()), output)
    severities = list(FailOn)
    reached = severities[: severities.index(fail_on) + 1] if fail_on is not FailOn.none else []
    if exit_code or any(one.severity in reached for one in found):
        raise typer.Exit(exit_code or 1)
