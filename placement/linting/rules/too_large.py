"""A replica fits on no node that a deployment may use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT
from placement.catalog.text import quote
from placement.constraints.base import thousandths
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import blamed, counted, named
from placement.reach.sets import members

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.linting.scene import Scene
    from placement.workspace.workspace import ModelDeployment


class TooLarge(Rule):
    """Kind of node, size and GPU memory against what policies and flavors leave."""

    code: ClassVar[Code] = Code.TOO_LARGE
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments, with the one amount that is too much, if any."""
        for wish in scene.wishes:
            parts = scene.conflict(wish)
            if not {"hardware", "gpu_memory"} & {part.rule for part in parts}:
                continue
            others = [part for part in parts if part.rule not in ("hardware", "gpu_memory")]
            left = scene.reach.common(others)
            groups = [scene.catalog.node_groups[number] for number in members(left)]
            why = too_much(wish.first, groups, scene.catalog)
            message = f"a replica of {named(wish.deployments)} fits no node that it may use: {why}"
            where = f"allowed are {counted(len(groups), 'node group')}"
            blame = f", by {blamed(others, wish.first)}" if others else ""
            yield Finding(scene.key(wish.first), ("resources",), message, where + blame)


def too_much(deployment: ModelDeployment, groups: Sequence[NodeGroup], catalog: Catalog) -> str:
    """Return the amount that is above that of every node group, or that no node has all."""
    for what, wanted, most in _amounts(deployment, groups, catalog):
        if wanted > most:
            return f"it needs {thousandths(wanted)} {what}, at most {thousandths(most)} are on one"
    if not any(_right_kind(deployment, group) for group in groups):
        return f"it needs a {'gpu' if deployment.gpus else 'cpu'} node, and none is allowed"
    return "no node has all that it needs at once"


def _right_kind(deployment: ModelDeployment, group: NodeGroup) -> bool:
    if deployment.gpus:
        return group.flavor_type == "gpu"
    listed = any(entry.type == "gpu" for entry in deployment.flavors)
    return listed or group.flavor_type == "cpu"


def _amounts(
    deployment: ModelDeployment, groups: Sequence[NodeGroup], catalog: Catalog
) -> Iterator[tuple[str, int, int]]:
    nodes = [group for group in groups if _right_kind(deployment, group)]
    if not nodes:
        return
    if deployment.gpus:
        share = max(slot for group in nodes for slot in group.gpu_slots)
        whole = max(group.gpu_slots.count(UNIT) * UNIT for group in nodes)
        yield "GPUs", deployment.gpus, share if deployment.is_share else whole
        memory = max(catalog.gpus[group.flavor].memory for group in nodes)
        part = min(UNIT, deployment.gpus)
        yield "GiB of GPU memory", deployment.gpu_memory, memory * part // UNIT
    yield "CPUs", deployment.cpus, max(group.cpus for group in nodes)
    yield "GiB of memory", deployment.memory, max(group.memory for group in nodes)
    for name, wanted in sorted(deployment.extra.items()):
        yield quote(name), wanted, max(group.extra.get(name, 0) for group in nodes)
