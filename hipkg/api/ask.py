"""Rank what is unknown and matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.plan import Plan
from hipkg.defence import asking
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from datetime import date


class Interview(asking.Interview):
    """What there is to ask about one patient, what matters most first."""

    plan: Plan


def ask(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    allow_invalid: bool = False,
) -> tuple[Interview, ...]:
    """Rank the questions about each patient of a file; the parameters and errors are those of `hipkg.plan`."""
    made = asking.ask(source, format=format, as_of=as_of, documents=documents, allow_invalid=allow_invalid)
    knowledge = load()
    return tuple(Interview(Plan.of(one.plan, knowledge), one.questions) for one in made)
