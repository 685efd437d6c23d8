"""The command `hipkg ontology release`: the working release of every day, and what is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import OntologyError, UsageError
from hipkg.cli.options import parse_date
from hipkg.cli.report import report, say
from hipkg.maintenance.levels import Level

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.compare import OntologyDiff
    from hipkg.owl.own import OwnOntology


def release(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Publish: write the files of the version into this new folder."),
    ] = None,
    bump: Annotated[
        Literal["major", "minor", "patch"] | None,
        typer.Option("--bump", help="Publish as the next version, of this level.", show_default=False),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Publish as this version.", show_default=False)
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day of the publication.", show_default="today")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="OLD",
            help="What to compare with: folder, release file, or git revision.",
            show_default="the commit of the last version",
        ),
    ] = None,
) -> None:
    """Classify the ontology with HermiT and write its release: the one that hipkg ships, or with --ontology your own.

    A release of your own is DIR/release/hipkg.json, with all of the shipped ontology, which stays as it is. With --to
    it is published as a version.

    The modules of the possible contexts and of the denials, which follow from the others, are written before. Errors
    that `hipkg ontology check --no-reasoner` finds are refused.

    A version that is published cannot be changed: of other content the next one is made. Its number is written into the
    headers of all modules; DIR gets the merged and the classified ontology in Turtle, the latter also in functional
    syntax and as an OBO Graph, and the release. --bump takes a date to that of the publication, and counts three
    numbers on.

    CHANGES.md tells what changed: by which patterns statements differ, and whose plans. That is found by comparing with
    the last version, which the history of git has, or with --since.

    Example: hipkg ontology release --to published/2026-12-01 --bump minor --on 2026-12-01
    """
    if to is None:
        if bump or version or on or since:
            raise UsageError("What is published needs a folder.", place="--to", remedy="Name a new one by --to DIR.")
        _working()
        return
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError("The folder is there already, with something in it.", place=str(to), remedy="Name a new one.")
    if bump and version:
        raise UsageError("A version is given, or counted on.", place="--version", remedy="Leave out --bump.")
    day = parse_date(on) or date.today()  # noqa: DTZ011 - the day of whoever publishes
    _publish(to, Level(bump) if bump else None, version, day, since)


def _working() -> None:
    """Write the modules that follow from the others, which may name what is gone, and then the release."""
    from hipkg.knowledge.loading import release_file
    from hipkg.maintenance.release import build, write

    _write_what_follows()
    _refuse_errors()
    write(build(), release_file())
    say(str(release_file()))


def _write_what_follows() -> None:
    from hipkg.base.paths import ontology_folder
    from hipkg.maintenance.following import following_modules

    for name, text in following_modules().items():
        _write_changed(ontology_folder() / name, text)


def _refuse_errors() -> None:
    """Refuse an ontology with errors that the checks without a reasoner find.

    Raises `OntologyError` for the worst of them.
    """
    from hipkg.base.paths import ontology_folder
    from hipkg.maintenance.checks.issue import Severity
    from hipkg.maintenance.checks.profile import PROFILE, read_profile
    from hipkg.maintenance.checks.runner import check_ontology

    beside = ontology_folder() / PROFILE
    found = check_ontology(reasoner=False, profile=read_profile(beside) if beside.is_file() else None)
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


def _publish(to: Path, bump: Level | None, version: str | None, day: date, since: str | None) -> None:
    """Write a version: headers, release, files, history and the page of changes; or else leave all as it was."""
    from hipkg.base.output import write_output
    from hipkg.base.own import own_folder
    from hipkg.base.paths import ontology_folder
    from hipkg.knowledge.loading import release_file, released
    from hipkg.maintenance import history as past
    from hipkg.maintenance.checks.workspace import own_workspace, workspace
    from hipkg.maintenance.publishing import bumped, draft
    from hipkg.maintenance.release import build, write
    from hipkg.render.history import PAGE, changes_section, with_section

    _write_what_follows()
    _refuse_errors()
    folder = ontology_folder()
    space = own_workspace() if own_folder() else workspace(folder)
    before = past.read_history(folder)
    terms = past.said((one for module in space.checked for one in module.triples), space.triples)
    made = draft(space, before, terms, version=version, bump=bump, day=day)
    name = made.version.version
    texts = {one.path: one.text for one in space.checked}
    last = since or _published_last(folder) if before.versions and not made.again else None
    try:
        for path, text in texts.items():
            _write_changed(path, bumped(text, made.before, name))
        _write_what_follows()
        knowledge = build()
        files = _files(space.own, knowledge)
    except BaseException:
        for path, text in texts.items():
            _write_changed(path, text)
        raise
    write(knowledge, release_file())
    to.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        write_output(text, str(to / file), new=True)
        say(str(to / file))
    (to / release_file().name).write_bytes(released(knowledge))
    say(str(to / release_file().name))
    if made.again:
        return
    beside = folder / past.FOLDER
    beside.mkdir(exist_ok=True)
    for file, text in past.written(past.extended(before, made.terms, made.version)).items():
        write_output(text, str(beside / file))
        say(str(beside / file))
    page = folder / PAGE
    older = page.read_text(encoding="utf-8") if page.is_file() else ""
    difference = _difference(last, folder) if last else None
    section = changes_section(made.version, made.changes, knowledge, first=made.first, difference=difference)
    write_output(with_section(older, section), str(page))
    say(str(page))
    say(f"Version {name} ({made.version.level}) is published.", aside=True)


def _files(own: OwnOntology | None, knowledge: Knowledge) -> dict[str, str]:
    """Write the files of a version for people without hipkg, by their names.

    Those of an ontology on top of the shipped one are its modules, which import that, and the whole of both.
    """
    from hipkg.base import hip
    from hipkg.base.paths import own_files
    from hipkg.maintenance.artefacts import base, full, turtle
    from hipkg.owl.axioms import read_axioms
    from hipkg.owl.functional_syntax import functional_syntax
    from hipkg.owl.in_force import in_force
    from hipkg.owl.sources import load_sources
    from hipkg.render.obograph import obograph

    stem, ontology = (own.prefix, own.iri) if own else ("hipkg", hip.ontology)
    merged = base(load_sources(), ontology)
    alone = base(load_sources(own_files()), ontology, [hip.ontology]) if own else merged
    whole = full(merged, knowledge.superclasses)
    axioms = read_axioms(in_force(merged))
    return {
        f"{stem}-base.ttl": turtle(alone),
        f"{stem}-full.ttl": turtle(whole),
        f"{stem}-full.ofn": functional_syntax(whole),
        f"{stem}-full.obograph.json": obograph(whole, axioms, knowledge.superclasses, ontology),
    }


def _published_last(folder: Path) -> str | None:
    """Name the ontology as the last version had it, if the history of git has the commit that published it."""
    from hipkg.maintenance.diff.revisions import commit_of, folder_in_repository
    from hipkg.maintenance.history import FOLDER, VERSIONS

    commit, inside = commit_of(folder / FOLDER / VERSIONS), folder_in_repository(folder)
    return f"{commit}:{inside}" if commit and inside else None


def _difference(last: str, folder: Path) -> OntologyDiff | None:
    """Compare a version with the last one; where that cannot be, tell why."""
    from hipkg.base.errors import HipkgError
    from hipkg.maintenance.diff.compare import compare
    from hipkg.maintenance.diff.sides import opened

    try:
        with opened(str(folder)) as new, opened(last, and_patients=not new.patients) as old:
            return compare(old, new)
    except HipkgError as problem:
        report([problem])
        say("hipkg: so the page of changes tells nothing of plans.", aside=True)
        return None


def _write_changed(path: Path, text: str) -> None:
    from hipkg.base.output import write_output

    if not path.exists() or text != path.read_text(encoding="utf-8"):
        write_output(text, str(path))
