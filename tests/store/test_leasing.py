"""One commit at a time: others wait, see for whom, and take over from the dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from placement import LockedError, StaleError
from placement.store import leasing
from placement.store import store as store_module
from placement.store.leasing import LASTS, leased
from placement.store.reading import time_text
from placement.store.schema import LEASE
from placement.store.store import Store
from placement.workspace.transitions import TransitionKind, between, deploy
from tests.store.fleet import chat, deploy_once, preview_of


@pytest.fixture
def impatient(url):
    """A store that waits a fifth of a second."""
    with Store.open(url, wait=0.2) as opened:
        yield opened


def sign(store, *, pid=None, host=None, ends=LASTS):
    """Leave the lease of somebody else."""
    now = datetime.now(UTC)
    row = {
        "id": 1,
        "token": "theirs",
        "holder": "bob@far 7 placement apply",
        "host": host or socket.gethostname(),
        "pid": os.getpid() if pid is None else pid,
        "since": time_text(now),
        "expires": time_text(now + ends),
    }
    with store._database.writing() as connection:
        connection.execute(insert(LEASE).values(row))


def dead_pid():
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    return int(done.stdout)


def always(_):
    """Waiting is never pointless."""


def test_nobody_holds_it_between_commits(store):
    assert store.lease() is None
    deploy_once(store, chat())
    assert store.lease() is None


def test_others_see_it_during_a_commit(store, url, monkeypatch):
    seen = []
    real = store_module.write

    def slowly(*arguments):
        with Store.open(url) as other:
            seen.append((other.lease(), other.head().serial))
        real(*arguments)

    monkeypatch.setattr(store_module, "write", slowly)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/placement", "release", "--store", "secret"])
    deploy_once(store, chat())
    ((lease, serial),) = seen
    assert serial == 0
    assert lease.holder == (
        f"{leasing.user()}@{socket.gethostname()} {os.getpid()} placement release"
    )
    assert lease.expires - lease.since == LASTS


def test_a_failed_commit_gives_it_back(store, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module, "write", fail)
    with pytest.raises(KeyboardInterrupt):
        deploy_once(store, chat())
    assert store.lease() is None
    assert store.head().serial == 0


def test_who_waits_too_long_is_told_for_whom(impatient):
    sign(impatient)
    with pytest.raises(LockedError, match="bob@far 7 placement apply has been committing") as e:
        deploy_once(impatient, chat())
    assert e.value.holder == "bob@far 7 placement apply"
    assert e.value.since.endswith("Z")
    assert impatient.head().serial == 0
    assert impatient.lease().holder == e.value.holder


def test_who_would_be_stale_does_not_wait(store):
    preview = preview_of(deploy(store.head().workspace, chat()))
    deploy_once(store, chat("B"))
    sign(store)
    with pytest.raises(StaleError):
        store.commit(preview, expected=0, author="ann")


def test_who_waits_long_enough_commits(store):
    sign(store)

    def end():
        with store._database.writing() as connection:
            connection.execute(delete(LEASE))

    timer = threading.Timer(0.2, end)
    timer.start()
    assert deploy_once(store, chat()).serial == 1
    timer.join()


def test_the_lease_of_a_dead_process_is_taken_over(impatient):
    sign(impatient, pid=dead_pid())
    assert deploy_once(impatient, chat()).serial == 1
    assert impatient.lease() is None


def test_a_process_elsewhere_cannot_be_known_dead(impatient):
    sign(impatient, pid=dead_pid(), host="far")
    with pytest.raises(LockedError):
        deploy_once(impatient, chat())


def test_a_lease_that_ran_out_is_taken_over(impatient):
    sign(impatient, host="far", ends=-timedelta(seconds=1))
    assert deploy_once(impatient, chat()).serial == 1


def test_only_one_of_two_takes_over_what_ran_out(store):
    sign(store, host="far", ends=-timedelta(seconds=1))
    with store._database.reading() as connection:
        seen = connection.execute(select(LEASE)).one()
    assert leasing._take(store._database, "first", seen)
    assert not leasing._take(store._database, "second", seen)


def test_a_commit_that_lost_its_lease_is_not_made(store, monkeypatch):
    real = store_module.write

    def and_lose(connection, *arguments):
        real(connection, *arguments)
        connection.execute(update(LEASE).values(token="theirs"))

    monkeypatch.setattr(store_module, "write", and_lose)
    with pytest.raises(LockedError, match="longer than 60 s and lost its turn"):
        deploy_once(store, chat())
    assert store.head().serial == 0


def test_what_slips_in_under_a_stolen_lease_makes_the_commit_stale(store, url, monkeypatch):
    preview = preview_of(deploy(store.head().workspace, chat()))
    real = store_module.leased

    @contextmanager
    def robbed(database, check):
        with real(database, check) as token:
            with database.writing() as connection:
                connection.execute(delete(LEASE))
            monkeypatch.setattr(store_module, "leased", real)
            with Store.open(url) as other:
                same = other.head().workspace
                nothing = between(same, same, kind=TransitionKind.CAPACITY)
                other.commit(preview_of(nothing), expected=0, author="bob")
            yield token

    monkeypatch.setattr(store_module, "leased", robbed)
    with pytest.raises(StaleError, match="made for serial 0, the newest is 1"):
        store.commit(preview, expected=0, author="ann")


def test_only_one_of_two_takes_a_free_lease(store, url):
    with Store.open(url, wait=0.1) as other, leased(store._database, always) as token:
        assert not leasing._take(other._database, "theirs", None)
        with pytest.raises(LockedError), leased(other._database, always):
            pass
        with store._database.writing() as connection:
            leasing.give_back(connection, token)
    assert store.lease() is None


def test_a_number_stands_for_a_user_without_a_name(monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr(leasing.getpass, "getuser", nobody)
    assert leasing.user() == str(os.getuid())


def test_a_process_of_somebody_else_is_alive(monkeypatch):
    def denied(*_):
        raise PermissionError

    monkeypatch.setattr(leasing.os, "kill", denied)
    assert leasing._is_alive(1)
