"""Ask for what is unknown and matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.defence import asking
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.reading.joint import AnySource


class Interview(asking.Interview):
    """What there is to ask about one patient, what matters most first."""

    plan: Plan


def ask(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[Interview, ...]:
    """Try answers to what is asked about each patient of a file; parameters and errors are those of `hipkg.plan`."""
    knowledge = knowing(codes)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, selection=selection, allow_invalid=allow_invalid)
    made = warned(lambda: plan_patients(source, request, knowledge).each(asking.interview))
    return tuple(Interview(Plan.of(one.plan, knowledge), one.questions) for one in made)
