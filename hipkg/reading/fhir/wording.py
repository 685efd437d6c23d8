"""Say in words what a resource was used as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.wording import quantity
from hipkg.reading.fhir.places import is_sided

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.records import Absence, Activity, Measure, Place, Problem


class Words:
    """Name facts by the labels of the ontology."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def problem(self, one: Problem) -> str:
        """Say a problem with its site, its coded values and its begin."""
        since = (f"since {one.since}",) if one.since else ()
        return self._listed((self._knowledge.label(one.term), *self._at(one.place), *self._values(one.values), *since))

    def activity(self, one: Activity) -> str:
        """Say an activity with its status, sites, dates, doses and result."""
        status = self._knowledge.label(one.status) if one.status else "status not known"
        where = [word for place in one.places for word in self._at(place)]
        when = [word for word in (f"from {one.start}" if one.start else "", f"to {one.end}" if one.end else "") if word]
        doses = [
            f"{self._knowledge.label(prop)} {quantity(number, self._knowledge.units.get(prop, ''))}"
            for prop, number in one.amounts
            if prop != hip.resultValue
        ]
        found = {**dict(one.amounts), **dict(one.texts)}
        result = found.get(hip.resultText) or quantity(found.get(hip.resultValue, ""), found.get(hip.resultUnit, ""))
        label = self._knowledge.label(one.intervention)
        return self._listed(
            (label, status, *where, *when, *self._values(one.values), *doses, *([f"result {result}"] if result else []))
        )

    def measure(self, one: Measure) -> str:
        """Say a measurement with its day; an age is that of the day of the plan."""
        knowledge = self._knowledge
        if one.prop == hip.age:
            return f"aged {one.value}"
        return f"{knowledge.label(one.prop)} {quantity(one.value, knowledge.units.get(one.prop, ''))} on {one.day}"

    def absence(self, one: Absence) -> str:
        """Say what is absent, and where."""
        return self._listed((f"no {self._knowledge.label(one.kind)}", *self._at(one.place)))

    def _at(self, place: Place | None) -> tuple[str, ...]:
        if place is None:
            return ()
        kind = self._knowledge.label(place.kind)
        if place.side:
            return (f"{self._knowledge.label(place.side)} {kind}",)
        if not place.anchor:
            return (kind,)
        return (f"{kind}, side not recorded" if is_sided(place.kind, self._knowledge) else f"{kind} that is not known",)

    def _values(self, values: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        return tuple(self._knowledge.label(value) for _, value in values)

    @staticmethod
    def _listed(words: Iterable[str]) -> str:
        return ", ".join(words)
