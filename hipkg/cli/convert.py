"""The command `hipkg convert`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import AsOf, CodeTables, Files, GraphFormat, InputFormat, Output, parse_date, released
from hipkg.cli.report import deliver, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from pathlib import Path

    from pyoxigraph import Triple

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.joint import Joint

AccountFormat = Literal["text", "json"]


def convert(
    files: Files,
    to: Annotated[GraphFormat, typer.Option("--to", "-t", help="Format to write.")] = "turtle",
    report: Annotated[
        bool, typer.Option("--report", help="Tell of each resource or node what it was used as, or why not.")
    ] = False,
    for_tool: Annotated[
        Literal["protege"] | None,
        typer.Option("--for", help="Add a header that imports the ontology, so that Protégé opens the file with it."),
    ] = None,
    replace_withdrawn: Annotated[
        bool, typer.Option("--replace-withdrawn", help="Write what takes the place of withdrawn terms.")
    ] = False,
    format: Annotated[AccountFormat | None, typer.Option("--format", "-f", help="Format of the report.")] = None,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Rewrite files in another RDF format, without adding or losing anything; of FHIR, write what is understood.

    With --for protege and an output file, a catalog beside it leads to the ontology, unless there is one.

    With --replace-withdrawn, exits with 1 if a withdrawn term is left that no other one alone takes the place of.

    Example: hipkg convert examples/d0-painful-degenerative-hip.ttl --to jsonld
    """
    from hipkg.base.batch import Batch, each_source
    from hipkg.base.output import apart, graph_text
    from hipkg.reading.joint import together
    from hipkg.reading.sources import read_triples

    day, knowledge = parse_date(as_of), partial(released, codes)
    if format is not None and not report:
        raise UsageError("There is no report to format.", place="--format", remedy="Add --report, or use --to.")
    if report:
        _report(files, format or "text", day, input_format, output, knowledge)
        return

    def of_file(file: Joint) -> Batch[Iterable[Triple]]:
        triples = read_triples(file, knowledge, format=input_format, as_of=day)
        return Batch((triples.results,), triples.set_aside)

    batch = each_source(together(files, format=input_format), of_file)
    graph = apart(told(batch))
    left = False
    if replace_withdrawn:
        graph, left = _replaced(graph, knowledge())
    if for_tool and to != "turtle":
        raise UsageError("What is for Protégé is written in Turtle.", place="--to", remedy="Leave out --to.")
    text = graph_text(graph, to)
    if for_tool:
        from hipkg.render.protege import patients_for_protege

        text = patients_for_protege(graph)
        if output is not None:
            _catalog_beside(output)
    deliver(text, output, to, failed=batch.set_aside or left)


def _catalog_beside(output: Path) -> None:
    """Write the catalog that leads to the modules of the ontology beside a file, where there is none."""
    from hipkg.base.output import write_output
    from hipkg.base.paths import ontology_files
    from hipkg.cli.report import say
    from hipkg.owl.sources import header_of
    from hipkg.render.protege import CATALOG, catalog

    path = output.parent / CATALOG
    if path.exists():
        say(f"hipkg: {path} is there already and is left as it is; Protégé finds the ontology by it.", aside=True)
    else:
        write_output(catalog({header_of(one): one for one in ontology_files()}), str(path), new=True)
        say(f"hipkg: {path} leads Protégé to the ontology.", aside=True)


def _replaced(graph: Iterable[Triple], knowledge: Knowledge) -> tuple[list[Triple], bool]:
    """Rewrite a graph in what takes the place of withdrawn terms, and tell whether some of them are left."""
    from hipkg.cli.report import say
    from hipkg.compilation.migration import left_as_it_is, migrated

    rewritten, left = migrated(graph, knowledge)
    for one in left:
        problem = left_as_it_is(one, knowledge)
        say(f"hipkg: {problem.message} {problem.remedy}", aside=True)
    return rewritten, bool(left)


def _report(
    files: list[str],
    format: AccountFormat,  # noqa: A002 - the option's name
    as_of: date | None,
    input_format: str | None,
    output: Path | None,
    knowledge: Callable[[], Knowledge],
) -> None:
    """Write the account of the import, and exit with 1 if a resource was malformed."""
    from hipkg.reading.joint import together
    from hipkg.reading.sources import read_import
    from hipkg.render.account import import_report

    sources = together(files, format=input_format)
    made = [read_import(one, knowledge, format=input_format, as_of=as_of) for one in sources]
    accounts = [uses for one in made for uses in (one.strays, *(patient.uses for patient in one.patients))]
    malformed = any(use.outcome == "malformed" for uses in accounts for use in uses)
    deliver(import_report(made, format), output, format, failed=malformed)
