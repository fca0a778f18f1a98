"""The labels by which nodes of a node group are known, and names that Kubernetes takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement.catalog.importers.known import host_of
from placement.catalog.importers.kubernetes.places import INSTANCE_TYPE, REGION, ZONE
from placement.catalog.text import quote
from placement.errors import Diagnostic, InputError
from placement.plan.codes import Code

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

LONGEST = 63
_SUFFIX = 8
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Expression:
    """One requirement on a node: a label with one of some values."""

    key: str
    values: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as Kubernetes writes it."""
        return {"key": self.key, "operator": "In", "values": list(self.values)}


def is_label(text: str) -> bool:
    """Whether a text can be the value of a label."""
    return _LABEL.fullmatch(text) is not None


def labels_of(catalog: Catalog, group: NodeGroup) -> tuple[Expression, ...]:
    """Return what tells nodes of a node group from others by the labels that clouds set.

    The GPU is among them where the instance type does not imply it.

    Raises
    ------
    InputError
        If its region or zone cannot be the value of a label.
    """
    region, zone, kind = group.region.code, group.zone, host_of(group.instance_type)
    found = [Expression(REGION[0], (region,))]
    if zone != region:
        found.append(Expression(ZONE[0], (zone,)))
    unfit = [text for one in found for text in one.values if not is_label(text)]
    if unfit:
        message = f"no node has the label {quote(unfit[0])}, which is not the value of one"
        raise InputError([Diagnostic("<python>", 1, 1, Code.NOT_EXPORTABLE, message)])
    if is_label(kind):
        found.append(Expression(INSTANCE_TYPE[0], (kind,)))
    if group.flavor_type == "cpu":
        found.append(Expression("kubernetes.io/arch", (_ARCHITECTURES[group.flavor],)))
    elif kind != group.instance_type or not is_label(kind):
        found.append(_gpu(catalog, group))
    return tuple(found)


def _gpu(catalog: Catalog, group: NodeGroup) -> Expression:
    gpu = catalog.gpus[group.flavor]
    names = tuple(name for name in sorted({gpu.name, *gpu.aliases}) if is_label(name))
    on_gke = group.region.provider == "gcp"
    key = "cloud.google.com/gke-accelerator" if on_gke else "nvidia.com/gpu.product"
    return Expression(key, names)


def dns_name(*words: str) -> str:
    """Return words as one name of at most 63 lower-case letters, digits and hyphens.

    What is left out or cut off is made up for by a part of a digest, so that names that are too
    long stay apart.
    """
    folded = unicodedata.normalize("NFKD", "-".join(words).casefold())
    plain = folded.encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    return name if 0 < len(name) <= LONGEST else with_digest(name, words)


def with_digest(name: str, words: Sequence[str]) -> str:
    """Return a name with a part of the digest of the words it was made of."""
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()[:_SUFFIX]
    return "-".join(part for part in (name[: LONGEST - _SUFFIX - 1].strip("-"), digest) if part)


def part_names(parts: Sequence[tuple[Sequence[str], str]]) -> list[str]:
    """Return a name for each of some parts.

    Parameters
    ----------
    parts : sequence of (words, identity)
        The words are what the name is made of. All that would have one name get a part of the
        digest of their identity.
    """
    names = [dns_name(*words) for words, _ in parts]
    taken = Counter(names)
    return [
        with_digest(name, (identity,)) if taken[name] > 1 else name
        for name, (_, identity) in zip(names, parts, strict=True)
    ]
