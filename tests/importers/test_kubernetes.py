"""What each kind of node of a real cluster becomes in a catalog."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import yaml

from placement.catalog.importers.imported import Reason
from placement.catalog.importers.kubernetes.importing import import_kubernetes
from placement.catalog.rows import NANO, NodeState
from placement.errors import InputError
from tests.importers import clusters
from tests.importers.clusters import listed, node, place


@pytest.fixture
def imported(tmp_path):
    """Import nodes, with prices and regions for what no table has."""

    def run(*nodes, text=None, name="nodes.json", pods=None, prices=clusters.PRICES, **options):
        for file, content in (
            (name, text if text is not None else listed(*nodes)),
            ("regions.csv", clusters.REGIONS),
            ("prices.csv", prices),
        ):
            (tmp_path / file).write_text(content, encoding="utf-8")
        if pods is not None:
            (tmp_path / "pods.json").write_text(json.dumps(pods), encoding="utf-8")
            options["pods"] = tmp_path / "pods.json"
        given = {
            "prices": tmp_path / "prices.csv",
            "regions": tmp_path / "regions.csv",
            "region": "acme/berlin",
        }
        return import_kubernetes(tmp_path / name, **{**given, **options})

    return run


@pytest.fixture
def refused(imported):
    """Import nodes that cannot be; the findings."""

    def run(*nodes, **options):
        with pytest.raises(InputError) as caught:
            imported(*nodes, **options)
        return caught.value.diagnostics

    return run


def only(imported):
    (group,) = imported.catalog.node_groups
    return group


KINDS = {
    "eks p4d": (clusters.eks_p4d, "aws/us-east-1", "us-east-1b", "A100-40GB", 8, 95690, 21.957642),
    "eks cpu": (clusters.eks_cpu, "aws/us-east-1", "us-east-1a", "x86_64", 0, 7910, 0.388472),
    "eks arm": (clusters.eks_graviton, "aws/us-east-1", "us-east-1a", "arm64", 0, 7910, 0.3107776),
    "gke l4": (clusters.gke_l4, "gcp/us-central1", "us-central1-a", "L4", 1, 7910, 0.853624271),
    "gke t4": (clusters.gke_t4_shared, "gcp/us-central1", "us-central1-b", "T4", 1, 7910, 0.729998),
    "aks": (clusters.aks_a100, "azure/westeurope", "westeurope-1", "A100-80GB", 1, 23640, 4.775),
    "dgx": (clusters.dgx, "acme/fra-dc1", "hall-2", "H100-SXM", 8, 224000, 60),
    "k3s": (clusters.k3s, "acme/berlin", "berlin", "arm64", 0, 4000, 0.01),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_is_where_and_what_its_labels_say(imported, kind):
    make, region, zone, flavor, gpus, cpus, price = KINDS[kind]
    result = imported(make())
    group = only(result)
    assert (group.region.key, group.zone, group.flavor) == (region, zone, flavor)
    assert (group.gpu_count, group.cpus, group.count) == (gpus, cpus, 1)
    assert group.price == round(price * NANO)
    assert group.gpu_fraction is None
    assert result.catalog.states == {}
    assert result.left_out == ()


def test_what_is_allocatable_is_kept_to_the_thousandth_and_never_rounded_up(imported):
    group = only(imported(clusters.eks_p4d()))
    assert group.memory == 1146533628 * 1024 * 1000 // 1024**3
    assert group.extra == {"vpc.amazonaws.com/efa": 4000}


# ---------------------------------------------------------------------- slices


def test_slices_of_one_gpu_are_nodes_with_a_part_of_it(imported):
    group = only(imported(clusters.gke_mig()))
    assert (group.flavor, group.gpu_count, group.count) == ("A100-40GB", 1, 7)
    assert group.gpu_fraction == Fraction(1, 8)  # 5 of 40 GiB are less than a seventh
    assert group.cpus * 7 <= 11770 < (group.cpus + 1) * 7


def test_whole_gpus_and_slices_of_one_node_are_apart(imported):
    result = imported(clusters.dgx_mixed())
    groups = {group.gpu_fraction: group for group in result.catalog.node_groups}
    assert {part: group.count for part, group in groups.items()} == {
        None: 1,
        Fraction(1, 8): 14,
        Fraction(3, 7): 4,
    }
    assert groups[None].gpu_count == 4
    total = sum(group.cpus * group.count for group in groups.values())
    assert 252000 - 19 <= total <= 252000
    price = sum(group.price * group.count for group in groups.values())
    assert 20.5 * NANO - 19 <= price <= 20.5 * NANO


def test_further_resources_that_slices_cannot_share_are_told(imported):
    one = clusters.dgx_mixed()
    one["status"]["allocatable"]["rdma/hca"] = "4"
    result = imported(one)
    assert [w.message for w in result.warnings] == [
        "node `dgx-a100-01` has further resources, which its MIG slices cannot share"
    ]


PROFILES = {
    ("NVIDIA-A100-SXM4-40GB", "1g.5gb"): Fraction(1, 8),
    ("NVIDIA-A100-SXM4-40GB", "2g.10gb"): Fraction(1, 4),
    ("NVIDIA-A100-SXM4-40GB", "3g.20gb"): Fraction(3, 7),
    ("NVIDIA-A100-SXM4-40GB", "4g.20gb"): Fraction(1, 2),
    ("NVIDIA-A100-SXM4-40GB", "7g.40gb"): None,
    ("NVIDIA-A100-SXM4-80GB", "1g.10gb"): Fraction(1, 8),
    ("NVIDIA-A100-SXM4-80GB", "1g.20gb"): Fraction(1, 7),
    ("NVIDIA-A100-SXM4-80GB", "1g.10gb.me"): Fraction(1, 8),
    ("NVIDIA-H100-80GB-HBM3", "2g.20gb"): Fraction(1, 4),
    ("NVIDIA-A30", "1g.6gb"): Fraction(1, 4),
    ("NVIDIA-A30", "4g.24gb"): None,
}


@pytest.mark.parametrize(("product", "profile"), PROFILES)
def test_a_slice_is_the_lesser_of_its_compute_and_its_memory(imported, product, profile):
    one = node(
        "a",
        labels={
            **clusters.discovered(product, 2, 9999),
            "nvidia.com/gpu.product": f"{product}-MIG-{profile}",
        },
        allocatable={"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "2"},
    )
    group = only(imported(one, prices="price_per_hour\n1\n"))
    assert group.gpu_fraction == PROFILES[product, profile]
    assert (group.gpu_count, group.count) == ((1, 2) if group.gpu_fraction else (2, 1))


# ---------------------------------------------------------------- time slicing


def shared(allocatable, **labels):
    named = {f"nvidia.com/{key.replace('_', '.')}": value for key, value in labels.items()}
    return node(
        "gpu-1",
        labels={**clusters.discovered("Tesla-T4", 2, 15360), **named},
        allocatable={"cpu": "8", "memory": "64Gi", **allocatable},
    )


SHARED = {
    "by the number of replicas": (
        {"nvidia.com/gpu": "8"},
        {"gpu_replicas": "4", "gpu_product": "Tesla-T4-SHARED"},
        2,
    ),
    "under another name": ({"nvidia.com/gpu.shared": "8"}, {"gpu_replicas": "4"}, 2),
    "by the number of GPUs alone": ({"nvidia.com/gpu": "8"}, {"gpu_replicas": ""}, 2),
    "with a GPU that failed": ({"nvidia.com/gpu": "4"}, {"gpu_replicas": "4"}, 1),
    "with a slice that failed": ({"nvidia.com/gpu": "7"}, {"gpu_replicas": "4"}, 1),
    "not at all": ({"nvidia.com/gpu": "2"}, {}, 2),
}


@pytest.mark.parametrize("how", SHARED)
def test_slices_of_time_are_counted_as_the_gpus_they_are_of(imported, how):
    allocatable, labels, gpus = SHARED[how]
    result = imported(shared(allocatable, **labels), prices="price_per_hour\n1\n")
    group = only(result)
    assert (group.flavor, group.gpu_count, group.gpu_fraction) == ("T4", gpus, None)
    told = [warning.message for warning in result.warnings]
    (number,) = allocatable.values()
    expected = f"node `gpu-1` shares its GPUs: {number} slices of time are taken as {gpus} GPUs"
    assert told == ([] if how == "not at all" else [expected])


def test_a_node_that_does_not_say_into_how_many_slices_is_left_out(imported):
    lost = shared({"nvidia.com/gpu.shared": "8"}, gpu_replicas="", gpu_count="")
    result = imported(lost, clusters.k3s())
    (one,) = result.left_out
    assert one.reason is Reason.UNKNOWN_GPU
    assert "slices of time" in one.detail


def test_slices_of_time_of_mig_slices_are_mig_slices(imported):
    one = node(
        "a",
        labels={
            **clusters.discovered("NVIDIA-A100-SXM4-40GB", 1, 40960),
            "nvidia.com/mig-1g.5gb.replicas": "2",
        },
        allocatable={"cpu": "14", "memory": "64Gi", "nvidia.com/mig-1g.5gb.shared": "14"},
    )
    group = only(imported(one, prices="price_per_hour\n1\n"))
    assert (group.count, group.gpu_fraction) == (7, Fraction(1, 8))


# ----------------------------------------------------------- what is left out

LEFT_OUT = {
    "a control plane": (
        clusters.k3s(taints=("node-role.kubernetes.io/control-plane:NoSchedule",)),
        Reason.TAINTED,
        "taint `node-role.kubernetes.io/control-plane:NoSchedule`",
    ),
    "a dedicated node": (
        clusters.eks_p4d(taints=("dedicated=ml:NoExecute",)),
        Reason.TAINTED,
        "taint `dedicated=ml:NoExecute`",
    ),
    "windows": (
        node(
            "w", labels={"kubernetes.io/os": "windows"}, allocatable={"cpu": "4", "memory": "1Gi"}
        ),
        Reason.OPERATING_SYSTEM,
        "its system is `windows`",
    ),
    "a mainframe": (
        node(
            "z", labels={"kubernetes.io/arch": "s390x"}, allocatable={"cpu": "4", "memory": "1Gi"}
        ),
        Reason.ARCHITECTURE,
        "its architecture is `s390x`",
    ),
    "an unknown GPU": (
        node("g", labels={}, allocatable={"cpu": "4", "memory": "1Gi", "nvidia.com/gpu": "1"}),
        Reason.UNKNOWN_GPU,
        "no label names its GPU, and nothing is known of its instance type ``",
    ),
    "a GPU of which there are several": (
        node(
            "g",
            labels={"nvidia.com/gpu.product": "A100"},
            allocatable={"cpu": "4", "memory": "1Gi", "nvidia.com/gpu": "1"},
        ),
        Reason.UNKNOWN_GPU,
        "`A100` means no one GPU, and its memory does not tell",
    ),
    "GPUs without a driver": (
        node(
            "g",
            labels=clusters.discovered("Tesla-T4", 4, 15360),
            allocatable={"cpu": "4", "memory": "1Gi"},
        ),
        Reason.NO_GPUS,
        "its labels say that it has 4 GPUs, it has none allocatable",
    ),
    "GPUs of two makers": (
        node(
            "g",
            labels={},
            allocatable={"cpu": "4", "memory": "1Gi", "nvidia.com/gpu": "1", "amd.com/gpu": "1"},
        ),
        Reason.SEVERAL_GPUS,
        "it has GPUs of several makers: `amd.com/gpu`, `nvidia.com/gpu`",
    ),
    "no CPUs": (
        node("c", labels={}, allocatable={"cpu": "0", "memory": "1Gi"}),
        Reason.NO_CAPACITY,
        "it has no CPUs allocatable",
    ),
    "more than there can be": (
        node("c", labels={}, allocatable={"cpu": "4", "memory": "1e30"}),
        Reason.NO_CAPACITY,
        "it has more than 1000000000 GiB of memory",
    ),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_a_node_that_is_left_out_is_told_with_its_reason_and_place(imported, what):
    one, reason, detail = LEFT_OUT[what]
    result = imported(clusters.k3s("other"), one)
    (left,) = result.left_out
    assert (left.path, left.reason, left.detail) == ("items[1]", reason, detail)
    assert result.summary()["taken"] == 1
    assert result.summary()["leftOut"] == {reason.value: 1}
    (told,) = result.warnings
    assert told.code == "CT205"
    assert told.message == f"node `{one['metadata']['name']}` is left out: {detail}"
    assert told.line > 40
    assert (
        f"| items[1] | node `{one['metadata']['name']}` | {reason.value} |"
        in result.to_files()["PROVENANCE.md"]
    )


def test_of_very_many_that_are_left_out_all_are_counted_and_listed(imported):
    kept_out = [clusters.k3s(f"n{i}", taints=("a:NoSchedule",)) for i in range(130)]
    result = imported(clusters.k3s(), *kept_out)
    assert len(result.left_out) == 130
    assert len(result.warnings) == 101
    assert result.warnings[-1].message == "30 more warnings about this file are not shown"
    assert result.to_files()["PROVENANCE.md"].count("| tainted |") == 130


def test_a_taint_that_is_tolerated_keeps_no_node_out(imported):
    one = clusters.k3s(taints=("dedicated=ml:NoSchedule", "other:PreferNoSchedule"))
    for tolerated in ("dedicated", "dedicated=ml"):
        result = imported(one, tolerate=[tolerated])
        assert result.left_out == ()
        assert "dedicated=ml:NoSchedule" in result.files["kubernetes.csv"]
    assert len(imported(one, clusters.k3s("b"), tolerate=["dedicated=x"]).left_out) == 1


STATES = {
    "ready": ({}, NodeState.READY),
    "not ready": ({"ready": "False"}, NodeState.LOST),
    "not heard of": ({"ready": "Unknown"}, NodeState.LOST),
    "cordoned": ({"unschedulable": True}, NodeState.CORDONED),
    "cordoned and not ready": ({"unschedulable": True, "ready": "False"}, NodeState.LOST),
    "full disk": ({"taints": ("node.kubernetes.io/disk-pressure:NoSchedule",)}, NodeState.CORDONED),
    "scaled down": (
        {"taints": ("ToBeDeletedByClusterAutoscaler=17:NoSchedule",)},
        NodeState.DRAINING,
    ),
}


@pytest.mark.parametrize("what", STATES)
def test_the_state_of_a_node_is_the_worst_that_is_said(imported, what):
    more, state = STATES[what]
    result = imported(clusters.k3s("a", **more), clusters.k3s("b"))
    assert result.left_out == ()
    group = only(result)
    assert [result.catalog.state_of(group, i) for i in range(2)] == [state, NodeState.READY]


def test_a_node_is_cordoned_before_it_has_the_taint_that_says_so(imported):
    one = clusters.k3s()
    one["spec"]["unschedulable"] = True
    result = imported(one)
    assert result.catalog.state_of(only(result), 0) is NodeState.CORDONED


def test_a_node_that_is_being_deleted_is_draining(imported):
    one = clusters.k3s()
    one["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
    result = imported(one)
    assert result.catalog.state_of(only(result), 0) is NodeState.DRAINING


# ------------------------------------------------------------------- together


def test_nodes_alike_are_one_group_the_oldest_first(imported):
    result = imported(
        clusters.k3s("a", created="2026-03-01T00:00:00Z"),
        clusters.k3s("b", created="2026-02-01T00:00:00Z"),
        clusters.k3s("c", created="2026-02-01T00:00:00Z"),
    )
    assert only(result).count == 3
    rows = result.files["kubernetes.csv"].splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [
        ["acme-berlin-k3s/0", "b"],
        ["acme-berlin-k3s/1", "c"],
        ["acme-berlin-k3s/2", "a"],
    ]


def test_nodes_that_share_their_gpus_are_a_group_of_their_own(imported):
    alone, together = shared({"nvidia.com/gpu": "2"}), shared({"nvidia.com/gpu": "8"})
    together["metadata"]["name"] = "gpu-2"
    groups = imported(alone, together, prices="price_per_hour\n1\n").catalog.node_groups
    assert [group.name for group in groups] == ["acme-berlin-t4", "acme-berlin-t4-shared"]


def test_nodes_that_differ_in_size_are_groups_with_numbers(imported):
    other = clusters.k3s("b")
    other["status"]["allocatable"]["cpu"] = "3"
    names = [g.name for g in imported(clusters.k3s("a"), other).catalog.node_groups]
    assert names == ["acme-berlin-k3s-1", "acme-berlin-k3s-2"]


def test_the_order_of_the_list_does_not_matter(imported):
    nodes = clusters.everything()
    there, back = imported(*nodes), imported(*reversed(nodes))
    assert there.catalog == back.catalog
    assert there.files == back.files


def test_yaml_means_the_same_as_json(imported):
    nodes = clusters.everything()
    text = yaml.safe_dump({"kind": "List", "items": list(nodes)})
    assert imported(text=text, name="nodes.yaml").catalog == imported(*nodes).catalog


def test_a_single_node_is_a_list_of_one(imported):
    assert only(imported(text=json.dumps(clusters.k3s()))).count == 1


def test_regions_and_gpus_without_nodes_are_known_too(imported):
    catalog = imported(clusters.eks_cpu()).catalog
    assert "aws/eu-west-1" in catalog.regions
    assert not any(region.provider == "gcp" for region in catalog.regions.values())
    assert catalog.find_gpus("H200")


def test_a_gpu_that_no_table_has_is_taken_as_its_labels_describe_it(imported):
    one = node(
        "x",
        labels={"nvidia.com/gpu.product": "NVIDIA-X9000", "nvidia.com/gpu.memory": "98304",
                "nvidia.com/gpu.family": "future"},
        allocatable={"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "1"},
    )  # fmt: skip
    catalog = imported(one, prices="price_per_hour\n1\n").catalog
    gpu = catalog.gpus["NVIDIA-X9000"]
    assert (gpu.memory, gpu.vendor, gpu.architecture) == (96000, "nvidia", "future")


NAMES = {
    ("nvidia.com/gpu.product", "Tesla-V100-SXM2-32GB"): ("nvidia.com/gpu", "V100-32GB"),
    ("nvidia.com/gpu.product", "NVIDIA-L40S"): ("nvidia.com/gpu", "L40S"),
    ("k8s.amazonaws.com/accelerator", "nvidia-tesla-t4"): ("nvidia.com/gpu", "T4"),
    ("karpenter.k8s.aws/instance-gpu-name", "l4"): ("nvidia.com/gpu", "L4"),
    ("amd.com/gpu.product-name", "AMD_Instinct_MI300X_OAM"): ("amd.com/gpu", "MI300X"),
    ("cloud.google.com/gke-tpu-accelerator", "tpu-v6e-slice"): ("google.com/tpu", "TPU-v6e"),
    ("karpenter.k8s.aws/instance-accelerator-name", "inferentia2"): (
        "aws.amazon.com/neuron",
        "Inferentia2",
    ),
}


@pytest.mark.parametrize(("label", "text"), NAMES)
def test_a_gpu_is_known_by_the_label_that_its_cluster_has(imported, label, text):
    resource, gpu = NAMES[label, text]
    one = node("x", labels={label: text}, allocatable={"cpu": "8", "memory": "64Gi", resource: "4"})
    group = only(imported(one, prices="price_per_hour\n1\n"))
    assert (group.flavor, group.gpu_count) == (gpu, 4)


FAMILY = {"40960": "A100-40GB", "40537": "A100-40GB", "81920": "A100-80GB", "81251": "A100-80GB"}


@pytest.mark.parametrize("memory", FAMILY)
def test_the_memory_tells_the_members_of_a_family_apart(imported, memory):
    one = node(
        "x",
        labels={
            "karpenter.k8s.aws/instance-gpu-name": "a100",
            "karpenter.k8s.aws/instance-gpu-memory": memory,
        },
        allocatable={"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "8"},
    )
    assert only(imported(one, prices="price_per_hour\n1\n")).flavor == FAMILY[memory]


# --------------------------------------------------------- prices and regions


def test_what_has_no_price_is_listed_once_with_the_number_of_nodes(refused):
    odd = [
        node(f"n{i}", labels=place("eu-west-1", "eu-west-1a", kind), provider_id="aws:///x/y",
             allocatable={"cpu": "4", "memory": "1Gi"})
        for i, kind in enumerate(("m7i.large", "m7i.large", "c7i.large"))
    ]  # fmt: skip
    found = refused(*odd)
    assert [(d.code, d.message) for d in found] == [
        ("CT207", "no price of instance type `m7i.large` in `aws/eu-west-1` (2 nodes)"),
        ("CT207", "no price of instance type `c7i.large` in `aws/eu-west-1` (1 node)"),
    ]
    assert all("--prices" in d.suggestion for d in found)


def test_the_price_with_the_most_conditions_holds(imported):
    spot = clusters.k3s("spot")
    spot["metadata"]["labels"]["karpenter.sh/capacity-type"] = "spot"
    prices = (
        "price_per_hour,instance_type,capacity,provider,region\n"
        "1,,,,\n2,k3s,,,\n3,K3S,spot,,\n4,other,,acme,berlin\n"
    )
    result = imported(clusters.k3s("a"), spot, prices=prices)
    assert sorted(group.price // NANO for group in result.catalog.node_groups) == [2, 3]


def test_two_prices_of_one_rank_are_an_error(refused):
    (found,) = refused(
        clusters.k3s(), prices="price_per_hour,instance_type,region\n1,k3s,\n2,,berlin\n"
    )
    assert (found.code, found.line) == ("CT211", 3)
    assert found.message == "this row and line 2 both hold for instance type `k3s` in `acme/berlin`"


def test_a_spot_node_at_the_price_of_others_is_told(imported):
    one = clusters.eks_cpu()
    one["metadata"]["labels"]["eks.amazonaws.com/capacityType"] = "SPOT"
    notes = imported(one).notes
    assert "Of these, spot nodes at the price of others: 1." in notes


def test_an_unknown_region_is_told_once_with_advice(refused):
    nodes = [
        node(f"n{i}", labels=place("us-eats-1", "a", "t"), provider_id="aws:///a/b",
             allocatable={"cpu": "4", "memory": "1Gi"})
        for i in range(3)
    ]  # fmt: skip
    found = [d for d in refused(*nodes) if d.code == "CT208"]
    assert [d.message for d in found] == ["unknown region `aws/us-eats-1` (3 nodes)"]
    assert found[0].suggestion.startswith("did you mean `us-east-1`")
    assert "--regions" in found[0].suggestion


def test_a_region_of_several_providers_needs_one(refused, imported):
    one = node(
        "a", labels=place("us-east-1", "a", "k3s"), allocatable={"cpu": "4", "memory": "1Gi"}
    )
    (found,) = refused(one, region=None)
    assert found.message.startswith(
        "region `us-east-1` (1 node) is `alibaba/us-east-1` or `aws/us-"
    )
    assert "--region PROVIDER/REGION" in found.suggestion
    assert only(imported(one, region="aws/us-west-2")).region.key == "aws/us-east-1"


def test_nodes_without_a_region_need_one(refused):
    (found,) = refused(clusters.k3s(), region=None)
    assert found.message == "no label `topology.kubernetes.io/region` (1 node)"
    assert "--region PROVIDER/REGION" in found.suggestion
    (found,) = refused(clusters.k3s(), region="acme/bonn")
    assert (found.code, found.message) == ("CT208", "unknown region `acme/bonn`")
    (found,) = refused(clusters.eks_cpu(), region="aws/us-eats-1")
    assert found.suggestion.startswith("did you mean `aws/us-east-1`")


def test_the_zone_of_azure_that_is_no_zone_is_the_region(imported):
    one = clusters.aks_a100()
    one["metadata"]["labels"]["topology.kubernetes.io/zone"] = "0"
    assert only(imported(one)).zone == "westeurope"


# ---------------------------------------------------------------- wrong files


def test_of_very_many_errors_a_hundred_are_shown(refused):
    bad = [put("four", "status", "allocatable", "cpu") for _ in range(130)]
    for number, one in enumerate(bad):
        one["metadata"]["name"] = f"n{number}"
    found = refused(*bad)
    assert len(found) == 101
    assert found[-1].message == "30 more findings in this file are not shown"


GOOD = clusters.k3s()


def without(*path):
    one = json.loads(json.dumps(GOOD))
    here = one
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return one


def put(value, *path):
    one = json.loads(json.dumps(GOOD))
    here = one
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return one


ITEMS = {
    "no allocatable": (without("status", "allocatable"), "CT203", "`items[0].status.allocatable` is missing"),
    "no status": (without("status"), "CT203", "`items[0].status` is missing"),
    "no name": (without("metadata", "name"), "CT203", "`items[0].metadata.name` is missing"),
    "negative": (put("-4", "status", "allocatable", "cpu"), "CT204", "`items[0].status.allocatable.cpu`: `-4` is negative"),
    "words": (put("4 cores", "status", "allocatable", "cpu"), "CT204", "`items[0].status.allocatable.cpu`: `4 cores` is not a quantity"),
    "a list of labels": (put(["a"], "metadata", "labels"), "CT203", "`items[0].metadata.labels` must be a mapping, found a list"),
    "taints as text": (put("no", "spec", "taints"), "CT203", "`items[0].spec.taints` must be a list, found `no`"),
    "taint as text": (put(["no"], "spec", "taints"), "CT203", "`items[0].spec.taints[0]` must be a mapping, found `no`"),
    "quantity as mapping": (put({}, "status", "allocatable", "cpu"), "CT203", "`items[0].status.allocatable.cpu` must be a quantity, found a mapping"),
    "hidden character": (put("a\u202eb", "metadata", "name"), "CT112", "`a\\u202eb` has a character that cannot be seen"),
    "too long": (put("x" * 300, "metadata", "labels", "node.kubernetes.io/instance-type"), "CT106", "a name of 300 characters, the limit is 253"),
    "another kind": (put("Pod", "kind"), "CT202", "`items[0]` is a `Pod`, not a `Node`"),
    "no node": ("gpu-1", "CT203", "`items[0]` must be a mapping, found `gpu-1`"),
}  # fmt: skip


@pytest.mark.parametrize("what", ITEMS)
def test_a_wrong_node_is_refused_at_its_place(refused, what):
    one, code, message = ITEMS[what]
    text = listed(one)
    found = refused(text=text)
    assert (found[0].code, found[0].message) == (code, message)
    assert 4 <= found[0].line <= text.count("\n") + 1
    assert found[0].file.endswith("nodes.json")


def test_the_place_of_a_wrong_value_is_the_value(refused):
    text = listed(clusters.k3s("other"), put("4 cores", "status", "allocatable", "cpu"))
    (found,) = refused(text=text)
    assert text.splitlines()[found.line - 1][found.column - 1 :].startswith('"4 cores"')


WHOLE = {
    "a pod": (
        '{"kind": "Pod", "metadata": {}}',
        "CT202",
        "kind `Pod` where a list of nodes is wanted",
    ),
    "no kind": ("{}", "CT202", "kind `` where a list of nodes is wanted"),
    "a list": ("[1]", "CT202", "a list where a list of nodes is wanted"),
    "nothing": ("null", "CT202", "nothing where a list of nodes is wanted"),
    "no items": ('{"kind": "List"}', "CT203", "`items` is missing"),
    "0 nodes": ('{"kind": "List", "items": []}', "CT209", "there are no nodes in the list"),
}


@pytest.mark.parametrize("what", WHOLE)
def test_a_file_that_is_no_list_of_nodes_is_refused(refused, what):
    text, code, message = WHOLE[what]
    found = refused(text=text)
    assert (found[0].code, found[0].message) == (code, message)


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("\n\n", 1), ("# no nodes\n", 1), ("---\n", 2)]
)
def test_an_empty_yaml_file_is_no_list_of_nodes(tmp_path, text, line):
    (tmp_path / "nodes.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        import_kubernetes(tmp_path / "nodes.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.line) == ("CT202", line)
    assert found.message == "nothing where a list of nodes is wanted"


def test_two_nodes_of_one_name_are_refused(refused):
    (found,) = refused(clusters.k3s("a"), clusters.k3s("b"), clusters.k3s("a"))
    assert found.code == "CT212"
    assert found.message == "node `a` is there twice, first as `items[0]`"


def test_nothing_that_can_be_taken_is_an_error_with_the_reason(refused):
    (found,) = refused(clusters.k3s(taints=("a:NoSchedule",)))
    assert (found.code, found.message) == ("CT209", "none of the 1 node can be taken")
    assert found.suggestion == "the first is left out: taint `a:NoSchedule`"
