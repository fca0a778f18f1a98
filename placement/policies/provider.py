"""A provider policy lets a model run only on the machines of the cloud providers it lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.catalog.geography import fold
from placement.policies.base import NameKind, NameReference, Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable


class ProviderPolicy(Policy):
    """Allows the node groups of ``providers``; case does not matter."""

    type: Literal["provider"] = "provider"
    providers: tuple[str, ...] = Field(min_length=1)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows whose provider is listed."""
        wanted = {fold(name) for name in self.providers}
        values, _ = table.texts["provider"]
        return table.isin("provider", {value for value in values if fold(value) in wanted})

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether the node group's provider is one of the listed names."""
        owner = fold(group.region.provider)
        return any(fold(name) == owner for name in self.providers)

    def options(self) -> str:
        """Return the allowed providers in the order written."""
        return ", ".join(dict.fromkeys(self.providers))

    def references(self) -> Iterator[NameReference]:
        """Yield each provider name."""
        for index, name in enumerate(self.providers):
            yield NameReference(NameKind.PROVIDER, name, ("providers", index))
