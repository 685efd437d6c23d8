"""Writing: a whole file or none."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from hipkg.base.errors import UsageError
from hipkg.base.output import write_output


@pytest.mark.parametrize("target", [None, "-"])
@pytest.mark.parametrize("text", ["é\n", "é\n".encode()])
def test_standard_output_gets_the_bytes(capfdbinary, target, text):
    write_output(text, target)
    assert capfdbinary.readouterr().out == "é\n".encode()


@pytest.mark.parametrize("text", ["é\n", "é\n".encode()])
def test_a_file_is_written_and_replaced(tmp_path, text):
    target = tmp_path / "plan.json"
    for _ in range(2):
        write_output(text, str(target))
        assert target.read_bytes() == "é\n".encode()
    assert [target] == list(tmp_path.iterdir())


def test_a_new_file_has_ordinary_permissions_and_an_old_one_keeps_its_own(tmp_path):
    write_output("new", str(tmp_path / "new"))
    (tmp_path / "ordinary").write_text("")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
    (tmp_path / "new").chmod(0o640)
    write_output("again", str(tmp_path / "new"))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "plan.json").write_text("old")
    (tmp_path / "latest.json").symlink_to("plan.json")
    write_output("new", str(tmp_path / "latest.json"))
    assert (tmp_path / "latest.json").is_symlink()
    assert (tmp_path / "plan.json").read_text() == "new"


def test_a_device_stays_a_device():
    write_output("nothing", "/dev/null")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("failing", ["fsync", "fdopen"])
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, failing):
    target = tmp_path / "plan.json"
    target.write_text("old")

    def fail(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(UsageError, match="No space left"):
        write_output("new", str(target))
    assert target.read_text() == "old"
    assert [target] == list(tmp_path.iterdir())


def test_a_new_file_is_never_written_over_another(tmp_path):
    target = tmp_path / "new.ttl"
    write_output("mine", str(target), new=True)
    with pytest.raises(UsageError, match="exists"):
        write_output("theirs", str(target), new=True)
    assert target.read_text() == "mine"
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("missing/plan.json", "does not exist"),
        ("file/plan.json", "does not exist"),
        (".", "is a folder"),
        ("", "is a folder"),
        ("a\0b", "cannot be written"),
        ("x" * 5000, "cannot be written"),
    ],
)
def test_an_impossible_target_is_refused(tmp_path, monkeypatch, target, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=message) as caught:
        write_output("text", target)
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    assert [tmp_path / "file"] == list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="may not be written"):
        write_output("text", str(tmp_path / "plan.json"))


def test_standard_output_may_be_replaced(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        write_output("text", None)
    assert (tmp_path / "out").read_text() == "text"
