"""Names that are written most like another, for whoever has misspelt one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|\d+")
_LIKE = 0.6
"""How like another a name has to be, of 1, to be told."""
_BEHIND = 0.2
"""How much less like it than the first a further name may be."""
_SAME = 0.75
"""From where on two words count as one with a mistake."""


def nearest(iri: str, known: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """Find the known names that are written most like another, the nearest first.

    Names are alike by their letters, or by their words, in whatever order and case; of those that are as like as
    another, the one in the same case comes first.
    """
    name = local_name(iri)
    found = ((_likeness(name, local_name(one)), one) for one in known)
    near = sorted((-like, -_of_letters(name, local_name(one)), one) for like, one in found if like >= _LIKE)
    return tuple(one for like, _, one in near[:count] if like <= near[0][0] + _BEHIND)


def _likeness(name: str, other: str) -> float:
    return max(_of_letters(name.lower(), other.lower()), _of_words(_words(name), _words(other)))


def _of_letters(name: str, other: str) -> float:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, other, name, autojunk=False)
    if matcher.real_quick_ratio() < _LIKE or matcher.quick_ratio() < _LIKE:
        return 0.0
    return matcher.ratio()


def _of_words(words: tuple[str, ...], others: tuple[str, ...]) -> float:
    """Tell which part of the letters of both is in words that both have."""
    left, shared = [*others], 0.0
    for word in words:
        like, other = max(((_of_word(word, one), one) for one in left), default=(0.0, ""))
        if like >= _SAME:
            left.remove(other)
            shared += like * (len(word) + len(other))
    whole = sum(map(len, words)) + sum(map(len, others))
    return shared / whole if whole else 0.0


@lru_cache(4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(one.lower() for one in _WORD.findall(name))


@lru_cache(65536)
def _of_word(word: str, other: str) -> float:
    if word == other:
        return 1.0
    shorter, longer = sorted((len(word), len(other)))
    return _of_letters(word, other) if 2 * shorter / (shorter + longer) >= _SAME else 0.0
