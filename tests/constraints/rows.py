"""The rows that the array half of one constraint adds, as people write inequalities."""

from __future__ import annotations

from placement.catalog.catalog import Catalog
from placement.constraints.base import Constraint
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.problem.builder import ProblemBuilder
from placement.problem.compiler import compile_snapshot
from placement.problem.problem import INFINITE, Problem
from placement.workspace.workspace import Workspace


def built(
    rule: Constraint,
    catalog: Catalog,
    space: Workspace,
    *,
    billing: Billing = Billing.SHARE,
    single: bool = False,
) -> tuple[Problem, ProblemBuilder]:
    """Return the problem that holds one rule only; ``single`` makes every node its own cell."""
    compiled = compile_snapshot(
        space,
        catalog,
        objective=parse_objective("cost", billing=billing),
        bill_nodes=billing is Billing.NODE,
        masks={},
    )
    cells = [part for cell in compiled.cells for part in (cell.split() if single else [cell])]
    builder = ProblemBuilder(
        catalog=catalog,
        deployments=compiled.deployments,
        cells=cells,
        eligible=compiled.eligible,
        bill_nodes=compiled.bill_nodes,
    )
    rule.compile(builder)
    return builder.build([]), builder


def rows(
    rule: Constraint,
    catalog: Catalog,
    space: Workspace,
    *,
    billing: Billing = Billing.SHARE,
    single: bool = False,
) -> list[str]:
    """Return the rows of one rule: ``spread: chat@east/0 + chat@west/0 - 2 v0 <= 0``.

    A pair is called after its model and the first node of its cell; the other variables are
    ``v0``, ``v1`` and so on.
    """
    problem, _ = built(rule, catalog, space, billing=billing, single=single)
    names = []
    for d, c in zip(problem.pair_deployment.tolist(), problem.pair_cell.tolist(), strict=True):
        cell = problem.cells[c]
        group = catalog.node_groups[cell.group]
        names.append(f"{problem.deployments[d].name}@{group.node(cell.indices[0])}")
    names += [f"v{number}" for number in range(len(problem.low) - problem.pairs)]
    found = problem.rows
    lines = []
    for row, name in enumerate(found.name):
        part = slice(int(found.start[row]), int(found.start[row + 1]))
        terms = zip(found.variable[part].tolist(), found.coefficient[part].tolist(), strict=True)
        text = " + ".join(f"{factor} {names[variable]}" for variable, factor in terms)
        text = f" {text}".replace("+ -", "- ").replace(" 1 ", " ").replace("-1 ", "-").strip()
        low = "" if found.low[row] == -INFINITE else f"{found.low[row]} <= "
        high = "" if found.high[row] == INFINITE else f" <= {found.high[row]}"
        lines.append(f"{name}: {low}{text or 0}{high}")
    return lines


def extra_bounds(problem: Problem) -> list[tuple[int, int]]:
    """Return the bounds of ``v0``, ``v1`` and so on."""
    return list(
        zip(
            problem.low[problem.pairs :].tolist(),
            problem.high[problem.pairs :].tolist(),
            strict=True,
        )
    )
