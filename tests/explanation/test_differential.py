"""Every verdict about every node group of random worlds, against the verifier of whole plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from placement.catalog.rows import NodeGroup
from placement.constraints.base import Violation
from placement.explanation.explain import explain
from placement.explanation.question import Question
from placement.explanation.standing import Standing
from placement.explanation.values import Place, Reason, Rule, Verdict
from placement.objectives.mix import parse_objective
from placement.plan.obstacles import OPEN
from placement.plan.view import PlacedRow
from placement.reasons import Reasons
from placement.workspace.workspace import ModelDeployment
from tests.explanation.standings import Case, cases, spots

WORLDS = 520
COST = parse_objective("cost")
OF_THE_GROUP = {Rule.POLICY, Rule.FLAVORS, Rule.HARDWARE, Rule.GPU_MEMORY}


@dataclass(frozen=True)
class Judged:
    """A node group judged for a deployment, and what the verifier says of each spot on it."""

    case: Case
    deployment: ModelDeployment
    group: NodeGroup
    place: Place
    faults: dict[tuple[int, int | None], list[Violation]]

    @property
    def name(self) -> str:
        return f"world {self.case.world.seed}: {self.deployment.key} on {self.group.name}"


@cache
def judged() -> tuple[Judged, ...]:
    """Return every deployment of every world with every node group."""
    return tuple(one for case in cases(WORLDS) for one in _judged(case))


def _judged(case: Case) -> Iterator[Judged]:
    standing = Standing(case.workspace, case.catalog)
    for deployment in case.workspace.deployments:
        places = explain(standing, deployment, Question(), COST).places
        for group, place in zip(case.catalog.node_groups, places, strict=True):
            yield Judged(case, deployment, group, place, added(case, deployment, group))


def added(
    case: Case, deployment: ModelDeployment, group: NodeGroup
) -> dict[tuple[int, int | None], list[Violation]]:
    """Return, by spot on a node group, what one more replica there breaks.

    That it is more than `replicas` is no matter: the question is where, not how many.
    """
    found = {}
    for one, place, index, gpu in spots(case.catalog, deployment):
        if place == group:
            faults = case.faults(PlacedRow(one, place, index, gpu, 1))
            found[index, gpu] = [fault for fault in faults if not is_surplus(fault)]
    return found


def is_surplus(fault: Violation) -> bool:
    return fault.rule == "demand" and "at most" in fault.message


def is_too_few(fault: Violation) -> bool:
    """Whether more replicas of the deployment elsewhere would mend it."""
    words = {"demand": "fewer than the minimum", "spread": "at least"}
    return fault.rule in words and words[fault.rule] in fault.message


def true_verdict(faults: dict[tuple[int, int | None], list[Violation]]) -> Verdict:
    if any(not found for found in faults.values()):
        return Verdict.FEASIBLE
    if any(all(map(is_too_few, found)) for found in faults.values()):
        return Verdict.TOGETHER
    return Verdict.REFUSED


def rules_of(reasons: tuple[Reason, ...]) -> set[str]:
    """Return the rules of reasons as violations name them."""
    return {reason.type or reason.rule.value for reason in reasons}


def test_a_place_is_feasible_exactly_where_the_verifier_finds_nothing_wrong() -> None:
    for one in judged():
        assert one.place.verdict is true_verdict(one.faults), one.name
    seen = Counter(one.place.verdict for one in judged())
    assert seen.total() >= 4_000
    assert min(seen[verdict] for verdict in (*Verdict,)[:3]) >= 100, seen


def test_the_reasons_are_the_rules_broken_on_the_node_that_gets_furthest() -> None:
    seen: Counter[str] = Counter()
    for one in judged():
        place = one.place
        if place.node is None or any(reason.rule in OF_THE_GROUP for reason in place.reasons):
            continue
        here = one.group.index_of(place.node)
        faults = [found for (index, _), found in one.faults.items() if index == here]
        broken = {fault.rule for fault in min(faults, key=len)}
        assert rules_of((*place.reasons, *place.needs)) == broken, one.name
        seen.update(rules_of(place.reasons) or {OPEN})
    wanted = ("open", "capacity", "spread", "separation", "colocation", "enabled")
    assert min(seen[rule] for rule in wanted) >= 50, seen


def test_the_reasons_of_a_node_group_are_the_policies_and_hardware_that_refuse_it() -> None:
    seen: Counter[str] = Counter()
    for one in judged():
        mine = tuple(reason for reason in one.place.reasons if reason.rule in OF_THE_GROUP)
        types = {policy.type for policy in one.case.workspace.policies.values()}
        rules = {"flavors", "hardware", "gpu_memory", *types}
        if one.group.flavor_type == "cpu":
            rules -= {"gpu_memory"}  # such a node lacks more than that
        broken = {fault.rule for found in one.faults.values() for fault in found} & rules
        assert rules_of(mine) == broken, one.name
        seen.update(rules_of(mine))
    wanted = ("location", "flavor", "provider", "price", "carbon", "flavors", "hardware")
    assert min(seen[rule] for rule in (*wanted, "gpu_memory")) >= 40, seen


def test_a_node_group_without_a_node_for_new_replicas_says_so() -> None:
    seen: Counter[bool] = Counter()
    for one in judged():
        closed = not one.case.catalog.accepting(one.group)
        assert (Rule.STATE in {reason.rule for reason in one.place.reasons}) is closed, one.name
        assert (one.place.node is None) is closed, one.name
        seen[closed] += 1
    assert seen[True] >= 100


def test_the_histogram_counts_as_the_reasons_of_a_plan_do() -> None:
    counted = 0
    for case in cases(200):
        standing = Standing(case.workspace, case.catalog)
        reasons = Reasons(standing.view)
        for deployment in case.workspace.deployments:
            if deployment.enabled:
                text = explain(standing, deployment, Question(), COST).histogram.text
                assert reasons.of(deployment, proved=True)[-1].partition(";")[0] == text
                counted += 1
    assert counted >= 400
