"""The grid's intensity against a limit; unknown is never good enough."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.policies.halves import allowed, eligible
from tests.policies.worlds import REGIONS, cpu_group, make_catalog, make_workspace, policy

CATALOG = make_catalog(
    cpu_group(f"{region.country}-{region.provider}", region, "x86_64") for region in REGIONS
)

# Singapore and Brazil are unknown, Finland is 0.
CLEAN = {"FI-gcp", "CA-aws", "CH-azure", "FR-aws"}
KNOWN = {group.name for group in CATALOG.node_groups} - {"SG-gcp", "BR-gcp"}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0, {"FI-gcp"}),
        ("29.999", {"FI-gcp"}),
        (30, {"FI-gcp", "CA-aws"}),
        ("55.999", CLEAN - {"FR-aws"}),
        (56, CLEAN),
        (380, CLEAN | {"GB-aws", "US-aws"}),
        ("380.001", CLEAN | {"GB-aws", "US-aws", "US-azure"}),
        ("999999999", KNOWN),
    ],
)
def test_allowed(limit: object, expected: set[str]) -> None:
    assert allowed(policy("p", "carbon", maxCarbon=limit), CATALOG) == expected


def test_largest_limit_wins_in_a_union() -> None:
    policies = (policy("low", "carbon", maxCarbon=0), policy("high", "carbon", maxCarbon=56))
    union = make_workspace(policies, environment=["low", "high"])
    both = make_workspace(policies, environment=["low"], deployment=["high"])
    assert eligible(union, CATALOG) == CLEAN
    assert eligible(both, CATALOG) == {"FI-gcp"}


def test_options() -> None:
    assert policy("p", "carbon", maxCarbon=300).options() == "at most 300 gCO2eq/kWh"


def test_names_nothing() -> None:
    assert not list(policy("p", "carbon", maxCarbon=300).references())


@pytest.mark.parametrize(
    "limit", [-1, "-0.001", "nan", float("inf"), "0.0001", "1e10", "clean", None, True]
)
def test_errors(limit: object) -> None:
    with pytest.raises(ValidationError, match="maxCarbon"):
        policy("p", "carbon", maxCarbon=limit)


def test_limit_is_required() -> None:
    with pytest.raises(ValidationError, match="maxCarbon"):
        policy("p", "carbon")
