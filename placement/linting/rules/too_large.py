"""A replica fits on no node that a deployment may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

Largest = Mapping[str, int]
"""The most that a node has, by resource."""


class TooLarge(Rule):
    """Kind of node, size and GPU memory against what policies and flavors leave."""

    code: ClassVar[Code] = Code.TOO_LARGE
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments, with the one amount that is too much, if any."""
        known: dict[tuple[object, ...], Largest] = {}
        for wish in scene.wishes:
            one, parts = wish.first, scene.conflict(wish)
            if not {"hardware", "gpu_memory"} & {part.rule for part in parts}:
                continue
            others = [part for part in parts if part.rule not in ("hardware", "gpu_memory")]
            left = scene.reach.common(others)
            kinds = _kinds(one)
            if (left, kinds) not in known:
                groups = [scene.catalog.node_groups[number] for number in members(left)]
                fitting = [group for group in groups if group.flavor_type in kinds]
                known[left, kinds] = _largest(fitting, scene.catalog)
            message = (
                f"a replica of {named(wish.deployments)} fits no node that it may use: "
                f"{_too_much(one, known[left, kinds])}"
            )
            where = f"allowed are {counted(left.bit_count(), 'node group')}"
            blame = f", by {blamed(others, one)}" if others else ""
            yield Finding(scene.key(one), ("resources",), message, where + blame)


def _kinds(deployment: ModelDeployment) -> frozenset[str]:
    """Return the flavor types of the nodes that a deployment can run on."""
    if deployment.gpus:
        return frozenset({"gpu"})
    return frozenset({"cpu", *(entry.type for entry in deployment.flavors)})


def _largest(groups: Sequence[NodeGroup], catalog: Catalog) -> Largest:
    """Return the most that any node has of each resource; empty if there is no node."""
    cards = [group for group in groups if group.gpu_count]
    found = {
        "share of a GPU": max((slot for group in cards for slot in group.gpu_slots), default=0),
        "GPUs": max((group.gpu_slots.count(UNIT) * UNIT for group in cards), default=0),
        "GiB of GPU memory": max((catalog.gpus[group.flavor].memory for group in cards), default=0),
        "CPUs": max((group.cpus for group in groups), default=0),
        "GiB of memory": max((group.memory for group in groups), default=0),
    }
    for name in sorted({name for group in groups for name in group.extra}):
        found[quote(name)] = max(group.extra.get(name, 0) for group in groups)
    return found if groups else {}


def _too_much(deployment: ModelDeployment, largest: Largest) -> str:
    """Return the amount that is above that of every node, or that no node has all."""
    if not largest:
        return f"it needs a {'gpu' if deployment.gpus else 'cpu'} node, and none is allowed"
    for what, wanted, part in _amounts(deployment):
        most = largest.get(what, 0) * part // UNIT
        if wanted > most:
            words = what if what != "share of a GPU" else "of a GPU"
            return f"it needs {thousandths(wanted)} {words}, at most {thousandths(most)} are on one"
    return "no node has all that it needs at once"


def _amounts(deployment: ModelDeployment) -> Iterator[tuple[str, int, int]]:
    """Yield each resource, how much is wanted, and of which part of what a node has."""
    if deployment.gpus:
        yield ("share of a GPU" if deployment.is_share else "GPUs"), deployment.gpus, UNIT
        yield "GiB of GPU memory", deployment.gpu_memory, min(UNIT, deployment.gpus)
    yield "CPUs", deployment.cpus, UNIT
    yield "GiB of memory", deployment.memory, UNIT
    for name, wanted in sorted(deployment.extra.items()):
        yield quote(name), wanted, UNIT
