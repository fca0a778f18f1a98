"""Judges node groups, one by one, for one more replica of a deployment beside all that runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.rows import Reserved
from placement.explanation.values import Place, Reason, Rule
from placement.explanation.wording import amount
from placement.plan.obstacles import Obstacles
from placement.plan.room import room_left

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.explanation.path import Path
    from placement.explanation.standing import Standing
    from placement.plan.room import Room
    from placement.workspace.effective import Level
    from placement.workspace.workspace import ModelDeployment

ORDER = {rule: position for position, rule in enumerate(Rule)}
NOTHING = Reserved()


class Judge:
    """Answers for one deployment.

    Policies, flavors, hardware and GPU memory are asked of the node group; room and structure of
    its nodes that take new replicas, of which the one that gets furthest speaks for the group.
    """

    def __init__(self, standing: Standing, deployment: ModelDeployment, path: Path) -> None:
        self._standing, self._deployment, self._path = standing, deployment, path
        self._obstacles = Obstacles(standing.view, standing.peers, standing.rooms, deployment)

    def judge(self, group: NodeGroup, value: int, *, only: int | None = None) -> Place:
        """Return a node group judged, or only one node of it.

        Parameters
        ----------
        group : NodeGroup
        value : int
            What a replica there adds to the objective.
        only : int, optional
            Index of the one node that is asked about.
        """
        fixed = tuple(self._of_group(group))
        unfit = any(reason.rule is Rule.HARDWARE for reason in fixed)
        best = self._of_nodes(group, only, unfit=unfit)
        region = group.region
        return Place(
            node_group=group.name,
            provider=region.provider,
            region=region.code,
            zone=group.zone,
            country=region.country,
            flavor=group.flavor,
            node=None if best.index is None else group.node(best.index),
            reasons=(*fixed, *best.reasons, *self._disabled),
            needs=best.needs,
            value=value,
        )

    def _of_group(self, group: NodeGroup) -> Iterator[Reason]:
        for key, (_, allowed) in self._path.unions.items():
            if group.name not in allowed:
                yield self._policies[key]
        for name, refused in self._path.own.items():
            # A node without GPUs lacks more than their memory.
            gpu_less = name == Rule.GPU_MEMORY and group.flavor_type != "gpu"
            if group.name in refused and not gpu_less:
                yield Reason(Rule(name), refused[group.name])

    @cached_property
    def _policies(self) -> dict[tuple[str, Level], Reason]:
        """What to say where the policies of a type and level allow nothing."""
        found = {}
        for (name, level), (policies, _) in self._path.unions.items():
            listed = " and ".join(f"`{policy.name}` ({policy.options()})" for policy in policies)
            message = f"not allowed by {listed} of the {level}"
            names = tuple(policy.name for policy in policies)
            found[name, level] = Reason(Rule.POLICY, message, name, level, names)
        return found

    def _of_nodes(self, group: NodeGroup, only: int | None, *, unfit: bool) -> _Node:
        """Return the node that gets furthest.

        Of a node group on whose empty nodes a replica does not fit, room says nothing more.
        """
        nearest = self._nearest(group, only)
        if nearest is None:
            return _Node(None, (self._state(group, only),))
        index, room = nearest
        short = () if unfit else room.shortages(self._deployment)
        if short:
            words = ", ".join(amount(one.resource, one.short) for one in short)
            full = Reason(Rule.CAPACITY, f"short by {words}", shortages=short)
            return self._judged(group, index, full)
        return self._furthest(group, self._roomy(group, only, unfit=unfit))

    def _nearest(self, group: NodeGroup, only: int | None) -> tuple[int, Room] | None:
        """Return the node, of those that take new replicas, on which the least is missing."""
        standing = self._standing
        if only is None:
            return standing.rooms.nearest(self._deployment, group)
        if not standing.catalog.state_of(group, only).accepts:
            return None
        node = group.node(only)
        reserved = standing.catalog.reserved.get(node, NOTHING)
        return only, room_left(group, standing.view.rows_on.get(node, ()), reserved)

    def _roomy(self, group: NodeGroup, only: int | None, *, unfit: bool) -> Sequence[int]:
        """Return the nodes that room does not rule out."""
        if only is not None:
            return (only,)
        rooms = self._standing.rooms
        if unfit:
            return [index for index, _ in rooms.on(group)[1]]
        return rooms.fitting(self._deployment, group)

    def _furthest(self, group: NodeGroup, indices: Sequence[int]) -> _Node:
        """Return the node with room whose first obstacle comes last."""
        found = []
        for index in indices:
            found.append(self._judged(group, index))
            if not found[-1].reasons and not found[-1].needs:
                break
        return min(found, key=_distance)

    def _judged(self, group: NodeGroup, index: int, *reasons: Reason) -> _Node:
        structure = self._structure(group, index)
        return _Node(index, (*reasons, *structure), tuple(self._needs(group, index)))

    def _state(self, group: NodeGroup, only: int | None) -> Reason:
        catalog = self._standing.catalog
        if only is not None:
            return Reason(Rule.STATE, f"the node is {catalog.state_of(group, only)}")
        states = " or ".join(sorted(catalog.states_in(group)))
        return Reason(Rule.STATE, f"every node is {states}" if states else "there are no nodes")

    def _structure(self, group: NodeGroup, index: int) -> Iterator[Reason]:
        for obstacle in self._obstacles.on_node(group, index):
            yield Reason(Rule(obstacle.stage), obstacle.message)

    def _needs(self, group: NodeGroup, index: int) -> Iterator[Reason]:
        for obstacle in self._obstacles.too_few_domains(group, index):
            yield Reason(Rule(obstacle.stage), obstacle.message)
        least, placed = self._deployment.min_replicas, self._standing.view.placed(self._deployment)
        if placed + 1 < least:
            message = f"{placed + 1} of at least {least} replicas that must run together"
            yield Reason(Rule.DEMAND, message)

    @cached_property
    def _disabled(self) -> tuple[Reason, ...]:
        if self._deployment.enabled:
            return ()
        return (Reason(Rule.ENABLED, "the deployment is disabled"),)


@dataclass(frozen=True, slots=True)
class _Node:
    """A node by its index, or that there is none; what is in the way there, and what it needs."""

    index: int | None
    reasons: tuple[Reason, ...]
    needs: tuple[Reason, ...] = ()


def _distance(node: _Node) -> tuple[int, int, int]:
    """Return how far a node is from taking one more replica; early obstacles are far."""
    first = ORDER[node.reasons[0].rule] if node.reasons else len(ORDER)
    return (-first, len(node.reasons), len(node.needs))
