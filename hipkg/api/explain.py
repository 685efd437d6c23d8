"""Explain why an action or a statement stands as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.defence.explainer import Explainer
from hipkg.defence.targets import find_target
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.defence.explainer import Explanation
    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


def explain(
    source: AnySource,
    target: str,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[Explanation, ...]:
    """Explain an action or a statement, once for each place of each patient of a source.

    Parameters: ``target`` is the id of a statement, or an intervention by label, part of a label, local name or CURIE;
    the others are those of `hipkg.plan`.

    Raises `UsageError` for an unknown or ambiguous target, and what `hipkg.plan` raises.
    """
    knowledge = knowing(codes)
    iri = find_target(target, knowledge)
    selection = select(knowledge, documents)
    request = Request(format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid)
    return warned(
        lambda: plan_patients(source, request, knowledge).gathered(lambda planned: Explainer(planned).explain(iri))
    )
