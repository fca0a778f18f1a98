"""Builds a problem: constraints ask it for variables and rows, it keeps the arrays.

The one door through which names enter the array form: deployments, cells and domains are
numbered here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.constraints.peers import selects
from placement.problem.cells import Cell
from placement.problem.problem import (
    INFINITE,
    NO_CAPACITY,
    CapacityRows,
    Ints,
    Label,
    NodeRules,
    Problem,
    Rows,
    TierSpec,
)
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import ModelDeployment, PeerSelector


class ProblemBuilder:
    """Collects variables, rows and node rules over (deployment, cell) pairs.

    Parameters
    ----------
    catalog : Catalog
    deployments : sequence of ModelDeployment
        The enabled ones, sorted.
    cells : sequence of Cell
    eligible : sequence of bool arrays
        Per deployment the mask of eligible node groups.
    bill_nodes : bool
        Whether nodes in use are counted (billing by node).
    allowed : bool array or None
        Restricts the pairs: shape (deployments, cells).
    wanted : sequence of int or None
        The most replicas of each deployment that may be placed, at most its ``replicas``, which
        it is if absent.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        deployments: Sequence[ModelDeployment],
        cells: Sequence[Cell],
        eligible: Sequence[NDArray[np.bool_]],
        bill_nodes: bool = False,
        allowed: NDArray[np.bool_] | None = None,
        wanted: Sequence[int] | None = None,
    ) -> None:
        self.catalog = catalog
        self.deployments = tuple(deployments)
        self.wanted = tuple(d.replicas for d in deployments) if wanted is None else tuple(wanted)
        self.cells = tuple(cells)
        self.eligible = tuple(eligible)
        self.bill_nodes = bill_nodes
        self.cell_group = np.array([c.group for c in cells], np.int64)
        self.size = np.array([c.size for c in cells], np.int64)
        self.accepts = np.array([c.accepts for c in cells], bool)
        self.cell_whole = np.array([c.whole_gpus for c in cells], np.int64)
        self.has_residents = np.array([bool(c.residents) for c in cells], bool)
        self._selected: dict[tuple[object, ...], list[int]] = {}
        self._shares: dict[int, Ints] = {}
        self._demands: dict[str, Ints] = {}
        self._low: list[int] = []
        self._high: list[int] = []
        self._blocks: list[tuple[Ints, Ints, Ints, Ints, Ints, str]] = []
        self._row_count = 0
        self._capacity: list[tuple[Ints, Ints, Label]] = []
        self._columns: dict[tuple[int, Domain], tuple[tuple[int, int], ...]] = {}
        self._indicator: dict[int, int] = {}
        self._node_count: dict[int, int] = {}
        self._apart: set[tuple[int, int]] = set()
        self._together: list[tuple[int, tuple[int, ...]]] = []
        self._distinct: dict[int, int] = {}
        self._skew: dict[int, tuple[tuple[int, int], ...]] = {}
        self._keep: dict[int, int] = {}
        self._open: dict[int, int] = {}
        self._make_pairs(allowed)

    # ------------------------------------------------------------------ pairs

    def _make_pairs(self, allowed: NDArray[np.bool_] | None) -> None:
        owner, where = self._eligible_pairs(allowed)
        wanted = np.array(self.wanted, np.int64)[owner]
        per_node = self._per_node(owner, where, wanted)
        closed = np.flatnonzero(~self.accepts[where])
        kept = self._residents(owner[closed], where[closed])
        per_node[closed] = np.minimum(per_node[closed], kept)
        use = per_node > 0
        self.pair_deployment, self.pair_cell = owner[use], where[use]
        self.most = per_node[use]
        self.pair_high = np.minimum(self.most * self.size[self.pair_cell], wanted[use])
        counts = np.bincount(self.pair_deployment, minlength=len(self.deployments))
        self.first_pair = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._low = [0] * len(self.pair_deployment)
        self._high = self.pair_high.tolist()

    def _eligible_pairs(self, allowed: NDArray[np.bool_] | None) -> tuple[Ints, Ints]:
        """Return deployment and cell of each pair that policies and hardware admit."""
        if not self.deployments or not self.cells:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        distinct = {id(mask): mask for mask in self.eligible}
        number = {key: i for i, key in enumerate(distinct)}
        masks = np.stack([mask[self.cell_group] for mask in distinct.values()])
        eligible = masks[[number[id(mask)] for mask in self.eligible]]
        if allowed is not None:
            eligible &= allowed
        owner, where = np.nonzero(eligible)
        return owner.astype(np.int64), where.astype(np.int64)

    def _per_node(self, owner: Ints, where: Ints, wanted: Ints) -> Ints:
        """Return how many of the wanted replicas fit one empty node, per (deployment, cell)."""
        fit = wanted.copy()
        for name in self.resources:
            demand = self.demand(name)[owner]
            asked = np.flatnonzero(demand)
            free = np.maximum(self.free_of(name)[where[asked]], 0)
            fit[asked] = np.minimum(fit[asked], free // demand[asked])
        gpus = self.demand("gpus")[owner]
        whole = np.flatnonzero(gpus >= UNIT)
        free = self.cell_whole[where[whole]] * UNIT
        fit[whole] = np.minimum(fit[whole], free // gpus[whole])
        for share in np.unique(gpus[(gpus > 0) & (gpus < UNIT)]).tolist():
            mine = np.flatnonzero(gpus == share)
            fit[mine] = np.minimum(fit[mine], self.shares_per_node(share)[where[mine]])
        return fit

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """The additive resources besides GPUs that any deployment may ask for."""
        extra = sorted({name for deployment in self.deployments for name in deployment.extra})
        return ("cpus", "memory", *(f"extra:{name}" for name in extra))

    def demand(self, name: str) -> Ints:
        """Return what one replica of each deployment takes of a resource, in thousandths."""
        if name not in self._demands:
            kind, _, extra = name.partition(":")
            amounts = [
                d.extra.get(extra, 0) if extra else getattr(d, kind) for d in self.deployments
            ]
            self._demands[name] = np.array(amounts, np.int64)
        return self._demands[name]

    def shares_per_node(self, share: int) -> Ints:
        """Return per cell how many shares of one size fit one empty node."""
        if share not in self._shares:
            fit = [sum(slot // share for slot in c.slots) for c in self.cells]
            self._shares[share] = np.array(fit, np.int64)
        return self._shares[share]

    @cached_property
    def free(self) -> Mapping[str, Ints]:
        """Free amount per node of each cell, by additive resource."""
        free = {
            "cpus": np.array([c.cpus for c in self.cells], np.int64),
            "memory": np.array([c.memory for c in self.cells], np.int64),
        }
        names = sorted({name for c in self.cells for name, _ in c.extra})
        for name in names:
            amounts = [dict(c.extra).get(name, 0) for c in self.cells]
            free[f"extra:{name}"] = np.array(amounts, np.int64)
        return free

    def free_of(self, name: str) -> Ints:
        """Return the free amount of an additive resource per node of each cell (0 if unknown)."""
        return self.free.get(name, np.zeros(len(self.cells), np.int64))

    def _residents(self, owner: Ints, where: Ints) -> Ints:
        """Return how many replicas of each deployment run on each node of the cell beside it."""
        found = np.zeros(len(owner), np.int64)
        for i in np.flatnonzero(self.has_residents[where]).tolist():
            found[i] = self.cells[where[i]].resident(int(owner[i]))
        return found

    def pairs_of(self, d: int) -> Ints:
        """Return the pair numbers of deployment d."""
        return np.arange(self.first_pair[d], self.first_pair[d + 1])

    def pairs_by_cell(self, d: int) -> dict[int, int]:
        """Return the pair number of deployment d by cell."""
        pairs = self.pairs_of(d)
        return dict(zip(self.pair_cell[pairs].tolist(), pairs.tolist(), strict=True))

    def limit_per_node(self, pairs: Ints, most: int) -> None:
        """Allow at most ``most`` replicas of these pairs on one node."""
        self.most[pairs] = np.minimum(self.most[pairs], most)
        high = np.minimum(
            self.pair_high[pairs], self.most[pairs] * self.size[self.pair_cell[pairs]]
        )
        self.pair_high[pairs] = high
        for pair, bound in zip(pairs.tolist(), high.tolist(), strict=True):
            self._high[pair] = bound

    # -------------------------------------------------------- variables, rows

    def variable(self, low: int, high: int) -> int:
        """Add an integer variable and return its number."""
        self._low.append(low)
        self._high.append(high)
        return len(self._low) - 1

    def row(
        self,
        terms: Iterable[tuple[int, int]],
        *,
        low: int | None = None,
        high: int | None = None,
        name: str,
    ) -> None:
        """Add ``low <= sum of coefficient x variable <= high`` from (variable, coefficient)."""
        entries = list(terms)
        variables = np.array([v for v, _ in entries], np.int64)
        coefficients = np.array([c for _, c in entries], np.int64)
        lows = np.array([-INFINITE if low is None else low], np.int64)
        highs = np.array([INFINITE if high is None else high], np.int64)
        self.rows(np.zeros(len(entries), np.int64), variables, coefficients, lows, highs, name=name)

    def rows(
        self,
        row: Ints,
        variable: Ints,
        coefficient: Ints,
        low: Ints | None,
        high: Ints,
        *,
        name: str,
    ) -> None:
        """Add many rows at once; ``row`` numbers them from 0 within this call.

        Without ``low`` they are bounded from above only.
        """
        low = np.full(len(high), -INFINITE) if low is None else low
        block = (row + self._row_count, variable, coefficient, low, high, name)
        self._blocks.append(block)
        self._row_count += len(low)

    # ------------------------------------------------------- shared variables

    def any_placed(self, d: int) -> int:
        """Return the 0/1 variable that is 1 when deployment d has a placed replica."""
        if d not in self._indicator:
            flag = self.variable(0, 1)
            pairs = self.pairs_of(d).tolist()
            replicas = self.deployments[d].replicas
            count = [(p, 1) for p in pairs]
            self.row([*count, (flag, -replicas)], high=0, name="demand")
            self.row([*count, (flag, -1)], low=0, name="demand")
            self._indicator[d] = flag
        return self._indicator[d]

    def nodes_used(self, pair: int) -> int:
        """Return the variable that counts the nodes of a pair's cell that hold a replica."""
        if pair not in self._node_count:
            size = int(self.size[self.pair_cell[pair]])
            most = int(self.most[pair])
            count = self.variable(0, min(size, int(self.pair_high[pair])))
            self.row([(pair, 1), (count, -most)], high=0, name="nodes")
            self.row([(pair, 1), (count, -1)], low=0, name="nodes")
            self._node_count[pair] = count
        return self._node_count[pair]

    def domain_numbers(self, over: Domain) -> Ints:
        """Return the domain number of each cell (not for ``Domain.NODE``)."""
        return self.catalog.table.texts[over.value][1][self.cell_group]

    def pairs_by_domain(self, d: int, over: Domain) -> dict[int, list[int]]:
        """Return the pairs of deployment d by domain number."""
        pairs = self.pairs_of(d)
        numbers = self.domain_numbers(over)[self.pair_cell[pairs]]
        found: dict[int, list[int]] = {}
        for number, pair in zip(numbers.tolist(), pairs.tolist(), strict=True):
            found.setdefault(number, []).append(pair)
        return dict(sorted(found.items()))

    def domains_used(self, d: int, over: Domain) -> dict[int, int]:
        """Return per domain the variable that counts its nodes or says that d is there.

        For ``Domain.NODE`` the key is the cell and the variable counts nodes; for every other
        kind the key is the domain number and the variable is 0/1.
        """
        key = (d, over)
        if key not in self._columns:
            self._columns[key] = tuple(self._make_domains(d, over))
        return dict(self._columns[key])

    def _make_domains(self, d: int, over: Domain) -> Iterable[tuple[int, int]]:
        if over is Domain.NODE:
            for cell, pair in self.pairs_by_cell(d).items():
                yield cell, self.nodes_used(pair)
            return
        for number, pairs in self.pairs_by_domain(d, over).items():
            flag = self.variable(0, 1)
            most = min(int(self.pair_high[pairs].sum()), self.deployments[d].replicas)
            count = [(p, 1) for p in pairs]
            self.row([*count, (flag, -most)], high=0, name="domains")
            self.row([*count, (flag, -1)], low=0, name="domains")
            yield number, flag

    def open_nodes(self, cell: int) -> int | None:
        """Return the variable that counts the nodes in use of a cell, if nodes are billed."""
        if not self.bill_nodes:
            return None
        if cell not in self._open:
            self._open[cell] = self.variable(0, int(self.size[cell]))
        return self._open[cell]

    def opened(self) -> dict[int, int]:
        """Return the variables of ``open_nodes`` by cell."""
        return dict(self._open)

    def per_cell_rows(
        self,
        coefficient: Ints,
        per_node: Ints,
        *,
        name: str,
        size: int | None = None,
        where: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add one row per cell: the sum of coefficient x replicas is at most what its nodes have.

        Parameters
        ----------
        coefficient : int array
            Per pair; 0 takes no part.
        per_node : int array
            Per cell what one node has. Rows that cannot bind are left out.
        name : str
            The resource that is counted, in thousandths.
        size : int or None
            Count pieces of so many thousandths instead.
        where : bool array or None
            Per cell, whether a row is wanted at all.
        """
        load = np.bincount(
            self.pair_cell, weights=coefficient * self.pair_high, minlength=len(self.cells)
        )
        wanted = (load > 0) if self.bill_nodes else (load > per_node * self.size)
        if where is not None:
            wanted &= where
        entries = np.flatnonzero((coefficient > 0) & wanted[self.pair_cell])
        cells, row = np.unique(self.pair_cell[entries], return_inverse=True)
        variable, amount = entries.astype(np.int64), coefficient[entries]
        high = per_node[cells] * self.size[cells]
        if self.bill_nodes:
            opened = [self.open_nodes(c) for c in cells.tolist()]
            row = np.concatenate([row, np.arange(len(cells))])
            variable = np.concatenate([variable, np.array(opened, np.int64)])
            amount = np.concatenate([amount, -per_node[cells]])
            high = np.zeros(len(cells), np.int64)
        self._capacity.append((np.arange(len(cells)) + self._row_count, cells, Label(name, size)))
        low = np.full(len(cells), -INFINITE)
        self.rows(row, variable, amount, low, high, name=name)

    def kept(self) -> dict[int, int]:
        """Return per pair with running replicas the variable that counts those that stay."""
        if self._keep:
            return dict(self._keep)
        pairs = np.flatnonzero(self.has_residents[self.pair_cell])
        running = self._residents(self.pair_deployment[pairs], self.pair_cell[pairs])
        for pair, count in zip(pairs.tolist(), running.tolist(), strict=True):
            if count:
                most = min(count * self.cells[self.pair_cell[pair]].size, self._high[pair])
                self._keep[pair] = self.variable(0, most)
                self.row([(self._keep[pair], 1), (pair, -1)], high=0, name="keep")
        return dict(self._keep)

    def usable_cells(self, d: int) -> list[int]:
        """Return the cells in which deployment d could be, whatever is free."""
        return np.flatnonzero(self.eligible[d][self.cell_group]).tolist()

    def usable_domains(self, d: int, over: Domain) -> list[int]:
        """Return the numbers of the domains that contain a usable cell of deployment d."""
        cells = np.array(self.usable_cells(d), np.int64)
        numbers: list[int] = np.unique(self.domain_numbers(over)[cells]).tolist()
        return numbers

    def selected(self, d: int, selector: PeerSelector) -> list[int]:
        """Return the other deployments that a selector matches."""
        key = (tuple(sorted(selector.match_labels.items())), selector.environment)
        if key not in self._selected:
            self._selected[key] = [
                other
                for other, deployment in enumerate(self.deployments)
                if selects(selector, deployment)
            ]
        return [other for other in self._selected[key] if other != d]

    # ---------------------------------------------- rules for single nodes

    def need_distinct(self, pair: int, variable: int) -> None:
        """Ask the packing for at least as many nodes as ``variable`` says."""
        self._distinct[pair] = variable

    def bound_per_node(self, d: int, least: int, most: int) -> None:
        """Ask the packing for counts between two variables on every node."""
        self._skew[d] = (*self._skew.get(d, ()), (least, most))

    def keep_apart(self, first: int, second: int) -> None:
        """Ask the packing never to put two deployments on one node."""
        self._apart.add((min(first, second), max(first, second)))

    def keep_together(self, d: int, others: Sequence[int]) -> None:
        """Ask the packing for one of ``others`` on every node of deployment d."""
        self._together.append((d, tuple(others)))

    # --------------------------------------------------------------- result

    def build(self, tiers: Sequence[TierSpec]) -> Problem:
        """Return the finished problem."""
        return Problem(
            deployments=self.deployments,
            cells=self.cells,
            pair_deployment=self.pair_deployment,
            pair_cell=self.pair_cell,
            low=np.array(self._low, np.int64),
            high=np.array(self._high, np.int64),
            rows=self._assemble(),
            tiers=tuple(tiers),
            node_rules=NodeRules(
                most=self.most,
                distinct=dict(self._distinct),
                skew=dict(self._skew),
                apart=frozenset(self._apart),
                together=tuple(self._together),
                keep=dict(self._keep),
                open=dict(self._open),
            ),
        )

    def _assemble(self) -> Rows:
        blocks = self._blocks
        if not blocks:
            empty = np.zeros(0, np.int64)
            return Rows(np.zeros(1, np.int64), empty, empty, empty, empty, ())
        row, variable, coefficient, low, high = (
            np.concatenate([block[i] for block in blocks]) for i in range(5)
        )
        names = tuple(block[5] for block in blocks for _ in range(len(block[3])))
        order = np.argsort(row, kind="stable")
        counts = np.bincount(row, minlength=self._row_count)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Rows(
            start, variable[order], coefficient[order], low, high, names, self._capacity_rows()
        )

    def _capacity_rows(self) -> CapacityRows:
        if not self._capacity:
            return NO_CAPACITY
        row, cell = (np.concatenate([block[i] for block in self._capacity]) for i in range(2))
        sizes = [len(block[0]) for block in self._capacity]
        label = np.repeat(np.arange(len(sizes)), sizes)
        return CapacityRows(row, cell, label, tuple(block[2] for block in self._capacity))
