"""What a check of the ontology finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a check found: the check, the entity, the property and the value it stumbled on.

    A ``note`` is worth knowing and no fault.
    """

    check: str
    entity: str
    property: str
    value: str
    note: bool = False
