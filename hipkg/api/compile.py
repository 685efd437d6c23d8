"""Write the logic of the guideline as text for other stores."""

from __future__ import annotations

from typing import Literal, cast, get_args

from hipkg.api.arguments import Texts, text, texts
from hipkg.base.errors import UsageError
from hipkg.compilation.operations import in_graphs
from hipkg.compilation.standalone import Part as SinglePart
from hipkg.compilation.standalone import compile_sparql
from hipkg.compilation.whole import WholePart, compile_all
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import select

Part = Literal["all", "update", "query", "states", "actions"]


def compile(  # noqa: A001 - the verb's name
    target: str = "",
    *,
    part: Part = "all",
    documents: Texts = (),
    record_graphs: Texts = (),
    conclusion_graph: str = "",
) -> str:
    """Write the logic of a statement, of a class or of all statements as text that runs on any SPARQL 1.1 store.

    Parameters: ``target`` is the id of a statement, or the name or label of a class, all statements if it is empty;
    ``part`` is ``update``, ``query`` (of all statements ``states`` or ``actions``) or ``all``; ``documents`` restricts
    all statements to those of some documents; ``record_graphs`` name the graphs of the store with patients, and
    ``conclusion_graph`` that which is rebuilt with what follows.

    Raises `UsageError` for an unknown target, and for a part or documents that the target does not have.
    """
    graphs = in_graphs(texts("record_graphs", record_graphs), text("conclusion_graph", conclusion_graph))
    chosen, named = texts("documents", documents), text("target", target)
    if named and chosen:
        raise UsageError("A single target takes no documents.", place="documents", remedy="Leave out one of the two.")
    kinds = get_args(SinglePart if named else WholePart)
    if part not in kinds:
        of = "a single target" if named else "all statements"
        raise UsageError(f"Of {of} there is no {part}.", place="part", remedy=f"Choose among: {', '.join(kinds)}.")
    if named:
        return compile_sparql(named, load(), cast("SinglePart", part), graphs)
    return compile_all(load(), cast("WholePart", part), graphs, select(load(), chosen))
