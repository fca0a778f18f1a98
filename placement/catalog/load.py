"""Reads a catalog folder: every cell checked, every finding with its place, all at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from placement.catalog import cells
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.codes import Code
from placement.catalog.columns import Columns
from placement.catalog.geography import continent_of, country_names, find_country, fold
from placement.catalog.hardware import hardware_key
from placement.catalog.names import split_aliases
from placement.catalog.node_hardware import NodeHardware
from placement.catalog.rows import UNIT, Gpu, NodeGroup, NodeState, Region, Reserved
from placement.catalog.sheet import (
    GPUS,
    LATENCY,
    NODES,
    REGIONS,
    RESERVED,
    Fault,
    Findings,
    Layout,
    catalog_file,
    open_sheet,
)
from placement.catalog.text import did_you_mean, quote

PARTITIONS = ("china", "commercial", "government", "sovereign")
MOST_NODES = 10_000_000
MOST_CAPACITY = 10**9
MOST_PRICE = 10**6
NANO = 10**9

_CAPACITY = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.down)
_HELD = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.up)
_MEASURED = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.nearest)
_STATES = {state.value: state for state in NodeState}
_NOTHING: Mapping[str, int] = MappingProxyType({})


def load_catalog(path: str | os.PathLike[str]) -> Catalog:
    """Read a catalog folder.

    Parameters
    ----------
    path : str or path
        Folder with ``regions.csv``, ``gpus.csv`` and ``nodes.csv``; ``reserved.csv`` and
        ``latency.csv`` if there are any.

    Returns
    -------
    Catalog
        Frozen; the same whatever the order of the rows.

    Raises
    ------
    InputError
        With every finding of every file.
    """
    return _Loader(os.fspath(path)).load()


@dataclass
class _Loader:
    """The state of one load: findings so far and what later files refer to."""

    folder: str
    findings: Findings = field(default_factory=Findings)

    def load(self) -> Catalog:
        regions = self._load_regions()
        gpus = self._load_gpus()
        groups = self._load_nodes(regions, gpus)
        latency = self._load_latency(regions)
        self.findings.raise_if_any()
        reserved = self._load_reserved({group.name: group for group in groups or ()})
        self.findings.raise_if_any()
        return make_catalog(
            (regions or {}).values(),
            (gpus or {}).values(),
            groups or (),
            reserved=reserved,
            latency=latency,
            name=os.path.basename(os.path.abspath(self.folder)),
        )

    def _open(self, layout: Layout) -> Columns | None:
        sheet = open_sheet(catalog_file(self.folder, layout), layout, self.findings)
        return None if sheet is None else Columns(sheet, sheet.frame(), self.findings)

    def _open_if_there(self, layout: Layout) -> Columns | None:
        there = os.path.lexists(catalog_file(self.folder, layout))
        return self._open(layout) if there else None

    def _load_regions(self) -> dict[str, Region] | None:
        columns = self._open(REGIONS)
        if columns is None:
            return None
        before = len(self.findings)
        read = columns.read
        providers = read("provider", cells.key_part)
        codes = read("region", cells.key_part)
        country = cells.one_of(_COUNTRIES, Code.UNKNOWN_COUNTRY, "country", country_names())
        rows = zip(
            providers,
            codes,
            read("name", cells.free_text),
            read("country", country),
            read("latitude", cells.degrees(90)),
            read("longitude", cells.degrees(180)),
            read("carbon_g_per_kwh", cells.maybe(_MEASURED)),
            columns.read_if_there("partition", cells.optional(_PARTITION, "commercial")),
            strict=True,
        )
        keys = [p and c and f"{p}/{c}" for p, c in zip(providers, codes, strict=True)]
        columns.unique(keys, "region", fold)
        if len(self.findings) > before:
            return None
        found = [
            Region(p, c, name, land, continent_of(land), lat, lon, carbon, part or "commercial")
            for p, c, name, land, lat, lon, carbon, part in rows
        ]
        return {region.key: region for region in found}

    def _load_gpus(self) -> dict[str, Gpu] | None:
        columns = self._open(GPUS)
        if columns is None:
            return None
        before = len(self.findings)
        read = columns.read
        names = read("gpu", cells.name)
        aliases = [split_aliases(text) for text in columns.texts("aliases")]
        families = columns.read_if_there("family", cells.maybe(cells.name))
        rows = zip(
            names,
            read("vendor", cells.free_text),
            read("memory_gib", cells.number(unit=UNIT, limit=10**6, rounding=cells.down, low=1)),
            read("architecture", cells.free_text),
            aliases,
            families,
            columns.read_if_there("tdp_w", cells.maybe(cells.number(unit=1, limit=10**6))),
            strict=True,
        )
        columns.unique(names, "gpu", hardware_key)
        _check_aliases(columns, names, aliases, families)
        if len(self.findings) > before:
            return None
        return {row[0]: Gpu(*row) for row in rows}

    def _load_nodes(
        self, regions: dict[str, Region] | None, gpus: dict[str, Gpu] | None
    ) -> list[NodeGroup] | None:
        columns = self._open(NODES)
        if columns is None:
            return None
        before = len(self.findings)
        read = columns.read
        names = read("node_group", cells.name)
        columns.unique(names, "node_group", str)
        places = columns.regions("provider", "region", regions)
        zones = read("zone", cells.free_text)
        types = read("instance_type", cells.free_text)
        hardware = NodeHardware(columns, gpus).read()
        cpus = read("cpus", cells.number(unit=UNIT, limit=10**6, rounding=cells.down, low=1))
        memory = read("memory_gib", _CAPACITY)
        prices = read("price_per_hour", cells.number(unit=NANO, limit=MOST_PRICE))
        counts = read("count", cells.number(unit=1, limit=MOST_NODES))
        state = cells.one_of(_STATES, Code.UNKNOWN_STATE, "state", tuple(_STATES))
        states = columns.read_if_there("state", cells.optional(state, NodeState.READY))
        extras = _read_extras(columns)
        if len(self.findings) > before or regions is None or gpus is None:
            return None
        rows = zip(names, places, zones, types, hardware, cpus, memory, prices, counts, states,
                   extras, strict=True)  # fmt: skip
        return [
            NodeGroup(
                name, place, zone or place.code, instance, kind, flavor, gpu_count, cpu, mib,
                price, count, fraction, state or NodeState.READY, extra,
            )
            for name, place, zone, instance, (kind, flavor, gpu_count, fraction), cpu, mib, price,
                count, state, extra in rows
        ]  # fmt: skip

    def _load_latency(self, regions: dict[str, Region] | None) -> dict[tuple[str, str], int]:
        columns = self._open_if_there(LATENCY)
        if columns is None or regions is None:
            return {}
        before = len(self.findings)
        starts = columns.regions("from_provider", "from_region", regions)
        ends = columns.regions("to_provider", "to_region", regions)
        times = columns.read("rtt_ms", _MEASURED)
        if len(self.findings) > before:
            return {}
        pairs = [(start.key, end.key) for start, end in zip(starts, ends, strict=True)]
        columns.unique([" -> ".join(pair) for pair in pairs], "to_region", str)
        return dict(zip(pairs, times, strict=True))

    def _load_reserved(self, groups: Mapping[str, NodeGroup]) -> dict[str, Reserved]:
        columns = self._open_if_there(RESERVED)
        if columns is None:
            return {}
        before = len(self.findings)
        names = columns.read("node", cells.name)
        columns.unique(names, "node", str)
        amounts = [columns.read(column, _HELD) for column in ("gpus", "cpus", "memory_gib")]
        if len(self.findings) > before:
            return {}
        found = {}
        for row, (name, gpus, cpus, memory) in enumerate(zip(names, *amounts, strict=True)):
            group = groups.get(name.rpartition("/")[0])
            if group is None or group.index_of(name) is None:
                columns.fault(row, "node", _unknown_node(name, group, groups))
                continue
            _check_reserved(columns, row, group, (gpus, cpus, memory))
            if gpus or cpus or memory:
                found[name] = Reserved.of(group, gpus=gpus, cpus=cpus, memory=memory)
        return found


def _check_reserved(
    columns: Columns, row: int, group: NodeGroup, amounts: tuple[int, int, int]
) -> None:
    sizes = (sum(group.gpu_slots), group.cpus, group.memory)
    for column, amount, size in zip(("gpus", "cpus", "memory_gib"), amounts, sizes, strict=True):
        if amount > size:
            message = f"reserved {amount / UNIT:g}, the node has {size / UNIT:g}"
            columns.fault(row, column, Fault(Code.OVER_RESERVED, message))


def _check_aliases(
    columns: Columns,
    names: Sequence[str | None],
    aliases: Sequence[tuple[str, ...]],
    families: Sequence[str | None],
) -> None:
    """Report aliases that are the name, alias or family of another GPU."""
    owner = {hardware_key(name): name for name in names if name is not None}
    members: dict[str, set[str]] = {}
    for name, family in zip(names, families, strict=True):
        if family is not None and name is not None:
            members.setdefault(hardware_key(family), set()).add(name)
    for row, (name, texts) in enumerate(zip(names, aliases, strict=True)):
        if name is None:
            continue
        for text in texts:
            other = owner.setdefault(hardware_key(text), name)
            if other != name:
                message = f"the alias {quote(text)} already means {quote(other)}"
                columns.fault(row, "aliases", Fault(Code.ALIAS_TWICE, message))
            elif len(members.get(hardware_key(text), ())) > 1:
                message = f"the alias {quote(text)} is the name of a family of GPUs"
                columns.fault(row, "aliases", Fault(Code.ALIAS_TWICE, message))


def _read_extras(columns: Columns) -> list[Mapping[str, int]]:
    names = sorted(column for column in columns.sheet.header if column.startswith("x_"))
    if not names:
        return [_NOTHING] * len(columns.frame)
    values = [columns.read(column, _CAPACITY) for column in names]
    keys = [column.removeprefix("x_") for column in names]
    frozen: dict[tuple[int, ...], Mapping[str, int]] = {}
    return [
        frozen.setdefault(row, MappingProxyType(dict(zip(keys, row, strict=True))))
        for row in zip(*values, strict=True)
    ]


class _CountryMeaning(dict[str, str]):
    """``find_country`` in the shape of a mapping."""

    def get(self, text: str, default: Any = None) -> Any:
        return find_country(text) or default


_COUNTRIES = _CountryMeaning()
_PARTITION = cells.one_of(
    {p: p for p in PARTITIONS}, Code.UNKNOWN_PARTITION, "partition", PARTITIONS
)


def _unknown_node(name: str, group: NodeGroup | None, groups: Mapping[str, NodeGroup]) -> Fault:
    if group is None:
        stem = name.rpartition("/")[0] or name
        return Fault(
            Code.UNKNOWN_NODE, f"unknown node {quote(name)}", lambda: did_you_mean(stem, groups)
        )
    last = f"nodes are {quote(group.node(0))} to {quote(group.node(group.count - 1))}"
    return Fault(Code.UNKNOWN_NODE, f"unknown node {quote(name)}", last if group.count else None)
