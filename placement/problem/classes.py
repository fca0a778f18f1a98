"""Classes: deployments that no rule and no price can tell apart, merged into one.

Replicas of one class are interchangeable, so a problem over classes has the values of the problem
over deployments, and grows with the number of distinct deployments only.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.constraints.peers import selects
from placement.objectives.cost import Cost
from placement.problem.cells import renumbered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.problem.compiler import Compiled
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment


FINE = 2**20
"""Steps in which amounts per GPU are compared."""
ENDLESS = 2**62
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Classes:
    """A snapshot with its alike deployments merged.

    Attributes
    ----------
    compiled : Compiled
        Its deployments are the classes: the first member with the replicas of all.
    members : tuple of tuple of int
        Per class the numbers of its deployments, ascending.
    wanted : tuple of int
        The most replicas of each deployment, by its number before the merging.
    """

    compiled: Compiled
    members: tuple[tuple[int, ...], ...]
    wanted: tuple[int, ...]

    def deal(self, number: int, replicas: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Deal the replicas of one class out to its members in order, each up to its wish.

        Parameters
        ----------
        replicas : sequence of int
            Replicas of the class at each place; not more in all than its members want.

        Yields
        ------
        (place, deployment, replicas) : tuple of int
        """
        members = iter(self.members[number])
        member = next(members)
        room = self.wanted[member]
        for place, left in enumerate(replicas):
            while left:
                while not room:
                    member = next(members)
                    room = self.wanted[member]
                taken = min(left, room)
                yield place, member, taken
                left -= taken
                room -= taken


def merge(compiled: Compiled) -> Classes:
    """Merge the deployments of a snapshot that are alike.

    Deployments with rules about their domains or peers, those that peers name, those that run
    today and those that must be placed whole stay by themselves.
    """
    alone = _named_by_peers(compiled.deployments) | compiled.strict
    masks: dict[int, bytes] = {}
    found: dict[Hashable, list[int]] = {}
    by_shape: dict[tuple[Shape, int], list[int]] = {}
    idle = _idle_resources(compiled)
    for d, deployment in enumerate(compiled.deployments):
        if d in alone or compiled.movable[d] or not _is_plain(deployment):
            found[d] = [d]
        else:
            mask = compiled.eligible[d]
            own = by_shape.get((deployment.shape, id(mask)))
            if own is None:
                key = _likeness(deployment, _meaning(mask, masks), idle.get(id(mask), NONE))
                own = by_shape[deployment.shape, id(mask)] = found.setdefault(key, [])
            own.append(d)
    members = tuple(map(tuple, found.values()))
    return Classes(_merged(compiled, members), members, compiled.wanted)


def _merged(compiled: Compiled, members: Sequence[Sequence[int]]) -> Compiled:
    if len(members) == len(compiled.deployments):
        return compiled
    first = [own[0] for own in members]
    number = {d: new for new, d in enumerate(first)}
    return replace(
        compiled,
        deployments=tuple(_class_of(compiled, own) for own in members),
        eligible=tuple(compiled.eligible[d] for d in first),
        cells=tuple(renumbered(cell, number) for cell in compiled.cells),
        movable=tuple(compiled.movable[d] for d in first),
        wanted=tuple(sum(compiled.wanted[d] for d in own) for own in members),
        strict=frozenset(number[d] for d in compiled.strict),
    )


def _class_of(compiled: Compiled, members: Sequence[int]) -> ModelDeployment:
    first = compiled.deployments[members[0]]
    if len(members) == 1:
        return first
    replicas = sum(compiled.deployments[d].replicas for d in members)
    return first.model_copy(update={"replicas": replicas})


def _is_plain(deployment: ModelDeployment) -> bool:
    """Whether each replica may be placed or left out whatever the others do."""
    rules = (deployment.spread, deployment.separate_from, deployment.together_with)
    return deployment.min_replicas <= 1 and not any(rules)


def _named_by_peers(deployments: Sequence[ModelDeployment]) -> frozenset[int]:
    """Return the deployments that a rule of another one may be about."""
    selectors = {
        (tuple(sorted(entry.selector.match_labels.items())), entry.selector.environment): entry
        for deployment in deployments
        for entry in (*deployment.separate_from, *deployment.together_with)
    }
    return frozenset(
        d
        for entry in selectors.values()
        for d, deployment in enumerate(deployments)
        if selects(entry.selector, deployment)
    )


def _meaning(mask: NDArray[np.bool_], known: dict[int, bytes]) -> bytes:
    """Return what a mask says; alike deployments share the array, so few are read."""
    if id(mask) not in known:
        known[id(mask)] = mask.tobytes()
    return known[id(mask)]


def _likeness(deployment: ModelDeployment, mask: bytes, idle: frozenset[str]) -> Hashable:
    """Return all that rows and prices see of a plain deployment."""
    return (
        mask,
        deployment.priority,
        deployment.gpus,
        None if "cpus" in idle else deployment.cpus,
        None if "memory" in idle else deployment.memory,
        tuple(sorted(deployment.extra.items())),
        deployment.request_origins,
    )


def _idle_resources(compiled: Compiled) -> dict[int, frozenset[str]]:
    """Return, by the id of a mask of node groups, what can never run short where it allows.

    CPUs, or memory, cannot run short on a node if nobody who may use it asks for more of them per
    GPU than the node has: its GPUs run out first. Other objectives than cost see them all the same.
    """
    import numpy as np

    if compiled.objective.name != Cost.name or not compiled.cells:
        return {}
    masks = {id(mask): mask for mask in compiled.eligible}
    number = {key: i for i, key in enumerate(masks)}
    owner = np.array([number[id(mask)] for mask in compiled.eligible], np.int64)
    groups = np.array([cell.group for cell in compiled.cells], np.int64)
    inside = np.stack([mask[groups] for mask in masks.values()])
    gpus = np.array([d.gpus for d in compiled.deployments], np.int64)
    slots = np.array([sum(cell.slots) for cell in compiled.cells], np.int64)
    short = {
        name: _may_run_short(
            inside,
            owner,
            _per_gpu(np.array([getattr(d, name) for d in compiled.deployments]), gpus, up=True),
            _per_gpu(np.array([getattr(c, name) for c in compiled.cells]), slots, up=False),
        )
        for name in ("cpus", "memory")
    }
    return {
        key: frozenset(name for name, where in short.items() if not (inside[i] & where).any())
        for key, i in number.items()
    }


def _per_gpu(amount: NDArray[np.int64], gpus: NDArray[np.int64], *, up: bool) -> NDArray[np.int64]:
    """Return amounts per GPU in fine steps, rounded to the safe side; endless without GPUs."""
    import numpy as np

    parts = amount * FINE
    per_gpu = -(-parts // np.maximum(gpus, 1)) if up else parts // np.maximum(gpus, 1)
    return np.where(gpus > 0, per_gpu, ENDLESS if up else 0)


def _may_run_short(
    inside: NDArray[np.bool_],
    owner: NDArray[np.int64],
    asked: NDArray[np.int64],
    there: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return the cells that somebody may use who asks for more per GPU than there is."""
    import numpy as np

    most = np.zeros(len(inside), np.int64)
    np.maximum.at(most, owner, asked)
    worst = np.where(inside, most[:, None], 0).max(axis=0, initial=0)
    short: NDArray[np.bool_] = worst > there
    return short
