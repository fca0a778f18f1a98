"""The history can be asked, read at any serial, and made again from the plans alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from placement import InputError, InternalFaultError
from placement.store import catalogs
from placement.store.reading import pack_plan
from placement.store.schema import ASSIGNMENTS, CATALOGS, HISTORY, OBJECTS
from placement.store.store import Store
from placement.workspace.transitions import delete, put_environment, release
from placement.workspace.workspace import Environment
from tests.store.fleet import chat, commit, deploy_once, fleet


@pytest.fixture
def told(store):
    """A store with a little history: chat, embed, then chat to production."""
    deploy_once(store, chat("A", environment="development", replicas=2))
    deploy_once(store, chat("1", model="embed"))
    commit(store, put_environment(store.head().workspace, Environment(name="staging")))
    workspace = store.head().workspace
    commit(store, release(workspace, "chat", source="development", target="production"))
    commit(store, delete(store.head().workspace, "embed", environment="production"))
    return store


def serials(entries):
    return [entry.serial for entry in entries]


def test_newest_first_and_as_many_as_asked_for(told):
    assert serials(told.history()) == [5, 4, 3, 2, 1]
    assert serials(told.history(limit=2)) == [5, 4]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"model": "chat"}, [4, 1]),
        ({"model": "embed"}, [5, 4, 2]),  # the release pushed it off its first node
        ({"environment": "production"}, [5, 4, 2]),
        ({"environment": "development"}, [1]),
        ({"environment": "staging"}, [3]),
        ({"model": "chat", "environment": "production"}, [4]),
        ({"model": "chat", "environment": "staging"}, []),
        ({"model": "chat", "limit": 1}, [4]),
        ({"model": "nobody"}, []),
    ],
)
def test_asked_for_a_name_it_tells_what_concerns_it(told, asked, found):
    assert serials(told.history(**asked)) == found


def test_a_deployment_that_only_moved_is_concerned(store):
    deploy_once(store, chat(model="b", replicas=4))
    deploy_once(store, chat(model="a", replicas=1))  # goes first, and pushes one replica away
    assert serials(store.history(model="b")) == [2, 1]


def test_every_serial_can_be_read(store, url):
    states = [store.head()]
    for number in range(6):
        deploy_once(store, chat(str(number), model=f"m{number % 3}", replicas=1 + number % 2))
        states.append(store.head())
    with Store.open(url) as other:
        for serial, state in enumerate(states):
            found = other.snapshot(serial)
            assert found == state
            assert found.digest == state.digest
        assert other.head() == states[-1]


@pytest.mark.parametrize("serial", [-1, 6, 2**40])
def test_a_serial_that_is_not_recorded_is_an_error(told, serial):
    for ask in (told.snapshot, told.entry, told.plan):
        with pytest.raises(InputError, match=f"PL709 serial {serial} is not recorded, .* is 5"):
            ask(serial)


def test_the_empty_state_has_no_entry_and_no_plan(told):
    assert told.snapshot(0).workspace.deployments == ()
    for ask in (told.entry, told.plan):
        with pytest.raises(InputError, match="PL709 serial 0"):
            ask(0)


def test_an_unknown_catalog_is_an_error(told):
    with pytest.raises(InputError, match="PL709 catalog `sha256:0` is not recorded"):
        told.catalog("sha256:0")


def test_replaying_makes_every_state_again(told):
    replayed = list(told.replay())
    assert [step.entry for step in replayed] == list(reversed(told.history()))
    assert all(step.ok for step in replayed)
    assert [step.snapshot for step in replayed] == [told.snapshot(s) for s in range(1, 6)]


def test_an_empty_history_replays_to_nothing(store):
    assert list(store.replay()) == []


def tampered(store, statement):
    with store._database.writing() as connection:
        connection.execute(statement)
    return {step.entry.serial: step.faults for step in store.replay()}


def test_a_changed_row_is_noticed(told):
    found = tampered(told, update(ASSIGNMENTS).values(replicas=5).where(ASSIGNMENTS.c.id == 1))
    assert "the state in the tables has digest" in found[1][0]


def test_a_changed_cost_is_noticed(told):
    found = tampered(told, update(ASSIGNMENTS).values(cost=5).where(ASSIGNMENTS.c.id == 1))
    assert found[1] == ("the running rows in the tables are not those of the plan",)


def test_a_changed_document_is_noticed(told):
    other = {"document": text('replace(document, \'"version":"A"\', \'"version":"Z"\')')}
    found = tampered(told, update(OBJECTS).values(other).where(OBJECTS.c.name == "chat"))
    assert "the state in the tables has digest" in found[1][0]


def test_a_changed_digest_is_noticed(told):
    found = tampered(told, update(HISTORY).values(state_digest="x").where(HISTORY.c.serial == 3))
    assert [serial for serial, faults in found.items() if faults] == [3]
    assert len(found[3]) == 2


def test_an_exchanged_plan_is_noticed(told):
    other = pack_plan(told.plan(4))
    found = tampered(told, update(HISTORY).values(plan=other).where(HISTORY.c.serial == 1))
    assert "the plan has digest" in found[1][0]


def test_a_changed_catalog_is_noticed(told, url):
    dearer = catalogs.pack(fleet(price=0.75))
    with told._database.writing() as connection:
        connection.execute(update(CATALOGS).values(content=dearer))
    with Store.open(url) as other, pytest.raises(InternalFaultError, match="has digest"):
        other.head()


def test_plans_are_kept_small(told):
    with told._database.reading() as connection:
        content = connection.scalar(select(HISTORY.c.plan).where(HISTORY.c.serial == 1))
    assert len(content) < len(told.plan(1).to_json()) / 2


def test_a_catalog_is_kept_once(told):
    with told._database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM catalogs")) == 1
    assert told.catalog(fleet().digest) == fleet()
