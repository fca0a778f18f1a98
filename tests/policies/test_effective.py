"""Lineage by names, and the keys under which masks are shared."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placement.policies.registry import POLICY_TYPES
from placement.problem.eligibility import eligible_mask, policy_key
from placement.workspace.effective import LeftOut, Level, observed, resolve
from placement.workspace.workspace import Workspace
from tests.policies.test_laws import random_world
from tests.policies.worlds import REGIONS, gpu_group, make_catalog, make_workspace, policy

POLICIES = (
    policy("us", "location", locations=[{"type": "country", "name": "US"}]),
    policy("asia", "location", locations=[{"type": "continent", "name": "Asia"}]),
    policy("t4", "flavor", flavors=[{"type": "gpu", "name": "T4"}]),
    policy("aws", "provider", providers=["aws"], enforcement="observe"),
    policy("gcp", "provider", providers=["gcp"], resourceTypes=["function"]),
    policy("watch", "provider", providers=["gcp"], resourceTypes=["job"], enforcement="observe"),
    policy("cap", "maxToken", maxTokens={"granularity": "day"}),
)
TOKYO_L4 = gpu_group("tokyo-l4", REGIONS[4], "L4")
CATALOG = make_catalog([TOKYO_L4, gpu_group("us-t4", REGIONS[0], "T4")])


def _workspace(environment: str = "", deployment: str = "") -> Workspace:
    return make_workspace(POLICIES, environment=environment.split(), deployment=deployment.split())


def test_lineage_names_level_policy_and_why_it_is_left_out() -> None:
    workspace = _workspace("us cap gcp asia aws watch us", "t4 us")
    effective = resolve(workspace, workspace.deployments[0])
    assert (effective.model, effective.environment) == ("chat", "production")
    assert [(a.level, a.policy.name, a.left_out) for a in effective.attachments] == [
        (Level.ENVIRONMENT, "asia", None),
        (Level.ENVIRONMENT, "us", None),
        (Level.ENVIRONMENT, "cap", LeftOut.TYPE),
        (Level.ENVIRONMENT, "aws", LeftOut.OBSERVE),
        (Level.ENVIRONMENT, "gcp", LeftOut.TARGET),
        (Level.ENVIRONMENT, "watch", LeftOut.TARGET),
        (Level.DEPLOYMENT, "t4", None),
        (Level.DEPLOYMENT, "us", None),
    ]
    names = [item.name for item in effective.binding(Level.ENVIRONMENT, "location")]
    assert names == ["asia", "us"]
    assert effective.binding(Level.ENVIRONMENT, "provider") == ()


def test_refusing_types_follow_the_registry() -> None:
    workspace = _workspace("us t4", "us")
    effective = resolve(workspace, workspace.deployments[0])
    assert effective.refusing_types(TOKYO_L4, CATALOG) == ("flavor", "location")
    assert list(effective.refusals(TOKYO_L4, CATALOG)) == [
        (Level.ENVIRONMENT, "flavor"),
        (Level.ENVIRONMENT, "location"),
        (Level.DEPLOYMENT, "location"),
    ]
    assert not effective.allows(TOKYO_L4, CATALOG)
    assert effective.allows(CATALOG.groups_by_name["us-t4"], CATALOG)
    assert list(POLICY_TYPES).index("flavor") < list(POLICY_TYPES).index("location")


def test_observed_policies_are_those_that_aim_here_each_once() -> None:
    workspace = _workspace("aws watch us", "aws")
    assert [item.name for item in observed(workspace, workspace.deployments[0])] == ["aws"]
    assert observed(_workspace("us"), workspace.deployments[0]) != ()
    assert observed(_workspace("us"), _workspace("us").deployments[0]) == ()


def test_an_observed_policy_alone_restricts_nothing() -> None:
    workspace = _workspace("aws")
    assert resolve(workspace, workspace.deployments[0]).allows(TOKYO_L4, CATALOG)


def test_unknown_names_raise() -> None:
    workspace = _workspace("nothing")
    with pytest.raises(KeyError, match="nothing"):
        resolve(workspace, workspace.deployments[0])
    with pytest.raises(KeyError, match="nothing"):
        policy_key(workspace, workspace.deployments[0])


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (("", ""), ("", ""), True),
        (("us", ""), ("us us", ""), True),
        (("us asia", ""), ("asia us", ""), True),
        (("us", ""), ("us cap aws gcp watch", "cap aws"), True),
        (("us", ""), ("asia", ""), False),
        (("us", ""), ("", "us"), False),
        (("us asia", ""), ("us", "asia"), False),
    ],
)
def test_key(left: tuple[str, str], right: tuple[str, str], same: bool) -> None:
    first, second = _workspace(*left), _workspace(*right)
    keys = policy_key(first, first.deployments[0]), policy_key(second, second.deployments[0])
    assert (keys[0] == keys[1]) is same
    assert len({*keys}) == 2 - same


def test_a_key_does_not_depend_on_names() -> None:
    spec = {"locations": [{"type": "country", "name": "US"}]}
    first = make_workspace([policy("a", "location", **spec)], environment=["a"])
    second = make_workspace([policy("b", "location", **spec)], environment=["b"])
    third = make_workspace([policy("a", "provider", providers=["US"])], environment=["a"])
    keys = [policy_key(w, w.deployments[0]) for w in (first, second, third)]
    assert keys[0] == keys[1] != keys[2]


def test_equal_keys_have_equal_masks() -> None:
    rng = Random(5)
    met = 0
    for _ in range(60):
        world = random_world(rng)
        by_key: dict[object, np.ndarray] = {}
        shared: dict[str, np.ndarray] = {}
        for _ in range(8):
            workspace = make_workspace(
                world.policies,
                environment=[p.name for p in world.policies if rng.random() < 0.3],
                deployment=[p.name for p in world.policies if rng.random() < 0.2],
            )
            (chat,) = workspace.deployments
            key = policy_key(workspace, chat)
            mask = eligible_mask(workspace, chat, world.catalog.table, {})
            met += key in by_key
            np.testing.assert_array_equal(by_key.setdefault(key, mask), mask)
            again = eligible_mask(workspace, chat, world.catalog.table, shared)
            np.testing.assert_array_equal(again, mask)
    assert met >= 50


def test_masks_are_filled_once_and_never_changed() -> None:
    masks: dict[str, np.ndarray] = {}
    workspace = _workspace("us asia", "us")
    (chat,) = workspace.deployments
    first = eligible_mask(workspace, chat, CATALOG.table, masks)
    assert len(masks) == 2
    kept = {key: mask.copy() for key, mask in masks.items()}
    first[:] = ~first
    second = eligible_mask(workspace, chat, CATALOG.table, masks)
    np.testing.assert_array_equal(second, ~first)
    for key, mask in masks.items():
        np.testing.assert_array_equal(mask, kept[key])
