"""Read tables that say what codes mean: SSSOM/TSV, CSV, and FHIR ConceptMaps and ValueSets.

Such a table comes from the user, for codes that cannot be shipped or that are local. It maps a code to a term of the
ontology, or to a code of any system that is known, such as a product to its ingredient.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.errors import UnreadableInput
from hipkg.base.vocabulary import PREFIXES, namespaces
from hipkg.knowledge.terminology import BROADER, CLOSE, EXACT, NARROWER, NO_TERM, PREDICATES, RELATED, plain
from hipkg.reading.fhir.elements import Malformed, part, parts, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hipkg.reading.fhir.elements import Raw

_RELATIONS = {
    **{one: one for one in PREDICATES},
    "exact": EXACT,
    "broader": BROADER,
    "close": CLOSE,
    "narrower": NARROWER,
    "related": RELATED,
}
"""The relations of a table by the words for them: how the target relates to the code, as in SKOS."""
_OF_FHIR = {
    "equal": EXACT,
    "equivalent": EXACT,
    "wider": BROADER,
    "subsumes": BROADER,
    "source-is-narrower-than-target": BROADER,
    "narrower": NARROWER,
    "specializes": NARROWER,
    "source-is-broader-than-target": NARROWER,
    "inexact": CLOSE,
    "relatedto": RELATED,
    "related-to": RELATED,
}
"""What the equivalence of R4, and the relationship of R5, says of the target."""
_NOTHING = {"unmatched", "disjoint", "not-related-to"}
_SSSOM = ("subject_id", "predicate_id", "object_id")
_COLUMNS = ("system", "code")
OTHER_ROUTE = "other"
"""What stands for each route that the ontology has no term for."""
_DELIMITERS = "\t,;"
_BUILT_IN = ("hip", "sssom")
"""The prefixes that need no declaration."""
_PREFIX = re.compile(r"#\s+([\w.-]+)\s*:\s*[\"']?(\S+?)[\"']?\s*$")


class Row(NamedTuple):
    """What a table says of a code.

    ``place`` names the file, and the line or element in it; ``system`` are the names under which the code system of
    the ``code`` may be known. The code means the term that ``term`` names, or what the code ``target`` of the
    ``target_system`` means; neither, if it is known and means nothing here.
    ``predicate`` says how the term, or the target, relates to it. ``site`` is the class of body site that it implies,
    ``sides`` are those that it names, ``route`` is the one by which such a product is given, or ``other``.
    """

    place: str
    system: tuple[str, ...]
    code: str
    display: str
    predicate: str
    term: str = ""
    target_system: tuple[str, ...] = ()
    target: str = ""
    site: str = ""
    sides: tuple[str, ...] = ()
    route: str = ""


def rows_of(data: bytes, name: str, term: str, is_system: Callable[[str], object]) -> Iterator[Row]:
    """Read the rows of a table.

    Parameters: ``name`` is that of its file; ``term`` is what all codes of a ValueSet mean; ``is_system`` tells
    whether a code system is known by a name, so that SSSOM need not declare it.

    Raises `UnreadableInput` for what is no such table, with the place in it.
    """
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnreadableInput("The table is not UTF-8.", place=name, remedy="Save it as UTF-8.") from problem
    if content.lstrip().startswith(("{", "[")):
        return _of_json(content, name, term)
    if term:
        raise UnreadableInput(
            "A term is given for a table that is no ValueSet.",
            place=name,
            remedy="Leave it out: SSSOM and CSV say in each row what a code means.",
        )
    return _of_lines(content, name, is_system)


def _of_lines(content: str, name: str, is_system: Callable[[str], object]) -> Iterator[Row]:
    lines = content.splitlines()
    head = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    first = lines[head] if head < len(lines) else ""
    delimiter = max(_DELIMITERS, key=first.count)
    columns = [one.strip().lower().replace(" ", "_") for one in next(csv.reader([first], delimiter=delimiter), [])]
    sssom = _SSSOM[0] in columns
    for one in _SSSOM if sssom else _COLUMNS:
        if one not in columns:
            raise UnreadableInput(
                f"The table has no column {one}; its columns are: {', '.join(columns) or 'none'}.",
                place=f"{name}:{head + 1}",
                remedy="Name the columns as SSSOM does, or: system, code, and term or target_system and target_code.",
            )
    prefixes = _prefixes(lines[:head])
    for number, values in enumerate(csv.reader(lines[head + 1 :], delimiter=delimiter), start=head + 2):
        place = f"{name}:{number}"
        if not any(map(str.strip, values)) or values[0].startswith("#"):
            continue
        if len(values) != len(columns):
            raise UnreadableInput(
                f"The row has {len(values)} values for {len(columns)} columns.",
                place=place,
                remedy="Give each column a value, which may be empty, and quote those that hold the delimiter.",
            )
        row = dict(zip(columns, map(str.strip, values), strict=True))
        if sssom:
            for column in ("subject_id", "object_id"):
                _refuse_undeclared(row[column], {*prefixes, *_BUILT_IN}, is_system, place)
        yield _of_sssom(row, place, prefixes) if sssom else _of_csv(row, place)


def _refuse_undeclared(name: str, prefixes: Collection[str], is_system: Callable[[str], object], place: str) -> None:
    """Raise `UnreadableInput` for a prefixed name of which nothing says what its prefix stands for."""
    prefix, colon, _ = name.partition(":")
    if colon and "://" not in name and prefix not in prefixes and not is_system(prefix):
        raise UnreadableInput(
            f"The prefix {prefix} is not declared, so nothing tells which codes {name} is one of.",
            place=place,
            remedy=f"Declare it under curie_map in the header: #  {prefix}: the URI of its code system.",
        )


def _namespace(system: str) -> str:
    """Find the namespace of the ontology that a code system is, by its name or its prefix; empty for any other."""
    wanted = plain(PREFIXES.get(system, system))
    return next((one for one in namespaces() if plain(one) == wanted), "")


def _prefixes(comments: Iterable[str]) -> dict[str, str]:
    """Read what the prefixes in the header of SSSOM stand for."""
    found = (_PREFIX.fullmatch(line) for line in comments)
    return {one[1]: one[2] for one in found if one}


def _of_sssom(row: dict[str, str], place: str, prefixes: dict[str, str]) -> Row:
    system, code = _split(row["subject_id"], prefixes)
    target_system, target = _split(row["object_id"], prefixes)
    own = next(filter(None, map(_namespace, target_system)), "")
    elsewhere = not own and row["object_id"] != NO_TERM
    return Row(
        place,
        system=system,
        code=_needed(code, "code in subject_id", place),
        display=row.get("subject_label", ""),
        predicate=_relation(row["predicate_id"], place),
        term=own + target if own else "",
        target_system=target_system if elsewhere else (),
        target=_needed(target, "code in object_id", place) if elsewhere else "",
        site=row.get("ext_site", ""),
        sides=_listed(row.get("ext_sides", "")),
    )


def _split(name: str, prefixes: dict[str, str]) -> tuple[tuple[str, ...], str]:
    """Split a prefixed name, or an IRI, into the names of the code system and the code."""
    if "://" in name:
        cut = max(name.rfind(mark) for mark in "/#=")
        return (name[:cut],), name[cut + 1 :]
    prefix, _, code = name.partition(":")
    return ((prefix, prefixes[prefix]) if prefix in prefixes else (prefix,)), code


def _of_csv(row: dict[str, str], place: str) -> Row:
    term, target = row.get("term", ""), row.get("target_code", "")
    if bool(term) == bool(target):
        raise UnreadableInput(
            "The row says two things of its code." if term else "The row says nothing of its code.",
            place=place,
            remedy="Fill either term, which is none for a code without meaning here, or target_system and target_code.",
        )
    return Row(
        place,
        system=(_needed(row["system"], "system", place),),
        code=_needed(row["code"], "code", place),
        display=row.get("display", ""),
        predicate=_relation(row.get("relation", "") or BROADER, place),
        term="" if term.lower() in {"none", NO_TERM.lower()} else term,
        target_system=(_needed(row.get("target_system", ""), "target_system", place),) if target else (),
        target=target,
        site=row.get("site", ""),
        sides=_listed(row.get("sides", "")),
        route=row.get("route", ""),
    )


def _of_json(content: str, name: str, term: str) -> Iterator[Row]:
    try:
        raw = json.loads(content)
    except ValueError as problem:
        raise UnreadableInput(f"The table is no JSON: {problem}.", place=name, remedy="Export it anew.") from problem
    try:
        yield from _of_resource(raw, name, term)
    except Malformed as problem:
        raise UnreadableInput(str(problem), place=name, remedy="Export it as FHIR R4 or R5.") from problem


def _of_resource(raw: Any, name: str, term: str) -> Iterator[Row]:  # noqa: ANN401 - it is what the file holds
    kind = raw.get("resourceType") if isinstance(raw, dict) else None
    if kind == "Bundle":
        for one in parts(raw, "entry"):
            yield from _of_resource(one.get("resource"), name, term)
    elif kind == "ConceptMap":
        yield from _of_concept_map(raw, name)
    elif kind == "ValueSet":
        yield from _of_value_set(raw, name, term)
    else:
        raise UnreadableInput(
            f"This is {f'a {kind}' if kind else 'no FHIR resource'} and no table of codes.",
            place=name,
            remedy="Give a ConceptMap, a ValueSet with its expansion, SSSOM/TSV or CSV.",
        )


def _of_concept_map(raw: Raw, name: str) -> Iterator[Row]:
    for count, group in enumerate(parts(raw, "group"), start=1):
        here = f"{name}, group {count}"
        source = _needed(text(group, "source"), "source", here)
        for element in parts(group, "element"):
            place = f"{here}, {text(element, 'code') or 'an element without a code'}"
            row = Row(place, (source,), _needed(text(element, "code"), "code", place), text(element, "display"), EXACT)
            told = [_targeted(row, group, one) for one in parts(element, "target")]
            yield from told or [row]


def _targeted(row: Row, group: Raw, target: Raw) -> Row:
    """Read one target of an element; where it depends on more than the code, the code alone does not mean it."""
    relation = text(target, "equivalence") or text(target, "relationship")
    if relation in _NOTHING:
        return row
    if relation not in _OF_FHIR:
        known = ", ".join([*_OF_FHIR, *sorted(_NOTHING)])
        raise UnreadableInput(
            f"{relation!r} is no equivalence." if relation else "A target has no equivalence.",
            place=row.place,
            remedy=f"Say how it relates to the code: {known}.",
        )
    system, code = text(group, "target"), _needed(text(target, "code"), "code of a target", row.place)
    predicate = CLOSE if parts(target, "dependsOn") else _OF_FHIR[relation]
    if own := _namespace(system):
        return row._replace(predicate=predicate, term=own + code)
    target_system = _needed(system, "target", row.place)
    return row._replace(predicate=predicate, target_system=(target_system,), target=code)


def _of_value_set(raw: Raw, name: str, term: str) -> Iterator[Row]:
    if not term:
        raise UnreadableInput(
            "A ValueSet lists codes and does not say what they mean.",
            place=name,
            remedy=f"Name the term behind it: --codes {name}=TERM, with a CURIE or the local name of a class.",
        )
    expansion, compose = part(raw, "expansion"), part(raw, "compose")
    held = [*_contained(expansion)]
    total = expansion.get("total")
    if isinstance(total, int) and total > len(held):
        raise UnreadableInput(
            f"The expansion holds {len(held)} of {total} codes.", place=name, remedy="Expand it whole, without pages."
        )
    includes = [] if held else parts(compose, "include")
    if not held and (parts(compose, "exclude") or any("concept" not in one for one in includes)):
        raise UnreadableInput(
            "The ValueSet is not expanded, and says only by rules which codes are in it.",
            place=name,
            remedy="Have a terminology server expand it.",
        )
    listed = [{**concept, "system": text(one, "system")} for one in includes for concept in parts(one, "concept")]
    for one in held or listed:
        place = f"{name}, {text(one, 'code') or 'a code that is missing'}"
        system, code = (_needed(text(one, key), key, place) for key in ("system", "code"))
        yield Row(place, (system,), code, text(one, "display"), BROADER, term)


def _contained(raw: Raw) -> Iterator[Raw]:
    """List the codes of an expansion, with those below them; an abstract one only groups others."""
    for one in parts(raw, "contains"):
        if one.get("abstract") is not True:
            yield one
        yield from _contained(one)


def _relation(name: str, place: str) -> str:
    found = _RELATIONS.get(name)
    if found is None:
        raise UnreadableInput(
            f"{name or 'Nothing'} is no relation of a code to what it means.",
            place=place,
            remedy=f"Use one of: {', '.join(PREDICATES)}; in CSV also exact, broader, close, narrower, related.",
        )
    return found


def _needed(value: str, what: str, place: str) -> str:
    if not value:
        raise UnreadableInput(f"The {what} is missing.", place=place, remedy="Fill it.")
    return value


def _listed(names: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in names.split("|") if one.strip())
