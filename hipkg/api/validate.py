"""Check patients against the shapes and the vocabulary of the ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import read_checked
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hipkg.reading.joint import AnySource
    from hipkg.validation.findings import Finding


def validate(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    codes: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Check every patient of a file against the shapes; the parameters and errors are those of `plans`."""
    request = Request(format=format, as_of=as_of, allow_invalid=True)
    return warned(lambda: read_checked(source, request, knowing(codes)).gathered(lambda one: one.findings))
