"""The application that holds all commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from hipkg.cli.options import OWN_ONTOLOGY, OWN_ONTOLOGY_HELP, Careful, use_own

VERBS = (
    "plan", "validate", "explain", "check-order", "ledger", "what-if", "since", "ask", "watch", "sensitivity", "reason",
    "query", "queries", "serve", "convert", "codes", "terms", "compile", "ontology",
)  # fmt: skip
"""The commands in the order of the help; each is what bears its name in the module of its name."""


class _Commands(Mapping[str, Any]):
    """The commands by their verbs, each imported and made when it is asked for."""

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)

    def __getitem__(self, verb: str) -> Any:  # noqa: ANN401 - typer brings its own class or that of click
        if verb not in VERBS:
            raise KeyError(verb)
        name = verb.replace("-", "_")
        found = getattr(import_module(f"hipkg.cli.{name}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(verb, cls=Careful)(found)
            found = alone
        return get_command(found)


class _Verbs(TyperGroup):
    """All commands, of which one start needs one."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - those of the base class
        super().__init__(**attributes)
        self.commands = cast("Any", _Commands())


app = typer.Typer(
    name="hipkg",
    cls=_Verbs,
    help="Derive and defend plans for hip pain from guideline knowledge. Decision support, not medical advice.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from hipkg.base.errors import StaleRelease
        from hipkg.base.version import software_version
        from hipkg.cli.report import report, say
        from hipkg.knowledge.loading import load

        try:
            ontology = load().version
        except StaleRelease as problem:
            report([problem])
            ontology = "unusable"
        say(f"hipkg {software_version()}, ontology {ontology}")
        raise typer.Exit


@app.callback()
def root(
    _ontology: Annotated[
        str | None,
        typer.Option(
            OWN_ONTOLOGY, metavar="DIR", callback=use_own, is_eager=True, help=OWN_ONTOLOGY_HELP, show_default=False
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Show the versions of software and ontology."
        ),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Derive and defend plans for hip pain from guideline knowledge. Decision support, not medical advice."""
