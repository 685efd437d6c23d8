"""Data frames of results, by the library that the caller has."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from hipkg.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Library = Literal["pandas", "polars"]
Frame: TypeAlias = Any
"""A data frame of either library, neither of which hipkg needs for anything else."""
_IN_PANDAS = {str: "string", int: "Int64", bool: "boolean", date: "datetime64[s]"}
_IN_POLARS = {str: "String", int: "Int64", bool: "Boolean", date: "Date"}


def frame(columns: Mapping[str, type], rows: Iterable[tuple[object, ...]], library: str) -> Frame:
    """Put rows into a data frame whose columns have their types, also where there is no row; empty texts stay empty.

    Raises `UsageError` for another library, and for one that is not installed.
    """
    if library not in get_args(Library):
        raise UsageError(
            f"Data frames of {library!r} are not made.",
            place="to_frame",
            remedy=f"Choose among: {', '.join(get_args(Library))}.",
        )
    try:
        module = import_module(library)
    except ImportError:
        raise UsageError(
            f"{library} is not installed.", place="to_frame", remedy=f"Install it: pip install 'hipkg[{library}]'."
        ) from None
    given = [tuple(map(_plain, row)) for row in rows]
    if library == "polars":
        schema = {name: getattr(module, _IN_POLARS[kind]) for name, kind in columns.items()}
        return module.DataFrame(given, schema=schema, orient="row")
    made = module.DataFrame(given, columns=[*columns])
    return made.astype({name: _IN_PANDAS[kind] for name, kind in columns.items()})


def _plain(value: object) -> object:
    """Put several texts beside each other, and make a text of what is more than one."""
    if isinstance(value, tuple | list):
        return " ".join(map(str, value))
    return value if value is None or isinstance(value, bool | int | date) else str(value)
