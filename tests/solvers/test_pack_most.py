"""Filling a cell as far as it goes: what has a seat fits, what is left has none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from placement.catalog.rows import UNIT
from placement.solvers import packing
from placement.solvers.first_fit import first_fit, fit_most
from placement.solvers.node_space import NodeSpace
from placement.solvers.packing import pack_most
from tests.solvers.cells import faults, make_cell, make_item, make_task, random_task
from tests.solvers.seats import Snapshot
from tests.worlds.generator import random_world

TASKS = 600
WORLDS = 120
FIRST_SEED = 300_000


def without_wishes(task):
    """Return a task that only capacity, the most on one node and rivals restrict."""
    items = [replace(item, least=0, distinct=0, keep=0) for item in task.items]
    return make_task(task.cell, items, nodes=task.nodes, apart=task.apart)


def seated(seats):
    placed = Counter()
    for seat in seats:
        placed[seat.deployment] += seat.replicas
    return placed


def test_seats_and_what_is_left_add_up_and_the_seats_keep_every_rule():
    wrong, full, partial = [], 0, 0
    for seed in range(TASKS):
        task = without_wishes(random_task(seed))
        seats, left = fit_most(task)
        placed = seated(seats)
        asked = [replace(item, count=placed[item.deployment]) for item in task.items]
        rest = make_task(task.cell, asked, nodes=task.nodes, apart=task.apart)
        sums = {i.deployment: placed[i.deployment] + left.get(i.deployment, 0) for i in task.items}
        if faults(rest, seats) or sums != {i.deployment: i.count for i in task.items}:
            wrong.append(seed)
        full += not left
        partial += bool(left)
    assert wrong == []
    assert min(full, partial) > TASKS // 5


def test_nothing_is_left_where_first_fit_finds_seats_for_all():
    for seed in range(TASKS):
        task = without_wishes(random_task(seed))
        assert (first_fit(task) is not None) == (not fit_most(task)[1])


def test_no_node_has_room_for_what_is_left_alone_on_it():
    """A cell with an idle node leaves out only what fits no node."""
    for seed in range(TASKS):
        task = without_wishes(random_task(seed))
        seats, left = fit_most(task)
        if {seat.node for seat in seats} < set(range(task.nodes)):
            for item in task.items:
                alone = make_task(task.cell, [replace(item, count=1)], nodes=1)
                assert item.deployment not in left or fit_most(alone)[1]


def test_whole_gpus_in_sizes_that_divide_each_other_always_pack():
    """The counts fill the GPUs exactly; the largest first leaves nothing over."""
    rng = Random(1)
    for _ in range(100):
        nodes, counts = rng.randint(1, 40), {}
        free = nodes * 8
        for size in (8, 4, 2):
            counts[size] = rng.randint(0, free // size // 2)
            free -= counts[size] * size
        counts[1] = free
        items = [make_item(d, n, gpus=s * UNIT) for d, (s, n) in enumerate(counts.items()) if n]
        rng.shuffle(items)
        task = make_task(make_cell(nodes=nodes, slots=[UNIT] * 8), items)
        assert not faults(task, first_fit(task))


def test_a_mixture_that_needs_both_kinds_on_every_node_is_found():
    """Each node has room for 4 with many CPUs and 4 with few; one kind alone strands GPUs."""
    cell = make_cell(nodes=6, slots=[UNIT] * 8, cpus=80)
    items = [make_item(0, 24, gpus=UNIT, cpus=16), make_item(1, 24, gpus=UNIT, cpus=4)]
    task = make_task(cell, items)
    assert not faults(task, first_fit(task))


def test_nothing_is_packed_where_no_node_is_open():
    task = make_task(make_cell(nodes=2), [make_item(0, 2, cpus=1)], nodes=0)
    assert first_fit(task) is None
    assert fit_most(task) == ((), {0: 2})


def test_cpus_go_to_those_who_need_many_of_them():
    """In fives, the first nodes would have no CPU left for their other GPUs."""
    cell = make_cell(nodes=10, slots=[UNIT] * 8, cpus=96)
    items = [make_item(d, 4, gpus=UNIT, cpus=18) for d in range(10)]
    items += [make_item(10 + d, 4, gpus=UNIT, cpus=6) for d in range(10)]
    task = make_task(cell, items)
    assert not faults(task, first_fit(task))


def test_a_thousand_nodes_need_few_steps(monkeypatch):
    """Alike nodes are filled at once: how often a node is asked hardly depends on their number."""
    asked = Counter()
    room = NodeSpace.room

    def counted(space, item):
        asked[size] += 1
        return room(space, item)

    monkeypatch.setattr(NodeSpace, "room", counted)
    for size in (100, 1_000):
        items = [
            make_item(d, size // 8, gpus=(8, 4, 2, 1)[d % 4] * UNIT, cpus=1, memory=1)
            for d in range(16)
        ]
        task = make_task(make_cell(nodes=size, slots=[UNIT] * 8), items)
        assert not faults(task, first_fit(task))
    assert asked[1_000] < 2 * asked[100]


def test_counts_of_a_world_are_packed_as_far_as_they_go():
    """All pairs of a cell at their most at once: hardly ever possible, never beyond the rules."""
    wrong, some, all_of_it = {}, 0, 0
    for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
        compiled = Snapshot(random_world(seed)).compiled
        problem, _ = compiled.build(compiled.cells)
        for c, cell in enumerate(problem.cells):
            pairs = [p for p in range(problem.pairs) if problem.pair_cell[p] == c]
            counts = {int(problem.pair_deployment[p]): int(problem.high[p]) for p in pairs}
            counts = {d: count for d, count in counts.items() if count}
            seats, left = pack_most(problem, c, counts)
            placed = seated(seats)
            if {d: placed[d] + left.get(d, 0) for d in counts} != counts:
                wrong[seed] = "the sums"
            items = [packing._wanted_item(problem, c, d, n) for d, n in sorted(placed.items()) if n]
            items = [replace(item, distinct=0, keep=0) for item in items]
            apart = [p for p in problem.node_rules.apart if set(p) <= placed.keys()]
            if items and faults(
                make_task(replace(cell, extra=_with_disk(cell)), items, apart=apart), seats
            ):
                wrong[seed] = "a rule"
            some += bool(left)
            all_of_it += not left
    assert wrong == {}
    assert min(some, all_of_it) > WORLDS // 4


def _with_disk(cell):
    return (
        *(entry for entry in cell.extra if entry[0] != "disk"),
        ("disk", dict(cell.extra).get("disk", 0)),
    )
