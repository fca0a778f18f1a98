"""Whether everything that is asked of a problem can hold, decided by proof or not at all.

The same rows as for a plan, without an objective: each deployment places exactly what is required
of it. Cells of several nodes are a relaxation, so an answer of *no* is a proof at any size; an
answer of *yes* is one only when every cell packs, and a cell that does not is split first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from placement.constraints.registry import CONSTRAINTS
from placement.errors import RowRangeError
from placement.problem.builder import ProblemBuilder
from placement.problem.cells import Cell
from placement.problem.classes import merge
from placement.problem.compiler import Compiled, Mask
from placement.problem.components import components
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.cell_task import CellTask, cell_tasks
from placement.solvers.cpsat import Effort, Model, Outcome
from placement.solvers.exact import split
from placement.solvers.greedy import greedy_layout
from placement.solvers.packing import pack
from placement.workspace.workspace import Domain


class Verdict(StrEnum):
    """What is known."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Skew:
    """A ``maxSkew`` of one deployment, over the domains that it has in the workspace as it is.

    ``usable`` is its mask of node groups there. Nodes that do not exist yet count as no domain
    that could be empty.
    """

    deployment: int
    over: Domain
    most: int
    usable: Mask


@dataclass(frozen=True)
class Question:
    """What has to hold together.

    Attributes
    ----------
    compiled : Compiled
        ``wanted`` is what each deployment of ``required`` places, and the most that any other may.
    required : frozenset of int
        Deployments that place exactly what is wanted of them.
    skews : tuple of Skew
        Instead of the ``maxSkew`` of the deployments, which have none.
    """

    compiled: Compiled
    required: frozenset[int]
    skews: tuple[Skew, ...] = ()


def holds(question: Question, effort: Effort) -> Verdict:
    """Return whether everything can hold; each independent part may take the whole effort."""
    alone = frozenset(skew.deployment for skew in question.skews) | frozenset(
        resident.deployment for cell in question.compiled.cells for resident in cell.residents
    )
    if not question.required:
        return Verdict.HOLDS
    if _is_nowhere(question):
        return Verdict.BROKEN
    classes = merge(replace(question.compiled, strict=alone))
    required = frozenset(
        number
        for number, own in enumerate(classes.members)
        if all(d in question.required for d in own)
    )
    number = {own[0]: i for i, own in enumerate(classes.members)}
    skews = tuple(replace(skew, deployment=number[skew.deployment]) for skew in question.skews)
    known = Verdict.HOLDS
    for part, deployments, _ in components(classes.compiled):
        verdict = _part_holds(_inside(part, deployments, required, skews), effort)
        if verdict is Verdict.BROKEN:
            return verdict
        known = verdict if verdict is Verdict.UNKNOWN else known
    return known


def _is_nowhere(question: Question) -> bool:
    """Whether a deployment that must be placed has no node group at all."""
    compiled = question.compiled
    there = np.zeros(len(compiled.catalog.node_groups), bool)
    there[[cell.group for cell in compiled.cells]] = True
    return any(
        compiled.wanted[d] > 0 and not (compiled.eligible[d] & there).any()
        for d in question.required
    )


def _inside(
    part: Compiled,
    deployments: Sequence[int],
    required: frozenset[int],
    skews: tuple[Skew, ...],
) -> Question:
    number = {d: new for new, d in enumerate(deployments)}
    return Question(
        replace(part, strict=frozenset()),
        frozenset(number[d] for d in deployments if d in required),
        tuple(
            replace(skew, deployment=number[skew.deployment])
            for skew in skews
            if skew.deployment in number
        ),
    )


NOTHING = TierSpec("holds", None, 1, 0, np.zeros(0, np.int64), np.zeros(0, np.int64))


def _part_holds(question: Question, effort: Effort) -> Verdict:
    if not question.required:
        return Verdict.HOLDS
    cells: tuple[Cell, ...] = question.compiled.cells
    is_first = not question.skews
    while True:
        problem, builder = _build(question, cells)
        if _is_short(question, builder):
            return Verdict.BROKEN
        if is_first and _is_filled(question, problem, builder):
            return Verdict.HOLDS
        is_first = False
        try:
            answer = Model(problem).minimise(NOTHING, effort)
        except RowRangeError:
            return Verdict.UNKNOWN
        if answer.outcome is Outcome.INFEASIBLE:
            return Verdict.BROKEN
        if answer.solution is None:
            return Verdict.UNKNOWN
        broken = _unpacked(question, problem, answer.solution)
        if not broken:
            return Verdict.HOLDS
        if all(cells[c].size == 1 for c in broken):
            return Verdict.UNKNOWN
        cells, _ = split(cells, broken, {})


def _build(question: Question, cells: Sequence[Cell]) -> tuple[Problem, ProblemBuilder]:
    """Return the rows of a question, without tiers."""
    compiled = question.compiled
    builder = ProblemBuilder(
        catalog=compiled.catalog,
        deployments=compiled.deployments,
        cells=cells,
        eligible=compiled.eligible,
        wanted=compiled.wanted,
    )
    for constraint in CONSTRAINTS:
        constraint.compile(builder)
    for d in sorted(question.required):
        count = [(pair, 1) for pair in builder.pairs_of(d).tolist()]
        builder.row(count, low=compiled.wanted[d], name="demand")
    for skew in question.skews:
        _add_skew(builder, skew)
    return builder.build([]), builder


def _add_skew(builder: ProblemBuilder, skew: Skew) -> None:
    """Keep the counts of existing domains, and of the others that are used, near each other."""
    d, replicas = skew.deployment, builder.deployments[skew.deployment].replicas
    least, most = builder.variable(0, replicas), builder.variable(0, replicas)
    builder.row([(most, 1), (least, -1)], high=skew.most, name="spread")
    cells = [c for c, cell in enumerate(builder.cells) if skew.usable[cell.group]]
    real = [c for c in cells if not is_further(builder, builder.cells[c])]
    if skew.over is Domain.NODE:
        held = {cell: [pair] for cell, pair in builder.pairs_by_cell(d).items()}
        size = {cell: int(builder.size[cell]) for cell in {*held, *real}}
        must = set(real)
        builder.bound_per_node(d, least, most)
    else:
        held = builder.pairs_by_domain(d, skew.over)
        must = set(builder.domain_numbers(skew.over)[np.array(real, np.int64)].tolist())
        size = dict.fromkeys({*held, *must}, 1)
    for domain in sorted(size):
        count = [(pair, 1) for pair in held.get(domain, ())]
        if domain in must:
            builder.row([*count, (least, -size[domain])], low=0, name="spread")
        builder.row([*count, (most, -size[domain])], high=0, name="spread")


def is_further(builder: ProblemBuilder, cell: Cell) -> bool:
    """Whether the nodes of a cell do not exist yet."""
    return cell.indices[0] >= builder.catalog.node_groups[cell.group].count


def _is_short(question: Question, builder: ProblemBuilder) -> bool:
    """Whether a deployment alone on all its nodes would have too few."""
    room = np.bincount(
        builder.pair_deployment, weights=builder.pair_high, minlength=len(builder.deployments)
    )
    return any(room[d] < question.compiled.wanted[d] for d in question.required)


def _is_filled(question: Question, problem: Problem, builder: ProblemBuilder) -> bool:
    """Whether everything required has a place already when placed in order."""
    layout = greedy_layout(builder, np.zeros(problem.pairs, np.int64))
    placed = [0] * len(problem.deployments)
    for seats in layout.values():
        for seat in seats:
            placed[seat.deployment] += seat.replicas
    return all(placed[d] >= question.compiled.wanted[d] for d in question.required)


def _unpacked(question: Question, problem: Problem, solution: Ints) -> set[int]:
    """Return the cells whose replicas do not fit on single nodes, or are not known to."""
    number = {id(cell): c for c, cell in enumerate(problem.cells)}
    groups = question.compiled.catalog.node_groups
    broken = set()
    for task in cell_tasks(problem, solution):
        if task.cell.indices[0] >= groups[task.cell.group].count:
            task = _without_least(task)
        if pack(task).seats is None:
            broken.add(number[id(task.cell)])
    return broken


def _without_least(task: CellTask) -> CellTask:
    return replace(task, items=tuple(replace(item, least=0) for item in task.items))
