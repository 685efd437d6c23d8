"""The command `hipkg convert`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import AsOf, Files, InputFormat, Output, parse_date
from hipkg.cli.reason import GraphFormat

if TYPE_CHECKING:
    from datetime import date


class ReportFormat(StrEnum):
    """The formats of the account of an import."""

    text = "text"
    json = "json"


def convert(
    files: Files,
    to: Annotated[GraphFormat, typer.Option("--to", "-t", help="Format to write.")] = GraphFormat.turtle,
    report: Annotated[
        bool, typer.Option("--report", help="Tell of FHIR resource by resource what it was used as, or why not.")
    ] = False,
    format: Annotated[ReportFormat | None, typer.Option("--format", "-f", help="Format of the report.")] = None,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    input_format: InputFormat = None,
) -> None:
    """Rewrite files in another RDF format, without adding or losing anything; of FHIR, write what is understood.

    Example: hipkg convert examples/d0-painful-degenerative-hip.ttl --to jsonld
    """
    from hipkg.base.output import apart, graph_text, write_output
    from hipkg.reading.sources import read_triples

    day = parse_date(as_of)
    if format is not None and not report:
        raise UsageError("There is no report to format.", place="--format", remedy="Add --report, or use --to.")
    if report:
        _report(files, format or ReportFormat.text, day, input_format, str(output) if output else None)
        return
    graphs = [read_triples(file, format=input_format, as_of=day) for file in files]
    write_output(graph_text(apart(graphs), to.value), str(output) if output else None)


def _report(
    files: list[str],
    format: ReportFormat,  # noqa: A002 - the option's name
    as_of: date | None,
    input_format: str | None,
    output: str | None,
) -> None:
    """Write the account of the import, and exit with 1 if a resource was malformed."""
    from hipkg.base.output import write_output
    from hipkg.reading.sources import read_import
    from hipkg.render.account import import_report

    made = [read_import(file, format=input_format, as_of=as_of) for file in files]
    write_output(import_report(made, format.value), output)
    accounts = [uses for one in made for uses in (one.strays, *(patient.uses for patient in one.patients))]
    if any(use.outcome == "malformed" for uses in accounts for use in uses):
        raise typer.Exit(1)
