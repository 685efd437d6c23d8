"""The command `hipkg codes`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import CodeTables, InputFormat, Output, released
from hipkg.cli.report import deliver, say


def codes(
    text: Annotated[
        str | None,
        typer.Argument(metavar="CODE|TEXT", help="A code, a term by its prefixed name, or words.", show_default=False),
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", "-s", help="Only codes of this system: its name or FHIR URI.")
    ] = None,
    unknown: Annotated[
        str | None,
        typer.Option(
            "--unknown", metavar="SOURCE", help="Count the codes that are not known in FHIR, a file or a folder."
        ),
    ] = None,
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
    input_format: InputFormat = None,
    tables: CodeTables = None,
) -> None:
    """Tell what a clinical code means to hipkg, which codes a term has, or which codes of a data set are not known.

    Words find the codes and terms in whose names each of them begins a word.

    Exits with 1 if nothing is found.

    Example: hipkg codes "hip pain" --system ICD-10-CM
    """
    if (text is None) == (unknown is None):
        raise UsageError(
            "Name either a code or words, or a data set.",
            place="codes",
            remedy="Write hipkg codes TEXT, or hipkg codes --unknown FOLDER.",
        )
    if unknown is not None:
        _count(unknown, system, format, output, input_format, tables)
    else:
        _look_up(text or "", system, format, output, tables)


def _look_up(text: str, system: str | None, format: str, output: Output, tables: CodeTables) -> None:  # noqa: A002 - the option's name
    from hipkg.render.codes import codes_to_json, codes_to_text

    knowledge = released(tables)
    terminology = knowledge.terminology
    found = terminology.search(text, system or "")
    made = codes_to_json(found) if format == "json" else codes_to_text(found, terminology, knowledge.label)
    deliver(made, output, format)
    if not found:
        absent = ", ".join(one.name for one in terminology.absent) or "none"
        say(f"hipkg: no code, term or name matches. Systems without mappings here: {absent}.", aside=True)
        raise typer.Exit(1)


def _count(
    source: str,
    system: str | None,
    format: str,  # noqa: A002 - the option's name
    output: Output,
    input_format: str | None,
    tables: CodeTables,
) -> None:
    """Write the codes of a data set that are not known, of one system if one is named."""
    from hipkg.knowledge.terminology import plain
    from hipkg.reading.sources import read_usage
    from hipkg.render.codes import usage_to_json, usage_to_text

    usage = read_usage(source, lambda: released(tables), format=input_format)
    if system:
        wanted = [one for one in usage.unknown if plain(system) in {plain(one.system), plain(one.name)}]
        usage = usage._replace(unknown=tuple(wanted))
    deliver(usage_to_json(usage) if format == "json" else usage_to_text(usage), output, format)
