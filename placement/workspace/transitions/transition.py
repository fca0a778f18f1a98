"""One change of what is asked: the workspace before, the workspace after, what lies between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import compress, islice
from operator import is_not
from types import MappingProxyType
from typing import TypeVar

from placement.frozen import picklable
from placement.policies.base import Policy
from placement.workspace.sources import Key as ObjectKey
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

Key = tuple[str, str]
"""(model, environment)."""

K = TypeVar("K")
V = TypeVar("V")


class TransitionKind(StrEnum):
    """The closed vocabulary of changes."""

    DEPLOY = "deploy"
    RELEASE = "release"
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    ROLLBACK = "rollback"
    APPLY = "apply"
    ATTACH = "attach"
    DETACH = "detach"
    PUT_POLICY = "put-policy"
    DELETE_POLICY = "delete-policy"
    PUT_ENVIRONMENT = "put-environment"
    DELETE_ENVIRONMENT = "delete-environment"
    CAPACITY = "capacity"
    REBALANCE = "rebalance"


_WHOLE = frozenset({TransitionKind.DEPLOY, TransitionKind.APPLY})
"""Kinds that place a deployment whole if one ran there before."""
_ALWAYS_WHOLE = frozenset({TransitionKind.RELEASE, TransitionKind.ROLLBACK})
"""Kinds that place a deployment whole wherever it goes."""


@picklable
@dataclass(frozen=True)
class Transition:
    """A change of what is asked; made by ``between``.

    Attributes
    ----------
    kind : TransitionKind
    arguments : mapping of str to str
        What was asked for, such as ``model``, ``source`` and ``target``.
    before, after : Workspace
        With the same running rows. ``after.replaced`` names the deployments whose running rows
        are of an earlier template. If nothing differs, ``after`` is ``before``.
    changed : tuple of (model, environment)
        Enabled deployments that are new, different, or were disabled; sorted.
    removed : tuple of (model, environment)
        Deployments that were enabled and are now disabled or gone; sorted.
    strict : frozenset of (model, environment)
        Changed deployments of which every replica must be placed.
    warnings : tuple of str
    """

    kind: TransitionKind
    arguments: Mapping[str, str]
    before: Workspace
    after: Workspace
    changed: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    strict: frozenset[Key] = frozenset()
    warnings: tuple[str, ...] = ()

    @cached_property
    def put(self) -> tuple[Policy | Environment | ModelDeployment, ...]:
        """Objects that are new or different: policies, environments, deployments, sorted."""
        before, after = self.before, self.after
        return (
            *_put(before.policies, after.policies),
            *_put(before.environments, after.environments),
            *_put(before.by_key, after.by_key),
        )

    @cached_property
    def dropped(self) -> tuple[ObjectKey, ...]:
        """Objects that are gone, each as ``(kind, name)``, deployments with environment."""
        before, after = self.before, self.after
        return (
            *(("ModelDeployment", *key) for key in _dropped(before.by_key, after.by_key)),
            *(("Environment", name) for name in _dropped(before.environments, after.environments)),
            *(("Policy", name) for name in _dropped(before.policies, after.policies)),
        )

    @property
    def edits_policies(self) -> bool:
        """Whether a policy or an environment differs: deployments that did not change may then
        be bound by other rules.
        """
        before, after = self.before, self.after
        return before.policies != after.policies or before.environments != after.environments


def between(
    before: Workspace,
    after: Workspace,
    *,
    kind: TransitionKind,
    arguments: Mapping[str, str] | None = None,
    warnings: Iterable[str] = (),
) -> Transition:
    """Return the change from one workspace to another.

    What runs is taken from ``before``. Objects are compared by identity first, so that a
    workspace that shares most of its objects with the other one costs little.
    """
    put = {d.key: d for d in _put(before.by_key, after.by_key)}
    new = sum(key not in before.by_key for key in put)
    is_smaller = len(after.by_key) - new < len(before.by_key)
    gone = _dropped(before.by_key, after.by_key) if is_smaller else ()
    changed = tuple(sorted(key for key, one in put.items() if one.enabled))
    off = [key for key, one in put.items() if not one.enabled]
    removed = sorted(key for key in (*gone, *off) if _enabled(before, key))
    return Transition(
        kind,
        MappingProxyType(dict(arguments or {})),
        before,
        _carried(before, after, put),
        changed,
        tuple(removed),
        frozenset(key for key in changed if _is_strict(before, key, kind)),
        tuple(warnings),
    )


def template(deployment: ModelDeployment) -> tuple[object, ...]:
    """Return what a running replica was started with."""
    return (deployment.version, deployment.resources, deployment.flavors)


def _carried(before: Workspace, after: Workspace, put: Mapping[Key, ModelDeployment]) -> Workspace:
    """Return ``after`` with the running rows of ``before`` and what of them is outdated."""
    new = {key for key, one in put.items() if _is_outdated(before.by_key.get(key), one)}
    running = before.running_by_key
    known = after.by_key
    replaced = frozenset(
        {key for key in before.replaced if key in known} | {key for key in new if key in running}
    )
    if after.running is before.running and after.replaced == replaced:
        return after
    carried = after.revised(running=before.running, replaced=replaced)
    carried.__dict__["running_by_key"] = running  # of the same rows
    return carried


def _is_outdated(old: ModelDeployment | None, new: ModelDeployment) -> bool:
    """Whether running rows were started with something else; rows without a record were."""
    return old is None or template(old) != template(new)


def _is_strict(before: Workspace, key: Key, kind: TransitionKind) -> bool:
    return kind in _ALWAYS_WHOLE or (kind in _WHOLE and _enabled(before, key))


def _enabled(workspace: Workspace, key: Key) -> bool:
    found = workspace.by_key.get(key)
    return found is not None and found.enabled


def _put(before: Mapping[K, V], after: Mapping[K, V]) -> list[V]:
    """Return what is new or different; what stands in the same place is compared first."""
    if before is after:
        return []
    is_other = map(is_not, after.values(), before.values())
    keys = (*compress(after, is_other), *islice(after, len(before), None))
    return [after[key] for key in keys if _differ(before.get(key), after[key])]


def _differ(old: object, new: object) -> bool:
    return old is not new and old != new


def _dropped(before: Mapping[K, V], after: Mapping[K, V]) -> list[K]:
    return [] if before is after else [key for key in before if key not in after]
