"""The truth tables of the selector and of the target: both halves share them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from placement.policies.base import ResourceKind, Selector
from tests.policies.worlds import policy

WANTED_LABELS_MATCHES = [
    ({}, {}, True),
    ({}, {"team": "fraud"}, True),
    ({"team": "fraud"}, {}, False),
    ({"team": "fraud"}, {"team": "fraud"}, True),
    ({"team": "fraud"}, {"team": "search"}, False),
    ({"team": "fraud"}, {"Team": "fraud"}, False),
    ({"team": "fraud"}, {"team": "Fraud"}, False),
    ({"team": "fraud"}, {"team": "fraud", "tier": "1"}, True),
    ({"team": "fraud", "tier": "1"}, {"team": "fraud"}, False),
    ({"team": "fraud", "tier": "1"}, {"tier": "1"}, False),
    ({"team": "fraud", "tier": "1"}, {"team": "fraud", "tier": "2"}, False),
    ({"team": "fraud", "tier": "1"}, {"tier": "1", "team": "fraud"}, True),
    ({"team": ""}, {}, False),
    ({"team": ""}, {"team": ""}, True),
]


@pytest.mark.parametrize(("wanted", "labels", "matches"), WANTED_LABELS_MATCHES)
def test_selector(wanted: dict[str, str], labels: dict[str, str], matches: bool) -> None:
    assert Selector(match_labels=wanted).matches(labels) is matches


RESOURCE_TYPES_INCLUDES = [
    ([], True),
    (["model"], True),
    (["function"], False),
    (["function", "model"], True),
    (["agent", "function"], False),
    (["model", "model"], True),
]


@pytest.mark.parametrize(("kinds", "includes"), RESOURCE_TYPES_INCLUDES)
@pytest.mark.parametrize(("wanted", "labels", "matches"), [({}, {}, True), ({"a": "1"}, {}, False)])
def test_target(
    kinds: list[str],
    includes: bool,
    wanted: dict[str, str],
    labels: dict[str, str],
    matches: bool,
) -> None:
    aimed = policy(
        "p", "provider", providers=["aws"], resourceTypes=kinds, selector={"matchLabels": wanted}
    )
    assert aimed.targets(labels) is (includes and matches)


def test_resource_kinds_are_a_closed_list() -> None:
    kinds = ["agent", "application", "function", "job", "model", "sandbox"]
    assert [kind.value for kind in ResourceKind] == kinds
    with pytest.raises(ValidationError, match="resourceTypes"):
        policy("p", "provider", providers=["aws"], resourceTypes=["modle"])


def test_selector_refuses_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="matchExpressions"):
        policy("p", "provider", providers=["aws"], selector={"matchExpressions": []})
