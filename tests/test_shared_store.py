"""Several patients may share one store: what the queries construct for them is what they construct for each alone."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from hipkg.derivation.queries import derive
from hipkg.knowledge.loading import load
from hipkg.reasoning.native import entail
from hipkg.record.normalise import normalised
from support.doors import read
from support.garden import garden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyoxigraph as ox

    from hipkg.knowledge.records import Knowledge

    Triples: TypeAlias = frozenset[ox.Triple]

pytestmark = pytest.mark.xdist_group("shared store")

CASES = Path(__file__).parent / "cases"
CLINICAL = [*sorted(CASES.glob("checks/*/*.ttl"))[::4], *sorted(CASES.glob("statements/*/fires.ttl"))[::16]]
GARDENS = sorted(CASES.glob("frame/*/gardens.ttl"))
FILES = [*CLINICAL, *GARDENS]
KNOWLEDGE: dict[str, Callable[[], Knowledge]] = {"hips": load, "gardens": garden}
NAMESPACE = b"https://example.org/"
FIRST_DAY = date(2025, 6, 1)


@cache
def recorded() -> list[Triples]:
    """Read the patients of many cases, those of each with names and a date of the plan that no others have."""
    return [
        frozenset(record.triples)
        for number, path in enumerate(FILES)
        for record in read(
            path.read_bytes().replace(NAMESPACE, b"%s%d/" % (NAMESPACE, number)),
            garden if path in GARDENS else load,
            format="turtle",
            as_of=FIRST_DAY + timedelta(days=number),
        )
    ]


@cache
def entailed(kind: str) -> list[Triples]:
    return [frozenset(entail(normalised(one), KNOWLEDGE[kind]())) for one in recorded()]


@cache
def derived_alone(kind: str) -> list[Triples]:
    return [derived(one, kind) for one in entailed(kind)]


def derived(triples: Triples, kind: str) -> Triples:
    return frozenset(derive(triples, KNOWLEDGE[kind]()).triples()) - triples


def together(some: Iterable[Triples]) -> Triples:
    return frozenset().union(*some)


def groups(size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, len(CLINICAL) - size + 1, size)]


def assert_none_is_mixed_up(some: slice, kind: str) -> None:
    found = derived(together(entailed(kind)[some]), kind)
    assert sorted(map(str, found ^ together(derived_alone(kind)[some]))) == []


def test_there_are_enough_patients() -> None:
    assert len(CLINICAL) >= 40
    assert len(recorded()) - len(CLINICAL) >= 100


@pytest.mark.parametrize("some", [*groups(2)[::2], *groups(10)], ids=str)
def test_the_same_is_derived_of_few_together(some: slice) -> None:
    assert_none_is_mixed_up(some, "hips")


@pytest.mark.parametrize("kind", KNOWLEDGE)
def test_the_same_is_derived_of_all_together(kind: str) -> None:
    assert_none_is_mixed_up(slice(None), kind)


def test_patients_together_are_normalised_as_each_alone() -> None:
    found = frozenset(normalised(together(recorded())))
    assert found == together(frozenset(normalised(one)) for one in recorded())
