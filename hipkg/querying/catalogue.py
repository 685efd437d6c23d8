"""Find what is asked: the named competency questions, and the SPARQL of users.

A query is a plain ``.rq`` file. Lines that begin with ``#+`` form its header in TOML; ``queries/README.md`` lists the
keys.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from hipkg.base.errors import UsageError
from hipkg.base.limits import QUERY_TEXT
from hipkg.base.paths import QUERIES
from hipkg.querying.text import QueryText

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

Needs: TypeAlias = Literal["patient", "ontology"]
ParameterType: TypeAlias = Literal["iri", "string", "integer", "date"]
STANDARD_INPUT = "-"

_HEADER = "#+"
_FLAGS = {"ordered", "required"}
_KEYS = frozenset({"id", "summary", "description", "tags", "needs", "ordered", "parameters", "columns"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that the user of a query binds; ``default`` is empty where there is none."""

    name: str
    type: ParameterType
    description: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer with what it means."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class QueryInfo:
    """A query with what its header says.

    ``name`` is the file name without its extension; ``needs`` says whether it runs over patients or over the ontology
    alone, and is None where the author does not say. ``declared`` is False for a query without a header, whose
    parameters are not checked; ``place`` names the file and ``text`` is all of it; ``named`` tells that it is one of
    the competency questions.
    """

    name: str
    text: str
    place: str
    declared: bool = True
    named: bool = False
    id: str = ""
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    needs: Needs | None = None
    ordered: bool = False
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...] = ()


@cache
def catalogue() -> tuple[QueryInfo, ...]:
    """List the competency questions in the order of their ids."""
    files = (QUERIES / "competency").glob("*.rq")
    return tuple(sorted((_read_file(path, named=True) for path in files), key=lambda info: info.id))


def load_query(name: str | os.PathLike[str]) -> QueryInfo:
    """Find a competency question by its name or id, or read the query of a user: a file, or ``-`` for standard input.

    Raises `UsageError` for an unknown name and for a file that cannot be read or used as a query.
    """
    wanted = str(name)
    if wanted == STANDARD_INPUT:
        return _from_standard_input()
    if wanted.endswith((".rq", ".sparql")) or "/" in wanted or "\\" in wanted:
        return _read_file(Path(wanted), named=False)
    for info in catalogue():
        if wanted.casefold() in {info.name, info.id.casefold()}:
            return info
    names = [info.name for info in catalogue()]
    near = get_close_matches(wanted, names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "A file is named with its extension .rq, a text with -e."
    raise UsageError(f"There is no query {wanted!r}.", remedy=f"{hint} `hipkg queries` lists all.")


def inline_query(text: str, place: str = "the query") -> QueryInfo:
    """Take a text as the query of a user; raises `UsageError` for one that cannot be used as such."""
    return _described("query", text, place)


def _from_standard_input() -> QueryInfo:
    from hipkg.base.streams import read_standard_input

    data = read_standard_input(QUERY_TEXT.most + 1)
    try:
        return inline_query(data.decode("utf-8-sig"), "<stdin>")
    except UnicodeDecodeError:
        raise _unreadable("it is not UTF-8 text", "<stdin>") from None


def _read_file(path: Path, *, named: bool) -> QueryInfo:
    place = str(path)
    try:
        with path.open("rb") as file:
            text = file.read(QUERY_TEXT.most + 1).decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("There is no such query file.", place=place, remedy="Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise _unreadable(getattr(error, "strerror", None) or "it is not UTF-8 text", place) from None
    return _described(path.stem, text.replace("\r\n", "\n").replace("\r", "\n"), place, named=named)


def _unreadable(reason: str, place: str) -> UsageError:
    return UsageError(f"The query cannot be read: {reason}.", place=place, remedy="Name a text file.")


def _described(name: str, text: str, place: str, *, named: bool = False) -> QueryInfo:
    """Read a query with its header, every line of which stays where it is, so that errors name the right one."""
    if len(text.encode("utf-8", "surrogatepass")) > QUERY_TEXT.most:
        raise QUERY_TEXT.exceeded(place)
    QueryText(text, place).check()
    lines = text.splitlines()
    header = "\n".join(line.lstrip()[len(_HEADER) :] if line.lstrip().startswith(_HEADER) else "" for line in lines)
    if not header.strip():
        return QueryInfo(name, text, place, declared=False, named=named)
    remedy = "queries/README.md describes the header."
    try:
        data = tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The #+ header is not valid TOML: {error}.", place=place, remedy=remedy) from None
    try:
        _check_keys(data)
        given: dict[str, Any] = {
            **data,
            "tags": tuple(data.get("tags", ())),
            "parameters": tuple(Parameter(**one) for one in data.get("parameters", ())),
            "columns": tuple(Column(**one) for one in data.get("columns", ())),
        }
        return QueryInfo(name, text, place, named=named, **given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The #+ header cannot be used: {error}.", place=place, remedy=remedy) from None


def _check_keys(data: Mapping[str, Any]) -> None:
    strange = sorted(set(data) - _KEYS)
    if strange:
        raise ValueError(f"unknown key {strange[0]!r}")
    if data.get("needs") not in {None, *get_args(Needs)}:
        raise ValueError(f"needs must be one of {', '.join(get_args(Needs))}")
    for name in ("parameters", "columns"):
        if not all(isinstance(one, dict) for one in data.get(name, ())):
            raise ValueError(f"{name} must be a list of tables")
    described = {key: value for key, value in data.items() if key not in {"tags", "parameters", "columns"}}
    for one in (described, *data.get("parameters", ()), *data.get("columns", ())):
        _check_values(one)
    for tag in data.get("tags", ()):
        _check_values({"tags": tag})
    for parameter in data.get("parameters", ()):
        if parameter.get("type") not in get_args(ParameterType):
            raise ValueError(f"the type of a parameter must be one of {', '.join(get_args(ParameterType))}")


def _check_values(described: Mapping[str, Any]) -> None:
    for name, value in described.items():
        if not isinstance(value, bool if name in _FLAGS else str):
            raise TypeError(f"{name} must be {'true or false' if name in _FLAGS else 'a text'}")
