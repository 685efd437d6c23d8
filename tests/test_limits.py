"""Limits: what is beyond one is refused by its message, what is just within is not, and the page tells them all."""

from __future__ import annotations

import faulthandler
import gzip
import json
import os
import signal
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hipkg import plans
from hipkg.base import limits
from hipkg.base.errors import EngineUnavailable, HipkgError, UnreadableInput, UsageError
from hipkg.base.isolation import Reason, UnfinishedError, isolated
from hipkg.base.limits import LIMITS, Limit
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load
from hipkg.querying.catalogue import load_query
from hipkg.reading.sources import read
from hipkg.render import render
from hipkg.validation.findings import unknown_terms
from support.doors import read_import, run_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command_line import Run

PAGE = ROOT / "docs" / "limits.md"
PREFIX = "PREFIX hip: <https://w3id.org/hipkg/> "
PATIENT = f"{PREFIX} <urn:p> a hip:Patient . "


def row(one: Limit) -> str:
    cells = (one.what, one.told(), one.exceeded().message, one.option or "-", str(one.error.exit_code))
    return f"| {' | '.join(cells)} |"


def test_the_page_tells_every_limit() -> None:
    head, *rows = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    told = [*map(row, LIMITS)]
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(text.replace("\n".join(rows), "\n".join(told)), encoding="utf-8")
        return
    assert head == "| what | at most | message | set by | exit code |"
    assert rows == told


def test_every_limit_says_how_to_go_on() -> None:
    assert [one.what for one in LIMITS if not one.remedy or "{" in one.exceeded(of="it").message] == []


# Inputs


def rdf(text: str, form: str = "turtle") -> str:
    return read(text.encode(), load, format=form).results[0].iri


def fhir(resources: list[dict[str, object]]) -> str:
    whole = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}
    return read(json.dumps(whole).encode(), load, format="fhir").results[0].iri


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else 1


def turtle_of(count: int, one: str) -> str:
    return PATIENT + " ".join(one.format(number) for number in range(count))


KINDS: dict[str, tuple[Limit, Callable[[int], str]]] = {
    "triples": (limits.TRIPLES, lambda count: rdf(turtle_of(count - 1, "<urn:p> <urn:x{}> 1 ."))),
    "patients": (limits.PATIENTS, lambda count: rdf(turtle_of(count - 1, "<urn:p{}> a hip:Patient ."))),
    "problems": (limits.SUBJECTS, lambda count: rdf(turtle_of(count, "<urn:p> hip:hasProblem <urn:x{}> ."))),
    "sites": (
        limits.SUBJECTS,
        lambda count: rdf(turtle_of(count, "<urn:p> hip:hasCourse <urn:c> . <urn:c> hip:targets <urn:x{}> .")),
    ),
    "types": (
        limits.REPEATS,
        lambda count: rdf(turtle_of(count, "<urn:p> hip:hasProblem <urn:x> . <urn:x> a <urn:x{}> .")),
    ),
    "ages": (limits.REPEATS, lambda count: rdf(turtle_of(count, "<urn:p> hip:age {} ."))),
    "namespaces": (
        limits.NAMESPACES,
        lambda count: rdf(
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            + " ".join(f'xmlns:n{number}="urn:n{number}"' for number in range(count - 1))
            + '><rdf:Description rdf:about="urn:p">'
            + '<rdf:type rdf:resource="https://w3id.org/hipkg/Patient"/></rdf:Description></rdf:RDF>',
            "rdf/xml",
        ),
    ),
    "values": (limits.VALUES, lambda count: fhir([{"resourceType": "Patient", "id": "p", "x": [1] * (count - 7)}])),
    "depth": (limits.DEPTH, lambda count: fhir([{"resourceType": "Patient", "id": "p", "x": nested(count - 4)}])),
    "resources": (
        limits.RESOURCES,
        lambda count: fhir(
            [
                {"resourceType": "Patient", "id": "p"},
                *({"resourceType": "X", "id": f"x{number}"} for number in range(count - 1)),
            ]
        ),
    ),
    "patients of FHIR": (
        limits.PATIENTS,
        lambda count: fhir([{"resourceType": "Patient", "id": f"p{number}"} for number in range(count)]),
    ),
}  # fmt: skip


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Limit, int], None]:
    """Set a limit wherever it is used."""
    from sys import modules

    def lower(limit: Limit, most: int) -> None:
        name = next(name for name, value in vars(limits).items() if value is limit)
        changed = limit._replace(most=most)
        for module in [one for path, one in modules.items() if path.startswith("hipkg.")]:
            if getattr(module, name, None) is limit:
                monkeypatch.setattr(module, name, changed)

    return lower


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_just_within_a_limit_is_read_and_one_more_is_not(
    kind: str, lowered: Callable[[Limit, int], None]
) -> None:
    limit, made = KINDS[kind]
    lowered(limit, 40)
    assert made(40)
    with pytest.raises(UnreadableInput) as caught:
        made(41)
    assert limit.exceeded().message.partition("{")[0][:20] in caught.value.message
    assert caught.value.remedy == limit.remedy


def test_the_courses_of_a_patient_are_counted(lowered: Callable[[Limit, int], None]) -> None:
    course = "<urn:p> hip:hasCourse <urn:c{0}> . <urn:c{0}> a hip:TreatmentCourse ; hip:ofIntervention hip:Naproxen ."
    lowered(limits.ACTIVITIES, 5)
    assert len(plans(turtle_of(5, course).encode(), format="turtle")) == 1
    with pytest.raises(UnreadableInput, match="more than 5 courses and studies"):
        plans(turtle_of(6, course).encode(), format="turtle")


TWO_HIPS = f"""{PATIENT} <urn:p> hip:age 66 ; hip:hasProblem <urn:x>, <urn:y> .
<urn:x> a hip:HipPain ; hip:hasSite [ a hip:HipJoint ] . <urn:y> a hip:HipPain ; hip:hasSite [ a hip:HipJoint ] ."""


def test_judgements_are_counted_for_each_patient_and_each_form(lowered: Callable[[Limit, int], None]) -> None:
    plan = plans(TWO_HIPS.encode(), format="turtle", as_of=date(2026, 11, 23))[0]
    count = len(plan.statements)
    for name, forms in {"PAGES": ("text", "markdown", "html"), "GRAPHS": ("turtle", "jsonld", "fhir")}.items():
        lowered(getattr(limits, name), count)
        assert all(render([plan], form, load()) for form in forms)
        lowered(getattr(limits, name), count - 1)
        for form in forms:
            with pytest.raises(UsageError, match="judgements of statements"):
                render([plan], form, load())
    assert render([plan], "json", load())
    lowered(limits.JUDGEMENTS, count)
    assert len(plans(TWO_HIPS.encode(), format="turtle")) == 1
    lowered(limits.JUDGEMENTS, count - 1)
    with pytest.raises(UnreadableInput, match="judged more than"):
        plans(TWO_HIPS.encode(), format="turtle")


@pytest.mark.parametrize("form", ["P.ndjson.gz", "all.json.gz"])
def test_what_is_packed_tightly_is_refused(tmp_path: Path, form: str) -> None:
    with gzip.open(tmp_path / form, "wb", compresslevel=1) as file:
        file.write(b'{"resourceType":"Patient","id":"p","x":[' + b"[]," * 7_000_000 + b"1]}")
    with pytest.raises(UnreadableInput, match="more than 12 000 000 values"):
        read(tmp_path / form, load, format=None)
    with pytest.raises(UnreadableInput, match="more than 12 000 000 values"):
        read(tmp_path, load)


def test_a_line_of_an_export_is_bounded(tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    with gzip.open(tmp_path / "P.ndjson.gz", "wb", compresslevel=1) as file:
        file.write(b'{"resourceType":"Patient","id":"p","x":[' + b"[]," * 7_000_000 + b"1]}")
    run = hipkg("plan", tmp_path, "--format", "ndjson")
    assert (run.code, run.out) == (2, "")
    assert "P.ndjson.gz:1: The input holds more than" in run.err


def test_near_names_are_looked_up_for_the_first() -> None:
    (record,) = read(turtle_of(20, "<urn:p> hip:age{} 1 .").encode(), load, format="turtle").results
    found = unknown_terms(record.triples, record.iri, load().terms)
    assert sum("Did you mean hip:age?" in one.message for one in found) == limits.NEAR_NAMES
    assert len(found) == 20


SHOWN = ("https://w3id.org/hipkg/", "JointSpaceNarrowing")


def _resource(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": f"x{number}", "subject": {"reference": "Patient/p"}, **fields}


def _chained(number: int) -> dict[str, Any]:
    therapy = {"coding": [{"system": "http://snomed.info/sct", "code": "91251008"}]}
    before = [{"reference": f"ServiceRequest/x{number - 1}"}]
    return _resource("ServiceRequest", number, status="active", intent="order", code=therapy, basedOn=before)


def _film(number: int) -> dict[str, Any]:
    film, shown = ({"coding": [{"system": at, "code": code}]} for at, code in (("http://loinc.org", "26131-3"), SHOWN))
    seen = [{"code": shown, "valueBoolean": True}]
    return _resource("Observation", number, status="final", code=film, component=seen, effectiveDateTime="2026-10-01")


def _measured(number: int) -> dict[str, Any]:
    index = {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]}
    value = {"value": 27, "system": "http://unitsofmeasure.org", "code": "kg/m2"}
    day = "2026-10-01"
    return _resource("Observation", number, status="final", code=index, valueQuantity=value, effectiveDateTime=day)


@pytest.mark.parametrize(("make", "count"), [(_chained, 500), (_film, 700), (_measured, 2_000)])
def test_eight_times_as_many_take_not_much_more_than_eight_times_as_long(
    make: Callable[[int], dict[str, Any]], count: int
) -> None:
    def seconds(most: int) -> float:
        resources = [{"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01"}, *map(make, range(most))]
        lines = "\n".join(map(json.dumps, resources)).encode()
        started = time.process_time()
        read_import(lines, format="fhir", as_of=date(2026, 11, 23))
        return time.process_time() - started

    seconds(10)
    assert seconds(8 * count) < 16 * seconds(count)


def test_a_name_that_is_given_twice_costs_no_more_than_reading_it() -> None:
    twice = ",".join(f'"n{number % 50_000}":1' for number in range(100_000))
    started = time.process_time()
    with pytest.raises(HipkgError):
        read(f'{{"resourceType":"Observation",{twice}}}'.encode(), load, format="fhir")
    assert time.process_time() - started < 10


# Queries


def asked(tmp_path: Path, text: str, seconds: int | None = None) -> object:
    file = tmp_path / "mine.rq"
    file.write_text(text, encoding="utf-8")
    return run_query(load_query(file), seconds=seconds)


PRODUCT = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def test_a_query_without_end_is_stopped(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="no answer within 1 s"):
        asked(tmp_path, f"SELECT (COUNT(*) AS ?n) {PRODUCT}", seconds=1)
    assert time.monotonic() - started < 30


def test_a_query_that_takes_all_memory_is_stopped(tmp_path: Path, lowered: Callable[[Limit, int], None]) -> None:
    lowered(limits.QUERY_MEMORY, 50 * 2**20)
    with pytest.raises(EngineUnavailable, match="more than 50 MB of memory"):
        asked(tmp_path, f"SELECT * {PRODUCT}")


def test_an_answer_is_bounded(tmp_path: Path, lowered: Callable[[Limit, int], None]) -> None:
    lowered(limits.ANSWER, 2**20)
    with pytest.raises(UsageError, match="larger than 1 MB"):
        asked(tmp_path, "SELECT * { ?s ?p ?o }")
    assert asked(tmp_path, "SELECT * { ?s ?p ?o } LIMIT 3")


@pytest.mark.parametrize("brackets", ["{}", "()", "[]"])
def test_a_query_is_not_nested_without_end(tmp_path: Path, brackets: str) -> None:
    begin, end = brackets
    with pytest.raises(UsageError, match="more than 100 brackets"):
        asked(tmp_path, f"SELECT * {{ {begin * 8000} {end * 8000} }}")


def test_brackets_in_names_and_texts_are_none(tmp_path: Path) -> None:
    assert asked(tmp_path, f'SELECT * {{ ?s ?p "{"(" * 200}" }} # {"{" * 200}')


# Work in a copy of the process


def test_what_is_isolated_gives_what_it_makes() -> None:
    assert isolated(lambda: [1, "é"], seconds=20, memory=2**30) == [1, "é"]
    with pytest.raises(UsageError, match="refused") as caught:
        isolated(refuse, seconds=20, memory=2**30)
    assert caught.value.place == "there"


def refuse() -> None:
    raise UsageError("It is refused.", place="there")


def crash() -> None:
    faulthandler.disable()  # what it would tell
    os.kill(os.getpid(), signal.SIGSEGV)


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda: time.sleep(60), Reason.TIME),
        (lambda: len(bytearray(2**30)), Reason.MEMORY),
        (crash, Reason.CRASH),
    ],
)
def test_what_comes_to_no_end_is_told(work: Callable[[], object], reason: Reason) -> None:
    with pytest.raises(UnfinishedError) as caught:
        isolated(work, seconds=2, memory=100 * 2**20)
    assert caught.value.reason == reason
