"""Which problems node patterns are for."""

from __future__ import annotations

import numpy as np

from placement.problem.compiler import Compiled
from placement.problem.problem import Problem
from placement.solvers.patterns.covering import totals
from placement.solvers.patterns.kinds import Kinds, kinds_of, tier_costs
from placement.workspace.workspace import Domain, ModelDeployment

MOST_SHAPES = 1_000
MOST_KINDS = 150
MOST_PRICED_APART = 25
"""Kinds, if a replica costs something else on each of them: then each is priced by itself."""
FEWEST_NODES = 50
"""Below, other ways are as good."""
NODES_PER_KIND = 2
"""Below, nodes have little in common and there is nothing to gain by looking at kinds."""
SCARCE = 0.7
"""Share of a resource that must be asked for before it may bind."""
BINDING = 2
"""Resources that may bind before class totals are a weak bound."""


def fits_patterns(compiled: Compiled, problem: Problem) -> bool:
    """Whether node patterns can decide a problem and are likely the best way to do so.

    Parameters
    ----------
    problem : Problem
        Over the cells of ``compiled``.
    """
    return can_be_patterns(compiled, problem) and _worthwhile(compiled, problem)


def can_be_patterns(compiled: Compiled, problem: Problem) -> bool:
    """Whether all rules of a problem are about the content of single nodes and about counts."""
    if not problem.pairs or any(compiled.movable) or compiled.rebalance is not None:
        return False
    if not all(_is_simple(deployment) for deployment in problem.deployments):
        return False
    kinds = kinds_of(compiled, problem)
    asks = kinds.demand.any(axis=1) | (kinds.gpus > 0)
    return bool(asks.all()) and not (kinds.ruled & kinds.shares).any()


def _is_simple(deployment: ModelDeployment) -> bool:
    """Whether each replica may be placed wherever a node has room and is below its limit."""
    if deployment.separate_from or deployment.together_with or deployment.min_replicas > 1:
        return False
    return all(
        entry.over is Domain.NODE and entry.min_domains is None and entry.max_skew is None
        for entry in deployment.spread
    )


def _worthwhile(compiled: Compiled, problem: Problem) -> bool:
    kinds = kinds_of(compiled, problem)
    shapes, most = len(kinds.wanted), len(kinds.nodes)
    if shapes > MOST_SHAPES or most > MOST_KINDS:
        return False
    if kinds.nodes.sum() < max(FEWEST_NODES, NODES_PER_KIND * most):
        return False
    if not compiled.bill_nodes and not _alike(problem) and most > MOST_PRICED_APART:
        return False
    return compiled.bill_nodes or bool(kinds.shares.any()) or _scarce(kinds) >= BINDING


def _alike(problem: Problem) -> bool:
    """Whether a replica costs the same on all kinds of nodes."""
    return tier_costs(problem, problem.tiers[-1]).by_shape


def _scarce(kinds: Kinds) -> int:
    """Return how many resources are asked for to such a part that they may bind."""
    demand, capacity = totals(kinds)
    asked, there = kinds.wanted @ demand, kinds.nodes @ capacity
    return int(np.count_nonzero(asked > SCARCE * there))
