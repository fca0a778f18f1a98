"""A fleet of a few nodes, and previews on it that are made by hand: no solver, a millisecond each."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType

from placement.catalog.catalog import make_catalog
from placement.catalog.rows import NANO, UNIT, Gpu, NodeGroup, Region
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.record import record_of
from placement.plan.view import PlacedRow, PlanView
from placement.plan.waves import order
from placement.preview import Preview
from placement.workspace.transitions import Transition, deploy
from placement.workspace.workspace import ModelDeployment

PLACES = (("aws", "us-east-1", "US", "NA"), ("gcp", "europe-west4", "NL", "EU"))


@cache
def fleet(*, price=0.5, count=4, name="fleet"):
    """Return two groups of nodes with four T4 each."""
    regions = [Region(p, c, c, land, cont, 38.9, -77.4, 380_000) for p, c, land, cont in PLACES]
    groups = [
        NodeGroup(
            f"{region.provider}-t4",
            region,
            "a",
            "t4.metal",
            "gpu",
            "T4",
            4,
            64 * UNIT,
            256 * UNIT,
            int(price * NANO) * (index + 1),
            count,
        )
        for index, region in enumerate(regions)
    ]
    return make_catalog(regions, [Gpu("T4", "NVIDIA", 16 * UNIT, "Turing")], groups, name=name)


def chat(version="A", *, environment="production", model="chat", **fields):
    """Return a deployment; old replicas make room first, for the new ones take their nodes."""
    fields = {"rollout": "recreate", **fields}
    return ModelDeployment(name=model, environment=environment, version=version, **fields)


def preview_of(transition: Transition, *, catalog=None, serial=None) -> Preview:
    """Return the preview of a change: what is asked goes to the first nodes with room."""
    catalog = catalog or fleet()
    before, after = transition.before, transition.after
    view = PlanView(catalog, after, first_fit(after, catalog), before.running)
    mix = parse_objective("cost")
    plan = bare_plan(view, objective=mix, billing=Billing.SHARE, bounds={})
    plan = replace(
        plan,
        basis=replace(plan.basis, serial=serial),
        transition=record_of(
            transition,
            before.running,
            plan.assignments,
            cost_before=sum(row.cost for row in before.running),
            cost_after=sum(row.cost for row in plan.assignments),
        ),
        waves=order(catalog, before, after, plan.assignments).waves or (),
        stats=MappingProxyType({"options": {"objective": "cost", "billing": "share"}}),
    )
    return Preview(before, catalog, plan, after.with_running(plan))


def first_fit(workspace, catalog):
    """Return rows for every replica, whole GPUs only, nodes filled in order."""
    nodes = [(group, index) for group in catalog.node_groups for index in range(group.count)]
    free = [group.gpu_count for group, _ in nodes]
    rows = []
    for deployment in workspace.deployments:
        left = deployment.replicas if deployment.enabled else 0
        for at, (group, index) in enumerate(nodes):
            fits = min(left, free[at])
            if fits:
                rows.append(PlacedRow(deployment, group, index, None, fits))
                free[at] -= fits
                left -= fits
        assert not left, "the fleet is full"
    return tuple(sorted(rows, key=lambda row: row.order))


def commit(store, transition, *, author="ann", reason="", catalog=None):
    """Commit a change on the newest state and return its preview."""
    head = store.head()
    preview = preview_of(transition, catalog=catalog or head.catalog)
    store.commit(preview, expected=head.serial, author=author, reason=reason)
    return preview


def deploy_once(store, deployment, *, author="ann", reason="", catalog=None):
    """Commit a deployment on the newest state and return the entry."""
    head = store.head()
    preview = preview_of(deploy(head.workspace, deployment), catalog=catalog or head.catalog)
    return store.commit(preview, expected=head.serial, author=author, reason=reason)
