"""Frozen values travel: pickled, copied deeply, and equal on the other side."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest

from placement.frozen import quickly_made
from placement.plan.rows import TransitionRecord
from placement.planner import Planner
from placement.workspace import load_workspace
from tests.verifier.fleet import fleet
from tests.verifier.story import CATALOG, PLAN, SPACE


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    """As ``dataclass`` would make it, but for the time it takes."""

    name: str
    count: int = 3


RECORD = TransitionRecord("release", MappingProxyType({"model": "chat"}))
QUICKSTART = load_workspace("examples/quickstart")
VALUES = {
    "workspace": SPACE,
    "workspace of files": QUICKSTART,
    "catalog": CATALOG,
    "catalog with states": fleet(east_0="lost"),
    "plan": PLAN,
    "record": RECORD,
    "deployment": SPACE.deployments[0],
    "node group": CATALOG.node_groups[0],
    "row": PLAN.assignments[0],
    "change": PLAN.changes[0],
    "quickly made": Quick("a"),
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


def derive_everything() -> None:
    """What is derived holds tables, graphs and read-only mappings, which must not travel."""
    _ = CATALOG.table, CATALOG.containment, CATALOG.names, CATALOG.groups_by_name
    _ = SPACE.by_key, SPACE.running_by_key, SPACE.digest, PLAN.digest
    for one in SPACE.deployments:
        _ = one.extra, one.gpus


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_what_arrives_is_equal(name: str, way: str) -> None:
    derive_everything()
    value = VALUES[name]
    arrived = WAYS[way](value)
    assert arrived == value
    assert type(arrived) is type(value)
    assert getattr(arrived, "digest", None) == getattr(value, "digest", None)


@pytest.mark.parametrize("way", WAYS)
def test_what_arrives_is_frozen(way: str) -> None:
    arrived = WAYS[way](SPACE)
    with pytest.raises(FrozenInstanceError):
        arrived.running = ()
    for mapping in (arrived.policies, arrived.environments, WAYS[way](CATALOG).regions):
        assert isinstance(mapping, MappingProxyType)
    assert isinstance(WAYS[way](RECORD).arguments, MappingProxyType)


@pytest.mark.parametrize("way", WAYS)
def test_a_plan_arrives_with_all_that_it_tells_of_its_making(way: str) -> None:
    planner = Planner(CATALOG)
    plan = planner.plan(SPACE)
    preview = planner.apply_change(SPACE.with_running(plan))
    assert isinstance(plan.stats["versions"], MappingProxyType)
    for value in (plan, preview.plan):
        arrived = WAYS[way](value)
        assert arrived == value
        assert arrived.digest == value.digest
        assert isinstance(arrived.stats, MappingProxyType)
        assert isinstance(arrived.stats["versions"], MappingProxyType)


def test_what_was_derived_does_not_travel() -> None:
    derive_everything()
    assert "table" in vars(CATALOG)
    assert "table" not in vars(pickle.loads(pickle.dumps(CATALOG)))
    assert "extra" not in vars(copy.deepcopy(SPACE.deployments[0]))


def test_a_changed_copy_derives_anew() -> None:
    one = SPACE.deployments[0]
    assert one.gpus != 7_000
    more = one.resources.model_copy(update={"gpus": 7})
    assert one.model_copy(update={"resources": more}).gpus == 7_000


def test_places_in_files_travel() -> None:
    arrived = pickle.loads(pickle.dumps(QUICKSTART))
    for key in QUICKSTART.sources.written:
        assert arrived.sources.find(key).place() == QUICKSTART.sources.find(key).place()


def test_a_value_made_quickly_is_like_any_frozen_value() -> None:
    one = Quick("a")
    assert type(one) is Quick
    assert repr(one) == "Quick(name='a', count=3)"
    assert one == Quick(count=3, name="a") == replace(Quick("a", 4), count=3)
    assert hash(one) == hash(Quick("a", 3))
    with pytest.raises(FrozenInstanceError):
        one.count = 4  # type: ignore[misc]
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]
