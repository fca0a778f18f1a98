"""The GPUs of a node: whole ones, MIG slices, and what time slicing makes of them.

A GPU that is shared by time slicing (or MPS) is one GPU, however many slices of it a node offers:
they are divided by the number of slices per GPU. A MIG slice is a part of a GPU that nothing else
uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from placement.catalog.importers.imported import Reason
from placement.catalog.importers.known import Known, gib, new_gpu
from placement.catalog.importers.kubernetes.nodes import KubernetesNode
from placement.catalog.rows import UNIT, Gpu
from placement.catalog.text import quote

VENDORS: Mapping[str, str] = {
    "nvidia.com/gpu": "nvidia",
    "amd.com/gpu": "amd",
    "aws.amazon.com/neuron": "aws",
    "google.com/tpu": "google",
    "habana.ai/gaudi": "intel",
    "gpu.intel.com/i915": "intel",
    "gpu.intel.com/xe": "intel",
}
"""Resources that count whole accelerators, and who makes them."""

SHARED = ".shared"
"""End of the name of a resource that counts slices of time."""

_MIG = "nvidia.com/mig-"
_MIG_PRODUCT = re.compile(r"(.*)-MIG-([0-9]+g\.[0-9]+gb)(?:\..*)?", re.IGNORECASE)
_PROFILE = re.compile(r"([0-9]+)g\.([0-9]+)gb")

_PRODUCTS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "k8s.amazonaws.com/accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.k8s.aws/instance-accelerator-name",
    "gpu.nvidia.com/class",
    "amd.com/gpu.product-name",
    "beta.amd.com/gpu.product-name",
)
"""Labels that name the GPU of a node, most exact first."""

_MEMORIES = ("nvidia.com/gpu.memory", "karpenter.k8s.aws/instance-gpu-memory")
"""Labels with the memory of one GPU in MiB."""

_COUNTS = ("nvidia.com/gpu.count", "karpenter.k8s.aws/instance-gpu-count")
"""Labels with the number of GPUs of a node."""

_SLICES = {"A30": 4, "RTXPRO6000": 4}
_MOST_SLICES = 7
"""Compute slices of a GPU with MIG; the small ones have four."""

_MOST_UNITS = 100_000


@dataclass(frozen=True, slots=True)
class Devices:
    """What of one kind a node has.

    Attributes
    ----------
    resource : str
        What a pod asks for to get them.
    units : int
        How many of the resource are one GPU, or one MIG slice; above 1 with time slicing.
    number : int
        GPUs or MIG slices.
    fraction : Fraction or None
        The part of a GPU that a MIG slice is; None for whole GPUs.
    profile : str
        Such as ``1g.5gb``; empty for whole GPUs.
    """

    resource: str
    units: int
    number: int
    fraction: Fraction | None = None
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Accelerators:
    """The GPUs of a node, all of one model."""

    gpu: Gpu
    devices: tuple[Devices, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a node cannot be taken."""

    reason: Reason
    detail: str


def is_accelerator(resource: str) -> bool:
    """Whether a resource counts GPUs or parts of them."""
    return resource.removesuffix(SHARED) in VENDORS or resource.startswith(_MIG)


def accelerators_of(node: KubernetesNode, known: Known, provider: str | None) -> (
    Accelerators | Unusable | None
):  # fmt: skip
    """Return the GPUs of a node, None if it has none, or why they make no sense."""
    counted = {
        key: int(amount)
        for key, amount in sorted(node.allocatable.items())
        if is_accelerator(key) and amount >= 1
    }
    if not counted:
        return _none_of(node)
    vendors = {VENDORS.get(key.removesuffix(SHARED), "nvidia") for key in counted}
    if len(vendors) > 1:
        listed = ", ".join(quote(key) for key in counted)
        return Unusable(Reason.SEVERAL_GPUS, f"it has GPUs of several makers: {listed}")
    if max(counted.values()) > _MOST_UNITS:
        return Unusable(Reason.SEVERAL_GPUS, f"it has more than {_MOST_UNITS} GPUs")
    gpu = _model(node, known, provider, vendors.pop())
    if isinstance(gpu, Unusable):
        return gpu
    devices: list[Devices] = []
    warnings: list[str] = []
    for resource, number in counted.items():
        found = _devices(node, gpu, resource, number)
        if isinstance(found, Unusable):
            return found
        devices.append(found)
        if found.units > 1:
            kind = "MIG slices" if found.fraction else "GPUs"
            taken = f"{number} slices of time are taken as {found.number} {kind}"
            warnings.append(f"shares its GPUs: {taken}")
    if not any(one.number for one in devices):
        return Unusable(Reason.NO_GPUS, "its slices do not make up one GPU")
    return Accelerators(gpu, tuple(one for one in devices if one.number), tuple(warnings))


def _none_of(node: KubernetesNode) -> Unusable | None:
    """Return why a node that should have GPUs offers none; None if it should not."""
    stated = _count(node)
    if stated or node.labels.get("nvidia.com/gpu.present") == "true":
        number = f"{stated} " if stated else ""
        detail = f"its labels say that it has {number}GPUs, it has none allocatable"
        return Unusable(Reason.NO_GPUS, detail)
    return None


def _model(node: KubernetesNode, known: Known, provider: str | None, vendor: str) -> Gpu | Unusable:
    """Return the GPU model by labels, else by the instance type."""
    names = [base for key in _PRODUCTS if (base := _base(node.labels.get(key, "")))]
    names += [
        base
        for key, text in sorted(node.labels.items())
        if key.startswith(_MIG) and key.endswith(".product") and (base := _base(text))
    ]
    memory = _memory(node)
    found = known.find_gpu(
        names, memory=memory, provider=provider, instance_type=_instance_type(node)
    )
    if found is not None:
        return found
    if not names:
        detail = "no label names its GPU, and nothing is known of its instance type"
        return Unusable(Reason.UNKNOWN_GPU, f"{detail} {quote(_instance_type(node))}")
    if memory is None or known.catalog.find_gpus(names[0]):
        detail = f"{quote(names[0])} means no one GPU, and its memory does not tell"
        return Unusable(Reason.UNKNOWN_GPU, detail)
    return new_gpu(names[0], vendor, memory, node.labels.get("nvidia.com/gpu.family", ""))


def _instance_type(node: KubernetesNode) -> str:
    return node.first("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def _base(product: str) -> str:
    """Return the name of a GPU without what says how it is shared or sliced."""
    name = product.removesuffix("-SHARED")
    match = _MIG_PRODUCT.fullmatch(name)
    return match[1] if match else name


def _memory(node: KubernetesNode) -> int | None:
    """Return the memory of a whole GPU; under MIG the label is about a slice."""
    if _profile_of_whole(node):
        return None
    return next((gib(n) for key in _MEMORIES if (n := _number(node.labels.get(key, "")))), None)


def _count(node: KubernetesNode) -> int:
    return next((n for key in _COUNTS if (n := _number(node.labels.get(key, "")))), 0)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _profile_of_whole(node: KubernetesNode) -> str:
    """Return the MIG profile of what is counted as whole GPUs, as the single strategy does."""
    product = node.labels.get("nvidia.com/gpu.product", "").removesuffix("-SHARED")
    match = _MIG_PRODUCT.fullmatch(product)
    return match[2].lower() if match else node.labels.get(
        "cloud.google.com/gke-gpu-partition-size", ""
    )  # fmt: skip


def _devices(node: KubernetesNode, gpu: Gpu, resource: str, number: int) -> Devices | Unusable:
    """Return what a count of a resource stands for."""
    stem = resource.removesuffix(SHARED)
    of_whole = _profile_of_whole(node)
    profile = stem.removeprefix(_MIG) if stem.startswith(_MIG) else of_whole
    units = _units(node, resource, number, profile)
    if units is None:
        detail = "its labels do not say into how many slices of time a GPU is shared"
        return Unusable(Reason.UNKNOWN_GPU, detail)
    if not profile:
        return Devices(resource, units, number // units)
    fraction = _fraction(profile, gpu)
    if fraction is None:
        return Unusable(Reason.UNKNOWN_GPU, f"unknown MIG profile {quote(profile)}")
    if fraction == 1:
        return Devices(resource, units, number // units)
    return Devices(resource, units, number // units, fraction, profile)


def _units(node: KubernetesNode, resource: str, number: int, profile: str) -> int | None:
    """Return how many slices of time one device is: 1 if it is not shared, None if nobody says."""
    stem = resource.removesuffix(SHARED)
    stated = _number(node.labels.get(f"{stem}.replicas", ""))
    if stem == "nvidia.com/gpu" and "cloud.google.com/gke-gpu-sharing-strategy" in node.labels:
        stated = _number(node.labels.get("cloud.google.com/gke-max-shared-clients-per-gpu", ""))
    if stated > 1:
        return stated
    count = 0 if profile else _count(node)
    if count and number > count:
        return -(-number // count)
    product = node.labels.get(f"{stem}.product", "")
    is_shared = resource.endswith(SHARED) or product.endswith("-SHARED")
    return None if is_shared and not (count or stated) else 1


def _fraction(profile: str, gpu: Gpu) -> Fraction | None:
    """Return the part of a GPU that a slice surely is: the lesser of compute and memory.

    None for a profile that says neither.
    """
    match = _PROFILE.match(profile)
    if match is None:
        return None
    compute = Fraction(int(match[1]), _SLICES.get(gpu.name, _MOST_SLICES))
    part = min(compute, Fraction(int(match[2]) * UNIT, gpu.memory), Fraction(1))
    return part if part >= Fraction(1, UNIT) else None
