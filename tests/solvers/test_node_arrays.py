"""Nodes in arrays do what single nodes do, many in one step."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from placement.catalog.rows import UNIT
from placement.problem.running import Resident
from placement.solvers.domain_rules import within
from placement.solvers.node_arrays import Demand, NodeArrays
from placement.solvers.node_space import Item, NodeSpace, preferred_slots
from tests.solvers.cells import make_cell

SEEDS = 300


def random_cells(rng):
    """Return cells with reservations, residents, and shares that have to leave."""
    cells = []
    for group in range(rng.randint(1, 4)):
        slots = [rng.choice((UNIT, UNIT, UNIT, 700, 0)) for _ in range(rng.randint(0, 4))]
        shared = [Resident(0, i, 1) for i in range(len(slots)) if rng.random() < 0.3]
        cell = make_cell(
            nodes=rng.randint(1, 3),
            slots=slots,
            cpus=rng.randint(0, 9),
            memory=rng.randint(0, 9),
            extra=rng.randint(0, 9),
            residents=shared,
        )
        leaving = frozenset(i for i in range(len(slots)) if rng.random() < 0.2)
        cells.append(replace(cell, group=group, leaving=leaving))
    return cells


def random_item(rng, deployment):
    extra = (("disk", rng.randint(1, 3)),) if rng.random() < 0.3 else ()
    gpus = rng.choice((0, UNIT, 2 * UNIT, 250, 300, 700))
    return Item(deployment, 99, gpus, rng.randint(0, 3), rng.randint(0, 3), extra, 99)


def demand_of(item):
    return Demand(item.gpus, (("cpus", item.cpus), ("memory", item.memory), *item.extra))


def wishes(nodes, cells, chosen, deployment):
    """Return how often the shares of a deployment use each GPU of some nodes today."""
    wish = np.zeros((len(chosen), nodes.names.shape[1]), np.int64)
    for line, node in enumerate(chosen):
        c = int(nodes.cell[node])
        for slot in preferred_slots(cells[c], deployment):
            wish[line, nodes.names[c] == slot] += 1
    return wish


def gpus_of(nodes, node):
    """Return the free thousandths of the GPUs of a node in the order of its cell."""
    names = nodes.names[nodes.cell[node]]
    by_name = dict(zip(names.tolist(), nodes.slots[node].tolist(), strict=True))
    return [by_name[i] for i in range(len(names)) if i in by_name]


@pytest.mark.parametrize("shares", [True, False])
def test_arrays_of_nodes_and_single_nodes_stay_equal(shares):
    """Whatever is put: the same room, the same GPUs taken, the same left on every node."""
    put = 0
    for seed in range(SEEDS):
        rng = Random(seed)
        cells = random_cells(rng)
        nodes = NodeArrays(cells, shares=shares)
        spaces = [NodeSpace(cells[c]) for c in nodes.cell.tolist()]
        every = np.arange(len(spaces))
        for deployment in range(rng.randint(1, 5)):
            item = random_item(rng, deployment)
            if item.is_share and not shares:
                continue
            asked = [space.room(item) for space in spaces]
            room = np.minimum(nodes.room(demand_of(item), every), item.most)
            assert room.tolist() == asked
            chosen = [i for i in every.tolist() if asked[i] and rng.random() < 0.7]
            counts = [rng.randint(1, min(asked[i], 3)) for i in chosen]
            wish = wishes(nodes, cells, chosen, deployment) if item.is_share else None
            nodes.put(demand_of(item), np.array(chosen, np.int64), np.array(counts, np.int64), wish)
            for i, count in zip(chosen, counts, strict=True):
                preferred = preferred_slots(cells[nodes.cell[i]], deployment)
                spaces[i].put(item, count, preferred)
                put += count
            for i, space in enumerate(spaces):
                assert nodes.whole[i] == space.whole
                assert (nodes.free["cpus"][i], nodes.free["memory"][i]) == (
                    space.cpus,
                    space.memory,
                )
                assert nodes.free["disk"][i] == space.extra["disk"]
                assert not shares or gpus_of(nodes, i) == space.slots
    assert put > SEEDS


def test_a_cell_that_is_ruled_out_has_no_node_with_room():
    ruled_out = 0
    for seed in range(SEEDS):
        rng = Random(seed)
        cells = random_cells(rng)
        nodes = NodeArrays(cells, shares=True)
        every = np.arange(len(cells))
        for deployment in range(3):
            demand = demand_of(random_item(rng, deployment))
            may = nodes.may_fit(demand, every)
            room = nodes.room(demand, np.arange(len(nodes.cell)))
            assert not (room[~may[nodes.cell]]).any()
            ruled_out += int((~may).sum())
            use = np.flatnonzero(room)[:2]
            nodes.put(demand, use, np.ones(len(use), np.int64))
    assert ruled_out > SEEDS


def test_what_is_put_can_be_taken_again():
    for seed in range(SEEDS):
        rng = Random(seed)
        nodes = NodeArrays(random_cells(rng), shares=True)
        before = (nodes.slots.copy(), nodes.whole.copy(), nodes.free["cpus"].copy())
        done = []
        for deployment in range(4):
            demand = demand_of(random_item(rng, deployment))
            use = np.flatnonzero(nodes.room(demand, np.arange(len(nodes.cell))))
            done.append((demand, nodes.put(demand, use, np.ones(len(use), np.int64))))
        for demand, put in done:
            nodes.take(demand, put)
        after = (nodes.slots, nodes.whole, nodes.free["cpus"])
        assert all((a == b).all() for a, b in zip(before, after, strict=True))


def test_a_domain_gets_what_is_left_to_it_and_the_first_nodes_get_it():
    for seed in range(SEEDS):
        rng = Random(seed)
        domains = [rng.randint(0, 3) for _ in range(rng.randint(0, 8))]
        replicas = [rng.randint(0, 4) for _ in domains]
        left = [rng.randint(-1, 6) for _ in range(4)]
        owed, expected = list(left), []
        for domain, count in zip(domains, replicas, strict=True):
            expected.append(max(0, min(count, owed[domain])))
            owed[domain] -= expected[-1]
        found = within(*(np.array(column, np.int64) for column in (domains, replicas, left)))
        assert found.tolist() == expected
