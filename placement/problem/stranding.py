"""How much of the free GPUs of a node is of no use to what is expected to come.

Where several nodes are equally good for a replica, it matters what it leaves: a node with GPUs but
no CPUs, or a sliver of a GPU that nothing fits, is as good as full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.compiler import Mask, eligible_masks

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.problem.fleet import Ints
    from placement.problem.ledger import Ledger
    from placement.workspace.expected import Expected
    from placement.workspace.workspace import ModelDeployment, Workspace

STEP = 40
"""Thousandths of a GPU: what is stranded is compared in steps of so many, less is chance."""
REACH_TENTHS = 17
"""What is left of CPUs and memory serves so many tenths of the GPUs that a kind alone would get
out of it: kinds that need less of them come as well.
"""


@dataclass(frozen=True)
class Kinds:
    """Replicas that are expected, as arrays over their kinds.

    Attributes
    ----------
    gpus, size : int arrays
        How many GPUs a replica takes, and how much it needs of each.
    cpus, memory : int arrays
        Of one replica.
    weight : int array
        How often a kind comes.
    eligible : bool array, shape (kinds, node groups)
    """

    gpus: Ints
    size: Ints
    cpus: Ints
    memory: Ints
    weight: Ints
    eligible: Mask

    def stranded(self, cpus: Ints, memory: Ints, slots: Ints, group: Ints) -> Ints:
        """Return thousandths of GPUs that are free on each node and of no use, on average.

        A kind that does not fit can use nothing. One that fits can use the GPUs that have room
        for it, but no more than the CPUs and the memory that are left will serve.

        Parameters
        ----------
        cpus, memory, group : int arrays, shape (nodes,)
            What is left, and the number of the node group.
        slots : int array, shape (nodes, GPUs)
            What is left of each GPU.
        """
        free = slots.sum(axis=1)
        if not self.weight.any():
            return np.zeros_like(free)
        sizes, of = np.unique(self.size, return_inverse=True)
        large = slots[:, None, :] >= sizes[None, :, None]
        usable = np.where(large, slots[:, None, :], 0).sum(axis=2)[:, of]
        fits = (large.sum(axis=2)[:, of] >= self.gpus) & self.eligible[:, group].T
        for left, each in ((cpus, self.cpus), (memory, self.memory)):
            fits &= left[:, None] >= each
            served = REACH_TENTHS * self.gpus * self.size * left[:, None]
            usable = np.where(each, np.minimum(usable, served // np.maximum(10 * each, 1)), usable)
        used: Ints = (np.where(fits, usable, 0) * self.weight).sum(axis=1)
        stranded: Ints = free - used // int(self.weight.sum())
        return stranded

    def lost(
        self, wish: tuple[int, int, int], cpus: Ints, memory: Ints, slots: Ints, group: Ints
    ) -> Ints:
        """Return how many steps more are stranded on each node with one more replica on it.

        Parameters
        ----------
        wish : tuple of int
            GPUs, CPUs and memory of the replica. It fits on every node: on wholly free GPUs, or
            as a share on the GPU with the least that will do.
        slots : int array, shape (nodes, GPUs)
            As of ``stranded``, ascending.
        """
        after = slots.copy()
        gpus, *rest = wish
        if gpus >= UNIT:
            after[:, slots.shape[1] - gpus // UNIT :] -= UNIT
        elif gpus:
            after[np.arange(len(slots)), (slots < gpus).sum(axis=1)] -= gpus
        before = self.stranded(cpus, memory, slots, group)
        then = self.stranded(cpus - rest[0], memory - rest[1], after, group)
        steps: Ints = -((before - then) // STEP)
        return steps


def kinds_of(
    expected: Expected, workspace: Workspace, catalog: Catalog, masks: dict[str, Mask]
) -> Kinds:
    """Return what is expected as arrays.

    Parameters
    ----------
    workspace : Workspace
        Whose policies hold.
    masks : dict
        Policy masks by meaning, of the catalog.
    """
    known = [d for d, _ in expected.kinds if d.environment in workspace.environments]
    weight = {id(d): count for d, count in expected.kinds}
    eligible = eligible_masks(workspace, catalog, known, masks)
    return Kinds(
        gpus=np.array([max(d.gpus // UNIT, 1) for d in known], np.int64),
        size=np.array([min(d.gpus, UNIT) for d in known], np.int64),
        cpus=np.array([d.cpus for d in known], np.int64),
        memory=np.array([d.memory for d in known], np.int64),
        weight=np.array([weight[id(d)] for d in known], np.int64),
        eligible=np.array(eligible, bool).reshape(len(known), len(catalog.table)),
    )


def lost_on(kinds: Kinds, ledger: Ledger, deployment: ModelDeployment, nodes: Ints) -> Ints:
    """Return how many steps more are stranded with one replica more, on nodes with room for it."""
    wish = (deployment.gpus, deployment.cpus, deployment.memory)
    left = (ledger.cpus[nodes], ledger.memory[nodes], free_slots(ledger, nodes))
    return kinds.lost(wish, *left, ledger.fleet.group_of[nodes])


def free_slots(ledger: Ledger, nodes: Ints) -> Ints:
    """Return what is left of each GPU of some nodes, ascending, 0 where a node has no more."""
    groups = ledger.fleet.catalog.node_groups
    width = max((len(group.gpu_slots) for group in groups), default=0)
    table = np.zeros((len(groups), width), np.int64)
    for row, group in zip(table, groups, strict=True):
        row[: len(group.gpu_slots)] = group.gpu_slots
    slots = table[ledger.fleet.group_of[nodes]]
    for place, node in enumerate(nodes.tolist()):
        own = ledger.slots.get(node)
        if own is not None:
            slots[place, : len(own)] = own
    slots.sort(axis=1)
    taken = np.arange(width) >= width - ledger.taken[nodes][:, None]
    slots[taken] = 0
    slots.sort(axis=1)
    return slots
