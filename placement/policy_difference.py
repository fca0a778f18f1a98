"""What other manifests mean for every deployment: where it may run that it could not, and the
reverse.

Two sets of node groups are compared for each deployment, those that are eligible before and
after, and told in names of places and hardware.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.frozen import picklable
from placement.plan.running import is_wanted, node_order
from placement.reach.reach import Reach, Wish
from placement.reach.sets import GroupSet, Kind, Names
from placement.workspace.effective import Level

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

DeploymentKey = tuple[str, str]


class Effect(StrEnum):
    """What a difference means for one deployment."""

    WIDENED = "widened"
    NARROWED = "narrowed"
    SHIFTED = "shifted"
    UNCHANGED = "unchanged"
    ADDED = "added"
    REMOVED = "removed"


@picklable
@dataclass(frozen=True, slots=True)
class Options:
    """Node groups that enter or leave, and the names that enter or leave with them.

    A name enters if no node group had it before and some has it after, and leaves in the reverse
    case. So no country need enter with a node group.

    Attributes
    ----------
    node_groups : tuple of str
        Sorted, as are the names.
    names : mapping of Kind to tuple of str
        Only kinds of which a name enters or leaves.
    """

    node_groups: tuple[str, ...] = ()
    names: Mapping[Kind, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, order=True)
class AttachedPolicy:
    """A policy that binds a deployment at a level."""

    level: Level
    name: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What differs in the manifests of one deployment that can change where it may run.

    Attributes
    ----------
    bound, released : tuple of AttachedPolicy
        Policies that bind only after, or only before. They may be attached, or other labels or
        another target include the deployment.
    edited : tuple of AttachedPolicy
        Policies that bind in both and have other options.
    demands : bool
        Whether flavors or resources of the deployment differ.
    """

    bound: tuple[AttachedPolicy, ...] = ()
    released: tuple[AttachedPolicy, ...] = ()
    edited: tuple[AttachedPolicy, ...] = ()
    demands: bool = False


@dataclass(frozen=True, slots=True)
class MustMove:
    """Running replicas of a deployment on a node that is not allowed afterwards.

    ``already`` says that it was not allowed before either.
    """

    node: str
    replicas: int
    already: bool


@dataclass(frozen=True, slots=True)
class DeploymentDifference:
    """What a difference means for one deployment.

    Attributes
    ----------
    model, environment : str
    effect : Effect
    before, after : int
        Eligible node groups; 0 where the deployment is not there.
    enters, leaves : Options
    cause : Cause
    must_move : tuple of MustMove
        By node. Replicas that are replaced or removed anyway are left out.
    """

    model: str
    environment: str
    effect: Effect
    before: int
    after: int
    enters: Options
    leaves: Options
    cause: Cause
    must_move: tuple[MustMove, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """What other manifests mean for every deployment, by (model, environment)."""

    deployments: tuple[DeploymentDifference, ...]

    @property
    def counts(self) -> Mapping[Effect, int]:
        """How many deployments each effect concerns."""
        found = Counter(one.effect for one in self.deployments)
        return MappingProxyType({effect: found[effect] for effect in Effect})

    @property
    def must_move(self) -> int:
        """How many running replicas have to move."""
        return sum(row.replicas for one in self.deployments for row in one.must_move)


def policy_diff(old: Workspace, new: Workspace, catalog: Catalog) -> PolicyDiff:
    """Return what is allowed to every deployment by one workspace and not by another.

    Parameters
    ----------
    old : Workspace
        Its running rows tell which replicas would have to move.
    new : Workspace
    catalog : Catalog
        The fleet of both.

    Returns
    -------
    PolicyDiff
        With every deployment of either workspace, disabled ones too. A deployment that is only
        in one of them may use nothing in the other.
    """
    return PolicyDiff(tuple(_Comparison(old, new, catalog).all()))


class _Comparison:
    """Compares pairs of wishes once, however many deployments have them."""

    def __init__(self, old: Workspace, new: Workspace, catalog: Catalog) -> None:
        self._old, self._new = Reach(old, catalog), Reach(new, catalog)
        self._catalog, self._names = catalog, Names(catalog)
        self._numbers = {group.name: n for n, group in enumerate(catalog.node_groups)}
        self._known: dict[tuple[Wish | None, Wish | None], DeploymentDifference] = {}

    def all(self) -> Iterator[DeploymentDifference]:
        """Yield what differs for every deployment, in order."""
        before, after = self._old.workspace.by_key, self._new.workspace.by_key
        for key in sorted({*before, *after}):
            yield self._of(key, before.get(key), after.get(key))

    def _of(
        self, key: DeploymentKey, old: ModelDeployment | None, new: ModelDeployment | None
    ) -> DeploymentDifference:
        wishes = (
            None if old is None else self._old.wish(old),
            None if new is None else self._new.wish(new),
        )
        known = self._known.get(wishes)
        if known is None:
            known = self._known[wishes] = self._compare(old, new)
        rows = () if new is None else self._rows(key, old, new)
        return replace(known, model=key[0], environment=key[1], must_move=tuple(rows))

    def _compare(
        self, old: ModelDeployment | None, new: ModelDeployment | None
    ) -> DeploymentDifference:
        """Return what differs, of no deployment yet."""
        before = 0 if old is None else self._old.of(old)
        after = 0 if new is None else self._new.of(new)
        return DeploymentDifference(
            "",
            "",
            _effect(old, new, before, after),
            before.bit_count(),
            after.bit_count(),
            self._options(after, before),
            self._options(before, after),
            Cause() if old is None or new is None else self._cause(old, new),
        )

    def _options(self, there: GroupSet, elsewhere: GroupSet) -> Options:
        """Return what one set of node groups has and the other has not."""
        if not there & ~elsewhere:
            return Options()
        names = {}
        for kind in Kind:
            other = set(self._names.of(kind, elsewhere))
            own = tuple(name for name in self._names.of(kind, there) if name not in other)
            if own:
                names[kind] = own
        return Options(self._names.groups(there & ~elsewhere), MappingProxyType(names))

    def _cause(self, old: ModelDeployment, new: ModelDeployment) -> Cause:
        before, after = _binding(self._old, old), _binding(self._new, new)
        return Cause(
            bound=tuple(sorted(after.keys() - before.keys())),
            released=tuple(sorted(before.keys() - after.keys())),
            edited=tuple(sorted(k for k in before.keys() & after.keys() if before[k] != after[k])),
            demands=_demands(old) != _demands(new),
        )

    def _rows(
        self, key: DeploymentKey, old: ModelDeployment | None, new: ModelDeployment
    ) -> Iterator[MustMove]:
        """Yield the running replicas that stay wanted and are not allowed where they are."""
        running = self._old.workspace.running_by_key.get(key, ())
        wanted = [row for row in running if is_wanted(row, self._new.workspace)]
        allowed = self._new.of(new)
        earlier = 0 if old is None else self._old.of(old)
        for node, replicas in sorted(_by_node(wanted), key=lambda item: node_order(item[0])):
            place = self._catalog.find_node(node)
            if place is None:
                continue
            bit = 1 << self._numbers[place[0].name]
            if not allowed & bit:
                yield MustMove(node, replicas, already=not earlier & bit)


def _by_node(rows: Iterable[Assignment]) -> Iterable[tuple[str, int]]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row.node] += row.replicas
    return found.items()


def _effect(
    old: ModelDeployment | None, new: ModelDeployment | None, before: GroupSet, after: GroupSet
) -> Effect:
    if old is None:
        return Effect.ADDED
    if new is None:
        return Effect.REMOVED
    match bool(after & ~before), bool(before & ~after):
        case True, True:
            return Effect.SHIFTED
        case True, False:
            return Effect.WIDENED
        case False, True:
            return Effect.NARROWED
        case _:
            return Effect.UNCHANGED


def _binding(reach: Reach, deployment: ModelDeployment) -> Mapping[AttachedPolicy, str]:
    """Return the meanings of the policies that bind a deployment."""
    attached = reach.effective(deployment).attachments
    return {
        AttachedPolicy(item.level, item.policy.name): item.policy.meaning
        for item in attached
        if item.binds
    }


def _demands(one: ModelDeployment) -> tuple[object, ...]:
    flavors = frozenset((entry.type, entry.name) for entry in one.flavors)
    amounts = (one.gpus, one.gpu_memory, one.cpus, one.memory)
    return (flavors, amounts, frozenset(one.extra.items()))
