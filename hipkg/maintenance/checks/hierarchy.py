"""Check the hierarchies that are told: circles, kinds that exclude each other, and definitions that say the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import OWL, RDFS, curie
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import And, Expression, Named, OneOf, Or, Some, named_classes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from hipkg.maintenance.checks.workspace import Workspace
    from hipkg.owl.axioms import Axioms


def check_hierarchy(space: Workspace) -> Iterator[Issue]:
    """Find classes and properties that are above themselves, and classes under two that exclude each other."""
    for prop in ("subClassOf", "subPropertyOf"):
        steps = {iri: space.named(iri, RDFS + prop) for iri in space.links.get(RDFS + prop, {})}
        for circle in circles(steps):
            yield Issue("kind-cycle", curie(circle[0]), f"rdfs:{prop}", _told(circle))
    told = space.told_superclasses
    pairs = {
        (iri, other)
        for iri in space.links.get(OWL + "disjointWith", {})
        for other in space.named(iri, OWL + "disjointWith")
    }
    for one, other in sorted(pairs):
        if one == other:
            yield Issue("disjoint-kinds", curie(one), "owl:disjointWith", "excludes itself")
    # Of the classes below both only the highest are told: the others follow.
    wrong = {iri: (a, b) for iri, above in told.items() for a, b in sorted(pairs) if a != b and {a, b} <= above}
    for iri, (one, other) in sorted(wrong.items()):
        if not any(up in wrong for up in told[iri] - {iri}):
            yield Issue(
                "disjoint-kinds", curie(iri), "rdfs:subClassOf", f"{curie(one)} and {curie(other)} exclude each other"
            )
    yield from _not_apart(pairs, told)


def _not_apart(pairs: Iterable[tuple[str, str]], told: Mapping[str, frozenset[str]]) -> Iterator[Issue]:
    """Find kinds that exclude the same one and not each other, of which nothing is in both."""
    apart: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        apart[one].add(other)
        apart[other].add(one)
    both = {frozenset({one, other}) for above in told.values() for one in above & apart.keys() for other in above}
    for third, excluding in sorted(apart.items()):
        for one in sorted(excluding):
            for other in sorted(excluding - apart[one]):
                if one < other and frozenset({one, other}) not in both:
                    said = f"excludes {curie(third)} as {curie(other)} does, which it does not exclude"
                    yield Issue("not-apart", curie(one), "owl:disjointWith", said)


def check_definitions(axioms: Axioms, generated: Container[str] = ()) -> Iterator[Issue]:
    """Find definitions that name themselves, are the same as others, or hold something twice.

    Parameters: ``generated`` are the classes that the release adds, of which several may say the same.
    """
    steps = {iri: sorted(named_classes(one)) for iri, one in axioms.definitions.items()}
    for circle in circles(steps):
        yield Issue("definition-cycle", curie(circle[0]), "owl:equivalentClass", _told(circle))
    same: dict[object, list[str]] = defaultdict(list)
    for iri, one in sorted(axioms.definitions.items()):
        if iri not in generated:
            same[plain(one)].append(iri)
        for part in _doubled(one):
            yield Issue("definition-doubled", curie(iri), "owl:equivalentClass", part)
    for names in same.values():
        for iri in names[1:]:
            yield Issue(
                "same-definition", curie(iri), "owl:equivalentClass", f"is the definition of {curie(names[0])} too"
            )


def plain(one: Expression) -> object:
    """Bring an expression into a form that does not depend on the order of operands."""
    match one:
        case And(operands) | Or(operands):
            return (type(one).__name__, frozenset(map(plain, operands)))
        case OneOf(individuals):
            return ("OneOf", frozenset(individuals))
        case Some(prop, filler):
            return ("Some", prop, plain(filler))
        case _:
            return (type(one).__name__, one)


def _doubled(one: Expression) -> Iterator[str]:
    if isinstance(one, And | Or):
        if len(one.operands) < 2:  # noqa: PLR2004 - what is joined is at least two
            yield "joins fewer than two"
        seen: set[object] = set()
        for part in one.operands:
            form = plain(part)
            if form in seen:
                yield f"names {curie(part.iri) if isinstance(part, Named) else 'a part'} twice in one list"
            seen.add(form)
            yield from _doubled(part)
    elif isinstance(one, Some):
        yield from _doubled(one.filler)
    elif isinstance(one, OneOf) and len(set(one.individuals)) < len(one.individuals):
        yield "lists an individual twice"


def circles(steps: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """List the circles of a graph, one for each group of terms that lead to one another."""
    import networkx as nx

    graph = nx.DiGraph([(one, other) for one, others in steps.items() for other in others])
    found = []
    for group in nx.strongly_connected_components(graph):
        first = min(group)
        if len(group) > 1 or graph.has_edge(first, first):
            edges = nx.find_cycle(graph.subgraph(group), first)
            found.append([one for one, _ in edges])
    return sorted(found)


def _told(circle: list[str]) -> str:
    return " → ".join(curie(one) for one in [*circle, circle[0]])
