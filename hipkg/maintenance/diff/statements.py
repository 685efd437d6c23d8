"""Which statements differ, by what kind of change: when they hold, what they ask for, how firmly, or only their words.

A slot of alternatives, such as the context, is wider if each old class is in a new one; a slot whose classes are all
asked for is wider if each new class holds an old one. What is wider of a context or a requirement makes a statement
hold more often, and of an exception less often.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.vocabulary import curie
from hipkg.maintenance.diff.meaning import Relation, relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import Bound, Knowledge, StatementInfo
    from hipkg.maintenance.diff.meaning import Meaning


class Pattern(StrEnum):
    """How a statement differs from what it was."""

    NEW = "new"
    WITHDRAWN = "withdrawn"
    CONTEXT_WIDENED = "context widened"
    CONTEXT_NARROWED = "context narrowed"
    CONTEXT_CHANGED = "context changed"
    CONDITIONS_LOOSENED = "conditions loosened"
    CONDITIONS_TIGHTENED = "conditions tightened"
    CONDITIONS_CHANGED = "conditions changed"
    EFFECT_CHANGED = "effect changed"
    ACTION_REFINED = "action refined"
    ACTION_WIDENED = "action widened"
    ACTION_CHANGED = "action changed"
    MODALITY_CHANGED = "modality changed"
    GRADE_CHANGED = "grade changed"
    BOUNDS_CHANGED = "bounds changed"
    STANDING_CHANGED = "standing changed"
    TEXT_ONLY = "text only"


class SlotChange(NamedTuple):
    """A slot that names other classes, or whose classes mean something else, and how it stands to what it was."""

    slot: str
    relation: Relation
    removed: tuple[str, ...]
    added: tuple[str, ...]
    redefined: tuple[str, ...]


class ValueChange(NamedTuple):
    """A value of a statement that differs, in words."""

    field: str
    before: str
    after: str


class StatementDifference(NamedTuple):
    """A statement that differs, by the patterns of its change, with what differs of it."""

    id: str
    iri: str
    text: str
    patterns: tuple[Pattern, ...]
    slots: tuple[SlotChange, ...] = ()
    values: tuple[ValueChange, ...] = ()

    @property
    def only_words(self) -> bool:
        """Tell whether it says the same in other words."""
        return self.patterns == (Pattern.TEXT_ONLY,)


class _Slot(NamedTuple):
    """A slot as records name it and as the ontology does, whether one class is enough, and what its width means."""

    field: str
    name: str
    any_of: bool
    patterns: tuple[Pattern, Pattern, Pattern]


_CONTEXT = (Pattern.CONTEXT_WIDENED, Pattern.CONTEXT_NARROWED, Pattern.CONTEXT_CHANGED)
_ASKED = (Pattern.CONDITIONS_LOOSENED, Pattern.CONDITIONS_TIGHTENED, Pattern.CONDITIONS_CHANGED)
_LIFTED = (Pattern.CONDITIONS_TIGHTENED, Pattern.CONDITIONS_LOOSENED, Pattern.CONDITIONS_CHANGED)
_SLOTS = (
    _Slot("applies_to", "appliesTo", True, _CONTEXT),
    _Slot("requires", "requires", False, _ASKED),
    _Slot("accompanies", "accompanies", False, _ASKED),
    _Slot("except_for", "exceptFor", True, _LIFTED),
    _Slot("satisfied_by", "satisfiedBy", True, _LIFTED),
    _Slot("ended_by", "endedBy", True, _LIFTED),
)
_GRADE = ("strength", "quality")
_STANDING = ("kind", "document", "choices", "counteracts", "inferred", "prominence", "vigilant")
"""What decides how a statement counts beside others, and where it is told."""
_WORDS = ("text", "section", "strength_wording", "evidence_wording", "timing", "references")


def statement_differences(old: Knowledge, new: Knowledge, meaning: Meaning) -> tuple[StatementDifference, ...]:
    """Compare the statements of two ontologies, by their ids."""
    found = []
    for id_ in sorted(old.by_id.keys() | new.by_id.keys()):
        before, after = old.by_id.get(id_), new.by_id.get(id_)
        if before is None or after is None:
            (named,) = filter(None, (before, after))
            pattern = Pattern.NEW if before is None else Pattern.WITHDRAWN
            found.append(StatementDifference(id_, named.iri, named.text, (pattern,)))
            continue
        slots = tuple(_slot_changes(before, after, meaning))
        values = tuple(_value_changes(before, after, old, new))
        patterns = {_pattern_of(one) for one in slots} | set(_patterns(before, after, meaning))
        if not patterns and values:
            patterns = {Pattern.TEXT_ONLY}
        if patterns:
            ordered = tuple(one for one in Pattern if one in patterns)
            found.append(StatementDifference(id_, after.iri, after.text, ordered, slots, values))
    return tuple(found)


def compared_classes(old: Knowledge, new: Knowledge) -> frozenset[str]:
    """List what the slots of statements name now that named something else before."""
    pairs = [(old.by_id[one], new.by_id[one]) for one in old.by_id.keys() & new.by_id.keys()]
    return frozenset(
        cls
        for before, after in pairs
        for slot in _SLOTS
        if getattr(before, slot.field) != getattr(after, slot.field)
        for cls in getattr(after, slot.field)
    )


def _slot_changes(before: StatementInfo, after: StatementInfo, meaning: Meaning) -> Iterator[SlotChange]:
    for slot in _SLOTS:
        old, new = getattr(before, slot.field), getattr(after, slot.field)
        redefined = tuple(one for one in new if one in old and meaning.of(one) != Relation.SAME)
        if old == new and not redefined:
            continue
        yield SlotChange(
            slot.name,
            _relation(old, new, meaning, any_of=slot.any_of),
            tuple(curie(one) for one in old if one not in new),
            tuple(curie(one) for one in new if one not in old),
            tuple(map(curie, redefined)),
        )


def _relation(old: tuple[str, ...], new: tuple[str, ...], meaning: Meaning, *, any_of: bool) -> Relation:
    """Tell how the classes of a slot stand to the former ones."""
    if not meaning.knows(old):
        return Relation.NOT_ASKED
    if any_of:
        old_in_new = all(any(meaning.implied_now(one, other) for other in new) for one in old)
        new_in_old = all(any(meaning.implied_before(one, other) for other in old) for one in new)
    else:
        old_in_new = all(any(meaning.implied_now(one, other) for one in old) for other in new)
        new_in_old = all(any(meaning.implied_before(one, other) for one in new) for other in old)
    return relation(old_in_new=old_in_new, new_in_old=new_in_old)


def _pattern_of(change: SlotChange) -> Pattern:
    (patterns,) = (one.patterns for one in _SLOTS if one.name == change.slot)
    wider, narrower, other = patterns
    return {Relation.WIDER: wider, Relation.NARROWER: narrower}.get(change.relation, other)


def _patterns(before: StatementInfo, after: StatementInfo, meaning: Meaning) -> Iterator[Pattern]:
    if before.effect != after.effect:
        yield Pattern.EFFECT_CHANGED
    if before.intervention != after.intervention:
        is_kind = meaning.implied_before(after.intervention, before.intervention)
        has_kind = meaning.implied_now(before.intervention, after.intervention)
        yield Pattern.ACTION_REFINED if is_kind else Pattern.ACTION_WIDENED if has_kind else Pattern.ACTION_CHANGED
    if before.modality != after.modality:
        yield Pattern.MODALITY_CHANGED
    if any(getattr(before, one) != getattr(after, one) for one in (*_GRADE, "strength_rank", "quality_rank")):
        yield Pattern.GRADE_CHANGED
    if before.bounds != after.bounds:
        yield Pattern.BOUNDS_CHANGED
    if any(getattr(before, one) != getattr(after, one) for one in _STANDING):
        yield Pattern.STANDING_CHANGED


def _value_changes(
    before: StatementInfo, after: StatementInfo, old: Knowledge, new: Knowledge
) -> Iterator[ValueChange]:
    for field in ("effect", "intervention", "modality", *_GRADE, "bounds", *_STANDING, *_WORDS):
        one, other = getattr(before, field), getattr(after, field)
        if one != other:
            yield ValueChange(field, _words(one, old), _words(other, new))


def _words(value: object, knowledge: Knowledge) -> str:
    """Tell a value of a statement in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and hasattr(value, "quantity"):
        return _bound(value)  # type: ignore[arg-type]
    if isinstance(value, tuple):
        return "; ".join(_words(one, knowledge) for one in value)
    text = str(value)
    return curie(text) if text in knowledge.labels else text


def _bound(bound: Bound) -> str:
    ends = [f"at least {bound.lower}" if bound.lower else "", f"at most {bound.upper}" if bound.upper else ""]
    return f"{bound.quantity} {' and '.join(filter(None, ends))} {bound.unit}"
