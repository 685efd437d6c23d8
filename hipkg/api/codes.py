"""Look up clinical codes, and count those of data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import tables
from hipkg.api.arguments import text as checked_text
from hipkg.api.result import Known, Several
from hipkg.base.vocabulary import curie
from hipkg.knowledge.terminology import Mapping as CodeMapping
from hipkg.pipeline.knowing import knowing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.api.arguments import Tables
    from hipkg.api.result import Form, Row

_COLUMNS: Mapping[str, type] = dict.fromkeys(("system", "code", "display", "relation", "term", "label", "site"), str)


class Codes(Known, Several[CodeMapping]):
    """Codes with the terms of the ontology that they stand for."""

    def _written(self, form: Form) -> str:
        from hipkg.render import codes as writing

        match form:
            case "json":
                return writing.codes_to_json(self)
            case "html" | "markdown":
                from hipkg.render.tables import write_table

                return write_table(*self._table(), form, repr(self))
            case "turtle":
                from hipkg.render.rdf import turtle
                from hipkg.render.skos import SKOS_PREFIXES, code_triples

                return turtle(code_triples(self, self.knowledge.terminology), SKOS_PREFIXES)
            case _:
                return writing.codes_to_text(self, self.knowledge.terminology, self.knowledge.label)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        rows = (
            (
                one.system,
                one.code,
                one.display,
                one.predicate,
                curie(one.term) if one.term else "",
                one.label,
                curie(one.site) if one.site else "",
            )
            for one in self
        )
        return _COLUMNS, rows

    def __repr__(self) -> str:
        named = ", ".join(f"{one.system} {one.code}" for one in self[:1])
        return f"<{len(self)} codes{f': {named}' if named else ''}{', …' if len(self) > 1 else ''}>"


def codes(text: str, *, system: str = "", codes: Tables = ()) -> Codes:
    """Find what a clinical code means, which codes a term has, or the codes in whose names words begin.

    Parameters: ``text`` is a code, a term by its prefixed name, or words; ``system`` keeps to the codes of one system,
    by its name or FHIR URI; ``codes`` are tables of further codes.

    Raises `UsageError` for a table that cannot be read.
    """
    knowledge = knowing(tables(codes))
    found = Codes(knowledge.terminology.search(checked_text("text", text), checked_text("system", system)))
    found.knowledge = knowledge
    return found
