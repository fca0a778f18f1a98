"""The latency of a plan is the mean round trip from the users of each model to where it runs.

Each replica counts with its GPUs (1 if it uses none), each country with the weight its deployment
gives it. Deployments that name no `requestOrigins` are left out.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from placement.objectives.base import Objective
from placement.pricing import round_half_even

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.table import NodeTable
    from placement.plan.view import PlanView
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment


class Latency(Objective):
    """Milliseconds in the mean, counted in microseconds x thousandths of a GPU."""

    name: ClassVar[str] = "latency"
    unit: ClassVar[str] = "ms"
    scale: ClassVar[int] = 1_000
    millionths: ClassVar[int] = 1

    def compile(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.int64]:
        """Return microseconds x thousandths of a GPU per replica."""
        import numpy as np

        regions, codes = table.texts["region"]
        origins = deployment.request_origins
        if not origins:
            return np.zeros(len(table), np.int64)
        steps = 10 ** max(0, *(-int(o.weight.as_tuple().exponent) for o in origins))
        weights = [int(o.weight * steps) for o in origins]
        values = []
        for region in regions:
            trips = [catalog.round_trip(o.country, region) for o in origins]
            total = deployment.weight * sum(w * t for w, t in zip(weights, trips, strict=True))
            values.append(round_half_even(total, sum(weights)))
        return np.array(values, np.int64)[codes]

    def check(self, view: PlanView) -> int:
        """Return the sum over replicas, each rounded to one step."""
        steps: dict[tuple[Shape, str], int] = {}
        total = 0
        for lot in view.lots:
            where = (lot.deployment.shape, lot.group.region.key)
            if where not in steps:
                steps[where] = _per_replica(lot.deployment, where[-1], view.catalog)
            total += steps[where] * lot.replicas
        return total

    def denominator(self, view: PlanView) -> int:
        """Return the weight of the placed replicas that have origins, in thousandths.

        1 if there are none: the value is 0 then.
        """
        weight = sum(
            lot.deployment.weight * lot.replicas
            for lot in view.lots
            if lot.deployment.request_origins
        )
        return max(1, weight)


def _per_replica(deployment: ModelDeployment, region: str, catalog: Catalog) -> int:
    origins = deployment.request_origins
    whole = sum((Fraction(origin.weight) for origin in origins), Fraction())
    if not whole:
        return 0
    weighted = sum(
        (Fraction(o.weight) * catalog.round_trip(o.country, region) for o in origins), Fraction()
    )
    value = deployment.weight * weighted / whole
    return round_half_even(value.numerator, value.denominator)
