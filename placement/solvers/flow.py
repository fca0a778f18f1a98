"""Whether supplies cover demands, and a set of demands that they do not cover, by maximum flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

from placement.problem.problem import Ints


def overdrawn(demand: Ints, supply: Ints, may_use: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return demands that together want more than all they may use, or None if all are covered.

    Parameters
    ----------
    demand, supply : int arrays
        Amounts of at least 0; their sums stay below 2^63.
    may_use : bool array, shape (demands, supplies)

    Returns
    -------
    bool array or None
        By demand: the source side of a minimum cut, so that what these want exceeds what there is
        of the supplies that any of them may use.
    """
    wants, sources = len(demand), len(supply)
    source, sink = wants + sources, wants + sources + 1
    owner, where = np.nonzero(may_use)
    tail = np.concatenate([np.full(wants, source), owner, np.arange(sources) + wants])
    head = np.concatenate([np.arange(wants), where + wants, np.full(sources, sink)])
    most = np.concatenate([demand, demand[owner], supply])
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(tail, head, most)
    if flow.solve(source, sink) != flow.OPTIMAL:
        return None
    if flow.optimal_flow() >= int(demand.sum()):
        return None
    found = np.zeros(wants, bool)
    found[[node for node in flow.get_source_side_min_cut() if node < wants]] = True
    return found
