"""Value and bound over time: what a solve reports, what its plan keeps, and what a page draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import placement as pl
from placement.options import Course, Progress
from placement.report import Form, content_of, subject_of
from tests.verifier.fleet import deployment, workspace
from tests.verifier.story import CATALOG, PLAN, SPACE

REPORTS = st.lists(
    st.builds(
        Progress,
        st.sampled_from(["unplaced", "cost"]),
        st.integers(0, 3).map(float),
        st.none() | st.integers(0, 3).map(float),
        st.floats(0, 9),
    ),
    max_size=250,
)


@given(REPORTS)
def test_a_plan_keeps_what_was_new_and_never_much(reports: list[Progress]) -> None:
    course = Course()
    for one in reports:
        course.note(one)
    told = course.told()
    assert len(told) <= Course.MOST
    assert bool(told) is bool(reports)
    newest: dict[str, tuple[object, object]] = {}
    news = []
    for one in reports:
        if newest.get(one.tier) != (one.value, one.bound):
            newest[one.tier] = (one.value, one.bound)
            news.append((one.tier, one.value, one.bound))
    kept = [(row["tier"], row["value"], row["bound"]) for row in told]
    if len(news) <= Course.MOST:
        assert kept == news
    else:
        assert (kept[0], kept[-1]) == (news[0], news[-1])


def test_a_plan_tells_the_last_of_every_tier() -> None:
    plan = pl.Planner(CATALOG).plan(SPACE)
    last = {row["tier"]: (row["value"], row["bound"]) for row in plan.stats["progress"]}
    for tier in plan.tiers:
        assert last[tier.name][0] == pytest.approx(tier.value / tier.scale), tier.name


def test_a_change_tells_its_own_course() -> None:
    planner = pl.Planner(CATALOG)
    space = workspace(deployment("chat", replicas=2))
    today = space.with_running(planner.plan(space))
    preview = planner.deploy(today, deployment("tool", resources={"gpus": 1}))
    told = [row["tier"] for row in preview.plan.stats["progress"]]
    assert told
    assert all(name.endswith(" (affected)") for name in told)


def test_reports_over_time_are_no_part_of_a_digest() -> None:
    assert replace(PLAN, stats={"progress": [{"tier": "cost"}]}).digest == PLAN.digest


def test_a_page_draws_value_bound_and_gap_over_time(tmp_path: Path) -> None:
    reports = [
        {"tier": "cost", "value": 9.0, "bound": None, "seconds": 0.5},
        {"tier": "cost", "value": 6.0, "bound": 3.0, "seconds": 1.25},
        {"tier": "unplaced", "value": 0.0, "bound": 0.0, "seconds": 0.25},
    ]
    cost = next(tier for tier in PLAN.tiers if tier.name == "cost")
    plan = replace(
        PLAN,
        tiers=(*(tier for tier in PLAN.tiers if tier is not cost), replace(cost, bound=None)),
        stats={"seconds": 2.0, "firstPlan": {"seconds": 0.4}, "progress": reports},
        stopped_by="time-limit",
        reproducible=False,
    )
    page = tmp_path / "report.html"
    pl.write_report(plan, page, catalog=CATALOG, workspace=SPACE)
    text = page.read_text(encoding="utf-8")
    for said in (
        "<h3>cost over time</h3>",
        "<title>after 0.5 s: value 9, bound none</title>",
        "<title>after 1.25 s: value 6, bound 3, gap 50 %</title>",
        "solved in 2 s, the first plan after 0.4 s",
        "the search was ended by: time-limit",
        "a limit of time cut the search",
    ):
        assert said in text, said
    assert "<h3>unplaced" not in text
    told = content_of(subject_of(plan, CATALOG, SPACE), Form.MARKDOWN).decode()
    assert "| cost | 3.4825 | unknown | unknown | USD/h |" in told
