"""Small catalogs and workspaces for the policy tests, built from rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from random import Random
from types import MappingProxyType

from placement.catalog.catalog import Catalog
from placement.catalog.rows import Gpu, NodeGroup, Region
from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

GPUS = (
    Gpu("A100-40GB", "NVIDIA", 40_000, "Ampere", ("A100_40GB",), "A100"),
    Gpu("A100-80GB", "NVIDIA", 80_000, "Ampere", ("A100_80GB",), "A100"),
    Gpu("L4", "NVIDIA", 24_000, "Ada Lovelace", ("ada-small",)),
    Gpu("MI300X", "AMD", 192_000, "CDNA 3"),
    Gpu("T4", "NVIDIA", 16_000, "Turing", ("tesla-t4",), "T"),
)

REGIONS = (
    Region("aws", "us-east-1", "Virginia", "US", "NA", 38.9, -77.4, 380_000),
    Region("aws", "ca-central-1", "Montreal", "CA", "NA", 45.5, -73.6, 30_000),
    Region("aws", "eu-west-2", "London", "GB", "EU", 51.5, -0.1, 220_000),
    Region("aws", "eu-west-3", "Paris", "FR", "EU", 48.9, 2.3, 56_000),
    Region("aws", "ap-northeast-1", "Tokyo", "JP", "AS", 35.7, 139.7, 460_000),
    Region("azure", "us-east-1", "Virginia", "US", "NA", 37.4, -79.1, 380_001),
    Region("azure", "switzerlandnorth", "Zurich", "CH", "EU", 47.4, 8.5, 40_000),
    Region("gcp", "africa-south1", "Johannesburg", "ZA", "AF", -26.2, 28.0, 700_000),
    Region("gcp", "asia-southeast1", "Singapore", "SG", "AS", 1.4, 103.8, None),
    Region("gcp", "europe-north1", "Hamina", "FI", "EU", 60.6, 27.2, 0),
    Region("gcp", "southamerica-east1", "Osasco", "BR", "SA", -23.5, -46.8, None),
    Region("local", "windhoek", "Windhoek", "NA", "AF", -22.6, 17.1, 500_000),
)


def gpu_group(
    name: str,
    region: Region,
    gpu: str,
    *,
    gpu_count: int = 1,
    price: int = 1_000_000_000,
    fraction: Fraction | None = None,
) -> NodeGroup:
    """Return a group of two GPU nodes; ``price`` in nano-USD per hour of a whole node."""
    return NodeGroup(
        name=name,
        region=region,
        zone=f"{region.code}a",
        instance_type=f"{gpu.lower()}-{gpu_count}",
        flavor_type="gpu",
        flavor=gpu,
        gpu_count=gpu_count,
        cpus=8000 * gpu_count,
        memory=64_000 * gpu_count,
        price=price,
        count=2,
        gpu_fraction=fraction,
    )


def cpu_group(
    name: str, region: Region, architecture: str, *, price: int = 200_000_000
) -> NodeGroup:
    """Return a group of three nodes without GPUs."""
    return NodeGroup(
        name=name,
        region=region,
        zone=f"{region.code}a",
        instance_type=f"{architecture}-4",
        flavor_type="cpu",
        flavor=architecture,
        gpu_count=0,
        cpus=4000,
        memory=16_000,
        price=price,
        count=3,
    )


def make_catalog(groups: Iterable[NodeGroup], *, gpus: Iterable[Gpu] = GPUS) -> Catalog:
    """Return a catalog of these node groups and of the regions they are in."""
    ordered = tuple(sorted(groups, key=lambda group: group.name))
    regions = {group.region.key: group.region for group in ordered}
    return Catalog(
        regions=MappingProxyType(dict(sorted(regions.items()))),
        gpus=MappingProxyType({gpu.name: gpu for gpu in gpus}),
        node_groups=ordered,
    )


def random_catalog(rng: Random, *, size: int = 12) -> Catalog:
    """Return a catalog of ``size`` random node groups over all kinds of hardware and places."""
    return make_catalog(_random_group(rng, f"g{index:02}") for index in range(size))


def _random_group(rng: Random, name: str) -> NodeGroup:
    region = rng.choice(REGIONS)
    if rng.random() < 0.25:
        return cpu_group(name, region, rng.choice(("x86_64", "arm64")))
    count = rng.choice((1, 1, 2, 3, 4, 8))
    return gpu_group(
        name,
        region,
        rng.choice(GPUS).name,
        gpu_count=count,
        price=rng.choice((1, 500_000_000, 1_000_000_000, 2_500_000_000, 9_999_999_999)) * count
        + rng.choice((-1, 0, 0, 1)),
        fraction=Fraction(1, 6) if count == 1 and rng.random() < 0.2 else None,
    )


def policy(name: str, type_name: str, **spec: object) -> Policy:
    """Return a policy as a manifest would describe it."""
    return POLICY_TYPES[type_name].model_validate({"name": name, "type": type_name, **spec})


def make_workspace(
    policies: Iterable[Policy],
    *,
    environment: Iterable[str] = (),
    deployment: Iterable[str] = (),
    labels: Mapping[str, str] = MappingProxyType({}),
) -> Workspace:
    """Return a workspace with the deployment ``chat`` in production."""
    return Workspace(
        policies={item.name: item for item in sorted(policies, key=lambda item: item.name)},
        environments={
            "development": Environment(name="development"),
            "production": Environment(name="production", policies=tuple(environment)),
        },
        deployments=(
            ModelDeployment(
                name="chat", version="1", policies=tuple(deployment), labels=dict(labels)
            ),
        ),
    )
