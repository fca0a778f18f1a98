"""One change as a transaction: what it concerns is solved, judged, ordered, verified, previewed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.errors import VerificationError
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.document import running_digest
from placement.plan.plan import Plan
from placement.plan.rows import Basis, Certificate, Status, TransitionRecord
from placement.plan.view import PlacedRow, PlanView
from placement.plan.waves import order
from placement.preview import Preview
from placement.problem.affected import Affected
from placement.problem.decode import placed_rows
from placement.problem.tiers import MOVES, STRICT
from placement.reasons import unplaced_rows
from placement.refusals import Judge
from placement.solvers.change import ChangeSolver, Found
from placement.solvers.limits import Limits
from placement.solvers.ordered import solve_ordered
from placement.verifier import verify
from placement.workspace.dumping import to_document
from placement.workspace.refusal import Conflict, Refusal, RefusalReason
from placement.workspace.transitions import TransitionKind, policy_difference

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.objectives.mix import Mix
    from placement.options import SolveOptions
    from placement.plan.rows import Change, PolicyDifference
    from placement.problem.compiler import Mask
    from placement.problem.state import State
    from placement.workspace.transitions import Transition

AFFECTED = "affected"
Waves = tuple[tuple["Change", ...], ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """What a caller allows a change to do.

    Attributes
    ----------
    partial : bool
        Fewer replicas than wanted of what must be placed whole, but ``minReplicas`` and one.
    evict : bool
        Running replicas that have no allowed place any more become unplaced.
    retry_unplaced : bool
        Replicas that were unplaced before are wanted again.
    """

    partial: bool = False
    evict: bool = False
    retry_unplaced: bool = False


class Transaction:
    """One call of ``Planner.transact``.

    Parameters
    ----------
    state : State
        Before the change, counted on the catalog that holds after it.
    transition : Transition
    objective : Mix
    options : SolveOptions
    leave : Leave
    masks : dict
        Policy masks by meaning, of the catalog.
    anew : bool
        Whether the catalog differs from the one the running rows were placed on.
    serial : int or None
        Of the stored state that ``transition.before`` is.
    warnings : tuple of str
        About names, to be told beside those of the transition.
    stats : mapping
        What the plan tells besides the seconds.
    remember : callable
        Given the state after the change.
    """

    def __init__(
        self,
        state: State,
        transition: Transition,
        *,
        objective: Mix,
        options: SolveOptions,
        leave: Leave,
        masks: dict[str, Mask],
        anew: bool = False,
        serial: int | None = None,
        warnings: tuple[str, ...] = (),
        stats: Mapping[str, Any],
        remember: Callable[[State], None] = lambda state: None,
    ) -> None:
        self.started = time.monotonic()
        self.state = state
        self.transition = transition
        self.objective = objective
        self.options = options
        self.leave = leave
        self.masks = masks
        self.anew = anew
        self.serial = serial
        self.warnings = warnings
        self.stats = stats
        self.remember = remember
        self.catalog: Catalog = state.ledger.fleet.catalog
        limit = options.time_limit
        self.limits = Limits(
            deadline=None if limit is None else self.started + limit,
            seed=options.seed,
            stopped=self._cancelled,
        )

    def _cancelled(self) -> bool:
        return self.options.cancel is not None and self.options.cancel.is_set()

    def preview(self) -> Preview:
        """Return what the change would do, or why it is refused."""
        affected = Affected(
            self.state,
            self.transition,
            objective=self.objective,
            bill_nodes=self.options.billing is Billing.NODE,
            masks=self.masks,
            anew=self.anew,
            retry=self.leave.retry_unplaced,
        )
        judge = Judge(affected, self.leave, forgiving=self.anew)
        refusal = judge.before_solving()
        if refusal is not None:
            return self.refused(refusal)
        solver = ChangeSolver(affected, self.limits, report=self._report, gap=self.options.gap)
        found = solver.solve()
        refusal = judge.after_solving(found)
        if refusal is not None:
            return self.refused(refusal)
        ordered = self._ordered(affected, found, judge)
        return self.refused(ordered) if isinstance(ordered, Refusal) else self._accepted(ordered)

    def _report(self, tier: str, value: int, bound: int | None) -> None:
        if tier != STRICT and self.options.on_progress is not None:
            from placement.options import Progress

            scale = self.objective.scale if tier == self.objective.name else 1000
            shown = None if bound is None else bound / scale
            seconds = time.monotonic() - self.started
            self.options.on_progress(Progress(tier, value / scale, shown, seconds))

    # ------------------------------------------------------------------ order

    def _ordered(self, affected: Affected, found: Found, judge: Judge) -> Plan | Refusal:
        """Return a plan that can be reached wave by wave, the fewest moves first."""
        plan = self._draft(affected, found)
        waves = self._waves(plan)
        if waves is not None:
            return replace(plan, waves=waves)
        ordered = solve_ordered(affected, found, self.limits)
        if ordered.found is None:
            return _no_order(proved=ordered.proved)
        refusal = judge.after_solving(ordered.found)
        if refusal is not None:
            return _no_order(proved=not refusal.is_undecided)
        plan = self._draft(affected, ordered.found)
        waves = self._waves(plan)
        return _no_order(proved=False) if waves is None else replace(plan, waves=waves)

    def _waves(self, plan: Plan) -> Waves | None:
        before, after = self.transition.before, self.transition.after
        return order(self.catalog, before, after, plan.assignments).waves

    # ------------------------------------------------------------------- plan

    def _draft(self, affected: Affected, found: Found) -> Plan:
        """Return the plan of the whole state after the change, without waves and reasons."""
        rows = placed_rows(
            self.catalog, found.compiled.deployments, found.solved.cells, found.solved.layout
        )
        view = PlanView(
            self.catalog,
            self.transition.after,
            tuple(sorted((*rows, *self._others(found)), key=lambda row: row.order)),
            self.transition.after.running,
        )
        plan = bare_plan(
            view,
            objective=self.objective,
            billing=self.options.billing,
            bounds=self._bounds(affected, found, rows, view),
            joined=found.solved.joined,
        )
        *first, last = plan.tiers
        unplaced = unplaced_rows(view, proved=plan.certificate is Certificate.GLOBAL)
        return replace(plan, tiers=(*first, replace(last, scope=AFFECTED)), unplaced=unplaced)

    def _others(self, found: Found) -> Iterator[PlacedRow]:
        """Yield the rows of all deployments that were not free."""
        own = {*found.keys, *self.transition.removed}
        for key, rows in self.state.rows_of.items():
            if key in own:
                continue
            deployment = self.transition.after.by_key[key]
            for row in rows:
                place = self.catalog.find_node(row.node)
                if place is not None:
                    yield PlacedRow(deployment, *place, row.gpu, row.replicas)

    def _bounds(
        self,
        affected: Affected,
        found: Found,
        rows: tuple[PlacedRow, ...],
        view: PlanView,
    ) -> Mapping[str, int | None]:
        """Return the bounds of the whole state: those of what was free, and what is fixed."""
        known = {tier.name: tier.bound for tier in found.solved.bounds}
        bounds: dict[str, int | None] = {}
        for name, floor, outside in self._outside(affected, found):
            bound = known.get(name) if found.whole else floor
            bounds[name] = None if bound is None else bound + outside
        bounds[MOVES] = known.get(MOVES) if found.whole else found.least
        last = known.get(self.objective.name)
        if last is not None:
            fixed = self.objective.check(view) - affected.value_of(rows)
            bounds[self.objective.name] = last + fixed
        return bounds

    def _outside(self, affected: Affected, found: Found) -> Iterator[tuple[str, int, int]]:
        """Yield (tier, floor of what was free, value of what was not) of the unplaced tiers."""
        classes = found.compiled.priorities
        free = set(found.keys)
        floors, outside = dict.fromkeys(classes, 0), dict.fromkeys(classes, 0)
        for deployment, wanted in zip(
            found.compiled.deployments, found.compiled.wanted, strict=True
        ):
            left = (deployment.replicas - wanted) * deployment.weight
            floors[deployment.priority] += left
        for deployment in self.transition.after.deployments:
            if deployment.enabled and deployment.key not in free:
                placed = sum(r.replicas for r in self.state.rows_of.get(deployment.key, ()))
                left = (deployment.replicas - placed) * deployment.weight
                outside[deployment.priority] += left
        for priority in classes:
            name = "unplaced" if len(classes) == 1 else f"unplaced:{priority}"
            yield name, floors[priority], outside[priority]
            yield name.replace("unplaced", "displaced"), 0, 0

    def _accepted(self, plan: Plan) -> Preview:
        transition = self.transition
        stopped = None if plan.status is Status.OPTIMAL else self._stopped_by()
        plan = replace(
            plan,
            basis=replace(plan.basis, serial=self.serial),
            transition=self._record(plan),
            policy_difference=self._difference(),
            warnings=(*transition.warnings, *self.warnings),
            reproducible=stopped in (None, "budget"),
            stopped_by=stopped,
            stats=self._stats(),
        )
        report = verify(
            self.catalog,
            transition.after,
            plan,
            before=transition.before,
            billing=self.options.billing,
            objective=self.options.objective,
        )
        if not report.ok:
            listed = "\n".join(str(violation) for violation in report.violations[:20])
            raise VerificationError(f"the plan broke a rule and is withheld:\n{listed}")
        after = transition.after.with_running(plan)
        return Preview(transition.before, self.catalog, plan, after)

    def _stopped_by(self) -> str:
        if self._cancelled():
            return "cancel"
        return "time-limit" if self.limits.over() else "budget"

    def _record(self, plan: Plan) -> TransitionRecord:
        transition = self.transition
        return TransitionRecord(
            kind=str(transition.kind),
            arguments=transition.arguments,
            put=tuple(to_document(one) for one in transition.put),
            delete=tuple(_dropped(key) for key in transition.dropped),
            replaced=tuple(sorted(transition.after.replaced)),
            uncallable=transition.uncallable,
            cost_before=sum(row.cost for row in transition.before.running),
            cost_after=sum(row.cost for row in plan.assignments),
        )

    def _difference(self) -> PolicyDifference | None:
        if self.transition.kind is not TransitionKind.RELEASE:
            return None
        asked = self.transition.arguments
        found = policy_difference(
            self.transition.after,
            asked["model"],
            source=asked["source"],
            target=asked["target"],
        )
        return found or None

    def refused(self, refusal: Refusal) -> Preview:
        """Return the preview of a change that is not made."""
        before = self.transition.before
        status = Status.UNKNOWN if refusal.is_undecided else Status.INFEASIBLE
        plan = Plan(
            status=status,
            certificate=Certificate.NONE,
            tiers=(),
            assignments=(),
            unplaced=(),
            changes=(),
            basis=Basis(
                catalog=self.catalog.digest,
                workspace=self.transition.after.digest,
                running=running_digest(before.running),
                serial=self.serial,
            ),
            refusal=refusal,
            stats=self._stats(),
        )
        return Preview(before, self.catalog, plan, before)

    def _stats(self) -> Mapping[str, Any]:
        seconds = round(time.monotonic() - self.started, 3)
        return MappingProxyType({"seconds": seconds, **self.stats})


def _dropped(key: tuple[str, ...]) -> Mapping[str, str]:
    names = ("kind", "name", "environment")
    return MappingProxyType(dict(zip(names, key, strict=False)))


def _no_order(*, proved: bool) -> Refusal:
    if proved:
        message = "no order of the steps keeps every node within its capacity"
        conflict = Conflict("order", (), message, proved=True)
        return Refusal(RefusalReason.NO_ORDER, message, (conflict,))
    message = "no order of the steps was found that keeps every node within its capacity"
    return Refusal(RefusalReason.ORDER_UNKNOWN, message)
