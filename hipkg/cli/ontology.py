"""The commands `hipkg ontology …` for maintainers."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Check, format and release the ontology.", no_args_is_help=True)


@app.command()
def check(
    reasoner: Annotated[bool, typer.Option(help="Classify the ontology and compare the release; needs Java.")] = True,
) -> None:
    """Check normal form, fragment, OWL 2 DL profile, quality queries, consistency and release.

    Example: hipkg ontology check --no-reasoner
    """
    from hipkg.quality import check_ontology

    issues = check_ontology(reasoner=reasoner)
    for issue in issues:
        typer.echo("\t".join((issue.check, issue.entity, issue.property, issue.value)))
    typer.echo(f"{len(issues)} issue(s)", err=True)
    if issues:
        raise typer.Exit(1)


@app.command("format")
def format_modules() -> None:
    """Bring every module of the ontology into its normal form.

    Example: hipkg ontology format
    """
    from hipkg.quality import normalised_text
    from hipkg.resources import ontology_files
    from hipkg.write import write_output

    for path in ontology_files():
        text = normalised_text(path)
        if text != path.read_text(encoding="utf-8"):
            write_output(text, str(path))
            typer.echo(path.name)


@app.command()
def release() -> None:
    """Classify the ontology with HermiT and write the release that hipkg ships.

    Example: hipkg ontology release
    """
    from hipkg.knowledge import RELEASE_FILE
    from hipkg.release import build, write

    write(build(), RELEASE_FILE)
    typer.echo(str(RELEASE_FILE))
