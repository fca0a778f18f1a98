"""Unit prices: the one place where money is rounded.

Both halves of every objective take their prices from here, so the truth table of the tests is
written by hand. Prices are nano-USD per hour, costs micro-USD per hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment

NANO_PER_MICRO = 1000
UNIT = 1000  # thousandths, as in the catalog


def round_half_even(numerator: int, denominator: int) -> int:
    """Return ``numerator / denominator`` rounded to the nearest integer, ties to even."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient


def round_half_even_all(
    numerator: NDArray[np.int64], denominator: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return ``round_half_even`` of every element of two non-negative int64 arrays."""
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 == 1))
    rounded: NDArray[np.int64] = quotient + up
    return rounded


def share_price(price_nano: int, demand: int, capacity: int) -> int:
    """Return what a part of a node costs, in micro-USD per hour.

    Parameters
    ----------
    price_nano : int
        Price of the whole node in nano-USD per hour.
    demand, capacity : int
        The part is ``demand / capacity``, in any common unit. Nothing of nothing is free.

    Returns
    -------
    int
        Rounded to the nearest micro-USD, ties to even.
    """
    if demand == 0 or capacity == 0:
        return 0
    return round_half_even(price_nano * demand, capacity * NANO_PER_MICRO)


def node_price(price_nano: int) -> int:
    """Return the price of a whole node in micro-USD per hour, ties to even."""
    return round_half_even(price_nano, NANO_PER_MICRO)


def part_of_node(deployment: ModelDeployment, group: NodeGroup) -> tuple[int, int]:
    """Return (demand, capacity): the part of a node that one replica pays for.

    GPUs over GPUs for a deployment with GPUs (a partial-GPU node has its fraction of one),
    else CPUs over CPUs.
    """
    if not deployment.gpus:
        return deployment.cpus, group.cpus
    if group.gpu_fraction is None:
        return deployment.gpus, group.gpu_count * UNIT
    fraction = group.gpu_fraction
    return deployment.gpus * fraction.denominator, fraction.numerator * UNIT


def unit_price(deployment: ModelDeployment, group: NodeGroup) -> int:
    """Return what one replica costs under billing ``share``, in micro-USD per hour."""
    demand, capacity = part_of_node(deployment, group)
    return share_price(group.price, demand, capacity)


@dataclass(frozen=True, slots=True)
class RowUse:
    """What one row uses of its node: totals of the row in thousandths, and its replicas."""

    gpus: int
    cpus: int
    replicas: int


def split_node_price(price_nano: int, rows: Sequence[RowUse]) -> tuple[int, ...]:
    """Split a node's price over its rows so that the parts add up to it exactly.

    By GPUs; by CPUs if no row has GPUs; by replicas if neither. Each part is rounded down and
    the first row takes the remainder.

    Parameters
    ----------
    price_nano : int
        Price of the whole node in nano-USD per hour.
    rows : sequence of RowUse
        The rows of one node in the order of rows; at least one.

    Returns
    -------
    tuple of int
        Micro-USD per hour of each row.
    """
    total = node_price(price_nano)
    keys = [row.gpus for row in rows]
    if not any(keys):
        keys = [row.cpus for row in rows]
    if not any(keys):
        keys = [row.replicas for row in rows]
    whole = sum(keys) or 1
    parts = [total * key // whole for key in keys]
    parts[0] += total - sum(parts)
    return tuple(parts)
