"""Places are found by code, name and alias, each kind apart, and never guessed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from placement.catalog import geography as geo

EU = set(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"),
        ("us", "US"),
        ("USA", "US"),
        ("United States", "US"),
        ("united  states of america", "US"),
        ("U.S.A.", "US"),
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("NA", "NA"),
        ("Namibia", "NA"),
        ("NO", "NO"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Cote d'Ivoire", "CI"),
        ("Côte d\u2019Ivoire", "CI"),
        ("Co\u0302te d'Ivoire", "CI"),
        ("South Korea", "KR"),
        ("Republic of Korea", "KR"),
        ("North Korea", "KP"),
        ("Czech Republic", "CZ"),
        ("Hong Kong", "HK"),
        ("Holland", "NL"),
        ("DEU", "DE"),
        ("Korea", None),
        ("Germny", None),
        ("EU", None),
        ("Europe", None),
        ("England", None),
        ("AC", None),
        ("", None),
    ],
)
def test_countries(text: str, code: str | None) -> None:
    assert geo.find_country(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NA", "NA"),
        ("na", "NA"),
        ("North America", "NA"),
        ("asia", "AS"),
        ("EU", "EU"),
        ("Oceania", "OC"),
        ("Caribbean", None),
        ("Central America", None),
        ("America", None),
        ("European Union", None),
        ("US", None),
    ],
)
def test_continents(text: str, code: str | None) -> None:
    assert geo.find_continent(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EU", "EU"),
        ("european union", "EU"),
        ("EEA", "EEA"),
        ("Europe", None),
        ("EUROZONE", None),
        ("Schengen", None),
    ],
)
def test_blocs(text: str, code: str | None) -> None:
    assert geo.find_bloc(text) == code


@pytest.mark.parametrize(
    ("country", "continent"),
    [
        ("CY", "AS"),
        ("TR", "AS"),
        ("GE", "AS"),
        ("KZ", "AS"),
        ("RU", "EU"),
        ("DK", "EU"),
        ("GL", "NA"),
        ("EG", "AF"),
        ("NA", "AF"),
        ("MX", "NA"),
        ("PA", "NA"),
        ("CO", "SA"),
        ("ID", "AS"),
        ("AQ", "AN"),
    ],
)
def test_one_continent_per_country(country: str, continent: str) -> None:
    assert geo.continent_of(country) == continent
    homes = [c for c in ("AF", "AN", "AS", "EU", "NA", "OC", "SA")
             if country in geo.countries_of_continent(c)]  # fmt: skip
    assert homes == [continent]


def test_members_of_the_blocs() -> None:
    assert geo.countries_of_bloc("EU") == set(EU)
    assert geo.countries_of_bloc("EEA") == {*EU, "IS", "LI", "NO"}
    assert geo.blocs_of("FR") == ("EEA", "EU")
    assert geo.blocs_of("CH") == ()


def test_every_country_and_nothing_twice() -> None:
    owners: dict[str, set[str]] = {}
    for country in geo.countries().values():
        for text in (country.code, country.alpha3, country.name, *country.aliases):
            owners.setdefault(geo.fold(text), set()).add(country.code)
            assert geo.find_country(text) == country.code
    assert {text: codes for text, codes in owners.items() if len(codes) > 1} == {}
    assert len(geo.countries()) == 250


def test_names_for_suggestions() -> None:
    assert {"US", "United States", "Great Britain"} <= set(geo.country_names())
    assert geo.continent_names() == tuple(sorted(geo.continent_names()))
    assert {"NA", "North America"} <= set(geo.continent_names())
    assert geo.bloc_names() == ("EEA", "EU", "European Economic Area", "European Union")
    assert geo.country_name("NA") == "Namibia"
    assert geo.continent_name("NA") == "North America"
    assert geo.bloc_name("EU") == "European Union"


@pytest.mark.parametrize(
    ("country", "near"),
    [
        ("US", (39, -98)),
        ("FR", (47, 2)),
        ("NO", (64, 13)),
        ("RU", (62, 98)),
        ("FJ", (-18, 178)),
        ("NZ", (-43, 171)),
        ("JP", (36, 138)),
    ],
)
def test_reference_points_are_on_the_main_land(country: str, near: tuple[float, float]) -> None:
    assert geo.distance_km(geo.reference_point(country), near) < 500


def test_a_territory_without_a_point_uses_its_continent() -> None:
    assert geo.countries()["RE"].point is None
    latitude, longitude = geo.reference_point("RE")
    assert -10 < latitude < 15
    assert 5 < longitude < 30


def test_distance() -> None:
    assert geo.distance_km((0, 0), (0, 180)) == pytest.approx(20015, abs=1)
    assert geo.distance_km((51.5, -0.1), (40.7, -74.0)) == pytest.approx(5570, abs=15)
    assert geo.distance_km((1, 2), (1, 2)) == 0


def test_names_need_no_tables() -> None:
    code = (
        "import sys; from placement.catalog import geography, hardware, names, shipped;"
        "geography.find_country('US'); hardware.find_cpu('x86');"
        "names.load_names(shipped.default_catalog_path());"
        "sys.exit(bool({'pandas', 'numpy', 'networkx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
