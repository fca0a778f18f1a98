"""Parts that are solved by themselves speak of the deployments of the whole."""

from __future__ import annotations

from placement.objectives.mix import parse_objective
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled, compile_snapshot
from placement.problem.running import Resident
from placement.solvers.limits import Limits
from placement.solvers.pipeline import solve
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

FIRST, WORLDS = 300_000, 60


def compiled_of(seed: int) -> Compiled:
    world = random_world(seed)
    return compile_snapshot(
        workspace_of(world),
        catalog_of(world),
        objective=parse_objective("cost"),
        bill_nodes=False,
        masks={},
    )


def residents_of(cells: tuple[Cell, ...]) -> dict[tuple[int, int], tuple[Resident, ...]]:
    """Return who runs on each node."""
    return {
        (cell.group, index): cell.residents
        for cell in cells
        for index in cell.indices
        if cell.residents
    }


def test_who_runs_on_a_node_is_the_same_before_and_after() -> None:
    seen = 0
    for seed in range(FIRST, FIRST + WORLDS):
        compiled = compiled_of(seed)
        solved = solve(
            compiled,
            Limits(),
            first=lambda cells, layout: None,
            report=lambda tier, value, bound: None,
        )
        known = residents_of(compiled.cells)
        found = residents_of(solved.cells)
        assert all(known[node] == rows for node, rows in found.items()), seed
        seen += any(row.deployment for rows in found.values() for row in rows)
    assert seen >= 10
