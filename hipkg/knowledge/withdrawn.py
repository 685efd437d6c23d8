"""Say of statements and terms that are in force no more since when, why, and what takes their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import curie, expand, local_name

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge, Withdrawal


def withdrawal_of(name: str, knowledge: Knowledge) -> Withdrawal | None:
    """Find what was withdrawn by its id, local name, CURIE or IRI."""
    if not knowledge.withdrawn:
        return None
    wanted = local_name(expand(name.strip().strip("<>"))).casefold()
    names = {local_name(one.iri).casefold(): one for one in knowledge.withdrawn.values()}
    return names.get(wanted) or next(
        (one for one in knowledge.withdrawn.values() if one.name.casefold() == wanted), None
    )


def refuse_withdrawn(name: str, knowledge: Knowledge) -> None:
    """Raise `UsageError` for the name of a statement that was withdrawn, with what takes its place."""
    found = withdrawal_of(name, knowledge)
    if found is not None and found.is_statement:
        raise UsageError(f"{told(found, knowledge)}.", remedy=successor(found, knowledge))


def told(one: Withdrawal, knowledge: Knowledge) -> str:
    """Say since when something is in force no more, what takes its place, and why, without a full stop."""
    place = f", replaced by {successors(one, knowledge)}" if one.replaced_by else ""
    since = f" on {one.day}" if one.day else ""
    why = f": {one.reason.rstrip('.')}" if one.reason else ""
    return f"{one.name} was withdrawn{since}{place}{why}"


def successors(one: Withdrawal, knowledge: Knowledge) -> str:
    """Name what takes the place of something: statements by their ids, terms by their names."""
    return ", ".join(called(iri, knowledge) for iri in one.replaced_by)


def successor(one: Withdrawal, knowledge: Knowledge) -> str:
    """Say what to write instead."""
    if not one.replaced_by:
        return "Nothing takes its place."
    return f"Use {'one of ' if len(one.replaced_by) > 1 else ''}{successors(one, knowledge)} instead."


def called(iri: str, knowledge: Knowledge) -> str:
    """Name a statement by its id, in force or not, and a term by its CURIE."""
    info, old = knowledge.statements.get(iri), knowledge.withdrawn.get(iri)
    return info.id if info else old.name if old else curie(iri)
