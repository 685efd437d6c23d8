"""Records of the closed world while it is worked out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import OBJECTIONS, Fulfilment
from hipkg.knowledge.modality import Modality
from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection

    from hipkg.knowledge.frame.answers import State
    from hipkg.knowledge.frame.claims import ClaimKind
    from hipkg.knowledge.frame.gathering import Verdict
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.record.facts import Facts


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
    lacking_facts: frozenset[str] = NOTHING
    state: State | None = None

    def reopened(self) -> Judged:
        """Copy the evaluation as it is before it is told whether the statement lacks a companion, and holds."""
        return Judged(
            self.iri,
            self.info,
            self.site,
            self.whole,
            self.patient,
            self.places,
            self.subjects,
            self.meets,
            self.refutes,
            self.awaits,
            self.liftable,
        )


@dataclass(slots=True, eq=False)
class Weighed:
    """An action while it is worked out, with the evaluations that make each kind of claim for it."""

    iri: str
    intervention: str
    site: str
    places: frozenset[str]
    based_on: set[Judged] = field(default_factory=set)
    claims: dict[ClaimKind, set[Judged]] = field(default_factory=dict)
    overruled: set[Judged] = field(default_factory=set)
    decisive: ClaimKind | None = None
    done_by: frozenset[str] = NOTHING
    done_before: frozenset[str] = NOTHING
    modality: Modality = Modality.NONE
    fulfilment: Fulfilment = Fulfilment.NONE
    fulfilled_by: frozenset[str] = NOTHING
    past: frozenset[str] = NOTHING

    def claim(self, kind: ClaimKind, *evaluations: Judged) -> None:
        """Take down that evaluations make a claim."""
        self.claims.setdefault(kind, set()).update(evaluations)

    def deciding(self) -> set[Judged]:
        """Return the evaluations whose claim gives the action its status, of a dispute those of both sides."""
        if self.decisive is None:
            return set()
        evaluations = self.claims[self.decisive]
        return evaluations - self.overruled if self.decisive in OBJECTIONS else evaluations


@dataclass(slots=True, eq=False)
class Disputed:
    """A conflict while it is worked out: one statement that advises an action, and the evaluations of another."""

    iri: str
    action: Weighed
    advice: Judged
    verdict: Verdict
    open: bool
    objections: set[Judged] = field(default_factory=set)


class World:
    """What is known, and what follows, for one patient where only what is recorded or entailed holds.

    ``sites`` are the places of problems, ``places`` those of patients; ``now`` and ``planned`` map a place to the
    interventions and their kinds that the patient has or has planned there, ``runs`` to those that activities name;
    ``offered`` is what a plan has there, and ``kept_out`` what it has not, whatever advises it.
    """

    def __init__(self, facts: Facts, knowledge: Knowledge) -> None:
        self.facts = facts
        self.knowledge = knowledge
        self.sites: dict[str, set[str]] = {}
        self.places: dict[str, set[str]] = {}
        self.subjects: list[Subject] = []
        self.evaluations: list[Judged] = []
        self.actions: list[Weighed] = []
        self.conflicts: list[Disputed] = []
        self.now: dict[str, set[str]] = defaultdict(set)
        self.planned: dict[str, set[str]] = defaultdict(set)
        self.runs: dict[str, set[str]] = defaultdict(set)
        self.orders: dict[str, set[str]] = defaultdict(set)
        self.offered: dict[str, set[str]] = defaultdict(set)
        self.kept_out: dict[str, set[str]] = defaultdict(set)

    def kinds(self, intervention: str) -> Collection[str]:
        """Return the classes of an intervention that an activity is of."""
        if intervention in self.knowledge.terms:
            return self.knowledge.individual_types.get(intervention, ())
        return self.facts.classes(intervention)
