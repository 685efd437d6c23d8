"""Ask HermiT what two ontologies are compared by, within a time for all questions together."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from hipkg.base.errors import EngineUnavailable
from hipkg.base.limits import COMPARING_SECONDS
from hipkg.owl import reasoners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyoxigraph as ox

    from hipkg.base.errors import HipkgError
    from hipkg.owl.reasoners import Entailments

Answer = TypeVar("Answer")


class Reasoner:
    """HermiT, which has so many seconds for all that it is asked; ``late`` tells that they are over.

    After a question that it could not answer it is asked nothing more: each raises the same `EngineUnavailable`.
    """

    def __init__(self, seconds: float = COMPARING_SECONDS.most) -> None:
        self._seconds = seconds
        self._left = seconds
        self._problem: HipkgError | None = None

    @property
    def late(self) -> bool:
        """Tell whether the time for all questions is over."""
        return self._left <= 0

    def classify(self, triples: Iterable[ox.Triple]) -> Entailments:
        """Ask as `hipkg.owl.reasoners.classify` does; raises what that raises."""
        return self._asked(lambda: reasoners.classify(triples, self._left))

    def check_consistency(self, triples: Iterable[ox.Triple]) -> None:
        """Ask as `hipkg.owl.reasoners.check_consistency` does; raises what that raises."""
        self._asked(lambda: reasoners.check_consistency(triples, self._left))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        if self._problem:
            raise self._problem
        begin = monotonic()
        try:
            answer = ask()
        except EngineUnavailable as problem:
            self._left -= monotonic() - begin
            self._problem = COMPARING_SECONDS.exceeded(most=round(self._seconds)) if self.late else problem
            raise self._problem from problem
        self._left -= monotonic() - begin
        return answer
