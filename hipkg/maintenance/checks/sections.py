"""Find sections of a document that are written nearly as another one of it, so that one of the two is misspelt."""

from __future__ import annotations

from collections import Counter, defaultdict
from difflib import SequenceMatcher
from itertools import permutations
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import curie
from hipkg.maintenance.checks.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.maintenance.checks.workspace import Workspace

_LIKE = 0.9
"""From where on, of 1, two titles count as one with a mistake."""


def check_sections(space: Workspace) -> Iterator[Issue]:
    """Find statements whose section is written nearly as one of the same document that more statements have."""
    written: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for iri, documents in space.links.get(hip.fromDocument, {}).items():
        for text in space.links.get(hip.section, {}).get(iri, ()):
            written[documents[0].value][text.value].append(iri)
    for sections in written.values():
        sizes = Counter({title: len(some) for title, some in sections.items()})
        for title, other in permutations(sections, 2):
            if sizes[title] < sizes[other] and _alike(title, other):
                for iri in sections[title]:
                    yield Issue("section-name", curie(iri), curie(hip.section), f"{title}. Did you mean {other}?")


def _alike(title: str, other: str) -> bool:
    matcher = SequenceMatcher(None, title.casefold(), other.casefold(), autojunk=False)
    return matcher.real_quick_ratio() >= _LIKE and matcher.ratio() >= _LIKE
