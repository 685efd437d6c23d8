"""Tell which documents speak of a patient most, and how prominent their statements are for this patient."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.memo import kept
from hipkg.knowledge.prominence import Prominence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import StatementState

_LEADING = 0.8
"""The share of its statements with which a document leads: it speaks of this patient."""
_SILENT = {State.RULED_OUT, State.MAY_APPLY}


class Outline:
    """What the documents that lead for one patient make prominent.

    ``documents`` are those most of whose statements speak of the patient, the one with the narrowest context first. Of
    the first the whole outline counts, of the others only what they put first, and that as part of the outline.
    """

    def __init__(self, states: Iterable[StatementState], knowledge: Knowledge) -> None:
        self._infos = knowledge.by_id
        speaking = {one.id for one in states if not one.outside and one.state not in _SILENT}
        here = Counter(self._infos[one].document for one in speaking)
        total = _sizes(knowledge)
        shares = {document: count / total[document] for document, count in here.items()}
        narrowness = {one: self._narrowness(one, speaking, knowledge) for one in shares}
        leading = [one for one, share in shares.items() if share >= _LEADING]
        leading = leading or sorted(shares, key=lambda one: (-shares[one], one))[:1]
        leading.sort(key=lambda one: (-narrowness[one], -shares[one], one))
        self.documents = tuple(knowledge.documents[one].id for one in leading)
        self._ranks = {document: rank for rank, document in enumerate(leading)}

    def _narrowness(self, document: str, speaking: Iterable[str], knowledge: Knowledge) -> int:
        """Count the classes above the narrowest context in which a document speaks."""
        contexts = {
            it for one in speaking if self._infos[one].document == document for it in self._infos[one].applies_to
        }
        return max((len(knowledge.superclasses.get(one, ())) for one in contexts), default=0)

    def prominence(self, statement: str) -> Prominence:
        """Tell how prominent a statement, named by its id, is."""
        info = self._infos[statement]
        rank = self._ranks.get(info.document)
        if rank == 0:
            return info.prominence
        leads = rank is not None and info.prominence == Prominence.LEAD
        return Prominence.OUTLINE if leads else Prominence.NONE

    def belongs(self, statement: str) -> bool:
        """Tell whether a statement is in the outline of any document that leads."""
        info = self._infos[statement]
        return info.document in self._ranks and info.prominence != Prominence.NONE

    def rank(self, statement: str) -> int:
        """Give the place of the document of a statement among those that lead, or after all of them."""
        return self._ranks.get(self._infos[statement].document, len(self._ranks))

    def shows(self, statements: Iterable[str]) -> bool:
        """Tell whether any of some statements is prominent."""
        return any(self.prominence(one) != Prominence.NONE for one in statements)


@kept
def _sizes(knowledge: Knowledge) -> Counter[str]:
    """Count the statements of each document."""
    return Counter(info.document for info in knowledge.statements.values())
