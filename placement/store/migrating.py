"""Makes the tables of a store, or brings those of an earlier version up to date."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, inspect, select, text

from placement.store.codes import Code
from placement.store.schema import FORMAT, META, SCHEMA, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from placement.store.engine import Database

SCRIPTS = Path(__file__).parent / "migrations"
_KEY = 0x706C6163
"""Of the lock under which a PostgreSQL database is migrated."""


def migrate(database: Database, *, create: bool) -> None:
    """Bring a database to the newest schema; any number of processes may do so at once.

    Parameters
    ----------
    create : bool
        Whether an empty database is made a store.

    Raises
    ------
    InputError
        If it is not a store, or one of a newer version.
    """
    with database.reading() as connection:
        if not _is_to_migrate(database, connection, create=create):
            return
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_KEY})"))
        if _is_to_migrate(database, connection, create=create):
            _upgrade(connection)


def _is_to_migrate(database: Database, connection: Connection, *, create: bool) -> bool:
    """Whether the schema is an earlier one or none; raises InputError if nothing may be done."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
        if version != SCHEMA and version not in _versions():
            message = (
                f"the store has schema `{version}`, this version knows schemas up to `{SCHEMA}`"
            )
            advice = "use the version of placement that wrote it, or a newer one"
            database.address.fail(Code.NEWER, message, advice)
        return bool(version != SCHEMA)
    if tables:
        message = f"this database holds tables that no store has, such as `{min(tables)}`"
        database.address.fail(Code.NOT_A_STORE, message, "name an empty database, or a new file")
    if not create:
        database.address.fail(Code.NO_STORE, "there is no store here")
    return True


def _versions() -> set[str]:
    """Return every schema that there is a way from."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config(None))
    return {script.revision for script in scripts.walk_revisions()}


def _upgrade(connection: Connection) -> None:
    # Half of the time that opening a store takes, and hardly ever needed.
    from alembic import command

    command.upgrade(config(connection), "head")
    if connection.execute(select(META.c.id)).first() is None:
        row = {"id": 1, "lineage": str(uuid.uuid4()), "format": FORMAT, "serial": 0}
        connection.execute(insert(META).values(row))


def config(connection: Connection | None) -> Config:
    """Return what alembic needs to know to work on a connection."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found
