"""The life of a model by commands, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import LIFE, Command


def callable_versions(placement: Command) -> dict[str, str]:
    """Return the version that answers in each environment."""
    items = json.loads(placement("endpoints", "chat").out)["items"]
    return {item["environment"]: item["version"] for item in items}


def test_a_model_is_released_deployed_and_rolled_back(
    placement: Command, fleet: Path, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*args: object) -> dict[str, object]:
        done = placement(*args, "--yes", "-o", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    monkeypatch.setenv("PLACEMENT_STORE", url)
    file = tmp_path / "life.yaml"
    file.write_text(LIFE, encoding="utf-8")

    run("apply", file, "--catalog", fleet)
    assert callable_versions(placement) == {"production": "A", "development": "B"}

    released = run("release", "chat", "--from", "development", "--to", "production")
    assert callable_versions(placement) == {"production": "B", "development": "B"}
    assert released["transition"]["uncallable"] == [
        {"model": "chat", "environment": "production", "version": "A"}
    ]

    run("deploy", "chat", "--version", "C", "--environment", "development")
    assert callable_versions(placement) == {"production": "B", "development": "C"}

    run("rollback", "chat", "--environment", "production")
    assert callable_versions(placement) == {"production": "A", "development": "C"}

    entries = json.loads(placement("history").out)["items"]
    assert [(one["serial"], one["kind"]) for one in entries] == [
        (4, "rollback"),
        (3, "deploy"),
        (2, "release"),
        (1, "apply"),
    ]
    assert json.loads(placement("history", "2").out) == released
    assert placement("history", "--verify").code == 0


def test_a_rollback_repeated_walks_further_back(placement: Command, life: Path) -> None:
    for version in "BC":
        placement("deploy", "chat", "--version", version, "--yes")
    found = []
    for _ in range(3):
        done = placement("rollback", "chat", "-e", "production", "--yes")
        assert done.code == 0, done.err
        found.append(callable_versions(placement).get("production"))
    assert found == ["B", "A", None]
    done = placement("rollback", "chat", "-e", "production", "--yes")
    assert done.code == 2
    assert "refused (nothing-to-roll-back)" in done.err


def test_everything_goes_back_to_a_serial(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--version", "C", "--yes")
    placement("delete", "chat", "-e", "development", "--yes")
    assert placement("rollback", "--to", "1", "--yes").code == 0
    assert callable_versions(placement) == {"production": "A", "development": "B"}


def test_a_disabled_deployment_keeps_its_record(placement: Command, life: Path) -> None:
    assert placement("disable", "chat", "-e", "production", "--yes").code == 0
    assert callable_versions(placement) == {"development": "B"}
    done = placement("endpoints", "chat", "-e", "production")
    assert done.code == 2
    assert "`chat` is disabled in `production`; it runs in `development`" in done.err
    assert placement("enable", "chat", "-e", "production", "--yes").code == 0
    assert callable_versions(placement) == {"production": "A", "development": "B"}


def test_a_deleted_deployment_comes_back_with_a_rollback(placement: Command, life: Path) -> None:
    assert placement("delete", "chat", "-e", "production", "--yes").code == 0
    assert callable_versions(placement) == {"development": "B"}
    assert placement("rollback", "chat", "-e", "production", "--yes").code == 0
    assert callable_versions(placement) == {"production": "A", "development": "B"}


def test_a_deployment_changes_only_what_is_named(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--replicas", "2", "--gpus", "0.5", "--yes")
    placement("deploy", "chat", "--version", "A2", "--yes")
    items = json.loads(placement("get", "deployments").out)["items"]
    spec = next(i["spec"] for i in items if i["metadata"]["environment"] == "production")
    assert (spec["version"], spec["replicas"], spec["resources"]["gpus"]) == ("A2", 2, 0.5)


def test_a_deployment_is_read_from_a_manifest(placement: Command, life: Path) -> None:
    file = life / "one.yaml"
    file.write_text(LIFE.split("---")[0].replace("version: A", "version: Z"))
    assert placement("deploy", "-f", file, "--yes").code == 0
    assert callable_versions(placement) == {"production": "Z", "development": "B"}
    done = placement("deploy", "-f", life / "life.yaml", "--yes")
    assert (done.code, done.out) == (2, "")
    assert "does not hold one deployment and nothing else" in done.err


def test_what_the_release_drops_and_adds_is_shown(
    placement: Command, life: Path, rules: Path
) -> None:
    assert placement("apply", rules, "--yes").code == 0
    done = placement("release", "chat", "--from", "development", "--to", "production", "--dry-run")
    assert json.loads(done.out)["policyDifference"]["removed"] == ["t4-only", "us-only"]
    words = ("release", "chat", "--from", "production", "--to", "development", "--dry-run")
    page = placement(*words, "-o", "table").out
    assert "development adds `t4-only`, `us-only`" in page
    assert "no longer callable: chat in development, version B" in page
    assert "certificate: global" in page
    assert "cost: " in page


def test_what_is_put_and_deleted_is_shown(placement: Command, life: Path, rules: Path) -> None:
    page = placement("apply", rules, "--prune", "--dry-run", "-o", "table").out
    assert "put: 2 Policy, 1 Environment" in page
    assert "deleted: ModelDeployment chat@production" in page
    page = placement("release", "chat", "--from", "development", "--to", "production", "--dry-run")
    assert "put: " not in page.out


def test_a_pruning_apply_takes_away_the_rest(placement: Command, life: Path) -> None:
    file = life / "only.yaml"
    file.write_text(LIFE.split("---")[0])
    assert placement("apply", file, "--yes").err == "nothing changes\n"
    assert callable_versions(placement) == {"production": "A", "development": "B"}
    assert placement("apply", file, "--prune", "--yes").code == 0
    assert callable_versions(placement) == {"production": "A"}
