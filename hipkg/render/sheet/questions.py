"""Questions in words, with what their answers decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import ADVISING, Status
from hipkg.planning.ranking import opens_context
from hipkg.render.sheet.records import Ask
from hipkg.render.sheet.view import REFUSED, Part
from hipkg.render.words import clean, join_sites, told_unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.planning.records import Question
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


class Questions(Part):
    """Ask each question once."""

    def __init__(self, view: View, wording: Wording) -> None:
        super().__init__(view)
        self._wording = wording

    def rows(self) -> tuple[Ask, ...]:
        """Ask each question once, with the sites that it concerns, in the order of the plan."""
        gathered: dict[str, list[Question]] = {}
        for one in self._plan.questions:
            gathered.setdefault(one.text, []).append(one)
        return tuple(self._ask(text, questions) for text, questions in gathered.items())

    def _ask(self, text: str, questions: Sequence[Question]) -> Ask:
        site = join_sites([one.site for one in questions], self._knowledge)
        return Ask(
            clean(text) + told_unread(name for one in questions for name in one.unread),
            "" if site == self._view.everywhere else site,
            tuple(dict.fromkeys(map(clean, self._decided(questions)))),
            tuple(sorted({id_ for one in questions for id_ in one.statements})),
            any(opens_context(one, self._knowledge) for one in questions),
            all(one.unexpected for one in questions),
        )

    def _decided(self, questions: Sequence[Question]) -> list[str]:
        """Name what an answer can change: what is advised, the prominent first, and last what is banned."""
        asking: dict[str, set[str]] = {}
        for question in questions:
            for one in question.statements:
                asking.setdefault(one, set()).add(question.site)
        wanted = {one.requirement for one in questions}
        opening = {one for it in questions if opens_context(it, self._knowledge) for one in it.statements}
        infos = [self._infos[one] for one in sorted(opening)]
        touched = [it for it in self._view.told if any(asking.get(one, set()) & {"", it.site} for one in it.shown)]
        touched.sort(key=lambda it: not self._view.outline.shows(asking.keys() & {*it.shown}))
        advised = [
            self._wording.name(it)
            for it in self._view.told
            if len(it.open_checks) == 1 and wanted & {it.open_checks[0].asked, it.open_checks[0].requirement}
        ]
        advised += [self._wording.term(one) for one in self._view.firmest(infos, hip.indicates)]
        open_ = (it for it in touched if it.status not in REFUSED)
        advised += [self._wording.name(it) for it in open_ if not ADVISING.isdisjoint(it.claimed)]
        refused = self._view.firmest(infos, hip.contraindicates)
        refused += [it.intervention for it in touched if it.status == Status.CONTRAINDICATED]
        return [*advised, *(f"{self._wording.term(one)} ban" for one in self._view.widest(refused))]
