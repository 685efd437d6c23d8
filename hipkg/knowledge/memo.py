"""Keep what is worked out of the released knowledge with it, so that it lives as long as that, and no longer."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Made = TypeVar("Made")


def kept(function: Callable[Given, Made], most: int | None = None) -> Callable[Given, Made]:
    """Keep what a function makes with the `Knowledge` that is its last argument, once for all of the others.

    Parameters: ``most`` bounds how many answers are kept with one `Knowledge`; the one that was asked for least
    recently goes first.
    """
    work_out: Callable[..., Any] = function

    @wraps(function)
    def remembered(*given: Any) -> Any:  # noqa: ANN401 - the cast below says what it takes and returns
        knowledge = given[-1]
        known = knowledge.memo.get(function)
        if known is None:
            known = knowledge.memo[function] = lru_cache(most)(lambda *asked: work_out(*asked, knowledge))
        return known(*given[:-1])

    return cast("Callable[Given, Made]", remembered)
