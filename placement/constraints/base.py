"""What every constraint has: a name and a meaning said twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable
    from placement.plan.view import Pair, PlanView
    from placement.problem.builder import ProblemBuilder
    from placement.workspace.workspace import ModelDeployment


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A broken rule in a plan.

    ``rule`` is the name of the policy type, constraint, objective or document part;
    ``subject`` the deployment, node or field it is about.
    """

    rule: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.message}"


class Constraint(ABC):
    """A structural rule of every plan.

    ``eligible`` and ``compile`` are the array half, ``refuses`` and ``check`` the name half.
    """

    name: ClassVar[str]

    def eligible(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.bool_] | None:
        """Return the mask of node groups the rule admits for a deployment; None = all.

        Only for rules that one replica breaks by itself, whatever else is placed.
        """
        return None

    def refuses(
        self, deployment: ModelDeployment, group: NodeGroup, catalog: Catalog
    ) -> str | None:
        """Return why one replica alone may not be on a node group, or None (name half of
        ``eligible``).
        """
        return None

    def compile(self, builder: ProblemBuilder) -> None:
        """Add the rows of the rule to a problem."""
        return

    @abstractmethod
    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every breach of the rule in a plan, by names."""


class SingleReplicaRule(Constraint):
    """A constraint that one replica breaks by itself: its ``check`` asks ``refuses``."""

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield one violation per deployment and node group that the rule refuses."""
        for lot in view.lots:
            reason = self.refuses(lot.deployment, lot.group, view.catalog)
            for pair in lot.pairs if reason is not None else ():
                yield Violation(self.name, subject(pair.deployment), _on_nodes(pair, reason))


def subject(deployment: ModelDeployment) -> str:
    """Return how messages name a deployment: ``model@environment``."""
    return f"{deployment.name}@{deployment.environment}"


def thousandths(value: int) -> str:
    """Return an amount in thousandths as people write it: ``2``, ``0.5``."""
    whole, rest = divmod(abs(value), 1000)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"


def _on_nodes(pair: Pair, reason: str | None) -> str:
    return f"{pair.replicas} replicas on node group `{pair.group.name}`: {reason}"
