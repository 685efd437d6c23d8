"""Search the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import text as checked_text
from hipkg.api.result import Known, Several
from hipkg.base.vocabulary import curie
from hipkg.knowledge.loading import load
from hipkg.knowledge.terms import Term, find_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.api.result import Form, Row

_COLUMNS: Mapping[str, type] = {
    **dict.fromkeys(("term", "label", "kind", "recording", "definition", "parents", "unit"), str),
    "recordable": bool,
}


class Terms(Known, Several[Term]):
    """Terms of the ontology, best first."""

    def _written(self, form: Form) -> str:
        from hipkg.render import terms as writing

        match form:
            case "json":
                return writing.terms_to_json(self)
            case "html" | "markdown":
                from hipkg.render.tables import write_table

                return write_table(*self._table(), form, repr(self))
            case "turtle":
                from hipkg.render.rdf import turtle
                from hipkg.render.skos import SKOS_PREFIXES, term_triples

                return turtle(term_triples(self, self.knowledge.terminology), SKOS_PREFIXES)
            case _:
                return writing.terms_to_text(self, self.knowledge)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        rows = (
            (
                one.name,
                one.label,
                one.kind,
                one.recording,
                one.definition,
                tuple(map(curie, one.parents)),
                one.unit,
                one.recordable,
            )
            for one in self
        )
        return _COLUMNS, rows

    def __repr__(self) -> str:
        return f"<{len(self)} terms{f': {self[0].name}' if self else ''}{', …' if len(self) > 1 else ''}>"


def terms(text: str) -> Terms:
    """Find the terms of the ontology that a text names, best first, as `hipkg.knowledge.terms.find_terms` does.

    Parameters: ``text`` is words, a label, a name with or without prefix, an id of a statement, or an IRI.
    """
    knowledge = load()
    found = Terms(find_terms(checked_text("text", text), knowledge))
    found.knowledge = knowledge
    return found
