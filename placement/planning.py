"""One whole plan: compile, solve, decode, verify."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.arguments import bad_argument, checked_names, objective_of, told
from placement.catalog.rows import UNIT
from placement.certificate import Recheck, state
from placement.errors import ObjectiveRangeError, VerificationError
from placement.memory import uncollected
from placement.objectives.tiers import tiers_of
from placement.options import Billing, Code, Course, Progress, SolveOptions
from placement.plan.assembly import bare_plan
from placement.plan.rows import SEARCH
from placement.plan.view import PlanView
from placement.reasons import unplaced_rows
from placement.unchanged import prices_of, unchanged
from placement.verifier import judge
from placement.verifier.rules import plan_faults

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.constraints.base import Violation
    from placement.plan.plan import Plan
    from placement.plan.prices import TierPrices
    from placement.plan.rows import Tier
    from placement.problem.cells import Cell
    from placement.problem.compiler import Compiled
    from placement.solvers.exact import Solved
    from placement.solvers.greedy import Layout
    from placement.solvers.limits import Limits
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True)
class _Known:
    """What is known of a placement: bounds by tier, what proves them, and why it ends there."""

    bounds: Mapping[str, int | None]
    prices: tuple[TierPrices, ...]
    joined: bool = False
    stopped_by: str | None = None


class Planning:
    """One call of ``Planner.plan``."""

    def __init__(
        self,
        catalog: Catalog,
        workspace: Workspace,
        options: SolveOptions,
        masks: dict[str, NDArray[np.bool_]],
    ) -> None:
        self.started = time.monotonic()
        self.catalog = catalog
        self.workspace = workspace
        self.options = options
        self.masks = masks
        self.objective = objective_of(options)
        self.warnings = checked_names(workspace, catalog)
        self.first: dict[str, Any] = {}
        self.course = Course()
        self.recheck = Recheck()

    def plan(self) -> Plan:
        """Return what runs if that is all that is asked; else compile, solve, decode, verify."""
        with uncollected():
            standing = unchanged(self.catalog, self.workspace)
            if standing is not None:
                return self._kept(standing)
        return self._solved()

    def _kept(self, view: PlanView) -> Plan:
        """Return what runs as the plan; it is all placed where it is, and so nothing is better."""
        tiers = tiers_of(view, self.objective)
        self._remember_first(tiers)
        for tier in tiers:
            self._report(tier.name, tier.value, tier.value)
        prices = prices_of(view, tiers)
        return self._verified(view, _Known({tier.name: tier.value for tier in tiers}, prices))

    def _compiled(self) -> Compiled:
        from placement.problem.compiler import compile_snapshot

        return compile_snapshot(
            self.workspace,
            self.catalog,
            objective=self.objective,
            bill_nodes=self.options.billing is Billing.NODE,
            masks=self.masks,
        )

    def _limits(self) -> Limits:
        from placement.solvers.limits import Limits

        limit = self.options.time_limit
        return Limits(
            deadline=None if limit is None else self.started + limit,
            seed=self.options.seed,
            stopped=self._cancelled,
        )

    def _solved(self) -> Plan:
        """Compile, solve, decode, verify."""
        from placement.solvers.pipeline import solve

        compiled, limits = self._compiled(), self._limits()
        deployments = compiled.deployments
        try:
            solved = solve(
                compiled,
                limits,
                first=lambda cells, layout: self._note_first(deployments, cells, layout),
                report=self._report,
                gap=self.options.gap,
                workers=self.options.workers,
            )
        except ObjectiveRangeError as error:
            advice = "give the weights of the mix fewer digits"
            raise bad_argument(Code.TOO_FINE, str(error), advice) from None
        known = _Known(
            {tier.name: tier.bound for tier in solved.bounds},
            solved.prices,
            joined=solved.joined,
            stopped_by=self._stopped_by(solved),
        )
        with uncollected():
            view = self._view(compiled.deployments, solved.cells, solved.layout)
            return self._verified(view, known)

    def _cancelled(self) -> bool:
        return self.options.cancel is not None and self.options.cancel.is_set()

    def _note_first(
        self, deployments: Sequence[ModelDeployment], cells: Sequence[Cell], layout: Layout
    ) -> None:
        """Judge the rows of the first plan and remember what it was worth."""
        with uncollected():
            view = self._view(deployments, cells, layout)
            _withhold(sorted(set(plan_faults(view))))
            self._remember_first(tiers_of(view, self.objective))

    def _remember_first(self, tiers: Sequence[Tier]) -> None:
        self.first = {
            "seconds": round(time.monotonic() - self.started, 3),
            "tiers": {tier.name: tier.value / tier.scale for tier in tiers},
        }

    def _report(self, tier: str, value: int, bound: int | None) -> None:
        seconds = time.monotonic() - self.started
        scale = self.objective.scale if tier == self.objective.name else UNIT
        shown = None if bound is None else bound / scale
        progress = Progress(tier, value / scale, shown, seconds)
        self.course.note(progress)
        if self.options.on_progress is not None:
            self.options.on_progress(progress)

    def _view(
        self, deployments: Sequence[ModelDeployment], cells: Sequence[Cell], layout: Layout
    ) -> PlanView:
        from placement.problem.decode import placed_rows

        rows = placed_rows(self.catalog, deployments, cells, layout)
        return PlanView(self.catalog, self.workspace, rows, self.workspace.running)

    def _stopped_by(self, solved: Solved) -> str | None:
        if solved.exact:
            return None
        if solved.cut:
            return "cancel" if self._cancelled() else "time-limit"
        return "budget" if solved.budget else None

    def _verified(self, view: PlanView, known: _Known) -> Plan:
        plan = self._finished(view, known)
        if self.options.confirm:
            plan = self._confirmed(plan, view, known)
        report = judge(
            self.catalog,
            self.workspace,
            plan,
            billing=self.options.billing,
            objective=self.options.objective,
            recheck=self.recheck,
        )
        _withhold(report.violations)
        return plan

    def _confirmed(self, plan: Plan, view: PlanView, known: _Known) -> Plan:
        """Return a plan whose bounds of a search a second solver was asked about.

        A bound that it refutes is withdrawn, down to what the prices of the plan prove.
        """
        from placement.solvers.second import HIGHS, Verdict, confirm

        asked = {t.name: t.bound for t in plan.tiers if t.proof == SEARCH and t.bound is not None}
        if not asked:
            return plan
        values = {tier.name: tier.value for tier in plan.tiers}
        verdicts = confirm(self._compiled(), values, asked, self._limits())
        refuted = [name for name in asked if verdicts[name] is Verdict.REFUTED]
        if refuted:
            bounds = {**known.bounds, **dict.fromkeys(refuted)}
            plan = self._finished(view, replace(known, bounds=bounds))
        confirmed = {name for name in asked if verdicts[name] is Verdict.CONFIRMED}
        tiers = tuple(
            replace(tier, confirmed_by=HIGHS)
            if tier.name in confirmed and tier.proof == SEARCH
            else tier
            for tier in plan.tiers
        )
        told = [_not_confirmed(t, refuted=t in refuted) for t in asked if t not in confirmed]
        return replace(plan, tiers=tiers, warnings=(*plan.warnings, *told))

    def _finished(self, view: PlanView, known: _Known) -> Plan:
        plan = bare_plan(
            view,
            objective=self.objective,
            billing=self.options.billing,
            bounds=known.bounds,
            joined=known.joined,
        )
        plan = state(view, plan, self.objective, known.prices, recheck=self.recheck)
        proved = all(tier.proved for tier in plan.tiers[:-1])
        stopped_by = known.stopped_by
        if stopped_by == "budget" and proved and plan.tiers[-1].is_within(self.options.gap):
            stopped_by = "gap"
        return replace(
            plan,
            unplaced=unplaced_rows(view, proved=proved),
            warnings=self.warnings,
            reproducible=stopped_by in (None, "budget", "gap"),
            stopped_by=stopped_by,
            stats=self._stats(),
        )

    def _stats(self) -> Mapping[str, Any]:
        return MappingProxyType(
            {
                "seconds": round(time.monotonic() - self.started, 3),
                "firstPlan": self.first,
                "progress": self.course.told(),
                **told(self.options),
            }
        )


def _not_confirmed(tier: str, *, refuted: bool) -> str:
    if refuted:
        return f"a second solver refuted the bound of `{tier}`, which is withdrawn"
    return f"the bound of `{tier}` is not confirmed: a second solver did not prove it in its limits"


def _withhold(violations: Sequence[Violation]) -> None:
    """Raise VerificationError if a plan broke any rule."""
    if violations:
        listed = "\n".join(str(violation) for violation in violations[:20])
        raise VerificationError(f"the plan broke a rule and is withheld:\n{listed}")
