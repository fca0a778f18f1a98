"""The tables of the semantics, row by row, against sets written by hand."""

from __future__ import annotations

import pytest

from tests.policies.halves import eligible
from tests.policies.worlds import (
    REGIONS,
    cpu_group,
    gpu_group,
    make_catalog,
    make_workspace,
    policy,
)

REGION = {region.key: region for region in REGIONS}

CATALOG = make_catalog(
    [
        gpu_group("us-t4", REGION["aws/us-east-1"], "T4"),
        gpu_group("us-l4", REGION["aws/us-east-1"], "L4"),
        gpu_group("canada-t4", REGION["aws/ca-central-1"], "T4"),
        gpu_group("london-t4", REGION["aws/eu-west-2"], "T4"),
        gpu_group("paris-l4", REGION["aws/eu-west-3"], "L4"),
        gpu_group("tokyo-t4", REGION["aws/ap-northeast-1"], "T4"),
        gpu_group("tokyo-l4", REGION["aws/ap-northeast-1"], "L4"),
        gpu_group("brazil-t4", REGION["gcp/southamerica-east1"], "T4"),
        cpu_group("us-cpu", REGION["aws/us-east-1"], "x86_64"),
        cpu_group("tokyo-cpu", REGION["aws/ap-northeast-1"], "arm64"),
    ]
)

EVERYTHING = {group.name for group in CATALOG.node_groups}
US = {"us-t4", "us-l4", "us-cpu"}
ASIA = {"tokyo-t4", "tokyo-l4", "tokyo-cpu"}
NORTH_AMERICA = {"us-t4", "us-l4", "us-cpu", "canada-t4"}
EUROPE = {"london-t4", "paris-l4"}
T4 = {"us-t4", "canada-t4", "london-t4", "tokyo-t4", "brazil-t4"}

POLICIES = (
    policy("us", "location", locations=[{"type": "country", "name": "US"}]),
    policy("asia", "location", locations=[{"type": "continent", "name": "Asia"}]),
    policy(
        "na-eu",
        "location",
        locations=[
            {"type": "continent", "name": "North America"},
            {"type": "continent", "name": "Europe"},
        ],
    ),
    policy("t4", "flavor", flavors=[{"type": "gpu", "name": "T4"}]),
    policy("l4", "flavor", flavors=[{"type": "gpu", "name": "L4"}]),
    policy("brazil", "location", locations=[{"type": "country", "name": "Brazil"}]),
    policy(
        "us-functions",
        "location",
        locations=[{"type": "country", "name": "US"}],
        resourceTypes=["function"],
    ),
    policy(
        "us-fraud",
        "location",
        locations=[{"type": "country", "name": "US"}],
        selector={"matchLabels": {"team": "fraud"}},
    ),
    policy(
        "us-observed",
        "location",
        locations=[{"type": "country", "name": "US"}],
        enforcement="observe",
    ),
    policy("tokens", "maxToken", maxTokens={"granularity": "day", "total": 1}),
)

ROWS = [
    # environment, deployment, expected
    ("us asia t4", "", {"us-t4", "tokyo-t4"}),
    ("", "", EVERYTHING),
    ("us na-eu", "", NORTH_AMERICA | EUROPE),
    ("na-eu t4", "", {"us-t4", "canada-t4", "london-t4"}),
    ("us t4", "", {"us-t4"}),
    ("us na-eu t4", "", {"us-t4", "canada-t4", "london-t4"}),
    ("us", "na-eu", US),
    ("na-eu", "us", US),
    ("na-eu", "t4", {"us-t4", "canada-t4", "london-t4"}),
    ("us", "na-eu t4", {"us-t4"}),
    ("us-functions", "", EVERYTHING),
    # beyond the published rows
    ("", "us asia t4", {"us-t4", "tokyo-t4"}),
    ("us us", "us", US),
    ("us", "asia", set()),
    ("brazil l4", "", set()),
    ("t4 l4", "us", {"us-t4", "us-l4"}),
    ("us-functions asia", "", ASIA),
    ("us-functions t4", "", T4),
    ("us-fraud", "", EVERYTHING),
    ("us-fraud asia", "", ASIA),
    ("us-observed", "", EVERYTHING),
    ("us-observed asia", "", ASIA),
    ("asia", "us-observed", ASIA),
    ("tokens", "tokens", EVERYTHING),
    ("tokens us", "", US),
]


@pytest.mark.parametrize(("environment", "deployment", "expected"), ROWS)
def test_row(environment: str, deployment: str, expected: set[str]) -> None:
    workspace = make_workspace(
        POLICIES, environment=environment.split(), deployment=deployment.split()
    )
    assert eligible(workspace, CATALOG) == expected


def test_allowed_places_and_hardware_may_each_exist_and_yet_nowhere_together() -> None:
    assert eligible(make_workspace(POLICIES, environment=["brazil"]), CATALOG) == {"brazil-t4"}
    assert eligible(make_workspace(POLICIES, environment=["l4"]), CATALOG)
    assert eligible(make_workspace(POLICIES, environment=["brazil", "l4"]), CATALOG) == set()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [({}, EVERYTHING), ({"team": "fraud"}, US), ({"team": "search"}, EVERYTHING)],
)
def test_target_is_judged_before_the_empty_test(labels: dict[str, str], expected: set[str]) -> None:
    """A policy that does not aim at the deployment leaves the type open, not closed."""
    workspace = make_workspace(POLICIES, environment=["us-fraud"], labels=labels)
    assert eligible(workspace, CATALOG) == expected


def test_a_second_policy_of_a_type_widens_there_and_narrows_below() -> None:
    widened = make_workspace(POLICIES, environment=["us", "na-eu"])
    narrowed = make_workspace(POLICIES, environment=["na-eu"], deployment=["us"])
    assert eligible(widened, CATALOG) == NORTH_AMERICA | EUROPE
    assert eligible(narrowed, CATALOG) == US


def test_removing_the_last_policy_of_a_type_opens() -> None:
    assert eligible(make_workspace(POLICIES, environment=["us", "t4"]), CATALOG) == {"us-t4"}
    assert eligible(make_workspace(POLICIES, environment=["t4"]), CATALOG) == T4
    assert eligible(make_workspace(POLICIES), CATALOG) == EVERYTHING
