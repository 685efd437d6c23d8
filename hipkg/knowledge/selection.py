"""Which statements a plan may use: those of some documents, and those that state a grade of at least some rank.

Most statements state no grade, and a minimum drops those on its scale. What speaks against an action, guards it, sets a
limit to it or calls for urgent help is spared unless its grade is to count too: a plan is not made safer by losing a
prohibition, or a cap on a dose, that no document graded. Any other statement is judged by its grade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import OBJECTING
from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hipkg.knowledge.records import Knowledge, StatementInfo

Scale = Literal["strength", "evidence"]
SCALES: dict[Scale, str] = {"strength": "strength of recommendation", "evidence": "quality of evidence"}
_SPARED = OBJECTING | {hip.safeguardsWith}
URGENT = frozenset({"escalation"})
"""The kinds of statements that call for urgent help."""


class Selection(NamedTuple):
    """The statements that count: those of some documents, all if none is named, with at least some grades.

    ``min_strength`` and ``min_evidence`` are labels of grades, empty where any grade and none will do;
    ``grade_objections`` applies them also to what speaks against an action or guards it. Use `select` to check them.
    """

    documents: tuple[str, ...] = ()
    min_strength: str = ""
    min_evidence: str = ""
    grade_objections: bool = False

    @property
    def by_grade(self) -> bool:
        """Tell whether statements are selected by their grades."""
        return bool(self.min_strength or self.min_evidence)

    def left_out(self, knowledge: Knowledge) -> frozenset[str]:
        """Return the statements that do not count."""
        if not (self.documents or self.by_grade):
            return NOTHING
        wanted = {info.iri for info in knowledge.documents.values() if not self.documents or info.id in self.documents}
        least = self._least_ranks(knowledge)
        return frozenset(
            info.iri
            for info in knowledge.statements.values()
            if info.document not in wanted or not (self._spares(info) or _reaches(info, least))
        )

    def _least_ranks(self, knowledge: Knowledge) -> dict[Scale, int]:
        minimums: dict[Scale, str] = {"strength": self.min_strength, "evidence": self.min_evidence}
        return {scale: _ranks(scale, knowledge)[grade] for scale, grade in minimums.items() if grade}

    def _spares(self, info: StatementInfo) -> bool:
        """Tell whether a statement counts whatever its grade: it objects, guards, limits or calls for urgent help."""
        limits = info.effect == hip.specifies and bool(info.bounds)
        sparing = info.effect in _SPARED or limits or info.kind in URGENT
        return sparing and not self.grade_objections


EVERYTHING = Selection()
"""All statements."""


def select(
    knowledge: Knowledge,
    documents: Collection[str] = (),
    min_strength: str = "",
    min_evidence: str = "",
    *,
    grade_objections: bool = False,
) -> Selection:
    """Select statements by document and by grade, whatever the case of their names.

    Raises `UsageError` for a grade that its scale does not have, and for a document that the ontology does not hold.
    """
    strength, evidence = _grade("strength", min_strength, knowledge), _grade("evidence", min_evidence, knowledge)
    known = {info.id.casefold(): info.id for info in knowledge.documents.values()}
    wanted = tuple(sorted({known.get(one.strip().casefold(), one) for one in documents}))
    check_documents(wanted, knowledge)
    return Selection(wanted, strength, evidence, grade_objections and bool(strength or evidence))


def check_documents(documents: Collection[str], knowledge: Knowledge) -> None:
    """Refuse the id of a document that the ontology does not hold.

    Raises `UsageError` for the first of them.
    """
    known = sorted(info.id for info in knowledge.documents.values())
    for one in documents:
        if one not in known:
            raise UsageError(f"There is no document {one!r}.", remedy=f"Choose among: {', '.join(known)}.")


def grades(scale: Scale, knowledge: Knowledge) -> tuple[tuple[str, ...], ...]:
    """List the grades that statements give on a scale, the weakest first, those of equal rank together."""
    ranks = _ranks(scale, knowledge)
    return tuple(tuple(one for one in sorted(ranks) if ranks[one] == rank) for rank in sorted(set(ranks.values())))


def alternatives(equal: tuple[str, ...]) -> str:
    """Name grades of equal rank together."""
    return " or ".join(equal)


def _grade(scale: Scale, given: str, knowledge: Knowledge) -> str:
    """Find the grade that a user names."""
    if not given:
        return ""
    known = grades(scale, knowledge)
    wanted = " ".join(given.casefold().split())
    for label in (one for equal in known for one in equal):
        if label.casefold() == wanted:
            return label
    raise UsageError(
        f"There is no {SCALES[scale]} {given!r}.",
        remedy=f"Choose among, the weakest first: {', '.join(map(alternatives, known))}.",
    )


def _ranks(scale: Scale, knowledge: Knowledge) -> dict[str, int]:
    """Map each grade that a statement gives on a scale to its rank."""
    stated = (_stated(scale, info) for info in knowledge.statements.values())
    return {grade: rank for grade, rank in stated if rank is not None}


def _stated(scale: Scale, info: StatementInfo) -> tuple[str, int | None]:
    return (info.strength, info.strength_rank) if scale == "strength" else (info.quality, info.quality_rank)


def _reaches(info: StatementInfo, least: Mapping[Scale, int]) -> bool:
    """Tell whether a statement gives a grade of at least some rank on each of some scales."""
    ranks = ((_stated(scale, info)[1], lowest) for scale, lowest in least.items())
    return all(rank is not None and rank >= lowest for rank, lowest in ranks)
