"""A change of one deployment among ten thousand costs little more than copying pointers."""

from __future__ import annotations

import time

import pytest

from placement.workspace.making import make_workspace
from placement.workspace.transitions import delete, deploy, release, set_enabled
from placement.workspace.workspace import ModelDeployment
from tests.workspace.transitions.stages import DEV, PROD, row


def fastest(action, repeats=7):
    """Seconds of processor time, so that other work on the machine does not count."""
    taken = []
    for _ in range(repeats):
        started = time.thread_time()
        action()
        taken.append(time.thread_time() - started)
    return min(taken)


@pytest.fixture(scope="module")
def fleet():
    asked = [ModelDeployment(name=f"m{index:05}", version="A") for index in range(10_000)]
    asked.append(ModelDeployment(name="m00007", environment=DEV, version="B"))
    found = make_workspace(deployments=asked, running=[row(one) for one in asked])
    assert len(found.by_key) == len(found.running_by_key) == 10_001
    return found


def test_one_change_among_ten_thousand_takes_milliseconds(fleet):
    new = ModelDeployment(name="m05000a", version="A")
    changes = [
        lambda: release(fleet, "m00007", source=DEV, target=PROD),
        lambda: deploy(fleet, new),
        lambda: delete(fleet, "m05000", environment=PROD),
        lambda: set_enabled(fleet, "m05000", environment=PROD, enabled=False),
    ]
    for change in changes:
        assert change().changed or change().removed
        assert fastest(change) < 0.02


def test_the_digest_after_one_change_takes_milliseconds():
    asked = [ModelDeployment(name=f"m{index:05}", version="A") for index in range(3_000)]
    before = make_workspace(deployments=asked)
    cold = fastest(lambda: before.__dict__.pop("digest", None) or before.digest, repeats=1)
    versions = iter(range(10))

    def again():
        after = deploy(before, ModelDeployment(name="m00007", version=str(next(versions)))).after
        assert after.digest != before.digest

    assert fastest(again) < min(0.02, cold / 4)
