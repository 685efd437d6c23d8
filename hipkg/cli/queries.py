"""The command `hipkg queries`."""

from __future__ import annotations

from typing import Annotated

from hipkg.cli.options import Output
from hipkg.cli.query import QueryName
from hipkg.cli.report import deliver, on_terminal


def queries(
    name: Annotated[str | None, QueryName] = None,
    output: Output = None,
) -> None:
    """List the named questions, or show one with its header and text.

    Example: hipkg queries contraindicated-at-site
    """
    from hipkg.querying.catalogue import catalogue, load_query
    from hipkg.render.answers import catalogue_to_text

    text = load_query(name).text if name else catalogue_to_text(catalogue(), to_terminal=on_terminal(output))
    deliver(text, output, "text")
