"""Snapshot in, verified plan out: compile, solve, decode, verify.

The one place where the rooms meet. A ``Planner`` keeps compiled arrays between calls; no answer
depends on earlier calls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from placement.catalog.rows import UNIT
from placement.errors import (
    Diagnostic,
    InputError,
    ObjectiveRangeError,
    Severity,
    VerificationError,
)
from placement.objectives.mix import Mix, parse_objective
from placement.options import (
    Billing,
    CancelToken,
    Code,
    Leave,
    Progress,
    Rebalance,
    SolveOptions,
)
from placement.plan.assembly import bare_plan
from placement.plan.rows import Tier
from placement.plan.view import PlanView
from placement.preview import Preview
from placement.reasons import unplaced_rows
from placement.verifier import verify
from placement.workspace.names_check import check_names
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import TransitionKind, between, deploy, release
from placement.workspace.workspace import ModelDeployment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.problem.cells import Cell
    from placement.problem.fleet import Fleet
    from placement.problem.state import State
    from placement.recommendation import Recommendation
    from placement.solvers.exact import Solved
    from placement.solvers.greedy import Layout
    from placement.transaction import Transaction
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


class TransactOptions(TypedDict, total=False):
    """Keyword arguments of ``Planner.transact``."""

    catalog: Catalog | None
    allow_partial: bool
    evict: bool
    retry_unplaced: bool
    rebalance: Rebalance | None
    serial: int | None
    objective: str
    billing: Billing | str
    gap: float
    time_limit: float | None
    seed: int
    on_progress: Callable[[Progress], None] | None
    cancel: CancelToken | None


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
        self._lock = threading.Lock()
        self._warm: dict[str, _Warm] = {}

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
        return _Run(self.catalog, workspace, options, self._warm_for(self.catalog).masks).plan()

    # ---------------------------------------------------------------- changes

    def transact(
        self,
        transition: Transition,
        *,
        catalog: Catalog | None = None,
        allow_partial: bool = False,
        evict: bool = False,
        retry_unplaced: bool = False,
        rebalance: Rebalance | None = None,
        serial: int | None = None,
        objective: str = "cost",
        billing: Billing | str = Billing.SHARE,
        gap: float = 0.0,
        time_limit: float | None = None,
        seed: int = 0,
        on_progress: Callable[[Progress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> Preview:
        """Return what a change would do: nothing moves that need not, nothing has happened yet.

        Parameters
        ----------
        transition : Transition
            Of ``placement.workspace.transitions``.
        catalog : Catalog, optional
            The catalog that holds from now on, if capacity or prices changed. Such a change is a
            fact: it is never refused, and what fits is placed again.
        allow_partial : bool
            Fewer replicas than wanted may be placed, but ``minReplicas`` and at least one.
        evict : bool
            Running replicas that no rule allows any more may become unplaced.
        retry_unplaced : bool
            Replicas that were unplaced before are placed as well if they fit.
        rebalance : Rebalance, optional
            Replicas may move where that saves enough: moves and the last tier are minimised
            together, a moved GPU counting ``min_saving``.
        serial : int, optional
            Of the stored state that the change starts from.
        objective, billing, gap, time_limit, seed, on_progress, cancel
            As for ``plan``.

        Returns
        -------
        Preview
            With the plan of the whole state, or with a refusal and nothing changed.

        Raises
        ------
        InputError
            Names that the catalog does not have, or an unknown objective.
        """
        options = SolveOptions(
            objective=objective,
            billing=_billing(billing),
            gap=gap,
            time_limit=time_limit,
            seed=seed,
            on_progress=on_progress,
            cancel=cancel,
        )
        leave = Leave(
            partial=allow_partial, evict=evict, retry_unplaced=retry_unplaced, rebalance=rebalance
        )
        return self._transaction(transition, options, leave, catalog, serial).preview()

    def release(
        self,
        workspace: Workspace,
        model: str,
        *,
        source: str,
        target: str,
        keep: Iterable[str] = (),
        copy_policies: bool = False,
        **options: Unpack[TransactOptions],
    ) -> Preview:
        """Return what releasing a model from one environment over another would do.

        Parameters
        ----------
        keep : iterable of str
            What of the target's own is kept: ``replicas``, ``minReplicas``, ``priority``,
            ``spread``, ``rollout``.
        copy_policies : bool
            Whether the source's deployment-level policies replace the target's.
        **options
            As for ``transact``.
        """
        found = release(
            workspace,
            model,
            source=source,
            target=target,
            keep=keep,
            copy_policies=copy_policies,
        )
        return self._previewed(workspace, found, options)

    def deploy(
        self,
        workspace: Workspace,
        deployment: ModelDeployment,
        **options: Unpack[TransactOptions],
    ) -> Preview:
        """Return what putting a deployment in the place of what is there, if anything, would do."""
        return self._previewed(workspace, deploy(workspace, deployment), options)

    def apply_change(
        self,
        workspace: Workspace,
        after: Workspace | None = None,
        **options: Unpack[TransactOptions],
    ) -> Preview:
        """Return what other manifests or, with ``catalog``, another fleet would do.

        Parameters
        ----------
        after : Workspace, optional
            Everything that is asked from now on; ``workspace`` if absent.
        """
        kind = TransitionKind.CAPACITY if after is None else TransitionKind.APPLY
        found = between(workspace, workspace if after is None else after, kind=kind)
        return self._previewed(workspace, found, options)

    def recommend(
        self,
        workspace: Workspace,
        deployment: ModelDeployment,
        *,
        top: int = 5,
        objective: str = "cost",
    ) -> tuple[Recommendation, ...]:
        """Return the best node groups for a deployment as things are, nothing else moving.

        Parameters
        ----------
        workspace : Workspace
            With what runs; it need not hold the deployment yet. Replicas of it that run are taken
            to be free.
        top : int
            How many to return at most.

        Returns
        -------
        tuple of Recommendation
            From the best one; empty if no node group has room, or ``deployment`` breaks a policy
            everywhere.
        """
        from placement.problem.affected import Affected
        from placement.recommendation import recommended

        found = deploy(workspace, deployment)
        if isinstance(found, Refusal) or top < 1:
            return ()
        warm = self._warm_for(self.catalog)
        affected = Affected(
            warm.state(workspace),
            found,
            objective=_objective(SolveOptions(objective=objective)),
            bill_nodes=False,
            masks=warm.masks,
        )
        return recommended(affected, deployment, top)

    def _previewed(
        self,
        workspace: Workspace,
        found: Transition | Refusal,
        options: TransactOptions,
    ) -> Preview:
        if isinstance(found, Refusal):
            catalog = options.get("catalog") or self.catalog
            return Preview.refused(workspace, catalog, found, serial=options.get("serial"))
        return self.transact(found, **options)

    def _transaction(
        self,
        transition: Transition,
        options: SolveOptions,
        leave: Leave,
        catalog: Catalog | None,
        serial: int | None,
    ) -> Transaction:
        from placement.transaction import Transaction

        fleet = self.catalog if catalog is None else catalog
        warm = self._warm_for(fleet)
        objective = _objective(options)
        changed = [d for d in transition.put if isinstance(d, ModelDeployment)]
        asked = replace(transition.after, deployments=tuple(changed), running=())
        return Transaction(
            warm.state(transition.before),
            transition,
            objective=objective,
            options=options,
            leave=leave,
            masks=warm.masks,
            anew=fleet.digest != self.catalog.digest or transition.kind is TransitionKind.CAPACITY,
            serial=serial,
            warnings=_checked_names(asked, fleet),
            stats=MappingProxyType({"versions": _versions(), "options": _told(options)}),
            remember=warm.remember,
        )

    def _warm_for(self, catalog: Catalog) -> _Warm:
        with self._lock:
            warm = self._warm.get(catalog.digest)
            if warm is None:
                while len(self._warm) >= CATALOGS:
                    del self._warm[next(iter(self._warm))]
                warm = self._warm[catalog.digest] = _Warm(catalog)
            return warm


CATALOGS = 4
"""Catalogs whose arrays a planner keeps."""
STATES = 8
"""Workspaces per catalog whose running rows a planner keeps counted."""


class _Warm:
    """What is kept between calls on one catalog: only ever what could be computed again."""

    def __init__(self, catalog: Catalog) -> None:
        self.masks: dict[str, NDArray[np.bool_]] = {}
        self._catalog = catalog
        self._lock = threading.Lock()
        self._states: dict[int, State] = {}

    @cached_property
    def _fleet(self) -> Fleet:
        from placement.problem.fleet import Fleet

        return Fleet(self._catalog)

    def state(self, workspace: Workspace) -> State:
        """Return a workspace with its running rows counted."""
        from placement.problem.state import State

        with self._lock:
            known = self._states.get(id(workspace))
            if known is not None and known.workspace is workspace:
                return known
            state = State.of(workspace, self._fleet)
        self.remember(state)
        return state

    def remember(self, state: State) -> None:
        """Keep a state for the next call."""
        with self._lock:
            while len(self._states) >= STATES:
                del self._states[next(iter(self._states))]
            self._states[id(state.workspace)] = state


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
                "options": _told(self.options),
            }
        )


def _told(options: SolveOptions) -> Mapping[str, Any]:
    """Return the options that an answer depends on, as documents say them."""
    return {
        "objective": _objective(options).name,
        "billing": str(options.billing),
        "gap": options.gap,
        "seed": options.seed,
        "timeLimit": options.time_limit,
    }


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


@cache
def _versions() -> Mapping[str, str]:
    from importlib.metadata import version

    from placement import __version__

    return MappingProxyType({"placement": __version__, "ortools": version("ortools")})
