"""SkyPilot's tables of offers: a folder for each cloud, with ``vms.csv`` in it.

The tables say what can be had and for how much. How many nodes there are of each is not in them:
whoever imports them says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from placement.catalog.catalog import make_catalog
from placement.catalog.importers.codes import Code
from placement.catalog.importers.findings import Report, SheetPlaces
from placement.catalog.importers.imported import Imported, Reason
from placement.catalog.importers.known import Known, load_known
from placement.catalog.importers.naming import numbered, stem_of
from placement.catalog.importers.offers import Offer, OfferReader
from placement.catalog.importers.rates import Rates, read_counts
from placement.catalog.layout import Layout
from placement.catalog.rows import NANO, NodeGroup
from placement.catalog.sheet import NO_FILE, Fault, open_sheet
from placement.catalog.text import quote


@dataclass(frozen=True, slots=True)
class _Table(Layout):
    """A file that may have further columns."""

    def knows(self, column: str) -> bool:
        """Whether it is a column at all."""
        return bool(column)


VMS = _Table(
    "vms.csv",
    (
        *("InstanceType", "AcceleratorName", "AcceleratorCount", "vCPUs", "MemoryGiB"),
        *("Price", "Region"),
    ),
)


def import_skypilot(
    folder: str | os.PathLike[str],
    *,
    count: int | None = None,
    counts: str | os.PathLike[str] | None = None,
    regions: str | os.PathLike[str] | None = None,
    name: str = "skypilot",
) -> Imported:
    """Return the catalog of the offers in SkyPilot's tables.

    Parameters
    ----------
    folder : path
        With a folder for each cloud (``aws``, ``gcp``, ...) that has ``vms.csv``; or one of them.
    count : int, optional
        Nodes of each offer; of those that ``counts`` says nothing about, if that is given.
    counts : path, optional
        CSV file with ``count`` and the columns that say of what. Offers that neither covers are
        left out.
    regions : path, optional
        Regions that the shipped catalog does not have, in the form of ``regions.csv``.
    name : str
        What the catalog is called.

    Raises
    ------
    InputError
        With every finding, its file and its place.
    """
    report = Report()
    rates = read_counts(os.fspath(counts), report.errors) if counts is not None else None
    report.errors.raise_if_any()
    known = load_known(os.fspath(regions) if regions is not None else None)
    return _Import(Path(folder), report, known, rates, count or 0).run(name)


@dataclass
class _Import:
    """The state of one import."""

    folder: Path
    report: Report
    known: Known
    rates: Rates | None
    count: int
    offers: dict[tuple[object, ...], tuple[Offer, SheetPlaces]] = field(default_factory=dict)

    def run(self, name: str) -> Imported:
        clouds = list(self._clouds())
        for cloud, file in clouds:
            self._read(cloud, file)
        self.report.errors.raise_if_any()
        groups = list(self._groups())
        self.report.errors.raise_if_any()
        if not groups:
            self.report.errors.add(str(self.folder), self._nothing())
            self.report.errors.raise_if_any()
        gpus = [offer.gpu for offer, _ in self.offers.values() if offer.gpu is not None]
        regions, cards, latency = self.known.surroundings(groups, gpus)
        return Imported(
            make_catalog(regions, cards, groups, latency=latency, name=name),
            "offers",
            len(groups) + len(self.report.left_out),
            tuple(self.report.left_out),
            self.report.closing(),
            tuple(self._notes(clouds)),
        )

    def _nothing(self) -> Fault:
        """Return why there is no catalog; what to do about it depends on what was left out."""
        left_out = self.report.left_out
        if not left_out:
            return Fault(Code.NOTHING, "there are no offers in the tables")
        message = f"none of the {len(left_out)} offers can be taken"
        if any(one.reason is Reason.NO_NODES for one in left_out):
            return Fault(Code.NOTHING, message, _ADVICE)
        return Fault(Code.NOTHING, message, f"the first is left out: {left_out[0].detail}")

    def _clouds(self) -> Iterator[tuple[str, Path]]:
        """Yield name and table of each cloud; that there is none is an error."""
        own = self.folder / VMS.file
        if own.exists():
            yield self.folder.resolve().name, own
            return
        found = sorted(self.folder.glob(f"*/{VMS.file}"))
        yield from ((file.parent.name, file) for file in found)
        if not found:
            advice = "SkyPilot keeps a folder for each cloud, with `vms.csv` in it"
            self.report.errors.add(str(own), Fault(NO_FILE.code, NO_FILE.message, advice))

    def _read(self, cloud: str, file: Path) -> None:
        sheet = open_sheet(str(file), VMS, self.report.errors)
        if sheet is None:
            return
        places = SheetPlaces(sheet)
        reader = OfferReader(_PROVIDERS.get(cloud, cloud), self.known, self.report, places)
        for offer in reader.read(sheet.records()):
            self._keep(offer, places)

    def _keep(self, offer: Offer, places: SheetPlaces) -> None:
        """Keep an offer; of two that differ in nothing but the price, the dearer one."""
        key = offer.key
        if key not in self.offers:
            self.offers[key] = offer, places
            return
        other, _ = self.offers[key]
        dear, cheap = (offer, other) if offer.price > other.price else (other, offer)
        self.offers[key] = dear, places
        line = places.line(dear.row)
        if dear.price == cheap.price:
            detail = f"it is the same as line {line}"
        else:
            usd = [f"{one.price / NANO:g}" for one in (cheap, dear)]
            detail = f"it costs {usd[0]} USD/h, on line {line} {usd[1]} USD/h"
        self._leave_out(cheap, places, Reason.REPEATED, detail)

    def _leave_out(self, offer: Offer, places: SheetPlaces, reason: Reason, detail: str) -> None:
        self.report.leave_out(
            places, (offer.row, "InstanceType"), offer.title, reason, detail,
            where=f"{places.file}:{places.line(offer.row)}",
        )  # fmt: skip

    def _groups(self) -> Iterator[NodeGroup]:
        """Yield a node group for each offer of which there are nodes."""
        taken: list[tuple[str, tuple[Offer, int]]] = []
        for offer, places in self.offers.values():
            number = self._number(offer)
            if number:
                stem = stem_of(offer.region, offer.zone, offer.instance_type)
                taken.append((stem, (offer, number)))
            else:
                self._leave_out(offer, places, Reason.NO_NODES, "there are no nodes of it")
        for name, (offer, number) in numbered(taken):
            yield offer.group(name, number)

    def _number(self, offer: Offer) -> int:
        if self.rates is None:
            return self.count
        found = self.rates.find(offer.described(), offer.title, self.report.errors)
        return self.count if found is None else found

    def _notes(self, clouds: list[tuple[str, Path]]) -> Iterator[str]:
        listed = ", ".join(quote(cloud) for cloud, _ in clouds)
        yield f"SkyPilot's tables of offers of {listed}: instance types, prices on demand, zones."
        if self.rates is not None:
            yield "Numbers of nodes: the table that was given."
        if self.count:
            yield f"Numbers of nodes{' otherwise' if self.rates else ''}: {self.count} an offer."
        yield "Countries, coordinates, grid intensities and GPU memory: the catalog `public-cloud`."


_ADVICE = "say how many nodes there are with --count or --counts"

_PROVIDERS: Mapping[str, str] = {"do": "digitalocean"}
"""Clouds that are called otherwise here."""
