"""Make therapy ledgers, and write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hipkg.api.door import warned
from hipkg.api.known import Known
from hipkg.defence import ledger as records
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True)
class Ledger(Known, records.Ledger):
    """The therapy ledger of one patient, with the knowledge that it was made with and is written with."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)

    @classmethod
    def of(cls, ledger: records.Ledger, knowledge: Knowledge) -> Ledger:
        """Put a ledger and the knowledge that it was made with together."""
        return cls(**vars(ledger), knowledge=knowledge)

    def to_dict(self) -> dict[str, Any]:
        """Return the ledger as plain data, as ``hipkg/schemas/ledger.schema.json`` describes it."""
        from hipkg.render.ledger import ledger_to_json

        return ledger_to_json(self)

    def to_json(self) -> str:
        """Write the ledger as JSON."""
        return self._written("json")

    def to_markdown(self) -> str:
        """Write the ledger as Markdown that stands alone in a note."""
        return self._written("markdown")

    def to_text(self) -> str:
        """Write the ledger as plain text of 80 columns."""
        return self._written("text")

    def _written(self, form: str) -> str:
        from hipkg.render.ledger import render_ledgers

        return render_ledgers((self,), form, self.knowledge)


def ledger(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[Ledger, ...]:
    """Make the therapy ledger of each patient in a file; the parameters and errors are those of `hipkg.plans`."""
    knowledge = knowing(codes)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid)
    made = warned(lambda: plan_patients(source, request, knowledge))
    return tuple(Ledger.of(records.ledger(one), knowledge) for one in made)
