"""Several patients may share one store: what the queries construct for them is what they construct for each alone."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.derivation.queries import derive
from hipkg.knowledge.loading import load
from hipkg.reading.sources import read
from hipkg.reasoning.native import entail
from hipkg.record.normalise import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyoxigraph as ox

CASES = Path(__file__).parent / "cases"
PATIENTS = [*sorted(CASES.glob("checks/*/*.ttl"))[::4], *sorted(CASES.glob("statements/*/fires.ttl"))[::16]]
NAMESPACE = b"https://example.org/"
FIRST_DAY = date(2025, 6, 1)


@cache
def recorded(number: int) -> frozenset[ox.Triple]:
    """Read a patient of a case, who is given names and a date of the plan that no other patient has."""
    text = PATIENTS[number].read_bytes().replace(NAMESPACE, b"%s%d/" % (NAMESPACE, number))
    (record,) = read(text, format="turtle", as_of=FIRST_DAY + timedelta(days=number))
    return frozenset(record.triples)


@cache
def entailed(number: int) -> frozenset[ox.Triple]:
    return frozenset(entail(normalised(recorded(number)), load()))


@cache
def derived_alone(number: int) -> frozenset[ox.Triple]:
    return derived(entailed(number))


def derived(triples: frozenset[ox.Triple]) -> frozenset[ox.Triple]:
    return frozenset(derive(triples, load()).triples()) - triples


def together(some: Iterable[frozenset[ox.Triple]]) -> frozenset[ox.Triple]:
    return frozenset().union(*some)


def groups(size: int) -> list[range]:
    return [range(start, start + size) for start in range(0, len(PATIENTS) - size + 1, size)]


def test_there_are_enough_patients() -> None:
    assert len(PATIENTS) >= 40


@pytest.mark.parametrize("numbers", [*groups(2)[:20], *groups(10), range(len(PATIENTS))], ids=str)
def test_the_same_is_derived_of_patients_together(numbers: Sequence[int]) -> None:
    found = derived(together(map(entailed, numbers)))
    assert sorted(map(str, found ^ together(map(derived_alone, numbers)))) == []


def test_patients_together_are_normalised_as_each_alone() -> None:
    numbers = range(len(PATIENTS))
    found = frozenset(normalised(together(map(recorded, numbers))))
    assert found == together(frozenset(normalised(recorded(one))) for one in numbers)
