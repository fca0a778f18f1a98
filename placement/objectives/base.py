"""What every objective has: a name, a unit and a meaning said twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.table import NodeTable
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment


class Objective(ABC):
    """Something to minimise that adds up over placed replicas."""

    name: ClassVar[str]
    unit: ClassVar[str]
    scale: ClassVar[int]
    """Integer steps per shown unit and per 1 of ``denominator``."""
    millionths: ClassVar[int]
    """What one integer step is, in millionths of the unit a mix counts in."""

    @abstractmethod
    def compile(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.int64]:
        """Return the integer value of one replica on a node of each node group (array half)."""

    @abstractmethod
    def check(self, view: PlanView) -> int:
        """Return the integer value of a whole plan, by names."""

    def denominator(self, view: PlanView) -> int:
        """Return what the value is divided by when it is shown (1, or the mean's weight)."""
        return 1
