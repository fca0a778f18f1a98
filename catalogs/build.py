"""Derive the shipped catalog and the built-in names from the facts tables.

    python catalogs/build.py --facts DIR [--world-atlas FILE]

``--facts`` is a folder of CSV tables (regions, zones, carbon, accelerators, accelerator_aliases,
instance_types, offers_gpu, attachable_accelerators, latency, countries, continents,
country_groups). ``--world-atlas`` is ``countries-50m.json`` of the npm package ``world-atlas``
2.0.2; without it the reference points of the last build are kept.

Written are ``catalogs/public-cloud/{regions,gpus,nodes,latency}.csv`` and
``placement/catalog/data/*.csv``. The same facts give the same bytes. The rules for counts,
prices and zones are those of ``catalogs/README.md``.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import build_geography
from build_geography import read, write

HERE = Path(__file__).resolve().parent
OUT = HERE / "public-cloud"
DATA = HERE.parent / "placement" / "catalog" / "data"

PROVIDERS = ("aws", "azure", "gcp")

FAMILIES = {
    "A100-40GB": "A100",
    "A100-80GB": "A100",
    "H100-NVL": "H100",
    "H100-PCIE": "H100",
    "H100-SXM": "H100",
    "H200-NVL": "H200",
    "H200-SXM": "H200",
    "V100-16GB": "V100",
    "V100-32GB": "V100",
}
"""GPUs that a customer names together. T4 and T4G are different GPUs, so no family."""

FRACTIONS = {"0.125": "1/8", "0.167": "1/6", "0.25": "1/4", "0.333": "1/3", "0.5": "1/2"}

ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}

VCPU_RATE = Decimal("0.031611")
GIB_RATE = Decimal("0.004237")
"""GCP N1 list price, us-central1, USD per vCPU-hour and per GiB-hour."""

ARM_SHARE = Decimal("0.8")
"""An arm64 vCPU and GiB cost this part of the x86_64 rate."""

N1_HOSTS = {1: "n1-standard-8", 2: "n1-standard-16", 4: "n1-standard-32", 8: "n1-standard-64"}
"""Host of an attachable GPU, by number of GPUs."""

CPU_TYPES = {
    "aws": ("c7g.4xlarge", "c7i.4xlarge", "m7g.2xlarge", "m7i.2xlarge", "r7i.2xlarge"),
    "azure": ("Standard_D8ps_v5", "Standard_D8s_v5", "Standard_E8s_v5", "Standard_F16s_v2"),
    "gcp": ("c4a-standard-8", "n2-highcpu-16", "n2-highmem-8", "n2-standard-8"),
}
CPU_COUNT = 12

COUNT_BY_PRICE = ((Decimal(2), 12), (Decimal(10), 8), (Decimal(40), 4))
COUNT_ABOVE = 2
"""Nodes of a GPU group: the first limit that the hourly price is below."""

SPREAD_FROM = 8
"""Groups of at least so many nodes are split over two zones."""

NODE_COLUMNS = (
    *("node_group", "provider", "region", "zone", "instance_type", "flavor_type", "flavor"),
    *("gpu_count", "gpu_fraction", "cpus", "memory_gib", "price_per_hour", "count", "source"),
)

PLACE_SOURCES = {
    "name-derived (SkyPilot catalog)": "provider's own code, place read from the code",
    "RunPod region = ISO alpha-2 country code (SkyPilot catalog)": "provider's own code, which is "
    "a country code",
    "manual, verify against docs.nebius.com": "not verified",
    "google-cloud region us-central2 (manual)": "not verified",
}
"""Sources that need more or other words than the facts have."""

Row = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--facts", type=Path, required=True, help="folder of the facts tables")
    parser.add_argument("--world-atlas", type=Path, help="countries-50m.json of world-atlas 2.0.2")
    options = parser.parse_args()
    report = build(options.facts, options.world_atlas)
    for line, number in report.items():
        print(f"{number:6} {line}")


def build(facts: Path, atlas: Path | None) -> dict[str, int]:
    """Write every table and return what was written and what was left out."""
    report: Counter[str] = Counter()
    for name, number in build_geography.build(facts, atlas, DATA).items():
        report[f"{name} in the package"] = number
    every = read(facts / "regions.csv")
    regions = [row for row in every if row["country_code"]]
    report["regions left out: country not established"] = len(every) - len(regions)
    aliases = gpu_aliases(facts)
    report["GPU names in the package"] = write(
        DATA / "gpu_names.csv", ("gpu", "kind", "name", "source"), gpu_names(facts, aliases)
    )
    report["regions"] = write(OUT / "regions.csv", REGION_COLUMNS, region_rows(facts, regions))
    report["accelerators"] = write(OUT / "gpus.csv", GPU_COLUMNS, gpu_rows(facts, aliases))
    report["node groups"] = write(
        OUT / "nodes.csv", NODE_COLUMNS, node_rows(facts, regions, report)
    )
    report["latency pairs"] = write(
        OUT / "latency.csv", LATENCY_COLUMNS, latency_rows(facts, regions)
    )
    return dict(sorted(report.items()))


# --- regions -------------------------------------------------------------------------------

REGION_COLUMNS = (
    *("provider", "region", "name", "country", "latitude", "longitude", "carbon_g_per_kwh"),
    *("partition", "source"),
)


def region_rows(facts: Path, regions: Iterable[Row]) -> list[tuple[str, ...]]:
    carbon = {(row["provider"], row["region"]): row for row in read(facts / "carbon.csv")}
    rows = []
    for row in regions:
        grid = carbon.get((row["provider"], row["region"]), {})
        source = f"place: {PLACE_SOURCES.get(row['source'], row['source'])}"
        if grid.get("grid_gco2eq_per_kwh"):
            source += f"; carbon {grid['year']} by {grid['method']}: {grid['source']}"
        rows.append((
            row["provider"], row["region"], row["display_name"], row["country_code"],
            row["latitude"], row["longitude"], grid.get("grid_gco2eq_per_kwh", ""),
            row["partition"], source,
        ))  # fmt: skip
    return sorted(rows)


# --- accelerators --------------------------------------------------------------------------

GPU_COLUMNS = (
    *("gpu", "vendor", "kind", "memory_gib", "architecture", "aliases", "tdp_w", "family"),
    "source",
)


def gpu_rows(facts: Path, aliases: dict[str, list[str]]) -> list[tuple[str, ...]]:
    return sorted(
        (row["accelerator"], row["vendor"], row["kind"], row["memory_gb"], row["architecture"],
         "|".join(aliases[row["accelerator"]]), row["tdp_w"],
         FAMILIES.get(row["accelerator"], ""), "vendor data sheet figures")
        for row in read(facts / "accelerators.csv")
    )  # fmt: skip


def gpu_names(facts: Path, aliases: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Return the built-in names: every GPU, its aliases, its family."""
    rows = []
    for gpu in sorted(row["accelerator"] for row in read(facts / "accelerators.csv")):
        rows.append((gpu, "name", gpu, "vendor"))
        rows += [(gpu, "alias", alias, "vendor, driver and cloud labels") for alias in aliases[gpu]]
        if gpu in FAMILIES:
            rows.append((gpu, "family", FAMILIES[gpu], "this project"))
    return rows


def gpu_aliases(facts: Path) -> dict[str, list[str]]:
    """Return the aliases of each GPU, without those that name a family or repeat a name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    taken = {row["accelerator"].casefold() for row in read(facts / "accelerators.csv")}
    taken |= {family.casefold() for family in FAMILIES.values()}
    for row in read(facts / "accelerator_aliases.csv"):
        key = row["alias"].casefold().replace(" ", "-")
        if key not in taken:
            taken.add(key)
            found[row["accelerator"]].append(row["alias"])
    return defaultdict(list, {gpu: sorted(names) for gpu, names in found.items()})


# --- node groups ---------------------------------------------------------------------------


def node_rows(facts: Path, regions: list[Row], report: Counter[str]) -> list[tuple[str, ...]]:
    types = {(r["provider"], r["instance_type"]): r for r in read(facts / "instance_types.csv")}
    open_regions = {(r["provider"], r["region"]) for r in regions if r["partition"] == "commercial"}
    groups = list(offer_groups(facts, types, open_regions, report))
    groups += attached_groups(facts, types)
    used = sorted({(group["provider"], group["region"]) for group in groups})
    groups += cpu_groups(types, used)
    report["node groups before zones"] = len(groups)
    zones = zones_of(facts)
    rows = [row for group in groups for row in zone_rows(group, zones)]
    report["nodes"] = sum(int(row["count"]) for row in rows)
    report["regions with nodes"] = len(used)
    return sorted(tuple(row[column] for column in NODE_COLUMNS) for row in rows)


def offer_groups(
    facts: Path, types: dict[tuple[str, str], Row], open_regions: set[tuple[str, str]],
    report: Counter[str],
) -> Iterator[Row]:  # fmt: skip
    """Yield one group per priced offer in a commercial region."""
    for offer in read(facts / "offers_gpu.csv"):
        price = offer["price_usd_h"]
        if not price:
            report["offers left out: no price"] += 1
        elif not Decimal(price):
            report["offers left out: price 0"] += 1
        elif (offer["provider"], offer["region"]) not in open_regions:
            report["offers left out: not a commercial region"] += 1
        else:
            report["offers taken"] += 1
            kind = types[offer["provider"], offer["instance_type"]]
            fraction = FRACTIONS.get(kind["accelerator_fraction"], "")
            yield group_of(
                offer["provider"], offer["region"], kind,
                flavor=kind["accelerator"],
                gpu_count="1" if fraction else kind["accelerator_count"],
                gpu_fraction=fraction,
                price_per_hour=plain(Decimal(price)),
                source=f"price {offer['source']} {offer['as_of']}; type {kind['source']}",
            )  # fmt: skip


def attached_groups(facts: Path, types: dict[tuple[str, str], Row]) -> Iterator[Row]:
    """Yield an N1 host with 1, 2, 4 or 8 attached GPUs, as far as the region allows."""
    for offer in read(facts / "attachable_accelerators.csv"):
        for count, host in N1_HOSTS.items():
            if not int(offer["min_count"]) <= count <= int(offer["max_count"]):
                continue
            kind = types[offer["provider"], host]
            price = cpu_price(kind) + count * Decimal(offer["price_usd_h_per_accelerator"])
            group = group_of(
                offer["provider"], offer["region"], kind,
                flavor=offer["accelerator"], gpu_count=str(count), gpu_fraction="",
                price_per_hour=plain(price),
                source="accelerator: us-central1 list price, kubernetes/autoscaler (Apache-2.0), "
                       "availability gcosts (Apache-2.0); host: N1 list rate of us-central1",
            )  # fmt: skip
            group["instance_type"] = f"{host}+{count}x{offer['accelerator']}"
            yield group


def cpu_groups(types: dict[tuple[str, str], Row], used: list[tuple[str, str]]) -> Iterator[Row]:
    """Yield the CPU types of a provider in every region where it has GPUs."""
    for provider, region in used:
        for name in CPU_TYPES[provider]:
            kind = types[provider, name]
            yield group_of(
                provider, region, kind,
                flavor=ARCHITECTURES[kind["arch"]], gpu_count="0", gpu_fraction="",
                price_per_hour=plain(cpu_price(kind)),
                source=f"price: example rate, not a quote; type {kind['source']}",
            )  # fmt: skip


def group_of(provider: str, region: str, kind: Row, **more: str) -> Row:
    """Return a node group without name, zone and count."""
    return {
        "provider": provider,
        "region": region,
        "instance_type": kind["instance_type"],
        "flavor_type": "gpu" if more["gpu_count"] != "0" else "cpu",
        "cpus": kind["vcpu"],
        "memory_gib": plain(Decimal(kind["memory_gib"])),
        **more,
    }


def cpu_price(kind: Row) -> Decimal:
    """Return vCPUs and memory at the example rate."""
    price = int(kind["vcpu"]) * VCPU_RATE + Decimal(kind["memory_gib"]) * GIB_RATE
    return price * ARM_SHARE if kind["arch"] == "arm64" else price


def node_count(group: Row) -> int:
    """Return the example quota of a group in its region."""
    if group["flavor_type"] == "cpu":
        return CPU_COUNT
    price = Decimal(group["price_per_hour"])
    return next((count for limit, count in COUNT_BY_PRICE if price < limit), COUNT_ABOVE)


def zones_of(facts: Path) -> dict[tuple[str, str], list[str]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in read(facts / "zones.csv"):
        found[row["provider"], row["region"]].append(row["zone"])
    return {region: sorted(names) for region, names in found.items()}


def zone_rows(group: Row, zones: dict[tuple[str, str], list[str]]) -> Iterator[Row]:
    """Yield the group in its first zone, or split over the first two if it is large."""
    count = node_count(group)
    names = zones.get((group["provider"], group["region"]), [])
    wanted = (names[:2] if count >= SPREAD_FROM else names[:1]) or [""]
    stem = f"{group['provider']}-{group['region']}-{group['instance_type']}".lower()
    for i, zone in enumerate(wanted):
        share = count // len(wanted) + (i < count % len(wanted))
        name = f"{stem}-{i + 1}" if len(wanted) > 1 else stem
        yield {**group, "node_group": name, "zone": zone, "count": str(share)}


def plain(value: Decimal) -> str:
    """Return a decimal at most 9 places long, without exponent and trailing zeros."""
    return format(value.quantize(Decimal("1e-9")).normalize(), "f")


# --- latency -------------------------------------------------------------------------------

LATENCY_COLUMNS = (
    *("from_provider", "from_region", "to_provider", "to_region", "rtt_ms", "source"),
)


def latency_rows(facts: Path, regions: list[Row]) -> list[tuple[str, ...]]:
    """Return the one table whose licence is declared (Azure, CC-BY-4.0)."""
    known = {(row["provider"], row["region"]) for row in regions}
    return sorted(
        (row["src_provider"], row["src_region"], row["dst_provider"], row["dst_region"],
         plain(Decimal(row["rtt_ms"])),
         f"Microsoft Learn, Azure network latency, {row['statistic']} {row['window']} (CC-BY-4.0)")
        for row in read(facts / "latency.csv")
        if row["src_provider"] == "azure" == row["dst_provider"]
        and {("azure", row["src_region"]), ("azure", row["dst_region"])} <= known
    )  # fmt: skip


if __name__ == "__main__":
    main()
