"""Whole plans of representative patients, each in a file that people can review, and the rule that chooses them.

The patients are the examples, and of all other sources of the cases those that ``lacking`` asks for: every feature of a
plan that occurs among them is in the plans of `TWICE` patients, or of as many as have it. A feature is a state of a
statement, a status of an intervention, what settles it and what is running, a site, a question, an interaction, or a
conflict with its rule. Of the sources that have something lacking, the one is taken that has most of it for its length;
of equals the first. A patient once chosen stays, so that a new case changes no other file. Records with violations have
no plan.
"""

from __future__ import annotations

import warnings
from collections import Counter
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from hipkg.api.plan import plans
from hipkg.base.errors import HipkgError, SetAside
from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import curie
from support.cases import CASES, EXAMPLES, all_unlike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hipkg.planning.records import Action, Conflict, Interaction, Plan, Question, StatementState, Unused

FOLDER = CASES / "plans"
AS_OF = date(2026, 11, 23)
TWICE = 2
SHORT = 3
FRAME = CASES / "frame"
SOURCES = ("*.ttl", "bundle.json", "resources.ndjson")
HEAD = "# hipkg plan "

Feature = tuple[str, ...]


@cache
def plans_of(path: Path) -> tuple[Plan, ...]:
    """Plan the patients of a source, or none if it cannot be planned for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SetAside)
        try:
            return plans(path, as_of=AS_OF)
        except HipkgError:
            return ()


def golden(path: Path) -> Path:
    """Name the file that holds the plans of a source."""
    source = path.relative_to(ROOT).with_suffix("")
    return FOLDER / f"{'-'.join(source.parts).removeprefix('tests-cases-')}.txt"


def source_of(file: Path) -> Path:
    """Read from the first line of a file what source its plans are of."""
    with file.open(encoding="utf-8") as lines:
        return ROOT / next(lines).removeprefix(HEAD).split(" ")[0]


@cache
def written(path: Path) -> str:
    """Write the plans of a source: actions in order, statements, conflicts, interactions, and what is not used."""
    head = f"{HEAD}{path.relative_to(ROOT).as_posix()} --as-of {AS_OF}\n"
    return head + "".join(f"\n{line}\n" for plan in plans_of(path) for line in _parts(plan))


def _parts(plan: Plan) -> Iterator[str]:
    parts = {
        "ACTIONS": map(_action, plan.actions),
        "STATEMENTS": map(_statement, plan.statements),
        "CONFLICTS": map(_conflict, plan.conflicts),
        "QUESTIONS": map(_question, plan.questions),
    }
    yield f"PATIENT {plan.patient}"
    for title, lines in parts.items():
        yield "\n".join([title, *lines])
    if plan.interactions:
        yield "\n".join(["INTERACTIONS", *map(_interaction, plan.interactions)])
    if plan.unused:
        yield "\n".join(["UNUSED", *map(_unused, plan.unused)])


def _action(one: Action) -> str:
    done = [f"done: {each.label} {each.day or 'undated'}{'' if each.counts else ', not counted'}" for each in one.done]
    running = [f"running: {', '.join(one.current)}"] if one.current else []
    return _line(one.status, _named(one.intervention, one.label), one.site, " ".join(one.statements), *done, *running)


def _statement(one: StatementState) -> str:
    return f"{one.id} {one.state} {one.site}".rstrip()


def _conflict(one: Conflict) -> str:
    verdict = f"{one.rule}: {one.decided_for}" if one.decided_for else one.rule
    return _line(_named(one.intervention, one.label), one.site, f"{one.advised_by} against {one.opposed_by}", verdict)


def _interaction(one: Interaction) -> str:
    given = [", ".join(f"{it.label} {it.standing}" for it in some) for some in (one.treatments, one.beside)]
    of = _named(one.intervention, one.label)
    return _line(one.kind, of, one.site, *given, " ".join(one.statements), "settled" if one.settled else "")


def _question(one: Question) -> str:
    return _line(one.text, one.site, " ".join(one.statements))


def _unused(one: Unused) -> str:
    return _line(" ".join(filter(None, (one.label, one.value))), one.site, one.day)


def _named(iri: str, label: str) -> str:
    """Add the label to a name that does not hold its longer words."""
    name = curie(iri)
    told = all(word in name.casefold() for word in label.casefold().split() if len(word) > SHORT)
    return name if told else f"{name} ({label})"


def _line(*parts: str) -> str:
    return " | ".join(filter(None, parts))


@cache
def features(path: Path) -> frozenset[Feature]:
    """List what is to be found in plans."""
    return frozenset(one for plan in plans_of(path) for one in _features(plan))


def _features(plan: Plan) -> Iterator[Feature]:
    for statement in plan.statements:
        yield "state", statement.id, statement.state
    for action in plan.actions:
        yield "status", action.intervention, action.status
        yield "site", action.site
        yield "settled", action.status, str([one.counts for one in action.done]), str(action.running)
    for conflict in plan.conflicts:
        yield "conflict", conflict.intervention, conflict.rule
    for interaction in plan.interactions:
        yield "interaction", interaction.kind, interaction.intervention
    for question in plan.questions:
        yield "question", question.text


def candidates() -> tuple[Path, ...]:
    """List the sources of all cases that can be planned for, one of those with the same content."""
    sources = (path for pattern in SOURCES for path in CASES.rglob(pattern) if FRAME not in path.parents)
    return tuple(path for path in (*EXAMPLES.values(), *all_unlike(sources)) if plans_of(path))


def lacking(chosen: Iterable[Path]) -> Counter[Feature]:
    """Count for each feature the sources in which it has yet to be shown."""
    there = Counter(one for path in candidates() for one in features(path))
    shown = Counter(one for path in chosen for one in features(path))
    return Counter({one: min(TWICE, count) for one, count in there.items()}) - shown


def choose(chosen: Iterable[Path]) -> tuple[Path, ...]:
    """Add sources to some until nothing is lacking."""
    found = dict.fromkeys((*EXAMPLES.values(), *chosen))
    left = [path for path in candidates() if path not in found]
    missing = lacking(found)
    while missing:
        best = max(left, key=lambda path: len(features(path) & missing.keys()) / len(written(path)))
        left.remove(best)
        found[best] = None
        missing -= Counter(features(best))
    return tuple(found)
