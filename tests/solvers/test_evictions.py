"""What has to leave for a deployment is never said to be more than it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import inf
from random import Random
from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup, Reserved
from placement.constraints.capacity import node_faults
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.plan.view import PlacedRow
from placement.problem.affected import Affected
from placement.problem.fleet import Fleet
from placement.problem.state import State
from placement.solvers.evictions import Evictions, least_weight
from placement.workspace.transitions import deploy
from placement.workspace.transitions.transition import Transition
from placement.workspace.workspace import ModelDeployment
from tests.problem.capacity import most
from tests.verifier.fleet import EAST, At, deployment, fleet, gpu_group, running, workspace

SEEDS = 120
T4 = [{"type": "gpu", "name": "T4"}]
RESIDENTS = (
    deployment("one"),
    deployment("pair", resources={"gpus": 2, "cpus": 2}),
    deployment("half", resources={"gpus": "0.5"}),
    deployment("quarter", resources={"gpus": "0.25", "cpus": 0}),
    deployment("tool", resources={"gpus": 0, "cpus": 2}, flavors=T4),
)
WISHES: tuple[dict[str, Any], ...] = (
    {"gpus": 1},
    {"gpus": 1, "cpus": 3},
    {"gpus": 2},
    {"gpus": 3, "cpus": 4},
    {"gpus": "0.5"},
    {"gpus": 0, "cpus": 3},
)


@dataclass(frozen=True)
class Crowd:
    """A fleet of few nodes, what runs there, and a deployment that lacks room."""

    catalog: Catalog
    group: NodeGroup
    rows: dict[int, list[PlacedRow]]
    affected: Affected
    wish: ModelDeployment

    def evictions(self, short: int) -> Evictions:
        ledger = self.affected.without(self.affected.keys)
        return Evictions(self.affected, self.wish.key, ledger, short, {})

    def least(self, needed: int) -> float:
        """Return the least weight that makes room for so many more, by trying everything."""
        best = [0, *[inf] * needed]
        for node in range(self.group.count):
            here = self.weights(node, needed)
            best = [
                min(best[total - extra] + here[extra] for extra in range(total + 1))
                for total in range(needed + 1)
            ]
        return best[needed]

    def weights(self, node: int, needed: int) -> list[float]:
        """Return the least weight that has to leave one node for each number of replicas more."""
        rows = self.rows.get(node, [])
        room = most(self.wish, self.group, rows, Reserved())
        least = [0, *[inf] * needed]
        for kept in product(*(range(row.replicas + 1) for row in rows)):
            left = [replace(row, replicas=n) for row, n in zip(rows, kept, strict=True) if n]
            weight = sum(
                row.deployment.weight * (row.replicas - n)
                for row, n in zip(rows, kept, strict=True)
            )
            extra = most(self.wish, self.group, left, Reserved()) - room
            for count in range(1, min(extra, needed) + 1):
                least[count] = min(least[count], weight)
        return least


def crowd(seed: int) -> Crowd:
    """Return full nodes, one group of them, so that the order of nodes says nothing."""
    rng = Random(seed)
    group = gpu_group("g", EAST, "a", "T4", rng.choice((2, 3, 4)), gpu_count=rng.choice((1, 2, 4)))
    group = replace(group, cpus=rng.choice((4_000, 8_000, 64_000)))
    return crowd_of(group, dict(filled(rng, group)), rng.choice(WISHES))


def crowd_of(
    group: NodeGroup, rows: dict[int, list[PlacedRow]], resources: dict[str, Any]
) -> Crowd:
    catalog = fleet(group)
    ats = [
        At(row.deployment.name, row.node, row.replicas, row.gpu)
        for own in rows.values()
        for row in own
    ]
    counts = {d.name: sum(at.replicas for at in ats if at.model == d.name) for d in RESIDENTS}
    there = [d.model_copy(update={"replicas": counts[d.name]}) for d in RESIDENTS]
    wish = deployment("wish", replicas=9, resources=resources, flavors=T4)
    before = running(catalog, workspace(*there), *ats)
    transition = deploy(before, wish)
    assert isinstance(transition, Transition)
    affected = Affected(
        State.of(before, Fleet(catalog)),
        transition,
        objective=parse_objective("cost", billing=Billing.SHARE),
        bill_nodes=False,
        masks={},
    )
    return Crowd(catalog, group, rows, affected, wish)


def filled(rng: Random, group: NodeGroup) -> Iterator[tuple[int, list[PlacedRow]]]:
    for node in range(group.count):
        rows: list[PlacedRow] = []
        for _ in range(8):
            d = rng.choice(RESIDENTS)
            gpu = rng.randrange(len(group.gpu_slots)) if d.is_share else None
            row = PlacedRow(d, group, node, gpu, 1)
            if not any(node_faults([*rows, row], Reserved())):
                rows = added(rows, row)
        if rows:
            yield node, rows


def added(rows: Sequence[PlacedRow], row: PlacedRow) -> list[PlacedRow]:
    """Return rows with one replica more: the row of its deployment and GPU grows, if there is one."""
    alike = [one for one in rows if (one.deployment, one.gpu) == (row.deployment, row.gpu)]
    rest = [one for one in rows if one not in alike]
    return [*rest, replace(row, replicas=1 + sum(one.replicas for one in alike))]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_least_weight_is_never_above_what_really_has_to_leave(seed: int) -> None:
    world = crowd(seed)
    for needed in (1, 2, 3):
        claimed = least_weight(world.evictions(needed).cheapest(), needed, step=1)
        least = world.least(needed)
        if claimed is None:
            assert least == inf
        else:
            assert claimed <= least


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_cheapest_eviction_comes_first(seed: int) -> None:
    found = list(crowd(seed).evictions(3).cheapest())
    assert all(a.ratio <= b.ratio for a, b in pairwise(found))
    assert len({eviction.node for eviction in found}) == len(found)


def test_for_one_replica_the_least_weight_is_what_has_to_leave() -> None:
    worlds = [crowd(seed) for seed in range(SEEDS)]
    claimed = [least_weight(world.evictions(1).cheapest(), 1, step=1) for world in worlds]
    least = [world.least(1) for world in worlds]
    assert claimed == [None if weight == inf else weight for weight in least]
    assert 20 < sum(0 < weight < inf for weight in least) < SEEDS


def test_a_share_that_holds_up_a_whole_gpu_is_cheaper_than_its_gpu() -> None:
    """The second node gives its GPU up for a quarter of what the first one does."""
    group = gpu_group("g", EAST, "a", "T4", 2, gpu_count=1)
    one, quarter = RESIDENTS[0], RESIDENTS[3]
    rows = {0: [PlacedRow(one, group, 0, None, 1)], 1: [PlacedRow(quarter, group, 1, 0, 1)]}
    world = crowd_of(group, rows, {"gpus": 1})
    assert world.least(1) == 250
    assert least_weight(world.evictions(1).cheapest(), 1, step=1) == 250
    assert [e.node for e in world.evictions(1).cheapest()] == [1, 0]


def test_nothing_has_to_leave_where_nothing_is_needed() -> None:
    assert least_weight(iter(()), 0, step=1000) == 0
    assert least_weight(iter(()), 1, step=1000) is None
