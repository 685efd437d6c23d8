"""Write the logic of the guideline as text for other stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import text
from hipkg.compilation.standalone import compile_sparql
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from hipkg.compilation.standalone import Part


def compile(target: str, *, part: Part = "all") -> str:  # noqa: A001 - the verb's name
    """Write the logic of a statement or a defined class as text that runs on any SPARQL 1.1 store of patient graphs.

    Parameters: ``target`` is the id of a statement, or the name or label of a defined class; ``part`` is ``update``,
    ``query`` or ``all``.

    Raises `UsageError` for an unknown target.
    """
    return compile_sparql(text("target", target), load(), part)
