"""What is lost is said: by the comparison with a rival, and at the top of the report."""

import json

from benchmarks import report
from benchmarks.contest import Asked, Ours, compared
from benchmarks.registry import SUBJECTS
from benchmarks.rivals.arrays import arrays_of
from benchmarks.rivals.mip import highs
from benchmarks.rivals.scoring import Score
from benchmarks.singles import singles


def test_a_rival_that_is_better_is_said_to_be():
    instance = singles(40, 12, seed=1)
    answer = Asked(highs(arrays_of(instance.catalog, instance.workspace), 10.0, 0))
    ours = Ours(instance, 10.0)
    assert "better" not in compared("HiGHS", answer, ours, sooner=False).get("lost", "")
    ours.first, ours.last = (0.0, Score(1.0, 0.0)), Score(1.0, 0.0)
    ours.seconds = 0.0
    row = compared("HiGHS", answer, ours, sooner=True)
    assert row["lost"].split("; ") == [
        "HiGHS is better when it ends",
        "HiGHS is better at the limit",
        "less than 10 times sooner than HiGHS",
    ]


def test_what_is_kept_is_reported_and_what_is_lost_comes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "KEPT", tmp_path)
    one = SUBJECTS[0]
    size = next(name for name in one.sizes if name != "quick")
    found = {
        "subject": one.name,
        "size": size,
        "rows": [{"seconds": 1234.5}, {"seconds": 0.125, "lost": "too slow"}],
        **dict.fromkeys(("seconds", "cpuSeconds", "peakMiB", "seed", "limit"), 1),
        "machine": {"processor": "any", "placement": "1"},
    }
    report.keep(json.loads(json.dumps(found)))
    lines = list(report.report())
    losses = lines.index("## What we lose")
    assert lines[losses + 2] == f"- {one.name}, {size}: too slow"
    assert f"| {size} | 1,234.50 |  |" in lines
    assert f"| {size} | 0.125 | too slow |" in lines
    assert losses < lines.index(f"## {one.name}")
