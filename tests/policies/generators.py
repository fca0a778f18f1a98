"""Random policies of every type, from a seeded ``random.Random``.

``hypothesis.strategies.randoms()`` gives such a generator too, so property tests shrink.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import TypeVar

from placement.catalog.catalog import Catalog
from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES

T = TypeVar("T")

UNKNOWN = "nowhere"
CONTINENTS = ("NA", "North America", "EU", "Europe", "AS", "asia", "AF", "SA", "OC", UNKNOWN)
BLOCS = ("EU", "eu", "EEA", UNKNOWN)


def random_policy(rng: Random, catalog: Catalog, type_name: str, *, name: str = "policy") -> Policy:
    """Return a policy of one type whose options mostly occur in a catalog."""
    spec = GENERATORS[type_name](rng, catalog)
    return POLICY_TYPES[type_name].model_validate({"name": name, "type": type_name, **spec})


def random_location(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return one to three places of mixed kinds."""
    return {"locations": _some(rng, lambda: _random_place(rng, catalog))}


def random_flavor(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return one to three GPUs, families, aliases or architectures."""
    return {"flavors": _some(rng, lambda: _random_hardware(rng, catalog))}


def random_provider(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return one to three providers."""
    names = [*sorted({region.provider for region in catalog.regions.values()}), UNKNOWN]
    return {"providers": _some(rng, lambda: _recased(rng, rng.choice(names)))}


def random_price(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return a limit on, just below or far from a price of the catalog."""
    groups = [group for group in catalog.node_groups if group.gpu_count]
    if not groups or rng.random() < 0.2:
        return {"maxPricePerGpuHour": Decimal(rng.randrange(4))}
    group = rng.choice(groups)
    nano = max(0, group.price // group.gpu_count + rng.choice((-1, 0, 1)))
    return {"maxPricePerGpuHour": Decimal(nano).scaleb(-9)}


def random_carbon(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return a limit on or next to an intensity of the catalog."""
    known = [r.carbon for r in catalog.regions.values() if r.carbon is not None]
    if not known or rng.random() < 0.2:
        return {"maxCarbon": Decimal(rng.randrange(0, 800, 100))}
    return {"maxCarbon": Decimal(max(0, rng.choice(known) + rng.choice((-1, 0, 1)))).scaleb(-3)}


def random_max_token(rng: Random, catalog: Catalog) -> dict[str, object]:
    """Return a cap on tokens."""
    del catalog
    granularity = rng.choice(("minute", "hour", "day", "month"))
    return {"maxTokens": {"granularity": granularity, "total": rng.randrange(10**6)}}


GENERATORS: Mapping[str, Callable[[Random, Catalog], dict[str, object]]] = {
    "carbon": random_carbon,
    "flavor": random_flavor,
    "location": random_location,
    "maxToken": random_max_token,
    "price": random_price,
    "provider": random_provider,
}


def _random_place(rng: Random, catalog: Catalog) -> dict[str, str]:
    region = rng.choice(tuple(catalog.regions.values()))
    kind = rng.choice(("location", "country", "continent", "bloc"))
    names = {
        "location": (region.key, region.code, UNKNOWN),
        "country": (region.country, region.country, "US", "usa", "Germany", UNKNOWN),
        "continent": (region.continent, *CONTINENTS),
        "bloc": BLOCS,
    }
    return {"type": kind, "name": _recased(rng, rng.choice(names[kind]))}


def _random_hardware(rng: Random, catalog: Catalog) -> dict[str, str]:
    if rng.random() < 0.3 or not catalog.gpus:
        return {"type": "cpu", "name": _recased(rng, rng.choice(("x86_64", "arm64", UNKNOWN)))}
    gpu = rng.choice(tuple(catalog.gpus.values()))
    names = [gpu.name, gpu.name, *gpu.aliases, gpu.family or gpu.name, UNKNOWN]
    return {"type": "gpu", "name": _recased(rng, rng.choice(names))}


def _some(rng: Random, draw: Callable[[], T]) -> list[T]:
    return [draw() for _ in range(rng.randint(1, 3))]


def _recased(rng: Random, name: str) -> str:
    return rng.choice((name, name, name.lower(), name.upper()))
