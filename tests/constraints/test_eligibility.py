"""Why a deployment may not use a node group: the first rule that refuses, and its sentence."""

from __future__ import annotations

from typing import Any

import pytest

from placement.constraints.eligibility import Eligibility, Refusal
from tests.verifier.fleet import GROUPS, deployment, fleet, policy, workspace

CATALOG = fleet()
GROUP = {group.name: group for group in GROUPS}
RULES = (
    policy("asia", "location", locations=[{"type": "continent", "name": "AS"}]),
    policy("gcp", "provider", providers=["gcp"]),
)
T4, A100 = {"type": "gpu", "name": "T4"}, {"type": "gpu", "name": "A100"}


@pytest.mark.parametrize(
    ("group", "production", "fields", "refusal"),
    [
        ("east", (), {}, None),
        ("asia", ("gcp", "asia"), {}, None),
        (
            "east",
            ("asia",),
            {"flavors": [A100]},  # the policies are asked first
            Refusal("location", "not allowed by the policies of type `location`"),
        ),
        (
            "east",
            ("gcp", "asia"),
            {},
            Refusal("location", "not allowed by the policies of type `location`, `provider`"),
        ),
        (
            "east",
            (),
            {"flavors": [A100], "resources": {"gpus": 5}},
            Refusal("flavors", "flavor is gpu `T4`, the deployment lists gpu `A100`"),
        ),
        (
            "east",
            (),
            {"flavors": [T4], "resources": {"gpus": 5, "gpuMemoryGiB": 17}},
            Refusal("hardware", "a replica needs 5 GPUs, the node has 4"),
        ),
        (
            "east",
            (),
            {"resources": {"gpuMemoryGiB": 17}},
            Refusal("gpu_memory", "a replica needs 17 GiB per GPU, `T4` has 16"),
        ),
        ("lost", (), {}, None),  # the state of a node is not about eligibility
    ],
)
def test_the_first_rule_that_refuses_is_named(
    group: str, production: tuple[str, ...], fields: dict[str, Any], refusal: Refusal | None
) -> None:
    one = deployment("chat", **fields)
    judge = Eligibility(workspace(one, policies=RULES, production=production), CATALOG)
    assert judge.refusal(one, GROUP[group]) == refusal
    assert judge.refusal(one, GROUP[group]) == refusal  # also when it is remembered


def test_answers_are_kept_apart_by_deployment_and_node_group() -> None:
    one, other = deployment("chat"), deployment("other", resources={"gpus": 5})
    judge = Eligibility(workspace(one, other), CATALOG)
    asked = [(d, g) for d in (one, other) for g in ("east", "cpu", "asia")]
    wrong = [(d.name, g) for d, g in asked if judge.refusal(d, GROUP[g]) is not None]
    assert wrong == [("chat", "cpu"), ("other", "east"), ("other", "cpu")]
    assert judge.effective(one).model == "chat"
    assert judge.effective(other).model == "other"
    assert judge.effective(one) == judge.effective(one)
