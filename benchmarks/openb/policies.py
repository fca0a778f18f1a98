"""The six policies that the FGD paper compares, as its simulator scores them.

A policy gives every node on which a pod fits a whole number; the pod goes to the highest one, the
first of equals in the (random) order of the nodes. Shares of a GPU go to the tightest GPU, unless
the policy says otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.trace import MILLI, SLOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.openb.cluster import Cluster
    from benchmarks.openb.trace import Pods, Shape

Ints: TypeAlias = NDArray[np.int64]

MOST_CPU = 128_000
MOST_GPU = 8_000
"""CPUs and GPUs of the largest node, in thousandths: what scores are divided by."""
TYPICAL = 0.95
"""Share of all pods that the typical shapes stand for."""


class Policy(ABC):
    """Chooses a node and, for a share of a GPU, the slot."""

    def __init__(self, cluster: Cluster, pods: Pods, rng: np.random.Generator) -> None:
        self.cluster = cluster
        self.rng = rng

    def choose(self, number: int, there: Ints) -> tuple[int, int | None]:
        """Return the node and the slot for a pod of a shape; ``there`` is where it fits."""
        node = int(there[np.argmax(self.scores(number, there))])
        return node, self.slot(number, node)

    @abstractmethod
    def scores(self, number: int, there: Ints) -> Ints:
        """Return one whole number per node of ``there``."""

    def slot(self, number: int, node: int) -> int | None:
        """Return the slot for a share of a GPU, None for whole GPUs and none at all."""
        shape = self.cluster.shapes[number]
        return self.cluster.tightest(node, shape.milli) if _is_share(shape) else None

    def placed(self, number: int, node: int) -> None:
        """Take note of a pod that has been put on a node."""
        return


def _is_share(shape: Shape) -> bool:
    return shape.gpus == 1 and shape.milli < MILLI


class RandomChoice(Policy):
    """Any node, any GPU."""

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        found: Ints = self.rng.permutation(len(there))
        return found

    def slot(self, number: int, node: int) -> int | None:  # noqa: D102
        shape = self.cluster.shapes[number]
        if not _is_share(shape):
            return None
        return int(self.rng.integers(self.cluster.tightest(node, shape.milli), SLOTS))


class DotProduct(Policy):
    """The node whose free resources point least in the direction of the pod's."""

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        cluster, shape = self.cluster, self.cluster.shapes[number]
        cpu = cluster.cpu[there] / MOST_CPU * (shape.cpu / MOST_CPU)
        gpu = cluster.gpu[there].sum(axis=1) / MOST_GPU * (shape.gpu_milli / MOST_GPU)
        found: Ints = (100 * (1 - (cpu + gpu) / 2)).astype(np.int64)
        return found


class BestFit(Policy):
    """The node on which the least remains free."""

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        cluster, shape = self.cluster, self.cluster.shapes[number]
        cpu = (cluster.cpu[there] - shape.cpu) / MOST_CPU
        gpu = (cluster.gpu[there].sum(axis=1) - shape.gpu_milli) / MOST_GPU
        score: Ints = (100 * (1 - (cpu + gpu) / 2)).astype(np.int64)
        low, high = int(score.min()), int(score.max())
        return score if low == high else (score - low) * 100 // (high - low)


class GpuPacking(Policy):
    """A GPU in use before a free one, a node in use before a free one."""

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        cluster, shape = self.cluster, self.cluster.shapes[number]
        if not shape.gpus:
            return np.zeros(len(there), dtype=np.int64)
        gpu = cluster.gpu[there]
        whole = (gpu == MILLI).sum(axis=1)
        idle = np.maximum(33 - whole, whole)
        first = gpu[np.arange(len(there)), (gpu < shape.milli).sum(axis=1)]
        shared = np.maximum(100 - first * 100 // MILLI // 10, 50)
        opened = np.maximum(50 - shape.gpus, 33)
        in_use = np.where(first == MILLI, opened, shared)
        found: Ints = np.where(whole == cluster.count[there], idle, in_use)
        return found


class GpuClustering(Policy):
    """A node with pods of the same kind (a share, or so many GPUs) before any other."""

    def __init__(self, cluster: Cluster, pods: Pods, rng: np.random.Generator) -> None:
        super().__init__(cluster, pods, rng)
        kinds = sorted({_kind(shape) for shape in cluster.shapes})
        self.kind = [kinds.index(_kind(shape)) for shape in cluster.shapes]
        self.holds = np.zeros((len(cluster.cpu), len(kinds)), dtype=bool)

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        cluster = self.cluster
        if not cluster.shapes[number].gpus:
            return np.zeros(len(there), dtype=np.int64)
        packed = 25 * (MOST_GPU - cluster.gpu[there].sum(axis=1)) // MOST_GPU
        kinds = self.holds[there].sum(axis=1)
        same = self.holds[there, self.kind[number]]
        found: Ints = packed + np.where(
            same, np.where(kinds == 1, 75, 50), np.where(kinds == 0, 25, 0)
        )
        return found

    def placed(self, number: int, node: int) -> None:  # noqa: D102
        if self.cluster.shapes[number].gpus:
            self.holds[node, self.kind[number]] = True


def _kind(shape: Shape) -> tuple[int, bool]:
    return shape.gpus, _is_share(shape)


class Fragments:
    """How much of the free GPUs of a node a typical pod cannot use, on average.

    Parameters
    ----------
    shapes : sequence of Shape
    weights : array
        Share of each shape among the typical pods; they add up to 1.
    accessible : array of shapes x models
        Which GPU models will do.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        weights: NDArray[np.float64],
        accessible: NDArray[np.bool_],
    ) -> None:
        self.weights = weights
        self.cpu = np.array([s.cpu for s in shapes], dtype=np.int64)
        self.gpus = np.array([s.gpus for s in shapes], dtype=np.int64)
        milli = [s.milli for s in shapes]
        self.sizes = np.array(sorted(set(milli)), dtype=np.int64)
        self.size = np.searchsorted(self.sizes, milli)
        self.accessible = accessible.T

    def __call__(self, cpu: Ints, gpu: Ints, model: Ints) -> NDArray[np.float64]:
        """Return thousandths of GPUs, for nodes with so much free."""
        total = gpu.sum(axis=1)
        below = gpu[:, None, :] < self.sizes[None, :, None]
        small = (below * gpu[:, None, :]).sum(axis=2)
        large = SLOTS - below.sum(axis=2)
        usable = (
            (large[:, self.size] >= self.gpus)
            & (cpu[:, None] >= self.cpu)
            & self.accessible[model]
            & (self.gpus > 0)
        )
        found: NDArray[np.float64] = (
            np.where(usable, small[:, self.size], total[:, None]) @ self.weights
        )
        return found


def typical(pods: Pods) -> tuple[list[int], NDArray[np.float64]]:
    """Return the most frequent shapes that make up ``TYPICAL`` of all pods, with their shares.

    Memory is not told apart, as nothing but the CPUs and GPUs of a typical pod counts.
    """
    alike: Counter[tuple[int, int, int, tuple[str, ...]]] = Counter()
    first: dict[tuple[int, int, int, tuple[str, ...]], int] = {}
    for number, count in zip(*np.unique(pods.of, return_counts=True), strict=True):
        shape = pods.shapes[int(number)]
        key = (shape.cpu, shape.milli, shape.gpus, shape.models)
        alike[key] += int(count)
        first.setdefault(key, int(number))
    chosen: list[tuple[int, int, int, tuple[str, ...]]] = []
    reached = 0
    for key in sorted(alike, key=lambda k: (alike[k], k), reverse=True):
        if reached >= TYPICAL * len(pods.of):
            break
        chosen.append(key)
        reached += alike[key]
    return [first[k] for k in chosen], np.array([alike[k] / reached for k in chosen])


class Fgd(Policy):
    """Fragmentation gradient descent: the node and GPU where the fragments grow least."""

    def __init__(self, cluster: Cluster, pods: Pods, rng: np.random.Generator) -> None:
        super().__init__(cluster, pods, rng)
        numbers, weights = typical(pods)
        shapes = [pods.shapes[n] for n in numbers]
        self.fragments = Fragments(shapes, weights, cluster.accessible[numbers])
        size = len(cluster.shapes), len(cluster.cpu)
        self.now = self.fragments(cluster.cpu, cluster.gpu, cluster.model)
        self.stale = np.ones(size, dtype=bool)
        self.score = np.zeros(size, dtype=np.int64)
        self.at = np.zeros(size, dtype=np.int64)

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        stale = there[self.stale[number, there]]
        if len(stale):
            if _is_share(self.cluster.shapes[number]):
                self._score_shares(number, stale)
            else:
                self._score_whole(number, stale)
            self.stale[number, stale] = False
        found: Ints = self.score[number, there]
        return found

    def slot(self, number: int, node: int) -> int | None:  # noqa: D102
        return int(self.at[number, node]) if _is_share(self.cluster.shapes[number]) else None

    def placed(self, number: int, node: int) -> None:  # noqa: D102
        cluster, one = self.cluster, slice(node, node + 1)
        self.stale[:, node] = True
        self.now[one] = self.fragments(cluster.cpu[one], cluster.gpu[one], cluster.model[one])

    def _score_whole(self, number: int, nodes: Ints) -> None:
        cluster, shape = self.cluster, self.cluster.shapes[number]
        gpu = cluster.gpu[nodes]
        gpu[:, SLOTS - shape.gpus :] -= shape.milli
        after = self.fragments(cluster.cpu[nodes] - shape.cpu, gpu, cluster.model[nodes])
        self.score[number, nodes] = _score(self.now[nodes] - after)

    def _score_shares(self, number: int, nodes: Ints) -> None:
        cluster, shape = self.cluster, self.cluster.shapes[number]
        gpu = cluster.gpu[nodes]
        holds = gpu >= shape.milli
        holds[:, 1:] &= gpu[:, 1:] != gpu[:, :-1]
        row, slot = np.nonzero(holds)
        changed = gpu[row]
        changed[np.arange(len(row)), slot] -= shape.milli
        node = nodes[row]
        after = self.fragments(cluster.cpu[node] - shape.cpu, changed, cluster.model[node])
        found = np.full(gpu.shape, -1, dtype=np.int64)
        found[row, slot] = _score(self.now[node] - after)
        self.at[number, nodes] = found.argmax(axis=1)
        self.score[number, nodes] = found.max(axis=1)


def _score(fewer: NDArray[np.float64]) -> Ints:
    """Return 0 to 100 for so many thousandths of GPUs fewer in fragments."""
    found: Ints = (100 / (1 + np.exp(-fewer / MILLI))).astype(np.int64)
    return found


POLICIES: dict[str, type[Policy]] = {
    "Random": RandomChoice,
    "DotProd": DotProduct,
    "GpuClustering": GpuClustering,
    "GpuPacking": GpuPacking,
    "BestFit": BestFit,
    "FGD": Fgd,
}
