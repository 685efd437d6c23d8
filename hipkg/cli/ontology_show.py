"""The command `hipkg ontology show`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import Output, cases_folder, released_or_written
from hipkg.cli.report import deliver, say

_OTHERS = 3
"""How many other terms that match are named."""


def show(
    text: Annotated[
        str, typer.Argument(metavar="TERM", help="A name with or without prefix, an id, a label, or words of one.")
    ],
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> None:
    """Tell all there is to know of a term: definition, logic, place, uses, statements, inherited bans, codes, cases.

    The logic is told in Manchester syntax and in English. What is inherited are statements that refuse or hold back a
    wider intervention, and so this one as well.

    While the release is out of date, what is written is told, without what only a reasoner finds.

    Example: hipkg ontology show IntraArticularHipInjection
    """
    from hipkg.base.vocabulary import local_name
    from hipkg.knowledge.terms import find_terms, near_terms
    from hipkg.maintenance.showing import show as gather
    from hipkg.render.ontology_show import shown_to_json, shown_to_text

    knowledge = released_or_written()
    found = find_terms(text, knowledge)
    if not found:
        near = ", ".join(near_terms(text, knowledge))
        raise UsageError(f"There is no term {text!r}.", remedy=f"Nearest: {near}." if near else "hipkg terms searches.")
    cases, local = cases_folder(), local_name(found[0].iri)
    shown = gather(found[0], knowledge, cases if (cases / "statements").is_dir() else None)
    deliver(shown_to_json(shown) if format == "json" else shown_to_text(shown, knowledge), output, format)
    others = [one.name for one in found[1:]]
    if others and text.casefold() not in {found[0].label.casefold(), found[0].name.casefold(), local.casefold()}:
        say(f"hipkg: {len(others)} more terms match: {', '.join(others[:_OTHERS])}", aside=True)
