"""Write the logic of the guideline as text for other stores."""

from __future__ import annotations

from typing import get_args

from hipkg.api.arguments import text
from hipkg.base.errors import UsageError
from hipkg.compilation.standalone import Part, compile_sparql
from hipkg.knowledge.loading import load


def compile(target: str, *, part: Part = "all") -> str:  # noqa: A001 - the verb's name
    """Write the logic of a statement or a class as text that runs on any SPARQL 1.1 store of patient graphs.

    Parameters: ``target`` is the id of a statement, or the name or label of a class; ``part`` is ``update``,
    ``query`` or ``all``.

    Raises `UsageError` for an unknown target.
    """
    if part not in get_args(Part):
        raise UsageError(
            f"There is no part {part!r}.", place="part", remedy=f"Choose among: {', '.join(get_args(Part))}."
        )
    return compile_sparql(text("target", target), load(), part)
