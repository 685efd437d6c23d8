"""Fill the dataset that queries are asked of: named graphs of patients and of the guideline, and their union."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.batch import Batch, each_source
from hipkg.base.paths import ontology_files
from hipkg.base.vocabulary import GRAPHS, RDF_TYPE, RDFS
from hipkg.knowledge.memo import kept
from hipkg.owl.in_force import in_force
from hipkg.owl.sources import load_sources
from hipkg.pipeline.process import plan_patient
from hipkg.reading.joint import Joint, together
from hipkg.reading.sources import read
from hipkg.render.rdf import planned_graph
from hipkg.render.skos import code_triples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.reading.joint import Named
    from hipkg.record.patient import Record


class Graph(StrEnum):
    """The named graphs: what is recorded of patients and what that entails, their plans, the guideline, and codes."""

    RECORD = GRAPHS + "record"
    ENTAILED = GRAPHS + "entailed"
    PLAN = GRAPHS + "plan"
    GUIDELINE = GRAPHS + "guideline"
    CODES = GRAPHS + "codes"


_SUBCLASS = RDFS + "subClassOf"


def dataset(
    sources: Iterable[Named] | Joint, request: Request, knowledge: Knowledge, *, coded: bool = True
) -> Batch[ox.Store]:
    """Fill a store with the guideline, the codes, and the patients of some files.

    Each triple is in its named graph and in the default graph, which is the union of all.

    Parameters: ``sources`` are files, or what is opened already; ``coded`` says whether the codes are asked for.

    Raises what `hipkg.plan` raises for the files.
    """
    store = ox.Store()
    _load_guideline(store, knowledge)
    if coded:
        store.extend(_quads(Graph.CODES, codes(knowledge)))
    internal = {one.subject for one in store.quads_for_pattern(None, ox.NamedNode(hip.internal), None)}

    def of_patient(record: Record) -> Iterator[ox.Quad]:
        made = plan_patient(record, request, knowledge)
        recorded = frozenset(record.triples)
        yield from _quads(Graph.RECORD, record.triples)
        entailed = made.derivation.facts.triples(knowledge.terms)
        yield from _quads(Graph.ENTAILED, (one for one in entailed if one not in recorded))
        yield from _quads(Graph.PLAN, (one for one in planned_graph(made) if one.predicate not in internal))

    def of_source(source: Joint) -> Batch[ox.Quad]:
        records = read(source, lambda: knowledge, format=request.format, as_of=request.as_of, deceased=True)
        return records.gathered(of_patient)

    opened = (sources,) if isinstance(sources, Joint) else together(sources, format=request.format)
    quads = each_source(opened, of_source)
    store.extend(quads.results)
    for one in Graph:
        store.update(f"ADD SILENT GRAPH <{one}> TO DEFAULT")
    return Batch((store,), quads.set_aside)


def _load_guideline(store: ox.Store, knowledge: Knowledge) -> None:
    """Read the modules of the ontology, and add what classes and statements are entailed to be, and to concern."""
    try:
        for path in ontology_files():
            store.load(path=path, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(Graph.GUIDELINE))
    except SyntaxError:
        load_sources()  # which says where
        raise
    _leave_out_withdrawn(store, knowledge)
    entailed = (_triple(one, _SUBCLASS, other) for one, some in knowledge.superclasses.items() for other in some)
    store.extend(_quads(Graph.GUIDELINE, entailed))
    kinds = ((one, knowledge.individual_types.get(one, ())) for one in knowledge.statements)
    store.extend(_quads(Graph.GUIDELINE, (_triple(one, RDF_TYPE, kind) for one, some in kinds for kind in some)))
    about = ((one.iri, one.intervention) for one in knowledge.statements.values())
    store.extend(_quads(Graph.GUIDELINE, (_triple(one, hip.concerns, other) for one, other in about)))


def _leave_out_withdrawn(store: ox.Store, knowledge: Knowledge) -> None:
    """Leave of statements that are in force no more what tells so."""
    if any(one.is_statement for one in knowledge.withdrawn.values()):
        graph = ox.NamedNode(Graph.GUIDELINE)
        written = [one.triple for one in store.quads_for_pattern(None, None, None, graph)]
        store.clear_graph(graph)
        store.extend(_quads(Graph.GUIDELINE, in_force(written)))


@kept
def codes(knowledge: Knowledge) -> tuple[ox.Triple, ...]:
    """Describe the codes of clinical code systems that are known as concepts of SKOS, with the terms they stand for."""
    return tuple(dict.fromkeys(code_triples(knowledge.terminology.mappings, knowledge.terminology)))


def _quads(graph: Graph, triples: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    name = ox.NamedNode(graph)
    return (ox.Quad(subject, prop, target, name) for subject, prop, target in triples)


def _triple(subject: str, prop: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(target))
