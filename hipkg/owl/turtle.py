"""Turtle as rdflib's longturtle lays it out: prefixes that every parser reads, the header first, subjects by IRI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdflib import OWL, RDF, BNode
from rdflib.plugins.serializers.longturtle import LongTurtleSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rdflib.term import Node


class ModuleSerializer(LongTurtleSerializer):
    """Write a module of an ontology.

    In a header the imports come last: the parser of the OWL API forgets annotations that follow them.
    """

    def startDocument(self) -> None:  # noqa: N802 - the name that rdflib calls
        """Write the prefixes as Turtle 1.0 has them: the parser of the OWL API knows no others."""
        self._started = True
        for prefix, namespace in sorted(self.namespaces.items()):
            self.write(f"@prefix {prefix}: <{namespace}> .\n")

    def orderSubjects(self) -> list[Node]:  # noqa: N802 - the name that rdflib calls
        """List the header of the ontology, and then the other subjects by their names."""
        headers = {*self.store.subjects(RDF.type, OWL.Ontology)}
        return sorted(self._subjects, key=lambda one: (isinstance(one, BNode), one not in headers, one))

    def sortProperties(self, properties: Mapping[Node, list[Node]]) -> list[Node]:  # noqa: N802 - as above
        """Order the properties of a subject, with the imports last."""
        return sorted(super().sortProperties(properties), key=lambda one: one == OWL.imports)
