"""Neighbourhoods: few deployments at a time that are worth deciding again together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem
from placement.solvers.incumbent import Counts, Incumbent
from placement.solvers.linear import Relaxed

Mask = NDArray[np.bool_]

LACKING = 80
"""Regret of a missing replica, in powers of two above that of any price."""


class Neighbourhoods:
    """Draws neighbourhoods around the deployments that the prices blame most.

    The regret of a deployment is the sum of the reduced costs of the columns it uses: what it adds
    to the distance between value and bound. A missing replica comes before every regret. Nothing
    is random: seeds take turns.

    Parameters
    ----------
    compiled, problem
        The snapshot and its problem over the coarsest cells.
    columns : bool array, shape (deployments, coarsest cells)
        The pairs that may be used.
    relaxed : Relaxed
        Whose reduced costs are the blame.
    """

    def __init__(
        self, compiled: Compiled, problem: Problem, columns: Mask, relaxed: Relaxed
    ) -> None:
        self._deployments = compiled.deployments
        self._columns = columns
        self._tried: dict[int, int] = {}
        owner, where = problem.pair_deployment, problem.pair_cell
        used = np.flatnonzero(columns[owner, where])
        keys = zip(owner[used].tolist(), where[used].tolist(), strict=True)
        self._reduced = dict(zip(keys, relaxed.reduced[used].tolist(), strict=True))

    def draw(self, best: Incumbent, room: int) -> set[int]:
        """Return a seed and the deployments nearest to it, at most ``room`` of them."""
        regret, users = self._regret(best)
        lacking = [d for d in regret if regret[d] >> LACKING]
        seed = min(lacking or regret, key=lambda d: (self._tried.get(d, 0), -regret[d], d))
        self._tried[seed] = self._tried.get(seed, 0) + 1
        shared: dict[int, int] = {}
        for c in np.flatnonzero(self._columns[seed]).tolist():
            for d in users.get(c, ()):
                shared[d] = shared.get(d, 0) + 1
        if len(shared) < room:
            for c in np.flatnonzero(self._columns[sorted(shared)].any(axis=0)).tolist():
                for d in users.get(c, ()):
                    shared.setdefault(d, 0)
        closest = sorted(shared, key=lambda d: (-shared[d], -regret[d], d))
        return {seed, *closest[:room]}

    def _regret(self, best: Incumbent) -> tuple[dict[int, int], dict[int, set[int]]]:
        """Return the regret of each deployment, and who is in each of the coarsest cells."""
        regret = self._shortage(best.counts)
        users: dict[int, set[int]] = {}
        for (d, c), count in best.counts.items():
            home = int(best.parent[c])
            regret[d] = regret.get(d, 0) + max(0, self._reduced.get((d, home), 0)) * count
            users.setdefault(home, set()).add(d)
        return regret, users

    def _shortage(self, counts: Counts) -> dict[int, int]:
        placed: dict[int, int] = {}
        for (d, _), count in counts.items():
            placed[d] = placed.get(d, 0) + count
        lacking = {
            d: deployment.weight * (deployment.replicas - placed.get(d, 0))
            for d, deployment in enumerate(self._deployments)
        }
        return {d: missing << LACKING for d, missing in lacking.items() if missing}


def nearest(columns: Mask, members: set[int], counts: Counts, parent: Ints, room: int) -> set[int]:
    """Return the deployments whose replicas lie where most of some members could go.

    Parameters
    ----------
    columns : bool array, shape (deployments, coarsest cells)
    counts : Counts
        Over cells whose coarsest cell is ``parent[cell]``.
    room : int
        How many at most.
    """
    if room <= 0 or not members:
        return set()
    wanted = columns[sorted(members)].sum(axis=0)
    shared: dict[int, int] = {}
    for d, c in counts:
        if d not in members and wanted[parent[c]]:
            shared[d] = shared.get(d, 0) + int(wanted[parent[c]])
    return set(sorted(shared, key=lambda d: (-shared[d], d))[:room])
