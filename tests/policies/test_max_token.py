"""Token caps: read, kept, shown, and of no effect on placement."""

from __future__ import annotations

from random import Random

import pytest
from pydantic import ValidationError

from placement.policies.registry import POLICY_TYPES
from placement.workspace.effective import LeftOut, resolve
from tests.policies.halves import allowed, eligible
from tests.policies.worlds import make_workspace, policy, random_catalog

CATALOG = random_catalog(Random(1))
FULL = {
    "granularity": "day",
    "step": 2,
    "input": 10,
    "output": 20,
    "total": 25,
    "ratioInputOverOutput": 3,
}


def test_is_the_only_type_that_never_places() -> None:
    assert [name for name, kind in POLICY_TYPES.items() if not kind.places] == ["maxToken"]


def test_allows_everything_on_any_level() -> None:
    everything = {group.name for group in CATALOG.node_groups}
    cap = policy("cap", "maxToken", maxTokens={"granularity": "minute", "total": 1})
    assert allowed(cap, CATALOG) == everything
    workspace = make_workspace([cap], environment=["cap"], deployment=["cap"])
    assert eligible(workspace, CATALOG) == everything


def test_is_reported_as_no_placement_policy() -> None:
    cap = policy("cap", "maxToken", maxTokens={"granularity": "minute", "total": 1})
    workspace = make_workspace([cap], environment=["cap"])
    (attachment,) = resolve(workspace, workspace.deployments[0]).attachments
    assert attachment.left_out is LeftOut.TYPE
    assert str(attachment.left_out) == "not a placement policy"


def test_is_kept_as_written() -> None:
    document = policy("cap", "maxToken", maxTokens=FULL).model_dump(mode="json", by_alias=True)
    assert document["maxTokens"] == FULL


@pytest.mark.parametrize(
    ("caps", "text"),
    [
        (FULL, "10 input tokens, 20 output tokens, 25 tokens per 2 days"),
        ({"granularity": "hour", "total": 5}, "5 tokens per hour"),
        ({"granularity": "month"}, "no cap per month"),
    ],
)
def test_options(caps: dict[str, object], text: str) -> None:
    options = policy("cap", "maxToken", maxTokens=caps).options()
    assert options == f"not a placement policy ({text})"


@pytest.mark.parametrize(
    ("caps", "where"),
    [
        ({}, "granularity"),
        ({"granularity": "week"}, "granularity"),
        ({"granularity": "day", "step": 0}, "step"),
        ({"granularity": "day", "input": -1}, "input"),
        ({"granularity": "day", "tokens": 5}, "tokens"),
    ],
)
def test_errors(caps: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError, match=where):
        policy("cap", "maxToken", maxTokens=caps)
