"""The fewest moves among the placements that can be reached wave by wave.

The problem of a change, node by node, with its waves: who arrives and who leaves in each, and
what every node holds meanwhile. Used when the fewest-moves placement has no order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from placement.catalog.rows import NodeState
from placement.constraints.capacity import Capacity
from placement.constraints.gpu_share import GpuShare
from placement.problem.affected import Affected
from placement.problem.builder import ProblemBuilder
from placement.problem.cells import cells_at
from placement.problem.landing import landing_nodes
from placement.problem.ledger import Key
from placement.problem.problem import INFINITE, Ints, Problem, TierSpec
from placement.problem.running import Resident
from placement.solvers.cpsat import Model, Outcome
from placement.solvers.exact import Solved, TierBound, pack_all
from placement.solvers.limits import Limits
from placement.solvers.standing import Found, standing_of
from placement.workspace.workspace import Rollout

MOST_WAVES = 24
"""Waves that are looked at; with more replicas that may move, no order is no proof."""
MOST_VARIABLES = 60_000
"""Beyond this size only the deployments that were free before are."""
ORDER_WORK = 30.0
"""Deterministic time of one tier."""
Where = tuple[int, int, int]
"""Deployment, node group, node index."""


@dataclass(frozen=True)
class Ordered:
    """A placement that can be reached; ``proved``: none is better, or there is none at all."""

    found: Found | None
    proved: bool


def solve_ordered(affected: Affected, found: Found, limits: Limits) -> Ordered:
    """Return the best placement of a change that has an order of waves."""
    for keys, whole in _scopes(affected, found):
        waves = _Waves(affected, keys)
        if waves.size > MOST_VARIABLES:
            continue
        whole = whole and waves.complete
        best = waves.solve(limits)
        if best is None:
            return Ordered(None, proved=False)
        standing = standing_of(waves.compiled, best.cells, best.layout)
        proved = whole and best.exact
        return Ordered(Found(keys, waves.compiled, best, standing, whole), proved)
    return Ordered(None, proved=False)


def _scopes(affected: Affected, found: Found) -> list[tuple[tuple[Key, ...], bool]]:
    everything = affected.contenders(most=MOST_VARIABLES)
    if everything is None:
        return [(found.keys, False)]
    if found.keys == everything:
        return [(everything, True)]
    return [(everything, True), (found.keys, False)]


class _Waves:
    """The problem of some free deployments with the waves of its change."""

    def __init__(self, affected: Affected, keys: tuple[Key, ...]) -> None:
        self.affected = affected
        self.keys = keys
        ledger = affected.without(keys)
        landing = landing_nodes(affected, keys, ledger, breadth=None)
        coarse = affected.compile(keys, landing)
        self.cells = tuple(part for cell in coarse.cells for part in cell.split())
        self.compiled = replace(coarse, cells=self.cells)
        self.residents = self._all_residents()
        self.running = sum(r.replicas for rows in self.residents.values() for r in rows)
        self.waves = min(self.running + 1, MOST_WAVES)
        nodes = sorted({*landing.tolist(), *self.residents})
        fine = [c for cell in cells_at(ledger, nodes, self.residents) for c in cell.split()]
        self.during = tuple(replace(cell, accepts=True) for cell in fine)
        self.complete = self.waves == self.running + 1

    @property
    def size(self) -> int:
        """About how many variables the problem has."""
        return len(self.keys) * len(self.during) * self.waves * 3

    def _all_residents(self) -> dict[int, tuple[Resident, ...]]:
        """Return all running replicas by node, also those that have to leave it."""
        found: defaultdict[int, list[Resident]] = defaultdict(list)
        for d, key in enumerate(self.keys):
            for lot in self.affected.lots(key):
                if not self._is_lost(lot.node):
                    row = lot.row[0]
                    found[lot.node].append(Resident(d, row.gpu, row.replicas))
        return {node: tuple(rows) for node, rows in found.items()}

    def _is_lost(self, node: int) -> bool:
        """Whether replicas hold nothing any more on a node."""
        fleet = self.affected.fleet
        return fleet.catalog.state_of(fleet.group(node), fleet.index(node)) is NodeState.LOST

    def solve(self, limits: Limits) -> Solved | None:
        """Minimise tier after tier; None if there is no answer."""
        problem, _ = self.compiled.build(self.cells, also=self._order)
        closed: list[tuple[TierSpec, int]] = []
        bounds: list[int | None] = []
        best: Ints | None = None
        for tier in problem.tiers:
            model = Model(problem)
            for earlier, value in closed:
                model.fix_tier(earlier, value)
            if best is not None:
                model.hint(best)
            answer = model.minimise(tier, limits.effort(ORDER_WORK))
            if answer.outcome is Outcome.INFEASIBLE or (best is None and answer.solution is None):
                return None
            best = answer.solution if answer.solution is not None else best
            if best is None:
                return None
            bounds.append(answer.bound)
            closed.append((tier, tier.value(best)))
        return self._solved(problem, best, bounds)

    def _solved(
        self, problem: Problem, best: Ints | None, bounds: Sequence[int | None]
    ) -> Solved | None:
        if best is None:
            return None
        layout, broken = pack_all(problem, best)
        if broken:
            return None
        named = tuple(
            TierBound(tier.name, bound) for tier, bound in zip(problem.tiers, bounds, strict=True)
        )
        exact = all(
            bound == tier.value(best) for tier, bound in zip(problem.tiers, bounds, strict=True)
        )
        return Solved(self.cells, layout, named, exact=exact, budget=not exact, joined=True)

    # ------------------------------------------------------------------- rows

    def _order(self, builder: ProblemBuilder) -> None:
        """Add who arrives and leaves in each wave, and that no node holds too much meanwhile."""
        final = {_where(builder, p): p for p in range(len(builder.pair_deployment))}
        inner = self._capacity()
        steps = [_Steps(self, builder, d, inner, final) for d in range(len(self.keys))]
        for wave in range(self.waves):
            counts = {p: v for own in steps for p, v in own.held(wave).items()}
            _copy_rows(builder, inner.problem, counts)

    def _capacity(self) -> _Inner:
        """Return the capacity rows of one moment."""
        usable = [self.affected.eligible(key).copy() for key in self.keys]
        for node, rows in self.residents.items():
            for resident in rows:
                usable[resident.deployment][self.affected.fleet.group_of[node]] = True
        most = [
            w + m + self.running
            for w, m in zip(self.compiled.wanted, self.compiled.movable, strict=True)
        ]
        builder = ProblemBuilder(
            catalog=self.affected.catalog,
            deployments=self.compiled.deployments,
            cells=self.during,
            eligible=usable,
            wanted=most,
        )
        for constraint in (Capacity(), GpuShare()):
            constraint.compile(builder)
        return _Inner(builder, builder.build(()))


@dataclass(frozen=True)
class _Inner:
    """The capacity rows of one moment, and the pairs they count."""

    builder: ProblemBuilder
    problem: Problem


class _Steps:
    """The arrivals and departures of one deployment."""

    def __init__(
        self,
        waves: _Waves,
        builder: ProblemBuilder,
        d: int,
        inner: _Inner,
        final: dict[Where, int],
    ) -> None:
        self.builder = builder
        self.count = waves.waves
        self.recreate = waves.compiled.deployments[d].rollout is Rollout.RECREATE
        self.pairs = inner.builder.pairs_of(d).tolist()
        self.start: dict[int, int] = {}
        self.most: dict[int, int] = {}
        self.arrive: dict[int, list[int]] = {}
        self.leave: dict[int, list[int]] = {}
        self.spare: dict[int, int] = {}
        for pair in self.pairs:
            cell = inner.builder.cells[int(inner.builder.pair_cell[pair])]
            target = final.get(_where(inner.builder, pair))
            self._pair(pair, cell.resident(d), target, int(inner.builder.pair_high[pair]))
        self._balance()

    def _pair(self, pair: int, running: int, target: int | None, most: int) -> None:
        """Make the steps of one node, and let them end at the final count there."""
        builder, waves = self.builder, range(self.count)
        self.start[pair], self.most[pair] = running, max(most, running)
        room = 0 if target is None else int(builder.pair_high[target])
        self.arrive[pair] = [builder.variable(0, room) for _ in waves] if room else []
        self.leave[pair] = [builder.variable(0, running) for _ in waves] if running else []
        if running:
            self.spare[pair] = builder.variable(0, running)
        terms = [(v, 1) for v in self.arrive[pair]] + [(v, -1) for v in self._gone(pair)]
        if target is not None:
            terms.append((target, -1))
        builder.row(terms, low=-running, high=-running, name="order")
        if room and running:
            flag = builder.variable(0, 1)
            arrivals = [(v, 1) for v in self.arrive[pair]]
            builder.row([*arrivals, (flag, -room * self.count)], high=0, name="order")
            leaving = [(v, 1) for v in self._gone(pair)]
            builder.row([*leaving, (flag, running)], high=running, name="order")

    def _gone(self, pair: int) -> list[int]:
        return [*self.leave[pair], *([self.spare[pair]] if pair in self.spare else [])]

    def _balance(self) -> None:
        """As many arrive in a wave as leave, but for replicas that are new."""
        builder = self.builder
        running = sum(self.start.values())
        if not running:
            return
        most = sum(self.most.values())
        grows = builder.variable(0, 1)
        new = [builder.variable(0, most) for _ in range(self.count)]
        for wave in range(self.count):
            terms = [(own[wave], 1) for own in self.arrive.values() if own]
            terms += [(own[wave], -1) for own in self.leave.values() if own]
            builder.row([*terms, (new[wave], -1)], low=0, high=0, name="order")
        builder.row([*((v, 1) for v in new), (grows, -most)], high=0, name="order")
        spare = [(v, 1) for v in self.spare.values()]
        builder.row([*spare, (grows, running)], high=running, name="order")

    def held(self, wave: int) -> dict[int, int]:
        """Return, by pair, the variable of what the node holds during a wave."""
        found = {}
        for pair in self.pairs:
            count = self.builder.variable(0, self.most[pair])
            gone = wave + 1 if self.recreate else wave
            terms = [(v, 1) for v in self.arrive[pair][: wave + 1]]
            terms += [(v, -1) for v in self.leave[pair][:gone]]
            if pair in self.spare:
                terms.append((self.spare[pair], -1))
            start = self.start[pair]
            self.builder.row([*terms, (count, -1)], low=-start, high=-start, name="order")
            found[pair] = count
        return found


def _where(builder: ProblemBuilder, pair: int) -> Where:
    cell = builder.cells[int(builder.pair_cell[pair])]
    return (int(builder.pair_deployment[pair]), cell.group, cell.indices[0])


def _copy_rows(builder: ProblemBuilder, problem: Problem, counts: dict[int, int]) -> None:
    """Add the rows of a problem once more, its pairs being other variables."""
    number = dict(counts)
    for variable in range(problem.pairs, len(problem.low)):
        number[variable] = builder.variable(int(problem.low[variable]), int(problem.high[variable]))
    rows = problem.rows
    for r in range(len(rows)):
        part = slice(int(rows.start[r]), int(rows.start[r + 1]))
        terms = zip(rows.variable[part].tolist(), rows.coefficient[part].tolist(), strict=True)
        low, high = int(rows.low[r]), int(rows.high[r])
        builder.row(
            [(number[v], c) for v, c in terms],
            low=None if low <= -INFINITE else low,
            high=None if high >= INFINITE else high,
            name=rows.name[r],
        )
