"""Which node groups a deployment may use, by names: policies, flavors, hardware, GPU memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.constraints.base import Constraint
from placement.constraints.flavors import Flavors
from placement.constraints.gpu_memory import GpuMemory
from placement.constraints.hardware import Hardware
from placement.workspace.effective import Attachment, Effective, resolve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment, Workspace

ELIGIBILITY_RULES: tuple[Constraint, ...] = (Flavors(), Hardware(), GpuMemory())
"""The constraints that make a node group ineligible, in the order in which they are named."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a node group is not eligible: the policy type or constraint, and a sentence."""

    rule: str
    message: str


Bindings = frozenset[tuple[str, str]]
"""Level and name of policies."""


class Eligibility:
    """Judges (deployment, node group) pairs of one workspace and remembers what it judged.

    A deployment's name decides nothing, so that those of one shape are judged once.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._attachments: dict[Shape, tuple[Attachment, ...]] = {}
        self._refusals: dict[tuple[Shape, str], Refusal | None] = {}
        self._refusing: dict[tuple[Bindings, str], tuple[str, ...]] = {}
        self._bindings: dict[Shape, Bindings] = {}

    def effective(self, deployment: ModelDeployment) -> Effective:
        """Return the policies that concern a deployment."""
        shape = deployment.shape
        if shape not in self._attachments:
            self._attachments[shape] = resolve(self._workspace, deployment).attachments
        return Effective(*deployment.key, self._attachments[shape])

    def bindings(self, deployment: ModelDeployment) -> Bindings:
        """Return the policies that bind a deployment: equal ones refuse the same."""
        shape = deployment.shape
        found = self._bindings.get(shape)
        if found is None:
            attached = self.effective(deployment).attachments
            found = frozenset((a.level, a.policy.name) for a in attached if a.binds)
            self._bindings[shape] = found
        return found

    def refusing_types(self, deployment: ModelDeployment, group: NodeGroup) -> tuple[str, ...]:
        """Return the types of policies that refuse a node group, in the order of the registry."""
        key = (self.bindings(deployment), group.name)
        types = self._refusing.get(key)
        if types is None:
            types = self.effective(deployment).refusing_types(group, self._catalog)
            self._refusing[key] = types
        return types

    def refusal(self, deployment: ModelDeployment, group: NodeGroup) -> Refusal | None:
        """Return the first rule that keeps a deployment off a node group, or None."""
        key = (deployment.shape, group.name)
        if key not in self._refusals:
            self._refusals[key] = self._judge(deployment, group)
        return self._refusals[key]

    def _judge(self, deployment: ModelDeployment, group: NodeGroup) -> Refusal | None:
        types = self.refusing_types(deployment, group)
        if types:
            named = ", ".join(f"`{name}`" for name in types)
            return Refusal(types[0], f"not allowed by the policies of type {named}")
        for rule in ELIGIBILITY_RULES:
            message = rule.refuses(deployment, group, self._catalog)
            if message is not None:
                return Refusal(rule.name, message)
        return None
