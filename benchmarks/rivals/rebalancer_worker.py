"""Asks Rebalancer; runs in its own environment, with nothing but JSON between the two.

Objects are replicas, containers are nodes and one more, ``out``, for what has no place.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from rebalancer import ProblemSolver  # type: ignore[import-not-found]

OUT = "out"
ENDLESS = 1e9
ABSOLUTE, HIGHS = 1, 2
"""Numbers of enum members: the binding of 1.0.4 does not take their names."""
MOVES = ("singleMoveTypeSpec", "swapMoveTypeSpec", "klSearchMoveTypeSpec", "tripleLoopMoveTypeSpec")
UNIT, MICRO = 1000, 1e6


def main() -> None:
    """Read the instance, solve, write the answer."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    began = time.perf_counter()
    instance = Instance(told)
    solver = instance.problem()
    left = max(1, math.floor(told["limit"] - (time.perf_counter() - began)))
    solver.add_solver(SOLVERS[told["mode"]](left))
    found = solver.solve()
    said = {"rows": instance.rows(found["assignment"]), "note": NOTES[told["mode"]]}
    Path(sys.argv[2]).write_text(json.dumps(said), encoding="utf-8")


def _optimal(seconds: int) -> dict[str, Any]:
    own = {"solverPackage": HIGHS, "solveTime": seconds, "suppressLogs": True}
    return {"optimalSolverSpec": own}


def _local(seconds: int) -> dict[str, Any]:
    own = {"moveTypeList": [{move: {}} for move in MOVES], "solveTime": seconds}
    return {"localSearchSolverSpec": own}


SOLVERS = {"optimal": _optimal, "local": _local}
NOTES = {
    "optimal": "OptimalSolverSpec, HiGHS, hierarchical, hinted",
    "local": "LocalSearchSolverSpec: single, swap, KL search, triple loop; from greedy",
}


class Instance:
    """The instance as objects, containers, dimensions, constraints and goals."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.objects = [
            (d, f"{d}.{k}") for d, count in enumerate(told["replicas"]) for k in range(count)
        ]
        self.group_of = {
            f"{g}/{i}": g for g, count in enumerate(told["count"]) for i in range(count)
        }

    def problem(self) -> Any:
        """Return the problem without a solver."""
        solver = ProblemSolver("benchmark", "fleet")
        solver.set_object_name("replica").set_container_name("node").set_log_level("FATAL")
        solver.set_assignment(self._start())
        groups = {node: f"g{g}" for node, g in self.group_of.items()}
        solver.add_scope("group", {**groups, OUT: OUT})
        for r, name in enumerate(("gpus", "cpus", "memory")):
            self._resource(solver, r, name)
        self._eligibility(solver)
        for number, spread in enumerate(self.told["spreads"]):
            self._spread(solver, number, *spread)
        drained = {"name": "unplaced", "containers": [OUT], "dimension": "gpus"}
        solver.add_goal({"toFreeSpec": drained}, 1.0, 0)
        solver.add_goal({"assignmentAffinitiesSpec": self._affinities()}, 1.0, 1)
        return solver

    def _start(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {node: [] for node in self.group_of}
        next_of = dict.fromkeys(range(len(self.told["replicas"])), 0)
        for d, g, i, count in zip(*self.told["start"], strict=True):
            for _ in range(count):
                found[f"{g}/{i}"].append(f"{d}.{next_of[d]}")
                next_of[d] += 1
        found[OUT] = [
            f"{d}.{k}"
            for d, count in enumerate(self.told["replicas"])
            for k in range(next_of[d], count)
        ]
        return found

    def _resource(self, solver: Any, r: int, name: str) -> None:
        need, room = self.told["need"][r], self.told["room"][r]
        solver.add_object_dimension(name, {o: need[d] / UNIT for d, o in self.objects})
        capacity = {node: room[g] / UNIT for node, g in self.group_of.items()}
        solver.add_container_dimension(name, {**capacity, OUT: ENDLESS})
        most = {"name": name, "scope": "node", "dimension": name}
        solver.add_constraint({"capacitySpec": most})

    def _eligibility(self, solver: Any) -> None:
        """Forbid by a dimension that is 1 where an object may not be, as its documents advise."""
        allowed = [set(groups) for groups in self.told["allowed"]]
        forbidden = {
            f"g{g}": {o: 1.0 for d, o in self.objects if g not in allowed[d]}
            for g in range(len(self.told["count"]))
        }
        solver.add_dynamic_object_dimension("forbidden", "group", forbidden, 0.0)
        none = {"type": ABSOLUTE, "globalLimit": 0.0}
        rule = {"name": "forbidden", "scope": "group", "dimension": "forbidden", "limit": none}
        solver.add_constraint({"capacitySpec": rule})

    def _spread(
        self, solver: Any, number: int, d: int, domain: list[int] | None, most: int
    ) -> None:
        name = f"spread{number}"
        solver.add_partition(name, {name: [o for own, o in self.objects if own == d]})
        scope, limits = "node", {OUT: ENDLESS}
        if domain is not None:
            scope = f"domain{number}"
            of = {node: f"d{domain[g]}" for node, g in self.group_of.items()}
            solver.add_scope(scope, {**of, OUT: OUT})
        limit = {"type": ABSOLUTE, "globalLimit": float(most), "scopeItemLimits": limits}
        rule = {"name": name, "scope": scope, "partitionName": name, "limit": limit}
        solver.add_constraint({"groupCountSpec": rule})

    def _affinities(self) -> dict[str, Any]:
        """Return the cost as a preference: the dearest place is worth almost nothing."""
        told = self.told
        top = 1 + max((max(cost) for cost in told["cost"] if cost), default=0) / MICRO
        found = [
            {"objectName": o, "scopeItemName": f"g{g}", "affinity": top - cost / MICRO}
            for d, o in self.objects
            for g, cost in zip(told["allowed"][d], told["cost"][d], strict=True)
        ]
        return {"name": "cost", "scope": "group", "affinities": found}

    def rows(self, assignment: dict[str, str]) -> list[list[int]]:
        """Return deployment, group, index and replicas of every row."""
        counts: dict[tuple[int, int, int], int] = {}
        for d, o in self.objects:
            if assignment[o] != OUT:
                group, _, index = assignment[o].partition("/")
                row = (d, int(group), int(index))
                counts[row] = counts.get(row, 0) + 1
        columns = list(zip(*((*row, count) for row, count in counts.items()), strict=True))
        return [list(column) for column in columns] or [[], [], [], []]


if __name__ == "__main__":
    main()
