"""CP-SAT behind its guards: right answers on small models, no row that it could get wrong."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from placement.errors import ObjectiveRangeError, SolverFaultError
from placement.solvers.cpsat import OBJECTIVE_LIMIT, Effort, Model, Outcome, complete
from tests.solvers.problems import (
    least,
    long_rows,
    make_problem,
    make_tier,
    random_problem,
    solutions,
)

EFFORT = Effort(work=20.0)
MODELS = 300


def reach(model: Model) -> int:
    """Return the most that any row of a model can reach, by the variables' own domains."""
    domains = [max(map(abs, variable.domain)) for variable in model._proto.variables]
    return max(
        sum(abs(c) * domains[v] for v, c in zip(row.linear.vars, row.linear.coeffs, strict=True))
        for row in model._proto.constraints
    )


def wrong_answers(problem, tier):
    """Return what CP-SAT says against brute force."""
    best = least(problem, tier)
    answer = Model(problem).minimise(tier, EFFORT)
    if best is None:
        return answer.outcome is not Outcome.INFEASIBLE
    return answer.outcome is not Outcome.OPTIMAL or not (
        answer.bound == best == tier.value(answer.solution)
        and (solutions(problem) == answer.solution).all(axis=1).any()
    )


def test_small_models_are_answered_like_brute_force():
    models = [random_problem(seed) for seed in range(MODELS)]
    hopeless = sum(least(*model) is None for model in models)
    assert 0 < hopeless < MODELS // 2
    assert [seed for seed, model in enumerate(models) if wrong_answers(*model)] == []


def test_long_rows_are_answered_like_brute_force():
    models = [long_rows(seed) for seed in range(MODELS)]
    hopeless = sum(least(*model) is None for model in models)
    assert 0 < hopeless < MODELS // 2
    assert [seed for seed, model in enumerate(models) if wrong_answers(*model)] == []


def test_long_rows_over_variables_above_zero_are_answered_like_brute_force():
    models = [long_rows(seed, lowest=1) for seed in range(MODELS)]
    assert [seed for seed, model in enumerate(models) if wrong_answers(*model)] == []


def test_no_row_reaches_the_limit_after_it_was_cut():
    models = [Model(long_rows(seed)[0]) for seed in range(MODELS)]
    assert sum(bool(model._partials) for model in models) > MODELS // 10
    assert [seed for seed, model in enumerate(models) if reach(model) >= 2**31] == []


def test_a_row_is_divided_by_what_its_coefficients_share():
    model = Model(make_problem([0, 0], [9, 9], [([2**30, 2**31], 2**30 + 1, 5 * 2**30 + 7)]))
    (row,) = model._proto.constraints
    assert list(row.linear.coeffs) == [1, 2]
    assert list(row.linear.domain) == [2, 5]


def test_a_long_row_with_a_negative_coefficient_is_a_fault():
    problem = make_problem([0, 0], [4, 4], [([2**30 + 1, -(2**30)], None, 5)])
    with pytest.raises(SolverFaultError, match="a row cannot be kept below 2147483647"):
        Model(problem)


def test_a_long_row_with_a_large_side_is_a_fault():
    problem = make_problem([0, 0], [4, 4], [([2**30 + 1, 2**30], None, 2**31)])
    with pytest.raises(SolverFaultError, match="a row cannot be kept below"):
        Model(problem)


def test_a_long_row_without_an_upper_side_is_a_fault():
    problem = make_problem([0, 0], [4, 4], [([2**30 + 1, 2**30], 1, None)])
    with pytest.raises(SolverFaultError, match="a row cannot be kept below"):
        Model(problem)


def test_a_long_row_over_a_variable_below_zero_is_a_fault():
    problem = make_problem([-1, 0], [4, 4], [([2**30 + 1, 2**30], None, 5)])
    with pytest.raises(SolverFaultError, match="a row cannot be kept below"):
        Model(problem)


@pytest.mark.parametrize(("low", "high"), [(1, 2**30), (0, -1)])
def test_a_long_row_that_cannot_hold_is_infeasible_and_no_fault(low, high):
    problem = make_problem([low, 0], [4, 4], [([2**30 + 1, 2**30], None, high)])
    answer = Model(problem).minimise(make_tier([1, 1]), EFFORT)
    assert answer.outcome is Outcome.INFEASIBLE


def test_a_tier_that_may_reach_too_far_is_a_fault():
    model = Model(make_problem([0, 0], [2**13, 1], []))
    with pytest.raises(ObjectiveRangeError, match="the values of `cost`"):
        model.minimise(make_tier([OBJECTIVE_LIMIT // 2**13, 1]), EFFORT)


def test_coefficients_that_share_a_factor_are_divided_by_it():
    model = Model(make_problem([1], [2**13], []))
    answer = model.minimise(make_tier([OBJECTIVE_LIMIT]), EFFORT)
    assert (answer.outcome, answer.bound) == (Outcome.OPTIMAL, OBJECTIVE_LIMIT)


def test_answers_are_right_up_to_the_limit_of_objectives():
    """A double cannot tell large neighbours apart; the solver compares value and bound as such."""
    wrong = []
    for seed in range(MODELS):
        problem, tier = random_problem(seed, size=6)
        coefficient = tier.coefficient.copy()
        coefficient[0] += OBJECTIVE_LIMIT // (8 * max(1, int(problem.high[0])))
        if wrong_answers(problem, replace(tier, coefficient=coefficient)):
            wrong.append(seed)
    assert wrong == []


def test_a_model_that_the_solver_refuses_is_a_fault():
    with pytest.raises(SolverFaultError, match="the solver refused a model"):
        Model(make_problem([2], [1], [])).minimise(make_tier([1]), EFFORT)


def test_a_row_without_variables_holds_or_rules_everything_out():
    fine = make_problem([0], [1], [([0], 0, 0)])
    assert Model(fine).minimise(make_tier([1]), EFFORT).bound == 0
    for sides in ((1, None), (None, -1)):
        problem = make_problem([0], [1], [([0], *sides)])
        assert Model(problem).minimise(make_tier([1]), EFFORT).outcome is Outcome.INFEASIBLE


def test_a_tier_that_was_fixed_is_not_given_up():
    problem = make_problem([0, 0], [5, 5], [([1, 1], 3, None)])
    first, second = make_tier([1, 0], 10), make_tier([0, 1])
    model = Model(problem)
    model.fix_tier(first, 11)
    answer = model.minimise(second, EFFORT)
    assert answer.solution.tolist() == [1, 2]


def test_a_hint_is_complete_also_for_the_partial_sums():
    for seed in range(40):
        problem, tier = long_rows(seed)
        for solution in solutions(problem)[:1]:
            model = Model(problem)
            model.hint(solution)
            hint = model._proto.solution_hint
            values = np.zeros(len(model._proto.variables), np.int64)
            values[list(hint.vars)] = list(hint.values)
            assert len(hint.vars) == len(values)
            for row in model._proto.constraints:
                total = int(values[list(row.linear.vars)] @ np.array(list(row.linear.coeffs)))
                assert row.linear.domain[0] <= total <= row.linear.domain[1]
            assert model.minimise(tier, EFFORT).bound == least(problem, tier)


def test_a_solve_that_may_end_early_claims_no_more_than_it_proved():
    for seed in range(60):
        problem, tier = random_problem(seed)
        best = least(problem, tier)
        answer = Model(problem).minimise(tier, Effort(work=20.0, slack=5))
        if best is None:
            assert answer.outcome is Outcome.INFEASIBLE
            continue
        assert answer.outcome is Outcome.FEASIBLE
        assert answer.bound <= best <= tier.value(answer.solution) <= answer.bound + 5


def test_counts_that_are_given_are_kept():
    problem = make_problem([0, 0, 0], [5, 5, 5], [([1, 1, -1], 0, 0)])
    answer = complete(problem, np.array([2, 1]), {}, make_tier([0, 0, 1]), EFFORT)
    assert answer.solution.tolist() == [2, 1, 3]


def test_a_deadline_in_the_past_is_no_error():
    problem, tier = hard_problem()
    answer = Model(problem).minimise(tier, Effort(work=1e9, deadline=time.monotonic() - 1))
    assert answer.outcome in (Outcome.UNKNOWN, Outcome.FEASIBLE)
    assert (answer.bound is None) == (answer.outcome is Outcome.UNKNOWN)


def test_a_solve_ends_when_asked_to_from_outside():
    problem, tier = hard_problem()
    asked = threading.Event()
    timer = threading.Timer(0.5, asked.set)
    timer.start()
    started = time.monotonic()
    answer = Model(problem).minimise(tier, Effort(work=1e9, stopped=asked.is_set))
    timer.cancel()
    assert answer.outcome in (Outcome.UNKNOWN, Outcome.FEASIBLE)
    assert time.monotonic() - started < 30


def hard_problem():
    """Return a market split: a few equations that take CP-SAT very long."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(6):
        row = rng.integers(0, 100, 50).tolist()
        rows.append((row, sum(row) // 2, sum(row) // 2))
    return make_problem([0] * 50, [1] * 50, rows), make_tier([1] * 50)
