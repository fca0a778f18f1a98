"""Snapshot in, verified plan out: compile, solve, decode, verify.

The one place where the rooms meet. A ``Planner`` keeps compiled arrays between calls; no answer
depends on earlier calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.errors import (
    Diagnostic,
    InputError,
    ObjectiveRangeError,
    Severity,
    VerificationError,
)
from placement.objectives.mix import Mix, parse_objective
from placement.options import Billing, CancelToken, Code, Progress, SolveOptions
from placement.plan.assembly import bare_plan
from placement.plan.rows import Tier
from placement.plan.view import PlanView
from placement.reasons import unplaced_rows
from placement.verifier import verify
from placement.workspace.names_check import check_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.problem.cells import Cell
    from placement.solvers.exact import Solved
    from placement.solvers.greedy import Layout
    from placement.workspace.workspace import ModelDeployment, Workspace


class Planner:
    """Plans workspaces on one catalog.

    Parameters
    ----------
    catalog : Catalog

    Notes
    -----
    Thread-safe: what is kept between calls is only ever added to, and equal keys hold equal
    values.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._masks: dict[str, NDArray[np.bool_]] = {}

    def plan(
        self,
        workspace: Workspace,
        *,
        objective: str = "cost",
        billing: Billing | str = Billing.SHARE,
        gap: float = 0.0,
        time_limit: float | None = None,
        seed: int = 0,
        workers: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Plan:
        """Return a verified plan for everything that is asked and everything that runs.

        Parameters
        ----------
        workspace : Workspace
            With today's rows in ``running`` (see ``Workspace.with_running``).
        objective : str
            ``cost``, ``carbon``, ``latency`` or a mix such as ``mix:cost=1,carbon=0.05``.
        billing : Billing or str
            ``share`` or ``node``.
        gap : float
            Relative gap of the last tier at which the solve may end; 0 asks for a proof.
        time_limit : float, optional
            Wall limit in seconds. Without one only the budget of work ends a solve, and equal
            input gives a byte-identical document (``stats`` aside).
        seed : int
        workers : int, optional
            How many independent parts are solved at once.
        on_progress : callable, optional
            Called with a ``Progress`` whenever a tier improves or is closed; from other
            threads, but never from two at once.
        cancel : CancelToken, optional
            ``is_set()`` ends the solve; the best verified plan so far is returned.

        Returns
        -------
        Plan

        Raises
        ------
        InputError
            Names that the catalog does not have, or an unknown objective.
        VerificationError
            The plan broke a rule: a fault of this package, nothing is handed out.
        """
        options = SolveOptions(
            objective=objective,
            billing=_billing(billing),
            gap=gap,
            time_limit=time_limit,
            seed=seed,
            workers=workers,
            on_progress=on_progress,
            cancel=cancel,
        )
        return _Run(self.catalog, workspace, options, self._masks).plan()


class _Run:
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
        self.objective = _objective(options)
        self.warnings = _checked_names(workspace, catalog)
        self.first: dict[str, Any] = {}

    def plan(self) -> Plan:
        """Compile, solve, decode, verify."""
        from placement.problem.compiler import compile_snapshot
        from placement.solvers.limits import Limits
        from placement.solvers.pipeline import solve

        compiled = compile_snapshot(
            self.workspace,
            self.catalog,
            objective=self.objective,
            bill_nodes=self.options.billing is Billing.NODE,
            masks=self.masks,
        )
        limit = self.options.time_limit
        limits = Limits(
            deadline=None if limit is None else self.started + limit,
            seed=self.options.seed,
            stopped=self._cancelled,
        )
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
            raise _argument(Code.TOO_FINE, str(error), advice) from None
        view = self._view(compiled.deployments, solved.cells, solved.layout)
        bounds = {tier.name: tier.bound for tier in solved.bounds}
        return self._verified(view, bounds, self._stopped_by(solved), joined=solved.joined)

    def _cancelled(self) -> bool:
        return self.options.cancel is not None and self.options.cancel.is_set()

    def _note_first(
        self, deployments: Sequence[ModelDeployment], cells: Sequence[Cell], layout: Layout
    ) -> None:
        """Verify the first plan and remember what it was worth."""
        plan = self._verified(self._view(deployments, cells, layout), {}, None)
        self.first = {
            "seconds": round(time.monotonic() - self.started, 3),
            "tiers": {tier.name: tier.value / tier.scale for tier in plan.tiers},
        }

    def _report(self, tier: str, value: int, bound: int | None) -> None:
        if self.options.on_progress is not None:
            seconds = time.monotonic() - self.started
            scale = self.objective.scale if tier == self.objective.name else UNIT
            shown = None if bound is None else bound / scale
            self.options.on_progress(Progress(tier, value / scale, shown, seconds))

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

    def _verified(
        self,
        view: PlanView,
        bounds: Mapping[str, int | None],
        stopped_by: str | None,
        *,
        joined: bool = False,
    ) -> Plan:
        plan = self._finished(view, bounds, stopped_by, joined=joined)
        report = verify(
            self.catalog,
            self.workspace,
            plan,
            billing=self.options.billing,
            objective=self.options.objective,
        )
        if not report.ok:
            listed = "\n".join(str(violation) for violation in report.violations[:20])
            raise VerificationError(f"the plan broke a rule and is withheld:\n{listed}")
        return plan

    def _finished(
        self,
        view: PlanView,
        bounds: Mapping[str, int | None],
        stopped_by: str | None,
        *,
        joined: bool = False,
    ) -> Plan:
        plan = bare_plan(
            view,
            objective=self.objective,
            billing=self.options.billing,
            bounds=bounds,
            joined=joined,
        )
        proved = all(tier.proved for tier in plan.tiers[:-1])
        if stopped_by == "budget" and proved and _within(plan.tiers[-1], self.options.gap):
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
                "versions": _versions(),
                "options": {
                    "objective": self.objective.name,
                    "billing": str(self.options.billing),
                    "gap": self.options.gap,
                    "seed": self.options.seed,
                    "timeLimit": self.options.time_limit,
                },
            }
        )


def _within(tier: Tier, gap: float) -> bool:
    """Whether a tier is within a relative gap that was asked for."""
    return bool(gap) and tier.bound is not None and tier.value - tier.bound <= gap * tier.value


def _billing(text: Billing | str) -> Billing:
    try:
        return Billing(text)
    except ValueError:
        raise _argument(
            Code.BILLING, f"unknown billing `{text}`", "use `share` or `node`"
        ) from None


def _objective(options: SolveOptions) -> Mix:
    try:
        return parse_objective(options.objective, billing=options.billing)
    except ValueError as error:
        raise _argument(Code.OBJECTIVE, str(error), None) from None


def _argument(code: Code, message: str, suggestion: str | None) -> InputError:
    return InputError([Diagnostic("<python>", 1, 1, code, message, suggestion)])


def _checked_names(workspace: Workspace, catalog: Catalog) -> tuple[str, ...]:
    """Return the warnings about names; raise InputError if any is an error."""
    found = check_names(workspace, catalog.names)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InputError(found)
    return tuple(sorted({_sentence(finding) for finding in found}))


def _sentence(finding: Diagnostic) -> str:
    """Return a warning without its place, which is no part of what a plan depends on."""
    return finding.message + (f" ({finding.suggestion})" if finding.suggestion else "")


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    from placement import __version__

    return {"placement": __version__, "ortools": version("ortools")}
