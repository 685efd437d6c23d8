"""Print what is laid out as text: plain, or in the colours of a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from hipkg.base.characters import harmless

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType, RenderResult


class _Harmless:
    """What is laid out, of which nothing but its style reaches the terminal as a control."""

    def __init__(self, content: RenderableType) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Write each piece without characters that steer."""
        for text, style, control in console.render(self._content, options):
            yield Segment(harmless(text), style, control)


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
        console.print(_Harmless(one) if to_terminal else one)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
