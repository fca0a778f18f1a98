"""The trace as a catalog and as deployments of one replica each."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from benchmarks.openb.trace import MILLI
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import UNIT, Gpu, NodeGroup, Region
from placement.workspace.making import make_workspace
from placement.workspace.shapes import renamed
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.openb.trace import Hardware, Nodes, Pods, Shape

REGION = Region("openb", "one", "One", "CN", "AS", 30.0, 120.0)
"""All nodes are in one place: the trace says nothing about where they are."""
PRODUCTION = "production"
CPU = "x86_64"
"""Flavor of nodes without GPUs."""


def groups_of(nodes: Nodes) -> list[tuple[str, Hardware, int]]:
    """Return name, hardware and number of the nodes that are alike, in the order of names."""
    counts = Counter(nodes.hardware)
    named = [(_name(hardware), hardware, count) for hardware, count in counts.items()]
    return sorted(named)


def _name(hardware: Hardware) -> str:
    cpus, memory = hardware.cpu // MILLI, hardware.memory // MILLI
    model = hardware.model.lower() or "cpu"
    return f"{model}-{hardware.gpus}-{cpus:03}-{memory:04}"


def catalog_of(nodes: Nodes) -> Catalog:
    """Return a catalog in which nodes of equal hardware are one node group, free of charge."""
    gpus = [Gpu(model, "openb", 16 * UNIT, model) for model in nodes.models]
    groups = [_group(*one) for one in groups_of(nodes)]
    return make_catalog([REGION], gpus, groups, name="openb")


def _group(name: str, hardware: Hardware, count: int) -> NodeGroup:
    return NodeGroup(
        name=name,
        region=REGION,
        zone="one-a",
        instance_type=name,
        flavor_type="gpu" if hardware.gpus else "cpu",
        flavor=hardware.model or CPU,
        gpu_count=hardware.gpus,
        cpus=hardware.cpu,
        memory=hardware.memory,
        price=0,
        count=count,
    )


def deployment_of(shape: Shape, name: str, nodes: Nodes) -> ModelDeployment:
    """Return a deployment of one replica that asks for what a pod does.

    One without GPUs may be on any node, which has to be said.
    """
    models = shape.models or (() if shape.gpus else nodes.models)
    flavors = [{"type": "gpu", "name": model} for model in models]
    if not shape.gpus:
        flavors.append({"type": "cpu", "name": CPU})
    fields: dict[str, Any] = {
        "name": name,
        "version": "1",
        "flavors": flavors,
        "resources": {
            "gpus": Decimal(shape.gpu_milli) / MILLI,
            "cpus": Decimal(shape.cpu) / MILLI,
            "memoryGiB": Decimal(shape.memory) / MILLI,
        },
    }
    return ModelDeployment.model_validate(fields)


def deployments_of(pods: Pods, order: Sequence[int], nodes: Nodes) -> list[ModelDeployment]:
    """Return a deployment for each arriving pod, by the number of its shape."""
    first = [deployment_of(shape, f"shape-{i:03}", nodes) for i, shape in enumerate(pods.shapes)]
    return [renamed(first[number], f"pod-{step:05}") for step, number in enumerate(order)]


def workspace_of(deployments: Sequence[ModelDeployment]) -> Workspace:
    """Return a workspace without policies."""
    return make_workspace((), [Environment(name=PRODUCTION)], deployments)
