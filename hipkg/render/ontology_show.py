"""Write all that is known of a term of the ontology, for those who edit it: as text or as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import curie
from hipkg.knowledge.withdrawn import told
from hipkg.knowledge.wording import quantity
from hipkg.render.account import printable_lines
from hipkg.render.encoder import written
from hipkg.render.terms import codes_of, recorded_as, term_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.maintenance.showing import Shown, Use

_SHOWN = 20
"""How many names text lists of one kind."""


def shown_to_json(shown: Shown) -> str:
    """Write what is known of a term as JSON: what `hipkg terms` tells of it, and how it is used."""
    return written(
        {
            **term_to_json(shown.term),
            "file": shown.file or None,
            "line": shown.line or None,
            "manchester": shown.logic or None,
            "english": shown.meaning or None,
            "entailed": [*map(curie, shown.entailed)],
            "kinds": [*map(curie, shown.kinds)],
            "namedIn": [*map(curie, shown.named_in)],
            "uses": [*map(_use, shown.uses)],
            "inherited": [*map(_use, shown.inherited)],
            "statement": _statement(shown.statement) if shown.statement else None,
            "statements": [*shown.statements],
            "cases": [*shown.cases],
        }
    )


def _use(one: Use) -> dict[str, str]:
    return {"statement": one.statement, "by": one.by, "term": curie(one.term)}


def _statement(info: StatementInfo) -> dict[str, object]:
    return {
        "kind": info.kind,
        "effect": curie(info.effect),
        "intervention": curie(info.intervention),
        **{name: [*map(curie, some)] for name, some in _slots(info).items()},
        "modality": info.modality or None,
        "strength": info.strength,
        "quality": info.quality,
        "section": info.section or None,
        "inferred": info.inferred,
    }


def _slots(info: StatementInfo) -> dict[str, tuple[str, ...]]:
    return {
        "appliesTo": info.applies_to,
        "requires": info.requires,
        "exceptFor": info.except_for,
        "satisfiedBy": info.satisfied_by,
        "accompanies": info.accompanies,
    }


def shown_to_text(shown: Shown, knowledge: Knowledge) -> str:
    """Write what is known of a term for people: each kind of knowledge under its name."""
    return "\n".join(printable_lines(_lines(shown, knowledge))) + "\n"


def _lines(shown: Shown, knowledge: Knowledge) -> Iterator[str]:
    term = shown.term
    yield f"{term.name}  {term.label}"
    rows = [(name, text) for name, text in _rows(shown, knowledge) if text]
    width = max(len(name) for name, _ in rows)
    before = ""
    for name, text in rows:
        yield f"  {name if name != before else '':<{width}}  {text}"
        before = name


def _rows(shown: Shown, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    term = shown.term
    yield "is", f"{term.kind}; {recorded_as(term)}"
    yield "stands in", f"{shown.file}:{shown.line}" if shown.file else ""
    yield "withdrawn", told(term.withdrawal, knowledge) if term.withdrawal else ""
    yield "definition", term.definition
    yield "note", term.note
    yield "also", ", ".join(term.synonyms)
    yield "Manchester", shown.logic
    yield "English", shown.meaning
    yield "under", _named(term.parents)
    yield "entailed", _named(shown.entailed)
    yield "above", _named(shown.kinds)
    yield "named in", _named(shown.named_in)
    if shown.statement:
        yield from _of_statement(shown.statement, knowledge)
    else:
        yield "statements", _several(shown.statements)
        yield from (("statements", text) for text in _by_property(shown.uses))
        yield from (("inherits", text) for text in _by_wider(shown.inherited))
        yield "refuted by", _named(sorted(knowledge.refuting(term.iri)))
    for system, codes in codes_of(term, knowledge).items():
        yield system, _several(codes)
    yield "cases", _several(shown.cases)


def _of_statement(info: StatementInfo, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    document = knowledge.documents[info.document]
    yield (
        "source",
        ", ".join(filter(None, (f"{document.id} {document.title}", info.section and f"section {info.section}"))),
    )
    yield "does", f"{knowledge.label(info.effect)} {knowledge.label(info.intervention)} ({curie(info.intervention)})"
    for name, some in _slots(info).items():
        yield name, "; ".join(f"{knowledge.label(one)} ({curie(one)})" for one in some)
    yield "modality", info.modality
    yield "grades", f"strength {info.strength}; evidence {info.quality}{'; inferred' if info.inferred else ''}"
    for one in info.bounds:
        limits = [
            f"{sign} {quantity(number, one.unit)}" for sign, number in ((">=", one.lower), ("<=", one.upper)) if number
        ]
        yield "bound", f"{one.quantity} {' and '.join(limits)}"


def _by_property(uses: Iterable[Use]) -> Iterator[str]:
    """List statements by what they do with the term."""
    for by, some in groupby(sorted(uses, key=lambda one: one.by), lambda one: one.by):
        yield f"{by}: {_several(one.statement for one in some)}"


def _by_wider(uses: Iterable[Use]) -> Iterator[str]:
    """List statements by what they do with an intervention that the term is a kind of."""
    for (by, term), some in groupby(sorted(uses, key=lambda one: (one.by, one.term)), lambda one: (one.by, one.term)):
        yield f"{by} {curie(term)}: {_several(one.statement for one in some)}"


def _named(iris: Iterable[str]) -> str:
    return _several([curie(one) for one in iris], ", ")


def _several(names: Iterable[str], by: str = " ") -> str:
    found = [*names]
    more = f"{by}and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{by.join(found[:_SHOWN])}{more}"
