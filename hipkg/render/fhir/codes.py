"""Write terms of the ontology as codes: the term itself, and each code that the mappings call the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base import hip
from hipkg.base.vocabulary import DEFINED_EXTENSIONS, is_term, parted
from hipkg.knowledge.terminology import EXACT
from hipkg.render.words import clean

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.terminology import Mapping, Terminology
    from hipkg.planning.records import Place

SIDE = DEFINED_EXTENSIONS + "side"


class Coder:
    """Write terms as FHIR codings and concepts.

    A code of another system is given without a display, because the names in the mappings are the project's own.
    """

    def __init__(self, knowledge: Knowledge, terminology: Terminology) -> None:
        self._knowledge = knowledge
        self._terminology = terminology
        self._grades = {
            (scale, knowledge.label(iri)): iri
            for iri, types in knowledge.individual_types.items()
            for scale in (hip.StrengthOfRecommendation, hip.QualityOfEvidence)
            if scale in types
        }

    def codings(self, term: str, place: Place | None = None) -> list[dict[str, Any]]:
        """List the codings of a term at a place, that of the ontology first.

        A code that says more than the term, another site, a side or a quality, is left out, and so is one that says
        that there is none of it, and a rule for several codes.
        """
        if not is_term(term):
            return []
        own = {**_coding(term), "display": clean(self._knowledge.label(term))}
        same = (one for one in self._terminology.of_term(term) if self._is_same(one, place))
        return [own, *({"system": one.system, "code": one.code} for one in same)]

    def concept(self, term: str, text: str = "", place: Place | None = None) -> dict[str, Any]:
        """Write a term as a concept with a text, by default its label."""
        coding = self.codings(term, place)
        return {**({"coding": coding} if coding else {}), "text": clean(text or self._knowledge.label(term))}

    def site(self, place: Place, text: str) -> dict[str, Any]:
        """Write a body site; its side, which is no body site, is an extension of the concept."""
        coding = self.codings(place.kind)
        side = [{"url": SIDE, "valueCodeableConcept": self.concept(place.side)}] if place.side else []
        return {
            **({"extension": side} if side else {}),
            **({"coding": coding} if coding else {}),
            "text": clean(text),
        }

    def statement(self, iri: str, text: str) -> dict[str, Any]:
        """Write a statement as a concept; its text is what it says."""
        return {"coding": [_coding(iri)], "text": clean(text)}

    def strength(self, label: str) -> dict[str, Any]:
        """Write a strength of recommendation."""
        return self._grade(hip.StrengthOfRecommendation, label)

    def quality(self, label: str) -> dict[str, Any]:
        """Write a quality of evidence."""
        return self._grade(hip.QualityOfEvidence, label)

    def _grade(self, scale: str, label: str) -> dict[str, Any]:
        return self.concept(self._grades[scale, label], label)

    def _is_same(self, mapping: Mapping, place: Place | None) -> bool:
        if mapping.predicate != EXACT or mapping.qualifiers or mapping.below or mapping.absence:
            return False
        if place is None:
            return not mapping.sides
        sited = not mapping.site or self._knowledge.is_a(place.kind, mapping.site)
        return sited and mapping.sides in {(), (place.side,)}


def _coding(term: str) -> dict[str, Any]:
    """Write a term as a code: its namespace is the code system."""
    system, code = parted(term)
    return {"system": system, "code": code}
