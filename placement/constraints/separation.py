"""A model shares no node, zone or region with the models that it is kept apart from.

Countries, continents and providers can be kept apart as well. Either side may declare it
(`separateFrom`). A deployment is never kept apart from itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject
from placement.constraints.peers import PeerIndex, has_other
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.problem.builder import ProblemBuilder


class Separation(Constraint):
    """No domain holds replicas of a deployment and of one that its ``separateFrom`` matches."""

    name: ClassVar[str] = "separation"

    def compile(self, builder: ProblemBuilder) -> None:
        """Of two deployments kept apart, at most one is in each domain."""
        rivals = {
            (min(d, other), max(d, other), entry.over)
            for d, deployment in enumerate(builder.deployments)
            for entry in deployment.separate_from
            for other in builder.selected(d, entry.selector)
        }
        for first, second, over in sorted(rivals):
            there = builder.domains_used(second, over)
            for domain, variable in builder.domains_used(first, over).items():
                if domain in there:
                    room = int(builder.size[domain]) if over is Domain.NODE else 1
                    builder.row([(variable, 1), (there[domain], 1)], high=room, name=self.name)
            if over is Domain.NODE:
                builder.keep_apart(first, second)

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every domain that holds both sides of a ``separateFrom`` entry."""
        index = PeerIndex(view)
        for key, rows in view.declaring("separate_from"):
            deployment = rows[0].deployment
            for entry in deployment.separate_from:
                held = index.placed_in(entry.selector, entry.over)
                for domain in sorted({row.domain(entry.over) for row in rows}):
                    keys = held.get(domain, frozenset())
                    if has_other(keys, key):
                        yield Violation(
                            self.name,
                            subject(deployment),
                            f"{entry.over} `{domain}` also holds {named(keys - {key})}",
                        )


def named(keys: Collection[tuple[str, str]]) -> str:
    """Return deployments for a message: the first three, and how many more there are."""
    shown = [f"`{model}@{environment}`" for model, environment in sorted(keys)[:3]]
    more = len(keys) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
