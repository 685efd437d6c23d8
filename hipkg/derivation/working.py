"""Records of the closed world while it is worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from hipkg.knowledge.records import StatementInfo


@dataclass(slots=True, eq=False)
class Subject:
    """A node that is judged: with whom, for which places, and as a whole where it has no place of its own."""

    node: str
    patient: str
    places: frozenset[str]
    whole: str


@dataclass(slots=True, eq=False)
class Judged:
    """An evaluation while it is worked out; its subjects, in order, are judged with their patient."""

    iri: str
    info: StatementInfo
    site: str
    whole: str
    patient: str
    places: frozenset[str]
    subjects: dict[str, None] = field(default_factory=dict)
    meets: frozenset[str] = NOTHING
    refutes: frozenset[str] = NOTHING
    awaits: frozenset[str] = NOTHING
    liftable: frozenset[str] = NOTHING
    lacks: frozenset[str] = NOTHING
    compares: frozenset[str] = NOTHING
    state: str = ""


@dataclass(slots=True, eq=False)
class Weighed:
    """An action while it is worked out; ``objections`` are by the way in which they object."""

    iri: str
    intervention: str
    site: str
    places: frozenset[str]
    based_on: set[Judged] = field(default_factory=set)
    claims: set[int] = field(default_factory=set)
    objections: dict[str, set[Judged]] = field(default_factory=dict)
    safeguards: frozenset[Judged] = frozenset()
    overruled: frozenset[Judged] = frozenset()
    done_by: frozenset[str] = NOTHING
    done_before: frozenset[str] = NOTHING
    status: str = ""


@dataclass(slots=True, eq=False)
class Disputed:
    """A conflict while it is worked out, with each rule that applies and whom it decides for, if anyone."""

    iri: str
    action: Weighed
    advice: Judged
    objections: set[Judged] = field(default_factory=set)
    verdicts: set[tuple[str, Judged | None]] = field(default_factory=set)
    open: bool = False
