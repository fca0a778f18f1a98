"""``placement prices``: what one more GPU is worth and each policy costs, by a plan's prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import BillingOption, CatalogFolder, Current, Output, Paths
from placement.cli.table import Column, render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from placement.plan.rows import Tier
    from placement.worth import GpuWorth, PolicyCost

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A stored plan (JSON).")]

_KEYS = ("what", "tier", "name", "region", "nodeGroup", "deployments", "amount", "unit")
_GPUS = (
    Column("GPU"),
    Column("REGION"),
    Column("NODE GROUP"),
    Column("ONE MORE IS WORTH", right=True),
    Column("UNIT"),
)
_POLICIES = (
    Column("POLICY"),
    Column("DEPLOYMENTS", right=True),
    Column("COSTS", right=True),
    Column("UNIT"),
)
DECIMALS = 6


@guarded
def prices(
    plan: PlanFile,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    billing: BillingOption = None,
    form: Output = None,
) -> ExitCode:
    """Show what one more GPU is worth, and what each policy costs, at the prices of a plan.

    Both are estimates. With the gap of the tier added, neither can save more.
    """
    from placement.certificate import Bounds
    from placement.objectives.tiers import tiers_of
    from placement.plan.resolve import resolve_rows
    from placement.verifier.stated import stated_billing, stated_objective
    from placement.worth import gpu_worths, policy_costs

    stored = inputs.read_plan(plan)
    fleet = inputs.catalog_of_files(paths, catalog)
    asked = inputs.read_workspace(inputs.manifest_paths(paths))
    inputs.check(asked, fleet.names)
    if current is not None:
        asked = asked.with_running(inputs.read_running(current))
    objective = stated_objective(stored, billing or stated_billing(stored))
    view = resolve_rows(asked, fleet, stored.assignments).view
    bounds = Bounds(view, objective)
    tiers = {tier.name: tier for tier in tiers_of(view, objective)}
    found: list[dict[str, Any]] = []
    for one in stored.prices:
        tier = tiers.get(one.tier)
        if tier is None or any(bounds.faults(one)):
            output.say(f"the prices of `{one.tier}` prove nothing; `placement verify` tells why")
            continue
        found += [_gpu(row, tier) for row in gpu_worths(bounds, one, tier)]
        found += [_policy(row, tier) for row in policy_costs(view, objective, one, tier)]
    output.emit(_render(found, output.choose_format(form)))
    return ExitCode.DONE


def _gpu(row: GpuWorth, tier: Tier) -> dict[str, Any]:
    return {
        "what": "gpu",
        "tier": row.tier,
        "name": row.gpu,
        "region": row.region,
        "nodeGroup": row.node_group,
        "deployments": None,
        "amount": _number(row.worth),
        "unit": f"{_unit(tier)} per GPU",
    }


def _policy(row: PolicyCost, tier: Tier) -> dict[str, Any]:
    return {
        "what": "policy",
        "tier": row.tier,
        "name": row.policy,
        "region": None,
        "nodeGroup": None,
        "deployments": row.deployments,
        "amount": _number(row.cost),
        "unit": _unit(tier),
    }


def _unit(tier: Tier) -> str:
    return tier.unit or ("" if tier.name.startswith("mix:") else "GPUs")


def _number(value: Fraction) -> float:
    return float(round(value, DECIMALS))


def _render(rows: Sequence[dict[str, Any]], form: Format) -> str:
    match form:
        case Format.TABLE:
            return _page(rows)
        case Format.JSON:
            return output.as_json({"kind": "List", "items": list(rows)})
        case Format.YAML:
            return output.as_yaml({"kind": "List", "items": list(rows)})
        case Format.CSV:
            return output.as_csv(_KEYS, rows)


def _page(rows: Sequence[dict[str, Any]]) -> str:
    parts = []
    for tier in dict.fromkeys(row["tier"] for row in rows):
        own = [row for row in rows if row["tier"] == tier]
        gpus = [
            (r["name"], r["region"], r["nodeGroup"], f"{r['amount']:,.4f}", r["unit"])
            for r in own
            if r["what"] == "gpu"
        ]
        policies = [
            (r["name"], str(r["deployments"]), f"{r['amount']:,.4f}", r["unit"])
            for r in own
            if r["what"] == "policy"
        ]
        parts.append(f"Tier {tier}\n")
        parts.append(render(_GPUS, gpus) if gpus else "one more GPU of any kind is worth nothing\n")
        parts.append(render(_POLICIES, policies) if policies else "no policy binds\n")
    return "\n".join(parts) or "the plan has no prices: no tier needs any, or none are known\n"
