"""The plan of a whole state after a change, put together from what was solved and what stays.

What stays is not looked at again where its part of every tier is known; the objective ``cost`` by
share is a sum over rows. Any other objective is counted over everything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.objectives.cost import Cost
from placement.objectives.moves import moves
from placement.objectives.unplaced import class_name
from placement.options import Billing
from placement.plan.assembly import Rest, bare_plan
from placement.plan.document import running_digest_of
from placement.plan.plan import Plan
from placement.plan.rows import Assignment, Certificate, Tier, Unplaced
from placement.plan.view import PlacedRow, PlanView
from placement.policies.base import Enforcement
from placement.problem.decode import placed_rows
from placement.problem.tiers import MOVES, REBALANCE, STRICT
from placement.reasons import LEFT_OUT, unplaced_rows

if TYPE_CHECKING:
    from placement.problem.affected import Affected
    from placement.problem.ledger import Key
    from placement.solvers.standing import Found
    from placement.workspace.workspace import ModelDeployment

AFFECTED = "affected"


@dataclass(frozen=True)
class Draft:
    """A plan without waves, and the part of it that is new.

    Attributes
    ----------
    plan : Plan
        Of the whole state after the change.
    rows : mapping of (model, environment) to tuple of Assignment
        Of every deployment whose rows may have changed, those it has in the plan.
    cost : int
        What all rows of the plan cost, in micro-USD per hour.
    """

    plan: Plan
    rows: Mapping[Key, tuple[Assignment, ...]]
    cost: int


class Drafter:
    """Drafts the plans of one change.

    Parameters
    ----------
    affected : Affected
    billing : Billing
    """

    def __init__(self, affected: Affected, *, billing: Billing) -> None:
        self.affected = affected
        self.billing = billing
        self.state = affected.state
        self.catalog = affected.catalog
        self.transition = affected.transition
        self.after = affected.after
        self._changed: tuple[Found, frozenset[Key]] | None = None
        self._lacks: tuple[Found, tuple[tuple[ModelDeployment, int], ...]] | None = None

    def draft(self, found: Found) -> Draft:
        """Return the plan in which what was solved for is placed as found."""
        rows = self._rows(found)
        quick = self.is_sum and not found.standing.displaced
        plan = self._summed(found, rows) if quick else self._counted(found, rows)
        *first, last = plan.tiers
        plan = replace(plan, tiers=(*first, replace(last, scope=AFFECTED)))
        new = self._new_rows(found, plan)
        if not quick:
            return Draft(plan, new, _cost(plan.assignments))
        return Draft(plan, new, self._staying(found) + _cost(chain.from_iterable(new.values())))

    def _rows(self, found: Found) -> tuple[PlacedRow, ...]:
        """Return the rows of what was free, as it was found."""
        deployments = [self.after.by_key[key] for key in found.keys]
        return placed_rows(self.catalog, deployments, found.solved.cells, found.solved.layout)

    def _with_pinned(self, found: Found, rows: Sequence[PlacedRow]) -> tuple[PlacedRow, ...]:
        """Return the rows with those replicas of the same deployments that were not free."""
        counts: Counter[tuple[Key, str, int | None]] = Counter()
        for key in found.parts:
            for row in self.affected.pinned(key, found.parts):
                counts[key, row.node, row.gpu] += row.replicas
        if not counts:
            return tuple(rows)
        whole = []
        for placed in rows:
            more = counts.pop((placed.deployment.key, placed.node, placed.gpu), 0)
            whole.append(replace(placed, replicas=placed.replicas + more))
        for (key, node, gpu), count in counts.items():
            place = self.catalog.find_node(node)
            if place is not None:
                whole.append(PlacedRow(self.after.by_key[key], *place, gpu, count))
        return tuple(sorted(whole, key=lambda row: row.order))

    @cached_property
    def is_sum(self) -> bool:
        """Whether the part that stays is known without looking at it."""
        terms = self.affected.objective.terms
        observed = any(
            policy.enforcement is Enforcement.OBSERVE for policy in self.after.policies.values()
        )
        by_share = self.billing is Billing.SHARE
        return by_share and not observed and all(isinstance(t.objective, Cost) for t in terms)

    def _new_rows(self, found: Found, plan: Plan) -> Mapping[Key, tuple[Assignment, ...]]:
        everything = plan.assignments

        def own(key: Key) -> tuple[Assignment, ...]:
            start = bisect_left(everything, key, key=_key_of)
            return everything[start : bisect_right(everything, key, lo=start, key=_key_of)]

        return {key: own(key) for key in self._free(found)}

    def _free(self, found: Found) -> frozenset[Key]:
        """Return the deployments whose rows are not taken over as they are."""
        if self._changed is None or self._changed[0] is not found:
            free = {*found.keys, *self.transition.removed, *self.state.stale}
            self._changed = (found, frozenset(free - self._unmoved(found)))
        return self._changed[1]

    def _unmoved(self, found: Found) -> set[Key]:
        """Return those that might have moved and did not."""
        if not found.parts:
            return set()
        places: defaultdict[Key, Counter[tuple[str, int | None]]] = defaultdict(Counter)
        for row in self._with_pinned(found, self._rows(found)):
            places[row.deployment.key][row.node, row.gpu] += row.replicas
        return {
            key
            for key in found.parts
            if key not in self.affected.changed
            and places[key]
            == Counter({(r.node, r.gpu): r.replicas for r in self.affected.rows(key)})
        }

    def _own(self, found: Found, rows: Sequence[PlacedRow]) -> tuple[PlacedRow, ...]:
        """Return all rows of the deployments that are not taken over as they are."""
        free = self._free(found)
        whole = self._with_pinned(found, rows)
        return tuple(row for row in whole if row.deployment.key in free)

    # ------------------------------------------------------------ all of it

    def _counted(self, found: Found, rows: Sequence[PlacedRow]) -> Plan:
        view = self._whole_view(found, rows)
        value = self.affected.objective.check(view)
        plan = bare_plan(
            view,
            objective=self.affected.objective,
            billing=self.billing,
            bounds=self._bounds(found, rows, value),
            joined=found.solved.joined,
        )
        return replace(plan, unplaced=self._unplaced(found, plan, view))

    def _whole_view(self, found: Found, rows: Sequence[PlacedRow]) -> PlanView:
        own = self._own(found, rows)
        everything = sorted((*own, *self._others(found)), key=lambda row: row.order)
        return PlanView(self.catalog, self.after, tuple(everything), self.after.running)

    def _others(self, found: Found) -> Iterator[PlacedRow]:
        """Yield the rows of all deployments that were not free."""
        free = self._free(found)
        for key, rows in self.state.rows_of.items():
            if key in free:
                continue
            deployment = self.after.by_key[key]
            for row in rows:
                place = self.catalog.find_node(row.node)
                if place is not None:
                    yield PlacedRow(deployment, *place, row.gpu, row.replicas)

    # ----------------------------------------------------- only what is new

    def _summed(self, found: Found, rows: Sequence[PlacedRow]) -> Plan:
        free = self._free(found)
        keys = [key for key in sorted(free) if key in self.after.running_by_key]
        running = [row for key in keys for row in self.after.running_by_key[key]]
        own = self._own(found, rows)
        view = PlanView(self.catalog, self.after, own, tuple(running))
        tiers = self._tiers(found, view)
        plan = bare_plan(
            view,
            objective=self.affected.objective,
            billing=self.billing,
            bounds=self._bounds(found, rows, tiers[-1].value),
            joined=found.solved.joined,
            rest=Rest(
                {key: own for key, own in self.state.rows_of.items() if key not in free},
                tiers,
                running_digest_of(self.state.digests),
            ),
        )
        return replace(plan, unplaced=self._unplaced(found, plan, None))

    def _tiers(self, found: Found, view: PlanView) -> tuple[Tier, ...]:
        """Return the tiers of everything; nothing is displaced."""
        objective = self.affected.objective
        missing = dict.fromkeys(self.affected.priorities, 0)
        for deployment, lacking in self._lacking(found):
            missing[deployment.priority] += lacking * deployment.weight
        factor = sum(term.factor for term in objective.terms)
        values = {
            class_name("unplaced", priority, self.affected.priorities): value
            for priority, value in missing.items()
        }
        first = (Tier(name, value, None) for name, value in (values | moves(view)).items())
        last = objective.check(view) + self._staying(found) * factor
        return (*first, Tier(objective.name, last, None, objective.unit, objective.scale))

    def _staying(self, found: Found) -> int:
        """Return what the rows cost, by share, that are taken over as they are."""
        costs = self.state.costs
        return sum(costs.values()) - sum(costs.get(key, 0) for key in self._free(found))

    def _lacking(self, found: Found) -> Sequence[tuple[ModelDeployment, int]]:
        """Return the enabled deployments that lack replicas, and how many."""
        if self._lacks is None or self._lacks[0] is not found:
            self._lacks = (found, tuple(self._find_lacking(found)))
        return self._lacks[1]

    def _find_lacking(self, found: Found) -> Iterator[tuple[ModelDeployment, int]]:
        placed = dict(self.state.placed)
        short = found.standing.short
        for key, wanted, missing in zip(found.keys, found.compiled.wanted, short, strict=True):
            stay = sum(row.replicas for row in self.affected.pinned(key, found.parts))
            placed[key] = stay + wanted - missing
        for key, deployment in self.after.by_key.items():
            lacking = deployment.replicas - placed.get(key, 0)
            if lacking > 0 and deployment.enabled:
                yield deployment, lacking

    # --------------------------------------------------------------- common

    def _unplaced(self, found: Found, plan: Plan, view: PlanView | None) -> tuple[Unplaced, ...]:
        """Return who lacks replicas; reasons are looked for only where the change has a say."""
        pairs = zip(found.keys, found.standing.short, strict=True)
        short = {key for key, missing in pairs if missing}
        if view is None and short:
            view = self._whole_view(found, self._rows(found))
        if view is not None:
            proved = plan.certificate is Certificate.GLOBAL
            return unplaced_rows(view, proved=proved, only=short)
        return tuple(
            Unplaced(*deployment.key, lacking, (LEFT_OUT,))
            for deployment, lacking in self._lacking(found)
        )

    def _bounds(
        self, found: Found, rows: Sequence[PlacedRow], value: int
    ) -> Mapping[str, int | None]:
        """Return the bounds of the whole state: those of what was free, and what is fixed."""
        known = {tier.name: tier.bound for tier in found.solved.bounds}
        proved = found.whole and self._is_first_settled(found, known)
        bounds: dict[str, int | None] = {}
        for priority, (inside, everywhere) in self._left_out(found).items():
            name = class_name("unplaced", priority, self.affected.priorities)
            bound = known.get(name, inside) if proved else inside
            bounds[name] = None if bound is None else bound - inside + everywhere
            lost = class_name("displaced", priority, self.affected.priorities)
            bounds[lost] = known.get(lost, 0) if proved else 0
        bounds[MOVES] = known.get(MOVES) if proved else found.least
        last = known.get(self.affected.objective.name)
        if self.affected.rebalance is not None:
            bounds[MOVES], last = 0, self._without_moves(found, known.get(REBALANCE))
        if last is not None:
            bounds[self.affected.objective.name] = last + value - self.affected.value_of(rows)
        return bounds

    def _is_first_settled(self, found: Found, known: Mapping[str, int | None]) -> bool:
        """Whether nothing more can be placed of what comes first, a tier that no plan shows."""
        compiled = found.compiled
        short = found.standing.short
        value = sum(short[d] * compiled.deployments[d].weight for d in compiled.strict)
        return value == 0 or known.get(STRICT) == value

    def _without_moves(self, found: Found, bound: int | None) -> int | None:
        """Return the bound of the last tier among plans with as many moves as this one."""
        saving, _ = self.affected.rebalance or (0, 0)
        return None if bound is None else -((saving * found.standing.moved - bound) // UNIT)

    def _left_out(self, found: Found) -> Mapping[int, tuple[int, int]]:
        """Return the weight that is not wanted by priority: in the problem, and of everything."""
        inside = dict.fromkeys(self.affected.priorities, 0)
        everywhere = dict(inside)
        compiled = found.compiled
        for seen, wanted in zip(compiled.deployments, compiled.wanted, strict=True):
            inside[seen.priority] += (seen.replicas - wanted) * seen.weight
        short = dict(zip(found.keys, found.standing.short, strict=True))
        for deployment, lacking in self._lacking(found):
            unwanted = lacking - short.get(deployment.key, 0)
            everywhere[deployment.priority] += unwanted * deployment.weight
        return {priority: (inside[priority], everywhere[priority]) for priority in inside}


def _cost(rows: Iterable[Assignment]) -> int:
    return sum(row.cost for row in rows)


def _key_of(row: Assignment) -> Key:
    return row.key
