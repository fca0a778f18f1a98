"""A catalog written as files and read again is the same catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.load import load_catalog, load_catalog_texts
from placement.catalog.rows import Gpu, NodeGroup, NodeState, Region, Reserved
from placement.catalog.shipped import default_catalog_path
from placement.errors import InputError
from tests.catalog.conftest import Folder

HERE = Region("aws", "us-east-1", "N. Virginia", "US", "NA", 38.9, -77.4, 379_500)
T4 = Gpu("T4", "nvidia", 16_000, "Turing")
PLAIN = NodeGroup("g", HERE, "z", "t", "gpu", "T4", 4, 8000, 32_000, 10**9, 2)


def test_the_same_catalog_is_read_again(folder: Folder) -> None:
    catalog = load_catalog(folder.path)
    again = load_catalog_texts(catalog.to_files())
    assert again == catalog
    assert again.digest == catalog.digest
    assert again.to_files() == catalog.to_files()


def test_a_folder_of_the_files_is_the_catalog(folder: Folder, tmp_path: Path) -> None:
    catalog = load_catalog(folder.path)
    other = tmp_path / "other"
    other.mkdir()
    for name, text in catalog.to_files().items():
        (other / name).write_bytes(text.encode())
    again = load_catalog(other)
    assert (again, again.digest, again.name) == (catalog, catalog.digest, "other")


def test_the_shipped_catalog_is_read_again() -> None:
    catalog = load_catalog(default_catalog_path())
    assert load_catalog_texts(catalog.to_files()) == catalog


def test_numbers_are_exact_and_short(folder: Folder) -> None:
    files = load_catalog(folder.path).to_files()
    rows = dict(line.split(",", 1) for line in files["nodes.csv"].splitlines())
    assert rows["g1"] == "aws,us-east-1,us-east-1a,g4dn,gpu,T4,4,48,192,3.912,2,,ready,2"
    assert rows["c1"] == "edge,windhoek,windhoek,small,cpu,x86_64,0,4,16,0.000000001,1,,ready,0"
    assert rows["g3"].endswith(",gpu,A10,1,5.999,55,0.454,3,1/6,ready,0")
    assert files["reserved.csv"] == "node,gpus,cpus,memory_gib\ng1/1,2.5,1,0.001\n"
    assert files["states.csv"] == "node,state\ng1/0,cordoned\ng3/1,lost\ng3/2,draining\n"


def test_what_there_is_nothing_of_has_no_file(folder: Folder) -> None:
    for name in ("reserved", "states", "latency"):
        folder.file(name).unlink()
    assert set(load_catalog(folder.path).to_files()) == {"gpus.csv", "nodes.csv", "regions.csv"}


@pytest.mark.parametrize("name", ["regions.csv", "gpus.csv", "nodes.csv"])
def test_a_missing_text_is_a_missing_file(folder: Folder, name: str) -> None:
    files = load_catalog(folder.path).to_files()
    del files[name]
    with pytest.raises(InputError) as caught:
        load_catalog_texts(files, name="kept")
    assert [(d.file, d.code) for d in caught.value.diagnostics] == [(f"kept/{name}", "CT101")]


def test_findings_in_texts_have_their_place(folder: Folder) -> None:
    files = load_catalog(folder.path).to_files()
    files["states.csv"] = "node,state\r\ng1/0,gone\r\n"
    with pytest.raises(InputError) as caught:
        load_catalog_texts(files)
    (finding,) = caught.value.diagnostics
    assert (finding.file, finding.line, finding.column) == ("catalog/states.csv", 2, 6)


AMOUNTS = st.integers(0, 10**6)
NAMES = st.text("abAB019-_. \",'|é漢", min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Return a catalog made in code, with odd but possible names and numbers."""
    region = replace(
        HERE,
        code=draw(NAMES),
        name=draw(NAMES),
        latitude=draw(st.floats(-90, 90).filter(bool)),
        carbon=draw(st.none() | AMOUNTS),
    )
    gpus = [T4, Gpu("X1", draw(NAMES), draw(st.integers(1, 10**6)), "any", tdp_w=draw(AMOUNTS))]
    extra = draw(st.dictionaries(st.sampled_from(["nic", "disk"]), AMOUNTS))
    group = NodeGroup(
        draw(NAMES), region, draw(NAMES), draw(NAMES), "gpu", "X1", 3, draw(st.integers(1, 10**6)),
        draw(AMOUNTS), draw(st.integers(0, 10**12)), 4, None, draw(st.sampled_from(NodeState)),
        extra,
    )  # fmt: skip
    part = replace(
        PLAIN, name=f"{group.name}/x", region=region, gpu_count=1, gpu_fraction=Fraction(1, 6)
    )
    held = Reserved.of(group, gpus=draw(st.integers(0, 3000)), cpus=draw(st.integers(0, 1)))
    return make_catalog(
        [region],
        gpus,
        [group, part],
        reserved={group.node(2): held},
        states=draw(st.dictionaries(st.sampled_from([group.node(1), part.node(0)]), STATES)),
        latency={(region.key, region.key): draw(AMOUNTS)},
    )


STATES = st.sampled_from(NodeState)


@settings(max_examples=80, deadline=None)
@given(catalog=catalogs())
def test_a_catalog_made_in_code_is_read_again(catalog: Catalog) -> None:
    again = load_catalog_texts(catalog.to_files())
    assert again == catalog
    assert again.digest == catalog.digest


@pytest.mark.parametrize(
    ("groups", "reserved"),
    [
        ([replace(PLAIN, zone=" z")], {}),
        ([replace(PLAIN, zone="")], {}),
        ([PLAIN], {"g/0": Reserved((1000, 0, 0, 0))}),
    ],
)
def test_what_files_cannot_say_is_refused(
    groups: list[NodeGroup], reserved: Mapping[str, Reserved]
) -> None:
    catalog = make_catalog([HERE], [T4], groups, reserved=reserved)
    with pytest.raises(InputError) as caught:
        catalog.to_files()
    assert [d.code for d in caught.value.diagnostics] == ["CT135"]


def test_a_name_that_no_cell_may_hold_is_refused_too() -> None:
    catalog = make_catalog([HERE], [T4], [replace(PLAIN, name="a\u200bb")])
    with pytest.raises(InputError, match="cannot be seen"):
        catalog.to_files()


def test_one_fact_said_in_two_ways_is_one_catalog() -> None:
    bare = make_catalog([HERE], [T4], [PLAIN, replace(PLAIN, name="h", extra={"nic": 5})])
    said = make_catalog(
        [HERE],
        [T4],
        [replace(PLAIN, extra={"nic": 0}), replace(PLAIN, name="h", extra={"nic": 5})],
        reserved={"g/0": Reserved(), "g/1": Reserved((0, 0, 0, 0))},
        states={"g/0": NodeState.READY},
    )
    assert said == bare
    assert said.digest == bare.digest


def test_rows_may_come_from_generators() -> None:
    catalog = make_catalog((r for r in [HERE]), (g for g in [T4]), (g for g in [PLAIN]))
    assert catalog == make_catalog([HERE], [T4], [PLAIN])
