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
        *others, knowledge = given
        if function not in knowledge.memo:
            knowledge.memo[function] = lru_cache(most)(lambda *asked: work_out(*asked, knowledge))
        return knowledge.memo[function](*others)

    return cast("Callable[Given, Made]", remembered)
