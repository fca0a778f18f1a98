"""Which deployments a selector means, and who else is in a domain."""

from __future__ import annotations

from typing import Any

import pytest

from placement.constraints.peers import PeerIndex, has_other, selects
from placement.workspace.workspace import Domain, PeerSelector
from tests.verifier.fleet import At, deployment, fleet, view_of, workspace

ONE = deployment("chat", labels={"app": "a", "team": "x"})


@pytest.mark.parametrize(
    ("selector", "right"),
    [
        ({}, True),
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "a", "team": "x"}}, True),
        ({"matchLabels": {"app": "a", "team": "y"}}, False),
        ({"matchLabels": {"tier": "a"}}, False),
        ({"environment": "production"}, True),
        ({"environment": "development"}, False),
        ({"environment": "development", "matchLabels": {"app": "a"}}, False),
        ({"environment": "production", "matchLabels": {"app": "b"}}, False),
    ],
)
def test_a_selector_means_labels_and_environment(selector: dict[str, Any], right: bool) -> None:
    meant = PeerSelector.model_validate(selector)
    assert selects(meant, ONE) is right
    view = view_of(fleet(), workspace(ONE, deployment("z")), At("chat", "east/0"))
    held = PeerIndex(view).placed_in(meant, Domain.NODE)
    assert held == ({"east/0": {("chat", "production")}} if right else {})


@pytest.mark.parametrize(
    ("keys", "right"),
    [("", False), ("a", False), ("b", True), ("ab", True), ("bc", True), ("abc", True)],
)
def test_the_others_are_all_but_me(keys: str, right: bool) -> None:
    found = frozenset((model, "production") for model in keys)
    assert has_other(found, ("a", "production")) is right
    assert has_other(found, ("a", "development")) is bool(keys)
