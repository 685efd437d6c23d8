"""Write terms of the ontology: as text for people, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.numbers import unit_in_words
from hipkg.base.vocabulary import curie
from hipkg.knowledge.terms import Recording, Term
from hipkg.knowledge.withdrawn import told
from hipkg.knowledge.wording import Wording
from hipkg.render.account import printable_lines
from hipkg.render.codes import code_to_json
from hipkg.render.encoder import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge, Withdrawal

_CODES_SHOWN = 3
"""How many codes of a system text tells of a term."""


def terms_to_json(terms: Iterable[Term]) -> str:
    """Write terms as a JSON array; terms are CURIEs, and what a term does not have is null or empty."""
    return written([*map(term_to_json, terms)])


def term_to_json(one: Term) -> dict[str, object]:
    """Write a term as an object of JSON."""
    return {
        "term": one.name,
        "iri": one.iri,
        "label": one.label,
        "kind": one.kind,
        "recordable": one.recordable,
        "recording": one.recording,
        "of": [*map(curie, one.of)],
        "definition": one.definition or None,
        "note": one.note or None,
        "synonyms": [*one.synonyms],
        "parents": [*map(curie, one.parents)],
        "unit": one.unit or None,
        "codes": [*map(code_to_json, one.codes)],
        "withdrawn": _withdrawn(one.withdrawal) if one.withdrawal else None,
    }


def terms_to_text(terms: Iterable[Term], knowledge: Knowledge) -> str:
    """Write terms for people, the name first and what it is below."""
    return "\n".join("\n".join(printable_lines(_lines(one, knowledge))) for one in terms)


def _lines(term: Term, knowledge: Knowledge) -> Iterator[str]:
    yield f"{term.name}  {term.label}"
    yield f"    {term.kind}; {recorded_as(term)}"
    if term.withdrawal:
        yield f"    {told(term.withdrawal, knowledge)}"
    if term.definition:
        yield f"    {term.definition}"
    if term.note:
        yield f"    {term.note}"
    if meaning := Wording(knowledge).meaning(term.iri):
        yield f"    means {meaning}"
    if term.synonyms:
        yield f"    also: {', '.join(term.synonyms)}"
    if term.parents:
        yield f"    under: {', '.join(f'{curie(one)} ({knowledge.label(one)})' for one in term.parents)}"
    for system, codes in codes_of(term, knowledge).items():
        more = f" and {len(codes) - _CODES_SHOWN} more" if len(codes) > _CODES_SHOWN else ""
        yield f"    {system}: {', '.join(codes[:_CODES_SHOWN])}{more}"


def _withdrawn(one: Withdrawal) -> dict[str, object]:
    return {
        "on": one.day or None,
        "because": one.reason or None,
        "replacedBy": [*map(curie, one.replaced_by)],
    }


def recorded_as(term: Term) -> str:
    """Say whether and how records of patients use a term."""
    of = ", ".join(map(curie, term.of))
    unit = f", in {unit_in_words(term.unit)}" if term.unit else ""
    match term.recording:
        case Recording.TYPE:
            return f"recorded as the type of a node of {of}"
        case Recording.ACTIVITY | Recording.VALUE:
            return f"recorded as the value of {of}"
        case Recording.PROPERTY:
            about = f" of a node of {of}" if of else ""
            return f"recorded as a property{about}{unit}"
        case Recording.ENTAILED:
            return "never recorded: it follows from its definition"
        case Recording.NO:
            return "not of records"


def codes_of(term: Term, knowledge: Knowledge) -> dict[str, list[str]]:
    """List the codes of a term by the names of their systems."""
    found: dict[str, list[str]] = {}
    for one in term.codes:
        system = knowledge.terminology.system(one.system)
        code = f"{one.code}{'…' if one.below else ''}"
        found.setdefault(system.name if system else one.system, []).append(code)
    return found
