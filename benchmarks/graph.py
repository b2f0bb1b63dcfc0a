"""``pii-stays-in-production`` on generated stacks: the search beside a naive one, and the whole rule."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy.judging import Given, judge_stack
from policies.pii.pii_rules.flow.graph import Edge, FlowGraph
from policies.pii.pii_rules.stays_in_production import RULES

ACCOUNTS = {"dev": "111111111111", "prod": "333333333333"}
CONVENTIONS = Conventions.model_validate(
    {
        "organisation": "bench",
        "environments": {
            "dev": {"aws_account": ACCOUNTS["dev"]},
            "prod": {"production": True, "aws_account": ACCOUNTS["prod"]},
        },
    }
)
SHARE_OF_SOURCES = 2
"""Every second node is a store of personal data."""
SPAN = 7
"""From each node an edge to the next one and one that leaps so far: every store reaches all that come behind it."""


@dataclass(frozen=True)
class GraphCost:
    """Seconds of one measurement: our search and the naive one over the same edges; trails found by both."""

    nodes: int
    leaks: int
    trails: int
    ours: float
    naive: float


def _edges(nodes: int, leaks: int) -> Iterator[Edge]:
    for number in range(nodes):
        for leap in (1, SPAN):
            if number + leap < nodes:
                yield Edge(f"n{number:06}", f"n{number + leap:06}", "flows to", "")
    for leak in range(leaks):
        yield Edge(f"n{nodes - 1 - leak:06}", f"x{leak}", "flows to", "")


def _naive(edges: Iterable[Edge], sources: Iterable[str], ends: frozenset[str]) -> int:
    """A breadth-first search from each source, as one would write it first; how many ends they reach."""
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    found = 0
    for source in sources:
        seen, queue = {source}, deque([source])
        while queue:
            for target in following.get(queue.popleft(), ()):
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
        found += len(seen & ends)
    return found


def _timed(run: Callable[[], int]) -> tuple[float, int]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def search(nodes: int, leaks: int) -> GraphCost:
    """Measure the search over a graph in which every store reaches all that come behind it.

    :raises RuntimeError: both did not find the same number of ways.
    """
    edges = tuple(_edges(nodes, leaks))
    sources = [f"n{number:06}" for number in range(0, nodes, SHARE_OF_SOURCES)]
    ends = frozenset(f"x{leak}" for leak in range(leaks))
    ours, found = _timed(lambda: sum(1 for _ in FlowGraph(edges).trails(sources, ends.__contains__)))
    naive, expected = _timed(lambda: _naive(edges, sources, ends))
    if found != expected:
        raise RuntimeError(f"{found} ways found, {expected} expected")
    return GraphCost(nodes, leaks, found, ours, naive)


def rule_seconds(resources: int) -> float:
    """Seconds of the whole rule, reading of properties and policies included, on a stack of so many resources."""
    stack = list(_stack(resources))
    start = time.perf_counter()
    verdicts = judge_stack(RULES[0], stack, conventions=CONVENTIONS)
    seconds = time.perf_counter() - start
    if not verdicts.violations:
        raise RuntimeError("the rule found nothing in a stack with a leak")
    return seconds


def _stack(resources: int) -> Iterator[Given]:
    """Fives of a bucket, its replication to the next bucket, a role, what it may read, and a bucket policy."""
    count = resources // 5
    for number in range(count):
        name, following = f"bench-prod-crm-{number:05}", f"bench-prod-crm-{(number + 1) % count:05}"
        account = ACCOUNTS["prod" if number else "dev"]
        rule = {"status": "Enabled", "destination": {"bucket": f"arn:aws:s3:::{following}"}}
        reader = f"arn:aws:iam::{ACCOUNTS['prod']}:role/role-{number}"
        yield _given("aws:s3/bucket:Bucket", number, {"bucket": name, "tags": {"data-classification": "pii"}})
        yield _given(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig", number, {"bucket": name, "rules": [rule]}
        )
        yield _given(
            "aws:iam/role:Role",
            number,
            {
                "name": f"role-{number}",
                "assumeRolePolicy": _policy("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{account}:root"}),
            },
        )
        yield _given(
            "aws:iam/rolePolicy:RolePolicy",
            number,
            {"role": f"role-{number}", "policy": _policy("s3:GetObject", Resource=f"arn:aws:s3:::{name}/*")},
        )
        yield _given(
            "aws:s3/bucketPolicy:BucketPolicy",
            number,
            {"bucket": name, "policy": _policy("s3:GetObject", Principal={"AWS": reader}, Resource="*")},
        )


def _given(token: str, number: int, properties: dict[str, Any]) -> Given:
    return Given(token, properties, name=f"{token.rpartition(':')[2]}-{number}", stack="prod")


def _policy(action: str, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]})


NODES = 5_000
LEAKS = (0, 1)


def section(_folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md."""
    rows = []
    for leaks in LEAKS:
        cost = search(NODES, leaks)
        cells = [f"{cost.nodes:,}", str(cost.leaks), f"{cost.trails:,}", f"**{cost.ours / cost.naive:.3f}**"]
        rows.append("| " + " | ".join([*cells, f"{cost.ours:.2f} s", f"{cost.naive:.2f} s"]) + " |")
    return _SECTION.format(rows="\n".join(rows), resources=NODES, rule=rule_seconds(NODES))


_SECTION = """\
## The graph of `pii-stays-in-production` beside a search from each store

Every second node is a store, and each reaches all nodes behind it. The peer is a breadth-first search from every
store over the same edges, which only counts; ours also gives the shortest ways, each in full.

| nodes | leaks | ways | time ratio | ours | naive |
|---|---|---|---|---|---|
{rows}

The whole rule, with the reading of properties and policies, on a stack of {resources:,} resources: **{rule:.2f} s**
(target 2 s).
"""
