"""``placement simulate`` and ``placement policy-prices`` on a small fleet."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from placement.cli import progress
from placement.cli.imagining import SCOPES
from placement.cli.simulate import OVER
from placement.simulation.edits.lose import Over
from tests.cli.conftest import Command, Result

ROOT = Path(__file__).parents[2]
EDITS = [
    ("--lose", "region=us-east-1", "lose region us-east-1"),
    ("--lose", "us-t4", "lose us-t4"),
    ("--lose", "node=us-t4/1", "lose node us-t4/1"),
    ("--add", "us-t4=1", "add 1 node to us-t4"),
    ("--remove", "us-t4=2", "remove 2 nodes from us-t4"),
    ("--price", "us-t4=2.5", "price of us-t4 becomes 2.5 USD/h"),
    ("--attach", "t4-only=production", "attach t4-only to production"),
    ("--attach", "t4-only=chat@development", "attach t4-only to chat@development"),
    ("--detach", "t4-only=development", "detach t4-only from development"),
    ("--release", "chat=development:production", "release chat from development to production"),
    ("--scale", "chat@development=1", "scale chat@development to 1 replicas"),
]


@pytest.fixture
def what_if(placement: Command, fleet: Path, manifests: Path, home: Path) -> Command:
    def call(*args: object, to: str = "json") -> Result:
        return placement("simulate", manifests, "--catalog", fleet, "-o", to, *args)

    return call


def only(result: Result) -> dict[str, Any]:
    (outcome,) = json.loads(result.out)["outcomes"]
    return outcome


@pytest.mark.parametrize(("option", "value", "words"), EDITS)
def test_every_option_makes_its_edit(what_if: Command, option: str, value: str, words: str) -> None:
    done = what_if(option, value)
    assert done.code in (0, 3), done.err
    outcome = only(done)
    assert outcome["edits"] == [words]
    expected = {"survives": 0, "unchanged": 0, "loses": 3, "refused": 3}[outcome["verdict"]]
    assert done.code == expected


def test_the_options_lose_whatever_can_be_lost() -> None:
    assert tuple(Over) == SCOPES
    assert {Over.NODE, *OVER} == set(Over)


def test_options_make_one_scenario_in_a_fixed_order(what_if: Command, tmp_path: Path) -> None:
    rule = tmp_path / "rule.yaml"
    rule.write_text(
        "{apiVersion: placement/v1, kind: Policy, metadata: {name: eu}, "
        "spec: {type: location, locations: [{type: country, name: IE}]}}\n",
        encoding="utf-8",
    )
    done = what_if(
        "--lose", "us-a100", "--add", "eu-t4=2", "--attach", "eu=development", "--policy", rule
    )
    outcome = only(done)
    assert outcome["edits"] == [
        "policy eu (location) allows IE",
        "attach eu to development",
        "add 2 nodes to eu-t4",
        "lose us-a100",
    ]
    assert done.code == 0


def test_what_loses_its_place_is_told_and_exits_with_3(what_if: Command) -> None:
    done = what_if("--lose", "us-t4", to="table")
    assert done.code == 3
    assert "0 of 1 deployments survive inside their policies; 2 replicas cannot stay" in done.out
    assert "0 move, 2 lose their place" in done.out
    assert "chat in development: 2 missing" in done.out
    outcome = only(what_if("--lose", "us-t4"))
    assert outcome["verdict"] == "loses"
    assert outcome["replicas"] == {"moved": 0, "forced": 2, "lost": 2}
    assert outcome["unplaced"][0]["replicas"] == 2


def test_a_sweep_is_a_report_and_exits_with_0(what_if: Command) -> None:
    done = what_if("--sweep", "region", to="table")
    assert done.code == 0
    assert "region aws/us-east-1  loses     0 of 1" in done.out
    assert "2 scenarios: unchanged 1, loses 1" in done.out
    assert "aws/eu-west-1" not in done.out  # nothing runs there
    items = json.loads(what_if("--sweep", "node-group").out)["outcomes"]
    assert [item["scenario"] for item in items] == [
        f"node-group {name}" for name in ("eu-t4", "us-a100", "us-cpu", "us-t4")
    ]


def test_a_refused_change_is_told_like_one_that_is_made(what_if: Command) -> None:
    done = what_if("--attach", "us-only=production", "--attach", "t4-only=production")
    assert only(done)["verdict"] == "unchanged"  # nothing runs in production
    done = what_if("--scale", "chat@development=9", to="table")
    assert done.code == 3
    assert "The change would be refused" in done.out
    assert "refused (capacity)" in done.out
    partial = only(what_if("--scale", "chat@development=9", "--allow-partial"))
    assert partial["verdict"] in ("survives", "unchanged")
    assert partial["unplaced"]


SCENARIOS = """\
apiVersion: placement/v1
kind: Scenario
metadata: {name: without the east}
spec: {edits: [{type: lose, name: us-east-1}]}
---
apiVersion: placement/v1
kind: Scenario
metadata: {name: "[bold]dear[/bold]"}
spec: {edits: [{type: price, nodeGroup: us-t4, pricePerHour: 9}]}
"""


def test_scenarios_of_a_file_come_in_its_order_and_in_every_form(
    what_if: Command, tmp_path: Path
) -> None:
    file = tmp_path / "scenarios.yaml"
    file.write_text(SCENARIOS, encoding="utf-8")
    names = ["without the east", "[bold]dear[/bold]"]
    done = what_if("-f", file)
    assert done.code == 0
    document = json.loads(done.out)
    assert [item["scenario"] for item in document["outcomes"]] == names
    timeless(document)
    assert timeless(yaml.safe_load(what_if("-f", file, to="yaml").out)) == document
    rows = list(csv.DictReader(io.StringIO(what_if("-f", file, to="csv").out)))
    assert [row["scenario"] for row in rows] == names
    assert float(rows[1]["costAfter"]) == 18
    table = what_if("-f", file, to="table").out
    assert "[bold]dear[/bold]" in table
    assert "+16.9480" in table


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    for item in document["outcomes"]:
        del item["seconds"]
    return document


WRONG = [
    ([], "name edits"),
    (["--lose", "us-t4", "--sweep", "region"], "one of them"),
    (["--sweep", "continent"], "`continent` is not known"),
    (["--lose", "regoin=us-east-1"], "did you mean `region`?"),
    (["--lose", "atlantis"], "CT128 unknown node or place `atlantis`"),
    (["--add", "us-t4"], "`us-t4` is not NAME=VALUE"),
    (["--add", "us-t4=one"], "PL203 `nodes` must be a whole number, found the text `one`"),
    (["--add", "us-t4=0"], "PL401"),
    (["--remove", "us-t4=3"], "SC103 `us-t4` has 2 nodes, 3 cannot be removed"),
    (["--price", "us-t4=-1"], "PL401"),
    (["--price", "us-t4=nan"], "PL203"),
    (["--price", "us-t4=1e999"], "PL203"),
    (["--attach", "us-only=nowhere"], "SC102 unknown environment `nowhere`"),
    (["--scale", "chat@development=-1"], "PL401"),
    (["--release", "chat=development"], "is not MODEL=FROM:TO"),
    (["--release", "chat=development:development"], "onto itself"),
    (["--policy", "nothing.yaml"], "PL103"),
    (["-f", "nothing.yaml"], "PL103"),
    (["--time-limit", "0", "--lose", "us-t4"], "0 is too small"),
]


@pytest.mark.parametrize(("args", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_words_are_bad_input(what_if: Command, args: list[str], message: str) -> None:
    done = what_if(*args)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_what_runs_is_told_by_a_plan_or_by_the_store(
    placement: Command, fleet: Path, manifests: Path, life: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    placement("plan", manifests, "--catalog", fleet, "--out", plan)
    done = placement(
        "simulate",
        manifests,
        "--catalog",
        fleet,
        "--current",
        plan,
        "--lose",
        "us-t4",
        "-o",
        "json",
    )
    assert only(done)["replicas"]["lost"] == 2
    done = placement("simulate", "--store", ".placement/state.db", "--lose", "us-t4", "-o", "json")
    assert only(done)["running"] == 2
    done = placement("simulate", manifests, "--store", ".placement/state.db", "--lose", "us-t4")
    assert done.code == 2
    assert "leave out PATH or --store" in done.err


def test_a_path_goes_before_the_store_of_the_environment(
    what_if: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACEMENT_STORE", ".placement/state.db")
    assert only(what_if("--lose", "us-t4"))["running"] == 1  # two run in the store


def test_scenarios_without_time_are_unknown(what_if: Command) -> None:
    done = what_if("--sweep", "region", "--time-limit", "0.000001")
    assert done.code == 4
    outcomes = json.loads(done.out)["outcomes"]
    assert [(o["verdict"], o["stoppedBy"]) for o in outcomes] == [
        ("unchanged", None),  # nothing runs there, which takes no time to see
        ("unknown", "time-limit"),
    ]


def test_progress_counts_scenarios(what_if: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    done = what_if("--sweep", "region")
    assert "planning scenarios: 2 of 2 done" in done.err


def test_processes_come_to_the_same(what_if: Command) -> None:
    here = json.loads(what_if("--sweep", "region").out)
    there = json.loads(what_if("--sweep", "region", "--workers", "2").out)
    assert timeless(there) == timeless(here)


SLOW = """
import sys, time
from placement.simulation import simulate
from placement.cli.main import main

real, begun = simulate._task, []

def slow(job, watch):
    begun.append(job)
    if len(begun) > 1:
        print("solving", file=sys.stderr, flush=True)
        while not watch.is_set(): time.sleep(0.01)
    return real(job, watch)

simulate._task = slow
main()
"""


def test_an_interrupted_call_keeps_what_is_finished(
    fleet: Path, manifests: Path, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "---\n".join(SCENARIOS.partition("---")[2].replace("dear", f"dear {n}") for n in range(3)),
        encoding="utf-8",
    )
    words = ["simulate", manifests, "--catalog", fleet, "-f", prices, "-o", "json"]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any(line.startswith("solving") for line in process.stderr)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    outcomes = json.loads(out)["outcomes"]
    assert [o["stoppedBy"] for o in outcomes] == [None, "signal", "signal"]
    assert [o["verdict"] == "unknown" for o in outcomes] == [False, True, True]


# ------------------------------------------------------------- policy prices


def test_prices_of_policies_in_every_form(
    placement: Command, fleet: Path, manifests: Path, home: Path
) -> None:
    def prices(to: str, *args: object) -> Result:
        return placement("policy-prices", manifests, "--catalog", fleet, "-o", to, *args)

    done = prices("json", "--objective", "cost")
    assert done.code == 0, done.err
    items = json.loads(done.out)["items"]
    assert [(i["policy"], i["environment"], i["exactness"]) for i in items] == [
        ("t4-only", "development", "exact"),
        ("us-only", "development", "exact"),
    ]
    rows = list(csv.DictReader(io.StringIO(prices("csv").out)))
    assert [row["objective"] for row in rows] == ["cost", "carbon", "cost", "carbon"]
    table = prices("table", "--objective", "cost", "--objective", "latency").out
    assert "us-only  development            1  cost       0.0000 USD/h  exact" in table
    assert prices("json", "--objective", "costs").code == 2
    late = prices("json", "--time-limit", "0.000001")
    assert late.code == 4
    assert {i["exactness"] for i in json.loads(late.out)["items"]} == {"unknown"}


def test_a_workspace_without_policies_has_no_prices(
    placement: Command, fleet: Path, home: Path
) -> None:
    bare = home / "bare.yaml"
    bare.write_text(
        "{apiVersion: placement/v1, kind: ModelDeployment, metadata: {name: a}, "
        "spec: {version: '1'}}\n",
        encoding="utf-8",
    )
    done = placement("policy-prices", bare, "--catalog", fleet, "-o", "table")
    assert (done.code, done.out) == (0, "no policy is attached to anything\n")
    placement("apply", bare, "--catalog", fleet, "--yes")
    done = placement("policy-prices", "--store", ".placement/state.db", "-o", "json")
    assert json.loads(done.out) == {"kind": "List", "items": []}
