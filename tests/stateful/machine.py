"""A life of a store: whatever is asked in whatever order, the state stays sound."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from placement.constraints.registry import CONSTRAINTS
from placement.errors import StaleError
from placement.plan.plan import Plan
from placement.plan.rows import Action, Basis, Certificate, Status
from placement.planner import Planner
from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES
from placement.preview import Preview
from placement.store.store import Store
from placement.verifier import verify
from placement.workspace import transitions
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import Transition, TransitionKind
from placement.workspace.workspace import Environment, ModelDeployment, Workspace
from tests.stateful.fleet import (
    CHEAPEST,
    ENVIRONMENTS,
    POLICIES,
    crowds,
    deployments,
    planner_of,
    planners,
    policies,
)

RULES = {"assignments", *(rule.name for rule in CONSTRAINTS), *POLICY_TYPES}
"""What is judged of running rows alone."""
SOME = st.integers(0, 11)
"""Picks one of what there is."""

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files are fast: power is cut here by copying them, so no disk has to keep up."""

Asked = Transition | Refusal


class PowerCut(BaseException):
    """The process ends here."""


class LifeCycle(RuleBasedStateMachine):
    """Rules ask for changes; ``change`` previews, commits, and holds the answer to its word.

    ``seen`` counts over all examples of a class what came up.
    """

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="life-", dir=MEMORY))
        self.lives = 0
        self.store = Store.open(self.url)
        self.head = self.store.head()
        self.judged = self.head
        self.planner = planner_of()
        self.committed: list[tuple[Preview, int]] = []
        self.pending: tuple[Preview, int] | None = None

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/{self.lives}/state.db"

    @property
    def workspace(self) -> Workspace:
        return self.head.workspace

    @property
    def deployed(self) -> tuple[ModelDeployment, ...]:
        return self.workspace.deployments

    def pick(self, number: int) -> ModelDeployment:
        return self.deployed[number % len(self.deployed)]

    # --- what is asked --------------------------------------------------------------------

    @initialize(
        ones=crowds(),
        narrow=st.just(CHEAPEST) | st.lists(policies(), min_size=1, max_size=2),
    )
    def settle(self, ones: list[ModelDeployment], narrow: Sequence[Policy]) -> None:
        """Let the fleet be crowded and production narrow, and release into that."""
        self.change(transitions.put_environment(self.workspace, Environment(name="staging")))
        for policy in narrow:
            self.change(transitions.put_policy(self.workspace, policy))
            self.attach(policy.name, "production", evict=False)
        for one in ones:
            self.deploy(one)
        self.release_from(ones[0].name, "development", "production")

    @rule(one=deployments())
    def deploy(self, one: ModelDeployment) -> None:
        self.change(transitions.deploy(self.workspace, one))

    @precondition(lambda self: self.deployed)
    @rule(number=SOME, to=st.sampled_from(ENVIRONMENTS), partial=st.booleans())
    def release(self, number: int, to: str, partial: bool) -> None:
        name, source = self.pick(number).key
        self.release_from(name, source, to, allow_partial=partial)

    @rule(one=deployments("development"))
    def promote(self, one: ModelDeployment) -> None:
        """Deploy where everything is allowed, and release to where the policies are."""
        self.change(transitions.deploy(self.workspace, one))
        self.release_from(one.name, "development", "production")

    def release_from(self, name: str, source: str, to: str, **options: bool) -> None:
        asked = transitions.release(self.workspace, name, source=source, target=to)
        preview = self.change(asked, **options)
        if preview and any(tier.name == "moves" and tier.value for tier in preview.plan.tiers):
            self.seen["releases that move"] += 1

    @precondition(lambda self: self.deployed)
    @rule(number=SOME)
    def roll_back(self, number: int) -> None:
        name, environment = self.pick(number).key
        previous = self.store.previous(name, environment)
        if previous is None:
            return
        asked = transitions.restore(
            self.workspace, name, environment=environment, deployment=previous.deployment
        )
        if self.change(asked):
            self.seen["rollbacks"] += 1

    @rule(policy=policies(), evict=st.booleans())
    def put_policy(self, policy: Policy, evict: bool) -> None:
        self.change(transitions.put_policy(self.workspace, policy), evict=evict)

    @rule(
        policy=st.sampled_from(POLICIES),
        environment=st.sampled_from(ENVIRONMENTS),
        evict=st.booleans(),
    )
    def attach(self, policy: str, environment: str, evict: bool) -> None:
        asked = transitions.attach(self.workspace, policy, environment=environment)
        self.change(asked, evict=evict)

    @precondition(lambda self: self.deployed)
    @rule(policy=st.sampled_from(POLICIES), number=SOME, evict=st.booleans())
    def attach_to_one(self, policy: str, number: int, evict: bool) -> None:
        name, environment = self.pick(number).key
        asked = transitions.attach(self.workspace, policy, environment=environment, model=name)
        self.change(asked, evict=evict)

    @rule(policy=st.sampled_from(POLICIES), environment=st.sampled_from(ENVIRONMENTS))
    def detach(self, policy: str, environment: str) -> None:
        self.change(transitions.detach(self.workspace, policy, environment=environment))

    @precondition(lambda self: self.deployed)
    @rule(number=SOME, enabled=st.booleans())
    def switch(self, number: int, enabled: bool) -> None:
        name, environment = self.pick(number).key
        self.change(
            transitions.set_enabled(self.workspace, name, environment=environment, enabled=enabled)
        )

    @precondition(lambda self: self.deployed)
    @rule(number=SOME)
    def delete(self, number: int) -> None:
        name, environment = self.pick(number).key
        self.change(transitions.delete(self.workspace, name, environment=environment))

    @rule(planner=planners())
    def change_fleet(self, planner: Planner) -> None:
        asked = transitions.between(self.workspace, self.workspace, kind=TransitionKind.CAPACITY)
        assert self.change(asked, catalog=planner.catalog)
        self.planner = planner

    # --- what goes wrong ------------------------------------------------------------------

    @rule(one=deployments())
    def look(self, one: ModelDeployment) -> None:
        """Preview a change that is applied later, if at all."""
        preview = self.preview(transitions.deploy(self.workspace, one))
        if preview:
            self.pending = preview, self.head.serial

    @precondition(lambda self: self.pending)
    @rule()
    def apply_late(self) -> None:
        assert self.pending is not None
        preview, serial = self.pending
        if serial == self.head.serial:
            self.commit(preview)
        else:
            self.refuses_stale(preview, serial)
        self.pending = None

    @precondition(lambda self: self.committed)
    @rule()
    def apply_again(self) -> None:
        self.refuses_stale(*self.committed[-1])

    @rule(one=deployments())
    def cut_power(self, one: ModelDeployment) -> None:
        """End the process just before a commit is on disk, and open what the disk has."""
        preview = self.preview(transitions.deploy(self.workspace, one))
        if preview is None:
            return
        with patch("placement.store.store.give_back", self.copy_and_die), pytest.raises(PowerCut):
            self.store.commit(preview, expected=self.head.serial, author="life")
        self.store.close()
        self.lives += 1
        with patch("placement.store.leasing._is_alive", return_value=False):
            self.store = Store.open(self.url)
            self.is_still()
            self.commit(preview)
        self.seen["power cuts"] += 1

    def copy_and_die(self, *_: object) -> None:
        here = self.folder / str(self.lives)
        shutil.copytree(here, self.folder / str(self.lives + 1))
        raise PowerCut

    # --- what has to hold -----------------------------------------------------------------

    def preview(self, asked: Asked, **options: Any) -> Preview | None:
        """Return what a change would do, or None if it is refused: then nothing has changed."""
        if isinstance(asked, Refusal):
            self.seen["refusals"] += 1
            return None
        preview = self.planner.transact(asked, serial=self.head.serial, **options)
        if preview.refusal is None:
            self.check_kept(asked, preview)
            return preview
        self.check_refused(preview)
        self.is_still()
        return None

    def change(self, asked: Asked, **options: Any) -> Preview | None:
        """Preview a change and, unless it is refused, commit it."""
        preview = self.preview(asked, **options)
        if preview is None:
            return None
        assert isinstance(asked, Transition)
        if asked.kind is not TransitionKind.CAPACITY and not options.get("evict"):
            assert not any(tier.name.startswith("displaced") for tier in preview.plan.tiers)
        self.commit(preview)
        return preview

    def check_refused(self, preview: Preview) -> None:
        assert preview.refusal is not None
        self.seen["refusals"] += 1
        self.seen["proved conflicts"] += any(c.proved for c in preview.refusal.conflicts)
        assert preview.workspace is preview.before
        plan = preview.plan
        assert (plan.assignments, plan.changes, plan.waves) == ((), (), ())
        self.seen["undecided"] += preview.refusal.is_undecided

    def check_kept(self, asked: Transition, preview: Preview) -> None:
        """Rows and waves keep every rule; what no change names has the very rows that it had."""
        report = verify(preview.catalog, asked.after, preview.plan, before=asked.before)
        assert report.violations == ()
        touched = {*asked.changed, *asked.removed}
        touched |= {(c.model, c.environment) for c in preview.changes if c.action != Action.KEEP}
        before = [row for row in asked.before.running if row.key not in touched]
        after = [row for row in preview.plan.assignments if row.key not in touched]
        assert before == after

    def commit(self, preview: Preview) -> None:
        """Commit a preview: one serial more, and what was shown is what is there."""
        serial = self.head.serial
        entry = self.store.commit(preview, expected=serial, author="life")
        self.head, stored = self.store.head(), self.store.plan(entry.serial)
        assert (entry.parent, entry.serial, self.head.serial) == (serial, serial + 1, serial + 1)
        assert without_stats(stored) == without_stats(preview.plan)
        assert stored.digest == preview.digest == entry.plan_digest
        assert self.head.workspace == preview.workspace
        self.seen["commits"] += 1
        self.committed.append((preview, serial))

    def refuses_stale(self, preview: Preview, serial: int) -> None:
        with pytest.raises(StaleError):
            self.store.commit(preview, expected=serial, author="life")
        self.is_still()
        self.seen["stale"] += 1

    def is_still(self) -> None:
        """Nothing has changed in the tables, whatever the store remembers."""
        self.store._newest = None
        now = self.store.head()
        assert (now.serial, now.digest) == (self.head.serial, self.head.digest)

    @invariant()
    def what_runs_keeps_every_rule(self) -> None:
        head = self.head
        if head is self.judged or head.catalog is None:
            return
        self.judged = head
        assert head.catalog == self.planner.catalog
        plan = Plan(
            Status.FEASIBLE, Certificate.NONE, (), head.workspace.running, (), (), Basis("", "", "")
        )
        report = verify(head.catalog, head.workspace, plan)
        assert [str(found) for found in report.violations if found.rule in RULES] == []

    def teardown(self) -> None:
        try:
            self.replays()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def replays(self) -> None:
        """The plan documents alone lead to every state that was recorded."""
        replayed = list(self.store.replay())
        assert [fault for one in replayed for fault in one.faults] == []
        assert [one.entry.serial for one in replayed] == list(range(1, len(replayed) + 1))
        if replayed:
            assert replayed[-1].snapshot.digest == self.head.digest


def without_stats(plan: Plan) -> str:
    """Return the JSON document of a plan without what is no part of its digest."""
    return replace(plan, stats={}, stated_digest=None).to_json()
