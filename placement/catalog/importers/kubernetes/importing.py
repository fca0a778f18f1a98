"""From the nodes of a cluster to a catalog."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.importers.codes import Code
from placement.catalog.importers.documents import Document, read_document
from placement.catalog.importers.findings import Report
from placement.catalog.importers.imported import Imported, Reason
from placement.catalog.importers.known import load_known
from placement.catalog.importers.kubernetes.accelerators import (
    Accelerators,
    Unusable,
    accelerators_of,
    is_accelerator,
)
from placement.catalog.importers.kubernetes.groups import Grouped, group
from placement.catalog.importers.kubernetes.nodes import KubernetesNode, read_nodes
from placement.catalog.importers.kubernetes.objects import read_objects
from placement.catalog.importers.kubernetes.parts import Machine, parts_of
from placement.catalog.importers.kubernetes.places import (
    INSTANCE_TYPE,
    Places,
    count_nodes,
    provider_of,
    zone_of,
)
from placement.catalog.importers.kubernetes.pods import Held, read_held
from placement.catalog.importers.kubernetes.prices import Prices
from placement.catalog.importers.kubernetes.seats import SEATS, seats_text
from placement.catalog.importers.rates import read_prices
from placement.catalog.sheet import Fault
from placement.catalog.text import quote
from placement.errors import InternalFaultError
from placement.memory import uncollected


def import_kubernetes(
    nodes: str | os.PathLike[str],
    *,
    pods: str | os.PathLike[str] | None = None,
    prices: str | os.PathLike[str] | None = None,
    regions: str | os.PathLike[str] | None = None,
    region: str | None = None,
    tolerate: Collection[str] = (),
    name: str = "kubernetes",
) -> Imported:
    """Return the catalog of the nodes of a cluster.

    Parameters
    ----------
    nodes : path
        Output of ``kubectl get nodes -o json``, or ``-o yaml``.
    pods : path, optional
        Output of ``kubectl get pods --all-namespaces -o json``: what they ask for is reserved.
    prices : path, optional
        CSV file with ``price_per_hour`` and the columns that say of what; else list prices of the
        shipped catalog.
    regions : path, optional
        Regions that the shipped catalog does not have, in the form of ``regions.csv``.
    region : str, optional
        ``provider/region`` of nodes whose labels do not say where they are.
    tolerate : collection of str
        Taints, as ``key`` or ``key=value``, that do not keep a node out.
    name : str
        What the catalog is called.

    Raises
    ------
    InputError
        With every finding, its file and its place.
    """
    with uncollected():
        report = Report()
        document = read_document(os.fspath(nodes), report.errors)
        beside = read_document(os.fspath(pods), report.errors) if pods is not None else None
        rates = read_prices(os.fspath(prices), report.errors) if prices is not None else None
        report.errors.raise_if_any()
        if document is None:
            raise InternalFaultError(f"{os.fspath(nodes)} was not read, and nothing says why")
        known = load_known(os.fspath(regions) if regions is not None else None)
        places, amounts = Places(known, region), Prices(known, rates, report.errors)
        places.check_default(report)
        report.errors.raise_if_any()
        one = _Import(document, report, places, amounts, frozenset(tolerate))
        return one.run(beside, name)


@dataclass
class _Import:
    """The state of one import."""

    document: Document
    report: Report
    places: Places
    prices: Prices
    tolerate: frozenset[str]

    def run(self, beside: Document | None, name: str) -> Imported:
        nodes = read_nodes(read_objects(self.document, "Node", self.report), self.report)
        held = Held()
        if beside is not None:
            held = read_held(read_objects(beside, "Pod", self.report))
        self.report.errors.raise_if_any()
        if not nodes:
            self._fail(("items",), "there are no nodes in the list")
        machines = [machine for node in nodes if (machine := self._machine(node))]
        self.places.report(self.document, self.report)
        prices = {machine.node.name: self.prices.of(machine) for machine in machines}
        self.prices.report(self.document, self.report)
        self.report.errors.raise_if_any()
        if not machines:
            message = f"none of the {count_nodes(len(nodes))} can be taken"
            self._fail((), message, f"the first is left out: {self.report.left_out[0].detail}")
        self._compare(machines, held)
        found = group(machines, prices, held.by_node)
        return Imported(
            self._catalog(found, machines, name),
            "nodes",
            len(nodes),
            tuple(self.report.left_out),
            self.report.closing(),
            tuple(self._notes(beside, held, {machine.node.name for machine in machines})),
            {SEATS.file: seats_text(found.seats)},
        )

    def _fail(self, path: tuple[str, ...], message: str, advice: str | None = None) -> None:
        self.report.error(self.document, path, Fault(Code.NOTHING, message, advice))
        self.report.errors.raise_if_any()

    def _catalog(self, found: Grouped, machines: Sequence[Machine], name: str) -> Catalog:
        gpus = {part.gpu.name: part.gpu for m in machines for part in m.parts if part.gpu}
        regions, cards, latency = self.places.known.surroundings(found.groups, gpus.values())
        return make_catalog(
            regions, cards, found.groups, reserved=found.reserved, states=found.states,
            latency=latency, name=name,
        )  # fmt: skip

    # --------------------------------------------------------------- machines

    def _machine(self, node: KubernetesNode) -> Machine | None:
        """Return a node as a machine; None if it is left out, or it is not known where it is."""
        found = self._gpus(node)
        if isinstance(found, Unusable):
            self._leave_out(node, found)
            return None
        parts = parts_of(node, found)
        if isinstance(parts, Unusable):
            self._leave_out(node, parts)
            return None
        region = self.places.find(node)
        if region is None:
            return None
        self._warn(node, found.warnings if found else ())
        if len(parts) > 1 and any("/" in r and not is_accelerator(r) for r in node.allocatable):
            self._warn(node, ("has further resources, which its MIG slices cannot share",))
        zone, kind = zone_of(node, region), node.first(*INSTANCE_TYPE)
        return Machine(node, region, zone, kind, parts)

    def _gpus(self, node: KubernetesNode) -> Accelerators | Unusable | None:
        repelling = node.repelling(self.tolerate)
        if repelling:
            listed = ", ".join(quote(taint) for taint in repelling)
            return Unusable(Reason.TAINTED, f"taint {listed}")
        return accelerators_of(node, self.places.known, provider_of(node))

    def _leave_out(self, node: KubernetesNode, why: Unusable) -> None:
        """Report a node that is not taken."""
        self.report.leave_out(
            self.document, node.path, f"node {quote(node.name)}", why.reason, why.detail,
            where=node.where,
        )  # fmt: skip

    def _warn(self, node: KubernetesNode, texts: Sequence[str]) -> None:
        for text in texts:
            fault = Fault(Code.TAKEN_OTHERWISE, f"node {quote(node.name)} {text}")
            self.report.warn(self.document, node.path, fault)

    # ------------------------------------------------------------------ notes

    def _compare(self, machines: Sequence[Machine], held: Held) -> None:
        """Warn where pods hold more than there is, or what a reservation cannot say."""
        for machine in machines:
            node = machine.node
            amounts = held.by_node.get(node.name, {})
            above = [r for r in sorted(amounts) if _counts(r) and _lacks(node, r, amounts[r])]
            if above:
                listed = ", ".join(quote(resource) for resource in above)
                self._warn(node, (f"is full: its pods ask for more than all of its {listed}",))
            others = [r for r in sorted(amounts) if "/" in r and not is_accelerator(r)]
            if others:
                listed = ", ".join(quote(resource) for resource in others)
                self._warn(node, (f"has pods that hold {listed}, which is not reserved",))

    def _notes(self, beside: Document | None, held: Held, taken: Collection[str]) -> Iterator[str]:
        yield _origin("nodes", self.document)
        if beside is None:
            yield "No pods were given: all that is allocatable counts as free."
        else:
            yield _origin("pods", beside)
            yield (
                f"{held.counted} pods are reserved for; {held.ours} are replicas of a plan, "
                f"{held.ended} have ended and {held.pending} have no node: those are not."
            )
            elsewhere = len(set(held.by_node) - set(taken))
            if elsewhere:
                yield f"Pods on nodes that are not taken are of no account: {elsewhere} such nodes."
        for source, number in sorted(self.prices.used.items()):
            yield f"{_SOURCES[source]}: {count_nodes(number)}."
        if self.prices.spot:
            yield f"Of these, spot nodes at the price of others: {self.prices.spot}."
        if self.tolerate:
            yield f"Tolerated taints: {', '.join(quote(one) for one in sorted(self.tolerate))}."
        yield "Countries, coordinates, grid intensities and GPU memory: the catalog `public-cloud`."


_SOURCES = {
    "given": "Prices of the table that was given",
    "listed": "List prices of the catalog `public-cloud`",
}


def _origin(what: str, document: Document) -> str:
    digest = hashlib.sha256(document.text.encode()).hexdigest()
    return f"Kubernetes {what}: {quote(os.path.basename(document.file))}, sha256:{digest}."


def _counts(resource: str) -> bool:
    return resource in ("cpu", "memory") or is_accelerator(resource)


def _lacks(node: KubernetesNode, resource: str, amount: Fraction) -> bool:
    return amount > node.allocatable.get(resource, Fraction(0))
