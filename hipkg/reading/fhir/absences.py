"""Read what is recorded as absent: what is refuted, answered by no, or of which none is known.

What is said of a body site is absent there. Where the code itself implies the site, and no side is named, it is absent
on both sides; any other site without its side could be either, so that nothing follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.reading.fhir.elements import parts
from hipkg.reading.fhir.places import whereabouts
from hipkg.reading.fhir.records import Absence, Stated, Unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.places import Whereabouts
    from hipkg.reading.fhir.records import Place, Resource


def none_of(one: Resource, kinds: Iterable[str], element: str) -> Stated:
    """State that a patient is without some kinds of problems or interventions."""
    source = f"{one.key}#{element}"
    return Stated(tuple(Absence(one.key, one.key, kind, None, (source,)) for kind in kinds))


def seen_by(study: Meaning | None, finding: Meaning) -> Meaning:
    """Add to what a finding means the side of the study that shows it; it is in doubt where it names another itself."""
    if study is None or (len(study.sides) > 1 and not study.torn):
        return finding
    differ = bool(finding.sides and study.sides and {*finding.sides} != {*study.sides})
    return finding._replace(sides=finding.sides or study.sides, torn=finding.torn or study.torn or differ)


def absent(
    one: Resource,
    concept: Raw,
    context: Context,
    *,
    suffix: str = "",
    element: str = "code",
    study: Meaning | None = None,
) -> Stated:
    """State that what a concept means is absent where the resource says.

    Parameters: ``suffix`` tells several facts of a resource apart; ``element`` is the one that names what is absent;
    ``study`` is the one by which it is not seen.

    Raises `Unused` where a side would have to be known, or where the code means less than the term.
    """
    meaning = context.codes.meaning([concept], "problem", denied=True)
    if not meaning.terms:
        wider = ", ".join(map(context.knowledge.label, context.codes.meaning([concept], "problem").terms))
        raise Unused("ignored", f"it says that one kind of {wider} is absent, and any other may be there")
    meaning = seen_by(study, meaning)
    where = whereabouts(one, [concept], meaning, parts(one.raw, "bodySite"), context)
    sources = tuple(f"{one.key}#{name}" for name in (element, *where.sources))
    places = [*_places(meaning, where)]
    facts = tuple(
        Absence(one.key + suffix, one.key, term, place, sources) for term in meaning.terms for place in places
    )
    return Stated(facts, where.flags)


def _places(meaning: Meaning, where: Whereabouts) -> Iterator[Place | None]:
    for place in where.places or (None,):
        if place and place.disputed:
            raise Unused("set aside", "it says that something is absent, and its side is in doubt")
        if place is None or not place.anchor:
            yield place
        elif place.kind == meaning.site:
            yield None
        else:
            raise Unused("set aside", "it says that something is absent, and does not name the side")
