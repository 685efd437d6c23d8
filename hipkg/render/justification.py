"""Write why something follows: as lines of Manchester syntax with their places, and as JSON."""

from __future__ import annotations

from hipkg.base.vocabulary import curie, is_term, local_name
from hipkg.maintenance.diff.axioms import Assertion
from hipkg.maintenance.justification import Justification, Question
from hipkg.render.encoder import Writer
from hipkg.render.words import counted

_JSON = Writer(
    {
        Justification: "question @term @superclass? follows axioms others? complete?",
        Assertion: "@term=asserted.subject frame=asserted.frame keyword=asserted.keyword text=asserted.text "
        "module line",
    }
)
_EXCLUDING = {("DisjointWith", ""), ("Characteristics", "Functional")}
"""What excludes something, as a keyword and a text that any is of if it is empty."""


def justification_to_json(found: Justification) -> str:
    """Write a justification as JSON."""
    return _JSON.text(found)


def justification_to_text(found: Justification) -> str:
    """Write a justification for reading, an axiom or a fact in each line."""
    term = _name(found.term)
    if not found.follows:
        return _not_so(found, term)
    said = {
        Question.SUBCLASS: f"{term} is under {_name(found.superclass)}",
        Question.UNSATISFIABLE: f"{term} can have no member",
        Question.INCONSISTENT: f"{term} contradicts the ontology",
    }[found.question]
    if not found.axioms:
        return f"{said}, whatever the axioms.\n"
    together = "this" if len(found.axioms) == 1 else f"these {counted(len(found.axioms), 'axiom')} together"
    lines = [f"{said} by {together}, and not without any of them:", *(f"  {_line(one)}" for one in found.axioms)]
    for some in found.others:
        lines += ["or by these:", *(f"  {_line(one)}" for one in some)]
    if found.complete:
        lines.append("There is no other such set." if found.others else "There is no other set from which it follows.")
    elif found.others:
        lines.append("There may be more: --limit, or --all.")
    if found.question == Question.SUBCLASS and any(map(_excludes, found.axioms)):
        lines.append(f"Something is excluded here: ask whether {term} can have a member: hipkg ontology why {term}")
    return "\n".join(lines) + "\n"


def _not_so(found: Justification, term: str) -> str:
    match found.question:
        case Question.SUBCLASS:
            said = f"It does not follow that {term} is under {_name(found.superclass)}."
        case Question.UNSATISFIABLE:
            said = f"{term} can have members. Ask why it is under a class: hipkg ontology why {term} CLASS"
        case Question.INCONSISTENT:
            said = f"{term} does not contradict the ontology."
    return f"{said}\n"


def _line(one: Assertion) -> str:
    told = one.asserted
    place = f"{one.module}:{one.line}" if one.line else one.module
    return f"{told.frame}: {_name(told.subject)} {told.keyword}: {told.text} [{place}]"


def _excludes(one: Assertion) -> bool:
    return not _EXCLUDING.isdisjoint({(one.asserted.keyword, ""), (one.asserted.keyword, one.asserted.text)})


def _name(iri: str) -> str:
    return local_name(iri) if is_term(iri) or ":" not in iri else curie(iri)
