"""Tell how plans change as weaker statements are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.defence import sensitivity as dropping
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import each_alone, read_checked
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.knowledge.selection import Scale
    from hipkg.reading.joint import AnySource


def sensitivity(
    source: AnySource,
    *,
    by: Scale = "strength",
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[dropping.Sensitivity, ...]:
    """Tell for each patient of a file how the plan changes as weaker statements are dropped.

    Parameters: ``by`` is the scale of the grades, ``strength`` or ``evidence``; the others are those of `hipkg.plans`.

    Raises `UsageError` for an unknown scale, and what `hipkg.plans` raises.
    """
    knowledge = knowing(codes)
    selections = dropping.selections(knowledge, by, documents, grade_objections=grade_objections)
    request = Request(format=format, as_of=as_of, allow_invalid=allow_invalid)
    return warned(
        lambda: each_alone(
            read_checked(source, request, knowledge),
            lambda one: dropping.sensitivity(one, by, selections, knowledge),
        )
    )
