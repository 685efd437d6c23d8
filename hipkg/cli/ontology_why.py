"""The command `hipkg ontology why`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import Output
from hipkg.cli.report import deliver

_RECORD = ".ttl"


def why(
    named: Annotated[str, typer.Argument(metavar="CLASS|RECORD", help="A class by its name, or a record in Turtle.")],
    superclass: Annotated[
        str | None, typer.Argument(metavar="SUPERCLASS", help="Why is it under this class?", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many such sets are looked for.")] = 1,
    everything: Annotated[bool, typer.Option("--all", help="Look for all such sets, which may take long.")] = False,
    format: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Format to write.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> None:
    """Tell why a class is under another, why it can have no member, or why a record contradicts the ontology.

    The answer is a smallest set of axioms, in Manchester syntax with file and line: it follows from them together, and
    not without any of them. HermiT says so, which needs Java. There may be other such sets: --limit looks for more, and
    says whether they are all.

    A record is taken as it stands, without what is read into it for a plan.

    Exits with 1 if it does not follow.

    Example: hipkg ontology why CurrentActivity Activity
    """
    from hipkg.maintenance.justification import why_inconsistent, why_under
    from hipkg.render.justification import justification_to_json, justification_to_text

    if not named.endswith(_RECORD):
        found = why_under(named, superclass, limit=None if everything else limit)
    elif superclass is None:
        found = why_inconsistent(Path(named), limit=None if everything else limit)
    else:
        raise UsageError("A record is under no class.", place=named, remedy="Name the record alone, or two classes.")
    text = justification_to_json(found) if format == "json" else justification_to_text(found)
    deliver(text, output, format, failed=not found.follows)
