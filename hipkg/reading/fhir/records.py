"""The facts that resources state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from hipkg.reading.account import Outcome
    from hipkg.reading.fhir.elements import Raw
    from hipkg.record.patient import Unread

IN_ERROR = {"entered-in-error": "it was entered in error"}
"""The status with which a resource of any type never counts, and the reason that is told."""
HELPERS = {"BodyStructure", "Device", "Medication"}
"""The types whose resources state nothing themselves and are read where others refer to them."""


class Resource(NamedTuple):
    """One resource: its key ``Type/id``, its type in R4, and what it says there.

    ``place`` tells where it stands in the source, ``told`` of which other version of FHIR it is, if it is, and ``base``
    is the server that its full URL names, if it names one.
    """

    key: str
    type: str
    raw: Raw
    place: str
    told: str = ""
    base: str = ""


class Place(NamedTuple):
    """A body site of a class.

    ``side`` is an IRI, empty where it is not recorded; then ``anchor`` tells the site from others of unrecorded side:
    it is the key of the BodyStructure or of the resource that speaks of it. ``disputed`` tells that its record names
    different sides, so that nothing else tells which it is.
    """

    kind: str
    side: str
    anchor: str
    disputed: bool = False


class Problem(NamedTuple):
    """A condition or finding.

    ``key`` is that of the resource with a suffix where this states several facts; ``values`` are pairs of a property
    and a coded value; ``shown_by`` and ``caused_by`` are keys of resources; ``since`` is its begin as FHIR writes it;
    ``sources`` name the elements that it was read from.
    """

    key: str
    resource: str
    term: str
    place: Place | None
    values: tuple[tuple[str, str], ...]
    shown_by: tuple[str, ...]
    caused_by: tuple[str, ...]
    since: str
    sources: tuple[str, ...]


class Absence(NamedTuple):
    """A kind of problem or of intervention that is recorded as absent, at a place or, without one, everywhere.

    ``sources`` name the elements that it was read from.
    """

    key: str
    resource: str
    kind: str
    place: Place | None
    sources: tuple[str, ...]


class Activity(NamedTuple):
    """A treatment, procedure or study of one intervention.

    ``status`` is an IRI or empty; ``start`` and ``end`` are dates cut to days, ``requested`` is that of a request whose
    activity has none of its own; ``amounts`` are pairs of a property and a number in its unit, ``texts`` of a property
    and a text; ``reasons`` are keys of the problems it is for; ``ties`` name what it is a part of; ``visit`` tells that
    it may be one of several visits of a course; ``product`` tells drugs of one intervention apart; ``elsewhere`` tells
    that its record names a site and none that is known, ``unclear`` names its reasons where no code of them is known.
    ``supplied`` tells that it is as long as what was ordered or handed over lasts, ``lasts`` is the day to which that
    does where it is not over.
    """

    key: str
    resource: str
    intervention: str
    study: bool
    status: str
    places: tuple[Place, ...]
    start: str
    end: str
    duration: str
    values: tuple[tuple[str, str], ...]
    amounts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    ties: tuple[str, ...]
    visit: bool
    product: str
    sources: tuple[str, ...]
    requested: str = ""
    elsewhere: bool = False
    unclear: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    supplied: bool = False
    lasts: str = ""


class Measure(NamedTuple):
    """A number that a property of the patient holds, in its unit, as measured on a day.

    ``moment`` is the date or time as it was written, which tells measurements of one day apart.
    """

    key: str
    resource: str
    prop: str
    value: str
    day: str
    moment: str
    sources: tuple[str, ...]


class Shows(NamedTuple):
    """A link: a study, or a report of one, shows findings, or is the same study as another resource."""

    study: str
    findings: tuple[str, ...]
    same_as: tuple[str, ...]


class Fulfils(NamedTuple):
    """A link: an event carries out requests."""

    event: str
    requests: tuple[str, ...]


class Mention(NamedTuple):
    """A problem or an intervention that a resource tells of without recording it: as what, and of which day."""

    resource: str
    term: str
    role: str
    day: str


Fact: TypeAlias = Problem | Absence | Activity | Measure | Shows | Fulfils | Mention


class Stated(NamedTuple):
    """What one resource states, with what is doubtful about it, and notes on parts of it that state nothing.

    ``unread`` names the parts that were not understood.
    """

    facts: tuple[Fact, ...]
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


class Refused(NamedTuple):
    """Why a resource, or a part of one, states no fact.

    ``unread`` names what of it no plan takes into account; ``by_code`` tells that a code decides on it.
    """

    outcome: Outcome
    reason: str
    unread: tuple[Unread, ...] = ()
    by_code: bool = False


class Unused(Exception):
    """Tell that a resource states no fact, and why; the parameters are those of `Refused`."""

    def __init__(self, outcome: Outcome, reason: str, unread: tuple[Unread, ...] = (), by_code: bool = False) -> None:
        super().__init__(reason)
        self.refused = Refused(outcome, reason, unread, by_code)
