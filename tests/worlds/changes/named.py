"""Changes made by hand: one move is enough, three in a chain, none helps; a share that leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.worlds.base import GPUS
from tests.worlds.changes.change import Change
from tests.worlds.changes.generator import put
from tests.worlds.world import Deployment, Environment, Group, Policy, Region, Row, World

NAMES = tuple(gpu.name for gpu in GPUS)


def world_of(gpus: dict[str, int], running: Mapping[str, tuple[str, tuple[str, ...]]]) -> World:
    """Return a world of single nodes in which each deployment runs one replica on one GPU.

    Parameters
    ----------
    gpus : dict
        GPUs per node group.
    running : dict
        Per deployment its node group, and the node groups it may use.
    """
    groups = tuple(
        Group(name, "aws/us-0", "a", "gpu", flavor, count, 64_000, 64_000, 10**9)
        for (name, count), flavor in zip(gpus.items(), NAMES, strict=False)
    )
    flavor = {group.name: ("gpu", group.flavor) for group in groups}
    deployments = tuple(
        Deployment(name, "production", flavors=tuple(flavor[g] for g in allowed))
        for name, (_, allowed) in running.items()
    )
    return World(
        regions=(Region("aws", "us-0", "US", "NA", 100_000),),
        gpus=GPUS,
        groups=groups,
        deployments=deployments,
        environments=(Environment("development"), Environment("production")),
        running=tuple(
            Row(name, "production", "v1", f"{group}/0", 1, 1000)
            for name, (group, _) in running.items()
        ),
    )


def released(world: World, gpus: int) -> Change:
    """Return the release of one replica with some GPUs, which only the first group may hold."""
    first = world.groups[0]
    source = Deployment("t", "development", "v2", gpus=gpus, flavors=(("gpu", first.flavor),))
    before = put(world, source)
    return Change("release", before, put(before, replace(source, environment="production")))


def one_move() -> Change:
    """Two GPUs are free, one on each node; the release wants two on one."""
    running = {"small": ("left", ("left", "right")), "other": ("right", ("right",))}
    return released(world_of({"left": 2, "right": 2}, running), 2000)


def chain_of_three() -> Change:
    """Each resident may go to the next node only, and only the last node has room."""
    running = {"a": ("n0", ("n0", "n1")), "b": ("n1", ("n1", "n2")), "c": ("n2", ("n2", "n3"))}
    return released(world_of({"n0": 1, "n1": 1, "n2": 1, "n3": 1}, running), 1000)


def no_room() -> Change:
    """The same without the last node."""
    running = {"a": ("n0", ("n0", "n1")), "b": ("n1", ("n1", "n2")), "c": ("n2", ("n2",))}
    return released(world_of({"n0": 1, "n1": 1, "n2": 1}, running), 1000)


def share_that_leaves(*, pairs: int = 0) -> Change:
    """A share has to leave the GPU it has half of, and a share of another node takes its room.

    The place that ``p`` goes to is made by one of ``d``, which has a whole GPU to come to. On the GPU
    that ``p`` leaves there would be room too, but only when ``p`` is gone.

    Parameters
    ----------
    pairs : int
        Further full nodes, which only make the change larger.
    """
    groups = (
        Group("old", "aws/us-0", "a", "gpu", "T4", 2, 64_000, 64_000, 10**9, pairs + 1),
        Group("new", "aws/us-0", "a", "gpu", "L4", 2, 64_000, 64_000, 2 * 10**9, 1),
    )
    deployments = (
        Deployment("p", "production", replicas=1, gpus=500),
        Deployment("d", "development", replicas=3, gpus=500),
        Deployment("f", "development", replicas=2 * pairs + 1, gpus=1000, flavors=(("gpu", "T4"),)),
    )
    running = (
        Row("p", "production", "v1", "new/0", 1, 500, 0),
        Row("d", "development", "v1", "new/0", 1, 500, 0),
        Row("d", "development", "v1", "old/0", 2, 1000, 0),
        Row("f", "development", "v1", "old/0", 1, 1000),
        *(Row("f", "development", "v1", f"old/{i + 1}", 2, 2000) for i in range(pairs)),
    )
    before = World(
        regions=(Region("aws", "us-0", "US", "NA", 100_000),),
        gpus=GPUS,
        groups=groups,
        deployments=deployments,
        policies=(Policy("t4", "flavor", (("gpu", "T4"),)),),
        environments=(Environment("development"), Environment("production")),
        running=running,
    )
    only_t4 = (Environment("development"), Environment("production", ("t4",)))
    return Change("policy", before, replace(before, environments=only_t4))
