"""The durable state: read it at any serial, commit to it, and see how it came about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from placement.catalog.text import quote
from placement.errors import StaleError
from placement.store import catalogs
from placement.store.address import read_address
from placement.store.codes import Code
from placement.store.engine import Database
from placement.store.judging import Judge, why_never
from placement.store.leasing import give_back, leased, read_lease
from placement.store.migrating import migrate
from placement.store.objects import workspace_of
from placement.store.reading import (
    Newest,
    read_catalog,
    read_entry,
    read_history,
    read_newest,
    read_plan_of,
    read_serial_of,
    read_since,
    read_workspace,
)
from placement.store.replaying import replay
from placement.store.rollbacks import read_previous
from placement.store.values import Entry, Lease, Previous, Replayed, Snapshot
from placement.store.writing import write

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.preview import Preview
    from placement.store.address import Address
    from placement.store.writing import Change

DEFAULT_URL = "sqlite:///.placement/state.db"
WAIT = 10.0
"""Seconds that a commit waits for another one."""


class Store:
    """State and history of one fleet, in an SQLite file or a PostgreSQL database.

    Made by ``Store.open``; a context manager that closes its connections. Threads may share one;
    a forked process opens its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalogs: dict[str, Catalog] = {}
        self._newest: Snapshot | None = None

    @classmethod
    def open(cls, url: str = DEFAULT_URL, *, create: bool = True, wait: float = WAIT) -> Self:
        """Open a store, with its tables brought up to date.

        Parameters
        ----------
        url : str
            The path of a file, ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``.
        create : bool
            Whether a store is made where there is none.
        wait : float
            Seconds that a commit waits for another one before it fails.

        Raises
        ------
        InputError
            If the URL means nothing, nothing can be reached there, or it is something else.
        """
        address = read_address(url)
        if address.file is not None and not _is_there(address, address.file):
            if not create:
                address.fail(Code.NO_STORE, "there is no store here", "a first commit makes one")
            _make_folder(address, address.file.parent)
        database = Database(address, wait=wait)
        try:
            migrate(database, create=create)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    @property
    def url(self) -> str:
        """Where the store is, for people: without password and options."""
        return self._database.address.shown

    def head(self) -> Snapshot:
        """Return the newest state."""
        with self._database.reading() as connection:
            return self._read_head(connection, read_newest(connection))

    def snapshot(self, serial: int) -> Snapshot:
        """Return the state at a serial.

        Raises
        ------
        InputError
            If no such serial is recorded.
        """
        with self._database.reading() as connection:
            newest = read_newest(connection)
            if serial == newest.serial:
                return self._read_head(connection, newest)
            if not 0 <= serial < newest.serial:
                self._unrecorded(connection, serial)
            return self._read_snapshot(connection, newest.lineage, serial)

    def state_digest(self) -> str:
        """Return the digest of the newest state."""
        return self.head().digest

    def catalog(self, digest: str) -> Catalog:
        """Return a catalog that a commit was made with.

        Raises
        ------
        InputError
            If no such catalog is recorded.
        """
        with self._database.reading() as connection:
            return self._read_catalog(connection, digest)

    def history(
        self, *, limit: int | None = None, model: str | None = None, environment: str | None = None
    ) -> tuple[Entry, ...]:
        """Return what was committed, newest first.

        Parameters
        ----------
        limit : int, optional
            At most so many entries.
        model, environment : str, optional
            Only what changed a deployment of this model, in this environment, or its rows;
            with an environment alone also what changed the environment itself.
        """
        with self._database.reading() as connection:
            return read_history(connection, limit=limit, model=model, environment=environment)

    def entry(self, serial: int) -> Entry:
        """Return one commit.

        Raises
        ------
        InputError
            If no such serial is recorded.
        """
        with self._database.reading() as connection:
            return read_entry(connection, serial) or self._unrecorded(connection, serial)

    def plan(self, serial: int) -> Plan:
        """Return the plan of a commit, as it was committed.

        Raises
        ------
        InputError
            If no such serial is recorded.
        """
        with self._database.reading() as connection:
            return read_plan_of(connection, serial) or self._unrecorded(connection, serial)

    def previous(self, model: str, environment: str) -> Previous | None:
        """Return what the newest change of a deployment that is not rolled back has replaced.

        None if there is no such change. A rollback is no such change itself, so that repeating
        it walks further back.
        """
        with self._database.reading() as connection:
            return read_previous(connection, model, environment)

    def lease(self) -> Lease | None:
        """Return who is committing now, or None."""
        with self._database.reading() as connection:
            return read_lease(connection)

    def commit(self, preview: Preview, *, expected: int, author: str, reason: str = "") -> Entry:
        """Write what a preview shows, all of it or nothing.

        Parameters
        ----------
        preview : Preview
        expected : int
            The serial of the state that the preview was made from.
        author, reason : str
            For the history.

        Returns
        -------
        Entry
            On disk by the time it is returned.

        Raises
        ------
        StaleError
            If the newest state is another one.
        LockedError
            If others were committing all the time.
        InputError
            If the change was refused, or the store cannot be written.
        VerificationError
            If the plan breaks a rule, or is not what the preview shows.
        """
        return self._commit(
            preview.plan, preview.catalog, expected, preview, author=author, reason=reason
        )

    def commit_plan(
        self, plan: Plan, *, catalog: Catalog | None = None, author: str, reason: str = ""
    ) -> Entry:
        """Write a plan that was read back from a file, all of it or nothing.

        Parameters
        ----------
        plan : Plan
            With the transition in it.
        catalog : Catalog, optional
            The catalog it was made for, if that is not recorded yet.
        author, reason : str
            For the history.

        Raises
        ------
        StaleError, LockedError, InputError, VerificationError
            As ``commit``. A plan that was committed before is stale.
        """
        return self._commit(plan, catalog, plan.basis.serial, None, author=author, reason=reason)

    def check_plan(self, plan: Plan, *, catalog: Catalog | None = None) -> None:
        """Judge a plan as ``commit_plan`` would at this moment, and write nothing.

        Raises
        ------
        StaleError, InputError, VerificationError
            As ``commit_plan``.
        """
        self._check_may_commit(plan)
        with self._database.reading() as connection:
            self._judged(connection, plan, catalog, plan.basis.serial, None)

    def replay(self) -> Iterator[Replayed]:
        """Yield every state as the plan documents make it, compared with what is recorded."""
        with self._database.reading() as connection:
            newest = read_newest(connection)
            start = self._read_snapshot(connection, newest.lineage, 0)
            yield from replay(
                start,
                self._recorded(connection, newest),
                lambda digest: self._read_catalog(connection, digest),
            )

    def _commit(
        self,
        plan: Plan,
        catalog: Catalog | None,
        expected: int | None,
        preview: Preview | None,
        *,
        author: str,
        reason: str,
    ) -> Entry:
        """Judge a plan on the newest state and write it, in one transaction."""
        self._check_may_commit(plan)
        with (
            leased(self._database, lambda reader: _check_serial(reader, expected)) as token,
            self._database.writing() as connection,
        ):
            read_newest(connection, lock=True)
            change = self._judged(connection, plan, catalog, expected, preview)
            entry = change.entry(author=author, reason=reason)
            write(connection, change, entry)
            give_back(connection, token)
        self._keep(change.after)
        return entry

    def _check_may_commit(self, plan: Plan) -> None:
        why = why_never(plan)
        if why is not None:
            self._database.address.fail(Code.NOT_TO_COMMIT, why)

    def _judged(
        self,
        connection: Connection,
        plan: Plan,
        catalog: Catalog | None,
        expected: int | None,
        preview: Preview | None,
    ) -> Change:
        """Return the change that a plan makes of the newest state."""
        newest = self._read_head(connection, read_newest(connection))
        _check_serial(connection, expected)
        judge = Judge(newest, expected)
        if expected is None:
            judge.check_is_new(plan, read_serial_of(connection, plan.digest))
        used = catalog or self._read_catalog(connection, plan.basis.catalog)
        return judge.judge(plan, used, preview=preview)

    def _keep(self, newest: Snapshot) -> None:
        """Remember the newest state, so that it is not read again."""
        if newest.catalog is not None:
            self._catalogs[newest.catalog.digest] = newest.catalog
        self._newest = newest

    def _read_head(self, connection: Connection, newest: Newest) -> Snapshot:
        """Return the newest state; what was read of it before still holds."""
        known = self._newest
        if known is None or (known.lineage, known.serial) != newest:
            known = self._read_snapshot(connection, newest.lineage, newest.serial)
            self._newest = known
        return known

    def _read_snapshot(self, connection: Connection, lineage: str, serial: int) -> Snapshot:
        if serial == 0:
            return Snapshot(lineage, 0, workspace_of(()), None)
        entry = read_entry(connection, serial) or self._unrecorded(connection, serial)
        catalog = self._read_catalog(connection, entry.catalog_digest)
        return Snapshot(lineage, serial, read_workspace(connection, serial), catalog)

    def _read_catalog(self, connection: Connection, digest: str) -> Catalog:
        if digest not in self._catalogs:
            content = read_catalog(connection, digest)
            if content is None:
                message = f"catalog {quote(digest)} is not recorded"
                advice = "name the folder it is in (`--catalog DIR`)"
                self._database.address.fail(Code.UNKNOWN_STATE, message, advice)
            self._catalogs[digest] = catalogs.unpack(content, digest)
        return self._catalogs[digest]

    def _recorded(
        self, connection: Connection, newest: Newest
    ) -> Iterator[tuple[Entry, Plan, Snapshot]]:
        """Yield entry, plan and state of every serial, oldest first, as the tables have them."""
        for serial in range(1, newest.serial + 1):
            entry = read_entry(connection, serial) or self._unrecorded(connection, serial)
            plan = read_plan_of(connection, serial) or self._unrecorded(connection, serial)
            yield entry, plan, self._read_snapshot(connection, newest.lineage, serial)

    def _unrecorded(self, connection: Connection, serial: int) -> NoReturn:
        newest = read_newest(connection).serial
        message = f"serial {serial} is not recorded, the newest is {newest}"
        self._database.address.fail(Code.UNKNOWN_STATE, message)


def _check_serial(connection: Connection, expected: int | None) -> None:
    """Raise StaleError if others have committed since the serial that a change was made for."""
    newest = read_newest(connection).serial
    if expected is None or expected == newest:
        return
    message = f"the change was made for serial {expected}, the newest is {newest}"
    since = tuple(map(str, read_since(connection, expected)))
    raise StaleError(message, expected=expected, newest=newest, since=since)


def _is_there(address: Address, file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        address.fail(Code.UNREACHABLE, f"the store cannot be opened: {_reason(error)}")


def _make_folder(address: Address, folder: Path) -> None:
    """Make the folder of a file, as for the default place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        address.fail(Code.UNREACHABLE, f"the folder cannot be made: {_reason(error)}")


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
