"""What is expected to be asked for next, as far as one can tell from what has been."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment, Workspace

COMMON_PERCENT = 95
"""The most frequent kinds are kept that together stand for so many replicas of a hundred."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Kinds of replicas with GPUs that are likely to come, and how often.

    Attributes
    ----------
    kinds : tuple of (ModelDeployment, int)
        A deployment of each kind, and how many replicas of that kind there are to one of the
        others: any common scale will do. From the most frequent one.
    """

    kinds: tuple[tuple[ModelDeployment, int], ...]

    @classmethod
    def of(cls, workspace: Workspace) -> Expected:
        """Expect more of what a workspace asks for: the common kinds of its enabled deployments."""
        counts: Counter[Shape] = Counter()
        first: dict[Shape, ModelDeployment] = {}
        for deployment in workspace.deployments:
            if deployment.enabled and deployment.gpus:
                counts[first.setdefault(deployment.shape, deployment).shape] += deployment.replicas
        enough = COMMON_PERCENT * counts.total()
        kinds: list[tuple[ModelDeployment, int]] = []
        reached = 0
        for shape, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if 100 * reached >= enough:
                break
            kinds.append((first[shape], count))
            reached += count
        return cls(tuple(kinds))
