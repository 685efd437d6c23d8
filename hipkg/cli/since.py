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
    Further,
    FurtherEarlier,
    InputFormat,
    Output,
    ReportFormat,
    released,
    requested,
    with_further,
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
    further: Further = None,
    earlier: FurtherEarlier = None,
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

    Of two records, --with names more files of the later one, and --with-old of the earlier one.

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
    if len(files) == 1 and earlier:
        raise UsageError("There is no earlier record.", place="--with-old", remedy="Name its files by --with.")
    new = with_further(files[-1], further)
    old = with_further(files[0], earlier) if len(files) > 1 else new
    knowledge = released(codes)
    planned_before, planned_after = (
        plan_patients(
            record,
            requested(
                knowledge, document, as_of=day, input_format=input_format, engine=engine, allow_invalid=allow_invalid
            ),
            knowledge,
        )
        for record, day in ((old, before or as_of), (new, as_of))
    )
    found = [compared(*pair) for pair in paired(told(planned_before), told(planned_after))]
    text = render_since(found, format, to_terminal=on_terminal(output))
    failed = planned_before.set_aside or planned_after.set_aside or any(not one.valid for one in found)
    deliver(text, output, format, failed=bool(failed))
