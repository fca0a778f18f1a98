"""From the JSON document back to a plan: strict, and never a traceback for a bad file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from placement.catalog.rows import UNIT
from placement.objectives.mix import parse_objective
from placement.plan.codes import Code
from placement.plan.document import API_VERSION, COLUMNS, KIND, MICRO
from placement.plan.json_text import fail, parse
from placement.plan.numbers import decimals, steps_of
from placement.plan.plan import Plan
from placement.plan.rows import (
    Action,
    Assignment,
    Basis,
    Certificate,
    Change,
    Forced,
    Observed,
    Status,
    Tier,
    Unplaced,
)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
REQUIRED = [
    "apiVersion",
    "kind",
    "status",
    "certificate",
    "tiers",
    "assignments",
    "unplaced",
    "changes",
    "basis",
    "reproducible",
    "stoppedBy",
    "stats",
    "digest",
]
OPTIONAL = ["warnings", "observed", "forced"]


def read_plan(text: str, *, file: str = "<json>") -> Plan:
    """Read the JSON document of a plan.

    Parameters
    ----------
    text : str
    file : str
        Where the text comes from, for messages.

    Returns
    -------
    Plan
        With the digest that the document states, right or wrong, in ``stated_digest``.

    Raises
    ------
    InputError
        If the text is not JSON (with line and column) or not a plan (with the path).
    """
    top = _Node(parse(text, file=file), "", file).fields(REQUIRED, OPTIONAL)
    top["apiVersion"].constant(API_VERSION)
    top["kind"].constant(KIND)
    return Plan(
        status=top["status"].choice(Status),
        certificate=top["certificate"].choice(Certificate),
        tiers=top["tiers"].rows(_tier),
        assignments=top["assignments"].rows(_assignment),
        unplaced=top["unplaced"].rows(_unplaced),
        changes=top["changes"].rows(_change),
        basis=_basis(top["basis"]),
        reproducible=top["reproducible"].flag(),
        stopped_by=top["stoppedBy"].optional(_Node.text),
        warnings=top["warnings"].rows(_Node.text) if "warnings" in top else (),
        observed=top["observed"].rows(_observed) if "observed" in top else (),
        forced=top["forced"].rows(_forced) if "forced" in top else (),
        stats=top["stats"].free_form(),
        stated_digest=top["digest"].text(),
    )


class _Node:
    """One value of the document with the path that leads to it."""

    def __init__(self, value: Any, path: str, file: str) -> None:
        self.value, self.path, self.file = value, path, file

    def fail(self, wanted: str) -> Any:
        where = f"`{self.path}`" if self.path else "the document"
        found = f"`{str(self.value)[:40]}`" if self._is_plain() else type(self.value).__name__
        fail(f"{where} must be {wanted}, found {found}", file=self.file, code=Code.NOT_A_PLAN)

    def _is_plain(self) -> bool:
        return isinstance(self.value, str | int | Decimal)

    def fields(self, required: list[str], optional: list[str]) -> dict[str, _Node]:
        if not isinstance(self.value, dict):
            self.fail("an object")
        for key in required:
            if key not in self.value:
                fail(f"`{self._inside(key)}` is missing", file=self.file, code=Code.NOT_A_PLAN)
        for key in sorted(self.value):
            if key not in required and key not in optional:
                fail(f"unknown key `{self._inside(key)}`", file=self.file, code=Code.NOT_A_PLAN)
        return {key: _Node(v, self._inside(key), self.file) for key, v in self.value.items()}

    def _inside(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def rows(self, read: Callable[[_Node], T]) -> tuple[T, ...]:
        if not isinstance(self.value, list):
            self.fail("a list")
        return tuple(
            read(_Node(value, f"{self.path}[{index}]", self.file))
            for index, value in enumerate(self.value)
        )

    def optional(self, read: Callable[[_Node], T]) -> T | None:
        return None if self.value is None else read(self)

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.fail("a text")
        return str(self.value)

    def constant(self, wanted: str) -> None:
        if self.value != wanted:
            self.fail(f"`{wanted}`")

    def choice(self, words: type[E]) -> E:
        if not isinstance(self.value, str) or self.value not in list(words):
            self.fail("one of " + ", ".join(words))
        return words(self.value)

    def integer(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self.fail("a whole number")
        return int(self.value)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.fail("true or false")
        return bool(self.value)

    def number(self) -> int | Decimal:
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            self.fail("a number")
        return Decimal(self.value) if isinstance(self.value, Decimal) else int(self.value)

    def steps(self, scale: int) -> int:
        steps = steps_of(self.number(), scale)
        if steps is None:
            self.fail(f"a multiple of 1/{scale}")
        return int(steps or 0)

    def free_form(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            self.fail("an object")
        return MappingProxyType(_plain(self.value))


def _plain(value: Any) -> Any:
    """Numbers of the free-form part are floats: nothing is compared with them."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _tier(node: _Node) -> Tier:
    required, optional = ["name", "value", "bound"], ["unit", "proof", "conditional", "scope"]
    row = node.fields(required, optional)
    name = row["name"].text()
    value, bound = row["value"].number(), row["bound"].optional(_Node.number)
    finest = max(decimals(value), decimals(bound or 0))
    scale = max(_scale(name), 10**finest)
    return Tier(
        name,
        steps_of(value, scale) or 0,
        None if bound is None else steps_of(bound, scale),
        unit=row["unit"].optional(_Node.text) if "unit" in row else None,
        scale=scale,
        proof=row["proof"].text() if "proof" in row else None,
        conditional=row["conditional"].flag() if "conditional" in row else False,
        scope=row["scope"].text() if "scope" in row else None,
    )


def _scale(name: str) -> int:
    """Return the steps that a tier of this name is counted in; always a power of ten."""
    if name.partition(":")[0] in {"unplaced", "displaced", "evicted", "moves"}:
        return UNIT
    try:
        return parse_objective(name).scale
    except ValueError:
        return 1


def _assignment(node: _Node) -> Assignment:
    row = node.fields([column for column in COLUMNS if column != "gpu"], ["gpu"])
    return Assignment(
        model=row["model"].text(),
        environment=row["environment"].text(),
        version=row["version"].text(),
        node=row["node"].text(),
        provider=row["provider"].text(),
        region=row["region"].text(),
        zone=row["zone"].text(),
        country=row["country"].text(),
        continent=row["continent"].text(),
        flavor=row["flavor"].text(),
        replicas=row["replicas"].integer(),
        gpus=row["gpus"].steps(UNIT),
        cost=row["costPerHour"].steps(MICRO),
        gpu=row["gpu"].integer() if "gpu" in row else None,
    )


def _unplaced(node: _Node) -> Unplaced:
    row = node.fields(["model", "environment", "replicas", "reasons"], [])
    return Unplaced(
        row["model"].text(),
        row["environment"].text(),
        row["replicas"].integer(),
        row["reasons"].rows(_Node.text),
    )


def _change(node: _Node) -> Change:
    words = ["action", "model", "environment", "version", "replicas", "fromNode", "toNode"]
    row = node.fields(words, [])
    return Change(
        row["action"].choice(Action),
        row["model"].text(),
        row["environment"].text(),
        row["version"].text(),
        row["replicas"].integer(),
        row["fromNode"].optional(_Node.text),
        row["toNode"].optional(_Node.text),
    )


def _observed(node: _Node) -> Observed:
    row = node.fields(["policy", "model", "environment", "node", "replicas"], [])
    return Observed(
        row["policy"].text(),
        row["model"].text(),
        row["environment"].text(),
        row["node"].text(),
        row["replicas"].integer(),
    )


def _forced(node: _Node) -> Forced:
    row = node.fields(["model", "environment", "node", "replicas", "reason"], [])
    return Forced(
        row["model"].text(),
        row["environment"].text(),
        row["node"].text(),
        row["replicas"].integer(),
        row["reason"].text(),
    )


def _basis(node: _Node) -> Basis:
    row = node.fields(["catalog", "workspace", "running", "serial"], [])
    return Basis(
        row["catalog"].text(),
        row["workspace"].text(),
        row["running"].text(),
        row["serial"].optional(_Node.integer),
    )
