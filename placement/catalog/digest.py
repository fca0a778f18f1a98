"""The digest of a catalog: equal content, equal digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog

DIGEST_FORMAT = "placement-catalog/1"


def digest_of(catalog: Catalog) -> str:
    """Return ``sha256:...`` over all rows, in order; the catalog's folder name is no part."""
    content = [
        DIGEST_FORMAT,
        [[r.key, r.name, r.country, r.latitude, r.longitude, r.carbon, r.partition]
         for r in catalog.regions.values()],
        [[g.name, g.vendor, g.memory, g.architecture, sorted(g.aliases), g.family, g.tdp_w]
         for g in catalog.gpus.values()],
        [[g.name, g.region.key, g.zone, g.instance_type, g.flavor_type, g.flavor, g.gpu_count,
          g.gpu_fraction and str(g.gpu_fraction), g.cpus, g.memory, g.price, g.count,
          g.state, sorted(g.extra.items())]
         for g in catalog.node_groups],
        [[node, r.gpu_slots, r.cpus, r.memory] for node, r in catalog.reserved.items()],
        [[*pair, rtt] for pair, rtt in catalog.latency.items()],
        *([list(catalog.states.items())] if catalog.states else []),
    ]  # fmt: skip
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
