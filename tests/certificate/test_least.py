"""The least cost of a lot of replicas against every way to place them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import numpy as np
import pytest

from placement.certificate.least import Owed, cheapest_domains, least_of_one, least_of_rows
from tests.certificate.cases import best_case, tiers_and_lists
from tests.certificate.lists import random_prices, shifted


def drawn(rng: Random, columns: int) -> tuple[np.ndarray, np.ndarray]:
    cost = np.array([rng.randrange(-4, 8) for _ in range(columns)])
    return cost, np.array([rng.randrange(1, 4) for _ in range(columns)])


def ways(room: np.ndarray, replicas: int) -> list[tuple[int, ...]]:
    counts = product(*(range(most + 1) for most in room.tolist()))
    return [way for way in counts if sum(way) <= replicas]


def value(cost: np.ndarray, way: tuple[int, ...], owed: Owed) -> int:
    return int(cost @ np.array(way)) + owed.slope * min(owed.replicas, sum(way))


@pytest.mark.parametrize("seed", range(150))
def test_a_deployment_with_limits_costs_the_least_of_all_ways(seed: int) -> None:
    rng = Random(seed)
    cost, room = drawn(rng, 4)
    replicas = rng.randrange(6)
    owed = Owed(rng.randrange(replicas + 1), rng.randrange(-9, 4))
    zones = np.array([0, 0, 1, 2])
    regions = np.array([0, 0, 0, 1])
    limits = [(zones, rng.randrange(1, 4)), (regions, rng.randrange(1, 5))]
    allowed = [
        way
        for way in ways(room, replicas)
        if all(
            max(Counter(dict(enumerate(np.bincount(of, way).tolist()))).values()) <= most
            for of, most in limits
        )
    ]
    least = min(value(cost, way, owed) for way in allowed)
    assert least_of_one(cost, room, replicas, owed, limits=limits) == least


@pytest.mark.parametrize("seed", range(150))
def test_a_deployment_in_several_domains_costs_the_least_of_all_ways(seed: int) -> None:
    rng = Random(seed)
    cost, room = drawn(rng, 4)
    replicas = rng.randrange(1, 6)
    wanted = min(rng.randrange(1, 4), replicas)
    owed = Owed(rng.randrange(replicas + 1), rng.randrange(-9, 4))
    domains = np.array([rng.randrange(3) for _ in range(4)])
    first = cheapest_domains(cost, domains, wanted)
    allowed = [
        way
        for way in ways(room, replicas)
        if not any(way)
        or len({d for d, count in zip(domains, way, strict=True) if count}) >= wanted
    ]
    least = min(value(cost, way, owed) for way in allowed)
    if first is None:
        assert least == 0
    else:
        assert least_of_one(cost, room, replicas, owed, first=first) == least


@pytest.mark.parametrize("kind", [np.int64, object])
@pytest.mark.parametrize("seed", range(40))
def test_many_lots_at_once_cost_what_each_costs(seed: int, kind: type) -> None:
    rng = Random(seed)
    rows = [drawn(rng, 5) for _ in range(6)]
    replicas = np.array([rng.randrange(8) for _ in rows])
    cost = np.array([row[0] for row in rows]) * 2**33
    room = np.array([row[1] for row in rows]) * (cost % 7 != 3)
    found = least_of_rows(cost.astype(kind), room, replicas)
    assert found == [
        least_of_one(c, r, int(n), Owed()) for c, r, n in zip(cost, room, replicas, strict=True)
    ]


def test_finer_steps_prove_the_same_also_beyond_64_bits() -> None:
    beyond = 0
    for seed in range(40):
        case = best_case(seed)
        for tier, rng in tiers_and_lists(case, 1):
            prices = random_prices(rng, case.bounds, tier)
            bound = case.bounds.bound(prices, case.values)
            for bits in (9, 44):
                finer = shifted(prices, bits)
                beyond += any(row.price >= 2**63 for row in finer.capacity)
                assert case.bounds.bound(finer, case.values) == bound, (seed, finer)
    assert beyond > 5
