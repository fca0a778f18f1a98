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
from placement.catalog.layout import GPUS, LATENCY, NODES, REGIONS, RESERVED, STATES, Layout
from placement.catalog.names import split_aliases
from placement.catalog.node_hardware import NodeHardware
from placement.catalog.rows import NANO, UNIT, Gpu, NodeGroup, NodeState, Region
from placement.catalog.sheet import Fault, Findings
from placement.catalog.single_nodes import SingleNodes, read_state
from placement.catalog.source import Folder, Source, Texts
from placement.catalog.text import quote

PARTITIONS = ("china", "commercial", "government", "sovereign")
MOST_NODES = 10_000_000
MOST_CAPACITY = 10**9
MOST_CPUS = 10**6
MOST_PRICE = 10**6

_CAPACITY = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.down)
_MEASURED = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.nearest)
_NOTHING: Mapping[str, int] = MappingProxyType({})


def load_catalog(path: str | os.PathLike[str]) -> Catalog:
    """Read a catalog folder.

    Parameters
    ----------
    path : str or path
        Folder with ``regions.csv``, ``gpus.csv`` and ``nodes.csv``; ``reserved.csv``,
        ``states.csv`` and ``latency.csv`` if there are any.

    Returns
    -------
    Catalog
        Frozen; the same whatever the order of the rows.

    Raises
    ------
    InputError
        With every finding of every file.
    """
    return load_source(Folder(os.fspath(path)))


def load_catalog_texts(files: Mapping[str, str], *, name: str = "catalog") -> Catalog:
    """Read a catalog from the texts of its files, as ``Catalog.to_files`` gives them.

    Parameters
    ----------
    files : mapping of str to str
        Text by file name (``nodes.csv``); the same files as in a folder.
    name : str
        What the catalog and, in messages, its folder is called.

    Raises
    ------
    InputError
        With every finding of every file.
    """
    return load_source(Texts(files, name))


def load_source(source: Source) -> Catalog:
    """Read a catalog from wherever its files come from.

    Raises
    ------
    InputError
        With every finding of every file.
    """
    return _Loader(source).load()


@dataclass
class _Loader:
    """The state of one load: findings so far and what later files refer to."""

    source: Source
    findings: Findings = field(default_factory=Findings)

    def load(self) -> Catalog:
        regions = self._load_regions()
        gpus = self._load_gpus()
        groups = self._load_nodes(regions, gpus)
        latency = self._load_latency(regions)
        self.findings.raise_if_any()
        nodes = SingleNodes({group.name: group for group in groups or ()})
        reserved = nodes.read_reserved(self._open_if_there(RESERVED))
        states = nodes.read_states(self._open_if_there(STATES))
        self.findings.raise_if_any()
        return make_catalog(
            (regions or {}).values(),
            (gpus or {}).values(),
            groups or (),
            reserved=reserved,
            states=states,
            latency=latency,
            name=self.source.name,
        )

    def _open(self, layout: Layout) -> Columns | None:
        sheet = self.source.open(layout, self.findings)
        return None if sheet is None else Columns(sheet, sheet.frame(), self.findings)

    def _open_if_there(self, layout: Layout) -> Columns | None:
        return self._open(layout) if self.source.has(layout) else None

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
        cpus = read("cpus", cells.number(unit=UNIT, limit=MOST_CPUS, rounding=cells.down, low=1))
        memory = read("memory_gib", _CAPACITY)
        prices = read("price_per_hour", cells.number(unit=NANO, limit=MOST_PRICE))
        counts = read("count", cells.number(unit=1, limit=MOST_NODES))
        states = columns.read_if_there("state", cells.optional(read_state, NodeState.READY))
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
