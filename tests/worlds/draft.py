"""A world under construction, and the optimum of what it is so far."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from tests.worlds.oracle import Optimum, optimum
from tests.worlds.rules import Rules
from tests.worlds.world import (
    Deployment,
    Group,
    Policy,
    World,
)


class Draft:
    """A world under construction with what twists ask about it."""

    def __init__(self, rng: Random, world: World) -> None:
        self.rng = rng
        self.world = world
        self._best: Optimum | None = None

    def set(self, world: World) -> None:
        self.world = world
        self._best = None

    @property
    def best(self) -> Optimum:
        if self._best is None:
            self._best = optimum(self.world)
        return self._best

    @property
    def rules(self) -> Rules:
        return Rules(self.world)

    def pick(self) -> Deployment | None:
        """Return an enabled deployment, one that is placed if there is any."""
        enabled = [d for d in self.world.deployments if d.enabled]
        placed = [d for d in enabled if self.best.placed.get(d.key)]
        pool = placed or enabled
        return self.rng.choice(pool) if pool else None

    def target(self) -> tuple[Deployment, Group] | None:
        """Return a placed deployment and a node group that the optimum uses for it."""
        pairs = [
            (d, self.rules.groups[node.rsplit("/", 1)[0]])
            for d in self.world.deployments
            for node in self.best.placed.get(d.key, {})
        ]
        return self.rng.choice(pairs) if pairs else None

    def add_policy(self, kind: str, spec: tuple[Any, ...], **fields: Any) -> Policy:
        policy = Policy(f"p{len(self.world.policies)}", kind, spec, **fields)
        self.set(replace(self.world, policies=(*self.world.policies, policy)))
        return policy

    def attach(self, policy: Policy, deployment: Deployment, level: str) -> None:
        if level == "deployment":
            names = (*self.world.deployment(deployment.key).policies, policy.name)
            self.set(self.world.change(deployment.key, policies=names))
            return
        self.set(
            replace(
                self.world,
                environments=tuple(
                    replace(env, policies=(*env.policies, policy.name))
                    if env.name == deployment.environment
                    else env
                    for env in self.world.environments
                ),
            )
        )

    def level(self) -> str:
        return self.rng.choice(("environment", "deployment"))
