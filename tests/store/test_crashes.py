"""Processes that are killed while they commit, and processes that commit all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from placement import Store
from tests.store import kill_many

ROOT = Path(__file__).parents[2]
KILLS = 50
WRITERS, COMMITS = 8, 100


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.store.{program}", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_killed_commit_is_whole_or_not_there(url):
    process = start("kill_many", url, KILLS, 1)
    out, err = process.communicate()
    assert process.returncode == 0, out + err
    report = json.loads(out)
    assert report["faults"] == []
    assert report["kills"] == KILLS
    assert report["insideTheTransaction"] >= KILLS // 5, report
    assert report["acknowledged"] <= report["serial"] <= report["acknowledged"] + KILLS


def test_a_lost_commit_would_be_noticed(store, url):
    assert kill_many.look(url, {}) == []
    assert kill_many.look(url, {1: "0.0"}) == ["lost: serial 0, acknowledged 1"]


@pytest.mark.slow
@pytest.mark.timeout(900)  # two minutes and more on a busy machine
def test_nothing_is_lost_when_many_commit_at_once(url, record_property):
    processes = [start("write_many", url, f"w{number}", COMMITS) for number in range(WRITERS)]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * WRITERS, outputs
    reports = [json.loads(out) for out, _ in outputs]
    conflicts = sum(report["conflicts"] for report in reports)
    record_property("conflicts", conflicts)
    print(f"{WRITERS * COMMITS} commits, {conflicts} conflicts")
    serials = [serial for report in reports for serial in report["serials"]]
    assert sorted(serials) == list(range(1, WRITERS * COMMITS + 1))
    assert conflicts > 0
    with Store.open(url) as store:
        head = store.head()
        assert head.serial == WRITERS * COMMITS
        assert {one.version for one in head.workspace.deployments} == {str(COMMITS - 1)}
        assert len(store.history(model="w3")) >= COMMITS
        assert all(step.ok for step in store.replay())
