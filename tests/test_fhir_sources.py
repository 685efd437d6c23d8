"""What a source holds: versions, deletions, pages, failed requests and files that are none."""

from __future__ import annotations

import gzip
import io
import json
import os
import warnings
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hipkg.base.errors import NoPatient, SetAside, UnreadableInput
from hipkg.reading.fhir.json_form import Loader
from support.doors import read, read_import
from support.fhir_cases import CASES
from support.fhir_xml import as_xml

if TYPE_CHECKING:
    from pathlib import Path

    from hipkg.reading.account import ResourceUse

DAY = date(2026, 1, 15)
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1950-01-01"}


def condition(verification: str = "confirmed", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "oa",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": ICD, "code": "M16.11"}]},
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": VERIFICATION, "code": verification}]},
        **fields,
    }


def bundle(*entries: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": list(entries), **fields}).encode()


def of(resource: dict[str, Any], url: str = "") -> dict[str, Any]:
    return {"resource": resource, **({"fullUrl": url} if url else {})}


def outcome(severity: str, code: str) -> dict[str, Any]:
    issue = {"severity": severity, "code": code, "diagnostics": "a part failed"}
    return of({"resourceType": "OperationOutcome", "issue": [issue]})


def uses(data: bytes) -> dict[str, ResourceUse]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SetAside)
        (found,) = read_import(data, format="fhir", as_of=DAY).patients
    return {f"{one.resource}: {one.outcome}": one for one in found.uses}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"lastUpdated": "2024-01-01T00:30:00+05:00"}, {"lastUpdated": "2023-12-31T23:00:00Z"}, "refuted"),
        ({"lastUpdated": "2024-01-02T00:00:00Z"}, {"lastUpdated": "2023-12-31T23:00:00Z"}, "used"),
        ({"versionId": "2"}, {"versionId": "10"}, "refuted"),
        ({}, {}, "set aside"),
    ],
)
def test_the_last_version_counts(first: dict[str, str], second: dict[str, str], expected: str) -> None:
    """The second version, which is later by the moment and not by the text of its date, refutes the first."""
    for order in (1, -1):
        versions = [of(condition(meta=first)), of(condition("refuted", meta=second))][::order]
        found = uses(bundle(of(PATIENT), *versions))
        if expected == "used":
            assert "Condition/oa: used" in found
        elif expected == "refuted":
            assert "Condition/oa: used" not in found
        else:
            assert "none is the last" in found["Condition/oa: set aside"].detail


def proposal(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": "pt",
        "status": status,
        "intent": "proposal",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "https://w3id.org/hipkg/", "code": "PhysicalTherapy"}]},
        **fields,
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"authoredOn": "2025-02-01"}, {"authoredOn": "2025-02-02"}, "second"),
        ({"authoredOn": "2025-02-01"}, {"authoredOn": "2025-02-01T08:00:00Z"}, "second"),
        ({"authoredOn": "2025-02-01"}, {}, "first"),
        ({"authoredOn": "2025-02-01", "meta": {"lastUpdated": "2025-02-01T00:00:00Z"}}, {}, "first"),
        ({"meta": {"lastUpdated": "2025-02-01T00:00:00Z"}}, {"authoredOn": "2025-02-02"}, "second"),
        ({"meta": {"lastUpdated": "2025-02-01T00:00:00Z"}}, {"authoredOn": "2025-02-01"}, ""),
        (
            {"authoredOn": "2025-02-01", "meta": {"lastUpdated": "2025-02-01T00:00:00Z"}},
            {"authoredOn": "2025-02-01"},
            "",
        ),
        ({"authoredOn": "2025-02-01"}, {"authoredOn": "2025-02-01"}, ""),
        ({"authoredOn": "2025-02-01"}, {"authoredOn": 5}, "first"),
    ],
)
def test_the_date_of_a_request_tells_its_last_version(
    first: dict[str, Any], second: dict[str, Any], expected: str
) -> None:
    for order in (1, -1):
        versions = [of(proposal("active", **first)), of(proposal("revoked", **second))][::order]
        found = {one.resource: one for one in uses(bundle(of(PATIENT), *versions)).values() if one.outcome != "ignored"}
        told = {"first": "physical therapy, planned", "second": "physical therapy, not done", "": "its versions differ"}
        assert found["ServiceRequest/pt"].detail.startswith(told[expected])


def test_versions_that_say_the_same_do_not_cancel_each_other() -> None:
    shown = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>Physical therapy</div>"}
    versions = [of(proposal("active", text=shown)), of(proposal("active", meta={"source": "urn:a"}))]
    assert "ServiceRequest/pt: used" in uses(bundle(of(PATIENT), *versions))


def test_a_name_of_two_servers_or_patients_is_refused() -> None:
    other = {**PATIENT, "birthDate": "1990-01-01"}
    with pytest.raises(UnreadableInput, match="different resources") as raised:
        read(
            bundle(of(PATIENT, "https://a.example/Patient/p"), of(other, "https://b.example/Patient/p")), format="fhir"
        )
    assert "one by one" in raised.value.remedy
    with pytest.raises(UnreadableInput, match="different things of one patient"):
        read(bundle(of(PATIENT), of(other)), format="fhir")
    theirs = condition("refuted", subject={"reference": "Patient/q"})
    with pytest.raises(UnreadableInput, match="Condition/oa names different resources"):
        read(bundle(of(PATIENT), of({**PATIENT, "id": "q"}), of(condition()), of(theirs)), format="fhir")


def test_what_was_deleted_does_not_count() -> None:
    gone = {"request": {"method": "DELETE", "url": "Condition/oa"}}
    found = uses(bundle(of(PATIENT), of(condition()), gone))
    assert found["Condition/oa: ignored"].detail == "it was deleted"
    assert "Condition/oa: used" not in found


@pytest.mark.parametrize(
    ("entry", "fields", "reason"),
    [
        ({"response": {"status": "403 Forbidden"}}, {}, "the server answered 403 Forbidden instead"),
        ({}, {"link": [{"relation": "next", "url": "https://a.example/?page=2"}], "total": 240}, "one page of several"),
        ({}, {"link": [{"relation": "self", "url": "https://a.example/?_elements=code"}]}, "asked for in part"),
        ({}, {"meta": {"tag": [{"code": "SUBSETTED"}]}}, "only a part"),
        ({}, {"type": "searchset", "total": 240}, "tells of 240 resources that were found, and holds 2"),
        (outcome("error", "exception"), {}, "a part failed"),
        (outcome("warning", "incomplete"), {}, "a part failed"),
    ],
)
def test_what_may_be_missing_is_told(entry: dict[str, Any], fields: dict[str, Any], reason: str) -> None:
    data = bundle(of(PATIENT), of(condition()), *([entry] if entry else []), **fields)
    (told,) = (one for one in uses(data).values() if one.outcome == "set aside")
    assert reason in told.detail
    (graph,) = read(data, format="fhir", as_of=DAY)
    assert any(reason in one.message and one.severity == "warning" for one in graph.notices)


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        ({}, {"link": [{"relation": "self", "url": "https://a.example/?_summary=false"}], "total": 2}),
        ({**of(condition(id="more")), "search": {"mode": "include"}}, {"total": 2}),
        (outcome("information", "informational"), {}),
        (outcome("warning", "business-rule"), {}),
    ],
)
def test_what_is_whole_is_not_said_to_lack_anything(entry: dict[str, Any], fields: dict[str, Any]) -> None:
    data = bundle(of(PATIENT), of(condition()), *([entry] if entry else []), **fields)
    assert not [one for one in uses(data).values() if one.outcome == "set aside"]


def twice(resource: dict[str, Any], name: str, value: object) -> bytes:
    """Write a Bundle with a patient and a condition beside a resource that has an element once more."""
    written = json.dumps(resource)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
    others = [one for one in (PATIENT, condition()) if one["resourceType"] != resource["resourceType"]]
    return bundle(*map(of, [*others, {"id": "here"}])).replace(b'{"id": "here"}', written.encode())


def test_a_name_that_is_given_twice_is_an_error_of_its_resource() -> None:
    found = uses(twice(condition(), "code", {"coding": [{"system": ICD, "code": "M16.12"}]}))
    assert [one.detail for one in found.values() if one.outcome == "malformed"] == [
        "Condition/oa has code twice, and which of them counts is not known"
    ]
    assert "Patient/p: used" in found
    assert "Condition/oa: used" not in found


@pytest.mark.parametrize("kind", [["Patient"], {"a": 1}, 7, None])
def test_a_type_that_is_no_text_is_an_error_of_its_resource(kind: Any) -> None:
    lines = [{"resourceType": "Patient", "id": "p1"}, {"resourceType": kind, "id": "odd"}]
    made = read_import("\n".join(map(json.dumps, lines)).encode(), format="ndjson")
    (patient,) = made.patients
    assert [one.outcome for one in patient.uses if one.resource != "Patient/p1"] == ["malformed"]


TWICE = '{"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p1"}, %s}'


@pytest.mark.parametrize(
    ("written", "twice"),
    [
        (r'"code": 1, "\u0063ode": 2', True),
        (r'"code": 1, "code": 2, "note": "a\u0022: b"', True),
        (r'"code": 1, "code": 2, "note": "a\"\u003A b"', True),
        (r'"code": 1, "note": "a\u0022\u003a b \u00e9"', False),
    ],
)
def test_a_name_is_given_twice_however_it_is_written(written: str, twice: bool) -> None:
    lines = f'{{"resourceType": "Patient", "id": "p1"}}\n{TWICE % written}'
    (patient,) = read_import(lines.encode(), format="ndjson").patients
    assert any("twice" in one.detail for one in patient.uses) == twice


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("123456789012345678901", "123456789012345678901"),
        ("-12345678901234567890", "-12345678901234567890"),
        ("0.12345678901234567890", "0.12345678901234568"),
        ("[123456789012345678901]", "123456789012345678901"),
    ],
)
def test_long_integers_keep_their_digits(written: str, whole: str) -> None:
    for space in ("", "   ", "\n\t" * 40):
        assert whole in json.dumps(
            Loader()(f'{{"note": "seed: 12345678901234567890", "value":{space}{written}}}'.encode())
        )


def test_what_a_patient_has_twice_is_left_out() -> None:
    found = uses(twice(PATIENT, "birthDate", "1990-01-01"))
    assert found["Patient/p: used"].detail == "age not known"
    assert "Condition/oa: used" in found
    assert [one.detail for one in found.values() if one.outcome == "malformed"] == [
        "Patient/p has birthDate twice, and which of them counts is not known"
    ]
    (died,) = read_import(twice({**PATIENT, "deceasedBoolean": True}, "deceasedBoolean", False), format="fhir").patients
    assert died.graph is None


def test_a_bundle_with_two_lists_of_entries_is_refused() -> None:
    whole = bundle(of(PATIENT))
    with pytest.raises(UnreadableInput, match="The Bundle has entry twice"):
        read(whole[:-1] + b', "entry": []}', format="fhir")


def test_what_is_fetched_before_for_a_request_of_cds_hooks_is_read() -> None:
    owned = {"subject": {"reference": "Patient/p"}}
    fetched = {"patient": PATIENT, "conditions": json.loads(bundle(of(condition()))), "nothing": None}
    request: dict[str, Any] = {"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": fetched}
    assert {*uses(json.dumps(request).encode())} == {"Patient/p: used", "Condition/oa: used"}
    drafts = json.loads(bundle(of({"resourceType": "ServiceRequest", "id": "film", "status": "draft", **owned})))
    signed = {**request, "hook": "order-sign", "context": {"patientId": "p", "draftOrders": drafts}}
    assert uses(json.dumps(signed).encode())["ServiceRequest/film: ignored"].detail == "it is a draft and not decided"
    other = uses(json.dumps({**request, "context": {"patientId": "q"}}).encode())
    assert {one.detail for one in other.values() if one.outcome == "set aside"} == {
        "the request is about Patient/q, who was not fetched"
    }
    del request["prefetch"]
    with pytest.raises(NoPatient):
        read(json.dumps(request).encode(), format="fhir")


def test_a_request_of_cds_hooks_that_fetched_nothing_is_told_from_json_ld(tmp_path: Path) -> None:
    request = {"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "p"}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    with pytest.raises(NoPatient, match="None of the 0 resources is a Patient"):
        read(tmp_path / "request.json")


def test_a_document_of_cda_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "summary.xml").write_text('<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    with pytest.raises(UnreadableInput, match="a document in CDA, which is not read"):
        read(tmp_path / "summary.xml")


def test_resources_in_parameters_and_their_parts_are_read() -> None:
    inner = {"name": "more", "part": [{"name": "one", "resource": condition()}, {"name": "words", "valueString": "x"}]}
    given = {"resourceType": "Parameters", "parameter": [{"name": "patient", "resource": PATIENT}, inner]}
    assert {*uses(json.dumps(given).encode())} == {"Patient/p: used", "Condition/oa: used"}


@pytest.mark.parametrize("name", ["all.json.gz", "all.ndjson.gz", "all.JSONL.GZ"])
def test_compressed_files_are_read_as_what_is_in_them(name: str, tmp_path: Path) -> None:
    given = [PATIENT, condition()]
    plain = (
        bundle(*map(of, given))
        if "json.gz" in name and "nd" not in name
        else "\n".join(map(json.dumps, given)).encode()
    )
    (tmp_path / name).write_bytes(gzip.compress(plain))
    expected = read(plain, format="fhir", as_of=DAY)[0].triples
    for source in (tmp_path, tmp_path / name):
        assert read(source, as_of=DAY)[0].triples == expected
    assert read(gzip.compress(plain), format="fhir", as_of=DAY)[0].triples == expected


def test_xml_is_read_in_a_folder_as_well(tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(as_xml(PATIENT))
    (tmp_path / "oa.xml.gz").write_bytes(gzip.compress(as_xml(condition()).encode()))
    expected = read(bundle(of(PATIENT), of(condition())), format="fhir", as_of=DAY)[0].triples
    assert read(tmp_path, as_of=DAY)[0].triples == expected


def test_xml_that_is_nested_without_end_is_refused() -> None:
    deep = "<part>" * 300 + "</part>" * 300
    with pytest.raises(UnreadableInput, match="nested too deep"):
        read(f'<Parameters xmlns="http://hl7.org/fhir">{deep}</Parameters>'.encode(), format="fhir")


def test_what_is_unpacked_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "large.json.gz").write_bytes(gzip.compress(b" " * 10_000))
    with pytest.raises(UnreadableInput, match="larger than"):
        read(tmp_path / "large.json.gz", max_bytes=5_000)


def test_an_export_that_failed_in_part_is_told(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(bundle(of(PATIENT), of(condition())))
    (tmp_path / "manifest.json").write_text(
        json.dumps({"output": [], "error": [{"type": "OperationOutcome", "url": "x"}]})
    )
    (tmp_path / "more.xml").write_text("<html/>")
    (made,) = read_import(tmp_path, as_of=DAY).patients
    assert {one.resource: one.outcome for one in made.uses} == {
        "Patient/p": "used",
        "Condition/oa": "used",
        "manifest.json": "set aside",
        "more.xml": "ignored",
    }


def test_half_a_character_is_refused_where_it_stands() -> None:
    broken = bundle(of(PATIENT), of(condition()), of(condition(id="bad"))).replace(b'"bad"', rb'"\ud800"')
    assert "Condition/oa: used" in uses(broken)
    assert any("half a character" in one.detail for one in uses(broken).values())
    whole = bundle(of(PATIENT), of(condition(id="x"))).replace(b'"x"', rb'"\ud83d\ude00 \\ud800"')
    assert sum(one.outcome == "used" for one in uses(whole).values()) == 2


def test_a_broken_file_does_not_stop_a_folder(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(bundle(of(PATIENT), of(condition())))
    (tmp_path / "broken.json").write_text("{broken")
    (tmp_path / "manifest.json").write_text('{"transactionTime": "2026-01-01"}')
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.warns(SetAside, match="malformed"):
        (graph,) = read(tmp_path, as_of=DAY)
    assert any("broken.json" in one.message for one in graph.notices)
    (made,) = read_import(tmp_path, as_of=DAY).patients
    told = {one.resource: one.outcome for one in made.uses}
    assert (told["notes.txt"], told["manifest.json"]) == ("ignored", "ignored")
    (tmp_path / "good.json").unlink()
    with pytest.raises(UnreadableInput, match="not valid JSON"):
        read(tmp_path, as_of=DAY)


def test_rdf_beside_resources_is_told_and_not_read(tmp_path: Path) -> None:
    rdf = ("P.TTL", "p.nt", "p.owl", "p.ttl.gz")
    for name in (*rdf, "p.csv"):
        (tmp_path / name).write_text("nothing")
    with pytest.raises(UnreadableInput, match=r"no FHIR resources\. Of P\.TTL: it is RDF"):
        read(tmp_path, as_of=DAY)
    (tmp_path / "all.json").write_bytes(bundle(of(PATIENT), of(condition())))
    (made,) = read_import(tmp_path, as_of=DAY).patients
    told = {one.resource: one.outcome for one in made.uses}
    assert {name: told[name] for name in (*rdf, "p.csv")} == {**dict.fromkeys(rdf, "set aside"), "p.csv": "ignored"}
    (graph,) = read(tmp_path, as_of=DAY)
    assert any("P.TTL" in one.message and "it is RDF" in one.message for one in graph.notices)


@pytest.mark.parametrize("name", ["one.ndjson.gz", "ONE.NDJSON.GZ", "one.ndjson", "one.json"])
def test_a_folder_is_bounded(name: str, tmp_path: Path) -> None:
    blank = b" " * 5000
    (tmp_path / name).write_bytes(gzip.compress(blank) if name.lower().endswith(".gz") else blank)
    with pytest.raises(UnreadableInput, match="more than") as raised:
        read(tmp_path, max_bytes=1000)
    assert raised.value.remedy


def test_a_folder_may_hold_more_than_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipkg.reading.opening.MAX_BYTES", 1000)
    (tmp_path / "all.json").write_bytes(bundle(of(PATIENT), of(condition())) + b" " * 1000)
    assert len(read(tmp_path, as_of=DAY)) == 1
    for source in (tmp_path / "all.json", tmp_path):
        with pytest.raises(UnreadableInput) as raised:
            read(source, as_of=DAY, max_bytes=500)
        assert "max_bytes" in raised.value.remedy


def test_no_more_of_a_file_is_read_than_is_allowed(tmp_path: Path) -> None:
    with (tmp_path / "huge.ndjson").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(UnreadableInput, match="more than"):
        read(tmp_path, max_bytes=1000)


def test_the_case_of_a_file_name_does_not_matter(tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, (PATIENT, condition()))).encode()
    (tmp_path / "B.NDJSON.GZ").write_bytes(gzip.compress(lines))
    assert read(tmp_path, as_of=DAY)[0].triples == read(lines, format="fhir", as_of=DAY)[0].triples


@pytest.mark.parametrize("name", ["bad.json", "bad.ndjson.gz"])
def test_a_file_that_may_not_be_read_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.json").write_bytes(bundle(of(PATIENT), of(condition())))
    (tmp_path / name).write_bytes(gzip.compress(b"{}"))
    opened = io.open

    def refusing(file: Any, *others: Any, **more: Any) -> Any:
        if str(file).endswith(name):
            raise PermissionError(13, "Permission denied")
        return opened(file, *others, **more)

    monkeypatch.setattr("io.open", refusing)
    monkeypatch.setattr("builtins.open", refusing)
    with pytest.warns(SetAside, match="Permission denied"):
        read(tmp_path, as_of=DAY)


def written(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_folders_in_a_folder_are_read_in_a_fixed_order(tmp_path: Path) -> None:
    written(tmp_path / "patient.json", json.dumps(PATIENT).encode())
    written(tmp_path / "Condition" / "oa.json", json.dumps(condition()).encode())
    written(
        tmp_path / "Condition" / "of" / "late" / "C.NDJSON.gz", gzip.compress(json.dumps(condition(id="x")).encode())
    )
    written(tmp_path / "Condition" / "notes.txt", b"nothing")
    written(tmp_path / "Condition" / "package.json", b"{}")
    (tmp_path / "empty").mkdir()
    (made,) = read_import(tmp_path, as_of=DAY).patients
    assert [(one.resource, one.outcome) for one in made.uses] == [
        ("Condition/notes.txt", "ignored"),
        ("Condition/oa", "used"),
        ("Condition/package.json", "ignored"),
        ("Condition/x", "merged"),
        ("Patient/p", "used"),
    ]


def test_links_in_a_folder_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    written(outside / "x.json", json.dumps(condition(id="x")).encode())
    export = tmp_path / "export"
    written(export / "all.json", bundle(of(PATIENT), of(condition())))
    for name, target in {"up": tmp_path, "out": outside, "x.json": outside / "x.json", "self": export / "self"}.items():
        (export / name).symlink_to(target)
    (made,) = read_import(export, as_of=DAY).patients
    told = {one.resource: one.outcome for one in made.uses}
    assert told.pop("Condition/oa") == told.pop("Patient/p") == "used"
    assert told == dict.fromkeys(("out", "self", "up", "x.json"), "set aside")
    (export / "all.json").unlink()
    with pytest.raises(UnreadableInput, match="links are not followed"):
        read(export, as_of=DAY)


def test_the_size_of_all_folders_together_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        written(tmp_path / name / "blank.json", b" " * 600)
    with pytest.raises(UnreadableInput, match="more than"):
        read(tmp_path, max_bytes=1000)
    monkeypatch.setattr("hipkg.reading.fhir.folders._MOST_FILES", 1)
    with pytest.raises(UnreadableInput, match="more than 1 files"):
        read(tmp_path)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(bundle(of(PATIENT), of(condition())))
    try:
        (tmp_path / os.fsdecode(b"\xff.txt")).touch()
    except OSError:
        pytest.skip("the file system takes no such name")
    (made,) = read_import(tmp_path, as_of=DAY).patients
    assert "\ufffd.txt" in {one.resource for one in made.uses}


def test_a_file_that_is_not_compressed_is_told(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(bundle(of(PATIENT), of(condition())))
    (tmp_path / "plain.ndjson.gz").write_text(json.dumps(condition(id="x")))
    with pytest.warns(SetAside, match="not compressed"):
        read(tmp_path, as_of=DAY)


@pytest.mark.parametrize("format", ["fhir", "ndjson"])
def test_a_bundle_whose_entries_are_no_list_is_told(format: str) -> None:  # noqa: A002
    with pytest.raises(UnreadableInput, match="no list of objects"):
        read(b'{"resourceType": "Bundle", "entry": 5}', format=format)


def test_a_folder_without_a_patient_is_told() -> None:
    with pytest.raises(NoPatient):
        read(bundle(of(condition())), format="fhir")


def test_what_no_statement_takes_into_account_is_named() -> None:
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": rxnorm, "code": "5640"}]},
    }
    unknown = condition(id="x", code={"text": "A rare disease", "coding": [{"system": ICD, "code": "Z00.1"}]})
    over = {"coding": [{"system": CLINICAL, "code": "resolved"}]}
    past = condition(id="y", code={"text": "A past disease"}, clinicalStatus=over)
    (graph,) = read(bundle(of(PATIENT), of(condition()), of(allergy), of(unknown), of(past)), format="fhir", as_of=DAY)
    (told,) = (one.message for one in graph.notices if one.shape == "hip:F05-import-unheeded")
    assert "A rare disease" in told
    assert "Allergies and intolerances: ibuprofen" in told
    assert "past" not in told


def test_allergies_are_named_before_all_else_as_the_record_names_them() -> None:
    (graph,) = read(CASES / "55-allergies-and-none-known" / "bundle.json", as_of=DAY)
    (told,) = (one.message for one in graph.notices if one.shape == "hip:F05-import-unheeded")
    assert told.partition("yourself. ")[2] == (
        "Allergies and intolerances: AllergyIntolerance/nameless; Naproxen (RxNorm 7258); "
        "drug allergy, Naproxen (RxNorm 7258); ibuprofen (SNOMED CT 409137002, RxNorm 5640); "
        "no known allergy (SNOMED CT 716186003); unconfirmed: ibuprofen (RxNorm 5640). "
        "Conditions: A condition without a code; Condition/nameless."
    )
