"""When the fewest moves have no order, the fewest that have one are found, or a refusal is proved."""

from __future__ import annotations

from collections import Counter

import pytest

from placement.plan.rows import Certificate
from placement.planner import Planner
from placement.preview import Preview
from placement.solvers import ordered as ordered_solver
from placement.verifier import verify
from placement.workspace.transitions import Transition, attach, deploy
from tests.verifier.fleet import (
    EAST,
    WEST,
    At,
    deployment,
    fleet,
    gpu_group,
    policy,
    running,
    workspace,
)
from tests.worlds.changes.change import Change
from tests.worlds.changes.fewest import Outcome
from tests.worlds.changes.generator import solved_change
from tests.worlds.changes.package import transition_of
from tests.worlds.package import catalog_of

FIRST_SEED = 810_000
SEEDS = 90

Solved = list[tuple[Change, Outcome]]


@pytest.fixture(scope="module")
def solved() -> Solved:
    """Changes in which the order matters."""
    found = [solved_change(seed) for seed in range(FIRST_SEED, FIRST_SEED + SEEDS)]
    return [(change, o) for change, o in found if o.order_costs or o.order_refuses]


def answer(change: Change) -> Preview:
    return Planner(catalog_of(change.before)).transact(
        transition_of(change),
        catalog=catalog_of(change.after) if change.kind == "capacity" else None,
        allow_partial=change.allow_partial,
        evict=change.evict,
    )


def test_where_the_order_costs_moves_the_fewest_that_have_one_are_proved(solved: Solved) -> None:
    costly = [(change, outcome) for change, outcome in solved if outcome.order_costs]
    assert len(costly) >= 5
    for change, outcome in costly:
        plan = answer(change).plan
        tiers = tuple((tier.name, tier.value) for tier in plan.tiers[:-1])
        assert tiers == outcome.tiers, change.seed
        assert plan.certificate is Certificate.GLOBAL, change.seed
        judged = verify(
            catalog_of(change.after),
            transition_of(change).after,
            plan,
            before=transition_of(change).before,
        )
        assert judged.violations == (), change.seed


def test_where_no_order_leads_anywhere_it_is_refused_with_a_proof(solved: Solved) -> None:
    refused = [change for change, outcome in solved if outcome.order_refuses]
    assert len(refused) >= 3
    found = Counter(str(answer(change).refusal.reason) for change in refused)
    assert found == {"no-order": len(refused)}


# --- two that have to change places -----------------------------------------------------------

ROOMS = [gpu_group(name, EAST, "a", "T4", 1, gpu_count=1) for name in ("left", "right")]
ASIDE = gpu_group("aside", WEST, "a", "T4", 1, gpu_count=1)
DEAR = policy("dear", "location", locations=[{"type": "country", "name": "US"}])


def swap(*, aside: bool, rollout: str = "surge") -> tuple[Transition, Preview]:
    """Return an edit after which the one on the right has to be on the left.

    With a third node, in another country, the one on the left may step aside to it.
    """
    catalog = fleet(*ROOMS[:1], gpu_group("right", WEST, "a", "T4", 1, gpu_count=1),
                    *([ASIDE] if aside else []))  # fmt: skip
    both = [deployment(name, rollout=rollout) for name in ("stays", "goes")]
    before = running(
        catalog, workspace(*both, policies=[DEAR]), At("stays", "left/0"), At("goes", "right/0")
    )
    transition = attach(before, "dear", environment="production", model="goes")
    assert isinstance(transition, Transition)
    return transition, Planner(catalog).transact(transition)


def test_two_cannot_change_places_without_a_third() -> None:
    _, preview = swap(aside=False)
    assert preview.refusal is not None
    assert preview.refusal.reason == "no-order"
    assert [conflict.proved for conflict in preview.refusal.conflicts] == [True]


def test_with_a_third_place_one_steps_aside_first() -> None:
    _, preview = swap(aside=True)
    waves = [[(step.model, step.to_node) for step in wave] for wave in preview.plan.waves]
    assert waves == [[("stays", "aside/0")], [("goes", "left/0")]]
    assert preview.plan.certificate is Certificate.GLOBAL


def test_those_that_may_stop_change_places_in_one_wave() -> None:
    _, preview = swap(aside=False, rollout="recreate")
    assert preview.refusal is None
    assert [len(wave) for wave in preview.plan.waves] == [2]


@pytest.mark.parametrize(("name", "value"), [("MOST_VARIABLES", 0), ("MOST_WAVES", 1)])
def test_no_order_is_no_proof_where_not_all_of_them_were_looked_at(
    monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(ordered_solver, name, value)
    _, preview = swap(aside=False)
    assert preview.refusal is not None
    assert preview.refusal.reason == "order-unknown"
    assert preview.refusal.is_undecided
    assert preview.refusal.conflicts == ()


def test_a_new_version_that_its_old_one_keeps_out_has_no_order() -> None:
    catalog = fleet(*ROOMS)
    full = running(catalog, workspace(deployment("chat", replicas=2)),
                   At("chat", "left/0"), At("chat", "right/0"))  # fmt: skip
    found = deploy(full, deployment("chat", replicas=2, version="2"))
    assert isinstance(found, Transition)
    preview = Planner(catalog).transact(found)
    assert preview.refusal is not None
    assert preview.refusal.reason == "capacity"
    again = deploy(full, deployment("chat", replicas=2, version="2", rollout="recreate"))
    assert isinstance(again, Transition)
    assert Planner(catalog).transact(again).refusal is None
