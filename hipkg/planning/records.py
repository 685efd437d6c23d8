"""A plan as plain records, which writers and readers of plans import and which write nothing themselves.

The types of the fields are imported in earnest, for Python compiles each annotation that is deferred as it makes a
record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from hipkg.base.brief import shown_by
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import OBJECTIONS, SHOWN, ClaimKind, Fulfilment, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.records import Bound
from hipkg.planning.bounds import Check
from hipkg.planning.gaps import Gap
from hipkg.validation.findings import Finding

_STATEMENT = attrgetter("id", "place")


@shown_by("document", "label")
class Scope(NamedTuple):
    """What the advice of a document waits for; ``only`` tells that a statement of it waits for nothing else.

    ``parts`` are the classes, of which ``requirement`` is made, that it is told by what is missing.
    """

    document: str
    requirement: str
    label: str
    only: bool
    parts: tuple[str, ...]


@shown_by("id", "site", "state")
class StatementState(NamedTuple):
    """The state of one statement at one place of a patient.

    ``site`` is a label such as "left hip", empty for the patient as a whole; ``unmet`` says what a waiting statement
    lacks, ``lifted_by`` what would lift one that refuses or holds back, or defeat the exception that rules one out;
    ``satisfied_by`` names what fulfils it already;
    ``on_boundary`` names the requirements that are fulfilled on exactly the day that they ask for; ``context_lacks``
    what its context lacks where that is only possible; ``checks`` compare its bounds with what is recorded; ``context``
    is what the document of a waiting statement is about, as far as it is not known to hold; ``current`` and ``planned``
    name what the patient has now or has planned of what a statement speaks against that only may apply.
    """

    id: str
    state: State
    subjects: tuple[str, ...]
    site: str
    place: str
    unmet: tuple[Gap, ...]
    lifted_by: tuple[Gap, ...]
    ruled_out_by: tuple[str, ...]
    satisfied_by: tuple[str, ...]
    on_boundary: tuple[str, ...]
    context_lacks: tuple[Gap, ...]
    checks: tuple[Check, ...]
    context: tuple[Scope, ...] = ()
    current: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()

    @property
    def outside(self) -> bool:
        """Tell whether the statement waits for nothing but what its document is about."""
        return any(one.only for one in self.context)


@shown_by("statement", "label", "text")
class Parameter(NamedTuple):
    """How an action is to be carried out, as one statement says, with the bounds that it sets and how they are kept."""

    statement: str
    intervention: str
    label: str
    text: str
    bounds: tuple[Bound, ...]
    checks: tuple[Check, ...]
    side: str


class Result(NamedTuple):
    """What an assessment found, as it is recorded: a number in its unit, or a text."""

    value: Decimal | None
    unit: str
    text: str


@shown_by("label", "day")
class Done(NamedTuple):
    """An activity on record by which an action was done: what it was of, and its day as far as it is recorded.

    ``counts`` tells that the action is settled by it, which it is not if it is too old, or of no known time or site;
    ``requested`` is the day on which it was asked for, where it has none of its own. ``result`` is what it found, None
    where that is not recorded; ``old_after`` are the years after which it is too old, if it is, and otherwise 0.
    """

    node: str
    label: str
    day: str
    counts: bool
    requested: str
    result: Result | None = None
    old_after: int = 0


@shown_by("label", "start", "end", "status", "outcome")
class Course(NamedTuple):
    """A course on record: what it is of, when as far as recorded, and how it goes, went or why it was not begun.

    ``outcome`` and ``reason`` are labels, empty where nothing is recorded; ``unfavourable`` tells that one of them
    speaks against repeating it.
    """

    node: str
    label: str
    start: str
    end: str
    status: str
    outcome: str
    reason: str
    unfavourable: bool


class Found(NamedTuple):
    """What is on record of a danger: a problem, a drug, or a number with its unit and the day on which it was found."""

    label: str
    value: str = ""
    unit: str = ""
    day: str = ""


class Danger(NamedTuple):
    """A statement of a safety module that refuses or holds back an action, and what on record makes it hold."""

    statement: str
    found: tuple[Found, ...]


@shown_by("label")
class OpenCheck(NamedTuple):
    """A danger of an action that nothing on record shows or excludes; ``asked`` is the class of its question.

    One that is ``unexpected`` of the patient is asked last, by itself.
    """

    requirement: str
    label: str
    asked: str
    unexpected: bool = False


@shown_by("label", "site", "status")
class Action(NamedTuple):
    """One intervention at one place, with the status that its statements give it.

    ``modality`` is that of the statements that speak for it, ``strength`` and ``evidence`` the best that one of them
    states. ``fulfilment`` says why a satisfied action asks for nothing more; ``choice`` names the choice of which it is
    nothing but a member, ``realised`` what on record carries out a practice. ``phase`` counts from 1 and orders actions
    by the treatments that they wait for. ``current`` and ``planned`` name what of this kind the patient has now or has
    planned, ``done`` what was carried out of it where that counts, or would if it were not too old, ``past`` what is
    over, and ``ongoing`` the courses that run. ``claimed`` says why it has its status: the statements that make each
    kind of claim, the strongest first. ``dangers`` are what safety modules hold against it, ``open_checks`` what they
    have not excluded yet, ``instead`` what else is advised for what a refused one serves, empty where nothing is, and
    ``wishes`` name those of the patient that speak against it.
    """

    intervention: str
    label: str
    category: str
    status: Status
    modality: Modality
    fulfilment: Fulfilment
    choice: str
    realised: str
    site: str
    place: str
    problem: str
    statements: tuple[str, ...]
    strength: str
    evidence: str
    unmet: tuple[Gap, ...]
    parameters: tuple[Parameter, ...]
    phase: int
    current: tuple[str, ...]
    planned: tuple[str, ...]
    done: tuple[Done, ...]
    past: tuple[Course, ...]
    ongoing: tuple[Course, ...]
    claimed: Mapping[ClaimKind, tuple[StatementState, ...]]
    dangers: tuple[Danger, ...] = ()
    open_checks: tuple[OpenCheck, ...] = ()
    instead: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()

    def by(self, *kinds: ClaimKind) -> list[StatementState]:
        """List the states of the statements that make a claim of any of some kinds, by the ids of the statements."""
        made = [some for kind, some in self.claimed.items() if kind in kinds]
        # A state holds all that is told of a statement, so that it takes long to find those that stand twice.
        states = made[0] if len(made) == 1 else dict.fromkeys(chain.from_iterable(made))
        return sorted(states, key=_STATEMENT)

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of the statements that stand for the status, or of all if none of them does."""
        return self._ids_by(*SHOWN[self.status]) or self.statements

    @property
    def running(self) -> bool:
        """Tell whether the patient has the intervention, or a kind of it, now."""
        return bool(self.current)

    @property
    def objecting(self) -> tuple[str, ...]:
        """The ids of the statements that refuse, discourage or hold back, or ask for a check before an order."""
        return self._ids_by(*OBJECTIONS, ClaimKind.ORDER_UNGUARDED)

    def _ids_by(self, *kinds: ClaimKind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(state.id for state in self.by(*kinds)))

    @property
    def tried(self) -> tuple[Course, ...]:
        """The courses of it that failed, were not tolerated or were refused."""
        return tuple(one for one in self.past if one.unfavourable)


@shown_by("label", "site", "advised_by", "opposed_by", "rule")
class Conflict(NamedTuple):
    """Two statements that pull an action in opposite directions, and what decides between them."""

    intervention: str
    label: str
    site: str
    advised_by: str
    opposed_by: str
    rule: str
    decided_for: str


class InteractionKind(StrEnum):
    """How treatments bear on each other.

    Of a repetition one would be enough; one that is undoing weakens what another is for; of a combination a statement
    speaks because of what is given together.
    """

    REPETITION = "repetition"
    UNDOING = "undoing"
    COMBINATION = "combination"


class Standing(StrEnum):
    """Whether a treatment is taken, ordered, or advised as things stand."""

    RUNNING = "running"
    ORDERED = "ordered"
    ADVISED = "advised"


class Treatment(NamedTuple):
    """A treatment that takes part in an interaction, as narrowly as it is recorded; its activities if it has any."""

    intervention: str
    label: str
    standing: Standing
    activities: tuple[str, ...] = ()


@shown_by("kind", "label", "site")
class Interaction(NamedTuple):
    """Treatments that bear on each other: one or several that are given or advised, and ``beside`` those that matter.

    ``intervention`` is the class of which the ``treatments`` are kinds, ``label`` its name; of a repetition nothing
    stands ``beside``. ``statements`` say what becomes of it, or of a repetition, that one of the class is advised;
    ``settled`` tells that what they ask for is there.
    """

    kind: InteractionKind
    intervention: str
    label: str
    site: str
    place: str
    treatments: tuple[Treatment, ...]
    beside: tuple[Treatment, ...]
    statements: tuple[str, ...]
    settled: bool = False


class Place(NamedTuple):
    """A body site of the patient that a plan names, by its most specific class; ``side`` is empty if it has none."""

    iri: str
    kind: str
    side: str


@shown_by("text", "site")
class Question(NamedTuple):
    """A fact that is not known and on which statements wait.

    ``requirement`` is the class whose membership is unknown, or where a ``node`` is given the property that it lacks.
    ``unread`` names entries of the record that were not understood and that could answer it. One that is ``unexpected``
    of the patient is on no page.
    """

    requirement: str
    text: str
    site: str
    statements: tuple[str, ...]
    actions: tuple[str, ...]
    node: str = ""
    unread: tuple[str, ...] = ()
    unexpected: bool = False


@shown_by("label", "site", "day", "value")
class Unused(NamedTuple):
    """What is recorded of a patient and used by no statement of the plan.

    ``node`` is the problem, the activity, the patient or the body site; where a value of that is not used, ``property``
    names what it is a value of. ``day`` is that of an activity as far as it is recorded.
    """

    node: str
    label: str
    site: str
    day: str
    property: str = ""
    value: str = ""
    unit: str = ""


@shown_by("label", "day")
class Alongside(NamedTuple):
    """A treatment or a study that runs or is ordered, and that no action of the plan tells of as such.

    ``interventions`` are what it is of, as narrowly as it is recorded, and ``day`` is its first one, as far as that is.
    ``statements`` are those of safety modules that it brings in, ``open_checks`` the dangers of an ordered treatment
    that nothing on record shows or excludes, and ``parameters`` what statements that hold say of how it is done.
    """

    node: str
    interventions: tuple[str, ...]
    label: str
    ordered: bool
    treats: bool
    day: str
    statements: tuple[str, ...]
    open_checks: tuple[OpenCheck, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Plan:
    """The plan of one patient.

    ``min_strength`` and ``min_evidence`` are the least grades of the statements that were considered, empty where any
    grade and none would do; ``grade_objections`` tells that they applied also to what speaks against an action;
    ``sources`` are the nodes of the record that say what they were derived from, with its IRIs; ``places`` are the body
    sites that statements and actions name by their IRIs; ``unused`` is what is recorded and no statement used, and
    ``alongside`` what runs or is ordered without an action that tells of it;
    ``leading`` are the ids of the documents that speak of the patient most, the one that does so most closely first.
    """

    patient: str
    as_of: date
    ontology_version: str
    engine: str
    documents: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    statements: tuple[StatementState, ...]
    actions: tuple[Action, ...]
    conflicts: tuple[Conflict, ...]
    questions: tuple[Question, ...]
    interactions: tuple[Interaction, ...] = ()
    min_strength: str = ""
    min_evidence: str = ""
    grade_objections: bool = False
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    places: tuple[Place, ...] = ()
    unused: tuple[Unused, ...] = ()
    alongside: tuple[Alongside, ...] = ()
    leading: tuple[str, ...] = ()

    def states(self, statement_id: str) -> tuple[str, ...]:
        """List the states of a statement, one for each place it concerns."""
        return tuple(one.state for one in self.statements if one.id == statement_id)
