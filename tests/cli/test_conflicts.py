"""``placement conflicts``: one screen, documents, exit codes, and what refused changes say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Command

TIGHT = Path(__file__).parents[1] / "conflicts" / "norway.yaml"


def test_where_everything_fits_it_says_so(placement: Command) -> None:
    done = placement("conflicts", "-o", "table")
    assert (done.code, done.out) == (0, "everything fits: all 20 replicas have a place\n")
    assert json.loads(placement("conflicts", "-o", "json").out) == {"kind": "List", "items": []}


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        (None, "nothing to place: no replica is asked for"),
        (1, "everything fits: the only replica has a place"),
        (2, "everything fits: all 2 replicas have a place"),
    ],
)
def test_it_says_how_much_fits(
    placement: Command, tmp_path: Path, replicas: int | None, said: str
) -> None:
    file = tmp_path / "asked.yaml"
    one = {
        "apiVersion": "placement/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": "chat", "environment": "production"},
        "spec": {"version": "A", "replicas": replicas},
    }
    file.write_text("" if replicas is None else yaml.safe_dump(one), encoding="utf-8")
    done = placement("conflicts", file, "-o", "table")
    assert (done.code, done.out) == (0, f"{said}\n")


def test_a_conflict_is_told_with_its_repairs(placement: Command) -> None:
    done = placement("conflicts", TIGHT, "-o", "table")
    assert done.code == 3
    first, _, headline, *rest = done.out.splitlines()
    assert first == "1 replica of 1 deployment has no place"
    assert headline.startswith("1. policy conflict: no node group satisfies")
    assert "   - deployment reasoning@clinic" in rest
    assert "   any one of these makes it fit, the cheapest first:" in rest


def test_documents_hold_the_edits_of_every_repair(placement: Command) -> None:
    done = placement("conflicts", TIGHT, "-o", "json")
    (item,) = json.loads(done.out)["items"]
    assert (item["kind"], item["proved"], item["minimal"]) == ("policy", True, True)
    assert {repair["kind"] for repair in item["repairs"]} == {"flavor", "policy"}
    for repair in item["repairs"]:
        assert (repair["verified"], repair["costPerHour"]) == (True, 0)
        assert [edit["put"]["kind"] for edit in repair["edits"]]
    assert yaml.safe_load(placement("conflicts", TIGHT, "-o", "yaml").out)["items"] == [item]
    (row,) = csv.DictReader(io.StringIO(placement("conflicts", TIGHT, "-o", "csv").out))
    assert row["message"] == item["message"]
    assert row["members"] == ", ".join(item["members"])


def test_an_edit_that_is_put_makes_it_fit(placement: Command, tmp_path: Path) -> None:
    (item,) = json.loads(placement("conflicts", TIGHT, "-o", "json").out)["items"]
    documents = {
        (d["kind"], d["metadata"]["name"]): d
        for d in yaml.safe_load_all(TIGHT.read_text(encoding="utf-8"))
    }
    for repair in item["repairs"]:
        (edit,) = repair["edits"]
        put = edit["put"]
        key = (put["kind"], put["metadata"]["name"])
        file = tmp_path / "repaired.yaml"
        file.write_text(yaml.safe_dump_all([*{**documents, key: put}.values()]), encoding="utf-8")
        assert placement("conflicts", file).code == 0, repair["message"]


def test_a_refused_change_tells_what_would_help(
    placement: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = placement("apply", TIGHT, "--yes", "-o", "json")
    assert done.code == 3
    refusal = json.loads(done.out)["refusal"]
    assert refusal["reason"] == "policy"
    assert refusal["conflicts"][0]["members"][0] == "deployment reasoning@clinic"
    assert len(refusal["repairs"]) == 2
    for repair in refusal["repairs"]:
        assert f"help: {repair}" in done.err


def test_unreadable_manifests_are_bad_input(placement: Command, tmp_path: Path) -> None:
    assert placement("conflicts", tmp_path / "absent.yaml").code == 2
