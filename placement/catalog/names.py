"""The names a catalog knows, without its tables: what checking manifests needs.

Reading names takes the csv module only, so that ``placement validate`` starts fast.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from placement.catalog.geography import find_country, fold
from placement.catalog.hardware import CPU_FLAVORS, GpuEntry, find_cpu, gpu_index, hardware_key
from placement.catalog.layout import GPUS, NODES, REGIONS
from placement.catalog.sheet import Findings
from placement.catalog.source import Folder


@dataclass(frozen=True)
class CatalogNames:
    """Names of one catalog, and which of them its node groups use.

    Attributes
    ----------
    regions : mapping of str to str
        Country code by region key ``provider/code``, sorted.
    gpu_entries : tuple of (name, aliases, family)
        Sorted by name.
    used_regions, used_countries, used_providers : frozenset of str
        Those with a node group.
    used_gpus, used_cpus : frozenset of str
        Flavors of node groups.
    name : str
        Folder name of the catalog, for messages.
    """

    regions: Mapping[str, str]
    gpu_entries: tuple[GpuEntry, ...]
    used_regions: frozenset[str] = frozenset()
    used_gpus: frozenset[str] = frozenset()
    used_cpus: frozenset[str] = frozenset()
    name: str = "catalog"

    @cached_property
    def gpus(self) -> tuple[str, ...]:
        """GPU names, sorted."""
        return tuple(name for name, _, _ in self.gpu_entries)

    @cached_property
    def cpus(self) -> tuple[str, ...]:
        """CPU flavors, sorted."""
        return tuple(sorted(CPU_FLAVORS))

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """Providers with a region, sorted."""
        return tuple(sorted({key.partition("/")[0] for key in self.regions}))

    @cached_property
    def countries(self) -> frozenset[str]:
        """Countries with a region."""
        return frozenset(self.regions.values())

    @cached_property
    def used_countries(self) -> frozenset[str]:
        """Countries with a node group."""
        return frozenset(self.regions[key] for key in self.used_regions)

    @cached_property
    def used_providers(self) -> frozenset[str]:
        """Providers with a node group."""
        return frozenset(key.partition("/")[0] for key in self.used_regions)

    @cached_property
    def region_names(self) -> tuple[str, ...]:
        """Every text that names a region: keys and bare codes, sorted, for suggestions."""
        return tuple(sorted({*self.regions, *(key.partition("/")[2] for key in self.regions)}))

    @cached_property
    def gpu_names(self) -> tuple[str, ...]:
        """GPU names, declared aliases and declared families, sorted, for suggestions."""
        texts = {text for name, aliases, family in self.gpu_entries for text in (name, *aliases)}
        texts.update(family for _, _, family in self.gpu_entries if family)
        return tuple(sorted(texts))

    def find_regions(self, name: str) -> tuple[str, ...]:
        """Return the region keys that ``name`` means: one for ``provider/code`` or for a
        bare code that is unambiguous, several for an ambiguous bare code, none if unknown.
        """
        return self._region_index.get(fold(name), ())

    def find_gpus(self, name: str) -> tuple[str, ...]:
        """Return the GPUs of this catalog that a name, alias or family means; () if none."""
        return self._gpu_index.get(hardware_key(name), ())

    def find_cpu(self, name: str) -> str | None:
        """Return the CPU flavor that ``name`` means, or None."""
        return find_cpu(name)

    def find_provider(self, name: str) -> str | None:
        """Return the provider of this catalog that ``name`` means, or None."""
        return self._provider_index.get(fold(name))

    def has_provider(self, name: str) -> bool:
        """Whether the catalog has a region of this provider."""
        return self.find_provider(name) is not None

    @cached_property
    def _region_index(self) -> Mapping[str, tuple[str, ...]]:
        return region_index(self.regions)

    @cached_property
    def _gpu_index(self) -> Mapping[str, tuple[str, ...]]:
        return gpu_index(self.gpu_entries)

    @cached_property
    def _provider_index(self) -> Mapping[str, str]:
        return {fold(provider): provider for provider in self.providers}


def region_index(keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the region keys that each folded key and bare code means."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key in keys:
        found[fold(key)].add(key)
        found[fold(key.partition("/")[2])].add(key)
    return {text: tuple(sorted(meant)) for text, meant in found.items()}


def load_names(path: str | os.PathLike[str]) -> CatalogNames:
    """Read only the names of a catalog folder.

    Rows that do not make sense are passed over: ``load_catalog`` is what judges them.

    Raises
    ------
    InputError
        If a file is missing, is not UTF-8, is not CSV or lacks a column.
    """
    findings, folder = Findings(), Folder(os.fspath(path))
    sheets = [folder.open(layout, findings) for layout in (REGIONS, GPUS, NODES)]
    findings.raise_if_any()
    regions, gpus, nodes = (sheet.records() for sheet in sheets if sheet is not None)
    known = dict(sorted(_regions(regions)))
    entries = tuple(sorted(_gpus(gpus)))
    used = _used(nodes, region_index(known), gpu_index(entries))
    return CatalogNames(MappingProxyType(known), entries, *used, name=folder.name)


def split_aliases(text: str) -> tuple[str, ...]:
    """Return the aliases of a cell that separates them by ``|``."""
    return tuple(alias.strip() for alias in text.split("|") if alias.strip())


def _regions(records: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for row in records:
        country = find_country(row["country"])
        if row["provider"] and row["region"] and country:
            yield f"{row['provider']}/{row['region']}", country


def _gpus(records: Iterable[Mapping[str, str]]) -> Iterator[GpuEntry]:
    for row in records:
        if row["gpu"]:
            yield row["gpu"], split_aliases(row["aliases"]), row.get("family") or None


def _used(
    records: Iterable[Mapping[str, str]],
    regions: Mapping[str, tuple[str, ...]],
    gpus: Mapping[str, tuple[str, ...]],
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the regions, GPUs and CPU flavors that node groups use."""
    seen = {(r["provider"], r["region"], r["flavor_type"].casefold(), r["flavor"]) for r in records}
    places = {regions.get(fold(f"{provider}/{region}"), ()) for provider, region, _, _ in seen}
    cards = {gpus.get(hardware_key(flavor), ()) for _, _, kind, flavor in seen if kind == "gpu"}
    cpus = {find_cpu(flavor) for _, _, kind, flavor in seen if kind == "cpu"}
    return (
        frozenset(key for keys in places for key in keys),
        frozenset(names[0] for names in cards if len(names) == 1),
        frozenset(flavor for flavor in cpus if flavor),
    )
