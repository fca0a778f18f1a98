"""Draws deployments: where they may run, what a replica takes, how many GPUs they should get."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.planting import Room, Wish


@dataclass(frozen=True)
class Sku:
    """A kind of node: GPUs, CPUs and GiB per GPU, USD per GPU and hour, share of the groups."""

    gpus: int
    cpus: int
    memory: int
    price: float
    share: float


SKUS = {
    "T4": Sku(4, 12, 48, 0.5, 0.12),
    "L4": Sku(8, 12, 48, 0.8, 0.15),
    "A10G": Sku(8, 12, 48, 1.1, 0.07),
    "L40S": Sku(8, 16, 96, 1.9, 0.08),
    "A100-40GB": Sku(16, 6, 85, 2.9, 0.23),
    "A100-80GB": Sku(8, 12, 170, 3.6, 0.15),
    "H100-SXM": Sku(8, 24, 256, 6.2, 0.15),
    "H200-SXM": Sku(8, 24, 256, 7.5, 0.05),
}
CONTENDED = {"A100-40GB": "A100-80GB", "A100-80GB": "H100-SXM", "H100-SXM": "H200-SXM"}
"""Contended model to what a flexible deployment accepts besides."""
SIZES = {1: 0.45, 2: 0.25, 4: 0.18, 8: 0.12}
KINDS = {"none": 0.4, "continent": 0.3, "country": 0.15, "provider": 0.1, "price": 0.05}
HARD_FILL = 0.92
REST_FILL = 0.55
FLEXIBLE = 0.7
ANY = 0.15
"""Of the deployments list no GPU model."""
LEAN_CPUS, LEAN_MEMORY = (1, 5), (8, 40)
"""Per GPU; no node has fewer CPUs than 6 or less memory than 48 GiB per GPU."""
REDRAWS = 10
ROOMY = 3
"""Times the GPUs that a deployment should get, its environment has at least."""


@dataclass(frozen=True)
class Drawing:
    """The parameters of a drawn instance.

    Attributes
    ----------
    variant : str
        ``easy`` or ``hard``.
    deployments, nodes, groups : int
    fill : float
        Share of all GPUs that is asked for, about (``easy``).
    times, replicas_times : int
        So many times the nodes of each group, and the replicas of each deployment.
    single_gpus : bool
        Whether every replica takes one GPU.
    """

    variant: str = "easy"
    deployments: int = 300
    nodes: int = 1_000
    groups: int = 100
    fill: float = 0.8
    seed: int = 1
    times: int = 1
    replicas_times: int = 1
    single_gpus: bool = False


class Wishes:
    """Draws deployments, with the GPUs that each of them should get."""

    def __init__(self, rng: np.random.Generator, drawing: Drawing, room: Room) -> None:
        self.rng, self.drawing, self.room = rng, drawing, room
        self.is_hard = drawing.variant == "hard"

    def drawn(self) -> list[Wish]:
        """Return all of them, large replicas first."""
        wishes = [self._wish(model, target) for model, target in self._targets()]
        return sorted(wishes, key=lambda wish: -wish.size)

    def _targets(self) -> list[tuple[str, float]]:
        """Return per deployment the GPU model that it is for, and its GPUs.

        Every model gets deployments by its GPUs, and they ask for its fill of them.
        """
        names = list(SKUS)
        sizes = np.array([float(self.room.gpus_of(name)) for name in names])
        weights = self.rng.pareto(1.8, self.drawing.deployments) + 1
        own = self.rng.choice(len(names), len(weights), p=sizes / sizes.sum())
        sums = np.bincount(own, weights, len(names))
        return [
            (names[i], self._fill(names[i]) * sizes[i] / sums[i] * weight)
            for i, weight in zip(own, weights, strict=True)
        ]

    def _fill(self, model: str) -> float:
        if not self.is_hard:
            return self.drawing.fill
        return HARD_FILL if model in CONTENDED else REST_FILL

    def _wish(self, model: str, target: float) -> Wish:
        """Return a deployment; anywhere if the drawn environments have no room for it."""
        environments = [*(self._environment() for _ in range(REDRAWS)), "production"]
        flavors = self._flavors(model)
        for environment in environments:
            wish = self._made(model, flavors, environment, target)
            if environment == "production" or self._is_roomy(wish, target):
                break
        return wish

    def _is_roomy(self, wish: Wish, target: float) -> bool:
        return self.room.gpus(self.room.eligible(wish)) > ROOMY * target

    def _environment(self) -> str:
        kind = str(self.rng.choice(list(KINDS), p=list(KINDS.values())))
        names = [name for name in self.room.policies if name.startswith(kind)]
        return str(self.rng.choice(names)) if names else "production"

    def _made(self, model: str, flavors: tuple[str, ...], environment: str, target: float) -> Wish:
        largest = min(SKUS[name].gpus for name in flavors or SKUS)
        sizes = {size: weight for size, weight in SIZES.items() if size <= largest}
        if self.drawing.single_gpus:
            sizes = {1: 1.0}
        weights = np.array(list(sizes.values()))
        size = int(self.rng.choice(list(sizes), p=weights / weights.sum()))
        wish = Wish(model, flavors, environment, size, target=max(1, round(target / size)))
        return self._needy(wish) if self.is_hard else self._lean(wish)

    def _flavors(self, model: str) -> tuple[str, ...]:
        if self.is_hard and model in CONTENDED:
            return (model, CONTENDED[model]) if self.rng.random() < FLEXIBLE else (model,)
        if self.rng.random() < ANY and not self.is_hard:
            return ()
        others = [n for n in SKUS if n != model and not (self.is_hard and n in CONTENDED)]
        more = self.rng.choice(others, int(self.rng.integers(3)), replace=False)
        return (model, *(str(name) for name in more))

    def _lean(self, wish: Wish) -> Wish:
        """Ask for fewer CPUs and less memory per GPU than any node has."""
        cpus, memory = self.rng.integers(*LEAN_CPUS), self.rng.integers(*LEAN_MEMORY)
        return replace(wish, cpus=int(cpus) * wish.size, memory=int(memory) * wish.size)

    def _needy(self, wish: Wish) -> Wish:
        """Spread one in ten, and let two in ten ask for more than their share of a node."""
        lean = self._lean(wish)
        more = self.rng.uniform(1.2, 1.9) * wish.size
        sku = SKUS[wish.model]
        match self.rng.integers(10):
            case 0:
                domain = str(self.rng.choice(["region", "zone", "node"]))
                parts = 1 if domain == "node" else int(self.rng.integers(2, 6))
                most = 1 if domain == "node" else -(-wish.target // parts)
                return replace(lean, domain=domain, most=most)
            case 1 if wish.size * 2 <= sku.gpus:
                return replace(lean, cpus=int(sku.cpus * more))
            case 2 if wish.size * 2 <= sku.gpus:
                return replace(lean, memory=int(sku.memory * more))
            case _:
                return lean
