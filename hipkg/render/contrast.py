"""Write where the derivations of two actions part, as text, Markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.defence.contrast import Contrast
from hipkg.knowledge.frame.claims import PURSUED
from hipkg.render.explanation import (
    SHAPES,
    ExplanationWriter,
    described_remedy,
    described_reservation,
    described_status,
)
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.words import DISCLAIMER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.defence.explanations import Explanation


class _ContrastWriter(ExplanationWriter):
    """Write contrasts, with the note that both explanations stand under."""

    def note(self, _: Contrast) -> str:
        """Say what such a result is not."""
        return DISCLAIMER


_JSON = _ContrastWriter({**SHAPES, Contrast: "action insteadOf=other shared grounds other_grounds note()"})


def render_contrasts(found: Sequence[Contrast], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write contrasts as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(found, format, outline=_outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: Contrast) -> Outline:
    action = one.action
    name = f"Why {action.label} instead of {one.other.label}"
    return Outline(title(name, action, site=action.site, engine=action.engine), tuple(_rows(one)))


def _rows(one: Contrast) -> Iterator[Row]:
    if not one.action.valid:
        yield INVALID
    yield from _side(one.action, one.grounds)
    yield from _side(one.other, one.other_grounds)
    if one.shared:
        yield Row(0, "Both rest on", style="heading")
        yield from (Row(1, f"“{context}”", "holds") for context in one.shared)
    yield Row(0, f"What would let {one.other.label} be pursued", style="heading")
    pursuing = [remedy for remedy in one.other.remedies if remedy.outcome in PURSUED]
    yield from (Row(1, described_remedy(remedy), "recorded") for remedy in pursuing)
    if not pursuing:
        yield Row(1, _without_remedy(one.other))


def _without_remedy(other: Explanation) -> str:
    """Say why no change of the record is told."""
    if other.status in PURSUED:
        return "It needs nothing more."
    if other.via:
        return f"The plan speaks of {other.via}, of which this is a kind: explain that to see what would change it."
    if not other.statements:
        return other.rule
    if other.remedies:
        return "None of the additions that were tried; explain it to see what would lift what speaks against it."
    return other.beyond or "None of the statements about it says; explain it to see what each asks for."


def _side(explanation: Explanation, grounds: Sequence[str]) -> Iterator[Row]:
    yield Row(0, f"{explanation.label}: {described_status(explanation)}", style="heading")
    if explanation.via:
        yield Row(1, f"The plan speaks of {explanation.via}, of which this is a kind.")
    yield Row(1, explanation.rule)
    yield from (Row(1, described_reservation(one), "recorded") for one in explanation.reservations)
    yield from (Row(1, ground, "recorded") for ground in grounds)
