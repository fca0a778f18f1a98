"""What is asked, as far as a price list sees it: replicas in lots that no price tells apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.constraints.flavors import admits
from placement.plan.prices import CPUS, EXTRA, MEMORY
from placement.workspace.effective import Level, resolve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.objectives.mix import Mix
    from placement.plan.view import PlanView
    from placement.policies.base import Policy
    from placement.workspace.workspace import FlavorEntry, ModelDeployment, Spread, Workspace

Ints = NDArray[Any]
"""Whole numbers: int64, or Python's own where those are too small."""
Bools = NDArray[np.bool_]
Node = tuple[int, int]
"""Number of a node group and index of a node."""
LARGEST = 2**61
"""Below this, int64 holds a value and what is added to it."""


@dataclass(frozen=True)
class Lots:
    """Lots of replicas, one row each.

    Alike deployments are one lot with the replicas of all. Those that run today, and those with
    `maxPerDomain` or `minDomains`, are lots of their own.

    Attributes
    ----------
    replicas : int array
        Of one deployment, where it is a lot of its own.
    times : int array
        How many deployments there are with exactly this minimum.
    gpus, priority : int array
    demands : mapping of str to int array
        By additive resource what one replica needs.
    mask, cost : int array
        Row of ``masks`` and of ``costs``.
    masks : bool array, shape (distinct masks, node groups)
        Node groups that are allowed and of the right kind; whether a replica fits is left open.
    costs : int array, shape (distinct costs, node groups)
        Steps of the last tier per replica.
    spread : mapping of int to tuple of Spread
        By lot, what it asks of its domains.
    kept : mapping of int to mapping of node to int
        By lot, today's replicas that may stay.
    """

    replicas: Ints
    times: Ints
    gpus: Ints
    priority: Ints
    demands: Mapping[str, Ints]
    mask: Ints
    cost: Ints
    masks: Bools
    costs: Ints
    spread: Mapping[int, tuple[Spread, ...]]
    kept: Mapping[int, Mapping[Node, int]]

    def __len__(self) -> int:
        return len(self.replicas)

    @property
    def weight(self) -> Ints:
        """Weight of one replica in thousandths."""
        return np.where(self.gpus > 0, self.gpus, UNIT)

    def owed(self, lot: int) -> int:
        """Return how many of today's replicas of a lot are to keep a place."""
        return min(sum(self.kept.get(lot, {}).values()), int(self.replicas[lot]))


def make_lots(view: PlanView, objective: Mix) -> Lots:
    """Return the lots of the enabled deployments of a view."""
    return _Sorting(view, objective).lots()


class _Sorting:
    """Sorts deployments into lots."""

    def __init__(self, view: PlanView, objective: Mix) -> None:
        self.catalog = view.catalog
        self.objective = objective
        self.masks = _Masks(view.workspace, view.catalog)
        self.costs: dict[Hashable, int] = {}
        self.cost_rows: list[Ints] = []
        self.lot_of: dict[Hashable, int] = {}
        self.rows: list[ModelDeployment] = []
        self.replicas: list[int] = []
        self.times: list[int] = []
        self.mask: list[int] = []
        self.cost: list[int] = []
        self.kept: dict[int, Mapping[Node, int]] = {}
        movable = view.state.movable
        enabled = [d for d in view.workspace.deployments if d.enabled]
        loose = [d for d in enabled if d.key not in movable] if movable else enabled
        for deployment, count in _alike(loose):
            self._add(deployment, count)
        for deployment in enabled if movable else ():
            if deployment.key in movable:
                lot = self._own(deployment, deployment.key)
                self.times[lot] = 1
                self.kept[lot] = self._nodes(movable[deployment.key])

    def _add(self, deployment: ModelDeployment, count: int) -> None:
        if _spread(deployment):
            lot = self._own(deployment, (deployment.replicas, deployment.spread))
            self.times[lot] += count
            return
        lot = self._own(deployment, None)
        self.replicas[lot] += count * deployment.replicas
        self.times[lot] = 1

    def _own(self, deployment: ModelDeployment, what: Hashable) -> int:
        mask, cost = self.masks.of(deployment), self._cost(deployment)
        key = (
            what,
            mask,
            cost,
            deployment.gpus,
            deployment.cpus,
            deployment.memory,
            tuple(sorted(deployment.extra.items())),
            deployment.priority,
        )
        lot = self.lot_of.setdefault(key, len(self.rows))
        if lot == len(self.rows):
            self.rows.append(deployment)
            self.replicas.append(0 if what is None else deployment.replicas)
            self.times.append(0)
            self.mask.append(mask)
            self.cost.append(cost)
        return lot

    def _cost(self, deployment: ModelDeployment) -> int:
        key = (deployment.gpus, deployment.cpus, deployment.request_origins)
        if key not in self.costs:
            self.costs[key] = len(self.cost_rows)
            self.cost_rows.append(_unit_costs(deployment, self.catalog, self.objective))
        return self.costs[key]

    def _nodes(self, old_on: Mapping[str, int]) -> Mapping[Node, int]:
        number = {group.name: g for g, group in enumerate(self.catalog.node_groups)}
        found = {}
        for node, count in old_on.items():
            place = self.catalog.find_node(node)
            if place is not None:
                found[number[place[0].name], place[1]] = count
        return found

    def lots(self) -> Lots:
        """Return what was sorted."""
        rows, groups = self.rows, len(self.catalog.node_groups)
        names = sorted({name for row in rows for name in row.extra})
        spread = {lot: _spread(row) for lot, row in enumerate(rows)}
        return Lots(
            replicas=_ints(self.replicas),
            times=_ints(self.times),
            gpus=_ints([row.gpus for row in rows]),
            priority=_ints([row.priority for row in rows]),
            demands={
                CPUS: _ints([row.cpus for row in rows]),
                MEMORY: _ints([row.memory for row in rows]),
                **{f"{EXTRA}{n}": _ints([row.extra.get(n, 0) for row in rows]) for n in names},
            },
            mask=_ints(self.mask),
            cost=_ints(self.cost),
            masks=np.array(self.masks.rows, bool).reshape(len(self.masks.rows), groups),
            costs=np.array(self.cost_rows).reshape(len(self.cost_rows), groups),
            spread={lot: own for lot, own in spread.items() if own},
            kept=self.kept,
        )


def _alike(deployments: Sequence[ModelDeployment]) -> Iterator[tuple[ModelDeployment, int]]:
    """Yield one deployment of each shape, and how many there are."""
    shapes = [deployment.shape for deployment in deployments]
    # Deployments made together share one object, and that is quickly told.
    same = {id(shape): position for position, shape in enumerate(shapes)}
    found: dict[Any, list[int]] = {}
    for number, count in Counter(map(id, shapes)).items():
        position = same[number]
        found.setdefault(shapes[position], [position, 0])[1] += count
    for position, count in found.values():
        yield deployments[position], count


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def _spread(deployment: ModelDeployment) -> tuple[Spread, ...]:
    """Return the spread entries that a price list sees; `maxSkew` is none of them."""
    return tuple(
        entry
        for entry in deployment.spread
        if entry.max_per_domain is not None or entry.min_domains is not None
    )


def _unit_costs(deployment: ModelDeployment, catalog: Catalog, objective: Mix) -> Ints:
    """Return the steps of the last tier per replica on a node of each node group."""
    total: Ints = np.zeros(len(catalog.node_groups), np.int64)
    for term in objective.terms:
        total = total + times(
            term.objective.compile(deployment, catalog.table, catalog), term.factor
        )
    return total


def times(column: Ints, factor: int) -> Ints:
    """Return column x factor, as Python's own integers where int64 might run over."""
    largest = int(np.abs(column).max(initial=0)) * abs(factor)
    return column * factor if largest < LARGEST // 64 else column.astype(object) * factor


class _Masks:
    """Which node groups a deployment may use, by names, worked out once per distinct answer."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.rows: list[Bools] = []
        self._known: dict[Hashable, int] = {}
        self._bound: dict[Hashable, tuple[tuple[str, ...], ...]] = {}
        self._kinds: dict[Hashable, Bools] = {}
        self._number: dict[bytes, int] = {}
        self._policies: dict[str, Bools] = {}
        self._allowed: dict[Hashable, Bools] = {}
        groups = catalog.node_groups
        self._admitted: dict[Hashable, Bools] = {}
        self._on_gpu = np.array([group.flavor_type == "gpu" for group in groups], bool)
        cards = [catalog.gpus.get(group.flavor) for group in groups]
        self._gpu_memory = _ints([0 if card is None else card.memory for card in cards])

    def of(self, deployment: ModelDeployment) -> int:
        """Return the number of the mask of a deployment."""
        bound = self._binding(deployment)
        kind = (deployment.flavors, deployment.gpus, deployment.gpu_memory)
        key = (bound, kind)
        if key not in self._known:
            if kind not in self._kinds:
                self._kinds[kind] = self._right_kind(deployment)
            mask = self._allowed_by(bound) & self._kinds[kind]
            number = self._number.setdefault(mask.tobytes(), len(self.rows))
            if number == len(self.rows):
                self.rows.append(mask)
            self._known[key] = number
        return self._known[key]

    def _binding(self, deployment: ModelDeployment) -> tuple[tuple[str, ...], ...]:
        """Return the names of the policies that bind, by level and type."""
        labels = tuple(sorted(deployment.labels.items()))
        key = (deployment.environment, deployment.policies, labels)
        if key not in self._bound:
            self._bound[key] = self._resolved(deployment)
        return self._bound[key]

    def _resolved(self, deployment: ModelDeployment) -> tuple[tuple[str, ...], ...]:
        found: defaultdict[tuple[Level, str], list[str]] = defaultdict(list)
        for item in resolve(self.workspace, deployment).attachments:
            if item.binds:
                found[item.level, item.policy.type].append(item.policy.name)
        return tuple(tuple(names) for names in found.values())

    def _allowed_by(self, bound: tuple[tuple[str, ...], ...]) -> Bools:
        if bound not in self._allowed:
            mask: Bools = np.ones(len(self.catalog.node_groups), bool)
            for names in bound:
                alike = [self._policy(self.workspace.policies[name]) for name in names]
                mask &= np.logical_or.reduce(alike)
            self._allowed[bound] = mask
        return self._allowed[bound]

    def _policy(self, policy: Policy) -> Bools:
        if policy.name not in self._policies:
            verdicts = (policy.check(group, self.catalog) for group in self.catalog.node_groups)
            self._policies[policy.name] = np.fromiter(verdicts, bool, len(self._on_gpu))
        return self._policies[policy.name]

    def _right_kind(self, deployment: ModelDeployment) -> Bools:
        """Return the node groups of a kind, flavor and GPU memory that a deployment accepts."""
        entries = deployment.flavors
        listed = self._admitting(entries) if entries else np.ones(len(self._on_gpu), bool)
        if not deployment.gpus:
            gpus = tuple(entry for entry in entries if entry.type == "gpu")
            return listed & (~self._on_gpu | self._admitting(gpus))
        part = min(UNIT, deployment.gpus)
        enough = self._gpu_memory * part >= deployment.gpu_memory * UNIT
        fitting: Bools = listed & self._on_gpu & enough
        return fitting

    def _admitting(self, entries: tuple[FlavorEntry, ...]) -> Bools:
        """Return the node groups whose hardware one of some flavor entries means."""
        if entries not in self._admitted:
            groups = self.catalog.node_groups
            first = {(group.flavor_type, group.flavor): group for group in groups}
            kinds = {
                kind
                for kind, group in first.items()
                if any(admits(entry, group, self.catalog) for entry in entries)
            }
            mask = np.array([(g.flavor_type, g.flavor) in kinds for g in groups], bool)
            self._admitted[entries] = mask
        return self._admitted[entries]
