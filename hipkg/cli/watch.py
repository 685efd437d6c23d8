"""The command `hipkg watch`."""

from __future__ import annotations

from typing import Annotated

import typer

from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
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


def watch(
    file: File,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format.")] = "text",  # noqa: A002 - the option's name
    everything: Annotated[
        bool, typer.Option("--all", help="Name every action that a fact changes, and those that nothing does.")
    ] = False,
    output: Output = None,
    as_of: AsOf = None,
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Watch in spite of violations.")] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """List for each indicated action the facts that would speak against it or end its indication.

    Example: hipkg watch examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.defence.watching import watch_list
    from hipkg.pipeline.process import plan_patients
    from hipkg.render.watching import render_watch_lists

    knowledge = released(codes)
    request = requested(knowledge, document, as_of=as_of, input_format=input_format, allow_invalid=allow_invalid)
    batch = plan_patients(with_further(file, further), request, knowledge).each(watch_list)
    found = told(batch)
    text = render_watch_lists(found, format, knowledge, everything=everything, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or any(not one.plan.valid for one in found))
