"""The search in the graph of flows finds what a naive closure finds, by shortest trails, in one order."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from policies.pii.pii_rules.flow.graph import Edge, FlowGraph, Trail

NODES = tuple("abcdefgh")
PAIRS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=24)
SOME = st.frozensets(st.sampled_from(NODES), max_size=5)


def graph(*pairs: str | tuple[str, str]) -> FlowGraph:
    return FlowGraph(edge(pair[0], pair[1]) for pair in pairs)


def trails(found: FlowGraph, sources: Iterable[str], ends: Iterable[str]) -> list[Trail]:
    return list(found.trails(sources, frozenset(ends).__contains__))


def edge(source: str, target: str) -> Edge:
    return Edge(source, target, "flows to", f"urn:{source}{target}")


def nodes(trail: Trail) -> str:
    return "".join([trail[0].source, *(step.target for step in trail)])


def naive(pairs: list[tuple[str, str]], sources: frozenset[str], ends: frozenset[str]) -> Mapping[tuple[str, str], int]:
    """Shortest lengths by relaxing every edge as often as there are nodes; nothing leaves a forbidden node."""
    lengths = {(source, source): 0 for source in sources - ends}
    for _ in NODES:
        for source in sources - ends:
            for before, after in pairs:
                if before not in ends and (source, before) in lengths:
                    step = lengths[source, before] + 1
                    lengths[source, after] = min(step, lengths.get((source, after), step))
    return {pair: length for pair, length in lengths.items() if pair[1] in ends}


@given(PAIRS, SOME, SOME)
def test_trails_are_those_of_a_naive_closure(
    pairs: list[tuple[str, str]], sources: frozenset[str], ends: frozenset[str]
) -> None:
    found = trails(graph(*pairs), sources, ends)
    assert {(trail[0].source, trail[-1].target): len(trail) for trail in found} == naive(pairs, sources, ends)
    assert [(trail[0].source, trail[-1].target) for trail in found] == sorted(naive(pairs, sources, ends))
    for trail in found:
        assert all(first.target == second.source for first, second in pairwise(trail))
        assert all((step.source, step.target) in pairs for step in trail)


@given(PAIRS, SOME, SOME)
def test_order_of_edges_and_direction_of_search_change_nothing(
    pairs: list[tuple[str, str]], sources: frozenset[str], ends: frozenset[str]
) -> None:
    expected = trails(graph(*pairs), sources, ends)
    assert trails(graph(*reversed(pairs)), sorted(sources, reverse=True), ends) == expected
    # Searched for one source at a time the other direction is taken.
    assert [trail for source in sorted(sources) for trail in trails(graph(*pairs), [source], ends)] == expected
    one_end = [[trail for trail in expected if trail[-1].target == end] for end in sorted(ends)]
    assert [trails(graph(*_cut(pairs, ends)), sources, [end]) for end in sorted(ends)] == one_end


def _cut(pairs: list[tuple[str, str]], ends: frozenset[str]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0] not in ends]


def test_a_cycle_ends_and_is_left_by_the_shortest_way() -> None:
    found = trails(graph("ab", "bc", "ca", "cx", "bx"), "abc", "x")
    assert [nodes(trail) for trail in found] == ["abx", "bx", "cx"]


def test_the_first_of_two_shortest_ways_is_told() -> None:
    assert [nodes(trail) for trail in trails(graph("ac", "ab", "bx", "cx"), "a", "x")] == ["abx"]
    assert [nodes(trail) for trail in trails(graph("ac", "ab", "bx", "cx", "dx"), "ad", "x")] == ["abx", "dx"]


def test_a_trail_ends_at_the_first_forbidden_node() -> None:
    assert [nodes(trail) for trail in trails(graph("ax", "xy"), "a", "xy")] == ["ax"]
    assert trails(graph("xy"), "x", "xy") == []


def test_an_edge_to_itself_is_none_and_of_two_edges_the_first_counts() -> None:
    both = FlowGraph([Edge("a", "x", "read by", "urn:2"), Edge("a", "x", "copied to", "urn:1"), edge("a", "a")])
    assert trails(both, "a", "x") == [(Edge("a", "x", "copied to", "urn:1"),)]
    assert both.nodes == {"a", "x"}


def test_a_long_chain_and_a_wide_hub_cost_no_recursion_and_no_square() -> None:
    chain = FlowGraph(edge(f"n{step:05}", f"n{step + 1:05}") for step in range(20_000))
    assert [len(trail) for trail in trails(chain, ["n00000"], ["n20000"])] == [20_000]
    hub = FlowGraph([*(edge(f"s{step:05}", "hub") for step in range(20_000)), edge("hub", "x")])
    assert {len(trail) for trail in trails(hub, (f"s{step:05}" for step in range(20_000)), ["x"])} == {2}
