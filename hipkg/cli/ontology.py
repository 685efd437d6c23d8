"""The commands `hipkg ontology …` for maintainers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer

from hipkg.base.errors import HipkgError, UsageError
from hipkg.cli.ontology_diff import diff
from hipkg.cli.ontology_migration import migration
from hipkg.cli.ontology_new import new
from hipkg.cli.ontology_release import release
from hipkg.cli.ontology_show import show
from hipkg.cli.ontology_why import why
from hipkg.cli.options import CASES, Careful, Documents, Output, cases_folder
from hipkg.cli.report import deliver, on_terminal, report, say

_PATIENTS = {"fires.ttl", "near-miss.ttl"}
Verb = TypeVar("Verb", bound=Callable[..., Any])


class _Verbs(typer.Typer):
    """Commands that all take the options which `Careful` adds."""

    def command(self, name: str | None = None, **attributes: Any) -> Callable[[Verb], Verb]:  # noqa: ANN401 - as above
        """Register a command."""
        return super().command(name, **{"cls": Careful, **attributes})


ontology = _Verbs(
    name="ontology",
    help="Check, format, release and document the ontology, and tell what its cases cover.",
    no_args_is_help=True,
    add_completion=False,
)


@ontology.command()
def check(
    reasoner: Annotated[bool, typer.Option(help="Classify the ontology and compare the release; needs Java.")] = True,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "json", "sarif", "csv"], typer.Option("--format", "-f", help="Format to write.")
    ] = "text",
    fail_on: Annotated[
        Literal["error", "warning", "note", "never"],
        typer.Option("--fail-on", help="Exit with 1 for a finding of this severity or a worse one."),
    ] = "warning",
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile",
            metavar="FILE",
            help="Severities and accepted exceptions, as TOML.",
            show_default="checks.toml beside the modules",
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever a file is saved, until interrupted.")
    ] = False,
    output: Output = None,
) -> None:
    """Check everything that can be checked, all at once, and tell the worst first: file, line, term, how to mend it.

    Form, names, imports, fragment, OWL 2 DL profile, values, numbers, statements, mappings; with a reasoner also
    consistency, statements that cannot hold, and the release. docs/checks has a page about each check.

    A note tells what may be wanted as it is. What the profile accepts is told with its reason and fails nothing.

    Example: hipkg ontology check --no-reasoner
    """
    from hipkg.base.paths import ontology_folder
    from hipkg.maintenance.checks.issue import Severity
    from hipkg.maintenance.checks.profile import PROFILE, read_profile
    from hipkg.maintenance.checks.runner import check_ontology
    from hipkg.maintenance.checks.watching import saved
    from hipkg.render.ontology_checks import CHECK_FORMATS

    beside = ontology_folder() / PROFILE

    def once() -> bool:
        """Check and tell once; tell whether it failed."""
        chosen = read_profile(profile or beside) if profile or beside.is_file() else None
        found = check_ontology(reasoner=reasoner, profile=chosen)
        deliver(CHECK_FORMATS[format](found), output, format)
        counts = ", ".join(f"{found.count(one)} {one}(s)" for one in Severity)
        say(f"{counts}{f', {len(found.accepted)} accepted' if found.accepted else ''}", aside=True)
        if found.unavailable:
            raise found.unavailable
        return fail_on != "never" and any(one.severity.rank <= Severity(fail_on).rank for one in found.findings)

    if not watch:
        if once():
            raise typer.Exit(1)
        return
    for _ in saved(ontology_folder()):
        try:
            once()
        except HipkgError as problem:
            report([problem])


@ontology.command()
def coverage(
    statements: Annotated[
        list[str] | None, typer.Argument(metavar="STATEMENT", help="Ids of statements.", show_default="all")
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            metavar="DIR",
            help="Folder of test cases.",
            show_default=f"{CASES}, or DIR/cases of your own ontology",
        ),
    ] = None,
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    document: Documents = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the patients of every statement.")] = False,
    output: Output = None,
) -> None:
    """Tell which cases make each statement fire and nearly fire, and show each slot entry true and false.

    The patients of a statement are those of DIR/statements/ID and ID-slug, and the examples; all are derived anew.

    A statement fires if it holds somewhere. It nearly fires if it does not hold for near-miss.ttl where it does for
    fires.ttl.

    A context is false for a near-miss patient with nobody in its class there; a requirement, an exception or a
    fulfilment if it is refuted or not known to be met; a companion if it is not offered.

    Both patients of a case are held to the states in its expected.json. Exits with 1 if anything is missing or not as
    expected.

    Example: hipkg ontology coverage D0-41
    """
    from hipkg.knowledge.loading import load
    from hipkg.maintenance.coverage import coverage as cover
    from hipkg.render.coverage import coverage_to_json, coverage_to_text

    usual = cases_folder()
    if cases is None and not usual.is_dir():
        raise UsageError("There are no test cases here.", place=str(usual), remedy="Say where they are: --cases DIR.")
    found = cover(cases or usual, load(), statements or (), document or ())
    if format == "json":
        text = coverage_to_json(found)
    else:
        text = coverage_to_text(found, details=verbose or bool(statements), to_terminal=on_terminal(output))
    deliver(text, output, format, failed=not found.complete)


@ontology.command("format")
def format_modules() -> None:
    """Bring every module of the ontology into its normal form, and the patients of its cases.

    Example: hipkg ontology format
    """
    from hipkg.base.output import write_output
    from hipkg.base.paths import module_files, ontology_folder
    from hipkg.owl.normal_form import in_normal_form, patient_in_normal_form
    from hipkg.owl.own import own_ontology
    from hipkg.owl.sources import parsed

    own_ontology()  # whose prefix the normal form has
    modules = ((path, in_normal_form(parsed(path))) for path in module_files(ontology_folder()))
    patients = sorted(cases_folder().glob("statements/*/*.ttl"))
    for path, text in (*modules, *((path, patient_in_normal_form(path)) for path in patients)):
        if text != path.read_text(encoding="utf-8"):
            write_output(text, str(path))
            say(path.name if path.name not in _PATIENTS else f"{path.parent.name}/{path.name}")


@ontology.command()
def document(
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Folder of the pages, docs/guideline by default.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a page is not up to date.")] = False,
) -> None:
    """Write what the ontology says as pages for reading, its checks, and the data model of patients for machines.

    The pages tell statements, glossary, tensions, checks, and the data model with all terms; a JSON Schema and a SHACL
    profile describe patients. Only files that changed are written, and named.

    Of an ontology of your own it writes the pages of its documents, into DIR/docs.

    Example: hipkg ontology document --check
    """
    from pathlib import Path

    from hipkg.base.output import write_output
    from hipkg.base.own import own_folder
    from hipkg.base.paths import CHECK_PAGES, GUIDELINE_PAGES, MODEL_PAGES, ONTOLOGY, SCHEMAS, ontology_folder
    from hipkg.knowledge.loading import load
    from hipkg.owl.sources import load_sources
    from hipkg.render.data_model import (
        CONTEXT,
        PROFILE,
        SCHEMA,
        model_pages,
        patient_context,
        patient_profile,
        patient_schema,
    )
    from hipkg.render.guideline import guideline_pages
    from hipkg.render.ontology_checks import check_pages

    folder, checks, model, schemas, context = GUIDELINE_PAGES, CHECK_PAGES, MODEL_PAGES, SCHEMAS, ONTOLOGY
    own = own_folder()
    if output or own:
        folder = Path(output) if output else ontology_folder() / "docs"
        checks = folder / "checks"
        model = schemas = context = folder / "model"
    knowledge = load()
    pages = {folder / name: text for name, text in guideline_pages(knowledge, load_sources()).items()}
    pages |= (
        {}
        if own
        else {
            **{checks / name: text for name, text in check_pages().items()},
            **{model / name: text for name, text in model_pages(knowledge).items()},
            schemas / SCHEMA: patient_schema(knowledge),
            schemas / PROFILE: patient_profile(knowledge),
            context / CONTEXT: patient_context(knowledge),
        }
    )
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_output(pages[path], str(path))
        say(path.name if path.parent == folder else f"{path.parent.name}/{path.name}")
    if check and stale:
        say(f"{len(stale)} page(s) are not up to date; run: hipkg ontology document", aside=True)
        raise typer.Exit(1)


ontology.command("new")(new)
ontology.command("show")(show)
ontology.command("diff")(diff)
ontology.command("release")(release)
ontology.command("migration")(migration)
ontology.command("why")(why)
