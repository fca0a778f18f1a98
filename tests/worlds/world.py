"""A tiny placement world as plain data, with no class of the package inside.

Quantities are integers: GPUs, CPUs and GiB in thousandths, prices in nano-USD per hour, grid
intensity in milligrams CO2eq per kWh, round trips in microseconds. The oracle reads these rows
only; `tests.worlds.package` turns them into a catalog and a workspace of the package.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

Key = tuple[str, str]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Region:
    provider: str
    code: str
    country: str
    continent: str
    carbon: int | None

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.code}"


@dataclass(frozen=True)
class Gpu:
    name: str
    memory: int
    tdp: int | None
    family: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    name: str
    region: str
    zone: str
    flavor_type: str
    flavor: str
    gpu_count: int
    cpus: int
    memory: int
    price: int
    count: int = 1
    fraction: Fraction | None = None
    state: str = "ready"
    extra: tuple[tuple[str, int], ...] = ()

    @property
    def slots(self) -> tuple[int, ...]:
        """Capacity of each GPU of one node, in thousandths."""
        if self.fraction is not None:
            return (int(1000 * self.fraction),)
        return (1000,) * self.gpu_count

    def nodes(self) -> list[str]:
        return [f"{self.name}/{index}" for index in range(self.count)]


@dataclass(frozen=True)
class Reserved:
    node: str
    gpus: int = 0
    cpus: int = 0
    memory: int = 0


@dataclass(frozen=True)
class Policy:
    """``spec`` is the manifest's ``spec`` without target and enforcement."""

    name: str
    type: str
    spec: tuple[Any, ...]
    resource_types: tuple[str, ...] = ()
    selector: Labels = ()
    observe: bool = False


@dataclass(frozen=True)
class Environment:
    name: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spread:
    over: str
    max_per_domain: int | None = None
    min_domains: int | None = None
    max_skew: int | None = None


@dataclass(frozen=True)
class Peers:
    over: str
    labels: Labels = ()
    environment: str | None = None


@dataclass(frozen=True)
class Deployment:
    name: str
    environment: str
    version: str = "v1"
    enabled: bool = True
    labels: Labels = ()
    policies: tuple[str, ...] = ()
    flavors: tuple[tuple[str, str], ...] = ()
    replicas: int = 1
    min_replicas: int = 0
    gpus: int | None = None
    gpu_memory: int = 0
    cpus: int = 1000
    memory: int = 1000
    extra: tuple[tuple[str, int], ...] = ()
    priority: int = 0
    rollout: str = "surge"
    spread: tuple[Spread, ...] = ()
    separate_from: tuple[Peers, ...] = ()
    together_with: tuple[Peers, ...] = ()
    origins: tuple[tuple[str, Decimal], ...] = ()

    @property
    def key(self) -> Key:
        return (self.name, self.environment)

    @property
    def demand(self) -> int:
        """GPUs of one replica in thousandths, the default filled in."""
        if self.gpus is not None:
            return self.gpus
        only_cpu = bool(self.flavors) and all(kind == "cpu" for kind, _ in self.flavors)
        return 0 if only_cpu else 1000

    @property
    def weight(self) -> int:
        return self.demand or 1000


@dataclass(frozen=True)
class Row:
    """Replicas of one deployment on one node; ``gpu`` is the slot of a share."""

    model: str
    environment: str
    version: str
    node: str
    replicas: int
    gpus: int
    gpu: int | None = None

    @property
    def key(self) -> Key:
        return (self.model, self.environment)


@dataclass(frozen=True)
class World:
    """Everything a plan depends on; ``states`` are those of single nodes, by node name."""

    regions: tuple[Region, ...]
    gpus: tuple[Gpu, ...]
    groups: tuple[Group, ...]
    deployments: tuple[Deployment, ...]
    policies: tuple[Policy, ...] = ()
    environments: tuple[Environment, ...] = ()
    reserved: tuple[Reserved, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    latency: tuple[tuple[str, str, int], ...] = ()
    running: tuple[Row, ...] = ()
    objective: str = "cost"
    billing: str = "share"
    seed: int | None = field(default=None, compare=False)

    def deployment(self, key: Key) -> Deployment:
        return next(d for d in self.deployments if d.key == key)

    def change(self, key: Key, **fields: Any) -> World:
        """Return the world with fields of one deployment replaced."""
        return replace(
            self,
            deployments=tuple(
                replace(d, **fields) if d.key == key else d for d in self.deployments
            ),
        )

    def change_group(self, name: str, **fields: Any) -> World:
        """Return the world with fields of one node group replaced."""
        return replace(
            self,
            groups=tuple(replace(g, **fields) if g.name == name else g for g in self.groups),
        )
