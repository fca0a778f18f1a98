"""A ledger says what a recount from names says, whatever was put on and taken off before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import UNIT, NodeGroup, NodeState, Reserved
from placement.constraints.capacity import node_faults
from placement.problem.fleet import Fleet
from placement.problem.ledger import Held, Ledger
from placement.workspace.assignment import Assignment
from tests.problem.capacity import most, placed
from tests.verifier.fleet import GPUS, GROUPS, REGIONS, deployment

SEQUENCES = 60
STEPS = 10
SMALL = tuple(replace(g, gpu_count=min(g.gpu_count, 4), count=min(g.count, 2)) for g in GROUPS)
WISHES = (
    deployment("one", replicas=9),
    deployment("pair", replicas=9, resources={"gpus": 2, "cpus": "0.5"}),
    deployment("half", replicas=9, resources={"gpus": "0.5", "cpus": "0.2"}),
    deployment("third", replicas=9, resources={"gpus": "0.3", "cpus": 0}),
    deployment("tool", replicas=9, resources={"gpus": 0, "cpus": 3, "memoryGiB": 7}),
    deployment("wired", replicas=9, resources={"gpus": 1, "extra": {"nic": 1}}),
    deployment("odd", replicas=9, resources={"gpus": 0, "extra": {"none has it": 1}}),
    deployment("idle", replicas=9, resources={"gpus": 0, "cpus": 0, "memoryGiB": 0}),
)


def random_catalog(rng: Random) -> Catalog:
    """Return the small fleet with reservations and states of single nodes."""
    nodes = [(group, group.node(index)) for group in SMALL for index in range(group.count)]
    return make_catalog(
        REGIONS,
        GPUS,
        SMALL,
        reserved={node: random_hold(rng, group) for group, node in rng.sample(nodes, 5)},
        states={node: rng.choice(tuple(NodeState)) for _, node in rng.sample(nodes, 4)},
    )


def random_hold(rng: Random, group: NodeGroup) -> Reserved:
    gpus = rng.choice((0, 166, 250, 1000, 1300))
    cpus = rng.choice((0, 1_500, group.cpus + 1_000))
    return Reserved.of(group, gpus=gpus, cpus=cpus, memory=rng.choice((0, 4_000)))


def random_held(rng: Random, catalog: Catalog) -> Held:
    """Return a row of its own on any node, full or not, now and then on one that is not there."""
    wish = rng.choice(WISHES)
    group = rng.choice(catalog.node_groups)
    index = rng.randrange(group.count + (rng.random() < 0.1))
    gpu = rng.randrange(len(group.gpu_slots)) if wish.is_share and group.gpu_slots else None
    replicas = rng.choice((1, 1, 2, 3))
    row = Assignment(
        model=wish.name, environment="production", version=f"v{rng.random()}",
        node=group.node(index), provider="", region="", zone="", country="", continent="",
        flavor="", replicas=replicas, gpus=wish.gpus * replicas, cost=0, gpu=gpu,
    )  # fmt: skip
    return row, wish


def ledgers(seed: int) -> Iterator[tuple[Catalog, Ledger, list[Held]]]:
    """Yield a ledger after each step of a random sequence, and what should be on it."""
    rng = Random(seed)
    catalog = random_catalog(rng)
    ledger, there = Ledger.empty(Fleet(catalog)), []
    for _ in range(STEPS):
        off = rng.sample(there, rng.randrange(len(there) + 1) // 2)
        on = [random_held(rng, catalog) for _ in range(rng.randrange(5))]
        ledger = ledger.changed(off=off, on=on)
        there = [held for held in there if held not in off] + on
        yield catalog, ledger, there


def by_node(there: Sequence[Held]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = defaultdict(list)
    for held in there:
        found[held[0].node].append(held)
    return found


def nodes_of(catalog: Catalog) -> list[tuple[NodeGroup, str]]:
    """Return the nodes in the order of their numbers."""
    return [(g, g.node(index)) for g in catalog.node_groups for index in range(g.count)]


def recount(catalog: Catalog, group: NodeGroup, node: str, there: Sequence[Held]) -> object:
    """Return what a node has left: CPUs, memory, NICs, GPU by GPU, taken and idle whole GPUs."""
    reserved = catalog.reserved.get(node, Reserved())
    slots = list(group.gpu_slots)
    for index, held in enumerate(reserved.gpu_slots):
        slots[index] -= held
    for row, wish in there:
        if wish.is_share and row.gpu is not None:
            slots[row.gpu] -= row.gpus
    taken = sum(row.gpus for row, wish in there if not wish.is_share) // UNIT
    used = [
        sum(amount * row.replicas for (row, _), amount in zip(there, amounts, strict=True))
        for amounts in (
            [wish.cpus for _, wish in there],
            [wish.memory for _, wish in there],
            [wish.extra.get("nic", 0) for _, wish in there],
        )
    ]
    has = (group.cpus - reserved.cpus, group.memory - reserved.memory, group.extra.get("nic", 0))
    left = tuple(a - b for a, b in zip(has, used, strict=True))
    return left, tuple(slots), taken, sum(slot == UNIT for slot in slots) - taken


def named(rows: Sequence[Held]) -> list[tuple[str, str]]:
    return sorted((row.version, wish.name) for row, wish in rows)


def told(ledger: Ledger, number: int) -> object:
    """Return the same as the ledger has it."""
    left = (ledger.cpus[number], ledger.memory[number], ledger.extra["nic"][number])
    whole = (int(ledger.taken[number]), int(ledger.whole[number]))
    return tuple(map(int, left)), ledger.slots_of(number), *whole


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_what_is_left_is_what_a_recount_finds(seed: int) -> None:
    for catalog, ledger, there in ledgers(seed):
        on = by_node(there)
        for number, (group, node) in enumerate(nodes_of(catalog)):
            assert told(ledger, number) == recount(catalog, group, node, on[node])
            assert named(ledger.rows_on.get(number, ())) == named(on[node])
            assert ledger.fleet.number(node) == number
            assert ledger.fleet.name(number) == node


def test_nodes_accept_and_hold_as_their_state_says() -> None:
    for seed in range(SEQUENCES):
        catalog = random_catalog(Random(seed))
        fleet = Fleet(catalog)
        states = [catalog.states.get(node, group.state) for group, node in nodes_of(catalog)]
        assert fleet.accepts.tolist() == [state is NodeState.READY for state in states]
        assert fleet.holds.tolist() == [state in ("ready", "cordoned") for state in states]


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_room_is_what_the_rule_of_capacity_admits(seed: int) -> None:
    """On nodes that are not over capacity already; there is never less than no room."""
    (*_, (catalog, ledger, there)) = ledgers(seed)
    on = by_node(there)
    for wish in WISHES:
        room = ledger.room(wish)
        for number, (group, node) in enumerate(nodes_of(catalog)):
            rows = placed(group, on[node])
            reserved = catalog.reserved.get(node, Reserved())
            if rows and any(node_faults(rows, reserved)):
                assert room[number] >= 0
                continue
            assert room[number] == most(wish, group, rows, reserved), (wish.name, node)


def test_a_ledger_is_a_value() -> None:
    catalog = random_catalog(Random(1))
    empty = Ledger.empty(Fleet(catalog))
    before = [told(empty, number) for number in range(len(empty.fleet))]
    held = [random_held(Random(seed), catalog) for seed in range(30)]
    full = empty.changed(on=held)
    assert [told(empty, number) for number in range(len(empty.fleet))] == before
    again = full.changed(off=held)
    assert [told(again, number) for number in range(len(empty.fleet))] == before
    assert not again.rows_on
    assert full.rows_on
    assert np.array_equal(empty.room(WISHES[0]), again.room(WISHES[0]))
