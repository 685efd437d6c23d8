"""Tell what the test cases show of each statement: that it fires, that it nearly fires, and each slot entry both ways.

A case is a folder ``statements/<ID>`` or ``statements/<ID>-<slug>`` with the patients ``fires.ttl`` and
``near-miss.ttl`` and with the date of their plans in ``expected.json``. The patients of a statement are those of its
own cases and the examples that hipkg ships. That a file is called so proves nothing: each patient is read, validated
and derived with the native engine, and then

* a statement *fires* for a patient if it is, at some place, in the state that it takes when it holds;
* it *nearly fires* for the near-miss patient of a case if it is not in that state at a place where it fires for the
  other patient of the case;
* an entry of ``appliesTo`` is *true* where a subject is in the context class, and *false* for a near-miss patient who
  has nobody in the class at a place where the statement fires for the other patient of the case;
* an entry of ``requires``, ``exceptFor`` or ``satisfiedBy`` is *true* where the context holds and the class is met, and
  *false* where the context holds and the class is refuted, awaited or not known to hold;
* an entry of ``accompanies`` is *true* where the context holds and the companion is offered, and *false* where it is
  lacking; where an exception or a fulfilment has settled the statement before, it is neither.

Two kinds of entry need no case that shows them false: a context that every patient is in, and a companion that is
indicated without condition wherever the context holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.dates import today
from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.base.paths import EXAMPLES, ONTOLOGY
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.selection import check_documents, select
from hipkg.knowledge.withdrawn import refuse_withdrawn
from hipkg.maintenance.history import read_history
from hipkg.pipeline.process import derivation_of
from hipkg.pipeline.request import Request
from hipkg.planning.places import SiteNames
from hipkg.reading.sources import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from hipkg.derivation.records import Evaluation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.record.facts import Facts

SLOTS = {
    "appliesTo": "applies_to",
    "requires": "requires",
    "exceptFor": "except_for",
    "satisfiedBy": "satisfied_by",
    "accompanies": "accompanies",
}
_SETTLED = frozenset({"ruled-out", "satisfied"})

TODO = "TODO"
"""With which text begins what `hipkg ontology new` leaves to be filled in."""


@dataclass(frozen=True, slots=True)
class SlotCoverage:
    """One entry of a slot, with the names of the patients for whom it is true and false.

    ``always`` tells that it need not be shown false, because it is true wherever the statement is asked.
    """

    slot: str
    entry: str
    true: tuple[str, ...]
    false: tuple[str, ...]
    always: bool

    @property
    def never_true(self) -> bool:
        """Tell whether a case that shows the entry true is missing."""
        return not self.true

    @property
    def never_false(self) -> bool:
        """Tell whether a case that shows the entry false is missing."""
        return not self.false and not self.always


@dataclass(frozen=True, slots=True)
class StatementCoverage:
    """One statement, with the names of the patients for whom it fires and nearly fires."""

    id: str
    fires: tuple[str, ...]
    nearly_fires: tuple[str, ...]
    slots: tuple[SlotCoverage, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What no case shows: ``missing`` is fires, nearly fires, true or false; the latter two are of a slot entry."""

    statement: str
    slot: str
    entry: str
    missing: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A patient of a case for whom the statement is in another state than is expected, at a site by its name."""

    patient: str
    statement: str
    site: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases show.

    ``strays`` are folders that belong to no statement, and ``unfilled`` those in which it is still to be said what they
    show.
    """

    statements: tuple[StatementCoverage, ...]
    strays: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    unfilled: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """List what is missing, by statement."""
        return tuple(gap for one in self.statements for gap in _gaps(one))

    @property
    def complete(self) -> bool:
        """Tell whether nothing is missing, all is as expected, and every folder belongs to a statement."""
        return not (self.gaps or self.strays or self.differences or self.unfilled)


@dataclass(frozen=True, slots=True)
class _Patient:
    """What is derived for a patient: evaluations by statement, and the graph that tells who is in which class."""

    name: str
    evaluations: Mapping[str, tuple[Evaluation, ...]]
    graph: Facts
    sites: SiteNames

    def of(self, info: StatementInfo) -> tuple[Evaluation, ...]:
        return self.evaluations.get(info.iri, ())

    def places(self, info: StatementInfo, state: str) -> set[str]:
        return {one.iri for one in self.of(info) if one.state == state}

    def has_member(self, evaluation: Evaluation, cls: str) -> bool:
        return any(self.graph.is_a(subject, cls) for subject in evaluation.subjects)


@dataclass(frozen=True, slots=True)
class _Case:
    """The two patients of a folder, with the places where the statement fires for the first.

    ``filled`` tells whether it is said what the case shows.
    """

    name: str
    filled: bool
    fires: _Patient
    near: _Patient
    places: frozenset[str]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What there is to judge a statement by: the state it takes when it holds, its cases, and all its patients."""

    info: StatementInfo
    state: str
    cases: tuple[_Case, ...]
    patients: tuple[_Patient, ...]


def coverage(
    cases: Path, knowledge: Knowledge, statements: Collection[str] = (), documents: Collection[str] = ()
) -> Coverage:
    """Derive the patients of the cases and tell what they show.

    Parameters: ``cases`` is the folder that holds the folder ``statements``; ``statements`` restricts what is looked at
    to those with these ids, ``documents`` to those of the documents with these ids. Raises `UsageError` for a folder
    without cases and for an unknown id; `UnreadableInput`, `InvalidPatient` or `InconsistentData` for an unsound case.
    """
    folder = cases / "statements"
    if not folder.is_dir():
        raise UsageError(
            "There are no cases of statements.", place=str(folder), remedy="Name the folder of test cases: --cases DIR."
        )
    wanted = _wanted(statements, documents, knowledge)
    folders, strays = folders_of(cases, knowledge)
    examples = _examples(knowledge)
    found, differences, unfilled = [], list[Difference](), list[str]()
    for info in wanted:
        state = knowledge.holding[info.effect]
        own = tuple(_case(path, info, state, knowledge) for path in folders.get(info.id, ()))
        patients = (one for case in own for one in (case.fires, case.near))
        differences += (one for case in own for one in case.differences)
        unfilled += (case.name for case in own if not case.filled)
        found.append(_statement(_Evidence(info, state, own, (*patients, *examples)), knowledge))
    return Coverage(tuple(found), strays, tuple(differences), tuple(unfilled))


def _wanted(statements: Collection[str], documents: Collection[str], knowledge: Knowledge) -> list[StatementInfo]:
    check_documents(documents, knowledge)
    for one in statements:
        if knowledge.statement(one) is None:
            refuse_withdrawn(one, knowledge)
            raise UsageError(f"There is no statement {one!r}.", remedy="Write its id, such as D0-41.")
    own = tuple(knowledge.namespaces.values())
    found = [
        info
        for info in knowledge.statements.values()
        if (info.id in statements if statements else not own or info.iri.startswith(own))
        and (not documents or knowledge.documents[info.document].id in documents)
    ]
    return sorted(found, key=lambda info: info.id)


def folders_of(cases: Path, knowledge: Knowledge) -> tuple[dict[str, list[Path]], tuple[str, ...]]:
    """Sort the folders of cases by their statement, and name those that have none, in force or withdrawn."""
    folder = cases / "statements"
    owned: dict[str, list[Path]] = {}
    strays: list[str] = []
    ids = {info.id for info in knowledge.statements.values()}
    past = [one.name for one in knowledge.withdrawn.values() if one.is_statement]
    for path in sorted(one for one in folder.iterdir() if one.is_dir()):
        owners = [one for one in ids if f"{path.name}-".startswith(f"{one}-")]
        if owners:
            owned.setdefault(max(owners, key=len), []).append(path)
        elif not any(f"{path.name}-".startswith(f"{one}-") for one in past):
            strays.append(path.name)
    return owned, tuple(strays)


def _examples(knowledge: Knowledge) -> tuple[_Patient, ...]:
    """Derive the examples, on the day of the ontology's version; an ontology of one's own has none."""
    if knowledge.namespaces:
        return ()
    as_of = _day_of(knowledge.version)
    return tuple(_patient(path, f"examples/{path.stem}", as_of, knowledge) for path in sorted(EXAMPLES.glob("*.ttl")))


def _day_of(version: str) -> date:
    """Return the day that a version is, or on which it was published; of one that is neither, today."""
    try:
        return date.fromisoformat(version)
    except ValueError:
        published = read_history(ONTOLOGY).of(version)
        return date.fromisoformat(published.day) if published else today()


def _case(folder: Path, info: StatementInfo, state: str, knowledge: Knowledge) -> _Case:
    expected = _expected(folder / "expected.json")
    chosen = documents_of_case(info, knowledge)
    fires, near = (
        _patient(folder / f"{name}.ttl", f"{folder.name}/{name}", expected.as_of, knowledge, chosen)
        for name in ("fires", "near-miss")
    )
    found = (
        _difference(fires, info, expected.site, expected.fires),
        _difference(near, info, expected.near_site, expected.near),
    )
    places = frozenset(fires.places(info, state))
    return _Case(folder.name, expected.filled, fires, near, places, tuple(filter(None, found)))


def documents_of_case(info: StatementInfo, knowledge: Knowledge) -> tuple[str, ...]:
    """List the ids of the documents by which the patients of a case are planned for, none for all.

    A case of a statement that is of no module of safety leaves those aside.
    """
    if knowledge.documents[info.document].safety:
        return ()
    return tuple(sorted(one.id for one in knowledge.documents.values() if not one.safety))


class _Expected(NamedTuple):
    """What is expected of a case: the states of the statement for both patients at a site, empty where not listed.

    ``filled`` tells whether nothing of it is still to be said.
    """

    as_of: date
    fires: str
    near: str
    site: str
    near_site: str
    filled: bool


def _expected(path: Path) -> _Expected:
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text)
        fires, near = told["fires"], told["nearMiss"]
        site = fires.get("site", "")
        return _Expected(
            date.fromisoformat(told["asOf"]),
            fires["state"] or "",
            near["state"] or "",
            site,
            near.get("site", site),
            TODO not in text,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise UnreadableInput(
            "does not say when the plan is made, and which states are expected.",
            place=str(path),
            remedy='Write "asOf": "YYYY-MM-DD", "fires": {"state", "site"}, "nearMiss": {"state", "why"}.',
        ) from problem


def _difference(patient: _Patient, info: StatementInfo, site: str, expected: str) -> Difference | None:
    """Compare the state of a statement at a site with the one that is expected; what may apply is not listed."""
    states = {patient.sites.name(one.site): one.state for one in patient.of(info) if one.state != State.MAY_APPLY}
    found = states.get(site, "")
    return Difference(patient.name, info.id, site, expected, found) if found != expected else None


def _patient(path: Path, name: str, as_of: date, knowledge: Knowledge, documents: tuple[str, ...] = ()) -> _Patient:
    """Derive a patient by the statements of some documents, or of all."""
    records = read(path, lambda: knowledge, as_of=as_of).results
    if len(records) != 1:
        raise UnreadableInput(f"holds {len(records)} patients.", place=str(path), remedy="Keep one patient in a case.")
    derivation = derivation_of(records[0], Request(selection=select(knowledge, documents)), knowledge)
    evaluations: dict[str, list[Evaluation]] = {}
    for one in derivation.evaluations:
        evaluations.setdefault(one.statement, []).append(one)
    return _Patient(
        name,
        {iri: tuple(ones) for iri, ones in evaluations.items()},
        derivation.facts,
        SiteNames(derivation, knowledge),
    )


def _statement(evidence: _Evidence, knowledge: Knowledge) -> StatementCoverage:
    info, state = evidence.info, evidence.state
    return StatementCoverage(
        info.id,
        fires=tuple(one.name for one in evidence.patients if one.places(info, state)),
        nearly_fires=tuple(case.near.name for case in evidence.cases if case.places - case.near.places(info, state)),
        slots=tuple(
            _slot(evidence, slot, entry, knowledge) for slot, field in SLOTS.items() for entry in getattr(info, field)
        ),
    )


def _slot(evidence: _Evidence, slot: str, entry: str, knowledge: Knowledge) -> SlotCoverage:
    info = evidence.info
    answers = {one.name: set(_answers(info, slot, entry, one)) for one in evidence.patients}
    if slot == "appliesTo":
        false = [case.near.name for case in evidence.cases if _loses_context(info, entry, case)]
    else:
        false = [name for name, given in answers.items() if False in given]
    return SlotCoverage(
        slot,
        entry,
        true=tuple(name for name, given in answers.items() if True in given),
        false=tuple(false),
        always=_always(info, slot, entry, knowledge),
    )


def _answers(info: StatementInfo, slot: str, entry: str, patient: _Patient) -> Iterator[bool]:
    """Tell whether an entry is true, at each place of a patient where that is asked."""
    for one in patient.of(info):
        if slot == "appliesTo":
            yield patient.has_member(one, entry)
        elif slot != "accompanies":
            yield entry in one.meets
        elif one.state not in _SETTLED:
            yield entry not in one.lacks


def _loses_context(info: StatementInfo, entry: str, case: _Case) -> bool:
    kept = {one.iri for one in case.near.of(info) if case.near.has_member(one, entry)}
    return bool(case.places - kept)


def _always(info: StatementInfo, slot: str, entry: str, knowledge: Knowledge) -> bool:
    if slot == "appliesTo":
        return knowledge.is_a(hip.Patient, entry)
    return slot == "accompanies" and _always_offered(info, entry, knowledge)


def _always_offered(info: StatementInfo, companion: str, knowledge: Knowledge) -> bool:
    """Tell whether some statement indicates a companion, or a kind of it, wherever the context of another holds.

    Whether a third statement keeps the companion out there is for the cases of that one to show.
    """
    return any(
        knowledge.is_a(other.intervention, companion) and _covers(other, info, knowledge)
        for other in knowledge.statements.values()
        if other.effect == hip.indicates and not (other.requires or other.except_for or other.satisfied_by)
    )


def _covers(other: StatementInfo, info: StatementInfo, knowledge: Knowledge) -> bool:
    """Tell whether a statement that only a companion could hold up holds wherever the context of another does."""
    wider = all(any(knowledge.is_a(one, upper) for upper in other.applies_to) for one in info.applies_to)
    return wider and all(_always_offered(other, one, knowledge) for one in other.accompanies)


def _gaps(one: StatementCoverage) -> Iterator[Gap]:
    if not one.fires:
        yield Gap(one.id, "", "", "fires")
    if not one.nearly_fires:
        yield Gap(one.id, "", "", "nearly fires")
    for slot in one.slots:
        if slot.never_true:
            yield Gap(one.id, slot.slot, slot.entry, "true")
        if slot.never_false:
            yield Gap(one.id, slot.slot, slot.entry, "false")
