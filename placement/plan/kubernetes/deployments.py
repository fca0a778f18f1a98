"""The document of one Deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement.catalog.importers.kubernetes.accelerators import VENDORS
from placement.catalog.importers.kubernetes.nodes import HOSTNAME, Taint
from placement.catalog.importers.kubernetes.parts import GIB
from placement.catalog.importers.kubernetes.pods import MANAGED_BY, OURS
from placement.catalog.rows import UNIT
from placement.plan.kubernetes.labels import Expression, dns_name, labels_of
from placement.plan.kubernetes.lots import Key, Piece
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.workspace import ModelDeployment, Workspace

PART = "placement/part"
"""Label by which a Deployment knows its pods."""


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


@dataclass(frozen=True)
class Maker:
    """Makes the document of each part."""

    plan: Plan
    workspace: Workspace
    catalog: Catalog
    image: str | None

    def part(self, name: str, piece: Piece) -> Part:
        """Return the Deployment of a piece."""
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

    def _pod(self, name: str, piece: Piece, deployment: ModelDeployment) -> dict[str, Any]:
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

    def _expressions(self, piece: Piece) -> Sequence[Expression]:
        if piece.hosts:
            return (Expression(HOSTNAME, piece.hosts),)
        return labels_of(self.catalog, self.catalog.groups_by_name[piece.key.group])

    def _container(self, key: Key, deployment: ModelDeployment) -> dict[str, Any]:
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


def _tolerations(key: Key) -> Iterator[dict[str, str]]:
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


def _requests(deployment: ModelDeployment, key: Key) -> dict[str, str]:
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
