"""A plan as Deployments of Kubernetes whose pods can run nowhere but where the plan has them.

Each Deployment is one *part*: the replicas of one model deployment in one node group, as many on
each node. With the names that the nodes have in their cluster, pods are pinned to exactly the nodes
of the plan, and spread evenly over them; else to nodes with the labels of the node group.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.catalog.importers.kubernetes.accelerators import VENDORS
from placement.catalog.importers.kubernetes.nodes import HOSTNAME, Taint
from placement.catalog.importers.kubernetes.pods import MANAGED_BY, OURS
from placement.catalog.rows import UNIT
from placement.catalog.text import quote
from placement.errors import Diagnostic, InputError
from placement.plan.codes import Code
from placement.plan.kubernetes_labels import Expression, dns_name, labels_of, part_names
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.importers.kubernetes.seats import Seat
    from placement.catalog.rows import NodeGroup
    from placement.plan.plan import Plan
    from placement.plan.rows import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

GIB = 1024**3
PART = "placement/part"
"""Label by which a Deployment knows its pods."""

_RESOURCES = {vendor: resource for resource, vendor in reversed(tuple(VENDORS.items()))}
_GPUS = "nvidia.com/gpu"
"""Resource of GPUs whose maker is not known."""


@dataclass(frozen=True)
class Part:
    """Replicas of one model deployment that one Deployment runs.

    Attributes
    ----------
    name : str
        Of the Deployment.
    model, environment : str
    nodes : tuple of str
        Those of the plan, sorted.
    document : mapping
        The Deployment.
    """

    name: str
    model: str
    environment: str
    nodes: tuple[str, ...]
    document: Mapping[str, Any]


def to_kubernetes(
    plan: Plan,
    workspace: Workspace,
    catalog: Catalog,
    *,
    seats: Mapping[str, Seat] | None = None,
    image: str | None = None,
) -> tuple[Part, ...]:
    """Return the Deployments of a plan, sorted by name.

    Parameters
    ----------
    plan : Plan
    workspace : Workspace
        Has the deployments of the plan: what a replica asks for is said there.
    catalog : Catalog
        The one that the plan is for.
    seats : mapping of str to Seat, optional
        Which node of a cluster each node of the catalog is; ``read_seats`` gives them.
    image : str, optional
        Image of the container, in which ``{model}``, ``{version}`` and ``{environment}`` are
        filled in. Without it the container has none: then the Deployments are fragments, to be
        merged with others.

    Raises
    ------
    InputError
        If the plan is not of this catalog and workspace, was edited, or has what Kubernetes cannot
        do, such as a share of a GPU that is not cut.
    """
    _check(plan, workspace, catalog, seats)
    lots: defaultdict[_Key, _Lot] = defaultdict(_Lot)
    faults = [*_shared_slices(plan, catalog), *_uncounted(plan, workspace)]
    for row in plan.assignments:
        group = catalog.group_of(row.node)
        deployment = workspace.by_key[row.key]
        seat = seats[row.node] if seats is not None else None
        units = _units(deployment, group, seat)
        if units is None:
            share = f"{deployment.gpus / UNIT:g} of a GPU of node {quote(row.node)}"
            faults.append(f"{_title(row)}: Kubernetes cannot give {share}")
            continue
        key = _Key(row.model, row.environment, group.name, _resource(catalog, group, seat), units,
                   seat.taints if seat else ())  # fmt: skip
        lots[key].add(row, seat)
    if faults:
        raise InputError(
            Diagnostic("<python>", 1, 1, Code.NOT_EXPORTABLE, one) for one in dict.fromkeys(faults)
        )
    pieces = [piece for key in sorted(lots) for piece in lots[key].pieces(key)]
    names = part_names([piece.words for piece in pieces])
    makers = _Maker(plan, workspace, catalog, image)
    parts = (makers.part(name, piece) for name, piece in zip(names, pieces, strict=True))
    return tuple(sorted(parts, key=lambda part: part.name))


@dataclass(frozen=True, order=True)
class _Key:
    """What replicas of one Deployment have in common."""

    model: str
    environment: str
    group: str
    resource: str
    units: int
    taints: tuple[str, ...]


@dataclass(frozen=True)
class _Piece:
    """Replicas of one part, as many on each host; without hosts, anywhere in the node group."""

    key: _Key
    nodes: tuple[str, ...]
    hosts: tuple[str, ...]
    replicas: int
    several: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What its name is made of."""
        each = (f"x{self.replicas // len(self.hosts)}",) if self.several else ()
        return (self.key.model, self.key.environment, self.key.group, *each)


@dataclass
class _Lot:
    """The rows of one key."""

    nodes: list[str] = field(default_factory=list)
    hosts: Counter[str] = field(default_factory=Counter)
    replicas: int = 0
    on_host: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Assignment, seat: Seat | None) -> None:
        """Add a row."""
        self.nodes.append(row.node)
        self.replicas += row.replicas
        if seat is not None:
            self.hosts[seat.hostname] += row.replicas
            self.on_host[seat.hostname].append(row.node)

    def pieces(self, key: _Key) -> Iterator[_Piece]:
        """Yield the hosts that have as many replicas together."""
        if not self.hosts:
            yield _Piece(key, tuple(sorted(set(self.nodes))), (), self.replicas, several=False)
            return
        by_number: defaultdict[int, list[str]] = defaultdict(list)
        for host, number in sorted(self.hosts.items()):
            by_number[number].append(host)
        for number, hosts in sorted(by_number.items()):
            nodes = sorted({node for host in hosts for node in self.on_host[host]})
            replicas = number * len(hosts)
            yield _Piece(key, tuple(nodes), tuple(hosts), replicas, several=len(by_number) > 1)


# --------------------------------------------------------------------- checks


def _check(
    plan: Plan, workspace: Workspace, catalog: Catalog, seats: Mapping[str, Seat] | None
) -> None:
    faults = []
    if plan.stated_digest not in (None, plan.digest):
        faults.append("the plan was edited after it was made")
    if plan.basis.catalog != catalog.digest:
        faults.append(f"the plan is not for catalog {quote(catalog.name)}")
    else:
        faults += [fault for row in plan.assignments if (fault := _row_fault(row, workspace))]
        unseated = [r.node for r in plan.assignments if seats is not None and r.node not in seats]
        if unseated:
            faults.append(f"node {quote(unseated[0])} is no node of the cluster")
    if faults:
        raise InputError(
            Diagnostic("<python>", 1, 1, Code.NOT_THE_ANSWER, fault) for fault in faults
        )


def _row_fault(row: Assignment, workspace: Workspace) -> str | None:
    deployment = workspace.by_key.get(row.key)
    if deployment is None:
        return f"{_title(row)} is not among the deployments"
    if (deployment.version, deployment.gpus * row.replicas) != (row.version, row.gpus):
        return f"{_title(row)} is another version, or asks for other GPUs, than in the plan"
    return None


def _title(row: Assignment) -> str:
    return quote(f"{row.model}@{row.environment}")


def _shared_slices(plan: Plan, catalog: Catalog) -> Iterator[str]:
    """Yield the parts of GPUs that several replicas share, which pods cannot."""
    users: Counter[str] = Counter()
    for row in plan.assignments:
        if row.gpus and catalog.group_of(row.node).gpu_fraction is not None:
            users[row.node] += row.replicas
    for node, number in sorted(users.items()):
        if number > 1:
            yield f"{number} replicas share the part of a GPU that {quote(node)} is"


def _uncounted(plan: Plan, workspace: Workspace) -> Iterator[str]:
    """Yield further resources that Kubernetes has no way to count."""
    for model, environment in sorted({row.key for row in plan.assignments}):
        for name, amount in sorted(workspace.by_key[model, environment].extra.items()):
            if "/" not in name or amount % UNIT:
                how = f"{amount / UNIT:g} of {quote(name)}"
                rule = "further resources have a domain, and are whole"
                yield f"{quote(f'{model}@{environment}')}: Kubernetes cannot give {how}: {rule}"


# ------------------------------------------------------------------ resources


def _units(deployment: ModelDeployment, group: NodeGroup, seat: Seat | None) -> int | None:
    """Return how many GPUs, slices or shares of time a replica asks for; None if it cannot."""
    if not deployment.gpus:
        return 0
    if group.gpu_fraction is not None:
        return seat.units if seat is not None else 1
    wanted = Fraction(deployment.gpus, UNIT) * (seat.units if seat is not None else 1)
    return int(wanted) if wanted.denominator == 1 else None


def _resource(catalog: Catalog, group: NodeGroup, seat: Seat | None) -> str:
    if seat is not None:
        return seat.resource
    if group.flavor_type != "gpu":
        return ""
    return _RESOURCES.get(catalog.gpus[group.flavor].vendor.casefold(), _GPUS)


def _requests(deployment: ModelDeployment, key: _Key) -> dict[str, str]:
    """Return what one replica asks for; memory in whole bytes, rounded down."""
    found = {"cpu": _cpu(deployment.cpus), "memory": _memory(deployment.memory)}
    found.update((name, str(n // UNIT)) for name, n in sorted(deployment.extra.items()))
    if key.units:
        found[key.resource] = str(key.units)
    return {name: amount for name, amount in found.items() if amount != "0"}


def _cpu(thousandths: int) -> str:
    whole, rest = divmod(thousandths, UNIT)
    return f"{thousandths}m" if rest else str(whole)


def _memory(thousandths: int) -> str:
    whole, rest = divmod(thousandths, UNIT)
    return str(thousandths * GIB // UNIT) if rest else f"{whole}Gi" if whole else "0"


# ------------------------------------------------------------------- documents


@dataclass(frozen=True)
class _Maker:
    """Makes the document of each part."""

    plan: Plan
    workspace: Workspace
    catalog: Catalog
    image: str | None

    def part(self, name: str, piece: _Piece) -> Part:
        key = piece.key
        deployment = self.workspace.by_key[key.model, key.environment]
        labels = {PART: name, MANAGED_BY: OURS, "app.kubernetes.io/name": dns_name(key.model)}
        notes = {
            "placement/model": key.model,
            "placement/environment": key.environment,
            "placement/version": deployment.version,
        }
        where = {"placement/node-group": key.group, "placement/plan": self.plan.digest}
        recreate = deployment.rollout is Rollout.RECREATE
        document = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels, "annotations": {**notes, **where}},
            "spec": {
                "replicas": piece.replicas,
                "strategy": {"type": "Recreate" if recreate else "RollingUpdate"},
                "selector": {"matchLabels": {PART: name}},
                "template": {
                    "metadata": {"labels": labels, "annotations": notes},
                    "spec": self._pod(name, piece, deployment),
                },
            },
        }
        return Part(name, key.model, key.environment, piece.nodes, document)

    def _pod(self, name: str, piece: _Piece, deployment: ModelDeployment) -> dict[str, Any]:
        expressions = self._expressions(piece)
        terms = [{"matchExpressions": [one.document() for one in expressions]}]
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        pod: dict[str, Any] = {"affinity": {"nodeAffinity": required}}
        tolerations = list(_tolerations(piece.key))
        if tolerations:
            pod["tolerations"] = tolerations
        if len(piece.hosts) > 1:
            pod["topologySpreadConstraints"] = [_evenly(name)]
        return {**pod, "containers": [self._container(piece.key, deployment)]}

    def _expressions(self, piece: _Piece) -> Sequence[Expression]:
        if piece.hosts:
            return (Expression(HOSTNAME, piece.hosts),)
        return labels_of(self.catalog, self.catalog.groups_by_name[piece.key.group])

    def _container(self, key: _Key, deployment: ModelDeployment) -> dict[str, Any]:
        requests = _requests(deployment, key)
        limits = {name: amount for name, amount in requests.items() if "/" in name}
        found: dict[str, Any] = {"name": "model"}
        if self.image is not None:
            words = {
                "{model}": key.model,
                "{version}": deployment.version,
                "{environment}": key.environment,
            }
            found["image"] = _filled(self.image, words)
        resources = {"requests": requests, "limits": limits}
        return {**found, "resources": {k: v for k, v in resources.items() if v}}


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _tolerations(key: _Key) -> Iterator[dict[str, str]]:
    """Yield what the pods tolerate: the taints of their nodes, and that these have GPUs."""
    for text in key.taints:
        taint = Taint.parse(text)
        wanted = {"operator": "Exists"}
        if taint.value:
            wanted = {"operator": "Equal", "value": taint.value}
        yield {"key": taint.key, **wanted, "effect": taint.effect}
    if key.resource in VENDORS and not key.taints:
        yield {"key": key.resource, "operator": "Exists", "effect": "NoSchedule"}


def _evenly(name: str) -> dict[str, Any]:
    """Return the rule by which all hosts of a part hold as many of its pods.

    The replicas are a multiple of the hosts, so a skew of at most one leaves no other way.
    """
    return {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {PART: name}},
        "matchLabelKeys": ["pod-template-hash"],
    }


def to_yaml(parts: Iterable[Part]) -> str:
    """Return the Deployments as documents of YAML; every text that could be taken for anything
    else, by any parser of YAML, stands in quotes.
    """
    from placement.plan.kubernetes_yaml import dump

    return "".join(f"---\n{dump(part.document)}" for part in parts)
