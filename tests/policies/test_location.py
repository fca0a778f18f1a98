"""Allowed places: kinds, names, unions, and what no entry holds."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from placement.policies.base import NameKind, NameReference
from tests.policies.halves import allowed
from tests.policies.worlds import REGIONS, cpu_group, make_catalog, policy

CATALOG = make_catalog(
    cpu_group(region.name.lower() + "-" + region.provider, region, "x86_64") for region in REGIONS
)

ALLOWED = [
    # entries, expected node groups
    ([("country", "US")], {"virginia-aws", "virginia-azure"}),
    ([("country", "us")], {"virginia-aws", "virginia-azure"}),
    ([("country", "United States")], {"virginia-aws", "virginia-azure"}),
    ([("country", "NA")], {"windhoek-local"}),
    ([("continent", "NA")], {"virginia-aws", "virginia-azure", "montreal-aws"}),
    ([("continent", "north america")], {"virginia-aws", "virginia-azure", "montreal-aws"}),
    ([("continent", "EU")], {"london-aws", "paris-aws", "zurich-azure", "hamina-gcp"}),
    ([("bloc", "EU")], {"paris-aws", "hamina-gcp"}),
    ([("location", "aws/eu-west-2")], {"london-aws"}),
    ([("location", "EU-WEST-2")], {"london-aws"}),
    ([("location", "aws/us-east-1")], {"virginia-aws"}),
    ([("location", "us-east-1")], {"virginia-aws", "virginia-azure"}),
    ([("location", "gcp/us-east-1")], set()),
    ([("location", "London")], set()),
    ([("country", "Germany")], set()),
    ([("country", "Atlantis")], set()),
    ([("continent", "Atlantis")], set()),
    ([("bloc", "Atlantis")], set()),
    ([("continent", "Oceania")], set()),
    (
        [("country", "US"), ("continent", "Asia")],
        {"virginia-aws", "virginia-azure"} | {"tokyo-aws", "singapore-gcp"},
    ),
    ([("country", "US"), ("continent", "NA")], {"virginia-aws", "virginia-azure", "montreal-aws"}),
    ([("country", "Atlantis"), ("country", "JP")], {"tokyo-aws"}),
    ([("bloc", "EU"), ("location", "aws/eu-west-2")], {"paris-aws", "hamina-gcp", "london-aws"}),
]


def _locations(entries: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"type": kind, "name": name} for kind, name in entries]


@pytest.mark.parametrize(("entries", "expected"), ALLOWED)
def test_allowed(entries: list[tuple[str, str]], expected: set[str]) -> None:
    assert allowed(policy("p", "location", locations=_locations(entries)), CATALOG) == expected


@pytest.mark.parametrize(("entries", "expected"), ALLOWED)
def test_order_and_duplicates_of_entries_do_not_matter(
    entries: list[tuple[str, str]], expected: set[str]
) -> None:
    doubled = _locations([*reversed(entries), *entries])
    assert allowed(policy("p", "location", locations=doubled), CATALOG) == expected


def test_continent_europe_is_not_the_bloc() -> None:
    europe = allowed(policy("p", "location", locations=_locations([("continent", "EU")])), CATALOG)
    bloc = allowed(policy("p", "location", locations=_locations([("bloc", "EU")])), CATALOG)
    assert europe - bloc == {"london-aws", "zurich-azure"}


def test_options_name_each_place_once() -> None:
    entries = _locations([("country", "US"), ("continent", "Asia"), ("country", "US")])
    assert policy("p", "location", locations=entries).options() == "US, Asia"


def test_references() -> None:
    entries = _locations([("location", "aws/eu-west-2"), ("bloc", "EU")])
    assert list(policy("p", "location", locations=entries).references()) == [
        NameReference(NameKind.REGION, "aws/eu-west-2", ("locations", 0, "name")),
        NameReference(NameKind.BLOC, "EU", ("locations", 1, "name")),
    ]


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({}, "locations"),
        ({"locations": []}, "locations"),
        ({"locations": [{"type": "planet", "name": "Earth"}]}, "type"),
        ({"locations": [{"type": "country"}]}, "name"),
        ({"locations": [{"type": "country", "name": "US", "not": True}]}, "not"),
        ({"locations": [{"type": "country", "name": "US"}], "flavors": []}, "flavors"),
    ],
)
def test_errors(spec: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        policy("p", "location", **spec)
    assert where in {step for error in caught.value.errors() for step in error["loc"]}
