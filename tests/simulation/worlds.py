"""Random worlds as users have them: a fleet, a workspace, and what runs because it was planned."""

from __future__ import annotations

from functools import lru_cache

from placement.catalog.catalog import Catalog
from placement.planner import Planner
from placement.workspace.workspace import Workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of


@lru_cache(maxsize=256)
def planned(seed: int) -> tuple[Catalog, Workspace]:
    """Return the world of a seed, in which the plan of it runs."""
    world = random_world(seed)
    catalog, asked = catalog_of(world), workspace_of(world)
    asked = asked.revised(running=(), replaced=frozenset())
    return catalog, asked.with_running(Planner(catalog).plan(asked))
