"""A catalog of frames is that of the files with the same content, with the same checks."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import placement as pl
from placement.catalog.load import load_catalog, load_catalog_texts
from placement.catalog.rows import NodeState
from placement.catalog.shipped import default_catalog_path

NODES = {
    "node_group": ["a", "b", "c"],
    "provider": ["aws", "aws", "gcp"],
    "region": ["us-east-1", "us-east-1", "us-central1"],
    "zone": ["us-east-1a", None, float("nan")],
    "instance_type": ["g4dn.xlarge", "m7i.large", None],
    "flavor_type": ["gpu", "cpu", "gpu"],
    "flavor": ["T4", "x86_64", "L4"],
    "gpu_count": [1, 0, 1],
    "cpus": [4, 2.5, 8.0],
    "memory_gib": [16, 8, 32],
    "price_per_hour": [0.526, Decimal("0.1008"), "0.7"],
    "count": [3, 2, 1],
    "gpu_fraction": [None, None, Fraction(1, 2)],
    "state": [NodeState.READY, None, "cordoned"],
}


def frame(**changed):
    return pd.DataFrame({**NODES, **changed})


def refused(*args, **kwargs):
    with pytest.raises(pl.InputError) as caught:
        pl.catalog_from_frames(*args, **kwargs)
    return [(d.file, d.line, d.column, d.code, d.message) for d in caught.value.diagnostics]


def test_a_frame_of_nodes_is_enough():
    catalog = pl.catalog_from_frames(frame())
    a, b, c = catalog.node_groups
    assert (a.price, b.price, c.price) == (526_000_000, 100_800_000, 700_000_000)
    assert (b.cpus, c.gpu_fraction, c.state) == (2500, Fraction(1, 2), NodeState.CORDONED)
    assert (b.zone, catalog.name) == ("us-east-1", "frames")
    assert catalog.latency == load_catalog(default_catalog_path()).latency


def test_frames_of_the_files_of_a_catalog_are_that_catalog():
    shipped = load_catalog(default_catalog_path())
    changed = shipped.with_state("azure/westeurope", NodeState.LOST)
    changed = changed.with_state(f"{changed.node_groups[0].name}/0", NodeState.DRAINING)
    frames = {file.removesuffix(".csv"): _read(text) for file, text in changed.to_files().items()}
    assert pl.catalog_from_frames(frames.pop("nodes"), **frames) == changed


def _read(text):
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def test_a_frame_with_types_of_its_own_is_read():
    typed = frame().astype({"node_group": "category", "count": "Int64", "gpu_count": np.int16})
    assert pl.catalog_from_frames(typed) == pl.catalog_from_frames(frame())


def test_the_index_is_not_read():
    assert pl.catalog_from_frames(frame().set_index(pd.Index([7, 7, 7]))) == pl.catalog_from_frames(
        frame()
    )


CELLS = {
    "a price that is true": ({"price_per_hour": [0.5, True, 1]}, 2, 11, "CT113", "`True` is not a number"),
    "infinity": ({"cpus": [1, float("inf"), 1]}, 2, 9, "CT114", "`inf` is not a finite number"),
    "negative": ({"cpus": [1, 1, -2]}, 3, 9, "CT115", "`-2` is negative"),
    "no number": ({"memory_gib": [1, 1, "many"]}, 3, 10, "CT113", "`many` is not a number"),
    "nothing": ({"count": [1, None, 1]}, 2, 12, "CT111", "the cell is empty"),
    "half a node": ({"count": [1, 1.5, 1]}, 2, 12, "CT116", "`1.5` is not a whole number"),
    "far too many": ({"count": [1, 1e300, 1]}, 2, 12, "CT117", "`1e+300` is too large, the limit is 10000000"),
    "an unknown region": ({"region": ["us-east-1", "us-eats-1", "us-central1"]}, 2, 3, "CT122", "unknown region `aws/us-eats-1`"),
    "an unknown GPU": ({"flavor": ["T5", "x86_64", "L4"]}, 1, 7, "CT123", "unknown GPU `T5`"),
    "a mapping": ({"zone": [{}, None, None]}, 1, 4, "CT203", "a `dict` stands where no cell can have one"),
    "a name twice": ({"node_group": ["a", "b", "a"]}, 3, 1, "CT130", "`a` is there twice, first on line 1"),
    "a hidden character": ({"zone": ["a\u202e", None, None]}, 1, 4, "CT112", "`a\\u202e` has a character that cannot be seen"),
}  # fmt: skip


@pytest.mark.parametrize("what", CELLS)
def test_a_wrong_cell_is_told_with_row_and_column(what):
    changed, *expected = CELLS[what]
    assert refused(frame(**changed)) == [("<nodes>", *expected)]


def test_the_finding_names_row_and_column_for_people():
    with pytest.raises(pl.InputError) as caught:
        pl.catalog_from_frames(frame(cpus=[1, 1, -2]))
    assert "  row 3, column `cpus`" in str(caught.value)


def test_all_findings_are_told_at_once():
    found = refused(frame(cpus=[-1, 1, -2], count=[1, 1, -1]))
    assert [row[1:3] for row in found] == [(1, 9), (3, 9), (3, 12)]


def test_columns_are_checked():
    assert refused(frame().rename(columns={"cpus": "cpu"})) == [
        ("<nodes>", 1, 1, "CT107", "the column `cpus` is missing"),
        ("<nodes>", 1, 9, "CT108", "unknown column `cpu` in nodes.csv"),
    ]
    twice = pd.concat([frame(), frame()[["cpus"]]], axis=1)
    assert [row[3] for row in refused(twice)] == ["CT109"]


def test_other_frames_are_checked_too():
    states = pd.DataFrame({"node": ["a/0", "a/9"], "state": ["draining", "gone"]})
    assert refused(frame(), states=states) == [
        ("<states>", 2, 1, "CT127", "unknown node `a/9`"),
        ("<states>", 2, 2, "CT125", "unknown state `gone`"),
    ]


def test_a_frame_without_rows_is_a_catalog_without_nodes():
    assert pl.catalog_from_frames(frame().iloc[:0]).node_groups == ()


def test_aliases_may_be_a_list():
    gpus = pd.DataFrame(
        {
            "gpu": ["T4", "L4"],
            "vendor": "nvidia",
            "memory_gib": [16, 24],
            "architecture": "",
            "aliases": [["x", "y"], None],
        }
    )
    catalog = pl.catalog_from_frames(frame(), gpus=gpus)
    assert catalog.gpus["T4"].aliases == ("x", "y")
    assert load_catalog_texts(catalog.to_files()) == catalog
