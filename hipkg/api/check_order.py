"""Check orders against what is known of patients, and write the results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hipkg.api.door import warned
from hipkg.api.known import Known
from hipkg.defence import orders as records
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


@dataclass(frozen=True)
class OrderCheck(Known):
    """The checked orders of one patient, with the knowledge that they were checked with and are written with."""

    checked: records.OrderCheck
    knowledge: Knowledge = field(repr=False, compare=False)

    @property
    def orders(self) -> tuple[records.CheckedOrder, ...]:
        """The orders, each with its verdict and its reasons."""
        return self.checked.orders

    @property
    def opposed(self) -> bool:
        """Tell whether anything speaks against any of the orders."""
        return self.checked.opposed

    def to_json(self) -> str:
        """Write the check as JSON, as ``hipkg/schemas/orders.schema.json`` describes it."""
        return self._written("json")

    def to_text(self) -> str:
        """Write the check as plain text of 80 columns."""
        return self._written("text")

    def to_markdown(self) -> str:
        """Write the check as Markdown that stands alone in a note."""
        return self._written("markdown")

    def to_fhir(self) -> dict[str, Any]:
        """Return the check as a FHIR R4 Bundle."""
        from hipkg.render.fhir.orders import orders_bundle

        return orders_bundle((self.checked,), self.knowledge)

    def _written(self, form: str) -> str:
        from hipkg.render.orders import render_orders

        return render_orders((self.checked,), form)


def check_order(
    source: AnySource,
    *orders: str,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[OrderCheck, ...]:
    """Tell for each patient in a file what speaks for and against orders, by default those on record.

    Parameters: ``orders`` are as `hipkg.defence.orders.check_order` reads them; the others are those of `hipkg.plan`.

    Raises `UsageError` for an order that is not understood, and what `hipkg.plan` raises.
    """
    knowledge = knowing(codes)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid)
    made = warned(
        lambda: each_alone(plan_patients(source, request, knowledge), lambda one: records.check_order(one, orders))
    )
    return tuple(OrderCheck(one, knowledge) for one in made)
