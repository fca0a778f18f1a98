"""What every policy has: a type, a target, an enforcement, and a meaning said twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable


class Document(BaseModel):
    """Base of everything that is read from manifests: frozen, strict, nothing unknown."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
    )

    # Copies hold the fields alone: what was derived from the old ones is derived anew.

    def __copy__(self) -> Self:
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return super(Document, self.__copy__()).__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        return super(Document, self.__copy__()).__getstate__()


class Enforcement(StrEnum):
    """Whether a policy binds (``hard``) or is only reported on (``observe``)."""

    HARD = "hard"
    OBSERVE = "observe"


class ResourceKind(StrEnum):
    """Kinds of workload a target may name; this engine places models."""

    AGENT = "agent"
    APPLICATION = "application"
    FUNCTION = "function"
    JOB = "job"
    MODEL = "model"
    SANDBOX = "sandbox"


class NameKind(StrEnum):
    """What a name in a policy refers to."""

    REGION = "region"
    COUNTRY = "country"
    CONTINENT = "continent"
    BLOC = "bloc"
    GPU = "gpu"
    CPU = "cpu"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class NameReference:
    """A name a document uses, and the path to it inside the document's ``spec``."""

    kind: NameKind
    text: str
    path: tuple[str | int, ...]


class Selector(Document):
    """Which deployments are meant: all labels must be equal; empty means all."""

    match_labels: dict[str, str] = Field(default_factory=dict)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether ``labels`` has every wanted label."""
        return all(labels.get(key) == value for key, value in self.match_labels.items())


class Policy(Document, ABC):
    """An allow-list over one aspect of a node group.

    ``compile`` works on the columns of the node table, ``check`` on names. The two are
    written apart on purpose and are compared by the tests.
    """

    places: ClassVar[bool] = True
    """Whether the type restricts placement (``maxToken`` does not)."""

    name: str
    type: str
    resource_types: tuple[ResourceKind, ...] = ()
    selector: Selector = Selector()
    enforcement: Enforcement = Enforcement.HARD

    @abstractmethod
    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of node groups this policy allows (array half)."""

    @abstractmethod
    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether this policy allows one node group (name half)."""

    @abstractmethod
    def options(self) -> str:
        """Return what the policy allows, for people: ``US, Asia``."""

    def references(self) -> Iterator[NameReference]:
        """Yield every catalog or geography name the policy uses."""
        return iter(())

    def targets(self, labels: Mapping[str, str]) -> bool:
        """Whether a model deployment with these labels is in the policy's target."""
        if self.resource_types and ResourceKind.MODEL not in self.resource_types:
            return False
        return self.selector.matches(labels)

    @cached_property
    def meaning(self) -> str:
        """Type and options as one text, without name and target.

        Policies with equal meanings allow the same node groups of every catalog, so masks
        may be shared under this key.
        """
        return self.model_dump_json(exclude={"name", "resource_types", "selector", "enforcement"})
