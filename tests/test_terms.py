"""The vocabulary is found by the words of people, and says of each term whether records use it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import hipkg as package
from hipkg.base.vocabulary import HIP, curie
from hipkg.knowledge.loading import load
from hipkg.knowledge.terms import RECORDABLE, Kind, Recording, all_terms, find_terms, near_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("hip osteoarthritis", "hip:HipOsteoarthritis"),
        ("Osteoarthritis  HIP", "hip:HipOsteoarthritis"),
        ("HipOsteoarthritis", "hip:HipOsteoarthritis"),
        ("hip:age", "hip:age"),
        ("<https://w3id.org/hipkg/age>", "hip:age"),
        ("egfr", "hip:glomerularFiltrationRate"),
        ("D0-41", "hip:D0-41"),
        ("night", "hip:NightPain"),
        ("pain at night", "hip:NightPain"),
        ("nothing at all", ""),
        ("coxarthrosis", ""),
        ("hip:osteoarthritis", "hip:HipOsteoarthritis"),
        ("  ", ""),
    ],
)
def test_a_term_is_found_by_its_names_and_by_words(text: str, first: str) -> None:
    found = find_terms(text, load())
    assert (found[0].name if found else "") == first
    if text in {"hip:age", "<https://w3id.org/hipkg/age>", "D0-41"}:
        assert len(found) == 1


def test_what_is_misspelt_has_near_terms() -> None:
    assert "hip:Osteoarthritis" in near_terms("osteoartritis", load())
    assert near_terms("qqqqqq", load()) == ()


def test_each_term_says_whether_and_how_records_use_it() -> None:
    terms = all_terms(load())
    assert terms.keys() >= load().terms
    used = {name: terms[HIP + name] for name in ("HipPain", "Naproxen", "age", "mild", "D0-41", "strongRecommendation")}
    assert [one.recording for one in used.values()] == [
        Recording.TYPE, Recording.ACTIVITY, Recording.PROPERTY, Recording.VALUE, Recording.NO, Recording.NO,
    ]  # fmt: skip
    assert [curie(one) for one in used["mild"].of] == ["hip:hasSeverity"]
    assert [curie(one) for one in used["HipPain"].of] == ["hip:Problem"]
    assert (used["age"].unit, [curie(one) for one in used["age"].of]) == ("a", ["hip:Patient"])
    assert {one.recording for iri, one in terms.items() if iri in load().definitions} == {Recording.ENTAILED}
    assert [one.name for one in terms.values() if one.recording in RECORDABLE and not one.definition] == []
    assert {one.kind for one in terms.values() if one.codes} <= {*Kind} - {Kind.STATEMENT, Kind.DOCUMENT}


def test_the_command_tells_what_a_term_is(hipkg: Callable[..., Run]) -> None:
    run = hipkg("terms", "hip osteoarthritis", "--top", "2")
    assert run.code == 0
    assert "never recorded: it follows from its definition" in run.out
    assert re.search(r"under: hip:Osteoarthritis .*\n    ICD-10-CM: M16…", run.out)
    assert "more terms match" in run.err
    some = json.loads(hipkg("terms", "hip osteoarthritis", "--recordable", "--format", "json").out)
    assert some[0]["term"] == "hip:HipOsteoarthritis"
    assert {one["recordable"] for one in some} == {True}
    assert {"code", "system"} <= some[0]["codes"][0].keys()
    missed = hipkg("terms", "osteoartritis")
    assert (missed.code, missed.out) == (1, "")
    assert "Nearest: hip:Osteoarthritis" in missed.err


def test_terms_are_results_in_python() -> None:
    found = package.terms("pain score")
    assert found.to_dict()[0]["unit"] == "{score}"
    assert "<table>" in found._repr_html_()
    assert repr(found).startswith("<3 terms: hip:painScore, …>")
    assert package.terms("nothing of that name").to_dict() == []
