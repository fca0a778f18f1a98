"""The carbon of a plan is what the power of its GPUs and CPUs emits per hour where they run.

GPUs count with their rated power, CPUs with 3.5 W each. Where the intensity of a grid or the power
of a GPU is unknown, the highest known one of the catalog counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from placement.objectives.base import Objective
from placement.pricing import round_half_even, round_half_even_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment

HALF_WATTS_PER_CPU = 7
"""3.5 W per CPU, in half watts so that the sum stays whole."""
STEPS = 2_000_000
"""Half milliwatts x mg per kWh in one mg per hour."""


class Carbon(Objective):
    """Grams of CO2 equivalent per hour, counted in milligrams."""

    name: ClassVar[str] = "carbon"
    unit: ClassVar[str] = "gCO2eq/h"
    scale: ClassVar[int] = 1_000
    millionths: ClassVar[int] = 1_000

    def compile(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.int64]:
        """Return mg CO2eq per hour and replica."""
        import numpy as np

        intensity, power = highest_known(catalog)
        names, codes = table.texts["flavor"]
        gpus = [catalog.gpus.get(name) for name in names]
        rated = [g.tdp_w if g is not None and g.tdp_w is not None else power for g in gpus]
        watts = np.array(rated, np.int64)[codes]
        known = np.where(table.carbon >= 0, table.carbon, intensity)
        half_milliwatts = 2 * deployment.gpus * watts + HALF_WATTS_PER_CPU * deployment.cpus
        return round_half_even_all(half_milliwatts * known, np.full(len(table), STEPS))

    def check(self, view: PlanView) -> int:
        """Return the sum over replicas, each rounded to a milligram."""
        highest = highest_known(view.catalog)
        return sum(
            lot.replicas * _per_replica(lot.deployment, lot.group, view.catalog, highest)
            for lot in view.lots
        )


def highest_known(catalog: Catalog) -> tuple[int, int]:
    """Return the highest known (grid intensity, GPU power) of a catalog; 0 if none is known."""
    intensities = (region.carbon for region in catalog.regions.values())
    powers = (gpu.tdp_w for gpu in catalog.gpus.values())
    return (
        max((value for value in intensities if value is not None), default=0),
        max((value for value in powers if value is not None), default=0),
    )


def _per_replica(
    deployment: ModelDeployment, group: NodeGroup, catalog: Catalog, highest: tuple[int, int]
) -> int:
    intensity, power = highest
    if group.region.carbon is not None:
        intensity = group.region.carbon
    gpu = catalog.gpus.get(group.flavor)
    if gpu is not None and gpu.tdp_w is not None:
        power = gpu.tdp_w
    half_milliwatts = 2 * deployment.gpus * power + HALF_WATTS_PER_CPU * deployment.cpus
    return round_half_even(half_milliwatts * intensity, STEPS)
