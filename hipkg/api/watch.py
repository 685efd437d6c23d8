"""List what to watch for while a plan is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.plan import Plan
from hipkg.defence import watching
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from datetime import date


class WatchList(watching.WatchList):
    """What to watch for while the plan of one patient is followed."""

    plan: Plan


def watch(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    allow_invalid: bool = False,
) -> tuple[WatchList, ...]:
    """Make the watch list of each patient of a file; the parameters and errors are those of `hipkg.plan`."""
    made = watching.watch(source, format=format, as_of=as_of, documents=documents, allow_invalid=allow_invalid)
    knowledge = load()
    return tuple(WatchList(Plan.of(one.plan, knowledge), one.actions) for one in made)
