"""What is expected is the common kinds of what is asked for, each as often as its replicas."""

from decimal import Decimal

from placement.workspace.expected import Expected
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment


def deployment(name, replicas, gpus=1, **fields):
    asked = {"name": name, "version": "1", "replicas": replicas, "resources": {"gpus": gpus}}
    return ModelDeployment.model_validate(asked | fields)


def expected(*deployments):
    kinds = Expected.of(make_workspace(deployments=deployments)).kinds
    return [(one.gpus, count) for one, count in kinds]


def test_kinds_come_by_how_many_replicas_they_have():
    assert expected(deployment("a", 2), deployment("b", 5, gpus=2)) == [(2000, 5), (1000, 2)]


def test_deployments_that_differ_only_in_name_are_one_kind():
    half = Decimal("0.5")
    found = expected(deployment("a", 2), deployment("b", 3, gpus=half), deployment("c", 2))
    assert found == [(1000, 4), (500, 3)]


def test_what_is_switched_off_or_has_no_gpu_is_not_expected():
    without = {"flavors": [{"type": "cpu", "name": "x86_64"}]}
    assert expected(deployment("a", 9, enabled=False), deployment("b", 9, gpus=0, **without)) == []


def test_rare_kinds_beyond_95_of_100_replicas_are_left_out():
    assert expected(deployment("a", 95), deployment("b", 5, gpus=2)) == [(1000, 95)]
    assert expected(deployment("a", 94), deployment("b", 6, gpus=2)) == [(1000, 94), (2000, 6)]
