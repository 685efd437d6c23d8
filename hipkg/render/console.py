"""Print what is laid out as text: plain, or in the colours of a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.console import RenderableType


def printed(*content: RenderableType, width: int | None, to_terminal: bool) -> str:
    """Print what is laid out, without space at the ends of lines.

    Parameters: ``width`` is in columns, None for that of the terminal; ``to_terminal`` allows colour.
    """
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=to_terminal,
        color_system="auto" if to_terminal else None,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for one in content:
        console.print(one)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
