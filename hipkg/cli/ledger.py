"""The command `hipkg ledger`."""

from __future__ import annotations

from typing import Annotated

import typer

from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    EngineOption,
    File,
    Further,
    InputFormat,
    Output,
    ReportFormat,
    released,
    requested,
    with_further,
)
from hipkg.cli.report import deliver, on_terminal, told


def ledger(
    file: File,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format of the ledger.")] = "text",  # noqa: A002 - the option's name
    everything: Annotated[
        bool, typer.Option("--all", help="Tell every threshold, and all that waits with what it lacks.")
    ] = False,
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="List in spite of violations, and say so.")
    ] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """List what was tried, whether it was enough for which statement, and when what waits can open.

    Example: hipkg ledger examples/d2-hip-pain-not-improving.ttl
    """
    from hipkg.defence.ledger import ledger as ledger_of
    from hipkg.pipeline.process import plan_patients
    from hipkg.render.brief_ledger import write_ledgers

    knowledge = released(codes)
    request = requested(
        knowledge, document, as_of=as_of, input_format=input_format, engine=engine, allow_invalid=allow_invalid
    )
    batch = plan_patients(with_further(file, further), request, knowledge).each(ledger_of)
    made = told(batch)
    text = write_ledgers(made, format, knowledge, everything=everything, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or any(not one.valid for one in made))
