"""Results that know how to write themselves: one of a patient, and all of a source together."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, SupportsIndex, TypeVar, overload

from hipkg.base.brief import brief
from hipkg.base.errors import StaleRelease
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import rdflib

    from hipkg.api.frames import Frame, Library
    from hipkg.knowledge.records import Knowledge

Form = Literal["json", "text", "markdown", "html", "page", "turtle"]
Row = tuple[object, ...]
Item = TypeVar("Item")


class Written(ABC):
    """What can be written in every form; a kind says by ``_written`` how."""

    @abstractmethod
    def _written(self, form: Form) -> str: ...

    @abstractmethod
    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]: ...

    def to_dict(self) -> Any:  # noqa: ANN401 - JSON
        """Return it as plain data: what a reader of its JSON gets."""
        return json.loads(self.to_json())

    def to_json(self) -> str:
        """Write it as JSON, as the command of the same name does, and several as an array."""
        return self._written("json")

    def to_text(self) -> str:
        """Write it as plain text of 80 columns."""
        return self._written("text")

    def to_markdown(self) -> str:
        """Write it as Markdown that stands alone in a note."""
        return self._written("markdown")

    def to_turtle(self) -> str:
        """Write it as RDF, in Turtle."""
        return self._written("turtle")

    def to_graph(self) -> rdflib.Graph:
        """Return it as a graph of rdflib."""
        from hipkg.render.rdf import rdflib_graph

        return rdflib_graph(self.to_turtle())

    def to_frame(self, library: Library = "pandas") -> Frame:
        """Return it as a data frame of ``pandas`` or ``polars``, a row for each thing that it tells.

        Raises `UsageError` if the library is not installed.
        """
        from hipkg.api.frames import frame

        return frame(*self._table(), library)

    def _repr_html_(self) -> str:
        return self._written("html")


class Several(Written, tuple[Item, ...]):
    """Several of a kind, as a tuple of which each part can be written as well."""

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Item: ...

    @overload
    def __getitem__(self, index: slice, /) -> Self: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> Item | Self:
        """Return one, or a part that knows what the whole knows."""
        if not isinstance(index, slice):
            return super().__getitem__(index)
        part = type(self)(super().__getitem__(index))
        vars(part).update(vars(self))
        return part


class Known:
    """What holds the knowledge that it was made with, and is written with.

    When it is pickled, the stamp of the release stands for the knowledge, which is loaded again on the other side.
    """

    knowledge: Knowledge

    def __getstate__(self) -> dict[str, Any]:
        known = self.knowledge
        return {**vars(self), "knowledge": known.stamp if known is load() else known}

    def __setstate__(self, state: dict[str, Any]) -> None:
        known = state["knowledge"]
        if isinstance(known, str):
            if known != load().stamp:
                raise StaleRelease(
                    "The result was made with another release of the ontology.",
                    remedy="Make it again, or use the release that it was made with.",
                )
            known = load()
        vars(self).update(state, knowledge=known)


class Result(Known, Written):
    """The result for one patient, which has the fields of a record.

    A kind says by ``_render`` how it is written for people and as JSON, by ``_graph`` as RDF, and by ``_columns`` and
    ``_rows`` what a data frame has of it.
    """

    _columns: ClassVar[Mapping[str, type]]

    @classmethod
    def of(cls, record: object, knowledge: Knowledge, **others: object) -> Self:
        """Put a record and the knowledge that it was made with together; ``others`` replace fields of the record."""
        return cls(**{**vars(record), **others}, knowledge=knowledge)  # type: ignore[call-arg]

    @classmethod
    @abstractmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        """Write results of this kind in a form."""

    @classmethod
    def _graph(cls, found: Sequence[Self], knowledge: Knowledge) -> str:
        """Write results of this kind as Turtle."""
        from hipkg.render.result_graphs import results_to_turtle

        return results_to_turtle(found, knowledge)

    @classmethod
    def _all_written(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        return cls._graph(found, knowledge) if form == "turtle" else cls._render(found, form, knowledge)

    @abstractmethod
    def _rows(self) -> Iterator[Row]:
        """List the rows of a data frame."""

    @abstractmethod
    def _named(self) -> tuple[str, *tuple[object, ...]]:
        """Name the patient, and in parts what the result is, for one line."""

    def _written(self, form: Form) -> str:
        return self._all_written((self,), form, self.knowledge)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        return self._columns, self._rows()

    def __repr__(self) -> str:
        from hipkg.render.words import local_name

        patient, *others = self._named()
        return brief(self, local_name(patient), *others)


AnyResult = TypeVar("AnyResult", bound=Result)


class Results(Known, Several[AnyResult]):
    """The results of one kind for all patients of a source, in the order of the patients: a tuple of them."""

    kind: type[AnyResult]

    @classmethod
    def of(cls, found: Iterable[AnyResult], kind: type[AnyResult], knowledge: Knowledge) -> Self:
        """Gather results of a kind, which were made with some knowledge."""
        made = cls(found)
        made.kind, made.knowledge = kind, knowledge
        return made

    def to_dict(self) -> list[Any]:
        """Return them as plain data, a list however many they are."""
        return [one.to_dict() for one in self]

    def _written(self, form: Form) -> str:
        if form == "json":
            from hipkg.render.encoder import array

            return "".join(array(one.to_json() for one in self))
        return self.kind._all_written(self, form, self.knowledge)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        return self.kind._columns, (row for one in self for row in one._rows())

    def __repr__(self) -> str:
        more = ", …" if len(self) > 1 else ""
        return f"<{len(self)} of {self.kind.__name__}: {', '.join(map(repr, self[:1]))}{more}>"
