"""Nodes as real clusters describe them, written for these tests: what kubectl prints, in short."""

from __future__ import annotations

import json
from typing import Any

Node = dict[str, Any]


def listed(*nodes: Node) -> str:
    """Return what ``kubectl get nodes -o json`` prints."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}, indent=4)


def node(
    name: str,
    *,
    labels: dict[str, str],
    allocatable: dict[str, str],
    provider_id: str = "",
    taints: tuple[str, ...] = (),
    ready: str = "True",
    unschedulable: bool = False,
    created: str = "2026-01-01T00:00:00Z",
) -> Node:
    """Return one node."""
    spec: dict[str, Any] = {"podCIDR": "10.1.0.0/24"}
    if provider_id:
        spec["providerID"] = provider_id
    if unschedulable:
        spec["unschedulable"] = True
        taints = (*taints, "node.kubernetes.io/unschedulable:NoSchedule")
    if taints:
        spec["taints"] = [_taint(text) for text in taints]
    conditions = [
        {"type": "MemoryPressure", "status": "False"},
        {"type": "Ready", "status": ready, "reason": "KubeletReady"},
    ]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"uid-of-{name}",
            "creationTimestamp": created,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": name,
                **labels,
            },
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": spec,
        "status": {
            "capacity": allocatable,
            "allocatable": {"ephemeral-storage": "47093746742", "pods": "110", **allocatable},
            "conditions": conditions,
            "nodeInfo": {"kubeletVersion": "v1.33.1", "osImage": "Linux"},
        },
    }


def _taint(text: str) -> dict[str, str]:
    stem, _, effect = text.rpartition(":")
    key, _, value = stem.partition("=")
    found = {"key": key, "effect": effect}
    return {**found, "value": value} if value else found


def place(region: str, zone: str, kind: str) -> dict[str, str]:
    """Return the labels that every cloud sets."""
    return {
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": zone,
        "node.kubernetes.io/instance-type": kind,
    }


def discovered(product: str, count: int, memory: int, **more: str) -> dict[str, str]:
    """Return the labels of NVIDIA's feature discovery."""
    return {
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.count": str(count),
        "nvidia.com/gpu.memory": str(memory),
        "nvidia.com/gpu.replicas": "1",
        "nvidia.com/gpu.sharing-strategy": "none",
        "nvidia.com/mig.strategy": "single",
        "nvidia.com/gpu.family": "ampere",
        **{f"nvidia.com/{key}": value for key, value in more.items()},
    }


def eks_p4d(name: str = "ip-10-0-1-17.ec2.internal", **more: Any) -> Node:
    """Return a node with eight A100 in EKS."""
    return node(
        name,
        labels={
            **place("us-east-1", "us-east-1b", "p4d.24xlarge"),
            "eks.amazonaws.com/nodegroup": "training",
            "eks.amazonaws.com/capacityType": "ON_DEMAND",
            **discovered("NVIDIA-A100-SXM4-40GB", 8, 40960),
        },
        allocatable={
            "cpu": "95690m",
            "memory": "1146533628Ki",
            "nvidia.com/gpu": "8",
            "vpc.amazonaws.com/efa": "4",
            "hugepages-2Mi": "10562Mi",
        },
        provider_id="aws:///us-east-1b/i-0f3ac1",
        **{"taints": ("nvidia.com/gpu=true:NoSchedule",), **more},
    )


def eks_cpu(name: str = "ip-10-0-2-4.ec2.internal", **more: Any) -> Node:
    """Return a CPU node in EKS."""
    return node(
        name,
        labels={
            **place("us-east-1", "us-east-1a", "m7i.2xlarge"),
            "eks.amazonaws.com/capacityType": "ON_DEMAND",
        },
        allocatable={"cpu": "7910m", "memory": "31475512Ki"},
        provider_id="aws:///us-east-1a/i-0aa1",
        **more,
    )


def eks_graviton(name: str = "ip-10-0-3-9.ec2.internal", **more: Any) -> Node:
    """Return an Arm node in EKS with the labels of an old release."""
    found = node(
        name,
        labels={
            "failure-domain.beta.kubernetes.io/region": "us-east-1",
            "failure-domain.beta.kubernetes.io/zone": "us-east-1a",
            "beta.kubernetes.io/instance-type": "m7g.2xlarge",
            "beta.kubernetes.io/arch": "arm64",
            "beta.kubernetes.io/os": "linux",
        },
        allocatable={"cpu": "7910m", "memory": "32121656Ki"},
        provider_id="aws:///us-east-1a/i-0ee5",
        **more,
    )
    del found["metadata"]["labels"]["kubernetes.io/arch"]
    del found["metadata"]["labels"]["kubernetes.io/os"]
    return found


def gke_mig(name: str = "gke-mig-a2-0", **more: Any) -> Node:
    """Return a node of GKE whose one A100 is cut into seven."""
    return node(
        name,
        labels={
            **place("europe-west4", "europe-west4-a", "a2-highgpu-1g"),
            "cloud.google.com/gke-accelerator": "nvidia-tesla-a100",
            "cloud.google.com/gke-gpu-partition-size": "1g.5gb",
            "cloud.google.com/gke-nodepool": "mig",
        },
        allocatable={"cpu": "11770m", "memory": "81222892Ki", "nvidia.com/gpu": "7"},
        provider_id="gce://acme/europe-west4-a/gke-mig-a2-0",
        **{"taints": ("nvidia.com/gpu=present:NoSchedule",), **more},
    )


def gke_l4(name: str = "gke-l4-0", **more: Any) -> Node:
    """Return a node of GKE with one L4."""
    return node(
        name,
        labels={
            **place("us-central1", "us-central1-a", "g2-standard-8"),
            "cloud.google.com/gke-accelerator": "nvidia-l4",
        },
        allocatable={"cpu": "7910m", "memory": "28385900Ki", "nvidia.com/gpu": "1"},
        provider_id="gce://acme/us-central1-a/gke-l4-0",
        **{"taints": ("nvidia.com/gpu=present:NoSchedule",), **more},
    )


def gke_t4_shared(name: str = "gke-t4-0", **more: Any) -> Node:
    """Return a node of GKE with one T4 that four may share in turn."""
    return node(
        name,
        labels={
            **place("us-central1", "us-central1-b", "n1-standard-8"),
            "cloud.google.com/gke-accelerator": "nvidia-tesla-t4",
            "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
            "cloud.google.com/gke-max-shared-clients-per-gpu": "4",
        },
        allocatable={"cpu": "7910m", "memory": "27712396Ki", "nvidia.com/gpu": "4"},
        provider_id="gce://acme/us-central1-b/gke-t4-0",
        **{"taints": ("nvidia.com/gpu=present:NoSchedule",), **more},
    )


def aks_a100(name: str = "aks-gpu-31245-vmss000000", **more: Any) -> Node:
    """Return a node of AKS, where only the instance type tells which GPU it has."""
    return node(
        name,
        labels={
            **place("westeurope", "westeurope-1", "Standard_NC24ads_A100_v4"),
            "kubernetes.azure.com/accelerator": "nvidia",
            "kubernetes.azure.com/agentpool": "gpu",
        },
        allocatable={"cpu": "23640m", "memory": "214480212Ki", "nvidia.com/gpu": "1"},
        provider_id="azure:///subscriptions/0/resourceGroups/rg/providers/vmss/0",
        **{"taints": ("sku=gpu:NoSchedule",), **more},
    )


def dgx(name: str = "dgx-h100-01", **more: Any) -> Node:
    """Return a machine of one's own, with labels that somebody set."""
    return node(
        name,
        labels={
            "topology.kubernetes.io/region": "fra-dc1",
            "topology.kubernetes.io/zone": "hall-2",
            **discovered("NVIDIA-H100-80GB-HBM3", 8, 81559, **{"gpu.family": "hopper"}),
        },
        allocatable={
            "cpu": "224",
            "memory": "2113409904Ki",
            "nvidia.com/gpu": "8",
            "rdma/hca": "8",
        },
        **more,
    )


def dgx_mixed(name: str = "dgx-a100-01", **more: Any) -> Node:
    """Return a machine with four whole A100, and four that are cut in different ways."""
    return node(
        name,
        labels={
            "topology.kubernetes.io/region": "fra-dc1",
            "topology.kubernetes.io/zone": "hall-2",
            **discovered("NVIDIA-A100-SXM4-80GB", 4, 81251, **{"mig.strategy": "mixed"}),
            "nvidia.com/mig-1g.10gb.count": "14",
            "nvidia.com/mig-1g.10gb.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb",
            "nvidia.com/mig-1g.10gb.memory": "9728",
            "nvidia.com/mig-3g.40gb.count": "4",
            "nvidia.com/mig-3g.40gb.product": "NVIDIA-A100-SXM4-80GB-MIG-3g.40gb",
        },
        allocatable={
            "cpu": "252",
            "memory": "1056000000Ki",
            "nvidia.com/gpu": "4",
            "nvidia.com/mig-1g.10gb": "14",
            "nvidia.com/mig-3g.40gb": "4",
        },
        **more,
    )


def k3s(name: str = "pi-basement", **more: Any) -> Node:
    """Return a small machine without any label of a place."""
    return node(
        name,
        labels={"node.kubernetes.io/instance-type": "k3s", "kubernetes.io/arch": "arm64"},
        allocatable={"cpu": "4", "memory": "7945404Ki"},
        provider_id=f"k3s://{name}",
        **more,
    )


REGIONS = """\
provider,region,name,country,latitude,longitude,carbon_g_per_kwh
acme,fra-dc1,Frankfurt,DE,50.1,8.7,344
acme,berlin,Berlin,DE,52.5,13.4,
"""
"""A file for ``--regions``."""

PRICES = """\
provider,instance_type,flavor,price_per_hour
acme,,H100-SXM,60
acme,,A100-80GB,20.5
,k3s,,0.01
"""
"""A file for ``--prices``."""


def everything() -> tuple[Node, ...]:
    """Return one node of each kind."""
    return (
        eks_p4d(), eks_cpu(), eks_graviton(), gke_mig(), gke_l4(), gke_t4_shared(), aks_a100(),
        dgx(), dgx_mixed(), k3s(),
    )  # fmt: skip
