"""Lay out an outline, titled paragraphs at several depths, as text for a terminal and as Markdown."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from html import escape as escape_html
from typing import TYPE_CHECKING, TypeVar

from hipkg.base.errors import UsageError
from hipkg.render.encoder import one_or_all
from hipkg.render.markdown import escape
from hipkg.render.words import DISCLAIMER, NOT_VALID, clean, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hipkg.defence.explanations import Explanation
    from hipkg.planning.records import Plan
    from hipkg.render.encoder import Writer

Found = TypeVar("Found")
FORMATS = ("text", "markdown", "json")
DEFAULT_WIDTH = 80
WIDEST = 120
_NARROWEST = 40
_STEP = 2
MARKS = {"holds": "✓", "missing": "✗", "recorded": "•", "ontology": "•", "none": " "}
_PLAIN_MARKS = {"✓": "+", "✗": "x", "•": "-", "·": ";", "“": '"', "”": '"', "→": ">"}
_HTML_STYLES = {
    "missing": ";color:#cf222e",
    "holds": ";color:#1a7f37",
    "dim": ";opacity:.7",
    "heading": ";margin-top:.5em",
}
_COLOURS = {"heading": "1", "holds": "32", "missing": "31", "dim": "2"}


@dataclass(frozen=True, slots=True)
class Row:
    """One paragraph at some depth; ``mark`` is a key of the marks, ``style`` one of the colours."""

    depth: int
    text: str
    mark: str = "none"
    style: str = ""


INVALID = Row(0, NOT_VALID, "missing", "missing")
"""What results about a record with violations begin with."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A titled outline; the parts of the title are told beside each other. One without a title goes on with another."""

    title: tuple[str, ...]
    rows: tuple[Row, ...]


def title(name: str, result: Plan | Explanation, *, site: str = "", engine: str = "") -> tuple[str, ...]:
    """Name a result, and say whom it is about, where, for which day, and by what it was made."""
    return (name, *([site] if site else []), *origin(result, engine=engine))


def render_outlines(
    found: Sequence[Found],
    format: str,  # noqa: A002 - as everywhere
    *,
    outline: Callable[[Found], Outline],
    writer: Writer,
    to_terminal: bool = False,
    formats: Iterable[str] = FORMATS,
) -> str:
    """Write results in one of `FORMATS`, or as ``html`` for a notebook; ``formats`` are all that the caller knows.

    Parameters: ``outline`` lays one result out for reading; ``writer`` writes one as a JSON object and several as
    an array. Raises `UsageError` for any other format.
    """
    match format:
        case "json":
            return one_or_all([*map(writer.text, found)])
        case "markdown":
            return outlines_to_markdown(map(outline, found))
        case "html":
            return "\n".join(_html(outline(one)) for one in found)
        case "text":
            return outlines_to_text([*map(outline, found)], to_terminal=to_terminal)
        case _:
            raise UsageError(f"There is no format {format!r}.", remedy=f"Choose among: {', '.join(formats)}.")


def outlines_to_text(outlines: Sequence[Outline], *, to_terminal: bool = False) -> str:
    """Write outlines one after another.

    Parameters: ``to_terminal`` uses the colours and the width of the terminal, otherwise it is plain, 80 columns wide.
    """
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), WIDEST) if to_terminal else DEFAULT_WIDTH
    text = "\n".join(_text(one, width, coloured=to_terminal) for one in outlines)
    return _without_symbols(text) if to_terminal and not _can_show(sys.stdout.encoding) else text


def outlines_to_markdown(outlines: Iterable[Outline]) -> str:
    """Write outlines as Markdown that stands alone in a note."""
    return "\n".join(map(_markdown, outlines))


def _text(outline: Outline, width: int, *, coloured: bool) -> str:
    titled = _wrapped(" · ".join(outline.title), width, "", "")
    lines = [_coloured(one, "heading", coloured) for one in titled]
    lines += _wrapped(DISCLAIMER, width, "", "") if titled else []
    for row in outline.rows:
        if row.depth == 0:
            lines.append("")
        mark = MARKS[row.mark]
        indent = " " * (_STEP * row.depth)
        first = f"{indent}{mark} " if mark != " " else indent
        wrapped = _wrapped(row.text, width, first, " " * len(first))
        lines += [_coloured(one, row.style, coloured) for one in wrapped]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        clean(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=True
    )


def _coloured(line: str, style: str, wanted: bool) -> str:
    if not wanted or style not in _COLOURS or "NO_COLOR" in os.environ:
        return line
    return f"\x1b[{_COLOURS[style]}m{line}\x1b[0m"


def _can_show(encoding: str | None) -> bool:
    try:
        "".join(_PLAIN_MARKS).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _without_symbols(text: str) -> str:
    return text.translate({ord(one): other for one, other in _PLAIN_MARKS.items()}).encode("ascii", "replace").decode()


def _markdown(outline: Outline) -> str:
    title, *rest = outline.title
    lines = [f"## {escape(clean(title))}", "", escape(clean(" · ".join(rest))), "", f"*{escape(DISCLAIMER)}*"]
    for row in outline.rows:
        mark = MARKS[row.mark].strip()
        text = escape(clean(row.text))
        if row.depth == 0:
            lines += ["", f"**{text}**", ""]
        else:
            lines.append(f"{'  ' * (row.depth - 1)}- {f'{mark} ' if mark and mark != '•' else ''}{text}")
    return "\n".join(lines) + "\n"


def _html(made: Outline) -> str:
    title, *rest = made.title or ("",)
    head = f"<strong>{escape_html(clean(title))}</strong> {escape_html(clean(' · '.join(rest)))}"
    told = f"<p>{head}<br><em>{DISCLAIMER}</em></p>"
    return "\n".join(['<div class="hipkg">', told, *map(_paragraph, made.rows), "</div>"])


def _paragraph(row: Row) -> str:
    mark = MARKS[row.mark].strip()
    words = escape_html(clean(row.text))
    text = f"<strong>{words}</strong>" if row.style == "heading" else words
    style = "".join(_HTML_STYLES.get(one, "") for one in (row.mark, row.style))
    return f'<div style="margin-left:{row.depth * 1.5}em{style}">{f"{mark} " if mark else ""}{text}</div>'
