"""The native derivation and the queries, which are its reference, derive the same of every patient."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given

from hipkg.base.errors import HipkgError, InconsistentData
from hipkg.base.vocabulary import HIP
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import select
from hipkg.reasoning.native import entail, entailed_graph
from hipkg.record.normalise import normalised
from support.cases import all_unlike, in_batches
from support.derivations import assert_same
from support.doors import plan_record, read
from support.equality import consistent, unlike_queries
from support.random_patients import hip_patients, some_patients
from support.whole_vocabulary import drawn_patients

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
FRAME = ROOT / "tests" / "cases" / "frame"
CASES = [one for one in all_unlike((ROOT / "tests" / "cases").rglob("*.ttl")) if FRAME not in one.parents]
DRAWN = 40
"""How many patients are drawn; `make engines` draws ten thousand."""
DAY = date(2026, 11, 23)
DOCUMENTS: tuple[tuple[str, ...], ...] = ((), ("D0",), ("D1", "D3"))


@pytest.mark.parametrize("documents", DOCUMENTS, ids=lambda some: "-".join(some) or "all")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem[:2])
def test_both_derive_the_same_of_an_example(path: Path, documents: tuple[str, ...]) -> None:
    (graph,) = read(path)
    found = assert_same(normalised(graph.triples), select(load(), documents))
    assert found.evaluations or documents


@in_batches(CASES, 50)
def test_both_derive_the_same_of_a_case(path: Path) -> None:
    try:
        graphs = read(path, as_of=DAY)
    except HipkgError:
        return  # what cannot be read has no derivation
    for graph in graphs:
        with suppress(InconsistentData):  # nor has what contradicts the ontology
            assert_same(normalised(graph.triples))


@some_patients
@given(triples=hip_patients())
def test_both_derive_the_same_of_random_patients(triples: frozenset[ox.Triple]) -> None:
    try:
        entail(triples, load())
    except HipkgError:
        return
    store = ox.Store()
    store.extend(ox.Quad(*one) for one in triples)  # which writes numbers in one form, as every run does
    assert_same(quad.triple for quad in store)


def test_both_derive_the_same_of_patients_drawn_over_the_whole_vocabulary() -> None:
    drawn = dict(consistent(drawn_patients(1, DRAWN)))
    assert len(drawn) > DRAWN / 2
    assert [name for name, triples in drawn.items() if unlike_queries(triples)] == []


def test_both_derive_the_same_of_a_treatment_at_one_place_that_is_specified_for_all_of_them() -> None:
    source = b"""
    PREFIX : <https://example.org/specified/>
    PREFIX hip: <https://w3id.org/hipkg/>
    :patient a hip:Patient ; hip:hasProblem :necrosis , :other ; hip:hasCourse :course .
    :necrosis a hip:ChronicHipOsteonecrosis .
    :other hip:hasSite :hip .
    :course hip:hasStatus hip:ongoing ; hip:ofIntervention hip:Naproxen ; hip:targets :hip .
    """
    (graph,) = read(source, format="turtle", as_of=DAY)
    found = assert_same(normalised(graph.triples))
    (action,) = (one for one in found.actions if one.intervention == HIP + "Naproxen" and not one.site)
    assert action.fulfilment == "running"


def test_both_hold_back_what_runs_again_though_a_kind_of_it_was_done() -> None:
    source = b"""
    PREFIX : <https://example.org/again/>
    PREFIX hip: <https://w3id.org/hipkg/>
    :patient a hip:Patient ; hip:hasProblem :worse ; hip:hasCourse :now , :before .
    :worse a hip:SuddenPainWorsening ; hip:hasSite :hip . :hip a hip:HipJoint .
    :now hip:hasStatus hip:ongoing ; hip:ofIntervention hip:MriOrMrArthrography .
    :before hip:hasStatus hip:completed ; hip:ofIntervention hip:HipMriWithoutContrast ; hip:targets :hip .
    """
    (graph,) = read(source, format="turtle", as_of=DAY)
    found = assert_same(normalised(graph.triples))
    (action,) = (one for one in found.actions if one.intervention == HIP + "MriOrMrArthrography" and one.site)
    assert action.status == "conditional"


def test_what_differs_is_seen() -> None:
    """A derivation of one document differs from that of all, so that the comparison has something to see."""
    (graph,) = read(EXAMPLES[0])
    triples = normalised(graph.triples)
    one, other = (
        derive_natively(entailed_graph(triples, load()), load(), select(load(), some)) for some in (("D0",), ())
    )
    assert one.evaluations != other.evaluations
    assert one.actions != other.actions
    assert set(one.triples()) != set(other.triples())


def test_both_derive_the_same_of_an_intervention_of_the_patients_own() -> None:
    source = b"""
    PREFIX : <https://example.org/own/>
    PREFIX hip: <https://w3id.org/hipkg/>
    :patient a hip:Patient ; hip:hasProblem :pain ; hip:hasCourse :course .
    :pain a hip:HipPain ; hip:hasSite :hip .
    :hip a hip:HipJoint .
    :gym a hip:StructuredExerciseProgramme .
    :course a hip:TreatmentCourse ; hip:hasStatus hip:ongoing ; hip:ofIntervention :gym ; hip:targets :hip .
    """
    (graph,) = read(source, format="turtle")
    found = assert_same(normalised(graph.triples))
    assert plan_record(graph).actions
    assert "https://example.org/own/gym" not in {one.intervention for one in found.actions}
