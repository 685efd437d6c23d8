"""What is not expected of a patient, and so is asked last; nothing is assumed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.record.facts import Facts


def unexpected_of(patient: str, facts: Facts, knowledge: Knowledge) -> frozenset[str]:
    """List the classes that are not expected of those who are registered as a patient is."""
    registered = {*facts.nodes(patient, hip.administrativeGender)}
    return frozenset(cls for cls, gender in knowledge.not_expected_of.items() if gender in registered)
