from __future__ import annotations

from placement.objectives.cost import Cost, row_costs
from placement.options import Billing
from tests.verifier.fleet import At, deployment, fleet, view_of, workspace

CATALOG = fleet()
SPACE = workspace(
    deployment("chat", replicas=9),
    deployment("half", replicas=9, resources={"gpus": "0.5"}),
    deployment("tool", replicas=9, resources={"gpus": 0, "cpus": 2}),
)
VIEW = view_of(
    CATALOG,
    SPACE,
    At("chat", "east/0", 2),
    At("half", "east/0", 1, 3),
    At("chat", "west/0", 1),
    At("tool", "cpu/1", 3),
)


def test_by_share_every_replica_pays_its_part() -> None:
    assert row_costs(VIEW, billing=Billing.SHARE) == (1_000_000, 577_500, 250_000, 375_000)
    assert Cost().check(VIEW) == 2_202_500


def test_by_node_every_node_in_use_is_paid_whole() -> None:
    assert row_costs(VIEW, billing=Billing.NODE) == (1_600_000, 2_310_000, 400_000, 500_000)
    assert Cost(billing=Billing.NODE).check(VIEW) == 2_000_000 + 2_310_000 + 500_000


def test_nothing_placed_costs_nothing() -> None:
    nothing = view_of(CATALOG, SPACE)
    assert [Cost(billing=billing).check(nothing) for billing in Billing] == [0, 0]
