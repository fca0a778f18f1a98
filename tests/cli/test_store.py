"""Commands that read a store: what is asked, what runs, what can be called, what was done."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
import yaml

from placement.cli import storing
from placement.store.store import DEFAULT_URL
from tests.cli.conftest import LIFE, Command


def test_the_default_place_is_that_of_the_store() -> None:
    assert storing.DEFAULT_URL == DEFAULT_URL


@pytest.mark.parametrize("kind", ["policies", "environments", "deployments", "assignments"])
def test_get_reads_the_store_where_one_is(placement: Command, life: Path, kind: str) -> None:
    done = placement("get", kind)
    assert (done.code, done.err) == (0, "")
    document = json.loads(done.out)
    assert document["kind"] == "List"
    assert len(document["items"]) == {"policies": 0}.get(kind, 2)


def test_get_reads_manifests_that_are_named(
    placement: Command, life: Path, manifests: Path
) -> None:
    items = json.loads(placement("get", "policies", manifests).out)["items"]
    assert [item["metadata"]["name"] for item in items] == ["t4-only", "us-only"]


def test_manifests_do_not_say_what_runs(placement: Command, home: Path, manifests: Path) -> None:
    assert placement("get", "assignments", manifests).code == 2
    assert placement("get", "assignments").code == 2


def test_assignments_are_rows_of_a_plan(placement: Command, life: Path) -> None:
    rows = json.loads(placement("get", "assignments").out)["items"]
    assert rows == json.loads(placement("history", "1").out)["assignments"]
    lines = csv.DictReader(io.StringIO(placement("get", "assignments", "-o", "csv").out))
    assert [line["node"] for line in lines] == [row["node"] for row in rows]


# ------------------------------------------------------------------------ endpoints


def test_endpoints_say_where_a_model_runs(placement: Command, life: Path) -> None:
    items = json.loads(placement("endpoints").out)["items"]
    assert [item["path"] for item in items] == [
        "/models/chat?environment=development",
        "/models/chat?environment=production",
    ]
    assert items[0]["regions"] == ["aws/us-east-1"]
    assert sum(node["replicas"] for node in items[0]["nodes"]) == items[0]["replicas"] == 1


def test_endpoints_from_an_origin_name_the_nearest_region(placement: Command, life: Path) -> None:
    (item,) = json.loads(placement("endpoints", "chat", "-e", "production", "--origin", "DE").out)[
        "items"
    ]
    assert item["nearest"] == "aws/us-east-1"
    assert 50 < item["roundTripMs"] < 300
    assert "NEAREST" in placement("endpoints", "--origin", "DE", "-o", "table").out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("chta",), "unknown model `chta`, did you mean `chat`?"),
        (("chat", "-e", "staging"), "unknown environment `staging`"),
        (("chat", "-e", "production", "--origin", "Untied States"), "did you mean"),
    ],
)
def test_what_cannot_be_called_is_an_error(
    placement: Command, life: Path, args: tuple[str, ...], message: str
) -> None:
    done = placement("endpoints", *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


# -------------------------------------------------------------------------- history


def test_history_is_filtered_and_limited(placement: Command, life: Path) -> None:
    placement("deploy", "voice", "--version", "1", "--yes")
    placement("deploy", "chat", "--version", "C", "--yes")

    def serials(*args: str) -> list[int]:
        return [item["serial"] for item in json.loads(placement("history", *args).out)["items"]]

    assert serials() == [3, 2, 1]
    assert serials("--limit", "1") == [3]
    assert serials("--model", "chat") == [3, 1]
    assert serials("--environment", "development") == [1]


def test_history_has_all_forms(placement: Command, life: Path) -> None:
    document = json.loads(placement("history").out)
    assert yaml.safe_load(placement("history", "-o", "yaml").out) == document
    (line,) = csv.DictReader(io.StringIO(placement("history", "-o", "csv").out))
    assert line["planDigest"] == document["items"][0]["planDigest"]
    page = placement("history", "-o", "table").out
    assert "apply" in page
    assert document["items"][0]["planDigest"][:19] in page


def test_one_commit_is_shown_with_its_plan(placement: Command, life: Path) -> None:
    entry = json.loads(placement("history").out)["items"][0]
    assert json.loads(placement("history", "1").out)["digest"] == entry["planDigest"]
    page = placement("history", "1", "-o", "table").out
    assert "place" in page
    assert "cost: 0.0000 -> " in page
    done = placement("history", "9")
    assert done.code == 2
    assert "serial 9 is not recorded, the newest is 1" in done.err


def test_a_history_that_was_changed_is_found_out(placement: Command, life: Path) -> None:
    done = placement("history", "--verify", "-o", "table")
    assert (done.code, done.out) == (0, "verified: no rule is broken\nchecked: 1 serials\n")
    with sqlite3.connect(life / storing.DEFAULT_FILE) as connection:
        connection.execute("UPDATE assignments SET replicas = 2 WHERE environment = 'production'")
    connection.close()
    done = placement("history", "--verify")
    assert done.code == 6
    report = json.loads(done.out)
    assert report["ok"] is False
    assert {v["subject"] for v in report["violations"]} == {"serial 1"}


# ------------------------------------------------------------------- plan and verify


def test_a_plan_on_the_store_keeps_what_runs(placement: Command, life: Path) -> None:
    document = json.loads(placement("plan", "--store", DEFAULT_URL).out)
    assert {step["action"] for step in document["changes"]} <= {"keep"}
    assert document["basis"]["serial"] == 1
    rows = json.loads(placement("get", "assignments").out)["items"]
    assert document["assignments"] == rows


def test_what_runs_is_said_once(placement: Command, life: Path) -> None:
    placement("plan", "--store", DEFAULT_URL, "--out", "plan.json")
    words = ("plan", "life.yaml", "--current", "plan.json")
    done = placement(*words, "--store", DEFAULT_URL)
    assert (done.code, done.out) == (2, "")
    assert "name one of them" in done.err
    assert placement(*words).code == 0


def test_a_current_plan_comes_before_the_store_of_the_environment(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement("plan", "--store", DEFAULT_URL, "--out", "plan.json")
    monkeypatch.setenv("PLACEMENT_STORE", DEFAULT_URL)
    done = placement("plan", "life.yaml", "--current", "plan.json")
    assert done.code == 0
    assert json.loads(done.out)["basis"]["serial"] is None
    assert json.loads(placement("plan").out)["basis"]["serial"] == 1


def test_a_plan_of_an_earlier_state_is_found_out(placement: Command, life: Path) -> None:
    placement("plan", "--store", DEFAULT_URL, "--out", "plan.json")
    assert placement("verify", "plan.json", "--store", DEFAULT_URL).code == 0
    placement("deploy", "chat", "--version", "C", "--yes")
    done = placement("verify", "plan.json", "--store", DEFAULT_URL)
    assert done.code == 6
    assert {v["rule"] for v in json.loads(done.out)["violations"]} >= {"basis"}


def test_waves_out_of_order_are_found_out(placement: Command, life: Path) -> None:
    words = ("deploy", "chat", "--version", "C", "--dry-run", "--out", "plan.json")
    assert placement(*words).code == 0
    assert placement("verify", "plan.json", "--store", DEFAULT_URL).code == 0
    document = json.loads((life / "plan.json").read_text())
    document["waves"].reverse()
    (life / "plan.json").write_text(json.dumps(document))
    done = placement("verify", "plan.json", "--store", DEFAULT_URL)
    assert done.code == 6
    assert "waves" in {v["rule"] for v in json.loads(done.out)["violations"]}


def test_a_plan_that_starts_elsewhere_is_stale(placement: Command, life: Path) -> None:
    words = ("delete", "chat", "-e", "production")
    placement(*words, "--dry-run", "--out", "plan.json")
    placement(*words, "--yes")
    done = placement("verify", "plan.json", "--store", DEFAULT_URL)
    assert done.code == 5
    assert "does not start from what serial 2 holds" in done.err


def test_the_recorded_catalog_is_the_default(
    placement: Command, life: Path, fleet: Path, manifests: Path
) -> None:
    named = json.loads(placement("plan", manifests, "--catalog", fleet).out)
    assert json.loads(placement("plan", manifests).out)["digest"] == named["digest"]
    rows = json.loads(placement("catalog", "show", "nodes").out)["items"]
    assert {row["nodeGroup"] for row in rows} == {"us-t4", "eu-t4", "us-a100", "us-cpu"}


def test_validate_knows_what_the_store_holds(placement: Command, life: Path, rules: Path) -> None:
    placement("apply", rules, "--yes")
    file = life / "narrow.yaml"
    file.write_text(LIFE.split("---")[0].replace("version: A", "version: A, policies: [t4-only]"))
    assert placement("validate", file).code == 2
    assert placement("validate", file, "--store", DEFAULT_URL).code == 0
