"""Scenarios come to the same wherever they are computed, and none is lost on the way."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import pytest

from placement import InputError, Scenario, simulate, sweep
from placement.simulation.edits import Lose, Release, Scale
from placement.simulation.execution import Run, Watch, listen
from placement.simulation.outcome import Verdict
from placement.simulation.processes import processes
from placement.simulation.scenario import is_plain
from tests.simulation.worlds import planned

CATALOG, SPACE = planned(3)
SCENARIOS = (
    *sweep(CATALOG, "region"),
    *sweep(CATALOG, "node-group"),
    *(
        Scenario(
            f"{d.name} in {d.environment}",
            [Scale(model=d.name, environment=d.environment, replicas=9)],
        )
        for d in SPACE.deployments
    ),
    Scenario("as it is"),
)


def digests(**options: object) -> list[str]:
    return [outcome.digest for outcome in simulate(CATALOG, SPACE, SCENARIOS, **options)]


@pytest.fixture(scope="module")
def here() -> list[str]:
    return digests()


def test_the_scenarios_tell_a_lot_apart(here):
    assert len(here) >= 6
    assert len(set(here)) == len(here)
    verdicts = {outcome.verdict for outcome in simulate(CATALOG, SPACE, SCENARIOS)}
    assert {Verdict.LOSES, Verdict.REFUSED} <= verdicts


def test_threads_come_to_the_same(here):
    with ThreadPoolExecutor(3) as threads:
        assert digests(executor=threads) == here


def test_processes_come_to_the_same(here):
    with processes(2) as pool:
        assert digests(executor=pool) == here


def test_results_come_in_the_order_of_the_scenarios_whatever_ends_first(here):
    class Backwards(Executor):
        """Begins with the last task as soon as all are there."""

        def __init__(self) -> None:
            self.waiting = []

        def submit(self, task, /, *args, **kwargs):
            future = Future()
            self.waiting.append((future, task, args))
            if len(self.waiting) == planned_for:
                threading.Thread(target=self.work).start()
            return future

        def work(self) -> None:
            for future, task, args in reversed(self.waiting):
                future.set_result(task(*args))

    planned_for = sum(not is_plain(scenario, CATALOG, SPACE) for scenario in SCENARIOS)
    assert 5 <= planned_for < len(SCENARIOS)
    assert is_plain(SCENARIOS[-1], CATALOG, SPACE)
    seen = []
    found = simulate(CATALOG, SPACE, SCENARIOS, executor=Backwards(), on_outcome=seen.append)
    assert [outcome.scenario for outcome in found] == [one.name for one in SCENARIOS]
    assert [outcome.digest for outcome in found] == here
    assert sorted(o.scenario for o in seen) == sorted(s.name for s in SCENARIOS)


def test_an_outcome_travels():
    (outcome,) = simulate(CATALOG, SPACE, SCENARIOS[:1])
    arrived = pickle.loads(pickle.dumps(outcome))
    assert arrived == outcome
    assert arrived.digest == outcome.digest


# ------------------------------------------------------------------ trouble


def fragile(job: tuple[int, int], watch: Watch) -> int:
    """Kill the process, unless it is the one that asks."""
    number, asker = job
    if number == 1 and os.getpid() != asker:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_what_a_broken_pool_has_not_finished_is_done_here():
    seen: list[int] = []
    run = Run(fragile, on_result=seen.append, cancel=None)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = run.over([(n, os.getpid()) for n in range(4)], pool)
        assert found == [0, 1, 4, 9]
        with pytest.raises(BrokenProcessPool):
            pool.submit(abs, -1)
        assert run.over([(n, os.getpid()) for n in range(4)], pool) == [0, 1, 4, 9]
    assert sorted(seen) == [0, 0, 1, 1, 4, 4, 9, 9]


def failing(job: int, watch: Watch) -> int:
    if job == 1:
        raise RuntimeError("a fault")
    return job


def test_a_fault_is_raised_and_what_has_not_begun_is_cancelled():
    begun = threading.Event()

    class Slow(ThreadPoolExecutor):
        def submit(self, task, /, *args, **kwargs):
            return super().submit(self.slowly, task, *args)

        def slowly(self, task, job, watch):
            if job > 1:
                begun.set()
                time.sleep(0.3)
            return task(job, watch)

    with Slow(1) as threads, pytest.raises(RuntimeError, match="a fault"):
        Run(failing, on_result=lambda _: None, cancel=None).over([0, 1, 2, 3, 4, 5, 6], threads)
    assert begun.is_set()
    with pytest.raises(RuntimeError, match="a fault"):
        Run(failing, on_result=lambda _: None, cancel=None).over([0, 1, 2], None)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_cancelled_call_keeps_what_is_finished(workers):
    token = threading.Event()
    finished = []

    def first_of_many(outcome) -> None:
        finished.append(outcome)
        token.set()

    threads = ThreadPoolExecutor(workers) if workers else None
    found = simulate(
        CATALOG, SPACE, SCENARIOS, executor=threads, on_outcome=first_of_many, cancel=token
    )
    assert [outcome.scenario for outcome in found] == [s.name for s in SCENARIOS]
    kept = [outcome for outcome in found if outcome.stopped_by != "cancel"]
    assert 1 <= len(kept) < len(found)
    assert finished[0] in kept
    for outcome in found:
        if outcome.stopped_by == "cancel":
            assert outcome.verdict is Verdict.UNKNOWN
            assert outcome.after == outcome.today
    if threads:
        threads.shutdown()


def test_scenarios_for_which_there_is_no_time_are_unknown():
    found = simulate(CATALOG, SPACE, SCENARIOS, time_limit=1e-9)
    assert len(found) == len(SCENARIOS)
    verdicts = {(outcome.verdict, outcome.stopped_by) for outcome in found}
    # What takes no planning takes no time.
    assert verdicts <= {(Verdict.UNKNOWN, "time-limit"), (Verdict.UNCHANGED, None)}
    assert (Verdict.UNKNOWN, "time-limit") in verdicts


def test_a_process_that_listens_stops_with_the_one_that_asked():
    token = threading.Event()
    elsewhere = pickle.dumps(Watch(None))
    assert not pickle.loads(elsewhere).is_set()
    listen(token)
    token.set()
    assert pickle.loads(elsewhere).is_set()
    listen(threading.Event())
    assert not pickle.loads(elsewhere).is_set()


def test_what_makes_no_sense_is_refused_before_anything_is_planned():
    wrong = [
        (Scenario("a", [Lose(name="atlantis")]), "CT128"),
        (
            Scenario("a", [Release.model_validate({"model": "nobody", "from": "x", "to": "y"})]),
            "SC102",
        ),
    ]
    for scenario, code in wrong:
        with pytest.raises(InputError) as caught:
            simulate(CATALOG, SPACE, [*SCENARIOS, scenario], on_outcome=pytest.fail)
        (finding,) = caught.value.diagnostics
        assert finding.code == code
        assert finding.message.endswith("(scenario `a`)")
    with pytest.raises(InputError, match="scenario `a` is there twice"):
        simulate(CATALOG, SPACE, [Scenario("a"), Scenario("a")])
