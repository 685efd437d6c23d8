"""Draw patients over the whole vocabulary that can be recorded, one for each number of a seed.

What can be drawn follows from the ontology: every kind of problem, intervention and site, every coded value, numbers at
and beside each limit, dates and lengths that are normalised, what is absent, and links written from either end.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import HIP, XSD
from hipkg.knowledge.loading import load
from hipkg.owl.expression import Facet, Named, walk
from support.random_patients import number, recordable, triple, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BASE = "https://example.org/drawn/"
DAY = "2026-11-23"
CODED = {
    "Problem": {"hasSeverity": "Severity", "hasSymptomStatus": "SymptomStatus", "hasEtiology": "Etiology"},
    "Activity": {
        "hasStatus": "ActivityStatus",
        "hasOutcome": "Outcome",
        "stoppedBecause": "StopReason",
        "hasAdequacy": "Adequacy",
    },
}
"""The properties with coded values, and the kinds of these, by what they are of."""
AMOUNTS = ("dailyDose", "singleDose", "doseInterval")
DATES = ("2024", "2026-03", "2026-08-25", "2026-08-31", "2026-10-12", "2026-10-26", "2026-11-23")
LENGTHS = ("P13D", "P14D", "P28D", "P6W", "P12W", "P3M", "PT1008H")
WHOLE = {"age", "minimumDays", "maximumDays"}
TROUBLE = 0.4
"""How often a problem is at the hip and of a kind that contexts of statements name."""
BACKWARD = 0.15
"""How often a link is written from its other end."""


def drawn_patients(seed: int, count: int) -> Iterator[tuple[str, tuple[ox.Triple, ...]]]:
    """Draw as many patients of a seed, each by a name that draws it again."""
    for index in range(count):
        name = f"{seed}-{index}"
        yield name, drawn_patient(name)


def drawn_patient(name: str) -> tuple[ox.Triple, ...]:
    """Draw the patient of a name, as it is recorded."""
    return _Drawing(Random(name), f"{BASE}{name}/").patient()  # noqa: S311 - a name is to draw the same again


@cache
def limits(prop: str) -> tuple[str, ...]:
    """List the numbers at and beside those that definitions and bounds compare a property with."""
    knowledge = load()
    facets = [one for part in knowledge.definitions.values() for one in walk(part) if isinstance(one, Facet)]
    ends = {float(limit.number) for one in facets if one.prop == HIP + prop for limit in one.bounds}
    bounds = [one for info in knowledge.statements.values() for one in info.bounds if one.measured_by == HIP + prop]
    ends |= {float(end) for one in bounds for end in (one.lower, one.upper) if end}
    near = sorted({end + step for end in ends for step in (-1, 0, 1)})
    return tuple(str(int(one)) if prop in WHOLE else str(one) for one in near)


@cache
def spoken_of() -> tuple[str, ...]:
    """List the kinds of problems that can be recorded and that contexts of statements name."""
    knowledge = load()
    contexts = {cls for info in knowledge.statements.values() for cls in info.applies_to}
    definitions = [found for cls in contexts if (found := knowledge.definition(cls))]
    told = {part.iri for one in definitions for part in walk(one) if isinstance(part, Named)}
    return tuple(one for one in recordable("Problem") if told & {one, *knowledge.superclasses.get(one, ())})


@cache
def inverses(prop: str) -> tuple[str, ...]:
    """List the properties that say the same from the other end."""
    properties = load().properties
    own = properties[HIP + prop].inverses if HIP + prop in properties else frozenset()
    return tuple(sorted(own | {iri for iri, one in properties.items() if HIP + prop in one.inverses}))


class _Drawing:
    """Draw one patient."""

    def __init__(self, random: Random, base: str) -> None:
        self._random = random
        self._base = base
        self._found: set[ox.Triple] = set()
        self._patient = base + "patient"

    def patient(self) -> tuple[ox.Triple, ...]:
        """Draw the sites, the studies, the problems, the courses and the numbers of a patient."""
        draw = self._random
        self._say(self._patient, "a", HIP + "Patient")
        self._found.add(triple(self._patient, "asOf", ox.Literal(DAY, datatype=ox.NamedNode(XSD + "date"))))
        sites = self._sites()
        studies = [f"{self._base}study{index}" for index in range(draw.choice((0, 1, 2, 4)))]
        problems = [f"{self._base}problem{index}" for index in range(draw.choice((1, 2, 3, 5, 8)))]
        for one in studies:
            self._activity(one, "Study", sites)
        for one in problems:
            self._problem(one, sites, studies, problems)
        for index in range(draw.choice((0, 1, 2, 4, 7))):
            self._activity(f"{self._base}course{index}", "TreatmentCourse", sites)
        for _ in range(draw.choice((0, 0, 1, 4))):
            absent = draw.choice(recordable(draw.choice(("Problem", "Intervention"))))
            self._say(draw.choice((self._patient, *sites)), "isWithout", absent)
        for prop, datatype in (("age", "integer"), ("bodyMassIndex", "decimal")):
            if draw.random() < 0.6:
                self._found.add(triple(self._patient, prop, number(draw.choice(limits(prop)), datatype)))
        return tuple(sorted(self._found, key=str))

    def _say(self, subject: str, prop: str, value: str) -> None:
        """Say something, now and then from the other end where the ontology has a property for that."""
        other = inverses(prop)
        if other and self._random.random() < BACKWARD:
            self._found.add(triple(value, self._random.choice(other).removeprefix(HIP), subject))
        else:
            self._found.add(triple(subject, prop, value))

    def _sites(self) -> list[str]:
        draw, wholes = self._random, load().wholes
        found: dict[str, str] = {}
        for kind in (HIP + "HipJoint", *draw.sample(recordable("BodySite"), draw.randint(0, 2))):
            side = draw.choice(("left", "right", ""))
            node = f"{self._base}{side}{kind.removeprefix(HIP)}"
            self._say(node, "a", kind)
            if side:
                self._say(node, "hasSide", HIP + side)
            around = [one for one, other in found.items() if other in wholes.get(kind, ())]
            if around and draw.random() < 0.8:
                self._say(node, "partOf", around[0])
            found[node] = kind
        return [*found]

    def _problem(self, node: str, sites: Sequence[str], studies: Sequence[str], problems: Sequence[str]) -> None:
        draw = self._random
        trouble = draw.random() < TROUBLE
        self._say(self._patient, "hasProblem", node)
        self._say(node, "a", draw.choice(spoken_of() if trouble else recordable("Problem")))
        if draw.random() < 0.85:
            self._say(node, "hasSite", sites[0] if trouble else draw.choice(sites))
        if studies and draw.random() < 0.4:
            self._say(node, "shownBy", draw.choice(studies))
        if draw.random() < 0.15:
            self._say(node, "attributedTo", draw.choice(problems))
        self._coded(node, "Problem", 0.25)

    def _activity(self, node: str, kind: str, sites: Sequence[str]) -> None:
        draw = self._random
        self._say(self._patient, "hasStudy" if kind == "Study" else "hasCourse", node)
        self._say(node, "a", HIP + kind)
        self._say(node, "ofIntervention", draw.choice(recordable("Intervention")))
        if draw.random() < 0.6:
            self._say(node, "targets", draw.choice(sites))
        self._coded(node, "Activity", 0.4)
        if kind == "TreatmentCourse":
            self._length(node)
            for prop in AMOUNTS:
                if draw.random() < 0.1:
                    self._found.add(triple(node, prop, number(draw.choice(limits(prop)), "decimal")))

    def _coded(self, node: str, of: str, often: float) -> None:
        for prop, kind in CODED[of].items():
            if self._random.random() < (0.9 if prop == "hasStatus" else often):
                self._say(node, prop, self._random.choice(values(kind)))

    def _length(self, node: str) -> None:
        """Record how long a course lasted: in days, as a length, by its dates, or not at all."""
        draw = self._random
        match draw.choice(("days", "days", "length", "dates", "dates", "")):
            case "days":
                days = draw.choice(limits("minimumDays"))
                self._found |= {triple(node, prop, number(days, "integer")) for prop in ("minimumDays", "maximumDays")}
            case "length":
                self._found.add(triple(node, "duration", number(draw.choice(LENGTHS), "duration")))
            case "dates":
                for prop, date in zip(("startDate", "endDate"), sorted(draw.choices(DATES, k=2)), strict=True):
                    datatype = {4: "gYear", 7: "gYearMonth"}.get(len(date), "date")
                    if prop == "startDate" or draw.random() < 0.6:
                        self._found.add(triple(node, prop, number(date, datatype)))
