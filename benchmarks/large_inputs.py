"""What do inputs near the limits cost? Each kind is made, planned for in a process of its own, and measured.

Run with ``python benchmarks/large_inputs.py [KIND ...]``; without kinds all are tried. It writes a table.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MB = 2**20
SIZE = 63 * MB
SECONDS, MEMORY = 60, 2048
LEVELS = 100_000
TERMINATED = 143
"""The exit code of a command that was stopped after its first plan."""
HIP = "https://w3id.org/hipkg/"
PREFIXES = f"PREFIX hip: <{HIP}>\n"
PATIENT = "<urn:p> a hip:Patient ; hip:age 66 .\n"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


class Kind(NamedTuple):
    """A kind of input: the extension of its file, the text, and the format of the plan."""

    extension: str
    text: Callable[[], str | bytes]
    format: str = "text"


def filled(start: str, one: Callable[[int], str], end: str = "", between: str = "", size: int = SIZE) -> str:
    """Repeat something, numbered, until a text is as large as is wanted."""
    parts, length, number = [start], len(start) + len(end), 0
    while length < size:
        part = (between if number else "") + one(number)
        parts.append(part)
        length += len(part)
        number += 1
    return "".join((*parts, end))


def repeated(start: str, one: Callable[[int], str], count: int, end: str = "") -> str:
    """Repeat something so many times, numbered."""
    return start + "".join(map(one, range(count))) + end


def hip(number: int, of: str = "p") -> str:
    """Write two complaints of a hip of its own."""
    side = ("left", "right")[number % 2]
    return (
        f"<urn:{of}> hip:hasProblem <urn:x{number}>, <urn:o{number}> . "
        f"<urn:h{number}> a hip:HipJoint ; hip:hasSide hip:{side} . "
        f"<urn:x{number}> a hip:HipPain ; hip:hasSite <urn:h{number}> . "
        f"<urn:o{number}> a hip:Osteoarthritis ; hip:hasSite <urn:h{number}> .\n"
    )


def course(number: int) -> str:
    """Write a course of a treatment."""
    return (
        f"<urn:p> hip:hasCourse <urn:c{number}> . <urn:c{number}> a hip:TreatmentCourse ; "
        f'hip:ofIntervention hip:Naproxen ; hip:startDate "20{number % 20 + 10}-01-01"^^xsd:date .\n'
    )


def bundle(resources: Iterable[object] = (), filler: Callable[[int], str] | None = None) -> str:
    """Write a Bundle of a patient, of resources, and of others until it is full."""
    entries = [{"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01"}}]
    entries += [{"resource": one} for one in resources]
    start = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})[:-2]
    return filled(start, lambda number: f',{{"resource":{filler(number)}}}', "]}") if filler else start + "]}"


def observation(number: int, code: str = "39156-5", system: str = "http://loinc.org") -> str:
    """Write an Observation of a number."""
    return json.dumps(
        {
            "resourceType": "Observation", "id": f"o{number}", "status": "final", "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": system, "code": code}]}, "effectiveDateTime": "2026-10-01",
            "valueQuantity": {"value": 27 + number % 9, "system": "http://unitsofmeasure.org", "code": "kg/m2"},
        }
    )  # fmt: skip


def noted(number: int) -> str:
    """Write an Observation of a number with a note, so that as many as are read at once fill the file."""
    return observation(number)[:-1] + f', "note": [{{"text": "{"x" * 120}"}}]}}'


def step(number: int) -> str:
    """Write a ServiceRequest that is based on the one before."""
    return json.dumps(
        {
            "resourceType": "ServiceRequest", "id": f"s{number}", "status": "active", "intent": "order",
            "subject": {"reference": "Patient/p"}, "basedOn": [{"reference": f"ServiceRequest/s{number - 1}"}],
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91251008"}]},
            "note": [{"text": "x" * 160}],
        }
    )  # fmt: skip


def film(number: int) -> str:
    """Write an Observation that is a film and what it shows."""
    return json.dumps(
        {
            "resourceType": "Observation", "id": f"f{number}", "status": "final", "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "26131-3"}]}, "effectiveDateTime": "2026-10-01",
            "component": [
                {
                    "code": {"coding": [{"system": HIP, "code": "JointSpaceNarrowing"}]}, "valueBoolean": True,
                    "extension": [{"url": "https://example.org/note", "valueString": "x" * 80}],
                }
            ],
        }
    )  # fmt: skip


def request(number: int) -> str:
    """Write a MedicationRequest."""
    return json.dumps(
        {
            "resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "intent": "order",
            "subject": {"reference": "Patient/p"}, "authoredOn": f"20{number % 20 + 10}-01-01",
            "medicationCodeableConcept": {
                "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7258"}]
            },
        }
    )  # fmt: skip


def condition(number: int) -> str:
    """Write a Condition of an unknown code."""
    return json.dumps(
        {
            "resourceType": "Condition", "id": f"c{number}", "subject": {"reference": "Patient/p"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"coding": [{"system": "http://example.org/codes", "code": f"x{number}"}], "text": f"w{number}"},
        }
    )  # fmt: skip


def patient_line(number: int) -> str:
    """Write a patient of a bulk export, with a painful hip."""
    return (
        json.dumps({"resourceType": "Patient", "id": f"p{number}", "birthDate": "1960-01-01"}) + "\n"
        + json.dumps(
            {
                "resourceType": "Condition", "id": f"c{number}", "subject": {"reference": f"Patient/p{number}"},
                "clinicalStatus": {"coding": [{"code": "active"}]},
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M25.551"}]},
            }
        ) + "\n"
    )  # fmt: skip


def xml_observation(number: int) -> str:
    """Write an entry of a Bundle in XML."""
    return (
        f'<entry><resource><Observation><id value="o{number}"/><status value="final"/><code><coding>'
        '<system value="http://loinc.org"/><code value="39156-5"/></coding></code>'
        '<subject><reference value="Patient/p"/></subject></Observation></resource></entry>'
    )


XML_START = (
    '<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>'
    '<entry><resource><Patient><id value="p"/><birthDate value="1960-01-01"/></Patient></resource></entry>'
)
RDF_XML = (
    f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:hip="{HIP}">'
    '<hip:Patient rdf:about="urn:p"/>'
)
TURTLE = PREFIXES + "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n" + PATIENT
N_TRIPLES = f"<urn:p> {TYPE} <{HIP}Patient> .\n"
KINDS = {
    "Turtle, literals of 1 kB": Kind("ttl", lambda: filled(TURTLE, lambda n: f'<urn:p> <urn:n> "{n}{"x" * 990}" .\n')),
    "Turtle, one literal": Kind("ttl", lambda: TURTLE + f'<urn:p> <urn:n> "{"x" * SIZE}" .'),
    "Turtle, comments": Kind("ttl", lambda: TURTLE + hip(0) + "# nothing\n" * (SIZE // 10)),
    "Turtle, 249 000 new terms": Kind("ttl", lambda: repeated(TURTLE, lambda n: f"<urn:p> hip:n{n} 1 .\n", 249_000)),
    "Turtle, 7 900 problems of a hip": Kind(
        "ttl",
        lambda: repeated(
            TURTLE, lambda n: f"<urn:p> hip:hasProblem <urn:x{n}> . <urn:x{n}> a hip:HipPain ; hip:hasSite <urn:h> .\n",
            7_900, "<urn:h> a hip:HipJoint .",
        ),
    ),
    "Turtle, 480 hips": Kind("ttl", lambda: repeated(TURTLE, hip, 480)),
    "Turtle, 640 hips, as JSON": Kind("ttl", lambda: repeated(TURTLE, hip, 640), "json"),
    "Turtle, 2 600 hips": Kind("ttl", lambda: repeated(TURTLE, hip, 2_600)),
    "Turtle, 4 000 courses": Kind("ttl", lambda: repeated(TURTLE + hip(0), course, 4_000)),
    "Turtle, 40 000 courses": Kind("ttl", lambda: repeated(TURTLE + hip(0), course, 40_000)),
    "Turtle, 2 000 patients, as JSON": Kind(
        "ttl", lambda: repeated(PREFIXES, lambda n: f"<urn:p{n}> a hip:Patient . {hip(n, f'p{n}')}", 2_000), "json"
    ),
    "Turtle, 480 patients": Kind(
        "ttl", lambda: repeated(PREFIXES, lambda n: f"<urn:p{n}> a hip:Patient . {hip(n, f'p{n}')}", 480)
    ),
    "Turtle, 320 patients, as JSON-LD": Kind(
        "ttl", lambda: repeated(PREFIXES, lambda n: f"<urn:p{n}> a hip:Patient . {hip(n, f'p{n}')}", 320), "jsonld"
    ),
    "Turtle, 80 000 blank nodes": Kind(
        "ttl", lambda: repeated(TURTLE, lambda _: "<urn:p> hip:hasProblem [ a hip:HipPain ] .\n", 80_000)
    ),
    "Turtle, 100 000 levels": Kind("ttl", lambda: f"{TURTLE}<urn:p> <urn:n> {'[ <urn:n> ' * LEVELS}1{' ]' * LEVELS}."),
    "N-Triples": Kind("nt", lambda: filled(N_TRIPLES, lambda n: f"<urn:x{n}> <urn:n> <urn:y{n}> .\n")),
    "N-Quads": Kind("nq", lambda: filled(N_TRIPLES, lambda n: f"<urn:x{n}> <urn:n> <urn:y{n}> <urn:g{n}> .\n")),
    "TriG": Kind("trig", lambda: filled(TURTLE, lambda n: f"<urn:g{n}> {{ <urn:x{n}> <urn:n> <urn:y> }}\n")),
    "RDF/XML": Kind(
        "rdf", lambda: filled(RDF_XML, lambda n: f'<rdf:Description rdf:about="urn:x{n}"/>', "</rdf:RDF>")
    ),
    "JSON-LD": Kind(
        "jsonld",
        lambda: filled(
            f'{{"@context":{{"hip":"{HIP}"}},"@graph":[{{"@id":"urn:p","@type":"hip:Patient"}}',
            lambda n: f',{{"@id":"urn:x{n}","@type":"urn:y"}}', "]}",
        ),
    ),
    "FHIR Bundle, observations": Kind("json", lambda: bundle(filler=observation)),
    "FHIR Bundle, 140 000 short resources": Kind(
        "json", lambda: bundle({"resourceType": "Basic", "id": f"b{n}"} for n in range(140_000))
    ),
    "FHIR Bundle, orders": Kind("json", lambda: bundle(filler=request)),
    "FHIR Bundle, unknown codes": Kind("json", lambda: bundle(filler=condition)),
    "FHIR Bundle, one long note": Kind(
        "json", lambda: bundle([{"resourceType": "Basic", "id": "b", "text": {"div": "x" * SIZE}}])
    ),
    "FHIR Bundle, 100 000 levels": Kind("json", lambda: f'{bundle()[:-2]},{{"x":{"[" * LEVELS}{"]" * LEVELS}}}]}}'),
    "FHIR NDJSON": Kind("ndjson", lambda: filled("", patient_line)),
    "FHIR NDJSON, first plan": Kind("ndjson", lambda: filled("", patient_line), "ndjson"),
    "FHIR XML": Kind("xml", lambda: filled(XML_START, xml_observation, "</Bundle>")),
    "FHIR XML, 130 000 observations": Kind("xml", lambda: repeated(XML_START, xml_observation, 130_000, "</Bundle>")),
    "FHIR Bundle, 144 000 observations": Kind("json", lambda: bundle(filler=noted)),
    "FHIR Bundle, 144 000 observations, gzip": Kind(
        "json.gz", lambda: gzip.compress(bundle(filler=noted).encode(), 1)
    ),
    "FHIR Bundle, chain of orders": Kind("json", lambda: bundle(filler=step)),
    "FHIR Bundle, films": Kind("json", lambda: bundle(filler=film)),
    "FHIR Bundle, gzip": Kind("json.gz", lambda: gzip.compress(bundle(filler=observation).encode(), 1)),
    "FHIR NDJSON, gzip": Kind("ndjson.gz", lambda: gzip.compress(filled("", patient_line).encode(), 1)),
    "FHIR NDJSON, gzip, first plan": Kind(
        "ndjson.gz", lambda: gzip.compress(filled("", patient_line).encode(), 1), "ndjson"
    ),
}  # fmt: skip


class Cost(NamedTuple):
    """What one run took, and how it ended."""

    seconds: float
    megabytes: int
    exit_code: int
    message: str


def cost(path: Path, form: str) -> Cost:
    """Plan for a file in a process of its own, and tell its processor time and the most memory that it held.

    Of plans as NDJSON, which are written one by one, the first is waited for.
    """
    command = [sys.executable, "-m", "hipkg", "plan", str(path), "--as-of", "2026-11-23", "--format", form]
    with (path.parent / "out").open("wb") as out, (path.parent / "err").open("w+b") as err:
        streamed = form == "ndjson"
        started = subprocess.Popen(command, stdout=subprocess.PIPE if streamed else out, stderr=err)
        if streamed and started.stdout and started.stdout.readline():
            started.terminate()
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        message = err.read().decode(errors="replace").strip().partition("\n")[0]
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    return Cost(seconds, megabytes, started.returncode, message.replace(str(path), "FILE")[:110])


def main() -> None:
    """Measure the kinds that are named, or all, and end with 1 if one is beyond the bounds or fails."""
    beyond = False
    sys.stdout.write("| input | MB | processor s | memory MB | exit code | message |\n|---|---|---|---|---|---|\n")
    for name, kind in KINDS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"patient.{kind.extension}"
            text = kind.text()
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            found = cost(path, kind.format)
            size = path.stat().st_size / MB
        beyond |= found.seconds > SECONDS or found.megabytes > MEMORY or found.exit_code not in {0, 1, 2, TERMINATED}
        cells = (name, f"{size:.1f}", f"{found.seconds:.1f}", found.megabytes, found.exit_code, found.message or "-")
        sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")
        sys.stdout.flush()
    sys.exit(beyond)


if __name__ == "__main__":
    main()
