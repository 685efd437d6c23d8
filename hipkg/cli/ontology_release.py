"""The command `hipkg ontology release`: the working release of every day, and what is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import parse_date
from hipkg.cli.report import report, say
from hipkg.maintenance.levels import Level

if TYPE_CHECKING:
    from hipkg.maintenance.releasing import Wanted


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
    from hipkg.maintenance.releasing import Wanted, release_working

    if to is None:
        if bump or version or on or since:
            raise UsageError("What is published needs a folder.", place="--to", remedy="Name a new one by --to DIR.")
        say(str(release_working()))
        return
    if bump and version:
        raise UsageError("A version is given, or counted on.", place="--version", remedy="Leave out --bump.")
    day = parse_date(on) or date.today()  # noqa: DTZ011 - the day of whoever publishes
    _publish(to, Wanted(version, Level(bump) if bump else None, day, since))


def _publish(to: Path, wanted: Wanted) -> None:
    """Publish a version, write the page of changes, and tell what was written."""
    from hipkg.base.output import write_output
    from hipkg.base.paths import ontology_folder
    from hipkg.maintenance.releasing import publish
    from hipkg.render.history import PAGE
    from hipkg.render.publication import page_of_changes, version_files

    made = publish(to, wanted, version_files)
    for path in made.written:
        say(str(path))
    if made.problem:
        report([made.problem])
        say("hipkg: so the page of changes does not tell all of plans.", aside=True)
    if made.draft.again:
        return
    page = ontology_folder() / PAGE
    older = page.read_text(encoding="utf-8") if page.is_file() else ""
    write_output(page_of_changes(older, made), str(page))
    say(str(page))
    version = made.draft.version
    say(f"Version {version.version} ({version.level}) is published.", aside=True)
