"""What the page on the architecture says of the tree is so."""

from __future__ import annotations

import re
import tomllib

import pytest

from hipkg.base.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_the_page_exists(page: str) -> None:
    named = set(PATH.findall((ROOT / page).read_text(encoding="utf-8")))
    assert named
    assert sorted(one for one in named if not (ROOT / one).exists()) == []


def test_what_a_step_begins_with_is_defined_there() -> None:
    named = re.findall(r"`(\w+)` in `([\w/.]+)`", PAGE)
    assert len(named) > 5
    for name, path in named:
        assert re.search(rf"^(def|class) {name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (
            name,
            path,
        )


def test_every_package_is_named() -> None:
    packages = {f"{one.parent.relative_to(ROOT)}/" for one in (ROOT / "hipkg").rglob("__init__.py")} - {"hipkg/"}
    assert packages - set(PATH.findall(PAGE)) == set()


def test_the_layers_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (enforced,) = (one["layers"] for one in contracts if one["type"] == "layers")
    rows = PAGE.partition("## Layers")[2].partition("\n* ")[0].splitlines()
    told = [re.findall(r"`hipkg/(\w+)/`", row.split("|")[1]) for row in rows if row.startswith("| `")]
    assert told == [re.findall(r"\w+", layer) for layer in enforced]


def test_many_changes_are_told_where_to_make() -> None:
    rows = [row for row in PAGE.partition("## I want to change")[2].splitlines() if row.startswith("| ")]
    assert sum("`" in row for row in rows) > 30
