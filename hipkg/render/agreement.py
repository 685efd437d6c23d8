"""Draw which documents of a guideline say what about the same intervention, as a picture in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from hipkg.base import hip
from hipkg.render.words import capital

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import DocumentInfo, Knowledge, StatementInfo

_ROW, _COLUMN, _LEFT, _TOP, _EDGE = 22, 88, 330, 78, 12
_STEP = 20
"""How far the marks of one cell stand from one another."""
_LEAST = 2
"""How many documents have to speak of an intervention."""
_MARKS: Mapping[str, tuple[str, str]] = {
    hip.indicates: ("#1a7f37", "M-6,0 A6,6 0 1 0 6,0 A6,6 0 1 0 -6,0"),
    hip.holdsBack: ("#9a6700", "M-5,-5 H5 V5 H-5 Z"),
    hip.discourages: ("#bc4c00", "M-6,-5 H6 L0,6 Z"),
    hip.contraindicates: ("#cf222e", "M-5,-5 L5,5 M5,-5 L-5,5"),
}
"""The colour and the form of each effect that agrees or disagrees with others; forms tell them apart without colour."""


def agreement(knowledge: Knowledge, documents: Sequence[DocumentInfo], statements: Iterable[StatementInfo]) -> str:
    """Draw a row for each intervention that several documents speak of, with a mark for each way in which one does.

    Returns nothing where no intervention is shared.
    """
    columns = [one for one in documents if not one.safety]
    said: dict[str, dict[str, set[str]]] = {}
    for one in statements:
        if one.effect in _MARKS and any(it.iri == one.document for it in columns):
            said.setdefault(one.intervention, {}).setdefault(one.document, set()).add(one.effect)
    shared = [iri for iri, told in said.items() if len(told) >= _LEAST]
    rows = sorted(shared, key=lambda iri: (-len(said[iri]), knowledge.label(iri), iri))
    return "\n".join([*_drawn(knowledge, columns, rows, said), "</svg>"]) + "\n" if rows else ""


def _drawn(
    knowledge: Knowledge,
    columns: Sequence[DocumentInfo],
    rows: Sequence[str],
    said: Mapping[str, Mapping[str, set[str]]],
) -> Iterator[str]:
    width, height = _LEFT + _COLUMN * len(columns) + _EDGE, _TOP + _ROW * len(rows) + _EDGE
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="13">'
    )
    yield "<title>What the documents say of the same interventions</title>"
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    for number, effect in enumerate(_MARKS):
        x = _EDGE + 8 + 150 * number
        yield _mark(effect, x, 20)
        yield _text(x + 14, 24, capital(knowledge.label(effect)))
    for number, document in enumerate(columns):
        middle = _LEFT + _COLUMN * number + _COLUMN // 2
        yield _text(middle, _TOP - 16, document.id, 'text-anchor="middle" font-weight="bold"')
    for number, iri in enumerate(rows):
        y = _TOP + _ROW * number
        if not number % 2:
            yield f'<rect x="0" y="{y - 3}" width="{width}" height="{_ROW}" fill="#f3f4f6"/>'
        label = knowledge.label(iri)
        yield _text(_LEFT - 14, y + 12, label, 'text-anchor="end"')
        for at, document in enumerate(columns):
            effects = [one for one in _MARKS if one in said[iri].get(document.iri, ())]
            start = _LEFT + _COLUMN * at + _COLUMN // 2 - _STEP * (len(effects) - 1) // 2
            for place, effect in enumerate(effects):
                yield f"<g><title>{escape(f'{document.id} {knowledge.label(effect)} {label}')}</title>"
                yield f"{_mark(effect, start + _STEP * place, y + 8)}</g>"


def _mark(effect: str, x: int, y: int) -> str:
    colour, path = _MARKS[effect]
    fill = "none" if effect == hip.contraindicates else colour
    return f'<path transform="translate({x},{y})" d="{path}" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>'


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" fill="#1f2328"{f" {more}" if more else ""}>{escape(text)}</text>'
