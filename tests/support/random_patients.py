"""Strategies that draw patient graphs from the vocabulary of the ontology, for property tests."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hipkg.base.errors import InconsistentData
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD
from hipkg.knowledge.loading import load
from support.doors import reason_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DAYS = (0, 13, 14, 27, 28, 29, 41, 42, 83, 84, 85, 89, 90, 180)
AGES = (40, 65, 66)
INDICES = ("22.0", "24.9", "25.0", "31.5")
BASE = "https://example.org/random/"
PATIENT = BASE + "p/patient"
HIP_TROUBLE = ("HipPain", "HipOsteoarthritis", "HeterotopicOssification", "JointSpaceNarrowing")

some_patients = settings(
    max_examples=int(os.environ.get("HIPKG_RANDOM_PATIENTS", "40")),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@cache
def recordable(root: str) -> tuple[str, ...]:
    """List the classes below a root that data may assert: those without a definition."""
    knowledge = load()
    below = [iri for iri, upper in knowledge.superclasses.items() if HIP + root in upper]
    return tuple(sorted(iri for iri in below if iri not in knowledge.definitions))


@cache
def values(root: str) -> tuple[str, ...]:
    """List the individuals of the ontology that belong to a class."""
    return tuple(sorted(iri for iri, kinds in load().individual_types.items() if HIP + root in kinds))


def triple(subject: str, predicate: str, target: str | ox.Literal) -> ox.Triple:
    prop = RDF_TYPE if predicate == "a" else HIP + predicate
    return ox.Triple(
        ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(target) if isinstance(target, str) else target
    )


def number(value: object, datatype: str) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + datatype))


@st.composite
def patient_triples(draw: Callable[..., object], name: str = "p") -> frozenset[ox.Triple]:
    """Draw one patient with up to four sites, six problems, four courses, two studies and three absences."""
    base = f"{BASE}{name}/"
    patient = base + "patient"
    found = {triple(patient, "a", HIP + "Patient")}
    sites = _draw_sites(draw, base, found)
    studies = [f"{base}study{index}" for index in range(draw(st.integers(0, 2)))]
    problems = [f"{base}problem{index}" for index in range(draw(st.integers(1, 6)))]
    for problem in problems:
        _draw_problem(draw, patient, problem, sites, studies, problems, found)
    for study in studies:
        _draw_activity(draw, patient, study, "Study", sites, found)
    for index in range(draw(st.integers(0, 4))):
        _draw_activity(draw, patient, f"{base}course{index}", "TreatmentCourse", sites, found)
    for _ in range(draw(st.sampled_from((0, 0, 1, 3)))):
        absent = draw(st.sampled_from(recordable(draw(st.sampled_from(("Problem", "Intervention"))))))
        found.add(triple(draw(st.sampled_from((patient, *sites))), "isWithout", absent))
    if draw(st.booleans()):
        found.add(triple(patient, "age", number(draw(st.sampled_from(AGES)), "integer")))
    if draw(st.booleans()):
        found.add(triple(patient, "bodyMassIndex", number(draw(st.sampled_from(INDICES)), "decimal")))
    return frozenset(found)


def _draw_sites(draw: Callable[..., object], base: str, found: set[ox.Triple]) -> list[str]:
    sites = []
    for side in draw(st.lists(st.sampled_from(("left", "right", "")), min_size=1, max_size=2, unique=True)):
        joint = f"{base}{side or 'some'}Hip"
        found.add(triple(joint, "a", HIP + "HipJoint"))
        part = joint + "Part"
        found |= {triple(part, "a", HIP + "LateralAcetabulum"), triple(part, "partOf", joint)}
        if side:
            found |= {triple(joint, "hasSide", HIP + side), triple(part, "hasSide", HIP + side)}
        sites += [joint, part]
    return sites


def _draw_problem(
    draw: Callable[..., object],
    patient: str,
    problem: str,
    sites: list[str],
    studies: list[str],
    problems: list[str],
    found: set[ox.Triple],
) -> None:
    kind = draw(st.sampled_from(recordable("Problem")))
    found |= {triple(patient, "hasProblem", problem), triple(problem, "a", kind)}
    if draw(st.integers(0, 4)):
        found.add(triple(problem, "hasSite", draw(st.sampled_from(sites))))
    if studies and draw(st.booleans()):
        found.add(triple(problem, "shownBy", draw(st.sampled_from(studies))))
    for prop, root in (("hasSeverity", "Severity"), ("hasSymptomStatus", "SymptomStatus"), ("hasEtiology", "Etiology")):
        if draw(st.integers(0, 3)) == 0:
            found.add(triple(problem, prop, draw(st.sampled_from(values(root)))))
    if draw(st.integers(0, 4)) == 0:
        found.add(triple(problem, "attributedTo", draw(st.sampled_from(problems))))


def _draw_activity(
    draw: Callable[..., object], patient: str, activity: str, kind: str, sites: list[str], found: set[ox.Triple]
) -> None:
    link = "hasStudy" if kind == "Study" else "hasCourse"
    found |= {triple(patient, link, activity), triple(activity, "a", HIP + kind)}
    found.add(triple(activity, "ofIntervention", draw(st.sampled_from(recordable("Intervention")))))
    if draw(st.integers(0, 5)):
        found.add(triple(activity, "hasStatus", draw(st.sampled_from(values("ActivityStatus")))))
    if draw(st.booleans()):
        found.add(triple(activity, "targets", draw(st.sampled_from(sites))))
    if kind == "TreatmentCourse" and draw(st.booleans()):
        days = draw(st.sampled_from(DAYS))
        found |= {
            triple(activity, "minimumDays", number(days, "integer")),
            triple(activity, "maximumDays", number(days, "integer")),
        }
    if draw(st.booleans()):
        found.add(triple(activity, "hasOutcome", draw(st.sampled_from(values("Outcome")))))


@st.composite
def hip_patients(draw: Any) -> frozenset[ox.Triple]:
    """Draw a patient about whom the documents have something to say.

    A random patient rarely has a painful hip, and contradicts the ontology in one case of three. So hip trouble is
    added, and problems are left out until nothing contradicts.
    """
    triples = draw(patient_triples())
    hips = sorted({one.subject.value for one in triples if one.object == ox.NamedNode(HIP + "HipJoint")})
    for hip in hips:
        for kind in draw(st.sets(st.sampled_from(HIP_TROUBLE), min_size=1, max_size=3)):
            problem = f"{hip}{kind}"
            triples |= {
                triple(PATIENT, "hasProblem", problem),
                triple(problem, "a", HIP + kind),
                triple(problem, "hasSite", hip),
            }
    for index in range(6):
        if not contradicts(triples):
            break
        left_out = ox.NamedNode(f"{BASE}p/problem{index}")
        triples = frozenset(one for one in triples if left_out not in (one.subject, one.object))
    return triples


def contradicts(triples: Iterable[ox.Triple]) -> bool:
    try:
        reason_over(triples)
    except InconsistentData:
        return True
    return False


def random_patients(rounds: int, size: int) -> dict[str, frozenset[ox.Triple]]:
    """Draw some patients in each of some rounds, and leave out those who contradict the ontology."""
    drawn: list[frozenset[ox.Triple]] = []

    @settings(
        max_examples=rounds,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.tuples(*(patient_triples(name=f"n{number_}") for number_ in range(size))))
    def draw(patients: tuple[frozenset[ox.Triple], ...]) -> None:
        drawn.extend(patients)

    draw()
    return {f"random {number_}": one for number_, one in enumerate(drawn) if not contradicts(one)}
