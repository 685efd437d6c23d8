"""The command `hipkg ontology diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hipkg.base.limits import COMPARING_SECONDS
from hipkg.cli.options import Output, ReportFormat, parse_date
from hipkg.cli.report import deliver


def diff(
    old: Annotated[str, typer.Argument(help="Folder, release file, or git revision.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="The same, of the later ontology.", metavar="NEW")],
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    patients: Annotated[
        Path | None, typer.Option("--patients", metavar="DIR", help="Folder of further patients to plan for.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Date of all plans, YYYY-MM-DD.", show_default="of the case or the record"),
    ] = None,
    fail_on: Annotated[
        Literal["major", "minor", "patch", "never"],
        typer.Option("--fail-on", help="Exit with 1 for a change of this level or a graver one."),
    ] = "never",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to plan with.")] = 1,
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, help="Seconds that the reasoner may take in all.")
    ] = COMPARING_SECONDS.most,
    everything: Annotated[bool, typer.Option("--all", help="Tell of all patients whose plans differ.")] = False,
    output: Output = None,
) -> None:
    """Tell what changes from one ontology to another: axioms, hierarchy, statements, and whose plans, by which.

    A side is a folder with the modules of an ontology, or one that holds such a folder; a release file; or a revision
    of the git repository of the current folder, such as main~3, with REVISION:FOLDER where its ontology lies elsewhere.
    With --ontology it is that of your own, on top of the shipped one.

    Plans are made for the examples and the cases that lie with NEW, or else with OLD.

    Nothing is written to either side: what has no current release is classified for the comparison alone. Where no
    reasoner answers, or not in time, all is compared by the hierarchy that is written and known; the report says so,
    and the exit code is 3.

    Example: hipkg ontology diff ontology/release/hipkg.json ontology
    """
    from hipkg.maintenance.diff.compare import compare
    from hipkg.maintenance.diff.reasoner import Reasoner
    from hipkg.maintenance.diff.sides import opened
    from hipkg.maintenance.levels import Level
    from hipkg.render.ontology_diff import render_ontology_diff

    with opened(new) as after, opened(old, and_patients=not after.patients) as before:
        reasoner = Reasoner(timeout)
        found = compare(before, after, patients=patients, as_of=parse_date(as_of), jobs=jobs, reasoner=reasoner)
        text = render_ontology_diff(found, format, everything=everything)
    failed = fail_on != "never" and found.level.weight >= Level(fail_on).weight
    deliver(text, output, format, failed=failed and not found.problem)
    if found.problem:
        raise found.problem
