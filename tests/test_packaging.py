"""The wheel: it holds what the tool needs and nothing else, and works far from the checkout, without a network."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

from support.installed import run_installed

ROOT = Path(__file__).parent.parent
DATA = "hipkg/_data/"
pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def sources(folder: str, pattern: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(pattern)}


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("ontology", "*.ttl"),
        ("ontology", "catalog-v001.xml"),
        ("ontology", "context.jsonld"),
        ("ontology/mappings", "*.tsv"),
        ("ontology/release", "hipkg.json"),
        ("queries", "*.rq"),
        ("shapes", "*.ttl"),
        ("examples", "*.ttl"),
    ],
)
def test_the_wheel_holds_the_data(names: list[str], folder: str, pattern: str) -> None:
    wanted = sources(folder, pattern)
    assert wanted
    assert {DATA + one for one in wanted} <= set(names)


def test_the_wheel_holds_the_package(names: list[str]) -> None:
    assert sources("hipkg", "*.py") <= set(names)
    assert sources("hipkg/schemas", "*.json") <= set(names)
    assert "hipkg/py.typed" in names


def test_the_wheel_holds_the_licences_of_software_and_ontology(names: list[str]) -> None:
    licences = {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "LICENSE-ontology"}


def test_the_wheel_holds_nothing_else(names: list[str]) -> None:
    assert {name.split("/", 1)[0].split("-", 1)[0] for name in names} == {"hipkg"}
    unwanted = [
        name
        for name in names
        if any(part.startswith(("test", ".", "__pycache__", "benchmark")) for part in name.split("/"))
        or name.endswith((".pyc", ".orig", ".rej", "~"))
    ]
    assert unwanted == []


def test_the_metadata(wheel: Path, names: list[str]) -> None:
    (name,) = (one for one in names if one.endswith(".dist-info/METADATA"))
    with ZipFile(wheel) as archive:
        metadata = HeaderParser().parsestr(archive.read(name).decode())
        entry_points = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert metadata["Name"] == "hipkg"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Author"] is None
    assert metadata.get_payload()
    assert "hipkg = hipkg.cli:main" in entry_points


def test_the_package_imports_only_what_it_requires(wheel: Path, names: list[str]) -> None:
    """A module imported at the top of a file must come with the package or the standard library.

    The endpoint is imported where its extra is there.
    """
    (name,) = (one for one in names if one.endswith(".dist-info/METADATA"))
    with ZipFile(wheel) as archive:
        metadata = HeaderParser().parsestr(archive.read(name).decode())
        modules = {one: ast.parse(archive.read(one)) for one in names if one.endswith(".py")}
    wanted = metadata.get_all("Requires-Dist", [])
    required = {re.match(r"[\w.-]+", one)[0] for one in wanted if ";" not in one}
    serving = {re.match(r"[\w.-]+", one)[0] for one in wanted if "extra == 'serve'" in one}
    allowed = {*sys.stdlib_module_names, "hipkg", "__future__", *required}
    imported = {
        (path, (alias if isinstance(alias, str) else alias.name).split(".")[0])
        for path, tree in modules.items()
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in (node.names if isinstance(node, ast.Import) else [node.module or "hipkg"])
    }
    foreign = {one for one in imported if one[1] not in allowed}
    assert serving
    assert sorted(one for one in foreign if not (one[0].startswith("hipkg/serving/") and one[1] in serving)) == []


def test_the_installed_package_plans_from_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    example = installed / "hipkg" / "_data" / "examples" / "d0-painful-degenerative-hip.ttl"
    run = run_installed(installed, tmp_path, "plan", str(example), "--as-of", "2026-11-23", "--format", "json")
    assert (run.returncode, run.stderr) == (0, "")
    plan = json.loads(run.stdout)
    assert plan["valid"] is True
    assert "D0-41" in plan["statements"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "{example}"),
        ("ledger", "{example}"),
        ("reason", "{example}"),
        ("query", "indicated-actions", "{example}"),
        ("queries",),
        ("convert", "{example}", "--to", "jsonld"),
        ("ontology", "--help"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_other_verbs_work_too(installed: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    example = str(installed / "hipkg" / "_data" / "examples" / "d0-painful-degenerative-hip.ttl")
    run = run_installed(installed, tmp_path, *(one.format(example=example) for one in arguments))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout


def test_the_installed_package_tells_its_version(installed: Path, tmp_path: Path, wheel: Path) -> None:
    run = run_installed(installed, tmp_path, "--version")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"hipkg {wheel.name.split('-')[1]}, ontology ")


def test_the_installed_package_reads_its_own_data(installed: Path, tmp_path: Path) -> None:
    code = "import hipkg.base.paths as r; print(r.ONTOLOGY, r.QUERIES, r.SHAPES, r.RELEASE, sep='\\n')"
    env = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert all(Path(line).is_relative_to(installed) and Path(line).is_dir() for line in run.stdout.splitlines())


def test_the_installed_files_are_not_changed_by_use(installed: Path, tmp_path: Path) -> None:
    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in installed.rglob("*") if path.is_file()}

    before = state()
    run_installed(installed, tmp_path, "plan", str(next((installed / "hipkg" / "_data" / "examples").glob("*.ttl"))))
    assert state() == before


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ROW = re.compile(r"^\| `([\w.-]+)` \| ([^|]+) \| (?:`(\w+)`)? ?\|", re.MULTILINE)
SPOKEN = {
    "BSD 2-Clause License": "BSD-2-Clause",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0 with Classpath exception",
}


def name_of(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0].lower()


def rows() -> dict[str, tuple[str, str]]:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    return {name: (licence.strip(), extra) for name, licence, extra in ROW.findall(page)}


def test_the_page_of_licences_names_each_dependency() -> None:
    required = dict.fromkeys(map(name_of, PROJECT["dependencies"]), "")
    for extra, some in PROJECT["optional-dependencies"].items():
        required |= dict.fromkeys(map(name_of, some), extra)
    assert {name: extra for name, (_, extra) in rows().items()} == required


@pytest.mark.parametrize("name", sorted(rows()))
def test_a_licence_is_the_one_that_the_package_declares(name: str) -> None:
    try:
        declared = metadata(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    kinds = [one.rpartition(" :: ")[2] for one in declared.get_all("Classifier", []) if one.startswith("License ::")]
    # What is not declared is an error for some readers of metadata, of which pyshacl brings one.
    words, expression = ("".join(declared.get_all(one, [])) for one in ("License", "License-Expression"))
    told = expression or (words if 0 < len(words) < 60 else kinds[0])
    assert rows()[name][0] == SPOKEN.get(told, told)


def pinned(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return {
        name.replace(".", "-").lower(): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    }


def test_what_is_installed_has_the_versions_of_the_constraints_and_hashes() -> None:
    core, complete = pinned("requirements/core.txt"), pinned("requirements/complete.txt")
    assert core.items() <= complete.items()
    assert pinned("constraints.txt").items() <= {**complete, **pinned("requirements/owlapi.txt")}.items()
    assert {name_of(one) for one in PROJECT["dependencies"]} <= core.keys()
    for file in ("core", "complete", "owlapi"):
        entries = re.split(r"^(?=[\w.-]+==)", (ROOT / "requirements" / f"{file}.txt").read_text(), flags=re.MULTILINE)[
            1:
        ]
        assert entries
        assert [one for one in entries if "--hash=sha256:" not in one] == []
