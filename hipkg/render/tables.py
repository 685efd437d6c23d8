"""Write a table as Markdown, or as a small piece of HTML for notebooks."""

from __future__ import annotations

from html import escape as escape_html
from typing import TYPE_CHECKING

from hipkg.render.markdown import escape
from hipkg.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def write_table(heads: Iterable[str], rows: Iterable[Sequence[object]], format: str, title: str) -> str:  # noqa: A002 - as everywhere
    """Write a table below a title as ``html`` or ``markdown``; whatever its cells hold is text."""
    if format == "html":
        return "\n".join(_html(heads, rows, title))
    lines = [escape(clean(title)), "", _line(heads), "|---" * len([*heads]) + "|", *map(_line, rows)]
    return "".join(f"{one}\n" for one in lines)


def _html(heads: Iterable[str], rows: Iterable[Sequence[object]], title: str) -> Iterable[str]:
    yield f'<div class="hipkg"><p><strong>{escape_html(clean(title))}</strong></p><table>'
    yield f"<thead><tr>{''.join(f'<th>{_shown(one)}</th>' for one in heads)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(map(_cell, row))}</tr>"
    yield "</tbody></table></div>"


def _cell(value: object) -> str:
    return f'<td style="vertical-align:top;text-align:left">{_shown(value)}</td>'


def _shown(cell: object) -> str:
    return escape_html(clean(str(cell)))


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(escape(clean(str(one))) for one in cells)} |"
