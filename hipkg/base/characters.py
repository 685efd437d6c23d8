"""Which characters no reader is shown as they are, and how each format writes them instead.

Control characters steer a terminal, marks of direction let a text read otherwise than it is, and characters without
width hide. Machines' formats keep them, in escapes of their own; where a format has none, and for people, another
character stands in their place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Replace = Callable[[re.Match[str]], str]

_STEERING = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls but the tab, the line feed and the carriage return
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u2028\u2029"  # ends of lines that only some readers take for one
    "\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # no width
)
_FOUND = rf"[{_STEERING}]|\r(?!\n)"
_FOUND_AMONG_COLOURS = rf"(\x1b\[[0-9;]*m)|{_FOUND}"
STAND_IN = "\ufffd"
"""What people are shown in the place of such a character."""
_FROM_PLANE_1 = 0x10000
_SUSPICIOUS = bytes({*range(0x20), 0x7F} - {*b"\t\n"}) + b"\xc2\xd8\xe1\xe2\xef\xf3"
"""The bytes that each such character holds at least one of in UTF-8, and few others do: to look for them is quick."""


def _in_json(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < _FROM_PLANE_1:
        return f"\\u{code:04x}"
    high, low = divmod(code - _FROM_PLANE_1, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _in_turtle(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04X}" if code < _FROM_PLANE_1 else f"\\U{code:08X}"


def _in_xml(match: re.Match[str]) -> str:
    """Write a reference; XML has none for the controls of ASCII."""
    code = ord(match[0])
    return STAND_IN if code < ord(" ") and match[0] != "\r" else f"&#x{code:X};"


_ESCAPES: dict[str, Replace] = {
    **dict.fromkeys(("json", "jsonld", "ndjson", "fhir"), _in_json),
    **dict.fromkeys(("turtle", "ntriples", "tsv"), _in_turtle),
    **dict.fromkeys(("xml", "rdfxml"), _in_xml),
}


def harmless(text: str, format: str = "text") -> str:  # noqa: A002 - the word of the command line
    """Write a text of some format without characters that steer, turn or hide.

    Parameters: ``format`` is the name that the command line has for it.
    """
    data = text.encode("utf-8", "surrogatepass")
    if len(data) == len(data.translate(None, _SUSPICIOUS)):
        return text
    return re.sub(_FOUND, _ESCAPES.get(format, _replaced), text)


def harmless_in_colour(text: str) -> str:
    """Write a text for people without such characters, but keep what colours it on a terminal."""
    return re.sub(_FOUND_AMONG_COLOURS, lambda match: match[1] or STAND_IN, text)


def _replaced(_match: re.Match[str]) -> str:
    return STAND_IN
