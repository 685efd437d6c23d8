"""Account for the resources of one patient: what each was used as or why not, and what validation shall tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from hipkg.reading.fhir.records import ResourceUse, Stated, Unused
from hipkg.record.patient import EntryKind, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.reading.fhir.elements import Malformed
    from hipkg.reading.fhir.log import Log, Merged
    from hipkg.record.patient import Unread

_SHOWN = 3
_MOST_NAMED = {EntryKind.ALLERGY: 12, EntryKind.CONDITION: 12}
_MOST_OF_OTHERS = 3
_HEADINGS: Mapping[EntryKind, str] = {
    EntryKind.DRUG: "Drugs",
    EntryKind.ALLERGY: "Allergies and intolerances",
    EntryKind.CONDITION: "Conditions",
    EntryKind.PROCEDURE: "Procedures",
    EntryKind.REQUEST: "Requests",
    EntryKind.DEVICE: "Devices",
    EntryKind.RESULT: "Results",
}
_TAKEN = {"used", "merged"}


@dataclass
class Account:
    """What is noted of each resource, by its key, while a patient is imported."""

    flags: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    unused: dict[str, ResourceUse] = field(default_factory=dict)
    merged: dict[str, Merged] = field(default_factory=dict)
    unread: dict[str, tuple[Unread, ...]] = field(default_factory=dict)

    def read(self, key: str, stated: Stated) -> None:
        """Note the doubts and notes that came with what a resource states."""
        self.flags.setdefault(key, []).extend(stated.flags)
        self.notes.setdefault(key, []).extend(stated.notes)
        self.unread[key] = stated.unread

    def refused(self, key: str, problem: Unused, doubts: Sequence[str] = ()) -> None:
        """Note why a resource states nothing; one that is in doubt as well may state what could not be read."""
        told = "; ".join((str(problem), *doubts))
        self.unused[key] = ResourceUse(key, "set aside" if doubts else problem.outcome, told)
        self.unread[key] = problem.unread

    def malformed(self, key: str, problem: Malformed) -> None:
        """Note that a resource cannot be read."""
        self.unused[key] = ResourceUse(key, "malformed", str(problem))

    def joined(self, log: Log) -> None:
        """Note what joining and assembling had to tell."""
        self.merged |= {one.resource: one for one in log.merged}
        for key, flag in log.flags:
            self.flags.setdefault(key, []).append(flag)
        for key, note in log.notes:
            self.notes.setdefault(key, []).append(note)

    def use(self, key: str, told: Mapping[str, list[str]], nodes: Mapping[str, tuple[str, ...]]) -> ResourceUse:
        """Say what became of a resource.

        Parameters: ``told`` maps a resource to what its facts are in words, ``nodes`` to the nodes that it gave.
        """
        return self._use(key, told, nodes)._replace(unread=self.unread.get(key, ()))

    def _use(self, key: str, told: Mapping[str, list[str]], nodes: Mapping[str, tuple[str, ...]]) -> ResourceUse:
        if key in self.unused:
            return self.unused[key]
        flags, notes = tuple(dict.fromkeys(self.flags.get(key, ()))), self.notes.get(key, [])
        if key in told:
            return ResourceUse(key, "used", "; ".join((*dict.fromkeys(told[key]), *notes)), flags, nodes.get(key, ()))
        if key in self.merged:
            merged = self.merged[key]
            return ResourceUse(key, "merged", f"into {merged.into}: {merged.why}", flags, nodes.get(key, ()))
        reason = "; ".join((*flags, *notes)) or "it states no fact itself"
        return ResourceUse(key, "set aside" if flags else "ignored", reason)


def notices_of(uses: Sequence[ResourceUse], patient: str) -> tuple[Notice, ...]:
    """Gather what validation shall tell of an import: how much is not used, and each doubt once."""
    used = sum(one.outcome in _TAKEN for one in uses)
    doubts: dict[tuple[str, str], list[str]] = {}
    for one in uses:
        for kind, reason in _doubts(one):
            doubts.setdefault((kind, reason), []).append(one.resource)
    found = [_notice(kind, reason, keys, patient) for (kind, reason), keys in sorted(doubts.items())]
    if unread := [*_named(unread_of(uses))]:
        message = f"F05: No statement takes into account, so look yourself. {' '.join(unread)}"
        found.append(Notice("warning", "hip:F05-import-unheeded", patient, message, "Consider them beside the plan."))
    if used == len(uses):
        return tuple(found)
    message = f"F01: Of {len(uses)} resources {used} are used and {len(uses) - used} are not."
    fix = "List them with `hipkg convert --report`."
    return (Notice("info", "hip:F01-import-unused", patient, message, fix), *found)


def unread_of(uses: Iterable[ResourceUse]) -> tuple[Unread, ...]:
    """List what is not understood, each once: by kind, and what may be so at present before the rest."""
    order = [*EntryKind]
    found = {entry for one in uses for entry in one.unread}
    past = {one for one in found if not one.current and one._replace(current=True) in found}
    return tuple(sorted(found - past, key=lambda one: (order.index(one.kind), not one.current, one.name)))


def _named(unread: Sequence[Unread]) -> Iterator[str]:
    """Name what is not understood: every drug that may be taken, and of all else a few of each kind."""
    for kind, current in product(EntryKind, (True, False)):
        names = [one.name for one in unread if (one.kind, one.current) == (kind, current)]
        every = kind == EntryKind.DRUG and current
        if names:
            most = len(names) if every else _MOST_NAMED.get(kind, _MOST_OF_OTHERS)
            heading = f"{_HEADINGS[kind]}{'' if current else ' of the past'}"
            yield f"{heading}: {_listed(names, most, '; ')}."


def _doubts(one: ResourceUse) -> Iterator[tuple[str, str]]:
    if one.outcome in _TAKEN:
        yield from (("used", flag) for flag in one.flags)
    elif one.outcome in {"set aside", "malformed"}:
        yield one.outcome, one.detail


def _listed(names: Sequence[str], most: int, between: str = ", ") -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def _notice(kind: str, reason: str, keys: Iterable[str], patient: str) -> Notice:
    names = _listed(sorted(keys), _SHOWN)
    shape, message = {
        "used": ("hip:F02-import-doubt", f"F02: {names}: {reason}."),
        "set aside": ("hip:F03-import-set-aside", f"F03: {names}: set aside, for {reason}."),
        "malformed": ("hip:F04-import-malformed", f"F04: {names}: not read, for {reason}."),
    }[kind]
    return Notice("warning", shape, patient, message, "Complete or correct the resource, or leave it so.")
