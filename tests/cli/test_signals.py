"""Ctrl-C prints the best verified plan, marked, and exits with 130."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from placement.cli.signals import run_cancellable
from placement.errors import NoAnswerError

ROOT = Path(__file__).parents[2]

# A planner that works until it is told to stop, or for ever.
SLOW = """
import sys, time
from types import SimpleNamespace
from placement.plan.plan import Plan
from placement.plan.rows import Basis, Certificate, Status

class Planner:
    def __init__(self, catalog): pass
    def plan(self, workspace, *, cancel, **options):
        print("solving", file=sys.stderr, flush=True)
        while not (cancel.is_set() and {heeds}): time.sleep(0.01)
        return Plan(status=Status.FEASIBLE, certificate=Certificate.NONE, tiers=(), assignments=(),
                    unplaced=(), changes=(), basis=Basis("sha256:c", "sha256:w", "sha256:r"),
                    reproducible=False, stopped_by="cancel")

sys.modules["placement.planner"] = SimpleNamespace(Planner=Planner)
from placement.cli.main import main
main()
"""


def start(heeds: bool, *args: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW.replace("{heeds}", str(heeds)), *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("solving"):
            return process
    raise AssertionError("the solve never began")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_prints_the_marked_plan(
    number: signal.Signals, fleet: Path, manifests: Path
) -> None:
    process = start(True, "plan", str(manifests), "--catalog", str(fleet), "-o", "json")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(out)["stoppedBy"] == "signal"
    assert "Traceback" not in err


def test_a_second_signal_stops_at_once(fleet: Path, manifests: Path) -> None:
    process = start(False, "plan", str(manifests), "--catalog", str(fleet), "-o", "json")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


def test_a_signal_while_loading_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "-m", "placement", "--version"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_without_a_signal_the_result_comes_back() -> None:
    assert run_cancellable(lambda cancel: 7) == (7, False)


def test_the_event_is_set_by_the_signal() -> None:
    def call(cancel: threading.Event) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return cancel.wait(timeout=10)

    assert run_cancellable(call) == (True, True)


def test_an_error_in_the_thread_reaches_the_caller() -> None:
    def call(cancel: threading.Event) -> None:
        raise ValueError("from the thread")

    with pytest.raises(ValueError, match="from the thread"):
        run_cancellable(call)


def test_a_signal_before_there_is_an_answer_is_an_interruption() -> None:
    def call(cancel: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        cancel.wait(timeout=10)
        raise NoAnswerError("nothing yet")

    with pytest.raises(KeyboardInterrupt):
        run_cancellable(call)


def test_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT)
    run_cancellable(lambda cancel: time.sleep(0))
    assert signal.getsignal(signal.SIGINT) is before
