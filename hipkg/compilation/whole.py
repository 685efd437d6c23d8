"""Compile all statements to one SPARQL text: who they apply to, their final states, and the statuses of actions.

The text is the reference derivation, made to stand alone: the rules of the release, what the ontology says of the
statements as data, and the queries of ``queries/derive`` as operations, in their order.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

import pyoxigraph as ox

from hipkg.compilation.entailment import entailment
from hipkg.compilation.head import how_to_run
from hipkg.compilation.operations import DEFAULT, Graphs, Operation, alone, operation_of, request, select, with_query
from hipkg.compilation.sparql import term
from hipkg.derivation.native import goals_of
from hipkg.derivation.queries import facts_of, grounds_of, possible_contexts, programme
from hipkg.knowledge.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.selection import Selection

WholePart = Literal["all", "update", "states", "actions"]
_OWNER = "?evaluation hip:hasSubject/(^hip:hasProblem)* ?patient . ?patient a hip:Patient ."


def compile_all(
    knowledge: Knowledge, part: WholePart = "all", graphs: Graphs = DEFAULT, selection: Selection = EVERYTHING
) -> str:
    """Compile the statements that a selection leaves.

    Parameters: ``part`` is the update alone, the query that reads the states of statements or the one that reads the
    statuses of actions, or the update with both in closing comments; ``graphs`` are those of the store.
    """
    queries = {"states": _states(graphs), "actions": _actions(graphs)}
    if part in queries:
        return alone(queries[part])
    left_out = selection.left_out(knowledge)
    text = request(_head(knowledge, graphs, left_out), _operations(knowledge, left_out), graphs)
    if part == "all":
        for name, query in queries.items():
            text = with_query(text, query, f"hipkg compile --part {name}")
    return text


def _operations(knowledge: Knowledge, left_out: frozenset[str]) -> Iterator[Operation]:
    """List the operations: what is entailed, what the statements say, and what follows, step by step."""
    infos = [info for iri, info in sorted(knowledge.statements.items()) if iri not in left_out]
    counting = {info.iri for info in infos}
    contexts = {context for info in infos for context in info.applies_to}
    kinds = frozenset(kind for iri in knowledge.interventions for kind in knowledge.individual_types.get(iri, ()))
    yield from entailment(knowledge).operations((goals_of(counting, knowledge) - counting) | contexts, kinds)
    pairs = [f"    ({term(context)} {term(info.iri)})" for info in infos for context in info.applies_to]
    where = "\n".join(["{", "  VALUES (?context ?statement) {", *pairs, "  }", "  ?subject a ?context .", "}"])
    yield Operation("Whom the statements apply to.", ("?subject hip:applicableStatement ?statement .",), where)
    named = {*counting, *knowledge.superclasses, *knowledge.individual_types, *knowledge.definitions}
    named -= knowledge.statements.keys() - counting
    yield _data(
        "What the statements say.", (*possible_contexts(named, left_out, knowledge), *facts_of(named, knowledge))
    )
    for weighs, steps in groupby(programme(infos), key=lambda one: one[0].weighs):
        if weighs:
            yield _data("By what statements outrank each other.", grounds_of(named, knowledge))
        yield from (operation_of(step.summary, update) for step, update in steps)


def _data(title: str, quads: Iterable[ox.Quad]) -> Operation:
    """State triples, those of a subject together."""
    found = sorted({(_written(one.subject), _written(one.predicate), _written(one.object)) for one in quads})
    lines = []
    for subject, rows in groupby(found, key=lambda row: row[0]):
        lines.append(f"{subject} {' ; '.join(f'{prop} {value}' for _, prop, value in rows)} .")
    return Operation(title, tuple(lines))


def _written(one: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return term(one.value) if isinstance(one, ox.NamedNode) else str(one)


def _states(graphs: Graphs) -> str:
    """Write the query that reads the final state of each statement at each place."""
    lines = [
        "?evaluation hip:ofStatement ?statement ; hip:state ?state .",
        _OWNER,
        "OPTIONAL { ?evaluation hip:atSite ?site }",
    ]
    columns = ("DISTINCT", "?patient", "?site", "?statement", "?state")
    return select(columns, lines, graphs, order=("?patient", "?site", "?statement"))


def _actions(graphs: Graphs) -> str:
    """Write the query that reads the status of each action at each place, and the statements that it rests on."""
    lines = [
        "?action hip:ofIntervention ?intervention ; hip:status ?status ; hip:modality ?modality .",
        "?action hip:restsOn ?evaluation .",
        _OWNER,
        "?evaluation hip:ofStatement ?statement .",
        "OPTIONAL { ?action hip:atSite ?site }",
    ]
    columns = ("DISTINCT", "?patient", "?site", "?intervention", "?status", "?modality", "?statement")
    return select(columns, lines, graphs, order=("?patient", "?site", "?intervention", "?statement"))


def _head(knowledge: Knowledge, graphs: Graphs, left_out: frozenset[str]) -> Iterator[str]:
    counting = [info for info in knowledge.statements.values() if info.iri not in left_out]
    yield f"What {len(counting)} statements say of the patients of a store, and the actions that follow."
    documents = {info.document for info in counting}
    for one in sorted((knowledge.documents[iri] for iri in documents), key=attrgetter("id")):
        yield f"{one.id}: {one.title}"
    yield "Decision support for professionals, not medical advice."
    yield from how_to_run(knowledge, graphs)
    yield (
        "States are final: what goes along with something is decided after that. hip:state is the state of a statement "
        "at a place, hip:status that of an action, hip:restsOn names the evaluations that give it."
    )
