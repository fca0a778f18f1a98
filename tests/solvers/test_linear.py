"""The relaxation: its bound is below every integer solution, whatever the prices."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from math import ceil
from random import Random

import numpy as np
import pytest

from placement.problem.problem import INFINITE
from placement.solvers import linear
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, first_of_each
from tests.solvers.problems import least, make_problem, make_tier, random_problem, solutions

MODELS = 300
SCALE = 20
"""Random prices are integers over two to this power."""


def feasible_models():
    """Yield seed, problem, tier and one solution of every model that has one."""
    for seed in range(MODELS):
        problem, tier = random_problem(seed)
        found = solutions(problem)
        if len(found):
            yield seed, problem, tier, found[seed % len(found)]


def fair_prices(rng, relaxation):
    """Return random integer prices with the signs that the sides of the rows allow."""
    prices = np.array([rng.randint(-(2**22), 2**22) for _ in relaxation.low], np.int64)
    prices[(prices > 0) & (relaxation.low == -INFINITE)] = 0
    prices[(prices < 0) & (relaxation.high == INFINITE)] = 0
    return prices


def dual_bound(problem, tier, prices):
    """Return the weak-duality bound of prices in fractions, row by row.

    Values of a tier differ by multiples of what its coefficients share, so it is rounded up to one.
    """
    rows, step = problem.rows, Fraction(1, 2**SCALE)
    reduced = [Fraction(0)] * len(problem.low)
    for v, c in zip(tier.variable.tolist(), tier.coefficient.tolist(), strict=True):
        reduced[v] += c
    total = Fraction(0)
    for r, price in enumerate(prices.tolist()):
        side = rows.low[r] if price > 0 else rows.high[r]
        total += price * step * int(side) if price else 0
        for entry in range(rows.start[r], rows.start[r + 1]):
            reduced[rows.variable[entry]] -= price * step * int(rows.coefficient[entry])
    for v, value in enumerate(reduced):
        total += value * int(problem.low[v] if value > 0 else problem.high[v])
    shared = int(np.gcd.reduce(tier.coefficient)) or 1
    return tier.constant + ceil(total / shared) * shared


def test_the_bound_is_never_above_the_best_integer_solution():
    models = list(feasible_models())
    assert len(models) > MODELS // 2
    wrong, met = [], 0
    for seed, problem, tier, start in models:
        relaxed = Relaxation(problem).minimise(tier, start, limits=Limits())
        if relaxed is None or relaxed.bound > least(problem, tier):
            wrong.append(seed)
        else:
            met += relaxed.bound == least(problem, tier)
    assert wrong == []
    assert met > len(models) // 2


def test_the_bound_under_closed_tiers_is_never_above_the_best_solution_of_these():
    wrong = []
    for seed, problem, tier, start in feasible_models():
        first = make_tier([1, 0, 2, 0, -1], 4, "first")
        value = least(problem, first)
        found = solutions(problem)
        rest = found[first.constant + found[:, first.variable] @ first.coefficient <= value]
        best = tier.constant + int((rest[:, tier.variable] @ tier.coefficient).min())
        relaxed = Relaxation(problem, [(first, value)]).minimise(tier, start, limits=Limits())
        if relaxed is not None and relaxed.bound > best:
            wrong.append(seed)
    assert wrong == []


def test_any_prices_give_a_valid_bound_and_it_is_exact():
    wrong = []
    for seed, problem, tier, _ in feasible_models():
        relaxation, rng = Relaxation(problem), Random(seed)
        cost = np.zeros(len(problem.low), np.int64)
        cost[tier.variable] = tier.coefficient
        for _ in range(5):
            prices = fair_prices(rng, relaxation)
            reduced = relaxation._reduced(cost, prices, SCALE)
            bound = relaxation._bound(tier, prices, reduced, SCALE)
            if bound != dual_bound(problem, tier, prices) or bound > least(problem, tier):
                wrong.append(seed)
    assert wrong == []


def test_the_reduced_costs_bound_every_solution_that_uses_a_column():
    """A solution is never below the bound by more than the rounding of one step."""
    wrong = []
    for seed, problem, tier, start in feasible_models():
        relaxed = Relaxation(problem).minimise(tier, start, limits=Limits())
        shared = int(np.gcd.reduce(tier.coefficient)) or 1
        for solution in solutions(problem):
            used = np.flatnonzero((solution > problem.low) & (relaxed.reduced > 0))
            extra = sum(int(relaxed.reduced[v]) for v in used.tolist()) >> relaxed.scale
            if tier.value(solution) <= relaxed.bound - shared + extra:
                wrong.append(seed)
                break
    assert wrong == []


def test_the_relaxation_solves_what_is_integral_anyway():
    """Two deployments, two cells with room for three: a transport problem."""
    rows = [
        ([1, 1, 0, 0], 2, 2),
        ([0, 0, 1, 1], 3, 3),
        ([1, 0, 1, 0], None, 3),
        ([0, 1, 0, 1], None, 3),
    ]
    problem, tier = make_problem([0] * 4, [3] * 4, rows), make_tier([1, 5, 2, 9])
    relaxed = Relaxation(problem).minimise(tier, np.array([0, 2, 3, 0]), limits=Limits())
    assert relaxed.bound == least(problem, tier)
    assert tier.value(np.rint(relaxed.counts).astype(np.int64)) == relaxed.bound


def bounds_of_all(monkeypatch, *, cheapest, entering):
    """Return the bound of every model when so many columns come first, and then per round."""
    monkeypatch.setattr(linear, "ALL_COLUMNS", -1)
    monkeypatch.setattr(linear, "CHEAPEST", cheapest)
    monkeypatch.setattr(linear, "ENTERING", entering)
    return [
        Relaxation(problem).minimise(tier, start, limits=Limits()).bound
        for _, problem, tier, start in feasible_models()
    ]


def test_columns_that_are_left_out_at_first_still_enter(monkeypatch):
    at_once = bounds_of_all(monkeypatch, cheapest=12, entering=6)
    assert bounds_of_all(monkeypatch, cheapest=0, entering=1) == at_once


def test_no_time_gives_no_prices():
    _, problem, tier, start = next(feasible_models())
    late = Limits(deadline=time.monotonic() - 1)
    assert Relaxation(problem).minimise(tier, start, limits=late) is None


@pytest.mark.parametrize("power", [30, 40, 46, 50])
def test_large_coefficients_give_no_false_bound(power):
    wrong = []
    for seed, problem, tier, start in feasible_models():
        large = replace(tier, coefficient=tier.coefficient << power)
        relaxed = Relaxation(problem).minimise(large, start, limits=Limits())
        if relaxed is not None and relaxed.bound > least(problem, large):
            wrong.append(seed)
    assert wrong == []


def test_the_smallest_of_each_owner_are_chosen():
    owner, key = np.array([0, 1, 0, 1, 0]), np.array([5, 1, 3, 1, 3])
    assert sorted(first_of_each(owner, key, 1).tolist()) == [1, 2]
    assert sorted(first_of_each(owner, key, 2).tolist()) == [1, 2, 3, 4]
    assert first_of_each(owner[:0], key[:0], 3).tolist() == []
