"""How a plan names things and says what is missing, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, describe_bound, describe_done, describe_gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Done, StatementState
    from hipkg.render.sheet.view import View


def merged(
    found: Iterable[tuple[tuple[str, ...], tuple[str, ...]]],
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Join the statements that ask for the same, and drop those that ask for nothing more."""
    merged: dict[tuple[str, ...], tuple[str, ...]] = {}
    for parts, ids in found:
        if parts:
            merged[parts] = (*merged.get(parts, ()), *ids)
    return list(merged.items())


def in_lines(first: str, next_: str, found: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> tuple[Line, ...]:
    """Write a line for each part, with one lead word before the first and another before the others."""
    return tuple(Line(next_ if index else first, parts, ids) for index, (parts, ids) in enumerate(found))


class Wording(Part):
    """Name what a plan tells, by labels and in the sentences of the statements."""

    def __init__(self, view: View) -> None:
        super().__init__(view)

    def term(self, iri: str) -> str:
        """Name a term."""
        return self._knowledge.label(iri)

    def name(self, action: Action) -> str:
        """Name what an action does."""
        return action.label

    def sentence(self, state: StatementState) -> str:
        """Give what a statement says."""
        return clean(self._infos[state.id].text)

    def enumerated(self, names: Sequence[str]) -> str:
        """Write a list of names."""
        return ", ".join(names)

    def signs_of(self, statements: Iterable[str]) -> Iterator[str]:
        """Name what statements watch for."""
        return (clean(self.term(it)) for one in statements for it in self._infos[one].requires)

    def gaps(self, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Say what is missing, each part once."""
        return tuple(dict.fromkeys(map(describe_gap, gaps)))

    def lifting(self, state: StatementState) -> tuple[str, ...]:
        """Describe what lifts a statement; one of several exceptions is enough."""
        parts = self.gaps(state.lifted_by)
        return (" or ".join(parts),) if len(self._infos[state.id].except_for) > 1 and parts else parts

    def lifts(self, refusing: list[StatementState]) -> tuple[Line, ...]:
        """Say what would lift every refusal; if one of them stands whatever happens, nothing would."""
        lifting = [(self.lifting(one), (one.id,)) for one in refusing]
        return in_lines("unless", "and unless", merged(lifting)) if all(parts for parts, _ in lifting) else ()

    def alternatives(self, waiting: Iterable[StatementState]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Describe what statements wait for, those that ask for the same together."""
        return merged((self.gaps(one.unmet), (one.id,)) for one in waiting)

    def needs(self, action: Action) -> tuple[Line, ...]:
        """Say what an action lacks: every gate, and beyond that what one statement that advises it requires."""
        gates = self.gates_of(action)
        told = {part for parts, _ in gates for part in parts}
        waiting = [] if action.by(ClaimKind.INDICATED) else action.by(ClaimKind.AWAITED)
        further = [
            (tuple(part for part in parts if part not in told), ids) for parts, ids in self.alternatives(waiting)
        ]
        if not all(parts for parts, _ in further):
            further = []
        lead = "needs" if not gates else "and" if len(further) == 1 else "and either"
        return (*in_lines("needs", "and", gates), *in_lines(lead, "or", merged(further)))

    def gates_of(self, action: Action) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Say what lifts the gates of an action, each with those that ask for nothing more."""
        gates = action.by(ClaimKind.HELD_BACK)
        nested = {one.id: [other for other in gates if self._is_nested(one, other)] for one in gates}
        return merged(
            (self.lifting(gate), (gate.id, *(one.id for one in gates if gate in nested[one.id])))
            for gate in gates
            if not nested[gate.id]
        )

    def _is_nested(self, gate: StatementState, other: StatementState) -> bool:
        """Tell whether what lifts another gate lifts a gate as well, but not the other way round."""
        lifting, beyond = (self._infos[one.id].except_for for one in (gate, other))
        return len(lifting) == len(beyond) == 1 and lifting[0] in self._knowledge.superclasses.get(beyond[0], ())

    def foretells(self, info: StatementInfo) -> bool:
        """Tell whether what a waiting statement would specify is told."""
        return info.effect == hip.specifies

    def latent_words(self, action: Action, info: StatementInfo) -> tuple[str, ...]:
        """Say what a waiting statement would specify of an action."""
        bounds = tuple(map(describe_bound, info.bounds))
        if info.intervention in {action.intervention, *self._view.classes(action.intervention), *info.accompanies}:
            return bounds or (info.text,)
        label = self._knowledge.label(info.intervention)
        return (f"{label} ({', '.join(bounds)})" if bounds else label,)

    def _named_done(self, one: Done, action: Action) -> Done:  # noqa: ARG002 - what overrides this needs the action
        """Name what was carried out of an action."""
        return one

    def done_in_words(self, action: Action) -> list[str]:
        """Say what was carried out of an action that needs no repetition, and when; what counts stands first."""
        return [describe_done(self._named_done(one, action), action) for one in action.done]

    def made(self, check: Action) -> str:
        """Say of a check that it was made, and what it found."""
        return f"{clean(check.label)} {', '.join(self.done_in_words(check))}"
