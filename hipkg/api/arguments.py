"""What callers give to the functions, in all the ways that are natural, made into what the pipeline takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from os import PathLike, fspath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hipkg.api.sources import given
from hipkg.base.errors import UsageError
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients, read_checked
from hipkg.pipeline.request import Request

if TYPE_CHECKING:
    from hipkg.api.sources import Source
    from hipkg.base.batch import Batch
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Checked, Planned
    from hipkg.reading.joint import Joint
    from hipkg.reasoning.engines import EngineName

Day: TypeAlias = "str | date | datetime"
"""A date, or one written as YYYY-MM-DD; of a date with a time, the time does not count."""
Texts: TypeAlias = "str | Iterable[str]"
"""One text, or several."""
Tables: TypeAlias = "str | PathLike[str] | Iterable[str | PathLike[str]]"
"""The name of a table of codes, or several."""


class Asked(NamedTuple):
    """What is asked, of whom, and the knowledge that it is answered with."""

    request: Request
    knowledge: Knowledge

    def planned(self, source: Source) -> Batch[Planned]:
        """Plan for the patients of a source."""
        return plan_patients(self.opened(source), self.request, self.knowledge)

    def checked(self, source: Source) -> Batch[Checked]:
        """Read the patients of a source, and validate them."""
        return read_checked(self.opened(source), self.request, self.knowledge)

    def opened(self, source: Source) -> Joint:
        """Open a source."""
        return given(source, self.request.format)


def asked(
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Asked:
    """Put together what the options of a function ask for, which `hipkg.plans` describes.

    Raises `UsageError` for an option that cannot be used.
    """
    knowledge = knowing(tables(codes))
    selection = select(
        knowledge,
        texts("documents", documents),
        text("min_strength", min_strength),
        text("min_evidence", min_evidence),
        grade_objections=grade_objections,
    )
    return Asked(
        Request(
            format=None if format is None else text("format", format),
            as_of=day("as_of", as_of),
            engine=engine,
            selection=selection,
            allow_invalid=allow_invalid,
        ),
        knowledge,
    )


def day(name: str, value: Day | None) -> date | None:
    """Read a date that is given in any way.

    Raises `UsageError` for what is none, and names the option.
    """
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise UsageError(
            f"A date is wanted, not {_kind(value)}.", place=name, remedy="Give a date, or YYYY-MM-DD as a text."
        )
    try:
        return datetime.fromisoformat(value.strip()).date()
    except ValueError:
        raise UsageError(f"{value[:40]!r} is no date.", place=name, remedy="Write it as YYYY-MM-DD.") from None


def text(name: str, value: str) -> str:
    """Return a text that an option is; raises `UsageError` for anything else."""
    if not isinstance(value, str):
        raise UsageError(f"A text is wanted, not {_kind(value)}.", place=name, remedy="Give it as a str.")
    return value


def tables(value: Tables) -> tuple[str, ...]:
    """List the names of the tables of codes that an option gives, one or several; raises `UsageError` for others."""
    if isinstance(value, str | PathLike):
        return (fspath(value),)
    if not isinstance(value, Iterable):
        raise _wanted("codes", value)
    return tuple(fspath(one) if isinstance(one, PathLike) else text("codes", one) for one in value)


def texts(name: str, value: Texts) -> tuple[str, ...]:
    """List the texts that an option gives, one or several.

    Raises `UsageError` for anything else, and names the option.
    """
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise _wanted(name, value)
    return tuple(text(name, one) for one in value)


def _wanted(name: str, value: object) -> UsageError:
    return UsageError(
        f"One text or several are wanted, not {_kind(value)}.", place=name, remedy="Give a str, or a list of them."
    )


def _kind(value: object) -> str:
    return type(value).__name__
