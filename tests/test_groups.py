"""What leads in a circle, and what belongs together, however long the chains are."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from hipkg.base.groups import Groups, circles

NODES = st.integers(0, 9)
LONG = 20_000


@given(st.dictionaries(NODES, st.lists(NODES, max_size=4)))
def test_circles_are_strongly_connected_and_numbered_from_the_end(onward: dict[int, list[int]]) -> None:
    graph = nx.DiGraph([(one, other) for one, others in onward.items() for other in others])
    graph.add_nodes_from(onward)
    number = circles(onward)
    assert number.keys() == {*graph}
    together = {frozenset(each for each in number if number[each] == at) for at in {*number.values()}}
    assert together == {frozenset(one) for one in nx.strongly_connected_components(graph)}
    assert all(number[one] >= number[other] for one, other in graph.edges)


def test_long_chains_are_followed_once() -> None:
    chain = [*range(LONG)]
    assert circles({one: [other] for one, other in pairwise(chain)})[0] == LONG - 1
    groups: Groups[int] = Groups()
    for one, other in pairwise(reversed(chain)):
        groups.tie(one, other)
    assert {groups.find(one) for one in chain} == {0}
