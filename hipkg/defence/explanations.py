"""Why actions and statements stand as they do, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.base.brief import shown_by
from hipkg.defence.grounds import NO_GROUNDS
from hipkg.knowledge.frame.answers import Answer

if TYPE_CHECKING:
    from datetime import date

    from hipkg.defence.grounds import Grounds
    from hipkg.defence.prover import Proof
    from hipkg.defence.remedies import Remedy
    from hipkg.defence.ruling import Along, Manner, Reservation
    from hipkg.planning.bounds import Check
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Conflict, Course, Interaction

Slot = Literal["context", "requirement", "exception", "fulfilment", "companion"]
NOT_APPLICABLE = "not-applicable"
PARAMETER = "parameter"


@shown_by("slot", "label", "answer")
@dataclass(frozen=True, slots=True)
class SlotExplanation:
    """One class, or companion, that a statement names, and how it stands.

    ``proof`` shows why the class holds or is refuted,
    or what the nearest way to it lacks; ``also`` are further reasons, each of which is enough; ``gaps`` measure what is
    lacking; ``note`` says how a companion is given.
    """

    slot: Slot
    iri: str
    label: str
    answer: Answer
    proof: Proof | None = None
    gaps: tuple[Gap, ...] = ()
    note: str = ""
    also: tuple[Proof, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether what the slot names is so."""
        return self.answer == Answer.HOLDS


@shown_by("id", "state", "site")
@dataclass(frozen=True, slots=True)
class StatementExplanation:
    """One statement at one place: what it says, where it comes from, and how each of its slots stands.

    ``role`` is what it does about ``intervention``, and ``effect`` the property that says so; ``state`` is its state in
    the plan or `NOT_APPLICABLE`; ``strength`` and ``evidence`` are empty where nothing is stated; ``subjects`` name
    what is in its context;
    ``checks`` compare its bounds with what is recorded.
    """

    id: str
    iri: str
    kind: str
    role: str
    intervention: str
    state: str
    site: str
    text: str
    document: str
    document_title: str
    section: str
    strength: str
    strength_wording: str
    evidence: str
    evidence_wording: str
    references: tuple[str, ...]
    timing: str
    inferred: bool
    subjects: tuple[str, ...]
    slots: tuple[SlotExplanation, ...]
    effect: str
    checks: tuple[Check, ...] = ()

    @property
    def applies(self) -> bool:
        """Tell whether the context of the statement holds."""
        return self.state != NOT_APPLICABLE


@shown_by("label", "site", "status")
class Nearest(NamedTuple):
    """The action of a plan that comes nearest to an intervention which is not in it, with its courses that run."""

    intervention: str
    label: str
    site: str
    status: str
    ongoing: tuple[Course, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Why an action or a statement stands as it does at one place of one patient.

    ``kind`` is ``action`` or ``statement``; ``status`` is the status of the action or the state of the statement;
    ``rule`` says how the status follows from the statements; ``via`` names the wider intervention that the plan speaks
    of, if it is not the one asked for; ``remedies`` are the smallest changes of the record after which it would hold,
    each derived again, and ``beyond`` says why there is none, or what else it would take. ``past`` are the courses of
    the action that are over, those that failed first, and ``ongoing`` those that run; ``wishes`` are those of the
    patient against it; ``before`` names what a check is to be done before, and ``nearest`` what a plan has that lacks
    the action. ``action`` is what the plan has of it; ``reservations`` say how it must not be carried out, ``along``
    what is advised with it, and ``manner`` on which side it is to be done; ``going_on`` tells that it runs, and that
    statements speak only against its beginning. ``paired`` is what its site is called without its side, if it has one;
    ``grounds`` are the facts that count; ``interactions`` are those that it takes part in, or that a statement about it
    speaks of.
    """

    kind: str
    iri: str
    label: str
    patient: str
    site: str
    place: str
    status: str
    rule: str
    via: str
    statements: tuple[StatementExplanation, ...]
    conflicts: tuple[Conflict, ...]
    as_of: date
    ontology_version: str
    engine: str
    remedies: tuple[Remedy, ...] = ()
    beyond: str = ""
    valid: bool = True
    past: tuple[Course, ...] = ()
    wishes: tuple[str, ...] = ()
    ongoing: tuple[Course, ...] = ()
    before: tuple[str, ...] = ()
    nearest: Nearest | None = None
    action: Action | None = None
    reservations: tuple[Reservation, ...] = ()
    along: tuple[Along, ...] = ()
    manner: tuple[Manner, ...] = ()
    going_on: bool = False
    paired: str = ""
    grounds: Grounds = NO_GROUNDS
    interactions: tuple[Interaction, ...] = ()

    @property
    def modality(self) -> str:
        """How firmly the action is asked for, empty where the plan has none."""
        return self.action.modality if self.action else ""

    @property
    def fulfilment(self) -> str:
        """Why the action asks for nothing more, empty where it does."""
        return self.action.fulfilment if self.action else ""
