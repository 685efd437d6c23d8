"""Check patients against the shapes and the vocabulary of the ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.pipeline.process import validated
from hipkg.reading.sources import read

if TYPE_CHECKING:
    import os
    from datetime import date

    from hipkg.validation.findings import Finding


def validate(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
) -> tuple[Finding, ...]:
    """Check every patient of a file against the shapes; the parameters and errors are those of `plans`."""
    return tuple(one for found in validated(read(source, format=format, as_of=as_of)).values() for one in found)
