"""Which node groups a deployment may use, by names: policies, flavors, hardware, GPU memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.constraints.base import Constraint
from placement.constraints.flavors import Flavors
from placement.constraints.gpu_memory import GpuMemory
from placement.constraints.hardware import Hardware
from placement.workspace.effective import Effective, resolve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment, Workspace

ELIGIBILITY_RULES: tuple[Constraint, ...] = (Flavors(), Hardware(), GpuMemory())
"""The constraints that make a node group ineligible, in the order in which they are named."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a node group is not eligible: the policy type or constraint, and a sentence."""

    rule: str
    message: str


class Eligibility:
    """Judges (deployment, node group) pairs of one workspace and remembers what it judged."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._effective: dict[tuple[str, str], Effective] = {}
        self._refusals: dict[tuple[str, str, str], Refusal | None] = {}

    def effective(self, deployment: ModelDeployment) -> Effective:
        """Return the policies that concern a deployment."""
        found = self._effective.get(deployment.key)
        if found is None:
            found = self._effective[deployment.key] = resolve(self._workspace, deployment)
        return found

    def refusal(self, deployment: ModelDeployment, group: NodeGroup) -> Refusal | None:
        """Return the first rule that keeps a deployment off a node group, or None."""
        key = (*deployment.key, group.name)
        if key not in self._refusals:
            self._refusals[key] = self._judge(deployment, group)
        return self._refusals[key]

    def _judge(self, deployment: ModelDeployment, group: NodeGroup) -> Refusal | None:
        types = self.effective(deployment).refusing_types(group, self._catalog)
        if types:
            named = ", ".join(f"`{name}`" for name in types)
            return Refusal(types[0], f"not allowed by the policies of type {named}")
        for rule in ELIGIBILITY_RULES:
            message = rule.refuses(deployment, group, self._catalog)
            if message is not None:
                return Refusal(rule.name, message)
        return None
