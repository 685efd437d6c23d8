"""List what to watch for while a plan is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.defence import watching
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.reading.joint import AnySource


class WatchList(watching.WatchList):
    """What to watch for while the plan of one patient is followed."""

    plan: Plan


def watch(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[WatchList, ...]:
    """Make the watch list of each patient of a file; the parameters and errors are those of `hipkg.plan`."""
    knowledge = knowing(codes)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, selection=selection, allow_invalid=allow_invalid)
    made = warned(lambda: plan_patients(source, request, knowledge).each(watching.watch_list))
    return tuple(WatchList(Plan.of(one.plan, knowledge), one.actions, one.signs) for one in made)
