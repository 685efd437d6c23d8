"""Tell how plans would change if the records were others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.defence import what_if as comparing
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import each_alone, plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


class WhatIf(comparing.WhatIf):
    """Two plans of a patient, without and with a change of the record."""

    before: Plan
    after: Plan


def what_if(
    source: AnySource,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[WhatIf, ...]:
    """Compare the plan of each patient with the plan after a change of the record.

    Parameters: ``add`` and ``remove`` are short assertions, Turtle, or ``@`` with the name of a file, as
    `hipkg.reading.assertions` reads them; the others are those of `hipkg.plan`.

    Raises `UsageError` for an assertion that is not understood or without any, and what `hipkg.plan` raises, also where
    the change makes the record invalid or contradictory; of several imported patients, the others are then compared.
    """
    comparing.check_changes(add, remove)
    knowledge = knowing(codes)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid)
    made = warned(
        lambda: each_alone(plan_patients(source, request, knowledge), lambda one: comparing.what_if(one, add, remove))
    )
    return tuple(_public(one, knowledge) for one in made)


def _public(found: comparing.WhatIf, knowledge: Knowledge) -> WhatIf:
    return WhatIf(**{**found._asdict(), **Plan.pair(found.before, found.after, knowledge)})
