"""Account for the resources of one patient, while they are imported: what each was used as or why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hipkg.reading.account import ResourceUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hipkg.reading.fhir.log import Log, Merged
    from hipkg.reading.fhir.records import Refused, Stated
    from hipkg.record.patient import Unread


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

    def refused(self, key: str, why: Refused, doubts: Sequence[str] = ()) -> None:
        """Note why a resource states nothing; one that is in doubt as well may state what could not be read."""
        outcome = "set aside" if doubts and why.outcome != "malformed" else why.outcome
        self.unused[key] = ResourceUse(key, outcome, "; ".join((why.reason, *doubts)), unread=why.unread)

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
        return self.unused.get(key) or self._use(key, told, nodes)._replace(unread=self.unread.get(key, ()))

    def _use(self, key: str, told: Mapping[str, list[str]], nodes: Mapping[str, tuple[str, ...]]) -> ResourceUse:
        flags, notes = tuple(dict.fromkeys(self.flags.get(key, ()))), self.notes.get(key, [])
        if key in told:
            return ResourceUse(key, "used", "; ".join((*dict.fromkeys(told[key]), *notes)), flags, nodes.get(key, ()))
        if key in self.merged:
            merged = self.merged[key]
            return ResourceUse(key, "merged", f"into {merged.into}: {merged.why}", flags, nodes.get(key, ()))
        reason = "; ".join((*flags, *notes)) or "it states no fact itself"
        return ResourceUse(key, "set aside" if flags else "ignored", reason)
