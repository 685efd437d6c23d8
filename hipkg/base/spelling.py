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
    of_letters, of_words, in_same_case = _Letters(name.lower()), _Words(name), _Letters(name)
    named = ((one, local_name(one)) for one in known)
    found = ((max(of_letters.like(other.lower()), of_words.like(other)), other, one) for one, other in named)
    near = sorted((-like, -in_same_case.like(other), one) for like, other, one in found if like >= _LIKE)
    return tuple(one for like, _, one in near[:count] if like <= near[0][0] + _BEHIND)


class _Letters:
    """A text that others are held against by their letters."""

    def __init__(self, text: str) -> None:
        from difflib import SequenceMatcher

        self.text = text
        self._matcher = SequenceMatcher(None, "", text, autojunk=False)

    def like(self, other: str) -> float:
        """Tell how like another text is, zero where that is little."""
        if other == self.text:
            return 1.0
        self._matcher.set_seq1(other)
        if self._matcher.real_quick_ratio() < _LIKE or self._matcher.quick_ratio() < _LIKE:
            return 0.0
        return self._matcher.ratio()


class _Words:
    """A name that others are held against by their words."""

    def __init__(self, name: str) -> None:
        self._words = [_Letters(one) for one in _words(name)]
        self._size = sum(len(one.text) for one in self._words)
        self._likeness: dict[str, list[float]] = {}

    def like(self, other: str) -> float:
        """Tell which part of the letters of both is in words that both have."""
        left, shared = [*_words(other)], 0.0
        whole = self._size + sum(map(len, left))
        for place, word in enumerate(self._words):
            like, near = max(((self._of_word(one)[place], one) for one in left), default=(0.0, ""))
            if like >= _SAME:
                left.remove(near)
                shared += like * (len(word.text) + len(near))
        return shared / whole if whole else 0.0

    def _of_word(self, word: str) -> list[float]:
        """Tell how like each word of the name another is."""
        if word not in self._likeness:
            self._likeness[word] = [one.like(word) for one in self._words]
        return self._likeness[word]


@lru_cache(4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(one.lower() for one in _WORD.findall(name))
