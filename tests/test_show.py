"""`hipkg ontology show`: what there is to know of a term, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command_line import Run

pytestmark = pytest.mark.every_source


@pytest.fixture
def shown(hipkg: Callable[..., Run]) -> Callable[[str], dict[str, Any]]:
    return lambda term: json.loads(hipkg("ontology", "show", term, "--format", "json").out)


def test_a_defined_class(shown: Callable[[str], dict[str, Any]]) -> None:
    told = shown("subtle labral calcification on a film")
    assert told["term"] == "hip:SubtleLabralCalcificationOnFilm"
    assert told["manchester"] == "SubtleLabralCalcification and (shownBy some HipRadiographStudy)"
    assert told["english"] == "subtle labral calcification shown by “hip radiograph obtained”"
    assert told["file"] == "patients.ttl"
    assert {"statement": "D4-04", "by": "appliesTo", "term": told["term"]} in told["uses"]
    assert "hip:LabralCalcificationOrTear" in told["namedIn"]
    assert {"D4-04", "D4-01-subtle"} <= {*told["cases"]}
    assert told["statement"] is None


def test_an_intervention_inherits_what_refuses_a_wider_one_and_not_what_advises_it(
    shown: Callable[[str], dict[str, Any]],
) -> None:
    told = shown("hip:IaHyaluronicAcidInjection")
    assert {"statement": "D0-41", "by": "contraindicates", "term": "hip:IaHyaluronicAcidInjection"} in told["uses"]
    inherited = {(one["by"], one["term"]) for one in told["inherited"]}
    assert ("contraindicates", "hip:IntraArticularHipInjection") in inherited
    assert {by for by, _ in inherited} <= {"contraindicates", "discourages", "holds back"}
    assert told["codes"]
    assert "hip:HylanGF20Injection" in told["kinds"]


def test_a_statement_with_its_slots_and_its_cases(shown: Callable[[str], dict[str, Any]]) -> None:
    told = shown("D0-14")
    assert told["statement"]["requires"] == ["hip:GastrointestinalRiskPatient"]
    assert told["statement"]["effect"] == "hip:discourages"
    assert "D0-14-context" in told["cases"]
    assert told["uses"] == []


def test_the_line_is_that_of_the_declaration(hipkg: Callable[..., Run]) -> None:
    from hipkg.base.paths import ONTOLOGY

    text = hipkg("ontology", "show", "hip:hasSite").out
    (place,) = (line.split()[2] for line in text.splitlines() if "stands in" in line)
    name, line = place.split(":")
    assert (ONTOLOGY / name).read_text("utf-8").splitlines()[int(line) - 1] == "hip:hasSite"


def test_text_names_each_row_once(hipkg: Callable[..., Run]) -> None:
    lines = hipkg("ontology", "show", "IaHyaluronicAcidInjection").out.splitlines()
    assert sum(line.startswith("  statements ") for line in lines) == 1
    assert any("holds back hip:IntraArticularHipInjection:" in line for line in lines)


def test_what_is_no_term_is_refused_with_the_nearest(hipkg: Callable[..., Run]) -> None:
    run = hipkg("ontology", "show", "IntraArticularHipInjektion")
    assert run.code == 2
    assert "hip:IntraArticularHipInjection" in run.err


def test_other_terms_that_match_are_named(hipkg: Callable[..., Run], tmp_path: Path) -> None:
    run = hipkg("ontology", "show", "hip pain", "-o", tmp_path / "shown.txt")
    assert (tmp_path / "shown.txt").read_text("utf-8").startswith("hip:HipPain ")
    assert run.err == ""
    assert "more terms match" in hipkg("ontology", "show", "pain hip").err
