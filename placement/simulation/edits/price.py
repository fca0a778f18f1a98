"""The nodes of a node group cost something else."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from placement.catalog.edits import with_price
from placement.catalog.load import MOST_PRICE
from placement.catalog.rows import NANO
from placement.simulation.edits.base import FleetEdit
from placement.workspace.codes import Code
from placement.workspace.fields import Name, coded_error, exact_number

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog


def _in_nano(price: Decimal) -> Decimal:
    if price * NANO % 1:
        raise coded_error(Code.TOO_FINE, f"comes in steps of 0.000000001, found {price}")
    return price


Price = Annotated[
    Decimal,
    Field(ge=0, le=MOST_PRICE),
    BeforeValidator(exact_number),
    AfterValidator(_in_nano),
]
"""USD per hour, in the steps that a catalog knows."""


class SetPrice(FleetEdit):
    """Lets a node of ``nodeGroup`` cost ``pricePerHour`` USD."""

    type: Literal["price"] = "price"
    node_group: Name
    price_per_hour: Price

    def fleet(self, catalog: Catalog) -> Catalog:
        """Return the catalog with the other price."""
        return with_price(catalog, self.node_group, int(self.price_per_hour * NANO))

    def words(self) -> str:
        """Return ``price of g1 becomes 2.5 USD/h``."""
        return f"price of {self.node_group} becomes {self.price_per_hour:f} USD/h"
