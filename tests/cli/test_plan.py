"""`plan` and `verify` from files to files, on a fleet of four node groups."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import MANIFESTS, Command

ROOT = Path(__file__).parents[2]


def test_json_is_the_document_and_nothing_else(
    placement: Command, fleet: Path, manifests: Path
) -> None:
    done = placement("plan", manifests, "--catalog", fleet, "-o", "json")
    assert done.code == 0
    document = json.loads(done.out)
    assert document["status"] == "optimal"
    assert {row["node"] for row in document["assignments"]} == {"us-t4/0", "us-t4/1"}
    assert done.err == ""


def test_json_is_the_default_into_a_pipe(placement: Command, fleet: Path, manifests: Path) -> None:
    assert json.loads(placement("plan", manifests, "--catalog", fleet).out)["kind"] == "Plan"


def test_all_forms_say_the_same(placement: Command, fleet: Path, manifests: Path) -> None:
    def plan(form: str) -> str:
        return placement("plan", manifests, "--catalog", fleet, "-o", form).out

    document = json.loads(plan("json"))
    from_yaml = yaml.safe_load(plan("yaml"))
    rows = list(csv.DictReader(io.StringIO(plan("csv"))))
    del document["stats"], from_yaml["stats"]
    assert from_yaml == document
    assert [row["node"] for row in rows] == [row["node"] for row in document["assignments"]]
    assert [float(row["costPerHour"]) for row in rows] == [
        row["costPerHour"] for row in document["assignments"]
    ]


def test_the_table_says_what_people_ask(placement: Command, fleet: Path, manifests: Path) -> None:
    page = placement("plan", manifests, "--catalog", fleet, "-o", "table").out
    assert page.startswith("Plan: optimal (certificate: global); 2 of 2 replicas placed, 1.0520")
    row = next(line for line in page.splitlines() if line.startswith("chat"))
    assert row.split()[:7] == ["chat", "development", "B", "2/2", "2", "T4", "aws/us-east-1"]
    assert row.endswith("1 of 4 node groups")
    assert "place 2, keep 0, move 0, remove 0" in page
    assert any(line.startswith("cost") and "proved" in line for line in page.splitlines())
    assert "\x1b" not in page
    assert all(line == line.rstrip() for line in page.splitlines())


def test_what_does_not_fit_is_printed_and_exits_with_3(
    placement: Command, fleet: Path, tmp_path: Path
) -> None:
    file = tmp_path / "too-much.yaml"
    file.write_text(MANIFESTS.replace("replicas: 2", "replicas: 5"))
    done = placement("plan", file, "--catalog", fleet, "-o", "table")
    assert done.code == 3
    assert "2 of 5 replicas placed" in done.out
    assert "chat in development: 3 missing; " in done.out
    assert placement("plan", file, "--catalog", fleet, "-o", "json").code == 3


def test_out_holds_the_document_whatever_is_printed(
    placement: Command, fleet: Path, manifests: Path, tmp_path: Path
) -> None:
    stored = tmp_path / "plan.json"
    done = placement("plan", manifests, "--catalog", fleet, "-o", "csv", "--out", stored)
    assert done.code == 0
    assert json.loads(stored.read_text())["kind"] == "Plan"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


@pytest.fixture
def stored(placement: Command, fleet: Path, manifests: Path, tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    assert placement("plan", manifests, "--catalog", fleet, "--out", file).code == 0
    return file


def test_current_plan_is_kept(
    placement: Command, fleet: Path, manifests: Path, stored: Path
) -> None:
    done = placement("plan", manifests, "--catalog", fleet, "--current", stored)
    assert done.code == 0
    assert {change["action"] for change in json.loads(done.out)["changes"]} <= {"keep"}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"replicas": -1}, "`assignments[0].replicas` must be at least 1, found -1"),
        ({"replicas": 0}, "`assignments[0].replicas` must be at least 1, found 0"),
        ({"gpus": -0.5}, "`assignments[0].gpus` must be at least 0, found -0.5"),
        ({"gpu": -1}, "`assignments[0].gpu` must be at least 0, found -1"),
    ],
)
def test_rows_that_cannot_run_are_refused(
    placement: Command,
    fleet: Path,
    manifests: Path,
    stored: Path,
    edit: dict[str, object],
    said: str,
) -> None:
    document = json.loads(stored.read_text())
    document["assignments"][0].update(edit)
    stored.write_text(json.dumps(document))
    done = placement("plan", manifests, "--catalog", fleet, "--current", stored)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{stored}:1:1: PL503 {said}\n"


def test_an_edited_current_plan_is_taken_and_said(
    placement: Command, fleet: Path, manifests: Path, stored: Path
) -> None:
    document = json.loads(stored.read_text())
    del document["assignments"][0]
    stored.write_text(json.dumps(document))
    done = placement("plan", manifests, "--catalog", fleet, "--current", stored)
    assert done.code == 0
    assert f"warning: {stored} was edited" in done.err


def test_verify_without_the_current_plan_asks_for_it(
    placement: Command, fleet: Path, manifests: Path, stored: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.json"
    arguments = (manifests, "--catalog", fleet)
    assert placement("plan", *arguments, "--current", stored, "--out", again).code == 0
    done = placement("verify", again, *arguments)
    assert done.code == 6
    assert "--current" in done.err
    sound = placement("verify", again, *arguments, "--current", stored)
    assert (sound.code, sound.err) == (0, "")


def test_a_sound_plan_is_verified(
    placement: Command, fleet: Path, manifests: Path, stored: Path
) -> None:
    done = placement("verify", stored, manifests, "--catalog", fleet, "-o", "table")
    assert done.code == 0, done
    assert done.out.startswith("verified: no rule is broken\n")
    report = json.loads(placement("verify", stored, manifests, "--catalog", fleet).out)
    assert (report["ok"], report["violations"]) == (True, [])


def to_europe(document: dict) -> None:
    for row in document["assignments"]:
        row.update(node="eu-t4/0", region="eu-west-1", zone="eu-west-1a", country="IE")
        row.update(continent="EU")


def too_many(document: dict) -> None:
    document["assignments"][0]["replicas"] += 3


def cheaper(document: dict) -> None:
    document["assignments"][0]["costPerHour"] = 0.1


def boast(document: dict) -> None:
    document["tiers"][-1]["bound"] = document["tiers"][-1]["value"] = 0.5


def nowhere(document: dict) -> None:
    document["assignments"][0]["node"] = "moon/0"


@pytest.mark.parametrize("edit", [to_europe, too_many, cheaper, boast, nowhere])
def test_an_edited_plan_is_found_out(
    placement: Command,
    fleet: Path,
    manifests: Path,
    stored: Path,
    edit: Callable[[dict], None],
) -> None:
    document = json.loads(stored.read_text())
    edit(document)
    stored.write_text(json.dumps(document))
    done = placement("verify", stored, manifests, "--catalog", fleet)
    assert done.code == 6
    report = json.loads(done.out)
    # More than the digest: the edit itself is named.
    assert len(report["violations"]) >= 2
    page = placement("verify", stored, manifests, "--catalog", fleet, "-o", "table").out
    for violation in report["violations"]:
        assert violation["message"] in page


def test_equal_input_gives_equal_bytes(placement: Command, fleet: Path, manifests: Path) -> None:
    def digest() -> str:
        return json.loads(placement("plan", manifests, "--catalog", fleet).out)["digest"]

    assert digest() == digest()


def test_without_a_path_the_example_is_planned_and_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "placement", "plan", "-o", "csv"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shipped example `quickstart`" in done.stderr
    assert {row["environment"] for row in csv.DictReader(io.StringIO(done.stdout))} == {
        "development",
        "production",
        "staging",
    }


def test_development_of_the_example_obeys_its_policies(placement: Command) -> None:
    rows = json.loads(placement("plan", ROOT / "examples" / "quickstart").out)["assignments"]
    tried = [row for row in rows if row["environment"] == "development"]
    assert tried
    assert all(row["flavor"] == "T4" for row in tried)
    assert all(row["country"] == "US" or row["continent"] == "AS" for row in tried)
