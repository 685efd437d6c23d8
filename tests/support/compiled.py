"""Ask compiled texts in a bare store, and compare their answers with what hipkg derives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import HIP
from hipkg.compilation.standalone import compile_sparql
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.derivation.records import Evaluation

SLOTS = ("requires", "except_for", "ended_by", "satisfied_by")
HOLDING = {"holds": {"now", "must-not", "knowledge"}}
Answer = tuple[str, str, tuple[bool, ...], str]


def expected(evaluations: Iterable[Evaluation], statement: str) -> set[Answer]:
    """List what hipkg derives for each subject: its site, the classes that slots name, and the state of the slots.

    Compiled text tells who is in a context, and nothing of one that is only possible.
    """
    info = load().statement(statement)
    assert info is not None
    classes = [cls for slot in SLOTS for cls in getattr(info, slot)]
    return {
        (subject, one.site, tuple(cls in one.meets for cls in classes), state_without_companions(one))
        for one in evaluations
        if one.statement == info.iri and not one.lacks_fact
        for subject in one.subjects
    }


def state_without_companions(one: Evaluation) -> str:
    """Tell the state of an evaluation but for its companions, of which compiled text knows nothing."""
    return one.state if one.state != "later-if" or one.awaits else "holds"


@cache
def compiled(target: str, part: str) -> str:
    """Compile a statement or a class."""
    return compile_sparql(target, load(), part)


def local(cls: str) -> str:
    """Name a class as a target."""
    return cls.removeprefix(HIP)


def members(graph: Iterable[ox.Quad], cls: str) -> set[str]:
    """List the members of a class that its compiled text finds."""
    store = ox.Store()
    store.extend(graph)
    store.update(compiled(local(cls), "update"))
    return {one["member"].value for one in store.query(compiled(local(cls), "query"))}


def in_oxigraph(graph: Iterable[ox.Quad], statement: str) -> set[Answer]:
    """Give the answers of the compiled text of a statement."""
    store = ox.Store()
    store.extend(graph)
    store.update(compiled(statement, "update"))
    solutions = store.query(compiled(statement, "query"))
    names = [one.value for one in solutions.variables]
    rows = [{name: one[name].value for name in names if one[name] is not None} for one in solutions]
    return answers(rows, names)


def answers(rows: list[dict[str, str]], names: list[str]) -> set[Answer]:
    """Read the rows of an answer."""
    flags = [one for one in names if one not in {"patient", "subject", "site", "state", "refuted"}]
    return {
        (one["subject"], one.get("site", ""), tuple(one[flag] == "true" for flag in flags), one["state"])
        for one in rows
    }


def same(found: set[Answer], wanted: set[Answer]) -> bool:
    """Compare answers; where only a companion is lacking, the text says what holds without it."""
    settled = {one[:3]: one[3] for one in found}
    return {one[:3] for one in wanted} == set(settled) and all(
        settled[one[:3]] in HOLDING.get(one[3], {one[3]}) for one in wanted
    )
