"""Tier by tier over cells, then packing; a cell that does not pack is split and solved again.

Cells of one node are exact, larger ones are a relaxation. So every bound is valid at any time, and
when everything packs, the values that were proved for the cells are proved for the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from placement.errors import SolverFaultError
from placement.plan.prices import TierPrices
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.problem.tiers import MOVES
from placement.solvers.cell_task import cell_tasks
from placement.solvers.cpsat import Answer, Effort, Model, Outcome, complete
from placement.solvers.greedy import Layout, counts_of
from placement.solvers.linear import Relaxed
from placement.solvers.packing import pack

Mask = NDArray[np.bool_]

START_WORK = 60.0
"""Deterministic time for completing a layout to a full solution."""
Report = Callable[[str, int, int | None], None]
"""Told (tier, value, bound) whenever a tier improves or is closed."""


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
    """Whether it ended without a proof; by the budget of work, unless ``cut`` says otherwise."""
    cut: bool = False
    """Whether a wall limit or a caller ended it."""
    joined: bool = False
    """Whether each bound holds for the layout's own values of the tiers before it."""
    values: tuple[int, ...] = ()
    """Value of every tier, if it was solved as one part."""
    relaxed: Mapping[str, Relaxed] = field(default_factory=dict)
    """By tier, a relaxation under these values of the tiers before it."""
    prices: tuple[TierPrices, ...] = ()
    """What proves bounds to anybody."""


def solve_tiers(
    problem: Problem, start: Ints, effort: Effort, *, report: Report
) -> tuple[Ints, list[int | None]]:
    """Minimise one tier after the other; return the last solution and the bounds."""
    best = start
    closed: list[tuple[TierSpec, int]] = []
    bounds: list[int | None] = []
    for number, tier in enumerate(problem.tiers):
        bound = _floor(problem, number, best)
        if tier.value(best) != bound:
            own = effort if number == len(problem.tiers) - 1 else replace(effort, slack=0)
            answer = _minimise(problem, tier, closed, best, own)
            if answer.outcome is Outcome.INFEASIBLE:
                raise SolverFaultError(f"tier {tier.name} is infeasible under the tiers before it")
            if answer.solution is not None and tier.value(answer.solution) <= tier.value(best):
                best = answer.solution
            bound = _strongest(bound, answer.bound)
        bounds.append(bound)
        report(tier.name, tier.value(best), bound)
        closed.append((tier, tier.value(best)))
    return best, bounds


def _floor(problem: Problem, number: int, solution: Ints) -> int | None:
    """Return what needs no proof of one tier; of the last one while the others are at theirs."""
    *others, last = problem.tiers
    if number < len(others):
        return others[number].floor
    free = all(t.value(solution) == t.floor for t in others if t.name != MOVES)
    return last.floor if free else None


def _strongest(floor: int | None, bound: int | None) -> int | None:
    known = [value for value in (floor, bound) if value is not None]
    return max(known) if known else None


def _minimise(
    problem: Problem,
    tier: TierSpec,
    closed: Sequence[tuple[TierSpec, int]],
    best: Ints,
    effort: Effort,
) -> Answer:
    model = Model(problem)
    for earlier, value in closed:
        model.fix_tier(earlier, value)
    model.hint(best)
    return model.minimise(tier, effort)


def laid_out(problem: Problem, layout: Layout) -> dict[int, int]:
    """Return what a layout over the problem's cells says of open nodes and replicas that stay."""
    rules = problem.node_rules
    known = {
        variable: len({seat.node for seat in layout.get(cell, ())})
        for cell, variable in rules.open.items()
    }
    for pair, variable in rules.keep.items():
        d, c = int(problem.pair_deployment[pair]), int(problem.pair_cell[pair])
        running = problem.cells[c].resident(d)
        on: dict[int, int] = {}
        for seat in layout.get(c, ()):
            if seat.deployment == d:
                on[seat.node] = on.get(seat.node, 0) + seat.replicas
        known[variable] = sum(min(running, count) for count in on.values())
    return known


def warm_start(problem: Problem, counts: Ints, known: Mapping[int, int]) -> Ints:
    """Return the full solution that goes with the counts per pair and what else is known.

    What the counts leave open (who stays, how many nodes are open, what falls short) are
    separate questions, so one sum of all tiers answers each of them best. No limit ends this:
    it is small, and whatever is at hand must be known in full.
    """
    if len(problem.low) == problem.pairs:
        return counts
    answer = complete(problem, counts, known, start_goal(problem), Effort(START_WORK))
    if answer.solution is None:
        raise SolverFaultError("a plan at hand does not satisfy the rows of the problem")
    return answer.solution


def start_goal(problem: Problem) -> TierSpec:
    """Return the sum of all tiers over the variables that are no pairs."""
    total = np.zeros(len(problem.low), np.int64)
    for tier in problem.tiers:
        weight = 2 if tier.name.startswith("displaced") else 1
        np.add.at(total, tier.variable, weight * tier.coefficient)
    total[: problem.pairs] = 0
    chosen = total.nonzero()[0]
    return TierSpec("start", None, 1, 0, chosen, total[chosen])


def solve_exactly(
    compiled: Compiled,
    first: Layout,
    effort: Effort,
    *,
    report: Report,
    cells: tuple[Cell, ...] | None = None,
    allowed: Mask | None = None,
) -> Solved:
    """Solve all tiers over cells, splitting what does not pack, until everything packs.

    Parameters
    ----------
    first : Layout
        A layout over ``cells`` that breaks no rule; the result is never worse.
    cells : tuple of Cell, optional
        The coarsest cells if absent.
    allowed : bool array, shape (deployments, cells), optional
        Restricts the pairs; those of ``first`` must be among them.
    """
    cells = compiled.cells if cells is None else cells
    best = Solved(cells, first, (), exact=False, budget=True)
    while True:
        problem, builder = compiled.build(cells, allowed=allowed)
        counts = counts_of(builder, best.layout)
        start = warm_start(problem, counts, laid_out(problem, best.layout))
        solution, bounds = solve_tiers(problem, start, effort, report=report)
        named = tuple(
            TierBound(tier.name, bound) for tier, bound in zip(problem.tiers, bounds, strict=True)
        )
        best = replace(best, bounds=named)
        layout, broken = pack_all(problem, solution)
        if not broken:
            exact = _met(problem, solution, bounds)
            cut = not exact and effort.cut()
            values = tuple(tier.value(solution) for tier in problem.tiers)
            return Solved(
                cells,
                layout,
                named,
                exact=exact,
                budget=not exact,
                cut=cut,
                joined=True,
                values=values,
            )
        if effort.stopped() or all(cells[c].size == 1 for c in broken):
            return replace(best, cut=effort.cut())
        if allowed is not None:
            parts = [_parts(c, cell, broken) for c, cell in enumerate(cells)]
            allowed = np.repeat(allowed, parts, axis=1)
        cells, refined = split(cells, broken, best.layout)
        best = replace(best, cells=cells, layout=refined)


def _parts(c: int, cell: Cell, broken: set[int]) -> int:
    return cell.size if c in broken else 1


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


def split(
    cells: Sequence[Cell], broken: set[int], layout: Layout
) -> tuple[tuple[Cell, ...], Layout]:
    """Return the cells with some of them split into single nodes, and a layout over the result."""
    parts: list[Cell] = []
    refined: Layout = {}
    for c, cell in enumerate(cells):
        seats = layout.get(c, ())
        if c not in broken:
            if seats:
                refined[len(parts)] = seats
            parts.append(cell)
            continue
        for node, part in enumerate(cell.split()):
            mine = tuple(replace(seat, node=0) for seat in seats if seat.node == node)
            if mine:
                refined[len(parts)] = mine
            parts.append(part)
    return tuple(parts), refined
