"""Rows of the tables as values."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select

from placement.plan.plan import Plan
from placement.plan.running import node_order
from placement.store.damage import recorded
from placement.store.objects import STORE, workspace_of
from placement.store.schema import ASSIGNMENTS, CATALOGS, HISTORY, META, OBJECTS
from placement.store.values import Entry
from placement.workspace.assignment import Assignment
from placement.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Table

ROW = tuple(Assignment.__slots__)
"""Columns of an assignment, in the order of its fields."""
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_LAST = 2**63 - 1
"""No database counts further."""
_ENTRY = [column for column in HISTORY.c if column.name != "plan"]


class Newest(NamedTuple):
    """Which store it is, and how far it has come."""

    lineage: str
    serial: int


def read_newest(connection: Connection, *, lock: bool = False) -> Newest:
    """Return lineage and newest serial; with ``lock``, nobody else writes until we are done."""
    query = select(META.c.lineage, META.c.serial)
    # SQLite has locked the whole file by now and knows no `FOR UPDATE`: it leaves the words out.
    with recorded("the newest serial"):
        row = connection.execute(query.with_for_update() if lock else query).one()
    return Newest(row.lineage, row.serial)


def read_workspace(connection: Connection, serial: int) -> Workspace:
    """Return what was asked and what ran at a serial."""
    documents = connection.scalars(select(OBJECTS.c.document).where(_held(OBJECTS, serial)))
    texts = documents.all()
    columns = [ASSIGNMENTS.c[name] for name in ROW]
    rows = connection.execute(select(*columns).where(_held(ASSIGNMENTS, serial)))
    with recorded(f"the state of serial {serial}"):
        return workspace_of(texts, sorted((Assignment(*row) for row in rows), key=_order))


def _held(table: Table, serial: int) -> ColumnElement[bool]:
    begun, ended = table.c.from_serial, table.c.to_serial
    return (begun <= serial) & or_(ended.is_(None), ended > serial)


def _order(row: Assignment) -> tuple[Any, ...]:
    return (*row.key, node_order(row.node), -1 if row.gpu is None else row.gpu)


def read_entry(connection: Connection, serial: int) -> Entry | None:
    """Return one entry of the history, or None."""
    if serial > _LAST:
        return None
    row = connection.execute(select(*_ENTRY).where(HISTORY.c.serial == serial)).first()
    return None if row is None else as_entry(row)


def read_since(connection: Connection, serial: int, *, most: int = 5) -> tuple[Entry, ...]:
    """Return the first entries after a serial."""
    query = select(*_ENTRY).where(HISTORY.c.serial > serial).order_by(HISTORY.c.serial)
    return tuple(map(as_entry, connection.execute(query.limit(most))))


def read_history(
    connection: Connection, *, limit: int | None, model: str | None, environment: str | None
) -> tuple[Entry, ...]:
    """Return entries, newest first; with a name only those that concern what it names."""
    query = select(*_ENTRY).order_by(HISTORY.c.serial.desc()).limit(limit)
    if model is not None or environment is not None:
        query = query.where(or_(*_concerns(model, environment)))
    return tuple(map(as_entry, connection.execute(query)))


def _concerns(model: str | None, environment: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions under which an entry begins or ends a row of a deployment."""
    of_objects = [_is_deployment(model, environment)]
    if model is None:
        named = (OBJECTS.c.kind == "Environment") & (OBJECTS.c.name == environment)
        of_objects = [or_(*of_objects, named)]
    of_rows = [ASSIGNMENTS.c.model == model] if model is not None else []
    of_rows += [ASSIGNMENTS.c.environment == environment] if environment is not None else []
    return [
        HISTORY.c.serial.in_(select(table.c[end]).where(table.c[end].is_not(None), *conditions))
        for table, conditions in ((OBJECTS, of_objects), (ASSIGNMENTS, of_rows))
        for end in ("from_serial", "to_serial")
    ]


def _is_deployment(model: str | None, environment: str | None) -> ColumnElement[bool]:
    found = OBJECTS.c.kind == "ModelDeployment"
    if model is not None:
        found &= OBJECTS.c.name == model
    if environment is not None:
        found &= OBJECTS.c.environment == environment
    return found


def read_plan_of(connection: Connection, serial: int) -> Plan | None:
    """Return the plan of an entry as it was committed, or None."""
    if serial > _LAST:
        return None
    content = connection.scalar(select(HISTORY.c.plan).where(HISTORY.c.serial == serial))
    return None if content is None else unpack_plan(content)


def read_serial_of(connection: Connection, plan_digest: str) -> int | None:
    """Return the newest serial that was made by a plan, or None."""
    query = select(HISTORY.c.serial).where(HISTORY.c.plan_digest == plan_digest)
    return connection.scalar(query.order_by(HISTORY.c.serial.desc()).limit(1))


def pack_plan(plan: Plan) -> bytes:
    """Return the document of a plan, compressed."""
    return zlib.compress(plan.to_json().encode())


def unpack_plan(content: bytes) -> Plan:
    """Return the plan of a compressed document."""
    with recorded("a plan"):
        return Plan.from_json(zlib.decompress(content).decode(), file=STORE)


def read_catalog(connection: Connection, digest: str) -> bytes | None:
    """Return the content of a stored catalog, or None."""
    return connection.scalar(select(CATALOGS.c.content).where(CATALOGS.c.digest == digest))


def as_entry(row: Row[Any]) -> Entry:
    """Return a row of the history as a value."""
    fields = row._asdict()
    with recorded(f"the entry of serial {fields['serial']}"):
        fields["at"] = as_time(fields["at"])
        fields["arguments"] = MappingProxyType(json.loads(fields["arguments"]))
    return Entry(**fields)


def as_time(text: str) -> datetime:
    """Return a stored time."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def time_text(at: datetime) -> str:
    """Return a time as it is stored: UTC, to the microsecond, sorted like the times."""
    return at.astimezone(UTC).strftime(_TIME)
