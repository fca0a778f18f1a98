"""What Kubernetes means by node affinity, taints and even spread, written apart from the export."""

from __future__ import annotations

from collections import Counter
from typing import Any

Document = dict[str, Any]


def admits(pod: Document, node: Document) -> bool:
    """Return whether a pod of a template may be scheduled on a node: affinity and taints."""
    return _selects(pod, node) and all(
        _is_tolerated(pod, t) for t in node["spec"].get("taints", ())
    )


def _selects(pod: Document, node: Document) -> bool:
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    labels = node["metadata"]["labels"]
    return any(
        all(_holds(one, labels) for one in term["matchExpressions"])
        for term in affinity["nodeSelectorTerms"]
    )


def _holds(expression: Document, labels: dict[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(expression)


def _is_tolerated(pod: Document, taint: Document) -> bool:
    if taint["effect"] == "PreferNoSchedule":
        return True
    return any(
        one["key"] == taint["key"]
        and one.get("effect", taint["effect"]) == taint["effect"]
        and (
            one.get("operator", "Equal") == "Exists"
            or one.get("value", "") == taint.get("value", "")
        )
        for one in pod.get("tolerations", ())
    )


def schedules(deployment: Document, nodes: list[Document]) -> list[Counter[str]]:
    """Return where the replicas can end up, one count by hostname for each way to end.

    Every way is followed in which the scheduler may put one replica after the other; where they are
    not spread by a rule there are too many ways, and only full use of one node is returned.
    """
    pod, replicas = deployment["spec"]["template"]["spec"], deployment["spec"]["replicas"]
    hosts = sorted(
        n["metadata"]["labels"]["kubernetes.io/hostname"] for n in nodes if admits(pod, n)
    )
    skews = {one["maxSkew"] for one in pod.get("topologySpreadConstraints", ())}
    if not skews:
        return [Counter({host: replicas}) for host in hosts]
    (skew,) = skews
    states = {tuple(0 for _ in hosts)}
    for _ in range(replicas):
        states = {
            (*state[:i], state[i] + 1, *state[i + 1 :])
            for state in states
            for i in range(len(hosts))
            if state[i] + 1 - min(state) <= skew
        }
    return [Counter(dict(zip(hosts, state, strict=True))) for state in states]
