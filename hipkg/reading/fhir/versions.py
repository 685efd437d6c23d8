"""Tell resources of FHIR DSTU2, STU3 and R5 by elements that R4 does not have, and write them as R4 would.

A record does not say of which version it is. What only one of them has tells it, and is moved to where R4 has the same.
What cannot be moved is left, for the readers to refuse by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.reading.fhir.lenient import object_in, objects, text_in
from hipkg.reading.fhir.other_versions import (
    ADHERENCE,
    AGES,
    ALLERGY,
    BODY_SITE,
    DENIED,
    DSTU2,
    EITHER,
    OF_BODY,
    OF_DOSAGE,
    OF_ENCOUNTER,
    OF_PROCEDURE,
    OF_REQUEST,
    OF_TIMING,
    OLD,
    OLD_STUDY,
    R5,
    REASONS_NOT,
    RENAMED_STATUS,
    STU3,
    TAKEN,
    TYPES,
)
from hipkg.reading.fhir.records import IN_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hipkg.reading.fhir.elements import Raw

_STATUS_SYSTEM = "http://terminology.hl7.org/CodeSystem/"


class Translated(NamedTuple):
    """A resource as R4 has it, with its type there; ``told`` names the version and the elements that tell it."""

    type: str
    raw: Raw
    told: str


def as_r4(kind: str, raw: Raw) -> Translated:
    """Write a resource of another version as R4 would; one of R4 is returned as it is."""
    if kind in _TOLD_BY and _TOLD_BY[kind].isdisjoint(raw):
        return Translated(kind, raw, "")
    work = _Work(kind, raw)
    work.translate()
    seen = work.seen
    named = {version for _, version in seen}
    versions = sorted(named - {OLD} if named & {STU3, DSTU2} else named)
    told = f"of FHIR {' and '.join(versions)} ({', '.join(dict.fromkeys(name for name, _ in seen))})" if seen else ""
    return Translated(work.kind, work.raw if seen else raw, told)


class _Work:
    """Translate one resource; elements that are not of the form of any version stay, for the readers to refuse."""

    def __init__(self, kind: str, raw: Raw) -> None:
        self.kind = kind
        self.raw = dict(raw)
        self.seen: list[tuple[str, str]] = []

    def translate(self) -> None:
        """Move what only other versions have to where R4 has it."""
        if self.kind in TYPES:
            new, version = TYPES[self.kind]
            self._see(self.kind, version)
            self._rename_from(self.kind)
            self.kind = new
        self._concepts_and_references()
        for step, elements in _STEPS.get(self.kind, ()):
            if elements is _ANY or not elements.isdisjoint(self.raw):
                step(self)
        if "contained" in self.raw:
            self._contained()

    def _see(self, element: str, version: str) -> None:
        self.seen.append((element, version))

    def move(self, old: str, new: str, version: str) -> None:
        """Give an element the name that R4 has for it."""
        if old in self.raw:
            self._see(old, version)
            self.raw.setdefault(new, self.raw.pop(old))

    def _rename_from(self, kind: str) -> None:
        if kind == "ProcedureRequest" and "intent" not in self.raw:
            self.raw["intent"] = "proposal" if self.raw.get("status") == "proposed" else "order"
            if self.raw.get("status") == "proposed":
                self.raw["status"] = "active"

    def _concepts_and_references(self) -> None:
        """Part what R5 holds as either a concept or a reference."""
        for old, concept, reference in EITHER.get(self.kind, ()):
            found = [one for one in objects(self.raw.get(old)) if {*one} & {"concept", "reference"}]
            if not found or any(isinstance(one.get("reference"), str) for one in found):
                continue
            self._see(old, R5)
            single = isinstance(self.raw.pop(old), dict)
            for name, given in ((concept, "concept"), (reference, "reference")):
                values = [one[given] for one in found if given in one]
                if values and name:
                    self.raw[name] = values[0] if single else values

    def _contained(self) -> None:
        inner = self.raw.get("contained")
        if not isinstance(inner, list):
            return
        done = []
        for one in inner:
            kind = one.get("resourceType") if isinstance(one, dict) else None
            if not isinstance(kind, str):
                done.append(one)
                continue
            work = _Work(kind, one)
            work.translate()
            self.seen += work.seen
            done.append(work.raw if work.seen else one)
        self.raw["contained"] = done

    def coded_status(self) -> None:
        """Turn the statuses of a condition or an allergy, which were codes, into concepts."""
        kind = {"Condition": "condition", "AllergyIntolerance": "allergyintolerance"}[self.kind]
        for name, system in (("clinicalStatus", f"{kind}-clinical"), ("verificationStatus", _verification(kind))):
            if isinstance(code := self.raw.get(name), str):
                self._see(name, OLD)
                self.raw[name] = {"coding": [{"system": _STATUS_SYSTEM + system, "code": code}]}

    def evidence(self) -> None:
        """Part what shows a condition into codes and references."""
        shown = self.raw.get("evidence")
        if isinstance(shown, list) and any({*one} & {"concept", "reference"} for one in objects(shown)):
            self._see("evidence", R5)
            names = {"concept": "code", "reference": "detail"}
            self.raw["evidence"] = [
                {new: [one[old]] for old, new in names.items() if old in one} for one in objects(shown)
            ]

    def allergy(self) -> None:
        """Turn the one status of an allergy into two."""
        self.move("substance", "code", DSTU2)
        written = self.raw.get("status")
        if isinstance(written, str) and written in ALLERGY:
            self._see("status", DSTU2)
            del self.raw["status"]
            for name, code in zip(("clinicalStatus", "verificationStatus"), ALLERGY[written], strict=True):
                if code:
                    self.raw.setdefault(name, {"coding": [{"code": code}]})

    def renamed_status(self) -> None:
        """Give a status the name that R4 has for it."""
        written = self.raw.get("status")
        known = RENAMED_STATUS[self.kind]
        if isinstance(written, str) and written in known:
            self._see(f"status {written}", OLD)
            self.raw["status"] = known[written]

    def denied(self) -> None:
        """Say by its status that something was not done or not taken."""
        denials = {"notDone": "not-done", "notPerformed": "not-done", "notGiven": "not-done", "wasNotGiven": "not-done"}
        for name, status in {**denials, "wasNotTaken": "not-taken"}.items():
            if name in self.raw:
                self._see(name, OLD)
                if self.raw.pop(name) is not False and text_in(self.raw, "status") not in IN_ERROR:
                    self.raw["status"] = status if self.kind != "MedicationDispense" else "declined"
        for name in sorted(REASONS_NOT):
            self.move(name, "statusReason", OLD)

    def statement(self) -> None:
        """Say by its status whether a drug is taken."""
        if "taken" in self.raw:
            self._see("taken", STU3)
            taken = self.raw.pop("taken")
            if taken in TAKEN and text_in(self.raw, "status") not in IN_ERROR:
                self.raw["status"] = TAKEN[taken]
        adherence = self.raw.get("adherence")
        if isinstance(adherence, dict) or self.raw.get("status") == "recorded":
            self._see("adherence" if adherence else "status recorded", R5)
            if self.raw.get("status") == "recorded":
                code = adherence.get("code") if isinstance(adherence, dict) else None
                codes = [one.get("code") for one in objects(code) for one in objects(one.get("coding"))]
                self.raw["status"] = next((ADHERENCE[one] for one in codes if one in ADHERENCE), "recorded")

    def drug(self) -> None:
        """Move what drugs are given by and when."""
        self.move("prescription", "request", OLD)
        for old in ("effectiveTime", "occurence", "occurrence"):
            for suffix in ("DateTime", "Period"):
                self.move(old + suffix, f"effective{suffix}", DSTU2 if old == "effectiveTime" else R5)
        self.move("dateWritten", "authoredOn", DSTU2)
        self.move("reasonCodeableConcept", "reasonCode", DSTU2)
        self.move("reasonForUseCodeableConcept", "reasonCode", DSTU2)
        self.move("reasonForUseReference", "reasonReference", DSTU2)
        self._rendered("dosage" if self.kind == "MedicationStatement" else "dosageInstruction")
        for name in ("dosageInstruction", "dosage"):
            if isinstance(doses := self.raw.get(name), list):
                self.raw[name] = [self._dosage(one) if isinstance(one, dict) else one for one in doses]

    def _rendered(self, name: str) -> None:
        """Keep the words of all dosages with the one that they are of."""
        words = self.raw.get("renderedDosageInstruction")
        doses = self.raw.get(name, [{}])
        single = isinstance(doses, list) and len(doses) == 1 and isinstance(doses[0], dict)
        if isinstance(words, str) and single:
            self._see("renderedDosageInstruction", R5)
            self.raw[name] = [{"text": words, **doses[0]}]

    def _dosage(self, dose: Raw) -> Raw:
        timing = object_in(dose, "timing")
        repeat = object_in(timing, "repeat")
        if OF_DOSAGE.isdisjoint(dose) and OF_TIMING.isdisjoint(repeat):
            return dose
        found = dict(dose)
        direct = {"doseQuantity": "doseQuantity", "quantityQuantity": "doseQuantity"}
        direct |= {"doseRange": "doseRange", "quantityRange": "doseRange"}
        direct |= {name: name for name in ("rateRatio", "rateRange", "rateQuantity")}
        given = {new: found.pop(old) for old, new in direct.items() if old in found}
        if given:
            self._see("dosage without doseAndRate", OLD)
            found.setdefault("doseAndRate", [given])
        for old, new in (("additionalInstructions", "additionalInstruction"), ("asNeeded", "asNeededBoolean")):
            if old in found:
                self._see(old, R5 if old == "asNeeded" else DSTU2)
                found[new] = found.pop(old)
        if reasons := objects(found.get("asNeededFor")):
            self._see("asNeededFor", R5)
            found["asNeededCodeableConcept"] = reasons[0]
        if not OF_TIMING.isdisjoint(repeat):
            self._see("periodUnits", DSTU2)
            names = {"periodUnits": "periodUnit", "boundsQuantity": "boundsDuration"}
            found["timing"] = {**timing, "repeat": {names.get(name, name): value for name, value in repeat.items()}}
        return found

    def medication(self) -> None:
        """Move the ingredients of a drug, and what each holds of it."""
        product = self.raw.get("product")
        if isinstance(product, dict) and "ingredient" in product:
            self._see("product", DSTU2)
            self.raw.setdefault("ingredient", product["ingredient"])
        done = []
        for one in objects(self.raw.get("ingredient")):
            item, new = one.get("item"), dict(one)
            if isinstance(item, dict):
                concept, reference = item.get("concept"), item.get("reference")
                newer = concept is not None or isinstance(reference, dict)
                self._see("ingredient.item", R5 if newer else DSTU2)
                named = "itemReference" if concept is None else "itemCodeableConcept"
                new[named] = concept or (reference if newer else item)
            if "amount" in one:
                self._see("ingredient.amount", OLD)
                new.setdefault("strength", one["amount"])
            done.append(new)
        if done:
            self.raw["ingredient"] = done

    def procedure(self) -> None:
        """Move when something was done, and why."""
        for suffix in ("DateTime", "Period", *AGES):
            self.move(f"occurrence{suffix}", f"performed{suffix}", R5)
        self.move("reasonCodeableConcept", "reasonCode", DSTU2)

    def request(self) -> None:
        """Move when something is to be done, and why."""
        for suffix in ("DateTime", "Period", "Timing"):
            self.move(f"scheduled{suffix}", f"occurrence{suffix}", DSTU2)
        self.move("orderedOn", "authoredOn", DSTU2)
        self.move("reasonCodeableConcept", "reasonCode", DSTU2)

    def plan(self) -> None:
        """Say that an activity of a plan is not to be done as R4 does."""
        for activity in objects(self.raw.get("activity")):
            detail = activity.get("detail")
            if isinstance(detail, dict) and "prohibited" in detail:
                self._see("prohibited", OLD)
                self.raw["activity"] = [_with_detail(one) for one in objects(self.raw["activity"])]
                return

    def observation(self) -> None:
        """Move what an observation consists of or is derived from."""
        related = [one for one in objects(self.raw.get("related")) if "target" in one]
        if related:
            self._see("related", OLD)
            for kind, name in (("has-member", "hasMember"), ("derived-from", "derivedFrom")):
                found = [one["target"] for one in related if one.get("type") == kind]
                if found:
                    self.raw.setdefault(name, found)

    def report(self) -> None:
        """Move what a report concludes, and the study that it is of."""
        self.move("codedDiagnosis", "conclusionCode", OLD)
        self.move("study", "imagingStudy", R5)

    def imaging(self) -> None:
        """Say that images are there, which had no status; move their sites, which were concepts."""
        if "status" not in self.raw and (old := OLD_STUDY & {*self.raw}):
            self._see(min(old), OLD)
            self.raw["status"] = "available"
        series = self.raw.get("series")
        if isinstance(series, list) and any("concept" in object_in(one, "bodySite") for one in objects(series)):
            self._see("series.bodySite", R5)
            self.raw["series"] = [
                {**one, **{name: _first(one[name]) for name in ("bodySite", "laterality") if name in one}}
                for one in objects(series)
            ]

    def device(self) -> None:
        """Join the types of a device."""
        kinds = self.raw.get("type")
        if isinstance(kinds, list):
            self._see("type", R5)
            self.raw["type"] = {"coding": [coding for one in objects(kinds) for coding in objects(one.get("coding"))]}

    def device_use(self) -> None:
        """Move when a device is used, and contain one that is named by a concept."""
        self.move("whenUsed", "timingPeriod", OLD)
        self.move("bodySiteCodeableConcept", "bodySite", DSTU2)
        if concept := self.raw.pop("deviceCodeableConcept", None):
            inner = {"resourceType": "Device", "id": "device", "type": concept}
            contained = self.raw.get("contained")
            self.raw["contained"] = [*(contained if isinstance(contained, list) else ()), inner]
            self.raw["device"] = {"reference": "#device"}

    def body_structure(self) -> None:
        """Point to a BodyStructure by the extension that R4 has for it."""
        structure = self.raw.pop("bodyStructure")
        self._see("bodyStructure", R5)
        given = self.raw.get("extension")
        own = {"url": BODY_SITE, "valueReference": structure}
        self.raw["extension"] = [*(given if isinstance(given, list) else ()), own]

    def body(self) -> None:
        """Move a site and its sides."""
        self.move("code", "location", OLD)
        for old in ("qualifier", "modifier"):
            self.move(old, "locationQualifier", OLD)
        structures = objects(self.raw.get("includedStructure"))
        if len(structures) == 1:
            self._see("includedStructure", R5)
            one = structures[0]
            sides = [*objects(one.get("laterality")), *objects(one.get("qualifier"))]
            self.raw |= {"location": one.get("structure"), "locationQualifier": sides}

    def encounter(self) -> None:
        """Move the reasons and the diagnoses of a visit, and when it was."""
        self.move("indication", "reasonReference", DSTU2)
        self.move("actualPeriod", "period", R5)
        reasons = objects(self.raw.get("reason"))
        values = [value for one in reasons for value in objects(one.get("value"))]
        if values:
            self._see("reason.value", R5)
            del self.raw["reason"]
            self.raw["reasonCode"] = [one["concept"] for one in values if "concept" in one]
            self.raw["reasonReference"] = [one["reference"] for one in values if "reference" in one]
        elif reasons:
            self.move("reason", "reasonCode", OLD)
        diagnoses = objects(self.raw.get("diagnosis"))
        if any(isinstance(one.get("condition"), list) for one in diagnoses):
            self._see("diagnosis.condition", R5)
            self.raw["diagnosis"] = [_diagnosis(value) for one in diagnoses for value in objects(one.get("condition"))]


def _verification(kind: str) -> str:
    return "condition-ver-status" if kind == "condition" else "allergyintolerance-verification"


def _diagnosis(value: Raw) -> Raw:
    return {"condition": value["reference"]} if "reference" in value else {"concept": value.get("concept")}


def _with_detail(activity: Raw) -> Raw:
    detail = activity.get("detail")
    if not isinstance(detail, dict) or "prohibited" not in detail:
        return activity
    rest = {name: value for name, value in detail.items() if name != "prohibited"}
    return {**activity, "detail": {**rest, "doNotPerform": detail["prohibited"]}}


def _first(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Take the first coding of a concept, also of one that R5 may hold as a reference."""
    if not isinstance(value, dict):
        return value
    concept = value.get("concept", value)
    codings = objects(concept.get("coding")) if isinstance(concept, dict) else []
    return codings[0] if codings else value


_ANY = frozenset[str]()
_STEPS: Mapping[str, tuple[tuple[Callable[[_Work], None], frozenset[str]], ...]] = {
    "AllergyIntolerance": ((_Work.allergy, _ANY), (_Work.coded_status, _ANY)),
    "BodyStructure": ((_Work.body, _ANY),),
    "CarePlan": ((_Work.renamed_status, _ANY), (_Work.plan, _ANY)),
    "Condition": ((_Work.coded_status, _ANY), (_Work.evidence, frozenset({"evidence"}))),
    "Device": ((_Work.device, _ANY),),
    "DeviceRequest": ((_Work.renamed_status, _ANY),),
    "DeviceUseStatement": ((_Work.device_use, _ANY),),
    "DiagnosticReport": ((_Work.report, frozenset({"codedDiagnosis", "study"})),),
    "Encounter": ((_Work.encounter, OF_ENCOUNTER),),
    "ImagingStudy": ((_Work.imaging, _ANY),),
    "Medication": ((_Work.medication, _ANY),),
    "MedicationAdministration": ((_Work.denied, DENIED), (_Work.drug, _ANY)),
    "MedicationDispense": ((_Work.denied, DENIED), (_Work.drug, _ANY)),
    "MedicationRequest": ((_Work.drug, _ANY),),
    "MedicationStatement": ((_Work.denied, DENIED), (_Work.statement, _ANY), (_Work.drug, _ANY)),
    "Observation": ((_Work.observation, frozenset({"related"})), (_Work.body_structure, OF_BODY)),
    "Procedure": (
        (_Work.denied, DENIED),
        (_Work.renamed_status, _ANY),
        (_Work.procedure, OF_PROCEDURE),
        (_Work.body_structure, OF_BODY),
    ),
    "ServiceRequest": ((_Work.renamed_status, _ANY), (_Work.request, OF_REQUEST), (_Work.body_structure, OF_BODY)),
}
"""What is done with each type, and the elements of which one must be there for it, for many resources are read."""
_TOLD_BY: Mapping[str, frozenset[str]] = {
    kind: frozenset({"contained"}).union(
        *(elements for _, elements in steps), (old for old, _, _ in EITHER.get(kind, ()))
    )
    for kind, steps in _STEPS.items()
    if _ANY not in {elements for _, elements in steps}
}
"""The elements without which a resource of a type is one of R4, for the types where an element tells the version."""
