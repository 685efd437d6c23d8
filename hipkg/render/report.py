"""Write what validation found: as a table for people, as JSON or as a SHACL report."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import curie
from hipkg.render.data import written
from hipkg.validation.findings import findings_to_json, findings_to_turtle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.validation.findings import Finding

_COLOURS = {"violation": "bold red", "warning": "yellow", "info": "cyan"}


def report(findings: Sequence[Finding], format: str, *, to_terminal: bool = False, width: int | None = None) -> str:  # noqa: A002 - the word of the command line
    """Write findings in a format: table, json or turtle.

    Parameters: ``to_terminal`` allows colour; ``width`` is in columns, that of the terminal or 100 by default.
    """
    if format == "json":
        return written(findings_to_json(findings))
    if format == "turtle":
        return findings_to_turtle(findings)
    return _table(findings, to_terminal=to_terminal, width=width)


def _table(findings: Sequence[Finding], *, to_terminal: bool, width: int | None) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(
        file=buffer, force_terminal=to_terminal, width=width if width or to_terminal else 100, highlight=False
    )
    for patient in dict.fromkeys(one.patient for one in findings):
        table = Table(
            "severity", "shape", "field", "message", "fix", title=_short(patient), title_justify="left", show_lines=True
        )
        for one in findings:
            if one.patient == patient:
                severity = Text(one.severity, style=_COLOURS[one.severity])
                field = " ".join(part for part in (_short(one.node), one.path, one.value) if part)
                table.add_row(severity, Text(_short(one.shape)), Text(field), Text(one.message), Text(one.fix))
        console.print(table)
    console.print(_summary(findings))
    return buffer.getvalue()


def _short(name: str) -> str:
    """Shorten an IRI to what a reader needs to find the node in the file."""
    text = curie(name) if name.startswith(("http", "urn:")) else name
    return text.removeprefix("hip:") if text.startswith("hip:") else text.strip("<>").rstrip("/").rsplit("/", 1)[-1]


def _summary(findings: Sequence[Finding]) -> str:
    counts: Counter[str] = Counter(one.severity for one in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in _COLOURS)
