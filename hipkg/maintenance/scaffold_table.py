"""Read a table of what is to be made: a row for each term, document or statement, a column for each option."""

from __future__ import annotations

import csv
from dataclasses import fields
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hipkg.base.errors import UnreadableInput
from hipkg.maintenance.scaffold import Kind, Wanted

if TYPE_CHECKING:
    from pathlib import Path

_SEVERAL = "|"
_COLUMNS = {one.name.replace("_", "-"): one for one in fields(Wanted)}


def read_table(path: Path) -> list[Wanted]:
    """Read the rows of a table in CSV, or in TSV if its name ends so.

    Raises `UnreadableInput` with the line for a file that is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    except (OSError, ValueError, csv.Error) as problem:
        raise UnreadableInput(
            f"cannot be read: {problem}.", place=str(path), remedy="Give a table in UTF-8."
        ) from problem
    columns = rows[0] if rows else []
    for one in columns:
        if one not in _COLUMNS:
            near = get_close_matches(one, _COLUMNS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(_COLUMNS)}."
            raise UnreadableInput(f"has a column {one!r} that is not known.", place=f"{path}:1", remedy=hint)
    if not {"kind", "name"} <= {*columns}:
        raise UnreadableInput("lacks the column kind or name.", place=f"{path}:1", remedy="Add it.")
    return [
        _row(dict(zip(columns, row, strict=False)), f"{path}:{line}")
        for line, row in enumerate(rows[1:], 2)
        if any(row)
    ]


def _row(row: dict[str, str], place: str) -> Wanted:
    if row["kind"] not in {*Kind}:
        raise UnreadableInput(f"{row['kind']!r} is nothing to make.", place=place, remedy=f"One of: {', '.join(Kind)}.")
    values: dict[str, object] = {
        _COLUMNS[column].name: tuple(filter(None, map(str.strip, text.split(_SEVERAL))))
        if str(_COLUMNS[column].type).startswith("tuple")
        else text.strip()
        for column, text in row.items()
    }
    return Wanted(**{**values, "kind": Kind(row["kind"])})  # type: ignore[arg-type]
