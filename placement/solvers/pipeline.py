"""From a compiled snapshot to seats: greedy at once, then the method that suits the size."""

from __future__ import annotations

from collections.abc import Callable

from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.solvers.exact import Report, Solved, solve_exactly
from placement.solvers.greedy import Layout, greedy_layout
from placement.solvers.guided import Guided
from placement.solvers.limits import Limits

SMALL_PAIRS = 4_000
"""Up to this many (deployment, cell) pairs CP-SAT gets the whole problem."""
EXACT_WORK = 60.0
"""Deterministic time of one CP-SAT solve of a small problem."""


def solve(
    compiled: Compiled,
    limits: Limits,
    *,
    first: Callable[[tuple[Cell, ...], Layout], None],
    report: Report,
) -> Solved:
    """Return the best layout found, with the bounds that are proved.

    Parameters
    ----------
    first : callable
        Given the cells and the greedy layout as soon as they are there.
    """
    problem, builder = compiled.build(compiled.cells)
    last = problem.tiers[-1]
    values = last.per_pair(problem.pairs)
    layout = greedy_layout(builder, values)
    first(compiled.cells, layout)
    if limits.over():
        return Solved(compiled.cells, layout, (), exact=False)
    if problem.pairs > SMALL_PAIRS:
        return Guided(compiled, problem, layout, limits, report).solve()
    return solve_exactly(compiled, compiled.cells, layout, limits.effort(EXACT_WORK), report=report)
