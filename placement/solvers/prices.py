"""From the prices of a relaxation to the price list that a plan shows.

Only rows that a price list can name take part: capacity, what is wanted, limits per domain, what
stays. Where the prices of a relaxation lie on other rows, it is solved again without those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.plan.prices import CapacityPrice, TierPrices
from placement.problem.problem import CapacityRows, Ints, Label, Problem, Rows, TierSpec
from placement.problem.tiers import MOVES
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog

Mask = NDArray[np.bool_]
OWN_RULES = frozenset({"demand", "displaced", "domains", "keep", MOVES, "nodes", "spread"})
"""Rows about one deployment's own counts, which the closed form keeps by itself; not `maxSkew`."""
Closed = Sequence[tuple[TierSpec, int]]


def price_part(
    catalog: Catalog,
    problem: Problem,
    values: Sequence[int],
    limits: Limits,
    *,
    known: Mapping[str, Relaxed] | None = None,
) -> tuple[TierPrices, ...]:
    """Return a price list for each tier of one part that is not at its floor.

    Parameters
    ----------
    values : sequence of int
        The value of each tier in the plan.
    known : mapping of str to Relaxed, optional
        By tier, a relaxation of this problem under those values of the earlier tiers.
    """
    tiers = problem.tiers
    namable = _namable(problem)
    bare = problem if namable.all() else _only(problem, namable)
    found = []
    for number, (tier, value) in enumerate(zip(tiers, values, strict=True)):
        if number < len(tiers) - 1 and value == tier.floor:
            continue
        closed = list(zip(tiers[:number], values[:number], strict=True))
        relaxed = (known or {}).get(tier.name)
        if relaxed is not None and not relaxed.prices[: len(problem.rows)][~namable].any():
            found.append(prices_of(catalog, problem, tier, relaxed, closed))
            continue
        start = np.zeros(len(problem.low), np.int64)
        relaxed = Relaxation(bare, closed).minimise(tier, start, limits=limits)
        if relaxed is not None:
            found.append(prices_of(catalog, bare, tier, relaxed, closed))
    return tuple(found)


def prices_of(
    catalog: Catalog, problem: Problem, tier: TierSpec, relaxed: Relaxed, closed: Closed
) -> TierPrices:
    """Return the price list of one tier.

    Parameters
    ----------
    problem : Problem
        What was relaxed.
    closed : sequence of (TierSpec, int)
        The earlier tiers, with which it was relaxed.
    """
    rows = len(problem.rows)
    worths = -relaxed.prices[rows:]
    earlier = {
        spec.name: worth
        for (spec, _), worth in zip(closed, worths.tolist(), strict=True)
        if worth > 0
    }
    capacity = tuple(_capacity(catalog, problem, -relaxed.prices[:rows]))
    return TierPrices(tier.name, relaxed.scale, capacity, earlier)


def _capacity(catalog: Catalog, problem: Problem, prices: Ints) -> Iterator[CapacityPrice]:
    """Yield the prices of capacity by node group, alike ones together."""
    rows = problem.rows.capacity
    cells_of: defaultdict[int, set[int]] = defaultdict(set)
    for c, cell in enumerate(problem.cells):
        cells_of[cell.group].add(c)
    found: dict[tuple[int, Label, int], set[int]] = {}
    for position in np.flatnonzero(prices[rows.row] > 0).tolist():
        c, label = int(rows.cell[position]), rows.labels[int(rows.label[position])]
        key = (problem.cells[c].group, label, int(prices[rows.row[position]]))
        found.setdefault(key, set()).add(c)
    for (group, label, price), cells in sorted(found.items(), key=_order):
        everywhere = cells == cells_of[group]
        nodes = None if everywhere else _ranges(problem, cells)
        name = catalog.node_groups[group].name
        yield CapacityPrice(name, label.resource, price, label.size, nodes)


def _order(item: tuple[tuple[int, Label, int], set[int]]) -> tuple[int, str, int, int]:
    (group, label, _), cells = item
    return (group, label.resource, label.size or 0, min(cells))


def _ranges(problem: Problem, cells: set[int]) -> tuple[tuple[int, int], ...]:
    """Return the node indices of some cells of one group as ranges."""
    indices = sorted(index for c in cells for index in problem.cells[c].indices)
    breaks = [i for i in range(1, len(indices)) if indices[i] > indices[i - 1] + 1]
    starts, ends = [0, *breaks], [*(i - 1 for i in breaks), len(indices) - 1]
    return tuple((indices[a], indices[b]) for a, b in zip(starts, ends, strict=True))


def _namable(problem: Problem) -> Mask:
    """Return which rows a price list can name or the closed form keeps by itself."""
    rows = problem.rows
    own = np.array([name in OWN_RULES for name in rows.name], bool)
    owner = _owners(problem, own)
    skewed = [
        d
        for d, deployment in enumerate(problem.deployments)
        if any(entry.max_skew is not None for entry in deployment.spread)
    ]
    kept = owner[rows.variable]
    own[rows.row[(kept < 0) | np.isin(kept, skewed)]] = False
    own[rows.capacity.row] = True
    return own


def _owners(problem: Problem, own: Mask) -> Ints:
    """Return the deployment that each variable is about; -1 if it is about several, or none."""
    rows = problem.rows
    owner = np.full(len(problem.low), -1)
    owner[: problem.pairs] = problem.pair_deployment
    entries = own[rows.row] & (rows.variable < problem.pairs)
    of_row = np.full(len(rows), -1)
    of_row[rows.row[entries]] = owner[rows.variable[entries]]
    others = own[rows.row] & (rows.variable >= problem.pairs) & (of_row[rows.row] >= 0)
    owner[rows.variable[others]] = of_row[rows.row[others]]
    return owner


def _only(problem: Problem, wanted: Mask) -> Problem:
    """Return a problem with some of its rows, and all of its variables."""
    rows = problem.rows
    number = np.cumsum(wanted) - 1
    entries = wanted[rows.row]
    counts = np.diff(rows.start)[wanted]
    capacity = rows.capacity
    kept = Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows.variable[entries],
        rows.coefficient[entries],
        rows.low[wanted],
        rows.high[wanted],
        tuple(name for name, there in zip(rows.name, wanted.tolist(), strict=True) if there),
        CapacityRows(number[capacity.row], capacity.cell, capacity.label, capacity.labels),
    )
    return replace(problem, rows=kept)


def joined(parts: Sequence[Sequence[TierPrices]], tiers: Sequence[str]) -> tuple[TierPrices, ...]:
    """Return one price list per tier for parts that share no node and no rule.

    Each earlier tier must be worth the same in all parts. Where it is worth less than in another
    part, the part's own proof of that tier is added so many times: a sum of price lists proves the
    sum of their bounds, and nothing is lost where what is proved of the earlier tier is its value.

    Parameters
    ----------
    parts : sequence of sequences of TierPrices
        What ``price_part`` returned.
    tiers : sequence of str
        Names of all tiers in their order.
    """
    by_tier = [{prices.tier: prices for prices in part} for part in parts]
    return tuple(
        _joined(name, by_tier, tiers[:number])
        for number, name in enumerate(tiers)
        if any(name in part for part in by_tier)
    )


def _joined(
    name: str, parts: Sequence[Mapping[str, TierPrices]], before: Sequence[str]
) -> TierPrices:
    scale = min(part[name].scale for part in parts if name in part)
    nothing = TierPrices(name, scale)
    lists = [rescaled(part.get(name, nothing), scale) for part in parts]
    # The last of the earlier tiers first: adding a proof of it adds to those before.
    for tier in reversed(before):
        worth = max(prices.earlier.get(tier, 0) for prices in lists)
        lists = [
            _raised(prices, tier, worth, part.get(tier))
            for prices, part in zip(lists, parts, strict=True)
        ]
    rows = sorted((row for prices in lists for row in prices.capacity), key=_row_order)
    return TierPrices(name, scale, tuple(rows), lists[0].earlier)


def _row_order(row: CapacityPrice) -> tuple[str, str, int, tuple[tuple[int, int], ...]]:
    return (row.node_group, row.resource, row.size or 0, row.nodes or ())


def _raised(prices: TierPrices, tier: str, worth: int, proof: TierPrices | None) -> TierPrices:
    """Return a price list in which a step of an earlier tier is worth so much."""
    more = worth - prices.earlier.get(tier, 0)
    if not more:
        return prices
    earlier = {**prices.earlier, tier: worth}
    capacity = prices.capacity
    if proof is not None:
        times = [(row, row.price * more >> proof.scale) for row in proof.capacity]
        capacity += tuple(replace(row, price=price) for row, price in times if price)
        for name, value in proof.earlier.items():
            earlier[name] = earlier.get(name, 0) + (value * more >> proof.scale)
    return replace(prices, capacity=capacity, earlier=earlier)


def rescaled(prices: TierPrices, scale: int) -> TierPrices:
    """Return a price list in coarser steps; it proves nearly the same."""
    shift = prices.scale - scale
    if not shift:
        return prices
    half = 1 << shift >> 1
    rows = [replace(row, price=row.price + half >> shift) for row in prices.capacity]
    earlier = {name: -(-worth >> shift) for name, worth in prices.earlier.items()}
    return TierPrices(prices.tier, scale, tuple(row for row in rows if row.price), earlier)
