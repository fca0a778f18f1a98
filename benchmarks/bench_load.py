"""Time how long a catalog of 100,000 node groups takes to load, and what follows from it.

    python benchmarks/bench_load.py [--groups N]

Prints seconds: reading the folder into a catalog (node groups and digest included), and
building the node table. Three runs, the best of each. The aim is less than 3 s for 100,000.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from pathlib import Path

import pandas as pd

from placement.catalog.load import load_catalog

RUNS = 3
HEADER = (
    *("node_group", "provider", "region", "zone", "instance_type", "flavor_type", "flavor"),
    *("gpu_count", "cpus", "memory_gib", "price_per_hour", "count"),
)


def write_catalog(folder: Path, groups: int) -> None:
    """Write a catalog in which every node group has a name and a price of its own."""
    (folder / "regions.csv").write_text(
        "provider,region,name,country,latitude,longitude,carbon_g_per_kwh\n"
        + "".join(f"p,r{i},R{i},{'US' if i % 2 else 'DE'},{i % 90},{i},{300 + i}\n"
                  for i in range(100)),
        encoding="utf-8",
    )  # fmt: skip
    (folder / "gpus.csv").write_text(
        "gpu,vendor,memory_gib,architecture,aliases\nT4,nvidia,16,Turing,\n", encoding="utf-8"
    )
    rows = (
        (f"g{i}", "p", f"r{i % 100}", f"z{i % 3}", f"t{i % 50}", "gpu", "T4", 1 + i % 8, 8, 32.5,
         f"1.{i:09}", 1)
        for i in range(groups)
    )  # fmt: skip
    with (folder / "nodes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--groups", type=int, default=100_000)
    groups = parser.parse_args().groups
    loads, tables = [], []
    with tempfile.TemporaryDirectory() as folder:
        write_catalog(Path(folder), groups)
        for _ in range(RUNS):
            start = time.perf_counter()
            catalog = load_catalog(folder)
            loads.append(time.perf_counter() - start)
            start = time.perf_counter()
            table = catalog.table
            tables.append(time.perf_counter() - start)
    print(f"{len(table)} node groups, pandas {pd.__version__}")
    print(f"load  {min(loads):6.2f} s")
    print(f"table {min(tables):6.2f} s")


if __name__ == "__main__":
    main()
