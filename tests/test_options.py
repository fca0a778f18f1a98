"""Choices that mean nothing are refused, not silently taken for something else."""

from __future__ import annotations

import math

import pytest

from placement.errors import InputError
from placement.options import SolveOptions


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"gap": -1}, "`gap` must be a finite number of at least 0, found -1"),
        ({"gap": math.nan}, "`gap` must be a finite number of at least 0, found nan"),
        ({"gap": "0.1"}, "`gap` must be a finite number of at least 0, found 0.1"),
        ({"time_limit": 0}, "`time_limit` must be a finite number above 0, found 0"),
        ({"time_limit": math.inf}, "`time_limit` must be a finite number above 0, found inf"),
        ({"seed": -1}, "`seed` must be a whole number from 0 to 2147483647, found -1"),
        ({"seed": 2**31}, "`seed` must be a whole number from 0 to 2147483647, found 2147483648"),
        ({"seed": 1.0}, "`seed` must be a whole number from 0 to 2147483647, found 1.0"),
        ({"seed": True}, "`seed` must be a whole number from 0 to 2147483647, found True"),
        ({"workers": 0}, "`workers` must be a whole number from 1 to 2147483647, found 0"),
    ],
)
def test_out_of_range(choice: dict[str, float], said: str) -> None:
    with pytest.raises(InputError) as caught:
        SolveOptions(**choice)  # type: ignore[arg-type]  # wrong types are the point
    assert str(caught.value) == f"<python>:1:1: PL603 {said}"


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        SolveOptions(gap=-1, time_limit=-1, seed=-1, workers=-1)
    assert len(caught.value.diagnostics) == 4


def test_the_ends_of_the_ranges_are_legal() -> None:
    options = SolveOptions(gap=0, time_limit=0.001, seed=2**31 - 1, workers=1)
    assert (options.gap, options.workers) == (0, 1)
    assert SolveOptions(gap=1e9, seed=0).time_limit is None
