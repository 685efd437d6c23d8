"""Tell which documents speak of a patient most, and how prominent their statements are for this patient."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.memo import kept
from hipkg.knowledge.prominence import RANKS, Prominence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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

    def __init__(self, documents: tuple[str, ...], knowledge: Knowledge) -> None:
        self.documents = documents
        self._standing = _standings(documents, knowledge)

    @classmethod
    def of(cls, states: Iterable[StatementState], knowledge: Knowledge) -> Outline:
        """Find the documents that lead for a patient, whose statements are in such states."""
        guiding = _guiding(knowledge)
        speaking = {one.id for one in states if one.state not in _SILENT and one.id in guiding and not one.outside}
        here: dict[str, set[str]] = {}
        counts: dict[str, int] = {}
        for one in speaking:
            document, contexts = guiding[one]
            counts[document] = counts.get(document, 0) + 1
            here.setdefault(document, set()).update(contexts)
        total, superclasses = _sizes(knowledge), knowledge.superclasses

        def rank(document: str) -> tuple[int, float, str]:
            narrowest = max(len(superclasses.get(one, ())) for one in here[document])
            return -narrowest, -counts[document] / total[document], document

        leading = [one for one, count in counts.items() if count >= _LEADING * total[one]]
        leading = leading or sorted(counts, key=lambda one: (-counts[one] / total[one], one))[:1]
        return cls(tuple(knowledge.documents[one].id for one in sorted(leading, key=rank)), knowledge)

    def prominence(self, statement: str) -> Prominence:
        """Tell how prominent a statement, named by its id, is."""
        return self._standing[statement].prominence

    def belongs(self, statement: str) -> bool:
        """Tell whether a statement is in the outline of any document that leads."""
        return self._standing[statement].belongs

    def rank(self, statement: str) -> int:
        """Give the place of the document of a statement among those that lead, or after all of them."""
        return self._standing[statement].document

    def shows(self, statements: Iterable[str]) -> bool:
        """Tell whether any of some statements is prominent."""
        return any(self.prominence(one) != Prominence.NONE for one in statements)

    def best(self, statements: Iterable[str]) -> tuple[Prominence, int]:
        """Give the greatest prominence of some statements, and the first of the documents that they are from."""
        found = [self._standing[one] for one in statements]
        if not found:
            return Prominence.NONE, 0
        return min(found, key=_rank_of).prominence, min(one.document for one in found)


class _Standing(NamedTuple):
    """How a statement stands: its prominence, whether it belongs to an outline, and the place of its document."""

    prominence: Prominence
    belongs: bool
    document: int


def _rank_of(one: _Standing) -> int:
    return RANKS[one.prominence]


@kept
def _standings(documents: tuple[str, ...], knowledge: Knowledge) -> Mapping[str, _Standing]:
    """Tell how every statement stands where some documents lead."""
    ranks = {document: rank for rank, document in enumerate(documents)}
    found = {}
    for info in knowledge.statements.values():
        rank = ranks.get(knowledge.documents[info.document].id, len(ranks))
        # What a safety module says is told whatever document leads.
        leads = rank < len(ranks) or knowledge.documents[info.document].safety
        prominence = info.prominence if leads else Prominence.NONE
        if 0 < rank < len(ranks) and prominence != Prominence.NONE:
            prominence = Prominence.OUTLINE if prominence == Prominence.LEAD else Prominence.NONE
        found[info.id] = _Standing(prominence, leads and info.prominence != Prominence.NONE, rank)
    return found


@kept
def _guiding(knowledge: Knowledge) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Map the statements that are of no safety module to their document and their contexts."""
    infos, documents = knowledge.by_id, knowledge.documents
    return {id_: (one.document, one.applies_to) for id_, one in infos.items() if not documents[one.document].safety}


@kept
def _sizes(knowledge: Knowledge) -> Counter[str]:
    """Count the statements of each document."""
    return Counter(info.document for info in knowledge.statements.values())
