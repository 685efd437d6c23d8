"""Mistakes of one line in the ontology: each is found, where it is and with how to mend it, and all of them at once."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import threading
import tomllib
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import pyshacl
import pytest
import rdflib

from hipkg.base.errors import UnreadableInput
from hipkg.base.paths import CHECK_PAGES, ONTOLOGY, module_files
from hipkg.base.vocabulary import HIP, curie, expand
from hipkg.cli import main
from hipkg.maintenance.checks import runner
from hipkg.maintenance.checks.catalogue import STATEMENT_SHAPES, headers
from hipkg.maintenance.checks.issue import Issue
from hipkg.maintenance.checks.profile import Profile, read_profile
from hipkg.maintenance.checks.watching import saved
from hipkg.maintenance.checks.workspace import of_texts, workspace
from hipkg.render.ontology_checks import CHECK_FORMATS, check_pages

if TYPE_CHECKING:
    from hipkg.maintenance.checks.runner import Report

FOLDER = Path(__file__).parent / "cases" / "mistakes"
MISTAKES: list[dict[str, Any]] = tomllib.loads((FOLDER / "mistakes.toml").read_text("utf-8"))["mistake"]


def name(mistake: dict[str, Any]) -> str:
    return f"{mistake['check']} {mistake['at']} {MISTAKES.index(mistake)}"


@cache
def made() -> tuple[Report, dict[str, int]]:
    """Make all mistakes at once, and check what comes of it; map each to its line."""
    texts = {path.relative_to(ONTOLOGY).as_posix(): path.read_text("utf-8") for path in module_files(ONTOLOGY)}
    lines: dict[str, int] = {}
    done: dict[tuple[str, str], str] = {}
    for one in MISTAKES:
        text = texts[one["file"]]
        block = re.search(rf"^{re.escape(one['at'])}\n.*?^\.$", text, re.DOTALL | re.MULTILINE)
        assert block, one
        key = (one["at"], one["old"])
        if done.get(key) != one["new"]:
            assert one["old"] in block[0], one
            changed = block[0].replace(one["old"], one["new"], 1)
            texts[one["file"]] = text[: block.start()] + changed + text[block.end() :]
            done[key] = one["new"]
    for one in MISTAKES:
        text = texts[one["file"]]
        start = re.search(rf"^{re.escape(one['at'])}\n", text, re.MULTILINE)
        assert start
        lines[name(one)] = text.count("\n", 0, text.index(one["new"], start.start())) + 1
    space = of_texts(ONTOLOGY, {ONTOLOGY / file: text.encode() for file, text in texts.items()})
    issues = [issue for check in runner._OF_THE_WHOLE if check is not runner.mappings for issue in check(space)]
    return runner.report(space, [*space.broken, *issues]), lines


@pytest.mark.parametrize("mistake", MISTAKES, ids=name)
def test_a_mistake_is_found_where_it_is(mistake: dict[str, Any]) -> None:
    report, lines = made()
    entity, file = mistake.get("entity", curie(expand(mistake["at"].strip("<>")))), f"ontology/{mistake['file']}"
    found = [one for one in report.findings if one.issue.check == mistake["check"]]
    line = lines[name(mistake)]
    here = [one for one in found if (one.path, one.line) == (file, line)]
    if mistake.get("elsewhere"):
        here = [one for one in found if entity in {"", one.issue.entity} and one.path]
    assert here, [one.issue for one in found]
    assert any(mistake.get("says", "") in one.message for one in here), [one.message for one in here]
    assert all(one.rule and one.remedy for one in here)


def test_a_literal_that_is_not_of_its_datatype_is_told_without_a_stack_of_calls(
    capfd: pytest.CaptureFixture[str],
) -> None:
    forms = {"date": "2025-02-30", "integer": "1.5", "decimal": "many", "boolean": "yes", "gYear": "25"}
    told = ", ".join(f'"{text}"^^xsd:{name}' for name, text in forms.items())
    sound = '"2025-02-28"^^xsd:date, 1, 1.5, true, "2025"^^xsd:gYear, "x"'
    head = f"PREFIX hip: <{HIP}>\nPREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
    text = f"{head}hip:a hip:b {told}, {sound} .\n"
    space = of_texts(FOLDER, {FOLDER / "odd.ttl": text.encode()})
    found = [*runner.check_values(space), *runner.normal_form(space)]
    assert [one.check for one in found] == ["literal-form"] * len(forms) + ["normal-form"]
    assert capfd.readouterr().err == ""


# The report


SOUND = of_texts(ONTOLOGY, {})
ODD = Issue("flag-value", "hip:Cane", "hip:sided", "yes")
MISSPELT = Issue("vocabulary", "core.ttl:7", "hip:Cain", "is declared nowhere. Did you mean hip:Cane?")
NOTED = Issue("subsumed-statement", "hip:D0-20", "hip:indicates", "adds nothing", note=True)
FORM = Issue("normal-form", "core.ttl", "", "differs from its normal form")


def profile_of(folder: Path, text: str) -> Profile:
    path = folder / "checks.toml"
    path.write_text(text, encoding="utf-8")
    return read_profile(path)


def test_the_worst_is_told_first_and_a_profile_says_what_is_worse(tmp_path: Path) -> None:
    issues = [NOTED, FORM, ODD, MISSPELT, ODD]
    told = runner.report(SOUND, issues).findings
    assert [one.issue for one in told] == [MISSPELT, ODD, FORM, NOTED]
    assert [str(one.severity) for one in told] == ["error", "error", "warning", "note"]
    strict = profile_of(
        tmp_path, '[severity]\n"normal-form" = "error"\n"flag-value" = "off"\n"subsumed-statement" = "warning"'
    )
    found = runner.report(SOUND, issues, strict).findings
    assert [(one.issue, str(one.severity)) for one in found] == [
        (MISSPELT, "error"),
        (FORM, "error"),
        (NOTED, "warning"),
    ]


def test_what_is_accepted_fails_nothing_and_what_is_accepted_in_vain_is_told(tmp_path: Path) -> None:
    text = """
        [[accepted]]
        check = "flag-value"
        entity = "hip:Cane"
        reason = "It has two."
        [[accepted]]
        check = "mirror"
        entity = "hip:left"
        reason = "It was so."
    """
    report = runner.report(SOUND, [ODD, MISSPELT], profile_of(tmp_path, text))
    assert [(one.issue, why) for one, why in report.accepted] == [(ODD, "It has two.")]
    assert [one.issue.check for one in report.findings] == ["vocabulary", "accepted-unused"]
    assert report.findings[1].issue.entity == "hip:left"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[severity", "is no TOML"),
        ('[severity]\nvocabulry = "note"', "Did you mean vocabulary"),
        ('[severity]\nvocabulary = "grave"', "It is one of: error, warning, note, off"),
        ("[severities]", "The tables are severity and accepted"),
        ('severity = "note"', "in another form"),
        ('[[accepted]]\ncheck = "mirror"\nentity = "hip:left"', "has no reason"),
        ('[[accepted]]\ncheck = "mirror"\nentity = 7', "is no table of texts"),
        ('[[accepted]]\ncheck = "mirror"\nwhat = "x"', "has a key 'what'"),
    ],
)
def test_a_profile_that_cannot_be_followed_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnreadableInput) as raised:
        profile_of(tmp_path, text)
    assert said in str(raised.value)
    assert raised.value.place.endswith("checks.toml")


def test_a_report_in_each_format_holds_every_finding_with_its_place(tmp_path: Path) -> None:
    accepting = profile_of(tmp_path, '[[accepted]]\ncheck = "flag-value"\nentity = "hip:Cane"\nreason = "It has two."')
    report = runner.report(SOUND, [ODD, MISSPELT, NOTED], accepting, ("the classification",))
    text, data, sarif, table = (CHECK_FORMATS[name](report) for name in ("text", "json", "sarif", "csv"))
    first, second, *_, last = text.splitlines()
    assert first == "ontology/core.ttl:7: error vocabulary: hip:Cain is declared nowhere. Did you mean hip:Cane?"
    assert second.endswith("docs/checks/vocabulary.md")
    assert last == "left out: the classification"
    read = json.loads(data)
    assert read["summary"] == {"errors": 1, "warnings": 0, "notes": 1, "accepted": 1}
    assert [read["findings"][0][key] for key in ("check", "file", "line")] == ["vocabulary", "ontology/core.ttl", 7]
    assert [one["reason"] for one in read["accepted"]] == ["It has two."]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["check"] for row in rows] == ["vocabulary", "subsumed-statement"]
    (run,) = json.loads(sarif)["runs"]
    assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in run["tool"]["driver"]["rules"]}
    (place,) = run["results"][0]["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": "ontology/core.ttl"}, "region": {"startLine": 7}}
    assert [one["suppressions"][0]["justification"] for one in run["results"] if "suppressions" in one] == [
        "It has two."
    ]


@pytest.mark.parametrize(
    ("issues", "fail_on", "code"),
    [([NOTED], "warning", 0), ([NOTED], "note", 1), ([FORM], "warning", 1), ([FORM], "error", 0), ([ODD], "never", 0)],
)
def test_the_exit_code_follows_the_severity_that_is_asked_for(
    issues: list[Issue], fail_on: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = runner.report(SOUND, issues)
    monkeypatch.setattr(runner, "check_ontology", lambda **_: made_up)
    monkeypatch.setattr("sys.argv", ["hipkg", "ontology", "check", "--fail-on", fail_on])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert (leaving.value.code or 0) == code


def test_every_check_says_what_should_hold_and_how_to_mend_it_on_a_page_of_its_own() -> None:
    pages = check_pages()
    assert {path.name: path.read_text("utf-8") for path in CHECK_PAGES.glob("*.md")} == pages
    for one in headers().values():
        assert one.rule.endswith("."), one
        assert one.remedy, one
        assert f"{one.id}.md" in pages["README.md"]


def test_every_check_that_code_makes_is_in_the_catalogue() -> None:
    code = "\n".join(path.read_text("utf-8") for path in Path(runner.__file__).parent.glob("*.py"))
    made_in_code = set(re.findall(r'(?:Issue|_of_statement)\(\s*"([a-z0-9-]+)"', code))
    assert len(made_in_code) > 40
    assert made_in_code - headers().keys() == set()


def test_a_saved_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "core.ttl"
    path.write_text("# one\n", encoding="utf-8")
    changes = saved(tmp_path, seconds=0.01)
    assert next(changes) is None
    timer = threading.Timer(0.05, lambda: os.utime(path, ns=(1, 1)))
    timer.start()
    assert next(changes) is None
    timer.join()


# By a reasoner


def test_classes_that_only_a_reasoner_finds_to_be_the_same_are_told() -> None:
    space = workspace(ONTOLOGY)
    assert space.axioms
    one, other, third = (expand(f"hip:{name}") for name in ("PatientOver65", "PatientOver75", "OverweightPatient"))
    found = list(runner.same_classes(space, space.axioms, [(one, other), (other, one), (third, one)]))
    assert [(it.check, it.entity, it.value) for it in found] == [
        ("same-class", "hip:PatientOver75", "has the members of hip:PatientOver65")
    ]


def test_what_a_reasoner_refuses_is_told_with_the_term(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = "Exception in thread: java.lang.IllegalArgumentException: bad facet in <https://w3id.org/hipkg/NsaidTrial84Days>"
    said = f"{stack}\n\tat org.semanticweb.HermiT.cli.CommandLine.main(CommandLine.java:10)\n"
    monkeypatch.setattr("hipkg.owl.reasoners.run", lambda *_, **__: CompletedProcess([], 1, "", said))
    (issue,) = runner.classification(workspace(ONTOLOGY))
    assert (issue.check, issue.entity) == ("classification", "hip:NsaidTrial84Days")
    assert "bad facet" in issue.value


# Shapes


def test_the_shapes_of_statements_mean_the_same_to_pyshacl() -> None:
    """A statement that breaks each shape, and one that keeps them, without the rest of the ontology."""
    text = (FOLDER / "shapes.ttl").read_text("utf-8")
    space = of_texts(FOLDER, {FOLDER / "shapes.ttl": text.encode()})
    ours = {(one.check, one.entity) for one in runner.shapes(space)}
    graph, shapes = rdflib.Graph().parse(data=text), rdflib.Graph().parse(STATEMENT_SHAPES)
    _, results, _ = pyshacl.validate(graph, shacl_graph=shapes)
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    owners = {
        node: graph.value(predicate=rdflib.URIRef(expand("hip:hasBound")), object=node) for node in graph.subjects()
    }
    theirs = {
        (str(results.value(one, sh.sourceShape)).removeprefix(HIP), curie(str(owners.get(focus) or focus)))
        for one, focus in results.subject_objects(sh.focusNode)
    }
    assert ours == theirs
    assert {check for check, _ in ours} == {one.id for one in headers().values() if "shapes" in one.made_by}
    assert {entity for _, entity in ours} == {"hip:T-bad", "hip:T-ref-bad"}
