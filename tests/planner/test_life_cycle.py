"""The life of a model from Python: planned, committed and read back, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from placement.endpoints import endpoints
from placement.errors import StaleError
from placement.planner import Planner
from placement.store.store import Store
from placement.workspace.transitions import restore
from tests.store.conftest import server, store, url
from tests.store.fleet import chat, fleet

__all__ = ["server", "store", "url"]


def commit(store: Store, preview) -> None:
    store.commit(preview, expected=store.head().serial, author="ann")


def callable_versions(store: Store) -> dict[str, str]:
    head = store.head()
    assert head.catalog is not None
    return {one.environment: one.version for one in endpoints(head.workspace, head.catalog)}


def test_a_model_is_released_deployed_and_rolled_back(store: Store) -> None:
    planner = Planner(fleet())

    def today():
        return store.head().workspace

    commit(store, planner.deploy(today(), chat("A")))
    commit(store, planner.deploy(today(), chat("B", environment="development")))
    assert callable_versions(store) == {"production": "A", "development": "B"}

    preview = planner.release(today(), "chat", source="development", target="production")
    assert preview.plan.transition.uncallable == (("chat", "production", "A"),)
    assert callable_versions(store)["production"] == "A", "nothing has happened yet"
    commit(store, preview)
    assert callable_versions(store) == {"production": "B", "development": "B"}

    commit(store, planner.deploy(today(), chat("C", environment="development")))
    assert callable_versions(store) == {"production": "B", "development": "C"}

    previous = store.previous("chat", "production")
    found = restore(today(), "chat", environment="production", deployment=previous.deployment)
    commit(store, planner.transact(found))
    assert callable_versions(store) == {"production": "A", "development": "C"}
    assert all(one.ok for one in store.replay())


def test_what_runs_is_what_was_shown(store: Store) -> None:
    planner = Planner(fleet())
    preview = planner.deploy(store.head().workspace, chat("A", replicas=6))
    commit(store, preview)
    assert store.head().workspace.running == preview.plan.assignments
    assert store.plan(1).digest == preview.digest
    again = planner.plan(store.head().workspace)
    assert {step.action for step in again.changes} <= {"keep"}


def test_a_preview_of_an_earlier_state_is_stale(store: Store) -> None:
    planner = Planner(fleet())
    commit(store, planner.deploy(store.head().workspace, chat("A")))
    late = planner.deploy(store.head().workspace, chat("B"), serial=store.head().serial)
    commit(store, planner.deploy(store.head().workspace, chat("C")))
    with pytest.raises(StaleError):
        store.commit(late, expected=1, author="ann")
    assert callable_versions(store) == {"production": "C"}


def test_a_refused_release_changes_nothing(store: Store) -> None:
    planner = Planner(fleet())
    commit(store, planner.deploy(store.head().workspace, chat("A", replicas=30)))
    commit(store, planner.deploy(store.head().workspace, chat("B", environment="development")))
    preview = planner.release(
        store.head().workspace, "chat", source="production", target="development"
    )
    assert preview.refusal is not None
    assert preview.refusal.reason == "capacity"
    assert preview.workspace is preview.before
    assert preview.changes == ()
