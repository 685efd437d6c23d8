"""What FHIR DSTU2, STU3 and R5 call otherwise than R4: types, statuses and elements.

The sources are the specifications: https://hl7.org/fhir/DSTU2, https://hl7.org/fhir/STU3 and https://hl7.org/fhir/R5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD, STU3, DSTU2, R5 = "DSTU2 or STU3", "STU3", "DSTU2", "R5"
TYPES: Mapping[str, tuple[str, str]] = {
    "BodySite": ("BodyStructure", OLD),
    "DeviceUsage": ("DeviceUseStatement", R5),
    "MedicationOrder": ("MedicationRequest", DSTU2),
    "ProcedureRequest": ("ServiceRequest", OLD),
}
"""The types that R4 calls otherwise."""
REFUSED: Mapping[str, str] = {
    "DeviceUseRequest": DSTU2,
    "DiagnosticOrder": DSTU2,
    "DiagnosticRequest": OLD,
    "ImagingObjectSelection": DSTU2,
    "ImagingManifest": STU3,
    "ReferralRequest": OLD,
}
"""The types that stand for orders or studies, which R4 does not have and which are not read."""
RENAMED_STATUS = {
    "CarePlan": {"suspended": "on-hold", "cancelled": "revoked", "proposed": "draft"},
    "DeviceRequest": {"suspended": "on-hold", "cancelled": "revoked"},
    "Procedure": {"suspended": "on-hold", "aborted": "stopped"},
    "ServiceRequest": {
        "suspended": "on-hold", "cancelled": "revoked", "rejected": "revoked", "aborted": "revoked",
        "requested": "active", "received": "active", "accepted": "active", "in-progress": "active",
    },
}  # fmt: skip
"""The statuses that R4 calls otherwise, by its type."""
AGES = ("String", "Age", "Range")
OLD_STUDY = {"accession", "availability", "context", "patient", "uid"}
"""The elements that only a study without a status has."""
TAKEN = {"n": "not-taken", "unk": "unknown"}
"""How far taking a drug has come by the codes of STU3's MedicationStatement; others leave that to its status."""
ADHERENCE = {
    "taking": "active",
    "taking-as-directed": "active",
    "taking-not-as-directed": "active",
    "not-taking": "not-taken",
    "not-taking-as-directed": "not-taken",
    "not-taking-not-as-directed": "not-taken",
    "on-hold": "on-hold",
    "on-hold-as-directed": "on-hold",
    "on-hold-not-as-directed": "on-hold",
    "stopped": "stopped",
    "stopped-as-directed": "stopped",
    "stopped-not-as-directed": "stopped",
}
"""How far taking a drug has come by the codes of R5's MedicationStatement."""
ALLERGY = {
    "active": ("active", ""),
    "unconfirmed": ("active", "unconfirmed"),
    "confirmed": ("active", "confirmed"),
    "inactive": ("inactive", ""),
    "resolved": ("resolved", ""),
    "refuted": ("", "refuted"),
    "entered-in-error": ("", "entered-in-error"),
}
"""The clinical and the verification status that DSTU2's status of an allergy stands for."""
_REASON = ("reason", "reasonCode", "reasonReference")
_DRUG = ("medication", "medicationCodeableConcept", "medicationReference")
EITHER: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "DeviceRequest": (("code", "codeCodeableConcept", "codeReference"), _REASON),
    "DeviceUseStatement": (
        ("device", "deviceCodeableConcept", "device"),
        ("bodySite", "bodySite", ""),
        _REASON,
    ),
    "ImagingStudy": (("procedure", "procedureCode", "procedureReference"), _REASON),
    "MedicationAdministration": (_DRUG, _REASON),
    "MedicationDispense": (_DRUG,),
    "MedicationRequest": (_DRUG, _REASON),
    "MedicationStatement": (_DRUG, _REASON),
    "Procedure": (_REASON,),
    "ServiceRequest": (("code", "code", ""), _REASON),
}
"""What R5 holds as either a concept or a reference, by type, with the elements of R4 for the one and the other."""
BODY_SITE = "http://hl7.org/fhir/StructureDefinition/bodySite"
"""The extension by which R4 points to a BodyStructure."""
OF_BODY = frozenset({"bodyStructure"})
OF_TIMING = frozenset({"periodUnits", "boundsQuantity"})
OF_DOSAGE = frozenset({
    "doseQuantity", "quantityQuantity", "doseRange", "quantityRange", "rateRatio", "rateRange", "rateQuantity",
    "additionalInstructions", "asNeeded", "asNeededFor",
})  # fmt: skip
REASONS_NOT = {"notDoneReason", "reasonNotPerformed", "reasonNotGiven", "reasonNotTaken"}
DENIED = frozenset({"notDone", "notPerformed", "notGiven", "wasNotGiven", "wasNotTaken", *REASONS_NOT})
OF_PROCEDURE = frozenset({"reasonCodeableConcept", *(f"occurrence{one}" for one in ("DateTime", "Period", *AGES))})
OF_REQUEST = frozenset(
    {"orderedOn", "reasonCodeableConcept", "scheduledDateTime", "scheduledPeriod", "scheduledTiming"}
)
OF_ENCOUNTER = frozenset({"actualPeriod", "diagnosis", "indication", "reason"})
"""The elements that other versions have, or have otherwise, of which one must be there for anything to be moved."""
