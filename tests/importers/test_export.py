"""Deployments of a plan can run where the plan has them, and nowhere else."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import placement as pl
from placement.catalog.importers.kubernetes.importing import import_kubernetes
from placement.catalog.importers.kubernetes.quantities import parse_quantity
from placement.catalog.importers.kubernetes.seats import Seat, read_seats
from placement.catalog.load import load_catalog_texts
from placement.plan.kubernetes import to_kubernetes, to_yaml
from placement.plan.kubernetes.deployments import PART
from placement.plan.kubernetes.labels import dns_name, part_names
from placement.plan.kubernetes.yaml_text import dump
from tests.importers import clusters
from tests.importers.affinity import admits, schedules

NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
LABELS = {
    "type": "object",
    "propertyNames": {
        "pattern": r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
    },
    "additionalProperties": {
        "type": "string",
        "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
        "maxLength": 63,
    },
}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
QUANTITIES = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "pattern": r"^[0-9]+(m|Gi)?$"},
}


def closed(required, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


SCHEMA = closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "apps/v1"},
    kind={"const": "Deployment"},
    metadata=closed(["name"], name=NAME, labels=LABELS, annotations=TEXTS),
    spec=closed(
        ["replicas", "selector", "template"],
        replicas={"type": "integer", "minimum": 1},
        strategy=closed(["type"], type={"enum": ["Recreate", "RollingUpdate"]}),
        selector=closed(["matchLabels"], matchLabels=LABELS),
        template=closed(
            ["metadata", "spec"],
            metadata=closed(["labels"], labels=LABELS, annotations=TEXTS),
            spec=closed(
                ["containers", "affinity"],
                affinity={"type": "object"},
                tolerations={"type": "array", "minItems": 1, "items": closed(
                    ["key", "operator", "effect"], key={"type": "string"}, value={"type": "string"},
                    operator={"enum": ["Equal", "Exists"]}, effect={"enum": ["NoSchedule", "NoExecute"]})},
                topologySpreadConstraints={"type": "array", "items": closed(
                    ["maxSkew", "topologyKey", "whenUnsatisfiable", "labelSelector"],
                    maxSkew={"type": "integer", "minimum": 1}, topologyKey={"type": "string"},
                    whenUnsatisfiable={"const": "DoNotSchedule"}, labelSelector={"type": "object"},
                    matchLabelKeys={"type": "array", "items": {"type": "string"}})},
                containers={"type": "array", "minItems": 1, "maxItems": 1, "items": closed(
                    ["name"], name=NAME, image={"type": "string", "minLength": 1},
                    resources=closed([], requests=QUANTITIES, limits=QUANTITIES))},
            ),
        ),
    ),
)  # fmt: skip
"""The part of the schema of apps/v1 Deployment that an export uses, closed."""


def deployment(name, environment="production", **spec):
    return {
        "apiVersion": "placement/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": name, "environment": environment},
        "spec": {"version": "1", **spec},
    }


NL = {
    "apiVersion": "placement/v1",
    "kind": "Policy",
    "metadata": {"name": "nl"},
    "spec": {"type": "location", "locations": [{"type": "location", "name": "gcp/europe-west4"}]},
}
A100 = {"flavors": [{"type": "gpu", "name": "A100"}]}


@pytest.fixture
def world(tmp_path):
    """Import nodes, plan documents, and return what an export takes."""

    def make(nodes, documents):
        (tmp_path / "nodes.json").write_text(clusters.listed(*nodes), encoding="utf-8")
        (tmp_path / "regions.csv").write_text(clusters.REGIONS, encoding="utf-8")
        (tmp_path / "prices.csv").write_text("price_per_hour\n1\n", encoding="utf-8")
        imported = import_kubernetes(
            tmp_path / "nodes.json", regions=tmp_path / "regions.csv", region="acme/berlin",
            prices=tmp_path / "prices.csv",
        )  # fmt: skip
        (tmp_path / "kubernetes.csv").write_text(imported.files["kubernetes.csv"], encoding="utf-8")
        (tmp_path / "work.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        workspace = pl.load_workspace(tmp_path / "work.yaml")
        plan = pl.Planner(imported.catalog).plan(workspace)
        return plan, workspace, imported.catalog, read_seats(tmp_path)

    return make


def exported(plan, workspace, catalog, seats, **options):
    parts = to_kubernetes(plan, workspace, catalog, seats=seats, **options)
    for part in parts:
        jsonschema.validate(part.document, SCHEMA)
        assert part.document["spec"]["selector"]["matchLabels"] == {PART: part.name}
        labels = part.document["spec"]["template"]["metadata"]["labels"]
        assert labels[PART] == part.name
    assert len({part.name for part in parts}) == len(parts)
    assert list(yaml.safe_load_all(to_yaml(parts))) == [part.document for part in parts]
    return parts


def cluster():
    """Return 14 nodes of all kinds, of some several."""
    more = [clusters.eks_p4d(f"ip-10-0-1-{i}") for i in range(3)]
    return [*clusters.everything(), *more, clusters.k3s("pi-attic")]


DOCUMENTS = [
    NL,
    deployment("chat", replicas=9, minReplicas=9, resources={"gpus": 2, "cpus": 4, "memoryGiB": 10.5}, **A100),
    deployment("slices", replicas=3, policies=["nl"], resources={"gpus": 0.125, "cpus": 1, "memoryGiB": 4}),
    deployment("web", replicas=3, rollout="recreate", resources={"gpus": 0, "cpus": 0.25, "memoryGiB": 0.5}),
    deployment("web", "development", replicas=2, resources={"gpus": 0, "cpus": 1},
               spread=[{"over": "node", "maxPerDomain": 1}]),
]  # fmt: skip


def test_pods_can_run_on_exactly_the_nodes_of_the_plan(world):
    nodes = cluster()
    plan, workspace, catalog, seats = world(nodes, DOCUMENTS)
    assert not plan.unplaced
    wanted = defaultdict(Counter)
    for row in plan.assignments:
        wanted[row.key][seats[row.node].hostname] += row.replicas
    found = defaultdict(Counter)
    for part in exported(plan, workspace, catalog, seats):
        pod = part.document["spec"]["template"]["spec"]
        hosts = {n["metadata"]["name"] for n in nodes if admits(pod, n)}
        assert hosts == {seats[node].name for node in part.nodes}
        ends = schedules(part.document, nodes)
        assert len(ends) == 1, part.name
        found[part.model, part.environment] += ends[0]
    assert found == wanted
    assert sum(map(len, wanted.values())) >= 6


def test_even_spread_leaves_one_way_only(world):
    nodes = [clusters.k3s(f"pi-{i}") for i in range(4)]
    work = [deployment("web", replicas=8, resources={"gpus": 0, "cpus": 2, "memoryGiB": 1})]
    plan, workspace, catalog, seats = world(nodes, work)
    (part,) = exported(plan, workspace, catalog, seats)
    assert part.document["spec"]["replicas"] == 8
    assert schedules(part.document, nodes) == [Counter({f"pi-{i}": 2 for i in range(4)})]
    del part.document["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert len(schedules(part.document, nodes)) > 1  # the oracle sees what the rule is for


def test_nodes_with_other_numbers_of_replicas_are_other_parts(world):
    nodes = [clusters.k3s(f"pi-{i}") for i in range(2)]
    work = [deployment("web", replicas=5, resources={"gpus": 0, "cpus": 1, "memoryGiB": 1})]
    plan, workspace, catalog, seats = world(nodes, work)
    parts = exported(plan, workspace, catalog, seats)
    assert [(part.name, part.document["spec"]["replicas"]) for part in parts] == [
        ("web-production-acme-berlin-k3s-x1", 1),
        ("web-production-acme-berlin-k3s-x4", 4),
    ]


def test_nodes_alike_with_other_taints_are_other_parts(world):
    taint = "nvidia.com/gpu=present:NoSchedule"
    nodes = [clusters.gke_l4("l4-0", taints=()), clusters.gke_l4("l4-1", taints=(taint,))]
    plan, workspace, catalog, seats = world(nodes, [deployment("a", replicas=2)])
    parts = exported(plan, workspace, catalog, seats)
    assert len(catalog.node_groups) == 1
    assert [schedules(part.document, nodes) for part in parts] in (
        [[Counter({"l4-0": 1})], [Counter({"l4-1": 1})]],
        [[Counter({"l4-1": 1})], [Counter({"l4-0": 1})]],
    )


def test_a_replica_asks_for_what_its_deployment_says(world):
    plan, workspace, catalog, seats = world(cluster(), DOCUMENTS)
    for part in exported(plan, workspace, catalog, seats):
        asked = workspace.by_key[part.model, part.environment]
        resources = part.document["spec"]["template"]["spec"]["containers"][0]["resources"]
        requests = {name: parse_quantity(text) for name, text in resources["requests"].items()}
        assert requests["cpu"] == Fraction(asked.cpus, 1000)
        memory = Fraction(asked.memory, 1000) * 1024**3
        assert memory - 1 < requests["memory"] <= memory
        gpus = {name: value for name, value in requests.items() if "/" in name}
        expected = {"chat": {"nvidia.com/gpu": 2}, "slices": {"nvidia.com/gpu": 1}, "web": {}}
        assert gpus == expected[part.model]
        assert resources.get("limits", {}) == {n: str(v) for n, v in gpus.items()}


def test_slices_of_both_strategies_are_asked_for_by_their_own_names(world):
    nodes = [clusters.dgx_mixed()]
    work = [deployment("s", replicas=15, resources={"gpus": 0.125, "cpus": 1, "memoryGiB": 1},
                       spread=[{"over": "node", "maxPerDomain": 1}])]  # fmt: skip
    plan, workspace, catalog, seats = world(nodes, work)
    plan = without_whole_gpus(plan, catalog)
    asked = Counter()
    for part in exported(plan, workspace, catalog, seats):
        limits = part.document["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
        for name, number in limits.items():
            asked[name] += int(number) * part.document["spec"]["replicas"]
    assert set(asked) <= {"nvidia.com/mig-1g.10gb", "nvidia.com/mig-3g.40gb"}
    assert sum(asked.values()) >= 14


def without_whole_gpus(plan, catalog):
    rows = [r for r in plan.assignments if catalog.group_of(r.node).gpu_fraction is not None]
    return replace(plan, assignments=tuple(rows))


def test_a_slice_of_time_is_a_share_of_a_gpu(world):
    nodes = [clusters.gke_t4_shared()]
    for share, units in ((0.25, "1"), (0.5, "2"), (1, "4")):
        work = [deployment("s", resources={"gpus": share, "cpus": 1, "memoryGiB": 1})]
        plan, workspace, catalog, seats = world(nodes, work)
        (part,) = exported(plan, workspace, catalog, seats)
        resources = part.document["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert resources["limits"] == {"nvidia.com/gpu": units}


def refused(*args, **options):
    with pytest.raises(pl.InputError) as caught:
        to_kubernetes(*args, **options)
    return [(d.code, d.message) for d in caught.value.diagnostics]


def test_a_share_of_a_gpu_that_is_not_cut_is_refused(world):
    work = [deployment("s", replicas=2, resources={"gpus": 0.3, "cpus": 1, "memoryGiB": 1})]
    plan, workspace, catalog, seats = world([clusters.gke_l4()], work)
    assert refused(plan, workspace, catalog, seats=seats) == [
        (
            "PL505",
            "`s@production`: Kubernetes cannot give 0.3 of a GPU of node `gcp-us-central1-a-g2-standard-8/0`",
        )
    ]


def test_two_replicas_on_one_slice_are_refused(world):
    work = [deployment("s", replicas=2, resources={"gpus": 0.01, "cpus": 0.1, "memoryGiB": 1},
                       togetherWith=[])]  # fmt: skip
    plan, workspace, catalog, seats = world([clusters.gke_mig()], work)
    node = plan.assignments[0].node
    (row, *_) = plan.assignments
    both = replace(row, replicas=2, gpus=2 * workspace.deployments[0].gpus)
    plan = replace(plan, assignments=(both,))
    assert refused(plan, workspace, catalog, seats=seats) == [
        ("PL505", f"2 replicas share the part of a GPU that `{node}` is")
    ]


def test_further_resources_need_a_domain(world):
    work = [deployment("s", resources={"gpus": 8, "extra": {"rdma/hca": 2}})]
    plan, workspace, catalog, seats = world([clusters.dgx()], work)
    (part,) = exported(plan, workspace, catalog, seats)
    limits = part.document["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"nvidia.com/gpu": "8", "rdma/hca": "2"}
    half = [deployment("s", resources={"gpus": 8, "extra": {"rdma/hca": 0.5}})]
    plan, workspace, catalog, seats = world([clusters.dgx()], half)
    assert refused(plan, workspace, catalog, seats=seats) == [
        (
            "PL505",
            "`s@production`: Kubernetes cannot give 0.5 of `rdma/hca`: further resources have a domain, and are whole",
        )
    ]


# ------------------------------------------------------- what goes with what


def test_a_plan_for_another_catalog_is_refused(world):
    plan, workspace, catalog, seats = world([clusters.k3s()], DOCUMENTS[3:])
    other = catalog.with_price(catalog.node_groups[0].name, 1)
    assert refused(plan, workspace, other, seats=seats) == [
        ("PL504", "the plan is not for catalog `kubernetes`")
    ]


def test_an_edited_plan_is_refused(world):
    plan, workspace, catalog, seats = world([clusters.k3s()], DOCUMENTS[3:])
    text = json.dumps({**json.loads(plan.to_json()), "status": "feasible"})
    assert refused(pl.Plan.from_json(text), workspace, catalog, seats=seats) == [
        ("PL504", "the plan was edited after it was made")
    ]
    assert to_kubernetes(pl.Plan.from_json(plan.to_json()), workspace, catalog, seats=seats)


def test_a_plan_of_other_deployments_is_refused(world):
    plan, _, catalog, seats = world([clusters.k3s()], [deployment("a", resources={"gpus": 0})])
    _, others, _, _ = world([clusters.k3s()], [deployment("b", resources={"gpus": 0})])
    assert refused(plan, others, catalog, seats=seats) == [
        ("PL504", "`a@production` is not among the deployments")
    ]
    _, newer, _, _ = world([clusters.k3s()], [deployment("a", version="2", resources={"gpus": 0})])
    assert refused(plan, newer, catalog, seats=seats)[0][1].startswith(
        "`a@production` is another version"
    )


def test_a_cluster_that_lacks_a_node_is_refused(world):
    plan, workspace, catalog, _ = world([clusters.k3s()], DOCUMENTS[3:])
    seats = {"x/0": Seat("x/0", "x", "x", "", 0, ())}
    assert refused(plan, workspace, catalog, seats=seats) == [
        ("PL504", "node `acme-berlin-k3s/0` is no node of the cluster")
    ]


def test_a_plan_without_rows_gives_nothing(world):
    plan, workspace, catalog, seats = world([clusters.k3s()], [deployment("a")])
    assert plan.unplaced
    assert exported(plan, workspace, catalog, seats) == ()
    assert to_yaml(()) == ""


# --------------------------------------------------------------------- labels


def test_without_a_cluster_pods_are_pinned_by_what_clouds_label(world):
    nodes = [
        n for n in cluster() if n["spec"].get("providerID", "").startswith(("aws", "azure", "gce"))
    ]
    plan, workspace, catalog, seats = world(nodes, DOCUMENTS[:3])
    for part in exported(plan, workspace, catalog, None):
        groups = {catalog.group_of(node).name for node in part.nodes}
        wanted = {s.name for s in seats.values() if s.node.rpartition("/")[0] in groups}
        pod = part.document["spec"]["template"]["spec"]
        assert {n["metadata"]["name"] for n in nodes if _labelled(pod, n)} == wanted


def _labelled(pod, node):
    untainted = {**node, "spec": {**node["spec"], "taints": []}}
    return admits(pod, untainted)


PLACES = {
    "aws": ("aws", "us-east-1", "us-east-1a", "g4dn.xlarge", "gpu", "T4"),
    "attached": ("gcp", "us-central1", "us-central1-a", "n1-standard-8+1xT4", "gpu", "T4"),
    "no type": ("aws", "us-east-1", "", "", "gpu", "T4"),
    "cpu": ("aws", "us-east-1", "", "m7g.xlarge", "cpu", "arm64"),
}
LABELLED = {
    "aws": {
        "topology.kubernetes.io/region": ["us-east-1"],
        "topology.kubernetes.io/zone": ["us-east-1a"],
        "node.kubernetes.io/instance-type": ["g4dn.xlarge"],
    },
    "attached": {
        "topology.kubernetes.io/region": ["us-central1"],
        "topology.kubernetes.io/zone": ["us-central1-a"],
        "node.kubernetes.io/instance-type": ["n1-standard-8"],
        "cloud.google.com/gke-accelerator": ["T4", "nvidia-tesla-t4"],
    },
    "no type": {
        "topology.kubernetes.io/region": ["us-east-1"],
        "nvidia.com/gpu.product": ["T4", "nvidia-tesla-t4"],
    },
    "cpu": {
        "topology.kubernetes.io/region": ["us-east-1"],
        "node.kubernetes.io/instance-type": ["m7g.xlarge"],
        "kubernetes.io/arch": ["arm64"],
    },
}


def fleet(provider, region, zone, kind, flavor_type, flavor):
    gpus = 1 if flavor_type == "gpu" else 0
    return load_catalog_texts(
        {
            "regions.csv": "provider,region,name,country,latitude,longitude,carbon_g_per_kwh\n"
            f"{provider},{region},,US,1,1,\n",
            "gpus.csv": "gpu,vendor,memory_gib,architecture,aliases\nT4,NVIDIA,16,,nvidia-tesla-t4|a b\n",
            "nodes.csv": "node_group,provider,region,zone,instance_type,flavor_type,flavor,gpu_count,"
            "cpus,memory_gib,price_per_hour,count\n"
            f"g,{provider},{region},{zone},{kind},{flavor_type},{flavor},{gpus},4,16,1,2\n",
        }
    )


@pytest.mark.parametrize("what", PLACES)
def test_the_labels_are_those_that_tell_the_node_group(tmp_path, what):
    catalog = fleet(*PLACES[what])
    gpus = 0 if what == "cpu" else 1
    (tmp_path / "w.yaml").write_text(
        yaml.safe_dump(deployment("m", resources={"gpus": gpus})), "utf-8"
    )
    workspace = pl.load_workspace(tmp_path / "w.yaml")
    (part,) = exported(pl.Planner(catalog).plan(workspace), workspace, catalog, None)
    pod = part.document["spec"]["template"]["spec"]
    required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    assert {e["key"]: e["values"] for e in term["matchExpressions"]} == LABELLED[what]
    assert bool(pod.get("tolerations")) == (what != "cpu")


def test_a_zone_that_no_label_can_hold_is_refused(tmp_path):
    catalog = fleet("aws", "us-east-1", "hall 2", "g4dn.xlarge", "gpu", "T4")
    (tmp_path / "w.yaml").write_text(yaml.safe_dump(deployment("m")), "utf-8")
    workspace = pl.load_workspace(tmp_path / "w.yaml")
    plan = pl.Planner(catalog).plan(workspace)
    assert refused(plan, workspace, catalog) == [
        ("PL505", "no node has the label `hall 2`, which is not the value of one")
    ]


# ---------------------------------------------------------------------- names

NAMES = {
    ("Größe NO", "production"): "grosse-no-production",
    ("a_b", "x.y"): "a-b-x-y",
    ("--A--", "b"): "a-b",
}


@pytest.mark.parametrize("words", NAMES)
def test_a_name_is_plain(words):
    assert dns_name(*words) == NAMES[words]


def test_a_name_of_other_letters_is_a_digest():
    assert re.fullmatch("[0-9a-f]{8}", dns_name("模型"))
    assert dns_name("模型") != dns_name("型模")


def test_long_names_stay_apart():
    first, second = dns_name("m" * 80, "a"), dns_name("m" * 80, "b")
    assert first != second
    assert len(first) == len(second) == 63


def named(words):
    return part_names([(one, repr(one)) for one in words])


@given(st.lists(st.tuples(st.text(), st.text()), unique=True, max_size=8))
def test_names_are_labels_and_never_the_same(words):
    names = named(words)
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name) for name in names)


def test_names_that_would_be_one_all_get_a_digest():
    names = named([("a-b", "c"), ("a", "b-c"), ("d", "e")])
    assert names[2] == "d-e"
    assert all(re.fullmatch("a-b-c-[0-9a-f]{8}", name) for name in names[:2])
    assert named([("a", "b-c"), ("a-b", "c")]) == names[1::-1]


ODD = ("NO", "y", "on", "1e3", "0x1F", "012", "1_000", "12:30:00", "2026-01-01", "null", "~", "", " a", "a: b", "#a", "- a", "\u2028", "'", '"', ".inf", "=", "<<", "Größe")  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_stay_texts_for_every_parser(text):
    from placement.workspace.findings import Findings, Source
    from placement.workspace.yaml_reader import read_yaml

    written = dump({"a": text, "b": [text]})
    assert yaml.safe_load(written) == {"a": text, "b": [text]}
    (node,) = read_yaml(written, Findings(Source("x")))
    assert node.mapping["a"].value.value == text
    assert written.startswith('a: "')


@given(st.text())
def test_every_text_comes_back(text):
    assert yaml.safe_load(dump({"a": text})) == {"a": text}


def test_the_image_is_filled_in(world):
    plan, workspace, catalog, seats = world(
        [clusters.k3s()], [deployment("a", version="7", resources={"gpus": 0})]
    )
    (part,) = exported(
        plan, workspace, catalog, seats, image="r.io/{model}:{version}-{environment}{x}"
    )
    container = part.document["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "r.io/a:7-production{x}"
    (part,) = exported(plan, workspace, catalog, seats)
    assert "image" not in part.document["spec"]["template"]["spec"]["containers"][0]
