"""Check patient graphs against the shapes: the subset of SHACL that ``shapes/patient.ttl`` uses, compiled to SPARQL.

Each shape becomes one SELECT query that pyoxigraph runs over the graph of a patient. Queries whose terms do not occur
in the graph are skipped, and so are those of which a glance at the classes and values in the graph shows that they find
nothing; so the cost follows the patient and not the number of shapes. The subset is:

- targets: ``sh:targetClass``, ``sh:targetSubjectsOf``, ``sh:targetObjectsOf``;
- paths: one property;
- constraints: ``sh:minCount``, ``sh:maxCount``, ``sh:class``, ``sh:datatype``, ``sh:nodeKind``, ``sh:in``,
  ``sh:pattern``, ``sh:minInclusive``, ``sh:maxInclusive``, ``sh:minExclusive``, ``sh:maxExclusive``, ``sh:or`` of such
  constraints on values;
- one ``sh:sparql`` of the form SELECT ... WHERE, which binds ``$this`` outside filters and does without ``$PATH``;
- about a shape: ``sh:severity``, ``sh:message``, ``sh:name``, ``sh:description``, ``sh:order``, ``hip:fix``,
  ``hip:asks``, ``hip:asksFor``.

Anything else in a shapes file is an error. `hipkg.validation.reference.validate_with_pyshacl` is the reference for the
results.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from functools import cache
from itertools import chain
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from hipkg.base import hip
from hipkg.base.dates import DATATYPES, span
from hipkg.base.errors import OntologyError
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, RDFS, XSD, curie
from hipkg.knowledge.shapes import TARGET, TARGET_CLASS, TARGET_SUBJECTS, TARGETS, CompiledShape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
    from pathlib import Path

    from pyoxigraph import QuerySolutions

    from hipkg.record.patient import Severity

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

_SH = PREFIXES["sh"]
_FIRST = PREFIXES["rdf"] + "first"
_REST = PREFIXES["rdf"] + "rest"
_SELECT = re.compile(r"\s*SELECT\s+(?:DISTINCT\s+)?((?:[$?](?:this|path|value)\s+)+)WHERE\s*\{(.*)\}\s*", re.DOTALL)
_TYPE = NamedNode(RDF_TYPE)
_SUBCLASS = NamedNode(RDFS + "subClassOf")
_WHOLE = NamedNode(hip.anatomicalPartOf)
_NONE: Mapping[str, frozenset[str]] = {}

_SEVERITIES: dict[str, Severity] = {_SH + "Violation": "violation", _SH + "Warning": "warning", _SH + "Info": "info"}
_NODE_KINDS = {
    _SH + "IRI": "isIRI(?value)",
    _SH + "BlankNode": "isBlank(?value)",
    _SH + "Literal": "isLiteral(?value)",
    _SH + "BlankNodeOrIRI": "!isLiteral(?value)",
    _SH + "BlankNodeOrLiteral": "!isIRI(?value)",
    _SH + "IRIOrLiteral": "!isBlank(?value)",
}
_BOUNDS = {
    _SH + "minInclusive": ">=",
    _SH + "maxInclusive": "<=",
    _SH + "minExclusive": ">",
    _SH + "maxExclusive": "<",
}
_CASTS = frozenset(XSD + name for name in ("boolean", "integer", "decimal", "date", "dateTime", "gYear", "gYearMonth"))
_OF_ANY_TEXT = (XSD + "string", PREFIXES["rdf"] + "langString")
_VALUE_CONSTRAINTS = frozenset(_SH + name for name in ("class", "datatype", "nodeKind", "in", "pattern", "or")) | {
    *_BOUNDS
}
_COMPARED = {"minInclusive": ge, "maxInclusive": le, "minExclusive": gt, "maxExclusive": lt}
_PLAIN_NUMBERS = {"integer": re.compile("[0-9]{1,15}"), "decimal": re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")}
_READ_ALIKE = re.compile(r"\^(?:[A-Z0-9|?():-]|\[[0-9+-]+\]|\{[0-9,]+\})*\$")
"""The patterns that Python reads as SPARQL does, in texts without line breaks."""
_ONLY_MINIMUM = (("minCount", ()),)
_ABOUT = frozenset(_SH + name for name in ("severity", "message", "name", "description", "order", "path"))
_COUNTS = frozenset({_SH + "minCount", _SH + "maxCount"})
_OWN = (hip.asks, hip.asksFor, hip.fix)
_KNOWN = _VALUE_CONSTRAINTS | _ABOUT | _COUNTS | {*TARGETS} | {RDF_TYPE, _SH + "sparql", *_OWN}
_REMEDY = "The head of hipkg/validation/compiler.py lists what shapes may use."


class Result(NamedTuple):
    """A node that breaks a shape, with the IRI of the property and the value, where there are any."""

    shape: CompiledShape
    node: Term
    path: str
    value: Term | None


class Background(NamedTuple):
    """What shapes need to know of the ontology.

    ``superclasses`` maps a class to all its superclasses, ``individual_types`` an individual to all its classes, and
    ``wholes`` a class of sites to the classes of sites that its members are parts of.
    """

    superclasses: Mapping[str, frozenset[str]] = _NONE
    individual_types: Mapping[str, frozenset[str]] = _NONE
    wholes: Mapping[str, frozenset[str]] = _NONE

    def upward(self, classes: Iterable[str]) -> frozenset[str]:
        """Return classes with all their superclasses."""
        told = frozenset(classes)
        return told.union(*(self.superclasses.get(one, ()) for one in told))


def check(triples: Iterable[Triple], shapes: Iterable[CompiledShape], background: Background) -> tuple[Result, ...]:
    """Find what breaks the shapes in the triples of one or more patients, in the order of the shapes."""
    store, outline = _prepared(triples, background)
    present = outline.present()
    broken = (shape for shape in shapes if not outline.keeps(shape))
    return tuple(result for shape in broken for result in _results(shape, present, outline, store))


def _results(shape: CompiledShape, present: Set[str], outline: _Outline, store: Store) -> Iterable[Result]:
    """Find what breaks a shape: at a glance where it only asks that something is there, and otherwise by its query."""
    if shape.glances == _ONLY_MINIMUM:
        return (Result(shape, node, shape.path, None) for node in outline.lacking(shape))
    query = shape.query_for(present)
    return _run(shape, query, store) if query else ()


def _run(shape: CompiledShape, query: str, store: Store) -> Iterator[Result]:
    for node, path, value in cast("QuerySolutions", store.query(query)):
        yield Result(shape, node, path.value if path else shape.path, value)


class _Outline:
    """What is seen of a graph at a glance: the classes of its nodes and the values of its properties."""

    def __init__(self) -> None:
        self.classes: dict[Term, frozenset[str]] = {}
        self.members: dict[str, set[Term]] = defaultdict(set)
        self.links: dict[str, set[tuple[Term, Term]]] = defaultdict(set)

    def present(self) -> set[str]:
        """Collect the classes and properties that occur."""
        return {*self.members, *self.links}

    def keeps(self, shape: CompiledShape) -> bool:
        """Tell whether a shape is seen to be kept; one that is not may be kept all the same."""
        return bool(shape.glances) and all(self._keeps(shape, name, terms) for name, terms in shape.glances)

    def _keeps(self, shape: CompiledShape, name: str, terms: tuple[str, ...]) -> bool:
        links = self.links.get(shape.path, ())
        if name == "minCount":
            return not self.lacking(shape)
        if name == "maxCount":
            return len({subject for subject, _ in links}) == len(links)
        values = {value for _, value in links} if shape.path else self._focus(shape)
        match name:
            case "in":
                return all(isinstance(one, NamedNode) and one.value in terms for one in values)
            case "class":
                return all(terms[0] in self.classes.get(one, ()) for one in values)
            case "nodeKind":
                return all(isinstance(one, NamedNode) for one in values)
            case "datatype":
                return all(isinstance(one, Literal) and _is_plain(one, terms) for one in values)
            case "pattern":
                return all(isinstance(one, Literal) and _is_like(one.value, terms[0]) for one in values)
            case _:
                bound, holds = Decimal(terms[0]), _COMPARED[name]
                return all(_is_plain_number(one) and holds(Decimal(one.value), bound) for one in values)

    def lacking(self, shape: CompiledShape) -> set[Term]:
        """Collect the nodes that a shape is about and that have no value at its path."""
        return self._focus(shape) - {subject for subject, _ in self.links.get(shape.path, ())}

    def _focus(self, shape: CompiledShape) -> set[Term]:
        return {node for term, way in shape.targets.items() for node in self._nodes(term, way)}

    def _nodes(self, term: str, way: str) -> Iterable[Term]:
        if way == TARGET_CLASS:
            return self.members.get(term, ())
        links = self.links.get(term, ())
        return (subject if way == TARGET_SUBJECTS else value for subject, value in links)


def _is_plain(value: Literal, datatypes: Collection[str]) -> bool:
    """Tell whether a literal is of one of some datatypes, and written as they mostly are: a date without a zone."""
    if value.datatype.value not in datatypes:
        return False
    name, text = value.datatype.value.removeprefix(XSD), value.value
    if name in _PLAIN_NUMBERS:
        return _PLAIN_NUMBERS[name].fullmatch(text) is not None
    return name == "string" or (DATATYPES.get(len(text)) == name and span(text) is not None)


def _is_like(text: str, pattern: str) -> bool:
    return "\n" not in text and re.search(pattern, text) is not None


def _is_plain_number(value: Term) -> TypeGuard[Literal]:
    return isinstance(value, Literal) and _is_plain(value, [XSD + name for name in _PLAIN_NUMBERS])


def _prepared(triples: Iterable[Triple], background: Background) -> tuple[Store, _Outline]:
    """Put triples into a store with the classes that the ontology adds, and outline what it holds."""
    quads = [Quad(*triple) for triple in triples]
    told: dict[Any, set[str]] = defaultdict(set)
    outline = _Outline()
    for subject, predicate, value, _graph in quads:
        outline.links[predicate.value].add((subject, value))
        if isinstance(value, NamedNode):
            if predicate == _TYPE:
                told[subject].add(value.value)
            elif value.value in background.individual_types:
                told[value] |= background.individual_types[value.value]
    for node, classes in told.items():
        entailed = outline.classes[node] = background.upward(classes)
        for one in entailed:
            outline.members[one].add(node)
        quads.extend(Quad(node, _TYPE, NamedNode(one)) for one in entailed)
    quads.extend(_anatomy(background, outline.members.keys()))
    quads.extend(_hierarchy(background, _absent(outline)))
    store = Store()
    store.extend(quads)
    return store, outline


def _absent(outline: _Outline) -> Iterator[str]:
    """List the kinds that are recorded as absent."""
    return (kind.value for _, kind in outline.links.get(hip.isWithout, ()) if isinstance(kind, NamedNode))


def _hierarchy(background: Background, kinds: Iterable[str]) -> Iterator[Quad]:
    """State what some kinds are kinds of."""
    for kind in kinds:
        for upper in background.superclasses.get(kind, ()):
            yield Quad(NamedNode(kind), _SUBCLASS, NamedNode(upper))


def _anatomy(background: Background, classes: Set[str]) -> Iterator[Quad]:
    """State what the classes of sites in a graph are parts of, and what kinds of site those wholes are."""
    for part in classes & background.wholes.keys():
        for whole in background.wholes[part]:
            yield Quad(NamedNode(part), _WHOLE, NamedNode(whole))
        yield from _hierarchy(background, background.wholes[part])


@cache
def compile_shapes(path: Path) -> tuple[CompiledShape, ...]:
    """Compile the shapes of a Turtle file, in their order; the same file is compiled once.

    Raises `OntologyError` naming the shape and the construct that is missing or outside the subset.
    """
    return _Compiler(quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE)).shapes()


class _Compiler:
    """Turn the triples of a shapes file into queries."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._facts: dict[Term, dict[str, list[Term]]] = {}
        for triple in triples:
            self._facts.setdefault(triple.subject, {}).setdefault(triple.predicate.value, []).append(triple.object)

    def shapes(self) -> tuple[CompiledShape, ...]:
        kinds = {NamedNode(_SH + "NodeShape"), NamedNode(_SH + "PropertyShape")}
        found = [node for node, facts in self._facts.items() if not kinds.isdisjoint(facts.get(RDF_TYPE, ()))]
        return tuple(self._shape(node) for node in sorted(found, key=self._place))

    def _place(self, shape: Term) -> tuple[float, str]:
        return float(self._text(shape, _SH + "order") or "inf"), str(shape)

    def _shape(self, shape: Term) -> CompiledShape:
        if not isinstance(shape, NamedNode):
            raise OntologyError("A shape has no IRI.", remedy="Name it, so that findings can point to it.")
        self._refuse_unknown(shape, shape, _KNOWN)
        severity, message = self._text(shape, _SH + "severity"), self._text(shape, _SH + "message")
        if severity not in _SEVERITIES or not message:
            raise OntologyError(
                "has no severity or no message.", place=curie(shape.value), remedy="Add both to the shape."
            )
        path = self._text(shape, _SH + "path")
        return CompiledShape(
            iri=shape.value,
            severity=_SEVERITIES[severity],
            path=path,
            message=message,
            fix=self._text(shape, hip.fix),
            asks=self._text(shape, hip.asks),
            asks_for=self._text(shape, hip.asksFor),
            targets=self._targets(shape),
            needs=self._needs(shape, path),
            query=self._query(shape, path),
            glances=self._glances(shape),
        )

    def _refuse_unknown(self, shape: NamedNode, node: Term, known: frozenset[str]) -> None:
        for name in sorted(self._facts[node].keys() - known):
            raise _unsupported(shape, curie(name))

    def _all(self, node: Term, prop: str) -> list[Term]:
        return self._facts.get(node, {}).get(prop, [])

    def _text(self, node: Term, prop: str) -> str:
        """Return the one value of a property as text, or nothing where there is none."""
        values = self._all(node, prop)
        if not values:
            return ""
        if len(values) > 1 or not isinstance(values[0], NamedNode | Literal):
            raise OntologyError(f"does not have one plain value of {curie(prop)}.", place=str(node), remedy=_REMEDY)
        return values[0].value

    def _targets(self, shape: NamedNode) -> dict[str, str]:
        found = ((one, way) for way in TARGETS for one in self._all(shape, way))
        targets = {one.value: way for one, way in found if isinstance(one, NamedNode)}
        if not targets:
            raise OntologyError("has no target.", place=curie(shape.value), remedy=_REMEDY)
        return targets

    def _needs(self, shape: NamedNode, path: str) -> frozenset[str]:
        finds_absence = self._all(shape, _SH + "minCount") or self._all(shape, _SH + "sparql")
        return frozenset() if finds_absence or not path else frozenset({path})

    def _glances(self, shape: NamedNode) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """List the constraints of a shape, or none if one cannot be seen to be kept without a query."""
        found: list[tuple[str, tuple[str, ...]]] = []
        for prop, values in self._facts[shape].items():
            name = prop.removeprefix(_SH)
            terms = tuple(self._list(values[0])) if name == "in" else tuple(values)
            if (name, terms) == ("nodeKind", (NamedNode(_SH + "IRI"),)):
                found.append((name, ()))
            elif datatypes := self._datatypes(name, values):
                found.append(("datatype", datatypes))
            elif name == "pattern" and _READ_ALIKE.fullmatch(self._text(shape, prop)):
                found.append((name, (self._text(shape, prop),)))
            elif name in _COMPARED and len(values) == 1 and _is_plain_number(values[0]):
                found.append((name, (values[0].value,)))
            elif name in {"in", "class"} and len(values) == 1 and all(isinstance(one, NamedNode) for one in terms):
                found.append((name, tuple(one.value for one in terms)))  # type: ignore[union-attr]
            elif name in {"minCount", "maxCount"} and self._text(shape, prop) == "1":
                found.append((name, ()))
            elif prop in _VALUE_CONSTRAINTS | _COUNTS or name == "sparql":
                return ()
        return tuple(found)

    def _datatypes(self, name: str, values: Sequence[Term]) -> tuple[str, ...]:
        """List the datatypes of which values must have one, if that is what a constraint says; empty otherwise."""
        datatype = _SH + "datatype"
        if name == "or" and len(values) == 1:
            alternatives = [self._facts[one] for one in self._list(values[0])]
            told = [one[datatype] for one in alternatives if one.keys() == {datatype}]
            values = [*chain.from_iterable(told)] if len(told) == len(alternatives) else ()
        elif name != "datatype" or len(values) > 1:
            return ()
        named = tuple(one.value for one in values if isinstance(one, NamedNode))
        return named if len(named) == len(values) else ()

    def _query(self, shape: NamedNode, path: str) -> str:
        """Write one query for all constraints of a shape."""
        if self._all(shape, _SH + "sparql"):
            return self._select(shape, path)
        values = f"?this <{path}> ?value ." if path else "BIND(?this AS ?value)"
        tests = list(self._tests(shape, shape))
        parts = [f"{TARGET} {values} FILTER(!({' && '.join(tests)}))"] if tests else []
        parts += self._counts(shape, path)
        return f"SELECT DISTINCT ?this ?path ?value WHERE {{ {' UNION '.join(f'{{ {part} }}' for part in parts)} }}"

    def _counts(self, shape: NamedNode, path: str) -> Iterator[str]:
        least, most = (self._text(shape, _SH + name) for name in ("minCount", "maxCount"))
        each = f"?this <{path}> ?each ."
        if least == "1":
            yield f"{TARGET} FILTER NOT EXISTS {{ {each} }}"
        elif least:
            raise _unsupported(shape, f"sh:minCount {least}")
        if most:
            counted = f"SELECT ?this WHERE {{ {TARGET} {each} }} GROUP BY ?this HAVING(COUNT(DISTINCT ?each) > {most})"
            yield f"{{ {counted} }}"

    def _tests(self, shape: NamedNode, node: Term) -> Iterator[str]:
        """Write for each constraint on values the expression that is true of ``?value`` if it conforms."""
        for prop, values in self._facts[node].items():
            if prop in _VALUE_CONSTRAINTS:
                for value in values:
                    yield f"COALESCE({self._test(shape, prop, value)}, false)"

    def _test(self, shape: NamedNode, prop: str, value: Term) -> str:
        match prop.removeprefix(_SH), value:
            case "class", NamedNode():
                test = f"EXISTS {{ ?value a {value} }}"
            case "datatype", NamedNode():
                test = _datatype_test(shape, value.value)
            case "nodeKind", NamedNode() if value.value in _NODE_KINDS:
                test = _NODE_KINDS[value.value]
            case "in", _:
                test = f"?value IN ({', '.join(map(str, self._list(value)))})"
            case "or", _:
                test = " || ".join(f"({self._alternative(shape, one)})" for one in self._list(value))
            case "pattern", Literal():
                test = f"!isBlank(?value) && REGEX(STR(?value), {value})"
            case _, Literal() if prop in _BOUNDS:
                test = f"?value {_BOUNDS[prop]} {value}"
            case _:
                raise _unsupported(shape, f"{curie(prop)} {value}")
        return test

    def _alternative(self, shape: NamedNode, node: Term) -> str:
        self._refuse_unknown(shape, node, _VALUE_CONSTRAINTS)
        return " && ".join(self._tests(shape, node))

    def _list(self, node: Term) -> Iterator[Term]:
        while self._all(node, _FIRST):
            yield self._all(node, _FIRST)[0]
            node = self._all(node, _REST)[0]

    def _select(self, shape: NamedNode, path: str) -> str:
        """Put the target of a shape into its own query, which SHACL calls pre-binding."""
        constraints = self._all(shape, _SH + "sparql")
        text = self._text(constraints[0], _SH + "select")
        match = _SELECT.fullmatch(text)
        others = sorted(curie(name) for name in self._facts[shape].keys() & (_VALUE_CONSTRAINTS | _COUNTS))
        if len(constraints) > 1 or match is None or "$PATH" in text or others:
            raise _unsupported(shape, others[0] if others else "sh:sparql of this form")
        itself = "" if path or "value" in match[1] else "BIND(?this AS ?value)"
        # The store holds every class of a node, so the path that SHACL needs to reach them would only cost time.
        pattern = f"{TARGET} {match[2].replace('a/rdfs:subClassOf*', 'a')} {itself}"
        return f"{self._prologue(constraints[0], text)}SELECT DISTINCT ?this ?path ?value WHERE {{ {pattern} }}"

    def _prologue(self, constraint: Term, text: str) -> str:
        """Declare the prefixes that the text of a constraint uses."""
        declared = [
            (self._text(one, _SH + "prefix"), self._text(one, _SH + "namespace"))
            for ontology in self._all(constraint, _SH + "prefixes")
            for one in self._all(ontology, _SH + "declare")
        ]
        return "".join(
            f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(declared) if f"{prefix}:" in text
        )


def _datatype_test(shape: NamedNode, datatype: str) -> str:
    """Test the datatype of a literal and, by a cast, that its text is of the datatype."""
    test = f"DATATYPE(?value) = <{datatype}>"
    if datatype in _OF_ANY_TEXT:
        return test
    if datatype not in _CASTS:
        raise _unsupported(shape, f"sh:datatype {curie(datatype)}")
    return f"{test} && DATATYPE(<{datatype}>(STR(?value))) = <{datatype}>"


def _unsupported(shape: NamedNode, construct: str) -> OntologyError:
    return OntologyError(f"uses {construct}, which is not compiled.", place=curie(shape.value), remedy=_REMEDY)
