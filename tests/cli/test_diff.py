"""`diff`: 0 where nothing differs, 7 where something does, and what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import LIFE, Command


@pytest.fixture
def plans(placement: Command, life: Path) -> tuple[str, str]:
    """What runs as a plan, and a preview in which production has another version."""
    placement("plan", "--store", ".placement/state.db", "--out", "a.json")
    placement("deploy", "chat", "--version", "C", "--dry-run", "--out", "b.json")
    return "a.json", "b.json"


def test_a_plan_is_like_itself(placement: Command, plans: tuple[str, str]) -> None:
    done = placement("diff", plans[0], plans[0])
    assert done.code == 0
    assert json.loads(done.out) == {
        "apiVersion": "placement/v1",
        "kind": "Difference",
        "same": True,
        "items": [],
    }


def test_plans_differ_by_rows(placement: Command, plans: tuple[str, str]) -> None:
    done = placement("diff", *plans)
    assert done.code == 7
    items = [item for item in json.loads(done.out)["items"] if item["kind"] == "Assignment"]
    assert [(item["a"], item["b"]) for item in items] == [(1, None), (None, 1)]
    assert "version A" in items[0]["name"]
    assert "version C" in items[1]["name"]


def test_plans_differ_by_tiers_and_gaps(
    placement: Command, fleet: Path, home: Path, manifests: Path
) -> None:
    few = home / "few.yaml"
    few.write_text(manifests.read_text())
    many = home / "many.yaml"
    many.write_text(manifests.read_text().replace("replicas: 2", "replicas: 5"))
    for file in (few, many):
        placement("plan", file, "--catalog", fleet, "--out", f"{file.stem}.json")
    items = json.loads(placement("diff", "few.json", "many.json").out)["items"]
    found = {(item["kind"], item["name"]): (item["a"], item["b"]) for item in items}
    assert found["Unplaced", "chat@development"] == (None, 3)
    assert found["Tier", "unplaced"] == (0, 3)


def test_a_plan_is_compared_with_what_runs(placement: Command, plans: tuple[str, str]) -> None:
    assert placement("diff", plans[0]).code == 0
    assert placement("diff", plans[1]).code == 7
    assert placement("apply", plans[1], "--yes").code == 0
    assert placement("diff", plans[0]).code == 7
    assert placement("diff", plans[1]).code == 0


def test_manifests_differ_where_apply_would_change(placement: Command, life: Path) -> None:
    assert placement("diff", "life.yaml").code == 0
    file = life / "more.yaml"
    file.write_text(
        LIFE.replace("version: B", "version: B, replicas: 2, resources: {gpus: 0.5}")
        + "---\napiVersion: placement/v1\nkind: Policy\nmetadata: {name: us}\n"
        "spec: {type: location, locations: [{type: country, name: US}]}\n"
    )
    done = placement("diff", file)
    assert done.code == 7
    items = json.loads(done.out)["items"]
    assert [tuple(item.values()) for item in items] == [
        ("Policy", "us", None, None, "present"),
        ("ModelDeployment", "chat@development", "spec.replicas", 1, 2),
        ("ModelDeployment", "chat@development", "spec.resources.gpus", 1, 0.5),
    ]
    placement("apply", file, "--yes")
    assert placement("diff", file).code == 0


def test_the_table_has_one_line_for_each_difference(
    placement: Command, plans: tuple[str, str]
) -> None:
    assert placement("diff", plans[0], plans[0], "-o", "table").out == "no difference\n"
    lines = placement("diff", *plans, "-o", "table").out.splitlines()
    assert lines[0].split() == ["KIND", "NAME", "FIELD", "A", "B"]
    assert [line.split()[0] for line in lines[1:]] == ["Assignment", "Assignment", "Tier"]


def test_plans_and_manifests_are_not_compared(placement: Command, plans: tuple[str, str]) -> None:
    done = placement("diff", plans[0], "life.yaml")
    assert (done.code, done.out) == (2, "")
    assert "compare two plans" in done.err


def test_other_counts_on_one_node_are_replicas(placement: Command, fleet: Path, home: Path) -> None:
    for count in (2, 3):
        file = home / f"{count}.yaml"
        text = LIFE.split("---")[0]
        file.write_text(text.replace("A}", f"A, replicas: {count}, resources: {{gpus: 0}}}}"))
        placement("plan", file, "--catalog", fleet, "--out", f"{count}.json")
    first, *_ = json.loads(placement("diff", "2.json", "3.json").out)["items"]
    assert (first["field"], first["a"], first["b"]) == ("replicas", 2, 3)


def test_other_prices_are_costs(placement: Command, plans: tuple[str, str], life: Path) -> None:
    dear = life / "dear.json"
    dear.write_text((life / plans[0]).read_text().replace('"costPerHour":0.526', '"costPerHour":1'))
    items = json.loads(placement("diff", plans[0], dear).out)["items"]
    assert {(item["field"], item["a"], item["b"]) for item in items} == {("costPerHour", 0.526, 1)}
