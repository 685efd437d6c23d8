"""Write the data model: pages with diagrams, all terms with an anchor each, and the forms of patients for machines.

These are a context of JSON-LD, a JSON Schema and a profile in SHACL. All follows from the ontology and the shapes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hipkg.base import hip
from hipkg.base.numbers import plain, unit_in_words
from hipkg.base.paths import ONTOLOGY, SHAPES
from hipkg.base.vocabulary import HIP, PREFIXES, RDF_TYPE, RDFS, XSD, curie, is_term, local_name
from hipkg.knowledge.terms import NODES, Kind, Recording, all_terms
from hipkg.maintenance.record_model import record_model, recordable
from hipkg.owl.sources import load_sources, parsed
from hipkg.render.encoder import written
from hipkg.render.markdown import escape
from hipkg.render.terms import codes_of, recorded_as
from hipkg.render.words import capital

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.terms import Term
    from hipkg.maintenance.record_model import Field

INDEX, RECORD, INTERVENTIONS, TERMS = "README.md", "record.md", "interventions.md", "terms.md"
CLASSES = "classes.md"
SCHEMA, PROFILE, CONTEXT = "patient.schema.json", "patient.profile.ttl", "context.jsonld"
_CODES_SHOWN = 2
_HEADINGS = {
    hip.Patient: "Patients",
    hip.Problem: "Problems: conditions and findings",
    hip.Activity: "Courses of treatment and studies",
    hip.BodySite: "Body sites",
}
_OWNED = {hip.Problem: hip.hasProblem, hip.Activity: hip.hasActivity}
_TYPE = "type"
_READING = f"""\
* [The record of a patient]({{record}}): every property and class that is recorded, with definition, codes and example.
* [Interventions]({{interventions}}): what a course or a study can be of.
* [The classes as trees]({{classes}}): what is a kind of what.
* [All terms]({{terms}}): an anchor for each name of `{HIP}`, those that are never recorded included.
* [A patient from the tables of a database](../from-tables.md).
* For machines: [the context of JSON-LD](../../ontology/{CONTEXT}), [a JSON Schema](../../hipkg/schemas/{SCHEMA}) of
  patients written with it, and [a profile in SHACL](../../hipkg/schemas/{PROFILE}), which says of a record what tools
  can check alone; [the shapes](../../shapes/README.md) say all.

`hipkg terms TEXT` finds a term from the terminal."""
_RECORD_HEAD = ("class", "definition", "under", "codes", "example")
_GENERATED = "Generated; see [the data model](README.md)."
_SH = PREFIXES["sh"]
_SCHEMAS, _SHAPES = "https://w3id.org/hipkg/schemas/", "https://w3id.org/hipkg/shapes/profile/"


def model_pages(knowledge: Knowledge) -> dict[str, str]:
    """Write the pages of the data model, by the names of their files."""
    writer = _Pages(knowledge)
    pages = {
        INDEX: writer.index(),
        RECORD: writer.record(),
        INTERVENTIONS: writer.interventions(),
        CLASSES: writer.classes(),
        TERMS: writer.terms(),
    }
    return {name: "\n".join(lines).rstrip("\n") + "\n" for name, lines in pages.items()}


def _local(iri: str) -> str:
    return local_name(iri)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


class _Pages:
    """Write the pages of one ontology."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._terms = all_terms(knowledge)
        self._fields = record_model(knowledge)
        self._classes = recordable(knowledge)

    # The index

    def index(self) -> Iterator[str]:
        yield from ("# The data model", "")
        yield "What the record of a patient, a plan and a statement are made of. These pages are generated from the"
        yield f"ontology of {self._knowledge.version} and the shapes: change those, and run `hipkg ontology document`."
        pages = {"record": RECORD, "interventions": INTERVENTIONS, "classes": CLASSES, "terms": TERMS}
        yield from ("", *_READING.format_map(pages).splitlines())
        yield from ("", "## The record of a patient", "")
        yield from self._diagram(self._record_edges(), self._record_attributes())
        yield from ("", "## A plan", "")
        yield from ("As `hipkg plan --format turtle` writes it; see [the page on RDF](../rdf.md).", "")
        yield from self._diagram(*self._shapes_of_plan())
        yield from ("", "## A statement", "")
        yield from ("What an editor writes of one sentence; see [the guide](../../ontology/README.md).", "")
        yield from self._diagram(*self._frame())

    def _diagram(self, edges: Iterable[tuple[str, str, str, str]], attributes: dict[str, list[str]]) -> Iterator[str]:
        yield from ("```mermaid", "classDiagram")
        for name, some in attributes.items():
            yield f"  class {name} {{"
            yield from (f"    {one}" for one in some)
            yield "  }"
        yield from (f'  {start} --> "{many}" {end} : {name}' for start, name, end, many in edges)
        yield "```"

    def _record_edges(self) -> Iterator[tuple[str, str, str, str]]:
        for one in self._fields:
            if one.turned:
                continue
            for node in one.nodes:
                for end in one.links:
                    yield _local(node), _local(one.term.iri), _local(end), "0..1" if one.single else "*"
        courses = sorted({end for it in self._fields for end in it.links if end not in NODES})
        yield from ((_local(one), "is a", _local(hip.Activity), "1") for one in courses)

    def _record_attributes(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {_local(node): [] for node in NODES}
        for one in self._fields:
            if not one.links:
                for node in one.nodes:
                    found[_local(node)].append(f"{_local(one.term.iri)} {'' if one.single else '0..n'}".strip())
        return found

    def _shapes_of_plan(self) -> tuple[list[tuple[str, str, str, str]], dict[str, list[str]]]:
        """Read the nodes of plans from their shapes."""
        said: dict[object, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for one in parsed(SHAPES / "plan.ttl"):
            said[one.subject][one.predicate.value.removeprefix(_SH)].append(one.object)
        edges: dict[tuple[str, str, str, str], None] = {}
        attributes: dict[str, dict[str, None]] = {}
        for subject in [*said]:
            for target in said[subject]["targetClass"]:
                own = attributes.setdefault(_name(target.value), {})
                for part in said[subject]["property"]:
                    path = next((it.value for it in said[part]["path"] if hasattr(it, "value")), "")
                    if not is_term(path):
                        continue
                    many = "1" if [it.value for it in said[part]["maxCount"]] == ["1"] else "*"
                    ends = [it.value for it in said[part]["class"] if is_term(it.value)]
                    for end in ends:
                        edges[_name(target.value), _local(path), _name(end), many] = None
                    if not ends:
                        own[f"{_local(path)}{' 0..n' if many == '*' else ''}"] = None
        named = {one for one, _, _, _ in edges} | {one for _, _, one, _ in edges} | set(attributes)
        return [*edges], {name: [*attributes.get(name, {})] for name in sorted(named)}

    def _frame(self) -> tuple[list[tuple[str, str, str, str]], dict[str, list[str]]]:
        """Read the statement frame from the domains and the slots of the ontology."""
        facts = defaultdict(list)
        for one in load_sources():
            if one.predicate.value in {RDFS + "domain", RDFS + "range"}:
                facts[one.subject.value, one.predicate.value].append(one.object.value)  # type: ignore[union-attr]
        used = {
            one.predicate.value
            for one in load_sources()
            if one.subject.value in self._knowledge.statements and is_term(one.predicate.value)  # type: ignore[union-attr]
        }
        edges, attributes = [], []
        for prop in sorted(used):
            ends = [one for one in facts[prop, RDFS + "range"] if is_term(one)]
            edges += [(_local(hip.Statement), _local(prop), _local(one), "*") for one in ends]
            attributes += [] if ends else [_local(prop)]
        return edges, {_local(hip.Statement): attributes}

    # The record

    def record(self) -> Iterator[str]:
        yield from ("# The record of a patient", "", f"What is not recorded is unknown, never a no. {_GENERATED}", "")
        for node in NODES:
            yield from (f"## {_HEADINGS[node]}", "", *self._anchored(node), "")
            yield "| property | value | a node has | definition | codes | example |"
            yield "|---|---|---|---|---|---|"
            for one in self._fields:
                if node in one.nodes:
                    yield self._property(one)
            classes = [one for one in self._classes[node] if one.iri != node]
            if classes:
                yield from ("", "Their types:", "", _row(_RECORD_HEAD), "|---" * len(_RECORD_HEAD) + "|")
                yield from map(self._class, classes)
            yield ""
        values = sorted({value for one in self._fields for value in one.values})
        yield from ("## Values", "", "| value | of | definition | codes |", "|---|---|---|---|")
        for iri in values:
            term = self._terms[iri]
            yield _row([self._linked(term), self._links(term.of), escape(term.definition), self._codes(term)])
        yield from ("", "## Never recorded", "")
        entailed = [one for one in self._terms.values() if one.recording is Recording.ENTAILED]
        yield f"{len(entailed)} classes follow from a definition, and are entailed: `hipkg validate` refuses what"
        yield f"states one. They are marked in [the list of all terms]({TERMS}), and defined in"
        yield "[the glossary](../guideline/glossary.md)."

    def _anchored(self, node: str) -> Iterator[str]:
        term = self._terms[node]
        yield f"`{term.name}`: {escape(term.definition)}"

    def _property(self, field: Field) -> str:
        term = field.term
        notes = " ".join(filter(None, (term.definition, term.note)))
        inverse = f" The same from the other end: {curie(field.inverse)}." if field.inverse else ""
        return _row(
            [
                self._linked(term),
                self._value(field),
                "at most one" if field.single else "any number",
                escape(notes + inverse),
                self._codes(term),
                f"`{self._example(field)}`",
            ]
        )

    def _value(self, field: Field) -> str:
        if field.values:
            return self._links(field.values)
        if field.links:
            return f"a node of {self._links(field.links)}"
        if field.kinds:
            return f"a kind of {self._links(field.kinds)}, by its name"
        types = " or ".join(f"`{curie(one)}`" for one in field.datatypes) or "`xsd:duration`"
        unit = f" in {unit_in_words(field.term.unit)}" if field.term.unit not in {"", "1"} else ""
        ends = {"from": field.least, "to": field.most}
        return types + unit + "".join(f" {word} {plain(str(one))}" for word, one in ends.items() if one is not None)

    def _example(self, field: Field) -> str:
        """Write one fact in Turtle."""
        subject = f":{_local(field.nodes[0]).lower()}"
        return f"{subject} {field.term.name} {self._object(field)} ."

    def _object(self, field: Field) -> str:
        if field.values:
            return curie(field.values[0])
        if field.links:
            return f":{_local(field.links[0]).lower()}"
        if field.kinds:
            return curie(next(one.iri for one in self._classes[hip.Intervention] if one.codes))
        kind = curie(field.datatypes[0]) if field.datatypes else "xsd:duration"
        samples = {"xsd:date": '"2026-11-09"^^xsd:date', "xsd:duration": '"P4W"^^xsd:duration', "xsd:string": '"text"'}
        number = field.least + (field.most - field.least) // 4 if field.least is not None and field.most else 12
        return samples.get(kind) or str(number)

    def _class(self, term: Term) -> str:
        example = f"`:{_local(term.of[0]).lower()} a {term.name} .`"
        return _row([self._linked(term), self._defined(term), self._links(term.parents), self._codes(term), example])

    def interventions(self) -> Iterator[str]:
        yield from ("# Interventions", "", f"What a course or a study is of. {_GENERATED}", "")
        yield from (_row(("intervention", *_RECORD_HEAD[1:])), "|---" * len(_RECORD_HEAD) + "|")
        for term in self._classes[hip.Intervention]:
            example = f"`:activity hip:ofIntervention {term.name} .`"
            yield _row([self._linked(term), self._defined(term), self._links(term.parents), self._codes(term), example])

    def _defined(self, term: Term) -> str:
        also = f" Also: {', '.join(term.synonyms)}." if term.synonyms else ""
        return escape(" ".join(filter(None, (term.definition, term.note))) + also)

    # All terms

    def terms(self) -> Iterator[str]:
        yield from ("# All terms", "")
        yield f"Each name of `{HIP}` has an anchor here, its local name. {_GENERATED}"
        yield ""
        for kind in Kind:
            some = [one for one in self._terms.values() if one.kind is kind]
            yield from (f"## {kind.capitalize()}: {len(some)}", "")
            for term in some:
                yield self._entry(term)
            yield ""

    def _entry(self, term: Term) -> str:
        under = f" Under {self._links(term.parents)}." if term.parents else ""
        definition = "" if term.kind is Kind.STATEMENT else f" {escape(term.definition)}"
        more = f" [In words](../guideline/{_local(term.iri)[:2].lower()}.md)." if term.kind is Kind.STATEMENT else ""
        told = "" if term.recording is Recording.NO else f" *{capital(recorded_as(term))}.*"
        return f'* <a id="{_local(term.iri)}"></a>`{term.name}` {escape(term.label)}.{definition}{under}{told}{more}'

    # Trees

    def classes(self) -> Iterator[str]:
        yield from ("# The classes as trees", "")
        yield f"What is a kind of what, without the classes that follow from a definition. {_GENERATED}"
        yield "Where a class has several parents, what is below it stands below the first."
        below: dict[str, list[Term]] = defaultdict(list)
        for term in self._terms.values():
            if term.kind in {Kind.CLASS, Kind.INTERVENTION} and term.recording is not Recording.ENTAILED:
                for parent in term.parents or ("",):
                    below[parent].append(term)
        told: set[str] = set()
        for root in below[""]:
            if below[root.iri]:
                yield from ("", f"## {capital(root.label)}", "", "```tree", _line(root))
                yield from _branches(root, below, "", told)
                yield "```"

    # Parts

    def _linked(self, term: Term) -> str:
        return f"[{term.name}]({TERMS}#{_local(term.iri)}) {escape(term.label)}"

    def _links(self, iris: Iterable[str]) -> str:
        return ", ".join(f"[{curie(one)}]({TERMS}#{_local(one)})" for one in iris)

    def _codes(self, term: Term) -> str:
        parts = []
        for system, codes in codes_of(term, self._knowledge).items():
            more = f" and {len(codes) - _CODES_SHOWN} more" if len(codes) > _CODES_SHOWN else ""
            parts.append(f"{escape(system)} {', '.join(codes[:_CODES_SHOWN])}{more}")
        return "; ".join(parts)


def _line(term: Term) -> str:
    return f"{_local(term.iri)} {term.label}"


def _branches(of: Term, below: Mapping[str, Sequence[Term]], before: str, told: set[str]) -> Iterator[str]:
    """Write what is below a term, a line each, unless it is told already."""
    if of.iri in told:
        return
    told.add(of.iri)
    for number, one in enumerate(some := below.get(of.iri, ()), 1):
        last = number == len(some)
        more = " …" if one.iri in told and below.get(one.iri) else ""
        yield f"{before}{'└── ' if last else '├── '}{_line(one)}{more}"
        yield from _branches(one, below, before + ("    " if last else "│   "), told)


def _name(iri: str) -> str:
    return _local(iri) if is_term(iri) else curie(iri).replace(":", "_")


# JSON Schema


def patient_schema(knowledge: Knowledge) -> str:
    """Write a JSON Schema of patients in JSON-LD with the context of the ontology, as trees of nodes."""
    fields, classes = record_model(knowledge), recordable(knowledge)
    nodes: dict[str, Any] = {_local(node): _node_schema(node, fields, classes) for node in NODES}
    names: dict[str, Any] = {
        "Intervention": {"enum": [_local(one.iri) for one in classes[hip.Intervention]]},
        "Absent": {"enum": sorted(_local(one.iri) for one in (*classes[hip.Problem], *classes[hip.Intervention]))},
    }
    several: dict[str, Any] = {
        "required": ["@graph"],
        "properties": {"@context": {}, "@graph": _some({"$ref": "#/$defs/Patient"})},
        "additionalProperties": False,
    }
    return written(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": _SCHEMAS + SCHEMA,
            "title": "Patients of hipkg in JSON-LD",
            "description": "A patient with all that is recorded, or several in @graph, with ontology/context.jsonld.",
            "type": "object",
            "anyOf": [
                {"$ref": "#/$defs/Patient"},
                several,
            ],
            "$defs": nodes | names,
        }
    )


def _node_schema(node: str, fields: Iterable[Field], classes: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of terms
    types = {"enum": [_local(one.iri) for one in classes[node]]}
    own = [one for one in fields if node in one.nodes]
    return {
        "type": "object",
        "properties": {
            "@context": {},
            "id": {"type": "string"},
            "@id": {"type": "string"},
            _TYPE: _some(types),
            **{_local(one.term.iri): _field_schema(one) for one in own},
        },
        "patternProperties": {"^[a-z]+:": {}},
        "required": [_TYPE],
        "additionalProperties": False,
    }


def _field_schema(field: Field) -> dict[str, Any]:
    told = {"description": field.term.definition}
    if field.values:
        value: dict[str, Any] = {"enum": [_local(one) for one in field.values]}
    elif field.links:
        ends = dict.fromkeys(node for node in NODES for one in field.links if one in (node, *_below(node)))
        value = {"anyOf": [{"type": "string"}, *({"$ref": f"#/$defs/{_local(one)}"} for one in ends)]}
    elif field.kinds:
        value = {"$ref": f"#/$defs/{'Absent' if len(field.kinds) > 1 else 'Intervention'}"}
    else:
        value = _data_schema(field)
    return {**told, **(value if field.single else _some(value))}


def _below(node: str) -> tuple[str, ...]:
    return (hip.TreatmentCourse, hip.Study) if node == hip.Activity else ()


def _data_schema(field: Field) -> dict[str, Any]:
    typed = {"type": "object", "required": ["@value", "@type"]}
    limits = {"minimum": field.least, "maximum": field.most}
    bounds = {name: value for name, value in limits.items() if value is not None}
    names = {one.removeprefix(XSD) for one in field.datatypes}
    if "decimal" in names:  # a fraction is a text, for JSON-LD makes a double of any other
        return {"anyOf": [{"type": "integer", **bounds}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}
    if "integer" in names:
        return {"type": "integer", **bounds}
    if "date" in names:
        return {"anyOf": [{"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, typed]}
    return {"type": "string"} if "string" in names else typed


def _some(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe one, or several in an array."""
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


# JSON-LD


def patient_context(knowledge: Knowledge) -> str:
    """Write the context with which patients are written in JSON-LD, and read back with what they entail."""
    space: dict[str, Any] = {"@version": 1.1, "@vocab": HIP, "hip": HIP, "xsd": XSD, "id": "@id", _TYPE: "@type"}
    fields = record_model(knowledge)
    terms = {_local(one.term.iri): _meaning(one) for one in fields}
    core = {one.subject.value for one in parsed(ONTOLOGY / "core.ttl") if one.predicate.value == RDF_TYPE}  # type: ignore[union-attr]
    for iri in sorted(core & knowledge.properties.keys()):
        own = knowledge.properties[iri]
        both = (own, *(knowledge.properties[one] for one in own.superproperties))
        domains = {it for one in both for it in one.domains}
        ranges = {it for one in both for it in one.ranges}
        of_records = not domains or any(knowledge.is_a(one, node) for one in domains for node in NODES)
        if of_records and ranges & {hip.Statement, hip.Intervention}:
            terms.setdefault(_local(iri), {"@id": curie(iri), "@type": "@vocab"})
    members = space | terms
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(meaning)}" for name, meaning in members.items())
    return f'{{\n  "@context": {{\n{lines}\n  }}\n}}\n'


def _meaning(field: Field) -> dict[str, str]:
    named = {"@id": field.term.name}
    if field.links:
        return {**named, "@type": "@id"}
    if field.values or field.kinds:
        return {**named, "@type": "@vocab"}
    return {**named, "@type": curie(field.datatypes[0])} if field.datatypes else named


# SHACL


def patient_profile(knowledge: Knowledge) -> str:
    """Write a profile of patients in the core of SHACL: a shape for each kind of node, with all of its properties."""
    lines = [f"@prefix {name}: <{PREFIXES[name]}> ." for name in ("hip", "sh", "xsd")]
    lines += [
        "",
        "# What the nodes of a patient's record can hold; generated from the ontology and shapes/patient.ttl.",
    ]
    fields = record_model(knowledge)
    for node in NODES:
        own = [one for one in fields if node in one.nodes]
        lines += [
            "",
            f"<{_SHAPES}{_local(node)}>",
            "    a sh:NodeShape ;",
            f"    sh:targetClass {curie(node)} ;",
        ]
        lines += [f"    sh:property [ {' ; '.join(_constraints(one))} ] ;" for one in own]
        lines.append(".")
    return "\n".join(lines) + "\n"


def _constraints(field: Field) -> Iterator[str]:
    yield f"sh:path {field.term.name}"
    yield f'sh:name "{field.term.label}"@en'
    if field.single:
        yield "sh:maxCount 1"
    if field.values:
        yield f"sh:in ( {' '.join(map(curie, field.values))} )"
    elif field.links:
        yield "sh:nodeKind sh:BlankNodeOrIRI"
        yield from (f"sh:class {curie(one)}" for one in field.links)
    elif field.kinds:
        yield "sh:nodeKind sh:IRI"
    elif len(field.datatypes) > 1:
        yield f"sh:or ( {' '.join(f'[ sh:datatype {curie(one)} ]' for one in field.datatypes)} )"
    elif field.datatypes:
        yield f"sh:datatype {curie(field.datatypes[0])}"
    if field.least is not None:
        yield f"sh:minInclusive {field.least}"
    if field.most is not None:
        yield f"sh:maxInclusive {field.most}"
    if field.pattern:
        pattern = field.pattern.replace("\\", "\\\\")
        yield f'sh:pattern "{pattern}"'
