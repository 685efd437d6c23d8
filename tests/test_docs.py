"""What the documentation shows is what the software does."""

from __future__ import annotations

import ast
import doctest
import io
import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
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
SESSION = re.compile(r"```pycon\n(.*?)```", re.DOTALL)
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def run(arguments: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "hipkg", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr  # 1 says that something was found
    return done.stdout


def examples() -> list[tuple[Path, str, str]]:
    shown = [one for one in PAGES if one.name != "cli.md"]  # which shows usage, not output
    return [(page, *found) for page in shown for found in FENCE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "arguments", "shown"), examples(), ids=lambda value: str(value)[:40])
def test_shown_output_is_real(page: Path, arguments: str, shown: str) -> None:
    real = run(arguments, ROOT)
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(f"$ hipkg {arguments}\n{shown}", f"$ hipkg {arguments}\n{real}"), encoding="utf-8")
        return
    assert shown == real


def told_by(code: str, names: dict[str, object]) -> tuple[str, object]:
    """Run statements, and return what they print and the value of the last of them."""
    tree = ast.parse(code)
    *before, last = tree.body
    printed, value = io.StringIO(), None
    with redirect_stdout(printed):
        exec(compile(ast.Module([*before], []), "<page>", "exec"), names)  # noqa: S102 - our own pages
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<page>", "eval"), names)  # noqa: S307 - as above
        else:
            exec(compile(ast.Module([last], []), "<page>", "exec"), names)  # noqa: S102 - as above
    return printed.getvalue(), value


def shown_by(example: doctest.Example, names: dict[str, object]) -> str:
    """Run a step of a session, and return what it shows, be it an error."""
    try:
        printed, value = told_by(example.source, names)
    except Exception as problem:  # noqa: BLE001 - what an error says is shown as well
        kind = type(problem)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        return f"Traceback (most recent call last):\n    ...\n{name}: {problem}\n"
    return printed + (f"{value!r}\n" if value is not None else "")


@pytest.mark.every_source
@pytest.mark.parametrize(
    "page", [one for one in PAGES if SESSION.search(one.read_text(encoding="utf-8"))], ids=lambda page: page.name
)
def test_shown_sessions_are_real(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text, names = page.read_text(encoding="utf-8"), {}
    real = text
    for session in SESSION.findall(text):
        lines = []
        for one in doctest.DocTestParser().get_examples(session):
            first, *others = one.source.splitlines()
            lines += [f">>> {first}", *(f"... {other}" for other in others), shown_by(one, names).rstrip("\n")]
        again = "".join(f"{one}\n" for one in lines if one)
        real = real.replace(f"```pycon\n{session}```", f"```pycon\n{again}```")
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        page.write_text(real, encoding="utf-8")
    assert real == page.read_text(encoding="utf-8")


@pytest.mark.every_source
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_shown_notebooks_are_executed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    book = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for number, cell in enumerate((one for one in book["cells"] if one["cell_type"] == "code"), 1):
        printed, value = told_by("".join(cell["source"]), names)
        outputs: list[dict[str, object]] = []
        if printed:
            outputs.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
        if value is not None:
            data = {"text/plain": repr(value).splitlines(keepends=True)}
            if hasattr(value, "_repr_html_"):
                data["text/html"] = value._repr_html_().splitlines(keepends=True)
            kind = "execute_result"
            outputs.append({"data": data, "execution_count": number, "metadata": {}, "output_type": kind})
        cell |= {"execution_count": number, "outputs": outputs}
    written = json.dumps(book, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


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


@pytest.mark.every_source
def test_the_picture_shows_what_is_printed_today() -> None:
    picture = (ROOT / "docs" / "plan.svg").read_text("utf-8")
    drawn = unescape("".join(re.findall(r"<text [^>]*>([^<]*)</text>", picture)))
    plan = hipkg.plan(ROOT / "examples" / "d0-painful-degenerative-hip.ttl", as_of=date(2026, 11, 23))
    printed = "hipkg plan" + plan.to_text(width=100)
    assert "".join(drawn.split()) == "".join(printed.split()), "python docs/make_picture.py draws it anew"


@pytest.mark.every_source
def test_the_pathway_shows_each_action_of_the_plan_in_its_phase() -> None:
    picture = (ROOT / "docs" / "pathway.svg").read_text("utf-8")
    plan = hipkg.plan(ROOT / "examples" / "d4-labral-calcification.ttl", as_of=date(2026, 11, 23))
    drawn = " ".join(unescape(one) for one in re.findall(r"<text [^>]*>([^<]*)</text>", picture))
    phases = dict(zip(*[iter(re.split(r"Phase (\d+)", drawn)[1:])] * 2, strict=True))
    assert {int(one) for one in phases} == {one.phase for one in plan.actions}
    for one in plan.actions:
        words = f"{one.label[:1].upper()}{one.label[1:]} {one.status}: {' '.join(one.statements[:3])}"
        assert words in phases[str(one.phase)], "python docs/make_picture.py draws it anew"
