"""The codec of the release: what is written is what is read, whatever the types of the fields are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from hipkg.base.numbers import Bounds, Limit
from hipkg.knowledge.codec import codec, decode_lazily, encode, schema, write
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value


@dataclass(frozen=True)
class Leaf:
    """A record of plain fields."""

    name: str
    count: int | None
    green: bool = False


@dataclass(frozen=True)
class Twig:
    """A record of collections of everything."""

    leaves: Mapping[str, Leaf]
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    mixed: tuple[tuple[str, tuple[str, ...]], ...]
    grown: Leaf | Expression
    notes: Mapping[str, str]
    rings: Sequence[Leaf]


NESTED = And(
    (
        Named("a"),
        Or((OneOf(("b", "c")), Some("p", Value("q", "d")))),
        Facet("r", "int", Bounds([Limit(">=", Decimal("3.0"))])),
    )
)
TWIG = Twig(
    {"z": Leaf("z", None), "a": Leaf("a", 3, green=True)},
    frozenset({"y", "x"}),
    frozenset({("y", "1"), ("x", "2")}),
    (("one", ("two", "three")), ("none", ())),
    NESTED,
    {"k": "v"},
    (Leaf("outer", 9), Leaf("inner", 1)),
)


def written(record: object) -> Any:
    return codec(type(record)).encode(record)


def test_records_become_lists_of_their_fields_and_collections_are_sorted() -> None:
    data = written(replace(TWIG, grown=Leaf("l", 1)))
    assert data == [
        {"a": ["a", 3, True], "z": ["z", None, False]},
        ["x", "y"],
        [["x", "2"], ["y", "1"]],
        [["one", ["two", "three"]], ["none", []]],
        ["Leaf", "l", 1, False],
        {"k": "v"},
        [["outer", 9, False], ["inner", 1, False]],
    ]
    assert list(data[0]) == ["a", "z"]


@pytest.mark.parametrize("record", [TWIG, replace(TWIG, grown=Leaf("l", 1))])
def test_what_is_written_is_read_again(record: Twig) -> None:
    read = codec(Twig).decode(written(record))
    assert replace(read, rings=tuple(read.rings)) == record


@pytest.mark.parametrize("record", [*TWIG.leaves.values(), NESTED])
def test_what_has_no_sequence_is_equal_when_it_is_read_again(record: object) -> None:
    assert codec(type(record)).decode(written(record)) == record


def test_an_entry_of_a_sequence_is_decoded_when_it_is_asked_for() -> None:
    data = written(TWIG.rings[0])
    rings = codec(Sequence[Leaf]).decode([["too", "many", "fields", "for a leaf"], data])
    assert (len(rings), rings[-1], rings[1]) == (2, TWIG.rings[0], TWIG.rings[0])
    assert rings[1] is rings[-1]
    with pytest.raises(TypeError):
        _ = rings[0]
    with pytest.raises(IndexError):
        _ = rings[2]


def test_numbers_keep_their_digits_and_limits_their_kind() -> None:
    facet = NESTED.operands[2]
    assert written(facet) == ["r", "int", [[">=", "3.0"]]]
    bounds = codec(Facet).decode(written(facet)).bounds
    assert (type(bounds), type(bounds[0]), str(bounds)) == (Bounds, Limit, ">= 3.0")


def test_a_field_is_decoded_when_it_is_asked_for() -> None:
    twig = decode_lazily(Twig, {**write(TWIG), "words": b"7"})
    assert twig.grown == NESTED
    assert twig.grown is twig.grown
    with pytest.raises(TypeError):
        _ = twig.words
    with pytest.raises(AttributeError):
        _ = twig.fruit


def test_a_record_of_which_not_all_is_decoded_is_one_of_its_kind() -> None:
    twig = decode_lazily(Twig, write(TWIG))
    assert isinstance(twig, Twig)
    assert replace(twig, words=frozenset({"w"})).leaves == TWIG.leaves
    assert encode(twig) == encode(TWIG)


def test_the_schema_names_every_record_with_its_fields() -> None:
    lines = schema(Twig).split("\n")
    assert lines[0] == "And(operands: tuple[Union[Named, And, Or, OneOf, Some, Value, Facet], Ellipsis])"
    assert "Leaf(name: str, count: Union[int, NoneType], green: bool)" in lines
    assert [one.partition("(")[0] for one in lines] == [
        "And", "Bounds[Limit, Ellipsis]", "Facet", "Leaf", "Limit", "Named", "OneOf", "Or", "Some", "Twig", "Value"
    ]  # fmt: skip
