"""What the proof of safety tries, in a sample; and that it notices where a danger would lose its effect."""

from __future__ import annotations

import runpy
from functools import cache
from types import SimpleNamespace

import pytest

from hipkg.base import hip
from hipkg.base.paths import ONTOLOGY
from hipkg.base.vocabulary import HIP
from hipkg.derivation import native
from hipkg.knowledge.frame.claims import REACHING, ClaimKind
from hipkg.planning.dangers import Dangers

PROOF = ONTOLOGY.parent / "benchmarks" / "safety_proof.py"
SAMPLE = 60

pytestmark = pytest.mark.every_source


@cache
def proof() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(PROOF), run_name="safety_proof"))


@cache
def given() -> tuple:
    return tuple(proof().settings(proof().EXAMPLES))


def found(sample: int = SAMPLE) -> list[str]:
    """Tell what is unsafe in the plans of some combinations."""
    results = [proof().tried(given(), one) for one in proof().drawn(given(), sample, seed=1)]
    planned = [one for one in results if one is not None]
    assert len(planned) > sample / 2
    return [line for one in planned for line in one]


def test_no_plan_of_a_sample_is_unsafe():
    assert not found()


def test_facts_of_every_kind_are_tried():
    facts = {fact for one in given() for fact in one.facts}
    assert {fact.kind for fact in facts} == {"problem", "activity", "absence", "number"}
    assert {fact.site for fact in facts} == {"", "this", "other"}


@pytest.mark.parametrize(("site", "status"), [("this", "conditional"), ("other", "indicated")])
def test_what_holds_back_a_part_holds_back_the_whole_at_its_place(site: str, status: str):
    whole = HIP + "NsaidWithPhysicalTherapy"
    setting = next(one for one in given() if one.intervention == whole)
    facts = [proof().Fact("problem", HIP + "CannotBearWeight", site=site)]
    plan = proof().plan_of(proof().with_facts(setting, facts)).plan
    found = {one.status for one in plan.actions if one.intervention == whole and one.place == setting.site}
    assert found == {status}


def without_effect(effect: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(native, "REACHING", {key: reach for key, reach in REACHING.items() if key != effect})


def weaker_than_advice(patch: pytest.MonkeyPatch) -> None:
    """Let an indication win over a contraindication."""
    order = sorted(ClaimKind, key=lambda kind: (kind != ClaimKind.INDICATED, kind))
    patch.setattr(native, "_strongest", lambda action: next((one for one in order if action.claims.get(one)), None))


def unlisted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dangers, "unexcluded", lambda *_: ())


MUTATIONS = {
    "a contraindication has no effect": (lambda patch: without_effect(hip.contraindicates, patch), "although S"),
    "a gate has no effect": (lambda patch: without_effect(hip.holdsBack, patch), "although S"),
    "advice wins over a contraindication": (weaker_than_advice, "although S"),
    "open checks are not told": (unlisted, "hides the open check"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch):
    mutate, told = MUTATIONS[name]
    mutate(monkeypatch)
    assert any(told in line for line in found())
