"""Decide what the next published version of an ontology is, and what must hold before it is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hipkg.base.errors import OntologyError, UsageError
from hipkg.base.vocabulary import curie
from hipkg.maintenance.history import Change, History, Said, Version, changes, content, lost, revived
from hipkg.maintenance.levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.maintenance.checks.workspace import Workspace

_SEMANTIC = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_NAMED = 5
"""How many terms are named of those that are wrong; the others are counted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is to be published: the one before it in the modules, what changed, and what all terms say.

    The ``first`` has none before it; one that is published ``again`` is what was published last.
    """

    before: str
    version: Version
    changes: tuple[Change, ...]
    terms: Mapping[str, Said]
    first: bool = False
    again: bool = False


def draft(
    space: Workspace,
    history: History,
    terms: Mapping[str, Said],
    *,
    version: str | None = None,
    bump: Level | None = None,
    day: date,
) -> Draft:
    """Decide on the next version.

    Parameters: ``version`` is the new one; ``bump`` is the level that the editor expects, by which a version of three
    numbers is counted on, and a date becomes ``day``. Without either the version of the modules is published.

    Raises `UsageError` for content that differs from what was published under the version, for a level below that of
    the changes, and for a version that does not come after the last; `OntologyError` for terms that were published and
    are lost, or in force again.
    """
    _refuse_lost(history, terms)
    before, found = version_of(space), changes(history, terms)
    wanted = version or (counted_on(before, bump, day) if bump else before)
    needed = max((one.level for one in found), key=lambda one: one.weight, default=Level.PATCH)
    if history.versions and not found and not version and not bump and wanted == history.versions[-1].version:
        return Draft(before, history.versions[-1], (), terms, again=True)
    if history.versions:
        _refuse_unchanged(history, found, wanted)
        if bump and bump.weight < needed.weight:
            first = next(one for one in found if one.level is needed)
            raise UsageError(
                f"The changes are {needed}, not {bump}: {curie(first.term)} {_BECAME[first.kind]}.",
                place="--bump",
                remedy=f"Publish with --bump {needed}.",
            )
        if old := history.of(wanted):
            raise UsageError(
                f"Version {wanted} was published on {old.day} with other content.",
                remedy=f"Give the new one: --bump {needed}, or --version.",
            )
        if not _comes_after(wanted, history.versions[-1].version):
            raise UsageError(
                f"Version {wanted} does not come after {history.versions[-1].version}, which was published last.",
                place="--version" if version else "",
                remedy="Give a later one by --version.",
            )
    made = Version(wanted, day.isoformat(), bump or needed, content(terms))
    return Draft(before, made, found, terms, first=not history.versions)


_BECAME = {"new": "is new", "withdrawn": "is withdrawn", "logic": "has another logic", "words": "has other words"}


def version_of(space: Workspace) -> str:
    """Read the version of the modules, which all have the same."""
    texts = [*space.versions]
    if len(texts) != 1:
        raise OntologyError(
            f"The modules have {len(texts)} versions.", remedy="State one by owl:versionInfo in all headers."
        )
    return texts.pop()


def counted_on(version: str, level: Level, day: date) -> str:
    """Count a version of three numbers on, or take the day in place of a date.

    Raises `UsageError` for a version of another form.
    """
    if found := _SEMANTIC.fullmatch(version):
        major, minor, patch = map(int, found.groups())
        match level:
            case Level.MAJOR:
                return f"{major + 1}.0.0"
            case Level.MINOR:
                return f"{major}.{minor + 1}.0"
            case Level.PATCH:
                return f"{major}.{minor}.{patch + 1}"
    if _is_date(version):
        return day.isoformat()
    raise UsageError(
        f"Version {version} is neither a date nor three numbers.",
        place="--bump",
        remedy="Give the new one by --version.",
    )


def bumped(text: str, before: str, version: str) -> str:
    """Write another version into the header of a module, IRI and number in step."""
    text = text.replace(f'owl:versionInfo "{before}"', f'owl:versionInfo "{version}"')
    return re.sub(rf"(owl:versionIRI <[^>]*/){re.escape(before)}>", rf"\g<1>{version}>", text)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _comes_after(version: str, other: str) -> bool:
    """Tell whether a version comes after another one; of forms that cannot be compared it is taken to."""
    new, old = (_SEMANTIC.fullmatch(one) for one in (version, other))
    if new and old:
        return [*map(int, new.groups())] > [*map(int, old.groups())]
    return not (_is_date(version) and _is_date(other)) or version > other


def _refuse_unchanged(history: History, found: tuple[Change, ...], wanted: str) -> None:
    if not found:
        last = history.versions[-1].version
        raise UsageError(
            f"Nothing changed since version {last} was published, so that {wanted} would say the same.",
            remedy="Without --bump and --version its files are written once more.",
        )


def _refuse_lost(history: History, terms: Mapping[str, Said]) -> None:
    for found, what, remedy in (
        (lost(history, terms), "were published and are declared no more", "Deprecate them, so that no id is reused."),
        (revived(history, terms), "were withdrawn and are in force again", "Give what you add an id of its own."),
    ):
        if found:
            names = ", ".join(curie(one.term) for one in found[:_NAMED])
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            raise OntologyError(f"{names}{more} {what}.", place=curie(found[0].term), remedy=remedy)
