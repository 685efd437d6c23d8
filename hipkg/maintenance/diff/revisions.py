"""Take the files of an ontology out of the history of a git repository."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

from hipkg.base.ending import run
from hipkg.base.errors import UsageError
from hipkg.maintenance.diff.patients import PATIENTS

_BESIDE = ("shapes", "queries/normalise")
"""What is taken from beside an ontology: what records go through."""
_SECONDS = 60
_TOP = "."
"""The folder at the top of a repository."""


def folder_in_repository(folder: Path) -> str:
    """Name a folder from the top of the repository of the current folder; nothing for one outside of it."""
    top = _git("rev-parse", "--show-toplevel")
    inside = top and folder.is_relative_to(Path(top).resolve())
    return folder.relative_to(Path(top).resolve()).as_posix() if top and inside else ""


def commit_of(file: Path) -> str:
    """Find the commit in which a file was changed last; nothing where there is none."""
    if not file.is_file():
        return ""
    return _git("-C", str(file.parent), "log", "-1", "--format=%H", "--", file.name) or ""


def is_tracked(file: Path) -> bool:
    """Tell whether a git repository knows a file, so that a change of it can be undone there."""
    try:
        return _git("-C", str(file.parent), "ls-files", "--error-unmatch", file.name) is not None
    except UsageError:
        return False


def take_out(revision: str, folder: str, into: Path, *, and_patients: bool) -> Path:
    """Write the ontology of a revision, and what lies beside it, into a folder, and return that of the ontology.

    Parameters: ``revision`` is any name that git knows; ``folder`` that of the ontology, from the top of the
    repository that the current folder lies in, by default the ``ontology`` of the current folder or of the top;
    ``and_patients`` takes examples and cases with it.

    Raises `UsageError` if there is no repository, no such revision, or no ontology in it.
    """
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if not commit:
        raise UsageError(
            "is neither a folder nor a release file nor a revision of a git repository here.",
            place=revision,
            remedy="Name a folder with the modules of an ontology, a hipkg.json, or a revision such as main~1.",
        )
    prefix = _git("rev-parse", "--show-prefix") or ""
    beside = (*_BESIDE, *PATIENTS) if and_patients else _BESIDE
    candidates = [folder.strip("/") or _TOP] if folder else [f"{prefix}ontology", "ontology"]
    for one in candidates:
        above, _, _ = one.rpartition("/")
        wanted = [one, *(f"{above}/{it}" if above else it for it in beside)]
        there = [it for it in wanted if it == _TOP or _git("ls-tree", "--full-tree", "--name-only", commit, "--", it)]
        if one in there:
            archive = into / "revision.tar"
            _git("-C", _git("rev-parse", "--show-toplevel") or ".", "archive", "-o", str(archive), commit, *there)
            with tarfile.open(archive) as packed:
                packed.extractall(into, filter="data")
            archive.unlink()
            return into / one
    raise UsageError(
        f"The revision has no folder {candidates[-1]}.",
        place=revision,
        remedy="Name the folder of its ontology: REVISION:FOLDER.",
    )


def _git(*arguments: str) -> str | None:
    """Ask git, and return its answer without the end of the line, None where it has none."""
    try:
        done = run(["git", *arguments], timeout=_SECONDS)
    except OSError as problem:
        raise UsageError(f"git cannot be run: {problem}.", remedy="Name folders or release files.") from problem
    except subprocess.TimeoutExpired as late:
        raise UsageError(f"git did not answer in {_SECONDS} s.", remedy="Name folders or release files.") from late
    return done.stdout.strip() if done.returncode == 0 else None
