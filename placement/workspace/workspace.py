"""What is asked: policies, environments, model deployments, and what runs today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from placement.catalog.rows import UNIT
from placement.catalog.text import quote
from placement.frozen import picklable
from placement.policies.base import Document, NameKind, Policy, Selector
from placement.workspace.assignment import Assignment
from placement.workspace.codes import Code
from placement.workspace.fields import (
    AtLeastOne,
    Count,
    Flag,
    Gpus,
    Label,
    Name,
    Priority,
    Quantity,
    Weight,
    coded_error,
)
from placement.workspace.places import find_country, suggest_place
from placement.workspace.shapes import Shape, shape_of

if TYPE_CHECKING:
    import pandas as pd

    from placement.plan.plan import Plan
    from placement.workspace.sources import Sources

PRODUCTION = "production"
DEVELOPMENT = "development"

_DERIVED = {
    "by_key": {"deployments"},
    "running_by_key": {"running"},
    "digest": {"policies", "environments", "deployments"},
}
"""What a workspace derives once, and the fields it is derived of."""


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
    name: Name


class Resources(Document):
    """Demand of one replica; ``gpu_memory_gib`` is per GPU."""

    gpus: Gpus | None = None
    gpu_memory_gib: Quantity | None = Field(default=None, alias="gpuMemoryGiB")
    cpus: Quantity = Decimal(1)
    memory_gib: Quantity = Field(default=Decimal(1), alias="memoryGiB")
    extra: dict[Name, Quantity] = Field(default_factory=dict)


class Spread(Document):
    """How the replicas of one deployment are spread over domains."""

    over: Domain
    max_per_domain: AtLeastOne | None = None
    min_domains: AtLeastOne | None = None
    max_skew: AtLeastOne | None = None

    @model_validator(mode="after")
    def _has_a_rule(self) -> Spread:
        if self.max_per_domain is self.min_domains is self.max_skew is None:
            message = "spread entry has none of `maxPerDomain`, `minDomains`, `maxSkew`"
            raise coded_error(Code.EMPTY_SPREAD, message)
        return self


class PeerSelector(Selector):
    """Selects other deployments; in every environment unless one is named."""

    environment: Name | None = None


class Peers(Document):
    """A rule between this deployment and selected others, over a kind of domain."""

    selector: PeerSelector
    over: Domain


class RequestOrigin(Document):
    """A country users call from, by its ISO code, with a relative weight."""

    country: str
    weight: Weight = Decimal(1)

    @field_validator("country")
    @classmethod
    def _known(cls, text: str) -> str:
        code = find_country(text)
        if code is None:
            message = f"unknown country {quote(text)}"
            raise coded_error(Code.UNKNOWN_COUNTRY, message, suggest_place(NameKind.COUNTRY, text))
        return code


class Environment(Document):
    """A named life-cycle stage that policies are attached to.

    ``releases_from`` names the only environments it takes releases from; empty means any.
    """

    name: Name
    policies: tuple[Name, ...] = ()
    releases_from: tuple[Name, ...] = ()


class ModelDeployment(Document):
    """One version of one model in one environment.

    ``gpus``, ``cpus``, ``memory`` are the integer demands of one replica in the units of
    ``placement.catalog.rows``.
    """

    name: Name
    environment: Name = PRODUCTION
    labels: dict[Name, Label] = Field(default_factory=dict)
    version: Name
    enabled: Flag = True
    policies: tuple[Name, ...] = ()
    flavors: tuple[FlavorEntry, ...] = ()
    replicas: Count = 1
    min_replicas: Count = 0
    resources: Resources = Resources()
    priority: Priority = 0
    rollout: Rollout = Rollout.SURGE
    spread: tuple[Spread, ...] = ()
    separate_from: tuple[Peers, ...] = ()
    together_with: tuple[Peers, ...] = ()
    request_origins: tuple[RequestOrigin, ...] = ()

    @model_validator(mode="after")
    def _fill_and_check(self) -> ModelDeployment:
        if self.min_replicas > self.replicas:
            low, high = self.min_replicas, self.replicas
            message = f"`minReplicas` is {low}, more than the {high} `replicas`"
            raise coded_error(Code.MIN_ABOVE_MAX, message, path=("minReplicas",))
        if self.resources.gpus is None:
            # Written down once, so that equal demands are equal objects and equal digests.
            filled = self.resources.model_copy(update={"gpus": self._default_gpus()})
            self.__dict__["resources"] = filled
        return self

    def _default_gpus(self) -> Decimal:
        only_cpu = bool(self.flavors) and all(entry.type == "cpu" for entry in self.flavors)
        return Decimal(0) if only_cpu else Decimal(1)

    @cached_property
    def key(self) -> tuple[str, str]:
        """(model, environment): at most one deployment each."""
        return (self.name, self.environment)

    @cached_property
    def shape(self) -> Shape:
        """All but the name, as one text: deployments of equal shapes are alike."""
        return shape_of(self)

    @cached_property
    def gpus(self) -> int:
        """GPUs of one replica in thousandths: 1000 by default, 0 if only cpu flavors are listed."""
        gpus = self._default_gpus() if self.resources.gpus is None else self.resources.gpus
        return int(gpus * UNIT)

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


@picklable
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
    replaced : frozenset of (model, environment)
        Deployments whose running rows are of an earlier template, whatever the rows look like.
    sources : Sources or None
        Where each object was read from; no part of equality or digests.
    """

    policies: Mapping[str, Policy]
    environments: Mapping[str, Environment]
    deployments: tuple[ModelDeployment, ...]
    running: tuple[Assignment, ...] = ()
    replaced: frozenset[tuple[str, str]] = frozenset()
    sources: Sources | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_frames(
        cls,
        deployments: pd.DataFrame,
        *,
        policies: Iterable[Policy | Mapping[str, Any]] = (),
        environments: Iterable[Environment | Mapping[str, Any]] = (),
        running: Iterable[Assignment] = (),
    ) -> Workspace:
        """Return a workspace of a pandas frame with one deployment per row.

        Parameters
        ----------
        deployments : DataFrame
            Columns are named like the fields of a manifest: ``name`` and ``version`` (required),
            ``environment``, ``labels``, ``enabled``, ``policies``, ``flavors``, ``replicas``,
            ``minReplicas``, ``gpus``, ``gpuMemoryGiB``, ``cpus``, ``memoryGiB``, ``priority``,
            ``rollout``, ``spread``, ``separateFrom``, ``togetherWith``, ``requestOrigins``;
            ``extra:NAME`` and ``label:NAME`` hold one entry each. An absent column or an empty
            cell means the default of manifests. The index is not read.
        policies, environments : iterable
            Objects, or documents of manifests as mappings.
        running : iterable of Assignment
            What runs today, such as the ``assignments`` of a plan.

        Returns
        -------
        Workspace
            Equal to that of the same manifests, with the same digest.

        Raises
        ------
        InputError
            With every finding: line and column are those of the frame, both counted from 1.
        """
        from placement.workspace.frames import from_frames

        return from_frames(
            deployments, policies=policies, environments=environments, running=running
        )

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str], ModelDeployment]:
        """Deployments by (model, environment)."""
        return MappingProxyType({d.key: d for d in self.deployments})

    @cached_property
    def running_by_key(self) -> Mapping[tuple[str, str], tuple[Assignment, ...]]:
        """Running rows by (model, environment)."""
        found: dict[tuple[str, str], list[Assignment]] = {}
        for row in self.running:
            found.setdefault(row.key, []).append(row)
        return MappingProxyType({key: tuple(rows) for key, rows in found.items()})

    @cached_property
    def priorities(self) -> tuple[int, ...]:
        """The priority classes of the enabled deployments, high to low; 0 if there are none."""
        found = {deployment.priority for deployment in self.deployments if deployment.enabled}
        return tuple(sorted(found or {0}, reverse=True))

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over all documents; files, order and running rows do not matter."""
        from placement.workspace.dumping import digest

        return digest(self)

    def with_rows(self, rows_of: Mapping[tuple[str, str], tuple[Assignment, ...]]) -> Workspace:
        """Return a workspace in which the rows of each deployment run."""
        ordered = {key: own for key, own in sorted(rows_of.items()) if own}
        rows = tuple(chain.from_iterable(ordered.values()))
        after = self.revised(running=rows, replaced=frozenset())
        after.__dict__["running_by_key"] = MappingProxyType(ordered)
        return after

    def with_running(self, plan: Plan) -> Workspace:
        """Return a workspace in which the assignments of ``plan`` run."""
        return self.revised(running=plan.assignments, replaced=frozenset())

    def revised(self, **fields: Any) -> Workspace:
        """Return a workspace with some fields replaced; what is derived of others is kept."""
        after = replace(self, **fields)
        for name, basis in _DERIVED.items():
            if name in self.__dict__ and basis.isdisjoint(fields):
                after.__dict__[name] = self.__dict__[name]
        return after
