"""From the JSON document back to a plan: strict, and never a traceback for a bad file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placement.catalog.rows import UNIT
from placement.memory import uncollected
from placement.objectives.mix import parse_objective
from placement.plan.document import API_VERSION, COLUMNS, KIND, MICRO
from placement.plan.json_node import Node
from placement.plan.json_text import parse
from placement.plan.numbers import decimals, steps_of
from placement.plan.plain_rows import plain_assignment, plain_change
from placement.plan.plan import Plan
from placement.plan.prices import (
    CPUS,
    EXTRA,
    GPUS,
    LARGEST_SCALE,
    MEMORY,
    CapacityPrice,
    TierPrices,
)
from placement.plan.row_text import CHANGE
from placement.plan.rows import (
    Action,
    Assignment,
    Basis,
    Certificate,
    Change,
    Forced,
    Observed,
    PolicyDifference,
    Status,
    Tier,
    TransitionRecord,
    Unplaced,
)
from placement.workspace.documents import KINDS
from placement.workspace.refusal import Conflict, Refusal, RefusalReason, advise

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
OPTIONAL = [
    "warnings",
    "observed",
    "forced",
    "waves",
    "prices",
    "transition",
    "refusal",
    "policyDifference",
]


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
    with uncollected():
        return _plan(Node(parse(text, file=file), "", file).fields(REQUIRED, OPTIONAL))


def _plan(top: Mapping[str, Node]) -> Plan:
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
        stopped_by=top["stoppedBy"].optional(Node.text),
        warnings=top["warnings"].rows(Node.text) if "warnings" in top else (),
        observed=top["observed"].rows(_observed) if "observed" in top else (),
        forced=top["forced"].rows(_forced) if "forced" in top else (),
        waves=top["waves"].rows(_wave) if "waves" in top else (),
        prices=top["prices"].rows(_prices) if "prices" in top else (),
        transition=_transition(top["transition"]) if "transition" in top else None,
        refusal=_refusal(top["refusal"]) if "refusal" in top else None,
        policy_difference=_difference(top["policyDifference"])
        if "policyDifference" in top
        else None,
        stats=top["stats"].free_form(),
        stated_digest=top["digest"].text(),
    )


def _tier(node: Node) -> Tier:
    required = ["name", "value", "bound"]
    optional = ["unit", "proof", "confirmedBy", "conditional", "scope"]
    row = node.fields(required, optional)
    name = row["name"].text()
    value, bound = row["value"].number(), row["bound"].optional(Node.number)
    finest = max(decimals(value), decimals(bound or 0))
    scale = max(_scale(name), 10**finest)
    return Tier(
        name,
        steps_of(value, scale) or 0,
        None if bound is None else steps_of(bound, scale),
        unit=row["unit"].optional(Node.text) if "unit" in row else None,
        scale=scale,
        proof=row["proof"].text() if "proof" in row else None,
        conditional=row["conditional"].flag() if "conditional" in row else False,
        scope=row["scope"].text() if "scope" in row else None,
        confirmed_by=row["confirmedBy"].text() if "confirmedBy" in row else None,
    )


def _scale(name: str) -> int:
    """Return the steps that a tier of this name is counted in; always a power of ten."""
    if name.partition(":")[0] in {"unplaced", "displaced", "evicted", "moves"}:
        return UNIT
    try:
        return parse_objective(name).scale
    except ValueError:
        return 1


def _assignment(node: Node) -> Assignment:
    return plain_assignment(node.value) or _careful_assignment(node)


def _careful_assignment(node: Node) -> Assignment:
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


def _unplaced(node: Node) -> Unplaced:
    row = node.fields(["model", "environment", "replicas", "reasons"], [])
    return Unplaced(
        row["model"].text(),
        row["environment"].text(),
        row["replicas"].integer(),
        row["reasons"].rows(Node.text),
    )


def _change(node: Node) -> Change:
    return plain_change(node.value) or _careful_change(node)


def _careful_change(node: Node) -> Change:
    row = node.fields(list(CHANGE), [])
    return Change(
        row["action"].choice(Action),
        row["model"].text(),
        row["environment"].text(),
        row["version"].text(),
        row["replicas"].integer(),
        row["fromNode"].optional(Node.text),
        row["toNode"].optional(Node.text),
    )


def _observed(node: Node) -> Observed:
    row = node.fields(["policy", "model", "environment", "node", "replicas"], [])
    return Observed(
        row["policy"].text(),
        row["model"].text(),
        row["environment"].text(),
        row["node"].text(),
        row["replicas"].integer(),
    )


def _forced(node: Node) -> Forced:
    row = node.fields(["model", "environment", "node", "replicas", "reason"], [])
    return Forced(
        row["model"].text(),
        row["environment"].text(),
        row["node"].text(),
        row["replicas"].integer(),
        row["reason"].text(),
    )


def _basis(node: Node) -> Basis:
    row = node.fields(["catalog", "workspace", "running", "serial"], [])
    return Basis(
        row["catalog"].text(),
        row["workspace"].text(),
        row["running"].text(),
        row["serial"].optional(Node.integer),
    )


def _wave(node: Node) -> tuple[Change, ...]:
    return node.rows(_change)


def _prices(node: Node) -> TierPrices:
    row = node.fields(["tier", "scale", "earlier", "capacity"], [])
    scale = row["scale"].natural()
    if scale > LARGEST_SCALE:
        row["scale"].fail(f"at most {LARGEST_SCALE}")
    return TierPrices(
        row["tier"].text(), scale, row["capacity"].rows(_price), row["earlier"].naturals()
    )


def _price(node: Node) -> CapacityPrice:
    row = node.fields(["nodeGroup", "resource", "price"], ["nodes", "size"])
    resource, size = row["resource"].text(), row["size"].natural() if "size" in row else None
    if resource not in (GPUS, CPUS, MEMORY) and not resource.startswith(EXTRA):
        row["resource"].fail(f"{GPUS}, {CPUS}, {MEMORY} or {EXTRA}<name>")
    if size == 0:
        row["size"].fail("at least 1")
    return CapacityPrice(
        row["nodeGroup"].text(),
        resource,
        row["price"].natural(),
        size,
        row["nodes"].rows(_range) if "nodes" in row else None,
    )


def _range(node: Node) -> tuple[int, int]:
    ends = node.rows(Node.natural)
    if len(ends) != 2 or ends[0] > ends[1]:
        node.fail("a first and a last index")
    return (ends[0], ends[1])


def _transition(node: Node) -> TransitionRecord:
    words = ["kind", "arguments", "put", "delete", "replaced", "uncallable"]
    row = node.fields([*words, "costBefore", "costAfter"], [])
    return TransitionRecord(
        row["kind"].text(),
        row["arguments"].texts(),
        put=row["put"].rows(_put),
        delete=row["delete"].rows(_delete),
        replaced=row["replaced"].rows(_key),
        uncallable=row["uncallable"].rows(_endpoint),
        cost_before=row["costBefore"].steps(MICRO),
        cost_after=row["costAfter"].steps(MICRO),
    )


def _put(node: Node) -> Mapping[str, Any]:
    """Return a document as it stands; reading it as an object is the workspace's work."""
    row = node.fields(["apiVersion", "kind", "metadata", "spec"], [])
    row["apiVersion"].constant(API_VERSION)
    row["kind"].one_of(KINDS)
    row["metadata"].free_form()
    row["spec"].free_form()
    return node.free_form()


def _delete(node: Node) -> Mapping[str, str]:
    row = node.fields(["kind", "name"], ["environment"])
    row["kind"].one_of(KINDS)
    return node.texts()


def _key(node: Node) -> tuple[str, str]:
    row = node.fields(["model", "environment"], [])
    return (row["model"].text(), row["environment"].text())


def _endpoint(node: Node) -> tuple[str, str, str]:
    row = node.fields(["model", "environment", "version"], [])
    return (row["model"].text(), row["environment"].text(), row["version"].text())


def _refusal(node: Node) -> Refusal:
    row = node.fields(["reason", "message", "conflicts", "repairs"], [])
    return Refusal(
        row["reason"].choice(RefusalReason),
        row["message"].text(),
        row["conflicts"].rows(_conflict),
        advise(*row["repairs"].rows(Node.text)),
    )


def _conflict(node: Node) -> Conflict:
    row = node.fields(["kind", "members", "message", "proved"], ["minimal"])
    return Conflict(
        row["kind"].text(),
        row["members"].rows(Node.text),
        row["message"].text(),
        row["proved"].flag(),
        row["minimal"].flag() if "minimal" in row else True,
    )


def _difference(node: Node) -> PolicyDifference:
    row = node.fields(["added", "removed"], [])
    return PolicyDifference(row["added"].rows(Node.text), row["removed"].rows(Node.text))
