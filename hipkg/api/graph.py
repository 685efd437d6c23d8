"""Graphs as results: what is recorded of patients, and what the ontology entails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.api.result import Several
from hipkg.base.vocabulary import curie

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.api.result import Form, Row

_COLUMNS: Mapping[str, type] = {"subject": str, "predicate": str, "object": str, "datatype": str, "language": str}
_SHOWN = 200
"""How many triples a table for readers has."""


class Triples(Several[ox.Triple]):
    """The triples of a graph, as pyoxigraph has them."""

    def to_json(self) -> str:
        """Write the graph as JSON-LD."""
        return self._written("json")

    def _written(self, form: Form) -> str:
        from hipkg.base.output import graph_text

        match form:
            case "json":
                return graph_text(self, "jsonld")
            case "html" | "markdown":
                from hipkg.render.tables import write_table

                return write_table(_COLUMNS, self._rows(_SHOWN), form, repr(self))
            case _:
                return graph_text(self, "turtle")

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        return _COLUMNS, self._rows()

    def _rows(self, most: int | None = None) -> Iterable[tuple[str, str, str, str, str]]:
        for one in self[:most]:
            value = one.object
            kind = (curie(value.datatype.value), value.language or "") if isinstance(value, ox.Literal) else ("", "")
            yield (term_name(one.subject), term_name(one.predicate), term_name(value), *kind)

    def __repr__(self) -> str:
        return f"<{len(self)} triples about {len({one.subject for one in self})} nodes>"


def term_name(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """Name a term as a cell of a table has it: a CURIE, or the text of a literal."""
    match term:
        case ox.NamedNode():
            return curie(term.value)
        case ox.Literal():
            return term.value
        case _:
            return str(term)
