"""Which sources a test plans by."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from hipkg.knowledge.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import Knowledge

_left_out = Selection.left_out


def guidelines(knowledge: Knowledge) -> tuple[str, ...]:
    """List the ids of the guideline documents, which no safety module is."""
    return tuple(sorted(one.id for one in knowledge.documents.values() if not one.safety))


def _beside_guidelines(selection: Selection, knowledge: Knowledge) -> frozenset[str]:
    documents = selection.documents or guidelines(knowledge)
    return _left_out(selection._replace(documents=documents), knowledge)


@contextmanager
def guidelines_alone() -> Iterator[None]:
    """Let a selection that names no documents be of the guideline documents."""
    with patch.object(Selection, "left_out", _beside_guidelines):
        yield
