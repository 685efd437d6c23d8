"""Draw the picture of a plan that the README shows: python docs/make_picture.py.

`tests/test_docs.py` holds the picture to what hipkg prints today.
"""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.text import Text

import hipkg
from hipkg.knowledge.loading import load
from hipkg.render.screen_text import plans_to_text

ROOT = Path(__file__).parent.parent


def main() -> None:
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
