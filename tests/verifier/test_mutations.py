"""Whatever is changed in a valid document, something is found; the digest is left out on purpose.

Left alone are the parts that nothing can contradict: stats, texts of reasons and warnings, the
serial number, claims weaker than the truth, and which of several free GPUs a share is on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.catalog import Catalog
from placement.errors import InputError
from placement.plan.plan import Plan
from placement.verifier import verify
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import At, deployment, plan_of, workspace
from tests.verifier.story import CATALOG, PLAN, SPACE

FREE = {"stats", "digest", "reasons", "reason", "serial", "reproducible", "stoppedBy", "status"}
Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if path and path[-1] in FREE:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def others(value: Any) -> list[Any]:
    """Return values of the same shape that mean something else."""
    if isinstance(value, str):
        return ["", value + "x", "east/1"]
    if isinstance(value, bool) or value is None:
        return ["east/0", "x"]
    return [0, value + 1, -value, value * 1000]


def put(document: Any, path: Path, value: Any) -> Any:
    copy = deepcopy(document)
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


def is_found(document: Any, catalog: Catalog = CATALOG, space: Workspace = SPACE) -> bool:
    try:
        plan = Plan.from_json(json.dumps(document))
    except InputError:
        return True
    restated = Plan.from_json(plan.to_json())  # with the digest of the changed content
    return not verify(catalog, space, restated).ok


def test_every_leaf_counts() -> None:
    document = json.loads(PLAN.to_json())
    tried, missed = 0, []
    for path, value in leaves(document):
        for other in others(value):
            if other != value:
                tried += 1
                if not is_found(put(document, path, other)):
                    missed.append((*path, other))
    assert missed == [("assignments", 3, "gpu", 3)]  # from one free GPU to another
    assert tried > 400


def test_every_row_counts() -> None:
    document = json.loads(PLAN.to_json())
    lists = ("tiers", "assignments", "unplaced", "changes", "observed", "forced")
    for key in lists:
        for index, row in enumerate(document[key]):
            dropped = [*document[key][:index], *document[key][index + 1 :]]
            assert is_found({**document, key: dropped}), (key, index)
            assert is_found({**document, key: [*document[key], row]}), (key, index)


SMALL = workspace(
    deployment("chat", replicas=6),
    deployment("half", replicas=4, resources={"gpus": "0.5"}),
    deployment("pair", replicas=2, minReplicas=2, resources={"gpus": 2}),
)


@st.composite
def placements(draw: st.DrawFn) -> list[At]:
    """Return a random valid plan: one kind of deployment per GPU node."""
    nodes = draw(st.permutations(["east/0", "east/1", "west/0", "west/1"]))
    places = []
    chat = draw(st.integers(0, 4))
    if chat:
        places.append(At("chat", nodes[0], chat))
    if draw(st.booleans()):
        places.append(At("pair", nodes[1], 2))
    gpus = draw(st.sets(st.integers(0, 3), max_size=2))
    return places + [At("half", nodes[2], draw(st.integers(1, 2)), gpu) for gpu in gpus]


@settings(max_examples=100, deadline=None)
@given(placements(), st.integers(0, 10**9))
def test_random_changes_of_random_plans_are_found(places: list[At], seed: int) -> None:
    plan = plan_of(CATALOG, SMALL, *places)
    assert verify(CATALOG, SMALL, plan).violations == ()
    document, rng = json.loads(plan.to_json()), Random(seed)
    path, value = rng.choice([leaf for leaf in leaves(document) if leaf[0][-1] != "gpu"])
    other = rng.choice([other for other in others(value) if other != value] or ["x"])
    assert is_found(put(document, path, other), CATALOG, SMALL), (path, value, other)


@settings(max_examples=60, deadline=None)
@given(placements(), placements())
def test_the_bookkeeping_of_one_plan_does_not_fit_another(one: list[At], two: list[At]) -> None:
    first, second = plan_of(CATALOG, SMALL, *one), plan_of(CATALOG, SMALL, *two)
    if on_any_gpu(first) == on_any_gpu(second):
        return
    rows = json.loads(second.to_json())["assignments"]
    assert is_found({**json.loads(first.to_json()), "assignments": rows}, CATALOG, SMALL)


def on_any_gpu(plan: Plan) -> Counter[tuple[str, str]]:
    """Count replicas by model and node: which free GPU a share is on nothing can contradict."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in plan.assignments:
        counts[row.model, row.node] += row.replicas
    return counts
