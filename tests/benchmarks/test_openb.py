"""The policies that the trace is replayed with do what their authors say, within capacity."""

import numpy as np
import pytest

from benchmarks.openb.arrivals import arriving
from benchmarks.openb.cluster import Cluster
from benchmarks.openb.expecting import LeastStranded
from benchmarks.openb.made_up import write
from benchmarks.openb.measures import measure_arrays, measure_offline, measure_policies
from benchmarks.openb.online import run_online
from benchmarks.openb.policies import POLICIES, Fgd, Fragments, typical
from benchmarks.openb.replay import replay
from benchmarks.openb.trace import Hardware, Nodes, Pods, Shape, read_nodes, read_pods
from benchmarks.openb.worlds import groups_of
from benchmarks.registry import Options
from placement.workspace.expected import Expected

WHOLE = Shape(4_000, 0, 1, 1000, ())
HALF = Shape(2_000, 0, 1, 500, ())


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("openb"))
    return read_nodes(folder), read_pods(folder, "default")


def test_lists_are_read(trace):
    nodes, pods = trace
    assert len(nodes.names) == 13
    assert nodes.gpu_milli == 52_000
    assert nodes.models == ("A", "B", "C")
    assert len(pods.of) == 60
    assert any(shape.models == ("A", "C") for shape in pods.shapes)


@pytest.mark.parametrize("asked", [0.2, 1.0, 1.3])
def test_pods_arrive_until_the_share_has_been_asked_for(trace, asked):
    nodes, pods = trace
    order = arriving(pods, nodes, np.random.default_rng(3), asked)
    total = int(pods.gpu_milli[order].sum())
    assert asked * nodes.gpu_milli - 8_000 <= total <= asked * nodes.gpu_milli


def test_the_whole_list_arrives_before_any_pod_does_twice(trace):
    nodes, pods = trace
    order = arriving(pods, nodes, np.random.default_rng(3), 3.0)
    first = order[: len(pods.of)]
    assert sorted(first) == sorted(pods.of)


@pytest.mark.parametrize("name", POLICIES)
def test_no_policy_uses_more_than_there_is(trace, name):
    nodes, pods = trace
    run = replay(POLICIES[name], nodes, pods, seed=1)
    cluster = run.cluster
    assert min(cluster.cpu.min(), cluster.memory.min(), cluster.gpu.min()) >= 0
    assert cluster.allocated == run.allocated[-1]
    assert 0 <= run.unallocated(130) <= run.unallocated(100) <= 100


@pytest.mark.parametrize("name", POLICIES)
def test_a_pod_is_left_out_only_where_it_fits_nowhere(trace, name):
    nodes, pods = trace
    run = replay(POLICIES[name], nodes, pods, seed=2)
    grown = np.diff(run.allocated, prepend=0)
    asked = np.diff(run.asked, prepend=0)
    assert set(np.unique(grown[grown != asked])) <= {0}
    assert (grown == asked).sum() > 20


def test_equal_seeds_give_equal_runs(trace):
    nodes, pods = trace
    first, second = (replay(Fgd, nodes, pods, seed=5) for _ in range(2))
    assert np.array_equal(first.allocated, second.allocated)


def test_a_fragment_is_what_a_typical_pod_cannot_use():
    fragments = Fragments([WHOLE, HALF], np.array([0.75, 0.25]), np.ones((2, 1), bool))
    cpu, model = np.array([4_000, 3_000]), np.zeros(2, np.int64)
    gpu = np.array([[0] * 6 + [400, 1000], [0] * 6 + [600, 1000]])
    # Node 1: both fit, neither can use the 400. Node 2: no CPUs for the whole one, 1600 lost to it.
    assert fragments(cpu, gpu, model).tolist() == [400.0, 0.75 * 1600]


def test_fragments_by_hand_send_a_pod_to_the_node_that_is_broken_already():
    hardware = Hardware(16_000, 1_024, 2, "A")
    nodes = Nodes(("a", "b"), (hardware, hardware))
    pods = Pods((WHOLE, HALF), np.array([0, 0, 0, 1]))
    cluster = Cluster(nodes, pods.shapes)
    policy = Fgd(cluster, pods, np.random.default_rng(0))
    cluster.put(1, 1, 7)
    policy.placed(1, 1)
    there = np.flatnonzero(cluster.fits(1))
    scores = policy.scores(1, there)
    # On `a` 3/4 of the pods lose 500: 0.375 GPUs more. On `b` the 500 that are lost to them go.
    assert scores.tolist() == [int(100 / (1 + np.exp(0.375))), int(100 / (1 + np.exp(-0.375)))]
    assert policy.choose(1, there) == (1, 6)


def test_typical_pods_are_the_most_frequent_ones():
    rare = Shape(1, 1, 0, 0, ())
    pods = Pods((rare, WHOLE, HALF), np.array([0] + [1] * 60 + [2] * 39))
    numbers, weights = typical(pods)
    assert numbers == [1, 2]
    assert weights.tolist() == pytest.approx([60 / 99, 39 / 99])


def as_planned(trace, *, seed, most):
    """Where the arrays put each pod, in the names of the catalog."""
    nodes, pods = trace
    rng = np.random.default_rng(seed)
    order = arriving(pods, nodes, rng)[:most].tolist()
    names = [name for name, _, count in groups_of(nodes) for _ in range(count)]
    index = [i for _, _, count in groups_of(nodes) for i in range(count)]
    cluster = Cluster(nodes, pods.shapes)
    policy = LeastStranded(cluster, pods, rng)
    for number in order:
        there = np.flatnonzero(cluster.fits(number))
        if not len(there):
            yield None
            continue
        node, slot = policy.choose(number, there)
        cluster.put(node, number, slot)
        policy.placed(number, node)
        rank = policy.rank[node]
        yield f"{names[rank]}/{index[rank]}"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_planner_chooses_pod_by_pod_what_the_arrays_choose(trace, seed):
    run = run_online(*trace, seed)
    nodes = [None if place is None else place[0] for place in run.places]
    assert nodes == list(as_planned(trace, seed=seed, most=None))
    assert None in nodes
    assert run.unallocated < 30


def test_what_is_expected_changes_where_pods_go(trace, monkeypatch):
    usual = run_online(*trace, 1)
    monkeypatch.setattr(Expected, "of", classmethod(lambda cls, workspace: cls(())))
    assert run_online(*trace, 1).places != usual.places


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder of instances whose published figures are far from anything: 0 and 100 percent."""
    data = tmp_path_factory.mktemp("data")
    folder = write(data / "openb-2023")
    results = folder / "fgd_expected_results"
    results.mkdir()
    names = ",".join(f"0{i}-{name}" for i, name in enumerate(POLICIES, 1))
    figures = "0,0,0,100,100,0"
    text = f"workload,{names}\nopenb_pod_list_default,{figures}\n"
    (results / "summary_unallocated_gpu_pct_at_130.csv").write_text(text)
    return Options(data=data, limit=10.0)


def test_baselines_that_differ_from_what_is_published_are_told(stored):
    rows = measure_policies({"workloads": ["default"], "seeds": 2}, stored)
    assert [row["policy"] for row in rows] == list(POLICIES)
    assert all("lost" in row for row in rows)
    assert {row["difference"] > 0 for row in rows[:3]} == {True}
    assert {row["difference"] > 0 for row in rows[3:5]} == {False}


def test_losing_to_the_published_policy_is_told(stored):
    (row,) = measure_arrays({"workloads": ["default"], "seeds": 1}, stored)
    assert row["lost"].endswith("against 0.00 % of FGD")


def test_a_plan_of_all_pods_allocates_no_more_than_its_bound_leaves(stored):
    (row,) = measure_offline({"workload": "default"}, stored)
    assert row["first plan, %"] <= row["allocated, %"] + 1e-9
    assert row["allocated, %"] <= row["at most, %"] + 1e-9
    assert row["gap, %"] == pytest.approx(row["at most, %"] - row["allocated, %"])


def test_without_the_trace_that_is_said():
    size = {"workloads": ["default"], "workload": "default", "seeds": 1}
    for measure in (measure_policies, measure_arrays, measure_offline):
        (row,) = measure(size, Options())
        assert "`--data`" in row["note"]
