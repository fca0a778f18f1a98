"""Prints the documents of some worlds, given in a random order: ``SEED WORLDS``.

A program of its own, so that it can be run under several hash seeds.
"""

from __future__ import annotations

import hashlib
import json
import sys
from random import Random

from placement.planner import Planner
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.relations import shuffled

FIRST_SEED = 420_000


def document(world):
    """Return the text of a plan without its stats; their time differs."""
    planner = Planner(catalog_of(world))
    plan = planner.plan(workspace_of(world), objective=world.objective, billing=world.billing)
    return json.dumps({k: v for k, v in json.loads(plan.to_json()).items() if k != "stats"})


def main():
    order, worlds = int(sys.argv[1]), int(sys.argv[2])
    for seed in range(FIRST_SEED, FIRST_SEED + worlds):
        text = document(shuffled(random_world(seed), Random(order + seed)))
        print(seed, hashlib.sha256(text.encode()).hexdigest())


if __name__ == "__main__":
    main()
