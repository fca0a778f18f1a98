"""Cells and residents follow the state of each node, its own or that of its node group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeState
from placement.problem.cells import make_cells
from placement.problem.running import Resident, residents_by_node
from tests.verifier.fleet import EAST, At, deployment, fleet, gpu_group, running, workspace

FOUR = gpu_group("four", EAST, "a", "T4", 4)
CHAT = deployment("chat", replicas=4)


def four(state: str, **states: str) -> Catalog:
    """Return four nodes of one group in one state, but for those that have their own."""
    return fleet(replace(FOUR, state=NodeState(state)), **states)


def cells(catalog: Catalog) -> list[tuple[tuple[int, ...], bool]]:
    return [(cell.indices, cell.accepts) for cell in make_cells(catalog, [0], {})]


@pytest.mark.parametrize(
    ("catalog", "found"),
    [
        (four("ready"), [((0, 1, 2, 3), True)]),
        (four("cordoned"), [((0, 1, 2, 3), False)]),
        (four("draining"), []),
        (four("lost"), []),
        (four("ready", four_1="cordoned"), [((0, 2, 3), True), ((1,), False)]),
        (four("ready", four_1="draining", four_2="lost"), [((0, 3), True)]),
        (four("ready", four_3="cordoned", four_0="cordoned"), [((0, 3), False), ((1, 2), True)]),
        (four("cordoned", four_2="ready"), [((0, 1, 3), False), ((2,), True)]),
        (four("draining", four_2="ready"), [((2,), True)]),
        (four("lost", four_2="cordoned"), [((2,), False)]),
    ],
)
def test_a_cell_holds_nodes_of_a_like_state(
    catalog: Catalog, found: list[tuple[tuple[int, ...], bool]]
) -> None:
    assert cells(catalog) == found


@pytest.mark.parametrize(
    ("catalog", "kept"),
    [
        (four("ready"), [0, 1, 2]),
        (four("ready", four_1="lost", four_2="draining"), [0]),
        (four("ready", four_1="cordoned"), [0, 1, 2]),
        (four("draining", four_1="cordoned", four_2="ready"), [1, 2]),
        (four("lost"), []),
    ],
)
def test_a_resident_is_on_a_node_that_may_hold(catalog: Catalog, kept: list[int]) -> None:
    runs = running(
        four("ready"), workspace(CHAT), At("chat", "four/0"), At("chat", "four/1"),
        At("chat", "four/2", 2),
    )  # fmt: skip
    found = residents_by_node(runs, catalog, [CHAT], [np.array([True])])
    replicas = {0: 1, 1: 1, 2: 2}
    assert found == {(0, index): (Resident(0, None, replicas[index]),) for index in kept}
