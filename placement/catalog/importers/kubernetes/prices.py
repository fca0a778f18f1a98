"""What the machines of a cluster cost: as the user says, else the list price of their type."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from placement.catalog.importers.codes import Code
from placement.catalog.importers.findings import Located, Report
from placement.catalog.importers.known import Known
from placement.catalog.importers.kubernetes.nodes import KubernetesNode
from placement.catalog.importers.kubernetes.parts import Machine
from placement.catalog.importers.kubernetes.places import count_nodes
from placement.catalog.importers.rates import Rates
from placement.catalog.sheet import Fault, Findings
from placement.catalog.text import quote

Subject = tuple[tuple[str, str], ...]

_ADVICE = "give it with --prices FILE, a CSV file with the columns instance_type and price_per_hour"


@dataclass
class Prices:
    """Finds the price of each machine, and remembers those of which none is known.

    Attributes
    ----------
    rates : Rates or None
        What the user says.
    used : Counter of str
        Machines by where their price is from.
    spot : int
        Spot machines that have a list price.
    """

    known: Known
    rates: Rates | None
    findings: Findings
    unknown: dict[str, list[KubernetesNode]] = field(default_factory=lambda: defaultdict(list))
    used: Counter[str] = field(default_factory=Counter)
    spot: int = 0
    _found: dict[Subject, int | None] = field(default_factory=dict)

    def of(self, machine: Machine) -> int:
        """Return nano-USD per hour; 0, and a finding at the end, if no price is known."""
        subject = _subject(machine)
        key = tuple(subject.items())
        if key not in self._found:
            self._found[key] = self._given(subject)
        price = self._found[key]
        if price is not None:
            self.used["given"] += 1
            return price
        price = self.known.price(
            machine.region.key, machine.instance_type, subject["flavor"], machine.gpu_count
        )
        if price is None:
            self.unknown[_spell(subject)].append(machine.node)
            return 0
        self.used["listed"] += 1
        self.spot += machine.node.is_spot
        return price

    def _given(self, subject: Mapping[str, str]) -> int | None:
        if self.rates is None:
            return None
        return self.rates.find(subject, _spell(subject), self.findings)

    def report(self, source: Located, report: Report) -> None:
        """Report what has no price, once for each kind of machine."""
        for what, nodes in sorted(self.unknown.items()):
            message = f"no price of {what} ({count_nodes(len(nodes))})"
            report.error(source, nodes[0].path, Fault(Code.UNKNOWN_PRICE, message, _ADVICE))


def _subject(machine: Machine) -> dict[str, str]:
    return {
        "provider": machine.region.provider,
        "region": machine.region.code,
        "zone": machine.zone,
        "instance_type": machine.instance_type,
        "flavor": machine.parts[0].flavor,
        "gpu_count": str(machine.gpu_count),
        "capacity": "spot" if machine.node.is_spot else "on-demand",
    }


def _spell(subject: Mapping[str, str]) -> str:
    """Return which machines are meant, for people."""
    where = quote(f"{subject['provider']}/{subject['region']}")
    if subject["instance_type"]:
        return f"instance type {quote(subject['instance_type'])} in {where}"
    gpus = int(subject["gpu_count"])
    kind = f"{gpus} x {subject['flavor']}" if gpus else subject["flavor"]
    return f"machines with {quote(kind)} and no instance type in {where}"
