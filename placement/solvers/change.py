"""The fewest moves that make room for a change: everything else pinned first, then more may move.

Pinned, the problem has the concerned deployments and what is free. If that is ideal, nothing else
has to be looked at. If it is not, everything that could make room may move as well; where that is
much, who moves is settled first, whatever it costs, and then where to, with all others pinned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from placement.problem.affected import Affected, Parts
from placement.problem.compiler import Compiled
from placement.problem.landing import landing_nodes
from placement.problem.ledger import Key, Ledger
from placement.solvers.diving import solve_by_diving
from placement.solvers.exact import Report, TierBound
from placement.solvers.growth import Growth
from placement.solvers.limits import Limits
from placement.solvers.pipeline import solve
from placement.solvers.standing import Found, bounded_by, standing_of

NEAR = 13_500
"""Up to so many (deployment, node) pairs the relaxation of everything is looked at first."""
SMALL = 4_000
"""Up to so many (deployment, node) pairs everything is solved at once."""
MEDIUM = 40_000
"""Up to so many pairs everything is solved at once where growth does not place all."""
FAR_PAIRS = 20_000
"""Beyond so many (deployment, cell) pairs an ideal placement on near nodes is good enough."""
EXACT_PAIRS = 4_000
"""Up to so many (deployment, cell) pairs CP-SAT gets the problem of a change whole."""
LARGE = 400_000
"""Up to so many pairs everything is solved for who moves if what runs has lost its place."""
BREADTH = 3
"""First look at nodes that together take so many times what is wanted."""


class ChangeSolver:
    """Finds the placement of one change.

    Parameters
    ----------
    affected : Affected
    limits : Limits
    report : callable
    gap : float
        Relative gap of the last tier that is good enough.
    firm : bool
        Whether what must be placed whole is of no use in part.
    """

    def __init__(
        self,
        affected: Affected,
        limits: Limits,
        *,
        report: Report,
        gap: float = 0.0,
        firm: bool = True,
    ) -> None:
        self.affected = affected
        self.limits = limits
        self.report = report
        self.gap = gap
        self.firm = firm

    def solve(self) -> Found:
        """Return the placement with the fewest moves."""
        if self.affected.rebalance is not None:
            return self.whole(self.affected.keys)
        found = self.pinned()
        if found.standing.ideal or self.limits.over():
            return found
        dived = self.dived()
        if dived is not None:
            return dived
        everything = self.affected.contenders(most=SMALL)
        if everything is not None:
            return self.whole(everything)
        grown = Growth(self.affected, found, self.limits, firm=self.firm).grown()
        if grown.impossible or grown.is_least or self.limits.over():
            return grown
        everything = self.affected.contenders(most=MEDIUM) if any(grown.standing.short) else None
        if everything is not None:
            return self.whole(everything)
        return self.resettled(grown) if self.affected.anew else grown

    def dived(self) -> Found | None:
        """Return the best placement with all contenders free, where the relaxation leads to it."""
        everything = None if self.affected.bill_nodes else self.affected.contenders(most=NEAR)
        if everything is None:
            return None
        compiled = self._anywhere(everything)
        solved = solve_by_diving(compiled, self.limits)
        if solved is None:
            return None
        for tier, value in zip(solved.bounds, solved.values, strict=True):
            self.report(tier.name, value, tier.bound)
        standing = standing_of(compiled, solved.cells, solved.layout)
        return Found(everything, compiled, solved, standing, whole=True)

    def pinned(self) -> Found:
        """Return the best placement in which nothing moves that may stay, if rules allow."""
        keys, parts = self.affected.keys, self.affected.loose_parts()
        ledger = self.affected.without(keys, parts=parts)
        near = landing_nodes(self.affected, keys, ledger, breadth=BREADTH, parts=parts)
        found = self._solve(keys, self.affected.compile(keys, near, parts=parts), parts=parts)
        if found.standing.ideal and found.solved.exact and self._is_cheapest(found, ledger):
            return found
        far = landing_nodes(self.affected, keys, ledger, breadth=None)
        if len(far) == len(near):
            return found
        everywhere = self.affected.compile(keys, far, parts=parts)
        if found.standing.ideal and everywhere.pairs > FAR_PAIRS:
            return self._bounded(found, ledger)
        return self._solve(keys, everywhere, parts=parts)

    def _bounded(self, found: Found, ledger: Ledger) -> Found:
        """Return a placement on near nodes with a bound of the last tier that holds for all."""
        name, floor = self.affected.objective.name, self._floor(found, ledger)
        solved = found.solved
        bounds = tuple(TierBound(name, floor) if b.name == name else b for b in solved.bounds)
        return replace(found, solved=replace(solved, bounds=bounds, exact=False, budget=True))

    def _floor(self, found: Found, ledger: Ledger) -> int:
        """Return what the free replicas cost at least, each deployment having all nodes."""
        if self.affected.bill_nodes:
            return 0
        return sum(self.affected.floor(key, ledger, found.parts) for key in found.keys)

    def _is_cheapest(self, found: Found, ledger: Ledger) -> bool:
        """Whether no node further away could make an ideal placement better.

        The near nodes are the best for one deployment alone. Several may be in each other's way,
        and what a whole node costs depends on who shares it.
        """
        if self.affected.bill_nodes:
            return False
        if len(found.keys) == 1:
            return True
        bounds = {tier.name: tier.bound for tier in found.solved.bounds}
        return bounds[self.affected.objective.name] == self._floor(found, ledger)

    def whole(self, keys: tuple[Key, ...]) -> Found:
        """Return the best placement with everything free that could make room."""
        return self._solve(keys, self._anywhere(keys), whole=True)

    def resettled(self, known: Found) -> Found:
        """Return the best placement that follows from who has to move among all contenders."""
        everything = self.affected.contenders(most=LARGE)
        if everything is None:
            return known
        compiled = self._anywhere(everything)
        bare = replace(compiled, objective=replace(compiled.objective, terms=()))
        movers = self._solve(everything, bare, whole=True)
        keys, parts = self._moving(movers)
        found = self._solve(keys, self._anywhere(keys, parts), parts=parts)
        candidates = (bounded_by(found, movers), movers, bounded_by(known, movers))
        return min(candidates, key=lambda one: one.rank)

    def _moving(self, found: Found) -> tuple[tuple[Key, ...], Parts]:
        """Return the concerned deployments and who has left a node, and where they are free."""
        left, parts = self._left(found), dict(self.affected.loose_parts())
        for key, nodes in left.items():
            if key in self.affected.keys and key not in parts:
                continue
            free = frozenset({*parts.pop(key, ()), *nodes})
            if self.affected.is_free_in_part(key, free):
                parts[key] = free
        return self.affected.closed({*self.affected.keys, *left}), parts

    def _left(self, found: Found) -> dict[Key, set[int]]:
        """Return the nodes that running replicas have left, by deployment."""
        offset = self.affected.fleet.offset
        left: defaultdict[Key, set[int]] = defaultdict(set)
        for c, cell in enumerate(found.solved.cells):
            on: Counter[tuple[int, int]] = Counter()
            for seat in found.solved.layout.get(c, ()):
                on[seat.deployment, seat.node] += seat.replicas
            for d in {resident.deployment for resident in cell.residents}:
                gone = [i for i in range(cell.size) if on[d, i] < cell.resident(d)]
                left[found.keys[d]].update(int(offset[cell.group]) + cell.indices[i] for i in gone)
        return {key: nodes for key, nodes in left.items() if nodes}

    def _anywhere(self, keys: tuple[Key, ...], parts: Parts | None = None) -> Compiled:
        """Return the problem in which some deployments are free and may go to all nodes."""
        ledger = self.affected.without(keys, parts=parts)
        landing = landing_nodes(self.affected, keys, ledger, breadth=None)
        return self.affected.compile(keys, landing, parts=parts)

    def _solve(
        self,
        keys: Sequence[Key],
        compiled: Compiled,
        *,
        whole: bool = False,
        parts: Parts | None = None,
    ) -> Found:
        solved = solve(
            compiled,
            self.limits,
            first=lambda cells, layout: None,
            report=self.report,
            gap=self.gap,
            workers=1,
            small=EXACT_PAIRS,
        )
        standing = standing_of(compiled, solved.cells, solved.layout)
        return Found(
            tuple(keys), compiled, solved, standing, whole or standing.ideal, parts=parts or {}
        )
