"""Nodes billed whole: who shares a node pays a part of it, whether the change is about him or not."""

from __future__ import annotations

import pytest

from placement.planner import Planner
from placement.preview import Preview
from placement.verifier import verify
from placement.workspace.transitions import Transition, delete, deploy
from placement.workspace.workspace import ModelDeployment
from tests.verifier.fleet import EAST, USD, At, deployment, fleet, gpu_group, running, workspace

FOUR = fleet(gpu_group("g", EAST, "a", "T4", 4, gpu_count=2, price=6 * USD))
CHAT, PAIR = deployment("chat", replicas=2), deployment("pair")
SPACE = running(
    FOUR, workspace(CHAT, PAIR), At("chat", "g/0"), At("chat", "g/1"), At("pair", "g/0")
)


def answered(found: object, planner: Planner, **options: str) -> Preview:
    assert isinstance(found, Transition)
    preview = planner.transact(found, **options)
    assert preview.refusal is None
    judged = verify(FOUR, found.after, preview.plan, before=found.before)
    assert judged.violations == ()
    return preview


def costs(preview: Preview) -> dict[tuple[str, str], int]:
    """Return what each row costs in USD per hour."""
    return {(row.model, row.node): row.cost // 10**6 for row in preview.plan.assignments}


@pytest.mark.parametrize(
    ("wish", "node"),
    [(deployment("chat", replicas=3), "g/1"), (deployment("new"), "g/1")],
    ids=["one replica more", "one that is new"],
)
def test_a_node_that_is_paid_for_is_taken_first_and_its_price_is_shared(
    wish: ModelDeployment, node: str
) -> None:
    found = costs(answered(deploy(SPACE, wish), Planner(FOUR), billing="node"))
    assert {at for _, at in found} == {"g/0", node}
    assert sum(found.values()) == 12
    assert found["pair", "g/0"] == 3


def test_who_is_left_alone_on_a_node_pays_it_whole() -> None:
    gone = delete(SPACE, "pair", environment="production")
    found = costs(answered(gone, Planner(FOUR), billing="node"))
    assert found == {("chat", "g/0"): 6, ("chat", "g/1"): 6}


def test_how_the_change_before_was_billed_is_no_matter() -> None:
    planner = Planner(FOUR)
    first = answered(deploy(SPACE, deployment("new")), planner, billing="node")
    for billing in ("share", "node"):
        warm = answered(delete(first.workspace, "new", environment="production"), planner,
                        billing=billing)  # fmt: skip
        fresh = answered(delete(first.workspace, "new", environment="production"),
                         Planner(FOUR), billing=billing)  # fmt: skip
        assert warm.digest == fresh.digest
        assert costs(warm) == costs(fresh)
