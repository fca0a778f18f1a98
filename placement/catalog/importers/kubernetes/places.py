"""Where a node is: provider, region and zone, by its labels and the id its provider gave it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from placement.catalog.importers.codes import Code
from placement.catalog.importers.findings import Located, Report
from placement.catalog.importers.known import Known
from placement.catalog.importers.kubernetes.nodes import KubernetesNode
from placement.catalog.rows import Region
from placement.catalog.sheet import Fault
from placement.catalog.text import did_you_mean, quote

REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
INSTANCE_TYPE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")

_ADVICE = "say where it is with --regions FILE, a CSV file with the columns of regions.csv"

_SCHEMES = {
    "alicloud": "alibaba",
    "aws": "aws",
    "azure": "azure",
    "digitalocean": "digitalocean",
    "gce": "gcp",
    "hcloud": "hetzner",
    "ibm": "ibm",
    "linode": "linode",
    "ocid1.instance": "oci",
    "scaleway": "scaleway",
    "vultr": "vultr",
}
"""How the ids of a provider's nodes begin."""

_DOMAINS = {
    "eks.amazonaws.com/": "aws",
    "k8s.amazonaws.com/": "aws",
    "cloud.google.com/": "gcp",
    "kubernetes.azure.com/": "azure",
}
"""Labels that only one provider sets."""


def provider_of(node: KubernetesNode) -> str | None:
    """Return the provider of a node; None for one of no known cloud."""
    scheme = node.provider_id.partition("://")[0]
    if scheme.startswith("ocid1.instance"):
        scheme = "ocid1.instance"
    if scheme in _SCHEMES:
        return _SCHEMES[scheme]
    if node.provider_id:
        return None
    return next(
        (who for start, who in _DOMAINS.items() if any(k.startswith(start) for k in node.labels)),
        None,
    )


def zone_of(node: KubernetesNode, region: Region) -> str:
    """Return the zone; the region's code where it is one zone.

    Azure numbers the fault domains of machines that are in no zone.
    """
    zone = node.first(*ZONE)
    return region.code if not zone or (region.provider == "azure" and zone.isdigit()) else zone


@dataclass
class Places:
    """Finds the region of each node, and remembers those of which none is known.

    Attributes
    ----------
    default : str or None
        ``provider/region`` of nodes without a label.
    """

    known: Known
    default: str | None
    unknown: dict[tuple[str, str], list[KubernetesNode]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def check_default(self, report: Report) -> None:
        """Report a default that is no region."""
        if self.default is not None and self.known.region_of_place(self.default) is None:
            advice = did_you_mean(self.default, self.known.regions, _ADVICE)
            fault = Fault(Code.UNKNOWN_PLACE, f"unknown region {quote(self.default)}", advice)
            report.errors.add("<python>", fault)

    def find(self, node: KubernetesNode) -> Region | None:
        """Return the region of a node.

        A provider that neither the node nor its region tells is that of the default.
        """
        code, provider, found = node.first(*REGION), provider_of(node), None
        if code:
            found = self.known.find_region(provider, code)
            if found is None and provider is None and self.default is not None:
                found = self.known.find_region(self.default.partition("/")[0], code)
        elif self.default is not None:
            found = self.known.region_of_place(self.default)
        if found is None:
            self.unknown[provider or "", code].append(node)
        return found

    def report(self, source: Located, report: Report) -> None:
        """Report each region that is not known, once."""
        for (provider, code), nodes in sorted(self.unknown.items()):
            labels, number = (*nodes[0].path, "metadata", "labels"), f"({count_nodes(len(nodes))})"
            if code:
                label = next(key for key in REGION if nodes[0].labels.get(key))
                fault = self._unknown(provider, code, number)
                report.error(source, (*labels, label), fault)
            else:
                message = f"no label `{REGION[0]}` {number}"
                advice = "say where such nodes are with --region PROVIDER/REGION"
                report.error(source, labels, Fault(Code.UNKNOWN_PLACE, message, advice))

    def _unknown(self, provider: str, code: str, number: str) -> Fault:
        several = [] if provider else self.known.regions_of_code(code)
        if several:
            listed = " or ".join(quote(region.key) for region in several)
            advice = "say of which provider it is with --region PROVIDER/REGION"
            return Fault(Code.UNKNOWN_PLACE, f"region {quote(code)} {number} is {listed}", advice)
        named = f"{provider}/{code}" if provider else code
        near = self.known.near_regions(provider or None, code)
        advice = f"{near} otherwise {_ADVICE}" if near else _ADVICE
        return Fault(Code.UNKNOWN_PLACE, f"unknown region {quote(named)} {number}", advice)


def count_nodes(number: int) -> str:
    """Return a number of nodes in words."""
    return "1 node" if number == 1 else f"{number} nodes"
