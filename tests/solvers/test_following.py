"""A layout near given counts: it has them where they fit, completes them and breaks no rule."""

from __future__ import annotations

import numpy as np

from placement.solvers.following import layout_near
from placement.solvers.greedy import counts_of, greedy_layout
from tests.solvers.seats import Snapshot
from tests.solvers.test_greedy import fleet, problem_of, values_of, wish, worlds_of


def test_a_layout_near_the_counts_of_a_layout_is_hardly_ever_another_and_breaks_no_rule():
    same, worlds = 0, worlds_of(2, 300)
    for world in worlds:
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        counts = counts_of(builder, greedy_layout(builder, values_of(problem)))
        near = layout_near(builder, values_of(problem), counts).layout()
        assert not snapshot.broken_rules(snapshot.plan(snapshot.compiled.cells, near))
        same += (counts_of(builder, near) == counts).all()
    assert same > 0.9 * len(worlds)


def test_counts_that_leave_something_out_are_completed_and_others_cut():
    catalog = fleet(("a", "T4", 2, 4, 64, 5), ("b", "L4", 2, 4, 64, 9))
    problem, builder = problem_of(catalog, wish("chat", 10), wish("code", 4))
    counts = np.array([0, 5, 9, 1], np.int64)
    near = counts_of(builder, layout_near(builder, values_of(problem), counts).layout())
    assert near.tolist() == [4, 6, 4, 0]
