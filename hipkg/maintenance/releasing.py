"""Release the ontology: the working release of every day, and a version that is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import HipkgError, OntologyError, UsageError
from hipkg.base.output import write_output
from hipkg.base.own import own_folder
from hipkg.base.paths import ontology_folder
from hipkg.knowledge.loading import release_file, released
from hipkg.maintenance import history as past
from hipkg.maintenance import release
from hipkg.maintenance.checks import runner
from hipkg.maintenance.checks.issue import Severity
from hipkg.maintenance.checks.profile import PROFILE, read_profile
from hipkg.maintenance.checks.workspace import own_workspace, workspace
from hipkg.maintenance.diff.compare import compare
from hipkg.maintenance.diff.revisions import commit_of, folder_in_repository
from hipkg.maintenance.diff.sides import opened
from hipkg.maintenance.following import following_modules
from hipkg.maintenance.publishing import bumped, draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.compare import OntologyDiff
    from hipkg.maintenance.levels import Level
    from hipkg.maintenance.publishing import Draft
    from hipkg.owl.own import OwnOntology

    Files = Callable[[OwnOntology | None, Knowledge], Mapping[str, str]]
    """Writes the files of a version for people without hipkg, by their names."""


class Wanted(NamedTuple):
    """What is to be published: a version, or the next of a level, on a day, as it differs ``since`` an ontology."""

    version: str | None
    bump: Level | None
    day: date
    since: str | None


class Publication(NamedTuple):
    """A version that was published: with its release, the files that were written, and how it differs from the last.

    ``problem`` is why that is not known, or not all of it.
    """

    draft: Draft
    knowledge: Knowledge
    written: tuple[Path, ...]
    difference: OntologyDiff | None = None
    problem: HipkgError | None = None


def release_working() -> Path:
    """Classify the ontology and write its release, after the modules that follow from the others.

    Raises `OntologyError` for what the checks refuse, and what `hipkg.maintenance.release.build` raises.
    """
    write_following()  # the first, for they may name what is gone
    refuse_errors()
    release.write(release.build(), release_file())
    return release_file()


def write_following() -> None:
    """Write the modules that follow from the others, where they differ from what is there."""
    for name, text in following_modules().items():
        _write_changed(ontology_folder() / name, text)


def refuse_errors() -> None:
    """Refuse an ontology with errors that the checks without a reasoner find.

    Raises `OntologyError` for the worst of them.
    """
    beside = ontology_folder() / PROFILE
    found = runner.check_ontology(reasoner=False, profile=read_profile(beside) if beside.is_file() else None)
    errors = [one for one in found.findings if one.severity is Severity.ERROR]
    if found.unavailable:
        raise found.unavailable
    if errors:
        first, more = errors[0], f" So are {len(errors) - 1} more." if len(errors) > 1 else ""
        raise OntologyError(
            f"{first.issue.check}: {first.issue.entity} {first.message.rstrip('.')}. This is an error.{more}",
            place=f"{first.path}:{first.line}",
            remedy="`hipkg ontology check --no-reasoner` lists what must be mended before a release.",
        )


def publish(to: Path, wanted: Wanted, files: Files) -> Publication:
    """Publish a version: headers, release, files in a new folder, and history; or else leave all as it was.

    Parameters: ``files`` writes the files of the version.

    Raises what `hipkg.maintenance.publishing.draft` does and `release_working`, and `UsageError` for a folder that has
    something in it.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError("The folder is there already, with something in it.", place=str(to), remedy="Name a new one.")
    write_following()
    refuse_errors()
    folder = ontology_folder()
    space = own_workspace() if own_folder() else workspace(folder)
    before = past.read_history(folder)
    terms = past.said((one for module in space.checked for one in module.triples), space.triples)
    made = draft(space, before, terms, version=wanted.version, bump=wanted.bump, day=wanted.day)
    texts = {one.path: one.text for one in space.checked}
    last = wanted.since or _published_last(folder) if before.versions and not made.again else None
    try:
        for path, text in texts.items():
            _write_changed(path, bumped(text, made.before, made.version.version))
        write_following()
        knowledge = release.build()
        content = files(space.own, knowledge)
    except BaseException:
        for path, text in texts.items():
            _write_changed(path, text)
        raise
    release.write(knowledge, release_file())
    to.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        write_output(text, str(to / name), new=True)
    (to / release_file().name).write_bytes(released(knowledge))
    written = (*(to / name for name in content), to / release_file().name)
    if made.again:
        return Publication(made, knowledge, written)
    beside = folder / past.FOLDER
    beside.mkdir(exist_ok=True)
    history = past.written(past.extended(before, made.terms, made.version))
    for name, text in history.items():
        write_output(text, str(beside / name))
    written = (*written, *(beside / name for name in history))
    return _compared(Publication(made, knowledge, written), last, folder)


def _published_last(folder: Path) -> str | None:
    """Name the ontology as the last version had it, if the history of git has the commit that published it."""
    commit, inside = commit_of(folder / past.FOLDER / past.VERSIONS), folder_in_repository(folder)
    return f"{commit}:{inside}" if commit and inside else None


def _compared(made: Publication, last: str | None, folder: Path) -> Publication:
    """Compare a version with the last one, if there is one to compare with."""
    if last is None:
        return made
    try:
        with opened(str(folder)) as new, opened(last, and_patients=not new.patients) as old:
            found = compare(old, new)
    except HipkgError as problem:
        return made._replace(problem=problem)
    return made._replace(difference=found, problem=found.problem)


def _write_changed(path: Path, text: str) -> None:
    if not path.exists() or text != path.read_text(encoding="utf-8"):
        write_output(text, str(path))
