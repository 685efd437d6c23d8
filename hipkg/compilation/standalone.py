"""Compile a statement or a class to one SPARQL text that runs on any SPARQL 1.1 store of patient graphs.

The text is cut down to what the target depends on; what all statements say together is `hipkg.compilation.whole`.
"""

from __future__ import annotations

from collections import defaultdict
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import expand, local_name
from hipkg.compilation.entailment import Entailment, entailment
from hipkg.compilation.head import how_to_run
from hipkg.compilation.operations import DEFAULT, Graphs, Operation, alone, request, select, with_query
from hipkg.compilation.sparql import term
from hipkg.knowledge.frame.answers import SLOTS, STATES, Slot, State, classes_of
from hipkg.knowledge.withdrawn import refuse_withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge, StatementInfo

Part = Literal["all", "update", "query"]


def compile_sparql(target: str, knowledge: Knowledge, part: Part = "all", graphs: Graphs = DEFAULT) -> str:
    """Compile a statement or a class.

    Parameters: ``target`` is the id of a statement, or a class by local name, CURIE or label; ``part`` is the update
    alone, the query that reads its answers, or the update with the query in a closing comment; ``graphs`` are those of
    the store.

    Raises `UsageError` if there is no such target.
    """
    iri = find_target(target, knowledge)
    info = knowledge.statements.get(iri)
    query = _statement_query(info, knowledge, graphs) if info else _class_query(iri, graphs)
    if part == "query":
        return alone(query)
    entailing = entailment(knowledge)
    operations = _of_statement(info, entailing, knowledge) if info else entailing.operations({iri})
    head = _statement_head(info, knowledge, graphs) if info else _class_head(iri, knowledge, graphs)
    text = request(head, operations, graphs)
    return text if part == "update" else with_query(text, query, "hipkg compile … --part query")


def find_target(target: str, knowledge: Knowledge) -> str:
    """Find the statement or class that a user names by id, local name, CURIE or label.

    Raises `UsageError` with the nearest names if there is none.
    """
    wanted = target.strip()
    names = {info.id.casefold(): iri for iri, info in knowledge.statements.items()}
    for iri in (*knowledge.definitions, *knowledge.superclasses):
        names.setdefault(local_name(iri).casefold(), iri)
        names.setdefault(knowledge.label(iri).casefold(), iri)
    found = names.get(wanted.casefold()) or names.get(local_name(expand(wanted)).casefold())
    if found:
        return found
    refuse_withdrawn(target, knowledge)
    near = [local_name(names[one]) for one in get_close_matches(wanted.casefold(), names, cutoff=0.5)]
    hint = f"Nearest: {', '.join(dict.fromkeys(near))}." if near else "Give a statement id or the name of a class."
    raise UsageError(f"There is no statement or class {target!r}.", remedy=hint)


def _of_statement(info: StatementInfo, entailing: Entailment, knowledge: Knowledge) -> list[Operation]:
    """List the operations that decide the slots of a statement."""
    against = _Against.of(info, knowledge)
    classes = {*info.applies_to, *_slots(info), *(other for pairs in against for _, other in pairs)}
    links = {hip.locatedIn, hip.partOf, hip.problemOf}
    return [*entailing.operations(classes | links), *_answers(info, against)]


def _slots(info: StatementInfo) -> tuple[str, ...]:
    return tuple(one for slot in Slot for one in classes_of(info, slot))


class _Against(NamedTuple):
    """Pairs of a class that a slot names and one that tells against it.

    ``opposites`` exclude a requirement, ``denials`` hold those whom recorded absence keeps out of one, and ``defeats``
    those who are not taken to be in a class though they are entailed to be.
    """

    opposites: list[tuple[str, str]]
    denials: list[tuple[str, str]]
    defeats: list[tuple[str, str]]

    @classmethod
    def of(cls, info: StatementInfo, knowledge: Knowledge) -> _Against:
        denied = () if info.vigilant else info.requires
        return cls(
            sorted((one, other) for one in info.requires for other in knowledge.refuters.get(one, ())),
            sorted((one, knowledge.denied_by[one]) for one in denied if one in knowledge.denied_by),
            sorted((one, knowledge.defeated_by[one]) for one in _slots(info) if one in knowledge.defeated_by),
        )


def _answers(info: StatementInfo, against: _Against) -> list[Operation]:
    """Write the operations that answer the slots of a statement for each subject in its context."""
    statement = term(info.iri)
    contexts = " ".join(map(term, info.applies_to))
    found = [
        _insert(
            "The context holds for these subjects.",
            f"?subject hip:applicableStatement {statement} .",
            [f"VALUES ?context {{ {contexts} }}", "?subject a ?context ."],
        ),
        _insert(
            "The whole body site that a subject lies in.",
            "?subject hip:atSite ?site .",
            [
                f"?subject hip:applicableStatement {statement} ; hip:locatedIn ?site .",
                "FILTER NOT EXISTS { ?site hip:partOf ?whole }",
            ],
        ),
    ]
    defeated = dict(against.defeats)
    if plain := [one for one in dict.fromkeys(_slots(info)) if one not in defeated]:
        table = "VALUES ?class { " + " ".join(map(term, plain)) + " }"
        where = [table, *_judged(statement), "?node a ?class ."]
        title = "What the slots name holds of a subject, its patient or another subject at its site."
        found.append(_insert(title, "?subject hip:meets ?class .", where))
    for one, other in against.defeats:
        unless = [*_judged(statement, "?any"), f"?any a {term(other)} ."]
        where = [*_judged(statement), f"?node a {term(one)} .", "FILTER NOT EXISTS {", *unless, "}"]
        title = (
            "What a slot names holds, unless something defeats it that holds of a subject, its patient or another one."
        )
        found.append(_insert(title, f"?subject hip:meets {term(one)} .", where))
    if against.opposites:
        rows = " ".join(f"({term(one)} {term(other)})" for one, other in against.opposites)
        where = [f"VALUES (?class ?opposite) {{ {rows} }}", *_judged(statement), "?node a ?opposite ."]
        title = "A requirement is refuted by a class that excludes it."
        found.append(_insert(title, "?subject hip:refutes ?class .", where))
    if against.denials:
        rows = " ".join(f"({term(one)} {term(other)})" for one, other in against.denials)
        where = [f"VALUES (?class ?denial) {{ {rows} }}", *_judged(statement), "?node a ?denial ."]
        title = "A requirement is refuted by what is recorded as absent, unless it holds all the same."
        found.append(
            _insert(title, "?subject hip:refutes ?class .", [*where, "FILTER NOT EXISTS { ?subject hip:meets ?class }"])
        )
    return found


def _judged(statement: str, node: str = "?node") -> list[str]:
    """Bind each subject in the context to the nodes it is judged with."""
    return [
        "{",
        f"  ?subject hip:applicableStatement {statement} .",
        f"  BIND(?subject AS {node})",
        "} UNION {",
        f"  ?subject hip:applicableStatement {statement} ; hip:problemOf {node} .",
        "} UNION {",
        f"  ?subject hip:applicableStatement {statement} ; hip:atSite ?site .",
        f"  {node} hip:atSite ?site ; hip:applicableStatement {statement} .",
        "}",
    ]


def _insert(title: str, template: str, where: Iterable[str]) -> Operation:
    body = "\n".join(f"  {line}" for line in where)
    return Operation(title, (template,), f"{{\n{body}\n}}")


def _statement_query(info: StatementInfo, knowledge: Knowledge, graphs: Graphs) -> str:
    """Write the query that reads, for each subject, the state of a statement and the answers of its slots.

    Whether the companions of a statement are in the plan is not known here, so that it waits until that is.
    """
    flags = {f"?{slot}{number}": iri for slot, number, iri in _numbered(info)}
    binds = [f"BIND(EXISTS {{ ?subject hip:meets {term(iri)} }} AS {flag})" for flag, iri in flags.items()]
    notes = [f"# {flag} {knowledge.label(iri)}" for flag, iri in flags.items()]
    refuted = ["?refuted"] if info.requires else []
    if refuted:
        binds.append("BIND(EXISTS { ?subject hip:refutes ?required } AS ?refuted)")
    holding = knowledge.holding[info.effect]
    state = _state(info, holding)
    if info.accompanies:
        stated = [f"BIND({state} AS ?alone)", f'BIND(?alone != "{holding}" AS ?final)']
        stated.append(f'BIND(IF(?final, ?alone, "{State.LATER}") AS ?state)')
    else:
        stated = [f"BIND({state} AS ?state)", "BIND(true AS ?final)"]
    lines = [
        f"?subject hip:applicableStatement {term(info.iri)} .",
        "OPTIONAL { ?subject hip:problemOf ?owner }",
        "OPTIONAL { ?subject hip:atSite ?site }",
        "BIND(COALESCE(?owner, ?subject) AS ?patient)",
        *binds,
        *stated,
    ]
    columns = ["?patient", "?subject", "?site", "?state", "?final", *flags, *refuted]
    return "\n".join([*notes, select(columns, lines, graphs, order=("?patient", "?site", "?subject"))])


def _state(info: StatementInfo, holding: str) -> str:
    """Write the expression of the state: that of the first answer which is true, as the table of the frame says."""
    conditions: dict[str, list[str]] = defaultdict(list)
    for slot, number, _ in _numbered(info):
        reading = SLOTS[slot]
        if reading.refuted:
            conditions[reading.refuted] = ["?refuted"]
        if reading.held:
            conditions[reading.held].append(f"?{slot}{number}")
        if reading.open:
            conditions[reading.open].append(f"!?{slot}{number}")
    written = f'"{holding}"'
    for state, rows in reversed([(state, [*rows]) for state, rows in groupby(STATES, key=itemgetter(1))]):
        either = [condition for answer, _ in rows for condition in conditions[answer]]
        written = f'IF({" || ".join(either)}, "{state}", {written})' if either else written
    return written


def _numbered(info: StatementInfo) -> Iterator[tuple[Slot, int, str]]:
    for slot in Slot:
        for number, iri in enumerate(classes_of(info, slot), start=1):
            yield slot, number, iri


def _class_query(iri: str, graphs: Graphs) -> str:
    lines = [f"?member a {term(iri)} .", "OPTIONAL { ?member hip:problemOf ?patient }"]
    return select(("?member", "?patient"), lines, graphs, order=("?member",))


def _statement_head(info: StatementInfo, knowledge: Knowledge, graphs: Graphs) -> Iterator[str]:
    document = knowledge.documents[info.document]
    yield f"{info.id} ({info.kind}): {knowledge.label(info.effect)} {knowledge.label(info.intervention)}"
    yield info.text
    yield f"Source: {document.id}, {document.title}; section {info.section}"
    yield f"Strength: {info.strength}; evidence: {info.quality}{'; inferred' if info.inferred else ''}"
    yield from how_to_run(knowledge, graphs)
    yield (
        f"Each subject in the context gets hip:applicableStatement {term(info.iri)}, its site as hip:atSite, and "
        "hip:meets or hip:refutes for the classes that the statement names."
    )
    for one in info.accompanies:
        yield (
            f"The statement also waits for its companion, {knowledge.label(one)}: whether that runs or is advised is "
            "decided by all statements together. Where all hangs on that, ?final is false; hipkg compile without an id "
            "writes the text that decides it."
        )


def _class_head(iri: str, knowledge: Knowledge, graphs: Graphs) -> Iterator[str]:
    from hipkg.knowledge.wording import English

    yield f"{term(iri)}: {knowledge.label(iri)}"
    if knowledge.definition(iri):
        yield English(knowledge, (), "").sentence(iri)
    yield from how_to_run(knowledge, graphs)
