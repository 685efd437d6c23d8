"""What is made of the parts of a source, with what had to be set aside: one bad part takes away none of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hipkg.base.errors import HipkgError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Made = TypeVar("Made")
Source = TypeVar("Source")
Other = TypeVar("Other")


class Batch(NamedTuple, Generic[Made]):
    """Mades, and the problems of what was set aside, in the order in which they were met.

    A problem that ends the work carries what was set aside before it, so that it is told in any case.
    """

    results: tuple[Made, ...]
    set_aside: tuple[HipkgError, ...] = ()

    def each(self, make: Callable[[Made], Other]) -> Batch[Other]:
        """Make something of each result."""
        return self.gathered(lambda one: (make(one),))

    def gathered(self, make: Callable[[Made], Iterable[Other]]) -> Batch[Other]:
        """Gather what is made of the results, any number of each."""
        try:
            return Batch(tuple(other for one in self.results for other in make(one)), self.set_aside)
        except HipkgError as problem:
            self.failing(problem)
            raise

    def failing(self, problem: HipkgError) -> HipkgError:
        """Let a problem carry what was set aside before it."""
        problem.set_aside = (*self.set_aside, *problem.set_aside)
        return problem


def each_source(sources: Iterable[Source], make: Callable[[Source], Batch[Made]]) -> Batch[Made]:
    """Make a batch of each source, and one of all."""
    found: Batch[Made] = Batch(())
    for one in sources:
        try:
            made = make(one)
        except HipkgError as problem:
            found.failing(problem)
            raise
        found = Batch((*found.results, *made.results), (*found.set_aside, *made.set_aside))
    return found
