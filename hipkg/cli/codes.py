"""The command `hipkg codes`."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from hipkg.cli.options import Output
from hipkg.cli.report import deliver


def codes(
    text: Annotated[
        str,
        typer.Argument(metavar="CODE|TEXT", help="A code, a term by its prefixed name, or words.", show_default=False),
    ],
    system: Annotated[
        str | None, typer.Option("--system", "-s", help="Only codes of this system: its name or FHIR URI.")
    ] = None,
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> None:
    """Tell what a clinical code means to hipkg, or which codes a term has.

    Words find the codes and terms in whose names each of them begins a word.

    Exits with 1 if nothing is found.

    Example: hipkg codes "hip pain" --system ICD-10-CM
    """
    from hipkg.knowledge.loading import load as load_knowledge
    from hipkg.knowledge.terminology import read
    from hipkg.render.codes import codes_to_json, codes_to_text

    terminology = read()
    found = terminology.search(text, system or "")
    made = codes_to_json(found) if format == "json" else codes_to_text(found, terminology, load_knowledge().label)
    deliver(made, output)
    if not found:
        absent = ", ".join(one.name for one in terminology.absent) or "none"
        sys.stderr.write(f"hipkg: no code, term or name matches. Systems without mappings here: {absent}.\n")
        raise typer.Exit(1)
