"""A commit writes what its preview shows, on the state it was made for, or nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from placement import InputError, Plan, Planner, StaleError
from placement.errors import VerificationError
from placement.plan.rows import Status
from placement.store.schema import ASSIGNMENTS, OBJECTS
from placement.store.store import Store
from placement.workspace.refusal import Refusal, RefusalReason
from placement.workspace.transitions import (
    TransitionKind,
    between,
    delete,
    deploy,
    put_environment,
    release,
    set_enabled,
)
from placement.workspace.workspace import Environment
from tests.store.fleet import chat, commit, deploy_once, fleet, preview_of


def fingerprint(store):
    """Return all that a failed commit must leave as it was."""
    head = store.head()
    return head.lineage, head.serial, head.digest, head.workspace, len(store.history())


def test_an_empty_store_asks_for_nothing(store):
    head = store.head()
    assert (head.serial, head.catalog, head.workspace.deployments) == (0, None, ())
    assert set(head.workspace.environments) == {"development", "production"}
    assert head.digest == store.state_digest()
    assert store.history() == ()


def test_what_is_committed_is_read_back(store, url):
    preview = preview_of(deploy(store.head().workspace, chat(replicas=3)))
    entry = store.commit(preview, expected=0, author="ann", reason="first")
    for reader in (store, Store.open(url)):
        with reader:
            head = reader.head()
            assert head.workspace == preview.workspace
            assert head.workspace.running == preview.plan.assignments
            assert (head.serial, head.catalog, head.digest) == (1, fleet(), entry.state_digest)
            assert reader.plan(1) == preview.plan
            assert reader.plan(1).digest == preview.digest == entry.plan_digest
            assert reader.entry(1) == entry


def test_what_others_commit_is_seen(store, url):
    deploy_once(store, chat("A"))
    with Store.open(url) as other:
        deploy_once(other, chat("B"))
    assert store.head().workspace.by_key["chat", "production"].version == "B"
    assert deploy_once(store, chat("C")).parent == 2


def test_an_entry_says_who_did_what_and_why(store):
    entry = deploy_once(store, chat("B"), author="ann", reason="it is better")
    assert (entry.serial, entry.parent) == (1, 0)
    assert (entry.author, entry.reason, entry.kind) == ("ann", "it is better", "deploy")
    assert entry.arguments == {"model": "chat", "environment": "production", "version": "B"}
    assert entry.at.utcoffset().total_seconds() == 0


def test_every_kind_of_change_is_read_back(store, url):
    ways = (
        lambda w: deploy(w, chat(replicas=2, environment="development", labels={"a": "b"})),
        lambda w: put_environment(w, Environment(name="staging", releases_from=("development",))),
        lambda w: release(w, "chat", source="development", target="staging"),
        lambda w: set_enabled(w, "chat", environment="staging", enabled=False),
        lambda w: delete(w, "chat", environment="development"),
    )
    for way in ways:
        preview = commit(store, way(store.head().workspace))
        with Store.open(url) as other:
            assert other.head().workspace == preview.workspace
    assert [entry.kind for entry in store.history()] == [
        "delete",
        "disable",
        "release",
        "put-environment",
        "deploy",
    ]


def test_only_what_differs_is_written(store):
    for number in range(3):
        deploy_once(store, chat(model=f"m{number}"))
    deploy_once(store, chat("B", model="m1"))
    with store._database.reading() as connection:
        for table in (OBJECTS, ASSIGNMENTS):
            count = select(func.count()).select_from(table)
            assert connection.scalar(count.where(table.c.from_serial == 4)) == 1
            assert connection.scalar(count.where(table.c.to_serial == 4)) == 1
            assert connection.scalar(count) == 4


def test_rows_that_stay_are_not_written_again(store, url):
    deploy_once(store, chat(replicas=9))  # 4 + 4 + 1
    deploy_once(store, chat(replicas=11))  # 4 + 4 + 3
    with store._database.reading() as connection:
        ended = select(ASSIGNMENTS.c.node, ASSIGNMENTS.c.to_serial).order_by(ASSIGNMENTS.c.id)
        assert connection.execute(ended).all() == [
            ("aws-t4/0", None),
            ("aws-t4/1", None),
            ("aws-t4/2", 2),
            ("aws-t4/2", None),
        ]
    with Store.open(url) as other:
        assert [row.replicas for row in other.head().workspace.running] == [4, 4, 3]
        assert [row.replicas for row in other.snapshot(1).workspace.running] == [4, 4, 1]


def test_shares_on_one_node_are_told_apart(store, url):
    for replicas in (3, 5, 2):
        head = store.head()
        transition = deploy(
            head.workspace, chat(replicas=replicas, resources={"gpus": Decimal("0.5")})
        )
        preview = Planner(fleet()).transact(transition)
        store.commit(preview, expected=head.serial, author="ann")
        with Store.open(url) as other:
            assert other.head().workspace.running == preview.plan.assignments
    assert {row.gpu for row in store.snapshot(2).workspace.running} == {0, 1, 2}
    assert all(step.ok for step in store.replay())


def test_a_change_made_for_another_serial_is_stale(store):
    early = preview_of(deploy(store.head().workspace, chat("A")))
    deploy_once(store, chat("B"), author="bob")
    before = fingerprint(store)
    with pytest.raises(
        StaleError, match=r"made for serial 0.*newest is 1.*1 by bob \(deploy\)"
    ) as e:
        store.commit(early, expected=0, author="ann")
    assert (e.value.expected, e.value.newest, len(e.value.since)) == (0, 1, 1)
    assert fingerprint(store) == before


def test_a_serial_in_the_plan_counts_too(store):
    preview = preview_of(deploy(store.head().workspace, chat()), serial=3)
    with pytest.raises(
        StaleError, match="serial 3, which the plan answers, is not the one of serial 0"
    ):
        store.commit(preview, expected=0, author="ann")


def test_a_preview_of_another_workspace_is_stale(store):
    deploy_once(store, chat(model="other"))
    elsewhere = preview_of(deploy(store.snapshot(0).workspace, chat()))
    before = fingerprint(store)
    with pytest.raises(StaleError, match="what runs today is not the one of serial 1"):
        store.commit(elsewhere, expected=1, author="ann")
    assert fingerprint(store) == before


def test_a_workspace_that_others_changed_is_stale_though_the_same_runs(store):
    preview = preview_of(deploy(store.head().workspace, chat(replicas=0)))
    commit(store, put_environment(store.head().workspace, Environment(name="staging")))
    with pytest.raises(StaleError, match="the workspace before is not the one of serial 1"):
        store.commit(preview, expected=1, author="ann")


def test_a_refused_change_is_not_committed(store):
    preview = preview_of(deploy(store.head().workspace, chat()))
    refusal = Refusal(RefusalReason.CAPACITY, "3 replicas of `chat` do not fit")
    refused = replace(preview, plan=replace(preview.plan, refusal=refusal))
    with pytest.raises(InputError, match=r"PL708 .*refused.*3 replicas of `chat` do not fit"):
        store.commit(refused, expected=0, author="ann")
    assert store.head().serial == 0


@pytest.mark.parametrize("status", [Status.INFEASIBLE, Status.UNKNOWN])
def test_a_plan_without_an_answer_is_not_committed(store, status):
    preview = preview_of(deploy(store.head().workspace, chat()))
    empty = replace(preview.plan, status=status)
    with pytest.raises(InputError, match=f"PL708 a plan that is {status} cannot be committed"):
        store.commit(replace(preview, plan=empty), expected=0, author="ann")


def test_a_plan_that_breaks_a_rule_is_not_committed(store):
    preview = preview_of(deploy(store.head().workspace, chat(replicas=4)))
    row = preview.plan.assignments[0]
    crowded = replace(row, replicas=9, gpus=9000, cost=row.cost // 4 * 9)
    wrong = replace(preview.plan, assignments=(crowded,))
    shown = preview.before.with_running(wrong)
    with pytest.raises(VerificationError, match="broke a rule and is not committed"):
        store.commit(replace(preview, plan=wrong, workspace=shown), expected=0, author="ann")
    assert store.head().serial == 0


def test_a_preview_that_shows_something_else_is_not_committed(store):
    preview = preview_of(deploy(store.head().workspace, chat()))
    with pytest.raises(VerificationError, match="does not make the workspace"):
        store.commit(replace(preview, workspace=preview.before), expected=0, author="ann")


def test_a_record_that_makes_another_workspace_is_not_committed(store):
    preview = preview_of(deploy(store.head().workspace, chat("A")))
    other = preview_of(deploy(store.head().workspace, chat("B"))).plan.transition
    wrong = replace(preview, plan=replace(preview.plan, transition=other))
    with pytest.raises(StaleError, match="the workspace that the plan answers"):
        store.commit(wrong, expected=0, author="ann")


def test_a_record_that_deletes_what_is_not_there_is_stale(store):
    preview = preview_of(deploy(store.head().workspace, chat("A")))
    gone = replace(preview.plan.transition, delete=({"kind": "Policy", "name": "us"},))
    wrong = replace(preview, plan=replace(preview.plan, transition=gone))
    with pytest.raises(StaleError, match=r"the workspace before \('us' is not there\)"):
        store.commit(wrong, expected=0, author="ann")


def test_a_record_with_a_wrong_document_is_stale(store):
    preview = preview_of(deploy(store.head().workspace, chat("A")))
    (document,) = preview.plan.transition.put
    bent = {**document, "spec": {**document["spec"], "policies": ["us"]}}
    wrong = replace(preview.plan, transition=replace(preview.plan.transition, put=(bent,)))
    with pytest.raises(StaleError, match="policy `us` does not exist"):
        store.commit(replace(preview, plan=wrong), expected=0, author="ann")


def test_rows_of_an_earlier_template_are_replaced_even_if_they_look_alike(store):
    deploy_once(store, chat("A", resources={"cpus": 1}))
    transition = deploy(store.head().workspace, chat("A", resources={"cpus": 2}))
    assert transition.after.replaced
    preview = preview_of(transition)
    assert {str(change.action) for change in preview.changes} == {"place", "remove"}
    assert store.commit(preview, expected=1, author="ann").serial == 2


def test_a_plan_without_a_transition_changes_rows_only(store):
    deploy_once(store, chat(replicas=2))
    head = store.head()
    same = between(head.workspace, head.workspace, kind=TransitionKind.CAPACITY)
    preview = preview_of(same)
    bare = replace(preview, plan=replace(preview.plan, transition=None))
    entry = store.commit(bare, expected=1, author="ann")
    assert (entry.kind, entry.arguments) == ("plan", {})


def test_a_new_catalog_comes_with_a_commit(store, url):
    deploy_once(store, chat())
    head = store.head()
    dearer = fleet(price=0.75)
    capacity = between(head.workspace, head.workspace, kind=TransitionKind.CAPACITY)
    store.commit(preview_of(capacity, catalog=dearer), expected=1, author="ann")
    with Store.open(url) as other:
        assert other.head().catalog == dearer
        assert other.snapshot(1).catalog == fleet()
        assert other.catalog(dearer.digest).name == "fleet"


class TestPlanFiles:
    """``commit_plan``: all there is is the document."""

    def plan(self, store, *, serial=None, catalog=None):
        head = store.head()
        preview = preview_of(deploy(head.workspace, chat("B")), serial=serial, catalog=catalog)
        return Plan.from_json(preview.plan.to_json())

    def test_a_plan_from_a_file_is_committed_as_it_was_shown(self, store):
        plan = self.plan(store)
        entry = store.commit_plan(plan, catalog=fleet(), author="ann", reason="from a file")
        assert (entry.serial, entry.kind, entry.plan_digest) == (1, "deploy", plan.stated_digest)
        assert store.head().workspace.by_key["chat", "production"].version == "B"
        assert store.plan(1) == plan

    def test_the_recorded_catalog_is_found(self, store, url):
        deploy_once(store, chat("A"))
        plan = self.plan(store, serial=1)
        with Store.open(url) as other:
            assert other.commit_plan(plan, author="ann").serial == 2

    def test_a_catalog_that_nobody_recorded_is_asked_for(self, store):
        with pytest.raises(InputError, match=r"PL709 catalog `sha256:.*` is not recorded"):
            store.commit_plan(self.plan(store), author="ann")

    def test_another_catalog_than_that_of_the_plan_is_stale(self, store):
        with pytest.raises(StaleError, match="the catalog is not the one"):
            store.commit_plan(self.plan(store), catalog=fleet(price=0.75), author="ann")

    @pytest.mark.parametrize("serial", [None, 0])
    def test_a_plan_is_committed_once(self, store, serial):
        plan = self.plan(store, serial=serial)
        store.commit_plan(plan, catalog=fleet(), author="ann")
        before = fingerprint(store)
        with pytest.raises(StaleError):
            store.commit_plan(plan, catalog=fleet(), author="ann")
        assert fingerprint(store) == before

    def test_a_plan_that_changes_nothing_is_committed_once(self, store):
        head = store.head()
        nothing = between(head.workspace, head.workspace, kind=TransitionKind.CAPACITY)
        plan = Plan.from_json(preview_of(nothing).plan.to_json())
        store.commit_plan(plan, catalog=fleet(), author="ann")
        with pytest.raises(StaleError, match="committed before, as serial 1"):
            store.commit_plan(plan, author="ann")

    def test_without_a_serial_an_older_catalog_is_stale(self, store):
        nothing = between(*[store.head().workspace] * 2, kind=TransitionKind.CAPACITY)
        store.commit(preview_of(nothing, catalog=fleet(price=2.0)), expected=0, author="ann")
        with pytest.raises(StaleError, match="the catalog is not the one of serial 1"):
            store.commit_plan(self.plan(store), catalog=fleet(), author="ann")

    def test_a_file_that_was_edited_is_refused(self, store):
        text = self.plan(store).to_json()
        edited = Plan.from_json(text.replace('"fromNode":null', '"fromNode":"aws-t4/3"'))
        with pytest.raises(InputError, match="PL708 the plan was changed: it states sha256:"):
            store.commit_plan(edited, catalog=fleet(), author="ann")
        assert store.head().serial == 0


def test_threads_may_share_a_store(store):
    from concurrent.futures import ThreadPoolExecutor

    done = SimpleNamespace(stale=0)

    def work(number):
        while True:
            try:
                return deploy_once(store, chat(model=f"m{number}"), author=str(number))
            except StaleError:
                done.stale += 1

    with ThreadPoolExecutor(4) as pool:
        serials = [entry.serial for entry in pool.map(work, range(8))]
    assert sorted(serials) == list(range(1, 9))
    assert len(store.head().workspace.deployments) == 8


def test_a_plan_is_checked_without_being_written(url):
    with Store.open(url) as store:
        deploy_once(store, chat())
        before = store.head()
        plan = preview_of(deploy(before.workspace, chat("B")), serial=before.serial).plan
        store.check_plan(plan)
        assert (store.head().serial, store.lease()) == (before.serial, None)
        store.commit_plan(plan, author="ann")
        with pytest.raises(StaleError):
            store.check_plan(plan)


def test_a_serial_beyond_all_counting_is_not_recorded(url):
    with Store.open(url) as store:
        for read in (store.entry, store.plan):
            with pytest.raises(InputError, match="PL709"):
                read(10**30)
