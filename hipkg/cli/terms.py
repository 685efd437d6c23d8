"""The command `hipkg terms`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import Output, released_or_written
from hipkg.cli.report import deliver, say


def terms(
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="Words, a label, a name with or without prefix, or an id or IRI."),
    ],
    top: Annotated[int, typer.Option("--top", min=1, help="How many terms are told at most.")] = 10,
    recordable: Annotated[bool, typer.Option("--recordable", help="Only terms that records of patients use.")] = False,
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> None:
    """Search the vocabulary: what a term is, its other names and parents, its codes, and whether records use it.

    While the ontology is edited and its release is out of date, what is written is told.

    Exits with 1 if nothing is found.

    Example: hipkg terms "hip osteoarthritis" --recordable
    """
    from hipkg.knowledge.terms import find_terms, near_terms
    from hipkg.render.terms import terms_to_json, terms_to_text

    knowledge = released_or_written()
    found = [one for one in find_terms(text, knowledge) if one.recordable or not recordable]
    shown = found[:top]
    deliver(terms_to_json(shown) if format == "json" else terms_to_text(shown, knowledge), output, format)
    if len(found) > top:
        say(f"hipkg: {len(found) - top} more terms match; --top shows more, --recordable fewer.", aside=True)
    if not found:
        near = ", ".join(near_terms(text, knowledge))
        say(f"hipkg: no term matches.{f' Nearest: {near}.' if near else ''}", aside=True)
        raise typer.Exit(1)
