"""One node of a cluster, and in which state it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from placement.catalog.importers.codes import Code
from placement.catalog.importers.findings import Path, Report, spell
from placement.catalog.importers.kubernetes.objects import Fields
from placement.catalog.rows import NodeState
from placement.catalog.sheet import Fault
from placement.catalog.text import quote

HOSTNAME = "kubernetes.io/hostname"

GPU_TAINTS = frozenset(
    {
        "amd.com/gpu",
        "aws.amazon.com/neuron",
        "cloud.google.com/gke-spot",
        "google.com/tpu",
        "gpu.intel.com/i915",
        "gpu.intel.com/xe",
        "habana.ai/gaudi",
        "kubernetes.azure.com/scalesetpriority",
        "nvidia.com/gpu",
        "sku",
    }
)
"""Taints that keep away only what did not ask for GPUs, or for spot capacity."""

_STATE_OF_TAINT = {
    "node.kubernetes.io/unschedulable": NodeState.CORDONED,
    "node.kubernetes.io/disk-pressure": NodeState.CORDONED,
    "node.kubernetes.io/memory-pressure": NodeState.CORDONED,
    "node.kubernetes.io/pid-pressure": NodeState.CORDONED,
    "node.kubernetes.io/network-unavailable": NodeState.CORDONED,
    "node.cloudprovider.kubernetes.io/uninitialized": NodeState.CORDONED,
    "ToBeDeletedByClusterAutoscaler": NodeState.DRAINING,
    "karpenter.sh/disrupted": NodeState.DRAINING,
    "karpenter.sh/disruption": NodeState.DRAINING,
    "node.kubernetes.io/not-ready": NodeState.LOST,
    "node.kubernetes.io/unreachable": NodeState.LOST,
    "node.kubernetes.io/out-of-service": NodeState.LOST,
}
"""Taints that a cluster sets itself to say how a node is."""

_WORST = (NodeState.LOST, NodeState.DRAINING, NodeState.CORDONED)

_SPOT = {
    "eks.amazonaws.com/capacityType": "SPOT",
    "karpenter.sh/capacity-type": "spot",
    "cloud.google.com/gke-spot": "true",
    "cloud.google.com/gke-preemptible": "true",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""Labels of nodes that may be taken away, and their values."""


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods off a node that do not tolerate it."""

    key: str
    value: str
    effect: str

    @property
    def repels(self) -> bool:
        """Whether it keeps pods off, rather than being a wish."""
        return self.effect in ("NoSchedule", "NoExecute")

    def __str__(self) -> str:
        """``key=value:effect``, as kubectl writes it."""
        return (
            f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"
        )

    @classmethod
    def parse(cls, text: str) -> Taint:
        """Return the taint that ``str`` of it gives."""
        stem, _, effect = text.rpartition(":")
        key, _, value = stem.partition("=")
        return cls(key, value, effect)


@dataclass(frozen=True)
class KubernetesNode:
    """One node as its cluster describes it; ``path`` is where in its file."""

    path: Path
    name: str
    created: str
    labels: Mapping[str, str]
    provider_id: str
    taints: tuple[Taint, ...]
    allocatable: Mapping[str, Fraction]
    state: NodeState

    @property
    def where(self) -> str:
        """The path for people."""
        return spell(self.path) or "the file"

    @property
    def hostname(self) -> str:
        """The value of the label that a pod is pinned by; the name, where there is none."""
        return self.labels.get(HOSTNAME) or self.name

    @property
    def is_spot(self) -> bool:
        """Whether the node may be taken away by its provider."""
        return any(self.labels.get(key) == value for key, value in _SPOT.items())

    def first(self, *keys: str) -> str:
        """Return the first label that is there and not empty; else an empty text."""
        return next((self.labels[key] for key in keys if self.labels.get(key)), "")

    def repelling(self, tolerated: Collection[str]) -> tuple[Taint, ...]:
        """Return the taints that are neither a state of the node, of GPUs, nor tolerated."""
        return tuple(
            taint
            for taint in self.taints
            if taint.repels
            and taint.key not in _STATE_OF_TAINT
            and taint.key not in GPU_TAINTS
            and not {taint.key, f"{taint.key}={taint.value}"} & set(tolerated)
        )

    def lasting(self) -> tuple[Taint, ...]:
        """Return the taints that pods must tolerate to be here."""
        return tuple(t for t in self.taints if t.repels and t.key not in _STATE_OF_TAINT)


def read_nodes(objects: list[Fields], report: Report) -> list[KubernetesNode]:
    """Return the nodes; names that are there twice are errors."""
    seen: dict[str, str] = {}
    found = []
    for one in objects:
        node = _read(one)
        first = seen.setdefault(node.name, node.where)
        if node.name and first != node.where:
            message = f"node {quote(node.name)} is there twice, first as `{first}`"
            report.error(one.document, one.path, Fault(Code.TWICE, message))
        found.append(node)
    return found


def _read(one: Fields) -> KubernetesNode:
    metadata, spec = one.inside("metadata", required=True), one.inside("spec")
    status = one.inside("status", required=True)
    taints = tuple(
        Taint(taint.text("key", required=True), taint.text("value"), taint.text("effect"))
        for taint in spec.each("taints")
    )
    allocatable = status.inside("allocatable", required=True)
    return KubernetesNode(
        path=one.path,
        name=metadata.text("name", required=True),
        created=metadata.text("creationTimestamp"),
        labels=metadata.inside("labels").texts(),
        provider_id=spec.text("providerID"),
        taints=taints,
        allocatable=allocatable.amounts(),
        state=_state(metadata, spec, status, taints),
    )


def _state(metadata: Fields, spec: Fields, status: Fields, taints: tuple[Taint, ...]) -> NodeState:
    """Return the worst state that anything says.

    Kubernetes takes all pods off a node that has not been ready for five minutes; so a node that
    is not ready is lost.
    """
    said = set(_said(metadata, spec, status))
    said.update(_STATE_OF_TAINT[t.key] for t in taints if t.key in _STATE_OF_TAINT and t.repels)
    return next((state for state in _WORST if state in said), NodeState.READY)


def _said(metadata: Fields, spec: Fields, status: Fields) -> Iterator[NodeState]:
    ready = [c.text("status") for c in status.each("conditions") if c.text("type") == "Ready"]
    if ready != ["True"]:
        yield NodeState.LOST
    if metadata.has("deletionTimestamp"):
        yield NodeState.DRAINING
    if spec.is_true("unschedulable"):
        yield NodeState.CORDONED
