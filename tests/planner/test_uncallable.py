"""What can be called no more is what has no replica any more, whatever the reason."""

from __future__ import annotations

from placement import Planner
from placement.catalog.rows import NodeState
from placement.workspace.making import make_workspace
from placement.workspace.transitions import set_enabled
from tests.store.fleet import chat, fleet

GONE = (("chat", "production", "A"),)


def running():
    planner = Planner(fleet())
    return planner, planner.deploy(make_workspace(), chat("A", replicas=2)).workspace


def test_a_lost_fleet_leaves_nothing_to_call():
    planner, workspace = running()
    lost = fleet().with_state("aws", NodeState.LOST).with_state("gcp", NodeState.LOST)
    preview = planner.apply_change(workspace, catalog=lost)
    assert preview.plan.transition.uncallable == GONE
    back = Planner(lost).apply_change(preview.workspace, catalog=fleet(), retry_unplaced=True)
    assert back.plan.transition.uncallable == ()


def test_a_node_less_takes_nothing_away_while_a_replica_is_left():
    planner, workspace = running()
    node = workspace.running[0].node
    preview = planner.apply_change(workspace, catalog=fleet().with_state(node, NodeState.LOST))
    assert preview.plan.transition.uncallable == ()


def test_another_version_and_a_switch_take_the_old_one_away():
    planner, workspace = running()
    assert planner.deploy(workspace, chat("B")).plan.transition.uncallable == GONE
    off = set_enabled(workspace, "chat", environment="production", enabled=False)
    assert planner.transact(off).plan.transition.uncallable == GONE
