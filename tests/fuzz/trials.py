"""What is tried: a damaged record and one more command on it, or damaged words of a user."""

from __future__ import annotations

import re
import shutil
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from fuzz.damage import STRANGE, Damaged, damaged_patient, damaged_text
from fuzz.oracle import faults_of, faults_of_end, faults_of_output, run
from fuzz.sound import AS_OF, Sound, bundles, graphs, tables
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load
from support.cases import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

PATIENT, OTHER, FOLDER = "{patient}", "{other}", "{folder}"
"""What stands for the damaged file, for a sound one, and for a folder with both."""
DOORS = (
    *(("plan", PATIENT, "--format", it) for it in ("text", "markdown", "turtle", "jsonld")),
    *(("plan", PATIENT, "--format", it) for it in ("fhir", "mermaid", "html", "ndjson")),
    *(("plan", PATIENT, "--allow-invalid", "--format", it) for it in ("text", "json", "turtle", "fhir", "html")),
    ("plan", PATIENT, "--allow-invalid", "--ledger", "--all"),
    ("plan", PATIENT, OTHER, "--format", "json"),
    *(("plan", FOLDER, "--format", it) for it in ("text", "ndjson")),
    *(("validate", PATIENT, "--format", it) for it in ("table", "json", "turtle")),
    *(("convert", PATIENT, "--to", it) for it in ("turtle", "ntriples", "rdfxml", "jsonld")),
    *(("convert", it, "--report", "--format", "text") for it in (PATIENT, FOLDER)),
    ("convert", PATIENT, "--report", "--format", "json"),
    ("reason", PATIENT, "--format", "turtle"),
    *(("ledger", PATIENT, "--allow-invalid", "--format", it) for it in ("text", "markdown", "json")),
    ("sensitivity", PATIENT, "--allow-invalid", "--format", "text"),
    ("since", PATIENT, "--from", "2026-06-01", "--allow-invalid", "--format", "json"),
    ("since", OTHER, PATIENT, "--allow-invalid", "--format", "text"),
    *(("explain", PATIENT, "D0-41", "--allow-invalid", "--format", it) for it in ("text", "json")),
    ("explain", OTHER, "D0-41", "--with", PATIENT, "--format", "text"),
    ("what-if", PATIENT, "--add", "age 71", "--allow-invalid", "--format", "json"),
    *(
        ("query", it, PATIENT, "--format", "json")
        for it in ("current-interventions", "waiting-actions", "indicated-actions")
    ),
    ("codes", "--unknown", PATIENT),
)
"""The commands that are tried on a damaged patient beside the plan."""
WORDS = ("ongoing", "for", "6 weeks", "since 2026-10-01", "at left hip", "no", "age", "71", "until")
SLOW_DOORS = (
    ("watch", PATIENT, "--allow-invalid", "--format", "json"),
    ("ask", PATIENT, "--allow-invalid", "--format", "json"),
)


class Trial(NamedTuple):
    """What one number of a seed stands for, in words, and the faults that it showed."""

    told: str
    faults: list[str]


def trial(seed: int, number: int, folder: Path) -> Trial:
    """Draw what a number of a seed stands for, and try it in a folder."""
    random = Random(f"{seed} {number}")  # noqa: S311 - a seed is to be repeated
    return random.choice((_of_patient,) * 9 + (_of_words, _of_query, _of_table))(random, folder)


def _of_patient(random: Random, folder: Path) -> Trial:
    one = damaged_patient(random)
    found = faults_of(one, folder)
    if random.random() < 0.5:
        door = random.choice(SLOW_DOORS if random.random() < 0.05 else DOORS)
        places = _places(one, random, folder)
        undated = door[0] in {"codes", "query"} or (door[0] == "convert" and "--report" not in door)
        ended = run(*(places.get(it, it) for it in door), *([] if undated else ["--as-of", AS_OF]))
        written_as = door[-1] if door[-2] in {"--format", "--to"} else "text"
        found += [f"{' '.join(door)}: {it}" for it in (*faults_of_end(ended), *faults_of_output(ended, written_as))]
    return Trial(f"{one.of.name}: {one.where[:200]}: {one.how}", found)


def _places(one: Damaged, random: Random, folder: Path) -> dict[str, str]:
    """Write a sound file, and a folder with that and the damaged one."""
    other = random.choice((*graphs(), *bundles()))
    beside = folder / f"other.{other.extension}"
    beside.write_bytes(other.data)
    both = folder / "both"
    shutil.rmtree(both, ignore_errors=True)
    both.mkdir()
    (both / f"damaged.{one.extension}").write_bytes(one.data)
    (both / f"other.{other.extension}").write_bytes(other.data)
    return {PATIENT: str(folder / f"damaged.{one.extension}"), OTHER: str(beside), FOLDER: str(both)}


def _of_words(random: Random, folder: Path) -> Trial:
    """Give words to an option that takes words."""
    words = random.choices((*load().labels.values(), *WORDS, *STRANGE[:6]), k=random.randint(1, 4))
    said = " ".join(words)
    if random.random() < 0.5:
        said = damaged_text(Sound("words", "txt", said.encode(errors="replace")), random).data.decode(errors="replace")
    said = said.replace("\0", "")[:2000]  # an argument has no such character
    patient = str(random.choice([*EXAMPLES.values()]))
    arguments = random.choice(
        (
            ["what-if", patient, "--add", said],
            ["what-if", patient, "--remove", said],
            ["explain", patient, said],
            ["explain", patient, "D0-41", "--instead-of", said],
            ["plan", patient, "--as-of", said],
            ["plan", patient, "--document", said],
            ["plan", patient, "--min-strength", said],
            ["codes", said],
            ["compile", said],
            ["query", "is-contraindicated", patient, "--param", f"intervention={said}"],
            ["plan", said],
        )
    )
    ended = run(*arguments)
    return Trial(" ".join(map(repr, arguments)), [*faults_of_end(ended), *faults_of_output(ended, "text")])


def _of_query(random: Random, folder: Path) -> Trial:
    """Damage a query."""
    path = random.choice(sorted((ROOT / "queries" / "competency").glob("*.rq")))
    text = path.read_text(encoding="utf-8")
    if random.random() < 0.5:
        tokens = re.findall(r"\s+|\S+", text)
        at, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[at] = random.choice((tokens[other], "", "?x", "{", "}", "OPTIONAL", "'x'", "1"))
        data = "".join(tokens).encode()
    else:
        data = damaged_text(Sound(path.name, "rq", text.encode()), random).data
    written = folder / "damaged.rq"
    written.write_bytes(data)
    ended = run("query", str(written), str(EXAMPLES["d4"]), "--format", "json")
    return Trial(f"{path.name} damaged", [*faults_of_end(ended), *faults_of_output(ended, "json")])


def _of_table(random: Random, folder: Path) -> Trial:
    """Damage a table of codes."""
    one = damaged_text(random.choice(tables()), random)
    written, patient = folder / f"damaged.{one.extension}", folder / "patient.json"
    written.write_bytes(one.data)
    patient.write_bytes(random.choice(bundles()).data)
    ended = run("plan", str(patient), "--codes", str(written), "--as-of", AS_OF)
    return Trial(f"{one.of.name} damaged: {one.where}", [*faults_of_end(ended), *faults_of_output(ended, "text")])
