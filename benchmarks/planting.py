"""Gives drawn deployments room on drawn nodes, so that an instance is feasible by construction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placement.catalog.catalog import Catalog
from placement.catalog.rows import UNIT
from placement.plan.view import domain_of
from placement.policies.base import Policy
from placement.workspace.workspace import Domain

Ints: TypeAlias = NDArray[np.int64]
PIECES = 4
"""A deployment goes to at least so many node groups, if it has as many replicas and groups."""
ROUNDS = 3
"""How often all deployments are looked at for replicas that are still to be asked for."""


@dataclass(frozen=True)
class Wish:
    """A deployment before it has replicas.

    Attributes
    ----------
    model : str
        GPU model on which room is sought.
    flavors : tuple of str
        GPU models that it lists; none if any will do.
    environment : str
        Named like its policy; ``production`` has none.
    size, cpus, memory : int
        GPUs, CPUs and GiB of a replica.
    target : int
        Replicas that it should have.
    domain, most : str or None, int
        At most so many replicas in a domain of this kind.
    """

    model: str
    flavors: tuple[str, ...]
    environment: str
    size: int
    cpus: int = 1
    memory: int = 1
    target: int = 1
    domain: str | None = None
    most: int = 0


class Room:
    """Free GPUs, CPUs and memory of every node."""

    def __init__(self, catalog: Catalog, policies: Mapping[str, Policy]) -> None:
        self.catalog, self.policies = catalog, policies
        self.groups = catalog.node_groups
        counts = [group.count for group in self.groups]
        self.start = np.concatenate([[0], np.cumsum(counts)])
        self.gpus_in = np.array([g.gpu_count * g.count for g in self.groups])
        self.free = np.array(
            [
                np.repeat([g.gpu_count for g in self.groups], counts),
                np.repeat([g.cpus // UNIT for g in self.groups], counts),
                np.repeat([g.memory // UNIT for g in self.groups], counts),
            ]
        )
        self._eligible: dict[tuple[str, str], Ints] = {}

    def eligible(self, wish: Wish) -> Ints:
        """Return the numbers of the groups of its model that the environment allows."""
        key = wish.model, wish.environment
        if key not in self._eligible:
            policy = self.policies.get(wish.environment)
            self._eligible[key] = np.array(
                [
                    i
                    for i, group in enumerate(self.groups)
                    if group.flavor == wish.model
                    and (policy is None or policy.check(group, self.catalog))
                ],
                dtype=np.int64,
            )
        return self._eligible[key]

    def gpus(self, groups: Ints | None = None) -> int:
        """Return all GPUs of some groups, or of all."""
        return int(self.gpus_in.sum() if groups is None else self.gpus_in[groups].sum())

    def gpus_of(self, model: str) -> int:
        """Return all GPUs of a model."""
        return sum(g.gpu_count * g.count for g in self.groups if g.flavor == model)

    def put(self, group: int, wish: Wish, most: int) -> int:
        """Give up to so many replicas room in a group; return how many had it."""
        need = np.array([[wish.size], [wish.cpus], [wish.memory]])
        free = self.free[:, self.start[group] : self.start[group + 1]]
        fits = (free // need).min(axis=0)
        if wish.domain == Domain.NODE:
            fits = np.minimum(fits, wish.most)
        taken = np.clip(most - (np.cumsum(fits) - fits), 0, fits)
        free -= taken * need
        return int(taken.sum())


class Planting:
    """Finds out how many replicas of each deployment have room beside all others."""

    def __init__(self, rng: np.random.Generator, room: Room, wishes: Sequence[Wish]) -> None:
        self.rng, self.room = rng, room
        self.wishes = list(wishes)
        self.counts = [0] * len(self.wishes)

    def planted(self) -> list[tuple[Wish, int]]:
        """Return the deployments with their replicas.

        Each gets what it should have, as far as there is room; then, while a GPU model is asked
        for less than it should be, the ones that list it get more.
        """
        for i, wish in enumerate(self.wishes):
            self._more(i, wish.target)
            if not self.counts[i]:
                self.wishes[i] = replace(wish, environment="production")
                self._more(i, wish.target)
        for _ in range(ROUNDS):
            self._top_up()
        return [(w, count) for w, count in zip(self.wishes, self.counts, strict=True) if count]

    def _top_up(self) -> None:
        short = Counter[str]()
        for wish, count in zip(self.wishes, self.counts, strict=True):
            short[wish.model] += (wish.target - count) * wish.size
        for i, wish in enumerate(self.wishes):
            missing = short[wish.model] // wish.size
            if missing > 0 and wish.domain is None:
                more = self._more(i, min(missing, wish.target))
                short[wish.model] -= more * wish.size

    def _more(self, i: int, most: int) -> int:
        more = self._put(self.wishes[i], most)
        self.counts[i] += more
        return more

    def _put(self, wish: Wish, most: int) -> int:
        """Give a deployment room in some groups; return how many replicas had it."""
        left, domains = most, Counter[str]()
        piece = -(-most // PIECES)
        for group in self.rng.permutation(self.room.eligible(wish)):
            if left <= 0:
                break
            take = min(left, piece)
            domain = self._domain(wish, int(group))
            if domain is not None:
                take = min(take, wish.most - domains[domain])
            done = self.room.put(int(group), wish, take) if take > 0 else 0
            left -= done
            if domain is not None:
                domains[domain] += done
        return most - max(left, 0)

    def _domain(self, wish: Wish, group: int) -> str | None:
        if wish.domain is None or wish.domain == Domain.NODE:
            return None
        return domain_of(self.room.groups[group], 0, Domain(wish.domain))
