"""One change as a transaction: what it concerns is solved, judged, ordered, verified, previewed."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.drafting import AFFECTED, Draft, Drafter
from placement.errors import VerificationError
from placement.options import Billing, Course, Progress
from placement.plan.changes import diff
from placement.plan.record import record_of
from placement.plan.rows import Status, TransitionRecord
from placement.plan.waves import check, order
from placement.preview import Preview
from placement.problem.affected import Affected
from placement.problem.tiers import REBALANCE, STRICT
from placement.refusals import Judge
from placement.solvers.change import ChangeSolver
from placement.solvers.limits import Limits
from placement.solvers.ordered import solve_ordered
from placement.solvers.standing import Found
from placement.verifier import verify, verify_change
from placement.workspace.refusal import Conflict, Refusal, RefusalReason
from placement.workspace.transitions import TransitionKind, policy_difference

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.constraints.base import Violation
    from placement.objectives.mix import Mix
    from placement.options import Leave, SolveOptions
    from placement.plan.plan import Plan
    from placement.plan.rows import Change, PolicyDifference
    from placement.problem.compiler import Mask
    from placement.problem.ledger import Key
    from placement.problem.state import State
    from placement.problem.stranding import Kinds
    from placement.workspace.assignment import Assignment
    from placement.workspace.transitions import Transition


@dataclass(frozen=True)
class Touched:
    """All rows on the nodes that a change touches, and of the deployments it concerns."""

    running: tuple[Assignment, ...]
    planned: tuple[Assignment, ...]


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
    kinds : Kinds or None
        What should find room later.
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
        kinds: Kinds | None = None,
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
        self.kinds = kinds
        self.serial = serial
        self.warnings = warnings
        self.stats = stats
        self.remember = remember
        self.course = Course()
        self.affected: Affected | None = None
        self.judge: Judge | None = None
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
        affected = self.affected = Affected(
            self.state,
            self.transition,
            objective=self.objective,
            bill_nodes=self.options.billing is Billing.NODE,
            masks=self.masks,
            anew=self.anew,
            retry=self.leave.retry_unplaced,
            rebalance=self._rebalance(),
            kinds=self.kinds,
        )
        judge = self.judge = Judge(affected, self.leave, forgiving=self.anew)
        refusal = judge.before_solving()
        if refusal is not None:
            return self._refused(refusal)
        solver = ChangeSolver(
            affected,
            self.limits,
            report=self._report,
            gap=self.options.gap,
            firm=not self.leave.partial,
        )
        found = solver.solve()
        refusal = judge.after_solving(found)
        if refusal is not None:
            return self._refused(refusal)
        ordered = self._ordered(affected, found, judge)
        return self._refused(ordered) if isinstance(ordered, Refusal) else self._accepted(ordered)

    def _rebalance(self) -> tuple[int, int] | None:
        wish = self.leave.rebalance
        if wish is None:
            return None
        saving = round(wish.min_saving * self.objective.scale)
        return saving, int(wish.max_moves * UNIT)

    def _report(self, tier: str, value: int, bound: int | None) -> None:
        if tier in (STRICT, REBALANCE):
            return
        scale = self.objective.scale if tier == self.objective.name else UNIT
        shown = None if bound is None else bound / scale
        seconds = time.monotonic() - self.started
        progress = Progress(f"{tier} ({AFFECTED})", value / scale, shown, seconds)
        self.course.note(progress)
        if self.options.on_progress is not None:
            self.options.on_progress(progress)

    # ------------------------------------------------------------------ order

    def _ordered(self, affected: Affected, found: Found, judge: Judge) -> Draft | Refusal:
        """Return a draft that can be reached wave by wave, the fewest moves first."""
        drafter = Drafter(affected, billing=self.options.billing)
        draft = self._in_waves(drafter.draft(found))
        if draft is not None:
            return draft
        ordered = solve_ordered(affected, found, self.limits)
        if ordered.found is None:
            return _no_order(proved=ordered.proved)
        refusal = judge.after_solving(ordered.found)
        if refusal is not None:
            return _no_order(proved=not refusal.is_undecided)
        draft = self._in_waves(drafter.draft(ordered.found))
        return _no_order(proved=False) if draft is None else draft

    def _in_waves(self, draft: Draft) -> Draft | None:
        """Return a draft with its waves, or None if none were found."""
        before, after = self.transition.before, self.transition.after
        touched = self._touched(draft)
        waves = order(self.catalog, before, after, touched.planned, running=touched.running).waves
        return None if waves is None else replace(draft, plan=replace(draft.plan, waves=waves))

    def _touched(self, draft: Draft) -> Touched:
        """Return what runs and what is planned on the nodes that the change touches."""
        today = self.transition.before.running_by_key
        nodes = self._changing(draft)
        running = [row for key in draft.rows for row in today.get(key, ()) if row.node in nodes]
        planned = [row for rows in draft.rows.values() for row in rows if row.node in nodes]
        others = [row for row in self._on(nodes) if row.key not in draft.rows]
        if self.options.billing is Billing.NODE:  # who shares a node with others pays another part
            stay = [row for row in draft.plan.assignments if row.key not in draft.rows]
            return Touched(
                tuple(running + others), (*planned, *(row for row in stay if row.node in nodes))
            )
        return Touched(tuple(running + others), tuple(planned + others))

    def _changing(self, draft: Draft) -> frozenset[str]:
        """Return the nodes on which something comes, goes or is replaced."""
        replaced = self.transition.after.replaced
        today = self.transition.before.running_by_key
        old: Counter[tuple[object, ...]] = Counter()
        new: Counter[tuple[object, ...]] = Counter()
        for key, rows in draft.rows.items():
            for row in today.get(key, ()):
                old[key, row.node, row.gpu, key in replaced, row.version] += row.replicas
            for row in rows:
                new[key, row.node, row.gpu, False, row.version] += row.replicas
        return frozenset(str(place[1]) for place in (old - new) + (new - old))

    def _on(self, nodes: Iterable[str]) -> Iterator[Assignment]:
        """Yield what runs on some nodes before the change."""
        ledger = self.state.ledger
        for node in sorted(nodes):
            number = ledger.fleet.number(node)
            if number is not None:
                yield from (row for row, _ in ledger.rows_on.get(number, ()))

    def _accepted(self, draft: Draft) -> Preview:
        transition, plan = self.transition, draft.plan
        stopped = None if plan.status is Status.OPTIMAL else self._stopped_by(plan)
        plan = replace(
            plan,
            basis=replace(plan.basis, serial=self.serial),
            transition=self._record(draft),
            policy_difference=self._difference(),
            warnings=(*transition.warnings, *self.warnings),
            reproducible=stopped in (None, "budget", "gap"),
            stopped_by=stopped,
            stats=self._stats(),
        )
        self._check(draft, plan)
        state = self.state.then(transition.after, plan, draft.rows)
        self.remember(state)
        return Preview(transition.before, self.catalog, plan, state.workspace)

    def _check(self, draft: Draft, plan: Plan) -> None:
        """Verify what the change touches, given that all was right before it.

        Other policies or another fleet touch everything. A commit verifies everything, always.
        """
        everything = self.anew or self.transition.edits_policies
        broken = self._judge_all(plan) if everything else self._judge_touched(draft, plan)
        if broken:
            listed = "\n".join(str(violation) for violation in broken[:20])
            raise VerificationError(f"the plan broke a rule and is withheld:\n{listed}")

    def _judge_all(self, plan: Plan) -> tuple[Violation, ...]:
        return verify(
            self.catalog,
            self.transition.after,
            plan,
            before=self.transition.before,
            billing=self.options.billing,
            objective=self.options.objective,
        ).violations

    def _judge_touched(self, draft: Draft, plan: Plan) -> tuple[Violation, ...]:
        before, after = self.transition.before, self.transition.after
        touched = self._touched(draft)
        found = verify_change(
            self.catalog,
            after,
            self._rows_of(draft),
            _by_node(touched.planned),
            deployments=[*draft.rows],
            before=before,
            billing=self.options.billing,
        )
        part = replace(plan, assignments=touched.planned)
        small = before.revised(running=touched.running)
        changes = self._changes(draft)
        return (*found, *check(self.catalog, small, after, part, changes=changes))

    def _changes(self, draft: Draft) -> tuple[Change, ...]:
        """Return what changes of the deployments whose rows may have; all others keep theirs."""
        known = self.transition.before.running_by_key
        running = tuple(row for key in draft.rows for row in known.get(key, ()))
        planned = [row for rows in draft.rows.values() for row in rows]
        return diff(self.transition.after.revised(running=running), self.catalog, planned)

    def _rows_of(self, draft: Draft) -> Mapping[Key, tuple[Assignment, ...]]:
        return {**self.state.rows_of, **draft.rows}

    def _stopped_by(self, plan: Plan) -> str:
        if self._cancelled():
            return "cancel"
        if self.limits.over():
            return "time-limit"
        *first, last = plan.tiers
        enough = all(tier.proved for tier in first) and last.is_within(self.options.gap)
        return "gap" if enough else "budget"

    def _record(self, draft: Draft) -> TransitionRecord:
        today = self.transition.before.running_by_key
        return record_of(
            self.transition,
            chain.from_iterable(today.get(key, ()) for key in draft.rows),
            chain.from_iterable(draft.rows.values()),
            cost_before=self.state.recorded,
            cost_after=draft.cost,
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
        return found if found.added or found.removed else None

    def _refused(self, refusal: Refusal) -> Preview:
        """Return the preview of a change that is not made."""
        return Preview.refused(
            self.transition.before,
            self.catalog,
            refusal,
            asked=self.transition.after,
            serial=self.serial,
            stats=self._stats(),
        )

    def _stats(self) -> Mapping[str, Any]:
        seconds = round(time.monotonic() - self.started, 3)
        compiled = {} if self.affected is None else {"compiled": dict(self.affected.compiled)}
        course = {"progress": self.course.told()}
        return MappingProxyType({"seconds": seconds, **course, **compiled, **self.stats})


def _by_node(rows: Iterable[Assignment]) -> Mapping[str, tuple[Assignment, ...]]:
    found: defaultdict[str, list[Assignment]] = defaultdict(list)
    for row in rows:
        found[row.node].append(row)
    return {node: tuple(own) for node, own in found.items()}


def _no_order(*, proved: bool) -> Refusal:
    if proved:
        message = "no order of the steps keeps every node within its capacity"
        conflict = Conflict("order", (), message, proved=True)
        return Refusal(RefusalReason.NO_ORDER, message, (conflict,))
    message = "no order of the steps was found that keeps every node within its capacity"
    return Refusal(RefusalReason.ORDER_UNKNOWN, message)
