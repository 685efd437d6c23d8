"""Add the codes of the user's tables to those that are shipped, without touching the ontology.

What a table says of a code stands beside what is shipped for it. Where two say what nothing can be both, neither is
chosen: that is an error which names them.
"""

from __future__ import annotations

import copy
import os
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.base.errors import UnreadableInput
from hipkg.base.vocabulary import curie, expand, local_name, parted, with_local_name
from hipkg.knowledge.terminology import BROADER, EXACT, NARROWER, RELATED, CodeSystem, Mapping, Terminology, plain
from hipkg.reading.code_tables import OTHER_ROUTE, Row, rows_of
from hipkg.reading.fhir.codes import Codes
from hipkg.reading.opening import MAX_FOLDER_BYTES, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.knowledge.records import Knowledge

_ANY = ".+"


def with_codes(knowledge: Knowledge, tables: Sequence[str]) -> Knowledge:
    """Return knowledge that also knows the codes of tables.

    Parameters: ``tables`` are files, a ValueSet with ``=TERM`` behind its name.

    Raises `UnreadableInput` for a file that is no table of codes, with the place in it.
    """
    if not tables:
        return knowledge
    supplied = _Supplied(knowledge)
    for table in tables:
        supplied.add(*_named(table))
    wider = copy.copy(knowledge)
    vars(wider).pop("memo", None)
    vars(wider)["terminology"] = supplied.terminology()
    return wider


def _named(table: str) -> tuple[str, str]:
    """Split the name of a file from the term that stands behind it."""
    name, equals, term = table.rpartition("=")
    return (name, term) if equals and not os.path.lexists(table) else (table, "")


class _Supplied:
    """Collect the rows of tables, and work out what their codes mean."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._shipped = knowledge.terminology
        self._kinds = Codes(self._shipped, knowledge)
        self._systems: dict[str, CodeSystem] = {}
        self._rows: dict[tuple[str, str], list[Row]] = {}
        self._files: dict[str, list[Row]] = {}
        self._found: dict[str, str] = {}

    def add(self, file: str, term: str) -> None:
        """Read a table."""
        source = opened(file, format="fhir", max_bytes=MAX_FOLDER_BYTES)
        if source.folder is not None:
            raise UnreadableInput("This is a folder.", place=file, remedy="Name the tables in it.")
        rows = [self._checked(one) for one in rows_of(source.data, source.name, term, self._shipped.system)]
        if not rows:
            raise UnreadableInput("The table holds no codes.", place=file, remedy="Check how it was written.")
        self._files[file] = rows
        for one in rows:
            system = self._system(one.system)
            self._rows.setdefault((system.system, system.key(one.code)), []).append(one)

    def terminology(self) -> Terminology:
        """Put together what is shipped and what the tables say."""
        made = {key: [*dict.fromkeys(self._meanings(*key, ()))] for key in self._rows}
        for file, rows in self._files.items():
            if not any(made[self._key(one)] for one in rows):
                first = rows[0]
                raise UnreadableInput(
                    f"None of the {len(rows)} rows leads to a code that is known, such as that of "
                    f"{first.code} to {first.target}.",
                    place=file,
                    remedy="Map to terms of the ontology, or to codes that `hipkg codes` finds.",
                )
        for key, found in made.items():
            self._refuse_contradictions(key, found)
        beside = [one for key in made for one in self._by_rule(*key)]
        added = [one for found in made.values() for one in found]
        systems = (*self._shipped.systems, *self._systems.values())
        return Terminology(systems, (*self._shipped.mappings, *beside, *added))

    def _by_rule(self, system: str, key: str) -> Iterator[Mapping]:
        """List what a rule says of a code that now has rows of its own."""
        return (one for one in self._shipped.of_code(system, key) if one.rule)

    def _system(self, names: tuple[str, ...]) -> CodeSystem:
        """Find a code system by any of its names; one that nobody knows is taken as it is named."""
        known = next(filter(None, map(self._shipped.system, names)), None)
        if known:
            return known
        uri = names[-1].rstrip("/#")
        return self._systems.setdefault(
            plain(uri), CodeSystem(uri, uri, (), uri, _ANY, "", "", may_be_absent=True, notice=uri)
        )

    def _key(self, row: Row) -> tuple[str, str]:
        system = self._system(row.system)
        return system.system, system.key(row.code)

    def _checked(self, row: Row) -> Row:
        """Find the terms that a row names, and the site that goes without saying."""
        term = self._term(row.term, row.place) if row.term else ""
        site = self._term(row.site, row.place) if row.site else self._site(term)
        sides = tuple(self._term(one, row.place) for one in row.sides)
        for name, kind in ((site, "site"), *((one, "side") for one in sides)):
            if name and self._kinds.kind(name) != kind:
                raise UnreadableInput(
                    f"{curie(name)} is no {kind}.",
                    place=row.place,
                    remedy="Name a site such as hip:HipJoint, and sides as hip:left, hip:right or both with | between.",
                )
        if sides and not site:
            raise UnreadableInput("A side is named without a site.", place=row.place, remedy="Name the site as well.")
        route = self._term(row.route, row.place) if row.route and row.route != OTHER_ROUTE else row.route
        if route and route != OTHER_ROUTE and self._kinds.kind(route) != "route":
            raise UnreadableInput(
                f"{curie(route)} is no route.",
                place=row.place,
                remedy=f"Name one such as oral route, or {OTHER_ROUTE}.",
            )
        return row._replace(term=term, site=site, sides=sides, route=route)

    def _site(self, term: str) -> str:
        """Find the site that all codes of a term imply which are shipped and mean the same."""
        same = {one.site for one in self._shipped.of_term(term) if one.predicate == EXACT and not one.absence}
        return same.pop() if len(same) == 1 else ""

    def _term(self, name: str, place: str) -> str:
        """Find a term by its prefixed name, its local name or its label."""
        if name in self._found:
            return self._found[name]
        tried = (expand(name), *with_local_name(name), self._labels.get(name.casefold(), ""))
        found = next((one for one in tried if one in self._knowledge.terms), "")
        if found and self._kinds.kind(found):
            return self._found.setdefault(name, found)
        if found:
            raise UnreadableInput(
                f"{curie(found)} is no term that can be recorded.",
                place=place,
                remedy="Name what it is derived from; a class with a definition follows by itself.",
            )
        local = [local_name(one) for one in self._labels.values()]
        near = get_close_matches(name.removeprefix("hip:"), [*self._labels, *local], n=3)
        hint = f"Did you mean: {', '.join(near)}?" if near else "`hipkg codes` finds terms by words."
        raise UnreadableInput(f"{name} is no term of the ontology.", place=place, remedy=hint)

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {label.casefold(): iri for iri, label in self._knowledge.labels.items() if self._kinds.kind(iri)}

    def _meanings(self, system: str, key: str, seen: tuple[tuple[str, str], ...]) -> Iterator[Mapping]:
        """Work out what a code means: by its own rows, and through them by the codes that these lead to."""
        for row in self._rows.get((system, key), ()):
            own = Mapping(
                system=system,
                code=row.code,
                display=row.display,
                predicate=row.predicate,
                term=row.term,
                site=row.site,
                sides=row.sides,
                qualifiers=(),
                label=self._knowledge.label(row.term) if row.term else "",
                seen_in=row.place,
            )
            if not row.target:
                yield self._given(own, row.route)
                continue
            for one in self._of_target(row, (*seen, (system, key))):
                made = own._replace(
                    predicate=_composed(row.predicate, one.predicate),
                    term=one.term,
                    site=row.site or one.site,
                    sides=row.sides or one.sides,
                    qualifiers=one.qualifiers,
                    label=one.label,
                    comment=one.comment,
                    absence=one.absence,
                    answer=one.answer,
                )
                yield self._given(made, row.route)

    def _given(self, mapping: Mapping, route: str) -> Mapping:
        """Say what a drug is when it is given by a route: what implies another is the class above it, or nothing."""
        if not route or not mapping.term:
            return mapping
        coding = [] if route == OTHER_ROUTE else [dict(zip(("system", "code"), parted(route), strict=True))]
        term = self._kinds.given_by(mapping.term, [{"coding": coding}])
        if term == mapping.term:
            return mapping
        label = self._knowledge.label(term) if term else ""
        return mapping._replace(term=term, label=label, predicate=_composed(mapping.predicate, BROADER), comment="")

    def _of_target(self, row: Row, seen: tuple[tuple[str, str], ...]) -> Iterator[Mapping]:
        system = self._system(row.target_system)
        key = (system.system, system.key(row.target))
        if key in seen:
            raise UnreadableInput(
                f"{row.code} is mapped to itself, by way of {row.target}.", place=row.place, remedy="Break the circle."
            )
        yield from self._meanings(*key, seen)
        yield from self._shipped.of_code(*key)

    def _refuse_contradictions(self, key: tuple[str, str], found: Iterable[Mapping]) -> None:
        asserted = [one for one in (*self._shipped.of_code(*key), *found) if one.asserts]
        for number, one in enumerate(asserted):
            for other in asserted[number + 1 :]:
                if self._contradict(one, other):
                    raise UnreadableInput(
                        f"{other.code} means {other.label} here and {one.label} in {one.seen_in}, and nothing is both.",
                        place=other.seen_in,
                        remedy="Mend one of them.",
                    )

    def _contradict(self, one: Mapping, other: Mapping) -> bool:
        """Tell whether a code cannot mean both: they exclude each other, or are two drugs and no product of both.

        A product of several drugs is none of them exactly, and has one name in all rows of tables.
        """
        is_a = self._knowledge.is_a
        if is_a(one.term, other.term) or is_a(other.term, one.term):
            return False
        exactly = one.predicate == other.predicate == EXACT
        return exactly or self._called_apart(one, other) or self._disjoint(one.term, other.term)

    def _called_apart(self, one: Mapping, other: Mapping) -> bool:
        """Tell whether rows of tables give a code two names and two interventions."""
        names = {each.display.casefold() for each in (one, other) if each.seen_in in self._places}
        acts = all(self._kinds.kind(each.term) == "intervention" for each in (one, other))
        return acts and len(names - {""}) > 1

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(row.place for rows in self._rows.values() for row in rows)

    def _disjoint(self, one: str, other: str) -> bool:
        is_a = self._knowledge.is_a
        return any(
            (is_a(one, left) and is_a(other, right)) or (is_a(one, right) and is_a(other, left))
            for left, right in self._knowledge.disjoint
        )


def _composed(first: str, second: str) -> str:
    """Say how a code relates to what its target relates to: no closer than the looser of the two."""
    if EXACT in {first, second}:
        return second if first == EXACT else first
    if first == second == BROADER:
        return BROADER
    return NARROWER if first == second == NARROWER else RELATED
