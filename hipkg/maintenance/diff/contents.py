"""What differs between what two releases hold, and how much that weighs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.records import Knowledge
from hipkg.maintenance.levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

_OF_ITSELF = frozenset({"stamp", "version", "classifier"})
"""What a release says of itself."""
_FOLLOWS = frozenset({"groups", "watchers", "named", "denied_by", "links", "value_kinds", "value_properties"})
"""What is compiled from the rest, or in numbers, so that it tells no more of what has changed."""
_WORDS = frozenset({"labels", "briefs", "synonyms", "questions", "verb_phrases", "attribute_phrases"})
_WORDS_OF_RECORDS = frozenset(
    {"text", "section", "strength_wording", "evidence_wording", "timing", "references", "label", "title", "publisher"}
    | {"issued", "note", "side_phrase"}
)
"""Fields of records that are only read by people."""


class Difference(NamedTuple):
    """What differs between what two releases hold: fields with entries of terms that both have, and what is added."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def only_words(self) -> bool:
        """Tell whether plans are made of the same."""
        return not self.changed and not self.added


def release_difference(old: Knowledge, new: Knowledge) -> Difference:
    """Compare what two releases hold, beside what they say of themselves and what only follows from the rest."""
    kinds: dict[Level, list[str]] = {Level.MAJOR: [], Level.MINOR: [], Level.PATCH: []}
    for field in dataclasses.fields(Knowledge):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in _OF_ITSELF | _FOLLOWS or before == after:
            continue
        found = {*_kinds(_entries(before), _entries(after), old.terms & new.terms)}
        if field.name in _WORDS:
            found = {Level.PATCH}
        for kind in found:
            kinds[kind].append(field.name)
    return Difference(*(tuple(kinds[one]) for one in (Level.MAJOR, Level.MINOR, Level.PATCH)))


def same_but_statements(old: Knowledge, new: Knowledge) -> bool:
    """Tell whether two releases read records and reason about them alike, so that statements alone can differ."""
    fields = (one.name for one in dataclasses.fields(Knowledge) if one.name not in _OF_ITSELF | {"statements"})
    codes = old.terminology, new.terminology
    return all(getattr(old, one) == getattr(new, one) for one in fields) and (
        codes[0] is codes[1] or (codes[0].systems, codes[0].mappings) == (codes[1].systems, codes[1].mappings)
    )


def _entries(value: object) -> dict[object, object]:
    """Take a field apart into what is said of each of its entries."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | tuple):
        return {getattr(one, "iri", one): one for one in value}
    return {"": value}


def _kinds(old: dict[object, object], new: dict[object, object], known: Set[str]) -> Iterator[Level]:
    """Tell of what kinds the differences of a field are; what is said anew of a known term changes plans."""
    for key in old.keys() | new.keys():
        if key in old and key in new:
            if old[key] != new[key]:
                yield Level.PATCH if _spoken(old[key]) == _spoken(new[key]) else Level.MAJOR
        elif key in old:
            yield Level.MAJOR
        else:
            names = key if isinstance(key, tuple) else (key,)
            yield Level.MAJOR if all(not isinstance(one, str) or one in known for one in names) else Level.MINOR


def _spoken(value: object) -> object:
    """Leave out of a record what is only read by people."""
    replace, fields = getattr(value, "_replace", None), getattr(value, "_fields", ())
    return replace(**dict.fromkeys(_WORDS_OF_RECORDS.intersection(fields), "")) if replace else value
