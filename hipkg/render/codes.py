"""Write mappings of codes, and the codes that are not known: as text for people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base.vocabulary import curie
from hipkg.knowledge.terminology import PREDICATES
from hipkg.render.account import printable_lines
from hipkg.render.encoder import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hipkg.knowledge.terminology import Mapping, Terminology
    from hipkg.reading.fhir.usage import UnknownCode, Usage

_RELATIONS = dict(
    zip(
        PREDICATES,
        (
            "means",
            "falls under",
            "is close to, not recorded as",
            "covers more than, not recorded as",
            "has to do with, not recorded as",
        ),
        strict=True,
    )
)
_BY_NEXT = " · side by the next character"


def codes_to_json(mappings: Iterable[Mapping]) -> str:
    """Write mappings as a JSON array; terms are CURIEs, and null for a code that no statement uses."""
    return written([code_to_json(one) for one in mappings])


def code_to_json(mapping: Mapping) -> dict[str, Any]:
    """Turn a mapping into what JSON can hold."""
    return {
        "system": mapping.system,
        "code": mapping.code,
        "display": mapping.display,
        "predicate": mapping.predicate if mapping.term else None,
        "term": curie(mapping.term) if mapping.term else None,
        "label": mapping.label or None,
        "recorded": mapping.asserts,
        "site": curie(mapping.site) if mapping.site else None,
        "sides": [curie(one) for one in mapping.sides],
        "qualifiers": [{"property": curie(prop), "value": curie(value)} for prop, value in mapping.qualifiers],
        "rule": mapping.rule or None,
        "below": mapping.below or None,
        "comment": mapping.comment or None,
        "seenIn": mapping.seen_in,
    }


def codes_to_text(mappings: Iterable[Mapping], terminology: Terminology, label: Callable[[str], str]) -> str:
    """Write mappings for people, the code first and what it means below.

    Parameters: ``label`` names a term of the ontology.
    """
    return "".join(f"{line}\n" for one in mappings for line in _lines(one, terminology, label))


def _lines(mapping: Mapping, terminology: Terminology, label: Callable[[str], str]) -> Iterator[str]:
    system = terminology.system(mapping.system)
    more = "…" if mapping.below else ""
    yield f"{system.name if system else mapping.system} {mapping.code}{more}  {mapping.display}"
    if mapping.term:
        place = f" · {label(mapping.site)}" if mapping.site else ""
        sides = "".join(f" · {label(one)}" for one in mapping.sides) + (_BY_NEXT if mapping.sides_below else "")
        facts = "".join(f" · {label(value)}" for _, value in mapping.qualifiers)
        relation = _RELATIONS[mapping.predicate]
        yield f"    {relation} {mapping.label} ({curie(mapping.term)}){place}{sides}{facts}"
    else:
        yield "    is known, and no statement uses it"
    if mapping.rule:
        yield f"    by the rule for {mapping.rule}…"
    if mapping.comment:
        yield f"    {mapping.comment}"
    yield f"    seen in: {mapping.seen_in}"


def usage_to_json(usage: Usage) -> str:
    """Write how often a data set uses codes, and which of them are not known, as a JSON object."""
    unknown = [{**one._asdict(), "name": one.name or None, "resources": dict(one.resources)} for one in usage.unknown]
    return written({**usage._asdict(), "unknown": unknown})


def usage_to_text(usage: Usage) -> str:
    """Write how often a data set uses codes, and which of them are not known, a line for each, most used first."""
    head = f"{usage.source}: codes are used {usage.used} times, {usage.known} times one that is known"
    return "\n".join(printable_lines([head, *map(_usage_line, usage.unknown)]))


def _usage_line(one: UnknownCode) -> str:
    beside = one.times - one.alone
    known = f" · {beside} times beside a known code" if beside else ""
    types = ", ".join(f"{name} {count}" for name, count in one.resources)
    return f"{one.times:>7}  {one.name or one.system} {one.code}  {one.display or '(no display)'} · {types}{known}"
