"""Find what a record is in when a context lacks exactly one fact that can be asked for.

A context of statements is *possible* for a problem when some disjunct of its definition holds but for one conjunct, and
that one is marked askable (`hip:askable`), or is a kind that only adds a qualifier to what is recorded
(`hip:qualifies`). A fact of another place is not asked for, nor one without which no problem would be left: what nobody
recorded at all is no problem to ask about. The possible contexts are written as classes of a module of their own, so
that every reasoner decides them alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import RDFS
from hipkg.knowledge.loading import load_base
from hipkg.maintenance.modules import Written, module, told
from hipkg.owl.expression import And, Expression, Named, Or, Some, conjuncts, intersection, named_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from hipkg.maintenance.sources import Sources
    from hipkg.owl.axioms import Axioms

_ELSEWHERE = frozenset({hip.problemOf})


class Marks(NamedTuple):
    """What an ontology says can be asked for: classes that are askable, and kinds with what they only qualify."""

    askable: Set[str]
    qualified: Mapping[str, str]


class Possible(NamedTuple):
    """A context of statements but for one fact.

    ``left`` is what is left of a disjunct of its definition without what it ``lacks``, and ``asked`` the part of it
    that asks for that.
    """

    iri: str
    context: str
    lacks: str
    left: Expression
    asked: Expression


def possible_contexts(sources: Sources) -> list[Possible]:
    """List the ways in which the contexts of statements are possible, in the order of their names.

    Those that the release of the shipped ontology has keep their names in one of one's own on top of it.
    """
    axioms, own = sources.axioms, sources.own
    known = {pair: iri for iri, pair in load_base().possible.items()} if own else {}
    found = [*told(sources.triples)]
    askable = frozenset(subject for subject, prop, _ in found if prop == hip.askable)
    marks = Marks(askable, {subject: target for subject, prop, target in found if prop == hip.qualifies})
    finder = _Finder(axioms.definitions, marks)
    possible = []
    for context in sorted({target for _, prop, target in found if prop == hip.appliesTo}):
        ways = sorted(dict.fromkeys(finder.without(Named(context))), key=lambda one: one.lacks)
        fitting = [(one, left) for one in ways if (left := one.left) and _has_problem(left, axioms)]
        for number, (one, left) in enumerate(fitting, 1):
            whole = intersection((Named(hip.Problem), left))
            stem = own.name(context) if own else context
            iri = known.get((context, one.lacks), f"{stem}ButFor{number}")
            possible.append(Possible(iri, context, one.lacks, whole, one.asked))
    return possible


def _has_problem(expression: Expression, axioms: Axioms) -> bool:
    """Tell whether an expression names a kind of problem."""
    return any(hip.Problem in axioms.above(one) for one in named_classes(expression))


class _Without(NamedTuple):
    """What is left of an expression without the fact that it lacks, None for nothing, and the part that asks for it."""

    lacks: str
    left: Expression | None
    asked: Expression


class _Finder:
    def __init__(self, definitions: Mapping[str, Expression], marks: Marks) -> None:
        self._definitions = definitions
        self._marks = marks

    def without(self, expression: Expression) -> Iterator[_Without]:
        """List each askable fact of an expression with what is left without it."""
        match expression:
            case Named(iri):
                yield from self._without_class(iri)
            case And(operands):
                for number, operand in enumerate(operands):
                    before, after = operands[:number], operands[number + 1 :]
                    for one in self.without(operand):
                        yield one._replace(left=intersection((*before, *([one.left] if one.left else []), *after)))
            case Or(operands):
                for operand in operands:
                    yield from self.without(operand)
            case Some(prop, filler) if prop not in _ELSEWHERE:
                kinds = [one for one in conjuncts(filler) if isinstance(one, Named)] if prop == hip.locatedIn else []
                for lacks, left, asked in self.without(filler):
                    onward = Some(prop, left) if left else None
                    yield _Without(lacks, onward, Some(prop, And((*kinds, asked)) if kinds else asked))
            case _:
                return

    def _without_class(self, iri: str) -> Iterator[_Without]:
        if iri in self._marks.qualified:
            yield _Without(iri, Named(self._marks.qualified[iri]), Named(iri))
        elif iri in self._marks.askable:
            yield _Without(iri, None, Named(iri))
        elif iri in self._definitions:
            yield from self.without(self._definitions[iri])


def possible_module(sources: Sources) -> str:
    """Write the module of the possible contexts in Turtle, as it follows from the other modules."""
    names = {(subject, prop): text for subject, prop, text in told(sources.triples)}

    def written(one: Possible) -> Written:
        context, lacks = names[one.context, RDFS + "label"], names[one.lacks, RDFS + "label"]
        return Written(
            one.iri,
            hip.Problem,
            f"{context}, but for {lacks}",
            f"What is in the context {context} if it is so that {lacks} is there.",
            ((hip.possibleContext, one.context), (hip.lacksFact, one.lacks)),
            one.left,
        )

    shipped = load_base().possible if sources.own else {}
    found = [one for one in possible_contexts(sources) if one.iri not in shipped]
    about = "Contexts without the one fact that they lack, as the release finds them, not as editors do."
    return module("possible", "possible contexts", about, sources, map(written, found))
