"""Draw the pictures of plans that the pages show: python docs/make_picture.py.

`tests/test_docs.py` holds the pictures to what hipkg prints today.
"""

from __future__ import annotations

import io
import re
from datetime import date
from html import escape
from pathlib import Path
from textwrap import wrap

from rich.console import Console
from rich.text import Text

import hipkg
from hipkg.knowledge.loading import load
from hipkg.render.screen_text import plans_to_text

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Draw the first screen of the first example, and the pathway of the last one."""
    first_screen()
    plan = hipkg.plan(ROOT / "examples" / "d4-labral-calcification.ttl", as_of=date(2026, 11, 23))
    (ROOT / "docs" / "pathway.svg").write_text(pathway(plan), encoding="utf-8")


COLOURS = {
    "indicated": ("#dafbe1", "#1a7f37", ""),
    "satisfied": ("#ddf4ff", "#0969da", ""),
    "caution": ("#fff8c5", "#9a6700", ""),
    "conditional": ("#fff8c5", "#9a6700", "4 3"),
    "conflict": ("#fbefff", "#8250df", ""),
    "avoid": ("#ffebe9", "#cf222e", "4 3"),
    "contraindicated": ("#ffebe9", "#cf222e", ""),
}
"""How the box of an action is filled and lined by its status, and how its line is dashed."""
WIDTH, GAP, LINE, LETTERS = 208, 26, 17, 28


def pathway(plan: hipkg.Plan) -> str:
    """Draw the actions of a plan as SVG, a column for each phase, in the order in which they can follow each other."""
    phases = sorted({one.phase for one in plan.actions})
    parts: list[str] = []
    bottom = 0
    for column, phase in enumerate(phases):
        x, y = 10 + column * (WIDTH + GAP), 10
        parts.append(f'<text x="{x}" y="{y + 14}" font-weight="bold">Phase {phase}</text>')
        if column:
            arrow = f"M{x - GAP + 4},{y + 9} h{GAP - 12} m-5,-4 l5,4 l-5,4"
            parts.append(f'<path d="{arrow}" fill="none" stroke="#59636e"/>')
        y += 26
        for one in (it for it in plan.actions if it.phase == phase):
            by = f"{one.status}: {' '.join(one.statements[:3])}"
            told = [*wrap(one.label[:1].upper() + one.label[1:], LETTERS), by]
            fill, stroke, dash = COLOURS[one.status]
            height = LINE * len(told) + 12
            box = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height}" rx="5" fill="{fill}" stroke="{stroke}"'
            parts.append(f'{box} stroke-dasharray="{dash}"/>' if dash else f"{box}/>")
            for number, line in enumerate(told):
                small = ' font-size="11" fill="#59636e"' if number == len(told) - 1 else ""
                parts.append(f'<text x="{x + 9}" y="{y + 18 + LINE * number}"{small}>{escape(line)}</text>')
            y += height + 8
        bottom = max(bottom, y)
    size = f'width="{10 + len(phases) * (WIDTH + GAP)}" height="{bottom + 4}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="13">'
    title = "<title>The pathway of a plan: what can be done first, and what may follow</title>"
    ground = f'<rect {size} fill="#ffffff"/>'
    return "\n".join([opening, title, ground, '<g fill="#1f2328">', *parts, "</g>", "</svg>"]) + "\n"


def first_screen() -> None:
    """Render the first screen of the first example as on a terminal of 100 columns and save it as SVG."""
    plan = hipkg.plan(ROOT / "examples" / "d0-painful-degenerative-hip.ttl", as_of=date(2026, 11, 23))
    text = plans_to_text((plan,), load(), to_terminal=True, width=100)
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text))
    svg = console.export_svg(title="hipkg plan", clear=False)
    # The fonts would be fetched from elsewhere; any monospace font will do.
    offline = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (ROOT / "docs" / "plan.svg").write_text(offline + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
