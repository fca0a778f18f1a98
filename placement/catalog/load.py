"""Reads a catalog folder: every cell checked, every finding with its place, all at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from placement.catalog import cells
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.geography import continent_of, country_names, find_country, fold
from placement.catalog.hardware import CPU_FLAVORS, find_cpu, gpu_index, hardware_key
from placement.catalog.names import split_aliases
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
    Sheet,
    catalog_file,
    open_sheet,
)
from placement.catalog.text import did_you_mean, quote

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

PARTITIONS = ("china", "commercial", "government", "sovereign")
MOST_GPUS = 1024
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

    def _open(self, layout: Layout) -> _Columns | None:
        sheet = open_sheet(catalog_file(self.folder, layout), layout, self.findings)
        return None if sheet is None else _Columns(sheet, sheet.frame(), self.findings)

    def _open_if_there(self, layout: Layout) -> _Columns | None:
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
        country = cells.one_of(_COUNTRIES, "CT121", "country", country_names())
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
        columns.unique([f"{p}/{c}" for p, c in zip(providers, codes, strict=True)], "region", fold)
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
        hardware = _Hardware(columns, gpus).read()
        cpus = read("cpus", cells.number(unit=UNIT, limit=10**6, rounding=cells.down, low=1))
        memory = read("memory_gib", _CAPACITY)
        prices = read("price_per_hour", cells.number(unit=NANO, limit=MOST_PRICE))
        counts = read("count", cells.number(unit=1, limit=MOST_NODES))
        state = cells.one_of(_STATES, "CT125", "state", tuple(_STATES))
        states = columns.read_if_there("state", cells.optional(state, NodeState.READY))
        extras = _read_extras(columns)
        if len(self.findings) > before or regions is None or gpus is None:
            return None
        return [
            NodeGroup(name, place, zone or place.code, kind, *flavor[:3], cpu, mib, price, count,
                      flavor[3], state or NodeState.READY, extra)
            for name, place, zone, kind, flavor, cpu, mib, price, count, state, extra in zip(
                names, places, zones, types, hardware, cpus, memory, prices, counts, states,
                extras, strict=True,
            )
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


@dataclass(frozen=True)
class _Columns:
    """The columns of one file; reading one reports the cells that make no sense."""

    sheet: Sheet
    frame: pd.DataFrame
    findings: Findings

    def texts(self, column: str) -> list[str]:
        """Return a column as stripped text."""
        return [text.strip() for text in self.frame[column].tolist()]

    def read(self, column: str, reader: cells.Reader[T]) -> list[T]:
        """Return the values of a column; distinct texts are read once."""
        import pandas as pd

        codes, texts = pd.factorize(self.frame[column])
        values = [reader(str(text).strip()) for text in texts]
        if any(isinstance(value, Fault) for value in values):
            for row, code in enumerate(codes.tolist()):
                value = values[code]
                if isinstance(value, Fault):
                    self.fault(row, column, value)
        chosen: list[Any] = [values[code] for code in codes.tolist()]
        return chosen

    def read_if_there(self, column: str, reader: cells.Reader[T]) -> Sequence[T | None]:
        """Return the values of an optional column, None where the file lacks it."""
        if column not in self.sheet.header:
            return [None] * len(self.frame)
        return self.read(column, reader)

    def regions(
        self, provider: str, code: str, regions: Mapping[str, Region] | None
    ) -> list[Region]:
        """Return the regions that two columns name; regions None means they are not known."""
        providers, codes = self.read(provider, cells.key_part), self.read(code, cells.key_part)
        if regions is None:
            return []
        known = {fold(key): region for key, region in regions.items()}
        found: dict[tuple[str, str], Region | None] = {}
        for row, pair in enumerate(zip(providers, codes, strict=True)):
            if isinstance(pair[0], Fault) or isinstance(pair[1], Fault):
                continue
            if pair not in found:
                found[pair] = known.get(fold("/".join(pair)))
            if found[pair] is None:
                self.fault(row, code, _unknown_region(pair, regions))
        result: list[Any] = [found.get(pair) for pair in zip(providers, codes, strict=True)]
        return result

    def unique(self, keys: Sequence[str], column: str, key: Callable[[str], str]) -> None:
        """Report every row whose key an earlier row has."""
        seen: dict[str, int] = {}
        for row, text in enumerate(keys):
            if not isinstance(text, str):
                continue
            first = seen.setdefault(key(text), row)
            if first != row:
                line = self.sheet.starts[first]
                message = f"{quote(text)} is there twice, first on line {line}"
                self.fault(row, column, Fault("CT130", message))

    def fault(self, row: int, column: str, fault: Fault) -> None:
        """Report one cell."""
        self.findings.add_at(self.sheet, row, column, fault)


@dataclass(frozen=True)
class _Hardware:
    """Flavor type, flavor, GPU count and fraction of a node, which depend on one another."""

    columns: _Columns
    gpus: Mapping[str, Gpu] | None

    def read(self) -> list[tuple[str, str, int, Fraction | None]]:
        """Return (flavor type, flavor, GPU count, GPU fraction) of every row."""
        columns = self.columns
        index = gpu_index((g.name, g.aliases, g.family) for g in (self.gpus or {}).values())
        kind = cells.one_of({"cpu": "cpu", "gpu": "gpu"}, "CT124", "flavor type", ("cpu", "gpu"))
        kinds = columns.read("flavor_type", kind)
        flavors = columns.read("flavor", cells.name)
        counts = columns.read("gpu_count", cells.number(unit=1, limit=MOST_GPUS))
        fractions = columns.read_if_there("gpu_fraction", cells.maybe(cells.gpu_fraction))
        seen: dict[tuple[Any, ...], tuple[str, Fault] | tuple[str, str, int, Fraction | None]] = {}
        result: list[Any] = []
        for row, given in enumerate(zip(kinds, flavors, counts, fractions, strict=True)):
            if given not in seen:
                seen[given] = self._judge(index, *given)
            found = seen[given]
            if isinstance(found[1], Fault):
                columns.fault(row, found[0], found[1])
            result.append(found)
        return result

    def _judge(
        self,
        index: Mapping[str, tuple[str, ...]],
        kind: str | Fault,
        flavor: str | Fault,
        count: int | Fault,
        fraction: Fraction | Fault | None,
    ) -> tuple[str, Fault] | tuple[str, str, int, Fraction | None]:
        """Return the row's hardware, or the column and the fault."""
        if (
            isinstance(kind, Fault)
            or isinstance(flavor, Fault)
            or isinstance(count, Fault)
            or isinstance(fraction, Fault)
        ):
            return "", "", 0, None  # reported already
        wrong = _count_fault(kind, count, fraction)
        if wrong:
            return wrong
        if kind == "cpu":
            cpu = find_cpu(flavor)
            return (kind, cpu, 0, None) if cpu else ("flavor", _unknown_cpu(flavor))
        if self.gpus is None:
            return kind, flavor, count, fraction
        names = index.get(hardware_key(flavor), ())
        if len(names) != 1:
            return "flavor", _unknown_gpu(flavor, names, self.gpus)
        return kind, names[0], count, fraction


def _count_fault(kind: str, count: int, fraction: Fraction | None) -> tuple[str, Fault] | None:
    if kind == "cpu" and count:
        advice = "write 0, or flavor_type gpu"
        return "gpu_count", Fault("CT132", f"a cpu node cannot have {count} GPUs", advice)
    if kind == "cpu" and fraction is not None:
        return "gpu_fraction", Fault("CT132", "a cpu node cannot have a gpu_fraction")
    if kind == "gpu" and not count:
        advice = "an instance with a part of a GPU has gpu_count 1 and a gpu_fraction"
        return "gpu_count", Fault("CT132", "a gpu node cannot have 0 GPUs", advice)
    if fraction is not None and count != 1:
        message = f"gpu_count is {count}, a node with a gpu_fraction has gpu_count 1"
        return "gpu_count", Fault("CT132", message)
    return None


def _check_reserved(
    columns: _Columns, row: int, group: NodeGroup, amounts: tuple[int, int, int]
) -> None:
    sizes = (sum(group.gpu_slots), group.cpus, group.memory)
    for column, amount, size in zip(("gpus", "cpus", "memory_gib"), amounts, sizes, strict=True):
        if amount > size:
            message = f"reserved {amount / UNIT:g}, the node has {size / UNIT:g}"
            columns.fault(row, column, Fault("CT133", message))


def _check_aliases(
    columns: _Columns,
    names: Sequence[str],
    aliases: Sequence[tuple[str, ...]],
    families: Sequence[str | None],
) -> None:
    """Report aliases that are the name, alias or family of another GPU."""
    owner = {hardware_key(name): name for name in names if isinstance(name, str)}
    members: dict[str, set[str]] = {}
    for name, family in zip(names, families, strict=True):
        if isinstance(family, str) and isinstance(name, str):
            members.setdefault(hardware_key(family), set()).add(name)
    for row, (name, texts) in enumerate(zip(names, aliases, strict=True)):
        for text in texts:
            other = owner.setdefault(hardware_key(text), name)
            if other != name:
                message = f"the alias {quote(text)} already means {quote(other)}"
                columns.fault(row, "aliases", Fault("CT134", message))
            elif len(members.get(hardware_key(text), ())) > 1:
                message = f"the alias {quote(text)} is the name of a family of GPUs"
                columns.fault(row, "aliases", Fault("CT134", message))


def _read_extras(columns: _Columns) -> list[Mapping[str, int]]:
    names = sorted(column for column in columns.sheet.header if column.startswith("x_"))
    if not names:
        return [_NOTHING] * len(columns.frame)
    values = [columns.read(column, cells.optional(_CAPACITY, 0)) for column in names]
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
_PARTITION = cells.one_of({p: p for p in PARTITIONS}, "CT126", "partition", PARTITIONS)


def _unknown_region(pair: tuple[str, str], regions: Mapping[str, Region]) -> Fault:
    provider, code = pair
    text = f"{provider}/{code}"

    def advice() -> str | None:
        there = [region.code for region in regions.values() if region.provider == provider]
        return did_you_mean(code, there) or did_you_mean(text, regions)

    return Fault("CT122", f"unknown region {quote(text)}", advice)


def _unknown_gpu(text: str, meant: tuple[str, ...], gpus: Mapping[str, Gpu]) -> Fault:
    if meant:
        listed = " or ".join(quote(name) for name in meant)
        return Fault("CT123", f"{quote(text)} means {len(meant)} GPUs", f"write {listed}")
    return Fault("CT123", f"unknown GPU {quote(text)}", lambda: did_you_mean(text, gpus))


def _unknown_cpu(text: str) -> Fault:
    advice = "CPU flavors are " + " and ".join(quote(name) for name in sorted(CPU_FLAVORS))
    return Fault("CT123", f"unknown CPU flavor {quote(text)}", advice)


def _unknown_node(name: str, group: NodeGroup | None, groups: Mapping[str, NodeGroup]) -> Fault:
    if group is None:
        stem = name.rpartition("/")[0] or name
        return Fault("CT127", f"unknown node {quote(name)}", lambda: did_you_mean(stem, groups))
    last = f"nodes are {quote(group.node(0))} to {quote(group.node(group.count - 1))}"
    return Fault("CT127", f"unknown node {quote(name)}", last if group.count else None)
