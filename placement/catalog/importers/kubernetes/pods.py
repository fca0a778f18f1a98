"""What running pods hold of the nodes they are on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from placement.catalog.importers.kubernetes.objects import Fields

MANAGED_BY = "app.kubernetes.io/managed-by"
OURS = "placement"
"""Label of pods that are replicas of a plan: what they hold is no one else's."""

Amounts = dict[str, Fraction]


@dataclass
class Held:
    """What pods hold, by node.

    Attributes
    ----------
    by_node : mapping of str to (mapping of str to Fraction)
        Amounts by resource.
    counted, ours, ended, pending : int
        Pods that hold something, that are replicas of a plan, that have ended, that have no node.
    """

    by_node: Mapping[str, Amounts] = field(default_factory=dict)
    counted: int = 0
    ours: int = 0
    ended: int = 0
    pending: int = 0


def read_held(pods: Iterable[Fields]) -> Held:
    """Return what pods hold of each node.

    A pod holds what the scheduler counts: the sum of its containers and of the init containers that
    keep running, or what an init container needs meanwhile, whichever is more; and its overhead.
    """
    found: defaultdict[str, Amounts] = defaultdict(lambda: defaultdict(Fraction))
    held = Held(found)
    for pod in pods:
        node = pod.inside("spec").text("nodeName")
        labels = pod.inside("metadata").inside("labels")
        if pod.inside("status").text("phase") in ("Succeeded", "Failed"):
            held.ended += 1
        elif not node:
            held.pending += 1
        elif labels.text(MANAGED_BY) == OURS:
            held.ours += 1
        else:
            held.counted += 1
            for resource, amount in _requests(pod.inside("spec")).items():
                found[node][resource] += amount
    return held


def _requests(spec: Fields) -> Amounts:
    running: Amounts = defaultdict(Fraction)
    for container in spec.each("containers"):
        _add(running, _of(container))
    most: Amounts = {}
    beside: Amounts = defaultdict(Fraction)
    for container in spec.each("initContainers"):
        needed = _of(container)
        if container.text("restartPolicy") == "Always":
            _add(beside, needed)
            _raise(most, beside)
        else:
            _add(needed, beside)
            _raise(most, needed)
    _add(running, beside)
    _raise(running, most)
    _add(running, spec.inside("overhead").amounts())
    return running


def _of(container: Fields) -> Amounts:
    """Return the requests of a container; a limit without a request is one."""
    resources = container.inside("resources")
    limits, requests = resources.inside("limits"), resources.inside("requests")
    return defaultdict(Fraction, {**limits.amounts(), **requests.amounts()})


def _add(amounts: Amounts, more: Mapping[str, Fraction]) -> None:
    for resource, amount in more.items():
        amounts[resource] += amount


def _raise(amounts: Amounts, least: Mapping[str, Fraction]) -> None:
    for resource, amount in least.items():
        amounts[resource] = max(amount, amounts.get(resource, amount))
