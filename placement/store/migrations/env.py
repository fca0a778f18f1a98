"""Runs migrations inside the transaction that the caller has begun."""

from __future__ import annotations

from alembic import context

from placement.store.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite would commit after every statement otherwise, and leave half a schema behind.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
