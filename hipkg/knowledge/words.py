"""Make patterns of the words by which the texts of records say something, as the ontology has them.

In a word of the ontology blanks and full stops may be missing, and an asterisk stands for any ending.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hipkg.knowledge.memo import kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.knowledge.records import Knowledge


def pattern(kind: str, knowledge: Knowledge) -> str:
    """Write a pattern of the words of a kind, a class below `hip:RecordWord`, in lower case."""
    longest_first = sorted(knowledge.words[kind], key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_pattern_of, longest_first))})"


def value_of(kind: str, written: str, knowledge: Knowledge) -> str:
    """Return what a word of a kind stands for; empty for one that is none of them."""
    return _values(kind, knowledge).get(_bare(written), "")


@kept
def _values(kind: str, knowledge: Knowledge) -> Mapping[str, str]:
    return {_bare(word): value for word, value in knowledge.words[kind].items()}


def _bare(word: str) -> str:
    return word.casefold().replace(" ", "").replace(".", "")


def _pattern_of(word: str) -> str:
    return re.escape(word).replace(r"\ ", " ?").replace(r"\.", r"\.?").replace(r"\*", r"\w*")
