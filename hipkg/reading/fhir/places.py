"""Body sites and sides: from the code, from bodySite with its qualifiers, from a BodyStructure; or else not known.

A side that no code names stays unknown. Nothing is taken for the same site as another because neither names a side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.groups import reached
from hipkg.base.vocabulary import DEFINED_EXTENSIONS
from hipkg.reading.fhir.codes import concept_of
from hipkg.reading.fhir.elements import flag, modified_by, part, parts, text
from hipkg.reading.fhir.records import Place, Unused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

_BODY_STRUCTURE = (
    "http://hl7.org/fhir/StructureDefinition/bodySite",
    "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure",
)
_LATERALITY = {
    DEFINED_EXTENSIONS + "side",
    "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier",
    "http://hl7.eu/fhir/StructureDefinition/laterality-qualifier",
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-BodyStructure.includedStructure.laterality",
}
_NAMING = {"code", "bodySite", "procedureCode", "reasonCode", "conclusionCode", "valueCodeableConcept"}
_NO_LATERALITY = "an extension that is not known as one of sides names a side, so this is not used"


class _Site(NamedTuple):
    """What one bodySite says: a class of site, sides, and the BodyStructure that it points to; each may be empty.

    ``doubt`` tells of a BodyStructure that is not used.
    """

    kind: str
    sides: tuple[str, ...]
    anchor: str
    torn: bool = False
    doubt: str = ""


class Whereabouts(NamedTuple):
    """Where a fact is, with the elements that say so and what is doubtful."""

    places: tuple[Place, ...]
    sources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def is_sided(kind: str, knowledge: Knowledge) -> bool:
    """Tell whether sites of a class are on one side of the body: by the class, or by what they are parts of."""
    return any(knowledge.is_a(kind, one) for one in knowledge.sided) or any(
        is_sided(whole, knowledge) for whole in wholes_of(kind, knowledge)
    )


def names_site(source: str) -> bool:
    """Tell whether a source, ``Type/id#element``, is an element that can name a site or a side."""
    return source.rpartition("#")[2].rpartition(".")[2] in _NAMING


def wholes_of(kind: str, knowledge: Knowledge) -> frozenset[str]:
    """List the classes of sites that sites of a class are parts of."""
    return frozenset(
        whole
        for one in (kind, *knowledge.superclasses.get(kind, ()))
        for whole in knowledge.wholes.get(one, ())
        if whole != kind
    )


def whereabouts(
    one: Resource, meaning: Meaning, sites: Sequence[Raw], context: Context, *, name: str = "bodySite"
) -> Whereabouts:
    """Find where a fact is.

    Parameters: ``meaning`` is that of its code; ``sites`` are the concepts of the element ``name``.

    Raises `Unused` if code and bodySite contradict each other.
    """
    knowledge = context.knowledge
    stated = [*_joined([*(_stated(site, one, context) for site in sites), *_structures(one.raw, one, context)])]
    if meaning.torn or any(each.torn for each in stated):
        raise Unused("set aside", "its codes name different sides")
    unread = bool(sites) and not any(each.kind or each.sides for each in stated)
    found = _closest([place for each in stated for place in _places(each, meaning, one.key, knowledge)], one.key)
    if not found:
        found = _places(_Site("", (), ""), meaning, one.key, knowledge)
    flags: tuple[str, ...] = ()
    if unread and (not found or any(place.anchor for place in found)):
        flags = (f"{name} has no code that is known ({context.codes.describe(sites) or 'text only'})",)
    if not found and any(each.sides for each in stated):
        flags = ("a side is named and no site, so it is not used",)
    told = any(each.kind or each.sides or each.anchor for each in stated)
    doubts = dict.fromkeys(each.doubt for each in stated if each.doubt)
    lost = _side_lost(meaning, found, name, knowledge)
    return Whereabouts(tuple(found), (name,) if told else (), (*(tuple(doubts) or flags), *lost))


def _side_lost(meaning: Meaning, found: Sequence[Place], name: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Tell of a side that a code names at a site that has none here."""
    if not meaning.sides or not found or any(is_sided(place.kind, knowledge) for place in found):
        return ()
    sides = " and ".join(map(knowledge.label, meaning.sides))
    return (f"its code names the {sides} side of a wider or unknown site, so it is not used; a {name} would tell",)


def _closest(places: list[Place], key: str) -> list[Place]:
    """Leave out what says less of a site than what stands beside it: no side beside a side, no name beside one."""
    named = {place.kind for place in places if place.side or place.anchor not in {"", key}}
    return [place for place in dict.fromkeys(places) if place.kind not in named or place.side or place.anchor != key]


def _places(stated: _Site, meaning: Meaning, key: str, knowledge: Knowledge) -> list[Place]:
    kind = _narrower(stated.kind, meaning.site, knowledge)
    if not kind:
        return []
    if not is_sided(kind, knowledge):
        return [Place(kind, "", "")]
    sides = _agreed(stated.sides, meaning.sides)
    anchor = stated.anchor or key
    return [Place(kind, side, "") for side in sides] or [Place(kind, "", anchor)]


def _narrower(stated: str, implied: str, knowledge: Knowledge) -> str:
    """Take the narrower of two classes of sites; raises `Unused` if they are different places."""
    if not stated or not implied:
        return stated or implied
    if stated in _around(implied, knowledge):
        return implied
    if implied in _around(stated, knowledge):
        return stated
    raise Unused(
        "set aside", f"its code is about the {knowledge.label(implied)} and its site is the {knowledge.label(stated)}"
    )


def _around(kind: str, knowledge: Knowledge) -> set[str]:
    """Collect a class of sites with its wider classes and with what they are parts of."""
    above, wholes = knowledge.superclasses, knowledge.wholes
    return reached([kind], lambda one: (*above.get(one, ()), *wholes.get(one, ())))


def _agreed(stated: tuple[str, ...], implied: tuple[str, ...]) -> tuple[str, ...]:
    if stated and implied and {*stated} != {*implied}:
        raise Unused("set aside", "its code and its site name different sides")
    return stated or implied


def _joined(stated: list[_Site]) -> Iterator[_Site]:
    """Let concepts that only name a side qualify the sites beside them."""
    bare = [one for one in stated if not one.kind and one.sides and not one.anchor]
    sides = tuple(dict.fromkeys(side for one in bare for side in one.sides))
    placed = [one for one in stated if one not in bare]
    if not placed:
        yield from bare
    for one in placed:
        yield one if one.sides else one._replace(sides=sides)


def _stated(site: Raw, owner: Resource, context: Context) -> _Site:
    where, side = context.codes.meaning([site], "site"), context.codes.meaning([site], "side")
    within = [each for holder in (site, *parts(site, "coding")) for each in parts(holder, "extension")]
    lateral = [concept_of(each) for each in within if text(each, "url") in _LATERALITY]
    others = [concept_of(each) for each in within if text(each, "url") not in _LATERALITY]
    qualified = context.codes.meaning(lateral, "side")
    doubt = _NO_LATERALITY if context.codes.meaning(others, "side").terms else ""
    sides = tuple(dict.fromkeys((*where.sides, *side.terms, *qualified.terms)))
    kind = where.terms[0] if len(where.terms) == 1 else ""
    structure = next(iter(_structures(site, owner, context)), _Site("", (), ""))
    torn = where.torn or structure.torn
    return _Site(kind or structure.kind, sides or structure.sides, structure.anchor, torn, structure.doubt or doubt)


def _structures(raw: Raw, owner: Resource, context: Context) -> Iterator[_Site]:
    """Read the BodyStructures that the extensions of an element point to."""
    for extension in parts(raw, "extension"):
        if text(extension, "url") in _BODY_STRUCTURE:
            reference = text(part(extension, "valueReference"), "reference")
            target = context.index.target(reference, owner)
            if target is None:
                continue
            if flag(target.raw, "active") is False or modified_by(target.raw):
                why = "is not in use" if flag(target.raw, "active") is False else "has an extension that is not known"
                yield _Site("", (), "", doubt=f"the BodyStructure that it refers to {why}, so it is not used")
                continue
            location = part(target.raw, "location")
            where = context.codes.meaning([location], "site")
            side = context.codes.meaning([location, *parts(target.raw, "locationQualifier")], "side")
            sides = tuple(dict.fromkeys((*where.sides, *side.terms)))
            kind = where.terms[0] if len(where.terms) == 1 else ""
            anchor = f"{target.key}{reference if reference.startswith('#') else ''}"
            yield _Site(kind, sides, anchor, where.torn)
