"""Three changes made by hand: one move is enough, three in a chain, none helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.worlds.base import GPUS
from tests.worlds.changes.change import Change
from tests.worlds.changes.generator import put
from tests.worlds.world import Deployment, Environment, Group, Region, Row, World

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
