"""What is asked: policies, environments, model deployments, and what runs today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.catalog.rows import UNIT
from placement.policies.base import Document, Policy, Selector
from placement.workspace.assignment import Assignment

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.workspace.sources import Sources

PRODUCTION = "production"
DEVELOPMENT = "development"


class Domain(StrEnum):
    """What a structural rule ranges over."""

    NODE = "node"
    ZONE = "zone"
    REGION = "region"
    COUNTRY = "country"
    CONTINENT = "continent"
    PROVIDER = "provider"


class Rollout(StrEnum):
    """How a new version replaces the old one."""

    SURGE = "surge"
    RECREATE = "recreate"


class FlavorEntry(Document):
    """One hardware type, ``{type: gpu, name: T4}``."""

    type: Literal["cpu", "gpu"]
    name: str


class Resources(Document):
    """Demand of one replica; ``gpu_memory_gib`` is per GPU."""

    gpus: Decimal | None = None
    gpu_memory_gib: Decimal | None = Field(default=None, alias="gpuMemoryGiB")
    cpus: Decimal = Decimal(1)
    memory_gib: Decimal = Field(default=Decimal(1), alias="memoryGiB")
    extra: dict[str, Decimal] = Field(default_factory=dict)


class Spread(Document):
    """How the replicas of one deployment are spread over domains."""

    over: Domain
    max_per_domain: int | None = None
    min_domains: int | None = None
    max_skew: int | None = None


class PeerSelector(Selector):
    """Selects other deployments; in every environment unless one is named."""

    environment: str | None = None


class Peers(Document):
    """A rule between this deployment and selected others, over a kind of domain."""

    selector: PeerSelector
    over: Domain


class RequestOrigin(Document):
    """A country users call from, with a relative weight."""

    country: str
    weight: Decimal = Decimal(1)


class Environment(Document):
    """A named life-cycle stage that policies are attached to."""

    name: str
    policies: tuple[str, ...] = ()


class ModelDeployment(Document):
    """One version of one model in one environment.

    ``gpus``, ``cpus``, ``memory`` are the integer demands of one replica in the units of
    ``placement.catalog.rows``.
    """

    name: str
    environment: str = PRODUCTION
    labels: dict[str, str] = Field(default_factory=dict)
    version: str
    enabled: bool = True
    policies: tuple[str, ...] = ()
    flavors: tuple[FlavorEntry, ...] = ()
    replicas: int = 1
    min_replicas: int = 0
    resources: Resources = Resources()
    priority: int = 0
    rollout: Rollout = Rollout.SURGE
    spread: tuple[Spread, ...] = ()
    separate_from: tuple[Peers, ...] = ()
    together_with: tuple[Peers, ...] = ()
    request_origins: tuple[RequestOrigin, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """(model, environment): at most one deployment each."""
        return (self.name, self.environment)

    @cached_property
    def gpus(self) -> int:
        """GPUs of one replica in thousandths: 1000 by default, 0 if only cpu flavors are listed."""
        if self.resources.gpus is not None:
            return int(self.resources.gpus * UNIT)
        only_cpu = bool(self.flavors) and all(entry.type == "cpu" for entry in self.flavors)
        return 0 if only_cpu else UNIT

    @cached_property
    def gpu_memory(self) -> int:
        """Wanted memory per GPU in thousandths of a GiB; 0 if nothing is wanted."""
        return int((self.resources.gpu_memory_gib or 0) * UNIT)

    @cached_property
    def cpus(self) -> int:
        """CPUs of one replica in thousandths."""
        return int(self.resources.cpus * UNIT)

    @cached_property
    def memory(self) -> int:
        """Memory of one replica in thousandths of a GiB."""
        return int(self.resources.memory_gib * UNIT)

    @cached_property
    def extra(self) -> Mapping[str, int]:
        """Further demands of one replica in thousandths."""
        return MappingProxyType({k: int(v * UNIT) for k, v in self.resources.extra.items()})

    @property
    def weight(self) -> int:
        """Weight of one replica in the tiers, in thousandths: its GPUs, or 1 if it uses none."""
        return self.gpus or UNIT

    @property
    def is_share(self) -> bool:
        """Whether a replica uses a part of one GPU."""
        return 0 < self.gpus < UNIT


@dataclass(frozen=True)
class Workspace:
    """One immutable snapshot of what is asked.

    Attributes
    ----------
    policies, environments : mapping by name, sorted
        ``production`` and ``development`` always exist.
    deployments : tuple of ModelDeployment
        Sorted by (name, environment).
    running : tuple of Assignment
        What runs today; empty when loaded from manifests.
    sources : Sources or None
        Where each object was read from; no part of equality or digests.
    """

    policies: Mapping[str, Policy]
    environments: Mapping[str, Environment]
    deployments: tuple[ModelDeployment, ...]
    running: tuple[Assignment, ...] = ()
    sources: Sources | None = field(default=None, compare=False, repr=False)

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str], ModelDeployment]:
        """Deployments by (model, environment)."""
        return MappingProxyType({d.key: d for d in self.deployments})

    def with_running(self, plan: Plan) -> Workspace:
        """Return a workspace in which the assignments of ``plan`` run."""
        return replace(self, running=plan.assignments)
