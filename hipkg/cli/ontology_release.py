"""The command `hipkg ontology release`: the working release of every day, and what is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from hipkg.base.errors import OntologyError, UsageError
from hipkg.base.own import own_folder
from hipkg.cli.options import parse_date
from hipkg.cli.report import say
from hipkg.maintenance.levels import Level


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
) -> None:
    """Classify the ontology with HermiT and write its release: the one that hipkg ships, or with --ontology your own.

    A release of your own is DIR/release/hipkg.json, with all of the shipped ontology, which stays as it is. With --to
    the shipped one is published as a version.

    The modules of the possible contexts and of the denials, which follow from the others, are written before. Errors
    that `hipkg ontology check --no-reasoner` finds are refused.

    A version that is published cannot be changed: of other content the next one is made. Its number is written into the
    headers of all modules; DIR gets the merged and the classified ontology in Turtle, the latter also in functional
    syntax and as an OBO Graph; CHANGES.md tells what changed. --bump takes a date to that of the publication, and
    counts three numbers on.

    Example: hipkg ontology release --to published/2026-12-01 --bump minor --on 2026-12-01
    """
    if to is None:
        if bump or version or on:
            raise UsageError("What is published needs a folder.", place="--to", remedy="Name a new one by --to DIR.")
        _working()
        return
    if own_folder():
        raise UsageError(
            "Versions are published of the shipped ontology alone.",
            place="--to",
            remedy="Count the version of your own on in the headers of its modules, and leave out --to.",
        )
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError("The folder is there already, with something in it.", place=str(to), remedy="Name a new one.")
    if bump and version:
        raise UsageError("A version is given, or counted on.", place="--version", remedy="Leave out --bump.")
    _publish(to, Level(bump) if bump else None, version, parse_date(on) or date.today())  # noqa: DTZ011 - the day of whoever publishes


def _working() -> None:
    """Write the modules that follow from the others, which may name what is gone, and then the release."""
    from hipkg.knowledge.loading import release_file
    from hipkg.maintenance.release import build, write

    _write_what_follows()
    _refuse_errors()
    write(build(), release_file())
    say(str(release_file()))


def _write_what_follows() -> None:
    from hipkg.base.paths import DENIALS, POSSIBLE_CONTEXTS, ontology_folder
    from hipkg.maintenance.denials import denials_module
    from hipkg.maintenance.possible import possible_module

    for path, text in ((POSSIBLE_CONTEXTS, possible_module()), (DENIALS, denials_module())):
        _write_changed(ontology_folder() / path.name, text)


def _refuse_errors() -> None:
    """Refuse an ontology with errors that the checks without a reasoner find.

    Raises `OntologyError` for the worst of them.
    """
    from hipkg.base.paths import ontology_folder
    from hipkg.maintenance.checks.issue import Severity
    from hipkg.maintenance.checks.profile import PROFILE, read_profile
    from hipkg.maintenance.checks.runner import check_ontology

    beside = ontology_folder() / PROFILE
    report = check_ontology(reasoner=False, profile=read_profile(beside) if beside.is_file() else None)
    errors = [one for one in report.findings if one.severity is Severity.ERROR]
    if report.unavailable:
        raise report.unavailable
    if errors:
        first, more = errors[0], f" So are {len(errors) - 1} more." if len(errors) > 1 else ""
        raise OntologyError(
            f"{first.issue.check}: {first.issue.entity} {first.message.rstrip('.')}. This is an error.{more}",
            place=f"{first.path}:{first.line}",
            remedy="`hipkg ontology check --no-reasoner` lists what must be mended before a release.",
        )


def _publish(to: Path, bump: Level | None, version: str | None, day: date) -> None:
    """Write a version: headers, release, files, history and the page of changes; or else leave all as it was."""
    from hipkg.base.output import write_output
    from hipkg.base.paths import ONTOLOGY, ontology_files
    from hipkg.knowledge.loading import RELEASE_FILE
    from hipkg.maintenance import history as past
    from hipkg.maintenance.artefacts import base, full, turtle
    from hipkg.maintenance.checks.workspace import workspace
    from hipkg.maintenance.publishing import bumped, draft
    from hipkg.maintenance.release import build, write
    from hipkg.owl.axioms import read_axioms
    from hipkg.owl.functional_syntax import functional_syntax
    from hipkg.owl.in_force import in_force
    from hipkg.owl.sources import load_sources
    from hipkg.render.history import PAGE, changes_section, with_section
    from hipkg.render.obograph import obograph

    _write_what_follows()
    _refuse_errors()
    before = past.read_history(ONTOLOGY)
    space = workspace(ONTOLOGY)
    made = draft(space, before, past.said(space.triples), version=version, bump=bump, day=day)
    name = made.version.version
    texts = {path: path.read_text(encoding="utf-8") for path in ontology_files()}
    try:
        for path, text in texts.items():
            _write_changed(path, bumped(text, made.before, name))
        _write_what_follows()
        knowledge = build()
        merged = base(load_sources())
        whole = full(merged, knowledge.superclasses)
        files = {
            "hipkg-base.ttl": turtle(merged),
            "hipkg-full.ttl": turtle(whole),
            "hipkg-full.ofn": functional_syntax(whole),
            "hipkg-full.obograph.json": obograph(whole, read_axioms(in_force(merged)), knowledge.superclasses),
        }
    except BaseException:
        for path, text in texts.items():
            _write_changed(path, text)
        raise
    write(knowledge, RELEASE_FILE)
    to.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        write_output(text, str(to / file), new=True)
        say(str(to / file))
    if made.again:
        return
    folder = ONTOLOGY / past.FOLDER
    folder.mkdir(exist_ok=True)
    for file, text in past.written(past.extended(before, made.terms, made.version)).items():
        write_output(text, str(folder / file))
        say(str(folder / file))
    page = ONTOLOGY / PAGE
    older = page.read_text(encoding="utf-8") if page.is_file() else ""
    section = changes_section(made.version, made.changes, knowledge, first=made.first)
    write_output(with_section(older, section), str(page))
    say(str(page))
    say(f"Version {name} ({made.version.level}) is published.", aside=True)


def _write_changed(path: Path, text: str) -> None:
    from hipkg.base.output import write_output

    if not path.exists() or text != path.read_text(encoding="utf-8"):
        write_output(text, str(path))
