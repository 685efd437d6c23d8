"""The ontology of one's own that is used on top of the shipped one: which folder it is.

It is chosen for a process, and for those that it starts, by the environment variable `VARIABLE`; `--ontology` and
`hipkg.use_ontology` set it. What is chosen is a folder, or the name under which an installed package brings one: an
entry point of the group `GROUP` whose value is the package that the files are in.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hipkg.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "HIPKG_ONTOLOGY"
GROUP = "hipkg.ontologies"


def use_ontology(name: str | os.PathLike[str] | None) -> None:
    """Use an ontology on top of the shipped one from now on, or the shipped one alone.

    Parameters: ``name`` is a folder, or the name that an installed package gives to its ontology; None for the shipped
    one alone. Raises `UsageError` if it is neither.
    """
    text = os.fspath(name) if name else ""
    os.environ[VARIABLE] = str(_found(text)) if text else ""


@contextmanager
def using(name: str | os.PathLike[str]) -> Iterator[None]:
    """Use an ontology on top of the shipped one meanwhile; raises `UsageError` as `use_ontology` does."""
    before = os.environ.get(VARIABLE, "")
    use_ontology(name)
    try:
        yield
    finally:
        os.environ[VARIABLE] = before


def own_folder() -> Path | None:
    """Return the folder of the ontology that is used on top of the shipped one, if there is one.

    Raises `UsageError` as `use_ontology` does.
    """
    name = os.environ.get(VARIABLE)
    return _found(name) if name else None


@cache
def _found(name: str) -> Path:
    folder = Path(name)
    if folder.is_dir():
        if not any(folder.glob("*.ttl")):
            raise UsageError("The folder holds no module in Turtle.", place=name, remedy=_REMEDY)
        return folder.resolve()
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    brought = {one.name: one.value for one in entry_points(group=GROUP)}
    if name not in brought:
        known = f" Installed packages bring: {', '.join(sorted(brought))}." if brought else ""
        raise UsageError("There is no such folder.", place=name, remedy=f"{_REMEDY}{known}")
    try:
        spec = find_spec(brought[name])
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            f"There is no package {brought[name]}, which should hold it.",
            place=name,
            remedy="Install the package of the ontology anew.",
        )
    return Path(next(iter(spec.submodule_search_locations))).resolve()


_REMEDY = f"Name the folder of an ontology after --ontology or in {VARIABLE}."
