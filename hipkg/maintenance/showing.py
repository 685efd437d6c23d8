"""Gather all that the ontology says of a term, and where it is used, for those who edit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base.paths import ontology_files
from hipkg.base.vocabulary import OBJECTING, RDF_TYPE
from hipkg.knowledge.wording import Wording
from hipkg.maintenance.coverage import SLOTS, folders_of
from hipkg.owl.expression import manchester, named_classes
from hipkg.owl.positions import Positions
from hipkg.owl.sources import parsed

if TYPE_CHECKING:
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.terms import Term


class Use(NamedTuple):
    """What a statement does with a term: the property that links them, and the term that it links to."""

    statement: str
    by: str
    term: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to know of a term.

    ``file`` and ``line`` tell where its block begins. ``logic`` is its definition in Manchester syntax and ``meaning``
    the same in English, both empty for a term without one. ``entailed`` are classes above it that nobody told, but not
    those that follow from others of them. ``kinds`` are classes right below it, ``named_in`` those whose definition
    names it. ``uses`` are what statements do with it, ``inherited`` what they do with an intervention that it is a kind
    of and that holds for it as well: that they refuse it, discourage it or hold it back. ``statement`` is what it says,
    if it is one; ``statements`` are those of a document; ``cases`` the folders of the cases of these, or of its uses.
    """

    term: Term
    file: str
    line: int
    logic: str
    meaning: str
    entailed: tuple[str, ...]
    kinds: tuple[str, ...]
    named_in: tuple[str, ...]
    uses: tuple[Use, ...]
    inherited: tuple[Use, ...]
    statement: StatementInfo | None
    statements: tuple[str, ...]
    cases: tuple[str, ...]


def show(term: Term, knowledge: Knowledge, cases: Path | None) -> Shown:
    """Gather what there is to know of a term.

    Parameters: ``cases`` is the folder of the cases, if there are any.
    """
    iri, above = term.iri, knowledge.superclasses
    definition = knowledge.definition(iri)
    statement = knowledge.statements.get(iri)
    uses = tuple(sorted(_uses({iri}, knowledge)))
    told = {iri, *knowledge.told_superclasses.get(iri, ())}
    told = told.union(*(above.get(one, ()) for one in told))
    entailed = above.get(iri, frozenset()) - told - knowledge.auxiliary
    below = {one for one, others in above.items() if iri in others} - knowledge.auxiliary
    wider = above.get(iri, frozenset()) if iri in knowledge.interventions else ()
    objecting = {knowledge.label(one) for one in OBJECTING}
    of_document = [one for one in knowledge.statements.values() if one.document == iri]
    used = {one.statement for one in uses}
    concerned = (
        [statement] if statement else of_document or [one for one in knowledge.statements.values() if one.id in used]
    )
    edited = knowledge.definitions.keys() - knowledge.auxiliary
    known = folders_of(cases, knowledge)[0] if cases else {}
    file, line = _place(iri)
    return Shown(
        term,
        file,
        line,
        manchester(definition) if definition else "",
        Wording(knowledge).meaning(iri),
        tuple(one for one in sorted(entailed) if not any(one in above.get(it, ()) for it in entailed)),
        tuple(one for one in sorted(below) if not any(it in above.get(one, ()) for it in below)),
        tuple(sorted(it for it in edited if iri in named_classes(knowledge.definitions[it]))),
        uses,
        tuple(one for one in sorted(_uses({*wider}, knowledge)) if one.by in objecting),
        statement,
        tuple(sorted(one.id for one in of_document)),
        tuple(path.name for one in concerned for path in known.get(one.id, ())),
    )


def _uses(iris: set[str], knowledge: Knowledge) -> set[Use]:
    """Find what statements do with terms: their effects on interventions, and their slots."""
    found = set()
    for info in knowledge.statements.values():
        if info.intervention in iris:
            found.add(Use(info.id, knowledge.label(info.effect), info.intervention))
        for slot, field in SLOTS.items():
            found |= {Use(info.id, slot, one) for one in getattr(info, field) if one in iris}
    return found


def _place(iri: str) -> tuple[str, int]:
    """Find the file and the line where the block of a term begins that declares it."""
    declared = (ox.NamedNode(iri), ox.NamedNode(RDF_TYPE))
    local = iri.rpartition("/")[2].rpartition("#")[2]
    for path in ontology_files():
        text = path.read_text(encoding="utf-8")
        if local in text and any((one.subject, one.predicate) == declared for one in parsed(path)):
            return path.name, Positions(text).line(iri)[0]
    return "", 0
