"""The application that holds all commands."""

from __future__ import annotations

from typing import Annotated

import typer

from hipkg.cli.ask import ask
from hipkg.cli.codes import codes
from hipkg.cli.compile import compile as compile_
from hipkg.cli.convert import convert
from hipkg.cli.explain import explain
from hipkg.cli.ledger import ledger
from hipkg.cli.ontology import app as ontology
from hipkg.cli.options import Careful
from hipkg.cli.plan import plan
from hipkg.cli.queries import queries
from hipkg.cli.query import query
from hipkg.cli.reason import reason
from hipkg.cli.sensitivity import sensitivity
from hipkg.cli.validate import validate
from hipkg.cli.watch import watch
from hipkg.cli.what_if import what_if

app = typer.Typer(
    name="hipkg",
    help="Derive and defend plans for hip pain from guideline knowledge. Decision support, not medical advice.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from hipkg.base.version import software_version
        from hipkg.knowledge.loading import load

        typer.echo(f"hipkg {software_version()}, ontology {load().version}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Show the versions of software and ontology."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Derive and defend plans for hip pain from guideline knowledge. Decision support, not medical advice."""


app.command(cls=Careful)(plan)
app.command(cls=Careful)(validate)
app.command(cls=Careful)(explain)
app.command(cls=Careful)(ledger)
app.command(name="what-if", cls=Careful)(what_if)
app.command(cls=Careful)(ask)
app.command(cls=Careful)(watch)
app.command(cls=Careful)(sensitivity)
app.command(cls=Careful)(reason)
app.command(cls=Careful)(query)
app.command(cls=Careful)(queries)
app.command(cls=Careful)(convert)
app.command(cls=Careful)(codes)
app.command(name="compile", cls=Careful)(compile_)
app.add_typer(ontology, name="ontology")
