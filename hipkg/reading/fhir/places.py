"""Body sites and sides: from the code, from bodySite with its qualifiers, from a BodyStructure; or else not known.

A side that no code names stays unknown, and so does one that is in dispute: codes name different ones, a text names
another than the codes, or a code that is not known stands where the site would be. Texts name no side by themselves.
Nothing is taken for the same site as another because neither names a side.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.groups import reached
from hipkg.base.vocabulary import DEFINED_EXTENSIONS
from hipkg.reading.fhir.codes import concept_of
from hipkg.reading.fhir.elements import flag, modified_by, part, parts, text, texts_of
from hipkg.reading.fhir.records import Place, Unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
_NAMING = {
    "code", "bodySite", "procedureCode", "reasonCode", "diagnosis", "conclusionCode", "valueCodeableConcept"
}  # fmt: skip
_LONGEST_TEXT = 60
_WORD = re.compile(r"\b[^\W\d_]+\b")
_NO_LATERALITY = "an extension that is not known as one of sides names a side, so this is not used"


class _Site(NamedTuple):
    """What one bodySite says: a class of site, sides, and the BodyStructure that it points to; each may be empty.

    ``torn`` tells that it names different sides, ``unread`` names codes that are not known, ``texts`` are its words;
    ``doubt`` tells of a BodyStructure that is not used.
    """

    kind: str = ""
    sides: tuple[str, ...] = ()
    anchor: str = ""
    torn: bool = False
    doubt: str = ""
    unread: str = ""
    texts: tuple[str, ...] = ()


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
    one: Resource,
    concepts: Sequence[Raw],
    meaning: Meaning,
    sites: Sequence[Raw],
    context: Context,
    *,
    name: str = "bodySite",
) -> Whereabouts:
    """Find where a fact is.

    Parameters: ``meaning`` is that of its codes, ``concepts``; ``sites`` are the concepts of the element ``name``.

    Raises `Unused` if code and bodySite are of different places.
    """
    knowledge = context.knowledge
    told = [*(_stated(site, one, context) for site in sites), *_structures(one.raw, one, context)]
    told += _qualified(one.raw, context)
    stated = _joined(told)
    found = _closest([place for each in stated for place in _places(each, meaning, one.key, knowledge)], one.key)
    if not found:
        found = _places(_Site(), meaning, one.key, knowledge)
    unread = _unread_sites(told)
    flags = [*dict.fromkeys(each.doubt for each in stated if each.doubt)]
    disputed = _disputed(told, meaning, [*texts_of(concepts)], found, knowledge)
    if not flags and not disputed and (unread or (sites and not any(each.kind or each.sides for each in told))):
        flags.append(f"{name} has no code that is known ({unread or context.codes.describe(sites) or 'text only'})")
    if not found and any(each.sides for each in stated):
        flags.append("a side is named and no site, so it is not used")
    if disputed:
        flags.append(f"{disputed}, so the side is not used")
        found = [*dict.fromkeys(_with_side_in_dispute(place, one.key) for place in found)]
    source = (name,) if any(each.kind or each.sides or each.anchor for each in stated) else ()
    return Whereabouts(tuple(found), source, (*flags, *_side_lost(meaning, found, name, knowledge)))


def _with_side_in_dispute(place: Place, key: str) -> Place:
    return Place(place.kind, "", key, disputed=True) if place.side or place.anchor else place


def _disputed(
    told: Sequence[_Site],
    meaning: Meaning,
    texts: Sequence[str],
    found: Sequence[Place],
    knowledge: Knowledge,
) -> str:
    """Say why the sides of places that were found are in doubt; empty if they are not."""
    if not any(is_sided(place.kind, knowledge) for place in found):
        return ""
    if meaning.torn or any(each.torn for each in told):
        return "its codes name different sides"
    named = {place.side for place in found if place.side}
    if any({*each.sides} - named for each in told):
        return "its bodySite names different sides"
    stated = {side for each in told for side in each.sides}
    if stated and meaning.sides and stated != {*meaning.sides}:
        return "its code and its site name different sides"
    for sides, words in (({*each.sides} or named, each.texts) for each in told):
        if other := _named_otherwise(sides, words, knowledge):
            return other
    if other := _named_otherwise(named, texts, knowledge):
        return other
    unread = [each for each in told if each.unread and not each.kind]
    if named and not all(_agrees(named, each.texts, knowledge) for each in unread):
        return f"a code that is not known ({_unread_sites(unread)}) stands for the site, and may name another side"
    return ""


def _unread_sites(told: Iterable[_Site]) -> str:
    return ", ".join(dict.fromkeys(each.unread for each in told if each.unread and not each.kind))


def _agrees(sides: set[str], texts: Iterable[str], knowledge: Knowledge) -> bool:
    """Tell whether a text names sides, and no others."""
    return any(frozenset(sides) == frozenset().union(*_sides_in(each, knowledge)) for each in texts)


def _sides_in(words: str, knowledge: Knowledge) -> list[frozenset[str]]:
    """List the sides that each word of a text names, none for most."""
    return [knowledge.side_words.get(word.casefold(), frozenset()) for word in _WORD.findall(words)]


def _named_otherwise(sides: set[str], texts: Iterable[str], knowledge: Knowledge) -> str:
    """Say that a text names other sides than the codes; it may speak of the other side beside that of the codes."""
    for each in texts if sides else ():
        words = _sides_in(each, knowledge)
        named = {side for word in words for side in word}
        if named and named != sides and not (sides <= named and all(len(word) <= 1 for word in words)):
            return f"its words name another side than its codes ({each[:_LONGEST_TEXT]!r})"
    return ""


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
    anchor = stated.anchor or key
    return [Place(kind, side, "") for side in stated.sides or meaning.sides] or [Place(kind, "", anchor)]


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


def _joined(stated: Sequence[_Site]) -> list[_Site]:
    """Let concepts that only name a side qualify the sites beside them."""
    bare = [one for one in stated if not one.kind and one.sides and not one.anchor]
    sides = tuple(dict.fromkeys(side for one in bare for side in one.sides))
    placed = [one for one in stated if one not in bare]
    if not any(one.kind or one.anchor for one in placed):
        return [*bare, *placed]
    return [one if one.sides else one._replace(sides=sides) for one in placed]


def _stated(site: Raw, owner: Resource, context: Context) -> _Site:
    where, side = context.codes.meaning([site], "site"), context.codes.meaning([site], "side")
    within = [each for holder in (site, *parts(site, "coding")) for each in parts(holder, "extension")]
    lateral = [concept_of(each) for each in within if text(each, "url") in _LATERALITY]
    others = [concept_of(each) for each in within if text(each, "url") not in _LATERALITY]
    qualified = context.codes.meaning(lateral, "side")
    structure = next(iter(_structures(site, owner, context)), _Site())
    doubt = structure.doubt or (_NO_LATERALITY if context.codes.meaning(others, "side").terms else "")
    named = _one_side(where.sides, (*side.terms, *qualified.terms)) or structure.sides
    kind = (where.terms[0] if len(where.terms) == 1 else "") or structure.kind
    torn = where.torn or structure.torn or _differ(where.sides, side.terms, qualified.terms)
    unread = structure.unread or _unread([site], context)
    return _Site(kind, named, structure.anchor, torn, doubt, unread, (*texts_of([site, *lateral]), *structure.texts))


def _qualified(raw: Raw, context: Context) -> Iterator[_Site]:
    """Read the sides that extensions for laterality of a whole resource name."""
    lateral = [concept_of(each) for each in parts(raw, "extension") if text(each, "url") in _LATERALITY]
    if sides := context.codes.meaning(lateral, "side").terms:
        yield _Site(sides=sides, texts=tuple(texts_of(lateral)))


def _one_side(implied: tuple[str, ...], named: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*implied, *named)))


def _differ(implied: Sequence[str], *named: Sequence[str]) -> bool:
    """Tell whether qualifiers name other sides than a code that names one itself, or than each other."""
    said = {frozenset(one) for one in named if one}
    return len(said | {frozenset(implied)}) > 1 if implied and said else len(said) > 1


def _unread(concepts: Sequence[Raw], context: Context) -> str:
    """Name the codings of concepts that are not known."""
    codings = [coding for concept in concepts for coding in parts(concept, "coding") if text(coding, "code")]
    return context.codes.describe([{"coding": [one for one in codings if not context.codes.of_coding(one)]}])


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
                yield _Site(doubt=f"the BodyStructure that it refers to {why}, so it is not used")
                continue
            location = part(target.raw, "location")
            where = context.codes.meaning([location], "site")
            qualifiers = parts(target.raw, "locationQualifier")
            inner = context.codes.meaning([location], "side").terms
            side = context.codes.meaning(qualifiers, "side").terms
            kind = where.terms[0] if len(where.terms) == 1 else ""
            yield _Site(
                kind,
                _one_side(where.sides, (*inner, *side)),
                f"{target.key}{reference if reference.startswith('#') else ''}",
                where.torn or _differ(where.sides, inner, side),
                unread=_unread([location], context),
                texts=tuple(texts_of([location, *qualifiers])),
            )
