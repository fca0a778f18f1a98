"""What a node has left is what the rule of capacity still allows."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.rows import Reserved
from placement.constraints.capacity import node_faults
from placement.plan.room import room_left
from placement.plan.view import PlacedRow
from tests.verifier.fleet import EAST, deployment, gpu_group

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
