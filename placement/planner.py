"""Snapshot in, verified plan out; change in, verified preview out.

The one place where the rooms meet. A ``Planner`` keeps compiled arrays between calls; no answer
depends on earlier calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from placement.arguments import billing_of, checked_names, objective_of, told
from placement.memory import uncollected
from placement.options import Billing, CancelToken, Leave, Progress, Rebalance, SolveOptions
from placement.planning import Planning
from placement.preview import Preview
from placement.warm import Warm
from placement.workspace.lookup import find_deployment
from placement.workspace.refusal import Conflict, Refusal, Repair
from placement.workspace.transitions import TransitionKind, between, deploy, release
from placement.workspace.workspace import PRODUCTION, ModelDeployment

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.explanation.values import Explanation
    from placement.headroom.values import Headroom
    from placement.plan.plan import Plan
    from placement.recommendation import Recommendation
    from placement.transaction import Transaction
    from placement.workspace.expected import Expected
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace

CATALOGS = 4
"""Catalogs whose arrays a planner keeps."""


class TransactOptions(TypedDict, total=False):
    """Keyword arguments of ``Planner.transact``."""

    catalog: Catalog | None
    allow_partial: bool
    evict: bool
    retry_unplaced: bool
    rebalance: Rebalance | None
    expected: Expected | None
    serial: int | None
    repairs: bool
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
        self._warm: dict[str, Warm] = {}

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
        confirm: bool = False,
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
        confirm : bool
            Whether a second solver is asked about bounds that only a search proved; see
            ``confirmed_by`` of a tier. A bound that it refutes is withdrawn with a warning.
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
            billing=billing_of(billing),
            gap=gap,
            time_limit=time_limit,
            seed=seed,
            workers=workers,
            confirm=confirm,
            on_progress=on_progress,
            cancel=cancel,
        )
        return Planning(self.catalog, workspace, options, self._warm_for(self.catalog).masks).plan()

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
        expected: Expected | None = None,
        serial: int | None = None,
        repairs: bool = False,
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
        expected : Expected, optional
            What should find room later: of nodes that are equally good, new replicas go where
            the least of what is free becomes useless to it.
        serial : int, optional
            Of the stored state that the change starts from.
        repairs : bool
            A refusal carries the cheapest changes that would make it fit, each of them tried, and
            a minimal conflict however large the fleet is. That may take some dozen plans.
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
            billing=billing_of(billing),
            gap=gap,
            time_limit=time_limit,
            seed=seed,
            on_progress=on_progress,
            cancel=cancel,
        )
        leave = Leave(
            partial=allow_partial, evict=evict, retry_unplaced=retry_unplaced, rebalance=rebalance
        )
        found = self._transaction(transition, options, leave, catalog, serial, expected)
        preview = found.preview()
        if not repairs or found.judge is None or preview.refusal is None:
            return preview
        from placement.repairs.changes import advised

        quiet = replace(options, on_progress=None)

        def is_made(asked: Transition, allowed: Leave, fleet: Catalog) -> bool:
            if cancel is not None and cancel.is_set():
                return False
            # Of another catalog only what is given is a fact; a repair that adds nodes is none.
            planner = self if catalog is not None or fleet is self.catalog else Planner(fleet)
            given = None if catalog is None else fleet
            again = planner._transaction(  # noqa: SLF001 - of the same class
                asked, quiet, allowed, given, None, expected
            )
            return again.preview().refusal is None

        return preview.explained(advised(found.judge, preview.refusal, transition, is_made))

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
            objective=objective_of(SolveOptions(objective=objective)),
            bill_nodes=False,
            masks=warm.masks,
        )
        return recommended(affected, deployment, top)

    # ---------------------------------------------------------------- answers

    def explain(
        self,
        workspace: Workspace,
        model: str,
        *,
        environment: str = PRODUCTION,
        region: str | None = None,
        country: str | None = None,
        flavor: str | None = None,
        node: str | None = None,
        objective: str = "cost",
    ) -> Explanation:
        """Return why a deployment may run where it may, and why one more replica may not elsewhere.

        Parameters
        ----------
        workspace : Workspace
            With what runs; every place is judged for one more replica beside it.
        model, environment : str
        region, country, flavor, node : str, optional
            A place that is asked about; together they narrow. A node may be a node group.
        objective : str
            What places are compared by: ``cost`` (by share), ``carbon``, ``latency`` or a mix.

        Returns
        -------
        Explanation

        Raises
        ------
        InputError
            If there is no such deployment, place or objective.
        """
        from placement.explanation.explain import explain
        from placement.explanation.question import Question

        deployment = find_deployment(workspace, model, environment)
        mix = objective_of(SolveOptions(objective=objective))
        checked_names(workspace.revised(deployments=(deployment,), running=()), self.catalog)
        question = Question(region=region, country=country, flavor=flavor, node=node)
        standing = self._warm_for(self.catalog).standing(workspace)
        with uncollected():
            return explain(standing, deployment, question, mix)

    # ------------------------------------------------------------ what does not fit

    def conflicts(
        self,
        workspace: Workspace,
        model: str | None = None,
        *,
        environment: str = PRODUCTION,
        plan: Plan | None = None,
        most: int = 10,
        cancel: CancelToken | None = None,
    ) -> tuple[Conflict, ...]:
        """Return what keeps deployments from having all their replicas placed.

        Parameters
        ----------
        workspace : Workspace
        model, environment : str, optional
            Ask about one deployment only; about all without ``model``.
        plan : Plan, optional
            A plan of the workspace on this catalog; it is planned anew if absent.
        most : int
            Conflicts to return at most. No two of them share a member.
        cancel : CancelToken, optional
            ``is_set()`` ends the search; what is not proved by then says so.

        Returns
        -------
        tuple of Conflict
            Empty if everything has its place. One that is not proved says so.

        Raises
        ------
        InputError
            Names that the catalog or the workspace does not have.
        """
        from placement.conflicts.finding import Finder, case_of
        from placement.repairs.setting import placed_by

        only = None if model is None else find_deployment(workspace, model, environment).key
        known = self.plan(workspace) if plan is None else plan
        finder = Finder(case_of(workspace, self.catalog), placed_by(known), cancel=cancel)
        return tuple(finder.find(most=most, only=only))

    def repairs(
        self,
        workspace: Workspace,
        conflict: Conflict,
        *,
        plan: Plan | None = None,
        most: int = 6,
        cancel: CancelToken | None = None,
    ) -> tuple[Repair, ...]:
        """Return the cheapest changes that resolve one conflict.

        Each was applied and planned: with it every deployment of the conflict has all its
        replicas, beside everything that has a place in ``plan``, which may move.

        Parameters
        ----------
        workspace : Workspace
        conflict : Conflict
            Of ``conflicts`` for this workspace.
        plan : Plan, optional
            As for ``conflicts``.
        most : int
            Repairs to return at most.
        cancel : CancelToken, optional
            ``is_set()`` ends the search; the repairs found by then are returned.
        """
        from placement.conflicts.finding import case_of
        from placement.repairs.setting import placed_by, setting
        from placement.repairs.trouble import Trouble
        from placement.repairs.trying import find_repairs

        if not conflict.parts:
            return ()
        known = self.plan(workspace) if plan is None else plan
        trouble = Trouble(case_of(workspace, self.catalog), conflict, placed_by(known))
        keys = {deployment.key for deployment in trouble.deployments}
        before = setting(workspace, known, keys)

        def fits(after: Workspace, catalog: Catalog) -> bool:
            stopped = cancel is not None and cancel.is_set()
            return not stopped and self._has_room(after, catalog, cancel)

        return find_repairs(trouble, before, fits, most=most)

    def _has_room(self, workspace: Workspace, catalog: Catalog, cancel: CancelToken | None) -> bool:
        """Whether everything that lacks a place finds one, everything else keeping one."""
        planner = self if catalog.digest == self.catalog.digest else Planner(catalog)
        same = between(workspace, workspace, kind=TransitionKind.CAPACITY)
        preview = planner.transact(same, retry_unplaced=True, cancel=cancel)
        return preview.refusal is None and not preview.plan.unplaced

    def headroom(self, workspace: Workspace, deployment: ModelDeployment) -> Headroom:
        """Return how many more replicas of a deployment fit, nothing else moving, and where.

        Parameters
        ----------
        workspace : Workspace
            With what runs; it need not hold the deployment. Running replicas of it, also of
            another version, stay and count in its ``spread``.
        deployment : ModelDeployment
            Its policies, labels, flavors, resources and rules about domains and others are kept;
            ``replicas``, ``minReplicas`` and ``enabled`` are not asked.

        Returns
        -------
        Headroom
            With the things that are most in the way of more.

        Raises
        ------
        InputError
            Names that the catalog does not have.
        """
        from placement.headroom.count import headroom

        checked_names(replace(workspace, deployments=(deployment,)), self.catalog)
        return headroom(workspace, self.catalog, deployment)

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
        expected: Expected | None,
    ) -> Transaction:
        from placement.transaction import Transaction

        fleet = self.catalog if catalog is None else catalog
        warm = self._warm_for(fleet)
        objective = objective_of(options)
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
            kinds=None if expected is None else warm.kinds(expected, transition.after),
            serial=serial,
            warnings=checked_names(asked, fleet),
            stats=told(options),
            remember=warm.remember,
        )

    def _warm_for(self, catalog: Catalog) -> Warm:
        with self._lock:
            warm = self._warm.get(catalog.digest)
            if warm is None:
                while len(self._warm) >= CATALOGS:
                    del self._warm[next(iter(self._warm))]
                warm = self._warm[catalog.digest] = Warm(catalog)
            return warm
