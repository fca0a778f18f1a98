"""Which deployments a selector means, and in which domains they have replicas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.workspace.workspace import Domain, ModelDeployment, Peers, PeerSelector

Key = tuple[str, str]


class PeerIndex:
    """Answers of one plan, remembered per selector so that the cost follows the rows."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        self._domains: dict[tuple[object, ...], Mapping[str, frozenset[Key]]] = {}

    @cached_property
    def _labelled(self) -> Mapping[tuple[str, str], set[Key]]:
        found: dict[tuple[str, str], set[Key]] = defaultdict(set)
        for key, rows in self._view.rows_of.items():
            for label in rows[0].deployment.labels.items():
                found[label].add(key)
        return found

    def placed_in(self, selector: PeerSelector, over: Domain) -> Mapping[str, frozenset[Key]]:
        """Return, by domain, the placed deployments that a selector matches."""
        labels = frozenset(selector.match_labels.items())
        memory = (labels, selector.environment, over)
        if memory not in self._domains:
            self._domains[memory] = self._find(labels, selector.environment, over)
        return self._domains[memory]

    def keeping_off(self, deployment: ModelDeployment) -> Iterator[tuple[Key, Peers]]:
        """Yield the entries of other placed deployments that keep a deployment off."""
        for label in (None, *deployment.labels.items()):
            for key, entry in self._declared.get(label, ()):
                if key != deployment.key and selects(entry.selector, deployment):
                    yield key, entry

    @cached_property
    def _declared(self) -> Mapping[tuple[str, str] | None, list[tuple[Key, Peers]]]:
        """Entries of ``separateFrom`` by the first label they ask for, if they ask for any."""
        found: dict[tuple[str, str] | None, list[tuple[Key, Peers]]] = defaultdict(list)
        for key, rows in self._view.declaring("separate_from"):
            for entry in rows[0].deployment.separate_from:
                label = next(iter(entry.selector.match_labels.items()), None)
                found[label].append((key, entry))
        return found

    def _find(
        self, labels: frozenset[tuple[str, str]], environment: str | None, over: Domain
    ) -> Mapping[str, frozenset[Key]]:
        found: dict[str, set[Key]] = defaultdict(set)
        for key in self._matched(labels, environment):
            for row in self._view.rows_of[key]:
                found[row.domain(over)].add(key)
        return {domain: frozenset(keys) for domain, keys in found.items()}

    def _matched(self, labels: frozenset[tuple[str, str]], environment: str | None) -> set[Key]:
        sets = sorted((self._labelled.get(label, set()) for label in labels), key=len)
        keys = set.intersection(*sets) if sets else set(self._view.rows_of)
        if environment is None:
            return keys
        return {key for key in keys if key[1] == environment}


def has_other(keys: frozenset[Key], mine: Key) -> bool:
    """Whether ``keys`` holds a deployment other than mine, without copying a large set."""
    return len(keys) > (1 if mine in keys else 0)


def selects(selector: PeerSelector, deployment: ModelDeployment) -> bool:
    """Whether a selector matches a deployment by its labels and, if it names one, environment."""
    if selector.environment not in (None, deployment.environment):
        return False
    return selector.matches(deployment.labels)
