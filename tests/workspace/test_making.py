"""Workspaces of objects built in code are checked like files."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from placement.errors import InputError
from placement.policies.location import LocationEntry, LocationPolicy
from placement.workspace import make_workspace
from placement.workspace.workspace import (
    Environment,
    ModelDeployment,
    RequestOrigin,
    Resources,
    Spread,
)


def codes(**objects):
    with pytest.raises(InputError) as caught:
        make_workspace(**objects)
    assert {found.file for found in caught.value.diagnostics} == {"<python>"}
    return [found.code for found in caught.value.diagnostics]


def us(name="us", country="US"):
    return LocationPolicy(name=name, locations=(LocationEntry(type="country", name=country),))


def chat(**fields):
    return ModelDeployment(**{"name": "chat", "version": "A", **fields})


def test_objects_are_sorted_and_the_two_environments_exist():
    workspace = make_workspace(
        [us("b"), us("a")], [Environment(name="qa")], [chat(), chat(environment="development")]
    )
    assert list(workspace.policies) == ["a", "b"]
    assert list(workspace.environments) == ["development", "production", "qa"]
    assert [one.environment for one in workspace.deployments] == ["development", "production"]


def test_references_are_checked():
    assert codes(environments=[Environment(name="qa", policies=("us",))]) == ["PL301"]
    assert codes(deployments=[chat(policies=("us",))]) == ["PL301"]
    assert codes(deployments=[chat(environment="qa")]) == ["PL302"]


def test_names_are_checked():
    assert codes(policies=[us(), us()]) == ["PL303"]
    assert codes(deployments=[chat(), chat(replicas=2)]) == ["PL303"]
    assert codes(policies=[us(country="Untied States")]) == ["PL304"]
    assert codes(policies=[us(name="")]) == ["PL313"]


def test_an_environment_may_say_what_production_is():
    workspace = make_workspace([us()], [Environment(name="production", policies=("us",))])
    assert workspace.environments["production"].policies == ("us",)


@pytest.mark.parametrize(
    "fields",
    [
        {"replicas": "3"},
        {"replicas": True},
        {"replicas": -1},
        {"enabled": "yes"},
        {"min_replicas": 2},
        {"priority": 10**6 + 1},
        {"version": 1},
        {"version": ""},
        {"labels": {"": "a"}},
        {"resources": {"gpus": 1.5}},
        {"resources": {"gpus": "1"}},
        {"resources": {"gpus": True}},
        {"resources": {"cpus": float("nan")}},
        {"resources": {"cpus": float("inf")}},
        {"resources": {"cpus": Decimal("NaN")}},
        {"resources": {"memory_gib": 0.0001}},
        {"spread": [{"over": "node"}]},
        {"unknown": 1},
    ],
)
def test_objects_refuse_what_files_refuse(fields):
    with pytest.raises(ValidationError):
        chat(**fields)


def test_floats_are_taken_as_they_are_written():
    assert Resources(gpus=0.1).gpus == Decimal("0.1")
    assert Resources(gpus=2.0).gpus == 2
    assert RequestOrigin(country="Norway", weight=0.3).country == "NO"
    assert Spread(over="node", max_skew=1).max_skew == 1
