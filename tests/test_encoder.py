"""Records become JSON as the tables of their fields say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from hipkg.base.vocabulary import HIP
from hipkg.render.encoder import Writer, fields, one_or_all, written


class Leaf(NamedTuple):
    name: str
    amount: Decimal | int | None = None
    day: date | None = None
    fallen: bool = False


@dataclass(frozen=True)
class Tree:
    kind: str
    leaves: tuple[Leaf, ...]
    crown: Leaf


class Oak(Tree):
    """A kind of tree, written as trees are."""


class Counting(Writer):
    def how_many(self, tree: Tree) -> int:
        return len(tree.leaves)


LEAF = Leaf("a leaf", Decimal("1.50"), date(2026, 11, 23), fallen=True)


@pytest.mark.parametrize(
    ("shape", "record", "data"),
    [
        ("name amount day fallen", LEAF, {"name": "a leaf", "amount": 1.5, "day": "2026-11-23", "fallen": True}),
        ("name? amount? day? fallen?", Leaf(""), {}),
        ("amount?", Leaf("", 0), {"amount": 0}),
        ("amount", Leaf("", Decimal("4.0")), {"amount": 4}),
        ("amount", Leaf(""), {"amount": None}),
        ("calledSo=name", LEAF, {"calledSo": "a leaf"}),
        ("@name", Leaf(HIP + "Leaf"), {"name": "hip:Leaf"}),
        ("@name", Leaf("https://example.org/Leaf"), {"name": "https://example.org/Leaf"}),
    ],
)
def test_a_field_is_written_as_it_is_marked(shape: str, record: Leaf, data: dict[str, Any]) -> None:
    assert Writer({Leaf: shape}).data(record) == data


def test_records_hold_records_and_methods_make_fields() -> None:
    shapes = {Tree: "@kind *crown crown.day leaves how_many()", Leaf: "name"}
    for tree in (Tree, Oak):
        made = tree(HIP + "Oak", (LEAF, Leaf("another")), LEAF)
        assert Counting(shapes).data(made) == {
            "kind": "hip:Oak",
            "name": "a leaf",
            "day": "2026-11-23",
            "leaves": [{"name": "a leaf"}, {"name": "another"}],
            "howMany": 2,
        }


def test_text_is_laid_out_as_json_lays_it_out() -> None:
    leaf = Leaf('a "leaf"\nof \u00e9lm\u2028', Decimal("1.5"), date(2026, 11, 23))
    writer = Counting({Tree: "kind leaves crown how_many()", Leaf: "name amount day fallen"})
    trees = [Tree("", (leaf, Leaf("")), leaf), Tree("bare", (), LEAF)]
    for made in (*trees, trees, [], {}, {"empty": [{}, []], "numbers": [0, -1.5, True, None]}):
        laid_out = json.dumps(writer.data(made), ensure_ascii=False, indent=2) + "\n"
        assert writer.text(made) == written(writer.data(made)) == laid_out
    assert one_or_all([writer.text(trees[0])]) == writer.text(trees[0])
    assert one_or_all([*map(writer.text, trees)]) == writer.text(trees)
    assert one_or_all([]) == writer.text([])


def test_a_description_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="describes no field"):
        fields("name!")


def test_a_record_that_no_table_describes_is_refused() -> None:
    with pytest.raises(TypeError) as refused:
        written([LEAF])
    assert str(refused.value.__cause__) == "No table describes Leaf."


def test_a_number_beyond_what_is_exact_is_still_written() -> None:
    text = Writer({Leaf: "amount"}).text(Leaf("", Decimal("1e30")))
    assert json.loads(text) == {"amount": 1e30}
