"""Answers that are kept, so that a question which is asked again is not worked out again: the dataset never changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Iterable

LARGEST, MOST = 2**20, 2**25
"""How many bytes an answer that is kept has at most, and all of them together."""


class KeptAnswers:
    """The answers that were asked for last, as far as they are whole and small."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def get(self, question: Hashable) -> bytes | None:
        """Return the answer to a question, if it is kept."""
        found = self._answers.get(question)
        if found is not None:
            self._answers.move_to_end(question)
        return found

    def keep(self, question: Hashable, answer: bytes) -> None:
        """Keep a whole answer, and let go of those that nobody asked for lately."""
        if len(answer) > LARGEST or question in self._answers:
            return
        self._answers[question] = answer
        self._size += len(answer)
        while self._size > MOST:
            _, gone = self._answers.popitem(last=False)
            self._size -= len(gone)

    def keeping(self, question: Hashable, parts: Iterable[bytes]) -> Generator[bytes]:
        """Give the parts of an answer on, and keep it if all of them came and are not too many."""
        kept: list[bytes] = []
        size = 0
        for part in parts:
            size += len(part)
            if size <= LARGEST:
                kept.append(part)
            else:
                kept.clear()
            yield part
        if size <= LARGEST:
            self.keep(question, b"".join(kept))
