"""What a rollback goes back to: one stack of changes per deployment, read from the history.

A change pushes what it replaced. A rollback of the deployment pops. A rollback of the whole
store to a serial sets the stack to what it was there. So rollbacks are never a target themselves,
and repeating one walks further back.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from placement.store.objects import read_object
from placement.store.schema import HISTORY, OBJECTS
from placement.store.values import Previous
from placement.workspace.workspace import ModelDeployment

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROLLBACK = "rollback"
TO = "serial"
"""Argument of a rollback of the whole store: the serial it goes back to."""


class _Stack(NamedTuple):
    """The newest change that is not rolled back, on top of the earlier ones."""

    serial: int
    below: _Stack | None


def read_previous(connection: Connection, model: str, environment: str) -> Previous | None:
    """Return what the newest change of a deployment that is not rolled back has replaced."""
    replaced = _replaced(connection, model, environment)
    stack = _stack(connection, replaced)
    if stack is None:
        return None
    text = replaced[stack.serial]
    one = None if text is None else read_object(text)
    return Previous(stack.serial, one if isinstance(one, ModelDeployment) else None)


def _replaced(connection: Connection, model: str, environment: str) -> dict[int, str | None]:
    """Return what each change of a deployment replaced, by serial; None where it made it."""
    query = select(OBJECTS.c.from_serial, OBJECTS.c.to_serial, OBJECTS.c.document).where(
        OBJECTS.c.kind == "ModelDeployment",
        OBJECTS.c.name == model,
        OBJECTS.c.environment == environment,
    )
    rows = connection.execute(query).all()
    found: dict[int, str | None] = {row.from_serial: None for row in rows}
    return found | {row.to_serial: row.document for row in rows if row.to_serial is not None}


def _stack(connection: Connection, changes: dict[int, str | None]) -> _Stack | None:
    serials = [0]
    stacks: list[_Stack | None] = [None]
    for serial, kind, arguments in _events(connection, changes):
        stack = stacks[-1]
        if kind == ROLLBACK and TO in arguments:
            stack = stacks[bisect_right(serials, int(arguments[TO])) - 1]
        elif kind == ROLLBACK and stack is not None:
            stack = stack.below
        else:
            stack = _Stack(serial, stack)
        serials.append(serial)
        stacks.append(stack)
    return stacks[-1]


def _events(
    connection: Connection, changes: dict[int, str | None]
) -> list[tuple[int, str, dict[str, str]]]:
    """Return what touches the stack, oldest first: the changes, and rollbacks of everything."""
    query = select(HISTORY.c.serial, HISTORY.c.kind, HISTORY.c.arguments)
    touches = or_(HISTORY.c.serial.in_(changes), HISTORY.c.kind == ROLLBACK)
    rows = connection.execute(query.where(touches).order_by(HISTORY.c.serial))
    found = [(row.serial, row.kind, json.loads(row.arguments)) for row in rows]
    return [event for event in found if event[0] in changes or TO in event[2]]
