"""Write JSON data as text, and what goes into it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hipkg.base.vocabulary import HIP, curie

if TYPE_CHECKING:
    from collections.abc import Sequence


def written(data: object) -> str:
    """Write data as indented JSON that ends with a line break."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def one_or_all(made: Sequence[object]) -> str:
    """Write one piece of data as it is, and several as an array."""
    return written(made[0] if len(made) == 1 else made)


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty."""
    return {name: value for name, value in fields.items() if value}


def short(iri: str) -> str:
    """Write a term of the ontology as a CURIE and anything else as it is."""
    return curie(iri) if iri.startswith(HIP) else iri
