"""A small fleet, and plans on it that are right by construction except for what a test breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import Gpu, NodeGroup, NodeState, Region, Reserved
from placement.constraints.base import Constraint, Violation
from placement.objectives.mix import parse_objective
from placement.objectives.tiers import tiers_of
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.plan import Plan
from placement.plan.rows import Assignment
from placement.plan.view import PlacedRow, PlanView
from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES
from placement.reasons import unplaced_rows
from placement.verifier import Report, verify
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

USD = 10**9
EAST = Region("aws", "us-east-1", "Virginia", "US", "NA", 38.9, -77.4, 400_000)
WEST = Region("aws", "eu-west-1", "Dublin", "IE", "EU", 53.3, -6.3, 300_000)
ASIA = Region("gcp", "asia-east1", "Changhua", "TW", "AS", 24.1, 120.7, None)
REGIONS = (EAST, WEST, ASIA)
GPUS = (
    Gpu("T4", "NVIDIA", 16_000, "Turing", ("Tesla T4",), None, 70),
    Gpu("A100-40GB", "NVIDIA", 40_000, "Ampere", (), "A100", 400),
    Gpu("A100-80GB", "NVIDIA", 80_000, "Ampere", (), "A100", None),
    Gpu("A10", "NVIDIA", 24_000, "Ampere", (), None, 150),
)


def gpu_group(
    name: str, region: Region, zone: str, flavor: str, count: int, **more: Any
) -> NodeGroup:
    fields: dict[str, Any] = {
        "instance_type": f"type-{flavor}",
        "flavor_type": "gpu",
        "gpu_count": 4,
        "cpus": 16_000,
        "memory": 64_000,
        "price": 2 * USD,
    }
    return NodeGroup(name, region, zone, flavor=flavor, count=count, **{**fields, **more})


GROUPS = (
    gpu_group("east", EAST, "a", "T4", 3),
    gpu_group("west", WEST, "a", "T4", 2, price=2_310_000_001),
    gpu_group(
        "asia", ASIA, "a", "A100-80GB", 1, gpu_count=8, cpus=96_000, price=20 * USD,
        extra={"nic": 2_000},
    ),
    gpu_group(
        "cpu", EAST, "b", "x86_64", 2, flavor_type="cpu", gpu_count=0, cpus=8_000, price=USD // 2
    ),
    gpu_group(
        "part", EAST, "b", "A10", 2, gpu_count=1, gpu_fraction=Fraction(1, 6), cpus=6_000,
        price=USD // 4,
    ),
    gpu_group("cordoned", EAST, "c", "T4", 1, state=NodeState.CORDONED),
    gpu_group("draining", WEST, "b", "T4", 1, state=NodeState.DRAINING),
    gpu_group("lost", WEST, "c", "T4", 1, state=NodeState.LOST),
)  # fmt: skip
RESERVED = {"east/2": Reserved((0, 0, 250, 1000), 1_000, 8_000)}
LATENCY = {("aws/eu-west-1", "aws/us-east-1"): 80_000}


def fleet(*groups: NodeGroup, **states: str) -> Catalog:
    """Return the small fleet, or one of the given groups.

    ``states`` are those of single nodes: ``east_0="lost"`` is about node ``east/0``.
    """
    names = {group.name for group in groups or GROUPS}
    held = {node: kept for node, kept in RESERVED.items() if node.rpartition("/")[0] in names}
    own = {node.replace("_", "/"): NodeState(state) for node, state in states.items()}
    return make_catalog(REGIONS, GPUS, groups or GROUPS, reserved=held, states=own, latency=LATENCY)


def deployment(name: str, **fields: Any) -> ModelDeployment:
    """Return a deployment; fields by their manifest names, decimals in ``resources`` as text."""
    resources = {
        key: Decimal(value) if isinstance(value, str) else value
        for key, value in fields.pop("resources", {}).items()
    }
    return ModelDeployment.model_validate(
        {"name": name, "version": "1", "resources": resources, **fields}
    )


def policy(name: str, kind: str, **options: Any) -> Policy:
    return POLICY_TYPES[kind].model_validate({"name": name, "type": kind, **options})


def workspace(
    *deployments: ModelDeployment,
    policies: Iterable[Policy] = (),
    production: tuple[str, ...] = (),
    running: Iterable[Assignment] = (),
) -> Workspace:
    stages = [Environment(name="production", policies=production)]
    return make_workspace(policies, stages, deployments, running)


@dataclass(frozen=True)
class At:
    """Replicas of a production deployment on a node."""

    model: str
    node: str
    replicas: int = 1
    gpu: int | None = None


def view_of(catalog: Catalog, space: Workspace, *places: At) -> PlanView:
    """Return the view of a plan that places replicas as told, whether that is right or not."""
    rows = []
    for at in places:
        found = catalog.find_node(at.node)
        assert found is not None, at.node
        one = space.by_key[at.model, "production"]
        rows.append(PlacedRow(one, *found, at.gpu, at.replicas))
    ordered = tuple(sorted(rows, key=lambda row: row.order))
    return PlanView(catalog, space, ordered, space.running)


def plan_of(
    catalog: Catalog,
    space: Workspace,
    *places: At,
    objective: str = "cost",
    billing: Billing = Billing.SHARE,
) -> Plan:
    """Return a plan whose every number is right for the rows it has."""
    mix = parse_objective(objective, billing=billing)
    view = view_of(catalog, space, *places)
    bounds = {tier.name: tier.value for tier in tiers_of(view, mix)}
    plan = bare_plan(view, objective=mix, billing=billing, bounds=bounds)
    options = {"objective": objective, "billing": str(billing)}
    return replace(plan, unplaced=unplaced_rows(view, proved=True), stats={"options": options})


def running(catalog: Catalog, space: Workspace, *places: At) -> Workspace:
    """Return the workspace in which replicas run as told."""
    return space.with_running(plan_of(catalog, space, *places))


def judge(catalog: Catalog, space: Workspace, *places: At, **options: Any) -> Report:
    """Verify the plan that places replicas as told."""
    return verify(catalog, space, plan_of(catalog, space, *places, **options))


def broken(catalog: Catalog, space: Workspace, *places: At) -> set[str]:
    """Return the names of the rules that such a plan breaks."""
    return {violation.rule for violation in judge(catalog, space, *places).violations}


def found(rule: Constraint, view: PlanView) -> list[Violation]:
    return list(rule.check(view))
