"""One side of a comparison of ontologies: where its modules lie, its release, and what is beside it."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hipkg.base.ending import temporary_folder
from hipkg.base.errors import OntologyError, StaleRelease, UnreadableInput, UsageError
from hipkg.base.own import own_folder, using
from hipkg.base.paths import (
    MAPPINGS,
    PATIENT_SHAPES,
    RELEASE,
    module_files,
    normalising_queries,
    own_code_tables,
)
from hipkg.base.vocabulary import add_namespace
from hipkg.knowledge.loading import RELEASE_FILE, own_stamp, read_release, release_file, source_stamp
from hipkg.knowledge.records import Knowledge
from hipkg.knowledge.terminology import read as read_terminology
from hipkg.maintenance.diff.patients import with_patients
from hipkg.maintenance.diff.revisions import folder_in_repository, take_out
from hipkg.maintenance.following import FOLLOWING, following_modules
from hipkg.maintenance.release import compile_knowledge
from hipkg.maintenance.sources import Sources, read
from hipkg.owl.in_force import in_force
from hipkg.owl.own import states_namespace
from hipkg.owl.sources import load_sources
from hipkg.reading.supplied import with_codes as with_tables
from hipkg.validation.compiler import compile_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    import pyoxigraph as ox

    from hipkg.owl.reasoners import Entailments

    Classify = Callable[[Sources], Entailments]

_REMEDY = "Name the folder or the revision that it was built from."


@dataclass(frozen=True)
class Side:
    """An ontology as it was named: the folder of its modules, None for a release file; ``scratch`` is ours to write.

    ``own`` are the modules that editors write, ``beside`` the folder where shapes, queries, examples and cases are
    looked for; ``shipped`` is what its release holds, None if that is missing or belongs to other sources. One that is
    ``layered`` is an ontology of one's own on top of the shipped one, which is no part of its folder.
    """

    name: str
    folder: Path | None
    beside: Path | None
    shipped: Knowledge | None
    scratch: Path
    layered: bool = False

    @property
    def patients(self) -> tuple[tuple[Path, Path], ...]:
        """List the folders of examples and cases that lie with it, each with the one that they are named from."""
        if self.layered and self.folder:
            return with_patients(self.folder, ["cases"])
        return with_patients(self.beside) if self.beside else ()

    @cached_property
    def modules(self) -> tuple[Path, ...]:
        """List the modules of its folder, in the order in which a release reads them."""
        return module_files(self.folder) if self.folder else ()

    @cached_property
    def content(self) -> str:
        """Hash all files that plans depend on: two sides of the same content hold the same."""
        if self.layered and self.folder:
            with using(self.folder):
                return own_stamp(source_stamp(beside=(*own_code_tables(), *_passed_through(None))))
        mappings = sorted((self.folder / MAPPINGS.name).glob("*.tsv")) if self.folder else ()
        return source_stamp(self.modules, (*_passed_through(self.beside), *mappings))

    @cached_property
    def own(self) -> tuple[Path, ...]:
        """List the modules that editors write."""
        return tuple(one for one in self.modules if one.name not in FOLLOWING)

    @property
    def triples(self) -> list[ox.Triple]:
        """List what is in force of it; what has a current release has been checked already, and is not again."""
        if self.shipped is None:
            return self.sources.triples
        with self._naming_itself():
            if self.layered and self.folder:
                with using(self.folder):
                    return in_force(load_sources())
            return in_force(load_sources(self.modules))

    @cached_property
    def sources(self) -> Sources:
        """Read and check the modules, with those that follow from them as they would be written now.

        Raises `OntologyError` as `hipkg.maintenance.sources.read` does.
        """
        with self._naming_itself():
            if self.layered:
                with using(self._as_it_would_be_released()):
                    return read()
            return read(self.modules if self.shipped is not None else self._as_they_would_be_released())

    def _as_they_would_be_released(self) -> tuple[Path, ...]:
        """List the modules of editors, with those that follow from them, which are written anew elsewhere."""
        there = {one.name for one in self.modules}.intersection(FOLLOWING)
        return (*self.own, *(_written(self.scratch, following_modules(self.own), there) if there else ()))

    def _as_it_would_be_released(self) -> Path:
        """Copy the folder of an ontology of one's own, and write there anew what follows from the other modules."""
        assert self.folder is not None
        if self.shipped is not None:
            return self.folder
        copy = self.scratch / "layer"
        if not copy.exists():
            shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns(".*", "cases", RELEASE.name))
            with using(copy):
                _written(copy, following_modules(), FOLLOWING)
        return copy

    def knowledge(self, classify: Classify) -> Knowledge:
        """Take what its release holds, or else classify and compile the modules; nothing of the side is written.

        Raises `OntologyError` or `InconsistentData` as `hipkg.maintenance.release.build` does.
        """
        if self.shipped is not None:
            return self.shipped
        sources = self.sources
        entailments = classify(sources)
        with self._naming_itself():
            if self.layered:
                with using(self._as_it_would_be_released()):
                    return with_codes(compile_knowledge(sources, entailments), self.folder)
            return self._with_what_lies_beside(compile_knowledge(sources, entailments))

    @contextmanager
    def _naming_itself(self) -> Iterator[None]:
        """Say in what is told of an ontology that cannot be used which side it is."""
        try:
            yield
        except OntologyError as problem:
            problem.place = f"{self.name}: {problem.place}"
            raise

    def _with_what_lies_beside(self, knowledge: Knowledge) -> Knowledge:
        """Let records go through the shapes and the codes of the side, where it has its own."""
        return with_codes(dataclasses.replace(knowledge, shapes=compile_shapes(_shapes(self.beside))), self.folder)


def _written(folder: Path, modules: Mapping[str, str], names: Collection[str]) -> list[Path]:
    """Write those of some modules that have certain names into a folder, and return their paths."""
    paths = [folder / name for name in modules if name in names]
    for path in paths:
        path.write_text(modules[path.name], encoding="utf-8")
    return paths


@contextmanager
def opened(name: str, *, and_patients: bool = True) -> Iterator[Side]:
    """Find an ontology by what the user wrote: a folder, a release file, or a revision, which is taken out meanwhile.

    Parameters: ``and_patients`` takes the examples and the cases of a revision with it.

    Raises `UsageError` if there is none, and `StaleRelease` for a release file that cannot be read.
    """
    with temporary_folder() as scratch:
        path = Path(name)
        if path.is_file():
            yield Side(name, None, None, _release_of(path), scratch)
            return
        if path.is_dir():
            folder = (
                path
                if module_files(path) or not module_files(path / RELEASE.parent.name)
                else path / RELEASE.parent.name
            )
        else:
            revision, _, inside = name.partition(":")
            own = own_folder()
            inside = inside or (folder_in_repository(own) if own else "")
            taken = scratch / "taken"
            taken.mkdir()
            folder = take_out(revision, inside, taken, and_patients=and_patients)
        if not module_files(folder):
            raise UsageError(
                "The folder has no modules of an ontology.", place=name, remedy="Name the folder of its .ttl files."
            )
        if states_namespace(folder):
            yield Side(name, folder, None, _released_in(folder), scratch, layered=True)
        else:
            yield Side(name, folder, folder.parent, _shipped_in(folder), scratch)


def _shapes(beside: Path | None) -> Path:
    own = beside / PATIENT_SHAPES.parent.name / PATIENT_SHAPES.name if beside else PATIENT_SHAPES
    return own if own.is_file() else PATIENT_SHAPES


def _passed_through(beside: Path | None) -> tuple[Path, ...]:
    """List the shapes and the queries that every record goes through."""
    own = sorted((beside / "queries" / "normalise").glob("*.rq")) if beside else ()
    return (_shapes(beside), *(own or normalising_queries()))


def _shipped_in(folder: Path) -> Knowledge | None:
    """Read the release of a folder, if it was built from what lies there."""
    try:
        content = (folder / RELEASE.name / RELEASE_FILE.name).read_bytes()
        shipped = read_release(content, source_stamp(module_files(folder), _passed_through(folder.parent)))
    except (OSError, StaleRelease):
        return None
    return with_codes(shipped, folder)


def _released_in(folder: Path) -> Knowledge | None:
    """Read the release of an ontology of one's own, if it was built from what lies there and on what is shipped."""
    with using(folder):
        base, file = source_stamp(), release_file()
        try:
            shipped = read_release(file.read_bytes(), own_stamp(base), file, base)
        except (OSError, StaleRelease):
            return None
        return with_codes(shipped, folder)


def with_codes(knowledge: Knowledge, folder: Path | None) -> Knowledge:
    """Let codes be read by the mappings of a folder, or by the tables of an ontology of one's own, where it has any."""
    if folder and states_namespace(folder):
        for prefix, namespace in knowledge.namespaces.items():
            add_namespace(prefix, namespace)
        with using(folder):
            return with_tables(knowledge, tuple(map(str, own_code_tables())))
    mappings = folder / MAPPINGS.name if folder else MAPPINGS
    if mappings.is_dir() and mappings.resolve() != MAPPINGS.resolve():
        vars(knowledge)["terminology"] = read_terminology(mappings)
    return knowledge


def _release_of(path: Path) -> Knowledge:
    """Read a release file by itself, all of it.

    Raises `StaleRelease` if it is damaged or of another form, and `UnreadableInput` if it cannot be opened.
    """
    try:
        knowledge = read_release(path.read_bytes(), file=path)
        for one in dataclasses.fields(Knowledge):
            getattr(knowledge, one.name)
    except OSError as problem:
        raise UnreadableInput(f"cannot be read: {problem.strerror}.", place=str(path)) from problem
    except StaleRelease as problem:
        raise StaleRelease(problem.message, place=str(path), remedy=_REMEDY) from problem
    except (ValueError, TypeError, KeyError, IndexError) as problem:
        raise StaleRelease(
            "The classified release holds records of another form than this version of hipkg reads.",
            place=str(path),
            remedy=_REMEDY,
        ) from problem
    return knowledge
