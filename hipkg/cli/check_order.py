"""The command `hipkg check-order`."""

from __future__ import annotations

from typing import Annotated, Literal

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
    released,
    requested,
    with_further,
)
from hipkg.cli.report import deliver, on_terminal, told


def check_order(
    file: File,
    order: Annotated[
        list[str] | None,
        typer.Option(
            "--order",
            help="A treatment or study by label, term or code, perhaps with site and daily dose; repeatable.",
            show_default="the orders on record",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "json", "fhir"], typer.Option("--format", "-f", help="Format.")
    ] = "text",
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Check in spite of violations.")] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Tell what speaks for and against orders, beside what is known and taken; the file is only read.

    Exits with 1 if anything speaks against one of them.

    Example: hipkg check-order examples/d0-painful-degenerative-hip.ttl --order M01AE02
    """
    from hipkg.defence.orders import check_order as checked
    from hipkg.pipeline.process import each_alone, plan_patients
    from hipkg.render.orders import render_orders

    knowledge = released(codes)
    request = requested(
        knowledge, document, as_of=as_of, input_format=input_format, engine=engine, allow_invalid=allow_invalid
    )
    recorded = plan_patients(with_further(file, further), request, knowledge)
    batch = each_alone(recorded, lambda one: checked(one, order or ()))
    found = told(batch)
    if format == "fhir":
        from hipkg.render.fhir.orders import orders_to_fhir

        text = orders_to_fhir(found, knowledge)
    else:
        text = render_orders(found, format, to_terminal=on_terminal(output))
    failed = batch.set_aside or any(one.opposed or not one.plan.valid for one in found)
    deliver(text, output, format, failed=failed)
