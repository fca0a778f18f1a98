"""A better price moves nothing by itself, and with leave only what saves enough."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cheaper(tmp_path: Path) -> Path:
    """The shipped catalog with L4 nodes in Europe at next to nothing."""
    folder = tmp_path / "cheaper"
    shutil.copytree(ROOT / "catalogs" / "public-cloud", folder)
    path = folder / "nodes.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["flavor"] == "L4" and row["region"].startswith("europe"):
            row["price_per_hour"] = "0.05"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def moves(document: dict) -> float:
    return next(tier["value"] for tier in document["tiers"] if tier["name"] == "moves")


def test_moves_are_made_only_with_leave_and_only_so_many(
    placement: Command, tmp_path: Path, cheaper: Path
):
    store = ["--store", f"sqlite:///{tmp_path}/state.db", "--yes", "-o", "json"]
    quickstart = str(ROOT / "examples" / "quickstart")
    assert placement("apply", quickstart, *store).code == 0
    still = placement("apply", "--catalog", str(cheaper), *store)
    assert still.code == 0
    assert moves(json.loads(still.out)) == 0
    leave = ["--rebalance", "--min-saving", "0.1", "--max-moves", "2"]
    moved = json.loads(placement("apply", *leave, *store).out)
    assert 0 < moves(moved) <= 2
    record = moved["transition"]
    assert record["kind"] == "rebalance"
    assert record["costBefore"] - record["costAfter"] >= 0.1 * moves(moved)
    nothing = json.loads(placement("apply", "--rebalance", "--min-saving", "50", *store).out)
    assert moves(nothing) == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--min-saving", "1"], "need --rebalance"),
        (["--rebalance", "--min-saving", "-1"], "-1"),
        (["--rebalance", "--max-moves", "many"], "many"),
    ],
)
def test_numbers_that_mean_nothing_are_a_usage_error(
    placement: Command, tmp_path: Path, arguments: list[str], word: str
):
    store = ["--store", f"sqlite:///{tmp_path}/state.db", "--yes"]
    done = placement("apply", *arguments, *store)
    assert done.code == 2
    assert word in done.err
