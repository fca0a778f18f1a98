"""From a layout to rows and to what the verifier says about them."""

from __future__ import annotations

from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.view import PlacedRow, PlanView
from placement.problem.compiler import compile_snapshot
from placement.verifier import verify
from tests.differential.test_brute_force import RULES
from tests.worlds.package import catalog_of, workspace_of


class Snapshot:
    """A world of the tests, compiled."""

    def __init__(self, world):
        self.catalog, self.workspace = catalog_of(world), workspace_of(world)
        self.billing = Billing(world.billing)
        self.objective = parse_objective(world.objective, billing=self.billing)
        self.compiled = compile_snapshot(
            self.workspace,
            self.catalog,
            objective=self.objective,
            bill_nodes=self.billing is Billing.NODE,
            masks={},
        )

    def plan(self, cells, layout):
        """Return the plan of a layout, with no bound."""
        rows = [
            PlacedRow(
                self.compiled.deployments[seat.deployment],
                self.catalog.node_groups[cells[c].group],
                cells[c].indices[seat.node],
                seat.slot,
                seat.replicas,
            )
            for c, seats in layout.items()
            for seat in seats
        ]
        ordered = tuple(sorted(rows, key=lambda row: row.order))
        view = PlanView(self.catalog, self.workspace, ordered, self.workspace.running)
        return bare_plan(view, objective=self.objective, billing=self.billing, bounds={})

    def broken_rules(self, plan):
        """Return what the verifier says about the rows alone."""
        report = verify(
            self.catalog,
            self.workspace,
            plan,
            billing=self.billing,
            objective=self.objective.name,
        )
        return [str(violation) for violation in report.violations if violation.rule in RULES]
