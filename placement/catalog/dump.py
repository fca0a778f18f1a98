"""Writes a catalog as the texts of its files, from which the same catalog is read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from placement.catalog.codes import Code
from placement.catalog.layout import GPUS, LATENCY, NODES, REGIONS, RESERVED, STATES
from placement.catalog.load import load_catalog_texts
from placement.catalog.rows import NANO, UNIT
from placement.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog

Row = Sequence[object]


def to_files(catalog: Catalog) -> dict[str, str]:
    """Return the text of every file of a catalog by file name.

    Equal catalogs give equal texts: rows are sorted, numbers exact and in their shortest form.

    Raises
    ------
    InputError
        If the catalog was made in code and has what its files cannot say, such as a name with
        spaces around it.
    """
    files = {
        REGIONS.file: _text((*REGIONS.required, "partition"), _regions(catalog)),
        GPUS.file: _text((*GPUS.required, "tdp_w", "family"), _gpus(catalog)),
        NODES.file: _nodes_text(catalog),
    }
    further = {RESERVED: _reserved(catalog), STATES: _states(catalog), LATENCY: _latency(catalog)}
    for layout, rows in further.items():
        if rows:
            files[layout.file] = _text(layout.required, rows)
    _check(catalog, files)
    return files


def _regions(catalog: Catalog) -> list[Row]:
    return [
        (r.provider, r.code, r.name, r.country, r.latitude, r.longitude,
         "" if r.carbon is None else _decimal(r.carbon, UNIT), r.partition)
        for r in catalog.regions.values()
    ]  # fmt: skip


def _gpus(catalog: Catalog) -> list[Row]:
    return [
        (g.name, g.vendor, _decimal(g.memory, UNIT), g.architecture, "|".join(g.aliases),
         "" if g.tdp_w is None else g.tdp_w, g.family or "")
        for g in catalog.gpus.values()
    ]  # fmt: skip


def _nodes_text(catalog: Catalog) -> str:
    extras = sorted({name for group in catalog.node_groups for name in group.extra})
    rows: list[Row] = [
        (g.name, g.region.provider, g.region.code, g.zone, g.instance_type, g.flavor_type,
         g.flavor, g.gpu_count, _decimal(g.cpus, UNIT), _decimal(g.memory, UNIT),
         _decimal(g.price, NANO), g.count, "" if g.gpu_fraction is None else g.gpu_fraction,
         g.state, *(_decimal(g.extra.get(name, 0), UNIT) for name in extras))
        for g in catalog.node_groups
    ]  # fmt: skip
    header = (*NODES.required, *NODES.optional, *(f"{NODES.prefix}{name}" for name in extras))
    return _text(header, rows)


def _reserved(catalog: Catalog) -> list[Row]:
    return [
        (node, *(_decimal(amount, UNIT) for amount in (sum(r.gpu_slots), r.cpus, r.memory)))
        for node, r in catalog.reserved.items()
    ]


def _states(catalog: Catalog) -> list[Row]:
    return list(catalog.states.items())


def _latency(catalog: Catalog) -> list[Row]:
    return [
        (*_key(catalog, start), *_key(catalog, end), _decimal(rtt, UNIT))
        for (start, end), rtt in catalog.latency.items()
    ]


def _key(catalog: Catalog, region: str) -> tuple[str, str]:
    return catalog.regions[region].provider, catalog.regions[region].code


def _decimal(steps: int, unit: int) -> str:
    """Return so many steps of 1/unit as an exact decimal number without needless zeros."""
    whole, rest = divmod(steps, unit)
    places = len(str(unit)) - 1
    return f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")


def _text(header: Row, rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _check(catalog: Catalog, files: dict[str, str]) -> None:
    """Read the texts again: what is kept under a digest must be what the digest is of."""
    again = load_catalog_texts(files, name=catalog.name)
    if again.digest != catalog.digest:
        message = f"catalog `{catalog.name}` has what its files cannot say"
        advice = "names have no spaces around them, reserved GPUs are those of highest index"
        raise InputError([Diagnostic("<python>", 1, 1, Code.NOT_WRITABLE, message, advice)])
