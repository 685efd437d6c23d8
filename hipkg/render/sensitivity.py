"""Write how plans depend on the grades of statements: as text for a terminal, as Markdown and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from hipkg.base.errors import UsageError
from hipkg.defence.sensitivity import GONE, Sensitivity, Standing, Threshold
from hipkg.knowledge.selection import SCALES, alternatives
from hipkg.render.encoder import Writer, one_or_all
from hipkg.render.markdown import escape, escape_opening
from hipkg.render.tables import write_table
from hipkg.render.text import Layout, joined, page_to_text
from hipkg.render.words import DISCLAIMER, NOT_VALID, capital, clean, join_sites, only_documents, origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from hipkg.knowledge.records import Knowledge

FORMATS = ("text", "markdown", "json")
_STYLES = {
    "indicated": "green",
    "caution": "yellow",
    "conditional": "yellow",
    "conflict": "magenta",
    "contraindicated": "red",
    "avoid": "red",
    "satisfied": "green",
    GONE: "dim",
}
_ROOM, _INDENT = 20, 2
_NONE = "No action changes."
_KEPT = "What speaks against an action, guards or limits it, or calls for urgent help, is kept whatever its grade."
_GRADED = "What speaks against an action, or guards it, is dropped by its grade as well."
_JSON = Writer(
    {
        Sensitivity: "patient as_of ontology_version by documents grade_objections valid thresholds "
        "actions=shifts steady",
        Threshold: "grades dropped",
        Standing: "@intervention label site place? statuses",
    }
)


@dataclass(frozen=True, slots=True)
class _Page:
    """What is told of one patient, in words.

    ``head`` names the thresholds; a row is an action with its statuses; ``steady`` are actions by their one status,
    ``dropped`` statements by threshold.
    """

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    steady: tuple[tuple[str, tuple[str, ...]], ...]
    dropped: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]


def render_sensitivities(
    found: Sequence[Sensitivity],
    format: str,  # noqa: A002 - as everywhere
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
    width: int | None = None,
) -> str:
    """Write sensitivities in a format.

    Parameters: ``format`` is one of `FORMATS`, or ``html``; ``to_terminal`` lets text use colours, width and characters
    of the terminal, otherwise it is plain and 80 columns wide; ``width`` sets another width of text.

    Raises `UsageError` for any other format.
    """
    if format == "json":
        return one_or_all([*map(_JSON.text, found)])
    pages = [_page(one, knowledge) for one in found]
    if format == "markdown":
        return "\n".join("".join(f"{line}\n" for line in _markdown(one)) for one in pages)
    if format == "html":
        return "\n".join(map(_html, pages))
    if format != "text":
        raise UsageError(f"There is no format {format!r}.", remedy=f"Choose among: {', '.join(FORMATS)}.")
    layout = Layout.of(width, to_terminal=to_terminal)
    return joined(page_to_text(_parts(one, layout.width), layout, to_terminal=to_terminal) for one in pages)


def _page(found: Sensitivity, knowledge: Knowledge) -> _Page:
    everywhere = join_sites([one.site for one in (*found.shifts, *found.steady)], knowledge)
    limit = only_documents(found.documents, knowledge)
    steady: dict[str, list[str]] = {}
    for name, statuses in _rows(found.steady, everywhere, knowledge):
        steady.setdefault(f"{statuses[0]} throughout", []).append(name)
    return _Page(
        (*origin(found, everywhere, f"by {SCALES[found.by]}"), *([limit] if limit else [])),
        () if found.valid else (NOT_VALID,),
        tuple(map(_name, found.thresholds)),
        tuple(_rows(found.shifts, everywhere, knowledge)),
        tuple((status, tuple(names)) for status, names in steady.items()),
        tuple((f"{_name(one)} drops {len(one.dropped)}", one.dropped) for one in found.thresholds if one.dropped),
        (*(() if found.shifts else (_NONE,)), _GRADED if found.grade_objections else _KEPT),
    )


def _name(threshold: Threshold) -> str:
    return f"≥ {clean(alternatives(threshold.grades))}" if threshold.grades else "all"


def _rows(
    standings: Iterable[Standing], everywhere: str, knowledge: Knowledge
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Join the rows that differ only in their site, and name the site where it is not that of all."""
    joined: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in standings:
        joined.setdefault((one.label, one.statuses), []).append(one.site)
    for (label, statuses), sites in joined.items():
        site = join_sites(sites, knowledge)
        yield capital(clean(label)) + (f" ({site})" if site and site != everywhere else ""), statuses


# Text


def _parts(page: _Page, width: int) -> Iterator[RenderableType]:
    yield Text(" · ".join(("Sensitivity", *page.title)), style="bold")
    yield Text(DISCLAIMER, style="dim")
    yield from (Text(one, style="bold white on red") for one in page.alarms)
    yield Text("")
    if page.rows:
        yield from _table(page, width)
        yield Text("")
    yield from (Text(one) for one in page.notes)
    for entries, separator in ((page.steady, ", "), (page.dropped, " ")):
        if entries:
            yield Text("")
            yield _listed(entries, separator)


def _table(page: _Page, width: int) -> Iterator[RenderableType]:
    """Put the statuses of an action beside it, or below it where that leaves it too little room."""
    widths = [_column_width(head, page, index) for index, head in enumerate(page.head)]
    heads = [Text(one, style="bold") for one in page.head]
    rule = Text("─" * width, style="dim")
    rows = [(title, [Text(one, style=_STYLES[one]) for one in statuses]) for title, statuses in page.rows]
    if width - sum(widths) - len(widths) < _ROOM:
        yield from (_grid(widths, _INDENT, [(Text(""), *heads)], "bottom"), rule)
        for title, cells in rows:
            yield from (Text(title), _grid(widths, _INDENT, [(Text(""), *cells)]))
    else:
        yield from (_grid(widths, None, [(Text("Action", style="bold"), *heads)], "bottom"), rule)
        yield _grid(widths, None, [(Text(title), *cells) for title, cells in rows])


def _column_width(head: str, page: _Page, index: int) -> int:
    """Keep the sign of a head with its first word, and a status whole."""
    words = [*head.replace("≥ ", "≥_").split(), *(statuses[index] for _, statuses in page.rows)]
    return max(map(len, words))


def _grid(
    widths: Iterable[int],
    first: int | None,
    rows: Iterable[tuple[Text, ...]],
    vertical: Literal["top", "bottom"] = "top",
) -> RenderableType:
    """Lay out rows in columns, the first as wide as is said or as there is room."""
    table = Table.grid(padding=(0, 1, 0, 0), expand=first is None)
    table.add_column(width=first, ratio=1 if first is None else None, overflow="fold", vertical=vertical)
    for one in widths:
        table.add_column(width=one, overflow="fold", vertical=vertical)
    for row in rows:
        table.add_row(*row)
    return table


def _listed(entries: Iterable[tuple[str, tuple[str, ...]]], separator: str) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=26, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for name, members in entries:
        table.add_row(Text(name), Text(separator.join(members)))
    return table


# Markdown


def _markdown(page: _Page) -> Iterator[str]:
    yield f"# Sensitivity: {escape(page.title[0])}"
    yield from ("", escape_opening(" · ".join(page.title[1:])), "", f"*{DISCLAIMER}*")
    for alarm in page.alarms:
        yield from ("", f"> **{escape(alarm)}**")
    if page.rows:
        yield from ("", _cells(("Action", *page.head)), "|---" * (1 + len(page.head)) + "|")
        yield from (_cells((title, *statuses)) for title, statuses in page.rows)
    yield ""
    yield from (f"- {escape_opening(one)}" for one in page.notes)
    for entries, separator in ((page.steady, ", "), (page.dropped, " ")):
        yield from (f"- {escape(name)}: {escape(separator.join(members))}" for name, members in entries)


def _html(page: _Page) -> str:
    title = " · ".join(("Sensitivity", *page.title, *page.alarms, *page.notes, DISCLAIMER))
    rows = [(name, *statuses) for name, statuses in page.rows]
    steady = [(name, ", ".join(members), *("" for _ in page.head[1:])) for name, members in page.steady]
    return write_table(("Action", *page.head), [*rows, *steady], "html", title)


def _cells(texts: Iterable[str]) -> str:
    return f"| {' | '.join(escape(one) for one in texts)} |"
