"""The shipped catalog: facts that must hold whatever the next build brings."""

from __future__ import annotations

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from placement.catalog import shipped as shipped_module
from placement.catalog.catalog import Catalog
from placement.catalog.geography import continent_of, distance_km, find_country
from placement.catalog.hardware import hardware_key
from placement.catalog.load import load_catalog
from placement.catalog.names import load_names
from placement.catalog.shipped import default_catalog_path, shipped

FIBRE_KM_PER_MS = 204.2


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(default_catalog_path())


def test_sizes(catalog: Catalog) -> None:
    assert len(catalog.regions) == 408
    assert len(catalog.gpus) == 59
    assert 1_500 <= len(catalog.node_groups) <= 3_500
    assert sum(group.count for group in catalog.node_groups) > 10_000
    assert len(catalog.latency) == 2_862


def test_every_region_has_a_country_and_a_carbon_figure(catalog: Catalog) -> None:
    for region in catalog.regions.values():
        assert find_country(region.country) == region.country
        assert region.continent == continent_of(region.country)
        assert region.carbon is not None


def test_known_regions(catalog: Catalog) -> None:
    def country(key: str) -> str:
        return catalog.regions[key].country

    assert country("aws/ap-southeast-3") == "ID"
    assert country("alibaba/ap-southeast-3") == "MY"
    assert catalog.regions["azure/denmarkeast"].continent == "EU"
    assert country("aws/eu-west-2") == "GB"
    assert country("azure/norwayeast") == "NO"
    assert catalog.regions["aws/us-gov-west-1"].partition == "government"


def test_nodes_are_of_three_providers_in_commercial_regions(catalog: Catalog) -> None:
    assert {group.region.provider for group in catalog.node_groups} == {"aws", "azure", "gcp"}
    assert {group.region.partition for group in catalog.node_groups} == {"commercial"}
    aws = {group.region.code for group in catalog.node_groups if group.region.provider == "aws"}
    assert aws == {"us-east-1"}


def test_prices_and_sizes_are_positive(catalog: Catalog) -> None:
    for group in catalog.node_groups:
        assert group.price > 0
        assert group.count > 0
        assert group.memory > 0


def test_every_offer_once(catalog: Catalog) -> None:
    offers = {(g.region.key, g.instance_type) for g in catalog.node_groups if g.gpu_count}
    own = {offer for offer in offers if "+" not in offer[1]}
    by_provider = Counter(key.partition("/")[0] for key, _ in own)
    assert by_provider == {"azure": 834, "gcp": 428, "aws": 76}
    prices: dict[tuple[str, str], set[int]] = {}
    for group in catalog.node_groups:
        prices.setdefault((group.region.key, group.instance_type), set()).add(group.price)
    assert {len(found) for found in prices.values()} == {1}


def test_parts_of_a_gpu(catalog: Catalog) -> None:
    parts = {g.gpu_fraction for g in catalog.node_groups if g.gpu_fraction is not None}
    assert parts == {Fraction(1, n) for n in (2, 3, 4, 6, 8)}
    types = {g.instance_type: g for g in catalog.node_groups}
    assert types["Standard_NV6ads_A10_v5"].gpu_slots == (166,)
    assert types["Standard_NV36ads_A10_v5"].gpu_slots == (1000,)
    assert types["g6f.large"].gpu_fraction == Fraction(1, 8)


def test_attachable_gpus_cost_host_and_cards(catalog: Catalog) -> None:
    found = [g for g in catalog.node_groups if g.instance_type == "n1-standard-8+1xT4"]
    assert {g.price for g in found} == {729_998_000}
    assert {(g.flavor, g.gpu_count, g.cpus) for g in found} == {("T4", 1, 8000)}


def test_the_policies_of_the_quick_start_have_nodes(catalog: Catalog) -> None:
    t4 = {g.region.country for g in catalog.node_groups if g.flavor == "T4"}
    assert {"US", "JP", "DE"} <= t4
    assert any(g.flavor == "arm64" for g in catalog.node_groups)


def test_no_two_gpus_share_a_name(catalog: Catalog) -> None:
    texts = Counter(
        hardware_key(text) for gpu in catalog.gpus.values() for text in (gpu.name, *gpu.aliases)
    )
    assert [text for text, number in texts.items() if number > 1] == []
    families = {hardware_key(gpu.family) for gpu in catalog.gpus.values() if gpu.family}
    assert families & set(texts) == set()
    assert families == {"a100", "h100", "h200", "v100"}


def test_light_in_fibre_is_not_outrun(catalog: Catalog) -> None:
    for (start, end), rtt in catalog.latency.items():
        places = (catalog.regions[key] for key in (start, end))
        distance = distance_km(*((place.latitude, place.longitude) for place in places))
        assert rtt / 1000 >= 2 * distance / FIBRE_KM_PER_MS, (start, end)


def test_every_row_names_its_source() -> None:
    for name in ("regions", "gpus", "nodes", "latency"):
        with (default_catalog_path() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert all(row["source"] for row in csv.DictReader(file)), name


def test_names_alone_agree_with_the_tables(catalog: Catalog) -> None:
    assert load_names(default_catalog_path()) == catalog.names


def test_shipped_data_is_found_in_a_wheel_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "placement"
    monkeypatch.setattr(shipped_module, "PACKAGE", package)
    with pytest.raises(FileNotFoundError):
        shipped("catalogs", "public-cloud")
    beside = package.parent / "catalogs" / "public-cloud"
    beside.mkdir(parents=True)
    assert shipped("catalogs", "public-cloud") == beside
    inside = package / "_data" / "catalogs" / "public-cloud"
    inside.mkdir(parents=True)
    assert shipped("catalogs", "public-cloud") == inside
