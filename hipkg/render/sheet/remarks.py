"""Rows about no action: what may apply, how findings are read, what runs beside, and what nothing used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.render.sheet.records import Line, Row, first_few
from hipkg.render.sheet.view import Part
from hipkg.render.words import capital, clean, counted, describe_unused, grade, join_sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import StatementInfo
    from hipkg.planning.records import Alongside, StatementState
    from hipkg.render.sheet.telling import Telling
    from hipkg.render.sheet.wording import Wording

WOULD_SHOWN = 12


class Remarks(Part):
    """Tell what there is beside the actions."""

    def __init__(self, wording: Wording, telling: Telling) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling

    def possible(self) -> list[Row]:
        """Tell once what would follow from each fact that contexts lack."""
        found: dict[str, list[StatementState]] = {}
        for state in self._plan.statements:
            for gap in state.context_lacks:
                found.setdefault(gap.label, []).append(state)
        ranked = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
        return [self._would_follow(label, states) for label, states in ranked]

    def _would_follow(self, lacking: str, states: Sequence[StatementState]) -> Row:
        """Name what would be advised, and what refused, as far as nothing else is waited for."""
        lines = []
        infos = [self._infos[one.id] for one in states if not one.unmet]
        if advised := [clean(self._wording.term(one)) for one in self._view.firmest(infos, hip.indicates)]:
            lines.append(Line("then", first_few(advised, WOULD_SHOWN)))
        if refused := self._view.widest(self._view.firmest(infos, hip.contraindicates)):
            lines.append(
                Line("", first_few([f"never {clean(self._wording.term(one))}" for one in refused], WOULD_SHOWN))
            )
        ids = {one.id for one in states}
        documents = sorted({self._knowledge.documents[self._infos[one].document].id for one in ids})
        lines.append(Line("", (f"{counted(len(ids), 'statement')} of {', '.join(documents)}",)))
        site = join_sites([one.site for one in states], self._knowledge)
        return Row(capital(clean(f"if {lacking}")), site, "", (), tuple(lines))

    def readings(self) -> list[Row]:
        """Tell what the documents say of the patient's condition and care without advising anything."""
        found: dict[str, list[str]] = {one: [] for one in self._view.page.readings}
        for state in self._plan.statements:
            if state.state == State.KNOWLEDGE:
                found[state.id].append(state.site)
        return [self._reading(self._infos[id_], sites) for id_, sites in found.items()]

    def _reading(self, info: StatementInfo, sites: Iterable[str]) -> Row:
        named = grade(info.strength, info.quality)
        return Row(clean(info.text), join_sites(sites, self._knowledge), named, (info.id,))

    def beside(self) -> Iterator[Row]:
        """Tell what runs, or is ordered to look at, that no row of the plan tells."""
        told = {node for one in self._view.bearing for drug in one.beside for node in drug.activities}
        for one in self._plan.alongside:
            if one.node not in told and not (one.ordered and one.treats):
                words = f"ordered {one.day}" if one.ordered else f"running since {one.day}" if one.day else "running"
                there = Line("", (words.strip(),), one.statements)
                yield Row(capital(clean(one.label)), "", "", one.statements, (there, *self._specified_of(one)))

    def _specified_of(self, given: Alongside) -> Iterator[Line]:
        """Tell what is specified about a treatment or a study that no action tells of."""
        kinds = {kind for one in given.interventions for kind in (one, *self._view.classes(one))}
        return self._telling.contents.specified(given.parameters, kinds)

    def unused(self) -> list[Row]:
        """Tell once what is recorded and used by no statement, with the sites where it is."""
        found: dict[str, list[str]] = {}
        for one in self._plan.unused:
            found.setdefault(describe_unused(one), []).append(one.site)
        return [Row(words, join_sites(sites, self._knowledge), "", ()) for words, sites in found.items()]
