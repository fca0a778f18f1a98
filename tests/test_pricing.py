"""Truth tables of the unit prices, worked out by hand: both halves of every objective use them."""

from __future__ import annotations

import pytest

from placement.pricing import (
    RowUse,
    node_price,
    part_of_node,
    round_half_even,
    share_price,
    split_node_price,
    unit_price,
)
from tests.verifier.fleet import USD, deployment, fleet

CATALOG = fleet()


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (0, 7, 0),
        (1, 2, 0),
        (3, 2, 2),
        (5, 2, 2),
        (7, 2, 4),
        (1, 3, 0),
        (2, 3, 1),
        (2_500_000_000_000_000_001, 5_000_000_000_000_000_000, 1),
        (2_500_000_000_000_000_000, 5_000_000_000_000_000_000, 0),
        (-1, 2, 0),
        (-3, 2, -2),
    ],
)
def test_ties_go_to_the_even_neighbour(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_even(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("price", "demand", "capacity", "micro"),
    [
        (2 * USD, 1, 4, 500_000),
        (2_310_000_001, 1_000, 4_000, 577_500),  # 577 500.00025
        (1_000, 1, 2, 0),  # half a micro-USD, 0 is even
        (3_000, 1, 2, 2),  # one and a half
        (5_000, 1, 2, 2),  # two and a half
        (USD, 1, 3, 333_333),
        (USD, 2, 3, 666_667),
        (USD, 0, 4, 0),
        (USD, 0, 0, 0),
        (0, 3, 4, 0),
        (10**15, 999, 1_000, 999_000_000_000),
    ],
)
def test_a_part_of_a_node(price: int, demand: int, capacity: int, micro: int) -> None:
    assert share_price(price, demand, capacity) == micro


@pytest.mark.parametrize(
    ("price", "micro"), [(0, 0), (1_499, 1), (1_500, 2), (2_500, 2), (2_501, 3), (USD, 10**6)]
)
def test_a_whole_node(price: int, micro: int) -> None:
    assert node_price(price) == micro


@pytest.mark.parametrize(
    ("group", "resources", "part", "micro"),
    [
        ("east", {"gpus": 1, "cpus": 16}, (1_000, 4_000), 500_000),
        ("east", {"gpus": "0.5"}, (500, 4_000), 250_000),
        ("east", {"gpus": 3}, (3_000, 4_000), 1_500_000),
        ("east", {"gpus": 0, "cpus": 4}, (4_000, 16_000), 500_000),
        ("cpu", {"gpus": 0, "cpus": "0.5"}, (500, 8_000), 31_250),
        ("part", {"gpus": "0.1"}, (600, 1_000), 150_000),  # 0.1 of 1/6 is three fifths
        ("part", {"gpus": "0.166"}, (996, 1_000), 249_000),
    ],
)
def test_the_part_that_a_replica_pays_for(
    group: str, resources: dict[str, int | str], part: tuple[int, int], micro: int
) -> None:
    there, one = CATALOG.groups_by_name[group], deployment("chat", resources=resources)
    assert part_of_node(one, there) == part
    assert unit_price(one, there) == micro


@pytest.mark.parametrize(
    ("price", "rows", "parts"),
    [
        (10_000, [RowUse(1_000, 1_000, 1)], (10,)),
        (10_000, [RowUse(1_000, 9_000, 1), RowUse(1_000, 1_000, 1)], (5, 5)),
        (10_000, [RowUse(1_000, 0, 1)] * 3, (4, 3, 3)),  # the remainder goes to the first
        (11_000, [RowUse(1_000, 0, 1)] * 3, (5, 3, 3)),
        (10_000, [RowUse(0, 8_000, 1), RowUse(1_000, 1_000, 1)], (0, 10)),
        (10_000, [RowUse(0, 1_000, 1), RowUse(0, 3_000, 1)], (3, 7)),  # 2.5 and 7.5
        (10_000, [RowUse(0, 0, 1), RowUse(0, 0, 4)], (2, 8)),
        (1_500, [RowUse(500, 0, 1), RowUse(500, 0, 1)], (1, 1)),
    ],
)
def test_the_parts_of_a_node_add_up(price: int, rows: list[RowUse], parts: tuple[int, ...]) -> None:
    assert split_node_price(price, rows) == parts
    assert sum(parts) == node_price(price)
