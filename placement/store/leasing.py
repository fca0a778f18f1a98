"""One commit at a time, and everybody can see whose it is.

The lease is a courtesy: it lets others wait, and tells them for whom. What keeps two commits
apart is the transaction, so a lease that was taken over too early costs its holder the commit and
nobody the state.
"""

from __future__ import annotations

import getpass
import os
import random
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from placement.errors import LockedError
from placement.store.reading import as_time, time_text
from placement.store.schema import LEASE
from placement.store.values import Lease

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from placement.store.engine import Database

LASTS = timedelta(seconds=60)
"""How long a lease holds if nobody gives it back."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.02


def read_lease(connection: Connection) -> Lease | None:
    """Return who is committing, or None."""
    row = connection.execute(select(LEASE)).first()
    return None if row is None else _value(row)


@contextmanager
def leased(database: Database, check: Callable[[Connection], None]) -> Iterator[str]:
    """Hold the lease; yields the token to give it back with, inside the commit.

    Parameters
    ----------
    database : Database
    check : callable
        Raises if waiting has become pointless.

    Raises
    ------
    LockedError
        If somebody else holds it for longer than the database waits.
    """
    token = _acquire(database, check)
    try:
        yield token
    except BaseException:
        with database.writing() as connection:
            connection.execute(delete(LEASE).where(LEASE.c.token == token))
        raise


def give_back(connection: Connection, token: str) -> None:
    """End the lease together with the commit.

    Raises
    ------
    LockedError
        If somebody else has taken it over: then the commit must not happen.
    """
    if connection.execute(delete(LEASE).where(LEASE.c.token == token)).rowcount != 1:
        raise LockedError(f"the commit took longer than {LASTS.seconds} s and lost its turn")


def _acquire(database: Database, check: Callable[[Connection], None]) -> str:
    token = uuid.uuid4().hex
    deadline = time.monotonic() + database.wait
    pause = _FIRST_PAUSE
    while True:
        with database.reading() as connection:
            check(connection)
            row = connection.execute(select(LEASE)).first()
        if (row is None or _is_over(row)) and _take(database, token, row):
            return token
        if time.monotonic() >= deadline:
            raise _locked(row, database.wait)
        # Uneven pauses: those who wait must not all come back at once.
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _take(database: Database, token: str, row: Row[Any] | None) -> bool:
    """Write our lease over what was seen; False if somebody was faster."""
    values = {"id": 1, "token": token, **_signature()}
    try:
        with database.writing() as connection:
            if row is None:
                connection.execute(insert(LEASE).values(values))
                return True
            seen = update(LEASE).where(LEASE.c.token == row.token)
            return connection.execute(seen.values(values)).rowcount == 1
    except IntegrityError:
        return False


def _is_over(row: Row[Any]) -> bool:
    """Whether nobody stands behind a lease any more."""
    if as_time(row.expires) <= datetime.now(UTC):
        return True
    return bool(row.host == socket.gethostname()) and not _is_alive(row.pid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's process
        return True
    return True


def _signature() -> dict[str, Any]:
    now = datetime.now(UTC)
    host, pid = socket.gethostname(), os.getpid()
    return {
        "holder": f"{user()}@{host} {pid} {_command()}",
        "host": host,
        "pid": pid,
        "since": time_text(now),
        "expires": time_text(now + LASTS),
    }


def user() -> str:
    """Return the name of the user that runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as in many containers
        return str(os.getuid())


def _command() -> str:
    """Return program and command, never an option: it may hold a password."""
    program, *words = sys.argv or [""]
    verb = words[0] if words and words[0].isalpha() else ""
    return f"{Path(program).name or 'python'} {verb}".strip()


def _value(row: Row[Any]) -> Lease:
    return Lease(row.holder, as_time(row.since), as_time(row.expires))


def _locked(row: Row[Any] | None, wait: float) -> LockedError:
    if row is None:
        return LockedError(f"somebody else used the store for {wait:g} s")
    since = f"{as_time(row.since):%Y-%m-%d %H:%M:%S}Z"
    message = f"{row.holder} has been committing since {since}, waited {wait:g} s"
    return LockedError(message, holder=row.holder, since=since)
