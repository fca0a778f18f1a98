"""What every edit has: a type, words for people, and what it makes of a fleet and what is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from placement.policies.base import Document
from placement.workspace.refusal import Refusal
from placement.workspace.validation import validate

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.findings import Findings
    from placement.workspace.nodes import Node
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class World:
    """A fleet, what is asked of it, and the changes of what is asked that led there.

    Attributes
    ----------
    catalog : Catalog
    workspace : Workspace
    steps : tuple of Transition
        In order; changes of the fleet are in none.
    """

    catalog: Catalog
    workspace: Workspace
    steps: tuple[Transition, ...] = ()


class Edit(Document, ABC):
    """One change that is only imagined; it changes neither of the things it is applied to."""

    type: str

    @abstractmethod
    def apply(self, world: World) -> World | Refusal:
        """Return the world with the change made, or why it is not allowed.

        Raises
        ------
        InputError
            If it names what is not there.
        """

    @abstractmethod
    def words(self) -> str:
        """Return the edit as people say it: ``lose region aws/us-east-1``."""

    def spares(self, world: World) -> bool:
        """Whether it is plain, without computing it, that nothing that runs is concerned."""
        return False

    @classmethod
    def read(cls, node: Node, findings: Findings) -> Self | None:
        """Return the edit that a part of a file describes, or None after recording the faults."""
        return validate(cls, node, findings)


class FleetEdit(Edit):
    """An edit of what exists. It is a fact, and never refused."""

    @abstractmethod
    def fleet(self, catalog: Catalog) -> Catalog:
        """Return the catalog with the change made."""

    def apply(self, world: World) -> World:
        """Return the world with another fleet."""
        return replace(world, catalog=self.fleet(world.catalog))


class WishEdit(Edit):
    """An edit of what is asked."""

    @abstractmethod
    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the change of a workspace, or why it is refused."""

    def apply(self, world: World) -> World | Refusal:
        """Return the world with another workspace."""
        found = self.transition(world.workspace)
        if isinstance(found, Refusal):
            return found
        return replace(world, workspace=found.after, steps=(*world.steps, found))


def place_of(model: str | None, environment: str) -> str:
    """Return ``ENVIRONMENT``, or ``MODEL@ENVIRONMENT``."""
    return environment if model is None else f"{model}@{environment}"
