"""Counts the room for more replicas, with everything in force and with one thing left out.

Nothing moves: every node is asked by itself how many more it takes, and rules on numbers per
domain are asked of all together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from placement.constraints.peers import PeerIndex, has_other
from placement.headroom.lots import Lot, Lots, running_view
from placement.headroom.spreading import Ground, Most, most
from placement.headroom.values import Headroom, Limit, LimitKind, RoomHere
from placement.pricing import unit_price
from placement.reach.reach import Part, Reach
from placement.reach.sets import GroupSet, members
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment, Spread, Workspace

_RESOURCES = {"gpus": LimitKind.GPUS, "cpus": LimitKind.CPUS, "memory": LimitKind.MEMORY}
_ORDER = list(LimitKind)


@dataclass(frozen=True)
class Rules:
    """What is in force when replicas are counted.

    Attributes
    ----------
    groups : set of node groups
    spread : tuple of Spread
    without : str or None
        A resource that is left aside.
    states, apart, together : bool
        Whether states of nodes, separation and ``togetherWith`` are.
    """

    groups: GroupSet
    spread: tuple[Spread, ...]
    without: str | None = None
    states: bool = True
    apart: bool = True
    together: bool = True


def headroom(workspace: Workspace, catalog: Catalog, deployment: ModelDeployment) -> Headroom:
    """Return how many more replicas of a deployment fit; see ``Planner.headroom``."""
    return _Count(workspace, catalog, deployment).answer()


class _Count:
    def __init__(self, workspace: Workspace, catalog: Catalog, deployment: ModelDeployment) -> None:
        self._catalog, self._deployment = catalog, deployment
        self._view = running_view(workspace, catalog)
        self._lots = Lots(self._view, deployment)
        reach = Reach(workspace, catalog)
        self._reach, self._parts = reach, reach.parts(deployment)
        self._rules = Rules(reach.common(self._parts), deployment.spread)
        self._peers = PeerIndex(self._view)
        self._opened: dict[Rules, list[tuple[Lot, int]]] = {}

    def answer(self) -> Headroom:
        found = self._most(self._rules)
        open_lots = [lot for lot, _ in self._open(self._rules)]
        return Headroom(
            *self._deployment.key,
            replicas=found.replicas,
            exact=found.exact,
            with_moves=max(found.replicas, self._with_moves()),
            node_groups=self._rules.groups.bit_count(),
            nodes=sum(lot.nodes for lot in open_lots),
            places=self._places(),
            limits=tuple(sorted(self._limits(found.replicas), key=_limit_order)),
        )

    # ---------------------------------------------------------------- counting

    def _most(self, rules: Rules) -> Most:
        return most(Ground(self._open(rules), self._own, self._usable(rules)), rules.spread)

    def _open(self, rules: Rules) -> list[tuple[Lot, int]]:
        """Return the nodes that may take replicas, and how many each takes."""
        key = replace(rules, spread=())
        if key not in self._opened:
            self._opened[key] = [
                (lot, lot.fit(rules.without))
                for lot in self._lots_in(rules.groups)
                if (lot.state.accepts or not rules.states)
                and not (rules.apart and self._is_kept_off(lot))
                and not (rules.together and self._is_alone(lot))
            ]
        return self._opened[key]

    def _lots_in(self, groups: GroupSet) -> Iterator[Lot]:
        for number in members(groups):
            yield from self._lots.of(self._catalog.node_groups[number])

    @cached_property
    def _own(self) -> Mapping[Domain, Counter[str]]:
        found: dict[Domain, Counter[str]] = defaultdict(Counter)
        for row in self._view.rows_of.get(self._deployment.key, ()):
            for over in Domain:
                found[over][row.domain(over)] += row.replicas
        return found

    def _usable(self, rules: Rules) -> Mapping[Domain, Counter[str]]:
        found: dict[Domain, Counter[str]] = defaultdict(Counter)
        kinds = {entry.over for entry in rules.spread if entry.max_skew}
        for lot in self._lots_in(rules.groups) if kinds else ():
            if lot.state.holds or not rules.states:
                for over in kinds:
                    found[over][lot.domain(over)] = lot.nodes if over is Domain.NODE else 1
        return found

    # ---------------------------------------------------------------- other deployments

    @cached_property
    def _kept_off(self) -> Mapping[Domain, set[str]]:
        """Domains in which others run that are to be apart."""
        found: dict[Domain, set[str]] = defaultdict(set)
        mine = self._deployment
        for entry in mine.separate_from:
            for name, keys in self._peers.placed_in(entry.selector, entry.over).items():
                if has_other(keys, mine.key):
                    found[entry.over].add(name)
        for key, entry in self._peers.keeping_off(mine):
            found[entry.over] |= {row.domain(entry.over) for row in self._view.rows_of[key]}
        return found

    def _is_kept_off(self, lot: Lot) -> bool:
        return any(lot.domain(over) in names for over, names in self._kept_off.items())

    def _is_alone(self, lot: Lot) -> bool:
        for entry in self._deployment.together_with:
            near = self._peers.placed_in(entry.selector, entry.over)
            if not has_other(near.get(lot.domain(entry.over), frozenset()), self._deployment.key):
                return True
        return False

    # ---------------------------------------------------------------- where

    def _places(self) -> tuple[RoomHere, ...]:
        per_node = [e.max_per_domain for e in self._rules.spread if e.over is Domain.NODE]
        limit = min((number for number in per_node if number is not None), default=None)
        found: dict[tuple[str, str], list[tuple[Lot, int]]] = defaultdict(list)
        for lot, fit in self._open(self._rules):
            here = fit if limit is None else min(fit, max(0, limit - lot.own))
            if here:
                found[lot.group.region.key, lot.group.flavor].append((lot, here))
        places = (self._place(lots) for lots in found.values())
        return tuple(sorted(places, key=lambda p: (-p.replicas, p.provider, p.region, p.flavor)))

    def _place(self, lots: list[tuple[Lot, int]]) -> RoomHere:
        group = lots[0][0].group
        return RoomHere(
            provider=group.region.provider,
            region=group.region.code,
            country=group.region.country,
            flavor=group.flavor,
            nodes=sum(lot.nodes for lot, _ in lots),
            replicas=sum(lot.nodes * fit for lot, fit in lots),
            cost_per_replica=min(unit_price(self._deployment, lot.group) for lot, _ in lots),
        )

    # ---------------------------------------------------------------- what is in the way

    def _limits(self, today: int) -> Iterator[Limit]:
        """Yield each thing without which more fit."""
        before = {_name(lot): (lot, fit) for lot, fit in self._open(self._rules)}
        for kind, name, rules in self._relaxed():
            gain = self._most(rules).replicas - today
            if gain <= 0:
                continue
            nodes = sum(
                lot.nodes
                for lot, fit in self._open(rules)
                if fit > (before[_name(lot)][1] if _name(lot) in before else 0)
            )
            yield Limit(kind, name, nodes, gain)

    def _relaxed(self) -> Iterator[tuple[LimitKind, str, Rules]]:
        rules = self._rules
        for part in self._parts:
            if part.rule != "hardware":
                others = self._reach.common(one for one in self._parts if one is not part)
                yield *_part(part), replace(rules, groups=others)
        if any(not lot.state.accepts for lot in self._lots_in(rules.groups)):
            yield LimitKind.STATE, "", replace(rules, states=False)
        for index, entry in enumerate(rules.spread):
            spread = (*rules.spread[:index], *rules.spread[index + 1 :])
            yield LimitKind.SPREAD, entry.over.value, replace(rules, spread=spread)
        if self._kept_off:
            yield LimitKind.SEPARATION, "", replace(rules, apart=False)
        if self._deployment.together_with:
            yield LimitKind.COLOCATION, "", replace(rules, together=False)
        asked = {name for lot in self._lots_in(rules.groups) for name in lot.by}
        for name in sorted(asked) if len(asked) > 1 else ():
            kind = _RESOURCES.get(name, LimitKind.EXTRA)
            label = name.removeprefix("x_") if kind is LimitKind.EXTRA else ""
            yield kind, label, replace(rules, without=name)

    # ---------------------------------------------------------------- moves

    def _with_moves(self) -> int:
        """Return a number that no plan exceeds: what is left in sum, and what empty nodes take."""
        groups = [self._catalog.node_groups[number] for number in members(self._rules.groups)]
        empty = sum(self._catalog.accepting(g) * self._lots.empty_fit(g) for g in groups)
        demands = self._demands(self._deployment)
        left, mine = self._left(), self._own[Domain.NODE].total()
        return max(0, min([empty - mine, *(left[name] // n for name, n in demands.items() if n)]))

    def _left(self) -> Counter[str]:
        """Return what all nodes that hold replicas have together, minus what runs."""
        found: Counter[str] = Counter()
        for group in self._catalog.node_groups:
            for name, amount in _capacity(group).items():
                found[name] += amount * self._catalog.holding(group)
        for node, reserved in self._catalog.reserved.items():
            place = self._catalog.find_node(node)
            if place is not None and self._catalog.state_of(*place).holds:
                found["gpus"] -= sum(reserved.gpu_slots)
                found["cpus"] -= reserved.cpus
                found["memory"] -= reserved.memory
        for row in self._view.rows:
            for name, amount in self._demands(row.deployment).items():
                found[name] -= amount * row.replicas
        return found

    def _demands(self, one: ModelDeployment) -> Mapping[str, int]:
        extra = {f"x_{name}": amount for name, amount in one.extra.items()}
        return {"gpus": one.gpus, "cpus": one.cpus, "memory": one.memory, **extra}


def _capacity(group: NodeGroup) -> Mapping[str, int]:
    extra = {f"x_{name}": amount for name, amount in group.extra.items()}
    return {
        "gpus": sum(group.gpu_slots),
        "cpus": group.cpus,
        "memory": group.memory,
        **extra,
    }


def _part(part: Part) -> tuple[LimitKind, str]:
    if part.level is not None:
        return LimitKind.POLICY, ", ".join(part.names)
    return (LimitKind.FLAVORS if part.rule == "flavors" else LimitKind.GPU_MEMORY), ""


def _name(lot: Lot) -> tuple[str, int | None]:
    return (lot.group.name, lot.index)


def _limit_order(limit: Limit) -> tuple[int, int, str]:
    return (-limit.gain, _ORDER.index(limit.kind), limit.name)
