"""Import the patients of a source: split the resources by patient, read and join them, and account for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg import knowledge as released
from hipkg import terminology
from hipkg.fhir import activities, conditions, drugs, observations
from hipkg.fhir.codes import Codes
from hipkg.fhir.context import Context
from hipkg.fhir.courses import assembled
from hipkg.fhir.dates import ages, day_of
from hipkg.fhir.elements import Malformed, flag, text
from hipkg.fhir.graph import Facts, patient_iri, written
from hipkg.fhir.index import Index
from hipkg.fhir.joining import Joined, Log, Merged, joined
from hipkg.fhir.records import Activity, Import, Imported, ResourceUse, Stated, Unused
from hipkg.fhir.wording import Words
from hipkg.read import Notice, PatientGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from hipkg.fhir.records import Fact, Resource
    from hipkg.fhir.source import Found

_PATIENT = "Patient"
_OLDEST = 120
READERS: Mapping[str, Callable[[Resource, Context], Stated]] = {
    "AllergyIntolerance": observations.read_allergy,
    "CarePlan": activities.read_care_plan,
    "Condition": conditions.read_condition,
    "DeviceUseStatement": activities.read_device_use,
    "DiagnosticReport": observations.read_report,
    "ImagingStudy": observations.read_imaging,
    "MedicationAdministration": drugs.read_administration,
    "MedicationRequest": drugs.read_request,
    "MedicationStatement": drugs.read_statement,
    "Observation": observations.read_observation,
    "Procedure": activities.read_procedure,
    "ServiceRequest": activities.read_service_request,
}
_HELPERS = {"BodyStructure", "Device", "Medication"}
_NOT_READ = "resources of this type are not read"
_HELPS = "it is read where others refer to it"
_ANSWERS = "no statement uses the answers of a questionnaire"


def imported(found: Found, name: str, as_of: date) -> Import:
    """Import all patients of a source, for the date of a plan.

    Parameters: ``name`` is that of the source.
    """
    index = Index(found.resources, found.urls)
    codes = Codes(terminology.load(), released.load())
    patients = [one for one in found.resources if one.type == _PATIENT]
    owned: dict[str, list[Resource]] = {one.key: [] for one in patients}
    strays: list[ResourceUse] = []
    for one in found.resources:
        if one.type != _PATIENT:
            owner = _owner(one, index, strays)
            if owner in owned:
                owned[owner].append(one)
    troubles = [*found.troubles, *strays]
    single = len(patients) == 1
    made = tuple(
        _Importer(one, index, codes, as_of, name).imported(owned[one.key], troubles if single else ())
        for one in patients
    )
    return Import(name, made, () if single else tuple(sorted(troubles)))


def _owner(one: Resource, index: Index, strays: list[ResourceUse]) -> str:
    """Find the patient of a resource; one that is of none is accounted for by itself."""
    try:
        owner = index.subject(one.raw)
    except Malformed as problem:
        strays.append(ResourceUse(one.key, "malformed", str(problem)))
        return ""
    if owner:
        return owner
    if one.type in _HELPERS:
        strays.append(ResourceUse(one.key, "ignored", _HELPS))
    elif one.type in READERS:
        strays.append(ResourceUse(one.key, "set aside", "its patient is not in the source"))
    else:
        strays.append(ResourceUse(one.key, "ignored", _NOT_READ))
    return ""


class _Importer:
    """Import one patient."""

    def __init__(self, patient: Resource, index: Index, codes: Codes, as_of: date, name: str) -> None:
        self._patient = patient
        self._name = name
        self._as_of = as_of
        self._flags: dict[str, list[str]] = {}
        self._notes: dict[str, list[str]] = {}
        self._unused: dict[str, ResourceUse] = {}
        birth = self._birth()
        self._context = Context(codes, index, as_of, birth)
        self._words = Words(codes.knowledge)

    def imported(self, resources: Sequence[Resource], troubles: Iterable[ResourceUse]) -> Imported:
        key = self._patient.key
        died = self._died()
        if died:
            uses = [ResourceUse(one.key, "ignored", "the patient has died") for one in (self._patient, *resources)]
            return Imported(patient_iri(key), None, tuple(sorted([*uses, *troubles])), died)
        facts = [fact for one in resources for fact in self._read(one)]
        log = Log()
        found = joined(facts, self._context, log)
        stated = [one for one in facts if isinstance(one, Activity)]
        found = found._replace(activities=assembled(found.activities, stated, self._context, log))
        merged = {one.resource: one for one in log.merged}
        into = {one.resource: one.into for one in log.merged}
        age = self._age()
        graph = written(Facts(key, age, *found, into, self._as_of), self._context.knowledge)
        for resource, flagged in log.flags:
            self._flags.setdefault(resource, []).append(flagged)
        for resource, note in log.notes:
            self._notes.setdefault(resource, []).append(note)
        told = self._told(found, age)
        uses = [self._use(one.key, told, merged, graph.nodes) for one in (self._patient, *resources)]
        everything = tuple(sorted([*uses, *troubles]))
        notices = notices_of(everything, graph.iri)
        patient = PatientGraph(
            graph.iri, graph.triples, self._name, self._as_of, dated=False, notices=notices, alone=True
        )
        return Imported(graph.iri, patient, everything)

    def _told(self, found: Joined, age: int | None) -> dict[str, list[str]]:
        """Say by resource what its facts are."""
        told: dict[str, list[str]] = {self._patient.key: [f"aged {age}" if age is not None else "age not known"]}
        for problem in found.problems:
            told.setdefault(problem.resource, []).append(self._words.problem(problem))
        for activity in found.activities:
            told.setdefault(activity.resource, []).append(self._words.activity(activity))
        for measure in found.measures:
            told.setdefault(measure.resource, []).append(self._words.measure(measure))
        return told

    def _read(self, one: Resource) -> tuple[Fact, ...]:
        reader = READERS.get(one.type)
        try:
            if reader is None:
                reason = _HELPS if one.type in _HELPERS else _NOT_READ
                raise Unused("ignored", _ANSWERS if one.type == "QuestionnaireResponse" else reason)
            reading = reader(one, self._context)
        except Unused as unused:
            self._unused[one.key] = ResourceUse(one.key, unused.outcome, unused.reason)
            return ()
        except Malformed as problem:
            self._unused[one.key] = ResourceUse(one.key, "malformed", str(problem))
            return ()
        self._flags.setdefault(one.key, []).extend(reading.flags)
        self._notes.setdefault(one.key, []).extend(reading.notes)
        return reading.facts

    def _use(
        self,
        key: str,
        told: Mapping[str, list[str]],
        merged: Mapping[str, Merged],
        nodes: Mapping[str, tuple[str, ...]],
    ) -> ResourceUse:
        if key in self._unused:
            return self._unused[key]
        flags = tuple(dict.fromkeys(self._flags.get(key, ())))
        if key in told:
            detail = "; ".join((*dict.fromkeys(told[key]), *self._notes.get(key, ())))
            return ResourceUse(key, "used", detail, flags, nodes.get(key, ()))
        if key in merged:
            one = merged[key]
            return ResourceUse(key, "merged", f"into {one.into}: {one.why}", flags, nodes.get(key, ()))
        reason = "; ".join((*flags, *self._notes.get(key, ())))
        return ResourceUse(key, "set aside" if flags else "ignored", reason or "what it refers to states no fact")

    def _birth(self) -> str:
        try:
            birth = text(self._patient.raw, "birthDate")
        except Malformed as problem:
            self._doubt(str(problem))
            return ""
        if birth and not day_of(birth):
            self._doubt("the birth date is no date of the calendar, so the age is not known")
        return day_of(birth) if birth else ""

    def _doubt(self, flagged: str) -> None:
        self._flags.setdefault(self._patient.key, []).append(flagged)

    def _age(self) -> int | None:
        """Give the age if the birth date leaves no doubt of it."""
        birth = self._context.birth
        if not birth:
            return None
        found = ages(birth, self._as_of)
        if found is None or found[1] > _OLDEST:
            self._doubt(f"the birth date {birth} gives no age on {self._as_of.isoformat()}")
            return None
        least, most = found
        if least != most:
            self._doubt(f"the birth date {birth} leaves open whether the age is {least} or {most}, so it is not used")
            return None
        return least

    def _died(self) -> str:
        """Say that the patient has died, empty if that is not recorded."""
        when = self._patient.raw.get("deceasedDateTime")
        try:
            if when is not None:
                return f"died on {day_of(text(self._patient.raw, 'deceasedDateTime')) or 'a date that is not readable'}"
            return "has died" if flag(self._patient.raw, "deceasedBoolean") else ""
        except Malformed:
            return "is recorded as deceased in a form that is not readable"


def notices_of(uses: Iterable[ResourceUse], patient: str) -> tuple[Notice, ...]:
    """Gather what validation shall tell of an import: doubts and what was set aside, each once."""
    given = [*uses]
    used = sum(one.outcome in {"used", "merged"} for one in given)
    unread = [one for one in given if one.outcome not in {"used", "merged"}]
    found: list[Notice] = []
    if unread:
        found.append(
            Notice(
                "info",
                "hip:F01-import-unused",
                patient,
                f"F01: Of {len(given)} resources {used} are used and {len(unread)} are not.",
                "List them with `hipkg convert --report`.",
            )
        )
    doubts: dict[tuple[str, str], list[str]] = {}
    for one in given:
        for doubt in one.flags if one.outcome in {"used", "merged"} else ():
            doubts.setdefault(("used", doubt), []).append(one.resource)
        if one.outcome in {"set aside", "malformed"}:
            doubts.setdefault((one.outcome, one.detail), []).append(one.resource)
    found += (_notice(outcome, reason, keys, patient) for (outcome, reason), keys in sorted(doubts.items()))
    return tuple(found)


_SHOWN = 3


def _notice(outcome: str, reason: str, keys: Sequence[str], patient: str) -> Notice:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    names = ", ".join(sorted(keys)[:_SHOWN]) + more
    if outcome == "used":
        message = f"F02: {names}: {reason}."
        return Notice("warning", "hip:F02-import-doubt", patient, message, "Complete or correct the resource.")
    if outcome == "malformed":
        message = f"F04: {names} is not read: {reason}."
        return Notice("warning", "hip:F04-import-malformed", patient, message, "Correct the resource.")
    message = f"F03: {names} is set aside: {reason}."
    return Notice("warning", "hip:F03-import-set-aside", patient, message, "Correct the resource, or leave it so.")
