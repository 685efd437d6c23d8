"""Write plans for people and for machines: pure functions from a plan to text in some format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

from hipkg.base.limits import GRAPHS, PAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan

PlanFormat = Literal["text", "json", "ndjson", "markdown", "turtle", "jsonld", "mermaid", "fhir", "html"]
FORMATS: tuple[PlanFormat, ...] = get_args(PlanFormat)
_PAGES, _GRAPHS = {"text", "markdown", "html"}, {"turtle", "jsonld", "fhir"}
_WRITERS = {
    "json": ("plan_json", "plans_to_json"),
    "ndjson": ("plan_json", "plans_to_ndjson"),
    "markdown": ("markdown", "plans_to_markdown"),
    "turtle": ("rdf", "plans_to_turtle"),
    "jsonld": ("rdf", "plans_to_jsonld"),
    "mermaid": ("mermaid", "plans_to_mermaid"),
    "fhir": ("fhir", "plans_to_fhir"),
    "html": ("html_page", "plans_to_html"),
}


def render(
    plans: Sequence[Plan],
    format: str,  # noqa: A002 - the word that users know from every RDF library
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
    everything: bool = False,
) -> str:
    """Write plans in a format.

    Parameters: ``format`` is one of `FORMATS`; ``to_terminal`` lets text use the colours, the width and the characters
    of the terminal, otherwise it is plain and 80 columns wide; ``everything`` makes text tell the whole plan and
    not its first screen.

    Raises `UsageError` for any other format, and for more judgements of statements than it takes.
    """
    judgements = sum(len(one.statements) for one in plans)
    if format in _PAGES and judgements > PAGES.most:
        raise PAGES.exceeded(format)
    if format in _GRAPHS and judgements > GRAPHS.most:
        raise GRAPHS.exceeded(format)
    if format == "text":
        module = import_module(f"hipkg.render.{'text' if everything else 'screen_text'}")
        return str(module.plans_to_text(plans, knowledge, to_terminal=to_terminal))
    if format not in _WRITERS:
        from hipkg.base.errors import UsageError

        raise UsageError(f"There is no format {format!r}.", remedy=f"Choose among: {', '.join(FORMATS)}.")
    name, function = _WRITERS[format]
    text: str = getattr(import_module(f"hipkg.render.{name}"), function)(plans, knowledge)
    return text
