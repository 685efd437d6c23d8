"""What is disputed, on the first screen: each side in a word or two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed
from hipkg.planning.page import Section, section_of_advice
from hipkg.render.screen.records import Item
from hipkg.render.sheet.disputes import BESIDE
from hipkg.render.sheet.view import Part
from hipkg.render.words import capital, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.disputes import Disputes
    from hipkg.render.sheet.view import View


class BriefDisputes(Part):
    """Name each disputed action once, with what each side says and which of them stands."""

    def __init__(self, view: View, wording: BriefWording, disputes: Disputes) -> None:
        super().__init__(view)
        self._wording = wording
        self._disputes = disputes

    def items(self) -> Iterator[tuple[Section, Item, Set[str]]]:
        """Name each disputed action once, with what each side says and which of them stands.

        What the document that leads advises is told where its advice would stand.
        """
        decided = {one.decided_for for one in self._plan.conflicts}
        names = {
            capital(clean(one.label)): capital(self._wording.term(one.intervention)) for one in self._plan.conflicts
        }
        moot = self._disputed_in_vain()
        for row in self._disputes.rows():
            if row.title in moot:
                continue
            sides: dict[str, list[str]] = {}
            for line in row.lines:
                for one in line.statements:
                    stands = " (stands)" if one in decided else ""
                    words = "differ" if line.lead in BESIDE else self._position(one)
                    sides.setdefault(words + stands, []).append(one)
            told = [f"{' '.join(ids)} {words}" for words, ids in sides.items()]
            undecided = ["nothing decides"] if any(one.lead == "open" for one in row.lines) else []
            words = f"{names[row.title]}: {', '.join([*told, *undecided])}"
            advising = [one for line in row.lines if line.lead not in BESIDE for one in line.statements]
            section = self._where_disputed(advising)
            item = Item(words, row.site, out=True, listed=section != Section.DISAGREE or not self._wording.tight)
            yield section, item, {one for ids in sides.values() for one in ids}

    def _disputed_in_vain(self) -> set[str]:
        """Name what is disputed and refused for a danger wherever it is."""
        refused = {
            (one.intervention, one.site)
            for one in self._plan.actions
            if one.dangers and one.status == Status.CONTRAINDICATED
        }
        open_ = {one.label for one in self._plan.conflicts if (one.intervention, one.site) not in refused}
        return {capital(clean(one.label)) for one in self._plan.conflicts if one.label not in open_}

    def _where_disputed(self, statements: Iterable[str]) -> Section:
        """Choose the section of a dispute: that of the advice, if it is of the document that leads, else its own."""
        infos = (
            self._infos[one]
            for one in statements
            if self._view.outline.shows([one]) and not self._view.outline.rank(one)
        )
        advising = next((one for one in infos if one.effect == hip.indicates), None)
        if advising is None:
            return Section.DISAGREE
        return section_of_advice(advising.modality, self._knowledge.interventions[advising.intervention].category)

    def _position(self, statement: str) -> str:
        """Say in a word or two where a statement stands on an action on which it does not agree with another."""
        effect = self._infos[statement].effect
        if effect == hip.holdsBack:
            holding = (one for one in self._plan.statements if one.id == statement and one.lifted_by)
            lifting = next((self._wording.lifting(one) for one in holding), ())
            return f"only if {listed(lifting, 'and')}" if lifting else "not yet"
        advised = "may" if self._infos[statement].modality == Modality.CONSIDER else "now"
        return {hip.contraindicates: "never", hip.discourages: "rather not"}.get(effect, advised)

    @staticmethod
    def with_what_waits(section: Section, item: Item, sides: Set[str], later: list[Item]) -> tuple[Section, Item]:
        """Tell with a dispute that stands among the advice what the row says that waits for the same."""
        waiting = [one for one in later if not sides.isdisjoint(one.statements) and one.site == item.site]
        if len(waiting) > 1:
            name = item.title.partition(": ")[0].lower()
            waiting = [one for one in waiting if one.title.lower().removeprefix("consider ") == name]
        if section == Section.DISAGREE or len(waiting) != 1:
            return section, item
        (one,) = waiting
        later.remove(one)
        others = tuple(it for it in one.statements if it not in sides)
        return section, replace(item, statements=others, details=one.details)
