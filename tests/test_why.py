"""Why something follows is told by axioms that it follows from together and not without any of them, with places."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.base.paths import ROOT, ontology_files
from hipkg.maintenance.justification import (
    Justification,
    Question,
    every_smallest,
    smallest,
    why_inconsistent,
    why_under,
)
from hipkg.render.justification import justification_to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from support.command_line import Run

INCONSISTENT = ROOT / "tests" / "cases" / "inconsistent"
PREFIXES = """\
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
CLASSES = ("Bed", "Border", "Garden", "BedPlant", "GardenPlant", "Plant", "Weed")
DECLARED = "".join(f"hip:{one} a owl:Class .\n" for one in CLASSES) + "".join(
    f"hip:{one} a owl:ObjectProperty .\n" for one in ("grows", "stands", "within")
)
NEEDED = (
    "hip:BedPlant owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( hip:Plant [ a owl:Restriction ;"
    " owl:onProperty hip:grows ; owl:someValuesFrom hip:Bed ] ) ] .",
    "hip:Bed owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( hip:Border [ a owl:Restriction ;"
    " owl:onProperty hip:within ; owl:someValuesFrom hip:Garden ] ) ] .",
    "hip:grows rdfs:subPropertyOf hip:stands .",
    "hip:stands owl:propertyChainAxiom ( hip:stands hip:within ) .",
    "hip:GardenPlant owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( hip:Plant [ a owl:Restriction ;"
    " owl:onProperty hip:stands ; owl:someValuesFrom hip:Garden ] ) ] .",
)
"""Why what grows in a bed stands in the garden that the bed is in: by existentials and a chain of properties."""
BESIDE = (
    "hip:Plant rdfs:subClassOf hip:Thing . hip:Thing a owl:Class .",
    "hip:Weed rdfs:subClassOf hip:Plant ; owl:disjointWith hip:Bed .",
    "hip:stands rdfs:domain hip:Thing .",
)
"""What bears on the same and is not needed."""


def module(path: Path, axioms: Iterable[str]) -> list[Path]:
    """Write a module with one axiom in each line, from line 14 on."""
    path.write_text(PREFIXES + DECLARED + "\n".join(axioms) + "\n", encoding="utf-8")
    return [path]


def told(found: Justification) -> list[str]:
    """Tell the axioms of a justification without their places."""
    return [line.rpartition(" [")[0].strip() for line in justification_to_text(found).splitlines() if "[" in line]


@pytest.mark.java
def test_what_is_told_is_needed_and_enough(tmp_path: Path) -> None:
    everything = module(tmp_path / "garden.ttl", [*BESIDE, *NEEDED])
    found = why_under("BedPlant", "hip:GardenPlant", everything)
    first = PREFIXES.count("\n") + DECLARED.count("\n") + len(BESIDE) + 1
    assert sorted(one.line for one in found.axioms) == [first + one for one in range(len(NEEDED))]
    assert {one.module for one in found.axioms} == {"garden.ttl"}
    assert "ObjectProperty: stands SubPropertyChain: stands o within" in told(found)
    assert "Class: Bed EquivalentTo: Border and (within some Garden)" in told(found)
    for left_out in range(len(NEEDED)):
        others = [one for number, one in enumerate(NEEDED) if number != left_out]
        without = why_under("BedPlant", "GardenPlant", module(tmp_path / "without.ttl", [*BESIDE, *others]))
        assert not without.follows, NEEDED[left_out]


@pytest.mark.java
def test_each_set_of_axioms_is_told_where_several_are_asked_for(tmp_path: Path) -> None:
    ways = [*NEEDED, *BESIDE, "hip:BedPlant rdfs:subClassOf hip:Plant , hip:Weed ."]
    modules = module(tmp_path / "garden.ttl", ways)
    found = why_under("BedPlant", "Plant", modules, limit=None)
    assert (found.complete, [len(one) for one in (found.axioms, *found.others)]) == (True, [1, 1, 2])
    for some in (found.axioms, *found.others):
        assert why_under(
            "BedPlant", "Plant", module(tmp_path / "alone.ttl", [ways[one.line - 14] for one in some])
        ).follows
    text = justification_to_text(found)
    assert text.count("or by these:") == 2
    assert "There is no other such set." in text
    two = why_under("BedPlant", "Plant", modules, limit=2)
    assert (two.complete, len(two.others)) == (False, 1)
    assert "There may be more" in justification_to_text(two)
    assert why_under("BedPlant", "Bed", modules, limit=None).complete is False


def test_every_smallest_set_is_found_and_no_other() -> None:
    sets = [{1, 2}, {2, 3, 4}, {5}, {1, 4, 6}]
    found = every_smallest(range(10), lambda some: any(one <= {*some} for one in sets), limit=None)
    assert found.complete
    assert sorted(map(sorted, found.sets)) == sorted(map(sorted, sets))
    assert len(every_smallest(range(10), lambda some: {5} <= {*some}, limit=3).sets) == 1
    first = every_smallest(range(10), lambda some: any(one <= {*some} for one in sets), limit=2)
    assert (len(first.sets), first.complete) == (2, False)
    assert every_smallest(range(10), lambda _: False, limit=None) == ((), True)


@pytest.mark.java
def test_a_class_is_under_another_by_steps_or_by_its_definition(hipkg: Callable[..., Run]) -> None:
    run = hipkg("ontology", "why", "HipOsteoarthritis", "hip:Problem")
    assert run.code == 0
    head, *lines = run.out.splitlines()
    assert head.startswith("HipOsteoarthritis is under Problem by these 3 axioms")
    assert [one.rpartition(" [")[0] for one in lines] == [
        "  Class: HipOsteoarthritis SubClassOf: Osteoarthritis",
        "  Class: Osteoarthritis SubClassOf: Condition",
        "  Class: Condition SubClassOf: Problem",
    ]
    run = hipkg("ontology", "why", "PainfulDegenerativeHip", "SymptomaticHipOsteoarthritis", "-f", "json")
    assert run.code == 0
    answer = json.loads(run.out)
    assert (answer["question"], answer["term"], answer["follows"]) == ("subclass", "hip:PainfulDegenerativeHip", True)
    assert {(one["term"], one["keyword"]) for one in answer["axioms"]} == {
        ("hip:PainfulDegenerativeHip", "SubClassOf"),
        ("hip:PainfulDegenerativeHip", "EquivalentTo"),
        ("hip:SymptomaticHipOsteoarthritis", "EquivalentTo"),
        ("hip:locationOf", "InverseOf"),
    }
    for one in answer["axioms"]:
        (path,) = (path for path in ontology_files() if path.name == one["module"])
        assert path.read_text(encoding="utf-8").splitlines()[one["line"] - 1].strip()


@pytest.mark.java
def test_a_class_without_possible_members_is_explained(tmp_path: Path) -> None:
    both = ["hip:Odd a owl:Class ; rdfs:subClassOf hip:Weed .", "hip:Weed rdfs:subClassOf hip:Plant .",
            "hip:Odd rdfs:subClassOf hip:Bed .", "hip:Bed owl:disjointWith hip:Plant ."]  # fmt: skip
    modules = module(tmp_path / "garden.ttl", both)
    found = why_under("Odd", modules=modules)
    assert (found.question, found.follows, len(found.axioms)) == (Question.UNSATISFIABLE, True, len(both))
    assert "Class: Bed DisjointWith: Plant" in told(found)
    under = why_under("Odd", "Garden", modules)
    assert set(under.axioms) == set(found.axioms)
    assert justification_to_text(under).endswith("hipkg ontology why Odd\n")
    assert "Weed can have members." in justification_to_text(why_under("Weed", modules=modules))


@pytest.mark.java
def test_a_contradictory_record_is_explained_with_its_facts(hipkg: Callable[..., Run]) -> None:
    name = "knee-pain-in-a-part-of-a-hip.ttl"
    run = hipkg("ontology", "why", str(INCONSISTENT / name))
    assert run.code == 0
    head, *lines = run.out.splitlines()
    assert head.startswith(f"{name} contradicts the ontology by these 10 axioms")
    facts = [one for one in lines if f"[{name}:" in one]
    case = "https://example.org/case/"
    assert sorted(one.partition("Individual: ")[2] for one in facts) == [
        f"<{case}hip> Types: HipJoint [{name}:10]",
        f"<{case}pain> Facts: hasSite <{case}rim> [{name}:21]",
        f"<{case}pain> Types: KneePain [{name}:20]",
        f"<{case}rim> Facts: partOf <{case}hip> [{name}:16]",
    ]
    assert {one.rpartition(" [")[0].strip() for one in lines} >= {
        "ObjectProperty: locatedIn SubPropertyChain: locatedIn o partOf",
        "Class: HipPain DisjointWith: KneePain",
    }
    ages = why_inconsistent(INCONSISTENT / "two-ages.ttl")
    assert sum(one.asserted.keyword == "Facts" for one in ages.axioms) == len(ages.axioms) - 1
    assert "DataProperty: age Characteristics: Functional" in told(ages)


@pytest.mark.java
def test_a_record_without_a_contradiction_and_what_does_not_follow_end_with_1(
    hipkg: Callable[..., Run],
) -> None:
    run = hipkg("ontology", "why", str(ROOT / "examples" / "d0-painful-degenerative-hip.ttl"))
    assert run.code == 1
    assert "does not contradict" in run.out
    run = hipkg("ontology", "why", "HipOsteoarthritis", "HipPain", "--format", "json")
    assert run.code == 1
    assert json.loads(run.out) == {
        "question": "subclass",
        "term": "hip:HipOsteoarthritis",
        "superclass": "hip:HipPain",
        "follows": False,
        "axioms": [],
    }


def test_what_cannot_be_asked_is_told_with_what_may_be_meant(tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    with pytest.raises(UsageError, match="declared nowhere") as unknown:
        why_under("HipOsteoartritis")
    assert "hip:HipOsteoarthritis" in unknown.value.remedy
    with pytest.raises(UsageError, match="of no class"):
        why_under("HipPain", "hasSite")
    with pytest.raises(UnreadableInput):
        why_inconsistent(tmp_path / "nowhere.ttl")
    record = tmp_path / "record.ttl"
    record.write_text("<urn:a> <urn:b> ", encoding="utf-8")
    with pytest.raises(UnreadableInput):
        why_inconsistent(record)
    run = hipkg("ontology", "why", str(record), "HipPain")
    assert run.code == 2
    assert "A record is under no class." in run.err


@pytest.mark.parametrize("wanted", [*combinations(range(12), 1), *combinations(range(0, 40, 7), 3), tuple(range(30))])
def test_only_what_is_needed_is_kept(wanted: Sequence[int]) -> None:
    asked: list[int] = []

    def contradict(some: Collection[int]) -> bool:
        asked.append(len(some))
        return set(wanted) <= set(some)

    found = smallest(range(40), contradict)
    assert found is not None
    assert sorted(found) == sorted(wanted)
    assert len(asked) < 2 * len(wanted) + 18 * min(len(wanted), 3)
    assert smallest(range(40), lambda _: False) is None
    assert smallest(range(40), lambda _: True) == []
