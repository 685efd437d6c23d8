"""Codings of FHIR as terms of the ontology: by the mapping set, or by the ontology's own names as codes.

Any of several codings may be the one that is known. Texts and displays give no meaning. A code of the ontology's own
code system, ``https://w3id.org/hipkg/``, is the local name of a term and needs no mapping.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from hipkg.base import hip
from hipkg.base.vocabulary import DEFINED_EXTENSIONS, EXTENSIONS, HIP, namespaces
from hipkg.knowledge.memo import kept
from hipkg.knowledge.terminology import EXACT, NO_INFORMATION, NONE_KNOWN, Mapping
from hipkg.reading.fhir.elements import part, parts, text, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.terminology import Terminology
    from hipkg.reading.account import Outcome
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Refused

Key = TypeVar("Key")
Value = TypeVar("Value")
Kind = Literal["problem", "intervention", "site", "side", "value", "number", "route", ""]
_ABSENT = {NONE_KNOWN: "it says that none is known", NO_INFORMATION: "it says that there is no information"}
_SIDES_OF_CODES = {"http://fhir.de/StructureDefinition/seitenlokalisation"}
"""The extensions of a coding that name the side of what it codes."""
_NAME = 60
_MOST_KEPT = 2**13
_TERM, _ATTRIBUTE = re.compile(r"\|[^|]*\|"), re.compile(r"[0-9]+\s*=")
_BETWEEN = re.compile(r"[\s{}(),:+]+")


class Meaning(NamedTuple):
    """What the codings of a concept mean together.

    ``terms`` are the most specific terms of one kind; ``site`` is the class of body site that they imply, ``sides`` are
    those that they name, contradictory where ``torn``; ``qualifiers`` are further facts as pairs of property and value.
    """

    terms: tuple[str, ...]
    site: str
    sides: tuple[str, ...]
    torn: bool
    qualifiers: tuple[tuple[str, str], ...]


_NOTHING = Meaning((), "", (), False, ())


class Few(dict[Key, Value]):
    """What is found once and kept, up to a number; then it begins anew, for records may hold ever other words."""

    def __setitem__(self, key: Key, value: Value) -> None:
        if len(self) >= _MOST_KEPT:
            self.clear()
        super().__setitem__(key, value)


class Codes:
    """Look codings up, in the mapping set and in the ontology.

    Readers keep here what follows from concepts alone, by how these are `written`, for all patients: ``names`` of
    concepts, ``refusals`` of what is not understood, and why Observations with some codes are ``useless``, None for
    codes that can be of use.
    """

    def __init__(self, terminology: Terminology, knowledge: Knowledge) -> None:
        self._terminology = terminology
        self.knowledge = knowledge
        self._known: Few[tuple[str, str], tuple[Mapping, ...]] = Few()
        self._meanings: Few[bytes, tuple[Mapping, ...]] = Few()
        self._kinds: dict[str, Kind] = {}
        self.useless: Few[tuple[bytes, ...], Refused | None] = Few()
        self.refusals: Few[tuple[object, ...], Refused] = Few()
        self.names: Few[bytes, str] = Few()

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(self.knowledge.functional) & frozenset(self.knowledge.units)

    @cached_property
    def _routes(self) -> frozenset[str]:
        return frozenset(one.route for one in self.knowledge.interventions.values() if one.route)

    def kind(self, term: str) -> Kind:
        """Tell what a term is; empty for one that no patient's record can hold, such as a class with a definition."""
        if term not in self._kinds:
            self._kinds[term] = self._kind(term)
        return self._kinds[term]

    def _kind(self, term: str) -> Kind:
        knowledge = self.knowledge
        if term in knowledge.opposites:
            return "side"
        if term in knowledge.value_properties:
            return "value"
        if term in self._numbers:
            return "number"
        if term in self._routes:
            return "route"
        if term in knowledge.interventions or knowledge.is_a(term, hip.Intervention):
            return "intervention"
        if term in knowledge.definitions:
            return ""
        if knowledge.is_a(term, hip.Problem):
            return "problem"
        return "site" if knowledge.is_a(term, hip.BodySite) else ""

    def meanings(self, concept: Raw) -> tuple[Mapping, ...]:
        """List what the codings of a concept are mapped to, whatever the kind, in the order of the codings."""
        key = written(concept)
        found = self._meanings.get(key)
        if found is None:
            found = tuple(one for coding in parts(concept, "coding") for one in self._sided(coding))
            self._meanings[key] = found
        return found

    def _sided(self, coding: Raw) -> tuple[Mapping, ...]:
        """List what a coding is mapped to, on the side that an extension of it names beside the code.

        Where the code names another side, both are told, as those of two codings would be.
        """
        found = self.of_coding(coding)
        if "extension" not in coding:
            return found
        told = [concept_of(one) for one in parts(coding, "extension") if text(one, "url") in _SIDES_OF_CODES]
        sides = tuple(sorted({one.term for concept in told for one in self.meanings(concept) if self._is_side(one)}))
        if not sides:
            return found
        beside = tuple(one for one in found if one.sides and {*one.sides} != {*sides})
        return (*beside, *(one._replace(sides=sides) if one.site else one for one in found))

    def _is_side(self, mapping: Mapping) -> bool:
        return mapping.asserts and self.kind(mapping.term) == "side"

    def of_coding(self, coding: Raw) -> tuple[Mapping, ...]:
        """List what one coding is mapped to; for an expression, what its focus and the values in it are."""
        system, code = text(coding, "system"), text(coding, "code")
        if not system or not code:
            return ()
        found = self._known.get((system, code))
        if found is None:
            found = self._known[system, code] = self._look_up(system, code)
        return found

    def _look_up(self, system: str, code: str) -> tuple[Mapping, ...]:
        if system in namespaces():
            term = system + code
            return (Mapping(system, code, code, EXACT, term, "", (), ()),) if self.kind(term) else ()
        found = self._terminology.of_code(system, code)
        return found if found or ":" not in code else self._expressed(system, code)

    def _expressed(self, system: str, expression: str) -> tuple[Mapping, ...]:
        """Read a postcoordinated expression: its focus, and the sides and sites that refine it.

        A refinement can turn the focus into its opposite, such as to its absence or to a relative's. So of one that is
        not all sides and sites nothing is understood.
        """
        focus, _, refinement = _TERM.sub(" ", expression).partition(":")
        foci = [self._terminology.of_code(system, name) for name in _names(focus)]
        values = [
            [one for one in self._terminology.of_code(system, name) if self._where(one)]
            for name in _names(_ATTRIBUTE.sub(" ", refinement))
        ]
        if not foci or not all(foci) or not values or not all(values):
            return ()
        told = [one for value in values for one in value]
        refined = [self._refined(one, told) for each in foci for one in each]
        return () if None in refined else (*filter(None, refined), *told)

    def _where(self, mapping: Mapping) -> bool:
        return mapping.asserts and self.kind(mapping.term) in {"side", "site"}

    def _refined(self, focus: Mapping, told: Iterable[Mapping]) -> Mapping | None:
        """Add sides and sites to what a focus means; None where these are others than the focus implies."""
        sides = tuple(sorted({one.term for one in told if self.kind(one.term) == "side"}))
        named = {focus.site, *(one.term for one in told if self.kind(one.term) == "site")} - {""}
        sites = self.knowledge.narrowest(named)
        if len(sites) > 1 or (sides and focus.sides and {*sides} != {*focus.sides}):
            return None
        return focus._replace(sides=sides or focus.sides, site="".join(sites))

    def meaning(self, concepts: Iterable[Raw], kind: Kind, *, denied: bool = False) -> Meaning:
        """Join what the codings of concepts assert, of one kind; of what is ``denied``, all that then is absent."""
        found = [one for concept in concepts for one in self.meanings(concept) if self._asserts(one, kind)]
        if denied:
            found = [one for one in found if one.denies]
        if not found:
            return _NOTHING
        terms = self.knowledge.narrowest(one.term for one in found)
        told = {one.sides for one in found if one.sides}
        sides = min(told) if len(told) == 1 else ()
        sites = self.knowledge.narrowest(one.site for one in found if one.site)
        return Meaning(
            terms,
            sites[0] if len(sites) == 1 else "",
            sides,
            len(told) > 1,
            tuple(dict.fromkeys(pair for one in found for pair in one.qualifiers)),
        )

    def _asserts(self, mapping: Mapping, kind: Kind) -> bool:
        return mapping.asserts and self.kind(mapping.term) == kind

    def value(self, concept: Raw, prop: str = "") -> str:
        """Find the coded value that a concept means, of one property if one is named; empty unless it is one."""
        found = self.meaning([concept], "value").terms
        fitting = [one for one in found if not prop or self.knowledge.value_properties[one] == prop]
        return fitting[0] if len(fitting) == 1 else ""

    def given_by(self, term: str, routes: Iterable[Raw]) -> str:
        """Name a drug by what it is when given by a route: itself, or the class of any route above it; or nothing."""
        known = self.knowledge.interventions
        implied = known[term].route if term in known else ""
        if not implied or self.meaning(routes, "route").terms == (implied,):
            return term
        above = (one for one in self.knowledge.superclasses.get(term, ()) if one in known and not known[one].route)
        wider = self.knowledge.narrowest(above)
        return wider[0] if len(wider) == 1 else ""

    def idle(self, concepts: Iterable[Raw]) -> str:
        """Name the codings that are known and assert no intervention, beside others of their concept that do."""
        found: list[Raw] = []
        for concept in concepts:
            known = [(coding, self.of_coding(coding)) for coding in parts(concept, "coding")]
            silent = [one for one, meant in known if meant and not self._names_intervention(meant)]
            if any(self._names_intervention(meant) for _, meant in known):
                found += silent
        return self.describe([{"coding": found}])

    def _names_intervention(self, meant: Iterable[Mapping]) -> bool:
        return any(self._asserts(one, "intervention") for one in meant)

    def describe(self, concepts: Iterable[Raw]) -> str:
        """Name the codings of concepts by system and code, for the account of what was not understood."""
        codings = [coding for concept in concepts for coding in parts(concept, "coding")]
        return ", ".join(dict.fromkeys(filter(None, map(self._named, codings))))

    def called(self, concept: Raw) -> str:
        """Name a concept for somebody to read: as the record does, or else as the mapping set, or by its codes."""
        displays = (text(one, "display") for one in parts(concept, "coding"))
        mapped = (one.display for one in sorted(self.meanings(concept), key=lambda one: one.absence != ""))
        names = (text(concept, "text"), *displays, *mapped, self.describe([concept]))
        return " ".join(next(filter(None, names), "").split())[:_NAME]

    def _named(self, coding: Raw) -> str:
        code, uri = text(coding, "code"), text(coding, "system")
        system = self._terminology.system(uri) if uri else None
        return " ".join(filter(None, (system.name if system else uri, code)))

    def absence(self, concepts: Iterable[Raw]) -> str:
        """Say that there is nothing for concepts to name, if each says so itself; empty otherwise."""
        said = [{one.absence for one in self.meanings(concept)} for concept in concepts]
        if not said or not all(each and "" not in each for each in said):
            return ""
        return _ABSENT[NONE_KNOWN if any(NONE_KNOWN in each for each in said) else NO_INFORMATION]

    def none_known(self, concepts: Iterable[Raw]) -> tuple[str, ...]:
        """List the kinds of which concepts say that there is none."""
        found = [one for concept in concepts for one in self.meanings(concept)]
        return self.knowledge.narrowest(one.term for one in found if one.term and one.absence == NONE_KNOWN)

    def answer(self, concept: Raw) -> str:
        """Return the answer, one of `hipkg.knowledge.terminology.ANSWERS`, that a concept stands for; else nothing."""
        found = {one.answer for one in self.meanings(concept)} - {""}
        return found.pop() if len(found) == 1 else ""

    def why_not(self, concepts: Iterable[Raw], wanted: str) -> tuple[Outcome, str]:
        """Say why concepts assert nothing of the kind that is wanted, as an outcome and a reason."""
        given = [*concepts]
        mapped = [one for concept in given for one in self.meanings(concept)]
        named = self.describe(given)
        if not named:
            texts = any(text(one, "text") for one in given)
            if texts:
                return "ignored", "it has a text and no code, and texts are not read"
            return "set aside", "it has no code"
        if absent := self.absence(given):
            return "ignored", f"{absent} ({named})"
        asserting = [one for one in mapped if one.asserts]
        if asserting:
            labels = ", ".join(sorted({self.knowledge.label(one.term) for one in asserting}))
            return "ignored", f"its code means {labels}, which is no {wanted} ({named})"
        near = [one for one in mapped if one.term]
        if near:
            labels = ", ".join(sorted({self.knowledge.label(one.term) for one in near}))
            return "ignored", f"its code is only near to {labels}, which it does not assert ({named})"
        if mapped:
            return "ignored", f"its code is known, and no statement uses it ({named})"
        return "unknown code", named

    def extensions(self, raw: Raw) -> Iterator[tuple[str, Raw]]:
        """List the extensions of the import's own namespace as pairs of local name and extension."""
        for one in parts(raw, "extension"):
            url = text(one, "url")
            if url.startswith(EXTENSIONS) and not url.startswith(DEFINED_EXTENSIONS):
                yield url.removeprefix(EXTENSIONS), one


@kept
def codes_of(knowledge: Knowledge) -> Codes:
    """Give the codes of the released ontology, with what was found of them before."""
    return Codes(knowledge.terminology, knowledge)


def _names(expression: str) -> list[str]:
    """List the codes of a part of an expression, without its signs."""
    return [one for one in _BETWEEN.split(expression) if one]


def concept_of(extension: Raw) -> Raw:
    """Take the code of an extension as a concept."""
    coding = part(extension, "valueCoding")
    if coding:
        return {"coding": [coding]}
    code = text(extension, "valueCode")
    if code:
        return {"coding": [{"system": HIP, "code": code}]}
    return part(extension, "valueCodeableConcept")
