"""The import on whole patients that are not part of the project, where they are there.

``HIPKG_FHIR_SAMPLES`` names folders, separated as in ``PATH``. Every JSON file in them is a sample, every folder below
them that holds a file ``Patient.ndjson`` is a set. Run with ``-rA`` to see what became of each.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import InconsistentData
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.knowledge.loading import load
from hipkg.render.sheet import NOTHING_APPLIES
from support.doors import findings_of, plan_record, read_import

if TYPE_CHECKING:
    from hipkg.planning.records import Plan
    from hipkg.record.patient import Record

FOLDERS = [Path(one) for one in os.environ.get("HIPKG_FHIR_SAMPLES", "").split(os.pathsep) if one]
SAMPLES = sorted(path for folder in FOLDERS for path in folder.glob("*.json"))
SETS = sorted(path.parent for folder in FOLDERS for path in folder.glob("**/Patient.ndjson"))
HIP_JOINT = HIP + "HipJoint"

pytestmark = pytest.mark.skipif(not (SAMPLES or SETS), reason="HIPKG_FHIR_SAMPLES names no folder with samples")


def hip_problems(record: Record) -> dict[str, bool]:
    """Map each problem that is recorded at a hip or at a part of one to whether the side is recorded."""
    knowledge = load()
    kinds = {one.subject: one.object.value for one in record.triples if one.predicate.value == RDF_TYPE}
    sided = {one.subject for one in record.triples if one.predicate.value == HIP + "hasSide"}
    found = {}
    for one in record.triples:
        if one.predicate.value == HIP + "hasSite":
            kind = kinds[one.object]
            if knowledge.is_a(kind, HIP_JOINT) or HIP_JOINT in knowledge.wholes.get(kind, ()):
                found[one.subject.value] = one.object in sided
    return found


def planned(record: Record) -> Plan:
    """Make the plan of a patient, and check what must be so whatever is recorded."""
    findings = findings_of(record)
    assert [one for one in findings if one.severity == "violation"] == []
    plan = plan_record(record)
    unsided = {problem for problem, sided in hip_problems(record).items() if not sided}
    asked = {one.node for one in findings if one.shape == "hip:P13-problem-side-missing"}
    assert unsided <= asked
    problems = any(one.predicate.value == HIP + "hasProblem" for one in record.triples)
    if hip_problems(record):
        assert plan.statements
    elif not problems:
        assert not plan.actions
        assert NOTHING_APPLIES in plan.to_text()
    return plan


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_imported_and_planned(path: Path) -> None:
    made = read_import(path)
    assert made.patients
    for one in made.patients:
        if one.graph is None:
            print(f"{one.patient}: the patient {one.deceased}, no plan")  # noqa: T201 - shown with -rA
            continue
        plan = planned(one.graph)
        counts = Counter(use.outcome for use in one.uses)
        print(f"{one.patient}: {len(hip_problems(one.graph))} hip problem(s), {len(plan.statements)} states, {counts}")  # noqa: T201 - shown with -rA
        print(plan.to_text())  # noqa: T201 - shown with -rA


@pytest.mark.parametrize("folder", SETS, ids=lambda path: path.name)
def test_a_set_is_imported_and_planned(folder: Path) -> None:
    made = read_import(folder)
    told: Counter[str] = Counter()
    for one in made.patients:
        if one.graph is None:
            told["died"] += 1
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                plan = planned(one.graph)
            except InconsistentData as contradiction:
                told["contradictory"] += 1
                print(contradiction)  # noqa: T201 - shown with -rA
                continue
        told["with a hip problem" if hip_problems(one.graph) else "without a hip problem"] += 1
        told["with statements"] += bool(plan.statements)
    print(f"{folder.name}: {len(made.patients)} patients, {dict(told)}")  # noqa: T201 - shown with -rA
