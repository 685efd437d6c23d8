"""One patient's record as it was read, and what was doubtful in reading it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from typing import Literal as Text

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from hipkg.record.normalise import normalised

if TYPE_CHECKING:
    from datetime import date


Severity: TypeAlias = Text["violation", "warning", "info"]
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple


class EntryKind(StrEnum):
    """What an entry of a record is, in the order in which those that were not understood are told."""

    DRUG = "drug"
    ALLERGY = "allergy or intolerance"
    CONDITION = "condition"
    PROCEDURE = "procedure"
    REQUEST = "request"
    DEVICE = "device"
    RESULT = "result"


class Unread(NamedTuple):
    """An entry of a record that was not understood, or that no statement uses.

    ``name`` is what the record calls it, with its codes; ``current`` tells that it may be so at present, ``known`` that
    its code is known as one of which no statement speaks.
    """

    kind: EntryKind
    name: str
    current: bool = True
    known: bool = False


class Notice(NamedTuple):
    """Something doubtful that was met while a patient was read, which validation tells.

    ``shape`` is the CURIE it is told under, ``node`` the IRI it is about.
    """

    severity: Severity
    shape: str
    node: str
    message: str
    fix: str


@dataclass(frozen=True)
class Record:
    """One patient with everything recorded about them.

    ``iri`` names the patient; ``triples`` are sorted and free of blank nodes, whose place is taken by IRIs that follow
    from the content alone; ``source`` is the file name, ``<stdin>`` or ``<memory>``; ``as_of`` is the date the plan is
    made for, also among the triples as ``hip:asOf``; ``unused`` counts the triples of the source that belong to no
    patient; ``dated`` tells whether the source records that date; ``notices`` are what was doubtful in reading it;
    ``alone`` tells that other patients of the source share no node with this one; ``unread`` are the entries that were
    not understood.
    """

    iri: str
    triples: tuple[Triple, ...]
    source: str
    as_of: date
    unused: int = 0
    dated: bool = True
    notices: tuple[Notice, ...] = ()
    alone: bool = False
    unread: tuple[Unread, ...] = ()

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The IRIs of the nodes that something is recorded of."""
        return frozenset(one.subject.value for one in self.triples if isinstance(one.subject, NamedNode))

    @cached_property
    def normalised(self) -> tuple[Triple, ...]:
        """The triples with the days and sides that follow from what is recorded."""
        return normalised(self.triples)
