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
_CLOSE = 0.5
"""The share with which the document leads that speaks most closely of a site."""
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
        guiding, total = _guiding(knowledge), _sizes(knowledge)
        speaking: dict[str, dict[str, set[str]]] = {}
        for one in states:
            if one.state not in _SILENT and one.id in guiding and not one.outside:
                document = guiding[one.id][0]
                for site in ("", one.site):
                    speaking.setdefault(site, {}).setdefault(document, set()).add(one.id)

        def share(document: str, site: str = "") -> float:
            return len(speaking[site][document]) / total[document]

        def narrowness(document: str, site: str = "") -> int:
            contexts = {it for one in speaking[site][document] for it in guiding[one][1]}
            return max(len(knowledge.superclasses.get(one, ())) for one in contexts)

        documents = speaking.get("", {})
        leading = {one for one in documents if share(one) >= _LEADING}
        for site, there in speaking.items():
            closest = min(there, key=lambda one: (-narrowness(one, site), one))
            if share(closest, site) >= _CLOSE:
                leading.add(closest)
        leading = leading or {*sorted(documents, key=lambda one: (-share(one), one))[:1]}
        ordered = sorted(leading, key=lambda one: (-narrowness(one), -share(one), one))
        return cls(tuple(knowledge.documents[one].id for one in ordered), knowledge)

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
