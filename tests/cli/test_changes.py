"""Changes that are refused, stale, not agreed to or interrupted: each with its exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from placement.store.store import DEFAULT_URL, Store
from tests.cli.conftest import LIFE, Command

ROOT = Path(__file__).parents[2]
Install = Callable[[Callable[..., object]], None]


def serial() -> int:
    with Store.open(DEFAULT_URL, create=False) as store:
        return store.head().serial


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("args", "reason", "advice"),
    [
        ("release chat --from production --to production", "self-release", "onto itself"),
        ("release chta --from production --to development", "unknown-model", "did you mean"),
        ("release chat --from prodution --to development", "unknown-environment", "did you mean"),
        ("rollback ghost -e production", "nothing-to-roll-back", "no change"),
        ("disable ghost -e production", "unknown-model", "`ghost`"),
        ("delete chat -e nowhere", "unknown-environment", "`nowhere`"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    placement: Command, life: Path, args: str, reason: str, advice: str
) -> None:
    done = placement(*args.split(), "--yes")
    assert done.code == 2
    assert f"refused ({reason})" in done.err
    assert advice in done.err
    assert json.loads(done.out)["refusal"]["reason"] == reason
    assert serial() == 1


def test_a_disabled_source_is_a_usage_error(placement: Command, life: Path) -> None:
    placement("disable", "chat", "-e", "development", "--yes")
    done = placement("release", "chat", "--from", "development", "--to", "production", "--yes")
    assert done.code == 2
    assert "refused (source-disabled)" in done.err


def test_what_does_not_fit_is_refused_with_conflict_and_repairs(
    placement: Command, life: Path
) -> None:
    args = ("deploy", "chat", "--version", "C", "--replicas", "40", "--yes")
    done = placement(*args, "-o", "json")
    assert done.code == 3
    document = json.loads(done.out)
    assert document["status"] == "infeasible"
    assert document["refusal"]["reason"] == "capacity"
    assert document["refusal"]["conflicts"]
    assert document["assignments"] == []
    assert "refused (capacity): " in done.err
    assert "capacity conflict: " in done.err
    assert "help: " in done.err
    assert serial() == 1


def test_a_refused_change_has_no_table(placement: Command, life: Path) -> None:
    done = placement("deploy", "chat", "--replicas", "40", "--yes", "-o", "table")
    assert (done.code, done.out) == (3, "")


def test_a_part_is_placed_if_that_is_allowed(placement: Command, life: Path) -> None:
    done = placement("deploy", "chat", "--replicas", "40", "--allow-partial", "--yes")
    assert done.code == 3
    document = json.loads(done.out)
    assert document["unplaced"][0]["replicas"] > 0
    assert len([row for row in document["assignments"] if row["environment"] == "production"]) > 0
    assert serial() == 2


def test_a_first_deployment_is_committed_as_far_as_it_fits(placement: Command, life: Path) -> None:
    done = placement("deploy", "big", "--version", "1", "--replicas", "40", "--yes")
    assert done.code == 3
    assert json.loads(done.out)["unplaced"]
    assert serial() == 2


def test_what_no_policy_allows_is_refused(placement: Command, life: Path, rules: Path) -> None:
    assert placement("apply", rules, "--yes").code == 0
    args = ("deploy", "wide", "--version", "1", "-e", "development", "--gpus", "8", "--yes")
    done = placement(*args)
    assert done.code == 3
    assert "refused (policy)" in done.err


def test_a_policy_change_that_strands_is_refused_whole_unless_evicting(
    placement: Command, life: Path
) -> None:
    file = life / "cheap.yaml"
    file.write_text(
        "apiVersion: placement/v1\nkind: Policy\nmetadata: {name: cheap}\n"
        "spec: {type: price, maxPricePerGpuHour: 0.01}\n---\n"
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: production}\n"
        "spec: {policies: [cheap]}\n"
    )
    done = placement("apply", file, "--yes")
    assert done.code == 3
    assert "refused (strands)" in done.err
    assert serial() == 1
    done = placement("apply", file, "--evict", "--yes")
    assert done.code == 3, "committed, with a replica unplaced"
    assert [row["environment"] for row in json.loads(done.out)["unplaced"]] == ["production"]
    assert serial() == 2


def test_a_gate_is_kept(placement: Command, life: Path) -> None:
    file = life / "gate.yaml"
    file.write_text(
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: staging}\n---\n"
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: production}\n"
        "spec: {releasesFrom: [staging]}\n"
    )
    assert placement("apply", file, "--yes").code == 0
    done = placement("release", "chat", "--from", "development", "--to", "production", "--yes")
    assert done.code == 3
    assert "refused (gate)" in done.err
    assert serial() == 2


def test_what_had_no_room_is_tried_again_when_that_is_asked_for(
    placement: Command, life: Path
) -> None:
    assert placement("deploy", "big", "--version", "1", "--replicas", "40", "--yes").code == 3
    placement("delete", "chat", "-e", "production", "--yes")
    placement("delete", "chat", "-e", "development", "--yes")
    before = json.loads(placement("history", "4").out)["unplaced"][0]["replicas"]
    done = placement("apply", "--retry-unplaced", "--yes")
    assert done.code == 3
    assert json.loads(done.out)["unplaced"][0]["replicas"] == before - 2
    assert "committed as serial 5: apply" in done.err


def test_an_undecided_change_has_its_own_code(
    placement: Command, life: Path, stub_planner: Install
) -> None:
    from placement.plan.plan import Plan
    from placement.plan.rows import Basis, Certificate, Status
    from placement.preview import Preview
    from placement.workspace.refusal import Refusal, RefusalReason

    def undecided(transition: object, **options: object) -> Preview:
        plan = Plan(
            Status.UNKNOWN,
            Certificate.NONE,
            tiers=(),
            assignments=(),
            unplaced=(),
            changes=(),
            basis=Basis("sha256:c", "sha256:w", "sha256:r"),
            refusal=Refusal(RefusalReason.ORDER_UNKNOWN, "no order was found"),
        )
        return Preview(transition.before, options["catalog"], plan, transition.before)

    stub_planner(undecided)
    done = placement("deploy", "chat", "--version", "C", "--yes")
    assert done.code == 4
    assert "refused (order-unknown): no order was found" in done.err
    assert serial() == 1


# -------------------------------------------------------------- another catalog


@pytest.fixture
def dearer(fleet: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "dearer"
    shutil.copytree(fleet, folder)
    nodes = folder / "nodes.csv"
    nodes.write_text(nodes.read_text().replace("0.526,2", "0.9,2"))
    return folder


def test_other_prices_take_effect_by_apply_alone(
    placement: Command, life: Path, dearer: Path
) -> None:
    done = placement("deploy", "chat", "--version", "C", "--catalog", dearer, "--yes")
    assert done.code == 2
    assert "another catalog" in done.err
    done = placement("apply", "--catalog", dearer, "--yes")
    assert done.code == 0
    assert "committed as serial 2: take another catalog" in done.err
    rows = json.loads(placement("catalog", "show", "nodes").out)["items"]
    assert 0.9 in {row["pricePerHour"] for row in rows}, "the store has it from now on"
    assert placement("apply", "--catalog", dearer, "--yes").err == "nothing changes\n"


def test_lost_capacity_is_a_fact(placement: Command, life: Path, fleet: Path) -> None:
    nodes = fleet / "nodes.csv"
    head, *groups = nodes.read_text().splitlines(keepends=True)
    nodes.write_text(head + "".join(line for line in groups if "us-cpu" in line))
    done = placement("apply", "--catalog", fleet, "--yes")
    assert done.code == 3
    assert {row["environment"] for row in json.loads(done.out)["unplaced"]} == {
        "production",
        "development",
    }
    assert serial() == 2


# ------------------------------------------------------------------ saved previews


def test_a_saved_preview_is_committed_as_it_was_shown(placement: Command, life: Path) -> None:
    args = ("release", "chat", "--from", "development", "--to", "production")
    shown = placement(*args, "--dry-run", "--out", "release.json")
    assert shown.code == 0
    assert serial() == 1
    done = placement("apply", "release.json", "--yes")
    assert done.code == 0, done.err
    assert done.out == shown.out
    assert json.loads(placement("history", "2").out)["digest"] == json.loads(shown.out)["digest"]


def test_a_saved_plan_needs_no_manifests(placement: Command, life: Path) -> None:
    more = life / "more.yaml"
    more.write_text(LIFE.replace("version: A", "version: A, replicas: 2"))
    planned = placement("plan", more, "--store", DEFAULT_URL, "--out", "plan.json")
    assert planned.code == 0
    assert json.loads(planned.out)["basis"]["serial"] == 1
    assert placement("verify", "plan.json", "--store", DEFAULT_URL).code == 0
    more.unlink()
    assert placement("apply", "plan.json", "--yes").code == 0
    rows = json.loads(placement("get", "assignments").out)["items"]
    assert sum(row["replicas"] for row in rows) == 3


def test_a_saved_plan_says_in_which_order(placement: Command, life: Path) -> None:
    other = life / "other.yaml"
    other.write_text(LIFE.replace("version: A", "version: Z"))
    planned = placement("plan", other, "--store", DEFAULT_URL, "--out", "plan.json")
    waves = json.loads(planned.out)["waves"]
    assert [[step["action"] for step in wave] for wave in waves] == [["place"], ["remove"]]
    assert "this is the best that has one" in planned.err, "A holds the cheapest place until then"
    assert placement("apply", "plan.json", "--yes").code == 0


def test_a_plan_with_an_order_is_kept_as_it_is(placement: Command, life: Path) -> None:
    none = life / "none.yaml"
    none.write_text(LIFE.replace("version: A", "version: A, enabled: false"))
    planned = placement("plan", none, "--store", DEFAULT_URL, "--out", "plan.json")
    assert planned.err == ""
    assert "scope" not in json.loads(planned.out)["tiers"][-1]
    assert placement("apply", "plan.json", "--yes").code == 0


def test_a_plan_that_cannot_be_applied_says_so(placement: Command, life: Path, rules: Path) -> None:
    other = life / "other.yaml"
    other.write_text(LIFE.replace("{version: B", "{version: Z, replicas: 2"))
    assert placement("apply", rules, "--yes").code == 0
    placement("deploy", "more", "--version", "1", "-e", "development", "--yes")
    planned = placement("plan", other, "--store", DEFAULT_URL, "--out", "plan.json")
    assert "this plan cannot be applied" in planned.err
    assert "refused (capacity)" in planned.err
    assert placement("apply", "plan.json", "--yes").code == 4


def test_a_stale_preview_is_not_committed(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--version", "C", "--dry-run", "--out", "saved.json")
    placement("deploy", "chat", "--version", "D", "--yes")
    done = placement("apply", "saved.json", "--yes")
    assert (done.code, done.out) == (5, "")
    assert "stale: the change was made for serial 1, the newest is 2" in done.err
    assert serial() == 2


def test_a_preview_that_turns_stale_while_it_is_shown_is_not_committed(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placement.cli import changing

    def meanwhile(plan: object, options: object) -> None:
        monkeypatch.undo()
        subprocess.run(
            [sys.executable, "-m", "placement", "disable", "chat", "-e", "production", "--yes"],
            cwd=life,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )

    monkeypatch.setattr(changing, "show", meanwhile)
    done = placement("deploy", "chat", "--version", "C", "--yes")
    assert done.code == 5
    assert "disable" in done.err, "who was faster is named"


def test_an_edited_preview_is_not_committed(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--version", "C", "--dry-run", "--out", "saved.json")
    saved = life / "saved.json"
    saved.write_text(saved.read_text().replace('"C"', '"D"'))
    done = placement("apply", "saved.json", "--yes")
    assert done.code == 2
    assert "the plan was changed" in done.err
    assert serial() == 1


def test_a_plan_without_an_order_is_not_committed(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--version", "C", "--dry-run", "--out", "saved.json")
    document = json.loads((life / "saved.json").read_text())
    del document["waves"]
    (life / "saved.json").write_text(json.dumps(document))
    done = placement("apply", "saved.json", "--yes")
    assert done.code == 4
    assert "refused (order-unknown)" in done.err
    assert serial() == 1


def test_a_saved_plan_takes_no_options_of_manifests(placement: Command, life: Path) -> None:
    placement("deploy", "chat", "--version", "C", "--dry-run", "--out", "saved.json")
    done = placement("apply", "saved.json", "--prune", "--yes")
    assert done.code == 2
    assert "is a plan, which is committed as it was shown" in done.err


@pytest.mark.parametrize("args", [(), ("--prune",), ("--evict",)])
def test_apply_of_nothing_is_a_usage_error(
    placement: Command, life: Path, args: tuple[str, ...]
) -> None:
    done = placement("apply", *args, "--yes")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: ")


def test_nothing_but_a_commit_makes_a_store(
    placement: Command, home: Path, manifests: Path, fleet: Path
) -> None:
    assert placement("apply", manifests, "--catalog", fleet, "--dry-run").code == 0
    assert placement("release", "chat", "--from", "a", "--to", "b", "--yes").code == 2
    assert list(home.iterdir()) == []
    assert placement("history").code == 2
    assert "PL704 there is no store here" in placement("history").err


# ------------------------------------------------------------------------ agreement


def test_without_a_terminal_a_change_must_be_agreed_to(placement: Command, life: Path) -> None:
    done = placement("deploy", "chat", "--version", "C")
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert serial() == 1


@pytest.mark.parametrize(
    ("answer", "code", "after"), [("y\n", 0, 2), ("n\n", 130, 1), ("", 130, 1)]
)
def test_on_a_terminal_it_is_asked(
    placement: Command,
    life: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    after: int,
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    done = placement("deploy", "chat", "--version", "C", "-o", "table")
    assert done.code == code
    assert "deploy chat version C in production" in done.out, "shown before it is asked"
    assert "Commit this? [y/N]" in done.err
    assert serial() == after


def test_a_locked_store_names_who_holds_it(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from placement.errors import LockedError

    def held(self: Store, *args: object, **options: object) -> None:
        raise LockedError("eve@far 7 placement apply has been committing", holder="eve@far")

    monkeypatch.setattr(Store, "commit", held)
    done = placement("deploy", "chat", "--version", "C", "--yes")
    assert done.code == 5
    assert "locked: eve@far 7 placement apply" in done.err
    assert serial() == 1


# --------------------------------------------------------------------- interruption

SLOW = """
import sys, time
from types import SimpleNamespace
from placement.errors import NoAnswerError

class Planner:
    def __init__(self, catalog): pass
    def transact(self, transition, *, cancel, **options):
        print("solving", file=sys.stderr, flush=True)
        while not cancel.is_set(): time.sleep(0.01)
        return None

sys.modules["placement.planner"] = SimpleNamespace(Planner=Planner)
from placement.cli.main import main
main()
"""


def test_an_interrupted_change_writes_nothing(life: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "deploy", "chat", "--version", "C", "--yes"],
        cwd=life,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while not process.stderr.readline().startswith("solving"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "stopping; nothing has changed" in err
    assert serial() == 1


def test_an_interruption_that_comes_too_late_does_not_hide_the_commit(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Store.commit

    def late(self: Store, *args: object, **options: object) -> object:
        commit(self, *args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "commit", late)
    done = placement("deploy", "chat", "--version", "C", "--yes")
    assert done.code == 0
    assert "committed as serial 2" in done.err


# ------------------------------------------------------------------------ signature


def test_a_change_is_signed(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACEMENT_AUTHOR", "ann")
    placement("deploy", "chat", "--version", "C", "--yes", "--reason", "a better model")
    monkeypatch.delenv("PLACEMENT_AUTHOR")
    placement("deploy", "chat", "--version", "D", "--yes")
    last, first, _ = json.loads(placement("history").out)["items"]
    assert (first["author"], first["reason"]) == ("ann", "a better model")
    assert "@" in last["author"]
