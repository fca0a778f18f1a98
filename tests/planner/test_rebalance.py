"""Prices change: nothing moves, unless it may and saves enough."""

from __future__ import annotations

from decimal import Decimal

import pytest

from placement import InputError, Planner, verify
from placement.options import Rebalance
from tests.worlds.changes.generator import random_change
from tests.worlds.package import catalog_of, workspace_of


def fleet(seed):
    change = random_change(seed)
    return catalog_of(change.before), workspace_of(change.before)


def cheaper(catalog):
    """Return the catalog in which the last node group costs next to nothing."""
    return catalog.with_price(catalog.node_groups[-1].name, 1_000_000)


def tier(plan, name):
    found = next(tier for tier in plan.tiers if tier.name == name)
    return found.value


def rebalanced(seed, saving, most):
    catalog, workspace = fleet(seed)
    new = cheaper(catalog)
    return (
        new,
        workspace,
        Planner(catalog).apply_change(
            workspace, catalog=new, rebalance=Rebalance(Decimal(saving), Decimal(most))
        ),
    )


SEEDS = range(60)


def test_a_price_change_moves_nothing_by_itself():
    for seed in SEEDS:
        catalog, workspace = fleet(seed)
        preview = Planner(catalog).apply_change(workspace, catalog=cheaper(catalog))
        assert preview.refusal is None
        assert {(r.key, r.node) for r in preview.plan.assignments} == {
            (r.key, r.node) for r in workspace.running
        }


def test_moves_pay_at_least_what_is_asked_and_stay_below_the_most():
    moved = 0
    for seed in SEEDS:
        catalog, workspace = fleet(seed)
        still = Planner(catalog).apply_change(workspace, catalog=cheaper(catalog)).plan
        for saving, most in (("0.5", "2"), ("0.01", "8"), ("100", "8")):
            new, _, preview = rebalanced(seed, saving, most)
            if preview.refusal is not None:
                assert preview.refusal.reason in ("no-order", "order-unknown")
                continue
            gpus = tier(preview.plan, "moves")
            assert gpus <= int(most) * 1000
            saved = tier(still, "cost") - tier(preview.plan, "cost")
            assert saved * 1000 >= gpus * Decimal(saving) * 1_000_000
            assert verify(new, preview.before, preview.plan, before=preview.before).ok
            moved += gpus > 0
    assert moved > 20


def test_a_threshold_that_nothing_reaches_moves_nothing():
    for seed in SEEDS:
        _, _, preview = rebalanced(seed, "100000", "8")
        assert tier(preview.plan, "moves") == 0


def test_a_higher_threshold_never_moves_more():
    for seed in SEEDS:
        moves = []
        for saving in ("0", "0.2", "1", "5"):
            _, _, preview = rebalanced(seed, saving, "100")
            if preview.refusal is None:
                moves.append(tier(preview.plan, "moves"))
        assert moves == sorted(moves, reverse=True)


@pytest.mark.parametrize(("saving", "most"), [("-1", "1"), ("1", "-1"), ("NaN", "1")])
def test_numbers_that_mean_nothing_are_refused(saving, most):
    with pytest.raises(InputError, match="must be a finite number"):
        Rebalance(Decimal(saving), Decimal(most))
