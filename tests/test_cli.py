"""The command line: exit codes, where output goes, and that every example in a help text runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
import typer.main

from hipkg.base import errors
from hipkg.base.paths import ROOT
from hipkg.cli.app import app
from support.command_line import D0, D1, Run, heavy_modules, process, verb
from support.doors import read_triples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONTRADICTION = ROOT / "tests" / "cases" / "inconsistent" / "hip-and-knee-osteoarthritis.ttl"
AS_OF = ("--as-of", "2026-11-23")
PATIENTS = ("https://example.org/patient/d0/patient", "https://example.org/patient/d1/patient")
WARNS = """
PREFIX : <https://example.org/w/>
PREFIX hip: <https://w3id.org/hipkg/>
:p a hip:Patient ; hip:age 70 ; hip:bodyMassIndex 22.0 .
"""


@pytest.fixture
def warns(tmp_path: Path) -> Path:
    path = tmp_path / "warns.ttl"
    path.write_text(WARNS, encoding="utf-8")
    return path


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Write the patients of two examples into one file."""
    path = tmp_path / "both.nt"
    triples = [*read_triples(D0), *read_triples(D1)]
    path.write_text("".join(f"{one} .\n" for one in triples), encoding="utf-8")
    return path


# Exit codes and streams


def test_0_a_plan_goes_to_standard_output_and_nothing_to_standard_error(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D0, *AS_OF)
    assert (run.code, run.err) == (0, "")
    assert "D0-41" in run.out


def test_1_an_invalid_patient_gets_no_plan(hipkg: Callable[..., Run], invalid: Path) -> None:
    run = hipkg("plan", invalid)
    assert (run.code, run.out) == (1, "")
    assert "[invalid-patient]" in run.err
    assert str(invalid) in run.err
    assert "--allow-invalid" in run.err


def test_1_a_plan_in_spite_of_violations_says_so(hipkg: Callable[..., Run], invalid: Path) -> None:
    run = hipkg("plan", invalid, "--allow-invalid", "--format", "json")
    assert run.code == 1
    plan = json.loads(run.out)
    assert plan["valid"] is False
    assert any(one["severity"] == "violation" for one in plan["findings"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "nowhere.ttl"),
        ("plan", ROOT),
        ("plan", D0, "--as-of", "23.11.2026"),
        ("plan", D0, "--as-of", "2026-02-30"),
        ("plan", D0, "--engine", "guess"),
        ("plan", D0, "--document", "D99"),
        ("plan", D0, "--format", "papyrus"),
        ("plan", D0, "--input-format", "papyrus"),
        ("plan", D0, "--no-such-option"),
        ("plan",),
        ("plan", "-"),
        ("diagnose", D0),
        ("validate", "nowhere.ttl"),
        ("validate", D0, "--fail-on", "anything"),
        ("ledger", "nowhere.ttl"),
        ("ledger", D0, "--format", "turtle"),
        ("reason", "nowhere.ttl"),
        ("reason", D0, "--engine", "guess"),
        ("convert", D0, "--to", "papyrus"),
        ("query", "no-such-question"),
        ("query", "indicated-actions", D0, "--param", "nonsense"),
        ("queries", "no-such-question"),
        ("ontology", "burn"),
    ],
    ids=lambda arguments: " ".join(str(one).removeprefix(str(ROOT) + "/") for one in arguments),
)
def test_2_what_cannot_be_used_is_refused(hipkg: Callable[..., Run], arguments: tuple[object, ...]) -> None:
    run = hipkg(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err
    assert "Traceback" not in run.err
    assert "Error code" not in run.err


def test_2_an_unknown_document_is_answered_with_the_known_ones(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D0, "--document", "D99")
    assert "D99" in run.err
    assert "D0, D1" in run.err


@pytest.mark.parametrize("verb", ["plan", "reason"])
def test_3_data_that_contradict_the_ontology(hipkg: Callable[..., Run], verb: str) -> None:
    run = hipkg(verb, CONTRADICTION)
    assert (run.code, run.out) == (3, "")
    assert "[inconsistent]" in run.err
    assert "exclude each other" in run.err


def nothing(*_given: object) -> None:
    return None


def test_3_an_engine_that_is_not_there(hipkg: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipkg.owl.reasoners.find_spec", nothing)
    monkeypatch.setattr("hipkg.owl.reasoners.shutil.which", nothing)
    run = hipkg("plan", D0, "--engine", "pellet")
    assert (run.code, run.out) == (3, "")
    assert "[engine-unavailable]" in run.err
    assert "pip install" in run.err


def explode(*_given: object, **_named: object) -> None:
    raise RuntimeError("boom")


def test_101_an_internal_error(hipkg: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipkg.pipeline.process.plans_alone", explode)
    run = hipkg("plan", D0)
    assert (run.code, run.out) == (101, "")
    assert "RuntimeError at test_cli.py:" in run.err
    assert "boom" not in run.err  # it may be a value of a patient
    assert "--debug" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize("arguments", [("--debug", "plan", "nowhere.ttl"), ("--debug", "reason", CONTRADICTION)])
def test_debug_shows_where_an_error_arose_and_keeps_its_exit_code(arguments: tuple[object, ...]) -> None:
    with_debug, without = process(*arguments), process(*arguments[1:])
    assert "Traceback" in with_debug.stderr
    assert "Traceback" not in without.stderr
    assert with_debug.returncode == without.returncode


def test_debug_shows_where_an_internal_error_arose() -> None:
    code = """
import sys, hipkg.pipeline.process
def plans_alone(*_given, **_named): raise RuntimeError("boom")
hipkg.pipeline.process.plans_alone = plans_alone
from hipkg.cli import main
sys.argv = ["hipkg", *sys.argv[1:]]
main()
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, *options, "plan", str(D0)],
            capture_output=True,
            text=True,
            env=env,
            check=False,
        )
        for options in ([], ["--debug"])
    ]
    assert [("Traceback" in run.stderr, run.returncode) for run in runs] == [(False, 101), (True, 101)]


def test_every_error_code_is_documented() -> None:
    def below(kind: type) -> Iterator[type]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    documented = re.findall(r"^### ([\w-]+)$", (ROOT / "docs" / "errors.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(documented) == sorted(one.code for one in below(errors.HipkgError))


# Input


def test_standard_input(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", "-", "--input-format", "turtle", *AS_OF, stdin=D0.read_bytes())
    assert (run.code, run.out) == (0, hipkg("plan", D0, *AS_OF).out)


def test_standard_input_without_a_format_says_what_to_do(hipkg: Callable[..., Run]) -> None:
    assert "turtle" in hipkg("plan", "-", stdin=D0.read_bytes()).err


def test_empty_standard_input(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", "-", "--input-format", "turtle")
    assert (run.code, run.out) == (2, "")
    assert "<stdin>" in run.err


def patients_of(text: str) -> list[str]:
    """List the patients of a JSON output of one plan or several."""
    data = json.loads(text)
    return [one["patient"] for one in (data if isinstance(data, list) else [data])]


def test_two_patients_in_a_file_both_get_a_plan(hipkg: Callable[..., Run], both: Path) -> None:
    run = hipkg("plan", both, "--format", "json", *AS_OF)
    assert (run.code, patients_of(run.out)) == (0, list(PATIENTS))
    text = hipkg("plan", both, *AS_OF).out
    assert "Plan d0" in text
    assert "Plan d1" in text


def test_several_files(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D1, D0, "--format", "json", *AS_OF)
    assert (run.code, sorted(patients_of(run.out))) == (0, list(PATIENTS))


@pytest.mark.parametrize("format_", ["text", "markdown", "turtle", "jsonld", "mermaid"])
def test_two_patients_in_every_format(hipkg: Callable[..., Run], both: Path, format_: str) -> None:
    run = hipkg("plan", both, "--format", format_, *AS_OF)
    assert (run.code, run.err) == (0, "")
    if format_ in {"turtle", "jsonld"}:
        name = {"turtle": "turtle", "jsonld": "json-ld"}[format_]
        nodes = {str(one.subject) + str(one.object) for one in read_triples(run.out.encode(), format=name)}
        assert all(any(patient in one for one in nodes) for patient in PATIENTS)


def test_a_file_given_twice_is_no_error(hipkg: Callable[..., Run]) -> None:
    assert hipkg("plan", D0, D0, *AS_OF).code == 0


def test_a_document_restricts_the_statements(hipkg: Callable[..., Run]) -> None:
    documents = {}
    for one in (["D0"], ["D1"], ["D0", "D1"], []):
        options = [word for name in one for word in ("--document", name)]
        plan = json.loads(hipkg("plan", D0, "--format", "json", *AS_OF, *options).out)
        documents[tuple(one)] = {name.split("-")[0] for name in plan["statements"]}
        assert plan["documents"] == (one or ["D0", "D1", "D2", "D3", "D4", "S1", "S2", "S3"])
    assert documents == {("D0",): {"D0"}, ("D1",): {"D1"}, ("D0", "D1"): {"D0", "D1"}, (): {"D0", "D1", "D2"}}


def test_the_date_of_the_plan_is_the_one_given(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D0, "--as-of", "2020-02-29", "--format", "json")
    assert json.loads(run.out)["asOf"] == "2020-02-29"


# Output


def test_output_goes_to_a_file_and_nothing_to_standard_output(hipkg: Callable[..., Run], tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    run = hipkg("plan", D0, "--format", "json", "-o", target, *AS_OF)
    assert run == Run(0, "", "")
    assert target.read_text("utf-8") == hipkg("plan", D0, "--format", "json", *AS_OF).out


@pytest.mark.parametrize("bad", [(D0, "nowhere.ttl"), (CONTRADICTION,), (D0, "--engine", "guess")])
def test_a_failure_leaves_no_file_and_keeps_an_old_one(
    hipkg: Callable[..., Run], tmp_path: Path, bad: tuple[object, ...]
) -> None:
    new, old = tmp_path / "new.txt", tmp_path / "old.txt"
    old.write_text("old", encoding="utf-8")
    assert hipkg("plan", *bad, "-o", new).code > 1
    assert hipkg("plan", *bad, "-o", old).code > 1
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    assert old.read_text("utf-8") == "old"


@pytest.mark.parametrize("target", ["missing/plan.txt", "."])
def test_a_target_that_cannot_be_written_is_refused(hipkg: Callable[..., Run], tmp_path: Path, target: str) -> None:
    run = hipkg("plan", D0, "-o", tmp_path / target)
    assert (run.code, run.out) == (2, "")
    assert "[usage]" in run.err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [sys.executable, "-m", "hipkg", "plan", str(D0), "--format", "json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        message = run.stderr.read()
    assert (run.returncode, message) == (0, b"")


@pytest.mark.parametrize("arguments", [("plan", D0, *AS_OF), ("--help",), ("plan", "--help"), ("queries",)])
def test_output_does_not_depend_on_the_locale(arguments: tuple[object, ...]) -> None:
    poor = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "COLUMNS": "80"}
    run = process(*arguments, env=poor)
    assert run.returncode == 0
    assert "Traceback" not in run.stderr


def test_the_same_input_and_date_give_the_same_bytes() -> None:
    runs = {process("plan", D0, "--format", "json", *AS_OF, env={"PYTHONHASHSEED": seed}).stdout for seed in "123"}
    assert len(runs) == 1


def test_it_runs_from_another_directory(tmp_path: Path) -> None:
    shutil.copy(D0, tmp_path / "patient.ttl")
    elsewhere = process("plan", "patient.ttl", "--format", "json", *AS_OF, cwd=tmp_path)
    assert elsewhere.returncode == 0
    assert elsewhere.stdout == process("plan", D0, "--format", "json", *AS_OF, cwd=ROOT).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["patient.ttl"]


# Verbs


@pytest.mark.parametrize(("fail_on", "code"), [("violation", 0), ("warning", 1), ("info", 1), ("none", 0)], ids=str)
def test_validate_fails_from_the_severity_asked_for(
    hipkg: Callable[..., Run], warns: Path, fail_on: str, code: int
) -> None:
    run = hipkg("validate", warns, "--fail-on", fail_on)
    assert run.code == code
    assert "P01" in run.out
    assert run.err == ""


def test_validate_tells_what_is_wrong_and_the_nearest_term(hipkg: Callable[..., Run], invalid: Path) -> None:
    run = hipkg("validate", invalid, "--format", "json")
    assert run.code == 1
    (violation,) = (one for one in json.loads(run.out) if one["value"].endswith("HipPein"))
    assert violation["severity"] == "violation"
    assert "hip:HipPain" in violation["message"]


def test_validate_without_failing_on_violations(hipkg: Callable[..., Run], invalid: Path) -> None:
    assert hipkg("validate", invalid, "--fail-on", "none").code == 0


def test_validate_many_files_reports_each(hipkg: Callable[..., Run], invalid: Path, warns: Path) -> None:
    run = hipkg("validate", invalid, warns, D0, "--format", "json")
    assert run.code == 1
    found = {one["patient"] for one in json.loads(run.out)}
    assert {"https://example.org/i/p", "https://example.org/w/p"} <= found


def test_validate_in_turtle_is_a_report(hipkg: Callable[..., Run], warns: Path) -> None:
    run = hipkg("validate", warns, "--format", "turtle")
    kinds = {str(one.object) for one in read_triples(run.out.encode(), format="turtle")}
    assert "<http://www.w3.org/ns/shacl#ValidationReport>" in kinds


def test_reason_gives_what_is_recorded_and_what_is_entailed(hipkg: Callable[..., Run]) -> None:
    texts = [hipkg("reason", D0, "--format", "ntriples", *AS_OF, *more).out for more in ((), ("--only-entailed",))]
    whole, entailed = (set(read_triples(text.encode(), format="n-triples")) for text in texts)
    recorded = {one for one in read_triples(D0) if not one.subject.value.endswith("/record")}  # the header for editors
    assert recorded < whole
    assert entailed < whole
    assert not entailed & recorded
    assert any(str(one.object).endswith("SymptomaticHipOsteoarthritis>") for one in entailed)
    assert whole - entailed - recorded == {one for one in whole if "asOf" in str(one.predicate)}


@pytest.mark.parametrize("path", [D0, D1], ids=lambda path: path.stem[:2])
@pytest.mark.parametrize("through", ["jsonld", "ntriples", "rdfxml", "turtle"])
def test_convert_there_and_back_keeps_the_graph(
    hipkg: Callable[..., Run], tmp_path: Path, path: Path, through: str
) -> None:
    extension = {"jsonld": "jsonld", "ntriples": "nt", "rdfxml": "rdf", "turtle": "ttl"}[through]
    between, back = tmp_path / f"between.{extension}", tmp_path / "back.ttl"
    assert hipkg("convert", path, "--to", through, "-o", between).code == 0
    assert hipkg("convert", between, "--to", "turtle", "-o", back).code == 0
    assert set(read_triples(back)) == set(read_triples(path))


def canonical(text: str) -> set[str]:
    data = ox.Dataset(ox.parse(text.encode(), format=ox.RdfFormat.N_TRIPLES))
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in data}


PAIN = "_:{0}p <https://w3id.org/hipkg/hasProblem> _:{0}q .\n_:{0}q <https://w3id.org/hipkg/hasSite> _:{0}s .\n"


def test_convert_keeps_the_blank_nodes_of_files_apart(hipkg: Callable[..., Run], tmp_path: Path) -> None:
    files = [tmp_path / "one.nt", tmp_path / "two.nt"]
    for path in files:
        path.write_text(PAIN.format(""), encoding="utf-8")
    run = hipkg("convert", *files, "--to", "ntriples")
    assert canonical(run.out) == canonical(PAIN.format("a") + PAIN.format("b"))


@pytest.mark.parametrize("to", ["turtle", "ntriples", "rdfxml", "jsonld"])
def test_convert_gives_the_same_bytes_for_the_same_input(hipkg: Callable[..., Run], tmp_path: Path, to: str) -> None:
    path = tmp_path / "one.ttl"
    path.write_text("PREFIX hip: <https://w3id.org/hipkg/> [] a hip:Patient ; hip:hasProblem [ a hip:HipPain ] .")
    assert len({hipkg("convert", path, "--to", to).out for _ in range(3)}) == 1


def test_version_names_software_and_ontology(hipkg: Callable[..., Run]) -> None:
    run = hipkg("--version")
    assert (run.code, run.err) == (0, "")
    assert re.fullmatch(r"hipkg \d+\.\d+\.\d+\S*, ontology \d{4}-\d\d-\d\d\n", run.out)


def test_completion_offers_the_commands(tmp_path: Path) -> None:
    script = tmp_path / "hipkg"
    script.write_text(f"#!{sys.executable}\nfrom hipkg.cli import main\nmain()\n", encoding="utf-8")
    script.chmod(0o755)
    asked = {"_HIPKG_COMPLETE": "complete_bash", "COMP_WORDS": "hipkg qu", "COMP_CWORD": "1"}
    env = {**os.environ, "PYTHONPATH": str(ROOT), **asked}
    run = subprocess.run([script], capture_output=True, text=True, env=env, check=True)
    assert run.stdout.split() == ["query", "queries"]


# Help


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))
CHANGES_SOURCES = {("ontology", "format"), ("ontology", "release")}
ENDLESS = {("serve",)}  # tests/test_serving.py starts and ends it
SILENT_IF_ALL_IS_WELL = {("ontology", "check"), ("ontology", "document")}


def example_of(path: tuple[str, ...]) -> list[str]:
    last = [line.strip() for line in (COMMANDS[path].help or "").splitlines() if line.strip()][-1]
    assert last.startswith("Example: hipkg ")
    return shlex.split(last.removeprefix("Example: hipkg "))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_ends_in_an_example(hipkg: Callable[..., Run], path: tuple[str, ...]) -> None:
    assert example_of(path)[: len(path)] == list(path)
    run = hipkg(*path, "--help")
    assert (run.code, run.err) == (0, "")
    assert "Example: hipkg" in run.out
    assert max(map(len, run.out.splitlines())) <= 80


@pytest.mark.parametrize("path", [one for one in COMMANDS if one not in CHANGES_SOURCES | ENDLESS], ids=" ".join)
def test_the_example_runs(hipkg: Callable[..., Run], path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run = hipkg(*example_of(path))
    assert run.code == 0, run.err
    assert run.out or path in SILENT_IF_ALL_IS_WELL


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    unexplained = [one.name for one in COMMANDS[path].params if not getattr(one, "help", None) and one.name != "help"]
    assert unexplained == []


def test_without_a_command_help_is_shown(hipkg: Callable[..., Run]) -> None:
    run = hipkg()
    assert "Usage" in run.out + run.err
    assert all(path[0] in run.out + run.err for path in COMMANDS)


# Imports


@pytest.mark.parametrize(
    "code",
    [
        "import hipkg",
        "import hipkg; hipkg.plan",
        f"import hipkg; hipkg.plan({str(D0)!r}).to_json()",
        verb("--help"),
        verb("plan", "--help"),
        verb("plan", D0),
        verb("plan", D0, "--format", "json"),
        verb("plan", D0, "--format", "turtle"),
        verb("plan", D0, "--format", "markdown"),
        verb("ledger", D0),
        verb("validate", D0),
        verb("reason", D0),
        verb("convert", D0, "--to", "jsonld"),
        verb("query", "indicated-actions", D0),
    ],
)
def test_a_light_start(code: str) -> None:
    assert heavy_modules(code) == []


def test_the_public_names_are_there() -> None:
    import hipkg as package

    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError):
        _ = package.no_such_name


SHARED = (
    "PREFIX hip: <https://w3id.org/hipkg/> PREFIX : <https://e.org/k/> :p1 a hip:Patient ; hip:hasProblem :pain . "
    ":p2 a hip:Patient ; hip:hasProblem :pain . :pain a hip:HipPain ; hip:hasSite :hip . :hip a hip:HipJoint ."
)
LOOKING = [["plan"], ["watch"], ["ask"], ["explain", "cane"], ["explain", "cane", "--instead-of", "oral NSAID"]]
LOOKING += [["what-if", "--add", "age 71"], ["ledger"], ["sensitivity"]]


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_patients_who_share_nodes_are_refused_everywhere(words, hipkg, tmp_path):
    path = tmp_path / "shared.ttl"
    path.write_text(SHARED, encoding="utf-8")
    assert hipkg(words[0], str(path), *words[1:]).code == 1


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_what_only_shows_among_patients_is_told_everywhere(words, hipkg, tmp_path):
    path = tmp_path / "shared.ttl"
    path.write_text(SHARED, encoding="utf-8")
    ended = hipkg(words[0], str(path), *words[1:], "--allow-invalid")
    assert ended.code == 1
    assert "NOT VALID" in ended.out.upper()


def two_patients(*others: dict[str, object]) -> bytes:
    """Write a bundle of a patient with hip pain, and of another."""
    told = [{"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-01"}, *others]
    told.append(condition("pain", "p1", "M25.551"))
    entries = [{"resource": one} for one in told]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def condition(name: str, patient: str, code: str) -> dict[str, object]:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "Condition", "id": name, "subject": subject, "code": {"coding": [coding]}}


LEAN = {
    "resourceType": "Observation",
    "id": "lean",
    "status": "final",
    "subject": {"reference": "Patient/p2"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]},
    "effectiveDateTime": "2026-01-02",
    "valueQuantity": {"value": 22, "system": "http://unitsofmeasure.org", "code": "kg/m2"},
}


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_one_patient_without_a_plan_does_not_stop_the_others(words, hipkg, tmp_path):
    path = tmp_path / "both.json"
    path.write_bytes(two_patients({"resourceType": "Patient", "id": "p2"}, LEAN, condition("obesity", "p2", "E66.9")))
    ended = hipkg(words[0], str(path), *words[1:])
    assert ended.code == 1
    assert ended.err.count("exclude each other") == 1
    assert "p1" in ended.out


def test_a_change_that_contradicts_one_patient_does_not_stop_the_others(hipkg, tmp_path):
    path = tmp_path / "two.json"
    path.write_bytes(two_patients({"resourceType": "Patient", "id": "p2"}, LEAN))
    ended = hipkg("what-if", path, "--add", "obesity", "--format", "json")
    assert ended.code == 1
    assert ended.err.count("exclude each other") == 1
    assert f"{path}, as changed: " in ended.err
    assert json.loads(ended.out)["patient"].endswith("/p1")


@pytest.fixture
def answerless(tmp_path: Path, invalid: Path) -> dict[str, Path]:
    """Files whose patients get no plan, for all reasons that there are."""
    dead, nobody = tmp_path / "dead.json", tmp_path / "nobody.json"
    dead.write_text('{"resourceType": "Patient", "id": "p", "deceasedBoolean": true}', encoding="utf-8")
    nobody.write_text(json.dumps(condition("pain", "q", "M25.551")), encoding="utf-8")
    return {"deceased-patient": dead, "no-patient": nobody, "invalid-patient": invalid, "inconsistent": CONTRADICTION}


ANSWERLESS = {"deceased-patient": 1, "no-patient": 2, "invalid-patient": 1, "inconsistent": 3}


@pytest.mark.parametrize(("reason", "code"), ANSWERLESS.items())
def test_one_file_without_a_plan_does_not_stop_the_others(reason, code, hipkg, answerless):
    before = hipkg("plan", D1, answerless[reason], "--format", "json", *AS_OF)
    after = hipkg("plan", answerless[reason], D1, "--format", "json", *AS_OF)
    assert before == after
    assert (after.code, patients_of(after.out)) == (code, [PATIENTS[1]])
    assert after.err == hipkg("plan", answerless[reason], *AS_OF).err
    assert f"{answerless[reason]}: " in after.err
    assert f"[{reason}]" in after.err


def test_the_first_file_without_a_plan_decides_on_the_exit_code(hipkg, answerless):
    for order in ([*ANSWERLESS], [*ANSWERLESS][::-1]):
        ended = hipkg("plan", *(answerless[one] for one in order), *AS_OF)
        assert (ended.code, ended.out) == (ANSWERLESS[order[0]], "")
        assert all(ended.err.count(f"[{one}]") == 1 for one in order)


@pytest.mark.parametrize("reason", ["deceased-patient", "no-patient"])
def test_one_file_without_findings_does_not_stop_the_others(reason, hipkg, answerless, warns):
    ended = hipkg("validate", answerless[reason], warns, "--format", "json", "--fail-on", "none")
    assert (ended.code, {one["patient"] for one in json.loads(ended.out)}) == (
        ANSWERLESS[reason],
        {"https://example.org/w/p"},
    )
    assert f"[{reason}]" in ended.err


@pytest.mark.parametrize("verb", ["plan", "validate"])
def test_an_unreadable_file_still_stops_the_others(verb, hipkg):
    ended = hipkg(verb, D0, "nowhere.ttl", *AS_OF)
    assert (ended.code, ended.out) == (2, "")


def test_the_details_of_a_plan_are_read_once(hipkg):
    source = two_patients({"resourceType": "Patient", "id": "p2", "deceasedBoolean": True})
    ended = hipkg("plan", "-", "--input-format", "fhir", "--format", "json", "--ledger", "--answers", stdin=source)
    assert ended.code == 1
    assert ended.err.count("has died") == 1
    told = json.loads(ended.out)
    assert told["ledger"]["patient"] == told["patient"]
    assert told["questions"][0]["answers"]


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_an_invalid_record_is_told_everywhere(words, hipkg, tmp_path):
    path = tmp_path / "invalid.ttl"
    path.write_text(D0.read_text(encoding="utf-8") + "\n:patient hip:age 300 .\n", encoding="utf-8")
    ended = hipkg(words[0], str(path), *words[1:], "--allow-invalid")
    assert ended.code == 1
    assert "NOT VALID" in ended.out.upper()


@pytest.mark.parametrize("words", [*LOOKING, ["convert"]], ids=" ".join)
def test_the_output_never_goes_over_the_input(words, hipkg, tmp_path):
    path = tmp_path / "mine.ttl"
    path.write_bytes(D0.read_bytes())
    ended = hipkg(words[0], str(path), *words[1:], "--output", str(path))
    assert ended.code == 2
    assert path.read_bytes() == D0.read_bytes()
