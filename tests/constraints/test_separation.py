from __future__ import annotations

from typing import Any

import pytest

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()


def apart(over: str = "node", labels: dict[str, str] | None = None, **selector: Any):
    rule = {"selector": {"matchLabels": labels or {}, **selector}, "over": over}
    return workspace(
        deployment("chat", replicas=2, labels={"app": "a"}, separateFrom=[rule]),
        deployment("other", replicas=2, labels={"app": "b"}),
    )


@pytest.mark.parametrize(
    ("over", "node", "right"),
    [
        ("node", "east/1", True),
        ("node", "east/0", False),
        ("zone", "east/1", False),
        ("region", "west/0", True),
        ("provider", "west/0", False),
        ("provider", "asia/0", True),
    ],
)
def test_no_domain_holds_both(over: str, node: str, right: bool) -> None:
    found = judge(CATALOG, apart(over), At("chat", "east/0"), At("other", node)).violations
    assert [v.rule for v in found] == ([] if right else ["separation"])


def test_the_message_names_domain_and_other_side() -> None:
    places = At("chat", "east/0"), At("other", "east/0")
    (violation,) = judge(CATALOG, apart("zone"), *places).violations
    assert violation.message == "zone `aws/us-east-1/a` also holds `other@production`"
    assert violation.subject == "chat@production"


@pytest.mark.parametrize(
    ("selector", "right"),
    [
        ({"labels": {"app": "b"}}, False),
        ({"labels": {"app": "c"}}, True),
        ({"labels": {"app": "b", "team": "x"}}, True),
        ({"environment": "production"}, False),
        ({"environment": "development"}, True),
    ],
)
def test_the_selector_says_who(selector: dict[str, Any], right: bool) -> None:
    space = apart(**selector)
    found = judge(CATALOG, space, At("chat", "east/0"), At("other", "east/0")).violations
    assert [v.rule for v in found] == ([] if right else ["separation"])


def test_a_deployment_is_not_kept_apart_from_itself() -> None:
    assert judge(CATALOG, apart(), At("chat", "east/0", 2)).ok
