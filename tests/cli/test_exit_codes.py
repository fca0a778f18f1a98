"""One test per exit code of `plan` that no honest input reaches, and the plain ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from placement.errors import NoAnswerError, SolverFaultError, VerificationError
from tests.cli.conftest import Command

Install = Callable[[Callable[..., object]], None]


def raising(error: Exception) -> Callable[..., object]:
    def answer(workspace: object, **options: object) -> object:
        raise error

    return answer


@pytest.mark.parametrize(
    "error", [VerificationError("capacity"), SolverFaultError("model"), ZeroDivisionError("bug")]
)
def test_internal_faults_print_no_plan(
    placement: Command, stub_planner: Install, fleet: Path, manifests: Path, error: Exception
) -> None:
    stub_planner(raising(error))
    done = placement("plan", manifests, "--catalog", fleet)
    assert done.code == 1
    assert done.out == ""
    assert "report" in done.err
    assert "Traceback" not in done.err


def test_traceback_on_request(
    placement: Command,
    stub_planner: Install,
    fleet: Path,
    manifests: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLACEMENT_TRACEBACK", "1")
    stub_planner(raising(ZeroDivisionError("bug")))
    assert "Traceback" in placement("plan", manifests, "--catalog", fleet).err


def test_no_answer_within_the_limit(
    placement: Command, stub_planner: Install, fleet: Path, manifests: Path
) -> None:
    stub_planner(raising(NoAnswerError("limit of 1 s")))
    done = placement("plan", manifests, "--catalog", fleet)
    assert (done.code, done.out) == (4, "")
    assert "limit of 1 s" in done.err


def test_options_reach_the_planner(
    placement: Command, stub_planner: Install, fleet: Path, manifests: Path
) -> None:
    seen: dict[str, object] = {}

    def answer(workspace: object, **options: object) -> object:
        seen.update(options)
        raise NoAnswerError("enough")

    stub_planner(answer)
    words = "--objective carbon --billing node --gap 0.01 --time-limit 5 --seed 7 --workers 2"
    placement("plan", manifests, "--catalog", fleet, *words.split())
    assert seen.pop("cancel") is not None
    assert callable(seen.pop("on_progress"))
    assert seen == {
        "objective": "carbon",
        "billing": "node",
        "gap": 0.01,
        "time_limit": 5.0,
        "seed": 7,
        "workers": 2,
        "confirm": False,
    }
