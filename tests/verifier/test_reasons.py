from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeState
from placement.reasons import Reasons, considered, unplaced_rows
from tests.verifier.fleet import At, deployment, fleet, policy, view_of, workspace

CATALOG = fleet()
US = policy("us-only", "location", locations=[{"type": "country", "name": "US"}])
EU = policy("eu-too", "location", locations=[{"type": "bloc", "name": "EU"}])


def reasons(
    one: Any,
    *places: At,
    proved: bool = True,
    others: Any = (),
    catalog: Catalog = CATALOG,
    **options: Any,
):
    view = view_of(catalog, workspace(one, *others, **options), *places)
    return Reasons(view).of(one, proved=proved)


def test_every_node_group_counts_under_its_first_refusal() -> None:
    one = deployment("chat", replicas=9, flavors=[{"type": "gpu", "name": "T4"}])
    full = [At("chat", f"east/{index}", 4 - 2 * (index == 2)) for index in range(3)]
    (text,) = reasons(one, *full, policies=[US], production=("us-only",))
    assert text == "0 of 8 node groups: 4 location (`us-only`), 2 flavors, 1 full, 1 state"


def test_no_single_policy_is_blamed_where_two_share_the_work() -> None:
    one = deployment("chat", replicas=9, flavors=[{"type": "gpu", "name": "A100"}])
    (text,) = reasons(one, policies=[US, EU], production=("us-only", "eu-too"))
    assert text == "0 of 8 node groups: 7 flavors, 1 location"


@pytest.mark.parametrize(
    ("resources", "first", "second"),
    [
        ({"gpus": 16}, "no node has 16 GPUs", "0 of 8 node groups: 8 hardware"),
        ({"cpus": 97}, "no node has 97 CPUs", "0 of 8 node groups: 8 hardware"),
        ({"memoryGiB": 65}, "no node has 65 GiB of memory", "0 of 8 node groups: 8 hardware"),
    ],
)
def test_what_is_larger_than_every_node_is_said(
    resources: dict[str, Any], first: str, second: str
) -> None:
    assert reasons(deployment("chat", resources=resources)) == (first, second)


def test_gpu_memory_has_its_own_word() -> None:
    (text,) = reasons(deployment("chat", resources={"gpus": 1, "gpuMemoryGiB": 100}))
    assert text == "0 of 8 node groups: 6 gpu memory, 2 hardware"


def test_a_reason_that_is_not_proved_says_so() -> None:
    (text,) = reasons(deployment("chat"), proved=False)
    assert text == "3 of 8 node groups: 3 state, 2 hardware (not proved)"


def test_spread_is_named_where_there_is_room() -> None:
    one = deployment("chat", replicas=9, spread=[{"over": "region", "maxPerDomain": 1}])
    places = At("chat", "east/0"), At("chat", "west/0"), At("chat", "asia/0")
    (text,) = reasons(one, *places)
    assert text == "0 of 8 node groups: 3 spread, 3 state, 2 hardware"


@pytest.mark.parametrize("mine", [True, False])
def test_separation_is_named_whoever_declares_it(mine: bool) -> None:
    def rule(app: str) -> dict[str, Any]:
        selector = {"selector": {"matchLabels": {"app": app}}, "over": "provider"}
        return {"labels": {"app": "b" if app == "a" else "a"}, "separateFrom": [selector]}

    one = deployment("chat", **(rule("b") if mine else {"labels": {"app": "a"}}))
    other = deployment("other", **({"labels": {"app": "b"}} if mine else rule("a")))
    (text,) = reasons(one, At("other", "east/0"), others=[other])
    assert text == "1 of 8 node groups: 3 state, 2 hardware, 2 separation"


def test_colocation_is_named_where_nobody_is_near() -> None:
    rule = {"selector": {"matchLabels": {"app": "cache"}}, "over": "region"}
    one = deployment("chat", togetherWith=[rule])
    other = deployment("other", labels={"app": "cache"})
    (text,) = reasons(one, At("other", "east/0"), others=[other])
    assert text == "1 of 8 node groups: 3 state, 2 colocation, 2 hardware"


def test_shares_look_at_each_gpu() -> None:
    one = deployment("most", replicas=99, resources={"gpus": "0.8"})
    half = deployment("half", replicas=99, resources={"gpus": "0.5"})
    nodes = [f"east/{i}" for i in range(3)] + [f"west/{i}" for i in range(2)]
    places = [At("half", node, 1, gpu) for node in nodes for gpu in range(4)]
    places += [At("half", "asia/0", 1, gpu) for gpu in range(8)]
    (text,) = reasons(one, *places, others=[half])
    assert text == "0 of 8 node groups: 3 full, 3 state, 2 hardware"
    (text,) = reasons(one, *places[:-1], others=[half])
    assert text.startswith("1 of 8 node groups: 3 state, 2 full")


def test_a_minimum_that_must_fit_together_is_mentioned() -> None:
    (text,) = reasons(deployment("chat", replicas=99, minReplicas=99))
    assert text.endswith("; at least 99 replicas must fit together")


def test_one_row_per_deployment_that_lacks_replicas() -> None:
    space = workspace(
        deployment("done"), deployment("half", replicas=3), deployment("off", enabled=False)
    )
    view = view_of(CATALOG, space, At("done", "east/0"), At("half", "east/1"))
    (row,) = unplaced_rows(view, proved=False)
    assert (row.key, row.replicas) == (("half", "production"), 2)
    assert all(reason.endswith("(not proved)") for reason in row.reasons)


def test_how_many_node_groups_are_eligible() -> None:
    one = deployment("chat")
    space = workspace(one, policies=[US], production=("us-only",))
    assert considered(space, CATALOG, one) == (2, 8)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ({}, "1 of 1 node groups"),
        ({"west_0": "lost"}, "1 of 1 node groups"),
        ({"west_1": "cordoned"}, "0 of 1 node groups: 1 full"),
        ({"west_0": "lost", "west_1": "cordoned"}, "0 of 1 node groups: 1 state"),
    ],
)
def test_only_nodes_that_take_replicas_are_asked_for_room(
    states: dict[str, str], text: str
) -> None:
    west = CATALOG.groups_by_name["west"]
    one = deployment("chat", replicas=9)
    assert reasons(one, At("chat", "west/0", 4), catalog=fleet(west, **states)) == (text,)


def test_the_one_ready_node_of_a_cordoned_group_speaks_for_it() -> None:
    west = replace(CATALOG.groups_by_name["west"], state=NodeState.CORDONED)
    catalog = fleet(west, west_1="ready")
    one = deployment("chat", replicas=9)
    assert reasons(one, catalog=catalog) == ("1 of 1 node groups",)
    full = At("chat", "west/1", 4)
    assert reasons(one, full, catalog=catalog) == ("0 of 1 node groups: 1 full",)
