"""One deployment explained: its path, the whole fleet judged, and the place asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from placement.explanation.candidate import best_of, candidate
from placement.explanation.judging import Judge
from placement.explanation.path import Path
from placement.explanation.question import Question, meant
from placement.explanation.values import Explanation, Runs, Unit, histogram
from placement.plan.view import PlacedRow, PlanView

if TYPE_CHECKING:
    from placement.explanation.standing import Standing
    from placement.objectives.mix import Mix
    from placement.workspace.workspace import ModelDeployment


def explain(
    standing: Standing, deployment: ModelDeployment, question: Question, objective: Mix
) -> Explanation:
    """Return why a deployment may run where it may.

    Parameters
    ----------
    standing : Standing
        The workspace with what runs, on a catalog.
    deployment : ModelDeployment
        Of that workspace.
    question : Question
        The place that is asked about, if any.
    objective : Mix
        What places are compared by; cost is billed by share.

    Raises
    ------
    InputError
        If the question names what the catalog does not have.
    """
    asked = meant(question, standing.catalog)
    values = _values(standing, deployment, objective)
    path = Path(standing, deployment)
    judge = Judge(standing, deployment, path)
    fleet = tuple(judge.judge(group, values[group.name]) for group in standing.catalog.node_groups)
    cheapest = best_of(fleet)
    places, answer = fleet, None
    if asked is not None:
        places = tuple(
            judge.judge(group, values[group.name], only=asked.index) for group in asked.groups
        )
        mean = _mean(standing, deployment, values)
        answer = candidate(asked, places, standing, cheapest=cheapest, running=mean)
    return Explanation(
        model=deployment.name,
        environment=deployment.environment,
        version=deployment.version,
        enabled=deployment.enabled,
        replicas=deployment.replicas,
        placed=standing.view.placed(deployment),
        attached=path.attached,
        steps=path.steps(frozenset(place.node_group for place in fleet if not place.reasons)),
        histogram=histogram(fleet, path.binding),
        runs=_runs(standing, deployment),
        unit=_unit(standing, deployment, objective),
        cheapest=cheapest,
        candidate=answer,
        places=places,
    )


def _values(standing: Standing, deployment: ModelDeployment, objective: Mix) -> Mapping[str, int]:
    """Return what one replica adds to the objective, by node group."""
    catalog = standing.catalog
    columns = [
        (term.factor, term.objective.compile(deployment, catalog.table, catalog).tolist())
        for term in objective.terms
    ]
    return {
        group.name: sum(factor * column[row] for factor, column in columns)
        for row, group in enumerate(catalog.node_groups)
    }


def _unit(standing: Standing, deployment: ModelDeployment, objective: Mix) -> Unit:
    """Return how the value of one replica is shown: as that of a plan with it alone."""
    groups = standing.catalog.node_groups
    rows = tuple(PlacedRow(deployment, group, 0, None, 1) for group in groups[:1])
    alone = PlanView(standing.catalog, standing.workspace, rows)
    return Unit(objective.name, objective.unit, objective.scale * objective.denominator(alone))


def _mean(
    standing: Standing, deployment: ModelDeployment, values: Mapping[str, int]
) -> Fraction | None:
    rows = standing.view.rows_of.get(deployment.key, ())
    replicas = sum(row.replicas for row in rows)
    if not replicas:
        return None
    return Fraction(sum(values[row.group.name] * row.replicas for row in rows), replicas)


def _runs(standing: Standing, deployment: ModelDeployment) -> tuple[Runs, ...]:
    count: Counter[str] = Counter()
    for row in standing.view.rows_of.get(deployment.key, ()):
        count[row.group.name] += row.replicas
    groups = ((standing.catalog.groups_by_name[name], n) for name, n in sorted(count.items()))
    return tuple(
        Runs(group.name, group.region.key, group.region.country, group.flavor, replicas)
        for group, replicas in groups
    )
