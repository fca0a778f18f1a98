"""Connections and transactions, alike for SQLite and PostgreSQL.

Reads see one snapshot. Writes are one transaction that waits for other writers: on SQLite it
begins with ``BEGIN IMMEDIATE``, which Python's driver would not do by itself, on PostgreSQL it
locks the row of the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from placement.errors import LockedError
from placement.store.codes import Code
from placement.store.damage import DamagedError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from placement.store.address import Address

WAL_IS_SOUND = (3, 51, 3)
"""Before this version of SQLite, a reset of the write-ahead log could corrupt the file."""
_WRITES = "placement_writes"


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """Return the journal mode for a version of SQLite: the log only where it is sound."""
    return "WAL" if version >= WAL_IS_SOUND else "TRUNCATE"


class Database:
    """One place with its connections.

    Parameters
    ----------
    address : Address
    wait : float
        Seconds to wait for somebody else's transaction.
    """

    def __init__(self, address: Address, *, wait: float) -> None:
        self.address = address
        self.wait = wait
        engine = _sqlite(address, wait) if address.file else _postgresql(address, wait)
        self._reader: Engine = engine
        self._writer: Engine = engine.execution_options(**{_WRITES: True})
        if not address.file:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of SQLite."""
        return self.address.file is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction in which every read sees the same state."""
        with self._told(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is written when the block ends, or not at all."""
        with self._told(), self._writer.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the driver's errors that are not our fault into those of this package."""
        try:
            yield
        except PoolTimeout:
            raise LockedError(f"no connection was free for {self.wait:g} s") from None
        except DamagedError as error:
            self._damaged(str(error))
        except DBAPIError as error:
            self._explain(error)

    def _damaged(self, reason: str) -> NoReturn:
        advice = "bring back a copy of it; nothing was written"
        self.address.fail(Code.DAMAGED, f"the store is damaged: {reason}", advice)

    def _explain(self, error: DBAPIError) -> NoReturn:
        reason = str(error.orig).strip().partition("\n")[0]
        name = type(error.orig).__name__
        if "database is locked" in reason or name == "LockNotAvailable":
            raise LockedError(f"somebody else used the store for {self.wait:g} s") from None
        if "readonly" in reason or name == "ReadOnlySqlTransaction":
            self.address.fail(Code.READ_ONLY, f"the store cannot be written: {reason}")
        if "malformed" in reason:
            self._damaged(reason)
        if "not a database" in reason:
            self.address.fail(Code.NOT_A_STORE, f"the file is not a store: {reason}")
        if isinstance(error, OperationalError):
            self.address.fail(Code.UNREACHABLE, f"the store cannot be opened: {reason}")
        raise error


def _sqlite(address: Address, wait: float) -> Engine:
    engine = create_engine(
        address.url, connect_args={"timeout": wait}, pool_timeout=wait, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        # The driver begins transactions late and for writes only; here `_begin` does.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_mode = {journal_mode()}")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(address: Address, wait: float) -> Engine:
    engine = create_engine(
        address.url,
        connect_args={"connect_timeout": max(2, round(wait))},
        pool_timeout=wait,
        pool_pre_ping=True,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {max(1, round(wait * 1000))}")
            # What is acknowledged survives: a server told to be quicker is told not to be.
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()

    return engine
