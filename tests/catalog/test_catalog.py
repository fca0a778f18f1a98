"""A catalog in memory: look-ups, distances, immutability, table, containment, digest."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import networkx as nx
import pytest

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.geography import distance_km, reference_point
from placement.catalog.load import load_catalog
from placement.catalog.names import load_names
from placement.catalog.rows import Gpu, NodeGroup, NodeState, Region, Reserved
from placement.errors import InputError
from tests.catalog.conftest import Folder

VIRGINIA = Region("aws", "us-east-1", "N. Virginia", "US", "NA", 38.9, -77.4, 379_500)
WINDHOEK = Region("edge", "windhoek", "Windhoek", "NA", "AF", -22.6, 17.1)
T4 = Gpu("T4", "nvidia", 16_000, "Turing")


def group(name: str, *, count: int = 1, region: Region = VIRGINIA, flavor: str = "T4") -> NodeGroup:
    return NodeGroup(name, region, "z", "t", "gpu", flavor, 4, 8000, 32_000, 10**9, count)


@pytest.fixture
def catalog(folder: Folder) -> Catalog:
    return load_catalog(folder.path)


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ("g1/0", ("g1", 0)),
        ("g1/1", ("g1", 1)),
        ("g1/2", None),
        ("g1/01", None),
        ("g1/-1", None),
        ("g1/+1", None),
        ("g1/ 1", None),
        ("g1/\u0661", None),
        ("g1/\u00b2", None),
        ("g1/", None),
        ("g1", None),
        ("G1/0", None),
        ("g9/0", None),
        ("/0", None),
        ("", None),
        ("g1/" + "9" * 5000, None),
    ],
)
def test_find_node(catalog: Catalog, node: str, found: tuple[str, int] | None) -> None:
    result = catalog.find_node(node)
    assert (result and (result[0].name, result[1])) == found


def test_a_group_name_may_have_a_slash() -> None:
    catalog = make_catalog([VIRGINIA], [T4], [group("rack/1", count=2), group("rack", count=9)])
    found = catalog.find_node("rack/1/1")
    assert found == (catalog.groups_by_name["rack/1"], 1)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("us-east-1", ["aws/us-east-1"]),
        ("AWS/US-East-1", ["aws/us-east-1"]),
        ("ap-southeast-3", ["alibaba/ap-southeast-3", "aws/ap-southeast-3"]),
        ("aws/ap-southeast-3", ["aws/ap-southeast-3"]),
        ("azure/us-east-1", []),
        ("us-east", []),
        ("N. Virginia", []),
        ("", []),
    ],
)
def test_find_regions(catalog: Catalog, text: str, keys: list[str]) -> None:
    assert list(catalog.find_regions(text)) == keys


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("a100", ["A100-40GB", "A100-80GB"]),
        ("big", ["A100-40GB"]),
        ("T4", ["T4"]),
        ("T4g", ["T4G"]),
        ("Tesla-T4", ["T4"]),
        ("H100", []),
    ],
)
def test_find_gpus(catalog: Catalog, text: str, gpus: list[str]) -> None:
    assert list(catalog.find_gpus(text)) == gpus


def test_na_is_never_missing(catalog: Catalog) -> None:
    region = catalog.regions["edge/windhoek"]
    assert (region.country, region.continent) == ("NA", "AF")
    assert catalog.regions["aws/us-east-1"].continent == "NA"
    values, codes = catalog.table.texts["continent"]
    assert [values[code] for code in codes] == ["AF", "NA", "NA", "EU"]


def test_one_region_code_in_two_countries(catalog: Catalog) -> None:
    assert catalog.regions["aws/ap-southeast-3"].country == "ID"
    assert catalog.regions["alibaba/ap-southeast-3"].country == "MY"


def test_rows(catalog: Catalog) -> None:
    g1, g2, g3, c1 = (catalog.groups_by_name[name] for name in ("g1", "g2", "g3", "c1"))
    assert (g1.cpus, g1.memory, g1.price, g1.count) == (48_000, 192_000, 3_912_000_000, 2)
    assert (g1.zone, dict(g1.extra)) == ("us-east-1a", {"nic": 2000})
    assert (g2.zone, g2.state, g2.flavor) == ("us-east-1", NodeState.CORDONED, "A100-80GB")
    assert (g3.gpu_fraction, g3.gpu_slots, g3.cpus) == (Fraction(1, 6), (166,), 5999)
    assert (c1.flavor_type, c1.flavor, c1.price, c1.gpu_slots) == ("cpu", "x86_64", 1, ())
    assert catalog.regions["azure/westeurope"].carbon == 300_000
    assert catalog.regions["aws/ap-southeast-3"].carbon is None
    assert catalog.regions["aws/ap-southeast-3"].partition == "commercial"
    assert catalog.gpus["A10"] == Gpu("A10", "nvidia", 24_000, "Ampere")
    assert catalog.name == "fleet"


def test_reserved_gpus_are_taken_from_the_highest_index_down(catalog: Catalog) -> None:
    assert catalog.reserved == {"g1/1": Reserved((0, 500, 1000, 1000), 1000, 1)}


def test_round_trip(catalog: Catalog) -> None:
    assert catalog.round_trip("US", "azure/westeurope") == 80_750
    assert catalog.round_trip("NL", "aws/us-east-1") == 80_750
    assert catalog.round_trip("MY", "azure/westeurope") == 170_000
    assert catalog.round_trip("NL", "alibaba/ap-southeast-3") == 170_000
    fit = 22_700 + 15.23 * distance_km(reference_point("DE"), (38.9, -77.4))
    assert catalog.round_trip("DE", "aws/us-east-1") == round(fit)
    assert catalog.round_trip("US", "aws/us-east-1") > 22_700
    with pytest.raises(KeyError):
        catalog.round_trip("DE", "aws/nowhere")
    with pytest.raises(KeyError):
        catalog.round_trip("XX", "aws/us-east-1")


def test_containment_keeps_kinds_apart(catalog: Catalog) -> None:
    graph = catalog.containment
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.ancestors(graph, ("group", "c1")) == {
        ("zone", "edge/windhoek/windhoek"),
        ("region", "edge/windhoek"),
        ("country", "NA"),
        ("continent", "AF"),
    }
    assert set(graph.predecessors(("country", "NL"))) == {
        ("bloc", "EU"),
        ("bloc", "EEA"),
        ("continent", "EU"),
    }
    with pytest.raises(nx.NetworkXError):
        graph.add_edge(("continent", "NA"), ("country", "NA"))


def test_table(catalog: Catalog) -> None:
    table = catalog.table
    assert len(table) == 4
    values, codes = table.texts["name"]
    assert [values[code] for code in codes] == ["c1", "g1", "g2", "g3"]
    assert table.slot.tolist() == [0, 1000, 1000, 166]
    assert table.gpu_count.tolist() == [0, 4, 8, 1]
    assert table.gpu_memory.tolist() == [0, 16_000, 80_000, 24_000]
    assert table.carbon.tolist() == [50_000, 379_500, 379_500, 300_000]
    assert table.price.tolist() == [1, 3_912_000_000, 40_960_000_000, 454_000_000]
    assert table.extra["nic"].tolist() == [0, 2000, 0, 0]
    assert table.isin("region", {"aws/us-east-1"}).tolist() == [False, True, True, False]
    assert table.isin("zone", {"aws/us-east-1/us-east-1a"}).tolist() == [False, True, False, False]
    with pytest.raises(ValueError, match="read-only"):
        table.price[0] = 0


def test_a_table_of_nothing() -> None:
    catalog = make_catalog([], [], [])
    assert len(catalog.table) == 0
    assert catalog.names.regions == {}


def test_nothing_can_be_changed(catalog: Catalog) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.name = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.node_groups[0].price = 0  # type: ignore[misc]
    mappings = (catalog.regions, catalog.gpus, catalog.reserved, catalog.latency,
                catalog.groups_by_name, catalog.node_groups[0].extra)  # fmt: skip
    for mapping in mappings:
        with pytest.raises(TypeError):
            mapping["x"] = 1  # type: ignore[index]


def test_what_a_caller_keeps_is_not_the_catalogs() -> None:
    extra = {"nic": 1}
    latency = {("aws/us-east-1", "aws/us-east-1"): 5}
    catalog = make_catalog(
        [VIRGINIA], [T4], [dataclasses.replace(group("g"), extra=extra)], latency=latency
    )
    extra["nic"] = 2
    latency.clear()
    assert catalog.node_groups[0].extra == {"nic": 1}
    assert len(catalog.latency) == 1


def test_names_are_those_of_the_tables(folder: Folder, catalog: Catalog) -> None:
    names = load_names(folder.path)
    assert names == catalog.names
    assert names.providers == ("alibaba", "aws", "azure", "edge")
    assert names.used_providers == {"aws", "azure", "edge"}
    assert names.used_countries == {"US", "NL", "NA"}
    assert names.used_gpus == {"T4", "A100-80GB", "A10"}
    assert names.used_cpus == {"x86_64"}
    assert names.cpus == ("arm64", "x86_64")
    assert names.find_cpu("x86") == "x86_64"
    assert names.has_provider("AWS")
    assert names.find_provider("AWS") == "aws"
    assert not names.has_provider("gcp")
    assert {"us-east-1", "aws/us-east-1"} <= set(names.region_names)
    assert {"T4", "big", "A100"} <= set(names.gpu_names)


def test_digest_does_not_depend_on_the_order_of_rows_or_the_folder(folder: Folder) -> None:
    before = load_catalog(folder.path)
    shuffle = random.Random(7).shuffle
    for name in ("regions", "gpus", "nodes", "reserved", "states", "latency"):
        header, *rows = folder.text(name).splitlines()
        shuffle(rows)
        folder.file(name).write_text("\r\n".join([header, *rows, ""]), encoding="utf-8", newline="")
    moved = folder.path.rename(folder.path.with_name("other"))
    after = load_catalog(moved)
    assert after.digest == before.digest
    assert after.node_groups == before.node_groups
    assert list(after.regions) == list(before.regions) == sorted(before.regions)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("regions", "379.5", "379.6"),
        ("regions", "379.5", ""),
        ("regions", "commercial", "government"),
        ("gpus", ",70,", ",71,"),
        ("gpus", "big", "bigger"),
        ("nodes", "3.912", "3.912000001"),
        ("nodes", "cordoned", "draining"),
        ("nodes", "1/6", "1/7"),
        ("reserved", "2.5", "2"),
        ("latency", "81.5", "81"),
    ],
)
def test_digest_depends_on_every_fact(folder: Folder, name: str, old: str, new: str) -> None:
    before = load_catalog(folder.path).digest
    folder.replace(name, old, new)
    assert load_catalog(folder.path).digest != before


def test_equal_facts_written_otherwise_are_the_same_catalog(folder: Folder) -> None:
    before = load_catalog(folder.path).digest
    folder.replace("nodes", "1/6", "2/12")
    folder.replace("nodes", "3.912", "3.9120000000000")
    folder.replace("nodes", "amd64", "x86_64")
    folder.replace("nodes", "us-east-1a,g4dn,gpu,T4", ' us-east-1a ,"g4dn",GPU,nvidia-tesla-t4')
    assert load_catalog(folder.path).digest == before


@pytest.mark.parametrize(
    ("regions", "gpus", "groups", "code"),
    [
        ([VIRGINIA, VIRGINIA], [T4], [], "CT130"),
        ([VIRGINIA], [T4, T4], [], "CT130"),
        ([VIRGINIA], [T4], [group("g"), group("g")], "CT130"),
        ([VIRGINIA], [T4], [group("g", region=WINDHOEK)], "CT122"),
        ([VIRGINIA], [T4], [group("g", flavor="L4")], "CT123"),
    ],
)
def test_a_catalog_made_in_code_must_hang_together(
    regions: list[Region], gpus: list[Gpu], groups: list[NodeGroup], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_catalog(regions, gpus, groups)
    assert {d.code for d in caught.value.diagnostics} == {code}


def test_reservations_and_latency_made_in_code_are_checked_too() -> None:
    with pytest.raises(InputError) as caught:
        make_catalog(
            [VIRGINIA],
            [T4],
            [group("g")],
            reserved={"g/1": Reserved()},
            latency={("a/b", "c/d"): 1},
        )
    assert [d.code for d in caught.value.diagnostics] == ["CT122", "CT122", "CT127"]
