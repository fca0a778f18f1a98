"""Twists of what is asked: resources, spread, peers, priorities, origins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.worlds.base import MAX_REPLICAS, OBJECTIVES, OVERS
from tests.worlds.draft import Draft
from tests.worlds.oracle import optimum
from tests.worlds.world import (
    Deployment,
    Key,
    Labels,
    Peers,
    Spread,
)


def flavors(draft: Draft) -> None:
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    kind = "gpu" if deployment.demand else group.flavor_type
    others = sorted(
        {
            (g.flavor_type, g.flavor)
            for g in draft.world.groups
            if g.flavor != group.flavor and g.flavor_type == kind
        }
    )
    if not others:
        others = [("gpu", "A100" if not group.flavor.startswith("A100") else "T4")]
    fields: dict[str, Any] = {"gpus": deployment.demand}
    draft.set(draft.world.change(deployment.key, flavors=tuple(others), **fields))


def gpus(draft: Draft) -> None:
    pick = draft.pick()
    if pick is not None:
        amount = draft.rng.choice((250, 300, 500, 500, 600, 2000, 2000, 3000))
        draft.set(draft.world.change(pick.key, gpus=amount, gpu_memory=0, flavors=()))


def gpu_memory(draft: Draft) -> None:
    found = draft.target()
    if found is None or not found[0].demand or found[1].flavor_type == "cpu":
        return
    deployment, group = found
    memory = draft.rules.gpus[group.flavor].memory * min(1000, deployment.demand) // 1000
    amount = memory + draft.rng.choice((500, 1000, 8000))
    draft.set(draft.world.change(deployment.key, gpu_memory=amount))


def resource(name: str) -> Callable[[Draft], None]:
    """Let a replica want more CPUs or memory than the optimum leaves it."""

    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is None:
            return
        deployment, group = found
        count = max(draft.best.placed[deployment.key].values())
        room = getattr(group, name)
        draft.set(draft.world.change(deployment.key, **{name: room // count // 500 * 500 + 500}))

    return twist


def extra(draft: Draft) -> None:
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    amount = draft.rng.choice((1000, 2000))
    for other in draft.world.groups:
        has = draft.rng.random() < 0.5 if other.name != group.name else draft.rng.random() < 0.3
        room = draft.rng.choice((1000, 2000, 3000)) if has else 0
        draft.set(draft.world.change_group(other.name, extra=(("fpga", room),)))
    draft.set(draft.world.change(deployment.key, extra=(("fpga", amount),)))


def min_replicas(draft: Draft) -> None:
    """Ask for more than the optimum places, or for all."""
    lacking = [
        d
        for d in draft.world.deployments
        if d.enabled and 0 < sum(draft.best.placed[d.key].values()) < d.replicas
    ]
    if lacking:
        pick = draft.rng.choice(lacking)
        least = sum(draft.best.placed[pick.key].values()) + 1
        draft.set(draft.world.change(pick.key, min_replicas=least))
        return
    crowd(draft)
    pick = draft.rng.choice(draft.world.deployments)
    draft.set(draft.world.change(pick.key, min_replicas=pick.replicas))


def crowd(draft: Draft) -> None:
    """Ask for more than there is."""
    for deployment in draft.world.deployments:
        if draft.rng.random() < 0.7:
            more = min(MAX_REPLICAS, deployment.replicas + draft.rng.choice((1, 2)))
            draft.set(draft.world.change(deployment.key, replicas=more))


def priority(draft: Draft) -> None:
    """Give some deployments other classes, first those that the optimum lets wait."""
    if not starving(draft):
        crowd(draft)
    waiting = starving(draft)
    for deployment in draft.world.deployments:
        levels = (1, 5, 10) if deployment.key in waiting else (-1, 0, 0, 0)
        level = draft.rng.choice(levels)
        draft.set(draft.world.change(deployment.key, priority=level))


def starving(draft: Draft) -> set[Key]:
    """Return the deployments that would place more replicas if capacity had no limit."""
    free = optimum(draft.world, unlimited=True).placed
    return {
        key
        for key, nodes in draft.best.placed.items()
        if sum(nodes.values()) < sum(free[key].values())
    }


def disable(draft: Draft) -> None:
    pick = draft.pick()
    if pick is not None and len(draft.world.deployments) > 1:
        draft.set(draft.world.change(pick.key, enabled=False))


def spread(kind: str, over: str | None = None) -> Callable[[Draft], None]:
    """A spread entry just tighter than what the optimum does."""

    def twist(draft: Draft) -> None:
        rng, rules = draft.rng, draft.rules
        pick = draft.pick()
        if pick is None:
            return
        form = rng.choice(("max", "min", "skew")) if kind == "any" else kind
        domain = over or rng.choice(OVERS)
        if pick.replicas < (3 if form == "skew" else 2):
            draft.set(draft.world.change(pick.key, replicas=rng.choice((3, 3, 4))))
            pick = draft.world.deployment(pick.key)
        per: dict[str, int] = {}
        for node, count in draft.best.placed[pick.key].items():
            name = rules.domain(node, domain)
            per[name] = per.get(name, 0) + count
        top = max(per.values(), default=1)
        match form:
            case "max":
                entry = Spread(domain, max_per_domain=max(1, top - 1))
            case "min":
                entry = Spread(domain, min_domains=len(per) + 1)
            case _:
                entry = Spread(domain, max_skew=1)
        draft.set(draft.world.change(pick.key, spread=(*pick.spread, entry)))

    return twist


def peer_labels(draft: Draft, other: Deployment) -> tuple[tuple[str, str], ...]:
    label = ("peer", other.name)
    if label not in other.labels:
        draft.set(draft.world.change(other.key, labels=tuple(sorted((*other.labels, label)))))
    return (label,)


def pair(draft: Draft) -> tuple[Deployment, Deployment] | None:
    enabled = [d for d in draft.world.deployments if d.enabled]
    if len(enabled) < 2:
        return None
    mine, other = draft.rng.sample(enabled, 2)
    return mine, other


def selector_for(draft: Draft, mine: Deployment, other: Deployment, over: str) -> Peers:
    rng = draft.rng
    labels = () if rng.random() < 0.2 else peer_labels(draft, other)
    environment = rng.choice((None, None, None, None, other.environment))
    return Peers(over, labels, environment)


def shared(draft: Draft, mine: Deployment, other: Deployment) -> tuple[list[str], list[str]]:
    """Return the kinds of domain that two deployments share, and do not, in the optimum."""
    rules, placed = draft.rules, draft.best.placed
    both, apart = [], []
    for over in OVERS:
        first = {rules.domain(node, over) for node in placed[mine.key]}
        second = {rules.domain(node, over) for node in placed[other.key]}
        if first & second:
            both.append(over)
        if not first <= second:
            apart.append(over)
    return both, apart


def separate(draft: Draft) -> None:
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, _ = shared(draft, mine, other)
    rule = selector_for(draft, mine, other, draft.rng.choice(both or OVERS))
    mine = draft.world.deployment(mine.key)
    draft.set(draft.world.change(mine.key, separate_from=(*mine.separate_from, rule)))


def together(draft: Draft) -> None:
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    _, apart = shared(draft, mine, other)
    rule = selector_for(draft, mine, other, draft.rng.choice(apart or OVERS))
    mine = draft.world.deployment(mine.key)
    draft.set(draft.world.change(mine.key, together_with=(*mine.together_with, rule)))


def select_peers(draft: Draft) -> None:
    """A wide separation from nobody or from one, which an empty selector would make from all."""
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, _ = shared(draft, mine, other)
    labels: Labels = (("peer", "nobody"),)
    thirds = [d for d in draft.world.deployments if d.key not in (mine.key, other.key)]
    if thirds and draft.rng.random() < 0.6:
        labels = peer_labels(draft, draft.rng.choice(thirds))
    mine = draft.world.deployment(mine.key)
    rule = Peers(both[-1] if both else "provider", labels)
    draft.set(draft.world.change(mine.key, separate_from=(*mine.separate_from, rule)))


def other_environment(draft: Draft) -> None:
    """A peer rule that names an environment, with the peer in the other one (mostly)."""
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, apart = shared(draft, mine, other)
    rng = draft.rng
    labels = () if rng.random() < 0.3 else peer_labels(draft, other)
    away = {"production": "development", "development": "production"}[other.environment]
    environment = rng.choice((away, away, away, other.environment))
    mine = draft.world.deployment(mine.key)
    if rng.random() < 0.6:
        rules = (*mine.separate_from, Peers(rng.choice(both or OVERS), labels, environment))
        draft.set(draft.world.change(mine.key, separate_from=rules))
    else:
        rules = (*mine.together_with, Peers(rng.choice(apart or OVERS), labels, environment))
        draft.set(draft.world.change(mine.key, together_with=rules))


def origins(draft: Draft) -> None:
    """Users far from where the optimum is, with uneven weights."""
    rng = draft.rng
    if "latency" not in draft.world.objective:
        objective = rng.choice(("latency", "latency", *OBJECTIVES[4:]))
        draft.set(replace(draft.world, objective=objective))
    countries = sorted({region.country for region in draft.world.regions})
    for deployment in draft.world.deployments:
        if rng.random() < 0.75:
            chosen = rng.sample(countries, rng.randint(min(2, len(countries)), len(countries)))
            weights = rng.sample(("0.5", "1", "2", "3", "8"), len(chosen))
            pairs = tuple(zip(chosen, (Decimal(text) for text in weights), strict=True))
            draft.set(draft.world.change(deployment.key, origins=pairs))
