"""Which deployments the rules about other deployments select."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from placement.constraints.peers import selects
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment, PeerSelector, Workspace

Field = Literal["together_with", "separate_from"]
Label = tuple[str, str]

INSIDE: Mapping[Domain, frozenset[Domain]] = {
    Domain.NODE: frozenset(Domain),
    Domain.ZONE: frozenset(Domain) - {Domain.NODE},
    Domain.REGION: frozenset(Domain) - {Domain.NODE, Domain.ZONE},
    Domain.COUNTRY: frozenset({Domain.COUNTRY, Domain.CONTINENT}),
    Domain.CONTINENT: frozenset({Domain.CONTINENT}),
    Domain.PROVIDER: frozenset({Domain.PROVIDER}),
}
"""The kinds of domain of which each holds a domain of a kind whole."""


class Peers:
    """The enabled deployments of a workspace, found by label."""

    def __init__(self, workspace: Workspace) -> None:
        self._enabled = [one for one in workspace.deployments if one.enabled]
        self._selected: dict[tuple[object, ...], tuple[ModelDeployment, ...]] = {}

    def declaring(self, field: Field) -> Iterator[ModelDeployment]:
        """Yield the enabled deployments that have an entry in a field, and wish for replicas."""
        return (one for one in self._enabled if one.replicas and getattr(one, field))

    def unmatched(self, field: Field) -> Iterator[tuple[ModelDeployment, int]]:
        """Yield the entries of a field, by index, that select no other enabled deployment."""
        for one in self.declaring(field):
            for index, entry in enumerate(getattr(one, field)):
                if next(self.others(one, entry.selector), None) is None:
                    yield one, index

    def others(self, one: ModelDeployment, selector: PeerSelector) -> Iterator[ModelDeployment]:
        """Yield the enabled deployments that a selector of one selects, never itself."""
        return (other for other in self._all(selector) if other.key != one.key)

    def found(self, one: ModelDeployment, selector: PeerSelector) -> tuple[ModelDeployment, ...]:
        """Return what ``others`` yields."""
        return tuple(self.others(one, selector))

    def _all(self, selector: PeerSelector) -> tuple[ModelDeployment, ...]:
        labels = frozenset(selector.match_labels.items())
        memory = (labels, selector.environment)
        if memory not in self._selected:
            having = (self._labelled.get(label, []) for label in labels)
            likely = min(having, key=len, default=self._enabled)
            self._selected[memory] = tuple(p for p in likely if selects(selector, p))
        return self._selected[memory]

    def apart(self, one: ModelDeployment, other: ModelDeployment, over: Domain) -> bool:
        """Whether two deployments may never share a domain, by a rule of either."""
        return _keeps_off(one, other, over) or _keeps_off(other, one, over)

    @cached_property
    def _labelled(self) -> Mapping[Label, list[ModelDeployment]]:
        found: dict[Label, list[ModelDeployment]] = defaultdict(list)
        for one in self._enabled:
            for label in one.labels.items():
                found[label].append(one)
        return found


def _keeps_off(one: ModelDeployment, other: ModelDeployment, over: Domain) -> bool:
    return any(
        entry.over in INSIDE[over] and selects(entry.selector, other) for entry in one.separate_from
    )
