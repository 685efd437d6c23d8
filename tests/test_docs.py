"""What the documentation shows is what the software does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import date
from html import unescape
from pathlib import Path
from pkgutil import resolve_name

import pytest

import hipkg

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"```console\n\$ hipkg (.*)\n((?:.*\n)*?)```")
NAME = re.compile(r"`(hipkg(?!\.ttl)(?:\.\w+)+)(?:\([^`]*)?`")
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def run(arguments: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "hipkg", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def examples() -> list[tuple[Path, str, str]]:
    return [(page, *found) for page in PAGES for found in FENCE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "arguments", "shown"), examples(), ids=lambda value: str(value)[:40])
def test_shown_output_is_real(page: Path, arguments: str, shown: str) -> None:
    real = run(arguments, ROOT)
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(f"$ hipkg {arguments}\n{shown}", f"$ hipkg {arguments}\n{real}"), encoding="utf-8")
        return
    assert shown == real


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted(ROOT.glob("*/README.md"))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not link.startswith("http")]
    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted(ROOT.glob("*/README.md"))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_names_of_python_exist(page: Path) -> None:
    for name in set(NAME.findall(page.read_text(encoding="utf-8"))):
        assert resolve_name(name) is not None


def tutorial_patient(folder: Path) -> Path:
    """Write the patient that the tutorial shows as an indented block."""
    lines: list[str] = []
    for line in (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").splitlines():
        inside = bool(lines) or line.startswith("    PREFIX : ")
        if inside and line and not line.startswith("    "):
            break
        if inside:
            lines.append(line[4:])
    path = folder / "patient.ttl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_tutorial_works_as_told(tmp_path: Path) -> None:
    patient = tutorial_patient(tmp_path)
    text = run("plan patient.ttl --as-of 2026-11-23", patient.parent)
    assert "NSAID for 4 to 6 weeks (14 of 28 d)" in " ".join(text.split())
    assert "PPI" in text.split("CONSIDER")[0].split("DO TODAY")[1]
    assert "Oral NSAID" in text.split("ALREADY")[1]
    assert "earliest 2026-12-07" in " ".join(run("plan patient.ttl --all --as-of 2026-11-23", patient.parent).split())
    run("validate patient.ttl --as-of 2026-11-23", patient.parent)
    run("explain patient.ttl D0-41 --as-of 2026-11-23", patient.parent)


def test_every_error_code_is_documented() -> None:
    from hipkg.base import errors

    codes = {one.code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.HipkgError)}
    headings = set(re.findall(r"^### (\S+)$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert codes == headings


def test_the_two_commands_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE)


def test_the_picture_shows_what_is_printed_today() -> None:
    picture = (ROOT / "docs" / "plan.svg").read_text("utf-8")
    drawn = unescape("".join(re.findall(r"<text [^>]*>([^<]*)</text>", picture)))
    plan = hipkg.plan(ROOT / "examples" / "d0-painful-degenerative-hip.ttl", as_of=date(2026, 11, 23))
    printed = "hipkg plan" + plan.to_text(width=100)
    assert "".join(drawn.split()) == "".join(printed.split()), "python docs/make_picture.py draws it anew"
