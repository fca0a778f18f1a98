"""Every feature of the input that a plan can feel, and how to take just it away.

`FEATURES` maps a name to a function that returns the world without the feature, or None where
the world does not have it. A feature is *felt* in a world when the optimum with it differs from
the optimum without it. `NOT_FELT` lists what no plan can feel, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.worlds.oracle import Optimum, optimum
from tests.worlds.rules import Rules
from tests.worlds.world import Deployment, Peers, Policy, Spread, World

Without = Callable[[World], World | None]

NOT_FELT = {
    "metadata.displayName, names of objects": "identity only; the tie-break among equal optima may "
    "differ, the tiers do not (see the renaming test)",
    "policy type maxToken": "a traffic policy: read and kept, allows every node group",
    "policy type gpu": "an alias that reads as `flavor`, which is counted",
    "rollout": "orders the waves of a transition; a plan is one state, not a transition",
    "version without running rows": "a version is compared with what runs and with nothing else",
    "policies that no environment or deployment names": "an unattached policy targets nobody",
    "region name, latitude, longitude": "shown; distances count only without measured round trips, "
    "and every world carries the measured ones",
    "instance_type, vendor, architecture, partition": "free text of the catalog",
    "serverlessConfig.minNumReplicas": "another spelling of `replicas` in imported documents",
    "gap, time limit, seed, workers": "options of the search; a proved optimum does not move",
}


# --- taking things away -------------------------------------------------------------------


def each_deployment(**fields: Any) -> Without:
    """Set fields of every deployment to the default."""

    def without(world: World) -> World | None:
        changed = tuple(replace(d, **fields) for d in world.deployments)
        return None if changed == world.deployments else replace(world, deployments=changed)

    return without


def each_group(change: Callable[[Any], Any]) -> Without:
    def without(world: World) -> World | None:
        changed = tuple(change(group) for group in world.groups)
        return None if changed == world.groups else replace(world, groups=changed)

    return without


def each_policy(change: Callable[[Policy], Policy]) -> Without:
    def without(world: World) -> World | None:
        changed = tuple(change(policy) for policy in world.policies)
        return None if changed == world.policies else replace(world, policies=changed)

    return without


def drop_policies(world: World, dropped: set[str]) -> World | None:
    """Detach policies everywhere."""
    if not dropped:
        return None

    def keep(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in dropped)

    return replace(
        world,
        policies=tuple(p for p in world.policies if p.name not in dropped),
        environments=tuple(replace(e, policies=keep(e.policies)) for e in world.environments),
        deployments=tuple(replace(d, policies=keep(d.policies)) for d in world.deployments),
    )


def policy_type(kind: str) -> Without:
    return lambda world: drop_policies(world, {p.name for p in world.policies if p.type == kind})


def policy_entries(policy: str, kind: str) -> Without:
    """Drop the policies of a type that have entries of one kind only, else the entries."""

    def without(world: World) -> World | None:
        emptied, changed = set(), []
        for one in world.policies:
            if one.type == policy:
                rest = tuple(entry for entry in one.spec if entry[0] != kind)
                if not rest:
                    emptied.add(one.name)
                one = replace(one, spec=rest or one.spec)
            changed.append(one)
        if tuple(changed) == world.policies and not emptied:
            return None
        world = replace(world, policies=tuple(changed))
        return drop_policies(world, emptied) or world

    return without


def second_of_a_type(names: tuple[str, ...], types: dict[str, str]) -> tuple[str, ...]:
    """Return the names without the last policy of each type that has more than one."""
    kept = list(names)
    for kind in set(types.values()):
        same = [name for name in names if types[name] == kind]
        if len(set(same)) > 1:
            kept.remove(same[-1])
    return tuple(kept)


def union(world: World) -> World | None:
    types = {p.name: p.type for p in world.policies}
    changed = replace(
        world,
        environments=tuple(
            replace(e, policies=second_of_a_type(e.policies, types)) for e in world.environments
        ),
        deployments=tuple(
            replace(d, policies=second_of_a_type(d.policies, types)) for d in world.deployments
        ),
    )
    return None if changed == world else changed


def environment_policies(world: World) -> World | None:
    if not any(env.policies for env in world.environments):
        return None
    return replace(world, environments=tuple(replace(e, policies=()) for e in world.environments))


def environment(world: World) -> World | None:
    """Move every deployment to production."""
    if all(d.environment == "production" for d in world.deployments):
        return None
    if len({d.name for d in world.deployments}) < len(world.deployments):
        return None
    return replace(
        world,
        deployments=tuple(replace(d, environment="production") for d in world.deployments),
        running=tuple(replace(row, environment="production") for row in world.running),
    )


def peer_rules(change: Callable[[Peers], Peers]) -> Without:
    def without(world: World) -> World | None:
        changed = tuple(
            replace(
                d,
                separate_from=tuple(change(rule) for rule in d.separate_from),
                together_with=tuple(change(rule) for rule in d.together_with),
            )
            for d in world.deployments
        )
        return None if changed == world.deployments else replace(world, deployments=changed)

    return without


def spread_entries(change: Callable[[Spread], Spread | None]) -> Without:
    def without(world: World) -> World | None:
        changed = tuple(
            replace(d, spread=tuple(new for new in map(change, d.spread) if new is not None))
            for d in world.deployments
        )
        return None if changed == world.deployments else replace(world, deployments=changed)

    return without


def without_spread_over(over: str) -> Without:
    return spread_entries(lambda entry: None if entry.over == over else entry)


def version(world: World) -> World | None:
    """Let every deployment have the version that runs."""
    runs = {row.key: row.version for row in world.running}
    changed = tuple(replace(d, version=runs.get(d.key, d.version)) for d in world.deployments)
    return None if changed == world.deployments else replace(world, deployments=changed)


def running(world: World) -> World | None:
    return replace(world, running=()) if world.running else None


def origin_weights(world: World) -> World | None:
    changed = tuple(
        replace(d, origins=tuple((country, type(w)(1)) for country, w in d.origins))
        for d in world.deployments
    )
    return None if changed == world.deployments else replace(world, deployments=changed)


def default_gpus(world: World) -> World | None:
    def plain(d: Deployment) -> Deployment:
        return replace(d, gpus=None)

    changed = tuple(plain(d) for d in world.deployments)
    if all(new.demand == old.demand for new, old in zip(changed, world.deployments, strict=True)):
        return None
    return replace(world, deployments=changed)


def reserved(kind: str) -> Without:
    def without(world: World) -> World | None:
        fields: dict[str, Any] = {kind: 0}
        changed = tuple(replace(row, **fields) for row in world.reserved)
        return None if changed == world.reserved else replace(world, reserved=changed)

    return without


def node_state(name: str) -> Without:
    return each_group(lambda group: replace(group, state="ready") if group.state == name else group)


def own_states(world: World) -> World | None:
    return replace(world, states=()) if world.states else None


def whole_gpu(group: Any) -> Any:
    return replace(group, fraction=None)


def same_carbon(world: World) -> World | None:
    if "carbon" not in world.objective:
        return None
    return replace(world, regions=tuple(replace(r, carbon=100_000) for r in world.regions))


def same_tdp(world: World) -> World | None:
    if "carbon" not in world.objective:
        return None
    return replace(world, gpus=tuple(replace(g, tdp=100) for g in world.gpus))


def same_latency(world: World) -> World | None:
    if "latency" not in world.objective or not any(d.origins for d in world.deployments):
        return None
    return replace(world, latency=tuple((a, b, 50_000) for a, b, _ in world.latency))


def by_share(world: World) -> World | None:
    if world.billing == "share" or not {"cost", "mix"} & {world.objective.split(":")[0]}:
        return None
    return replace(world, billing="share")


FEATURES: dict[str, Without] = {
    # policy types, their entries and their fields
    "policy type location": policy_type("location"),
    "policy type flavor": policy_type("flavor"),
    "policy type provider": policy_type("provider"),
    "policy type price": policy_type("price"),
    "policy type carbon": policy_type("carbon"),
    "locations of type region": policy_entries("location", "region"),
    "locations of type country": policy_entries("location", "country"),
    "locations of type continent": policy_entries("location", "continent"),
    "locations of type bloc": policy_entries("location", "bloc"),
    "policy flavors of type gpu": policy_entries("flavor", "gpu"),
    "policy flavors of type cpu": policy_entries("flavor", "cpu"),
    "resourceTypes": each_policy(lambda p: replace(p, resource_types=())),
    "policy selector": each_policy(lambda p: replace(p, selector=())),
    "enforcement": each_policy(lambda p: replace(p, observe=False)),
    "second policy of a type on a level": union,
    "environment policies": environment_policies,
    "deployment policies": each_deployment(policies=()),
    # fields of a model deployment
    "metadata.environment": environment,
    "labels": each_deployment(labels=()),
    "version": version,
    "enabled": each_deployment(enabled=True),
    "flavors": each_deployment(flavors=()),
    "replicas": each_deployment(replicas=1, min_replicas=0),
    "minReplicas": each_deployment(min_replicas=0),
    "priority": each_deployment(priority=0),
    "resources.gpus": default_gpus,
    "resources.gpuMemoryGiB": each_deployment(gpu_memory=0),
    "resources.cpus": each_deployment(cpus=1000),
    "resources.memoryGiB": each_deployment(memory=1000),
    "resources.extra": each_deployment(extra=()),
    "spread.maxPerDomain": spread_entries(lambda s: replace(s, max_per_domain=None)),
    "spread.minDomains": spread_entries(lambda s: replace(s, min_domains=None)),
    "spread.maxSkew": spread_entries(lambda s: replace(s, max_skew=None)),
    **{
        f"spread over {over}": without_spread_over(over)
        for over in ("node", "zone", "region", "country", "continent", "provider")
    },
    "separateFrom": each_deployment(separate_from=()),
    "togetherWith": each_deployment(together_with=()),
    "peer over": peer_rules(lambda rule: replace(rule, over="node")),
    "peer selector labels": peer_rules(lambda rule: replace(rule, labels=())),
    "peer selector environment": peer_rules(lambda rule: replace(rule, environment=None)),
    "requestOrigins": each_deployment(origins=()),
    "requestOrigins.weight": origin_weights,
    # what runs
    "running rows": running,
    # the catalog
    "state cordoned": node_state("cordoned"),
    "state draining": node_state("draining"),
    "state lost": node_state("lost"),
    "states of single nodes": own_states,
    "reserved gpus": reserved("gpus"),
    "reserved cpus": reserved("cpus"),
    "reserved memory": reserved("memory"),
    "gpu_fraction": each_group(whole_gpu),
    "price": each_group(lambda group: replace(group, price=10**9)),
    "carbon": same_carbon,
    "tdp": same_tdp,
    "latency": same_latency,
    # options
    "billing": by_share,
}


# --- feeling things -----------------------------------------------------------------------


def differs(one: Optimum, other: Optimum) -> bool:
    """Whether two optima differ in value.

    With the same priority classes tier by tier; otherwise added up over the classes, so that
    the mere name of a class is no difference.
    """
    classes = [[n for n, _ in best.tiers if n.startswith("unplaced")] for best in (one, other)]
    if classes[0] != classes[1]:
        return one.summary != other.summary
    return one.tiers != other.tiers


def felt(world: World, name: str, best: Optimum) -> bool:
    """Whether the optimum of a world changes when one feature is taken away.

    Priorities name tiers, so they are felt when no plan that is optimal without them is
    optimal with them.
    """
    bare = FEATURES[name](world)
    if name == "priority":
        return bare is not None and optimum(world, pooled=True).tiers != best.tiers
    return bare is not None and differs(best, optimum(bare))


def alone(world: World) -> list[World]:
    """Return one world per deployment in which nothing else is asked for."""
    return [
        replace(
            world,
            deployments=(deployment,),
            running=tuple(row for row in world.running if row.key == deployment.key),
        )
        for deployment in world.deployments
    ]


def is_joint(world: World, best: Optimum) -> bool:
    """Whether the optimum differs from the sum of the optima of each deployment alone."""
    singles = [optimum(single).summary for single in alone(world)]
    return best.summary != tuple(sum(values) for values in zip(*singles, strict=True))


def is_short(world: World, best: Optimum) -> bool:
    """Whether only capacity keeps replicas out, every deployment having somewhere to go."""
    rules = Rules(world)
    asked = [d for d in world.deployments if d.enabled and d.replicas]
    if not all(
        any(
            rules.state(group, node) == "ready"
            for group in world.groups
            if rules.eligible(d, group)
            for node in group.nodes()
        )
        for d in asked
    ):
        return False
    return best.total("unplaced") > optimum(world, unlimited=True).total("unplaced")
