"""The command `hipkg reason`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hipkg.cli.options import (
    AsOf,
    CodeTables,
    EngineOption,
    Files,
    GraphFormat,
    InputFormat,
    Output,
    parse_date,
    released,
)
from hipkg.cli.report import deliver, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyoxigraph import Triple

    from hipkg.reading.joint import Joint
    from hipkg.record.patient import Record


def reason(
    files: Files,
    format: Annotated[GraphFormat, typer.Option("--format", "-f", help="Format of the graph.")] = "turtle",  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    only_entailed: Annotated[bool, typer.Option("--only-entailed", help="Leave out what the files record.")] = False,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Write the patients' graphs with the classes and property values that the ontology entails.

    Example: hipkg reason examples/d0-painful-degenerative-hip.ttl --only-entailed
    """
    from hipkg.base.batch import Batch, each_source
    from hipkg.base.output import graph_text
    from hipkg.pipeline.process import entailed
    from hipkg.reading.joint import together
    from hipkg.reading.sources import read

    day, knowledge = parse_date(as_of), partial(released, codes)

    def wanted(record: Record) -> Iterator[Triple]:
        recorded = {*record.triples} if only_entailed else set()
        return (one for one in entailed(record, knowledge, engine) if one not in recorded)

    def of_file(file: Joint) -> Batch[Triple]:
        return read(file, knowledge, format=input_format, as_of=day, deceased=True).gathered(wanted)

    batch = each_source(together(files, format=input_format), of_file)
    deliver(graph_text(told(batch), format), output, format, failed=batch.set_aside)
