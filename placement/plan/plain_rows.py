"""Reads rows that are as they should be; any other row is left to who can say what is wrong.

A document may have hundreds of thousands of rows, and as a rule nothing is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from placement.catalog.rows import UNIT
from placement.plan.numbers import steps_of
from placement.plan.row_text import CHANGE, COLUMNS, MICRO
from placement.plan.rows import Action, Assignment, Change

ALL = frozenset(COLUMNS)
UNSHARED = ALL - {"gpu"}
TEXTS = COLUMNS[: COLUMNS.index("replicas")]
CHANGED = frozenset(CHANGE)
ACTIONS = {action.value: action for action in Action}
KNOWN = 1 << 16
"""Numbers that are remembered; most come again and again."""

Texts = tuple[str, str, str, str, str, str, str, str, str, str]
_texts: Callable[[dict[str, Any]], Texts] = itemgetter(*TEXTS)
_change = itemgetter(*CHANGE)


def plain_assignment(row: Any) -> Assignment | None:
    """Return the assignment of a row, or None if anything about it is unusual."""
    if type(row) is not dict or (row.keys() != UNSHARED and row.keys() != ALL):
        return None
    texts, replicas, gpu = _texts(row), row["replicas"], row.get("gpu")
    gpus, cost = _steps(row["gpus"], UNIT), _steps(row["costPerHour"], MICRO)
    if gpus is None or cost is None or type(replicas) is not int or set(map(type, texts)) != {str}:
        return None
    if type(gpu) is not int and "gpu" in row:
        return None
    return Assignment(*texts, replicas, gpus, cost, gpu)


def plain_change(row: Any) -> Change | None:
    """Return the change of a row, or None if anything about it is unusual."""
    if type(row) is not dict or row.keys() != CHANGED:
        return None
    word, model, environment, version, replicas, source, target = _change(row)
    kinds = set(map(type, (word, model, environment, version)))
    nodes = {type(source), type(target)}
    if kinds != {str} or type(replicas) is not int or not nodes <= {str, type(None)}:
        return None
    action = ACTIONS.get(word)
    if action is None:
        return None
    return Change(action, model, environment, version, replicas, source, target)


def _steps(number: Any, scale: int) -> int | None:
    if type(number) is int:
        return number * scale
    return _decimal_steps(number, scale) if type(number) is Decimal else None


@lru_cache(KNOWN)
def _decimal_steps(number: Decimal, scale: int) -> int | None:
    return steps_of(number, scale)
