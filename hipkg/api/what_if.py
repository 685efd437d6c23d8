"""Tell how plans would change if the records were others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.plan import Plan
from hipkg.defence import what_if as comparing
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.planning import records
    from hipkg.reasoning.engines import EngineName


class WhatIf(comparing.WhatIf):
    """Two plans of a patient, without and with a change of the record."""

    before: Plan
    after: Plan


def what_if(
    source: str | os.PathLike[str] | bytes,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
) -> tuple[WhatIf, ...]:
    """Compare the plan of each patient with the plan after a change of the record.

    Parameters: ``add`` and ``remove`` are short assertions, Turtle, or ``@`` with the name of a file, as
    `hipkg.reading.assertions` reads them; the others are those of `hipkg.plan`.

    Raises `UsageError` for an assertion that is not understood or without any, and what `hipkg.plan` raises, also where
    the change makes the record invalid or contradictory; of several imported patients, the others are then compared.
    """
    made = comparing.what_if(
        source,
        add=add,
        remove=remove,
        format=format,
        as_of=as_of,
        engine=engine,
        documents=documents,
        allow_invalid=allow_invalid,
    )
    knowledge = load()

    def public(plan: records.Plan) -> Plan:
        return Plan.of(plan, knowledge)

    return tuple(WhatIf._make(one._replace(before=public(one.before), after=public(one.after))) for one in made)
