"""Random changes as the planner answers them, under every objective and billing in turn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from placement.catalog.catalog import Catalog
from placement.planner import Planner
from placement.preview import Preview
from placement.verifier import verify
from placement.workspace.transitions import Transition
from tests.worlds.changes.change import Change
from tests.worlds.changes.generator import draw
from tests.worlds.changes.package import transition_of
from tests.worlds.package import catalog_of

OPTIONS: tuple[dict[str, str], ...] = (
    {},
    {"billing": "node"},
    {"objective": "carbon"},
    {},
    {"objective": "mix:cost=1,carbon=0.05"},
    {"objective": "mix:cost=1,carbon=0.05", "billing": "node"},
    {"objective": "latency"},
)


@dataclass(frozen=True)
class Asked:
    """One random change with what the planner is told."""

    seed: int
    change: Change
    transition: Transition
    catalog: Catalog
    options: dict[str, Any]

    @property
    def after(self) -> Catalog:
        """The catalog that holds after the change."""
        return catalog_of(self.change.after)

    def transact(self, planner: Planner | None = None, **more: Any) -> Preview:
        """Return the preview, of a planner that knows nothing yet unless one is given."""
        return (planner or Planner(self.catalog)).transact(
            self.transition, **{**self.options, **more}
        )


def asked(seed: int, **options: Any) -> Asked:
    """Return the change of a seed; ``options`` take the place of those of its turn."""
    change = draw(Random(seed))
    told: dict[str, Any] = dict(options or OPTIONS[seed % len(OPTIONS)])
    told |= {"allow_partial": change.allow_partial, "evict": change.evict}
    if change.kind == "capacity":
        told["catalog"] = catalog_of(change.after)
    return Asked(seed, change, transition_of(change), catalog_of(change.before), told)


def document(preview: Preview) -> str:
    """Return the text of a plan without its stats; their time differs."""
    found = json.loads(preview.plan.to_json())
    return json.dumps({key: value for key, value in found.items() if key != "stats"})


def faults(one: Asked, preview: Preview) -> list[str]:
    """Return what the verifier finds wrong with an accepted preview."""
    transition = one.transition
    report = verify(one.after, transition.after, preview.plan, before=transition.before)
    return [str(violation) for violation in report.violations]
