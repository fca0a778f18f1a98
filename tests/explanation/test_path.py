"""The resolution path: what each step allows, in words and in numbers."""

from __future__ import annotations

from typing import Any

import pytest

from placement.explanation.values import Explanation, Remaining, StepKind
from placement.planner import Planner
from placement.workspace.effective import LeftOut, Level
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.verifier.fleet import deployment, fleet, policy

US = policy("a", "location", locations=[{"type": "country", "name": "US"}])
US_OR_EUROPE = policy(
    "b",
    "location",
    locations=[{"type": "country", "name": "US"}, {"type": "continent", "name": "Europe"}],
)
T4 = policy("c", "flavor", flavors=[{"type": "gpu", "name": "T4"}])
FOR_FUNCTIONS = policy(
    "f",
    "location",
    locations=[{"type": "continent", "name": "Asia"}],
    resourceTypes=["function"],
)
WATCHED = policy(
    "w", "location", locations=[{"type": "continent", "name": "Asia"}], enforcement="observe"
)
CAP = policy("m", "maxToken", maxTokens={"granularity": "hour", "total": 5})
POLICIES = (US, US_OR_EUROPE, T4, FOR_FUNCTIONS, WATCHED, CAP)


def explained(environment: str, own: str = "", **fields: Any) -> Explanation:
    one = deployment("chat", policies=tuple(own), **fields)
    stages = [Environment(name="production", policies=tuple(environment))]
    space = make_workspace(POLICIES, stages, [one])
    return Planner(fleet()).explain(space, "chat")


@pytest.mark.parametrize(
    ("environment", "own", "left"),
    [
        ("", "", {"asia", "cordoned", "cpu", "draining", "east", "lost", "part", "west"}),
        ("ab", "", {"cordoned", "cpu", "draining", "east", "lost", "part", "west"}),
        ("bc", "", {"cordoned", "draining", "east", "lost", "west"}),
        ("ac", "", {"cordoned", "east"}),
        ("abc", "", {"cordoned", "draining", "east", "lost", "west"}),
        ("a", "b", {"cordoned", "cpu", "east", "part"}),
        ("b", "a", {"cordoned", "cpu", "east", "part"}),
        ("b", "c", {"cordoned", "draining", "east", "lost", "west"}),
        ("a", "bc", {"cordoned", "east"}),
        ("f", "", {"asia", "cordoned", "cpu", "draining", "east", "lost", "part", "west"}),
    ],
)
def test_policies_of_one_type_and_level_widen_and_everything_else_narrows(
    environment: str, own: str, left: set[str]
) -> None:
    found = explained(environment, own)
    free = {p.node_group for p in found.places if not any(r.type for r in p.reasons)}
    assert free == left
    steps = [step for step in found.steps if step.kind in (StepKind.FLEET, StepKind.POLICY)]
    assert steps[-1].left.node_groups == len(left)


def test_every_attached_policy_is_told_with_why_it_does_not_bind() -> None:
    found = explained("afm", "w")
    told = [(item.policy, item.level, item.left_out, item.node_groups) for item in found.attached]
    assert told == [
        ("a", Level.ENVIRONMENT, None, 4),
        ("f", Level.ENVIRONMENT, LeftOut.TARGET, 1),
        ("m", Level.ENVIRONMENT, LeftOut.TYPE, 8),
        ("w", Level.DEPLOYMENT, LeftOut.OBSERVE, 1),
    ]
    assert [item.to for item in found.attached] == ["production"] * 3 + ["chat@production"]


def test_each_step_says_what_it_allows_and_what_is_left() -> None:
    found = explained(
        "ab", "c", flavors=[{"type": "gpu", "name": "T4"}], resources={"gpuMemoryGiB": 16}
    )
    told = [(step.kind, step.type, step.allows, step.alone) for step in found.steps]
    assert told == [
        (StepKind.FLEET, None, "everything", 8),
        (StepKind.POLICY, "flavor", "T4", 5),
        (StepKind.POLICY, "location", "a (US) or b (US, Europe)", 7),
        (StepKind.FLAVORS, None, "T4", 5),
        (StepKind.HARDWARE, None, "1 GPU, 1 CPU, 1 GiB of memory", 6),
        (StepKind.GPU_MEMORY, None, "16 GiB per GPU", 7),
        (StepKind.STATE, None, "a node that takes new replicas", 5),
        (StepKind.ROOM, None, "one more replica beside what runs", 2),
    ]
    assert [step.left for step in found.steps[-2:]] == [Remaining(2, 5, 20_000, 2)] * 2
    assert found.steps[1].left == Remaining(5, 8, 32_000, 2)


def test_what_is_not_asked_for_is_no_step() -> None:
    kinds = [step.kind for step in explained("").steps]
    assert kinds == [StepKind.FLEET, StepKind.HARDWARE, StepKind.STATE, StepKind.ROOM]


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"gpus": "0.25", "cpus": 2}, "0.25 of a GPU, 2 CPUs, 1 GiB of memory"),
        ({"gpus": 0, "extra": {"nic": 1}}, "no GPU, 1 CPU, 1 GiB of memory, 1 `nic`"),
        ({"gpus": 8, "cpus": 0, "memoryGiB": 0}, "8 GPUs"),
    ],
)
def test_hardware_is_told_as_one_replica_takes_it(resources: dict[str, Any], words: str) -> None:
    steps = {step.kind: step for step in explained("", resources=resources).steps}
    assert steps[StepKind.HARDWARE].allows == words
