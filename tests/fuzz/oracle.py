"""Judge what hipkg makes of an input: how it ends, what it writes, and whether a loss is told."""

from __future__ import annotations

import io
import sys
from collections import Counter
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyoxigraph as ox

from fuzz.sound import AS_OF
from hipkg.base import hip
from hipkg.base.errors import HipkgError
from hipkg.base.vocabulary import DERIVED_FROM, RDF_TYPE
from hipkg.cli import main
from hipkg.knowledge.loading import load
from hipkg.reading.sources import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fuzz.damage import Damaged
    from fuzz.sound import Sound
    from hipkg.record.patient import Record

ENDS = {0, 1, 2, 3}
"""The documented exit codes but that of an internal error."""
Fact = tuple[object, ...]


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: bytes
    err: str


class Told(NamedTuple):
    """What hipkg tells of an input: how its plan ended, the facts that it understood, the plans and the notices."""

    ended: Ended
    facts: Counter[Fact]
    plans: Any
    notices: Counter[str]


def run(*arguments: str, stdin: bytes = b"") -> Ended:
    """Run the command line in this process; whatever it raises beside its end is raised."""
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.argv = ["hipkg", *arguments]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(it, encoding="utf-8", errors="strict") for it in (out, err))
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.detach()
        sys.argv, sys.stdin, sys.stdout, sys.stderr = before
    return Ended(code if isinstance(code, int) else 2, out.getvalue(), err.getvalue().decode())


def told_of(path: Path) -> Told:
    """Plan for the patients of a file, and gather what was understood and what is told."""
    ended = run("plan", str(path), "--format", "json", "--as-of", AS_OF)
    plans = orjson.loads(ended.out) if ended.out else []
    plans = plans if isinstance(plans, list) else [plans]
    notices = Counter(
        [
            *ended.err.splitlines(),
            *(one["message"] for plan in plans for one in plan["findings"] if one["severity"] != "info"),
        ]
    )
    return Told(ended, facts_of(path), [_without_findings(one) for one in plans], notices)


def facts_of(path: Path) -> Counter[Fact]:
    """Gather the facts that were understood; none of what cannot be read."""
    try:
        records = read(path, load, as_of=date.fromisoformat(AS_OF)).results
    except HipkgError:
        return Counter()
    return Counter(fact for one in records for fact in _facts(one))


def _without_findings(plan: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plan.items() if key not in {"findings", "questions", "patient"}}


def _facts(record: Record) -> Iterator[Fact]:
    """Name the facts of a record by terms and values alone, whatever its nodes are called."""
    kinds: dict[object, list[str]] = {}
    for one in record.triples:
        if one.predicate.value in {RDF_TYPE, hip.ofIntervention} and isinstance(one.object, ox.NamedNode):
            kinds.setdefault(one.subject, []).append(one.object.value)
    terms = load().terms
    for one in record.triples:
        if one.predicate.value in {DERIVED_FROM, hip.asOf} or (
            one.predicate.value not in terms and one.predicate.value != RDF_TYPE
        ):
            continue
        value: object = (
            (one.object.value, one.object.datatype.value)
            if isinstance(one.object, ox.Literal)
            else tuple(sorted(kinds.get(one.object, ())))
        )
        if isinstance(one.object, ox.NamedNode) and not value and one.object.value in terms:
            value = one.object.value
        if value:
            yield (tuple(sorted(kinds.get(one.subject, ()))), one.predicate.value, value)


@cache
def told_before(one: Sound, folder: Path) -> Told:
    """Tell what hipkg tells of an input before the damage."""
    path = folder / f"sound.{one.extension}"
    path.write_bytes(one.data)
    return told_of(path)


def faults_of(one: Damaged, folder: Path) -> list[str]:
    """Judge the plan of a damaged input: how it ends, and whether what was lost is told."""
    before = told_before(one.of, folder)
    path = folder / f"damaged.{one.extension}"
    path.write_bytes(one.data)
    after = told_of(path)
    found = faults_of_end(after.ended)
    if one.visible and not found and (lost := silently_lost(before, after)):
        found.append(f"silently lost: {lost}")
    return found


def silently_lost(before: Told, after: Told) -> list[Fact]:
    """List the facts that were lost without a word; none where a plan tells that something is wrong, or is the same."""
    if after.ended.code not in {0, before.ended.code} or after.notices - before.notices or after.plans == before.plans:
        return []
    if after.ended.code and not before.ended.code:
        return []
    return sorted((before.facts - after.facts).elements(), key=str)


def faults_of_end(ended: Ended) -> list[str]:
    """Judge how a command ended."""
    found = []
    if ended.code not in ENDS:
        found.append(f"exit code {ended.code}: {ended.err[:300]}")
    if "Traceback" in ended.err:
        found.append("a traceback")
    if ended.code and not ended.err and not ended.out:
        found.append(f"exit code {ended.code} without a word")
    return [*found, *strange_in(ended.err)]


def strange_in(text: str) -> list[str]:
    """List the characters of a text that could change what a terminal shows."""
    strange = sorted({one for one in text if not one.isprintable() and one != "\n"})
    return [f"prints {strange}"] if strange else []


def faults_of_output(ended: Ended, format: str) -> list[str]:  # noqa: A002 - the word of the command line
    """Judge what a command wrote in a format."""
    if not ended.out:
        return []
    try:
        _read_again(ended.out, format)
    except (ValueError, SyntaxError) as problem:
        return [f"its {format} cannot be read: {problem}"]
    return strange_in(ended.out.decode()) if format in {"text", "table", "markdown"} else []


def _read_again(out: bytes, format: str) -> None:  # noqa: A002
    if format in {"json", "fhir"}:
        orjson.loads(out)
    elif format == "ndjson":
        any(orjson.loads(line) for line in out.splitlines())
    elif format in RDF:
        any(ox.parse(out, format=RDF[format]))
    else:
        out.decode()


RDF = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
