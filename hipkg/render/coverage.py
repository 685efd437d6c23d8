"""Write what the test cases show of the statements: as text for people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hipkg.base.vocabulary import curie
from hipkg.maintenance.coverage import Coverage, Difference, Gap, SlotCoverage, StatementCoverage
from hipkg.render.console import printed
from hipkg.render.encoder import Writer, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

DEFAULT_WIDTH = 100
_JSON = Writer(
    {
        Coverage: "missing=gaps strays unfilled differences statements",
        Gap: "statement slot @entry missing",
        Difference: "patient statement site expected? found?",
        StatementCoverage: "id fires nearly_fires slots",
        SlotCoverage: "slot @entry true false always",
    }
)


def coverage_to_json(coverage: Coverage) -> str:
    """Write coverage as JSON: a summary, what is missing, and each statement with its patients."""
    return written({"summary": summary(coverage), **_JSON.data(coverage)})


def summary(coverage: Coverage) -> dict[str, int]:
    """Count statements, slot entries and what is missing."""
    slots = [slot for one in coverage.statements for slot in one.slots]
    return {
        "statements": len(coverage.statements),
        "fire": sum(bool(one.fires) for one in coverage.statements),
        "nearlyFire": sum(bool(one.nearly_fires) for one in coverage.statements),
        "slotEntries": len(slots),
        "neverTrue": sum(slot.never_true for slot in slots),
        "neverFalse": sum(slot.never_false for slot in slots),
        "alwaysTrue": sum(slot.always and not slot.false for slot in slots),
        "notAsExpected": len(coverage.differences),
    }


def coverage_to_text(
    coverage: Coverage, *, details: bool = False, to_terminal: bool = False, width: int | None = None
) -> str:
    """Write coverage for people: a summary, a table of what is missing and, if wanted, the patients of each statement.

    Parameters: ``to_terminal`` allows colour; ``width`` is in columns, that of the terminal or `DEFAULT_WIDTH`.
    """
    columns = width if width or to_terminal else DEFAULT_WIDTH
    return printed(*_parts(coverage, details=details), width=columns, to_terminal=to_terminal).rstrip("\n") + "\n"


def _parts(coverage: Coverage, *, details: bool) -> Iterator[RenderableType]:
    yield Text(_summary_line(summary(coverage)), style="bold")
    always = summary(coverage)["alwaysTrue"]
    if always:
        yield Text(f"not counted: {always} that cannot be false where their statement is asked")
    if coverage.strays:
        yield Text(f"of no statement: {' '.join(coverage.strays)}", style="red")
    if coverage.unfilled:
        yield Text(f"still to be said what they show: {' '.join(coverage.unfilled)}", style="red")
    if coverage.gaps:
        table = Table("statement", "slot", "entry", "never", box=box.SIMPLE_HEAD, pad_edge=False)
        for gap in coverage.gaps:
            table.add_row(gap.statement, gap.slot, _name(gap.entry), Text(gap.missing, style="red"))
        yield table
    if coverage.differences:
        table = Table("patient", "statement", "site", "expected", "found", box=box.SIMPLE_HEAD, pad_edge=False)
        for one in coverage.differences:
            states = (one.expected or "not listed", Text(one.found or "not listed", style="red"))
            table.add_row(one.patient, one.statement, one.site, *states)
        yield table
    if details:
        yield from (_details(one) for one in coverage.statements)


def _summary_line(counts: dict[str, int]) -> str:
    total = counts["statements"]
    return (
        f"{counts['fire']}/{total} statements fire, {counts['nearlyFire']}/{total} nearly fire, "
        f"{counts['slotEntries']} slot entries, {counts['neverTrue']} never true, {counts['neverFalse']} never false, "
        f"{counts['notAsExpected']} not as expected"
    )


def _details(one: StatementCoverage) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    for label, names in (("fires", one.fires), ("nearly fires", one.nearly_fires)):
        grid.add_row(label, "", _listed(names))
    for slot in one.slots:
        grid.add_row(f"{slot.slot} {_name(slot.entry)}", "true", _listed(slot.true))
        grid.add_row("", "false", _listed(slot.false, always=slot.always))
    return Group(Text(""), Text(one.id, style="bold"), grid)


def _listed(names: Iterable[str], *, always: bool = False) -> Text:
    listed = " ".join(names)
    if listed:
        return Text(listed)
    return Text("cannot be", style="dim") if always else Text("never", style="red")


def _name(iri: str) -> str:
    return curie(iri) if iri else ""
