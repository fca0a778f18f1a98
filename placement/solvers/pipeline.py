"""From a compiled snapshot to seats: greedy at once, then each independent part by its size."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from placement.errors import RowRangeError
from placement.objectives.unplaced import class_name
from placement.problem.builder import ProblemBuilder
from placement.problem.cells import Cell, renumbered
from placement.problem.classes import merge
from placement.problem.compiler import Compiled
from placement.problem.components import components
from placement.problem.problem import Problem
from placement.problem.tiers import MOVES
from placement.solvers.cpsat import check_range
from placement.solvers.dealing import dealt
from placement.solvers.exact import Report, Solved, TierBound, solve_exactly
from placement.solvers.greedy import Layout, greedy_layout
from placement.solvers.guided import Guided
from placement.solvers.incumbent import counts_by_cell, pair_counts
from placement.solvers.limits import Limits
from placement.solvers.patterns import fits_patterns, solve_by_patterns
from placement.solvers.prices import joined, price_part

SMALL_PAIRS = 800
"""Up to this many (deployment, cell) pairs CP-SAT gets the whole problem."""
EXACT_WORK = 30.0
"""Deterministic time of one CP-SAT solve of a small problem."""

First = Callable[[Sequence[Cell], Layout], None]


@dataclass(frozen=True)
class _Part:
    """One component: its snapshot, its numbers in the whole, its first layout."""

    compiled: Compiled
    deployments: tuple[int, ...]
    problem: Problem
    builder: ProblemBuilder
    first: Layout


class _Sums:
    """Adds up what the parts report, tier by tier."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[str, dict[int, tuple[int, int | None]]] = {}
        self._lock = threading.Lock()

    def note(self, part: int, tier: str, value: int, bound: int | None) -> None:
        """Take one report of one part and pass the sums on."""
        with self._lock:
            known = self._known.setdefault(tier, {})
            known[part] = (value, bound)
            total = sum(v for v, _ in known.values())
            self._report(tier, total, _sum([b for _, b in known.values()]))


def solve(
    compiled: Compiled,
    limits: Limits,
    *,
    first: First,
    report: Report,
    gap: float = 0.0,
    workers: int | None = None,
    small: int | None = None,
) -> Solved:
    """Return the best layout found, with the bounds that are proved.

    Parameters
    ----------
    first : callable
        Given the cells and the greedy layout as soon as they are there.
    gap : float
        Relative gap of the last tier that is good enough.
    workers : int, optional
        Parts solved at once; the number of cores if absent. The answer does not depend on it
        unless a wall limit cuts the solve.
    small : int
        Parts of up to so many pairs go to CP-SAT whole; ``SMALL_PAIRS`` if absent.
    """
    classes = merge(compiled)
    parts = [_begin(part, deployments) for part, deployments, _ in components(classes.compiled)]
    cells, layout = _merged_layout([(p, p.compiled.cells, p.first) for p in parts])
    first(cells, dealt(classes, layout))
    if not parts:
        return _nothing(compiled)
    sums = _Sums(report)
    order = sorted(range(len(parts)), key=lambda i: (-parts[i].problem.pairs, i))
    left = _Left({i: parts[i].problem.pairs + 1 for i in order})
    slacks = _slacks(parts, gap)

    most = SMALL_PAIRS if small is None else small

    def run(i: int) -> Solved:
        own = left.limits(i, limits, workers or os.cpu_count() or 1)
        own = replace(own, slack=slacks[i])
        solved = _solve_part(parts[i], own, lambda t, v, b: sums.note(i, t, v, b), most)
        left.done(i)
        return _priced(parts[i], solved, limits)

    if len(order) == 1 or workers == 1:
        solved = {i: run(i) for i in order}
    else:
        with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
            solved = dict(zip(order, pool.map(run, order), strict=True))
    whole = _merged(parts, [solved[i] for i in range(len(parts))])
    first_of = {number: members[0] for number, members in enumerate(classes.members)}
    cells = tuple(renumbered(cell, first_of) for cell in whole.cells)
    return replace(whole, cells=cells, layout=dealt(classes, whole.layout))


def _slacks(parts: Sequence[_Part], gap: float) -> list[int]:
    """Share the gap that is good enough among the parts: half by value, half by size."""
    values = [_last_value(part) for part in parts]
    sizes = [part.problem.pairs for part in parts]
    total, size = sum(values), sum(sizes) or 1
    return [
        int(min(gap, 1.0) * (value + total * pairs / size) / 2)
        for value, pairs in zip(values, sizes, strict=True)
    ]


def _last_value(part: _Part) -> int:
    """Return the value of the last tier of the first layout."""
    problem, last = part.problem, part.problem.tiers[-1]
    counts = pair_counts(problem, counts_by_cell(part.first))
    value = int(last.per_pair(problem.pairs) @ counts)
    price = dict(zip(last.variable.tolist(), last.coefficient.tolist(), strict=True))
    for cell, seats in part.first.items():
        if cell in problem.node_rules.open:
            nodes = len({seat.node for seat in seats})
            value += nodes * price.get(problem.node_rules.open[cell], 0)
    return value


class _Left:
    """Shares what is left of a wall limit by size among the parts that are not done."""

    def __init__(self, sizes: dict[int, int]) -> None:
        self._sizes = sizes
        self._lock = threading.Lock()

    def limits(self, part: int, limits: Limits, workers: int) -> Limits:
        """Return the limits of one part that starts now."""
        seconds = limits.seconds_left()
        if seconds is None:
            return limits
        with self._lock:
            share = min(1.0, workers * self._sizes[part] / sum(self._sizes.values()))
        return replace(limits, deadline=time.monotonic() + max(seconds, 0.0) * share)

    def done(self, part: int) -> None:
        """Forget a part."""
        with self._lock:
            del self._sizes[part]


def _begin(compiled: Compiled, deployments: tuple[int, ...]) -> _Part:
    problem, builder = compiled.build(compiled.cells)
    last = problem.tiers[-1]
    step = int(np.gcd.reduce(last.coefficient)) or 1
    coefficient = last.coefficient // step
    widths = coefficient.astype(float) * problem.high[last.variable]
    check_range(problem, last.name, last.variable, coefficient, widths)
    layout = _first_layout(problem, builder)
    return _Part(compiled, deployments, problem, builder, layout)


def _first_layout(problem: Problem, builder: ProblemBuilder) -> Layout:
    return greedy_layout(builder, problem.tiers[-1].per_pair(problem.pairs))


def _solve_part(part: _Part, limits: Limits, report: Report, small: int) -> Solved:
    """Improve one part; one whose rows CP-SAT cannot be trusted with keeps its first layout."""
    if limits.over():
        return Solved(part.compiled.cells, part.first, _floors(part), exact=False, cut=True)
    try:
        if part.problem.pairs > small and fits_patterns(part.compiled, part.problem):
            return solve_by_patterns(part.compiled, part.problem, part.first, limits, report)
        if part.problem.pairs > small:
            return Guided(
                part.compiled, part.problem, part.builder, part.first, limits, report
            ).solve()
        effort = limits.effort(EXACT_WORK, slack=limits.slack)
        return solve_exactly(part.compiled, part.first, effort, report=report)
    except RowRangeError:
        return Solved(part.compiled.cells, part.first, _floors(part), exact=False, budget=True)


def _priced(part: _Part, solved: Solved, limits: Limits) -> Solved:
    """Return what was solved with the prices that prove its bounds, if its values are known."""
    if not solved.values:
        return solved
    catalog, problem = part.compiled.catalog, part.problem
    prices = price_part(catalog, problem, solved.values, limits, known=solved.relaxed)
    return replace(solved, prices=prices)


def _tier_names(compiled: Compiled) -> list[str]:
    """Return the names of all tiers that a part may have, in their order."""
    classes = compiled.priorities
    words = ("displaced", "unplaced")
    first = [class_name(word, priority, classes) for word in words for priority in classes]
    return [*first, MOVES, compiled.objective.name]


def _floors(part: _Part) -> tuple[TierBound, ...]:
    """Return the bounds that need no proof: nothing before the last tier is below its floor."""
    return tuple(TierBound(tier.name, tier.floor) for tier in part.problem.tiers[:-1])


def _nothing(compiled: Compiled) -> Solved:
    problem, _ = compiled.build(())
    bounds = tuple(TierBound(tier.name, tier.constant) for tier in problem.tiers)
    return Solved((), {}, bounds, exact=True)


def _merged_layout(
    parts: Sequence[tuple[_Part, tuple[Cell, ...], Layout]],
) -> tuple[tuple[Cell, ...], Layout]:
    cells: list[Cell] = []
    layout: Layout = {}
    for part, own, seats_by_cell in parts:
        for c, seats in seats_by_cell.items():
            layout[len(cells) + c] = tuple(
                replace(seat, deployment=part.deployments[seat.deployment]) for seat in seats
            )
        number = dict(enumerate(part.deployments))
        cells += [renumbered(cell, number) for cell in own]
    return tuple(cells), layout


def _merged(parts: Sequence[_Part], solved: Sequence[Solved]) -> Solved:
    cells, layout = _merged_layout(
        [(part, s.cells, s.layout) for part, s in zip(parts, solved, strict=True)]
    )
    names = dict.fromkeys(tier.name for part in parts for tier in part.problem.tiers)
    bounds = tuple(TierBound(name, _bound(name, parts, solved)) for name in names)
    return Solved(
        cells,
        layout,
        bounds,
        exact=all(s.exact for s in solved),
        budget=any(s.budget for s in solved),
        cut=any(s.cut for s in solved),
        joined=len(solved) == 1 and solved[0].joined,
        prices=joined([s.prices for s in solved], _tier_names(parts[0].compiled)),
    )


def _bound(name: str, parts: Sequence[_Part], solved: Sequence[Solved]) -> int | None:
    """Add up the bounds of one tier; a part without the tier adds 0."""
    found = []
    for part, own in zip(parts, solved, strict=True):
        known = {tier.name: tier.bound for tier in own.bounds}
        has = any(tier.name == name for tier in part.problem.tiers)
        found.append(known.get(name) if has else 0)
    return _sum(found)


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
