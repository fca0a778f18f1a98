"""``placement report``: what it writes, what it refuses, and what it says of itself."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def plan(placement: Command, home: Path, fleet: Path, manifests: Path) -> Path:
    """A stored plan of the manifests."""
    file = home / "plan.json"
    done = placement("plan", manifests, "--catalog", fleet, "--out", file, "-o", "csv")
    assert done.code == 0, done.err
    return file


@pytest.mark.parametrize(
    ("ending", "start"), [("html", b"<!DOCTYPE html>"), ("png", b"\x89PNG"), ("md", b"# plan: ")]
)
def test_each_form_is_written_by_the_end_of_its_name(
    ending: str, start: bytes, placement: Command, plan: Path, fleet: Path, manifests: Path
) -> None:
    file = plan.parent / f"report.{ending}"
    done = placement("report", plan, manifests, "--catalog", fleet, "-o", file)
    assert (done.code, done.out) == (0, "")
    assert f"wrote `{file}`" in done.err
    assert file.read_bytes().startswith(start)
    assert sorted(os.listdir(plan.parent)) == ["plan.json", f"report.{ending}"]


def test_a_name_that_ends_otherwise_is_refused(placement: Command, plan: Path) -> None:
    done = placement("report", plan, "-o", "report.pdf")
    assert done.code == 2
    assert "`report.pdf` must end in .html, .png, .md" in done.err


def test_what_cannot_be_written_is_said_before_any_work(placement: Command, plan: Path) -> None:
    done = placement("report", "no-such-plan.json", "-o", plan.parent / "none" / "report.md")
    assert done.code == 2
    assert "its folder does not exist" in done.err
    assert "no-such-plan" not in done.err


def test_a_plan_that_is_not_there_is_bad_input(placement: Command, home: Path) -> None:
    done = placement("report", "no-such-plan.json", "-o", home / "report.md")
    assert done.code == 2
    assert "no-such-plan.json:1:1: " in done.err
    assert not (home / "report.md").exists()


def test_the_commands_of_a_report_make_and_judge_the_plan_again(
    placement: Command, plan: Path, fleet: Path, manifests: Path
) -> None:
    file = plan.parent / "report.md"
    placement("report", plan, manifests, "--catalog", fleet, "-o", file)
    made, judged = _commands(file)
    first = plan.read_bytes()
    plan.unlink()
    assert placement(*shlex.split(made)[1:], "-o", "csv").code == 0
    assert placement(*shlex.split(judged)[1:]).code == 0
    assert _digest(plan.read_bytes()) == _digest(first)


def test_a_release_is_drawn_before_it_is_made(placement: Command, life: Path, fleet: Path) -> None:
    shown, file = life / "release.json", life / "report.md"
    asked = ("release", "chat", "--from", "development", "--to", "production")
    assert placement(*asked, "--dry-run", "--out", shown).code == 0
    done = placement("report", shown, "--store", ".placement/state.db", "-o", file)
    assert done.code == 0, done.err
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# release chat from development to production: optimal")
    assert "verifier: no rule broken" in text
    assert "| replace | chat | production | B |" in text
    assert "no longer callable: chat in production, version A" in text
    made, judged = _commands(file)
    assert placement(*shlex.split(made)[1:]).code == 0
    assert placement(*shlex.split(judged)[1:]).code == 0


def test_a_broken_plan_is_drawn_with_a_warning(
    placement: Command, plan: Path, fleet: Path, manifests: Path
) -> None:
    plan.write_text(plan.read_text(encoding="utf-8").replace('"T4"', '"T5"'), encoding="utf-8")
    file = plan.parent / "report.md"
    done = placement("report", plan, manifests, "--catalog", fleet, "-o", file)
    assert done.code == 0
    assert "warning: the verifier found " in done.err
    assert "| rule | subject | what is wrong |" in file.read_text(encoding="utf-8")


def test_a_report_never_holds_a_password(
    placement: Command, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placement.cli import report

    words = tuple(report._options([Path("a b")], None, None, "postgresql://me:s3cret@host/state"))
    assert words == ("a b", "--store", "postgresql://host/state")


def _commands(file: Path) -> list[str]:
    return [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("placement ")
    ]


def _digest(plan: bytes) -> bytes:
    return plan.rpartition(b'"digest"')[2]
