from __future__ import annotations

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()


def test_a_disabled_deployment_runs_nowhere() -> None:
    space = workspace(deployment("chat", enabled=False), deployment("other"))
    assert judge(CATALOG, space, At("other", "east/0")).ok
    (violation,) = judge(CATALOG, space, At("other", "east/0"), At("chat", "east/1")).violations
    assert violation.rule == "enabled"
    assert violation.message == "1 replicas placed, the deployment is disabled"


def test_it_is_counted_in_no_tier() -> None:
    space = workspace(deployment("chat", enabled=False, priority=7))
    assert [tier.name for tier in judge(CATALOG, space).tiers] == ["unplaced", "moves", "cost"]
