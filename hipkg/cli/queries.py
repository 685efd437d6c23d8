"""The command `hipkg queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from hipkg.cli.options import Output
from hipkg.cli.query import WIDTH, QueryName, render_text, terminal_width
from hipkg.cli.report import deliver, on_terminal

if TYPE_CHECKING:
    from hipkg.querying.query import QueryInfo


def queries(
    name: Annotated[str | None, QueryName] = None,
    output: Output = None,
) -> None:
    """List the named questions, or show one with its header and text.

    Example: hipkg queries contraindicated-at-site
    """
    from hipkg.querying.query import catalogue, load_query

    text = load_query(name).text if name else _listing(catalogue(), to_terminal=on_terminal(output))
    deliver(text, output)


def _listing(infos: tuple[QueryInfo, ...], *, to_terminal: bool) -> str:
    """Write for each question its id, how to ask it, and the question."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for info in infos:
        grid.add_row(info.id, Text(usage(info), style="bold"))
        grid.add_row("", Text(info.summary))
    return render_text(grid, terminal_width() if to_terminal else WIDTH, to_terminal)


def usage(info: QueryInfo) -> str:
    """Write how to ask a question: its name, whether it takes files, and its parameters, optional ones in brackets."""
    files = ["FILE..."] if info.needs == "patient" else []
    params = [one.name if one.required else f"[{one.name}]" for one in info.parameters]
    return " ".join([info.name, *files, *params])
