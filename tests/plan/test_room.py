"""What a node has left is what the rule of capacity still allows."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.rows import Reserved
from placement.constraints.capacity import node_faults
from placement.plan.room import Rooms, room_left
from placement.plan.view import PlacedRow, PlanView
from tests.verifier.fleet import EAST, deployment, fleet, gpu_group, workspace

GROUPS = (
    gpu_group("whole", EAST, "a", "T4", 1),
    gpu_group("part", EAST, "a", "T4", 1, gpu_count=1, gpu_fraction=Fraction(1, 6)),
)
SIZES = st.sampled_from([0, 0.1, 0.166, 0.5, 0.9, 1, 2, 4])
HELD = st.sampled_from([0, 100, 500, 1000, 2900, 3000, 3500, 4000])
WISHES = st.builds(
    lambda gpus, cpus, memory, extra: deployment(
        "chat", resources={"gpus": gpus, "cpus": cpus, "memoryGiB": memory, "extra": extra}
    ),
    SIZES,
    st.integers(0, 8),
    st.integers(0, 20),
    st.sampled_from([{}, {"disk": 3}]),
)


def is_allowed(rows, reserved):
    return next(node_faults(rows, reserved), None) is None


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_replica_fits_where_no_fault_follows(data):
    group = data.draw(st.sampled_from(GROUPS))
    gpus, cpus = data.draw(HELD), data.draw(st.integers(0, 16_000))
    reserved = data.draw(st.sampled_from([Reserved(), Reserved.of(group, gpus=gpus, cpus=cpus)]))
    rows = []
    for wish in data.draw(st.lists(WISHES, max_size=6)):
        slot = data.draw(st.integers(0, len(group.gpu_slots) - 1)) if wish.is_share else None
        row = PlacedRow(wish, group, 0, slot, 1)
        if is_allowed([*rows, row], reserved):
            rows.append(row)
    wish = data.draw(WISHES)
    slots = range(len(group.gpu_slots)) if wish.is_share else (None,)
    more = (PlacedRow(wish, group, 0, slot, 1) for slot in slots)
    fits = any(is_allowed([*rows, row], reserved) for row in more)
    if wish.gpus == 0 or wish.is_share or group.gpu_fraction is None:
        assert room_left(group, rows, reserved).takes(wish) == fits


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_short_is_what_keeps_a_replica_off(data):
    group = data.draw(st.sampled_from(GROUPS))
    rows = [PlacedRow(wish, group, 0, 0 if wish.is_share else None, 1) for wish in drawn(data, 4)]
    room, wish = room_left(group, rows, Reserved()), data.draw(WISHES)
    short = room.shortages(wish)
    assert room.takes(wish) == (not short)
    assert all(one.short > 0 for one in short)


def drawn(data, most):
    return data.draw(st.lists(WISHES, max_size=most))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_nearest_node_misses_no_more_than_any_other(data):
    catalog = fleet(gpu_group("whole", EAST, "a", "T4", 5, extra={"disk": 4_000}))
    group = catalog.groups_by_name["whole"]
    rows = []
    for index in range(data.draw(st.integers(0, 4))):
        # Full of one thing or another: which is the nearest depends on what is asked.
        for number, wish in enumerate(drawn(data, 4)):
            named = wish.model_copy(update={"name": f"{index}-{number}"})
            rows.append(PlacedRow(named, group, index, 0 if wish.is_share else None, 1))
    view = PlanView(catalog, workspace(*(row.deployment for row in rows)), tuple(rows))
    wish = data.draw(WISHES)
    index, room = Rooms(view).nearest(wish, group)
    rooms = {i: room_left(group, view.rows_on.get(group.node(i), ()), Reserved()) for i in range(5)}
    assert room == rooms[index]
    assert missing(room, wish) == min(missing(one, wish) for one in rooms.values())


def missing(room, wish):
    short = {one.resource: one.short for one in room.shortages(wish)}
    return [short.get(name, 0) for name in ("gpus", "cpus", "memory", "extra:disk")]


def test_the_nearest_node_is_so_by_whatever_is_short():
    catalog = fleet(gpu_group("two", EAST, "a", "T4", 2))
    group = catalog.groups_by_name["two"]
    more, less = (
        deployment(name, resources={"gpus": 0, "cpus": cpus})
        for name, cpus in (("more", 14), ("less", 10))
    )
    rows = (PlacedRow(more, group, 0, None, 1), PlacedRow(less, group, 1, None, 1))
    rooms = Rooms(PlanView(catalog, workspace(more, less), rows))
    index, room = rooms.nearest(deployment("chat", resources={"gpus": 0, "cpus": 8}), group)
    assert (index, room.cpus) == (1, 6_000)
