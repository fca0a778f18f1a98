"""Tier by tier over cells, then packing; a cell that does not pack is split and solved again.

Cells of one node are exact, larger ones are a relaxation. So every bound is valid at any time, and
when everything packs, the values that were proved for the cells are proved for the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placement.errors import SolverFaultError
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.cpsat import Answer, Effort, Model, Outcome, complete
from placement.solvers.greedy import Layout, counts_of
from placement.solvers.packing import cell_tasks, pack

Report = Callable[[str, int, int | None], None]
"""Told (tier, value, bound) whenever a tier is closed."""


@dataclass(frozen=True)
class TierBound:
    """Name and proved lower bound of a tier (None if none is known)."""

    name: str
    bound: int | None


@dataclass(frozen=True)
class Solved:
    """Cells, seats by cell, and the bounds proved on the way.

    ``exact`` says that every tier's bound is met by the layout.
    """

    cells: tuple[Cell, ...]
    layout: Layout
    bounds: tuple[TierBound, ...]
    exact: bool
    budget: bool = False
    """Whether the budget of work ended the solve."""


def solve_tiers(
    problem: Problem, start: Ints | None, effort: Effort, *, report: Report
) -> tuple[Ints | None, list[int | None]]:
    """Minimise one tier after the other; return the last solution and the bounds."""
    best = start
    closed: list[tuple[TierSpec, int]] = []
    bounds: list[int | None] = []
    for number, tier in enumerate(problem.tiers):
        floor = 0 if number < len(problem.tiers) - 1 else None
        if best is not None and tier.value(best) == floor:
            bounds.append(floor)
            closed.append((tier, 0))
            continue
        answer = _minimise(problem, tier, closed, best, effort)
        if answer.outcome is Outcome.INFEASIBLE:
            raise SolverFaultError(f"tier {tier.name} is infeasible under the tiers before it")
        if answer.solution is not None and (
            best is None or tier.value(answer.solution) <= tier.value(best)
        ):
            best = answer.solution
        bounds.append(_strongest(floor, answer.bound))
        if best is None:
            return None, [*bounds, *[None] * (len(problem.tiers) - len(bounds))]
        report(tier.name, tier.value(best), bounds[-1])
        closed.append((tier, tier.value(best)))
    return best, bounds


def _strongest(floor: int | None, bound: int | None) -> int | None:
    known = [value for value in (floor, bound) if value is not None]
    return max(known) if known else None


def _minimise(
    problem: Problem,
    tier: TierSpec,
    closed: Sequence[tuple[TierSpec, int]],
    best: Ints | None,
    effort: Effort,
) -> Answer:
    model = Model(problem)
    for earlier, value in closed:
        model.fix_tier(earlier, value)
    if best is not None:
        model.hint(best)
    return model.minimise(tier, effort)


def warm_start(problem: Problem, counts: Ints, effort: Effort) -> Ints:
    """Return a full solution with the given counts per pair.

    What the counts leave open (who stays, how many nodes are open, what falls short) are
    separate questions, so one sum of all tiers answers each of them best.
    """
    total = np.zeros(len(problem.low), np.int64)
    for tier in problem.tiers:
        weight = 2 if tier.name.startswith("displaced") else 1
        np.add.at(total, tier.variable, weight * tier.coefficient)
    chosen = total.nonzero()[0]
    goal = TierSpec("start", None, 1, 0, chosen, total[chosen])
    answer = complete(problem, counts, goal, effort)
    if answer.solution is None:
        raise SolverFaultError("a plan at hand does not satisfy the rows of the problem")
    return answer.solution


def solve_exactly(
    compiled: Compiled,
    cells: tuple[Cell, ...],
    first: Layout,
    effort: Effort,
    *,
    report: Report,
) -> Solved:
    """Solve all tiers over cells, splitting what does not pack, until everything packs.

    Parameters
    ----------
    cells, first
        Cells and a layout over them that breaks no rule.
    """
    best = Solved(cells, first, (), exact=False)
    while True:
        problem, builder = compiled.build(cells)
        start = None
        if cells is best.cells:
            start = warm_start(problem, counts_of(builder, best.layout), effort)
        solution, bounds = solve_tiers(problem, start, effort, report=report)
        named = tuple(
            TierBound(tier.name, bound) for tier, bound in zip(problem.tiers, bounds, strict=True)
        )
        best = replace(best, bounds=named)
        if solution is None or effort.stopped():
            return best
        layout, broken = pack_all(problem, solution)
        if not broken:
            return Solved(cells, layout, named, exact=_met(problem, solution, bounds))
        cells = split(cells, broken)


def _met(problem: Problem, solution: Ints, bounds: Sequence[int | None]) -> bool:
    pairs = zip(problem.tiers, bounds, strict=True)
    return all(bound == tier.value(solution) for tier, bound in pairs)


def pack_all(problem: Problem, solution: Ints) -> tuple[Layout, set[int]]:
    """Pack every cell; return the seats by cell and the cells that did not pack."""
    layout: Layout = {}
    broken: set[int] = set()
    number = {id(cell): c for c, cell in enumerate(problem.cells)}
    for task in cell_tasks(problem, solution):
        packed = pack(task)
        c = number[id(task.cell)]
        if packed.seats is None:
            if task.cell.size == 1 and packed.proved:
                raise SolverFaultError("replicas on a single node do not pack")
            broken.add(c)
        else:
            layout[c] = packed.seats
    return layout, broken


def split(cells: Sequence[Cell], broken: set[int]) -> tuple[Cell, ...]:
    """Return the cells with some of them split into single nodes."""
    return tuple(
        part for c, cell in enumerate(cells) for part in (cell.split() if c in broken else (cell,))
    )
