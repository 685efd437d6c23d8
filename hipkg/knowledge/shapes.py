"""The shapes of patient graphs as the release holds them: each a query for what breaks it."""

from collections.abc import Mapping, Set
from typing import NamedTuple

from pyoxigraph import NamedNode

from hipkg.base.vocabulary import PREFIXES
from hipkg.record.patient import Severity

TARGET = "$TARGET"
_SH = PREFIXES["sh"]
TARGET_CLASS, TARGET_SUBJECTS = _SH + "targetClass", _SH + "targetSubjectsOf"
TARGETS = {
    TARGET_CLASS: "?this a {} .",
    TARGET_SUBJECTS: "?this {} ?target .",
    _SH + "targetObjectsOf": "?target {} ?this .",
}
"""How the queries find focus nodes in each way, where the braces hold the term."""


class CompiledShape(NamedTuple):
    """A shape as a query for what breaks it.

    ``iri`` names the shape; ``severity`` is ``violation``, ``warning`` or ``info``; ``path`` is the IRI of the property
    that it is about, or empty for a shape of nodes; ``fix`` says how to mend what it finds, and where the plan should
    ask, ``asks`` is the question and ``asks_for`` the property that holds the answer. ``targets`` maps a term to
    the way in which it gives focus nodes; the query has `TARGET` where the patterns of the terms that a graph holds
    belong, and finds nothing in a graph without any of them, or without one of ``needs``. It binds ``?this`` and, where
    they apply, ``?path`` and ``?value``. ``glances`` are all the constraints, by name and with their classes or
    individuals, if each can be seen to be kept without a query, and empty otherwise.
    """

    iri: str
    severity: Severity
    path: str
    message: str
    fix: str
    asks: str
    asks_for: str
    targets: Mapping[str, str]
    needs: frozenset[str]
    query: str
    glances: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def query_for(self, present: Set[str]) -> str:
        """Write the query for a graph with some terms, or nothing if it cannot find anything there."""
        patterns = [TARGETS[way].format(NamedNode(term)) for term, way in self.targets.items() if term in present]
        if not patterns or not self.needs <= present:
            return ""
        target = patterns[0] if len(patterns) == 1 else " UNION ".join(f"{{ {one} }}" for one in patterns)
        return self.query.replace(TARGET, target)
