"""Allowed providers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from placement.policies.base import NameKind, NameReference
from tests.policies.halves import allowed
from tests.policies.worlds import REGIONS, cpu_group, make_catalog, policy

CATALOG = make_catalog(
    cpu_group(f"{region.provider}-{region.country}", region, "x86_64")
    for region in REGIONS
    if region.country in {"US", "JP", "FI"}
)


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        (["aws"], {"aws-US", "aws-JP"}),
        (["AWS"], {"aws-US", "aws-JP"}),
        (["aws", "Aws"], {"aws-US", "aws-JP"}),
        (["gcp", "azure"], {"gcp-FI", "azure-US"}),
        (["azure", "gcp", "aws"], {"aws-US", "aws-JP", "azure-US", "gcp-FI"}),
        (["nobody"], set()),
        (["aw"], set()),
        (["nobody", "gcp"], {"gcp-FI"}),
    ],
)
def test_allowed(providers: list[str], expected: set[str]) -> None:
    assert allowed(policy("p", "provider", providers=providers), CATALOG) == expected


def test_options_name_each_provider_once() -> None:
    assert policy("p", "provider", providers=["gcp", "aws", "gcp"]).options() == "gcp, aws"


def test_references() -> None:
    assert list(policy("p", "provider", providers=["gcp", "aws"]).references()) == [
        NameReference(NameKind.PROVIDER, "gcp", ("providers", 0)),
        NameReference(NameKind.PROVIDER, "aws", ("providers", 1)),
    ]


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({}, "providers"),
        ({"providers": []}, "providers"),
        ({"providers": "aws"}, "providers"),
        ({"providers": ["aws"], "locations": []}, "locations"),
    ],
)
def test_errors(spec: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        policy("p", "provider", **spec)
    assert where in {step for error in caught.value.errors() for step in error["loc"]}
