"""Write plans as RDF: what was decided, on which statements and documents, and from what with which software (PROV-O).

Every node has an IRI that follows from the patient's graph and the date of the plan, so that the same plan gives the
same triples and plans of different dates do not mix.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.numbers import Bounds, Range, plain
from hipkg.base.vocabulary import HIP, PREFIXES, RDF_TYPE, RDFS, SKOS, XSD, expand
from hipkg.planning.earliest import Lengths
from hipkg.render.names import part_iri, term_of
from hipkg.render.words import clean, describe_check, describe_found, software

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from rdflib import Graph

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned
    from hipkg.planning.bounds import Check
    from hipkg.planning.earliest import Earliest
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Conflict, Interaction, Plan, Question, Result, StatementState
    from hipkg.validation.findings import Finding

    Value = ox.NamedNode | ox.BlankNode | ox.Literal
    Fact = tuple[str, Value]

PROV, DCTERMS, SH = PREFIXES["prov"], PREFIXES["dcterms"], PREFIXES["sh"]
_USED_PREFIXES = {name: PREFIXES[name] for name in ("dcterms", "hip", "prov", "rdfs", "sh", "skos", "xsd")}
ONTOLOGY = HIP + "ontology/"
_ENDS = {">": hip.needAtLeast, "<": hip.needAtMost}


def plan_graph(plan: Plan, knowledge: Knowledge) -> tuple[ox.Triple, ...]:
    """Turn a plan into triples, without blank nodes and in a fixed order."""
    return tuple(dict.fromkeys(_Describer(plan, knowledge).triples()))


def planned_graph(planned: Planned) -> tuple[ox.Triple, ...]:
    """Turn a plan into triples, with what is derived beside: what each evaluation meets, lacks and claims."""
    describer = _Describer(planned.plan, planned.knowledge)
    return tuple(dict.fromkeys((*describer.triples(), *describer.derived(planned.derivation))))


def rdflib_graph(turtle: str) -> Graph:
    """Turn a text of Turtle into a graph of rdflib."""
    from rdflib import Graph

    graph = Graph(bind_namespaces="none")
    parser = ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE)
    data = ox.serialize((one.triple for one in parser), format=ox.RdfFormat.N_TRIPLES)
    for prefix, namespace in parser.prefixes.items():
        graph.bind(prefix, namespace)
    return graph.parse(data=data, format="nt")


def plans_to_turtle(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans as Turtle."""
    return turtle(_together(plans, knowledge), _USED_PREFIXES)


def turtle(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> str:
    """Write triples as Turtle, each once, with the prefixes in their order."""
    text = ox.serialize(dict.fromkeys(triples), format=ox.RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    lines = text.decode().splitlines()
    header = [one for one in lines if one.startswith("@prefix")]  # which the serialiser writes in any order
    return "\n".join([*sorted(header), *lines[len(header) :]]) + "\n"


def plans_to_jsonld(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans as JSON-LD, compacted with the prefixes of Turtle."""
    data = ox.serialize(_together(plans, knowledge), format=ox.RdfFormat.JSON_LD, prefixes=_USED_PREFIXES)
    nodes = json.loads(data or b"")
    document = {"@context": _USED_PREFIXES, "@graph": [_compacted(one) for one in nodes]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _compacted(node: dict[str, Any]) -> dict[str, Any]:
    """Shorten the names in a node, or a value, of expanded JSON-LD; the text of literals is left as it is."""
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == RDF_TYPE:
            found["@type"] = [_short(one["@id"]) for one in value]
        elif isinstance(value, list):
            found[_short(key)] = [_compacted(one) for one in value]
        else:
            found[key] = _short(value) if key in {"@id", "@type"} else value
    return found


def _short(iri: str) -> str:
    return next((f"{name}:{iri[len(space) :]}" for name, space in _USED_PREFIXES.items() if iri.startswith(space)), iri)


def _together(plans: Sequence[Plan], knowledge: Knowledge) -> dict[ox.Triple, None]:
    return dict.fromkeys(one for plan in plans for one in plan_graph(plan, knowledge))


def _first_day(soonest: Earliest | None) -> Iterator[tuple[str, ox.Literal]]:
    """Say when what waits for lengths can have them, if it waits for any."""
    if soonest:
        yield hip.earliest, _typed(soonest.day.isoformat(), "date")
        yield hip.assumesStart, _truth(soonest.assumed)


class _Describer:
    """Describe one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self._plan = plan
        self._knowledge = knowledge
        self._iris = {info.id: info.iri for info in knowledge.statements.values()}
        self._places = {one.site: one.place for one in plan.statements}
        self._lengths = Lengths(plan, knowledge)
        self._iri = self._minted("")
        self._activity = self._minted("", activity="derivation")

    def triples(self) -> Iterator[ox.Triple]:
        """Describe the plan, its parts, and what they refer to."""
        yield from self._header()
        for action in self._plan.actions:
            yield from self._action(action)
        for state in self._plan.statements:
            yield from self._evaluation(state)
        for conflict in self._plan.conflicts:
            yield from self._conflict(conflict)
        for interaction in self._plan.interactions:
            yield from self._interaction(interaction)
        for question in self._plan.questions:
            yield from self._question(question)
        yield from self._findings()
        yield from self._sources()

    def derived(self, derivation: Derivation) -> Iterator[ox.Triple]:
        """Tell of actions and evaluations what is derived, by the names that they have in the plan."""
        ids = {iri: info.id for iri, info in self._knowledge.statements.items()}
        names = {one.iri: self._action_iri(one.intervention, one.site) for one in derivation.actions}
        names |= {one.iri: self._evaluation_iri(ids[one.statement], one.site) for one in derivation.evaluations}
        nodes = {ox.NamedNode(old): ox.NamedNode(new) for old, new in names.items()}
        for subject, prop, target in derivation.told():
            if subject in nodes:
                yield ox.Triple(nodes[subject], prop, nodes.get(target, target))

    def _minted(self, place: str, **parts: str) -> str:
        return part_iri(self._plan, place, **parts)

    def _action_iri(self, intervention: str, place: str) -> str:
        return self._minted(place, action=intervention)

    def _evaluation_iri(self, statement: str, place: str) -> str:
        return self._minted(place, statement=statement)

    def _header(self) -> Iterator[ox.Triple]:
        plan = self._plan
        documents = sorted(one.iri for one in self._knowledge.documents.values() if one.id in plan.documents)
        version = _node(ONTOLOGY + plan.ontology_version)
        yield from _described(
            self._iri,
            (RDF_TYPE, _node(hip.Plan)),
            (RDF_TYPE, _node(PROV + "Entity")),
            (hip.ofPatient, _node(plan.patient)),
            (hip.asOf, _typed(plan.as_of.isoformat(), "date")),
            (hip.ontologyVersion, ox.Literal(plan.ontology_version)),
            (hip.engine, ox.Literal(plan.engine)),
            (hip.valid, _truth(plan.valid)),
            *((hip.considers, _node(one)) for one in documents),
            *((hip.hasAction, _node(self._action_iri(one.intervention, one.place))) for one in plan.actions),
            *((hip.hasEvaluation, _node(self._evaluation_iri(one.id, one.place))) for one in plan.statements),
            *((hip.hasConflict, _node(self._conflict_iri(one))) for one in plan.conflicts),
            *((hip.hasInteraction, _node(self._interaction_iri(one))) for one in plan.interactions),
            *((hip.hasQuestion, _node(self._question_iri(one))) for one in plan.questions),
            *((hip.hasFinding, _node(self._finding_iri(index))) for index in range(len(plan.findings))),
            *((hip.leavesUnused, _node(one.property or one.node)) for one in plan.unused),
            (PROV + "wasDerivedFrom", _node(plan.patient)),
            (PROV + "wasGeneratedBy", _node(self._activity)),
        )
        yield from _described(
            self._activity,
            (RDF_TYPE, _node(PROV + "Activity")),
            (PROV + "used", _node(plan.patient)),
            (PROV + "used", version),
            (PROV + "wasAssociatedWith", _node(hip.software)),
        )
        yield from _described(
            hip.software, (RDF_TYPE, _node(PROV + "SoftwareAgent")), (RDFS + "label", ox.Literal(software()))
        )
        yield from _described(plan.patient, (RDF_TYPE, _node(hip.Patient)))

    def _action(self, action: Action) -> Iterator[ox.Triple]:
        sides = dict.fromkeys(one.side for one in action.parameters if one.side)
        iri = self._action_iri(action.intervention, action.place)
        dangers = [(f"{iri}&danger={index}", one) for index, one in enumerate(action.dangers, start=1)]
        checks = [(f"{iri}&openCheck={index}", one) for index, one in enumerate(action.open_checks, start=1)]
        yield from _described(
            iri,
            (RDF_TYPE, _node(hip.Action)),
            (RDF_TYPE, _node(PROV + "Entity")),
            (RDFS + "label", ox.Literal(" ".join(one for one in (action.label, action.site) if one))),
            (hip.ofPatient, _node(self._plan.patient)),
            (hip.ofIntervention, _node(action.intervention)),
            *_at(action.place),
            (hip.status, ox.Literal(action.status)),
            (hip.modality, ox.Literal(action.modality)),
            *([(hip.fulfilment, ox.Literal(action.fulfilment))] if action.fulfilment else []),
            *([(hip.inChoice, _node(action.choice))] if action.choice else []),
            (hip.phase, _typed(str(action.phase), "integer")),
            (hip.bestStrength, ox.Literal(action.strength)),
            (hip.bestQuality, ox.Literal(action.evidence)),
            *([(hip.running, _truth(True))] if action.running else []),
            *([(hip.ordered, _truth(True))] if action.planned else []),
            *((hip.doneBy if one.counts else hip.doneBefore, _node(one.node)) for one in action.done),
            *((hip.pastCourse, _node(one.node)) for one in action.past),
            *((hip.ongoingCourse, _node(one.node)) for one in action.ongoing),
            *(
                [(hip.realisedBy, _node(self._knowledge.interventions[action.intervention].realised_by))]
                if action.realised
                else []
            ),
            *((hip.onSide, ox.Literal(one)) for one in sides),
            *((hip.basedOn, _node(self._evaluation_iri(one, action.place))) for one in action.statements),
            *((hip.specifiedBy, _node(self._iris[one.statement])) for one in action.parameters),
            *_first_day(self._lengths.opening(action)),
            *((hip.hasDanger, _node(node)) for node, _ in dangers),
            *((hip.hasOpenCheck, _node(node)) for node, _ in checks),
            *((PROV + "wasDerivedFrom", _node(self._iris[one])) for one in action.statements),
            (PROV + "wasGeneratedBy", _node(self._activity)),
        )

        for one in action.done:
            if one.result:
                yield from _result(one.node, one.result)
        for node, danger in dangers:
            yield from _described(
                node,
                (RDF_TYPE, _node(hip.Danger)),
                (hip.ofStatement, _node(self._iris[danger.statement])),
                *((RDFS + "label", ox.Literal(describe_found(one))) for one in danger.found),
            )
        for node, check in checks:
            yield from _described(
                node,
                (RDF_TYPE, _node(hip.OpenCheck)),
                (RDFS + "label", ox.Literal(check.label)),
                (hip.ofRequirement, _node(check.requirement)),
            )

    def _evaluation(self, state: StatementState) -> Iterator[ox.Triple]:
        iri = self._evaluation_iri(state.id, state.place)
        unmet = [(f"{iri}&unmet={index}", gap) for index, gap in enumerate(state.unmet, start=1)]
        lifting = [(f"{iri}&lifting={index}", gap) for index, gap in enumerate(state.lifted_by, start=1)]
        context = [(f"{iri}&context={index}", gap) for index, gap in enumerate(state.context_lacks, start=1)]
        checks = [(f"{iri}&check={index}", check) for index, check in enumerate(state.checks, start=1)]
        yield from _described(
            iri,
            (RDF_TYPE, _node(hip.Evaluation)),
            (hip.ofPatient, _node(self._plan.patient)),
            (hip.ofStatement, _node(self._iris[state.id])),
            *((hip.hasSubject, _node(one)) for one in state.subjects),
            *_at(state.place),
            (hip.state, ox.Literal(state.state)),
            *((hip.unmet, _node(node)) for node, _ in unmet),
            *((hip.liftedBy, _node(node)) for node, _ in lifting),
            *((hip.contextLacks, _node(node)) for node, _ in context),
            *((hip.adviceRequires, _node(one.requirement)) for one in state.context),
            *((hip.ruledOutBy, ox.Literal(one)) for one in state.ruled_out_by),
            *((hip.onBoundary, ox.Literal(one)) for one in state.on_boundary),
            *((hip.hasCheck, _node(node)) for node, _ in checks),
            *_first_day(self._lengths.earliest(state.unmet or state.lifted_by, state.place)),
        )
        for node, gap in (*unmet, *lifting, *context):
            yield from gap_triples(node, gap)
        for node, check in checks:
            yield from check_triples(node, check)

    def _conflict_iri(self, conflict: Conflict) -> str:
        place = self._places.get(conflict.site, "")
        sides = {"for": conflict.advised_by, "against": conflict.opposed_by}
        return self._minted(place, action=conflict.intervention, **sides)

    def _conflict(self, conflict: Conflict) -> Iterator[ox.Triple]:
        place = self._places.get(conflict.site, "")
        winner = conflict.decided_for
        yield from _described(
            self._conflict_iri(conflict),
            (RDF_TYPE, _node(hip.Conflict)),
            (hip.about, _node(self._action_iri(conflict.intervention, place))),
            (hip.advisedBy, _node(self._evaluation_iri(conflict.advised_by, place))),
            (hip.opposedBy, _node(self._evaluation_iri(conflict.opposed_by, place))),
            (hip.decidedBy, ox.Literal(conflict.rule)),
            *([(hip.decidedFor, _node(self._evaluation_iri(winner, place)))] if winner else []),
        )

    def _interaction_iri(self, interaction: Interaction) -> str:
        involved = ",".join(one.intervention for one in (*interaction.treatments, *interaction.beside))
        return self._minted(interaction.place, interaction=interaction.intervention, kind=interaction.kind, of=involved)

    def _interaction(self, interaction: Interaction) -> Iterator[ox.Triple]:
        given = (*interaction.treatments, *interaction.beside)
        yield from _described(
            self._interaction_iri(interaction),
            (RDF_TYPE, _node(hip.Interaction)),
            (hip.ofPatient, _node(self._plan.patient)),
            (hip.interactionKind, ox.Literal(interaction.kind)),
            (hip.ofIntervention, _node(interaction.intervention)),
            *_at(interaction.place),
            *((hip.involves, _node(one.intervention)) for one in interaction.treatments),
            *((hip.interactsWith, _node(one.intervention)) for one in interaction.beside),
            *((PROV + "wasDerivedFrom", _node(self._iris[one])) for one in interaction.statements),
            *((PROV + "wasDerivedFrom", _node(node)) for one in given for node in one.activities),
        )

    def _question_iri(self, question: Question) -> str:
        place = question.node or self._places.get(question.site, "")
        return self._minted(place, question=question.requirement)

    def _question(self, question: Question) -> Iterator[ox.Triple]:
        place = self._places.get(question.site, "")
        yield from _described(
            self._question_iri(question),
            (RDF_TYPE, _node(hip.Question)),
            (RDFS + "label", ox.Literal(question.text)),
            (hip.ofRequirement, _node(question.requirement)),
            *((hip.ofNode, _node(one)) for one in (question.node,) if one),
            *_at(place),
            *((hip.askedBy, _node(self._evaluation_iri(*one))) for one in self._asking(question)),
        )

    def _asking(self, question: Question) -> Iterator[tuple[str, str]]:
        """List the statements that ask, each with its place; a question about the patient is asked at every place."""
        asked = {*question.statements}
        for one in self._plan.statements:
            if one.id in asked and question.site in {"", one.site}:
                yield one.id, one.place

    def _finding_iri(self, index: int) -> str:
        return self._minted("", finding=str(index + 1))

    def _findings(self) -> Iterator[ox.Triple]:
        for index, one in enumerate(self._plan.findings):
            yield from finding_triples(self._finding_iri(index), one)

    def _sources(self) -> Iterator[ox.Triple]:
        """Describe the statements that the plan names, and their documents."""
        named = {self._iris[one.id] for one in self._plan.statements}
        infos = [self._knowledge.statements[one] for one in sorted(named)]
        for info in infos:
            yield from _described(
                info.iri,
                (SKOS + "notation", ox.Literal(info.id)),
                (SKOS + "definition", ox.Literal(info.text, language="en")),
                (hip.fromDocument, _node(info.document)),
                (DCTERMS + "source", _node(info.document)),
            )
        cited = sorted({info.document for info in infos} & set(self._knowledge.documents))
        for document in (self._knowledge.documents[one] for one in cited):
            yield from _described(
                document.iri,
                (DCTERMS + "title", ox.Literal(document.title, language="en")),
                *([(DCTERMS + "publisher", ox.Literal(document.publisher))] if document.publisher else []),
                *([(DCTERMS + "issued", _typed(document.issued, "date"))] if document.issued else []),
            )


def _result(node: str, result: Result) -> Iterator[ox.Triple]:
    """Tell what an assessment found."""
    texts = {hip.resultUnit: result.unit, hip.resultText: result.text}
    value = [] if result.value is None else [(hip.resultValue, _typed(f"{result.value:f}", "decimal"))]
    return _described(node, *value, *((prop, ox.Literal(text)) for prop, text in texts.items() if text))


def finding_triples(node: str, finding: Finding) -> Iterator[ox.Triple]:
    """Describe what validation found, as SHACL does."""
    return _described(
        node,
        (RDF_TYPE, _node(SH + "ValidationResult")),
        (SH + "resultSeverity", _node(SH + finding.severity.capitalize())),
        (SH + "resultMessage", ox.Literal(finding.message)),
        (SH + "sourceShape", _node(expand(finding.shape))),
        (SH + "focusNode", term_of(finding.node)),
    )


def gap_triples(node: str, gap: Gap) -> Iterator[ox.Triple]:
    """Describe a part of a requirement that does not hold."""
    texts = {hip.need: str(gap.need), hip.unit: gap.unit}
    return _described(
        node,
        (RDF_TYPE, _node(hip.Gap)),
        (RDFS + "label", ox.Literal(clean(gap.label))),
        (hip.ofRequirement, _node(gap.requirement)),
        (hip.answer, ox.Literal(gap.answer)),
        *_had(gap.have),
        *((prop, ox.Literal(text)) for prop, text in texts.items() if text),
        *(_needed(gap.need) if isinstance(gap.need, Bounds) else ()),
        *([(hip.earliest, _typed(gap.earliest.isoformat(), "date"))] if gap.earliest else []),
        *([(hip.onBoundary, ox.Literal(clean(gap.label)))] if gap.boundary else []),
        *([(hip.nearestRecord, _node(gap.node))] if gap.node else []),
    )


def check_triples(node: str, check: Check) -> Iterator[ox.Triple]:
    """Describe a bound, compared with what is recorded."""
    ends = ((">=", check.bound.lower), ("<=", check.bound.upper))
    dates = {hip.earliest: check.earliest, hip.latest: check.latest}
    return _described(
        node,
        (RDF_TYPE, _node(hip.Check)),
        (RDFS + "label", ox.Literal(describe_check(check))),
        (hip.verdict, ox.Literal(check.verdict)),
        *_had(check.have or ""),
        (hip.need, ox.Literal(" and ".join(f"{symbol} {plain(limit)}" for symbol, limit in ends if limit))),
        *_needed((symbol, limit) for symbol, limit in ends if limit),
        (hip.unit, ox.Literal(check.bound.unit)),
        *((prop, _typed(day.isoformat(), "date")) for prop, day in dates.items() if day),
        *((hip.compares, _node(one)) for one in check.activities),
        *([(hip.alarm, _truth(True))] if check.alarm else []),
    )


def _had(value: Range | str) -> Iterator[Fact]:
    """Tell what is recorded: a number where it is known exactly, or else a text."""
    if isinstance(value, Range) and value.least == value.most:
        yield hip.have, _typed(plain(value.least), "decimal")
    elif value:
        yield hip.have, ox.Literal(str(value))


def _needed(limits: Iterable[tuple[str, Decimal | str]]) -> Iterator[Fact]:
    """Tell what is needed in numbers."""
    for symbol, limit in limits:
        yield _ENDS[symbol[0]], _typed(plain(limit), "decimal")


def _described(subject: str, *facts: Fact) -> Iterator[ox.Triple]:
    node = _node(subject)
    return (ox.Triple(node, _node(predicate), value) for predicate, value in facts)


def _at(place: str) -> list[Fact]:
    return [(hip.atSite, _node(place))] if place else []


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def _truth(value: bool) -> ox.Literal:
    return _typed(str(value).lower(), "boolean")
