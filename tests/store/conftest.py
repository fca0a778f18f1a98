"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os

import pytest

from placement.store.store import Store
from tests.store.server import GIVEN, Server, find_binaries, running_server


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server for this session."""
    if GIVEN in os.environ:
        yield Server(os.environ[GIVEN])
    elif find_binaries() is None:
        pytest.skip(f"no PostgreSQL server is installed, and {GIVEN} names none")
    else:
        with running_server() as started:
            yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The place of a store that is not made yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db"
    return request.getfixturevalue("server").new_database()


@pytest.fixture
def store(url):
    """An empty store."""
    with Store.open(url) as opened:
        yield opened
