"""Wherever a model runs, at least one of the models it wants to be near runs too.

Near means in the same node, zone, region, country, continent or provider (`togetherWith`). The
wish is one-way: the other models may run elsewhere alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject
from placement.constraints.peers import PeerIndex, has_other
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.problem.builder import ProblemBuilder


class Colocation(Constraint):
    """Every domain of mine holds a placed replica that my ``togetherWith`` matches."""

    name: ClassVar[str] = "colocation"

    def compile(self, builder: ProblemBuilder) -> None:
        """Let a deployment into a domain only with one of those it wants to be near."""
        for d, deployment in enumerate(builder.deployments):
            for entry in deployment.together_with:
                others = builder.selected(d, entry.selector)
                there = [builder.domains_used(other, entry.over) for other in others]
                for domain, variable in builder.domains_used(d, entry.over).items():
                    near = [(used[domain], -1) for used in there if domain in used]
                    builder.row([(variable, 1), *near], high=0, name=self.name)
                if entry.over is Domain.NODE:
                    builder.keep_together(d, others)

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every domain of a deployment in which no wanted neighbour is placed."""
        index = PeerIndex(view)
        for key, rows in view.declaring("together_with"):
            deployment = rows[0].deployment
            for entry in deployment.together_with:
                held = index.placed_in(entry.selector, entry.over)
                for domain in sorted({row.domain(entry.over) for row in rows}):
                    if not has_other(held.get(domain, frozenset()), key):
                        yield Violation(
                            self.name,
                            subject(deployment),
                            f"{entry.over} `{domain}` holds no replica that "
                            "its `togetherWith` selects",
                        )
