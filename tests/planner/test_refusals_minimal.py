"""What a refusal says cannot hold together: all of it is impossible, and without any part it is not."""

from __future__ import annotations

import re
from itertools import combinations
from random import Random

import numpy as np
import pytest

from placement.catalog.rows import NodeGroup
from placement.conflicts.case import Rule
from placement.conflicts.names import smallest_emptying
from placement.constraints.registry import CONSTRAINTS
from placement.planner import Planner
from placement.policies.base import Policy
from placement.workspace.making import make_workspace
from placement.workspace.refusal import Member, MemberKind
from placement.workspace.transitions import Transition, deploy
from placement.workspace.workspace import Environment, ModelDeployment
from tests.verifier.fleet import deployment, fleet, policy

CATALOG = fleet()
SEEDS = 150


def random_policies(rng: Random) -> list[Policy]:
    countries = [{"type": "country", "name": name} for name in ("US", "IE", "TW")]
    flavors = [{"type": "gpu", "name": name} for name in ("T4", "A10", "A100-80GB")]
    flavors.append({"type": "cpu", "name": "x86_64"})
    found: list[Policy] = []
    for i in range(rng.randrange(1, 6)):
        match rng.choice(("location", "flavor", "provider", "carbon")):
            case "location":
                rule = policy(
                    f"p{i}", "location", locations=rng.sample(countries, rng.choice((1, 2)))
                )
            case "flavor":
                rule = policy(f"p{i}", "flavor", flavors=rng.sample(flavors, rng.choice((1, 2))))
            case "provider":
                rule = policy(f"p{i}", "provider", providers=[rng.choice(("aws", "gcp"))])
            case _:
                rule = policy(f"p{i}", "carbon", maxCarbon=rng.choice((100, 350, 500)))
        found.append(rule)
    return found


def allows(member: str, policies: list[Policy], one: ModelDeployment, group: NodeGroup) -> bool:
    """Whether what a member of a conflict names allows a node group, asked by name."""
    if member == "deployment chat@production":
        return True
    if member.startswith("policy "):
        named = re.findall("`([^`]+)`", member)
        return any(rule.check(group, CATALOG) for rule in policies if rule.name in named)
    name = member.partition(" of ")[0].replace(" ", "_")
    (rule,) = (rule for rule in CONSTRAINTS if rule.name == name)
    return rule.refuses(one, group, CATALOG) is None


def left(members: tuple[str, ...], policies: list[Policy], one: ModelDeployment) -> list[str]:
    """Return the node groups that all members allow."""
    return [
        group.name
        for group in CATALOG.node_groups
        if all(allows(member, policies, one, group) for member in members)
    ]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_conflict_of_policies_is_one_and_no_member_is_idle(seed: int) -> None:
    rng = Random(seed)
    policies = random_policies(rng)
    names = [rule.name for rule in policies]
    own = tuple(rng.sample(names, rng.randrange(len(names) + 1)))
    one = deployment(
        "chat",
        policies=own,
        resources={"gpus": rng.choice((0, 1, 1, 6)), "gpuMemoryGiB": rng.choice((0, 20, 60))},
        flavors=[{"type": "gpu", "name": rng.choice(("T4", "A10"))}] if rng.random() < 0.4 else (),
    )
    rest = tuple(name for name in names if name not in own)
    before = make_workspace(policies, [Environment(name="production", policies=rest)], [], ())
    transition = deploy(before, one)
    assert isinstance(transition, Transition)
    refusal = Planner(CATALOG).transact(transition).refusal
    if refusal is None or refusal.reason != "policy":
        return
    (conflict,) = refusal.conflicts
    assert conflict.proved
    assert left(conflict.members, policies, one) == []
    for member in conflict.members[1:]:
        others = tuple(other for other in conflict.members if other != member)
        assert left(others, policies, one) != [], member


def test_many_of_them_are_refused_for_policy() -> None:
    """Else the test above would say little."""
    reasons = []
    for seed in range(40):
        policies = random_policies(Random(seed))
        stage = Environment(name="production", policies=tuple(rule.name for rule in policies))
        found = deploy(make_workspace(policies, [stage], [], ()), deployment("chat"))
        assert isinstance(found, Transition)
        refusal = Planner(CATALOG).transact(found).refusal
        reasons.append(refusal and str(refusal.reason))
    assert reasons.count("policy") > 10


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_smaller_has_nothing_in_common(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rules = [Rule(Member(MemberKind.POLICY, (f"e{i}",)), rng.random(6) < 0.6) for i in range(5)]
    masks = {rule.member: rule.mask for rule in rules}
    sizes = [
        size
        for size in range(1, 6)
        for some in combinations(masks.values(), size)
        if not np.logical_and.reduce(some).any()
    ]
    found = smallest_emptying(rules)
    assert (found is None) == (not sizes)
    if found is not None:
        assert not np.logical_and.reduce([masks[member] for member in found]).any()
        assert len(found) == min(sizes)
