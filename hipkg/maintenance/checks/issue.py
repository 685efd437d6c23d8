"""What a check of the ontology finds, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Count from 0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a check found: the check, the entity, the property and the value it stumbled on.

    The entity is a term, a file, or a line of one as ``file:line``. A ``note`` is worth knowing and no fault.
    """

    check: str
    entity: str
    property: str
    value: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue as it is told.

    ``path`` is the file, from the folder of the ontology, and ``line`` its line, 0 where there is none; ``label`` is
    that of the term; ``rule`` is what should hold and ``remedy`` how to mend it.
    """

    issue: Issue
    severity: Severity
    path: str
    line: int
    label: str
    rule: str
    remedy: str

    @property
    def page(self) -> str:
        """Name the page about the check."""
        return f"docs/checks/{self.issue.check}.md"

    @property
    def message(self) -> str:
        """Say what was found."""
        return " ".join(filter(None, (self.issue.property, self.issue.value)))
