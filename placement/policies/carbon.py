"""A carbon policy lets a model run only where the power grid emits at most the stated CO2 amount.

The amount is grams of CO2 equivalent per kilowatt-hour of the region. A region whose intensity
is unknown never satisfies the policy.
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

MILLIGRAMS_PER_GRAM = 1000


class CarbonPolicy(Policy):
    """Allows regions of at most ``max_carbon`` gCO2eq/kWh."""

    type: Literal["carbon"] = "carbon"
    max_carbon: Decimal = Field(ge=0, max_digits=12, decimal_places=3)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows whose intensity is known (not -1) and within the limit."""
        limit = int(self.max_carbon * MILLIGRAMS_PER_GRAM)
        return (table.carbon >= 0) & (table.carbon <= limit)

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether the region's intensity is known and within the limit."""
        carbon = group.region.carbon
        if carbon is None:
            return False
        return Fraction(carbon, MILLIGRAMS_PER_GRAM) <= Fraction(self.max_carbon)

    def options(self) -> str:
        """Return the limit."""
        return f"at most {self.max_carbon:f} gCO2eq/kWh"
