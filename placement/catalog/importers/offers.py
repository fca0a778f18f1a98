"""One table of offers: rows of ``vms.csv`` as instance types with their hardware and price."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from placement.catalog import cells
from placement.catalog.hardware import find_cpu
from placement.catalog.importers.findings import Report, SheetPlaces
from placement.catalog.importers.imported import Reason
from placement.catalog.importers.known import Known, gib, new_gpu
from placement.catalog.load import MOST_CAPACITY, MOST_CPUS, MOST_PRICE
from placement.catalog.node_hardware import MOST_GPUS
from placement.catalog.rows import NANO, UNIT, Gpu, NodeGroup, Region
from placement.catalog.sheet import Fault
from placement.catalog.text import quote

Record = Mapping[str, str]

_SMALLEST_PART = 16
"""GPUs are cut into at most so many parts; 0.167 of one is a sixth."""

_ARM = {
    "aws": re.compile(r"[a-z]+\d+g[a-z]*\."),
    "azure": re.compile(r"standard_[a-z]+\d+p"),
    "gcp": re.compile(r"(t2a|c4a|n4a)-"),
    "oci": re.compile(r".*\.a[12]\."),
}
"""Instance types with Arm CPUs, where the table does not say it."""

_PRICE = cells.number(unit=NANO, limit=MOST_PRICE, rounding=cells.nearest)
_CPUS = cells.number(unit=UNIT, limit=MOST_CPUS, rounding=cells.down, low=1)
_MEMORY = cells.number(unit=UNIT, limit=MOST_CAPACITY, rounding=cells.down, low=1)


@dataclass(frozen=True)
class Offer:
    """One instance type in one zone; quantities in the units of ``catalog.rows``."""

    row: int
    region: Region
    zone: str
    instance_type: str
    flavor: str
    gpu_count: int
    fraction: Fraction | None
    cpus: int
    memory: int
    price: int
    gpu: Gpu | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """All but the row and the price."""
        return (
            self.region.key, self.zone, self.instance_type, self.flavor, self.gpu_count,
            self.fraction, self.cpus, self.memory,
        )  # fmt: skip

    @property
    def title(self) -> str:
        """The offer for people."""
        return f"offer {quote(self.instance_type)} in {quote(f'{self.region.key}/{self.zone}')}"

    def described(self) -> Mapping[str, str]:
        """Return what a table of counts may ask about it."""
        return {
            "provider": self.region.provider,
            "region": self.region.code,
            "zone": self.zone,
            "instance_type": self.instance_type,
            "flavor": self.flavor,
            "gpu_count": str(self.gpu_count),
        }

    def group(self, name: str, count: int) -> NodeGroup:
        """Return so many nodes of it."""
        kind = "gpu" if self.gpu_count else "cpu"
        return NodeGroup(
            name, self.region, self.zone, self.instance_type, kind, self.flavor, self.gpu_count,
            self.cpus, self.memory, self.price, count, self.fraction,
        )  # fmt: skip


class _Refused(Exception):
    """Why a row is left out."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class _Device:
    """The price of GPUs apart from their host."""

    row: int
    record: Record
    price: int


@dataclass
class OfferReader:
    """Reads the table of one provider; rows that are left out go into the report.

    The price of a host and that of the GPUs it takes may stand in rows of their own: then an offer
    is the two together.
    """

    provider: str
    known: Known
    report: Report
    places: SheetPlaces
    _devices: dict[tuple[str, str, str, Fraction], _Device] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def read(self, records: Iterable[Record]) -> list[Offer]:
        """Return the offers of all rows that can be taken."""
        rows = list(enumerate(records))
        for row, record in rows:
            if not record["InstanceType"]:
                self._taken(row, record, self._device)
        found = [
            offer
            for row, record in rows
            if record["InstanceType"]
            for offer in self._taken(row, record, self._offers)
        ]
        for device in self._devices.values():
            if device.row not in self._used:
                detail = "it is the price of a GPU, and no host of it is in the table"
                self._leave_out(device.row, device.record, _Refused(Reason.NO_HOST, detail))
        return found

    def _taken(
        self, row: int, record: Record, read: Callable[[int, Record], Iterator[Offer]]
    ) -> list[Offer]:
        """Return what a row gives; nothing, reported, if it cannot be taken."""
        try:
            return list(read(row, record))
        except _Refused as why:
            self._leave_out(row, record, why)
            return []

    def _leave_out(self, row: int, record: Record, why: _Refused) -> None:
        words = (record["InstanceType"], record["AcceleratorCount"], record["AcceleratorName"])
        self.report.leave_out(
            self.places, (row, "InstanceType"),
            f"offer {quote(' '.join(word for word in words if word))} in {quote(record['Region'])}",
            why.reason, why.detail, where=f"{self.places.file}:{self.places.line(row)}",
        )  # fmt: skip

    # ------------------------------------------------------------------- rows

    def _device(self, row: int, record: Record) -> Iterator[Offer]:
        """Note the price of GPUs without a host; of two the dearer one."""
        region = self._region(record)
        gpu, count = self._gpu(record, ""), _count(record)
        key = region.key, _zone(record, region), gpu.name, count
        device = _Device(row, record, _price(record))
        other = self._devices.get(key)
        if other is not None and other.price >= device.price:
            raise _Refused(Reason.REPEATED, f"line {self.places.line(other.row)} is the same GPU")
        if other is not None:
            detail = f"line {self.places.line(row)} is the same GPU, and dearer"
            self._leave_out(other.row, other.record, _Refused(Reason.REPEATED, detail))
        self._devices[key] = device
        yield from ()

    def _offers(self, row: int, record: Record) -> Iterator[Offer]:
        region, kind = self._region(record), record["InstanceType"]
        zone, price = _zone(record, region), _price(record)
        size = _number(record, "vCPUs", _CPUS), _number(record, "MemoryGiB", _MEMORY)
        if record["AcceleratorName"]:
            gpu, (count, part) = self._gpu(record, kind), _gpus(_count(record))
            yield Offer(row, region, zone, kind, gpu.name, count, part, *size, price, gpu)
            return
        hosted = self.known.offers(self.provider, kind)
        if any(group.instance_type == kind for group in hosted):
            found = list(self._with_devices(row, region, zone, size, price, hosted))
            if not found:
                raise _Refused(Reason.NO_PRICE, "the price of its GPUs is not in the table")
            yield from found
            return
        yield Offer(row, region, zone, kind, self._cpu(record), 0, None, *size, price)
        yield from self._with_devices(row, region, zone, size, price, hosted)

    def _with_devices(
        self, row: int, region: Region, zone: str, size: tuple[int, int], price: int,
        hosted: Iterable[NodeGroup],
    ) -> Iterator[Offer]:  # fmt: skip
        """Yield a host with each lot of GPUs that it takes and that has a price there."""
        for group in hosted:
            count = Fraction(group.gpu_fraction or group.gpu_count)
            device = self._devices.get((region.key, zone, group.flavor, count))
            if device is not None:
                self._used.add(device.row)
                yield Offer(
                    row, region, zone, group.instance_type, group.flavor, group.gpu_count,
                    group.gpu_fraction, *size, price + device.price,
                )  # fmt: skip

    # ------------------------------------------------------------------ cells

    def _region(self, record: Record) -> Region:
        found = self.known.find_region(self.provider, record["Region"])
        if found is None or found.provider != self.provider:
            where = quote(f"{self.provider}/{record['Region']}")
            raise _Refused(Reason.UNKNOWN_REGION, f"unknown region {where}")
        return found

    def _gpu(self, record: Record, kind: str) -> Gpu:
        name, memory = record["AcceleratorName"], _gpu_memory(record)
        found = self.known.find_gpu(
            [name], memory=memory, provider=self.provider, instance_type=kind
        )
        if found is not None:
            return found
        if memory and not self.known.catalog.find_gpus(name):
            return new_gpu(name, "", memory)
        raise _Refused(Reason.UNKNOWN_GPU, f"{quote(name)} means no one GPU")

    def _cpu(self, record: Record) -> str:
        stated = record.get("Arch", "")
        if stated:
            found = find_cpu(stated)
            if found is None:
                raise _Refused(Reason.ARCHITECTURE, f"its architecture is {quote(stated)}")
            return found
        arm = _ARM.get(self.provider)
        is_arm = arm is not None and arm.match(record["InstanceType"].lower()) is not None
        return "arm64" if is_arm else "x86_64"


def _zone(record: Record, region: Region) -> str:
    return record.get("AvailabilityZone", "") or region.code


def _price(record: Record) -> int:
    text = record["Price"]
    price = _PRICE(text) if text else 0
    if isinstance(price, Fault):
        raise _Refused(Reason.NO_PRICE, price.message)
    if not price:
        raise _Refused(Reason.NO_PRICE, "it has no price")
    return price


def _number(record: Record, column: str, reader: cells.Reader[int]) -> int:
    found = reader(record[column])
    if isinstance(found, Fault):
        raise _Refused(Reason.NO_SIZE, f"{column}: {found.message}")
    return found


def _count(record: Record) -> Fraction:
    """Return the number of GPUs; a part of one as the simple fraction it is rounded from."""
    found = cells.fraction_of(record["AcceleratorCount"])
    if isinstance(found, Fault):
        raise _Refused(Reason.NO_SIZE, f"AcceleratorCount: {found.message}")
    return found.limit_denominator(_SMALLEST_PART)


def _gpus(count: Fraction) -> tuple[int, Fraction | None]:
    """Return ``gpu_count`` and ``gpu_fraction``."""
    if 0 < count < 1:
        return 1, count
    if count.denominator != 1 or not 1 <= count <= MOST_GPUS:
        raise _Refused(Reason.NO_SIZE, f"{float(count):g} GPUs")
    return int(count), None


def _gpu_memory(record: Record) -> int | None:
    """Return the memory of one GPU, in thousandths of a GiB, if the row describes it."""
    try:
        described = ast.literal_eval(record.get("GpuInfo", "") or "None")
        return gib(int(described["Gpus"][0]["MemoryInfo"]["SizeInMiB"])) or None
    except (ValueError, SyntaxError, TypeError, LookupError, MemoryError, RecursionError):
        return None  # it is for people; without it the name has to do
