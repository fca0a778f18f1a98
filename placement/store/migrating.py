"""Makes the tables of a store, or brings those of an earlier version up to date."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

from placement.store.codes import Code
from placement.store.schema import FORMAT, META, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placement.store.engine import Database

SCRIPTS = Path(__file__).parent / "migrations"
_FIRST_OPEN = 0x706C6163
"""Key of the lock under which a PostgreSQL database is migrated."""


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
        if _is_current(database, connection):
            return
        if not create and not inspect(connection).get_table_names():
            database.address.fail(Code.NO_STORE, "there is no store here")
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_FIRST_OPEN})"))
        if not _is_current(database, connection):
            command.upgrade(_config(connection), "head")
            _sign(connection)


def _is_current(database: Database, connection: Connection) -> bool:
    """Whether nothing is left to do; raises InputError if nothing may be done."""
    options = {"version_table": VERSION_TABLE}
    revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    scripts = ScriptDirectory.from_config(_config(None))
    head = scripts.get_current_head()
    if revision is None:
        _refuse_strangers(database, connection)
    elif revision not in {script.revision for script in scripts.walk_revisions()}:
        message = f"the store has schema `{revision}`, this version knows schemas up to `{head}`"
        database.address.fail(Code.NEWER, message, "use the version that wrote it, or a newer one")
    return revision == head


def _refuse_strangers(database: Database, connection: Connection) -> None:
    """Refuse a database with tables in it that is not a store: it belongs to somebody else."""
    tables = sorted(inspect(connection).get_table_names())
    if tables:
        message = f"this database holds tables that no store has, such as `{tables[0]}`"
        database.address.fail(Code.NOT_A_STORE, message, "name an empty database, or a new file")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _sign(connection: Connection) -> None:
    """Give a new store its lineage."""
    if connection.execute(select(META.c.id)).first() is None:
        row = {"id": 1, "lineage": str(uuid.uuid4()), "format": FORMAT, "serial": 0}
        connection.execute(insert(META).values(row))
