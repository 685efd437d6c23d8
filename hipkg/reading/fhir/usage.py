"""Count the codes of a data set that have no meaning here: what to map, or to supply a table for.

Only the resources count that are read, or that others refer to, and no codes of FHIR itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from hipkg.reading.fhir.codes import Codes
from hipkg.reading.fhir.patients import READERS
from hipkg.reading.fhir.quantities import UCUM
from hipkg.reading.fhir.records import HELPERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

_READ = {*READERS, *HELPERS}
_BESIDE = {"meta", "text", "identifier", "unit"}
_OF_FHIR = ("http://terminology.hl7.org/", "http://hl7.org/fhir/", UCUM)


class UnknownCode(NamedTuple):
    """A code that is not known.

    ``system`` is as the data set writes it, ``name`` that of a code system that is known, and ``display`` the one that
    stands there most often. ``times`` is how often the code is used, ``alone`` how often no other code of its concept
    is known, and ``resources`` how often by type of resource.
    """

    system: str
    name: str
    code: str
    display: str
    times: int
    alone: int
    resources: tuple[tuple[str, int], ...]


class Usage(NamedTuple):
    """The codes that a data set uses: how many times, how many of these are known, and those that are not."""

    source: str
    used: int
    known: int
    unknown: tuple[UnknownCode, ...]


def usage_of(resources: Iterable[Resource], source: str, knowledge: Knowledge) -> Usage:
    """Count the codes of resources, those first that are not known and used most.

    Parameters: ``source`` names the data set.
    """
    codes, terminology = Codes(knowledge.terminology, knowledge), knowledge.terminology
    used, known = 0, 0
    types: dict[tuple[str, str], Counter[str]] = {}
    displays: dict[tuple[str, str], Counter[str]] = {}
    alone: Counter[tuple[str, str]] = Counter()
    for one in resources:
        for concept in _concepts(one.raw) if one.type in _READ else ():
            told = {(coding["system"], coding["code"]): coding for coding in concept if _counts(coding, knowledge)}
            strange = {key: coding for key, coding in told.items() if not codes.of_coding(coding)}
            used += len(told)
            known += len(told) - len(strange)
            for key, coding in strange.items():
                types.setdefault(key, Counter())[one.type] += 1
                displays.setdefault(key, Counter())[_display(coding)] += 1
                alone[key] += len(strange) == len(told)
    found = []
    for (system, code), by_type in types.items():
        named = terminology.system(system)
        ((display, _),) = displays[system, code].most_common(1)
        ordered = tuple(sorted(by_type.items(), key=lambda pair: (-pair[1], pair[0])))
        name, times = named.name if named else "", by_type.total()
        found.append(UnknownCode(system, name, code, display, times, alone[system, code], ordered))
    found.sort(key=lambda one: (-one.times, one.system, one.code))
    return Usage(source, used, known, tuple(found))


def _concepts(raw: object) -> Iterator[list[Raw]]:
    """List the codings of each concept in a resource, and the codings that stand for themselves."""
    if isinstance(raw, list):
        for one in raw:
            yield from _concepts(one)
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if name == "coding" or name.endswith("Coding"):
                yield [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
            elif name not in _BESIDE:
                yield from _concepts(value)


def _counts(coding: Raw, knowledge: Knowledge) -> bool:
    system, code = coding.get("system"), coding.get("code")
    if not (isinstance(system, str) and isinstance(code, str) and system and code):
        return False
    return not system.startswith(_OF_FHIR) or "/sid/" in system or bool(knowledge.terminology.system(system))


def _display(coding: Raw) -> str:
    display = coding.get("display")
    return " ".join(display.split()) if isinstance(display, str) else ""
