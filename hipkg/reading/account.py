"""The account of a source: what became of each of its entries, and what validation shall tell of them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from hipkg.record.patient import EntryKind, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.record.patient import Record, Unread

Outcome = Literal["used", "merged", "set aside", "unknown code", "ignored", "malformed"]
OUTCOMES: tuple[Outcome, ...] = ("used", "merged", "set aside", "malformed", "unknown code", "ignored")
_SHOWN = 3
_MOST_NAMED = {EntryKind.ALLERGY: 12, EntryKind.CONDITION: 12}
_MOST_OF_OTHERS = 3
_MOST_DOUBTS = 1000
"""How many doubts are told one by one; the others are counted."""
_DOUBT = "hip:F02-import-doubt"
_HEADINGS: Mapping[EntryKind, str] = {
    EntryKind.DRUG: "Drugs",
    EntryKind.ALLERGY: "Allergies and intolerances",
    EntryKind.CONDITION: "Conditions",
    EntryKind.PROCEDURE: "Procedures",
    EntryKind.REQUEST: "Requests",
    EntryKind.DEVICE: "Devices",
    EntryKind.RESULT: "Results",
}
KEYS_WITHOUT_MEANING = "Keys without a meaning in the @context, so that what they say is not read"
LIST_THEM = "List them with `hipkg convert --report`."
_TAKEN = {"used", "merged"}
_TOLD = {*_TAKEN, "set aside", "malformed"}


class ResourceUse(NamedTuple):
    """What became of one entry of a source: a resource of FHIR, or a node of RDF.

    ``detail`` says as what it was used or why it was not; ``flags`` tell what is doubtful; ``nodes`` are the IRIs of
    the nodes of the graph that it gave. ``unread`` names what of it no statement uses.
    """

    resource: str
    outcome: Outcome
    detail: str
    flags: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


class Counts(NamedTuple):
    """How many were read, and how many of them are used and are not."""

    read: int
    used: int
    unused: int


class Imported(NamedTuple):
    """One patient: the graph, None for one who has died, with the account of their entries.

    ``triples`` counts those of RDF, and is None where there are none.
    """

    patient: str
    graph: Record | None
    uses: tuple[ResourceUse, ...]
    deceased: str = ""
    triples: Counts | None = None

    @property
    def counts(self) -> Counts:
        """Count the entries."""
        return counted(self.uses)


class Import(NamedTuple):
    """All patients of a source, and the entries that belong to none of them.

    ``keys`` are those of JSON-LD that its ``@context`` gives no meaning.
    """

    source: str
    patients: tuple[Imported, ...]
    strays: tuple[ResourceUse, ...]
    keys: tuple[str, ...] = ()

    def joined(self, other: Import) -> Import:
        """Join the account of other entries of the same source."""
        others = {one.patient: one for one in other.patients}
        own = [_joined(one, others.pop(one.patient, None)) for one in self.patients]
        return Import(self.source, (*own, *others.values()), tuple(sorted((*self.strays, *other.strays))), other.keys)


def _joined(one: Imported, other: Imported | None) -> Imported:
    if other is None:
        return one
    return one._replace(graph=other.graph, uses=tuple(sorted((*one.uses, *other.uses))), triples=other.triples)


def counted(uses: Sequence[ResourceUse]) -> Counts:
    """Count entries; what went into another is used."""
    used = sum(one.outcome in _TAKEN for one in uses)
    return Counts(len(uses), used, len(uses) - used)


def notices_of(uses: Sequence[ResourceUse], patient: str) -> tuple[Notice, ...]:
    """Gather what validation shall tell of an import: how much is not used, and each doubt once."""
    doubts: dict[tuple[str, str], list[str]] = {}
    for one in uses:
        for kind, reason in _doubts(one) if one.outcome in _TOLD else ():
            doubts.setdefault((kind, reason), []).append(one.resource)
    every = sorted(doubts.items())
    found = [_notice(kind, reason, keys, patient) for (kind, reason), keys in every[:_MOST_DOUBTS]]
    if more := len(every[_MOST_DOUBTS:]):
        found.append(Notice("warning", _DOUBT, patient, f"F02: There are {more} doubts more.", LIST_THEM))
    if unread := unread_of(uses):
        found.append(unheeded(unread, patient))
    return (*told_unused(counted(uses), "resources", patient), *found)


def told_unused(counts: Counts, kind: str, patient: str) -> Iterator[Notice]:
    """Tell how many of some kind are not used, if any."""
    if counts.unused:
        message = f"F01: Of {counts.read} {kind} {counts.used} are used and {counts.unused} are not."
        yield Notice("info", "hip:F01-import-unused", patient, message, LIST_THEM)


def unread_of(uses: Iterable[ResourceUse]) -> tuple[Unread, ...]:
    """List what is not understood, each once: by kind, and what may be so at present before the rest."""
    order = [*EntryKind]
    found = {entry for one in uses for entry in one.unread}
    past = {one for one in found if not one.current and one._replace(current=True) in found}
    return tuple(sorted(found - past, key=lambda one: (order.index(one.kind), not one.current, one.name)))


def unheeded(unread: Sequence[Unread], patient: str) -> Notice:
    """Tell of what is not understood."""
    message = f"F05: No statement takes into account, so look yourself. {worded(unread)}"
    return Notice("warning", "hip:F05-import-unheeded", patient, message, "Consider them beside the plan.")


def worded(unread: Sequence[Unread]) -> str:
    """Name entries: every drug that may be taken, and of all else a few of each kind."""
    return " ".join(_headed(unread))


def _headed(unread: Sequence[Unread]) -> Iterator[str]:
    for kind, current in product(EntryKind, (True, False)):
        names = [one.name for one in unread if (one.kind, one.current) == (kind, current)]
        every = kind == EntryKind.DRUG and current
        if names:
            most = len(names) if every else _MOST_NAMED.get(kind, _MOST_OF_OTHERS)
            heading = f"{_HEADINGS[kind]}{'' if current else ' of the past'}"
            yield f"{heading}: {few(names, most, '; ')}."


def _doubts(one: ResourceUse) -> Iterator[tuple[str, str]]:
    if one.outcome in _TAKEN:
        yield from (("used", flag) for flag in one.flags)
    else:
        yield one.outcome, one.detail


def few(names: Sequence[str], most: int = _SHOWN, between: str = ", ") -> str:
    """List some names, and count the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def _notice(kind: str, reason: str, keys: Iterable[str], patient: str) -> Notice:
    names = few(sorted(keys))
    shape, message = {
        "used": (_DOUBT, f"F02: {names}: {reason}."),
        "set aside": ("hip:F03-import-set-aside", f"F03: {names}: set aside, for {reason}."),
        "malformed": ("hip:F04-import-malformed", f"F04: {names}: not read, for {reason}."),
    }[kind]
    return Notice("warning", shape, patient, message, "Complete or correct the resource, or leave it so.")
