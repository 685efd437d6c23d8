"""What the head of a compiled text says of how to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.compilation.entailment import ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.compilation.operations import Graphs
    from hipkg.knowledge.records import Knowledge


def how_to_run(knowledge: Knowledge, graphs: Graphs) -> Iterator[str]:
    """Say how a compiled text is run, in paragraphs."""
    yield f"Compiled by hipkg from its ontology, version {knowledge.version}."
    yield (
        "Rules that feed each other are written out several times, as the comments say: enough for body sites that are "
        f"parts of parts up to {2**ROUNDS} deep."
    )
    if graphs.records:
        place = f"the named graph {' or '.join(graphs.records)}"
    elif graphs.conclusions:
        place = "any graphs"
    else:
        place = "the default graph"
    yield (
        f"How to run: load patient graphs into {place} of a SPARQL 1.1 store, with hip:asOf for each patient if "
        "activities are dated, and send the rest as one update request."
    )
    if graphs.conclusions and not graphs.records:
        yield "The default graph of the store has to be the union of its graphs."
    if graphs.conclusions:
        yield (
            f"The graph {graphs.conclusions} is emptied and filled again with all that follows; the graphs of the "
            "patients stay as they are. So after a record is corrected, what followed from the error is gone."
        )
    else:
        yield (
            "It only adds triples, and adds none the second time; what followed from a record that is corrected stays. "
            "With --record-graph and --conclusion-graph all conclusions go into a graph that is rebuilt with each run."
        )
