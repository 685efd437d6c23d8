"""Import the patients of a source: split the resources by patient, read and join them, and account for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.reading.account import Import, Imported, ResourceUse, notices_of, unread_of
from hipkg.reading.fhir import activities, allergies, care_plans, conditions, drugs, mentions, observations, reports
from hipkg.reading.fhir.account import Account
from hipkg.reading.fhir.codes import codes_of
from hipkg.reading.fhir.context import Context, part_of, refuse_modified
from hipkg.reading.fhir.courses import assembled
from hipkg.reading.fhir.elements import Malformed
from hipkg.reading.fhir.graph import PatientFacts, Written, patient_iri, written
from hipkg.reading.fhir.identity import identities_of
from hipkg.reading.fhir.index import Index
from hipkg.reading.fhir.joining import Joined, joined
from hipkg.reading.fhir.log import Log, Merged
from hipkg.reading.fhir.other_versions import REFUSED
from hipkg.reading.fhir.person import completed, read_person
from hipkg.reading.fhir.records import HELPERS, Activity, Refused, Stated, Unused
from hipkg.reading.fhir.specification import irregular, resource_types
from hipkg.reading.fhir.unread import HELPS, device_beside, of_a_type_not_read
from hipkg.reading.fhir.wording import Words
from hipkg.record.patient import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.account import Outcome
    from hipkg.reading.fhir.codes import Codes
    from hipkg.reading.fhir.gathering import Found
    from hipkg.reading.fhir.identity import Identity
    from hipkg.reading.fhir.records import Fact, Resource

_PATIENT = "Patient"
READERS: Mapping[str, Callable[[Resource, Context], Stated | Refused]] = {
    "AllergyIntolerance": allergies.read_allergy,
    "CarePlan": care_plans.read_care_plan,
    "Claim": mentions.read_claim,
    "Condition": conditions.read_condition,
    "DeviceRequest": activities.read_device_request,
    "DeviceUseStatement": activities.read_device_use,
    "DiagnosticReport": reports.read_report,
    "Encounter": mentions.read_encounter,
    "ExplanationOfBenefit": mentions.read_claim,
    "ImagingStudy": reports.read_imaging,
    "MedicationAdministration": drugs.read_administration,
    "MedicationDispense": drugs.read_dispense,
    "MedicationRequest": drugs.read_request,
    "MedicationStatement": drugs.read_statement,
    "Observation": observations.read_observation,
    "Procedure": activities.read_procedure,
    "ServiceRequest": activities.read_service_request,
}
_TELLING = {*HELPERS, *READERS} - {"Claim", "ExplanationOfBenefit"}
"""The types whose resources state facts, or are read where others refer to them."""
_OTHER = "resources of this type are not read"
_NOT_READ = {
    "DocumentReference": "documents are not read",
    "FamilyMemberHistory": "no statement uses what relatives have",
    "Goal": "no statement uses goals",
    "Immunization": "no statement uses immunizations",
    "QuestionnaireResponse": "no statement uses the answers of a questionnaire",
}


def imported(found: Found, name: str, as_of: date, knowledge: Knowledge, *, deceased: bool = False) -> Import:
    """Import all patients of a source, for the date of a plan.

    Parameters: ``name`` is that of the source; ``deceased`` gives a graph to those who have died as well.
    """
    index = Index(found.resources, found.urls)
    codes = codes_of(knowledge)
    patients = [one for one in found.resources if one.type == _PATIENT]
    people = identities_of(patients, index)
    owned: dict[str, list[Resource]] = {one.patient.key: [] for one in people}
    owner_of = {each.key: one.patient.key for one in people for each in (one.patient, *one.replaced)}
    strays: list[ResourceUse] = []
    for one in found.resources:
        if one.type != _PATIENT:
            owner = owner_of.get(_owner(one, index, strays))
            if owner:
                owned[owner].append(one)
    troubles = [*found.troubles, *strays]
    single = len(people) == 1 and not found.several
    made = tuple(
        _Importer(one, index, codes, as_of, name).imported(
            owned[one.patient.key], troubles if single else (), deceased=deceased
        )
        for one in people
    )
    return Import(name, made, () if single else tuple(sorted(troubles)))


def _owner(one: Resource, index: Index, strays: list[ResourceUse]) -> str:
    """Find the patient of a resource; one that is of none is accounted for by itself."""
    try:
        owner = index.subject(one)
    except Malformed as problem:
        strays.append(ResourceUse(one.key, "malformed", str(problem)))
        return ""
    if owner:
        return owner
    if one.type in HELPERS:
        strays.append(ResourceUse(one.key, "ignored", HELPS))
    elif one.type in READERS or one.type in REFUSED:
        strays.append(ResourceUse(one.key, "set aside", "its patient is not in the source"))
    else:
        strays.append(ResourceUse(one.key, *_why_not_read(one.type)))
    return ""


def _why_not_read(kind: str) -> tuple[Outcome, str]:
    """Say why resources of a type are not read."""
    if kind not in resource_types():
        return "set aside", "FHIR has no such type of resources"
    return "ignored", _NOT_READ.get(kind, _OTHER)


class _Importer:
    """Import one patient."""

    def __init__(self, who: Identity, index: Index, codes: Codes, as_of: date, name: str) -> None:
        self._who = who
        self._name = name
        read = (read_person(one.raw, as_of, codes.knowledge) for one in (who.patient, *who.replaced))
        self._person = completed(*read)
        self._age = None if self._person.died else self._person.age
        self._context = Context(codes, index, as_of, self._person.birth, self._age)
        self._words = Words(codes.knowledge)

    def imported(self, resources: Sequence[Resource], troubles: Iterable[ResourceUse], *, deceased: bool) -> Imported:
        """Import the patient with the resources that are theirs, and account for troubles beside them."""
        key = self._who.patient.key
        every = (key, *(one.key for one in (*self._who.replaced, *resources)))
        if self._person.died and not deceased:
            uses = [ResourceUse(one, "ignored", "the patient has died") for one in every]
            return Imported(patient_iri(key), None, tuple(sorted([*uses, *troubles])), self._person.died)
        account, log = Account(), Log()
        lacking = (told for one in (self._who.patient, *self._who.replaced) for told in part_of(one.raw))
        strange = (told for one in (self._who.patient, *self._who.replaced) for told in irregular(one.raw))
        doubts = (*self._person.flags, *self._who.doubts, *self._death(), *dict.fromkeys((*lacking, *strange)))
        account.read(key, Stated((), doubts, self._person.notes))
        account.merged |= {
            one.key: Merged(one.key, key, "it was replaced by that record") for one in self._who.replaced
        }
        facts = [fact for one in resources for fact in self._facts(one, account)]
        found = joined(facts, self._context, log)
        stated = [one for one in facts if isinstance(one, Activity)]
        found = found._replace(activities=assembled(found.activities, stated, self._context, log))
        mentions.tell_unrecorded(facts, resources, self._context, log)
        conditions.tell_refuted(resources, facts, self._context, log)
        account.joined(log)
        into = {one: merged.into for one, merged in account.merged.items()}
        graph = written(
            PatientFacts(key, self._age, *found, into, self._context.as_of, self._person.gender),
            self._context.knowledge,
        )
        told = self._told(found)
        uses = [account.use(one, told, graph.nodes) for one in every]
        whole = tuple(sorted([*uses, *troubles]))
        return Imported(graph.iri, self._graph(graph, whole), whole, self._person.died)

    def _death(self) -> Iterator[str]:
        if self._person.died:
            yield f"the patient {self._person.died}, so the age is not used"

    def _facts(self, one: Resource, account: Account) -> tuple[Fact, ...]:
        """Read a resource, and note what is to be told of it."""
        try:
            stated = _stated(one, self._context)
        except Unused as problem:
            stated = problem.refused
        except Malformed as problem:
            stated = Refused("malformed", str(problem))
        if isinstance(stated, Refused):
            telling = one.type in _TELLING and stated.outcome != "malformed"
            account.refused(one.key, stated, irregular(one.raw, deep=not stated.by_code) if telling else ())
            return ()
        strange = irregular(one.raw)
        flags, notes = (*stated.flags, *part_of(one.raw), *strange), (*stated.notes, *filter(None, (one.told,)))
        account.read(one.key, stated._replace(flags=flags, notes=notes))
        return stated.facts

    def _told(self, found: Joined) -> dict[str, list[str]]:
        """Say by resource what its facts are."""
        age = f"aged {self._age}" if self._age is not None else "age not known"
        told: dict[str, list[str]] = {self._who.patient.key: [age]}
        if gender := self._person.gender:
            told[self._who.patient.key].append(f"registered as {self._context.knowledge.label(gender)}")
        for problem in found.problems:
            told.setdefault(problem.resource, []).append(self._words.problem(problem))
        for activity in found.activities:
            told.setdefault(activity.resource, []).append(self._words.activity(activity))
        for measure in found.measures:
            told.setdefault(measure.resource, []).append(self._words.measure(measure))
        for absence in found.absences:
            told.setdefault(absence.resource, []).append(self._words.absence(absence))
        return told

    def _graph(self, record: Written, uses: Sequence[ResourceUse]) -> Record:
        return Record(
            record.iri,
            record.triples,
            self._name,
            self._context.as_of,
            dated=False,
            notices=notices_of(uses, record.iri),
            alone=True,
            unread=unread_of(uses),
        )


def _stated(one: Resource, context: Context) -> Stated | Refused:
    """Read a resource by its type; raises `Unused` for a type that is not read."""
    if one.type in READERS:
        stated = READERS[one.type](one, context)
        if isinstance(stated, Stated):
            refuse_modified(one.raw)
        return stated
    if one.type in REFUSED:
        raise Unused("set aside", f"its type is one of FHIR {REFUSED[one.type]} and is not read")
    if one.type == "Device":
        raise device_beside(one, context)
    if one.type in HELPERS:
        raise Unused("ignored", HELPS)
    raise Unused(*_why_not_read(one.type), of_a_type_not_read(one, context))
