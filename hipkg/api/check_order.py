"""Check orders against what is known of patients, and write the results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hipkg.api.arguments import asked, texts
from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import orders as checking
from hipkg.pipeline.process import each_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class OrderCheck(Result, checking.OrderCheck):
    """The checked orders of one patient, with the knowledge that they were checked with and are written with."""

    plan: Plan
    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "order": str,
        "intervention": str,
        "site": str,
        "verdict": str,
        "aspect": str,
        "statement": str,
        "reason": str,
    }

    def to_fhir(self) -> dict[str, Any]:
        """Return the check as a FHIR R4 Bundle."""
        from hipkg.render.fhir.orders import orders_bundle

        return orders_bundle((self,), self.knowledge)

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:  # noqa: ARG003 - as others
        from hipkg.render.orders import render_orders

        return render_orders(found, form)

    def _rows(self) -> Iterator[Row]:
        from hipkg.render.orders import words_of

        for order in self.orders:
            about = (order.label, curie(order.intervention), order.site, order.verdict)
            for one in order.reasons or (None,):
                reason = (one.aspect, one.statement, words_of(one)) if one else ("", "", "")
                yield (self.plan.patient, self.plan.as_of, *about, *reason)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.plan.patient, ", ".join(f"{one.label}: {one.verdict}" for one in self.orders) or "no order"


def check_order(
    source: Source,
    *orders: str,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[OrderCheck]:
    """Tell for each patient of a source what speaks for and against orders, by default those on record.

    Parameters: ``orders`` are as `hipkg.defence.orders.check_order` reads them; the others are those of `hipkg.plans`.

    Raises `UsageError` for an order that is not understood, and what `hipkg.plans` raises.
    """
    given = texts("orders", orders)
    wanted = asked(
        format=format, as_of=as_of, engine=engine, documents=documents, allow_invalid=allow_invalid, codes=codes
    )
    made = warned(lambda: each_alone(wanted.planned(source), lambda one: checking.check_order(one, given)))
    known = wanted.knowledge
    return Results.of((OrderCheck.of(one, known, plan=Plan.of(one.plan, known)) for one in made), OrderCheck, known)
