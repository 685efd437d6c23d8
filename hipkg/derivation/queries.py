"""The derivation as queries, the reference for every other.

The logic is in ``queries/derive/*.rq``: generic SPARQL over the slots of the statements, run in the order of their
numbers on a store that holds the entailed graph of one patient, and of the ontology what concerns this patient. Each
query constructs triples, and is run as the update that inserts them. `hipkg.derivation.native` does the same natively.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP, OWL, PREFIXES, RDF_TYPE, RDFS, XSD
from hipkg.record.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Set

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
from hipkg.derivation.records import Derivation, DerivedAction, DerivedConflict, Evaluation
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import NEEDS, RELATIONS, Fulfilment, Status
from hipkg.knowledge.frame.gathering import Rule
from hipkg.knowledge.modality import Modality

_NEEDS = re.compile(r"^#\+ needs: hip:(\w+)$", re.MULTILINE)
_ABOUT = re.compile(r"^#\+ about: (.+)$", re.MULTILINE)
_SUMMARY = re.compile(r"^#\+ summary: (.+)$", re.MULTILINE)
_STRATUM = re.compile(r"\?stratum\b")
_TYPE = ox.NamedNode(RDF_TYPE)
_OF_INTERVENTION = ox.NamedNode(hip.ofIntervention)
_ISSUED = PREFIXES["dcterms"] + "issued"
_COLLECTED = (
    "ofStatement", "state", "hasSubject", "atSite", "meets", "refutes", "awaits", "mayBeLiftedBy", "lacksCompanion",
    "compares", "lacksFact",
    "ofIntervention", "status", "basedOn", "restsOn", "overrules", *RELATIONS.values(), "doneBy", "doneBefore",
    "fulfilledBy", "pastCourse", "modality", "fulfilment",
    "about", "advisedBy", "opposedBy", "decidedBy", "decidedFor",
    "hasNow", "hasPlanned",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One derivation query as an update.

    A stratified step is run once for each stratum that has a statement with one of the properties it is ``about``; one
    that ``needs`` a property is skipped where no triple has it, and one that ``weighs`` sees on what grounds statements
    outrank each other.
    """

    summary: str
    update: str
    stratified: bool
    needs: ox.NamedNode | None
    about: frozenset[str]
    weighs: bool


def derive(entailed: Iterable[ox.Triple], knowledge: Knowledge, selection: Selection | None = None) -> Derivation:
    """Derive states and statuses by the queries.

    Parameters: ``entailed`` is the graph of one patient, or of several who share no node, with its entailments;
    ``selection`` says which statements count, all by default.
    """
    store = ox.Store()
    store.extend([ox.Quad(*one) for one in entailed])
    store.extend(_individual_types(store, knowledge))
    graph = Facts(quad.triple for quad in store)
    left_out = selection.left_out(knowledge) if selection else frozenset()
    for statement in left_out:
        for quad in store.quads_for_pattern(None, None, ox.NamedNode(statement)):
            store.remove(quad)
    mentioned = {quad.object.value for quad in store if isinstance(quad.object, ox.NamedNode)}
    possible = [*possible_contexts(mentioned, left_out, knowledge)]
    mentioned |= {quad.subject.value for quad in possible}  # type: ignore[union-attr]  # IRIs
    facts = [*possible, *facts_of(mentioned, knowledge)]
    store.extend(facts)
    for step, update in programme([knowledge.statements[iri] for iri in knowledge.statements.keys() & mentioned]):
        if step.needs is not None and next(store.quads_for_pattern(None, step.needs, None), None) is None:
            continue
        if step.weighs:
            grounds = [*grounds_of(mentioned, knowledge)]
            store.extend(grounds)
            facts += grounds
        store.update(update)
    return _collect(store, facts, graph, knowledge)


def _individual_types(quads: Iterable[ox.Quad], knowledge: Knowledge) -> list[ox.Quad]:
    """State the classes of the interventions that activities are of."""
    interventions = {one.object for one in quads if one.predicate == _OF_INTERVENTION}
    return [
        ox.Quad(one, _TYPE, ox.NamedNode(kind))
        for one in interventions
        if isinstance(one, ox.NamedNode)
        for kind in knowledge.individual_types.get(one.value, ())
    ]


def facts_of(mentioned: Set[str], knowledge: Knowledge) -> Iterator[ox.Quad]:
    """State what the ontology says of the mentioned statements and of the terms that they name."""
    terms = set(mentioned)
    for iri in knowledge.statements.keys() & mentioned:
        info = knowledge.statements[iri]
        terms |= {info.intervention, *info.accompanies, *info.slots}
        yield from _statement_facts(info, knowledge)
    terms |= {part for iri in knowledge.composed.keys() & terms for part in knowledge.composed[iri]}
    for iri in knowledge.named.keys() & terms:
        yield from _links(iri, hip.kindOf, knowledge.named[iri])
    for iri in knowledge.settled_for_years.keys() & terms:
        yield _value(iri, hip.settledForYears, str(knowledge.settled_for_years[iri]), "integer")
        if iri in knowledge.concerning_patient:
            yield _value(iri, hip.concernsWholePatient, "true", "boolean")
    for iri, parts in knowledge.composed.items():
        if not parts.isdisjoint(terms):
            yield from _links(iri, hip.comprises, parts)
    for iri in knowledge.refuters.keys() & terms:
        yield from _links(iri, OWL + "disjointWith", knowledge.refuters[iri])
    for iri in knowledge.defeated_by.keys() & terms:
        yield from _links(iri, hip.defeatedBy, (knowledge.defeated_by[iri],))
    for iri in knowledge.denied_by.keys() & terms:
        yield from _links(knowledge.denied_by[iri], hip.denies, (iri,))


def possible_contexts(mentioned: Set[str], left_out: Set[str], knowledge: Knowledge) -> Iterator[ox.Quad]:
    """State which contexts are possible for the members of the mentioned classes, and what is said in them."""
    for iri in knowledge.possible.keys() & mentioned:
        context, lacks = knowledge.possible[iri]
        yield from _links(iri, hip.possibleContext, (context,))
        yield from _links(iri, hip.lacksFact, (lacks,))
        for info in knowledge.of_context[context]:
            if info.iri not in left_out:
                yield from _links(info.iri, hip.appliesTo, (context,))


def _statement_facts(info: StatementInfo, knowledge: Knowledge) -> Iterator[ox.Quad]:
    if info.effect != hip.informsOn:
        yield from _links(info.iri, info.effect, (info.intervention,))
    yield from _links(info.iri, hip.requires, info.requires)
    yield from _links(info.iri, hip.exceptFor, info.except_for)
    yield from _links(info.iri, hip.endedBy, info.ended_by)
    yield from _links(info.iri, hip.satisfiedBy, info.satisfied_by)
    yield from _links(info.iri, hip.accompanies, info.accompanies)
    yield from _links(info.iri, hip.inChoice, info.choices)
    yield from _links(info.iri, hip.slot, info.slots)
    yield from _links(info.iri, hip.measures, info.measured)
    if info.vigilant:
        yield _value(info.iri, hip.vigilant, "true", "boolean")
    yield _value(info.iri, hip.stateWhenHolding, knowledge.holding[info.effect], "string")
    if info.modality:
        yield _value(info.iri, hip.modality, info.modality, "string")
    yield _value(info.iri, hip.stratum, str(info.stratum), "integer")


def grounds_of(mentioned: Set[str], knowledge: Knowledge) -> Iterator[ox.Quad]:
    """State by what one of the mentioned statements can outrank another."""
    infos = [knowledge.statements[iri] for iri in knowledge.statements.keys() & mentioned]
    for context in {one for info in infos for one in info.applies_to}:
        yield from _links(context, RDFS + "subClassOf", knowledge.superclasses.get(context, ()))
    for info in infos:
        yield from _links(info.iri, hip.appliesTo, info.applies_to)
        issued = knowledge.documents[info.document].issued
        if issued:
            yield _value(info.iri, _ISSUED, issued, "date")
        for prop, rank in ((hip.strengthRank, info.strength_rank), (hip.qualityRank, info.quality_rank)):
            if rank is not None:
                yield _value(info.iri, prop, str(rank), "integer")


def _links(subject: str, prop: str, targets: Iterable[str]) -> Iterator[ox.Quad]:
    return (ox.Quad(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(one)) for one in targets)


def _value(subject: str, prop: str, text: str, datatype: str) -> ox.Quad:
    value = ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(prop), value)


def programme(statements: Collection[StatementInfo]) -> Iterator[tuple[Step, str]]:
    """Order the updates for some statements: one for each step, one for each stratum of a stratified step."""
    strata = 1 + max((info.stratum for info in statements), default=0)
    about: list[set[str]] = [set() for _ in range(strata)]
    for info in statements:
        about[info.stratum] |= {info.effect, *([hip.accompanies] if info.accompanies else [])}
    for stratified, steps in groupby(_steps(), key=lambda step: step.stratified):
        chosen = tuple(steps)
        if not stratified:
            yield from ((step, step.update) for step in chosen)
            continue
        for number, properties in enumerate(about):
            yield from ((step, _STRATUM.sub(str(number), step.update)) for step in chosen if properties & step.about)


@cache
def _steps() -> tuple[Step, ...]:
    files = sorted((QUERIES / "derive").glob("*.rq"))
    return tuple(_step(path.read_text(encoding="utf-8")) for path in files)


def summary_of(query: str) -> str:
    """Return what the header of a query says that it does."""
    found = _SUMMARY.search(query)
    return found[1] if found else ""


def _step(text: str) -> Step:
    needs, about = _NEEDS.search(text), _ABOUT.search(text)
    query = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return Step(
        summary_of(text),
        query.replace("CONSTRUCT", "INSERT", 1),
        "#+ parameters: stratum" in text,
        ox.NamedNode(HIP + needs[1]) if needs else None,
        frozenset(HIP + one.removeprefix("hip:") for one in about[1].split()) if about else frozenset(),
        "#+ weighs: true" in text,
    )


def _collect(store: ox.Store, facts: Iterable[ox.Quad], graph: Facts, knowledge: Knowledge) -> Derivation:
    answers = _Answers(store)
    evaluations = [_evaluation(iri, answers) for iri in answers.subjects("state")]
    actions = [_action(iri, answers) for iri in answers.subjects("status")]
    conflicts = [_conflict(iri, answers) for iri in answers.subjects("decidedBy")]
    return Derivation(
        tuple(sorted(evaluations, key=lambda one: (one.statement, one.iri))),
        tuple(sorted(actions, key=lambda one: one.iri)),
        tuple(sorted(conflicts)),
        graph,
        answers.sets("hasNow"),
        answers.sets("hasPlanned"),
        lambda: (quad.triple for quad in set(store) - set(facts)),
        knowledge.terms,
    )


class _Answers:
    """Look up what the steps derived, by property and subject."""

    def __init__(self, store: ox.Store) -> None:
        self._tables: dict[str, dict[str, list[str]]] = {}
        for name in _COLLECTED:
            table = self._tables[name] = {}
            for quad in store.quads_for_pattern(None, ox.NamedNode(HIP + name), None):
                subject, value = quad.subject.value, quad.object.value  # type: ignore[union-attr]  # IRIs and literals
                table.setdefault(subject, []).append(value)

    def subjects(self, name: str) -> Iterable[str]:
        return self._tables[name]

    def one(self, name: str, subject: str) -> str:
        found = self._tables[name].get(subject)
        return min(found) if found else ""

    def sets(self, name: str) -> dict[str, frozenset[str]]:
        return {subject: frozenset(found) for subject, found in self._tables[name].items()}

    def all(self, name: str, subject: str) -> tuple[str, ...]:
        found = self._tables[name].get(subject)
        return tuple(sorted(found)) if found else ()


def _evaluation(iri: str, answers: _Answers) -> Evaluation:
    return Evaluation(
        iri,
        answers.one("ofStatement", iri),
        State(answers.one("state", iri)),
        answers.all("hasSubject", iri),
        answers.one("atSite", iri),
        answers.all("meets", iri),
        answers.all("refutes", iri),
        answers.all("awaits", iri),
        answers.all("mayBeLiftedBy", iri),
        answers.all("lacksCompanion", iri),
        answers.all("compares", iri),
        answers.all("lacksFact", iri),
    )


def _action(iri: str, answers: _Answers) -> DerivedAction:
    claimed = {kind: found for kind, relation in RELATIONS.items() if (found := answers.all(relation, iri))}
    deciding = answers.all("restsOn", iri)
    counting = {kind: found for kind, found in claimed.items() if NEEDS.get(kind, kind) in claimed}
    return DerivedAction(
        iri=iri,
        intervention=answers.one("ofIntervention", iri),
        site=answers.one("atSite", iri),
        status=Status(answers.one("status", iri)),
        modality=Modality(answers.one("modality", iri)),
        fulfilment=Fulfilment(answers.one("fulfilment", iri)),
        based_on=answers.all("basedOn", iri),
        claimed=claimed,
        decisive=min(kind for kind, evaluations in counting.items() if not set(evaluations).isdisjoint(deciding)),
        overruled=frozenset(answers.all("overrules", iri)),
        done_by=answers.all("doneBy", iri),
        done_before=answers.all("doneBefore", iri),
        fulfilled_by=answers.all("fulfilledBy", iri),
        past=answers.all("pastCourse", iri),
    )


def _conflict(iri: str, answers: _Answers) -> DerivedConflict:
    action, advice, objection, winner = (
        answers.one(name, iri) for name in ("about", "advisedBy", "opposedBy", "decidedFor")
    )
    return DerivedConflict(action, advice, objection, Rule(answers.one("decidedBy", iri)), winner)
