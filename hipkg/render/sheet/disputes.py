"""Rows about what statements do not agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.render.sheet.records import Line, Row
from hipkg.render.sheet.view import Part
from hipkg.render.words import DECISIONS, capital, clean, grade, join_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.planning.records import Conflict
    from hipkg.render.sheet.view import View

BESIDE = ("either", "or")
"""How two statements are led in that do not go together, though neither speaks against the other."""
_LEADS = dict.fromkeys(("bounds", "incompatible"), BESIDE)


class Disputes(Part):
    """Tell each disputed action with both sides, and what decides."""

    def __init__(self, view: View) -> None:
        super().__init__(view)

    def rows(self) -> list[Row]:
        """Show each disputed action once, with both sides in the words of their statements and what decides."""
        disputes: dict[tuple[str, str], list[Conflict]] = {}
        for one in filter(self.is_disagreement, self._plan.conflicts):
            disputes.setdefault((one.intervention, self._view.where(one.intervention, one.site)), []).append(one)
        merged: dict[tuple[str, tuple[Line, ...]], list[str]] = {}
        for (_, site), conflicts in disputes.items():
            merged.setdefault((capital(clean(conflicts[0].label)), self._sides(conflicts)), []).append(site)
        return [
            Row(title, join_sites(sites, self._knowledge), "", (), lines) for (title, lines), sites in merged.items()
        ]

    def is_disagreement(self, conflict: Conflict) -> bool:
        """Tell whether a conflict is a disagreement.

        A gate on what its own document advises is an order of steps, and what a safety module says is told as a danger.
        """
        advice, objection = (self._infos[one].document for one in (conflict.advised_by, conflict.opposed_by))
        if self._knowledge.documents[objection].safety:
            return False
        return conflict.rule != "gate" or advice != objection

    def _sides(self, conflicts: Sequence[Conflict]) -> tuple[Line, ...]:
        leads = [_LEADS.get(one.rule, ("for", "against")) for one in conflicts]
        sides = [(lead, one.advised_by) for (lead, _), one in zip(leads, conflicts, strict=True)]
        sides += [(lead, one.opposed_by) for (_, lead), one in zip(leads, conflicts, strict=True)]
        told = [Line(lead, (self._side(one),), (one,)) for lead, one in dict.fromkeys(sides)]
        verdicts = dict.fromkeys(self._verdict(one) for one in conflicts)
        return (*told, *verdicts, *dict.fromkeys(line for one in conflicts for line in self._known(one)))

    def _known(self, conflict: Conflict) -> tuple[Line, ...]:
        """Name the topics on which the two statements are known to disagree."""
        tensions = self._knowledge.tensions_of(conflict.advised_by, conflict.opposed_by)
        return tuple(Line("known as", (f"{one.id}, {clean(one.label)}",)) for one in tensions)

    def _side(self, statement: str) -> str:
        info = self._infos[statement]
        document = self._knowledge.documents.get(info.document)
        source = f"document {document.id}, " if document else ""
        return f"{clean(info.text)} ({source}{grade(info.strength, info.quality)})"

    @staticmethod
    def _verdict(conflict: Conflict) -> Line:
        if not conflict.decided_for:
            return Line("open", ("nothing decides",), ())
        return Line("so", (f"{DECISIONS.get(conflict.rule, conflict.rule)}: {conflict.decided_for} stands",), ())
