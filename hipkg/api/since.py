"""Tell what has changed in plans since earlier records or an earlier date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.defence import since as comparing
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.base.batch import Batch
    from hipkg.pipeline.process import Planned
    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


class Since(comparing.Since):
    """Two plans of a patient, the earlier one first."""

    before: Plan
    after: Plan


def since(
    old: AnySource,
    new: AnySource | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    before: date | None = None,
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[Since, ...]:
    """Compare the earlier plan of each patient with the later one.

    Parameters: ``old`` and ``new`` are the earlier and the later records, the same one by default; ``before`` is the
    date of the earlier plan, by default that of the later one; the others are those of `hipkg.plan`.

    Raises `UsageError` for a patient whom only one of the two has, and what `hipkg.plan` raises.
    """
    knowledge = knowing(codes)
    selection = select(knowledge, documents)

    def planned(source: AnySource, day: date | None) -> Batch[Planned]:
        request = Request(format=format, as_of=day, engine=engine, selection=selection, allow_invalid=allow_invalid)
        return plan_patients(source, request, knowledge)

    earlier = warned(lambda: planned(old, before or as_of))
    later = warned(lambda: planned(old if new is None else new, as_of))
    found = (comparing.since(*one) for one in comparing.paired(earlier, later))
    return tuple(Since(**{**one._asdict(), **Plan.pair(one.before, one.after, knowledge)}) for one in found)
