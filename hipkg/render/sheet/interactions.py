"""What else an action is given beside, and what statements ask for because of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import OBJECTING
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed
from hipkg.planning.records import InteractionKind, Standing
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.planning.records import Action, Interaction
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


class Interactions(Part):
    """Tell how an action bears on what else is given."""

    def __init__(self, view: View, wording: Wording) -> None:
        super().__init__(view)
        self._wording = wording

    def lines(self, action: Action) -> Iterator[Line]:
        """Say beside what else an action is given, and what statements ask for because of that."""
        if action.status == Status.CONTRAINDICATED:
            return
        yield from self.not_beside(action)
        for one in self._borne(action):
            words = dict.fromkeys(word for it in self._untold_of(one, action) for word in self._asked_for(it, action))
            if words:
                yield Line(self._with_what(one), tuple(words), tuple(self._untold_of(one, action)))
        yield from self._not_with_what_is_advised(action)
        yield from self._asked_because(action)

    def _not_with_what_is_advised(self, action: Action) -> Iterator[Line]:
        """Name what a statement would refuse or hold back because of an action, if that were carried out."""
        for one in self._view.bearing:
            advised = {it.intervention for it in one.beside if it.standing == Standing.ADVISED}
            if action.intervention in advised and self._is_refused(one) and one.place in {"", action.place}:
                yield Line("", (f"not together with {clean(self._wording.term(one.intervention))}",), one.statements)

    def _is_refused(self, interaction: Interaction) -> bool:
        """Tell whether statements refuse what is given, or hold it back, because of what else is."""
        return all(self._infos[one].effect in OBJECTING for one in interaction.statements)

    def _asked_because(self, action: Action) -> Iterator[Line]:
        """Name the treatments because of which a statement asks for an action."""
        found: dict[str, None] = {}
        for one in self._view.bearing:
            asking = [it for it in one.statements if it in action.shown and self._asks_apart(it, action, one)]
            if asking and one.place in {"", action.place}:
                guards = all(self._infos[it].effect == hip.safeguardsWith for it in asking)
                of = "" if guards else f"for {clean(self._wording.term(one.intervention))} "
                found[f"{of}{self._with_what(one)}".removesuffix(":")] = None
        yield from (Line("", (words,)) for words in found)

    def _asks_apart(self, statement: str, action: Action, interaction: Interaction) -> bool:
        """Tell whether a statement asks for an action that is not the treatment that it speaks of."""
        info = self._infos[statement]
        return info.intervention == action.intervention and interaction.intervention in info.accompanies

    def not_beside(self, action: Action) -> Iterator[Line]:
        """Name what is given of the class of a drug that is advised, and of which one is enough."""
        for one in self._plan.interactions:
            advised = [it.intervention for it in one.treatments if it.standing == Standing.ADVISED]
            if one.kind == InteractionKind.REPETITION and action.intervention in advised and one.place == action.place:
                given = [it for it in one.treatments if it.standing != Standing.ADVISED]
                others = [clean(it.label) for it in given or one.treatments if it.intervention != action.intervention]
                yield Line("", (f"not beside {listed(others, 'and')}",))

    def _borne(self, action: Action) -> Iterator[Interaction]:
        """List the interactions that the row of an action tells."""
        for one in self._view.bearing:
            given = {one.intervention, *(it.intervention for it in one.treatments)}
            if action.intervention in given and one.place in {"", action.place}:
                yield one

    def _untold_of(self, interaction: Interaction, action: Action) -> list[str]:
        """List the statements of an interaction that are not told as dangers of an action."""
        told = {one.statement for one in action.dangers}
        return [one for one in interaction.statements if one not in told]

    def _asked_for(self, statement: str, action: Action) -> tuple[str, ...]:
        """Say what a statement asks for because of an interaction."""
        info = self._infos[statement]
        own = info.intervention in {action.intervention, *self._view.classes(action.intervention)}
        words = self._knowledge.briefs.get(info.iri) or (info.text if own else self._wording.term(info.intervention))
        lead = "first " if info.effect == hip.safeguardsWith and not own else ""
        lead = "consider " if info.modality == Modality.CONSIDER else lead
        return (clean(f"{lead}{words}"),)

    def _with_what(self, interaction: Interaction) -> str:
        narrow = self._knowledge.narrowest(one.intervention for one in interaction.beside)
        named = (one.intervention for one in interaction.beside if one.intervention in narrow)
        others = listed([*dict.fromkeys(clean(self._wording.term(one)) for one in named)], "and")
        if interaction.kind == InteractionKind.UNDOING:
            return f"weakens {others}:"
        if all(one.standing != Standing.ADVISED for one in interaction.beside):
            return f"beside {others}:"
        return f"not together with {others}:" if self._is_refused(interaction) else f"together with {others}:"

    def told_beside(self, action: Action) -> frozenset[str]:
        """List the statements that are told with what an action is given beside."""
        return frozenset(it for one in self._borne(action) for it in self._untold_of(one, action))
