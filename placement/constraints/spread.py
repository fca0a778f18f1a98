"""The replicas of a model are spread over nodes, zones, regions or the like as it asks.

Countries, continents and providers are possible as well.
`maxPerDomain` limits each domain, `minDomains` asks for a number of different domains, and
`maxSkew` limits the difference between the fullest and the emptiest domain that could be used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject
from placement.plan.view import domain_of
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlanView
    from placement.problem.builder import ProblemBuilder
    from placement.workspace.workspace import ModelDeployment
    from placement.workspace.workspace import Spread as SpreadEntry


class Spread(Constraint):
    """Each entry of ``spread`` by itself, over the placed replicas."""

    name: ClassVar[str] = "spread"

    def compile(self, builder: ProblemBuilder) -> None:
        """Add the rows of each entry."""
        for d, deployment in enumerate(builder.deployments):
            for entry in deployment.spread:
                if entry.max_per_domain is not None:
                    _compile_most(builder, d, entry.over, entry.max_per_domain)
                if entry.min_domains is not None:
                    wanted = min(entry.min_domains, deployment.replicas)
                    _compile_domains(builder, d, entry.over, wanted)
                if entry.max_skew is not None:
                    _compile_skew(builder, d, entry.over, entry.max_skew)

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every entry of a placed deployment that does not hold."""
        for _, rows in view.declaring("spread"):
            deployment = rows[0].deployment
            for entry in deployment.spread:
                counts: Counter[str] = Counter()
                for row in rows:
                    counts[row.domain(entry.over)] += row.replicas
                for message in _faults(view, deployment, entry, counts):
                    yield Violation(self.name, subject(deployment), message)


def _faults(
    view: PlanView, deployment: ModelDeployment, entry: SpreadEntry, counts: Counter[str]
) -> Iterator[str]:
    over = entry.over
    if entry.max_per_domain is not None:
        for domain, count in sorted(counts.items()):
            if count > entry.max_per_domain:
                yield f"{count} replicas in {over} `{domain}`, at most {entry.max_per_domain}"
    if entry.min_domains is not None:
        wanted = min(entry.min_domains, deployment.replicas)
        held = sum(1 for count in counts.values() if count > 0)
        if held < wanted:
            yield f"replicas in {held} domains of kind {over}, at least {wanted} wanted"
    if entry.max_skew is not None:
        skew = max(counts.values()) - Usable(view, deployment, over).fewest(counts)
        if skew > entry.max_skew:
            yield f"counts per {over} differ by {skew}, at most {entry.max_skew} allowed"


class Usable:
    """The domains of one kind that a deployment could use: policies and hardware, not free room."""

    def __init__(self, view: PlanView, deployment: ModelDeployment, over: Domain) -> None:
        self._catalog, self._over = view.catalog, over
        groups = [group for group in view.catalog.node_groups if _usable(view, deployment, group)]
        self._domains = {domain_of(group, 0, over) for group in groups}
        self._names = {group.name for group in groups}
        self._nodes = sum(map(view.catalog.holding, groups))

    def fewest(self, counts: Mapping[str, int]) -> int:
        """Return the smallest count over the domains that could be used; an empty one counts 0.

        ``counts`` are of the domains that hold replicas, of which there is at least one.
        """
        if self._over is Domain.NODE:
            every = sum(map(self._is_usable_node, counts)) >= self._nodes
        else:
            every = self._domains <= counts.keys()
        return min(counts.values()) if every else 0

    def _is_usable_node(self, node: str) -> bool:
        found = self._catalog.find_node(node)
        if found is None or found[0].name not in self._names:
            return False
        return self._catalog.state_of(*found).holds


def _usable(view: PlanView, deployment: ModelDeployment, group: NodeGroup) -> bool:
    if not view.catalog.holding(group):
        return False
    return view.eligibility.refusal(deployment, group) is None


def _compile_most(builder: ProblemBuilder, d: int, over: Domain, most: int) -> None:
    if over is Domain.NODE:
        builder.limit_per_node(builder.pairs_of(d), most)
        return
    for pairs in builder.pairs_by_domain(d, over).values():
        builder.row([(pair, 1) for pair in pairs], high=most, name="spread")


def _compile_domains(builder: ProblemBuilder, d: int, over: Domain, wanted: int) -> None:
    used = builder.domains_used(d, over)
    terms = [(variable, 1) for variable in used.values()]
    builder.row([*terms, (builder.any_placed(d), -wanted)], low=0, name="spread")
    if over is Domain.NODE:
        for cell, pair in builder.pairs_by_cell(d).items():
            builder.need_distinct(pair, used[cell])


def _compile_skew(builder: ProblemBuilder, d: int, over: Domain, skew: int) -> None:
    """Keep counts between two variables that differ by at most ``skew``."""
    replicas = builder.deployments[d].replicas
    least, most = builder.variable(0, replicas), builder.variable(0, replicas)
    builder.row([(most, 1), (least, -1)], high=skew, name="spread")
    if over is Domain.NODE:
        held = {cell: [pair] for cell, pair in builder.pairs_by_cell(d).items()}
        nodes = {cell: int(builder.size[cell]) for cell in builder.usable_cells(d)}
        builder.bound_per_node(d, least, most)
    else:
        held = builder.pairs_by_domain(d, over)
        nodes = dict.fromkeys(builder.usable_domains(d, over), 1)
    for domain in sorted(nodes.keys() | held.keys()):
        count = [(pair, 1) for pair in held.get(domain, ())]
        size = nodes.get(domain, 1)
        builder.row([*count, (least, -size)], low=0, name="spread")
        builder.row([*count, (most, -size)], high=0, name="spread")
