"""Packing: what is found fits, what is refused cannot be done, by brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from placement.catalog.rows import UNIT
from placement.problem.running import Resident
from placement.solvers import packing
from placement.solvers.node_space import NodeSpace, preferred_slots
from placement.solvers.packing import pack, stay_on_gpu
from tests.solvers.cells import (
    can_be_packed,
    faults,
    make_cell,
    make_item,
    make_task,
    random_task,
)

TASKS = 600


@pytest.fixture(scope="module")
def tasks():
    return [
        (seed, task, can_be_packed(task))
        for seed, task in enumerate(map(random_task, range(TASKS)))
    ]


def test_the_random_tasks_are_both_possible_and_not(tasks):
    possible = sum(truth for _, _, truth in tasks)
    assert TASKS // 4 < possible < 3 * TASKS // 4
    for wish in ("apart", "together"):
        assert {truth for _, task, truth in tasks if getattr(task, wish)} == {True, False}
    for wish in ("least", "distinct", "keep", "is_share"):
        found = {truth for _, task, truth in tasks if any(getattr(i, wish) for i in task.items)}
        assert found == {True, False}


def test_a_task_is_packed_exactly_when_brute_force_can(tasks):
    wrong = [
        seed
        for seed, task, truth in tasks
        if (packed := pack(task)).proved is not True or (packed.seats is not None) != truth
    ]
    assert wrong == []


def test_what_is_packed_fits(tasks):
    packed = {seed: (task, pack(task).seats) for seed, task, truth in tasks if truth}
    found = {seed: faults(task, seats) for seed, (task, seats) in packed.items()}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


def test_the_exact_way_alone_agrees_with_brute_force(tasks):
    wrong = []
    for seed, task, truth in tasks:
        if task.nodes < task.cell.size and any(item.least for item in task.items):
            continue  # refused before it is asked
        packed = packing._exact(task)
        if (packed.seats is not None) != truth or (truth and faults(task, packed.seats)):
            wrong.append(seed)
    assert wrong == []


def test_first_fit_finds_most_and_nothing_wrong(tasks):
    plain = [(seed, task) for seed, task, truth in tasks if truth and task.plain]
    found = [(seed, task, packing.first_fit(task)) for seed, task in plain]
    assert sum(seats is not None for _, _, seats in found) > 0.8 * len(plain)
    assert [seed for seed, task, seats in found if seats is not None and faults(task, seats)] == []


def test_a_plain_cell_needs_no_solver(monkeypatch):
    def refuse(*_):
        raise AssertionError("the solver was asked")

    monkeypatch.setattr(packing, "_exact", refuse)
    task = make_task(make_cell(nodes=2, slots=[UNIT] * 4), [make_item(0, 8, gpus=UNIT)])
    assert not faults(task, pack(task).seats)


def test_where_first_fit_fails_the_solver_decides():
    """5 + 5 and twice 4 + 3 + 3 fill nodes of 10; first fit puts 4 + 4 together, or 5 + 4."""
    items = [make_item(d, 1, cpus=size) for d, size in enumerate((5, 5, 4, 4, 3, 3, 3, 3))]
    task = make_task(make_cell(nodes=3, cpus=10), items)
    assert packing.first_fit(task) is None
    assert not faults(task, pack(task).seats)


def test_one_replica_too_many_is_proved_impossible():
    cell = make_cell(nodes=3, slots=[UNIT] * 3)
    task = make_task(cell, [make_item(0, 4, gpus=2 * UNIT)])
    packed = pack(task)
    assert packed.seats is None
    assert packed.proved


def test_a_share_never_spans_two_gpus():
    task = make_task(make_cell(nodes=1, slots=[UNIT, UNIT]), [make_item(0, 3, gpus=600)])
    assert pack(task).seats is None


def test_a_share_prefers_the_gpu_it_runs_on():
    cell = make_cell(nodes=1, slots=[UNIT] * 3, residents=[Resident(0, 2, 1)])
    assert preferred_slots(cell, 0) == [2]
    (seat,) = pack(make_task(cell, [make_item(0, 1, gpus=250, keep=1)])).seats
    assert seat.slot == 2


def staying(cell, seats):
    """Return how many running shares keep their GPU."""
    today = {(r.deployment, r.slot): r.replicas for r in cell.residents}
    return sum(min(s.replicas, today.get((s.deployment, s.slot), 0)) for s in seats)


def exchanges(cell, seats):
    """Yield the seats of one node with its GPUs exchanged in every way that keeps capacity."""
    for order in permutations(range(len(cell.slots))):
        if all(cell.slots[a] == cell.slots[b] for a, b in enumerate(order)):
            yield [s if s.slot is None else replace(s, slot=order[s.slot]) for s in seats]


def test_as_many_running_shares_keep_their_gpu_as_can():
    compared = 0
    for seed in range(TASKS):
        rng = Random(seed)
        slots = [rng.choice((UNIT, UNIT, UNIT, 500)) for _ in range(3)]
        residents = [Resident(rng.randint(0, 1), slot, rng.randint(1, 2)) for slot in range(3)]
        cell = make_cell(nodes=2, slots=slots, residents=residents)
        items = [make_item(d, rng.randint(1, 4), gpus=rng.choice((200, 300, 500))) for d in (0, 1)]
        task = make_task(cell, items)
        before = pack(task).seats or ()
        after = stay_on_gpu(cell, before)
        assert (not before) or not faults(task, after)
        for node in (0, 1):
            mine = [seat for seat in before if seat.node == node]
            best = max(staying(cell, other) for other in exchanges(cell, mine))
            assert staying(cell, [seat for seat in after if seat.node == node]) == best
            compared += best > 0
    assert compared > TASKS // 2


def test_replicas_that_stay_are_packed_first():
    """One node has room for one of two; the one that stays gets it."""
    cell = make_cell(nodes=1, cpus=2, residents=[Resident(1, None, 1)])
    items = [make_item(0, 1, cpus=1), make_item(1, 1, cpus=1, keep=1)]
    assert not faults(make_task(cell, items), pack(make_task(cell, items)).seats)


def test_a_wish_for_some_on_every_node_rules_out_closed_nodes():
    task = make_task(make_cell(nodes=3), [make_item(0, 3, least=1)], nodes=2)
    assert pack(task).seats is None


def test_a_model_that_the_solver_refuses_is_a_fault(monkeypatch):
    from placement.errors import SolverFaultError

    task = make_task(make_cell(nodes=1, memory=2**62), [make_item(0, 3, memory=2**62, least=1)])
    with pytest.raises(SolverFaultError, match="the solver refused a packing"):
        pack(task)


def slots_used(space, item, **how):
    """Put one replica on a node and return the GPUs it took."""
    before = list(space.slots)
    assert space.room(item)
    space.put(item, **how)
    return tuple(i for i, free in enumerate(space.slots) if free != before[i])


def test_a_copy_of_a_node_goes_its_own_way():
    space = NodeSpace(make_cell(nodes=1, slots=[UNIT, 500], cpus=4, memory=4, extra=4))
    other = space.copy()
    for item in (
        make_item(0, 1, gpus=UNIT, cpus=1, memory=2, disk=3),
        make_item(1, 1, gpus=500, cpus=3),
        make_item(2, 1, memory=2),
    ):
        assert other.room(item) == 1
        other.put(item)
        assert other.room(item) == 0
    assert (space.slots, space.cpus, space.memory) == ([UNIT, 500], 4, 4)
    assert (space.extra, space.held, space.shares) == ({"disk": 4}, {}, {})
    assert (other.slots, other.cpus, other.memory) == ([0, 0], 0, 0)
    assert (other.extra, other.held) == ({"disk": 1}, {0: 1, 1: 1, 2: 1})


def test_the_fullest_gpu_that_still_takes_a_share_is_used():
    space = NodeSpace(make_cell(nodes=1, slots=[UNIT, 400, 700]))
    share = make_item(0, 1, gpus=300, most=3)
    assert slots_used(space, share) == (1,)
    assert slots_used(space, share) == (2,)
    assert slots_used(space, share, preferred=(0,)) == (0,)


def test_whole_gpus_are_taken_from_the_end():
    space = NodeSpace(make_cell(nodes=1, slots=[UNIT, UNIT, 500, UNIT]))
    assert slots_used(space, make_item(0, 1, gpus=2 * UNIT)) == (1, 3)
    assert space.whole == 1
