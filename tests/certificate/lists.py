"""Random price lists, from wild ones to ones that come near to what prices should be."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placement.catalog.catalog import Catalog
from placement.certificate import Bounds
from placement.plan.prices import CapacityPrice, TierPrices

SIZES = (None, None, 250, 500, 1000, 2000, 4000, 333)
MANY = 1 << 40


def random_prices(rng: Random, bounds: Bounds, tier: str) -> TierPrices:
    """Return a price list for one tier, some of it near the worth of a replica."""
    scale = rng.choice((0, 2, 7, 20))
    near = _worth_of_a_thousandth(bounds, tier)
    before = bounds.tiers[: bounds.tiers.index(tier)]
    earlier = {
        name: round(rng.choice((0, 0.3, 1, 1.2, 5, 1000)) * near * 2**scale)
        for name in before
        if rng.random() < 0.8
    }
    rows = tuple(
        row
        for group in bounds.catalog.node_groups
        for _ in range(rng.choice((0, 1, 1, 2)))
        for row in _rows(rng, bounds.catalog, group.name, near, scale)
    )
    return TierPrices(tier, scale, rows, earlier)


def _worth_of_a_thousandth(bounds: Bounds, tier: str) -> float:
    if tier != bounds.objective.name:
        return 1.0
    costs = [int(c) for c in bounds.lots.costs.reshape(-1) if c]
    costs += [int(c) // 4 for c in bounds.node_costs if c]
    return max(costs, default=1) / 1000


def _rows(
    rng: Random, catalog: Catalog, group: str, near: float, scale: int
) -> list[CapacityPrice]:
    resource = rng.choice(("gpus", "gpus", "gpus", "cpus", "memory", "extra:disk"))
    size = rng.choice(SIZES)
    worth = near * rng.choice((0.01, 0.1, 0.3, 0.7, 1, 1.3)) * (size or 1)
    count = catalog.groups_by_name[group].count
    nodes = None
    if rng.random() < 0.4:
        first = rng.randrange(count)
        nodes = ((first, rng.randrange(first, count + 1)),)
    return [CapacityPrice(group, resource, round(worth * 2**scale), size, nodes)]


def with_one_changed(rng: Random, prices: TierPrices) -> TierPrices:
    """Return a price list in which one number is another one."""
    rows, earlier = list(prices.capacity), dict(prices.earlier)
    at = rng.randrange(len(rows) + len(earlier)) if rows or earlier else None
    if at is None:
        return prices
    if at < len(rows):
        rows[at] = replace(rows[at], price=_another(rng, rows[at].price))
    else:
        name = sorted(earlier)[at - len(rows)]
        earlier[name] = _another(rng, earlier[name])
    return replace(prices, capacity=tuple(rows), earlier=earlier)


def _another(rng: Random, price: int) -> int:
    return rng.choice((0, price // 2, price + 1, price * 2 + 1, price + MANY))


def shifted(prices: TierPrices, bits: int) -> TierPrices:
    """Return the same prices in steps so many times finer."""
    return replace(
        prices,
        scale=prices.scale + bits,
        capacity=tuple(replace(row, price=row.price << bits) for row in prices.capacity),
        earlier={name: worth << bits for name, worth in prices.earlier.items()},
    )
