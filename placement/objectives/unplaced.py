"""Replicas that are wanted but have no node count first, higher priorities before lower ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.workspace.workspace import Workspace


def unplaced(view: PlanView) -> dict[str, int]:
    """Return the weight of the replicas not placed, by tier name, high priority first.

    In thousandths of a GPU; a replica without GPUs weighs 1.
    """
    missing: Counter[int] = Counter()
    for deployment, lacking in view.lacking:
        missing[deployment.priority] += lacking * deployment.weight
    classes = priorities(view.workspace)
    return {class_name("unplaced", priority, classes): missing[priority] for priority in classes}


def priorities(workspace: Workspace) -> tuple[int, ...]:
    """Return the priority classes of the enabled deployments, high to low; 0 if there are none."""
    return workspace.priorities


def tier_name(word: str, priority: int, workspace: Workspace) -> str:
    """Return ``word`` if there is one priority class, else ``word:<priority>``."""
    return class_name(word, priority, priorities(workspace))


def class_name(word: str, priority: int, classes: Sequence[int]) -> str:
    """Return the name of the tier of one of some priority classes."""
    return word if len(classes) <= 1 else f"{word}:{priority}"
