"""What is told to be in the way is what is gained where it really is not there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from placement.catalog.catalog import make_catalog
from placement.catalog.rows import NodeState
from placement.headroom.count import headroom
from placement.headroom.values import Headroom, Limit, LimitKind
from tests.headroom.worlds import Case, random_case, swapped

WORLDS = 200


def without(case: Case, limit: Limit) -> Case | None:
    """Return the case in which a limit does not exist; None if that changes more than it."""
    one = case.deployment
    match limit.kind:
        case LimitKind.POLICY:
            return _detached(case, set(limit.name.split(", ")))
        case LimitKind.FLAVORS if one.gpus:
            return _changed(case, flavors=())
        case LimitKind.GPU_MEMORY:
            asked = one.resources.model_copy(update={"gpu_memory_gib": None})
            return _changed(case, resources=asked)
        case LimitKind.SPREAD if sum(e.over == limit.name for e in one.spread) == 1:
            return _changed(case, spread=tuple(e for e in one.spread if e.over != limit.name))
        case LimitKind.COLOCATION:
            return _changed(case, together_with=())
        case LimitKind.STATE:
            return replace(case, catalog=_all_ready(case.catalog))
    return None


def _changed(case: Case, **fields) -> Case:
    one = case.deployment.model_copy(update=fields)
    return replace(case, workspace=swapped(case.workspace, one), deployment=one)


def _detached(case: Case, names: set[str]) -> Case | None:
    """Detach policies from the one level that has all of them."""
    one, stage = case.deployment, case.workspace.environments[case.deployment.environment]
    levels = [names <= set(stage.policies), names <= set(one.policies)]
    if levels.count(True) != 1:
        return None
    if levels[1]:
        return _changed(case, policies=tuple(n for n in one.policies if n not in names))
    kept = stage.model_copy(update={"policies": tuple(set(stage.policies) - names)})
    environments = {**case.workspace.environments, stage.name: kept}
    return replace(case, workspace=case.workspace.revised(environments=environments))


def _all_ready(catalog):
    groups = [replace(group, state=NodeState.READY) for group in catalog.node_groups]
    return make_catalog(
        catalog.regions.values(),
        catalog.gpus.values(),
        groups,
        reserved=catalog.reserved,
        latency=catalog.latency,
    )


def count(case: Case) -> Headroom:
    return headroom(case.workspace, case.catalog, case.deployment)


@pytest.mark.slow
def test_the_gain_is_what_is_gained_without_the_limit():
    wrong, seen = {}, Counter()
    for seed in range(WORLDS):
        case = random_case(seed)
        today = count(case)
        for limit in today.limits:
            other = without(case, limit)
            if other is None or not today.exact:
                continue
            seen[limit.kind] += 1
            gain = count(other).replicas - today.replicas
            if gain != limit.gain:
                wrong[seed, limit.kind] = (limit, gain)
    assert wrong == {}
    assert set(seen) >= {LimitKind.POLICY, LimitKind.SPREAD, LimitKind.STATE, LimitKind.FLAVORS}
    assert seen.total() > 60


def test_limits_come_by_gain_and_each_gains_something():
    for seed in range(60):
        gains = [limit.gain for limit in count(random_case(seed)).limits]
        assert gains == sorted(gains, reverse=True)
        assert all(gain > 0 for gain in gains)
