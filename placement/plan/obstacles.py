"""What is in the way of one more replica of a deployment on nodes that it may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.constraints.peers import PeerIndex, has_other
from placement.constraints.separation import named
from placement.constraints.spread import Usable
from placement.plan.view import domain_of
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.room import Rooms
    from placement.plan.view import Key, PlanView
    from placement.workspace.workspace import ModelDeployment, Spread

FULL = "full"
OPEN = "open"
STAGES = (FULL, "spread", "separation", "colocation", OPEN)
"""In the order in which they are asked; ``open`` says that nothing is in the way."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one more replica may not be on a node: one of ``STAGES``, and a sentence."""

    stage: str
    message: str


class Obstacles:
    """Answers for one deployment in one plan."""

    def __init__(
        self, view: PlanView, peers: PeerIndex, rooms: Rooms, deployment: ModelDeployment
    ) -> None:
        self._view, self._peers, self._rooms = view, peers, rooms
        self._deployment = deployment
        self._limits = tuple(_Limit(view, deployment, entry) for entry in deployment.spread)

    def on_group(self, group: NodeGroup) -> str:
        """Return the first obstacle, one of ``STAGES``, on the node that gets furthest.

        Only nodes that take new replicas are asked.
        """
        best = STAGES[0]
        for index in self._rooms.fitting(self._deployment, group):
            first = next(self.on_node(group, index), None)
            if first is None:
                return OPEN
            best = max(best, first.stage, key=STAGES.index)
        return best

    def on_node(self, group: NodeGroup, index: int) -> Iterator[Obstacle]:
        """Yield all that is in the way on a node but for its room, in the order of ``STAGES``."""
        for limit in self._limits:
            domain = domain_of(group, index, limit.over)
            yield from (Obstacle("spread", message) for message in limit.against(domain))
        for over, kept in self._kept_apart.items():
            domain = domain_of(group, index, over)
            if domain in kept:
                yield Obstacle("separation", f"{over} `{domain}` holds {named(kept[domain])}")
        for entry in self._deployment.together_with:
            domain = domain_of(group, index, entry.over)
            near = self._peers.placed_in(entry.selector, entry.over).get(domain, frozenset())
            if not has_other(near, self._deployment.key):
                message = f"{entry.over} `{domain}` holds nothing that `togetherWith` selects"
                yield Obstacle("colocation", message)

    def too_few_domains(self, group: NodeGroup, index: int) -> Iterator[Obstacle]:
        """Yield the kinds of domains of which one more replica there would not use enough.

        More replicas of the deployment elsewhere would mend that.
        """
        for limit in self._limits:
            message = limit.too_few(domain_of(group, index, limit.over))
            if message is not None:
                yield Obstacle("spread", message)

    @cached_property
    def _kept_apart(self) -> Mapping[Domain, Mapping[str, frozenset[Key]]]:
        """The deployments that keep mine off, by kind of domain and domain."""
        mine = self._deployment
        found: dict[Domain, dict[str, set[Key]]] = {}
        for entry in mine.separate_from:
            for name, keys in self._peers.placed_in(entry.selector, entry.over).items():
                if has_other(keys, mine.key):
                    found.setdefault(entry.over, {}).setdefault(name, set()).update(keys)
        for key, entry in self._peers.keeping_off(mine):
            for row in self._view.rows_of[key]:
                domains = found.setdefault(entry.over, {})
                domains.setdefault(row.domain(entry.over), set()).add(key)
        return {
            over: {name: frozenset(keys - {mine.key}) for name, keys in domains.items()}
            for over, domains in sorted(found.items())
        }


class _Limit:
    """One entry of ``spread``, and the replicas of its deployment that are placed."""

    def __init__(self, view: PlanView, deployment: ModelDeployment, entry: Spread) -> None:
        self.over = entry.over
        self._view, self._deployment, self._entry = view, deployment, entry
        self._known: dict[str, tuple[str, ...]] = {}

    def against(self, domain: str) -> tuple[str, ...]:
        """Return what one more replica in a domain would break."""
        if domain not in self._known:
            self._known[domain] = tuple(self._broken(domain))
        return self._known[domain]

    def too_few(self, domain: str) -> str | None:
        """Return how many domains would hold replicas, if that is not enough."""
        wanted = min(self._entry.min_domains or 0, self._deployment.replicas)
        held = len(self._counts.keys() | {domain})
        if held >= wanted:
            return None
        return f"replicas in {held} domains of kind {self.over}, at least {wanted} wanted"

    def _broken(self, domain: str) -> Iterator[str]:
        here, most = self._counts[domain], self._entry.max_per_domain
        if most is not None and here >= most:
            yield f"{self.over} `{domain}` holds {here} replicas, at most {most} are allowed"
        if self._entry.max_skew is not None:
            # Only what the domain itself would have too many: others are as they are.
            after = self._counts + Counter((domain,))
            skew = after[domain] - self._usable.fewest(after)
            if skew > self._entry.max_skew:
                yield (
                    f"{self.over} `{domain}` would hold {skew} replicas more than another one, "
                    f"at most {self._entry.max_skew} are allowed"
                )

    @cached_property
    def _counts(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for row in self._view.rows_of.get(self._deployment.key, ()):
            counts[row.domain(self.over)] += row.replicas
        return counts

    @cached_property
    def _usable(self) -> Usable:
        return Usable(self._view, self._deployment, self.over)


def counted(total: int, free: int, counts: Iterable[tuple[str, int]]) -> str:
    """Return how many node groups are free of how many, and what refuses the others.

    ``counts`` are of node groups by what refuses them, the most shown first.
    """
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    refused = ", ".join(f"{count:,} {label}" for label, count in ordered)
    text = f"{free:,} of {total:,} node groups"
    return f"{text}: {refused}" if refused else text


def labelled(rule: str, policies: Collection[str]) -> str:
    """Return the words for a rule, with the policy's name if a single one is to blame."""
    blame = f" (`{min(policies)}`)" if len(set(policies)) == 1 else ""
    return rule.replace("_", " ") + blame
