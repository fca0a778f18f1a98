"""A location policy lets a model run only in the regions, countries, continents and blocs it lists.

The entries of one policy widen each other, and kinds may be mixed. A continent is geography
and a bloc is membership: the continent Europe holds London, the bloc EU does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.catalog.geography import (
    countries_of_bloc,
    find_bloc,
    find_continent,
    find_country,
    fold,
)
from placement.policies.base import Document, NameKind, NameReference, Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable


class LocationType(StrEnum):
    """Size of a place; ``location`` is one region of a provider."""

    LOCATION = "location"
    COUNTRY = "country"
    CONTINENT = "continent"
    BLOC = "bloc"


class LocationEntry(Document):
    """One allowed place, ``{type: country, name: US}``."""

    type: LocationType
    name: str

    @property
    def kind(self) -> NameKind:
        """What the name refers to."""
        if self.type is LocationType.LOCATION:
            return NameKind.REGION
        return NameKind(self.type.value)

    def holds(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether a node group lies in this place; an unknown place holds nothing."""
        region = group.region
        match self.type:
            case LocationType.LOCATION:
                return region.key in catalog.find_regions(self.name)
            case LocationType.COUNTRY:
                return region.country == find_country(self.name)
            case LocationType.CONTINENT:
                return region.continent == find_continent(self.name)
            case LocationType.BLOC:
                bloc = find_bloc(self.name)
                return bloc is not None and region.country in countries_of_bloc(bloc)


class LocationPolicy(Policy):
    """Allows the node groups that lie in one of ``locations``."""

    type: Literal["location"] = "location"
    locations: tuple[LocationEntry, ...] = Field(min_length=1)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows whose region, country or continent is wanted."""
        mask = table.isin("region", self._regions(table.texts["region"][0]))
        mask |= table.isin("country", self._countries())
        mask |= table.isin("continent", self._continents())
        return mask

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether one entry holds the node group's region."""
        return any(entry.holds(group, catalog) for entry in self.locations)

    def options(self) -> str:
        """Return the allowed places in the order written."""
        return ", ".join(dict.fromkeys(entry.name for entry in self.locations))

    def references(self) -> Iterator[NameReference]:
        """Yield each entry's name."""
        for index, entry in enumerate(self.locations):
            yield NameReference(entry.kind, entry.name, ("locations", index, "name"))

    def _names(self, wanted: LocationType) -> list[str]:
        return [entry.name for entry in self.locations if entry.type is wanted]

    def _regions(self, keys: tuple[str, ...]) -> set[str]:
        wanted = {fold(name) for name in self._names(LocationType.LOCATION)}
        return {key for key in keys if not wanted.isdisjoint((fold(key), fold(_bare(key))))}

    def _countries(self) -> set[str]:
        found = {find_country(name) for name in self._names(LocationType.COUNTRY)}
        for bloc in map(find_bloc, self._names(LocationType.BLOC)):
            if bloc is not None:
                found |= countries_of_bloc(bloc)
        return {country for country in found if country is not None}

    def _continents(self) -> set[str]:
        found = {find_continent(name) for name in self._names(LocationType.CONTINENT)}
        return {continent for continent in found if continent is not None}


def _bare(key: str) -> str:
    """Return the region name without its provider."""
    return key.partition("/")[2]
