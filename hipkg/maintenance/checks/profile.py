"""What a house makes of the checks: how much each weighs there, and which findings are accepted, with a reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hipkg.base.errors import UnreadableInput
from hipkg.maintenance.checks.catalogue import headers
from hipkg.maintenance.checks.issue import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROFILE = "checks.toml"
"""The profile that is looked for in the folder of an ontology."""
OFF = "off"
_KEYS = ("check", "entity", "property", "value")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings that are as they should be: their check, what of them is told, and the reason."""

    check: str
    entity: str
    property: str
    value: str
    reason: str

    def covers(self, issue: Issue) -> bool:
        """Tell whether an issue is one of those that are accepted; what is not told can be anything."""
        return all(getattr(self, key) in {"", getattr(issue, key)} for key in _KEYS)


@dataclass(frozen=True, slots=True)
class Profile:
    """Severities by check, ``None`` for a check that is left out, and the exceptions."""

    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()
    path: str = ""


def read_profile(path: Path) -> Profile:
    """Read a profile in TOML: a table ``severity``, and tables ``accepted`` of a check, an entity and a reason.

    Raises `UnreadableInput` naming the file and what in it is wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UnreadableInput(f"cannot be read: {problem.strerror}.", place=str(path)) from problem
    except ValueError as problem:
        raise UnreadableInput(f"is no TOML: {problem}.", place=str(path), remedy="Correct the line.") from problem
    for name in data.keys() - {"severity", "accepted"}:
        raise _wrong(path, f"has a table {name!r} that is not known", "The tables are severity and accepted.")
    told, listed = data.get("severity", {}), data.get("accepted", [])
    if not isinstance(told, dict) or not isinstance(listed, list):
        raise _wrong(
            path, "has severity or accepted in another form", "Write [severity] once and [[accepted]] for each."
        )
    return Profile(
        {check: _severity(path, check, value) for check, value in told.items()},
        tuple(_accepted(path, number, one) for number, one in enumerate(listed, 1)),
        path.name,
    )


def _severity(path: Path, check: str, value: object) -> Severity | None:
    _known(path, check)
    if value == OFF:
        return None
    try:
        return Severity(value)  # type: ignore[arg-type]
    except ValueError:
        known = ", ".join((*Severity, OFF))
        raise _wrong(path, f"gives {check} the severity {value!r}", f"It is one of: {known}.") from None


def _accepted(path: Path, number: int, data: object) -> Accepted:
    where = f"has an exception {number} that"
    if not isinstance(data, dict) or not all(isinstance(one, str) for one in data.values()):
        raise _wrong(path, f"{where} is no table of texts", "Write [[accepted]] and its keys.")
    for key in data.keys() - {*_KEYS, "reason"}:
        raise _wrong(path, f"{where} has a key {key!r}", f"The keys are {', '.join(_KEYS)} and reason.")
    for key in ("check", "entity", "reason"):
        if not data.get(key, "").strip():
            raise _wrong(
                path, f"{where} has no {key}", "An exception names a check, an entity, and why it is accepted."
            )
    _known(path, data["check"])
    return Accepted(**{key: data.get(key, "") for key in (*_KEYS, "reason")})


def _known(path: Path, check: str) -> None:
    if check not in headers():
        from difflib import get_close_matches

        near = get_close_matches(check, headers(), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "docs/checks/README.md lists the checks."
        raise _wrong(path, f"names a check {check!r} that there is not", hint)


def _wrong(path: Path, what: str, remedy: str) -> UnreadableInput:
    return UnreadableInput(f"{what}.", place=str(path), remedy=remedy)
