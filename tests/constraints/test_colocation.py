from __future__ import annotations

import pytest

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()


def near(over: str, **labels: str):
    rule = {"selector": {"matchLabels": labels}, "over": over}
    return workspace(
        deployment("chat", replicas=2, labels={"app": "a"}, togetherWith=[rule]),
        deployment("cache", replicas=3, labels={"app": "b"}),
    )


@pytest.mark.parametrize(
    ("over", "places", "right"),
    [
        ("node", [At("chat", "east/0"), At("cache", "east/0")], True),
        ("node", [At("chat", "east/0"), At("cache", "east/1")], False),
        ("region", [At("chat", "east/0"), At("cache", "east/1")], True),
        ("region", [At("chat", "east/0"), At("chat", "west/0"), At("cache", "east/1")], False),
        ("region", [At("cache", "west/0")], True),  # one-way
        ("region", [At("chat", "east/0")], False),  # nobody there at all
    ],
)
def test_every_domain_of_mine_holds_a_match(over: str, places: list[At], right: bool) -> None:
    found = judge(CATALOG, near(over, app="b"), *places).violations
    assert [v.rule for v in found] == ([] if right else ["colocation"])


def test_a_deployment_is_no_company_for_itself() -> None:
    (violation,) = judge(CATALOG, near("node", app="a"), At("chat", "east/0", 2)).violations
    assert violation.message == "node `east/0` holds no replica that its `togetherWith` selects"


def test_an_empty_selector_accepts_any_other() -> None:
    assert judge(CATALOG, near("node"), At("chat", "east/0"), At("cache", "east/0")).ok
