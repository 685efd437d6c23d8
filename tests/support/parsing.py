"""Let rdflib parse each SPARQL text once: parsing takes it longer than answering, and pySHACL asks the same again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor

if TYPE_CHECKING:
    from rdflib.plugins.sparql.sparql import Query


class ParsedOnce(SPARQLProcessor):
    """The processor of rdflib, which keeps what it has parsed."""

    def query(self, query: str | Query, bindings: Any = None, namespaces: Any = None, *further: Any) -> Any:
        known = tuple(sorted((namespaces or {}).items()))
        return super().query(parsed(query, known) if isinstance(query, str) else query, bindings, namespaces, *further)


@cache
def parsed(text: str, namespaces: tuple[tuple[str, str], ...]) -> Query:
    return prepareQuery(text, initNs=dict(namespaces))
