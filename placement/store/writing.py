"""Writes one commit: only what it changes, the plan that says so, and the new serial."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from placement.errors import InternalFaultError
from placement.store import catalogs
from placement.store.objects import Key, objects_of, text_of
from placement.store.reading import ROW, pack_plan, time_text
from placement.store.schema import ASSIGNMENTS, CATALOGS, HISTORY, META, OBJECTS
from placement.store.values import Entry, Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from placement.plan.plan import Plan
    from placement.plan.rows import TransitionRecord
    from placement.workspace.assignment import Assignment
    from placement.workspace.transitions.edits import Object


@dataclass(frozen=True)
class Change:
    """A judged change: from one snapshot to the next, by a plan."""

    before: Snapshot
    after: Snapshot
    plan: Plan
    record: TransitionRecord

    def entry(self, *, author: str, reason: str) -> Entry:
        """Return the entry that tells of it, as of now."""
        return Entry(
            serial=self.after.serial,
            parent=self.before.serial,
            at=datetime.now(UTC),
            author=author,
            reason=reason,
            kind=self.record.kind,
            arguments=self.record.arguments,
            plan_digest=self.plan.digest,
            state_digest=self.after.digest,
            catalog_digest=self.after.catalog_digest or "",
        )


def write(connection: Connection, change: Change, entry: Entry) -> None:
    """Write a change; the transaction is the caller's."""
    _write_catalog(connection, change)
    _write_entry(connection, change.plan, entry)
    _write_objects(connection, change, entry.serial)
    _write_rows(connection, change, entry.serial)
    moved = update(META).where(META.c.serial == entry.parent).values(serial=entry.serial)
    if connection.execute(moved).rowcount != 1:
        raise InternalFaultError(f"serial {entry.parent} was left while it was locked")


def _write_catalog(connection: Connection, change: Change) -> None:
    catalog = change.after.catalog
    if catalog is None or change.before.catalog_digest == catalog.digest:
        return
    known = select(CATALOGS.c.digest).where(CATALOGS.c.digest == catalog.digest)
    if connection.scalar(known) is None:
        row = {"digest": catalog.digest, "content": catalogs.pack(catalog)}
        connection.execute(insert(CATALOGS).values(row))


def _write_entry(connection: Connection, plan: Plan, entry: Entry) -> None:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    row["at"] = time_text(entry.at)
    row["arguments"] = json.dumps(dict(entry.arguments), sort_keys=True)
    connection.execute(insert(HISTORY).values(**row, plan=pack_plan(plan)))


def _write_objects(connection: Connection, change: Change, serial: int) -> None:
    before, after = objects_of(change.before.workspace), objects_of(change.after.workspace)
    gone = [key for key, one in before.items() if after.get(key) != one]
    new = {key: one for key, one in after.items() if before.get(key) != one}
    _end_objects(connection, gone, serial)
    _begin_objects(connection, new, serial)


def _end_objects(connection: Connection, keys: Iterable[Key], serial: int) -> None:
    ended = [dict(zip(("k", "n", "e"), key, strict=True)) for key in keys]
    if not ended:
        return
    query = update(OBJECTS).where(
        OBJECTS.c.kind == bindparam("k"),
        OBJECTS.c.name == bindparam("n"),
        OBJECTS.c.environment == bindparam("e"),
        OBJECTS.c.to_serial.is_(None),
    )
    connection.execute(query.values(to_serial=serial), ended)


def _begin_objects(connection: Connection, new: Mapping[Key, Object], serial: int) -> None:
    rows = [
        {
            "kind": kind,
            "name": name,
            "environment": environment,
            "document": text_of(one),
            "from_serial": serial,
        }
        for (kind, name, environment), one in new.items()
    ]
    if rows:
        connection.execute(insert(OBJECTS), rows)


def _write_rows(connection: Connection, change: Change, serial: int) -> None:
    before, after = change.before.workspace.running, change.after.workspace.running
    there, wanted = set(before), set(after)
    _end_rows(connection, [row for row in before if row not in wanted], serial)
    begun = [
        {name: getattr(row, name) for name in ROW} | {"from_serial": serial}
        for row in after
        if row not in there
    ]
    if begun:
        connection.execute(insert(ASSIGNMENTS), begun)


def _end_rows(connection: Connection, rows: Iterable[Assignment], serial: int) -> None:
    ended = [
        {
            "m": row.model,
            "e": row.environment,
            "n": row.node,
            "g": -1 if row.gpu is None else row.gpu,
        }
        for row in rows
    ]
    if not ended:
        return
    query = update(ASSIGNMENTS).where(
        ASSIGNMENTS.c.model == bindparam("m"),
        ASSIGNMENTS.c.environment == bindparam("e"),
        ASSIGNMENTS.c.node == bindparam("n"),
        func.coalesce(ASSIGNMENTS.c.gpu, -1) == bindparam("g"),
        ASSIGNMENTS.c.to_serial.is_(None),
    )
    connection.execute(query.values(to_serial=serial), ended)
