"""What is stranded on a node, counted by hand; and what a replica adds to it."""

import numpy as np
import pytest

from placement.problem.fleet import Fleet
from placement.problem.ledger import Ledger
from placement.problem.state import State
from placement.problem.stranding import REACH_TENTHS, STEP, Kinds, free_slots
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

MUCH = 10**6


def kinds(*rows, eligible=None):
    """Kinds of (GPUs, size, CPUs, memory, weight)."""
    columns = np.array(rows, np.int64).reshape(len(rows), 5).T
    mask = np.ones((len(rows), 1), bool) if eligible is None else eligible
    return Kinds(*columns, eligible=mask)


def stranded(found, slots, cpus=MUCH, memory=MUCH):
    width = 4
    row = np.array([[0] * (width - len(slots)) + sorted(slots)])
    left = np.array([cpus]), np.array([memory])
    return int(found.stranded(*left, row, np.zeros(1, np.int64))[0])


WHOLE = kinds((1, 1000, 4000, 8000, 1))


@pytest.mark.parametrize(
    ("slots", "left", "lost"),
    [
        ((1000, 1000), {}, 0),
        ((1000, 600), {}, 600),
        ((600, 600), {}, 1200),
        ((1000, 1000), {"cpus": 3999}, 2000),
        ((1000, 1000), {"memory": 7999}, 2000),
        ((1000, 1000), {"cpus": 4000}, 2000 - 100 * REACH_TENTHS),
        ((1000, 1000, 1000), {"memory": 8000}, 3000 - 100 * REACH_TENTHS),
        ((), {}, 0),
    ],
)
def test_a_kind_of_one_gpu_cannot_use(slots, left, lost):
    assert stranded(WHOLE, slots, **left) == lost


def test_several_gpus_are_of_no_use_until_there_are_enough():
    pair = kinds((2, 1000, 1, 1, 1))
    assert stranded(pair, (1000,)) == 1000
    assert stranded(pair, (1000, 1000, 1000)) == 0


def test_kinds_count_as_often_as_they_come():
    mixed = kinds((1, 1000, 0, 0, 3), (1, 500, 0, 0, 1))
    assert stranded(mixed, (600,)) == 600 * 3 // 4


def test_where_a_kind_may_not_be_it_can_use_nothing():
    nowhere = kinds((1, 1000, 0, 0, 1), eligible=np.zeros((1, 1), bool))
    assert stranded(nowhere, (1000,)) == 1000


def test_nothing_is_stranded_where_nothing_is_expected():
    assert stranded(kinds(), (600,)) == 0


def test_a_share_takes_the_gpu_with_the_least_that_will_do():
    slots = np.array([[0, 700, 1000, 1000]])
    left = np.array([MUCH]), np.array([MUCH]), slots, np.zeros(1, np.int64)
    assert WHOLE.lost((700, 0, 0), *left).tolist() == [-(700 // STEP)]
    assert WHOLE.lost((701, 0, 0), *left).tolist() == [-(-(1000 - 701) // STEP)]
    assert WHOLE.lost((2000, 0, 0), *left).tolist() == [0]


def test_free_gpus_are_those_that_the_ledger_leaves():
    seen = 0
    for seed in range(60):
        world = random_world(seed)
        ledger = State.of(workspace_of(world), Fleet(catalog_of(world))).ledger
        nodes = np.arange(len(ledger.fleet))
        for node, slots in zip(nodes.tolist(), free_slots(ledger, nodes).tolist(), strict=True):
            assert slots == sorted(slots)
            assert slots.count(1000) == max(int(ledger.whole[node]), 0)
            seen += _check_total(ledger, node, slots)
    assert seen > 200


def _check_total(ledger: Ledger, node: int, slots: list[int]) -> bool:
    if ledger.whole[node] < 0:
        return False
    assert sum(slots) == sum(ledger.slots_of(node)) - 1000 * int(ledger.taken[node])
    return True
