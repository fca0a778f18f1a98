"""A deployment runs with its minimum up to its wanted number of replicas, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.problem.builder import ProblemBuilder


class Demand(Constraint):
    """Placed is 0, or between ``minReplicas`` and ``replicas``; every row has a replica."""

    name: ClassVar[str] = "demand"

    def compile(self, builder: ProblemBuilder) -> None:
        """At most what is wanted; at least ``minReplicas`` if anything is placed."""
        import numpy as np

        owner = builder.pair_deployment
        members, row = np.unique(owner, return_inverse=True)
        wanted = np.array(builder.wanted, np.int64)[members]
        pairs = np.arange(len(owner))
        ones = np.ones(len(owner), np.int64)
        builder.rows(row, pairs, ones, None, wanted, name=self.name)
        for d in members.tolist():
            least = builder.deployments[d].min_replicas
            if least > 1:
                count = [(pair, 1) for pair in builder.pairs_of(d).tolist()]
                builder.row([*count, (builder.any_placed(d), -least)], low=0, name=self.name)

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield deployments outside their range, and rows without replicas."""
        for row in view.rows:
            if row.replicas < 1:
                message = f"{row.replicas} replicas in a row on node `{row.node}`"
                yield Violation(self.name, subject(row.deployment), f"{message}, at least 1 needed")
        for deployment, lacking in view.lacking:
            if lacking < 0:
                placed, wanted = view.placed(deployment), deployment.replicas
                message = f"{placed} replicas placed, at most {wanted} wanted"
                yield Violation(self.name, subject(deployment), message)
        for _, rows in view.declaring("min_replicas"):
            deployment = rows[0].deployment
            placed, least = view.placed(deployment), deployment.min_replicas
            if 0 < placed < least:
                message = f"{placed} replicas placed, fewer than the minimum of {least}"
                yield Violation(self.name, subject(deployment), message)
