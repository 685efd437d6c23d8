"""What the record of a patient can hold: each property of its nodes, as the ontology and the shapes describe it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.paths import PATIENT_SHAPES
from hipkg.base.vocabulary import HIP, PREFIXES, RDFS, XSD
from hipkg.knowledge.terms import NODES, Recording, all_terms, value_properties
from hipkg.owl.axioms import read_axioms
from hipkg.owl.sources import load_sources, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyoxigraph as ox

    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.terms import Term

_SH = PREFIXES["sh"]
_LISTS = (PREFIXES["rdf"] + "first", PREFIXES["rdf"] + "rest")
_DENYING = frozenset({hip.Problem, hip.Intervention})
"""What can be recorded as absent, by the kind itself."""


class Field(NamedTuple):
    """A property of a node of a patient's record.

    ``nodes`` are the kinds of nodes that have it. Its value is a node of one of ``links``, one of the ``values`` that
    are listed, a class of one of ``kinds``, or data of one of ``datatypes``; ``single`` tells that a node has one at
    most. A number is from ``least`` to ``most``, a text fits the ``pattern``; ``inverse`` says the same from the other
    end, of which ``turned`` tells that it is meant first.
    """

    term: Term
    nodes: tuple[str, ...]
    links: tuple[str, ...]
    values: tuple[str, ...]
    kinds: tuple[str, ...]
    datatypes: tuple[str, ...]
    single: bool
    least: Decimal | None
    most: Decimal | None
    pattern: str
    inverse: str
    turned: bool


class _Shape(NamedTuple):
    """What the shapes say of the values of a property, whoever has it."""

    datatypes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    single: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    pattern: str = ""


def record_model(knowledge: Knowledge) -> tuple[Field, ...]:
    """Describe every property of patients' records, by the kind of node and the name."""
    axioms = read_axioms(load_sources()).properties
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in load_sources():
        if one.predicate.value in {hip.recordedOf, RDFS + "range"}:
            told[one.subject.value, one.predicate.value].append(one.object.value)  # type: ignore[union-attr]
    shapes = _shapes()
    found = []
    for iri, term in all_terms(knowledge).items():
        if term.recording is not Recording.PROPERTY:
            continue
        own = axioms.get(iri)
        wider = [axioms[one] for one in own.superproperties if one in axioms] if own else []
        turned = [one for one in axioms.values() if own and (one.iri in own.inverses or iri in one.inverses)]
        domains = {one for it in filter(None, (own, *wider)) for one in it.domains}
        domains |= {one for it in turned for one in it.ranges} | {*told[iri, hip.recordedOf]}
        ranges = {one for it in filter(None, (own, *wider)) for one in it.ranges}
        ranges |= {one for it in turned for one in it.domains}
        shape = shapes.get(iri, _Shape())
        bounds = knowledge.possible_ranges.get(iri)
        ranged = tuple(one for one in told[iri, RDFS + "range"] if one.startswith(XSD))
        values = {one for one, it in all_terms(knowledge).items() if iri in _properties_of(it, knowledge)}
        nodes = _nodes(domains, knowledge)
        found.append(
            Field(
                term=term,
                nodes=nodes,
                links=tuple(sorted(one for one in knowledge.narrowest(ranges) if _nodes({one}, knowledge))),
                values=shape.values or tuple(sorted(values)),
                kinds=_kinds(iri, ranges, knowledge),
                datatypes=shape.datatypes or ranged,
                single=shape.single or iri in knowledge.functional or iri in knowledge.single_valued,
                least=shape.least if shape.least is not None else bounds.least if bounds else None,
                most=shape.most if shape.most is not None else bounds.most if bounds else None,
                pattern=shape.pattern,
                inverse=next((one.iri for one in turned), ""),
                turned=bool(own and own.inverses),
            )
        )
    return tuple(sorted(found, key=lambda one: ([NODES.index(node) for node in one.nodes], one.term.name)))


def _properties_of(term: Term, knowledge: Knowledge) -> tuple[str, ...]:
    return value_properties(term.iri, knowledge) if term.recording is Recording.VALUE else ()


def _nodes(classes: Iterable[str], knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(node for node in NODES if any(knowledge.is_a(one, node) for one in classes))


def _kinds(iri: str, ranges: Iterable[str], knowledge: Knowledge) -> tuple[str, ...]:
    """Name the classes of which kinds themselves are the values."""
    if iri == hip.isWithout:
        return tuple(sorted(_DENYING))
    return tuple(sorted(one for one in ranges if knowledge.is_a(one, hip.Intervention)))


def _shapes() -> Mapping[str, _Shape]:
    """Read what the shapes of patients say in the core of SHACL, by the property."""
    facts: dict[tuple[object, str], list[ox.NamedNode | ox.BlankNode | ox.Literal]] = defaultdict(list)
    for one in parsed(PATIENT_SHAPES):
        facts[one.subject, one.predicate.value].append(one.object)  # type: ignore[arg-type]

    def members(node: object) -> list[ox.NamedNode | ox.BlankNode | ox.Literal]:
        first, rest = (facts[node, one] for one in _LISTS)
        return [*first, *(members(rest[0]) if rest else [])]

    def literal(node: object, name: str) -> str:
        return next((one.value for one in facts[node, _SH + name]), "")

    found: dict[str, _Shape] = {}
    for subject in dict.fromkeys(one for one, prop in [*facts] if prop == _SH + "path"):
        path = facts[subject, _SH + "path"][0].value
        own = facts[subject, _SH + "datatype"]
        either = [it for one in facts[subject, _SH + "or"] for it in members(one)]
        types = own or [it for one in either for it in facts[one, _SH + "datatype"]]
        values = [it for one in facts[subject, _SH + "in"] for it in members(one)]
        least, most = literal(subject, "minInclusive"), literal(subject, "maxInclusive")
        was = found.get(path, _Shape())
        found[path] = _Shape(
            was.datatypes or tuple(one.value for one in types),
            was.values or tuple(one.value for one in values),
            was.single or literal(subject, "maxCount") == "1",
            Decimal(least) if least else was.least,
            Decimal(most) if most else was.most,
            was.pattern or literal(subject, "pattern"),
        )
    return found


def recordable(knowledge: Knowledge) -> Mapping[str, tuple[Term, ...]]:
    """List the classes that records type their nodes by, by the kind of node, and the interventions."""
    terms = all_terms(knowledge).values()
    by_node = {node: tuple(one for one in terms if node in one.of) for node in NODES}
    of_acts = tuple(one for one in terms if one.recording is Recording.ACTIVITY and one.iri != HIP + "Intervention")
    typed = {node: tuple(one for one in some if one.recording is Recording.TYPE) for node, some in by_node.items()}
    return {**typed, hip.Intervention: of_acts}
