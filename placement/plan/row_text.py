"""Rows of a plan as JSON text at once, for documents with hundreds of thousands of them."""

from __future__ import annotations

from json.encoder import encode_basestring
from operator import itemgetter
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.plan.numbers import number_text, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from placement.plan.rows import Change
    from placement.workspace.assignment import Assignment

MICRO = 1_000_000
COLUMNS = (
    "model",
    "environment",
    "version",
    "node",
    "provider",
    "region",
    "zone",
    "country",
    "continent",
    "flavor",
    "replicas",
    "gpus",
    "gpu",
    "costPerHour",
)
"""Keys of an assignment row, in their order."""
CHANGE = ("action", "model", "environment", "version", "replicas", "fromNode", "toNode")
"""Keys of a change, in their order."""


class RowText:
    """Writes the rows of one document and remembers the texts that come again.

    The text is that of ``compact`` for the row as a mapping.

    Parameters
    ----------
    sort : bool
        Whether keys are sorted.
    without : iterable of str
        Keys of assignment rows that are left out.
    """

    def __init__(self, *, sort: bool = False, without: Iterable[str] = ()) -> None:
        self._quoted, self._gpus, self._cost = _Quoted(), _Numbers(UNIT), _Numbers(MICRO)
        left_out = frozenset(without)
        self._share = _form(COLUMNS, sort=sort, without=left_out)
        self._whole = _form(COLUMNS, sort=sort, without=left_out | {"gpu"})
        self._change = _form(CHANGE, sort=sort)

    def assignment(self, row: Assignment) -> str:
        """Return the text of an assignment; ``gpu`` only for shares."""
        quoted = self._quoted
        form, pick = self._whole if row.gpu is None else self._share
        values = (
            encode_basestring(row.model),
            quoted[row.environment],
            quoted[row.version],
            quoted[row.node],
            quoted[row.provider],
            quoted[row.region],
            quoted[row.zone],
            quoted[row.country],
            quoted[row.continent],
            quoted[row.flavor],
            row.replicas,
            self._gpus[row.gpus],
            row.gpu,
            self._cost[row.cost],
        )
        return form % pick(values)

    def change(self, row: Change) -> str:
        """Return the text of a change."""
        quoted = self._quoted
        form, pick = self._change
        values = (
            quoted[row.action],
            encode_basestring(row.model),
            quoted[row.environment],
            quoted[row.version],
            row.replicas,
            "null" if row.from_node is None else quoted[row.from_node],
            "null" if row.to_node is None else quoted[row.to_node],
        )
        return form % pick(values)


def _form(
    keys: tuple[str, ...], *, sort: bool, without: frozenset[str] = frozenset()
) -> tuple[str, Callable[[tuple[object, ...]], object]]:
    """Return a row with a gap for each value, and what picks the values in their order."""
    kept = [number for number, key in enumerate(keys) if key not in without]
    if sort:
        kept.sort(key=lambda number: keys[number])
    form = ",".join(f'"{keys[number]}":%s' for number in kept)
    return "{" + form + "}", itemgetter(*kept)


class _Quoted(dict[str, str]):
    def __missing__(self, text: str) -> str:
        self[text] = quoted = encode_basestring(text)
        return quoted


class _Numbers(dict[int, str]):
    """Texts of numbers in steps of ``1 / scale``."""

    def __init__(self, scale: int) -> None:
        self._scale = scale

    def __missing__(self, steps: int) -> str:
        self[steps] = text = number_text(shown(steps, self._scale))
        return text
