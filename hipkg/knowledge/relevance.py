"""Find the statements that can bear on the state of one statement or on the status of one action.

Whatever the others say, these alone decide: those about the intervention or a class of it, and, where they stand only
with a companion in the plan, those that can put the companion there or keep it out. A trial that asks for one action
need not derive the rest.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hipkg.base.groups import reached
from hipkg.knowledge.frame.strata import OFFERING
from hipkg.knowledge.memo import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge


@kept
def on_statement(statement: str, knowledge: Knowledge) -> frozenset[str]:
    """List the statements that decide whether one statement holds, itself included."""
    return _with_companions([statement], knowledge)


@kept
def on_action(intervention: str, knowledge: Knowledge) -> frozenset[str]:
    """List the statements that decide the status of an intervention in a plan."""
    wider = knowledge.named.get(intervention, frozenset())
    return _with_companions({one for kind in wider for one in _about(knowledge).get(kind, ())}, knowledge)


def _with_companions(statements: Iterable[str], knowledge: Knowledge) -> frozenset[str]:
    """Add to some statements those that offer their companions or refuse them, step by step."""

    def onward(statement: str) -> Iterator[str]:
        for companion in knowledge.statements[statement].accompanies:
            yield from _offering(companion, knowledge)

    return frozenset(reached(statements, onward))


@kept
def _offering(companion: str, knowledge: Knowledge) -> frozenset[str]:
    """List what indicates a kind of a companion, and what speaks of a class that such a kind is of."""
    offering = [
        info
        for info in knowledge.statements.values()
        if info.effect in OFFERING and companion in knowledge.named[info.intervention]
    ]
    wider = {kind for info in offering for kind in knowledge.named[info.intervention]}
    about = (one for kind in wider for one in _about(knowledge).get(kind, ()))
    return frozenset({*(info.iri for info in offering), *about})


@kept
def _about(knowledge: Knowledge) -> Mapping[str, list[str]]:
    """Map an intervention to the statements that name it, as their own or as a companion."""
    found: dict[str, list[str]] = defaultdict(list)
    for info in knowledge.statements.values():
        for intervention in {info.intervention, *info.accompanies}:
            found[intervention].append(info.iri)
    return found
