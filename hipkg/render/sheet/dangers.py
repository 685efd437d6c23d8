"""What safety modules say of an action: its dangers, and those that are not excluded."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.wording import listed
from hipkg.planning.dangers import dangers_of
from hipkg.planning.page import is_confronted_with_danger
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, describe_found, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.planning.records import Action, Found, OpenCheck
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


class Dangers(Part):
    """Tell the dangers of an action."""

    def __init__(self, view: View, wording: Wording) -> None:
        super().__init__(view)
        self._wording = wording

    def endangered(self, action: Action) -> tuple[Line, ...]:
        """Say for what a safety module refuses or holds back why, what asks for it, and what else is advised."""
        found: dict[tuple[str, ...], list[str]] = {}
        for one in dict.fromkeys(action.dangers):
            found.setdefault(tuple(map(self._found_in_words, one.found)), []).append(one.statement)
        for words in sorted(found, key=len):
            # What is part of another reason is told with that.
            if wider := next((one for one in found if {*words} < {*one}), None):
                found[wider] = sorted({*found[wider], *found.pop(words)})
        reasons = tuple(Line("", tuple(map(clean, words)), tuple(ids)) for words, ids in found.items())
        if not is_confronted_with_danger(action):
            return reasons
        advising = tuple(one.id for one in action.by(ClaimKind.INDICATED))
        verb = "advise" if len(advising) > 1 else "advises"
        advised = (Line("", (f"though {listed(numbered(advising), 'and')} {verb} it",)),) if advising else ()
        return (*reasons, *advised, *self._instead(action))

    def _found_in_words(self, found: Found) -> str:
        """Say what is on record of a danger; of a treatment that makes one by being to come, that it is ordered."""
        words = describe_found(found)
        return f"{words} ordered" if found.label in self._ordered_names else words

    @cached_property
    def _ordered_names(self) -> set[str]:
        """Name what is ordered."""
        return {name for one in self._plan.actions for name in one.planned}

    def unchecked(self, action: Action) -> tuple[Line, ...]:
        """Name the dangers of an action that nothing on record shows or excludes, all of them in the fewest words."""
        return self.unexcluded(action.open_checks)

    def unexcluded(self, checks: Sequence[OpenCheck]) -> tuple[Line, ...]:
        """Name the dangers of some open checks, each whole one by its own name."""
        found: list[str] = []
        for asked in dict.fromkeys(one.asked for one in checks):
            open_ = [one for one in checks if one.asked == asked]
            whole = len(open_) == len(dangers_of(asked, self._knowledge)) > 1
            expected = [one.label for one in open_ if not one.unexpected]
            found += [self._wording.term(asked)] if whole and expected else expected
        return (Line("not checked:", (clean(self._wording.enumerated(found)),)),) if found else ()

    def _instead(self, action: Action) -> tuple[Line, ...]:
        """Name what else is advised for what a refused action serves, or say that nothing is."""
        serves = self._knowledge.interventions[action.intervention].serves
        if action.instead:
            return (Line("instead", tuple(map(clean, action.instead))),)
        return (Line("", (f"no other {clean(self._knowledge.label(serves))} is advised",)),) if serves else ()
