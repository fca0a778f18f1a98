"""Wrong options and wrong files: exit 2, a place, advice, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Command

AGREED = dict.fromkeys(("deploy", "release", "rollback"), ("--yes",))
POSITION = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<code>[A-Z]{2}\d{3}) ")


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        (("plan", "-o", "jsn"), "did you mean `json`"),
        (("plan", "--billing", "nod"), "did you mean `node`"),
        (("plan", "--objective", "csot"), "did you mean `cost`"),
        (("plan", "--objective", "mix:cost=1,carbn=2"), "did you mean `carbon`"),
        (("plan", "--objective", "mix:"), "a mix needs weights"),
        (("plan", "--objective", "mix"), "a mix needs weights"),
        (("plan", "--objective", "mix:cost=-1"), "found `-1`"),
        (("plan", "--objective", "mix:cost"), "must be a decimal number"),
        (("plan", "--objective", "mix:cost=0"), "at least one weight above 0"),
        (("plan", "--objective", "mix:cost=1,cost=2"), "twice"),
        (("plan", "--gap", "nan"), "not a finite number"),
        (("plan", "--gap", "-0.1"), "at least 0"),
        (("plan", "--gap", "x"), "not a number"),
        (("plan", "--time-limit", "0"), "above 0"),
        (("plan", "--time-limit", "inf"), "not a finite number"),
        (("plan", "--seed", "-1"), "`-1` is not from 0"),
        (("plan", "--workers", "0"), "`0` is not from 1"),
        (("plan", "--seed", "x"), "not a whole number"),
        (("get", "polices"), "did you mean `policies`"),
        (("schema", "Enviroment"), "did you mean `environment`"),
        (("schema", "Policy", "-o", "csv"), "use json or yaml"),
        (("catalog", "show", "gpu"), "did you mean `gpus`"),
        (("release", "m", "--from", "a", "--to", "b", "--keep", "replica"), "`replicas`"),
        (("release", "m", "--from", "a"), "--to"),
        (("rollback",), "name a MODEL and its --environment, or --to SERIAL"),
        (("rollback", "m"), "name a MODEL and its --environment, or --to SERIAL"),
        (("rollback", "m", "--to", "1"), "--to is for everything"),
        (("rollback", "--to", "-1"), "`-1` is not from 0"),
        (("deploy",), "name a MODEL"),
        (("deploy", "m", "-f", "x.yaml"), "--file says everything"),
        (("history", "--limit", "0"), "`0` is not from 1"),
        (("diff",), "A [B]"),
        (("validate",), "PATH"),
        (("verify",), "PLAN"),
        (("pln",), "plan"),
        (("plan", "--time-limt", "3"), "--time-limit"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_usage_errors(placement: Command, args: tuple[str, ...], advice: str) -> None:
    done = placement(*args, *AGREED.get(args[0], ()))
    assert done.code == 2
    assert advice in done.err
    assert done.err.startswith("Usage: ")
    assert done.out == ""


def assert_input_error(done: object, file: Path | str) -> list[re.Match[str]]:
    assert done.code == 2, done
    assert done.out == ""
    assert "Traceback" not in done.err
    found = [match for line in done.err.splitlines() if (match := POSITION.match(line))]
    assert found, done.err
    assert found[0]["file"].startswith(str(file))
    return found


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_missing_manifest(placement: Command, fleet: Path, tmp_path: Path, command: str) -> None:
    missing = tmp_path / "none.yaml"
    assert_input_error(placement(command, missing, "--catalog", fleet), missing)


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_folder_without_manifests(
    placement: Command, fleet: Path, tmp_path: Path, command: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_input_error(placement(command, empty, "--catalog", fleet), empty)


def test_missing_catalog(placement: Command, manifests: Path, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert_input_error(placement("plan", manifests, "--catalog", missing), missing)


def test_every_error_has_its_own_line(placement: Command, fleet: Path) -> None:
    file = Path(__file__).with_name("wrong.yaml")
    found = assert_input_error(placement("validate", file, "--catalog", fleet), file)
    assert {match["line"] for match in found} >= {"4", "9"}


def test_syntax_error_in_json(placement: Command, fleet: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"apiVersion": "placement/v1",\n "kind": }')
    found = assert_input_error(placement("validate", file, "--catalog", fleet), file)
    assert found[0]["line"] == "2"


def test_long_error_lines_are_not_wrapped(
    placement: Command, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    missing = tmp_path / ("x" * 120 + ".yaml")
    found = assert_input_error(placement("validate", missing, "--catalog", fleet), missing)
    assert len(found) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "Plan"}', "\x00"])
def test_malformed_plans(
    placement: Command, fleet: Path, manifests: Path, tmp_path: Path, text: str
) -> None:
    stored = tmp_path / "plan.json"
    stored.write_text(text)
    done = placement("verify", stored, manifests, "--catalog", fleet)
    assert_input_error(done, stored)


def test_missing_plan(placement: Command, fleet: Path, manifests: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    assert_input_error(placement("verify", missing, manifests, "--catalog", fleet), missing)
    done = placement("plan", manifests, "--catalog", fleet, "--current", missing)
    assert_input_error(done, missing)


def test_plan_that_is_not_text(
    placement: Command, fleet: Path, manifests: Path, tmp_path: Path
) -> None:
    stored = tmp_path / "plan.json"
    stored.write_bytes(b"\xff\xfe")
    done = placement("verify", stored, manifests, "--catalog", fleet)
    assert_input_error(done, stored)
    assert "not UTF-8" in done.err


@pytest.mark.parametrize("where", [".", "no/such/folder/plan.json"])
def test_out_to_an_impossible_place_is_refused_before_the_work(
    placement: Command, tmp_path: Path, where: str
) -> None:
    # The manifests do not exist either: the first finding is about --out.
    target = tmp_path / where
    assert_input_error(placement("plan", tmp_path / "none.yaml", "--out", target), target)
