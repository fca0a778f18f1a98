"""What a report counts adds up to what the plan has; nothing that is left out is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.rows import UNIT
from placement.plan.rows import Action, Change
from placement.report import Subject, numbers, ranking
from placement.report.allowed import by_environment, by_policy
from placement.report.course import course
from placement.report.flow import ELSEWHERE, Flow, Kind, flows
from placement.report.places import where
from placement.report.ranking import ranked
from placement.report.use import bill, capacity, grid, spots
from tests.verifier.fleet import fleet
from tests.verifier.story import CATALOG, PLAN

SIZES = st.dictionaries(st.text("abc", max_size=3), st.integers(0, 5), max_size=12)
NODES = ("east/0", "east/1", "west/0", "asia/0", "nowhere/0")
REGION = {
    "east/0": "aws/us-east-1",
    "east/1": "aws/us-east-1",
    "west/0": "aws/eu-west-1",
    "asia/0": "gcp/asia-east1",
    "nowhere/0": ELSEWHERE,
}


def test_spots_hold_all_that_is_placed(story: Subject) -> None:
    found = spots(story)
    rows = story.plan.assignments
    assert sum(spot.gpus for spot in found) == sum(row.gpus for row in rows)
    assert sum(spot.replicas for spot in found) == sum(row.replicas for row in rows)
    assert sum(spot.cost for spot in found) == sum(row.cost for row in rows)
    assert sum(spot.weight for spot in found) == story.gpus + 2 * UNIT  # two replicas have no GPUs


def test_a_grid_tells_use_and_capacity_node_by_node(story: Subject) -> None:
    found = {(one.region, one.gpu): (one.used, one.capacity) for one in grid(story).squares}
    assert sum(used for used, _ in found.values()) == story.gpus
    # east: three nodes of four T4 without 1.25 reserved, and a cordoned one
    assert found["aws/us-east-1", "T4"] == (3 * UNIT, 14_750)
    # west: two nodes; the draining and the lost one hold nothing
    assert found["aws/eu-west-1", "T4"] == (3 * UNIT, 8 * UNIT)


@pytest.mark.parametrize("state", ["ready", "cordoned", "draining", "lost"])
def test_capacity_is_what_slots_of_holding_nodes_have(state: str) -> None:
    catalog = fleet(east_2=state)  # the node of which others hold a part
    sums: Counter[tuple[str, str]] = Counter()
    for group in catalog.node_groups:
        for index in range(group.count):
            if group.flavor_type == "gpu" and catalog.state_of(group, index).holds:
                held = catalog.reserved.get(group.node(index))
                size = sum(group.gpu_slots) - (sum(held.gpu_slots) if held else 0)
                sums[group.region.key, group.flavor] += size
    assert capacity(catalog) == dict(sums)


def test_what_is_too_small_for_the_map_is_counted(
    story: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("placement.report.use.MOST_SPOTS", 1)
    assert len(spots(story)) == 1
    assert where(story).sentences == ("1 smallest part of circles: left out of the map",)


@pytest.mark.parametrize("flavors", [1, 8])
def test_a_bill_adds_up_to_the_cost(story: Subject, flavors: int) -> None:
    found = bill(story, flavors)
    assert sum(bar.cost for bar in found.bars) == story.cost
    assert {bar.flavor for bar in found.bars} <= set(found.flavors.labels)
    assert {bar.region for bar in found.bars} <= set(found.regions.labels)


@given(SIZES, st.integers(1, 6))
def test_a_ranking_shows_the_largest_and_names_all_others(sizes: dict[str, int], most: int) -> None:
    found = ranked(sizes, most, "things")
    assert len(found.labels) <= most + 1
    left = set(sizes) - set(found.shown)
    assert (found.rest is None) is not left
    assert all(sizes[a] >= sizes[b] for a in found.shown for b in left)
    if left:
        assert found.rest == f"{len(left)} other things"
        assert {found.label(name) for name in left} == {found.rest}


def test_what_policies_leave_is_what_they_let_through(story: Subject) -> None:
    (production,) = by_environment(story)
    assert production.policies == ("aws", "green (observed)")
    assert production.countries == {"US", "IE"}  # `aws` binds, `green` is only observed
    assert production.groups == sum(g.region.provider == "aws" for g in CATALOG.node_groups)
    told = {one.name: one.countries for one in by_policy(story)}
    assert told == {"aws": {"US", "IE"}, "green": {"IE"}, "us": {"US"}}


STEPS = st.lists(
    st.one_of(
        st.builds(lambda n, to: (Action.PLACE, n, None, to), st.integers(1, 4), st.sampled_from(NODES)),
        st.builds(lambda n, at: (Action.REMOVE, n, at, None), st.integers(1, 4), st.sampled_from(NODES)),
        st.builds(
            lambda n, at, to: (Action.MOVE, n, at, to),
            st.integers(1, 4), st.sampled_from(NODES), st.sampled_from(NODES),
        ),
        st.builds(lambda n, at: (Action.KEEP, n, at, at), st.integers(1, 4), st.sampled_from(NODES)),
    ),
    max_size=8,
)  # fmt: skip


def flows_of(story: Subject, steps: list[tuple[Action, int, str | None, str | None]]) -> list[Flow]:
    changes = tuple(
        Change(action, "m", "production", "1", count, source, target)
        for action, count, source, target in steps
    )
    return list(flows(replace(story, plan=replace(PLAN, changes=changes, assignments=()))))


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_flows_leave_and_reach_each_region_as_the_steps_do(
    story: Subject, steps: list[tuple[Action, int, str | None, str | None]]
) -> None:
    left: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for _, count, source, target in steps:
        if source is not None:
            left[REGION[source]] += count
        if target is not None:
            reached[REGION[target]] += count
    found = flows_of(story, steps)
    told_left: Counter[str] = Counter()
    told_reached: Counter[str] = Counter()
    for one in found:
        if one.source is not None:
            told_left[one.source] += one.replicas
        if one.target is not None:
            told_reached[one.target] += one.replicas
    assert (told_left, told_reached) == (left, reached)
    kinds = {one.kind for one in found}
    assert not {Kind.PLACE, Kind.REMOVE} <= kinds  # of one deployment: paired as far as it goes


def test_what_is_replaced_in_its_region_stays_there(story: Subject) -> None:
    steps = [
        (Action.PLACE, 1, None, "west/0"),
        (Action.PLACE, 1, None, "east/1"),
        (Action.REMOVE, 2, "east/0", None),
    ]
    found = {(one.kind, one.source, one.target, one.replicas) for one in flows_of(story, steps)}
    assert found == {
        (Kind.REPLACE, "aws/us-east-1", "aws/us-east-1", 1),
        (Kind.REPLACE, "aws/us-east-1", "aws/eu-west-1", 1),
    }


def test_a_course_ends_with_the_plan_itself() -> None:
    stats = {
        "seconds": 9,
        "progress": [
            {"tier": "cost", "value": 5.0, "bound": None, "seconds": 1.0},
            {"tier": "cost", "value": 4.0, "bound": 3.0, "seconds": 2.0},
            {"tier": "moves", "value": 0.0, "bound": 0.0, "seconds": 0.5},
        ],
    }
    told = course(replace(PLAN, stats=stats))
    cost = next(tier for tier in PLAN.tiers if tier.name == "cost")
    assert list(told) == ["cost"]  # of moves nothing ever changed
    *_, last = told["cost"]
    assert (last.seconds, last.value) == (9, cost.value / cost.scale)
    assert len(told["cost"]) == 3


def test_every_example_of_a_docstring_is_right() -> None:
    import doctest

    from placement.report import markdown, style

    for module in (numbers, ranking, markdown, style):
        failed, _ = doctest.testmod(module)
        assert failed == 0, module
