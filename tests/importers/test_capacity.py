"""What an import promises is what the nodes have: no more, and less only by what is said."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.importers.folder import write_folder
from placement.catalog.importers.kubernetes.importing import import_kubernetes
from placement.catalog.load import load_catalog
from tests.importers.clusters import listed, node, place

GIB = 1024**3
KINDS = ("m7i.2xlarge", "g4dn.xlarge", "g4dn.12xlarge")


@st.composite
def machines(draw):
    """Draw nodes of few kinds, so that many are alike; some cannot be taken."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(KINDS))
        allocatable = {
            "cpu": f"{draw(st.sampled_from((3920, 3921, 7910)))}m",
            "memory": f"{draw(st.sampled_from((16393244, 16393245, 33554432)))}Ki",
        }
        gpus = {"g4dn.xlarge": 1, "g4dn.12xlarge": 4}.get(kind, 0)
        if gpus:
            allocatable["nvidia.com/gpu"] = str(draw(st.integers(1, gpus)))
        found.append(
            node(
                f"n{number}",
                labels=place(
                    "us-east-1", draw(st.sampled_from(("us-east-1a", "us-east-1b"))), kind
                ),
                allocatable=allocatable,
                provider_id=f"aws:///us-east-1a/i-{number}",
                taints=draw(st.sampled_from(((), (), ("dedicated=x:NoSchedule",)))),
                unschedulable=draw(st.booleans()),
            )
        )
    return found


def pods_on(nodes, draw):
    """Return pods, and what they ask for by node and resource; some are of no account."""
    asked, items = Counter(), []
    for number in range(draw(st.integers(0, 20))):
        host = draw(st.sampled_from(nodes))["metadata"]["name"]
        cpu, memory = draw(st.integers(0, 900)), draw(st.integers(0, 900))
        phase = draw(st.sampled_from(("Running", "Running", "Pending", "Succeeded", "Failed")))
        labels = draw(st.sampled_from(({}, {}, {"app.kubernetes.io/managed-by": "placement"})))
        requests = {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}
        items.append(
            {
                "kind": "Pod",
                "metadata": {"name": f"p{number}", "labels": labels},
                "spec": {"nodeName": host, "containers": [{"resources": {"requests": requests}}]},
                "status": {"phase": phase},
            }
        )
        if phase in ("Running", "Pending") and not labels:
            asked[host, "cpu"] += cpu
            asked[host, "memory"] += memory
    return {"kind": "List", "items": items}, asked


SEEN = Counter()


def test_capacity_is_the_sum_of_what_is_allocatable_of_the_nodes_that_are_taken():
    SEEN.clear()
    capacity_is_kept()
    assert SEEN["worlds"] >= 50
    assert all(SEEN[kind] >= 5 for kind in ("merged", "reserved", "left out")), SEEN


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.data())
def capacity_is_kept(data):
    nodes = data.draw(machines())
    taken = [
        one
        for one in nodes
        if not any(t["key"] == "dedicated" for t in one["spec"].get("taints", ()))
    ]
    if not taken:
        return
    pods, asked = pods_on(nodes, data.draw)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nodes.json").write_text(listed(*nodes), encoding="utf-8")
        (folder / "pods.json").write_text(json.dumps(pods), encoding="utf-8")
        (folder / "prices.csv").write_text("price_per_hour\n1\n", encoding="utf-8")
        result = import_kubernetes(
            folder / "nodes.json", pods=folder / "pods.json", prices=folder / "prices.csv"
        )
        write_folder(folder / "fleet", result.to_files())
        catalog = load_catalog(folder / "fleet")
    assert catalog == result.catalog
    assert len(result.left_out) == len(nodes) - len(taken)
    groups = catalog.node_groups
    assert sum(group.count for group in groups) == len(taken)
    for resource, found in (
        ("cpu", sum(group.cpus * group.count for group in groups)),
        ("memory", sum(group.memory * group.count for group in groups)),
        ("nvidia.com/gpu", sum(group.gpu_count * group.count * 1000 for group in groups)),
    ):
        assert found == sum(steps(one, resource) for one in taken)
    hosts = dict(row.split(",")[:2] for row in result.files["kubernetes.csv"].splitlines()[1:])
    held = {hosts[seat]: reserved for seat, reserved in catalog.reserved.items()}
    for one in taken:
        host = one["metadata"]["name"]
        reserved = held.get(host)
        cpus = min(asked[host, "cpu"], steps(one, "cpu"))
        memory = min(-(-asked[host, "memory"] * 1000 // 1024), steps(one, "memory"))
        assert (reserved.cpus if reserved else 0, reserved.memory if reserved else 0) == (
            cpus,
            memory,
        )
    SEEN["worlds"] += 1
    SEEN["merged"] += len(groups) < len(taken)
    SEEN["reserved"] += bool(held)
    SEEN["left out"] += bool(result.left_out)


def steps(one, resource):
    """Return what a node has in thousandths, by hand."""
    text = one["status"]["allocatable"].get(resource, "0")
    match resource:
        case "cpu":
            return int(text.removesuffix("m"))
        case "memory":
            return int(Fraction(int(text.removesuffix("Ki")) * 1024 * 1000, GIB))
    return int(text) * 1000


# ------------------------------------------------------------------------ pods


def reserved(tmp_path, one, *specs, **more):
    """Return what pods of these specs hold of a node, by the node of the catalog."""
    items = [
        {"kind": "Pod", "metadata": {"name": f"p{i}"}, "spec": {"nodeName": "n", **spec}, "status": {"phase": "Running"}}
        for i, spec in enumerate(specs)
    ]  # fmt: skip
    (tmp_path / "nodes.json").write_text(listed(one), encoding="utf-8")
    (tmp_path / "pods.json").write_text(
        json.dumps({"kind": "PodList", "items": items}), encoding="utf-8"
    )
    (tmp_path / "prices.csv").write_text("price_per_hour\n1\n", encoding="utf-8")
    return import_kubernetes(
        tmp_path / "nodes.json", pods=tmp_path / "pods.json", prices=tmp_path / "prices.csv", **more
    )


def container(cpu=None, gpus=None, **more):
    requests = {"cpu": cpu} if cpu else {}
    limits = {"nvidia.com/gpu": gpus} if gpus else {}
    return {"name": "c", "resources": {"requests": requests, "limits": limits}, **more}


def gpu_node(**labels):
    return node(
        "n",
        labels={**place("us-east-1", "us-east-1a", "g4dn.12xlarge"), **labels},
        allocatable={"cpu": "48", "memory": "180Gi", "nvidia.com/gpu": "4"},
        provider_id="aws:///us-east-1a/i",
    )


HOLDS = {
    "containers are added": ({"containers": [container("1"), container("500m")]}, 1500),
    "an init container runs before": (
        {"containers": [container("1")], "initContainers": [container("3")]},
        3000,
    ),
    "a small init container is nothing more": (
        {"containers": [container("2")], "initContainers": [container("1")]},
        2000,
    ),
    "a sidecar runs beside": (
        {
            "containers": [container("1")],
            "initContainers": [container("1", restartPolicy="Always")],
        },
        2000,
    ),
    "an init container runs beside the sidecars before it": (
        {
            "containers": [container("1")],
            "initContainers": [container("1", restartPolicy="Always"), container("5")],
        },
        6000,
    ),
    "overhead comes on top": ({"containers": [container("1")], "overhead": {"cpu": "250m"}}, 1250),
    "a limit without a request is one": (
        {"containers": [{"resources": {"limits": {"cpu": "2"}}}]},
        2000,
    ),
}


@pytest.mark.parametrize("what", HOLDS)
def test_a_pod_holds_what_the_scheduler_counts(tmp_path, what):
    spec, cpus = HOLDS[what]
    (held,) = reserved(tmp_path, gpu_node(), spec).catalog.reserved.values()
    assert held.cpus == cpus


def test_gpus_that_pods_hold_are_reserved(tmp_path):
    (held,) = reserved(
        tmp_path, gpu_node(), {"containers": [container("1", "3")]}
    ).catalog.reserved.values()
    assert held.gpu_slots == (0, 1000, 1000, 1000)


def test_a_slice_of_time_that_a_pod_holds_is_a_part_of_a_gpu(tmp_path):
    one = gpu_node(**{"nvidia.com/gpu.replicas": "3", "nvidia.com/gpu.product": "Tesla-T4-SHARED"})
    one["status"]["allocatable"]["nvidia.com/gpu"] = "6"
    (held,) = reserved(
        tmp_path, one, {"containers": [container("1", "1")]}
    ).catalog.reserved.values()
    assert held.gpu_slots == (0, 334)


def test_a_mig_slice_that_a_pod_holds_is_held_whole(tmp_path):
    one = gpu_node(**{"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"})
    result = reserved(tmp_path, one, {"containers": [container("13", "2")]})
    (group,) = result.catalog.node_groups
    assert group.count == 4
    held = {node[-1]: (r.gpu_slots, r.cpus) for node, r in result.catalog.reserved.items()}
    assert held == {"2": ((125,), 1000), "3": ((125,), 12000)}


def test_more_than_a_node_has_is_told_and_all_of_it_is_held(tmp_path):
    result = reserved(tmp_path, gpu_node(), {"containers": [container("50")]})
    (held,) = result.catalog.reserved.values()
    assert held.cpus == 48000
    assert [w.message for w in result.warnings] == [
        "node `n` is full: its pods ask for more than all of its `cpu`"
    ]


def test_what_a_reservation_cannot_say_is_told(tmp_path):
    odd = {"resources": {"requests": {"example.com/fpga": "1"}}}
    result = reserved(tmp_path, gpu_node(), {"containers": [odd]})
    assert [w.message for w in result.warnings] == [
        "node `n` has pods that hold `example.com/fpga`, which is not reserved"
    ]
