"""Ask compiled texts in a bare store, and compare their answers with what hipkg derives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import HIP
from hipkg.compilation.operations import DEFAULT, Graphs
from hipkg.compilation.standalone import compile_sparql
from hipkg.compilation.whole import WholePart, compile_all
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.derivation.records import Derivation, Evaluation

SLOTS = ("requires", "except_for", "ended_by", "satisfied_by")
LEFT_OPEN = "left open"
"""Stands for the state of an evaluation that hangs on its companions alone, of which the text of a statement knows
nothing."""
Answer = tuple[str, str, tuple[bool, ...], str]
Rows = set[tuple[str, ...]]


def expected(evaluations: Iterable[Evaluation], statement: str) -> set[Answer]:
    """List what hipkg derives for each subject: its site, the classes that slots name, and the state.

    Compiled text tells who is in a context, and nothing of one that is only possible.
    """
    info = load().statement(statement)
    assert info is not None
    classes = [cls for slot in SLOTS for cls in getattr(info, slot)]
    holding = load().holding[info.effect]
    return {
        (subject, one.site, tuple(cls in one.meets for cls in classes), _alone(one, bool(info.accompanies), holding))
        for one in evaluations
        if one.statement == info.iri and not one.lacks_fact
        for subject in one.subjects
    }


def _alone(one: Evaluation, companied: bool, holding: str) -> str:
    """Tell the state of an evaluation as far as its statement alone decides it."""
    hangs = companied and (one.state == holding or (one.state == State.LATER and not one.awaits))
    return LEFT_OPEN if hangs else one.state


@cache
def compiled(target: str, part: str) -> str:
    """Compile a statement or a class."""
    return compile_sparql(target, load(), part)


def local(cls: str) -> str:
    """Name a class as a target."""
    return cls.removeprefix(HIP)


def filled(graph: Iterable[ox.Quad]) -> ox.Store:
    """Put a graph into a store of its own."""
    store = ox.Store()
    store.extend(graph)
    return store


def members(graph: Iterable[ox.Quad], cls: str) -> set[str]:
    """List the members of a class that its compiled text finds, but for the ontology's own individuals."""
    store = filled(graph)
    store.update(compiled(local(cls), "update"))
    return {one["member"].value for one in store.query(compiled(local(cls), "query"))} - load().terms


def in_oxigraph(graph: Iterable[ox.Quad], statement: str) -> set[Answer]:
    """Give the answers of the compiled text of a statement."""
    store = filled(graph)
    store.update(compiled(statement, "update"))
    solutions = store.query(compiled(statement, "query"))
    names = [one.value for one in solutions.variables]
    rows = [{name: one[name].value for name in names if one[name] is not None} for one in solutions]
    return answers(rows, names)


def answers(rows: list[dict[str, str]], names: list[str]) -> set[Answer]:
    """Read the rows of an answer."""
    flags = [one for one in names if one not in {"patient", "subject", "site", "state", "final", "refuted"}]
    return {
        (one["subject"], one.get("site", ""), tuple(one[flag] == "true" for flag in flags), _told(one)) for one in rows
    }


def _told(row: dict[str, str]) -> str:
    assert row["final"] == "true" or row["state"] == State.LATER, "what is not final never says that it holds"
    return row["state"] if row["final"] == "true" else LEFT_OPEN


@cache
def whole_text(part: WholePart, graphs: Graphs = DEFAULT) -> str:
    """Compile all statements."""
    return compile_all(load(), part, graphs)


def concluded(store: ox.Store, graphs: Graphs = DEFAULT) -> tuple[Rows, Rows]:
    """Run the text of all statements on a store; return the states that it gives, and the statuses."""
    store.update(whole_text("update", graphs))
    return tuple(_rows(store.query(whole_text(part, graphs))) for part in ("states", "actions"))


def _rows(solutions: ox.QuerySolutions) -> Rows:
    return {tuple("" if value is None else value.value for value in one) for one in solutions}


def concluded_by_hipkg(derivation: Derivation, patient: str) -> tuple[Rows, Rows]:
    """List the states and the statuses of a derivation as the queries of the text of all statements answer."""
    evaluations = {one.iri: one for one in derivation.evaluations}
    states = {(patient, one.site, one.statement, str(one.state)) for one in derivation.evaluations}
    statuses = {
        (patient, one.site, one.intervention, str(one.status), str(one.modality), evaluations[iri].statement)
        for one in derivation.actions
        for iri in one.claimed[one.decisive]
        if one.decisive == ClaimKind.DISPUTED or iri not in one.overruled
    }
    return states, statuses
