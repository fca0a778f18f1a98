"""A price policy lets a model run only on GPUs that cost at most the stated price per GPU hour.

The price of a GPU is the node's price divided by its number of GPUs, compared exactly. Nodes
without GPUs have no such price and always satisfy the policy.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.policies.base import Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable

NANO_PER_USD = 10**9
LARGEST_INT64 = 2**63 - 1


class PricePolicy(Policy):
    """Allows node groups whose price per GPU is at most ``max_price_per_gpu_hour`` (USD)."""

    type: Literal["price"] = "price"
    max_price_per_gpu_hour: Decimal = Field(ge=0, max_digits=18, decimal_places=9)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows below the limit for their number of GPUs, in integers."""
        import numpy as np

        counts, code = np.unique(table.gpu_count, return_inverse=True)
        limits = np.array([self._node_limit(int(count)) for count in counts], np.int64)
        return ~table.isin("flavor_type", {"gpu"}) | (table.price <= limits[code])

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether a node without GPUs, or the price of one GPU, is within the limit."""
        if group.flavor_type != "gpu":
            return True
        per_gpu = Fraction(group.price, NANO_PER_USD) / group.gpu_count
        return per_gpu <= Fraction(self.max_price_per_gpu_hour)

    def options(self) -> str:
        """Return the limit."""
        return f"at most {self.max_price_per_gpu_hour:f} USD per GPU and hour"

    def _node_limit(self, gpu_count: int) -> int:
        # Nine decimals are whole nano-USD, so this is exact; the minimum keeps it in an int64.
        limit = int(self.max_price_per_gpu_hour * NANO_PER_USD) * gpu_count
        return min(limit, LARGEST_INT64)
