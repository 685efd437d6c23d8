"""The command `hipkg ontology new`."""

from __future__ import annotations

import os
import shlex
from datetime import date
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import cases_folder
from hipkg.cli.report import deliver, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TERMS, _STATEMENTS, _DOCUMENTS = "Terms", "Statements", "Documents"
_Kind = Literal["ontology", "document", "condition", "finding", "intervention", "requirement", "statement"]


def _option(name: str, about: str, panel: str) -> object:
    return typer.Option(name, metavar="TERM", help=about, rich_help_panel=panel, show_default=False)


def _text_option(name: str, about: str, panel: str) -> object:
    return typer.Option(name, metavar="TEXT", help=about, rich_help_panel=panel, show_default=False)


def new(
    kind: Annotated[_Kind | None, typer.Argument(help="What to make.", show_default=False)] = None,
    name: Annotated[
        str | None,
        typer.Argument(help="Name of the class, id, or folder: LateralHipPain, GTP, GTP-06.", show_default=False),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Make what the rows of a CSV or TSV ask for.", show_default=False),
    ] = None,
    label: Annotated[str, _text_option("--label", "Label; from the name by default.", _TERMS)] = "",
    definition: Annotated[str, _text_option("--definition", "What it is, or what a statement says.", _TERMS)] = "",
    under: Annotated[str, _option("--under", "Class right above it.", _TERMS)] = "",
    question: Annotated[str, _text_option("--question", "What is asked where it is unknown.", _TERMS)] = "",
    means: Annotated[str, _text_option("--means", "What a requirement means.", _TERMS)] = "",
    document: Annotated[str, _option("--from-document", "Document, where the id does not say it.", _STATEMENTS)] = "",
    type: Annotated[str, _option("--type", "Kind of statement, such as Referral.", _STATEMENTS)] = "",  # noqa: A002 - the option's name
    effect: Annotated[str, _option("--effect", "indicates, contraindicates, holdsBack …", _STATEMENTS)] = "",
    intervention: Annotated[str, _option("--intervention", "Intervention it is about.", _STATEMENTS)] = "",
    applies_to: Annotated[list[str] | None, _option("--applies-to", "Context; repeatable.", _STATEMENTS)] = None,
    requires: Annotated[list[str] | None, _option("--requires", "Requirement; repeatable.", _STATEMENTS)] = None,
    except_for: Annotated[list[str] | None, _option("--except-for", "Exception; repeatable.", _STATEMENTS)] = None,
    satisfied_by: Annotated[list[str] | None, _option("--satisfied-by", "Fulfilment; repeatable.", _STATEMENTS)] = None,
    accompanies: Annotated[list[str] | None, _option("--accompanies", "Companion; repeatable.", _STATEMENTS)] = None,
    section: Annotated[str, _text_option("--section", "Section of the document.", _STATEMENTS)] = "",
    strength: Annotated[str, _option("--strength", "Strength of recommendation.", _STATEMENTS)] = "",
    quality: Annotated[str, _option("--quality", "Quality of evidence.", _STATEMENTS)] = "",
    modality: Annotated[str, _option("--modality", "do or consider.", _STATEMENTS)] = "",
    title: Annotated[str, _text_option("--title", "Title of the document or the ontology.", _DOCUMENTS)] = "",
    publisher: Annotated[str, _text_option("--publisher", "Publisher of the document.", _DOCUMENTS)] = "",
    namespace: Annotated[str, _text_option("--namespace", "Namespace of the ontology.", _DOCUMENTS)] = "",
    prefix: Annotated[str, _text_option("--prefix", "Prefix of the namespace.", _DOCUMENTS)] = "",
    licence: Annotated[
        str, typer.Option("--licence", metavar="IRI", help="Licence of the ontology.", rich_help_panel=_DOCUMENTS)
    ] = "https://creativecommons.org/licenses/by/4.0/",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show what would be written, and into which files.")
    ] = False,
) -> None:
    """Make an ontology, a document, a condition, a finding, an intervention, a requirement or a statement.

    It is put in normal form into the module where it belongs. What only you can tell is left as TODO, or missing.

    A statement gets a case, whose patients are made of what it asks for. `hipkg ontology check` and `coverage` fail
    until all is filled in.

    Terms are named by their names, ids or labels. The columns of a table are called as the options; | parts terms.

    What a requirement means is a line of a pattern such as "patient on TERM", or Manchester syntax.

    An ontology of your own is begun in a new folder: new ontology DIR --prefix gtp --namespace https://example.org/gtp/

    Example: hipkg ontology new --help
    """
    from hipkg.base.own import own_folder
    from hipkg.base.paths import INSTALLED
    from hipkg.maintenance.checks.workspace import own_workspace, workspace
    from hipkg.maintenance.scaffold import Kind, Wanted, scaffold
    from hipkg.maintenance.scaffold_table import read_table

    if table and (kind or name):
        raise UsageError(
            "A table says itself what to make.", place="--table", remedy="Leave out the kind and the name."
        )
    if kind == "ontology" and name:
        if dry_run:
            raise UsageError("A new ontology has a folder of its own.", place="--dry-run", remedy="Leave it out.")
        _begin(Path(name), prefix=prefix, namespace=namespace, title=title, licence=licence)
        return
    if table:
        wanted = read_table(table)
    elif kind and kind != "ontology" and name:
        wanted = [
            Wanted(
                Kind(kind),
                name,
                label=label,
                under=under,
                definition=definition,
                question=question,
                means=means,
                document=document,
                type=type,
                effect=effect,
                intervention=intervention,
                applies_to=tuple(applies_to or ()),
                requires=tuple(requires or ()),
                except_for=tuple(except_for or ()),
                satisfied_by=tuple(satisfied_by or ()),
                accompanies=tuple(accompanies or ()),
                section=section,
                strength=strength,
                quality=quality,
                modality=modality,
                title=title,
                publisher=publisher,
            )
        ]
    else:
        raise UsageError("There is nothing to make.", remedy="Name a kind and a name, or a table: --table FILE.")
    if INSTALLED and not own_folder():
        raise UsageError("The shipped ontology stays as it is.", remedy="Name the folder of your own: --ontology DIR.")
    space = own_workspace() if own_folder() else workspace()
    if space.broken:
        raise UsageError(
            "A module cannot be parsed.",
            place=space.broken[0].entity,
            remedy="Mend it: hipkg ontology check --no-reasoner.",
        )
    files = scaffold(wanted, space, cases_folder(), date.today())  # noqa: DTZ011 - the user's day
    _show(files) if dry_run else _write(files)


def _before(files: Iterable[Path]) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in files if path.exists()}


def _write(files: Mapping[Path, str]) -> None:
    """Write files, and say what of them is left to fill in and how they are undone."""
    from hipkg.base.output import write_output
    from hipkg.maintenance.diff.revisions import is_tracked
    from hipkg.maintenance.scaffold import left_to_fill

    before = _before(files)
    made = dict.fromkeys(_first_new(path) for path in files if path not in before)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_output(text, str(path))
        say(_name(path))
    for path, line, what in left_to_fill(files, before):
        say(f"{_name(path)}:{line}: left to you: {what}", aside=True)
    tracked = [one for one in before if is_tracked(one)]
    others = [one for one in before if one not in tracked]
    undoing = (("rm -r", [*made]), ("git checkout -p --", tracked), ("by hand, what was added to", others))
    ways = [f"{how} {' '.join(shlex.quote(_name(one)) for one in some)}" for how, some in undoing if some]
    say(f"hipkg: to undo it: {'; '.join(ways)}", aside=True)


def _show(files: Mapping[Path, str]) -> None:
    """Show files as a patch of what is there."""
    before = _before(files)
    for path, text in files.items():
        old, new = (it.splitlines(keepends=True) for it in (before.get(path, ""), text))
        parts = unified_diff(old, new, _name(path) if path in before else os.devnull, _name(path))
        deliver((one if one.endswith("\n") else f"{one}\n" for one in parts), None, "patch")
    say("hipkg: nothing is written.", aside=True)


def _name(path: Path) -> str:
    """Name a file from the current folder."""
    return Path(os.path.relpath(path)).as_posix()


def _first_new(path: Path) -> Path:
    """Return the file, or the folder around it that has to be made first."""
    return next((one for one in reversed((path, *path.parents)) if not one.exists()), path)


def _begin(folder: Path, **header: str) -> None:
    """Begin an ontology of one's own in a new folder."""
    from hipkg.base.output import write_output
    from hipkg.base.own import use_ontology
    from hipkg.maintenance.following import following_modules
    from hipkg.maintenance.scaffold import ontology

    made = ontology(folder, **header, today=date.today())  # noqa: DTZ011 - the user's day
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in made.items():
        write_output(text, str(path))
        say(str(path))
    use_ontology(folder)
    for name, text in following_modules().items():
        write_output(text, str(folder / name))
        say(str(folder / name))
