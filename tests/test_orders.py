"""Orders: what each case says speaks for and against them, in every format, and what is refused."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import hipkg
from hipkg.base.errors import UsageError
from hipkg.defence.orders import AGAINST, Aspect
from hipkg.render.schemas import ORDERS, PLAN
from support.r4 import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run

CASES = Path(__file__).parent / "cases" / "orders"
NAMES = sorted(one.name for one in CASES.iterdir())
pytestmark = pytest.mark.every_source
DAY = date(2026, 11, 23)


def checked(name: str, *orders: str) -> hipkg.OrderCheck:
    (found,) = hipkg.check_order(CASES / name / "patient.ttl", *orders, as_of=DAY)
    return found


def case(name: str) -> tuple[hipkg.OrderCheck, dict[str, Any]]:
    told = json.loads((CASES / name / "case.json").read_text(encoding="utf-8"))
    return checked(name, *told["orders"]), told


def summary(found: hipkg.OrderCheck) -> list[dict[str, Any]]:
    """Say of each order its verdict, who says what of it, and what is not excluded."""
    made = []
    for order in found.orders:
        said: dict[str, list[str]] = {}
        for one in order.reasons:
            words = one.statement or one.beside or "done"
            drugs = f" with {', '.join(one.with_drugs)}" if one.with_drugs else ""
            grounds = f" by {', '.join(f'{it.label} {it.value}'.strip() for it in one.found)}" if one.found else ""
            said.setdefault(one.aspect, []).append(f"{words}{drugs or grounds}")
        checks = [one.label for one in order.open_checks]
        made.append({"label": order.label, "site": order.site, "verdict": order.verdict, "said": said, "open": checks})
    return made


@pytest.mark.parametrize("name", NAMES)
def test_orders_are_answered_as_expected(name: str) -> None:
    found, told = case(name)
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        told["expected"] = summary(found)
        (CASES / name / "case.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    assert summary(found) == told["expected"]


@pytest.mark.parametrize("name", NAMES)
def test_json_is_as_its_schema_says_and_text_tells_each_reason(name: str) -> None:
    found, _ = case(name)
    schemas = [json.loads(one.read_text(encoding="utf-8")) for one in (ORDERS, PLAN)]
    known = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in schemas])
    told = json.loads(found.to_json())
    Draft202012Validator(schemas[0], registry=known).validate(told)
    assert told["opposed"] == any(one["verdict"] in AGAINST for one in told["orders"])
    for text in (found.to_text(), found.to_markdown()):
        for order in found.orders:
            assert f"{order.label}" in text
            assert all(one.statement in text for one in order.reasons)


@pytest.mark.parametrize("name", NAMES)
def test_fhir_has_a_response_for_each_order_and_an_issue_for_what_speaks_against_it(name: str) -> None:
    found, _ = case(name)
    bundle = found.to_fhir()
    assert problems(bundle) == []
    made = [one["resource"] for one in bundle["entry"]]
    issues = [one for one in made if one["resourceType"] == "DetectedIssue"]
    against = [(one, it) for one in found.orders for it in one.reasons if it.aspect in AGAINST]
    assert [one["detail"].partition(":")[0] for one in issues] == [it.aspect for _, it in against]
    assert [one["implicated"][0]["display"] for one in issues] == [one.label for one, _ in against]
    responses = [one for one in made if one["resourceType"] == "GuidanceResponse"]
    assert [one["note"][0]["text"] for one in responses] == [f"{one.label}: {one.verdict}" for one in found.orders]
    assert len({one["id"] for one in made}) == len(made)


def test_an_order_on_record_is_answered_as_one_that_is_given() -> None:
    recorded = checked("operation-too-early-on-record")
    given = checked("no-order-on-record", "total hip arthroplasty at left hip")
    assert summary(given) == summary(recorded)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("naproxn", "not understood"),
        ("hip pain", "not understood"),
        ("age 70", "not understood"),
        ("no ibuprofen", "orders something"),
        ("ibuprofen stopped", "two values"),
        ("99999999", "names no one treatment"),
        ("", "not understood"),
    ],
)
def test_what_is_no_order_is_refused_with_a_remedy(order: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        checked("nsaid-alone", order)
    assert refused.value.remedy


def test_near_names_are_offered() -> None:
    with pytest.raises(UsageError) as refused:
        checked("nsaid-alone", "naproxn")
    assert "naproxen" in refused.value.remedy


@pytest.mark.parametrize(("order", "code"), [("ibuprofen", 0), ("tramadol", 1), ("apixaban", 0), ("naproxn", 2)])
def test_the_exit_code_says_whether_anything_speaks_against_it(
    hipkg: Callable[..., Run], order: str, code: int
) -> None:
    source = CASES / "nsaid-alone" / "patient.ttl"
    assert hipkg("check-order", source, "--as-of", DAY.isoformat(), "--order", order)[0] == code


def test_the_gravest_reason_gives_the_verdict() -> None:
    ranks = [*Aspect]
    for name in NAMES:
        for order in checked(name, *case(name)[1]["orders"]).orders:
            told = [one.aspect for one in order.reasons if one.aspect not in {Aspect.ALONG, Aspect.OPEN}]
            assert order.verdict == min(told, key=ranks.index, default=Aspect.UNSUPPORTED)
