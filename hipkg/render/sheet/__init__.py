"""A plan in, what there is to read of it out: rows in sections and questions, in words, without any layout.

`arranging` composes them; `rows` tells actions, each part of `telling` is about one thing; `alarms`, `remarks`,
`disputes` and `questions` are about none. All name things by a `wording`, and look them up in a `view`.
"""

from __future__ import annotations

from hipkg.render.sheet.arranging import NOTHING_APPLIES, NOTHING_FOLLOWS, sheet
from hipkg.render.sheet.records import HEADINGS, QUESTIONS_SHOWN, Ask, Line, Row, Sheet, SheetSection

__all__ = [
    "HEADINGS",
    "NOTHING_APPLIES",
    "NOTHING_FOLLOWS",
    "QUESTIONS_SHOWN",
    "Ask",
    "Line",
    "Row",
    "Sheet",
    "SheetSection",
    "sheet",
]
