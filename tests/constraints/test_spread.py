from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.fleet import EAST, At, deployment, fleet, gpu_group, judge, policy, workspace

CATALOG = fleet()


def spread(over: str, replicas: int = 4, **rule: int):
    return workspace(deployment("chat", replicas=replicas, spread=[{"over": over, **rule}]))


def rules(space: Any, *places: At, catalog: Any = CATALOG) -> set[str]:
    return {violation.rule for violation in judge(catalog, space, *places).violations}


@pytest.mark.parametrize(
    ("over", "places", "right"),
    [
        ("node", [("east/0", 2), ("east/1", 2)], True),
        ("node", [("east/0", 3), ("east/1", 1)], False),
        ("zone", [("east/0", 1), ("east/1", 1), ("west/0", 2)], True),
        ("zone", [("east/0", 2), ("east/1", 1), ("west/0", 1)], False),
        ("region", [("east/0", 2), ("west/0", 2)], True),
        ("country", [("east/0", 3), ("west/0", 1)], False),
        ("continent", [("east/0", 2), ("asia/0", 2)], True),
        ("provider", [("east/0", 2), ("west/0", 2)], False),
    ],
)
def test_most_per_domain(over: str, places: list[tuple[str, int]], right: bool) -> None:
    found = rules(spread(over, maxPerDomain=2), *(At("chat", *place) for place in places))
    assert found == (set() if right else {"spread"})


@pytest.mark.parametrize(
    ("replicas", "places", "right"),
    [
        (4, [("east/0", 2), ("west/0", 2)], True),
        (4, [("east/0", 4)], False),
        (4, [("east/0", 2)], False),  # also for the part that is placed
        (1, [("east/0", 1)], True),  # never more domains than wanted replicas
        (4, [], True),
    ],
)
def test_fewest_domains(replicas: int, places: list[tuple[str, int]], right: bool) -> None:
    space = spread("region", replicas, minDomains=2)
    found = rules(space, *(At("chat", *place) for place in places))
    assert found == (set() if right else {"spread"})


def test_a_row_without_replicas_fills_no_domain() -> None:
    places = At("chat", "east/0", 4), At("chat", "west/0", 0)
    assert rules(spread("region", minDomains=2), *places) == {"demand", "spread"}


@pytest.mark.parametrize(
    ("places", "right"),
    [
        ([("east/0", 2), ("west/0", 1), ("asia/0", 1)], True),
        ([("east/0", 2), ("west/0", 2)], False),  # asia has none
        ([("east/0", 1)], True),
        ([("east/0", 2)], False),
        ([], True),
    ],
)
def test_largest_skew(places: list[tuple[str, int]], right: bool) -> None:
    found = rules(spread("region", maxSkew=1), *(At("chat", *place) for place in places))
    assert found == (set() if right else {"spread"})


def test_skew_looks_at_eligible_domains_only() -> None:
    us = policy("us", "location", locations=[{"type": "country", "name": "US"}])
    chat = deployment("chat", replicas=4, spread=[{"over": "region", "maxSkew": 1}])
    space = workspace(chat, policies=[us], production=("us",))
    assert rules(space, At("chat", "east/0", 4)) == set()


def test_skew_counts_cordoned_zones_but_not_draining_ones() -> None:
    space = spread("zone", 2, maxSkew=1)
    east = [group for group in CATALOG.node_groups if group.name in ("east", "draining")]
    assert rules(space, At("chat", "east/0", 2), catalog=fleet(*east)) == set()
    cordoned = [g for g in CATALOG.node_groups if g.name in ("east", "cordoned")]
    assert rules(space, At("chat", "east/0", 2), catalog=fleet(*cordoned)) == {"spread"}


@pytest.mark.parametrize(
    ("states", "right"),
    [
        ({}, False),
        ({"west_0": "lost"}, False),
        ({"west_0": "lost", "west_1": "cordoned"}, False),
        ({"west_0": "lost", "west_1": "draining"}, True),
    ],
)
def test_skew_counts_zones_with_a_node_that_may_hold(states: dict[str, str], right: bool) -> None:
    both = [group for group in CATALOG.node_groups if group.name in ("east", "west")]
    found = rules(
        spread("zone", 2, maxSkew=1), At("chat", "east/0", 2), catalog=fleet(*both, **states)
    )
    assert found == (set() if right else {"spread"})


@pytest.mark.parametrize(("state", "right"), [("cordoned", False), ("draining", True)])
def test_skew_over_nodes_counts_those_that_may_hold(state: str, right: bool) -> None:
    catalog = fleet(gpu_group("only", EAST, "a", "T4", 3), only_2=state)
    places = At("chat", "only/0", 2), At("chat", "only/1", 2)
    found = rules(spread("node", maxSkew=1), *places, catalog=catalog)
    assert found == (set() if right else {"spread"})


def test_a_node_that_must_be_left_does_not_stand_for_an_empty_one() -> None:
    catalog = fleet(gpu_group("only", EAST, "a", "T4", 3), only_2="draining")
    places = At("chat", "only/0", 2), At("chat", "only/2", 2)
    assert rules(spread("node", maxSkew=1), *places, catalog=catalog) == {"spread", "state"}


@pytest.mark.parametrize(("nodes", "right"), [(2, True), (3, False)])
def test_skew_over_nodes_counts_single_nodes(nodes: int, right: bool) -> None:
    catalog = fleet(gpu_group("only", EAST, "a", "T4", nodes))
    space = spread("node", maxSkew=1)
    found = rules(space, At("chat", "only/0", 2), At("chat", "only/1", 2), catalog=catalog)
    assert found == (set() if right else {"spread"})


def test_messages_have_number_and_limit() -> None:
    entries = [
        {"over": "region", "maxPerDomain": 2},
        {"over": "region", "minDomains": 2},
        {"over": "region", "maxSkew": 1},
    ]
    space = workspace(deployment("chat", replicas=3, spread=entries))
    messages = [v.message for v in judge(CATALOG, space, At("chat", "east/0", 3)).violations]
    assert messages == [
        "3 replicas in region `aws/us-east-1`, at most 2",
        "counts per region differ by 3, at most 1 allowed",
        "replicas in 1 domains of kind region, at least 2 wanted",
    ]
