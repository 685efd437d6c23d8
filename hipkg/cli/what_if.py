"""The command `hipkg what-if`."""

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


def what_if(
    file: File,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", help="What is to be added: words, Turtle, or @FILE; repeatable.", show_default=False),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", help="What is to be taken out: words, Turtle, or @FILE; repeatable."),
    ] = None,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Compare in spite of violations.")] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Tell how the plan would change if the record were another; the file itself is only read.

    Example: hipkg what-if examples/d0-painful-degenerative-hip.ttl --add "age 71"
    """
    from hipkg.defence.what_if import check_changes
    from hipkg.defence.what_if import what_if as compared
    from hipkg.pipeline.process import each_alone, plan_patients
    from hipkg.render.what_if import render_what_if

    check_changes(add or (), remove or ())
    knowledge = released(codes)
    request = requested(
        knowledge, document, as_of=as_of, input_format=input_format, engine=engine, allow_invalid=allow_invalid
    )
    recorded = plan_patients(with_further(file, further), request, knowledge)
    batch = each_alone(recorded, lambda one: compared(one, add or (), remove or ()))
    found = told(batch)
    text = render_what_if(found, format, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or any(not one.valid for one in found))
