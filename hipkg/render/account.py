"""Write what became of each resource or node of a source: as text for people, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.errors import printable
from hipkg.reading.account import KEYS_WITHOUT_MEANING, OUTCOMES, Counts, Import, Imported, ResourceUse
from hipkg.render.encoder import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_HEADINGS = {
    "used": "used as",
    "merged": "merged",
    "set aside": "set aside because",
    "malformed": "malformed",
    "unknown code": "unknown code",
    "ignored": "ignored because",
}
_JSON = Writer(
    {
        Import: "source patients strays keysWithoutMeaning=keys?",
        Imported: "patient deceased? counts triples? resources=uses",
        Counts: "read used unused",
        ResourceUse: "resource outcome detail flags? nodes?",
    }
)


def import_report(imports: Sequence[Import], format: str) -> str:  # noqa: A002 - the word of the command line
    """Write imports in a format: text or json."""
    if format == "json":
        return _JSON.text(imports)
    return "\n".join(printable_lines(line for one in imports for line in _text(one)))


def printable_lines(lines: Iterable[str]) -> Iterator[str]:
    """Make each line safe for a terminal, and one, and end the last."""
    yield from (printable(line.replace("\n", " ")) for line in lines)
    yield ""


def _text(made: Import) -> Iterator[str]:
    for patient in made.patients:
        yield f"{made.source}: {patient.patient}"
        if patient.deceased:
            yield f"  The patient {patient.deceased}, so no plan is made."
        yield f"  {_summary(patient)}"
        yield from _lines(patient.uses)
    if made.keys:
        yield f"{made.source}: {KEYS_WITHOUT_MEANING}: {', '.join(made.keys)}."
    if made.strays:
        yield f"{made.source}: {_entries(made.patients)} of none of the patients"
        yield from _lines(made.strays)


def _summary(patient: Imported) -> str:
    counts = {outcome: sum(one.outcome == outcome for one in patient.uses) for outcome in OUTCOMES}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    of_triples = f"; {_counted(patient.triples)}" if patient.triples is not None else ""
    return f"{len(patient.uses)} {_entries([patient])}: {told}{of_triples}"


def _entries(patients: Sequence[Imported]) -> str:
    """Say what the entries of an account are: resources of FHIR, nodes of RDF, or both."""
    of_fhir = any(one.nodes for patient in patients for one in patient.uses)
    of_rdf = any(patient.triples is not None for patient in patients)
    return " and ".join(word for word, there in (("nodes", of_rdf), ("resources", of_fhir or not of_rdf)) if there)


def _counted(triples: Counts) -> str:
    return f"{triples.read} triples: {triples.used} used{f', {triples.unused} not used' if triples.unused else ''}"


def _lines(uses: Iterable[ResourceUse]) -> Iterator[str]:
    given = sorted(uses, key=lambda one: (OUTCOMES.index(one.outcome), one))
    width = max((len(one.resource) for one in given), default=0)
    for one in given:
        heading = _HEADINGS[one.outcome]
        yield (
            f"  {one.resource:<{width}}  {heading}: {one.detail}"
            if heading != "merged"
            else (f"  {one.resource:<{width}}  merged {one.detail}")
        )
        yield from (f"  {'':<{width}}  ! {flag}" for flag in one.flags)
