"""The command `hipkg since`."""

from __future__ import annotations

from typing import Annotated

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    EngineOption,
    InputFormat,
    Output,
    ReportFormat,
    released,
    requested,
)
from hipkg.cli.report import deliver, on_terminal, told


def since(
    files: Annotated[
        list[str],
        typer.Argument(
            help="The earlier and the later record, or one record that is read for two dates.", metavar="OLD [NEW]"
        ),
    ],
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
    before: Annotated[
        str | None, typer.Option("--from", help="Date of the earlier plan, YYYY-MM-DD.", show_default="as --as-of")
    ] = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Compare in spite of violations.")] = False,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Tell what has changed in a plan, and by which facts, since an earlier record or date.

    Example: hipkg since examples/d0-painful-degenerative-hip.ttl --from 2026-11-23 --as-of 2027-01-04
    """
    from hipkg.defence.since import paired
    from hipkg.defence.since import since as compared
    from hipkg.pipeline.process import plan_patients
    from hipkg.render.since import render_since

    if len(files) > 2 or (len(files) == 1 and before is None):  # noqa: PLR2004 - the earlier and the later one
        raise UsageError(
            "Two records, or one record and two dates, are compared.", remedy="Name OLD and NEW, or OLD and --from."
        )
    knowledge = released(codes)
    dates = (before or as_of, as_of)
    old, new = (
        plan_patients(
            file,
            requested(
                knowledge, document, as_of=day, input_format=input_format, engine=engine, allow_invalid=allow_invalid
            ),
            knowledge,
        )
        for file, day in zip((files[0], files[-1]), dates, strict=True)
    )
    found = [compared(*pair) for pair in paired(told(old), told(new))]
    text = render_since(found, format, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=bool(old.set_aside or new.set_aside) or any(not one.valid for one in found))
