"""What is derived for a patient in the closed world, as plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.frame.claims import OBJECTIONS
from hipkg.knowledge.frame.strata import KEEPING_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set

    import pyoxigraph as ox

    from hipkg.knowledge.frame.answers import State
    from hipkg.knowledge.frame.claims import ClaimKind, Fulfilment, Status
    from hipkg.knowledge.frame.gathering import Rule
    from hipkg.knowledge.modality import Modality
    from hipkg.knowledge.records import StatementInfo
    from hipkg.record.facts import Facts


class Evaluation(NamedTuple):
    """What holds of one statement at one place of a patient.

    ``site`` is the body site the statement concerns, empty for the patient as a whole. ``awaits`` are requirements not
    met, ``may_be_lifted_by`` exceptions not known to hold, ``lacks`` companions that the plan does not offer;
    ``compares`` are the activities that the bounds of the statement measure; ``lacks_fact`` are the classes of what the
    context of the statement lacks, where it is only possible.
    """

    iri: str
    statement: str
    state: State
    subjects: tuple[str, ...]
    site: str
    meets: tuple[str, ...]
    refutes: tuple[str, ...]
    awaits: tuple[str, ...]
    may_be_lifted_by: tuple[str, ...]
    lacks: tuple[str, ...]
    compares: tuple[str, ...]
    lacks_fact: tuple[str, ...]

    def would_keep_out(self, info: StatementInfo) -> bool:
        """Tell whether the statement would refuse an act or hold it back where its context holds, as things stand."""
        return info.effect in KEEPING_OUT and not self.awaits and not any(one in self.meets for one in info.except_for)


class Claim(NamedTuple):
    """What an evaluation claims for an action; ``decisive`` tells that this claim gives the action its status."""

    kind: ClaimKind
    evaluation: str
    decisive: bool


class DerivedAction(NamedTuple):
    """An intervention at a place with its status, the evaluations that are about it, and what they claim for it.

    ``claimed`` lists the evaluations that make each kind of claim, the strongest first; ``decisive`` is the kind that
    gives the action its status, and ``overruled`` are the objections that do not count.
    ``done_by`` are the activities by which it is done and needs no repetition yet, ``done_before`` those that do not
    count, since they are too old, or of no known time or site; ``fulfilled_by`` are those of its own kind that were
    carried out where a statement calls itself fulfilled. ``past`` are the courses of its kind that are over, or were
    not begun.
    """

    iri: str
    intervention: str
    site: str
    status: Status
    modality: Modality
    fulfilment: Fulfilment
    based_on: tuple[str, ...]
    claimed: Mapping[ClaimKind, tuple[str, ...]]
    decisive: ClaimKind
    overruled: frozenset[str]
    done_by: tuple[str, ...]
    done_before: tuple[str, ...]
    fulfilled_by: tuple[str, ...]
    past: tuple[str, ...]

    def by(self, *kinds: ClaimKind) -> tuple[str, ...]:
        """List the evaluations that make claims of some kinds, in the order of these."""
        return tuple(evaluation for kind in kinds for evaluation in self.claimed.get(kind, ()))

    def among(self, kinds: frozenset[ClaimKind]) -> list[str]:
        """List the evaluations that make claims of some kinds, the strongest claims first."""
        return [evaluation for kind, some in self.claimed.items() if kind in kinds for evaluation in some]

    def rests_on(self, kind: ClaimKind, evaluation: str) -> bool:
        """Tell whether a claim gives the action its status; of a dispute the claims of both sides do."""
        return kind == self.decisive and (kind not in OBJECTIONS or evaluation not in self.overruled)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What its evaluations claim for the action, the strongest claims first."""
        return tuple(
            [
                Claim(kind, evaluation, self.rests_on(kind, evaluation))
                for kind, evaluations in self.claimed.items()
                for evaluation in evaluations
            ]
        )


class DerivedConflict(NamedTuple):
    """Two evaluations that pull an action in opposite directions; ``winner`` is empty if nothing decides."""

    action: str
    advice: str
    objection: str
    rule: Rule
    winner: str


class Derivation(NamedTuple):
    """All that is derived for one patient.

    ``facts`` holds what was recorded and entailed, perhaps with what the ontology says of its own individuals;
    ``running`` and ``planned`` map a place to the interventions, and their kinds, that the patient has or has planned
    there; ``told`` writes what was derived as triples.
    """

    evaluations: tuple[Evaluation, ...]
    actions: tuple[DerivedAction, ...]
    conflicts: tuple[DerivedConflict, ...]
    facts: Facts
    running: Mapping[str, Set[str]]
    planned: Mapping[str, Set[str]]
    told: Callable[[], Iterable[ox.Triple]]
    terms: Set[str]

    def triples(self) -> tuple[ox.Triple, ...]:
        """Return the graph of the patient: what is recorded, entailed and derived."""
        return tuple(dict.fromkeys((*self.facts.triples(self.terms), *self.told())))


class Outlook(NamedTuple):
    """The states and the statuses that a patient would have with other ``facts``.

    What else is said of an evaluation or an action can be what was said of the facts before.
    """

    evaluations: tuple[Evaluation, ...]
    actions: tuple[DerivedAction, ...]
    facts: Facts
