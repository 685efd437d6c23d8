"""Draw the diagrams of the pages for the site: class diagrams of Mermaid, and trees of terms, as plain SVG.

A forge draws Mermaid itself. The site has to do without a network and without scripts of others, so `docs/conf.py` has
pictures drawn here, in the colours of the page, whose names lead to the terms.
"""

from __future__ import annotations

import re
from collections import defaultdict
from html import escape
from itertools import pairwise
from typing import NamedTuple

import networkx as nx

ROW, CHARACTER, PAD, GAP, BETWEEN, INDENT = 17, 7.3, 10, 90, 22, 24
"""Sizes in pixels: a line of text, the width of a letter, the margin in a box, and the space beside and below boxes;
a step in a tree."""
_CLASS = re.compile(r"class (\w+) \{")
_EDGE = re.compile(r'(\w+) --> "([^"]*)" (\w+) : (.+)')
_TREE = re.compile(r"(?P<lines>(?:[│ ] {3})*(?:[├└]── )?)(?P<name>\S+)(?: (?P<label>.*))?")
_STYLE = """\
.diagram text { font: 13px var(--font-stack--monospace, monospace); fill: var(--color-foreground-primary, #222) }
.diagram .box { fill: var(--color-background-secondary, #f8f9fb); stroke: var(--color-foreground-border, #888) }
.diagram .line { fill: none; stroke: var(--color-foreground-muted, #666) }
.diagram a { text-decoration: none } .diagram .name { font-weight: bold }
.diagram a text { fill: var(--color-brand-content, #0a4bff) }
.diagram .label { fill: var(--color-foreground-secondary, #555); font-family: inherit }"""


class Row(NamedTuple):
    """A line in a box: a property, and where it leads if it links to a class."""

    text: str
    end: str = ""


class Box(NamedTuple):
    """A class with its properties, or the way of a link past a column, where it stands."""

    name: str
    rows: tuple[Row, ...]
    x: float
    y: float
    width: float
    height: float


def class_diagram(text: str, terms: str) -> str:
    """Draw a class diagram of Mermaid.

    Parameters: ``terms`` is the page with the terms, at which each has an anchor by its name.
    """
    rows = _parsed(text)
    columns = _columns(rows)
    boxes = _laid_out(rows, columns)
    shown = [one for one in boxes.values() if one.name in rows]
    width = max(one.x + one.width for one in shown) + GAP / 2
    height = max(one.y + one.height for one in boxes.values()) + PAD
    links = [(name, number, row.end) for name, some in rows.items() for number, row in enumerate(some) if row.end]
    parts = [_edge(number, [boxes[one] for one in _way(name, end, columns)]) for name, number, end in links]
    told = "; ".join(f"{name} {rows[name][number].text}" for name, number, _ in links)
    return _svg(width, height, "class diagram", told, [*parts, *(_box(one, terms) for one in shown)])


def tree(text: str, terms: str) -> str:
    """Draw a tree of terms, each line a name and a label behind lines of its place; ``terms`` is as above."""
    parts: list[str] = []
    above: list[float] = []
    widest = 0.0
    lines = [one for line in text.splitlines() if (one := _TREE.fullmatch(line.rstrip()))]
    for number, one in enumerate(lines):
        depth, y = len(one["lines"]) // 4, (number + 1) * ROW
        x, label = depth * INDENT, one["label"] or ""
        above[depth:] = [y]
        if depth:
            parts.append(f'<path class="line" d="M{x - INDENT / 2:g} {above[depth - 1] + 5:g}V{y - 4:g}H{x - 3:g}"/>')
        named = _text(x, y, one["name"], "" if depth else "name")
        parts += [
            _link(terms, one["name"], named),
            _text(x + (len(one["name"]) + 2) * CHARACTER * 1.1, y, label, "label"),
        ]
        widest = max(widest, x + (len(one["name"]) + len(label) + 4) * CHARACTER * 1.1)
    return _svg(widest, (len(lines) + 1) * ROW, "tree of classes", "", parts)


def _parsed(text: str) -> dict[str, tuple[Row, ...]]:
    """Read the properties of each class, those that link to a class after the others."""
    plain: dict[str, list[Row]] = {}
    links: dict[str, list[Row]] = defaultdict(list)
    inside = ""
    for line in map(str.strip, text.splitlines()):
        if opened := _CLASS.fullmatch(line):
            inside = opened[1]
            plain[inside] = []
        elif edge := _EDGE.fullmatch(line):
            start, many, end, name = edge.groups()
            links[start].append(Row(f"{name} {'' if many == '1' else many} → {end}".replace("  ", " "), end))
            for one in (start, end):
                plain.setdefault(one, [])
        elif line == "}":
            inside = ""
        elif inside:
            plain[inside].append(Row(line))
    return {name: (*some, *links[name]) for name, some in plain.items()}


def _columns(rows: dict[str, tuple[Row, ...]]) -> dict[str, int]:
    """Put the classes in columns, numbered by the longest way from a class that none leads to."""
    graph = nx.DiGraph([(name, one.end) for name, some in rows.items() for one in some if one.end and one.end != name])
    graph.add_nodes_from(rows)
    while not nx.is_directed_acyclic_graph(graph):
        graph.remove_edge(*nx.find_cycle(graph)[-1])
    return {name: number for number, some in enumerate(nx.topological_generations(graph)) for name in some}


def _way(start: str, end: str, columns: dict[str, int]) -> list[str]:
    """Name the boxes that a link passes: those of its ends, and a place of its own in each column between."""
    between = range(columns[start] + 1, columns[end])
    return [start, *(f"{start}→{end}→{number}" for number in between), end]


def _laid_out(rows: dict[str, tuple[Row, ...]], columns: dict[str, int]) -> dict[str, Box]:
    """Place the boxes in their columns, each near what leads to it."""
    before: dict[str, list[tuple[str, int]]] = defaultdict(list)
    members: dict[int, dict[str, None]] = defaultdict(dict)
    for name, column in columns.items():
        members[column][name] = None
    for name, some in rows.items():
        for number, row in enumerate(some):
            way = _way(name, row.end, columns) if row.end else []
            for place, (one, other) in enumerate(pairwise(way)):
                before[other].append((one, 0 if place else number + 1))
                if other not in rows:
                    members[columns[name] + place + 1][other] = None
    boxes: dict[str, Box] = {}
    x = 0.0
    for column in sorted(members):
        heights = {one: [boxes[it].y + row * ROW for it, row in before[one] if it in boxes] for one in members[column]}
        order = sorted(heights, key=lambda one: (sum(heights[one]) / max(len(heights[one]), 1), one))
        letters = [len(it) for one in order if one in rows for it in (one, *(row.text for row in rows[one]))]
        width = max(letters) * CHARACTER * 1.1 + 2 * PAD
        wanted = [it for some in heights.values() for it in some]
        total = sum((len(rows[one]) + 1) * ROW + 2 * PAD + BETWEEN if one in rows else ROW for one in order)
        y = max(1.0, sum(wanted) / len(wanted) - total / 2) if wanted else 1.0
        for name in order:
            height = (len(rows[name]) + 1) * ROW + 2 * PAD if name in rows else 0
            boxes[name] = Box(name, rows.get(name, ()), x, y, width, height)
            y += height + (BETWEEN if name in rows else ROW)
        x += width + GAP
    return boxes


def _box(one: Box, terms: str) -> str:
    title = _link(terms, one.name, _text(one.x + PAD, one.y + ROW, one.name, "name"))
    lines = [
        _link(terms, row.text.split()[0], _text(one.x + PAD, _row_of(one, number) + 4, row.text, ""))
        if row.text != f"is a → {row.end}"
        else _text(one.x + PAD, _row_of(one, number) + 4, row.text, "")
        for number, row in enumerate(one.rows)
    ]
    rule = f'<path class="line" d="M{one.x:g} {one.y + ROW + 7:g}h{one.width:g}"/>' if one.rows else ""
    frame = f'<rect class="box" x="{one.x:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}" rx="4"/>'
    return "".join([frame, rule, title, *lines])


def _row_of(box: Box, number: int) -> float:
    return box.y + (number + 2) * ROW


def _edge(row: int, way: list[Box]) -> str:
    """Draw a link from its line in a box to the box that it leads to, past the columns between."""
    first, *between, last = way
    x, y = first.x + first.width, _row_of(first, row)
    path = f"M{x:g} {y:g}"
    if last.x <= first.x:
        to, back = last.y + ROW / 2, max(x, last.x + last.width) + GAP / 3
        path += f"C{back:g} {y:g} {back:g} {to:g} {last.x + last.width + 3:g} {to:g}"
    else:
        for one in (*between, last):
            to, half = one.y + (ROW / 2 if one is last else 0), (one.x - x) / 2
            path += f"C{x + half:g} {y:g} {one.x - half:g} {to:g} {one.x - (3 if one is last else 0):g} {to:g}"
            x, y = one.x + one.width, to
            path += "" if one is last else f"H{x:g}"
    return f'<path class="line" d="{path}" marker-end="url(#tip)"/>'


def _link(terms: str, name: str, inner: str) -> str:
    return f'<a href="{terms}#{name}">{inner}</a>'


def _text(x: float, y: float, text: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{named}>{escape(text)}</text>'


def _svg(width: float, height: float, title: str, told: str, parts: list[str]) -> str:
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    tip += '<path class="line" d="M1 1L7 4L1 7"/></marker>'
    described = f"<title>{title}</title><desc>{escape(told)}</desc>"
    fitted = f"width: 100%; min-width: {0.8 * width:.0f}px; max-width: {width:.0f}px"
    opened = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} {height:.0f}" style="{fitted}">'
    )
    svg = f"{opened}{described}<defs>{tip}</defs>{''.join(parts)}</svg>"
    return f'<div class="diagram" style="overflow-x: auto"><style>{_STYLE}</style>{svg}</div>'
