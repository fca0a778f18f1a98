"""A slice of a problem has the solutions of the problem in which all else keeps its value."""

from __future__ import annotations

from random import Random

import numpy as np

from placement.solvers.slicing import Slicer
from tests.solvers.problems import make_problem, make_tier, solutions

PROBLEMS = 400


def drawn(rng: Random):
    """Return a random problem with few variables, and one of its solutions (None without any)."""
    size = rng.randint(2, 5)
    low = [rng.randint(0, 1) for _ in range(size)]
    high = [a + rng.randint(0, 2) for a in low]
    rows = []
    for _ in range(rng.randint(1, 4)):
        row = [rng.choice([0, 0, 1, 2, -1, 3]) for _ in range(size)]
        rows.append((row, rng.choice([None, -1, 1]), rng.choice([None, 2, 4, 6])))
    tiers = [make_tier([rng.randint(-3, 3) for _ in range(size)], rng.randint(0, 5))]
    problem = make_problem(low, high, rows, tiers)
    there = solutions(problem)
    return problem, (there[rng.randrange(len(there))] if len(there) else None)


def as_set(points):
    return {tuple(point) for point in points.tolist()}


def test_a_slice_has_the_solutions_that_agree_with_what_is_fixed_and_their_values():
    rng, seen, cut_off = Random(5), 0, 0
    for _ in range(PROBLEMS):
        problem, point = drawn(rng)
        if point is None:
            continue
        size = len(problem.low)
        free = np.array(sorted(rng.sample(range(size), rng.randint(1, size))), np.int64)
        cut = Slicer(problem).cut(point, free, problem.low[free], problem.high[free])
        found = np.array([cut.restored(part) for part in solutions(cut.problem)])
        held = np.setdiff1d(np.arange(size), free)
        there = solutions(problem)
        wanted = there[(there[:, held] == point[held]).all(axis=1)]
        assert as_set(found) == as_set(wanted)
        for part, whole in zip(solutions(cut.problem), found, strict=True):
            assert cut.problem.tiers[0].value(part) == problem.tiers[0].value(whole)
        assert tuple(cut.restored(cut.hinted(point))) == tuple(point)
        seen += 1
        cut_off += len(wanted) < len(there)
    assert seen > PROBLEMS / 2
    assert cut_off > PROBLEMS / 5


def test_rows_that_cannot_bind_are_left_out():
    problem = make_problem([0, 0], [3, 3], [([1, 1], None, 6), ([1, 2], None, 5)])
    cut = Slicer(problem).cut(np.array([0, 0]), np.array([0]), np.array([0]), np.array([3]))
    assert len(cut.problem.rows) == 0
    cut = Slicer(problem).cut(np.array([0, 2]), np.array([0]), np.array([0]), np.array([3]))
    assert cut.problem.rows.high.tolist() == [1]


def test_a_stricter_side_holds_in_the_slice_alone():
    problem = make_problem([0, 0], [3, 3], [([1, 1], None, 4)])
    slicer = Slicer(problem)
    slicer.high[0] = 2
    both = np.array([0, 1])
    cut = slicer.cut(np.zeros(2, np.int64), both, problem.low, problem.high)
    assert max(map(sum, solutions(cut.problem).tolist())) == 2
    assert problem.rows.high.tolist() == [4]


def test_the_activity_of_a_row_is_its_sum():
    problem = make_problem([0, 0], [3, 3], [([1, 2], None, 9), ([0, 3], None, 9)])
    assert Slicer(problem).activity(np.array([1, 2])).tolist() == [5, 6]
