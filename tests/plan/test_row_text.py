"""Rows are written at once as they would be by way of their documents, and read back the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.plan.document import assignment_row
from placement.plan.json_text import compact, parse
from placement.plan.plain_rows import plain_assignment, plain_change
from placement.plan.row_text import CHANGE, RowText
from placement.plan.rows import Action, Change
from placement.workspace.assignment import Assignment

TEXTS = st.text(max_size=4)
ASSIGNMENTS = st.builds(
    Assignment,
    **{name: TEXTS for name in Assignment.__slots__[:10]},
    replicas=st.integers(-2, 10**6),
    gpus=st.integers(-2, 10**7),
    cost=st.integers(0, 10**13),
    gpu=st.none() | st.integers(0, 16),
)
CHANGES = st.builds(
    Change,
    st.sampled_from(Action),
    TEXTS,
    TEXTS,
    TEXTS,
    st.integers(1, 9),
    st.none() | TEXTS,
    st.none() | TEXTS,
)


@given(ASSIGNMENTS, st.booleans())
def test_an_assignment_is_written_as_its_document(row, sort):
    document = assignment_row(row)
    assert RowText(sort=sort).assignment(row) == compact(document, sort=sort)
    del document["costPerHour"]
    without = RowText(sort=sort, without=("costPerHour",))
    assert without.assignment(row) == compact(document, sort=sort)


@given(CHANGES, st.booleans())
def test_a_change_is_written_as_its_document(row, sort):
    values = (str(row.action), *(getattr(row, name) for name in Change.__slots__[1:]))
    document = dict(zip(CHANGE, values, strict=True))
    assert RowText(sort=sort).change(row) == compact(document, sort=sort)


@given(ASSIGNMENTS)
def test_an_assignment_is_read_back(row):
    assert plain_assignment(parse(RowText().assignment(row), file="x")) == row


@given(CHANGES)
def test_a_change_is_read_back(row):
    assert plain_change(parse(RowText().change(row), file="x")) == row


ROW = assignment_row(Assignment(*"abcdefghij", replicas=1, gpus=500, cost=7, gpu=0))
UNUSUAL = [
    {"model": 1},
    {"zone": None},
    {"replicas": True},
    {"replicas": Decimal(1)},
    {"gpus": "1"},
    {"gpus": True},
    {"gpus": Decimal("0.0001")},
    {"gpu": None},
    {"gpu": True},
    {"costPerHour": Decimal("1e-7")},
    {"more": 1},
]


@pytest.mark.parametrize("fields", UNUSUAL, ids=str)
def test_an_unusual_assignment_is_left_to_others(fields):
    assert plain_assignment(ROW) is not None
    assert plain_assignment({**ROW, **fields}) is None


def test_what_is_no_row_is_left_to_others():
    assert plain_assignment({k: v for k, v in ROW.items() if k != "node"}) is None
    assert plain_assignment([]) is None
    change = dict(zip(CHANGE, ("place", "a", "b", "c", 1, None, "d"), strict=True))
    assert plain_change(change) is not None
    for fields in ({"action": "hop"}, {"action": 1}, {"replicas": True}, {"toNode": 1}, {"x": 1}):
        assert plain_change({**change, **fields}) is None
    assert plain_change("place") is None
