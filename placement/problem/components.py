"""Independent parts of a snapshot: deployments that share no node and no rule.

The contention graph joins a deployment to every cell it may use and to every deployment that it is
kept apart from or together with. Its connected components can be solved on their own, and the
values of each tier add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import networkx as nx
import numpy as np

from placement.constraints.peers import selects
from placement.problem.cells import renumbered
from placement.problem.compiler import Compiled

GraphNode = tuple[str, int]
"""A kind and a number."""


def contention_graph(compiled: Compiled) -> nx.Graph[GraphNode]:
    """Return a graph with nodes ``("deployment", number)`` and ``("cell", number)``.

    Its components are those of contention. Of the cells that a deployment may use only one is
    joined to it from each set that is connected already, so edges are few.
    """
    graph: nx.Graph[GraphNode] = nx.Graph()
    groups = np.array([cell.group for cell in compiled.cells], np.int64)
    connected = np.arange(len(groups))
    graph.add_nodes_from(("cell", c) for c in range(len(groups)))
    first: dict[int, int] = {}
    for d, mask in enumerate(compiled.eligible):
        graph.add_node(("deployment", d))
        known = first.setdefault(id(mask), d)
        if known != d:
            graph.add_edge(("deployment", known), ("deployment", d))
            continue
        cells = np.flatnonzero(mask[groups]) if len(groups) else groups
        sets = np.unique(connected[cells])
        graph.add_edges_from((("deployment", d), ("cell", c)) for c in sets.tolist())
        if len(sets) > 1:
            connected[np.isin(connected, sets)] = sets[0]
    graph.add_edges_from(_ruled_together(compiled))
    return graph


def _ruled_together(compiled: Compiled) -> Iterator[tuple[GraphNode, GraphNode]]:
    for d, deployment in enumerate(compiled.deployments):
        for entry in (*deployment.separate_from, *deployment.together_with):
            for other, candidate in enumerate(compiled.deployments):
                if other != d and selects(entry.selector, candidate):
                    yield ("deployment", d), ("deployment", other)


def components(compiled: Compiled) -> list[tuple[Compiled, tuple[int, ...], tuple[int, ...]]]:
    """Return (part, its deployment numbers, its cell numbers), in order of the first deployment."""
    found = []
    for members in nx.connected_components(contention_graph(compiled)):
        deployments = tuple(sorted(n for kind, n in members if kind == "deployment"))
        cells = tuple(sorted(n for kind, n in members if kind == "cell"))
        if deployments:
            found.append((_part(compiled, deployments, cells), deployments, cells))
    return sorted(found, key=lambda part: part[1])


def _part(compiled: Compiled, deployments: tuple[int, ...], cells: tuple[int, ...]) -> Compiled:
    number = {d: new for new, d in enumerate(deployments)}
    return replace(
        compiled,
        deployments=tuple(compiled.deployments[d] for d in deployments),
        eligible=tuple(compiled.eligible[d] for d in deployments),
        cells=tuple(renumbered(compiled.cells[c], number) for c in cells),
        movable=tuple(compiled.movable[d] for d in deployments),
        wanted=tuple(compiled.wanted[d] for d in deployments),
        strict=frozenset(number[d] for d in compiled.strict if d in number),
    )
