"""Alike deployments are one class, others are not, and replicas are dealt back in order."""

from __future__ import annotations

import pytest

from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.problem.classes import Classes, merge
from placement.problem.compiler import compile_snapshot
from tests.verifier.fleet import EAST, WEST, deployment, fleet, gpu_group, workspace


def merged(*deployments, cpus=16, objective="cost") -> Classes:
    """Return the classes of some deployments on nodes of four GPUs, of two models."""
    groups = [
        gpu_group(name, region, "b", flavor, 3, cpus=cpus * 1000)
        for name, region, flavor in (("one", EAST, "T4"), ("two", WEST, "A100-80GB"))
    ]
    catalog = fleet(*groups)
    compiled = compile_snapshot(
        workspace(*deployments),
        catalog,
        objective=parse_objective(objective, billing=Billing.SHARE),
        bill_nodes=False,
        masks={},
    )
    return merge(compiled)


def test_alike_deployments_are_one_class_with_the_replicas_of_all():
    classes = merged(deployment("a", replicas=2), deployment("b", replicas=3))
    assert classes.members == ((0, 1),)
    assert [d.replicas for d in classes.compiled.deployments] == [5]
    assert classes.compiled.wanted == (5,)


DIFFERENT = {
    "another demand": {"resources": {"gpus": 2}},
    "another priority": {"priority": 1},
    "other nodes": {"flavors": [{"type": "gpu", "name": "T4"}]},
    "a rule about domains": {"spread": [{"over": "zone", "maxPerDomain": 1}]},
    "a minimum": {"replicas": 2, "minReplicas": 2},
}


@pytest.mark.parametrize("what", sorted(DIFFERENT))
def test_others_stay_by_themselves(what):
    classes = merged(deployment("a"), deployment("b", **DIFFERENT[what]))
    assert classes.members == ((0,), (1,))


def test_whom_a_rule_of_another_names_stays_by_itself():
    selector = {"matchLabels": {"app": "chat"}}
    rule = [{"selector": selector, "over": "node"}]
    classes = merged(
        deployment("a", labels={"app": "chat"}),
        deployment("b"),
        deployment("c", separateFrom=rule),
        deployment("d"),
    )
    assert classes.members == ((0,), (1, 3), (2,))


def test_cpus_that_cannot_run_short_tell_nobody_apart():
    few, many = {"gpus": 1, "cpus": 1}, {"gpus": 1, "cpus": 4}
    pair = (deployment("a", resources=few), deployment("b", resources=many))
    assert merged(*pair, cpus=16).members == ((0, 1),)
    assert merged(*pair, cpus=15).members == ((0,), (1,))


def test_cpus_tell_deployments_apart_where_some_use_no_gpu():
    few, many = {"gpus": 1, "cpus": 1}, {"gpus": 1, "cpus": 4}
    models = [{"type": "gpu", "name": name} for name in ("T4", "A100-80GB")]
    third = deployment("c", flavors=models, resources={"gpus": 0, "cpus": 1})
    classes = merged(deployment("a", resources=few), deployment("b", resources=many), third)
    assert classes.members == ((0,), (1,), (2,))


def test_cpus_tell_deployments_apart_where_they_have_a_value():
    few, many = {"gpus": 1, "cpus": 1}, {"gpus": 1, "cpus": 4}
    pair = (deployment("a", resources=few), deployment("b", resources=many))
    assert merged(*pair, objective="carbon").members == ((0,), (1,))


def test_replicas_are_dealt_in_order_each_up_to_its_wish():
    classes = merged(*(deployment(name, replicas=n) for name, n in (("a", 2), ("b", 0), ("c", 3))))
    assert list(classes.deal(0, [1, 3])) == [(0, 0, 1), (1, 0, 1), (1, 2, 2)]
