"""Class expressions as a tree: what they are made of, from above and from left to right."""

from hipkg.base.numbers import Bounds
from hipkg.owl.expression import (
    And,
    Facet,
    Named,
    OneOf,
    Or,
    Some,
    Value,
    children,
    conjuncts,
    disjuncts,
    intersection,
    leaves,
    named_classes,
    properties,
    union,
    walk,
)

TREE = And((Named("a"), Or((Some("p", And((Named("b"), Value("q", "i")))), OneOf(("j",)))), Facet("r", "d", Bounds())))


def test_children_are_the_operands_or_the_filler() -> None:
    assert children(TREE) == TREE.operands
    assert children(Some("p", Named("b"))) == (Named("b"),)
    assert [one for one in walk(TREE) if not children(one)] == [
        Named("a"), Named("b"), Value("q", "i"), OneOf(("j",)), Facet("r", "d", Bounds()),
    ]  # fmt: skip


def test_a_walk_meets_each_part_below_what_holds_it() -> None:
    met = list(walk(TREE))
    assert met[0] == TREE
    assert all(met.index(part) > met.index(one) for one in met for part in children(one))
    assert len(met) == 9


def test_named_classes_and_properties_are_those_at_any_depth() -> None:
    assert named_classes(TREE) == {"a", "b"}
    assert properties(TREE) == {"p", "q", "r"}


def test_leaves_are_reached_through_definitions_also_in_circles() -> None:
    definitions = {"a": Or((Named("c"), Named("x"))), "c": And((Named("a"), Named("y"))), "z": Named("w")}
    assert leaves("a", definitions) == {"x", "y"}
    assert leaves("x", definitions) == {"x"}


def test_joined_expressions_are_flat_and_each_is_there_once() -> None:
    a, b, c = map(Named, "abc")
    assert intersection([And((a, b)), b, Or((b, c))]) == And((a, b, Or((b, c))))
    assert union([Or((a, b)), b, And((b, c))]) == Or((a, b, And((b, c))))
    assert intersection([a, a]) == union([a]) == a
    assert conjuncts(And((a, b))) == disjuncts(Or((a, b))) == (a, b)
    assert conjuncts(Or((a, b))) == (Or((a, b)),)
    assert disjuncts(And((a, b))) == (And((a, b)),)
