"""What is known of clouds before anything is imported: regions, GPUs and list prices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

from placement.catalog.catalog import Catalog
from placement.catalog.geography import fold
from placement.catalog.hardware import hardware_key
from placement.catalog.layout import GPUS, NODES, REGIONS, Layout
from placement.catalog.load import load_catalog, load_source
from placement.catalog.rows import UNIT, Gpu, NodeGroup, Region
from placement.catalog.sheet import Findings, Sheet, make_sheet, open_sheet
from placement.catalog.shipped import default_catalog_path
from placement.catalog.text import did_you_mean

_NEAR = 0.15
"""GPUs report up to so much less memory than they are sold with."""

_SUFFIX = re.compile("-(oam|slice|podslice|device)$")
_PREFIXES = ("nvidia-", "tesla-", "nvidia-tesla-", "amd-", "amd-instinct-", "instinct-")


@dataclass(frozen=True)
class Known:
    """The facts of the shipped catalog, and regions that the user adds."""

    catalog: Catalog
    added: Mapping[str, Region]

    @cached_property
    def regions(self) -> Mapping[str, Region]:
        """Regions by key; those added win."""
        return MappingProxyType({**self.catalog.regions, **self.added})

    def find_region(self, provider: str | None, code: str) -> Region | None:
        """Return the region of a provider; without one, the region if its code is unambiguous."""
        if provider is not None:
            exact = self._by_key.get(fold(f"{provider}/{code}"))
            if exact is not None:
                return exact
        added = [region for region in self.added.values() if fold(region.code) == fold(code)]
        if provider is None and not added:
            added = self.regions_of_code(code)
        return added[0] if len(added) == 1 else None

    def regions_of_code(self, code: str) -> list[Region]:
        """Return the regions of all providers that have this code."""
        return [region for region in self.regions.values() if fold(region.code) == fold(code)]

    def near_regions(self, provider: str | None, code: str) -> str | None:
        """Return advice that names regions like the one that is not known."""
        there = [r for r in self.regions.values() if provider in (None, r.provider)]
        return did_you_mean(code, [r.code for r in there])

    @cached_property
    def _by_key(self) -> Mapping[str, Region]:
        return {fold(key): region for key, region in self.regions.items()}

    def region_of_place(self, place: str) -> Region | None:
        """Return the region that ``provider/code`` names."""
        return self._by_key.get(fold(place))

    # ------------------------------------------------------------------ GPUs

    def find_gpu(
        self,
        names: Iterable[str],
        *,
        memory: int | None = None,
        provider: str | None = None,
        instance_type: str = "",
    ) -> Gpu | None:
        """Return the one GPU that is meant.

        Parameters
        ----------
        names : iterable of str
            What it is called, most exact first.
        memory : int, optional
            Thousandths of a GiB that it reports: tells the members of a family apart.
        provider, instance_type : str, optional
            Tell them apart where the memory does not.
        """
        of_type = {offer.flavor for offer in self.offers(provider, instance_type)}
        for name in names:
            meant = set(self._meant(name))
            if memory is not None and len(meant) > 1:
                meant = {gpu for gpu in meant if self._has_memory(gpu, memory)}
            if len(meant) > 1:
                meant &= of_type
            if len(meant) == 1:
                return self.catalog.gpus[meant.pop()]
        return self.catalog.gpus[of_type.pop()] if len(of_type) == 1 else None

    def _meant(self, name: str) -> tuple[str, ...]:
        folded = _SUFFIX.sub("", hardware_key(name))
        stems = (folded.removeprefix(p) for p in _PREFIXES if folded.startswith(p))
        return next(
            (found for n in (name, folded, *stems) if (found := self.catalog.find_gpus(n))), ()
        )

    def _has_memory(self, gpu: str, memory: int) -> bool:
        sold = self.catalog.gpus[gpu].memory
        return abs(sold - memory) <= _NEAR * sold

    # ---------------------------------------------------------------- offers

    def offers(self, provider: str | None, instance_type: str) -> tuple[NodeGroup, ...]:
        """Return one node group of each kind of hardware with GPUs that an instance type has.

        A host of which the GPUs are bought apart has several: ``n1-standard-8+1xT4`` is one of
        ``n1-standard-8``.
        """
        return self._offers.get((provider, fold(instance_type)), ())

    @cached_property
    def _offers(self) -> Mapping[tuple[str | None, str], tuple[NodeGroup, ...]]:
        found: defaultdict[tuple[str | None, str], dict[object, NodeGroup]] = defaultdict(dict)
        for group in self.catalog.node_groups:
            if group.flavor_type == "gpu":
                hardware = (group.flavor, group.gpu_count, group.gpu_fraction)
                key = group.region.provider, fold(host_of(group.instance_type))
                found[key].setdefault(hardware, group)
        return {key: tuple(groups.values()) for key, groups in found.items()}

    def price(self, region: str, instance_type: str, flavor: str, gpu_count: int) -> int | None:
        """Return the list price of an instance type in a region, in nano-USD per hour.

        A type with one kind of hardware has one price, however many of its GPUs work today.
        """
        there = self._prices.get((region, fold(instance_type)), {})
        if (flavor, gpu_count) in there:
            return there[flavor, gpu_count]
        of_flavor = {price for (kind, _), price in there.items() if kind == flavor}
        return of_flavor.pop() if len(there) == len(of_flavor) == 1 else None

    @cached_property
    def _prices(self) -> Mapping[tuple[str, str], dict[tuple[str, int], int]]:
        found: defaultdict[tuple[str, str], dict[tuple[str, int], int]] = defaultdict(dict)
        for group in self.catalog.node_groups:
            key = group.region.key, fold(host_of(group.instance_type))
            found[key][group.flavor, group.gpu_count] = group.price
        return found

    # ----------------------------------------------------- what goes with nodes

    def surroundings(
        self, groups: Iterable[NodeGroup], gpus: Iterable[Gpu]
    ) -> tuple[list[Region], list[Gpu], dict[tuple[str, str], int]]:
        """Return the regions, GPUs and round trips of a catalog of these node groups.

        All regions of their providers and all known GPUs are in it: a policy that names one
        without nodes is then no error.
        """
        places = {group.region.key: group.region for group in groups}
        providers = {region.provider for region in places.values()}
        places.update((key, r) for key, r in self.regions.items() if r.provider in providers)
        cards = {gpu.name: gpu for gpu in (*self.catalog.gpus.values(), *gpus)}
        latency = {
            pair: rtt for pair, rtt in self.catalog.latency.items() if set(pair) <= set(places)
        }
        return list(places.values()), list(cards.values()), latency


def host_of(instance_type: str) -> str:
    """Return the instance type without the GPUs that are attached to it."""
    return instance_type.partition("+")[0]


def new_gpu(name: str, vendor: str, memory: int, architecture: str = "") -> Gpu:
    """Return a GPU that no table has, with what is known of it; memory in thousandths of a GiB."""
    return Gpu(name, vendor, memory, architecture)


def gib(mebibytes: int) -> int:
    """Return mebibytes as thousandths of a GiB, rounded down."""
    return mebibytes * UNIT // 1024


def load_known(regions: str | None = None) -> Known:
    """Return the facts that ship, and the regions of a file in the form of ``regions.csv``.

    Raises
    ------
    InputError
        With every finding of the file.
    """
    added = load_source(_RegionsOnly(regions)).regions if regions is not None else {}
    return Known(_shipped(), added)


@cache
def _shipped() -> Catalog:
    return load_catalog(default_catalog_path())


@dataclass(frozen=True, slots=True)
class _RegionsOnly:
    """A catalog of which there is a file of regions and nothing else."""

    name: str

    def has(self, layout: Layout) -> bool:
        """Whether there is such a file."""
        return layout in (REGIONS, GPUS, NODES)

    def open(self, layout: Layout, findings: Findings) -> Sheet | None:
        """Return the file of regions, else one without rows."""
        if layout is REGIONS:
            return open_sheet(self.name, layout, findings)
        return make_sheet(self.name, ",".join(layout.required), layout, findings)
