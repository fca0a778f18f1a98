"""Drawn instances are what their descriptions say, and rivals are told the truth about them."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.generator import drawn
from benchmarks.rivals.arrays import Answer, arrays_of
from benchmarks.rivals.first_fit import best_fit, first_fit
from benchmarks.rivals.linear import as_nodes, by_node, counted, packed
from benchmarks.rivals.mip import highs
from benchmarks.rivals.scoring import scored
from benchmarks.shapes import shapes
from benchmarks.singles import singles
from benchmarks.wishes import CONTENDED, Drawing
from placement.constraints.eligibility import Eligibility
from placement.pricing import unit_price
from placement.workspace.workspace import Domain, Workspace

DRAWINGS = [
    Drawing("easy", deployments=20, nodes=60, groups=12),
    Drawing("hard", deployments=20, nodes=60, groups=24),
]


def _gpus_of(catalog):
    there = Counter()
    for group in catalog.node_groups:
        there[group.flavor] += group.gpu_count * group.count
    return there


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.variant)
def test_the_arrays_say_what_the_rules_say_by_names(drawing):
    instance = drawn(drawing)
    arrays = arrays_of(instance.catalog, instance.workspace)
    judge = Eligibility(instance.workspace, instance.catalog)
    for i, deployment in enumerate(instance.workspace.deployments):
        for g, group in enumerate(instance.catalog.node_groups):
            fits = judge.refusal(deployment, group) is None
            assert arrays.allowed[arrays.shape[i], g] == fits
            if fits:
                assert arrays.cost[arrays.shape[i], g] == unit_price(deployment, group)


def test_a_drawing_has_as_many_nodes_groups_and_deployments_as_it_says():
    drawing = Drawing("easy", deployments=50, nodes=700, groups=40)
    few, many = drawn(drawing), drawn(Drawing(**{**vars(drawing), "times": 10}))
    assert sum(group.count for group in few.catalog.node_groups) == 700
    assert sum(group.count for group in many.catalog.node_groups) == 7_000
    assert len(few.catalog.node_groups) == len(many.catalog.node_groups) == 40
    assert few.workspace == many.workspace
    assert len(few.workspace.deployments) == 50


def test_the_hard_variant_asks_for_most_of_three_models_and_has_rules_that_bind():
    instance = drawn(Drawing("hard", deployments=300, nodes=1_000, groups=100))
    there, asked = _gpus_of(instance.catalog), Counter()
    for deployment in instance.workspace.deployments:
        asked[deployment.flavors[0].name] += deployment.replicas * deployment.gpus // 1000
    assert all(asked[model] >= 0.85 * there[model] for model in CONTENDED)
    lean = [
        not d.spread and d.cpus <= 4 * d.gpus and d.memory <= 40 * d.gpus
        for d in instance.workspace.deployments
    ]
    assert 0.2 <= 1 - sum(lean) / len(lean) <= 0.4


def test_everything_that_a_drawing_asks_for_has_a_place_when_gpus_alone_bind():
    instance = drawn(DRAWINGS[0])
    arrays = arrays_of(instance.catalog, instance.workspace)
    assert scored(instance.catalog, instance.workspace, highs(arrays, 20.0, 0)).unplaced == 0


def test_singles_are_of_one_replica_and_fill_three_quarters():
    instance = singles(200, 60, seed=3)
    gpus = sum(deployment.gpus for deployment in instance.workspace.deployments) / 1000
    assert {deployment.replicas for deployment in instance.workspace.deployments} == {1}
    assert {group.gpu_count for group in instance.catalog.node_groups} == {16}
    assert gpus / (60 * 16) == pytest.approx(0.75, abs=0.08)


def test_a_table_has_far_fewer_shapes_than_rows():
    table = shapes(20_000, 250, 60, seed=1)
    workspace = Workspace.from_frames(
        table.frame, policies=table.policies, environments=table.environments
    )
    alike = {
        (d.environment, d.cpus, d.memory, d.flavors) for d in workspace.deployments
    }  # fmt: skip
    assert len(workspace.deployments) == 20_000
    assert len(alike) < 4_000
    there = sum(group.cpus * group.count for group in table.catalog.node_groups)
    assert sum(d.cpus for d in workspace.deployments) / there == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("rival", [first_fit, best_fit])
def test_an_answer_is_judged_by_the_verifier(rival):
    instance = drawn(DRAWINGS[1])
    arrays = arrays_of(instance.catalog, instance.workspace)
    answer = rival(arrays, 10.0, 0)
    score = scored(instance.catalog, instance.workspace, answer)
    placed = np.zeros(arrays.deployments, np.int64)
    np.add.at(placed, answer.deployment, answer.replicas)
    assert score.unplaced == ((arrays.replicas - placed) @ arrays.weight) / 1000
    doubled = Answer(answer.deployment, answer.group, answer.index, 2 * answer.replicas)
    with pytest.raises(ValueError, match="rules are broken"):
        scored(instance.catalog, instance.workspace, doubled)


def test_counts_that_are_packed_again_are_the_same_counts():
    instance = drawn(DRAWINGS[0])
    arrays = arrays_of(instance.catalog, instance.workspace)
    answer = best_fit(arrays, 10.0, 0)
    counts = counted(arrays, answer)
    assert (counted(arrays, packed(arrays, counts)) == counts).all()


def test_an_answer_by_node_is_worth_the_same_by_group():
    instance = drawn(DRAWINGS[1])
    arrays = arrays_of(instance.catalog, instance.workspace)
    answer = as_nodes(arrays, best_fit(by_node(arrays), 10.0, 0))
    assert scored(instance.catalog, instance.workspace, answer).cost > 0
    assert any(s.domain is None for s in arrays.spreads) == any(
        entry.over is Domain.NODE for d in instance.workspace.deployments for entry in d.spread
    )
