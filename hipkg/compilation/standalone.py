"""Compile a statement or a defined class to one SPARQL text that runs on any SPARQL 1.1 store of patient graphs.

The text is the native engine's own logic, cut down to what the target depends on: the rules of the release, without
the consequences that nothing here asks for. Rules that feed each other are written out several times, since SPARQL
Update cannot repeat a request until nothing is added.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP, PREFIXES, expand
from hipkg.compilation.sparql import template, term, where
from hipkg.knowledge.frame.answers import SLOTS, STATES, Slot, classes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.owl.rules import Rule

Part = Literal["all", "update", "query"]
# Each round doubles the length of a chain of parts, and lets one kind of rule see what the others found.
ROUNDS = 3
_WIDTH = 100
_NAME = re.compile(r"hip:([\w-]+)|<([^>\s]+)>")
_TEMPLATE_LINE = re.compile(r"\s*\?\w+ (?P<predicate>\S+) (?P<object>\S+) \.")
_CLASS_RULE = re.compile(r"\s*\?x a (\S+) \.")
_CONSTRUCT = re.compile(r"CONSTRUCT(?P<template> \{.*?\})\s*WHERE(?P<where>.*)", re.DOTALL)
_SUMMARY = re.compile(r"^#\+ summary: (.+)$", re.MULTILINE)
_VALUES = re.compile(r"VALUES[^{]*\{(.*?)\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Update:
    """One rule cut down to what is needed: what it looks at, what it adds, and its text."""

    defines: str
    title: str
    template: tuple[str, ...]
    where: str
    uses: frozenset[str]
    makes: frozenset[str]

    def text(self, title: str) -> str:
        """Write the operation below a comment."""
        lines = "\n".join(f"  {line}" for line in self.template)
        return f"# {title}\nINSERT {{\n{lines}\n}}\nWHERE {{\n{self.where}\n}}"


def compile_sparql(target: str, knowledge: Knowledge, part: Part = "all") -> str:
    """Compile a statement or a defined class.

    Parameters: ``target`` is the id of a statement, or a defined class by local name, CURIE or label; ``part`` is the
    update alone, the query that reads its answers, or the update with the query in a closing comment.

    Raises `UsageError` if there is no such target.
    """
    iri = find_target(target, knowledge)
    info = knowledge.statements.get(iri)
    query = _statement_query(info, knowledge) if info else _class_query(iri)
    if part == "query":
        return f"{_prologue(query)}\n\n{query}\n"
    compiler = _Compiler(knowledge)
    operations = compiler.statement(info) if info else compiler.defined_class(iri)
    head = _statement_head(info, knowledge) if info else _class_head(iri, knowledge)
    body = " ;\n\n".join(operations)
    text = "\n".join([*_comment(head), "", _prologue(body), "", body, ""])
    if part == "update":
        return text
    shown = "\n".join(f"# {line}".rstrip() for line in (*_prologue(query).splitlines(), *query.splitlines()))
    return f"{text}\n# To read the answers, run this query afterwards (hipkg compile … --part query):\n#\n{shown}\n"


def find_target(target: str, knowledge: Knowledge) -> str:
    """Find the statement or defined class that a user names by id, local name, CURIE or label.

    Raises `UsageError` with the nearest names if there is none.
    """
    wanted = target.strip()
    names = {info.id.casefold(): iri for iri, info in knowledge.statements.items()}
    for iri in knowledge.definitions:
        names.setdefault(iri.removeprefix(HIP).casefold(), iri)
        names.setdefault(knowledge.label(iri).casefold(), iri)
    found = names.get(wanted.casefold()) or names.get(expand(wanted).removeprefix(HIP).casefold())
    if found:
        return found
    near = [names[one].removeprefix(HIP) for one in get_close_matches(wanted.casefold(), names, cutoff=0.5)]
    hint = (
        f"Nearest: {', '.join(dict.fromkeys(near))}." if near else "Give a statement id or the name of a defined class."
    )
    raise UsageError(f"There is no statement or defined class {target!r}.", remedy=hint)


class _Compiler:
    """Collect the operations for one target."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def defined_class(self, iri: str) -> list[str]:
        """List the operations that entail membership in a class."""
        return self._entailing({iri})

    def statement(self, info: StatementInfo) -> list[str]:
        """List the operations that decide the slots of a statement."""
        against = _Against.of(info, self._knowledge)
        classes = {*info.applies_to, *_slots(info), *(other for pairs in against for _, other in pairs)}
        links = {hip.locatedIn, hip.partOf, hip.problemOf}
        return [*self._entailing(classes | links), *_answers(info, against)]

    def _entailing(self, targets: set[str]) -> list[str]:
        """List the operations that entail the target terms: what is known first, then the rules in their order."""
        needed = self._needed(targets)
        cut = [[one for rule in group.rules for one in self._cut(rule, needed)] for group in self._knowledge.groups]
        on_properties = [one for group in cut for one in group if not self._is_class(one.defines)]
        on_classes = [[one for one in group if self._is_class(one.defines)] for group in cut]
        asked = frozenset[str]().union(*(one.uses for group in on_classes for one in group))
        return [
            *_normalising(asked),
            *self._terms(needed),
            *_relations(on_properties),
            *self._hierarchy(needed),
            *(text for group in on_classes for text in _unrolled(group)),
        ]

    def _is_class(self, iri: str) -> bool:
        return iri in self._knowledge.superclasses

    def _needed(self, targets: set[str]) -> set[str]:
        """Collect the terms on which the targets depend, through all rules that can add them."""
        makers: dict[str, list[Rule]] = {}
        for group in self._knowledge.groups:
            for rule in group.rules:
                # A superclass needs no rule for each class below it: every rule adds the whole chain of superclasses.
                if not self._is_of_term(rule) and self._told(rule) is None:
                    for made in rule.makes:
                        makers.setdefault(made, []).append(rule)
        needed: set[str] = set()
        agenda = list(targets)
        while agenda:
            one = agenda.pop()
            if one not in needed:
                needed.add(one)
                agenda += [used for rule in makers.get(one, ()) for used in _uses(rule)]
        return needed

    def _is_of_term(self, rule: Rule) -> bool:
        """Tell whether a rule only says what an intervention is; that is stated of the intervention itself."""
        return rule.defines in self._knowledge.interventions

    def _cut(self, rule: Rule, needed: set[str]) -> Iterator[_Update]:
        """Cut a rule down to the needed consequences; nothing is left of some, and the hierarchy is told elsewhere."""
        kept = tuple(line for line in template(rule) if _made(line) in needed)
        if kept and not self._is_of_term(rule) and self._told(rule) is None:
            makes = frozenset(_made(line) for line in kept)
            yield _Update(rule.defines, self._knowledge.label(rule.defines), kept, where(rule), _uses(rule), makes)

    def _told(self, rule: Rule) -> str | None:
        """Return the class of a rule that gives the members of a class without a definition their superclasses."""
        if _CLASS_RULE.fullmatch(where(rule)) is None or rule.defines in self._knowledge.definitions:
            return None
        only_classes = rule.makes <= self._knowledge.superclasses.keys()
        return rule.defines if only_classes or self._is_class(rule.defines) else None

    def _hierarchy(self, needed: set[str]) -> Iterator[str]:
        """Write all told superclasses as one operation: the rules after it add whole chains of superclasses."""
        rules = [rule for group in self._knowledge.groups for rule in group.rules if not self._is_of_term(rule)]
        told = {self._told(rule) for rule in rules}
        pairs = [
            (lower, upper)
            for lower in sorted(one for one in told if one)
            for upper in sorted(self._knowledge.superclasses[lower] & needed)
        ]
        if pairs:
            rows = "\n".join(f"    ({term(lower)} {term(upper)})" for lower, upper in pairs)
            where = f"  VALUES (?class ?superclass) {{\n{rows}\n  }}\n  ?x a ?class ."
            yield f"# superclasses\nINSERT {{\n  ?x a ?superclass .\n}}\nWHERE {{\n{where}\n}}"

    def _terms(self, needed: set[str]) -> Iterator[str]:
        """State the classes of the interventions and values that patient graphs point to."""
        lines = [
            f"  {term(iri)} a {', '.join(map(term, kinds))} ."
            for iri, types in sorted(self._knowledge.individual_types.items())
            if (kinds := sorted(needed & set(types))) and iri not in self._knowledge.statements
        ]
        if lines:
            body = "\n".join(lines)
            yield f"# what interventions and coded values are\nINSERT DATA {{\n{body}\n}}"


def _prologue(body: str) -> str:
    """Declare the prefixes that a text uses."""
    used = [(one, namespace) for one, namespace in PREFIXES.items() if re.search(rf"(?<!\w){one}:", body)]
    return "\n".join(f"PREFIX {one}: <{namespace}>" for one, namespace in used)


def _made(line: str) -> str:
    """Return the class or property that a line of a template adds."""
    match = _TEMPLATE_LINE.fullmatch(line if line.endswith(".") else f"{line} .")
    if match is None:  # pragma: no cover - the compiler writes one form only
        raise ValueError(line)
    return next(iter(_names(match["object"] if match["predicate"] == "a" else match["predicate"])))


def _names(text: str) -> frozenset[str]:
    return frozenset(HIP + local if local else iri for local, iri in _NAME.findall(text))


def _uses(rule: Rule) -> frozenset[str]:
    return _names(where(rule))


def _unrolled(updates: list[_Update]) -> list[str]:
    """Write updates once, or several times if what they add makes them fire again."""
    if not any(one.uses & other.makes for one in updates for other in updates):
        return [one.text(one.title) for one in updates]
    return [one.text(f"{one.title} ({_round(number)})") for number in range(1, ROUNDS + 1) for one in updates]


def _round(number: int) -> str:
    return f"round {number} of {ROUNDS}"


def _relations(updates: list[_Update]) -> list[str]:
    """Write the rules on properties as tables: relations first, in rounds, then the classes that follow from them."""
    simple = [one for one in updates if one.where == f"  ?x {term(one.defines)} ?y ."]
    pairs: dict[str, list[tuple[str, str]]] = {"?x ?to ?y": [], "?y ?to ?x": [], "?x a ?to": [], "?y a ?to": []}
    for one in simple:
        for line in one.template:
            subject, predicate, target, _ = line.split(" ")
            shape = f"{subject} a ?to" if predicate == "a" else f"{subject} ?to {target}"
            pairs[shape].append((term(one.defines), target if predicate == "a" else predicate))
    wider, reverse, subjects, objects = pairs.items()
    chains = [one for one in updates if one not in simple]
    rounds = [
        text
        for number in range(1, ROUNDS + 1)
        for text in (
            *_table(f"wider relations, {_round(number)}", *wider),
            *(one.text(f"{one.title}, {_round(number)}") for one in chains),
            *_table(f"reverse relations, {_round(number)}", *reverse),
        )
    ]
    return [
        *rounds,
        *_table("what has a relation", *subjects),
        *_table("what a relation leads to", *objects),
    ]


def _table(title: str, template: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    if pairs:
        rows = "\n".join(f"    ({one} {other})" for one, other in pairs)
        where = f"  VALUES (?from ?to) {{\n{rows}\n  }}\n  ?x ?from ?y ."
        yield f"# {title}\nINSERT {{\n  {template} .\n}}\nWHERE {{\n{where}\n}}"


def _normalising(asked: frozenset[str]) -> Iterator[str]:
    """Turn the queries that bring dates, durations and sides into one form into updates, where they are needed."""
    for path in sorted((QUERIES / "normalise").glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        match, summary = _CONSTRUCT.search(text), _SUMMARY.search(text)
        if match is None or summary is None:  # pragma: no cover - each of these queries has both
            raise ValueError(path.name)
        table = _VALUES.search(match["where"])
        variable = re.search(r"\?\w+ \?\w+ \?", match["template"])
        made = _names(table[1] if variable and table else match["template"])
        if made & asked:
            yield f"# {summary[1]}\nINSERT{match['template']}\nWHERE{match['where'].rstrip()}"


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


def _answers(info: StatementInfo, against: _Against) -> list[str]:
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


def _insert(title: str, template: str, where: Iterable[str]) -> str:
    body = "\n".join(f"  {line}" for line in where)
    return f"# {title}\nINSERT {{\n  {template}\n}}\nWHERE {{\n{body}\n}}"


def _statement_query(info: StatementInfo, knowledge: Knowledge) -> str:
    """Write the query that reads, for each subject, the state of a statement and the answers of its slots."""
    flags = {f"?{slot}{number}": iri for slot, number, iri in _numbered(info)}
    binds = [f"BIND(EXISTS {{ ?subject hip:meets {term(iri)} }} AS {flag})" for flag, iri in flags.items()]
    notes = [f"# {flag} {knowledge.label(iri)}" for flag, iri in flags.items()]
    refuted = ["?refuted"] if info.requires else []
    if refuted:
        binds.append("BIND(EXISTS { ?subject hip:refutes ?required } AS ?refuted)")
    state = _state(info, knowledge.holding[info.effect])
    lines = [
        f"?subject hip:applicableStatement {term(info.iri)} .",
        "OPTIONAL { ?subject hip:problemOf ?owner }",
        "OPTIONAL { ?subject hip:atSite ?site }",
        "BIND(COALESCE(?owner, ?subject) AS ?patient)",
        *binds,
        f"BIND({state} AS ?state)",
    ]
    body = "\n".join(f"  {line}" for line in lines)
    columns = " ".join(["?patient ?subject ?site ?state", *flags, *refuted])
    return "\n".join([*notes, f"SELECT {columns}", "WHERE {", body, "}", "ORDER BY ?patient ?site ?subject"])


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


def _class_query(iri: str) -> str:
    lines = [f"?member a {term(iri)} .", "OPTIONAL { ?member hip:problemOf ?patient }"]
    body = "\n".join(f"  {line}" for line in lines)
    return f"SELECT ?member ?patient\nWHERE {{\n{body}\n}}\nORDER BY ?member"


def _statement_head(info: StatementInfo, knowledge: Knowledge) -> Iterator[str]:
    document = knowledge.documents[info.document]
    yield f"{info.id} ({info.kind}): {knowledge.label(info.effect)} {knowledge.label(info.intervention)}"
    yield info.text
    yield f"Source: {document.id}, {document.title}; section {info.section}"
    yield f"Strength: {info.strength}; evidence: {info.quality}{'; inferred' if info.inferred else ''}"
    yield from _how_to_run(knowledge)
    yield (
        f"Each subject in the context gets hip:applicableStatement {term(info.iri)}, its site as hip:atSite, and "
        "hip:meets or hip:refutes for the classes that the statement names."
    )
    for one in info.accompanies:
        yield (
            f"The statement also waits for its companion, {knowledge.label(one)}: whether that runs or is advised is "
            "judged over a whole plan and not here."
        )


def _class_head(iri: str, knowledge: Knowledge) -> Iterator[str]:
    from hipkg.knowledge.wording import English

    yield f"{term(iri)}: {knowledge.label(iri)}"
    yield English(knowledge, (), "").sentence(iri)
    yield from _how_to_run(knowledge)


def _how_to_run(knowledge: Knowledge) -> Iterator[str]:
    yield f"Compiled by hipkg from its ontology, version {knowledge.version}."
    yield (
        "Rules that feed each other are written out several times, as the comments say: enough for body sites that are "
        f"parts of parts up to {2**ROUNDS} deep."
    )
    yield (
        "How to run: load patient graphs into the default graph of a SPARQL 1.1 store, with hip:asOf for each patient "
        "if activities are dated, and send the rest as one update request. It only adds triples, and adds none the "
        "second time."
    )


def _comment(paragraphs: Iterable[str]) -> Iterator[str]:
    for one in paragraphs:
        yield from textwrap.wrap(" ".join(one.split()), _WIDTH, initial_indent="# ", subsequent_indent="#   ")
