"""The tiers of a problem in lexicographic order, as linear functions of its variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT
from placement.errors import ObjectiveRangeError
from placement.objectives.cost import Cost
from placement.objectives.unplaced import class_name
from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints, TierSpec

if TYPE_CHECKING:
    from placement.objectives.base import Objective
    from placement.objectives.mix import Mix

LARGEST = 2**62
MOVES = "moves"
REBALANCE = "rebalance"
"""Name of moves and the last tier in one."""
STRICT = "strict"
"""Name of a tier that no plan shows: it is 0 in all of them."""


def make_tier(
    name: str,
    terms: Iterable[tuple[int, int]],
    *,
    constant: int = 0,
    unit: str | None = None,
    scale: int = UNIT,
    floor: int = 0,
) -> TierSpec:
    """Return a tier from (variable, coefficient) terms."""
    entries = [(v, c) for v, c in terms if c]
    variables = np.array([v for v, _ in entries], np.int64)
    coefficients = np.array([c for _, c in entries], np.int64)
    return TierSpec(name, unit, scale, constant, variables, coefficients, floor)


def shortfalls(builder: ProblemBuilder, movable: Sequence[int]) -> dict[int, int]:
    """Return per deployment the variable that counts running replicas left without a place."""
    shortfall: dict[int, int] = {}
    for d, deployment in enumerate(builder.deployments):
        owed = min(movable[d], deployment.replicas)
        if owed:
            shortfall[d] = builder.variable(0, owed)
            count = [(p, 1) for p in builder.pairs_of(d).tolist()]
            builder.row([*count, (shortfall[d], 1)], low=owed, name="displaced")
    return shortfall


def displaced_tiers(
    builder: ProblemBuilder, shortfall: Mapping[int, int], classes: Sequence[int]
) -> list[TierSpec]:
    """Weight of running replicas that lose their place, one tier per priority class."""
    tiers = []
    for priority in classes:
        members = [d for d in shortfall if builder.deployments[d].priority == priority]
        if members:
            terms = [(shortfall[d], builder.deployments[d].weight) for d in members]
            tiers.append(make_tier(class_name("displaced", priority, classes), terms, unit="GPU"))
    return tiers


def unplaced_tiers(builder: ProblemBuilder, classes: Sequence[int]) -> list[TierSpec]:
    """Weight of replicas without a node, one tier per priority class."""
    rank = np.array([d.priority for d in builder.deployments], np.int64)
    weight = np.array([d.weight for d in builder.deployments], np.int64)
    replicas = np.array([d.replicas for d in builder.deployments], np.int64)
    wanted = np.array(builder.wanted, np.int64)
    owner = builder.pair_deployment
    tiers = []
    for priority in classes:
        mine = rank == priority
        pairs = np.flatnonzero(mine[owner])
        asked = int(weight[mine] @ replicas[mine])
        left_out = int(weight[mine] @ (replicas - wanted)[mine])
        name = class_name("unplaced", priority, classes)
        cost = -weight[owner[pairs]]
        tiers.append(TierSpec(name, "GPU", UNIT, asked, pairs, cost, left_out))
    return tiers


def strict_tier(builder: ProblemBuilder, strict: Iterable[int]) -> TierSpec:
    """Weight of replicas without a node of the deployments that must be placed whole."""
    asked = 0
    terms: list[tuple[int, int]] = []
    for d in strict:
        weight = builder.deployments[d].weight
        asked += weight * builder.wanted[d]
        terms += [(p, -weight) for p in builder.pairs_of(d).tolist()]
    return make_tier(STRICT, terms, constant=asked, unit="GPU")


def moves_tier(
    builder: ProblemBuilder, movable: Sequence[int], shortfall: Mapping[int, int]
) -> TierSpec:
    """Weight of running replicas that stay placed but change their node.

    With s = the shortfall of ``displaced``, min(old, placed) = min(old, replicas) - s. The sum
    of weight x s is fixed by the earlier tiers, and each s is tight there, so it enters here
    through its variables again.
    """
    constant = 0
    terms: list[tuple[int, int]] = []
    for d, deployment in enumerate(builder.deployments):
        constant += deployment.weight * min(movable[d], deployment.replicas)
    staying: dict[int, list[tuple[int, int]]] = {}
    for pair, variable in builder.kept().items():
        d = int(builder.pair_deployment[pair])
        terms.append((variable, -builder.deployments[d].weight))
        staying.setdefault(d, []).append((variable, 1))
    for d, variable in shortfall.items():
        terms.append((variable, -builder.deployments[d].weight))
        owed = min(movable[d], builder.deployments[d].replicas)
        builder.row([(variable, 1), *staying.get(d, ())], high=owed, name="moves")
    return make_tier(MOVES, terms, constant=constant, unit="GPU")


def rebalancing_tier(
    builder: ProblemBuilder, moves: TierSpec, last: TierSpec, saving: int, most: int
) -> TierSpec:
    """Return the last tier and the moves in one, each moved GPU counting ``saving`` steps.

    In thousandths of a step of the last tier, because moves are in thousandths of a GPU.

    Parameters
    ----------
    saving : int
        Steps of the last tier that one moved GPU must save at least.
    most : int
        Thousandths of GPUs that may move.
    """
    terms = zip(moves.variable.tolist(), moves.coefficient.tolist(), strict=True)
    builder.row(terms, high=most - moves.constant, name=MOVES)
    largest = int(abs(moves.coefficient).max(initial=1)) * saving
    if max(largest, int(last.coefficient.max(initial=1)) * UNIT) >= LARGEST:
        raise ObjectiveRangeError(f"the values of `{last.name}` are too large to be rebalanced")
    return TierSpec(
        REBALANCE,
        last.unit,
        last.scale * UNIT,
        saving * moves.constant,
        np.concatenate([last.variable, moves.variable]),
        np.concatenate([last.coefficient * UNIT, moves.coefficient * saving]),
        last.floor * UNIT,
    )


def last_tier(builder: ProblemBuilder, objective: Mix) -> TierSpec:
    """Return the chosen objective: values per replica, and per node in use if nodes are billed."""
    table = builder.catalog.table
    pairs = len(builder.pair_deployment)
    values = np.zeros(pairs, np.int64)
    per_node = np.zeros(len(builder.cells), np.int64)
    for term in objective.terms:
        if isinstance(term.objective, Cost):
            nodes = term.objective.compile_nodes(table)
            idle = np.array([not cell.in_use for cell in builder.cells], np.int64)
            per_node += _times(term.factor, nodes[builder.cell_group] * idle, objective)
        values += _per_pair(builder, term.objective, term.factor, objective)
    opened = builder.opened()
    variable = np.concatenate([np.arange(pairs), np.array(list(opened.values()), np.int64)])
    price = per_node[np.array(list(opened), np.int64)]
    coefficient = np.concatenate([values, price])
    floor = 0 if builder.bill_nodes else _cheapest(builder, values)
    return TierSpec(
        objective.name, objective.unit, objective.scale, 0, variable, coefficient, floor
    )


def _per_pair(builder: ProblemBuilder, term: Objective, factor: int, objective: Mix) -> Ints:
    """Return what one replica of each pair adds; deployments alike in demand share a column."""
    table, catalog = builder.catalog.table, builder.catalog
    number: dict[object, int] = {}
    columns: list[Ints] = []
    column_of = np.zeros(len(builder.deployments), np.int64)
    for d, deployment in enumerate(builder.deployments):
        key = (deployment.gpus, deployment.cpus, deployment.memory, deployment.request_origins)
        if key not in number:
            number[key] = len(columns)
            column = term.compile(deployment, table, catalog)
            columns.append(_times(factor, column, objective)[builder.cell_group])
        column_of[d] = number[key]
    if not columns:
        return np.zeros(0, np.int64)
    return np.stack(columns)[column_of[builder.pair_deployment], builder.pair_cell]


def _cheapest(builder: ProblemBuilder, values: Ints) -> int:
    """Return what the wanted replicas cost if each deployment had the fleet to itself."""
    owner = builder.pair_deployment
    order = np.lexsort((values, owner))
    there = np.cumsum(builder.pair_high[order])
    before = np.concatenate([[0], there])[builder.first_pair[:-1]]
    there -= before[owner[order]]
    wanted = np.array(builder.wanted, np.int64)[owner[order]]
    counts = np.minimum(there, wanted) - np.minimum(there - builder.pair_high[order], wanted)
    return int(values[order] @ counts)


def _times(factor: int, column: Ints, objective: Mix) -> Ints:
    """Return factor x column; raise ObjectiveRangeError before 64 bits run over."""
    if factor * int(column.max(initial=1)) >= LARGEST // len(objective.terms):
        raise ObjectiveRangeError(
            f"the values of `{objective.name}` may reach 2^53 steps, where they are not exact"
        )
    return factor * column
