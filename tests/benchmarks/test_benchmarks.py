"""Every subject of the benchmarks runs at its tiny size, and its tables can be written."""

import pytest

from benchmarks.__main__ import measured
from benchmarks.registry import QUICK, SUBJECTS, Options
from benchmarks.report import table


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_subject_measures_its_tiny_size(subject):
    found = measured(subject, QUICK, Options(limit=5.0))
    assert found["rows"]
    lines = list(table(found["rows"]))
    assert len(lines) == len(found["rows"]) + 2
    assert all(line.count("|") == lines[0].count("|") for line in lines)
