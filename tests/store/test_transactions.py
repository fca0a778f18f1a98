"""A commit is one transaction: whichever statement fails, nothing of it is there."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from placement import LockedError, Store
from placement.store.engine import Database
from placement.store.schema import META
from tests.store.fleet import chat, deploy_once, fleet


class Failpoint(Exception):
    pass


class Tap:
    """Sees every statement of a store, and fails at one of them."""

    def __init__(self, store, *, fail_at=None):
        self.said = []
        self.fail_at = fail_at
        self.engine = store._database._writer.engine
        event.listen(self.engine, "before_cursor_execute", self.hear)

    def hear(self, connection, cursor, statement, parameters, context, executemany):
        self.said.append(" ".join(statement.split()[:3]))
        if len(self.said) - 1 == self.fail_at:
            raise Failpoint

    def __enter__(self):
        return self.said

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self.hear)


def test_a_commit_writes_between_one_beginning_and_one_end(tmp_path):
    with Store.open(str(tmp_path / "state.db")) as store:
        deploy_once(store, chat("A"))
        heard = []
        store._database.close()  # the next connection is a new one, and is listened to
        event.listen(
            store._database._writer.engine,
            "connect",
            lambda connection, _: connection.set_trace_callback(heard.append),
        )
        deploy_once(store, chat("B"))
    words = [" ".join(line.split()[:3]) for line in heard]
    begin = len(words) - 1 - words[::-1].index("BEGIN IMMEDIATE")
    commit = words.index("COMMIT", begin)
    writes = [w for w in words if w.startswith(("INSERT", "UPDATE", "DELETE"))]
    inside = [w for w in words[begin:commit] if w.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert inside == [
        "INSERT INTO history",
        "UPDATE objects SET",
        "INSERT INTO objects",
        "UPDATE assignments SET",
        "INSERT INTO assignments",
        "UPDATE meta SET",
        "DELETE FROM lease",
    ]
    assert [w for w in writes if w not in inside] == ["INSERT INTO lease"]
    assert not {"COMMIT", "ROLLBACK", "BEGIN"} & set(words[begin + 1 : commit])


def test_whichever_statement_fails_nothing_is_written(store):
    deploy_once(store, chat("A"))
    before = store.head()
    with Tap(store) as said:
        deploy_once(store, chat("B"), catalog=fleet(price=0.75))
    number = len(said)
    assert number >= 10
    failed = 0
    for index in range(number):
        with Store.open(url_of(store)) as other:
            state = other.head()
            with Tap(other, fail_at=index), pytest.raises(Failpoint):
                deploy_once(other, chat(f"C{index}"), catalog=fleet(price=2 + index))
        with Store.open(url_of(store)) as other:
            assert other.head() == state
            assert other.lease() is None
            assert all(step.ok for step in other.replay())
            failed += 1
    assert failed == number
    assert store.head().serial == before.serial + 1


def url_of(store):
    return store._database.address.url.render_as_string(hide_password=False).replace(
        "sqlite+pysqlite", "sqlite"
    )


def test_readers_see_nothing_of_a_commit_until_it_is_done(store, url):
    deploy_once(store, chat("A"))
    with Store.open(url) as other:
        with store._database.writing() as connection:
            connection.execute(META.update().values(serial=7))
            assert other._database.reading() is not None
            with other._database.reading() as reader:
                assert reader.scalar(META.select().with_only_columns(META.c.serial)) == 1
        with other._database.reading() as reader:
            assert reader.scalar(META.select().with_only_columns(META.c.serial)) == 7


def test_a_reader_sees_one_state_from_beginning_to_end(tmp_path, server):
    with Store.open(server.new_database()) as store, store._database.reading() as reader:
        first = reader.scalar(META.select().with_only_columns(META.c.serial))
        deploy_once(store, chat())
        assert reader.scalar(META.select().with_only_columns(META.c.serial)) == first == 0


def test_a_row_cannot_refer_to_a_serial_that_is_not_there(store):
    with pytest.raises(IntegrityError), store._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO objects VALUES ('Policy', 'p', '', '{}', 99, NULL)")


def test_who_finds_the_file_locked_is_told_so(tmp_path):
    with Store.open(str(tmp_path / "state.db"), wait=0.2) as store:
        other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LockedError, match=r"somebody else used the store for 0\.2 s"):
            store.head()
        other.close()
        assert store.head().serial == 0


def test_who_finds_a_row_locked_is_told_so(server):
    with Store.open(server.new_database(), wait=0.2) as store:
        second = Database(store._database.address, wait=0.2)
        with second.writing() as connection:
            connection.execute(META.select().with_for_update())
            with pytest.raises(LockedError, match=r"for 0\.2 s"):
                deploy_once(store, chat())
        second.close()
        assert store.lease() is None
        assert deploy_once(store, chat()).serial == 1
